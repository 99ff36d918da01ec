//! Whatever is wrong, with the manifests, the engine or the way there: it is said where and why,
//! nothing is written, and nothing panics.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "bad_input/engines.rs"]
mod engines;
#[path = "bad_input/faults.rs"]
mod faults;
#[path = "bad_input/manifests.rs"]
mod manifests;
#[path = "scenarios/runner/stage.rs"]
#[allow(dead_code, reason = "stories need more of it")]
mod stage;
