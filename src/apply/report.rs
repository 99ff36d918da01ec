//! What came of a run.

use std::error::Error;
use std::fmt;
use std::time::Duration;

use crate::engine::{Fault, printable};
use crate::plan::{Step, StepId};
use crate::resources::round_size;
use crate::state::StoreError;

/// What came of each step.
#[derive(Debug)]
pub struct Report {
    /// The steps with their ends, in the plan's order.
    pub steps: Vec<(Step, Ending)>,
    /// How many records were made without any call.
    pub records: usize,
    /// Whether the run was interrupted.
    pub interrupted: bool,
    /// What stood in the way of writing the ledger; then it may lack what was done last.
    pub ledger_error: Option<StoreError>,
    /// How long it took.
    pub took: Duration,
}

/// How a step ended.
#[derive(Clone, Debug, PartialEq)]
pub enum Ending {
    /// What it was to achieve is achieved.
    Done {
        /// How long it took.
        took: Duration,
    },
    /// It failed.
    Failed(Box<Failure>),
    /// It needs a step that failed.
    Skipped {
        /// The step that failed.
        because: StepId,
    },
    /// The run was interrupted before its turn, or while it only waited.
    NotStarted,
}

/// Why a step failed, and what the engine says about it.
#[derive(Clone, Debug, PartialEq)]
pub struct Failure {
    /// What happened.
    pub setback: Setback,
    /// The id under which the engine's jobs and events of it are found.
    pub correlation_id: String,
    /// The engine's warnings and errors under that id, oldest first.
    pub events: Vec<String>,
    /// How long it took.
    pub took: Duration,
}

/// What kept a step from achieving what it was to achieve.
#[derive(Clone, Debug, PartialEq)]
pub enum Setback {
    /// The engine refused, or did not answer.
    Engine(Fault),
    /// The engine accepted a value and has another one.
    Ignored {
        /// The attribute.
        attribute: &'static str,
        /// What was to be.
        wanted: String,
        /// What is.
        shown: String,
    },
    /// The object is still there, though the engine accepted its removal.
    Stayed,
    /// The object was there, and is gone: the engine rolled its creation back.
    Vanished,
    /// The object came to a state from which it will not get where it should.
    Failing {
        /// The watched attribute.
        attribute: &'static str,
        /// The state.
        state: String,
    },
    /// It took too long.
    TimedOut {
        /// How long it waited.
        after: Duration,
        /// The watched attribute.
        attribute: &'static str,
        /// What it was last seen to be.
        last: Option<String>,
    },
    /// The engine was to make the object along with another one, and did not.
    NotMade {
        /// What the object would be recognised by.
        identity: String,
    },
    /// What was to lie in another object does not.
    NotThere {
        /// What it would be recognised by.
        identity: String,
        /// What lies there.
        others: Vec<String>,
    },
    /// A local file does not do, or no longer.
    BadFile {
        /// What the manifest calls it.
        name: String,
        /// What is wrong with it.
        message: String,
    },
    /// The data of an image were not taken. What was sent waits for the next run.
    NotSent {
        /// How many bytes were taken.
        sent: u64,
        /// Who did not take more, and why.
        trouble: String,
    },
    /// The plan refers to something of which the ledger does not know the id.
    Unknown {
        /// What: an address or a placeholder.
        what: String,
    },
}

impl Report {
    /// Whether every step is done and recorded.
    pub fn is_success(&self) -> bool {
        let is_done = |(_, ending): &(Step, Ending)| matches!(ending, Ending::Done { .. });
        self.ledger_error.is_none() && self.steps.iter().all(is_done)
    }

    /// The steps that are done.
    pub fn done(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|(_, e)| matches!(e, Ending::Done { .. })).map(|(step, _)| step)
    }

    /// The steps that failed, and why.
    pub fn failed(&self) -> impl Iterator<Item = (&Step, &Failure)> {
        self.steps.iter().filter_map(|(step, ending)| match ending {
            Ending::Failed(failure) => Some((step, &**failure)),
            _ => None,
        })
    }

    /// The steps that were skipped, and the failed step that each needs.
    pub fn skipped(&self) -> impl Iterator<Item = (&Step, StepId)> {
        self.steps.iter().filter_map(|(step, ending)| match ending {
            Ending::Skipped { because } => Some((step, *because)),
            _ => None,
        })
    }

    /// The steps that the interrupt kept from starting.
    pub fn not_started(&self) -> impl Iterator<Item = &Step> {
        self.steps.iter().filter(|(_, e)| *e == Ending::NotStarted).map(|(step, _)| step)
    }
}

impl Ending {
    /// One word: `done`, `failed`, `skipped`, `not started`.
    pub fn word(&self) -> &'static str {
        match self {
            Ending::Done { .. } => "done",
            Ending::Failed(_) => "failed",
            Ending::Skipped { .. } => "skipped",
            Ending::NotStarted => "not started",
        }
    }

    /// Why it failed, if it did.
    pub fn setback(&self) -> Option<&Setback> {
        match self {
            Ending::Failed(failure) => Some(&failure.setback),
            _ => None,
        }
    }
}

impl From<Fault> for Setback {
    fn from(fault: Fault) -> Self {
        Self::Engine(fault)
    }
}

impl fmt::Display for Setback {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Engine(fault) => fault.fmt(to),
            Self::Ignored { attribute, wanted, shown } => write!(
                to,
                "the engine accepted `{attribute}` `{wanted}`, but it is `{}`",
                printable(shown)
            ),
            Self::Stayed => to.write_str("the engine accepted its removal, but it is still there"),
            Self::Vanished => to.write_str("it vanished: the engine rolled it back"),
            Self::Failing { attribute, state } => {
                write!(to, "its `{attribute}` is `{}`", printable(state))
            }
            Self::TimedOut { after, attribute, last } => {
                let last = last.as_deref().unwrap_or("not shown");
                let seconds = after.as_secs();
                write!(to, "after {seconds} s its `{attribute}` is still `{}`", printable(last))
            }
            Self::NotMade { identity } => {
                write!(to, "the engine did not make `{}` along", printable(identity))
            }
            Self::NotThere { identity, others } => {
                write!(to, "`{}` is not there", printable(identity))?;
                match others.as_slice() {
                    [] => to.write_str(", nor is anything else"),
                    others => write!(to, "; `{}` is", printable(&others.join("`, `"))),
                }
            }
            Self::BadFile { name, message } => {
                write!(to, "`{}` {}", printable(name), printable(message))
            }
            Self::NotSent { sent, trouble } => {
                let (sent, trouble) = (round_size(*sent), printable(trouble));
                write!(to, "the image was not taken beyond {sent}: {trouble}")
            }
            Self::Unknown { what } => write!(to, "the id of `{what}` is not known"),
        }
    }
}

impl Error for Setback {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            // The fault speaks for itself; what it rests on comes next.
            Self::Engine(fault) => fault.source(),
            _ => None,
        }
    }
}
