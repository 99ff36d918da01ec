//! Storage domains, connections and disks.

pub mod attached_storage_domain;
pub mod connection;
pub mod disk;
pub mod pool;
pub mod storage_domain;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] =
    &[storage_domain::RULES, attached_storage_domain::RULES, connection::RULES, disk::RULES];
