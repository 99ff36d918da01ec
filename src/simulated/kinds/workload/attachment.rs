//! Disks as machines have them attached.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{disk, generic};
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about the attachments of disks to machines.
pub const RULES: Rules = Rules::of("disk_attachments")
    .add(add)
    .update(update)
    .updates_later(|call| disk_change(call).is_some())
    .remove(remove);

const KIND: &str = "disk_attachments";

/// Attaches a disk that exists, or makes one and attaches it.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let vm = call.owner()?;
    let interface = call.text("interface").filter(|it| !it.is_empty());
    if interface.is_none() {
        return Err(Fault::bad("Interface is required"));
    }
    check_interface(site, vm, interface.unwrap_or_default())?;
    let document = call.body.child("disk").cloned().unwrap_or_else(|| Element::new("disk"));
    let known = document.id().filter(|id| !id.is_empty());
    let bootable = call.flag("bootable").unwrap_or(false);
    if bootable {
        check_boot(site, vm, None, if known.is_some() { "attach" } else { "add" })?;
    }
    match known {
        Some(id) => attach(site, call, vm, id),
        None => create(site, call, vm, &document),
    }
}

fn check_interface(site: &Site, vm: Handle, interface: &str) -> Result<(), Fault> {
    let q35 = site.text(vm, "bios/type").starts_with("q35");
    if (interface == "ide" && q35) || (interface == "sata" && !q35) {
        return Err(Fault::bad(format!(
            "Cannot add Virtual Disk. The disk interface is not supported by the VM OS: {}.",
            site.text(vm, "os/type")
        )));
    }
    Ok(())
}

fn check_boot(site: &Site, vm: Handle, except: Option<Handle>, action: &str) -> Result<(), Fault> {
    let boot = site
        .children(vm, KIND)
        .into_iter()
        .find(|it| Some(*it) != except && site.text(*it, "bootable") == "true");
    match boot {
        Some(boot) => Err(Fault::conflict(format!(
            "Cannot {action} Virtual Disk. Disk {} in VM {} is already marked as boot.",
            site.top("disks", site.id(boot)).map_or("", |it| site.text(it, "alias")),
            site.name(vm)
        ))),
        None => Ok(()),
    }
}

fn attach(site: &mut Site, call: &Call, vm: Handle, id: &str) -> Result<Handle, Fault> {
    let refuse = |text: &str| Err(Fault::conflict(format!("Cannot attach Virtual Disk. {text}")));
    let Some(target) = site.top("disks", id) else {
        return Err(Fault::bad("Cannot attach Virtual Disk. The specified disk does not exist."));
    };
    if !matches!(site.status(vm), "up" | "paused" | "down") {
        return Err(status_illegal(site, vm, "attach"));
    }
    if site.store.find(KIND, Some(vm), id).is_some() {
        return refuse("The disk is already attached to VM.");
    }
    if site.text(target, "shareable") != "true" && !disk::attachments(site, target).is_empty() {
        return refuse("The disk is not shareable and is already attached to a VM.");
    }
    disk::check_unlocked(site, &[target], "attach Virtual Disk")?;
    let active = call.flag("active").unwrap_or(false);
    Ok(put(site, call, vm, target, active))
}

fn create(site: &mut Site, call: &Call, vm: Handle, document: &Element) -> Result<Handle, Fault> {
    let status = site.status(vm).to_owned();
    if status == "image_locked" {
        return Err(Fault::conflict(
            "Cannot add Virtual Disk: VM is locked. Please try again in a few minutes.",
        ));
    }
    let number = site.store.children(vm, KIND).count() + 1;
    let alias = format!("{}_Disk{number}", site.name(vm));
    let made = disk::create(site, document, None, Some(alias))?;
    // Plugged by itself only where nobody runs.
    let active = call.flag("active").unwrap_or(status == "down");
    Ok(put(site, call, vm, made, active))
}

fn put(site: &mut Site, call: &Call, vm: Handle, target: Handle, active: bool) -> Handle {
    let mut body = merge::kept(&call.body, "disk_attachment");
    let id = site.id(target).to_owned();
    tree::put(&mut body, Element::link("disk", id.clone()));
    tree::set(&mut body, "active", active.to_string());
    prepare(&mut body);
    tree::refer(&mut body, "vm", site.id(vm));
    site.add(KIND, Some(vm), id, body)
}

/// What the engine fills in.
pub fn prepare(body: &mut Element) {
    for path in ["bootable", "read_only", "pass_discard", "uses_scsi_reservation", "active"] {
        tree::default(body, path, "false");
    }
}

fn status_illegal(site: &Site, vm: Handle, action: &str) -> Fault {
    Fault::conflict(format!(
        "Cannot {action} Virtual Disk because the VM is in {} status.",
        kinds::common::words(site.status(vm))
    ))
}

/// What a call would change of the disk itself.
fn disk_change(call: &Call) -> Option<&Element> {
    call.body.child("disk").filter(|it| !it.children().is_empty())
}

/// Updates an attachment and its disk.
fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let vm = site.parent(target).ok_or_else(Fault::nowhere)?;
    let differs = |path: &str| call.text(path).is_some_and(|it| it != site.text(target, path));
    let users = site.top("disks", site.id(target)).map(|it| disk::plugged(site, it));
    let running = users.unwrap_or_default().iter().any(|it| site.status(*it) != "down");
    if differs("active") && !matches!(site.status(vm), "up" | "paused" | "down") {
        return Err(status_illegal(site, vm, "edit"));
    }
    let unplugs = call.flag("active") == Some(false);
    if (differs("interface") || differs("bootable")) && running && !unplugs {
        return Err(Fault::conflict(
            "Cannot edit Virtual Disk. At least one of the VMs is not down.",
        ));
    }
    let active = site.text(target, "active") == "true";
    if differs("read_only") && active && site.status(vm) != "down" {
        return Err(Fault::conflict(
            "Cannot edit Virtual Disk. At least one of the VMs is not down.",
        ));
    }
    if call.flag("bootable") == Some(true) && differs("bootable") {
        check_boot(site, vm, Some(target), "edit")?;
    }
    if let (Some(change), Some(target)) = (disk_change(call), site.top("disks", site.id(target))) {
        disk::begin_update(site, change, target)?;
    }
    let link = site.body(target).child("disk").cloned();
    generic::update(site, call, target)?;
    site.edit(target, |body| {
        if let Some(link) = link {
            tree::put(body, link);
        }
    });
    Ok(())
}

/// Detaches a disk; deletes it only when told so.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let vm = site.parent(target).ok_or_else(Fault::nowhere)?;
    let Some(whole) = site.top("disks", site.id(target)) else {
        return generic::remove(site, call, target);
    };
    if call.query.flag("detach_only") == Some(false) {
        return disk::remove(site, call, whole);
    }
    if !matches!(site.status(vm), "up" | "down") {
        return Err(status_illegal(site, vm, "detach"));
    }
    disk::check_unlocked(site, &[whole], "detach Virtual Disk")?;
    generic::remove(site, call, target)
}
