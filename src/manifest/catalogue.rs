//! The kinds as manifests nest them.

use indexmap::IndexMap;

use crate::resources::{Address, Attribute, Kind};

use super::rules::LIFECYCLE;
use super::table::Table;

/// The key of a resource's rules.
pub(super) const RULES: &str = "lifecycle";

/// All kinds, each with its child sections.
pub(super) struct Catalogue {
    pub(super) kinds: Vec<Nested>,
    pub(super) roots: IndexMap<&'static str, usize>,
    pub(super) lifecycle: Table,
}

/// One kind: what its attributes and its child sections are.
pub(super) struct Nested {
    pub(super) kind: &'static Kind,
    pub(super) table: Table,
    pub(super) attributes: Vec<&'static Attribute>,
    pub(super) children: IndexMap<&'static str, usize>,
    /// The keys in its bodies that are no attributes.
    pub(super) others: Vec<&'static str>,
}

impl Catalogue {
    /// Nests kinds below their parents.
    pub(super) fn new(kinds: &[&'static Kind]) -> Self {
        let below = |parent: Option<&Kind>| {
            let is_below = |kind: &Kind| kind.managed && kind.parent == parent;
            let found = kinds.iter().enumerate().filter(|(_, kind)| is_below(kind));
            found.map(|(index, kind)| (kind.section, index)).collect::<IndexMap<_, _>>()
        };
        let nested = |kind: &&'static Kind| {
            let children = below(Some(kind));
            Nested {
                kind,
                table: Table::new(kind.attributes),
                attributes: kind.attributes.iter().collect(),
                others: children.keys().copied().chain([RULES]).collect(),
                children,
            }
        };
        Self {
            kinds: kinds.iter().map(nested).collect(),
            roots: below(None),
            lifecycle: Table::new(LIFECYCLE),
        }
    }

    /// The kind of what stands at an address; else the section that there is not, and those that
    /// there are in its place.
    pub(super) fn find<'a>(
        &self,
        address: &'a Address,
    ) -> Result<&'static Kind, (&'a str, Vec<&'static str>)> {
        let mut sections = &self.roots;
        let mut kind = None;
        for section in address.as_str().split('/').step_by(2) {
            let Some(&index) = sections.get(section) else {
                return Err((section, sections.keys().copied().collect()));
            };
            kind = Some(self.kinds[index].kind);
            sections = &self.kinds[index].children;
        }
        kind.ok_or(("", Vec::new()))
    }

    /// The kind of what stands at an address.
    pub(super) fn kind_of(&self, address: &Address) -> Option<&'static Kind> {
        self.find(address).ok()
    }

    /// The sections that hold that child section.
    pub(super) fn holders(&self, child: &str) -> Vec<&'static str> {
        let holds = |nested: &&Nested| nested.children.contains_key(child);
        self.kinds.iter().filter(holds).map(|nested| nested.kind.section).collect()
    }
}
