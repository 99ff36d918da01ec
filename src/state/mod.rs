//! The three views that planning compares: what is wanted, what was found, what is recorded.
//!
//! They are three types, so that none passes for another.

mod book;
mod desired;
mod groups;
mod journal;
mod lease;
mod ledger;
mod local;
mod observed;
mod problem;
mod store;

pub use book::Book;
pub use desired::{Desired, Moved, Removed, Replace, Resource, Restart, Rules};
pub use journal::{Creation, Intent, Line, Outcome};
pub use lease::{Clock, Holder, Lease};
pub use ledger::{Entry, Ledger, OnRemoval};
pub use local::LocalStore;
pub use observed::{Object, Observed, Part};
pub use problem::{Location, Problem, Problems};
pub use store::{Loaded, Store, StoreError};
