//! Jobs and events: what the engine tells about its work.
//!
//! `commands.tsv` says for each command which events tell of its start, its end and its failure,
//! and how its job is described, if it is monitored. So most kinds need no line for either; what
//! happens beside commands is told by an [`Event`].

mod event;
mod job;
mod subject;

pub use event::{Event, write};
pub use job::{begin, begin_step, close, end, finish, finish_job, open, operations_on, runs_on};
pub use subject::{Subject, reference};

use super::site::Site;
use super::store::Handle;

/// The user on whose behalf the engine works.
fn actor(site: &Site) -> Option<Handle> {
    site.store.all("users").next()
}
