//! Hosts, their power and their networks.

mod fence_agent;
pub mod host;
pub mod networking;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[host::RULES, fence_agent::RULES];
