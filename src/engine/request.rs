//! What is asked of the engine.

use std::borrow::Cow;
use std::fmt;

use super::{Method, printable};
use crate::xml::Element;

/// The engine keeps no more of a correlation id.
const CORRELATION_ID_LENGTH: usize = 36;

/// One call.
#[derive(Clone, PartialEq, Eq)]
pub struct Request {
    /// `GET`, `POST`, `PUT` or `DELETE`.
    pub method: Method,
    /// Relative to the API root, without a leading slash: `vms/ID/start`. Segments that come from
    /// data are encoded with [`segment`](super::segment).
    pub path: String,
    /// Parameters, not yet encoded.
    pub query: Vec<(Cow<'static, str>, String)>,
    /// What is sent along.
    pub body: Option<Element>,
    /// The id under which the engine's jobs and events can be found; without one, the client makes
    /// one up.
    pub correlation_id: Option<String>,
}

impl Request {
    /// A call that reads.
    pub fn get(path: impl Into<String>) -> Self {
        Self::new(Method::GET, path, None)
    }

    /// A call that creates an object or invokes an action.
    pub fn post(path: impl Into<String>, body: Element) -> Self {
        Self::new(Method::POST, path, Some(body))
    }

    /// A call that changes an object.
    pub fn put(path: impl Into<String>, body: Element) -> Self {
        Self::new(Method::PUT, path, Some(body))
    }

    /// A call that removes an object.
    pub fn delete(path: impl Into<String>) -> Self {
        Self::new(Method::DELETE, path, None)
    }

    fn new(method: Method, path: impl Into<String>, body: Option<Element>) -> Self {
        Self { method, path: path.into(), query: Vec::new(), body, correlation_id: None }
    }

    /// The same call with one more parameter.
    pub fn query(mut self, name: impl Into<Cow<'static, str>>, value: impl Into<String>) -> Self {
        self.query.push((name.into(), value.into()));
        self
    }

    /// The same call under a correlation id.
    ///
    /// The engine drops characters other than letters, digits, `_` and `-`, and all after the 36th;
    /// so they are dropped here, and the id can be searched for as it was sent.
    pub fn correlated(mut self, id: &str) -> Self {
        let kept = |c: &char| c.is_ascii_alphanumeric() || matches!(c, '-' | '_');
        let id: String = id.chars().filter(kept).take(CORRELATION_ID_LENGTH).collect();
        self.correlation_id = Some(id).filter(|id| !id.is_empty());
        self
    }

    /// What faults call it: `POST vms/1f0/start`.
    pub fn call(&self) -> String {
        format!("{} {}", self.method, printable(&self.path))
    }
}

/// Shows the name of the body alone: what it holds may be a password.
impl fmt::Debug for Request {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { method, path, query, body, correlation_id } = self;
        formatter
            .debug_struct("Request")
            .field("method", method)
            .field("path", path)
            .field("query", query)
            .field("body", &body.as_ref().map(Element::name))
            .field("correlation_id", correlation_id)
            .finish()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_correlation_id_is_what_the_engine_would_make_of_it() {
        let id = |given: &str| Request::get("vms").correlated(given).correlation_id;
        assert_eq!(id("apply/web 01_é-x").as_deref(), Some("applyweb01_-x"));
        assert_eq!(id(&"a".repeat(50)).map(|id| id.len()), Some(36));
        assert_eq!(id("é"), None);
    }

    #[test]
    fn debug_does_not_show_the_body() {
        let user = Element::new("host").with(Element::leaf("root_password", "hunter2"));
        let shown = format!("{:?}", Request::post("hosts", user));
        assert!(!shown.contains("hunter2"), "{shown}");
        assert!(shown.contains("\"host\""), "{shown}");
    }
}
