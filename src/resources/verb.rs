//! Calls that are neither create, update nor delete.

use super::{Attribute, Fields};

/// A named call on an object: an action of the API, or what the API writes as one.
#[derive(Debug, PartialEq, Eq)]
pub struct Verb {
    /// What people read: `start`, `attach`.
    pub name: &'static str,
    /// How the request is formed.
    pub call: Call,
    /// Path below the API root; `{id}` is the object's id, `{parent}` its parent's,
    /// `{grandparent}` that of the one above, `{attribute}`
    /// the id that the attribute refers to.
    pub path: &'static str,
    /// Parameters that are always sent: into the `<action>` of a POST, the query of a DELETE or
    /// PUT.
    pub parameters: &'static [(&'static str, &'static str)],
    /// Attributes that are sent in the body, if they are known.
    pub sends: &'static [&'static str],
    /// The element of the body in which those stand, if not in the body itself.
    pub within: Option<&'static str>,
    /// The attribute that says how much data it copies at most.
    pub copies: Option<&'static str>,
    /// Steps with the same key, placeholders filled, never run at the same time.
    pub exclusive: Option<&'static str>,
}

/// How a [`Verb`]'s request is formed.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Call {
    /// POST an `<action>`.
    Action,
    /// POST a reference to the object under this element name: `<storage_domain id="…"/>`.
    Link(&'static str),
    /// DELETE the path.
    Unlink,
    /// PUT an element of this name: another object is changed for this one's sake.
    Put(&'static str),
    /// POST an element of this name, which replaces what it was before.
    Post(&'static str),
}

impl Verb {
    /// An action of the API, POSTed to `path`.
    pub const fn action(name: &'static str, path: &'static str) -> Self {
        Self {
            name,
            call: Call::Action,
            path,
            parameters: &[],
            sends: &[],
            within: None,
            copies: None,
            exclusive: None,
        }
    }

    /// POSTs a reference to the object, in an element of that name, to `path`.
    pub const fn link(name: &'static str, element: &'static str, path: &'static str) -> Self {
        Self { call: Call::Link(element), ..Self::action(name, path) }
    }

    /// DELETEs `path`.
    pub const fn unlink(name: &'static str, path: &'static str) -> Self {
        Self { call: Call::Unlink, ..Self::action(name, path) }
    }

    /// PUTs an element of that name, with what it sends, to `path`.
    pub const fn put(name: &'static str, element: &'static str, path: &'static str) -> Self {
        Self { call: Call::Put(element), ..Self::action(name, path) }
    }

    /// POSTs an element of that name, with what it sends, to `path`.
    pub const fn post(name: &'static str, element: &'static str, path: &'static str) -> Self {
        Self { call: Call::Post(element), ..Self::action(name, path) }
    }

    /// Sends these parameters along.
    pub const fn with(self, parameters: &'static [(&'static str, &'static str)]) -> Self {
        Self { parameters, ..self }
    }

    /// Sends these attributes in the body, if they are known.
    pub const fn sending(self, sends: &'static [&'static str]) -> Self {
        Self { sends, ..self }
    }

    /// What it sends stands in an element of that name.
    pub const fn within(self, element: &'static str) -> Self {
        Self { within: Some(element), ..self }
    }

    /// It copies data, of as many bytes as that attribute says at most.
    pub const fn copying(self, size: &'static str) -> Self {
        Self { copies: Some(size), ..self }
    }

    /// Whether a call is about these values: it is given nothing but what it sends.
    pub fn sets(&self, with: &Fields) -> bool {
        let is_sent = |(attribute, _): (&Attribute, _)| self.sends.contains(&attribute.name);
        !with.is_empty() && with.iter().all(is_sent)
    }

    /// Never runs beside another step with the same key: `attach/{data_center}`.
    pub const fn one_at_a_time(self, key: &'static str) -> Self {
        Self { exclusive: Some(key), ..self }
    }
}
