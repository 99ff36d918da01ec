//! Deleting disks.

use super::{ATTACHMENTS, attachments, checks, domains, is_lun, is_of_template, plugged};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{common, storage_domain};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const WHAT: &str = "remove Virtual Disk";

/// Removes a disk from wherever it is attached, and later from its storage.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    checks::check_free(site, target, WHAT)?;
    if site.status(target) == "locked" {
        return Err(Fault::locked("remove", "Virtual Disk"));
    }
    if plugged(site, target).iter().any(|it| site.status(*it) != "down") {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. At least one of the VMs is not down."
        )));
    }
    if is_of_template(site, target) {
        let place = call.parent.filter(|_| call.collection.name.contains("storage_domain"));
        let place = place.map(|it| site.id(it).to_owned());
        return remove_copy(site, target, place.as_deref());
    }
    check_content(site, target)?;
    for domain in domains(site, target) {
        checks::check_active(site, domain, WHAT)?;
    }
    begin_removal(site, target);
    Ok(())
}

/// Removes the copy of a template's disk that a domain has, unless it is the last, or machines there
/// build on it.
pub fn remove_copy(site: &mut Site, target: Handle, place: Option<&str>) -> Result<(), Fault> {
    let Some(place) = place else {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. A storage domain must be specified when deleting one of a template's disk's copies."
        )));
    };
    if domains(site, target).len() < 2 {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. The image is the only remaining copy of a Template disk."
        )));
    }
    if !domains(site, target).iter().any(|it| site.id(*it) == place) {
        return Err(Fault::conflict(format!("Cannot {WHAT}. Storage Domain doesn't exist.")));
    }
    check_derived(site, target, Some(place), WHAT)?;
    site.edit(target, |body| {
        let copies = body.child_or_new("storage_domains");
        copies.children_mut().retain(|it| it.id() != Some(place));
        tree::set(body, "status", "locked");
    });
    site.later(durations::DISK_REMOVAL, target, |site, target, _| {
        site.set(target, "status", "ok");
    });
    Ok(())
}

/// Says that a disk holds only what differs from another one.
pub fn base_on(site: &mut Site, disk: Handle, base: Handle) {
    let base = site.id(base).to_owned();
    site.hide(disk, Element::leaf(BASE, base));
}

const BASE: &str = "based_on";

/// Refuses to do away with a disk that others build on, there or anywhere: with those machines'
/// names, or their own once no machine has them.
pub fn check_derived(
    site: &Site,
    base: Handle,
    place: Option<&str>,
    what: &str,
) -> Result<(), Fault> {
    let is_derived = |it: &Handle| site.hidden(*it, BASE).map(Element::text) == Some(site.id(base));
    let is_there = |it: &Handle| {
        place.is_none_or(|place| domains(site, *it).iter().any(|d| site.id(*d) == place))
    };
    let derived: Vec<Handle> =
        site.store.all("disks").filter(is_derived).filter(is_there).collect();
    let holders = derived.iter().flat_map(|it| attachments(site, *it));
    let holders: Vec<Handle> = holders.filter_map(|it| site.parent(it)).collect();
    if !holders.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot delete Template. Template is being used by the following VMs: {}.",
            common::names(site, &holders)
        )));
    }
    if derived.is_empty() {
        return Ok(());
    }
    let told: Vec<String> = derived
        .iter()
        .map(|it| format!("{}  ({}) ", site.text(*it, "alias"), site.id(*it)))
        .collect();
    Err(Fault::conflict(format!(
        "Cannot {what}. The following Disk(s) are based on it: \n {}.",
        told.join("\n")
    )))
}

fn check_content(site: &Site, target: Handle) -> Result<(), Fault> {
    match site.text(target, "content_type") {
        "ovf_store" => Err(Fault::conflict(format!(
            "Cannot {WHAT}. The operation is not supported for OVF_STORE disks."
        ))),
        "iso" => check_iso(site, target),
        _ => Ok(()),
    }
}

fn check_iso(site: &Site, target: Handle) -> Result<(), Fault> {
    let mut users: Vec<Handle> = ["vm_cdroms", "template_cdroms"]
        .into_iter()
        .flat_map(|kind| site.users(kind, "file", target))
        .filter_map(|it| site.parent(it))
        .collect();
    users.dedup();
    if users.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot {WHAT}. The disk is an ISO disk attached as CDROM to the following VMs/Templates: {}.",
        common::names(site, &users)
    )))
}

/// Begins to delete a disk's volumes; nothing has it attached any more.
pub fn begin_removal(site: &mut Site, disk: Handle) {
    for attachment in attachments(site, disk) {
        site.store.remove(attachment);
    }
    if is_lun(site, disk) {
        site.store.remove(disk);
        return;
    }
    let says = format!("Disk {} is being removed.", site.text(disk, "alias"));
    super::engage(site, disk, &says);
    site.later(durations::DISK_REMOVAL, disk, |site, disk, failed| {
        if failed {
            super::disengage(site, disk, "illegal");
        } else {
            let domains = domains(site, disk);
            drop_data(site, disk);
            site.store.remove(disk);
            storage_domain::watch_rooms(site, &domains);
        }
    });
}

fn drop_data(site: &mut Site, disk: Handle) {
    let id = site.id(disk).to_owned();
    site.volumes.remove(&id);
}

/// Forgets a disk whose storage leaves, with the machine or template that lives on it.
pub fn forget(site: &mut Site, disk: Handle) {
    for attachment in attachments(site, disk) {
        if let Some(owner) = site.parent(attachment) {
            let others = ATTACHMENTS.iter().map(|it| site.children(owner, it).len()).sum::<usize>();
            site.store.remove(attachment);
            if others == 1 {
                site.store.remove(owner);
            }
        }
    }
    drop_data(site, disk);
    site.store.remove(disk);
}
