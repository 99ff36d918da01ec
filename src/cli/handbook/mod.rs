//! The catalogue in words: what the kinds are, what their attributes take and how they change. The
//! explanations on the screen, the pages of the reference and the schema for editors say the same.

mod example;
mod facts;
mod json_schema;
mod page;
mod since;
mod subject;

pub use example::example;
pub use facts::{Fact, facts, short, takes};
pub use json_schema::json_schema;
pub use page::pages;
pub use since::since;
pub use subject::{Subject, find};

use crate::resources::{Attribute, Kind, Type, kinds::KINDS};

/// The kinds that stand at the top of a manifest.
pub fn top() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(|kind| kind.parent.is_none() && kind.managed)
}

/// The kinds that can only be referred to.
pub fn referred() -> impl Iterator<Item = &'static Kind> {
    KINDS.iter().copied().filter(|kind| !kind.managed)
}

/// Where a kind's resources stand: `vms/nics`.
pub fn place(kind: &Kind) -> String {
    match kind.parent {
        Some(parent) => format!("{}/{}", place(parent), kind.section),
        None => kind.section.to_owned(),
    }
}

/// What a kind is called within a sentence: `affinity group`.
pub fn spoken(kind: &Kind) -> String {
    kind.name.replace('_', " ")
}

/// The attributes of the records that an attribute holds.
pub fn members(attribute: &Attribute) -> &'static [Attribute] {
    match attribute.takes {
        Type::Set(Type::Record(members)) | Type::List(Type::Record(members)) => members,
        Type::Record(members) => members,
        _ => &[],
    }
}
