//! What several test programs need; none needs all of it.
#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

pub mod site;
pub mod views;
