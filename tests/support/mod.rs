//! What several test programs need; none needs all of it.
#![allow(dead_code, reason = "each test program uses its own part")]

pub mod site;
pub mod views;
