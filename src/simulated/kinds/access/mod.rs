//! Who may do what, and what people note for themselves.

pub mod tag;

use super::rules::Rules;

const ROLE: &[(&str, &str, &str)] = &[("role", "roles", "Role")];
const DOMAIN: &[(&str, &str, &str)] = &[("domain", "domains", "Domain")];

/// The kinds here.
pub const RULES: &[Rules] = &[
    tag::RULES,
    tag::ASSIGNED_RULES,
    Rules::of("bookmarks").unique("Bookmark"),
    Rules::of("roles").unique("Role"),
    Rules::of("assigned_permissions").by_name(ROLE),
    Rules::of("system_permissions").by_name(ROLE),
    Rules::of("users").by_name(DOMAIN),
    Rules::of("groups").by_name(DOMAIN),
];
