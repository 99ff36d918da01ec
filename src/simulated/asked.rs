//! A request that passed the gate, and how to read what is beside its document.

use http::{HeaderMap, Method};

use super::document::{self, Format, Media};
use super::fault::{Fault, FaultBody};
use super::query::Query;
use super::show::{Follow, View};

/// A request that passed the gate.
pub struct Asked<'a> {
    /// The verb.
    pub method: &'a Method,
    /// The path below the root of the API.
    pub path: &'a str,
    /// Whether the path named the version of the API.
    pub versioned: bool,
    /// The parameters.
    pub query: Query,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The document.
    pub body: &'a [u8],
}

impl Asked<'_> {
    /// The value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    /// The host that was asked, as the client knows it.
    pub fn host(&self) -> &str {
        self.header("Host").unwrap_or("localhost")
    }

    fn flag(&self, parameter: &str, header: &str) -> bool {
        self.query.flag(parameter).unwrap_or_else(|| {
            self.header(header).is_some_and(|value| value.eq_ignore_ascii_case("true"))
        })
    }

    fn expects(&self, what: &str) -> bool {
        let all = ["Expect", "X-Ovirt-Expect"].map(|name| self.headers.get_all(name));
        all.iter().flatten().any(|it| it.to_str().is_ok_and(|it| it.trim() == what))
    }

    /// Whether the client does not wait for the outcome, good or bad.
    pub fn is_async(&self) -> bool {
        self.query.flag("async") == Some(true) || self.expects("202-accepted")
    }

    /// How much of an object is wanted.
    pub fn view(&self) -> View {
        View {
            all_content: self.flag("all_content", "All-Content"),
            next_run: self.query.flag("next_run").unwrap_or(false),
            current: self.query.flag("current").unwrap_or(false),
            single: false,
            within: None,
            sight: None,
            follow: Follow::parse(self.query.get("follow").unwrap_or_default()),
        }
    }

    /// Whether the client waits for the work that an addition begins.
    pub fn awaits_creation(&self) -> bool {
        self.expects("201-created")
    }

    /// Whether a detail was asked for by name, such as `statistics`.
    pub fn wants(&self, detail: &str) -> bool {
        document::details(self.headers, &self.query).iter().any(|it| it == detail)
    }

    /// The format of the answer; what the client cannot have is refused.
    pub fn format(&self) -> Result<Format, Fault> {
        let media = Format::asked(self.headers, &self.query);
        let media = media.ok_or(Fault { status: 406, body: FaultBody::Empty })?;
        Ok(Format { media, versioned: self.versioned })
    }

    /// The kind of document that was sent; what the engine does not know is refused.
    pub fn media(&self) -> Result<Media, Fault> {
        let media = Media::of_content(self.header("Content-Type"));
        media.ok_or(Fault { status: 415, body: FaultBody::Empty })
    }
}
