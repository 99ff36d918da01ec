//! Who holds the lock, and for how long.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde::{Deserialize, Serialize};

/// Tells the time of day. The library has no clock of its own.
pub type Clock = Box<dyn Fn() -> Timestamp + Send>;

/// Who holds a lock.
#[derive(Clone, Debug, Default, PartialEq, Eq, Serialize, Deserialize)]
pub struct Holder {
    /// The user.
    pub user: String,
    /// The machine.
    pub host: String,
    /// The process on that machine.
    pub pid: u32,
    /// What it does: `apply`.
    pub doing: String,
}

/// A held lock. Dropping it gives nothing back; see [`Store::unlock`](super::Store::unlock).
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Lease {
    /// Greater than that of every former holder.
    pub token: u64,
}

impl Lease {
    /// How long a lease lasts without being renewed.
    pub const LENGTH: SignedDuration = SignedDuration::from_secs(60);
    /// How often a holder renews it.
    pub const RENEWAL: SignedDuration = SignedDuration::from_secs(20);
}

impl fmt::Display for Holder {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        let Self { user, host, pid, doing } = self;
        if user.is_empty() && host.is_empty() {
            return to.write_str("another process");
        }
        write!(to, "{user}@{host} (process {pid}, {doing})")
    }
}
