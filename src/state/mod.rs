//! The three views that planning compares: what is wanted, what was found, what is recorded.
//!
//! They are three types, so that none passes for another.

mod desired;
mod ledger;
mod observed;
mod problem;

pub use desired::{Desired, Moved, Removed, Replace, Resource, Restart, Rules};
pub use ledger::{Entry, Ledger, OnRemoval};
pub use observed::{Object, Observed, Part};
pub use problem::{Location, Problem, Problems};
