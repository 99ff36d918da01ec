//! Disks: floating, of machines and of templates.

mod actions;
mod checks;
mod create;
mod lun;
mod removal;
pub mod snapshots;
mod update;

pub use actions::copy;
pub use checks::{
    check_active, check_free, check_image, check_legal, check_plugged_down, check_room,
    check_unlocked,
};
pub use create::{create, place, prepare};
pub use lun::users_of as users_of_lun;
pub use removal::{base_on, begin_removal, check_derived, forget, remove, remove_copy};
pub use update::begin_update;

use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::storage_domain;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about disks.
pub const RULES: Rules = Rules::of("disks")
    .add(create::add)
    .update(update::update)
    .updates_later(|_| true)
    .remove(remove)
    .actions(&[
        ("convert", actions::convert),
        ("copy", actions::copy_by_call),
        ("export", actions::export),
        ("move", actions::relocate),
        ("reduce", actions::reduce),
        ("refresh_lun", lun::refresh),
        ("sparsify", actions::sparsify),
    ])
    .shown(shown);

/// Disks of machines and of templates are attached through these collections.
pub const ATTACHMENTS: [&str; 2] = ["disk_attachments", "template_disk_attachments"];

/// The attachments of a disk to machines and templates.
pub fn attachments(site: &Site, disk: Handle) -> Vec<Handle> {
    ATTACHMENTS.iter().flat_map(|kind| site.users(kind, "disk", disk)).collect()
}

/// The machines that a disk is plugged into.
pub fn plugged(site: &Site, disk: Handle) -> Vec<Handle> {
    attachments(site, disk)
        .into_iter()
        .filter(|it| site.text(*it, "active") == "true")
        .filter_map(|it| site.parent(it))
        .filter(|it| site.kind(*it) == "vms")
        .collect()
}

/// Whether a disk belongs to a template.
pub fn is_of_template(site: &Site, disk: Handle) -> bool {
    !site.users(ATTACHMENTS[1], "disk", disk).is_empty()
}

/// The storage domains that a disk is on; a template's may be on several.
pub fn domains(site: &Site, disk: Handle) -> Vec<Handle> {
    let listed = site.body(disk).child("storage_domains").map(Element::children);
    let ids = listed.unwrap_or_default().iter().filter_map(Element::id);
    ids.filter_map(|id| site.top("storage_domains", id)).collect()
}

/// The data center that uses a storage domain.
pub fn data_center(site: &Site, domain: Handle) -> Option<Handle> {
    site.parent(storage_domain::attachment(site, domain)?)
}

/// The disks that the notes of an object name, such as those of a backup.
pub fn noted(site: &Site, object: Handle) -> Vec<Handle> {
    let noted = site.hidden(object, "disks").map(Element::children).unwrap_or_default();
    noted.iter().filter_map(|it| site.top("disks", it.id()?)).collect()
}

/// Whether a disk is a whole LUN.
pub fn is_lun(site: &Site, disk: Handle) -> bool {
    site.text(disk, "storage_type") == "lun"
}

/// Whether a machine of a disk has snapshots that it is part of.
pub fn has_snapshots(site: &Site, disk: Handle) -> bool {
    let owners = site.users(ATTACHMENTS[0], "disk", disk).into_iter();
    owners.filter_map(|it| site.parent(it)).any(|vm| {
        let all = site.children(vm, "snapshots");
        all.into_iter().any(|it| matches!(site.text(it, "snapshot_type"), "regular" | "stateless"))
    })
}

/// Locks a disk for some work; those who want it meanwhile are told what `says`.
pub fn engage(site: &mut Site, disk: Handle, says: &str) {
    site.set(disk, "status", "locked");
    site.hide(disk, Element::leaf("busy", says));
}

/// Ends the work on a disk, which may have taken room.
pub fn disengage(site: &mut Site, disk: Handle, status: &str) {
    site.set(disk, "status", status);
    site.unhide(disk, "busy");
    let domains = domains(site, disk);
    storage_domain::watch_rooms(site, &domains);
}

/// Writes how much room a disk takes after data was written to it.
pub fn measure(site: &mut Site, disk: Handle) {
    if site.text(disk, "sparse") == "true" {
        let taken = site.volumes.allocated(site.id(disk)).max(SMALLEST).to_string();
        site.set(disk, "actual_size", taken.clone());
        site.set(disk, "total_size", taken);
    }
}

/// What an empty thin disk takes.
const SMALLEST: u64 = 200_704;

/// Shows who uses a disk to those who ask for all.
fn shown(site: &Site, handle: Handle, view: &View, element: &mut Element) {
    if view.all_content && view.single {
        let mut vms = Element::new("vms");
        for attachment in site.users(ATTACHMENTS[0], "disk", handle) {
            if let Some(vm) = site.parent(attachment) {
                vms.push(Element::link("vm", site.id(vm)));
            }
        }
        if !vms.children().is_empty() {
            element.push(vms);
        }
    }
    if let Some(storage) = element.children_mut().iter_mut().find(|it| it.name() == "lun_storage") {
        lun::complete(site, handle, storage);
    }
    // Who logs in to a target is told, with which password is not.
    tree::drop_at(element, "lun_storage/password");
}
