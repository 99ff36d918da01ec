//! Actions that no rule of a kind takes care of.

use crate::simulated::fault::Fault;

/// Actions that change nothing that a client could see afterwards.
const HARMLESS: &[&str] = &[
    "clean_finished_tasks",
    "clear",
    "extend",
    "is_attached",
    "reduce",
    "refresh_lun",
    "refresh_luns",
    "sparsify",
    "test_connectivity",
    "unregistered_storage_domains_discover",
    "update_ovf_store",
];

/// Lets harmless actions succeed; the others fail as what an engine has no code for.
pub fn harmless(action: &str) -> Result<(), Fault> {
    if HARMLESS.contains(&action) {
        return Ok(());
    }
    if ["import", "register"].contains(&action) {
        return Err(Fault::conflict("Import failed. What is asked for is in the system already."));
    }
    Err(Fault::page(500, format!("The simulated engine has no action '{action}'")))
}
