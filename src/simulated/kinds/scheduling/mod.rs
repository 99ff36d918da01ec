//! Where machines may run: affinity, labels and policies.

pub mod affinity_group;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[
    affinity_group::RULES,
    affinity_group::VM_RULES,
    affinity_group::HOST_RULES,
    affinity_group::VM_LABEL_RULES,
    affinity_group::HOST_LABEL_RULES,
    Rules::of("affinity_labels").unique("Affinity Label"),
    Rules::of("scheduling_policies").unique("Scheduling Policy"),
];
