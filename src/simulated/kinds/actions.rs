//! Actions that no rule of a kind takes care of.

use crate::simulated::fault::Fault;

/// Actions that change nothing that a client could see afterwards.
const HARMLESS: &[&str] = &[
    "cancel_migration",
    "clean_finished_tasks",
    "clear",
    "commit_net_config",
    "enroll_certificate",
    "extend",
    "fence",
    "freeze_filesystems",
    "is_attached",
    "logon",
    "reduce",
    "refresh",
    "refresh_gluster_heal_status",
    "refresh_lun",
    "refresh_luns",
    "reorder_mac_addresses",
    "reset_emulated_machine",
    "sparsify",
    "sync_all_networks",
    "test_connectivity",
    "thaw_filesystems",
    "ticket",
    "unregistered_storage_domains_discover",
    "update_ovf_store",
    "upgrade_check",
];

/// Lets harmless actions succeed; the others fail as what an engine has no code for.
pub fn harmless(action: &str) -> Result<(), Fault> {
    if HARMLESS.contains(&action) {
        return Ok(());
    }
    Err(Fault::page(500, format!("The simulated engine has no action '{action}'")))
}
