//! What a run tells while it goes.

use std::time::Duration;

use crate::plan::Step;

use super::Ending;

/// Something that whoever watches a run may want to know.
#[derive(Clone, Copy, Debug)]
pub enum Event<'a> {
    /// A step was started.
    Started {
        /// The step.
        step: &'a Step,
        /// The id under which the engine's jobs and events of it are found.
        correlation_id: &'a str,
    },
    /// A wait goes on. Told when the state changes, and now and then.
    Waiting {
        /// The step.
        step: &'a Step,
        /// How long it has waited.
        since: Duration,
        /// The value that the watched attribute has; nothing while the object shows none.
        state: Option<&'a str>,
    },
    /// An upload goes on. Told twice a second.
    Sent {
        /// The step.
        step: &'a Step,
        /// How many bytes the other side has taken, holes among them.
        bytes: u64,
        /// How many there are.
        of: u64,
        /// How long it has taken.
        since: Duration,
    },
    /// A step ended, or will never start.
    Finished {
        /// The step.
        step: &'a Step,
        /// How.
        ending: &'a Ending,
    },
    /// The ledger cannot be written. Nothing new starts; what runs ends.
    LedgerFailed {
        /// What stands in the way.
        error: &'a crate::state::StoreError,
    },
}
