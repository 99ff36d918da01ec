//! What one step takes to run, and what it found.

use std::time::Duration;

use tokio::sync::mpsc::UnboundedSender;

use crate::plan::{Step, StepId};
use crate::resources::{Action, Fields, Kind};
use crate::state::{Creation, Entry, Outcome};

use super::targets::Target;
use super::{Pace, Setback};

/// All that a step's task gets.
#[derive(Clone, Debug)]
pub(super) struct Task {
    /// The step, its references resolved.
    pub step: Step,
    pub target: Target,
    pub correlation_id: String,
    pub pace: Pace,
    /// What is recorded of the object if it exists afterwards: without id before a creation.
    pub entry: Option<Entry>,
    /// What a creation is to make, as it is written down.
    pub creation: Option<Creation>,
    /// Whether a former run may have made the object already.
    pub look_first: bool,
    /// What later steps of the resource will change or confirm, so that it need not be so yet.
    pub later: Later,
    /// Takes word of the bytes of an upload.
    pub sent: UnboundedSender<Sent>,
}

/// How far an upload is.
#[derive(Clone, Copy, Debug)]
pub(super) struct Sent {
    pub step: StepId,
    pub bytes: u64,
    pub of: u64,
    pub since: Duration,
}

/// What later steps of the same resource see to.
#[derive(Clone, Debug, Default)]
pub(super) struct Later {
    /// Attributes that a later step sets or confirms.
    pub attributes: Vec<&'static str>,
    /// Whether the next step reads back what this one sends.
    pub is_confirmed: bool,
    /// What the next step reads back, as far as it is known by now.
    pub confirms: Fields,
    /// What the next step waits for, if it waits.
    pub goal: Option<(&'static str, &'static [&'static str])>,
}

/// What a step's task found.
#[derive(Debug)]
pub(super) struct Found {
    /// What the ledger learns; nothing if nobody knows.
    pub outcome: Option<Outcome>,
    /// Whether the step achieved what it was to achieve.
    pub result: Result<(), Setback>,
    /// What the engine said about a failure.
    pub events: Vec<String>,
}

impl Task {
    pub fn timeout(&self) -> Duration {
        Duration::from_secs(self.step.timeout)
    }

    /// What the object is recognised by among its siblings.
    pub fn identity(&self) -> Fields {
        match &self.step.action {
            Action::Create { fields, .. } | Action::Find { identity: fields } => {
                identity_of(self.step.kind, fields)
            }
            _ => Fields::new(),
        }
    }

    /// The entry for the object with that id.
    pub fn kept(&self, id: &str) -> Outcome {
        let entry = self.entry.clone().unwrap_or_default();
        Outcome::Kept(Entry { id: id.to_owned(), ..entry })
    }
}

/// What tells an object of these values from others. No id was chosen for one that is made in
/// another way than by POST to its collection, and its name means another one elsewhere.
pub(super) fn identity_of(kind: &Kind, fields: &Fields) -> Fields {
    let has_way = kind.way(fields).is_some();
    let identity = kind.identity_of(fields);
    fields.filter(|it| identity.get(it).is_some() || (has_way && it.name == "cluster"))
}

impl Found {
    pub fn new(outcome: Option<Outcome>, result: Result<(), Setback>) -> Self {
        Self { outcome, result, events: Vec::new() }
    }

    /// It certainly had no effect.
    pub fn refused(setback: impl Into<Setback>) -> Self {
        Self::new(Some(Outcome::Refused), Err(setback.into()))
    }

    /// Nobody knows whether it had an effect.
    pub fn doubtful(setback: impl Into<Setback>) -> Self {
        Self::new(None, Err(setback.into()))
    }
}
