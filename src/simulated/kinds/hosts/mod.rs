//! Hosts, and what belongs to them.

pub mod host;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[host::RULES];
