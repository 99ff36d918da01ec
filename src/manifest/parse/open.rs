//! Mappings and lists that are being read.

use crate::manifest::tree::{Content, Entry, Key, Node, Place};

/// A mapping or list whose end has not come yet.
pub(super) struct Open {
    pub(super) at: Place,
    pub(super) anchor: usize,
    pub(super) bulk: Bulk,
    pub(super) holds: Holds,
}

pub(super) enum Holds {
    List(Vec<Node>),
    Mapping { entries: Vec<Entry>, merges: Vec<Node>, key: Option<Awaited> },
}

/// What the next value of a mapping is for.
pub(super) enum Awaited {
    Value(Key),
    Merge,
    /// Its key was refused.
    Nothing,
}

/// How large a node is, aliases taken as what they stand for.
#[derive(Clone, Copy)]
pub(super) struct Bulk {
    pub(super) nodes: usize,
    pub(super) height: usize,
}

impl Holds {
    /// Adds a key, value or member; gives the place of a key that cannot be one.
    pub(super) fn add(&mut self, node: Node) -> Result<(), Place> {
        let (entries, merges, key) = match self {
            Self::List(items) => {
                items.push(node);
                return Ok(());
            }
            Self::Mapping { entries, merges, key } => (entries, merges, key),
        };
        match key.take() {
            Some(Awaited::Value(key)) => entries.push(Entry { key, value: node }),
            Some(Awaited::Merge) => match node.content {
                Content::List(nodes) => merges.extend(nodes.iter().cloned()),
                _ => merges.push(node),
            },
            Some(Awaited::Nothing) => {}
            None => match node.content {
                Content::Scalar(scalar) if scalar.plain && &*scalar.text == "<<" => {
                    *key = Some(Awaited::Merge);
                }
                Content::Scalar(scalar) => {
                    *key = Some(Awaited::Value(Key { at: node.at, text: scalar.text }));
                }
                _ => {
                    *key = Some(Awaited::Nothing);
                    return Err(node.at);
                }
            },
        }
        Ok(())
    }
}
