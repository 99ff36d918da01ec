//! What is recorded.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::resources::Address;

use super::Intent;

/// What virtuform made or adopted: addresses with engine ids, and what cannot be read back.
///
/// It holds no secret and no copy of the engine. Losing it loses nothing but the knowledge of what
/// may be removed.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Ledger {
    /// The version of this form, for the reader of a later one.
    pub format: u32,
    /// Which history this ledger belongs to: chosen once, at random.
    pub lineage: String,
    /// Grows with every snapshot.
    pub serial: u64,
    /// The engine it speaks of: its API address.
    pub engine: Option<String>,
    /// The key of the digests, in hexadecimal: chosen once, at random.
    pub digest_key: String,
    /// The resources, in order of their address.
    pub entries: BTreeMap<Address, Entry>,
    /// Creations whose end nobody saw: a run was killed, or an answer was lost for good.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub open: BTreeMap<Address, Intent>,
}

/// What is recorded of one resource.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Entry {
    /// Its kind's name.
    pub kind: String,
    /// The engine's id of it.
    pub id: String,
    /// Keyed digests of write-only values, by attribute.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub digests: BTreeMap<String, String>,
    /// Whether it is protected, also when its manifest is gone.
    #[serde(default, skip_serializing_if = "std::ops::Not::not")]
    pub protect: bool,
    /// What happens when its manifest is gone.
    #[serde(default)]
    pub on_removal: OnRemoval,
    /// Parameters of its removal, by attribute, as text.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub removal: BTreeMap<String, String>,
    /// The states that it goes back to, by attribute, if a run that took it out of them ended
    /// before: no manifest says them.
    #[serde(default, skip_serializing_if = "BTreeMap::is_empty")]
    pub resumes: BTreeMap<String, String>,
}

/// What happens to a resource that disappears from the manifests.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum OnRemoval {
    /// It is removed from the engine.
    #[default]
    Delete,
    /// It stays; virtuform only forgets it.
    Keep,
}

impl Entry {
    /// What stands in place of a digest for something that was begun, and of which nobody saw the
    /// end: a disk that is being filled.
    pub const UNFINISHED: &str = "unfinished";

    /// Whether there is something of that kind about the object.
    pub fn is_unfinished(&self) -> bool {
        self.digests.values().any(|digest| digest == Self::UNFINISHED)
    }
}

impl Ledger {
    /// The form that this version writes.
    pub const FORMAT: u32 = 1;

    /// A ledger without entries. `lineage` and `digest_key` are to be random.
    pub fn new(lineage: String, digest_key: [u8; 32]) -> Self {
        let digest_key = digest_key.iter().map(|byte| format!("{byte:02x}")).collect();
        Self { format: Self::FORMAT, lineage, digest_key, ..Self::default() }
    }

    /// The key of the digests.
    pub fn key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        for (byte, pair) in key.iter_mut().zip(self.digest_key.as_bytes().chunks(2)) {
            let pair = std::str::from_utf8(pair).unwrap_or_default();
            *byte = u8::from_str_radix(pair, 16).unwrap_or_default();
        }
        key
    }
}
