//! What the engine tells about its work, and what others tell through it.

mod event;
mod job;
mod step;

pub use event::undelete;

use super::Rules;

/// The rules of the kinds here.
pub const RULES: &[Rules] = &[event::RULES, job::RULES, step::RULES];
