//! The executor, on a small engine in memory and in virtual time.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod bench;
mod calls;
mod flow;
mod hosts;
mod joint;
mod kills;
mod ledger;
mod simulated;
mod toy;
mod waits;
