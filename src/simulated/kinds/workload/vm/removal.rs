//! Removing a machine.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common::ZERO;
use crate::simulated::kinds::{affinity_group, disk};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

/// Removes a machine at once, and its disks in the background unless they are to be kept.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    check(site, target)?;
    let detach_only = call.query.flag("detach_only") == Some(true);
    if detach_only && site.reference(target, "template").is_some_and(|it| it != ZERO) {
        return Err(Fault::conflict(
            "Cannot remove VM with detaching disks, VM is based from template.",
        ));
    }
    let disks: Vec<Handle> = site
        .children(target, disk::ATTACHMENTS[0])
        .into_iter()
        .filter_map(|it| site.top("disks", site.id(it)))
        .collect();
    disk::check_unlocked(site, &disks, "remove VM")?;
    let id = site.id(target).to_owned();
    affinity_group::forget_member(site, &id);
    site.store.remove(target);
    if !detach_only {
        for each in disks {
            if site.text(each, "shareable") != "true" {
                disk::begin_removal(site, each);
            }
        }
    }
    Ok(())
}

fn check(site: &Site, target: Handle) -> Result<(), Fault> {
    if site.text(target, "delete_protected") == "true" {
        return Err(Fault::conflict(
            "Cannot remove VM. Delete protection is enabled. In order to delete, disable Delete protection first.",
        ));
    }
    match site.status(target) {
        "down" | "unassigned" | "" => {}
        "image_locked" => {
            return Err(Fault::conflict(
                "Cannot remove VM: VM is locked. Please try again in a few minutes.",
            ));
        }
        "suspended" => {
            return Err(Fault::conflict(
                "Cannot remove VM that its state is not down.\n-Please stop the VM first.",
            ));
        }
        _ => return Err(Fault::conflict("Cannot remove VM. VM is running.")),
    }
    if site.reference(target, "vm_pool").is_some() {
        return Err(Fault::conflict("Cannot remove VM. VM is attached to a VM Pool."));
    }
    let busy = site.children(target, "snapshots");
    if busy.into_iter().any(|it| site.text(it, "snapshot_status") == "locked") {
        return Err(Fault::conflict(
            "Cannot remove VM. The VM is performing an operation on a Snapshot. Please wait for the operation to finish, and try again.",
        ));
    }
    Ok(())
}
