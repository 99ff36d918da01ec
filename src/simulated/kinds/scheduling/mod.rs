//! Where machines may run: affinity, labels and policies.

pub mod affinity_group;
pub mod affinity_label;
pub mod affinity_rules;
pub mod policy;

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
    policy::RULES,
    policy::UNIT_RULES,
    policy::FILTER_RULES,
    policy::WEIGHT_RULES,
    policy::BALANCE_RULES,
];
