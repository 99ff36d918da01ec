//! Storage domains, connections, disks, and what moves their data.

pub mod attached_storage_domain;
mod auto_snapshot;
pub mod backup;
mod blockers;
pub mod connection;
pub mod disk;
mod external_import;
mod iscsi_bond;
pub mod pool;
mod registration;
pub mod san;
pub mod storage_domain;
pub mod transfer;
pub mod unregistered;
mod unregistered_parts;
mod unregistered_snapshots;
mod unregistered_ties;

pub use registration::begin_export;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[
    storage_domain::RULES,
    attached_storage_domain::RULES,
    connection::RULES,
    disk::RULES,
    disk::snapshots::RULES,
    san::RULES,
    iscsi_bond::RULES,
    transfer::RULES,
    backup::RULES,
    backup::checkpoint::RULES,
    registration::VM_RULES,
    registration::TEMPLATE_RULES,
    unregistered::DISK_RULES,
    external_import::VM_RULES,
    external_import::TEMPLATE_RULES,
];
