//! Checkpoints: what a machine's disks held at a backup.

use super::check_idle;
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::disk;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about checkpoints.
pub const RULES: Rules = Rules::of(KIND).remove(remove);

/// Their collection.
pub const KIND: &str = "vm_checkpoints";

/// Makes the checkpoint of a backup, after the last one.
pub fn create(site: &mut Site, backup: Handle) {
    let id = site.text(backup, "to_checkpoint_id").to_owned();
    let Some(vm) = site.parent(backup).filter(|_| !id.is_empty()) else { return };
    let mut body = Element::new("checkpoint");
    tree::set(&mut body, "creation_date", site.date());
    tree::set(&mut body, "state", "created");
    if let Some(last) = site.children(vm, KIND).last() {
        tree::set(&mut body, "parent_id", site.id(*last));
    }
    let description = site.text(backup, "description").to_owned();
    if !description.is_empty() {
        tree::set(&mut body, "description", description);
    }
    tree::refer(&mut body, "vm", site.id(vm));
    let made = site.add(KIND, Some(vm), id, body);
    if let Some(disks) = site.hidden(backup, "disks").cloned() {
        site.hide(made, disks);
    }
}

fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    const WHAT: &str = "remove checkpoint";
    let vm = site.parent(target).ok_or_else(Fault::nowhere)?;
    check_idle(site, vm, WHAT)?;
    let id = site.id(target).to_owned();
    let doing = format!("Cannot {WHAT}");
    site.check_lock(&doing, ("CHECKPOINT", &id), Mode::Exclusive)?;
    let disks = site.hidden(target, "disks").map(Element::children).unwrap_or_default();
    let disks: Vec<Handle> = disks.iter().filter_map(|it| site.top("disks", it.id()?)).collect();
    disk::check_unlocked(site, &disks, WHAT)?;
    site.hold_lock_saying(
        ("CHECKPOINT", &id),
        Mode::Exclusive,
        durations::BACKUP_PHASE,
        "The VM is during a checkpoint removal operation.",
    );
    site.later(durations::BACKUP_PHASE, target, |site, target, failed| {
        if !failed {
            skip(site, target);
            site.store.remove(target);
        }
    });
    Ok(())
}

/// The next checkpoint follows the one before the one that goes.
fn skip(site: &mut Site, target: Handle) {
    let Some(vm) = site.parent(target) else { return };
    let (id, parent) = (site.id(target).to_owned(), site.text(target, "parent_id").to_owned());
    for other in site.children(vm, KIND) {
        if site.text(other, "parent_id") == id {
            site.edit(other, |body| {
                tree::drop_child(body, "parent_id");
                if !parent.is_empty() {
                    tree::set(body, "parent_id", parent.clone());
                }
            });
        }
    }
}
