//! Changing a machine: at once, live, or at its next start.

use super::create::FOLLOWS_LATEST;
use super::{checks, chipset, is_running, live, next_run, schedule, state};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::workload::device::numa_node;
use crate::simulated::kinds::{
    affinity_group, common, graphics_console, mediated_device, template,
};
use crate::simulated::locks::Mode;
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const EDIT: &str = "Cannot edit VM";

/// Updates a machine.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    take_locks(site, call, target)?;
    check_fixed(site, call, target)?;
    if common::moves(site, call, target, "cluster") {
        change_cluster(site, call, target)?;
    }
    let current = site.body(target).clone();
    let onto_pending = call.query.flag("next_run") == Some(true);
    let base = match next_run::pending(site, target) {
        Some(pending) if onto_pending => {
            let mut base = current.clone();
            *base.children_mut() = next_run::view(current.children().to_vec(), pending);
            base
        }
        _ => current.clone(),
    };
    let mut wanted = merged(site, call, base);
    let graphics = mediated_device::take_property(&mut wanted);
    follow(site, call, target);
    check_wanted(site, call, target, &wanted)?;
    become_wanted(site, target, &current, wanted, onto_pending)?;
    if let Some(graphics) = graphics {
        mediated_device::replace(site, target, &graphics);
    }
    if common::moves(site, call, target, "template") {
        template::move_to(site, call, target)?;
    }
    Ok(())
}

/// Notes whether a machine is to follow the newest version of its template.
fn follow(site: &mut Site, call: &Call, target: Handle) {
    match call.flag("use_latest_template_version") {
        Some(true) => site.hide(target, Element::new(FOLLOWS_LATEST)),
        Some(false) => {
            site.unhide(target, FOLLOWS_LATEST);
        }
        None => {}
    }
}

/// Another update of the machine may be under way, if nobody waited for it.
fn take_locks(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    state::check_lock(site, target, EDIT, Mode::Shared)?;
    let name = site.name(target).to_owned();
    site.check_lock(EDIT, ("VM_NAME", &name), Mode::Exclusive)?;
    if call.query.flag("async") == Some(true) {
        let key = ("VM_NAME", name.as_str());
        let says = "VM is being updated.";
        site.hold_lock_saying(key, Mode::Exclusive, durations::COMMAND, says);
    }
    Ok(())
}

fn become_wanted(
    site: &mut Site,
    target: Handle,
    current: &Element,
    wanted: Element,
    onto_pending: bool,
) -> Result<(), Fault> {
    match site.status(target) {
        "down" => settle_down(site, target, &wanted),
        status if !is_running(status) => {
            // Applied at once, and left behind to be applied again: the engine's own trap.
            if next_run::differs(current, &wanted) {
                next_run::store(site, target, wanted.clone());
            }
            settle(site, target, &wanted);
        }
        _ => update_running(site, target, current, wanted, onto_pending)?,
    }
    Ok(())
}

/// Changes a machine as its instance type or its pool wants it; at its next start if it runs.
pub fn change_by_engine(site: &mut Site, target: Handle, change: impl FnOnce(&mut Element)) {
    let current = site.body(target).clone();
    let mut wanted = current.clone();
    change(&mut wanted);
    checks::harmonize(&mut wanted);
    if is_running(site.status(target)) {
        if next_run::differs_at_all(&current, &wanted) {
            next_run::store(site, target, wanted);
        }
    } else {
        settle(site, target, &wanted);
    }
}

fn check_wanted(site: &Site, call: &Call, target: Handle, wanted: &Element) -> Result<(), Fault> {
    let cluster = site.refers(target, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    checks::check(site, wanted, cluster, "edit")?;
    numa_node::check_machine(site, target, wanted)?;
    let count = tree::number(&call.body, "virtio_scsi_multi_queues").is_some_and(|it| it > 0);
    if count && call.flag("virtio_scsi_multi_queues_enabled") == Some(false) {
        return Err(Fault::bad(format!(
            "{EDIT}. The number of VirtIO-SCSI queues cannot be set while multi-queues are disabled."
        )));
    }
    let scsi = |attachment: &Handle| {
        site.text(*attachment, "interface") == "virtio_scsi"
            && site.text(*attachment, "active") == "true"
    };
    let disables = call.flag("virtio_scsi/enabled") == Some(false);
    if disables && state::disks(site, target).iter().any(|(it, _)| scsi(it)) {
        return Err(Fault::conflict(
            "Cannot disable VirtIO-SCSI when disks with a VirtIO-SCSI interface are plugged into the VM.",
        ));
    }
    Ok(())
}

fn check_fixed(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if common::moves(site, call, target, "template") {
        template::check_move(site, call, target)?;
    }
    if call.text("origin").is_some_and(|it| it != site.text(target, "origin")) {
        return Err(Fault::bad(
            "There was an attempt to change VM values while the VM is not down. Please shut down the VM in order to modify these properties.",
        ));
    }
    let pool = site.refers(target, "vm_pool", "vm_pools");
    let stateless = pool.is_some_and(|it| site.text(it, "stateful") != "true");
    if stateless && call.body.child("initialization").is_some() {
        return Err(Fault::conflict(format!(
            "{EDIT}. The Initial Run Data cannot be modified for Stateless Pool Virtual Machines."
        )));
    }
    if let Some(name) = common::new_name(site, call, target) {
        let cluster = site.refers(target, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
        checks::check_name(site, name, cluster, Some(target), "edit")?;
    }
    check_pins(site, call, target)
}

fn check_pins(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let wanted = call.body.child("placement_policy");
    let pins = wanted.is_some_and(|it| it.text_at("affinity") == Some("pinned"));
    let Some(host) = site.refers(target, "host", "hosts").filter(|_| pins) else { return Ok(()) };
    let hosts = wanted.and_then(|it| it.child("hosts")).map(Element::children).unwrap_or_default();
    if hosts.is_empty() || hosts.iter().any(|it| it.id() == Some(site.id(host))) {
        return Ok(());
    }
    let name = site.name(host);
    Err(Fault::conflict(format!(
        "{EDIT}. Running VM is hosted on {name}. Include {name} in dedicated hosts, or migrate VM to dedicated host prior to pinning."
    )))
}

fn change_cluster(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if site.status(target) != "down" {
        return Err(Fault::conflict(
            "Cannot update a VM in this status. Try stopping the VM first.",
        ));
    }
    let cluster = call.id_at("cluster").and_then(|id| site.top("clusters", id));
    let cluster =
        cluster.ok_or_else(|| Fault::bad("Cannot edit VM. The relevant Cluster doesn't exist."))?;
    if site.reference(cluster, "data_center") != center_of(site, target) {
        return Err(Fault::conflict("VM can be moved only to a Cluster in the same Data Center."));
    }
    let profile = site.users("cpu_profiles", "cluster", cluster).first().copied();
    let profile = profile.map(|it| site.id(it).to_owned());
    // Its groups belong to the cluster that it leaves.
    let own = site.id(target).to_owned();
    affinity_group::forget_member(site, &own);
    let id = site.id(cluster).to_owned();
    site.edit(target, |body| {
        tree::refer(body, "cluster", id);
        if let Some(profile) = profile {
            tree::refer(body, "cpu_profile", profile);
        }
    });
    Ok(())
}

fn center_of(site: &Site, vm: Handle) -> Option<&str> {
    site.reference(site.refers(vm, "cluster", "clusters")?, "data_center")
}

/// What the machine would be with the document merged in.
fn merged(site: &Site, call: &Call, base: Element) -> Element {
    let mut wanted = base;
    let had_password = wanted.at("initialization/root_password").cloned();
    if call.body.child("placement_policy").is_some() {
        // Its mere presence resets the hosts.
        tree::drop_at(&mut wanted, "placement_policy/hosts");
    }
    if call.body.at("os/boot").is_some() {
        tree::drop_at(&mut wanted, "os/boot");
    }
    let mut sent = call.body.clone();
    for gone in ["cdroms", "snapshots", "cluster", "template", "status", "disk_attachments"] {
        tree::drop_child(&mut sent, gone);
    }
    if tree::id_at(&sent, "cpu_profile").is_none() {
        // A profile named by its name only is not looked up.
        tree::drop_child(&mut sent, "cpu_profile");
    }
    merge::merge(&mut wanted, &sent, "vm", true);
    if let Some(password) = had_password
        && wanted.child("initialization").is_some()
    {
        // A password that is stored wins over the one that is sent.
        tree::put(wanted.child_or_new("initialization"), password);
    }
    checks::follow_instance_type(site, &mut wanted);
    checks::truncate(&mut wanted);
    checks::harmonize(&mut wanted);
    if sent.at("display/type").is_some() && sent.at("display/video_type").is_none() {
        // The protocol discards the video device that is stored.
        tree::drop_at(&mut wanted, "display/video_type");
    }
    checks::settle_display(&mut wanted);
    wanted
}

/// Makes a machine that is down what it is wanted to be, with what hangs on that.
fn settle_down(site: &mut Site, target: Handle, wanted: &Element) {
    let pins = schedule::pins(site, target).join(",");
    settle(site, target, wanted);
    graphics_console::follow_display(site, target);
    chipset::follow(site, target);
    if schedule::pins(site, target).join(",") != pins {
        // Devices belong to the host that is left.
        for device in site.children(target, "vm_host_devices") {
            site.store.remove(device);
        }
    }
}

/// Makes a machine what it is wanted to be.
fn settle(site: &mut Site, target: Handle, wanted: &Element) {
    site.edit(target, |body| {
        let current = std::mem::take(body.children_mut());
        *body.children_mut() = next_run::view(current, wanted);
    });
}

fn update_running(
    site: &mut Site,
    target: Handle,
    current: &Element,
    wanted: Element,
    onto_pending: bool,
) -> Result<(), Fault> {
    if !onto_pending {
        live::check(site, target, current, &wanted)?;
    }
    let had_pending = next_run::pending(site, target).is_some();
    let waits = if onto_pending {
        next_run::differs_at_all(current, &wanted)
    } else {
        next_run::differs(current, &wanted) || live::leaves_memory(current, &wanted)
    };
    let mut now = current.clone();
    next_run::take_at_once(&mut now, &wanted);
    if !onto_pending {
        live::take(site, target, current, &wanted, &mut now);
    }
    settle(site, target, &now);
    if waits || had_pending {
        // The waiting configuration is written anew; what waited before and is not in it is lost.
        next_run::store(site, target, wanted);
    }
    Ok(())
}
