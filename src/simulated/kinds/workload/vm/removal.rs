//! Removing a machine.

use super::state;
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common::ZERO;
use crate::simulated::kinds::{affinity_group, disk};
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

const REMOVE: &str = "Cannot remove VM";

/// Removes a machine at once, and its disks in the background unless they are to be kept.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    state::check_lock(site, target, REMOVE, Mode::Exclusive)?;
    check(site, call, target)?;
    let detach_only = call.query.flag("detach_only") == Some(true);
    if detach_only {
        check_detach(site, target)?;
    }
    let disks: Vec<Handle> = state::disks(site, target).into_iter().map(|(_, disk)| disk).collect();
    if call.query.flag("force") != Some(true) {
        disk::check_unlocked(site, &disks, "remove VM")?;
    }
    take_away(site, target, detach_only);
    Ok(())
}

/// Takes a machine away, whatever it is doing.
pub fn take_away(site: &mut Site, target: Handle, keep_disks: bool) {
    let disks: Vec<Handle> = state::disks(site, target).into_iter().map(|(_, disk)| disk).collect();
    let id = site.id(target).to_owned();
    affinity_group::forget_member(site, &id);
    site.store.remove(target);
    if keep_disks {
        return;
    }
    for each in disks {
        if site.text(each, "shareable") != "true" {
            disk::begin_removal(site, each);
        }
    }
}

/// Disks that hang together with others cannot be kept.
fn check_detach(site: &Site, target: Handle) -> Result<(), Fault> {
    if site.reference(target, "template").is_some_and(|it| it != ZERO) {
        return Err(Fault::conflict(format!(
            "{REMOVE} with detaching disks, VM is based from template."
        )));
    }
    let mut snapshots = site.store.children(target, "snapshots");
    if snapshots.any(|it| site.text(it, "snapshot_type") == "regular") {
        return Err(Fault::conflict(format!("{REMOVE} with detaching disks, snapshots exist.")));
    }
    Ok(())
}

fn check(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if site.text(target, "delete_protected") == "true" {
        return Err(Fault::conflict(format!(
            "{REMOVE}. Delete protection is enabled. In order to delete, disable Delete protection first."
        )));
    }
    match site.status(target) {
        "down" | "unassigned" | "" => {}
        "image_locked" if call.query.flag("force") == Some(true) => {
            if site.hidden(target, "creating").is_some() {
                return Err(Fault::conflict(
                    "Cannot force remove VM when there are running tasks.",
                ));
            }
        }
        "image_locked" => return Err(state::locked(REMOVE)),
        "suspended" => {
            return Err(Fault::conflict(format!(
                "{REMOVE} that its state is not down.\n-Please stop the VM first."
            )));
        }
        _ => return Err(Fault::conflict(format!("{REMOVE}. VM is running."))),
    }
    if site.reference(target, "vm_pool").is_some() {
        return Err(Fault::conflict(format!("{REMOVE}. VM is attached to a VM Pool.")));
    }
    state::check_no_backup(site, target, REMOVE)?;
    state::check_snapshots(site, target, REMOVE)
}
