//! Scheduling policies.

use crate::resources::Kind;

use super::name;

/// Scheduling policies.
pub static SCHEDULING_POLICY: Kind = Kind::only_referred(
    "scheduling_policy",
    "scheduling_policies",
    "How a cluster spreads VMs over its hosts.",
    &[name("Name, such as `evenly_distributed`.")],
)
.segment("schedulingpolicies")
.built_in(&["none", "evenly_distributed", "power_saving", "vm_evenly_distributed"]);
