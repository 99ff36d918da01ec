//! What a run writes down before and after each of its writes.

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize};

use crate::resources::Address;

use super::{Entry, Ledger};

/// One thing that the journal says.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(tag = "line", rename_all = "snake_case")]
pub enum Line {
    /// A write is about to be sent.
    Intent(Intent),
    /// What became of it.
    Outcome {
        /// The step of the plan.
        step: u32,
        /// The resource.
        address: Address,
        /// What the ledger learns.
        outcome: Outcome,
    },
    /// The resource is this object, without any write.
    Keep {
        /// The resource.
        address: Address,
        /// What is recorded of it.
        entry: Entry,
    },
    /// The resource is no longer kept, and the object stays as it is.
    Forget {
        /// The resource.
        address: Address,
    },
}

/// A write that is about to be sent.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Intent {
    /// The step of the plan.
    pub step: u32,
    /// The resource.
    pub address: Address,
    /// What is done: `create`, `update`, `delete`, or the name of a verb.
    pub action: String,
    /// The id under which the engine's jobs and events of it are found.
    pub correlation_id: String,
    /// What a creation is to make, so that a later run can find it.
    #[serde(default, skip_serializing_if = "Option::is_none")]
    pub creation: Option<Creation>,
}

/// What a creation is to make.
#[derive(Clone, Debug, Default, PartialEq, Serialize, Deserialize)]
pub struct Creation {
    /// The collection it is made in, below the API root: `vms/1f0/nics`.
    pub collection: String,
    /// What tells it apart from its siblings, by attribute, as text.
    pub identity: BTreeMap<String, String>,
    /// What will be recorded of it. The id is the one that we chose, or empty.
    pub entry: Entry,
}

/// What the ledger learns from the end of a write.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
#[serde(rename_all = "snake_case")]
pub enum Outcome {
    /// The object exists, and this is recorded of it.
    Kept(Entry),
    /// The object is gone, with all that it held.
    Gone,
    /// It had its effect, of which nothing is recorded.
    Done,
    /// It certainly had no effect.
    Refused,
}

impl Ledger {
    /// Takes in what the journal says.
    pub fn learn(&mut self, line: &Line) {
        match line {
            Line::Intent(intent) if intent.creation.is_some() => {
                self.open.insert(intent.address.clone(), intent.clone());
            }
            Line::Intent(_) => {}
            Line::Keep { address, entry } => self.keep(address, entry),
            Line::Forget { address } => self.forget(address),
            Line::Outcome { address, outcome, .. } => match outcome {
                Outcome::Kept(entry) => self.keep(address, entry),
                Outcome::Gone => self.forget_all_below(address),
                Outcome::Done => {}
                Outcome::Refused => self.refused(address),
            },
        }
    }

    /// Takes ids that we chose for objects whose creation nobody saw end, so that the objects are
    /// paired by id. What does not exist after all is made anew by the next plan, under the same
    /// id: then a first creation that is still under way and the second cannot both succeed.
    pub fn presume_open(&mut self) {
        for (address, intent) in &self.open {
            if let Some(Creation { entry, .. }) = &intent.creation
                && !entry.id.is_empty()
            {
                self.entries.entry(address.clone()).or_insert_with(|| entry.clone());
            }
        }
    }

    fn keep(&mut self, address: &Address, entry: &Entry) {
        self.open.remove(address);
        self.entries.insert(address.clone(), entry.clone());
    }

    fn forget(&mut self, address: &Address) {
        self.open.remove(address);
        self.entries.remove(address);
    }

    /// What stands below a resource goes with it.
    fn forget_all_below(&mut self, address: &Address) {
        self.forget(address);
        remove_below(&mut self.entries, address);
        remove_below(&mut self.open, address);
    }

    /// A presumed object does not exist.
    fn refused(&mut self, address: &Address) {
        let Some(creation) = self.open.remove(address).and_then(|intent| intent.creation) else {
            return;
        };
        if self.entries.get(address).is_some_and(|entry| entry.id == creation.entry.id) {
            self.entries.remove(address);
        }
    }
}

/// Looks at the part of the map that starts with the address, not at all of it.
fn remove_below<T>(map: &mut BTreeMap<Address, T>, address: &Address) {
    let start = address.as_str();
    let near = map.range(address..).take_while(|(known, _)| known.as_str().starts_with(start));
    let is_below = |known: &Address| known.as_str()[start.len()..].starts_with('/');
    let below: Vec<_> = near.map(|(known, _)| known.clone()).filter(|a| is_below(a)).collect();
    for address in below {
        map.remove(&address);
    }
}
