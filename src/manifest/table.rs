//! A kind's attributes as manifests nest them.

use indexmap::IndexMap;

use crate::resources::{Attribute, Type};

/// What the keys of a mapping mean.
#[derive(Default)]
pub(super) struct Table {
    slots: IndexMap<&'static str, Slot>,
}

/// What one key means: an attribute, a group of attributes (`cpu`), or both.
#[derive(Default)]
pub(super) struct Slot {
    pub(super) attribute: Option<&'static Attribute>,
    /// The attributes below: `topology` of `cpu`.
    pub(super) below: Table,
    /// The attributes of the records that the attribute holds.
    pub(super) members: Table,
}

impl Table {
    /// Makes the table of some attributes: `cpu.topology.sockets` goes three levels deep.
    pub(super) fn new(attributes: &'static [Attribute]) -> Self {
        let mut table = Self::default();
        for attribute in attributes {
            let mut parts: Vec<_> = attribute.name.split('.').collect();
            let last = parts.pop().unwrap_or_default();
            let mut at = &mut table;
            for part in parts {
                at = &mut at.slots.entry(part).or_default().below;
            }
            let slot = at.slots.entry(last).or_default();
            slot.attribute = Some(attribute);
            slot.members = record(&attribute.takes).map(Self::new).unwrap_or_default();
        }
        table
    }

    /// What a key means.
    pub(super) fn get(&self, key: &str) -> Option<&Slot> {
        self.slots.get(key)
    }

    /// All keys.
    pub(super) fn keys(&self) -> impl Iterator<Item = &'static str> {
        self.slots.keys().copied()
    }

    /// Whether it has no key.
    pub(super) fn is_empty(&self) -> bool {
        self.slots.is_empty()
    }

    /// All attributes, those in groups included.
    pub(super) fn attributes(&self) -> Vec<&'static Attribute> {
        let own_and_below = |slot: &Slot| {
            let mut attributes = Vec::from_iter(slot.attribute);
            attributes.extend(slot.below.attributes());
            attributes
        };
        self.slots.values().flat_map(own_and_below).collect()
    }
}

/// The attributes of the records that values of that type are made of.
fn record(takes: &Type) -> Option<&'static [Attribute]> {
    match takes {
        Type::Record(attributes) => Some(attributes),
        Type::Set(of) | Type::List(of) => record(of),
        _ => None,
    }
}
