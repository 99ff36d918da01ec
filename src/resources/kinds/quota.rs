//! Quotas.

use crate::resources::Kind;

use super::{DATA_CENTER, name};

/// Quotas of a data center.
pub static QUOTA: Kind = Kind::only_referred(
    "quota",
    "quotas",
    "A limit on what VMs and disks of a data center take.",
    &[name("Name, unique in the data center.")],
)
.below(&DATA_CENTER)
.built_in(&["Default"]);
