//! YAML as a tree whose nodes know where they are written.

use std::rc::Rc;

use crate::resources::Secret;

/// A place in one of the files; line and column count from 1, columns in characters.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(super) struct Place {
    pub(super) file: u32,
    pub(super) line: u32,
    pub(super) column: u32,
}

/// A value and where it is written. Cheap to clone, so that aliases share what they stand for.
///
/// There is no `Debug` here: a literal secret is a scalar like any other.
#[derive(Clone)]
pub(super) struct Node {
    pub(super) at: Place,
    pub(super) content: Content,
}

/// What a node holds.
#[derive(Clone)]
pub(super) enum Content {
    Scalar(Scalar),
    List(Rc<[Node]>),
    Mapping(Rc<[Entry]>),
    /// The value of a secret variable.
    Secret(Secret),
}

/// A word or number.
#[derive(Clone)]
pub(super) struct Scalar {
    pub(super) text: Rc<str>,
    /// Whether it is without quotes, so that `null` and `4.10` are not text.
    pub(super) plain: bool,
    /// Whether `${...}` in it has a meaning.
    pub(super) template: bool,
}

/// A key and its value. All mappings have texts for keys, each once.
#[derive(Clone)]
pub(super) struct Entry {
    pub(super) key: Key,
    pub(super) value: Node,
}

/// A key and where it is written.
#[derive(Clone)]
pub(super) struct Key {
    pub(super) at: Place,
    pub(super) text: Rc<str>,
}

impl Scalar {
    /// Text that means nothing but itself.
    pub(super) fn verbatim(text: &str) -> Self {
        Self { text: text.into(), plain: false, template: false }
    }

    /// Whether it is one of YAML's words for nothing.
    pub(super) fn is_null(&self) -> bool {
        self.plain && matches!(&*self.text, "" | "~" | "null" | "Null" | "NULL")
    }
}

impl Node {
    /// Whether it says nothing: `key:`, `key: null`.
    pub(super) fn is_null(&self) -> bool {
        matches!(&self.content, Content::Scalar(scalar) if scalar.is_null())
    }

    /// The same value without templates: what a variable holds is never read for `${...}` again.
    pub(super) fn verbatim(&self) -> Self {
        let content = match &self.content {
            Content::Scalar(scalar) => {
                Content::Scalar(Scalar { template: false, ..scalar.clone() })
            }
            Content::List(items) => Content::List(items.iter().map(Self::verbatim).collect()),
            Content::Mapping(entries) => Content::Mapping(
                entries
                    .iter()
                    .map(|e| Entry { key: e.key.clone(), value: e.value.verbatim() })
                    .collect(),
            ),
            Content::Secret(secret) => Content::Secret(secret.clone()),
        };
        Self { at: self.at, content }
    }
}
