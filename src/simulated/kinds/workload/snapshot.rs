//! Snapshots of machines.

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, disk, generic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about snapshots.
pub const RULES: Rules = Rules::of("snapshots").add(add).remove(remove).pending(&["restore"]);

const DURING: &str = "The VM is performing an operation on a Snapshot. Please wait for the operation to finish, and try again.";

/// Takes a snapshot; it and the machine's disks are locked until it is taken.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let vm = call.owner()?;
    let status = site.status(vm).to_owned();
    if matches!(
        status.as_str(),
        "migrating" | "suspended" | "image_locked" | "not_responding" | "unknown"
    ) {
        return Err(Fault::conflict(format!(
            "Cannot create Snapshot because the VM is in {} status.",
            common::words(&status)
        )));
    }
    check_idle(site, vm, "create")?;
    let disks = disks(site, vm);
    disk::check_unlocked(site, &disks, "create Snapshot")?;
    let mut body = Element::new("snapshot");
    tree::set(&mut body, "description", call.text("description").unwrap_or_default());
    tree::set(&mut body, "snapshot_type", "regular");
    tree::set(&mut body, "snapshot_status", "locked");
    let memory = call.flag("persist_memorystate").unwrap_or(true) && status == "up";
    tree::set(&mut body, "persist_memorystate", memory.to_string());
    tree::set(&mut body, "date", site.date());
    tree::refer(&mut body, "vm", site.id(vm));
    let made = generic::put(site, call, None, body);
    for each in disks {
        site.set(each, "status", "locked");
    }
    site.later(durations::SNAPSHOT, made, taken);
    Ok(made)
}

fn disks(site: &Site, vm: Handle) -> Vec<Handle> {
    let attached = site.children(vm, disk::ATTACHMENTS[0]).into_iter();
    attached
        .filter_map(|it| site.top("disks", site.id(it)))
        .filter(|it| site.text(*it, "shareable") != "true")
        .filter(|it| site.text(*it, "storage_type") != "lun")
        .collect()
}

fn check_idle(site: &Site, vm: Handle, action: &str) -> Result<(), Fault> {
    let all = site.children(vm, "snapshots");
    if all.into_iter().any(|it| site.text(it, "snapshot_status") == "locked") {
        return Err(Fault::conflict(format!("Cannot {action} Snapshot. {DURING}")));
    }
    Ok(())
}

fn taken(site: &mut Site, snapshot: Handle, failed: bool) {
    let Some(vm) = site.parent(snapshot) else { return };
    for each in disks(site, vm) {
        site.set(each, "status", "ok");
    }
    if failed {
        site.store.remove(snapshot);
    } else {
        site.set(snapshot, "snapshot_status", "ok");
    }
}

/// Removes a snapshot; it is locked until it is merged.
pub fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    if site.text(target, "snapshot_type") != "regular" {
        return Err(Fault::conflict(
            "Cannot remove Snapshot. The operation is only allowed for regular snapshots.",
        ));
    }
    let vm = site.parent(target).ok_or_else(Fault::nowhere)?;
    check_idle(site, vm, "remove")?;
    let allowed = ["down", "up", "powering_up", "paused", "reboot_in_progress"];
    if !allowed.contains(&site.status(vm)) {
        return Err(Fault::conflict(format!(
            "Cannot remove Snapshot because the VM is in {} status.",
            common::words(site.status(vm))
        )));
    }
    site.set(target, "snapshot_status", "locked");
    site.later(durations::SNAPSHOT, target, |site, target, failed| {
        if failed {
            site.set(target, "snapshot_status", "ok");
        } else {
            site.store.remove(target);
        }
    });
    Ok(())
}
