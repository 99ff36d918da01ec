//! The simulated engine: what it does, what it refuses, and in which words.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod asking;
mod asynchrony;
mod faults;
mod formats;
mod host_network_faults;
mod host_networks;
mod hosts;
mod mandatory;
mod members;
mod negotiation;
mod protocol;
mod server;
mod serving;
mod site;
mod snapshot;
mod soak;
mod sockets;
mod stories;
mod strictness;
mod trouble;
mod whole;
mod whole_state;
