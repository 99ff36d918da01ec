//! The simulated engine: what it does, what it refuses, and in which words.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

mod asking;
mod asynchrony;
mod attachments;
mod devices;
mod faults;
mod formats;
mod host_network_faults;
mod host_networks;
mod hosts;
mod mandatory;
mod members;
mod negotiation;
mod nics;
mod pools;
mod protocol;
mod server;
mod serving;
mod site;
mod snapshot;
mod snapshots;
mod soak;
mod sockets;
mod stories;
mod strictness;
mod templates;
mod trouble;
mod vm_running;
mod whole;
mod whole_state;
