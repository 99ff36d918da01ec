//! Disks as machines have them attached.

use super::vm::{self, state};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal::Event;
use crate::simulated::kinds;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{disk, generic};
use crate::simulated::locks::Mode;
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

const ADD: &str = "Cannot add Virtual Disk";
const ATTACH: &str = "Cannot attach Virtual Disk";
const PCI_SLOTS: usize = 26;
/// Without the one that the drive has.
const IDE_SLOTS: usize = 3;
const SATA_SLOTS: usize = 5;

/// Attaches a disk that exists, or makes one and attaches it.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let vm = call.owner()?;
    let interface = call.text("interface").filter(|it| !it.is_empty());
    let interface = interface.ok_or_else(|| Fault::bad("Interface is required"))?;
    let document = call.body.child("disk").cloned().unwrap_or_else(|| Element::new("disk"));
    let known = document.id().filter(|id| !id.is_empty());
    let doing = if known.is_some() { ATTACH } else { ADD };
    state::check_lock(site, vm, doing, Mode::Shared)?;
    check_status(site, vm, doing)?;
    state::check_no_preview(site, vm, doing)?;
    check_interface(site, vm, interface, doing)?;
    check_slots(site, vm, interface, doing)?;
    check_flags(call, &document, interface, doing)?;
    if call.flag("bootable") == Some(true) {
        let id = site.id(vm).to_owned();
        site.check_lock(doing, ("VM_DISK_BOOT", &id), Mode::Exclusive)?;
        check_boot(site, vm, None, doing)?;
    }
    match known {
        Some(id) => attach(site, call, vm, id),
        None => create(site, call, vm, &document),
    }
}

fn check_status(site: &Site, vm: Handle, doing: &str) -> Result<(), Fault> {
    let status = site.status(vm);
    if status == "image_locked" {
        return Err(state::locked(doing));
    }
    if doing == ATTACH && !matches!(status, "up" | "paused" | "down") {
        return Err(state::illegal(site, vm, doing));
    }
    state::check_snapshots(site, vm, doing)
}

fn check_interface(site: &Site, vm: Handle, interface: &str, doing: &str) -> Result<(), Fault> {
    let body = site.body(vm);
    let q35 = site.text(vm, "bios/type").starts_with("q35");
    let power = site.text(vm, "cpu/architecture").starts_with("ppc");
    let strange = match interface {
        "ide" => q35,
        "sata" => !q35,
        "spapr_vscsi" => !power,
        _ => false,
    };
    if strange {
        return Err(Fault::bad(format!(
            "{doing}: The disk interface is not supported by the VM OS: {}.",
            site.text(vm, "os/type")
        )));
    }
    if interface == "virtio_scsi" && tree::flag(body, "virtio_scsi/enabled") == Some(false) {
        return Err(Fault::conflict(format!("{doing}. VirtIO-SCSI is disabled for the VM")));
    }
    Ok(())
}

fn check_slots(site: &Site, vm: Handle, interface: &str, doing: &str) -> Result<(), Fault> {
    let disks = site.children(vm, KIND);
    let used = disks.iter().filter(|it| site.text(**it, "interface") == interface).count();
    let (full, what) = match interface {
        "ide" => (used >= IDE_SLOTS, "IDE"),
        "sata" => (used >= SATA_SLOTS, "SATA"),
        "virtio" => (used + site.store.children(vm, "vm_nics").count() >= PCI_SLOTS, "PCI"),
        _ => return Ok(()),
    };
    if full {
        return Err(Fault::conflict(format!("{doing}. Maximum {what} devices exceeded.")));
    }
    Ok(())
}

fn check_flags(call: &Call, disk: &Element, interface: &str, doing: &str) -> Result<(), Fault> {
    if call.flag("read_only") == Some(true) && matches!(interface, "ide" | "sata") {
        let interface = interface.to_uppercase();
        return Err(Fault::bad(format!("{doing}. {interface} disks can't be read-only.")));
    }
    if call.flag("pass_discard") == Some(true) && !matches!(interface, "virtio_scsi" | "ide") {
        let alias = disk.text_at("alias").or(disk.text_at("name")).unwrap_or_default();
        return Err(Fault::bad(format!(
            "{doing}. Enable discard for {alias} is supported only by VirtIO-SCSI and IDE disk interfaces."
        )));
    }
    Ok(())
}

fn check_boot(site: &Site, vm: Handle, except: Option<Handle>, doing: &str) -> Result<(), Fault> {
    let boot = site
        .children(vm, KIND)
        .into_iter()
        .find(|it| Some(*it) != except && site.text(*it, "bootable") == "true");
    match boot {
        Some(boot) => Err(Fault::conflict(format!(
            "{doing}. Disk {} in VM {} is already marked as boot.",
            site.top("disks", site.id(boot)).map_or("", |it| site.text(it, "alias")),
            site.name(vm)
        ))),
        None => Ok(()),
    }
}

fn attach(site: &mut Site, call: &Call, vm: Handle, id: &str) -> Result<Handle, Fault> {
    let refuse = |text: &str| Err(Fault::conflict(format!("{ATTACH}. {text}")));
    let Some(target) = site.top("disks", id) else {
        return Err(Fault::bad(format!("{ATTACH}. The specified disk does not exist.")));
    };
    if site.store.find(KIND, Some(vm), id).is_some() {
        return refuse("The disk is already attached to VM.");
    }
    if site.text(target, "shareable") != "true" && !disk::attachments(site, target).is_empty() {
        return refuse("The disk is not shareable and is already attached to a VM.");
    }
    if !is_in_reach(site, vm, target) {
        return refuse("The target Data Center does not contain the Virtual Disk.");
    }
    disk::check_free(site, target, "attach Virtual Disk")?;
    disk::check_unlocked(site, &[target], "attach Virtual Disk")?;
    let active = call.flag("active").unwrap_or(false);
    if active && site.status(vm) != "down" {
        check_plug(site, vm, target, call.text("interface").unwrap_or_default())?;
    }
    Ok(put(site, call, vm, target, active))
}

/// Whether the data center of a machine has the storage of a disk.
fn is_in_reach(site: &Site, vm: Handle, target: Handle) -> bool {
    let center = site.refers(vm, "cluster", "clusters");
    let center = center.and_then(|it| kinds::common::data_center_of(site, it));
    let domains = site.body(target).child("storage_domains").map(Element::children);
    let mut domains = domains.unwrap_or_default().iter().filter_map(Element::id);
    let (Some(center), Some(domain)) = (center, domains.next()) else { return true };
    site.store.find("attached_storage_domains", Some(center), domain).is_some()
}

/// Refuses to plug into a running machine what it cannot take.
fn check_plug(site: &Site, vm: Handle, target: Handle, interface: &str) -> Result<(), Fault> {
    let bus = match interface {
        "virtio" | "virtio_scsi" => return Ok(()),
        "ide" => "an IDE",
        "spapr_vscsi" => "a sPAPR VSCSI",
        _ => return Err(Fault::conflict("Can plug only VirtIO disks.")),
    };
    let (alias, name) = (site.text(target, "alias"), site.name(vm));
    Err(Fault::bad(format!(
        "Cannot hot plug {alias} to {name}. Hot plugging a disk to {bus} interface is not supported."
    )))
}

fn create(site: &mut Site, call: &Call, vm: Handle, document: &Element) -> Result<Handle, Fault> {
    let down = !vm::is_running(site.status(vm));
    let alias = free_alias(site, vm);
    let made = disk::create(site, document, None, Some(alias))?;
    // Plugged by itself only where nobody runs; into a running machine when it is there.
    let active = call.flag("active").unwrap_or(down);
    let attachment = put(site, call, vm, made, active && down);
    if active && !down {
        site.later(durations::DISK, attachment, plug);
    }
    if call.flag("bootable") == Some(true) {
        let id = site.id(vm).to_owned();
        site.hold_lock(("VM_DISK_BOOT", &id), Mode::Exclusive, durations::DISK);
    }
    Ok(attachment)
}

fn free_alias(site: &Site, vm: Handle) -> String {
    let used: Vec<&str> =
        state::disks(site, vm).into_iter().map(|(_, it)| site.text(it, "alias")).collect();
    let name = site.name(vm);
    let number = site.store.children(vm, KIND).count() + 1;
    let mut aliases = (number..).map(|number| format!("{name}_Disk{number}"));
    aliases.find(|it| !used.contains(&it.as_str())).unwrap_or_default()
}

/// Plugs a new disk into a running machine; if it cannot be, an event is all that tells.
fn plug(site: &mut Site, attachment: Handle, failed: bool) {
    let Some(vm) = site.parent(attachment) else { return };
    let Some(target) = site.top("disks", site.id(attachment)) else { return };
    let fits = check_plug(site, vm, target, site.text(attachment, "interface")).is_ok();
    if failed || !fits {
        let event = Event::of("USER_FAILED_HOTPLUG_DISK");
        return event.about(site, target).about(site, vm).tell(site);
    }
    site.set(attachment, "active", "true");
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
    if differs("active") {
        let plugs = call.flag("active") == Some(true);
        check_toggle(site, vm, target, plugs)?;
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
        check_boot(site, vm, Some(target), "Cannot edit Virtual Disk")?;
    }
    if differs("interface") {
        let interface = call.text("interface").unwrap_or_default();
        check_interface(site, vm, interface, "Cannot edit Virtual Disk")?;
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

/// Whether a disk can be plugged or unplugged now.
fn check_toggle(site: &Site, vm: Handle, target: Handle, plugs: bool) -> Result<(), Fault> {
    let doing =
        if plugs { "Cannot hot plug Virtual Disk" } else { "Cannot hot unplug Virtual Disk" };
    if !matches!(site.status(vm), "up" | "paused" | "down") {
        return Err(state::illegal(site, vm, doing));
    }
    let whole = site.top("disks", site.id(target)).ok_or_else(Fault::nowhere)?;
    disk::check_free(site, whole, doing.trim_start_matches("Cannot "))?;
    disk::check_unlocked(site, &[whole], doing.trim_start_matches("Cannot "))?;
    if plugs && site.status(vm) != "down" {
        check_plug(site, vm, whole, site.text(target, "interface"))?;
    }
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
    if site.kind(vm) == "vms" {
        check_detach(site, vm, whole)?;
    }
    disk::check_free(site, whole, "detach Virtual Disk")?;
    disk::check_unlocked(site, &[whole], "detach Virtual Disk")?;
    // What changed since a checkpoint is not known of a disk that comes back.
    for checkpoint in site.children(vm, "vm_checkpoints") {
        site.store.remove(checkpoint);
    }
    generic::remove(site, call, target)
}

fn check_detach(site: &Site, vm: Handle, whole: Handle) -> Result<(), Fault> {
    const DETACH: &str = "Cannot detach Virtual Disk";
    if !matches!(site.status(vm), "up" | "down") {
        return Err(state::illegal(site, vm, DETACH));
    }
    state::check_no_preview(site, vm, DETACH)?;
    let id = site.id(whole);
    let mut snapshots = site.store.children(vm, "snapshots");
    if snapshots.any(|it| site.store.find("snapshot_disks", Some(it), id).is_some()) {
        return Err(Fault::conflict(format!(
            "{DETACH}. The disk is already configured in a snapshot. In order to detach it, remove the disk's snapshots."
        )));
    }
    Ok(())
}
