//! Going back to a snapshot: to look at it, and for good.

use super::super::vm::state;
use super::configuration::{keep, restore as restore_configuration};
use super::{KIND, check_regular, draft};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::disk;
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

const PREVIEW: &str = "Cannot preview Snapshot";
const REVERT: &str = "Cannot revert to Snapshot";

/// Shows a machine as it was at the snapshot that is named.
pub fn preview_by_machine(site: &mut Site, call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    let id = call.id_at("snapshot");
    let id = id.ok_or_else(|| Fault::incomplete("Action", "snapshot.id", "previewSnapshot"))?;
    let snapshot = site.store.find(KIND, Some(vm), id);
    let snapshot =
        snapshot.ok_or_else(|| Fault::bad(format!("{PREVIEW}. VM's Snapshot does not exist.")))?;
    state::check_lock(site, vm, PREVIEW, Mode::Exclusive)?;
    check_preview(site, vm, snapshot)?;
    begin(site, vm, snapshot);
    Ok(Vec::new())
}

fn check_preview(site: &Site, vm: Handle, snapshot: Handle) -> Result<(), Fault> {
    if site.status(vm) == "image_locked" {
        return Err(state::locked(PREVIEW));
    }
    if site.status(vm) != "down" {
        return Err(Fault::conflict(format!("{PREVIEW}. At least one of the VMs is not down.")));
    }
    state::check_snapshots(site, vm, PREVIEW)?;
    state::check_no_preview(site, vm, PREVIEW)?;
    if site.text(snapshot, "snapshot_type") == "active" {
        return Err(Fault::conflict("Cannot preview Active VM snapshot."));
    }
    check_regular(site, snapshot, PREVIEW)?;
    disk::check_unlocked(site, &state::kept_disks(site, vm), "preview Snapshot")
}

fn begin(site: &mut Site, vm: Handle, snapshot: Handle) {
    let before = draft(site, vm, "Active VM before the preview", "preview");
    let before = site.add_fresh(KIND, Some(vm), before);
    let disks = state::kept_disks(site, vm);
    keep(site, vm, before, &disks);
    restore_configuration(site, vm, snapshot);
    site.set(snapshot, "snapshot_status", "in_preview");
    work(site, vm);
}

/// Locks a machine and its disks for a while.
fn work(site: &mut Site, vm: Handle) {
    site.set(vm, "status", "image_locked");
    for each in state::kept_disks(site, vm) {
        site.set(each, "status", "locked");
    }
    site.later(durations::SNAPSHOT, vm, |site, vm, _| {
        for each in state::kept_disks(site, vm) {
            site.set(each, "status", "ok");
        }
        if site.status(vm) == "image_locked" {
            site.set(vm, "status", "down");
        }
    });
}

fn find(site: &Site, vm: Handle, element: &str, text: &str) -> Result<Handle, Fault> {
    let all = site.children(vm, KIND);
    let found = all.into_iter().find(|it| site.text(*it, element) == text);
    found.ok_or_else(|| Fault::bad(format!("{REVERT}. VM's Snapshot does not exist.")))
}

fn check_revert(site: &mut Site, vm: Handle) -> Result<(), Fault> {
    state::check_lock(site, vm, REVERT, Mode::Exclusive)?;
    if site.status(vm) != "down" {
        return Err(state::illegal(site, vm, REVERT));
    }
    state::check_snapshots(site, vm, REVERT)
}

/// Leaves the preview; the machine is again what it was before.
pub fn undo(site: &mut Site, _call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    let before = find(site, vm, "snapshot_type", "preview")?;
    let shown = find(site, vm, "snapshot_status", "in_preview")?;
    check_revert(site, vm)?;
    restore_configuration(site, vm, before);
    site.store.remove(before);
    site.set(shown, "snapshot_status", "ok");
    work(site, vm);
    Ok(Vec::new())
}

/// Stays with what is previewed; what came after it is gone.
pub fn commit(site: &mut Site, _call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    let shown = find(site, vm, "snapshot_status", "in_preview")?;
    check_revert(site, vm)?;
    settle_on(site, vm, shown);
    Ok(Vec::new())
}

fn settle_on(site: &mut Site, vm: Handle, shown: Handle) {
    for other in site.children(vm, KIND) {
        let kind = site.text(other, "snapshot_type");
        if kind == "preview" || (kind == "regular" && other > shown) {
            site.store.remove(other);
        }
    }
    for checkpoint in site.children(vm, "vm_checkpoints") {
        site.store.remove(checkpoint);
    }
    site.set(shown, "snapshot_status", "ok");
    work(site, vm);
}

/// Goes back to a snapshot for good, in one call.
pub fn restore(site: &mut Site, _call: &Call, snapshot: Handle) -> Result<Vec<Element>, Fault> {
    let vm = site.parent(snapshot).ok_or_else(Fault::nowhere)?;
    state::check_lock(site, vm, PREVIEW, Mode::Exclusive)?;
    check_preview(site, vm, snapshot)?;
    restore_configuration(site, vm, snapshot);
    settle_on(site, vm, snapshot);
    Ok(Vec::new())
}
