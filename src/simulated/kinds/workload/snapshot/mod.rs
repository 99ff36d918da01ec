//! Snapshots of machines.

mod configuration;
mod preview;

pub use configuration::{drop_stateless, keep_for_stateless, restored_body};
pub use preview::{commit, preview_by_machine, undo};

use super::vm::state;
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{disk, generic};
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about snapshots.
pub const RULES: Rules = Rules::of(KIND)
    .add(add)
    .remove(remove)
    .actions(&[("restore", preview::restore)])
    .pending(&["restore"]);

const KIND: &str = "snapshots";
const CREATE: &str = "Cannot create Snapshot";
const REMOVE: &str = "Cannot remove Snapshot";

/// Adds the snapshot that is a machine's present state; every machine has it.
pub fn add_active(site: &mut Site, vm: Handle) {
    let snapshot = draft(site, vm, "Active VM", "active");
    site.add_fresh(KIND, Some(vm), snapshot);
}

fn draft(site: &Site, vm: Handle, description: &str, kind: &str) -> Element {
    let mut body = Element::new("snapshot");
    tree::set(&mut body, "description", description);
    tree::set(&mut body, "snapshot_type", kind);
    tree::set(&mut body, "snapshot_status", "ok");
    tree::set(&mut body, "persist_memorystate", "false");
    tree::set(&mut body, "date", site.date());
    tree::refer(&mut body, "vm", site.id(vm));
    body
}

/// Takes a snapshot; it and the machine's disks are locked until it is taken.
fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let vm = call.owner()?;
    state::check_lock(site, vm, CREATE, Mode::Exclusive)?;
    let disks = chosen_disks(site, call, vm)?;
    check_machine(site, vm)?;
    let memory = call.flag("persist_memorystate").unwrap_or(true);
    if memory {
        check_memory(site, vm)?;
    }
    disk::check_unlocked(site, &disks, "create Snapshot")?;
    let description = call.text("description").unwrap_or_default();
    let mut body = draft(site, vm, description, "regular");
    tree::set(&mut body, "snapshot_status", "locked");
    let memory = memory && state::is_running(site.status(vm));
    tree::set(&mut body, "persist_memorystate", memory.to_string());
    let made = generic::put(site, call, None, body);
    configuration::keep(site, vm, made, &disks);
    let mut note = Element::new("working");
    for each in disks {
        note.push(Element::link("disk", site.id(each)));
        site.set(each, "status", "locked");
    }
    site.hide(made, note);
    let says = format!("Snapshot is currently being created for VM {}.", site.name(vm));
    state::hold(site, vm, durations::SNAPSHOT, &says);
    site.later(durations::SNAPSHOT, made, taken);
    Ok(made)
}

/// The disks that a snapshot keeps: those that were named, or all that can be kept.
fn chosen_disks(site: &Site, call: &Call, vm: Handle) -> Result<Vec<Handle>, Fault> {
    let named = call.body.child("disk_attachments").map(Element::children).unwrap_or_default();
    let named: Vec<&str> = named.iter().filter_map(|it| tree::id_at(it, "disk")).collect();
    let kept = state::kept_disks(site, vm);
    if named.is_empty() {
        return Ok(kept);
    }
    let all: Vec<Handle> = state::disks(site, vm).into_iter().map(|(_, disk)| disk).collect();
    let alias = |id: &str| site.top("disks", id).map_or(id, |it| site.text(it, "alias")).to_owned();
    let is_in = |disks: &[Handle], id: &str| disks.iter().any(|it| site.id(*it) == id);
    let strange: Vec<String> =
        named.iter().filter(|it| !is_in(&all, it)).map(|it| alias(it)).collect();
    if !strange.is_empty() {
        return Err(Fault::bad(format!(
            "{CREATE}. The following disk(s) are not attached to the VM {}: {}.",
            site.name(vm),
            strange.join(", ")
        )));
    }
    let unfit: Vec<String> =
        named.iter().filter(|it| !is_in(&kept, it)).map(|it| alias(it)).collect();
    if !unfit.is_empty() {
        return Err(Fault::bad(format!(
            "{CREATE}. Snapshot is not allowed for the following disk(s): {}.",
            unfit.join(", ")
        )));
    }
    Ok(kept.into_iter().filter(|it| named.contains(&site.id(*it))).collect())
}

fn check_machine(site: &Site, vm: Handle) -> Result<(), Fault> {
    let status = site.status(vm);
    if status == "image_locked" {
        return Err(state::locked(CREATE));
    }
    state::check_snapshots(site, vm, CREATE)?;
    state::check_no_preview(site, vm, CREATE)?;
    if status == "migrating" {
        return Err(Fault::conflict(format!("{CREATE}. VM migration is in progress")));
    }
    if matches!(status, "" | "suspended" | "saving_state" | "not_responding" | "unknown") {
        return Err(state::illegal(site, vm, CREATE));
    }
    if state::runs_stateless(site, vm) {
        return Err(Fault::conflict(format!(
            "{CREATE}. The VM is running as Stateless. Please try again when VM is not running as Stateless."
        )));
    }
    Ok(())
}

fn check_memory(site: &Site, vm: Handle) -> Result<(), Fault> {
    let refuse = |what: &str| Err(Fault::conflict(format!("{CREATE}. {what}")));
    if !state::is_running(site.status(vm)) {
        return Ok(());
    }
    if site.text(vm, "tpm_enabled") == "true" {
        return refuse("VM has a TPM device attached.");
    }
    if !site.children(vm, "vm_host_devices").is_empty() {
        return refuse("VM has PCI host devices attached.");
    }
    if !site.children(vm, "vm_mediated_devices").is_empty() {
        return refuse("VM has mediated devices attached.");
    }
    Ok(())
}

fn taken(site: &mut Site, snapshot: Handle, failed: bool) {
    let note = site.unhide(snapshot, "working").unwrap_or_default();
    for id in note.children().iter().filter_map(Element::id) {
        let Some(disk) = site.top("disks", id) else { continue };
        site.set(disk, "status", "ok");
        if !failed {
            // The snapshot keeps the image so far; the machine goes on with a new one.
            disk::snapshots::keep(site, disk, snapshot);
            let image = site.fresh_id();
            site.set(disk, "image_id", image);
        }
    }
    if failed {
        site.store.remove(snapshot);
    } else {
        site.set(snapshot, "snapshot_status", "ok");
    }
}

/// Removes a snapshot; it is locked until it is merged.
fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    let vm = site.parent(target).ok_or_else(Fault::nowhere)?;
    state::check_lock(site, vm, REMOVE, Mode::Exclusive)?;
    state::check_no_backup(site, vm, REMOVE)?;
    state::check_snapshots(site, vm, REMOVE)?;
    state::check_no_preview(site, vm, REMOVE)?;
    check_regular(site, target, REMOVE)?;
    let allowed = ["down", "up", "powering_up", "paused", "reboot_in_progress"];
    if !allowed.contains(&site.status(vm)) {
        return Err(state::illegal(site, vm, REMOVE));
    }
    let disks = state::kept_disks(site, vm);
    disk::check_unlocked(site, &disks, "remove Snapshot")?;
    site.set(target, "snapshot_status", "locked");
    site.later(durations::SNAPSHOT, target, merged);
    Ok(())
}

/// The active state, previews and what stateless machines return to are left alone.
fn check_regular(site: &Site, snapshot: Handle, doing: &str) -> Result<(), Fault> {
    if site.text(snapshot, "snapshot_type") == "regular" {
        return Ok(());
    }
    Err(Fault::conflict(format!("{doing}. The operation is only allowed for regular snapshots.")))
}

fn merged(site: &mut Site, snapshot: Handle, failed: bool) {
    if failed {
        site.set(snapshot, "snapshot_status", "ok");
    } else {
        disk::snapshots::merge(site, snapshot);
        site.store.remove(snapshot);
    }
}
