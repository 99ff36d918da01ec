//! Runs the steps of a plan and records what came of them. Decides nothing.
//!
//! One loop owns all that changes; tasks get what they need and return what they found. What a
//! step is about to write is in the journal before it is sent, and what came of it before
//! anything that needs it starts.

mod calls;
mod event;
mod frontier;
mod names;
mod poll;
mod report;
mod run;
mod settle;
mod targets;
mod task;
mod watch;

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch as signal;

use crate::engine::Engine;
use crate::plan::Plan;
use crate::state::Book;

pub use event::Event;
pub use report::{Ending, Failure, Report, Setback};
pub use settle::settle;

/// How a plan is run.
#[derive(Clone, Debug)]
pub struct Options {
    /// How many calls run at a time. Waits take no place among them.
    pub width: usize,
    /// Where correlation ids and ids that we choose come from. To be random: another run with the
    /// same seed would choose the same ones.
    pub seed: u64,
    /// How often the engine is asked while something waits.
    pub pace: Pace,
}

/// How often the engine is asked while something waits.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Pace {
    /// The first pause. Each further one is half as long again.
    pub first: Duration,
    /// The longest pause.
    pub longest: Duration,
}

impl Options {
    /// The usual options.
    pub fn new(seed: u64) -> Self {
        Self { width: 10, seed, pace: Pace::default() }
    }
}

impl Default for Pace {
    fn default() -> Self {
        Self { first: Duration::from_secs(1), longest: Duration::from_secs(5) }
    }
}

impl Pace {
    /// The pause that follows a number of others.
    pub(crate) fn pause(&self, after: u32) -> Duration {
        // Beyond twenty pauses any sensible longest one is reached.
        self.first.mul_f64(1.5_f64.powi(after.min(20) as i32)).min(self.longest)
    }
}

/// Runs each step of `plan` once the steps that it needs are done, `options.width` at a time.
///
/// A step that fails takes along only the steps that need it. Once `interrupted` holds `true`,
/// nothing new starts, what was sent ends and is recorded, and waits are given up. Dropping the
/// future stops at once; the journal then knows what was under way, and the next run repairs.
pub async fn apply<E: Engine>(
    plan: Plan,
    book: &mut Book,
    engine: Arc<E>,
    options: &Options,
    interrupted: signal::Receiver<bool>,
    tell: impl FnMut(Event<'_>),
) -> Report {
    run::Run::new(plan, book, engine, options, interrupted, tell).run().await
}
