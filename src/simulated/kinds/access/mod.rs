//! Who may do what, and what people note for themselves.

pub mod authority;
pub mod bookmark;
pub mod creator;
pub mod people;
pub mod permission;
pub mod predefined;
pub mod profile;
pub mod role;
pub mod tag;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[
    tag::RULES,
    tag::ASSIGNED_RULES,
    bookmark::RULES,
    role::RULES,
    role::PERMIT_RULES,
    permission::RULES,
    permission::SYSTEM_RULES,
    people::USER_RULES,
    people::GROUP_RULES,
    profile::KEY_RULES,
    profile::OPTION_RULES,
    profile::SUBSCRIPTION_RULES,
];
