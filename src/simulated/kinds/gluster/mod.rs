//! Gluster: volumes of bricks on hosts, and the scripts that hook into its commands.

pub mod brick;
pub mod hook;
pub mod service;
pub mod volume;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[volume::RULES, brick::RULES, hook::RULES];
