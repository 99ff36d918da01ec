//! Decides every step. Pure: no clock, network, file or task.

mod step;

pub use step::{Impact, Limits, Note, Plan, Record, Refusal, Step, StepId};
