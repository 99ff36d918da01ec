//! The networks of hosts: NICs and bonds, what is attached to them, and what is due from them.
//!
//! A host's networks change as a whole: a [`Picture`] is taken of them, changed, checked and
//! written back.

pub mod actions;
mod attachment;
mod change;
mod checks;
mod compliance;
mod label;
mod nic;
mod picture;
mod request;
mod saved;
mod sync;
mod unmanaged;

pub use checks::has_address;
pub use compliance::{carries, comply, comply_soon, lacks};
pub use picture::Picture;
pub use saved::restore;
pub use sync::{follow_cluster, follow_label, network_gone, resync, sync_hosts, unlabelled};

use crate::simulated::kinds::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[
    nic::RULES,
    attachment::RULES,
    label::RULES,
    label::ALLOWED_RULES,
    nic::ALLOWED_NETWORK_RULES,
    unmanaged::RULES,
];

/// What is said of what is done to a host's networks.
const DOING: &str = "Cannot setup Networks.";
