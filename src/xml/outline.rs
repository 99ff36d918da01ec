//! What of a document is worth keeping.

use super::Element;

/// The names of the elements that a reader keeps, as a tree; all else is skipped unread.
///
/// Names are static: they come from tables, so kept elements need no copy of their names.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    children: Vec<(&'static str, Outline)>,
    whole: bool,
}

impl Outline {
    /// An outline that keeps an element's attributes and text, and no child.
    pub fn new() -> Self {
        Self::default()
    }

    /// An outline that keeps everything.
    pub fn everything() -> Self {
        Self { children: Vec::new(), whole: true }
    }

    /// Keeps the element at the end of a path of names, such as `["cpu", "topology"]`, and returns
    /// its outline.
    pub fn keep(&mut self, path: impl IntoIterator<Item = &'static str>) -> &mut Outline {
        path.into_iter().fold(self, |outline, name| {
            let at = match outline.children.iter().position(|(known, _)| *known == name) {
                Some(at) => at,
                None => {
                    outline.children.push((name, Outline::new()));
                    outline.children.len() - 1
                }
            };
            &mut outline.children[at].1
        })
    }

    /// Keeps this element with all that it holds.
    pub fn keep_whole(&mut self) {
        self.whole = true;
    }

    /// Keeps what the other outline keeps, too.
    pub fn merge(&mut self, other: &Outline) {
        self.whole |= other.whole;
        for (name, child) in &other.children {
            self.keep([*name]).merge(child);
        }
    }

    /// Whether an attribute other than `id` is worth keeping: addresses (`href`) can be derived.
    pub(super) fn keeps_attributes(&self) -> bool {
        self.whole
    }

    /// The place for a child: an element with a name that needs no copy, and what to keep of it.
    pub(super) fn child(&self, name: &str) -> Option<(Element, &Outline)> {
        match self.children.iter().find(|(known, _)| *known == name) {
            Some((name, outline)) => Some((Element::new(*name), outline)),
            None if self.whole => Some((Element::new(name.to_owned()), self)),
            None => None,
        }
    }
}
