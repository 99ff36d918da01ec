//! Backups of machines, and the checkpoints that later ones may build on.

pub mod checkpoint;

use std::time::Duration;

use super::auto_snapshot;
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{disk, generic, transfer};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about backups.
pub const RULES: Rules = Rules::of(KIND).add(add).actions(&[("finalize", finalize)]);

const KIND: &str = "vm_backups";
const WHAT: &str = "backup VM";
const KEPT_WHEN_DONE: Duration = Duration::from_secs(15 * 60);
const KEPT_WHEN_FAILED: Duration = Duration::from_secs(30 * 60);

/// Begins a backup of some disks of a machine.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let vm = call.owner()?;
    let disks = disks(site, call, vm)?;
    check_checkpoint(site, call, vm, &disks)?;
    check_machine(site, vm)?;
    if call.text("description").is_some_and(|it| it.chars().count() > 1024) {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. The VM backup description shouldn't contain more than 1024 characters."
        )));
    }
    let id = call.body.id().filter(|it| !it.is_empty()).map(str::to_owned);
    if let Some(id) = &id {
        check_id(site, id)?;
    }
    let mut body = generic::draft(site, call);
    let date = site.date();
    for (name, value) in
        [("phase", "initializing"), ("creation_date", &date), ("modification_date", &date)]
    {
        tree::set(&mut body, name, value);
    }
    let incremental = |it: &Handle| site.text(*it, "backup") == "incremental";
    if disks.iter().any(incremental) {
        let checkpoint = call.text("to_checkpoint_id").map(str::to_owned);
        let checkpoint = checkpoint.unwrap_or_else(|| site.fresh_id());
        tree::set(&mut body, "to_checkpoint_id", checkpoint);
    }
    tree::refer(&mut body, "vm", site.id(vm));
    if let Some(host) = site.reference(vm, "host") {
        tree::refer(&mut body, "host", host);
    }
    if call.query.flag("legacy") != Some(true) {
        let snapshot = auto_snapshot::take(site, vm, "Auto-generated for Backup VM");
        tree::refer(&mut body, "snapshot", site.id(snapshot));
    }
    let made = generic::put(site, call, id, body);
    let mut note = Element::new("disks");
    for each in disks {
        note.push(Element::link("disk", site.id(each)));
    }
    site.hide(made, note);
    site.later(durations::BACKUP_PHASE, made, starting);
    Ok(made)
}

/// The disks to back up: those of the machine, plugged and at rest.
fn disks(site: &Site, call: &Call, vm: Handle) -> Result<Vec<Handle>, Fault> {
    let named = call.body.child("disks").map(Element::children).unwrap_or_default();
    let ids: Vec<&str> = named.iter().filter_map(Element::id).collect();
    if ids.is_empty() {
        return Err(Fault::incomplete("Backup", "disks.id", "add"));
    }
    let missing: Vec<&str> =
        ids.iter().copied().filter(|id| site.top("disks", id).is_none()).collect();
    if !missing.is_empty() {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. The following disk(s) ID(s) does not exist: {}.",
            missing.join(", ")
        )));
    }
    let disks: Vec<Handle> = ids.iter().filter_map(|id| site.top("disks", id)).collect();
    disk::check_unlocked(site, &disks, WHAT)?;
    let plugged = |it: &Handle| disk::plugged(site, *it).contains(&vm);
    let apart: Vec<&str> =
        disks.iter().filter(|it| !plugged(it)).map(|it| site.text(*it, "alias")).collect();
    if apart.is_empty() {
        return Ok(disks);
    }
    Err(Fault::bad(format!(
        "Cannot {WHAT}. The following disk(s) are not attached to any VM: {}.",
        apart.join(", ")
    )))
}

fn check_checkpoint(site: &Site, call: &Call, vm: Handle, disks: &[Handle]) -> Result<(), Fault> {
    let Some(id) = call.text("from_checkpoint_id").filter(|it| !it.is_empty()) else {
        return Ok(());
    };
    let checkpoint = site.store.find(checkpoint::KIND, Some(vm), id);
    let checkpoint = checkpoint
        .ok_or_else(|| Fault::bad(format!("Cannot {WHAT}. Checkpoint ID {id} doesn't exist.")))?;
    if site.text(checkpoint, "state") == "invalid" {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. Checkpoint ID {id} is invalid and should be removed."
        )));
    }
    let without: Vec<&str> = disks
        .iter()
        .filter(|it| site.text(**it, "backup") != "incremental")
        .map(|it| site.id(*it))
        .collect();
    if without.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot {WHAT}. Incremental backup is disabled for the following disks: {}.",
        without.join(", ")
    )))
}

fn check_machine(site: &Site, vm: Handle) -> Result<(), Fault> {
    if !matches!(site.status(vm), "up" | "down") {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. The Virtual Machine should be in Up or Down status."
        )));
    }
    let previewed = site.children(vm, "snapshots").into_iter();
    if previewed.into_iter().any(|it| site.text(it, "snapshot_status") == "in_preview") {
        return Err(Fault::conflict(format!("Cannot {WHAT}. VM is previewing a Snapshot.")));
    }
    check_idle(site, vm, WHAT)
}

/// Refuses what cannot be done to a machine that is being backed up.
pub fn check_idle(site: &Site, vm: Handle, what: &str) -> Result<(), Fault> {
    if is_running(site, vm) {
        return Err(Fault::conflict(format!(
            "Cannot {what}. The VM is during a backup operation."
        )));
    }
    Ok(())
}

/// Whether a machine is being backed up.
pub fn is_running(site: &Site, vm: Handle) -> bool {
    let done = |it: &Handle| matches!(site.text(*it, "phase"), "succeeded" | "failed");
    !site.children(vm, KIND).iter().all(done)
}

fn check_id(site: &Site, id: &str) -> Result<(), Fault> {
    if uuid::Uuid::try_parse(id).is_err() {
        return Err(Fault::bad_uuid(id));
    }
    if find(site, id).is_some() {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. The specified VM backup ID {id} already exists."
        )));
    }
    Ok(())
}

/// The backup with an id, of whatever machine.
pub fn find(site: &Site, id: &str) -> Option<Handle> {
    site.store.all(KIND).find(|it| site.id(*it) == id)
}

/// Checks that the data of a backup can be transferred.
pub fn check_ready(site: &Site, id: &str, call: &Call) -> Result<(), Fault> {
    const DOING: &str = "Cannot transfer Virtual Disk";
    let backup = find(site, id)
        .ok_or_else(|| Fault::bad(format!("{DOING}. The specified VM backup does not exist.")))?;
    let phase = site.text(backup, "phase");
    if phase != "ready" {
        return Err(Fault::conflict(format!(
            "{DOING}. The VM backup is not in READY phase, backup phase is {}.",
            phase.to_uppercase()
        )));
    }
    if call.text("format") == Some("cow") {
        return Err(Fault::bad(format!(
            "{DOING}. The specified format is not applicable for VM backup."
        )));
    }
    Ok(())
}

fn enter(site: &mut Site, backup: Handle, phase: &str) {
    let date = site.date();
    site.set(backup, "phase", phase);
    site.set(backup, "modification_date", date);
}

fn starting(site: &mut Site, backup: Handle, failed: bool) {
    if failed {
        return fail(site, backup);
    }
    enter(site, backup, "starting");
    site.later(durations::BACKUP_PHASE, backup, ready);
}

/// A backup that cannot build on its checkpoint finds out that it is of no use.
fn fail(site: &mut Site, backup: Handle) {
    let base = site.text(backup, "from_checkpoint_id").to_owned();
    let base =
        site.parent(backup).and_then(|vm| site.store.find(checkpoint::KIND, Some(vm), &base));
    if let Some(base) = base {
        site.set(base, "state", "invalid");
    }
    end(site, backup, "failed", KEPT_WHEN_FAILED);
}

fn ready(site: &mut Site, backup: Handle, failed: bool) {
    if failed {
        return fail(site, backup);
    }
    checkpoint::create(site, backup);
    enter(site, backup, "ready");
}

fn finalize(site: &mut Site, _call: &Call, backup: Handle) -> Result<Vec<Element>, Fault> {
    if transfer::of_backup(site, site.id(backup)) {
        return Err(Fault::conflict(
            "Cannot stop VM backup. There is an active image transfer for VM backup",
        ));
    }
    match site.text(backup, "phase") {
        "ready" => {
            enter(site, backup, "finalizing");
            site.later(durations::BACKUP_PHASE, backup, |site, backup, failed| {
                let (phase, kept) = match failed {
                    true => ("failed", KEPT_WHEN_FAILED),
                    false => ("succeeded", KEPT_WHEN_DONE),
                };
                end(site, backup, phase, kept);
            });
            Ok(Vec::new())
        }
        "initializing" | "starting" => Err(Fault::conflict(format!(
            "Cannot stop VM backup. The VM backup is not in READY phase, backup phase is {}.",
            site.text(backup, "phase").to_uppercase()
        ))),
        _ => Ok(Vec::new()),
    }
}

fn end(site: &mut Site, backup: Handle, phase: &str, kept: Duration) {
    enter(site, backup, phase);
    let snapshot = site.reference(backup, "snapshot").map(str::to_owned);
    if let (Some(snapshot), Some(vm)) = (snapshot, site.parent(backup))
        && let Some(snapshot) = site.store.find("snapshots", Some(vm), &snapshot)
    {
        auto_snapshot::drop(site, snapshot);
    }
    site.watch(kept, backup, |site, backup, _| site.store.remove(backup));
}
