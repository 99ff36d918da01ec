//! What of a document is worth keeping.

use super::Element;

/// The names of the elements that a reader keeps, as a tree; all else is skipped unread.
///
/// Names are static: they come from tables, so kept elements need no copy of their names.
#[derive(Clone, Debug, Default)]
pub struct Outline {
    /// Sorted by length and name: every element of a page is looked up here, and lengths are
    /// quickly compared.
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
            let at = outline.place(name).unwrap_or_else(|at| {
                outline.children.insert(at, (name, Outline::new()));
                at
            });
            &mut outline.children[at].1
        })
    }

    /// Keeps this element with all that it holds.
    pub fn keep_whole(&mut self) {
        self.whole = true;
    }

    /// How many children an element may keep; none is known of one that is kept whole.
    pub(super) fn width(&self) -> usize {
        self.children.len()
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
        match self.place(name) {
            Ok(at) => Some((Element::new(self.children[at].0), &self.children[at].1)),
            Err(_) if self.whole => Some((Element::new(name.to_owned()), self)),
            Err(_) => None,
        }
    }

    /// Where a child is, or would be.
    fn place(&self, name: &str) -> Result<usize, usize> {
        self.children.binary_search_by(|(known, _)| {
            known.len().cmp(&name.len()).then_with(|| (*known).cmp(name))
        })
    }
}
