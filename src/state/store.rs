//! Where a ledger is kept.

use std::fmt;

use jiff::Timestamp;

use super::{Holder, Lease, Ledger, Line};

/// A place that keeps a ledger: a snapshot, the journal since then, and a lock.
///
/// One process at a time holds the lock. It lasts as long as its lease, which has to be renewed;
/// each new holder gets a greater token, and the store refuses writes under an older one.
pub trait Store: Send {
    /// Reads the snapshot and what the journal says since. Takes no lock.
    ///
    /// # Errors
    /// What stands in the way, or [`StoreError::Damaged`].
    fn load(&self) -> Result<Loaded, StoreError>;

    /// Takes the lock, also from a holder whose lease has run out.
    ///
    /// # Errors
    /// [`StoreError::Locked`] while somebody else holds it.
    fn lock(&mut self, holder: &Holder, now: Timestamp) -> Result<Lease, StoreError>;

    /// Makes the lease last longer.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] if somebody else has taken the lock since.
    fn renew(&mut self, lease: &Lease, now: Timestamp) -> Result<(), StoreError>;

    /// Appends to the journal of the snapshot with that serial. Once it returns, the lines
    /// survive a loss of power; they are kept all or none.
    ///
    /// # Errors
    /// [`StoreError::Fenced`] if somebody else has taken the lock since.
    fn append(&mut self, lease: &Lease, serial: u64, lines: &[Line]) -> Result<(), StoreError>;

    /// Replaces the snapshot with serial `from` and its journal by a new snapshot.
    ///
    /// # Errors
    /// [`StoreError::Changed`] if the snapshot there is another one.
    fn fold(&mut self, lease: &Lease, from: u64, ledger: &Ledger) -> Result<(), StoreError>;

    /// Gives the lock back.
    ///
    /// # Errors
    /// What stands in the way; a lock that somebody else took is left alone.
    fn unlock(&mut self, lease: Lease) -> Result<(), StoreError>;

    /// Takes the lock away from whoever holds it; the holder's next write is refused.
    ///
    /// # Errors
    /// What stands in the way.
    fn break_lock(&mut self) -> Result<(), StoreError>;
}

/// What a store holds.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Loaded {
    /// The snapshot, if there ever was one.
    pub ledger: Option<Ledger>,
    /// What was written down since the snapshot.
    pub lines: Vec<Line>,
    /// Whether the last thing written down is incomplete and was dropped: the program or the
    /// machine stopped while writing it, so nothing had been done on its account.
    pub torn: bool,
}

/// Why a ledger cannot be read or written.
#[derive(Debug)]
pub enum StoreError {
    /// Somebody else works with it.
    Locked {
        /// Who.
        by: Box<Holder>,
        /// Since when.
        since: Timestamp,
    },
    /// Somebody else has taken the lock from us.
    Fenced,
    /// The snapshot is not the one that was read.
    Changed {
        /// The serial that was read.
        expected: u64,
        /// The serial that is there.
        found: u64,
    },
    /// What is kept makes no sense.
    Damaged {
        /// Where: a file, and a line where there are lines.
        place: String,
        /// What is wrong there.
        message: String,
    },
    /// The place cannot be read or written.
    Unusable {
        /// What was done: `write virtuform.state.json`.
        doing: String,
        /// What happened.
        cause: std::io::Error,
    },
}

impl fmt::Display for StoreError {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Locked { by, since } => {
                write!(to, "the state is locked by {by} since {since:.0}")
            }
            Self::Fenced => to.write_str("somebody else has taken the lock of the state"),
            Self::Changed { expected, found } => write!(
                to,
                "the state was changed meanwhile: its serial is {found}, {expected} was expected"
            ),
            Self::Damaged { place, message } => write!(to, "{place} is damaged: {message}"),
            Self::Unusable { doing, .. } => write!(to, "could not {doing}"),
        }
    }
}

impl std::error::Error for StoreError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::Unusable { cause, .. } => Some(cause),
            _ => None,
        }
    }
}
