//! Cloning a machine: its configuration, copies of its disks, NICs with new addresses.

use super::{checks, create};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{disk, mac_pool};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Clones a machine under the name in the call; both are locked while disks are copied.
pub fn clone(site: &mut Site, call: &Call, source: Handle) -> Result<Vec<Element>, Fault> {
    let name = call.text("vm/name").filter(|name| !name.is_empty());
    let name = name.ok_or_else(|| Fault::incomplete("Action", "vm.name", "clone"))?.to_owned();
    if !matches!(site.status(source), "down" | "suspended") {
        return Err(Fault::conflict("Cannot clone VM. VM is running."));
    }
    let cluster = site.refers(source, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    checks::check_name(site, &name, cluster, None, "clone")?;
    let disks = attached(site, source);
    let whole: Vec<Handle> = disks.iter().map(|(_, disk)| *disk).collect();
    disk::check_unlocked(site, &whole, "clone VM")?;
    let mut body = site.body(source).clone();
    tree::set(&mut body, "name", name);
    tree::set(&mut body, "status", "image_locked");
    tree::set(&mut body, "creation_time", site.date());
    let made = site.add_fresh("vms", None, body);
    for (attachment, disk) in disks {
        copy_disk(site, made, attachment, disk);
    }
    for nic in site.children(source, "vm_nics") {
        let mut body = site.body(nic).clone();
        let mac = mac_pool::draw(site, cluster, "clone VM")?;
        tree::set(&mut body, "mac/address", mac);
        tree::refer(&mut body, "vm", site.id(made));
        site.add_fresh("vm_nics", Some(made), body);
    }
    create::equip(site, made);
    site.hide(made, Element::new("creating"));
    site.later(durations::VM_CLONE, made, create::created);
    site.set(source, "status", "image_locked");
    site.later(durations::VM_CLONE, source, |site, source, _| {
        site.set(source, "status", "down");
    });
    Ok(Vec::new())
}

fn attached(site: &Site, vm: Handle) -> Vec<(Handle, Handle)> {
    let attachments = site.children(vm, disk::ATTACHMENTS[0]).into_iter();
    attachments.filter_map(|it| Some((it, site.top("disks", site.id(it))?))).collect()
}

fn copy_disk(site: &mut Site, made: Handle, attachment: Handle, source: Handle) {
    let copied = disk::copy(site, source, None, None, durations::VM_CLONE);
    let mut body = site.body(attachment).clone();
    let id = site.id(copied).to_owned();
    tree::refer(&mut body, "disk", id.clone());
    tree::refer(&mut body, "vm", site.id(made));
    site.add(disk::ATTACHMENTS[0], Some(made), id, body);
}
