//! The parts of an address below the root of the API: version, path and parameters.

use http::{HeaderMap, Uri};

use super::fault::{Fault, FaultBody};
use super::query::{self, Query};

/// An address below the root of the API.
pub struct Address {
    /// The version, if the address names one.
    pub version: Option<String>,
    /// The path without version and matrix parameters, decoded.
    pub path: String,
    /// The parameters: of the query first, then of the last segment of the path.
    pub query: Query,
}

impl Address {
    /// Takes the part of an address apart that lies below the root.
    pub fn parse(uri: &Uri, below: &str) -> Self {
        let (version, below) = split_version(below);
        let mut query = Query::parse(uri.query().unwrap_or_default());
        let last = below.rsplit('/').next().unwrap_or_default();
        query.add_matrix(last.split_once(';').map_or("", |(_, matrix)| matrix));
        let segments = below.split('/').map(|it| it.split(';').next().unwrap_or_default());
        let segments: Vec<String> = segments.map(|it| query::decode(it, false)).collect();
        Self { version: version.map(str::to_owned), path: segments.join("/"), query }
    }

    /// Makes sure that the version of the API that is asked for is one that there is.
    pub fn check_version(&self, headers: &HeaderMap) -> Result<(), Fault> {
        let header = headers.get("Version").and_then(|it| it.to_str().ok());
        let header = header.filter(|it| !it.is_empty());
        match self.version.as_deref().or(header).unwrap_or("4") {
            "4" => Ok(()),
            // Still known, and served by nobody.
            "3" => Err(Fault { status: 405, body: FaultBody::Empty }),
            other => Err(Fault::page(400, format!("Client requested unsupported version {other}"))),
        }
    }
}

/// Takes the version from the front of a path.
fn split_version(below: &str) -> (Option<&str>, &str) {
    let Some(rest) = below.strip_prefix("/v") else { return (None, below) };
    let end = rest.find('/').unwrap_or(rest.len());
    let (version, path) = rest.split_at(end);
    if version.is_empty() || !version.bytes().all(|it| it.is_ascii_digit()) {
        return (None, below);
    }
    (Some(version), path)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn parse(below: &str) -> Address {
        let uri: Uri = format!("/ovirt-engine/api{below}").parse().unwrap();
        Address::parse(&uri, uri.path().strip_prefix("/ovirt-engine/api").unwrap())
    }

    #[test]
    fn parameters_of_the_last_segment_count_after_those_of_the_query() {
        let address = parse("/v4/vms;max=1/7;max=2;follow=nics?max=3");
        assert_eq!((address.version.as_deref(), address.path.as_str()), (Some("4"), "/vms/7"));
        assert_eq!(address.query.get("max"), Some("3"));
        assert_eq!(address.query.get("follow"), Some("nics"));
    }

    #[test]
    fn what_only_looks_like_a_version_is_a_path() {
        let address = parse("/vms");
        assert_eq!((address.version, address.path.as_str()), (None, "/vms"));
    }
}
