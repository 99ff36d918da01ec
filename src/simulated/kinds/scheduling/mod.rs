//! Where machines may run: affinity, labels and policies.

pub mod affinity_group;
pub mod affinity_label;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[
    affinity_group::RULES,
    affinity_group::VM_RULES,
    affinity_group::HOST_RULES,
    affinity_group::VM_LABEL_RULES,
    affinity_group::HOST_LABEL_RULES,
    affinity_label::RULES,
    affinity_label::VM_RULES,
    affinity_label::HOST_RULES,
    Rules::of("scheduling_policies").unique("Scheduling Policy"),
];
