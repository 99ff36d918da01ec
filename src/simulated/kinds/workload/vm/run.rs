//! Starting and stopping machines.

use super::{is_running, next_run};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::kinds::{self, actions, common, disk};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Acts on a machine.
pub fn act(site: &mut Site, call: &Call, target: Handle, action: &str) -> Result<(), Fault> {
    match action {
        "start" => start(site, call, target),
        "stop" | "shutdown" => stop(site, target, action),
        "reboot" => reboot(site, target, &["up", "powering_up"], "restart"),
        "reset" => {
            reboot(site, target, &["up", "powering_up", "paused", "reboot_in_progress"], "reset")
        }
        "suspend" => suspend(site, target),
        "migrate" => migrate(site, call, target),
        _ => actions::harmless(action),
    }
}

fn illegal(site: &Site, target: Handle, action: &str) -> Fault {
    let status = site.status(target);
    if status == "image_locked" {
        return Fault::conflict(format!(
            "Cannot {action} VM: VM is locked. Please try again in a few minutes."
        ));
    }
    Fault::conflict(format!(
        "Cannot {action} VM because the VM is in {} status.",
        common::words(status)
    ))
}

fn start(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    match site.status(target) {
        "paused" => {
            site.set(target, "status", "up");
            return Ok(());
        }
        "down" | "suspended" => {}
        _ => return Err(illegal(site, target, "run")),
    }
    check_start(site, target)?;
    kinds::quota::check_run(site, target)?;
    let host = schedule(site, target)?;
    next_run::apply(site, target);
    let resumes = site.status(target) == "suspended";
    let id = site.id(host).to_owned();
    let once = call.body.child("vm").is_some_and(|it| !it.children().is_empty());
    let date = site.date();
    site.edit(target, |body| {
        tree::refer(body, "host", id);
        tree::set(body, "start_time", date);
        tree::set(body, "run_once", once.to_string());
        let status = if resumes { "restoring_state" } else { "wait_for_launch" };
        tree::set(body, "status", status);
        tree::drop_child(body, "stop_reason");
    });
    if resumes {
        site.later(durations::VM_SUSPEND, target, arrived);
    } else {
        site.later(durations::VM_LAUNCH, target, launched);
    }
    Ok(())
}

fn check_start(site: &Site, target: Handle) -> Result<(), Fault> {
    let attached = site.children(target, disk::ATTACHMENTS[0]);
    let plugged: Vec<Handle> = attached
        .into_iter()
        .filter(|it| site.text(*it, "active") == "true")
        .filter_map(|it| site.top("disks", site.id(it)))
        .collect();
    disk::check_unlocked(site, &plugged, "run VM")?;
    let busy = site.children(target, "snapshots");
    if busy.into_iter().any(|it| site.text(it, "snapshot_status") == "locked") {
        return Err(Fault::conflict(
            "Cannot run VM. The VM is performing an operation on a Snapshot. Please wait for the operation to finish, and try again.",
        ));
    }
    let boot = site.body(target).at("os/boot/devices").map(Element::children).unwrap_or_default();
    if boot.iter().all(|it| it.text() == "hd") && plugged.is_empty() {
        return Err(Fault::conflict(
            "Cannot run VM without at least one bootable disk.\nAlternatives:\n- Create a disk for this VM, and rerun the VM.\n- Change the boot sequence using the Edit VM command (Boot Option Sub-Tab).\n- Use the 'Run Once' command to select a different boot option and rerun the VM.",
        ));
    }
    let available = site.text(target, "high_availability/enabled") == "true";
    if available && site.text(target, "stateless") == "true" {
        return Err(Fault::conflict(
            "Cannot run VM. Highly Available Virtual servers can not be run as stateless.",
        ));
    }
    check_networks(site, target)
}

fn check_networks(site: &Site, target: Handle) -> Result<(), Fault> {
    let cluster = site.refers(target, "cluster", "clusters");
    let missing: Vec<&str> = site
        .children(target, "vm_nics")
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

/// Finds the host of the cluster that runs the fewest machines.
fn schedule(site: &Site, target: Handle) -> Result<Handle, Fault> {
    let cluster = site.refers(target, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    let pins = site.body(target).at("placement_policy/hosts").map(Element::children);
    let pins = pins.unwrap_or_default();
    let allowed =
        |it: &Handle| pins.is_empty() || pins.iter().any(|pin| pin.id() == Some(site.id(*it)));
    let hosts = site.users("hosts", "cluster", cluster).into_iter();
    hosts
        .filter(|it| site.status(*it) == "up")
        .filter(allowed)
        .min_by_key(|it| site.store.referring("vms", "host", site.id(*it)).count())
        .ok_or_else(|| {
            Fault::conflict(
                "Cannot run VM. There is no host that satisfies current scheduling constraints. See below for details:",
            )
        })
}

fn launched(site: &mut Site, target: Handle, failed: bool) {
    if site.status(target) != "wait_for_launch" {
        return;
    }
    if failed {
        let name = site.name(target).to_owned();
        journal::event(site, "error", 119, format!("Failed to run VM {name}."), &[("vm", target)]);
        return halted(site, target, false);
    }
    site.set(target, "status", "powering_up");
    site.later(durations::VM_POWER_UP, target, arrived);
}

fn arrived(site: &mut Site, target: Handle, _failed: bool) {
    if matches!(
        site.status(target),
        "powering_up" | "restoring_state" | "reboot_in_progress" | "migrating"
    ) {
        site.set(target, "status", "up");
    }
}

fn halted(site: &mut Site, target: Handle, _failed: bool) {
    if site.status(target) == "down" {
        return;
    }
    let date = site.date();
    site.edit(target, |body| {
        tree::set(body, "status", "down");
        tree::set(body, "stop_time", date);
        tree::set(body, "run_once", "false");
        tree::drop_child(body, "host");
    });
    site.unhide(target, "memory_modules");
    next_run::down(site, target);
}

fn stop(site: &mut Site, target: Handle, action: &str) -> Result<(), Fault> {
    let status = site.status(target).to_owned();
    match status.as_str() {
        // Nothing to do is a success.
        "down" => return Ok(()),
        "image_locked" | "unknown" => {
            return Err(Fault::conflict(format!("Cannot {action} VM. VM is not running.")));
        }
        "saving_state" | "restoring_state" => {
            return Err(Fault::conflict(format!(
                "Cannot {action} VM. VM is in saving/restoring state.\n-Please try again when the VM is either up or down."
            )));
        }
        "suspended" => {
            halted(site, target, false);
            return Ok(());
        }
        _ => {}
    }
    let orderly = action == "shutdown" && status == "up";
    site.set(target, "status", "powering_down");
    let time = if orderly { durations::VM_SHUTDOWN } else { durations::VM_STOP };
    site.later(time, target, powered_down);
    Ok(())
}

fn powered_down(site: &mut Site, target: Handle, failed: bool) {
    if site.status(target) == "powering_down" {
        if failed {
            site.set(target, "status", "up");
        } else {
            halted(site, target, false);
        }
    }
}

fn reboot(site: &mut Site, target: Handle, allowed: &[&str], action: &str) -> Result<(), Fault> {
    if !allowed.contains(&site.status(target)) {
        if !is_running(site.status(target)) {
            return Err(Fault::conflict(format!("Cannot {action} VM. VM is not running.")));
        }
        return Err(illegal(site, target, action));
    }
    // With a configuration that waits, the machine is started anew.
    next_run::apply(site, target);
    site.set(target, "status", "reboot_in_progress");
    site.later(durations::VM_REBOOT, target, arrived);
    Ok(())
}

fn suspend(site: &mut Site, target: Handle) -> Result<(), Fault> {
    if site.status(target) != "up" {
        return Err(illegal(site, target, "suspend"));
    }
    site.set(target, "status", "saving_state");
    site.later(durations::VM_SUSPEND, target, |site, target, failed| {
        if site.status(target) == "saving_state" {
            site.edit(target, |body| {
                tree::set(body, "status", if failed { "up" } else { "suspended" });
                if !failed {
                    tree::drop_child(body, "host");
                }
            });
        }
    });
    Ok(())
}

fn migrate(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if !["up", "powering_up", "paused", "reboot_in_progress"].contains(&site.status(target)) {
        return Err(illegal(site, target, "migrate"));
    }
    if site.text(target, "placement_policy/affinity") == "pinned" {
        return Err(Fault::conflict("Cannot migrate VM. VM is pinned to Host."));
    }
    let cluster = site.refers(target, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    let here = site.reference(target, "host").unwrap_or_default().to_owned();
    let wanted = call.id_at("host").map(str::to_owned);
    let hosts = site.users("hosts", "cluster", cluster);
    let host = hosts.into_iter().find(|it| {
        let id = site.id(*it);
        site.status(*it) == "up" && id != here && wanted.as_ref().is_none_or(|it| it == id)
    });
    let host = host.ok_or_else(|| {
        Fault::conflict(
            "Cannot migrate VM. There is no host that satisfies current scheduling constraints. See below for details:",
        )
    })?;
    let id = site.id(host).to_owned();
    site.set(target, "status", "migrating");
    site.hide(target, Element::leaf("destination", id));
    site.later(durations::VM_MIGRATION, target, |site, target, failed| {
        let destination = site.unhide(target, "destination");
        if site.status(target) == "migrating" {
            if let (Some(destination), false) = (destination, failed) {
                site.edit(target, |body| tree::refer(body, "host", destination.text()));
            }
            site.set(target, "status", "up");
        }
    });
    Ok(())
}
