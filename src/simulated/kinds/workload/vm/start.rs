//! Starting machines, as they are kept or as they are wanted once.

use super::schedule::{self, Wish};
use super::{checks, next_run, state, stop};
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal::Event;
use crate::simulated::kinds::workload::device::cdrom;
use crate::simulated::kinds::{disk, quota, snapshot};
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const RUN: &str = "Cannot run VM";

/// What a machine was started with, until it is powered off.
pub const RUN_NOTE: &str = "run";

/// Says that a guest was set up by its initialization once.
const INITIALIZED: &str = "initialized";

/// The name that a guest was given.
const HOST_NAME: &str = "host_name";

/// Starts a machine; one that is paused goes on.
pub fn start(site: &mut Site, call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    state::check_lock(site, vm, RUN, Mode::Exclusive)?;
    match site.status(vm) {
        "paused" => {
            resume(site, vm);
            return Ok(Vec::new());
        }
        "down" | "suspended" => {}
        _ => return Err(state::illegal(site, vm, RUN)),
    }
    let mut once = call.body.child("vm").filter(|it| !it.children().is_empty()).cloned();
    if let Some(once) = &mut once {
        resolve_hosts(site, once)?;
    }
    check_initialization(call, once.as_ref())?;
    check_payloads(site, call, vm)?;
    check(site, vm, once.as_ref())?;
    quota::check_run(site, vm)?;
    let wish = Wish { hosts: forced_hosts(once.as_ref()), ..Wish::default() };
    let host = schedule::choose(site, vm, RUN, &wish)?;
    next_run::apply(site, vm);
    let mut note = Element::new(RUN_NOTE);
    for flag in ["pause", "volatile"] {
        if call.flag(flag) == Some(true) {
            note.push(Element::new(flag));
        }
    }
    note.children_mut().extend(once);
    initialize(site, call, vm, &note);
    launch(site, vm, host, note);
    Ok(Vec::new())
}

fn resume(site: &mut Site, vm: Handle) {
    site.edit(vm, |body| {
        tree::set(body, "status", "up");
        tree::drop_child(body, "status_detail");
    });
}

fn resolve_hosts(site: &Site, once: &mut Element) -> Result<(), Fault> {
    let policy = once.children_mut().iter_mut().find(|it| it.name() == "placement_policy");
    let hosts = policy.and_then(|it| it.children_mut().iter_mut().find(|it| it.name() == "hosts"));
    for host in hosts.map(Element::children_mut).into_iter().flatten() {
        call::resolve_one(site, host, "hosts", "Host")?;
    }
    Ok(())
}

fn forced_hosts(once: Option<&Element>) -> Vec<String> {
    let hosts = once.and_then(|it| it.at("placement_policy/hosts")).map(Element::children);
    let ids = hosts.unwrap_or_default().iter().filter_map(Element::id);
    // Of several, the engine takes any one.
    ids.filter(|it| !it.is_empty()).take(1).map(str::to_owned).collect()
}

fn check_initialization(call: &Call, once: Option<&Element>) -> Result<(), Fault> {
    let ways = ["use_cloud_init", "use_sysprep", "use_ignition"];
    if ways.iter().filter(|it| call.flag(it) == Some(true)).count() > 1 {
        return Err(Fault::mixed_initialization());
    }
    let of = |path: &str| once.and_then(|it| it.text_at(path)).is_some_and(|it| !it.is_empty());
    if of("domain/user/user_name") != of("domain/user/password") {
        return Err(Fault::bad("Missing UserName or Password."));
    }
    Ok(())
}

/// A payload and what sets a guest up cannot have the same drive.
fn check_payloads(site: &Site, call: &Call, vm: Handle) -> Result<(), Fault> {
    let payloads = site.body(vm).child("payloads").map(Element::children).unwrap_or_default();
    let has = |kind: &str| payloads.iter().any(|it| it.text_at("type") == Some(kind));
    let asks = |way: &str| call.flag(way) == Some(true);
    if has("cdrom") && (asks("use_cloud_init") || asks("use_ignition")) {
        return Err(Fault::conflict(
            "Payload cdrom deivce cannot be used with Cloud-Init via cdrom device.",
        ));
    }
    if has("floppy") && asks("use_sysprep") {
        return Err(Fault::conflict(
            "Payload floppy deivce cannot be used with Sysprep via floppy device.",
        ));
    }
    Ok(())
}

/// The text at a path of what the machine runs with.
fn wanted<'a>(site: &'a Site, vm: Handle, once: Option<&'a Element>, path: &str) -> &'a str {
    once.and_then(|it| it.text_at(path)).unwrap_or_else(|| site.text(vm, path))
}

fn check(site: &Site, vm: Handle, once: Option<&Element>) -> Result<(), Fault> {
    if let Some(once) = once {
        checks::check_properties(once, "run")?;
    }
    disk::check_unlocked(site, &state::plugged_disks(site, vm), "run VM")?;
    state::check_snapshots(site, vm, RUN)?;
    state::check_no_backup(site, vm, RUN)?;
    check_boot(site, vm, once)?;
    check_drive(site, vm, once)?;
    let stateless = wanted(site, vm, once, "stateless") == "true";
    if stateless && site.text(vm, "high_availability/enabled") == "true" {
        return Err(Fault::conflict(format!(
            "{RUN}. Highly Available Virtual servers can not be run as stateless."
        )));
    }
    if stateless && state::is_in_preview(site, vm) {
        return Err(Fault::conflict(format!(
            "{RUN}. Stateless flag on VM conflicts with running the VM in Preview mode. Either remove the Stateless flag from the VM or run the VM not in Preview mode."
        )));
    }
    check_networks(site, vm)?;
    check_host_devices(site, vm)
}

fn check_boot(site: &Site, vm: Handle, once: Option<&Element>) -> Result<(), Fault> {
    let own = || site.body(vm).at("os/boot/devices");
    let boot = once.and_then(|it| it.at("os/boot/devices")).or_else(own);
    let boot = boot.map(Element::children).unwrap_or_default();
    let only = |device: &str| boot.iter().all(|it| it.text() == device);
    if !boot.is_empty() && only("network") && site.children(vm, "vm_nics").is_empty() {
        return Err(Fault::conflict(
            "VM is configured to be 'Network bootable', but no Network Interface is configured.\nAlternatives:\n- Select a different boot device (using the 'Run Once' command or 'Edit VM' command on Boot Option Sub-Tab).\n- Configure Network Interface and rerun the VM.",
        ));
    }
    if !only("hd") {
        return Ok(());
    }
    if state::disks(site, vm).is_empty() {
        return Err(Fault::conflict(format!(
            "{RUN} without at least one bootable disk.\nAlternatives:\n- Create a disk for this VM, and rerun the VM.\n- Change the boot sequence using the Edit VM command (Boot Option Sub-Tab).\n- Use the 'Run Once' command to select a different boot option and rerun the VM."
        )));
    }
    if state::plugged_disks(site, vm).is_empty() {
        return Err(Fault::conflict(format!(
            "{RUN} without at least one active disk.\nPlease activate a disk and rerun the VM."
        )));
    }
    Ok(())
}

/// The image in the drive has to be there.
fn check_drive(site: &Site, vm: Handle, once: Option<&Element>) -> Result<(), Fault> {
    let own = || site.store.children(vm, "vm_cdroms").find_map(|it| site.reference(it, "file"));
    let file = once.and_then(|it| it.at("cdroms/cdrom")).and_then(|it| tree::id_at(it, "file"));
    let Some(file) = file.or_else(own) else { return Ok(()) };
    cdrom::check_file(site, file)
}

fn check_networks(site: &Site, vm: Handle) -> Result<(), Fault> {
    let cluster = site.refers(vm, "cluster", "clusters");
    let missing: Vec<&str> = site
        .children(vm, "vm_nics")
        .into_iter()
        .filter_map(|nic| site.refers(nic, "vnic_profile", "vnic_profiles"))
        .filter_map(|profile| site.refers(profile, "network", "networks"))
        .filter(|it| site.store.find("cluster_networks", cluster, site.id(*it)).is_none())
        .map(|network| site.name(network))
        .collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Failed run VM. The following networks ({}) are not defined in the cluster.",
        missing.join(", ")
    )))
}

fn check_host_devices(site: &Site, vm: Handle) -> Result<(), Fault> {
    for device in site.children(vm, "vm_host_devices") {
        let mut others = site.store.named("vm_host_devices", site.name(device));
        let busy = others.any(|it| {
            let owner = site.parent(it).filter(|owner| *owner != vm);
            owner.is_some_and(|owner| {
                let same_host = schedule::pins(site, owner) == schedule::pins(site, vm);
                same_host && state::is_running(site.status(owner))
            })
        });
        if busy {
            return Err(Fault::conflict(format!(
                "{RUN}. One or more configured host devices are already used by a VM or a Storage Domain."
            )));
        }
    }
    Ok(())
}

/// Sets a guest up: at its first start, and whenever it is asked for.
fn initialize(site: &mut Site, call: &Call, vm: Handle, note: &Element) {
    let first = site.hidden(vm, INITIALIZED).is_none();
    let ways = ["use_cloud_init", "use_sysprep", "use_ignition", "use_initialization"];
    let asked = ways.iter().any(|it| call.flag(it) == Some(true));
    let suppressed = ways.iter().any(|it| call.flag(it) == Some(false));
    if !asked && (!first || suppressed) {
        return;
    }
    let once = note.at("vm/initialization/host_name").map(Element::text);
    let name = once.unwrap_or_else(|| site.text(vm, "initialization/host_name")).to_owned();
    if !name.is_empty() {
        site.hide(vm, Element::leaf(HOST_NAME, name));
    }
    site.hide(vm, Element::new(INITIALIZED));
}

fn launch(site: &mut Site, vm: Handle, host: Handle, note: Element) {
    let resumes = site.status(vm) == "suspended";
    let once = note.child("vm").is_some();
    let stateless = wanted(site, vm, note.child("vm"), "stateless") == "true";
    if stateless && !resumes {
        snapshot::keep_for_stateless(site, vm);
    }
    let disc = note.at("vm/cdroms/cdrom/file").and_then(Element::id).map(str::to_owned);
    if disc.is_some() {
        cdrom::insert(site, vm, disc.as_deref());
    }
    let id = site.id(host).to_owned();
    let date = site.date();
    site.hide(vm, note);
    site.edit(vm, |body| {
        tree::refer(body, "host", id);
        tree::set(body, "start_time", date);
        tree::set(body, "run_once", once.to_string());
        tree::set(body, "status", if resumes { "restoring_state" } else { "wait_for_launch" });
        tree::drop_child(body, "stop_reason");
    });
    if resumes {
        site.later(durations::VM_SUSPEND, vm, arrived);
    } else {
        site.later(durations::VM_LAUNCH, vm, launched);
    }
}

fn launched(site: &mut Site, vm: Handle, failed: bool) {
    if site.status(vm) != "wait_for_launch" {
        return;
    }
    if failed {
        stop::halted(site, vm);
        if site.text(vm, "high_availability/enabled") == "true" {
            site.later(durations::VM_RESTART, vm, |site, vm, _| start_again(site, vm));
        }
        return;
    }
    let pauses = site.hidden(vm, RUN_NOTE).is_some_and(|it| it.child("pause").is_some());
    if pauses || site.text(vm, "start_paused") == "true" {
        site.set(vm, "status", "paused");
        return;
    }
    site.set(vm, "status", "powering_up");
    site.later(durations::VM_POWER_UP, vm, arrived);
}

/// Starts a machine that the engine itself wants to run again.
pub fn start_again(site: &mut Site, vm: Handle) {
    if site.status(vm) != "down" {
        return;
    }
    if state::check_snapshots(site, vm, RUN).is_err() {
        // A machine without state is cleaned up first.
        site.later(durations::VM_RESTART, vm, |site, vm, _| start_again(site, vm));
        return;
    }
    let startable = check(site, vm, None);
    match startable.and_then(|()| schedule::choose(site, vm, RUN, &Wish::default())) {
        Ok(host) => {
            next_run::apply(site, vm);
            launch(site, vm, host, Element::new(RUN_NOTE));
        }
        Err(_) => Event::of(not_again(site, vm)).about(site, vm).tell(site),
    }
}

/// The event that tells that the engine could not start a machine, by its reason to do so.
fn not_again(site: &Site, vm: Handle) -> &'static str {
    if site.text(vm, "high_availability/enabled") == "true" {
        "HA_VM_RESTART_FAILED"
    } else if site.refers(vm, "vm_pool", "vm_pools").is_some() {
        "VM_FAILED_TO_PRESTART_IN_POOL"
    } else {
        "COLD_REBOOT_FAILED"
    }
}

/// The guest is there.
pub fn arrived(site: &mut Site, vm: Handle, _failed: bool) {
    if !matches!(site.status(vm), "powering_up" | "restoring_state" | "reboot_in_progress") {
        return;
    }
    let known = site.hidden(vm, HOST_NAME).map(|it| it.text().to_owned());
    site.edit(vm, |body| {
        tree::set(body, "status", "up");
        if let Some(name) = known {
            tree::set(body, "fqdn", name);
        }
    });
}

/// Shows a running machine as it was started, where that differs from what is kept.
pub fn show_run(site: &Site, vm: Handle, element: &mut Element) {
    let Some(once) = site.hidden(vm, RUN_NOTE).and_then(|it| it.child("vm")) else { return };
    for path in [
        "os/boot",
        "os/kernel",
        "os/initrd",
        "os/cmdline",
        "custom_emulated_machine",
        "custom_cpu_model",
    ] {
        if once.at(path).is_some() {
            next_run::copy(element, once, path);
        }
    }
}
