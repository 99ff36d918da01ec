//! What a plan is made of: data, and nothing that runs.

use std::borrow::Cow;
use std::collections::BTreeMap;

use crate::resources::{Action, Address, Kind, Reference};
use crate::state::Entry;

/// All that will be done, and all that was considered and left alone.
#[derive(Clone, Debug, Default)]
pub struct Plan {
    /// The calls and waits, in an order that respects `needs`.
    pub steps: Vec<Step>,
    /// What the ledger learns before the first step, without any call.
    pub records: Vec<Record>,
    /// What was left alone, and why.
    pub notes: Vec<Note>,
    /// What people and machines will notice.
    pub impacts: Vec<Impact>,
    /// Why the plan must not be applied as it is.
    pub refusals: Vec<Refusal>,
    /// The names of the live objects whose ids occur in the steps.
    pub names: BTreeMap<String, String>,
}

/// The place of a step in its plan.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub struct StepId(pub u32);

/// One action on one resource.
#[derive(Clone, Debug)]
pub struct Step {
    /// Its place in the plan.
    pub id: StepId,
    /// The resource.
    pub address: Address,
    /// The resource's kind.
    pub kind: &'static Kind,
    /// What is done. References in it are ids, or addresses of resources that earlier steps make.
    pub action: Action,
    /// The engine's id of the object, unless an earlier step of the plan makes it.
    pub object: Option<String>,
    /// The object that holds it, for a child.
    pub parent: Option<Reference>,
    /// What has to be done before.
    pub needs: Vec<StepId>,
    /// What has to have ended before, well or not: the engine does one of them at a time.
    pub follows: Vec<StepId>,
    /// What the ledger records once the object exists; its id is still empty if a step makes it.
    /// Nothing for an object that no manifest mentions.
    pub entry: Option<Entry>,
    /// The states that its course takes the object out of and comes back to, see
    /// [`Entry::resumes`].
    pub resumes: BTreeMap<String, String>,
    /// Why it is done.
    pub because: Cow<'static, str>,
    /// Steps with the same key never run at the same time.
    pub exclusive: Option<String>,
    /// The first of the steps that are done with it in one call, which may be itself.
    pub group: Option<StepId>,
    /// How long a wait may take, in seconds.
    pub timeout: u64,
}

/// Something for the ledger alone.
#[derive(Clone, Debug, PartialEq)]
pub enum Record {
    /// The resource is this object of the engine, with these rules.
    Keep {
        /// Where the resource stands.
        address: Address,
        /// What is recorded of it.
        entry: Entry,
        /// Whether the object was not in the ledger before.
        adopted: bool,
    },
    /// The resource is no longer kept.
    Forget {
        /// Where it stood.
        address: Address,
        /// Where it stands now, if it only moved.
        moved: Option<Address>,
    },
}

/// What was left alone, and why.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Note {
    /// The resource, if it is about one.
    pub address: Option<Address>,
    /// The reason.
    pub text: String,
}

/// What people and machines will notice of a step.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Impact {
    /// The resource.
    pub address: Address,
    /// What happens to it: `is restarted`, `is deleted with its data` ...
    pub what: Cow<'static, str>,
}

/// A guard's no.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// The resource, if it is about one.
    pub address: Option<Address>,
    /// What is refused, and why.
    pub message: String,
    /// How to allow it.
    pub hint: String,
    /// The option that allows it, followed by an address or a pattern.
    pub consent: Option<&'static str>,
}

/// How far a plan may go.
#[derive(Clone, Debug)]
pub struct Limits {
    /// Patterns of addresses that may be destroyed with their data, or replaced.
    pub allow_destroy: Vec<String>,
    /// Patterns of addresses that may be stopped by force or restarted.
    pub allow_restart: Vec<String>,
    /// The most resources that may be removed.
    pub max_deletions: usize,
    /// The most resources that may be removed, in per cent of those in the ledger.
    pub max_deletions_percent: usize,
}

impl Default for Limits {
    fn default() -> Self {
        Self {
            allow_destroy: Vec::new(),
            allow_restart: Vec::new(),
            max_deletions: 10,
            max_deletions_percent: 20,
        }
    }
}

impl Plan {
    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.steps.is_empty()
    }
}
