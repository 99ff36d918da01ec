//! Templates and their versions.

mod create;
mod follow;
mod version;

pub use create::{SEALED, of_disk};
pub use follow::{check_move, follow_latest, move_to, recreate};
pub use version::{are_versions, latest, write_version};

use version::{number, promote, versions};

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common::{self, ZERO};
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::storage::begin_export;
use crate::simulated::kinds::{attachment, disk, vm};
use crate::simulated::locks::Mode;
use crate::simulated::merge;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about templates.
pub const RULES: Rules = Rules::of("templates")
    .add(create::add)
    .update(update)
    .remove(remove)
    .actions(&[("export", export)])
    .shown(|_, _, view, element| shown(view, element))
    .by_name(&[("cluster", "clusters", "Cluster"), ("vm", "vms", "VM")]);

/// What is special about the disks of templates.
pub const ATTACHMENT_RULES: Rules = Rules::of(disk::ATTACHMENTS[1]).remove(remove_copy);

fn check_name(
    site: &Site,
    name: &str,
    near: Handle,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    let center = |it: Handle| {
        let cluster = site.refers(it, "cluster", "clusters");
        cluster.and_then(|it| site.reference(it, "data_center"))
    };
    let here = center(near);
    let base = except.and_then(|it| tree::id_at(site.body(it), "version/base_template"));
    let inside = |it: Handle| {
        let other = tree::id_at(site.body(it), "version/base_template");
        center(it) == here && (base.is_none() || other != base)
    };
    if common::taken(site, "templates", name, except, |it| inside(it) && site.name(it) == name) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Template. The Template name is already in use, please choose a unique name and try again."
        )));
    }
    Ok(())
}

/// Attaches a disk to a template, like another attachment if one is given.
pub fn attach(site: &mut Site, template: Handle, copied: Handle, like: Option<Handle>) {
    let mut body = Element::new("disk_attachment");
    for name in ["bootable", "interface", "pass_discard", "read_only"] {
        let text = like.map_or("", |it| site.text(it, name)).to_owned();
        if !text.is_empty() {
            tree::set(&mut body, name, text);
        }
    }
    tree::set(&mut body, "active", "true");
    tree::default(&mut body, "interface", "virtio_scsi");
    attachment::prepare(&mut body);
    let id = site.id(copied).to_owned();
    tree::refer(&mut body, "disk", id.clone());
    tree::refer(&mut body, "template", site.id(template));
    site.add(disk::ATTACHMENTS[1], Some(template), id, body);
}

/// Updates a template; only machines made later are affected.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if site.status(target) == "locked" {
        return Err(Fault::conflict("Template is currently locked (temporarily)."));
    }
    if call.text("origin").is_some_and(|it| it != site.text(target, "origin")) {
        return Err(Fault::bad("Failed updating the properties of the VM template."));
    }
    if let Some(name) = common::new_name(site, call, target) {
        if number(site, target) > 1 {
            return Err(Fault::bad(
                "Cannot update the name of Sub-Templates, Only the Version name can be updated.",
            ));
        }
        check_name(site, name, target, Some(target), "edit")?;
    }
    let version = site.body(target).child("version").cloned();
    let version_name = call.text("version/version_name").map(str::to_owned);
    let renamed = common::new_name(site, call, target).map(str::to_owned);
    let mut sent = call.body.clone();
    for gone in ["version", "vm", "storage_domain", "cluster"] {
        tree::drop_child(&mut sent, gone);
    }
    site.edit(target, |body| {
        merge::merge(body, &sent, "template", true);
        if let Some(version) = version {
            tree::put(body, version);
        }
        if let Some(name) = version_name {
            tree::set(body, "version/version_name", name);
        }
    });
    if let Some(name) = renamed {
        let id = site.id(target).to_owned();
        for version in versions(site, &id) {
            site.set(version, "name", name.clone());
        }
    }
    Ok(())
}

/// Removes a template that nothing is based on.
pub fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    if site.id(target) == ZERO {
        return Err(Fault::conflict(
            "Cannot remove Template. Removing Blank Template is not allowed.",
        ));
    }
    if site.status(target) == "locked" {
        return Err(Fault::conflict("Template is currently locked (temporarily)."));
    }
    if site.text(target, "delete_protected") == "true" {
        return Err(Fault::conflict(
            "Cannot remove Template. Delete protection is enabled. In order to delete, disable Delete protection first.",
        ));
    }
    let id = site.id(target).to_owned();
    site.check_lock("Cannot remove Template", ("TEMPLATE", &id), Mode::Exclusive)?;
    if !site.users("vm_pools", "template", target).is_empty() {
        return Err(Fault::conflict(
            "Cannot remove Template. The Template is in use by a VM-Pool.",
        ));
    }
    let derived = site.users("vms", "template", target);
    if !derived.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot delete Template. Template is being used by the following VMs: {}.",
            common::names(site, &derived)
        )));
    }
    let disks: Vec<Handle> = site
        .children(target, disk::ATTACHMENTS[1])
        .into_iter()
        .filter_map(|it| site.top("disks", site.id(it)))
        .collect();
    for each in &disks {
        disk::check_derived(site, *each, None, "remove Template")?;
    }
    promote(site, target);
    if disks.is_empty() {
        site.store.remove(target);
        return Ok(());
    }
    site.set(target, "status", "locked");
    for each in disks {
        site.set(each, "status", "locked");
    }
    site.later(durations::TEMPLATE_REMOVAL, target, removed);
    Ok(())
}

fn removed(site: &mut Site, target: Handle, failed: bool) {
    let disks: Vec<Handle> = site
        .children(target, disk::ATTACHMENTS[1])
        .into_iter()
        .filter_map(|it| site.top("disks", site.id(it)))
        .collect();
    for each in disks {
        if failed {
            site.set(each, "status", "illegal");
        } else {
            site.store.remove(each);
        }
    }
    if failed {
        site.set(target, "status", "illegal");
    } else {
        site.store.remove(target);
    }
}

/// Hides what was not asked for.
pub fn shown(view: &View, element: &mut Element) {
    if !view.all_content {
        vm::hide_gated(element);
    }
}

/// Exports a template, as an OVA on a host or to an export domain.
fn export(site: &mut Site, call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    const DOING: &str = "Cannot export Template";
    if site.id(target) == ZERO {
        return Err(Fault::conflict("Cannot export Blank Template."));
    }
    if site.status(target) == "locked" {
        return Err(Fault::conflict("Template's Image is locked (temporarily)."));
    }
    let id = site.id(target).to_owned();
    site.check_lock(DOING, ("TEMPLATE", &id), Mode::Exclusive)?;
    if call.body.child("host").is_some() {
        vm::check_host(site, call, DOING)?;
    } else {
        let domain = vm::check_domain(site, call, DOING)?;
        begin_export(site, call, target, domain)?;
    }
    let says = format!("Template {} is being exported.", site.name(target));
    site.hold_lock_saying(("TEMPLATE", &id), Mode::Exclusive, durations::EXPORT, &says);
    Ok(Vec::new())
}

/// Removes one of the copies that a template's disk has on several domains.
fn remove_copy(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let whole = site.top("disks", site.id(target)).ok_or_else(Fault::nowhere)?;
    disk::check_unlocked(site, &[whole], "remove Virtual Disk")?;
    let place = call.query.get("storage_domain").filter(|place| !place.is_empty());
    disk::remove_copy(site, whole, place)
}
