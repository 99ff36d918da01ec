//! Since which version engines know an attribute, from the API's own description.

use crate::api::{SCHEMA, Service, Shape};
use crate::resources::{Attribute, Kind};

/// The version of the first engine with an attribute, if that is known.
pub fn since(kind: &Kind, attribute: &Attribute) -> Option<&'static str> {
    let mut of = Some(collection(kind)?.type_name);
    let path = attribute.path.map_or_else(|| attribute.name.replace('.', "/"), str::to_owned);
    let mut latest = None;
    for part in path.split('/') {
        let Some(found) = SCHEMA.type_of(of?).attribute(part.trim_start_matches('@')) else {
            break;
        };
        latest = latest.max(found.since.map(|version| (number(version), version)));
        of = match found.shape {
            Shape::Struct(name) | Shape::Link(name) => Some(name),
            _ => None,
        };
        if of.is_none() {
            break;
        }
    }
    latest.map(|(_, version)| version)
}

/// The service of a kind's collection.
fn collection(kind: &Kind) -> Option<&'static Service> {
    let holder = match kind.parent {
        Some(parent) => SCHEMA.service(collection(parent)?.member?),
        None => SCHEMA.service("system"),
    };
    let (service, _) = holder.segments.get(kind.segment.replace('_', "").as_str())?;
    Some(SCHEMA.service(service))
}

/// Versions go by their numbers: 4.10 comes after 4.9.
fn number(version: &str) -> Vec<u32> {
    version.split('.').filter_map(|part| part.parse().ok()).collect()
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::kinds::VM;

    #[test]
    fn what_came_later_is_known() {
        let version = |name| since(&VM, VM.attribute(name).expect("VMs have it"));
        assert_eq!(version("tpm_enabled"), Some("4.4.5"));
        assert_eq!(version("memory"), None);
    }
}
