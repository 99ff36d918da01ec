//! The states of machines, and what they refuse.

use std::time::Duration;

use crate::simulated::fault::Fault;
use crate::simulated::kinds::{backup, disk};
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

const LOCK: &str = "VM";

/// Whether a machine in that status has a process on a host.
pub fn is_running(status: &str) -> bool {
    !matches!(status, "down" | "image_locked" | "suspended" | "unassigned" | "")
}

/// A status as texts write it: `Reboot in Progress`.
pub fn words(status: &str) -> String {
    let word = |word: &str| match word {
        "in" | "for" => word.to_owned(),
        _ => {
            let (head, tail) = word.split_at(word.len().min(1));
            format!("{}{tail}", head.to_uppercase())
        }
    };
    status.split('_').map(word).collect::<Vec<_>>().join(" ")
}

/// The refusal of what the status of a machine does not allow; `doing` is like `Cannot run VM`.
pub fn illegal(site: &Site, vm: Handle, doing: &str) -> Fault {
    match site.status(vm) {
        "image_locked" => locked(doing),
        status => {
            Fault::conflict(format!("{doing} because the VM is in {} status.", words(status)))
        }
    }
}

/// The refusal of what a machine whose images are locked does not allow.
pub fn locked(doing: &str) -> Fault {
    Fault::conflict(format!("{doing}: VM is locked. Please try again in a few minutes."))
}

/// Refuses what somebody works on the machine for.
pub fn check_lock(site: &mut Site, vm: Handle, doing: &str, mode: Mode) -> Result<(), Fault> {
    let id = site.id(vm).to_owned();
    site.check_lock(doing, (LOCK, &id), mode)
}

/// Has a machine for oneself for a while, and tells others why.
pub fn hold(site: &mut Site, vm: Handle, time: Duration, says: &str) {
    let id = site.id(vm).to_owned();
    site.hold_lock_saying((LOCK, &id), Mode::Exclusive, time, says);
}

/// Lets others have a machine again before the time.
pub fn release(site: &mut Site, vm: Handle) {
    let id = site.id(vm).to_owned();
    site.release_lock((LOCK, &id));
}

fn has_snapshot(site: &Site, vm: Handle, status: &str) -> bool {
    let mut all = site.store.children(vm, "snapshots");
    all.any(|it| site.text(it, "snapshot_status") == status)
}

/// Refuses what has to wait for work on a snapshot.
pub fn check_snapshots(site: &Site, vm: Handle, doing: &str) -> Result<(), Fault> {
    if has_snapshot(site, vm, "locked") {
        return Err(Fault::conflict(format!(
            "{doing}. The VM is performing an operation on a Snapshot. Please wait for the operation to finish, and try again."
        )));
    }
    Ok(())
}

/// Whether a machine shows what a snapshot of it was.
pub fn is_in_preview(site: &Site, vm: Handle) -> bool {
    has_snapshot(site, vm, "in_preview")
}

/// Refuses what cannot be done to a preview.
pub fn check_no_preview(site: &Site, vm: Handle, doing: &str) -> Result<(), Fault> {
    if is_in_preview(site, vm) {
        return Err(Fault::conflict(format!("{doing}. VM is previewing a Snapshot.")));
    }
    Ok(())
}

/// Refuses what would disturb a backup.
pub fn check_no_backup(site: &Site, vm: Handle, doing: &str) -> Result<(), Fault> {
    backup::check_idle(site, vm, doing.trim_start_matches("Cannot "))
}

/// Whether a machine runs without keeping what it changes.
pub fn runs_stateless(site: &Site, vm: Handle) -> bool {
    let mut all = site.store.children(vm, "snapshots");
    all.any(|it| site.text(it, "snapshot_type") == "stateless")
}

/// The disks of a machine with their attachments.
pub fn disks(site: &Site, vm: Handle) -> Vec<(Handle, Handle)> {
    let attachments = site.store.children(vm, disk::ATTACHMENTS[0]);
    attachments.filter_map(|it| Some((it, site.top("disks", site.id(it))?))).collect()
}

/// The disks that a machine has plugged.
pub fn plugged_disks(site: &Site, vm: Handle) -> Vec<Handle> {
    let all = disks(site, vm).into_iter();
    all.filter(|(it, _)| site.text(*it, "active") == "true").map(|(_, disk)| disk).collect()
}

/// The disks of a machine that snapshots keep.
pub fn kept_disks(site: &Site, vm: Handle) -> Vec<Handle> {
    let all = disks(site, vm).into_iter().map(|(_, disk)| disk);
    all.filter(|it| site.text(*it, "shareable") != "true")
        .filter(|it| site.text(*it, "storage_type") != "lun")
        .collect()
}
