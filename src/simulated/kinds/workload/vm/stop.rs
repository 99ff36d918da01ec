//! Stopping machines, for good, for a while or to start anew.

use super::start::{self, RUN_NOTE, start_again};
use super::{next_run, state};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal::Event;
use crate::simulated::kinds::workload::device::cdrom;
use crate::simulated::kinds::{nic, snapshot, template};
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Cuts the power.
pub fn stop(site: &mut Site, call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    power_down(site, call, vm, "Cannot stop VM", durations::VM_STOP)
}

/// Asks the guest to shut down; a machine without one that hears is stopped.
pub fn shutdown(site: &mut Site, call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    let orderly = site.status(vm) == "up";
    let time = if orderly { durations::VM_SHUTDOWN } else { durations::VM_STOP };
    power_down(site, call, vm, "Cannot shutdown VM", time)
}

fn power_down(
    site: &mut Site,
    call: &Call,
    vm: Handle,
    doing: &str,
    time: std::time::Duration,
) -> Result<Vec<Element>, Fault> {
    if call.flag("force") != Some(true) {
        state::check_no_backup(site, vm, doing)?;
    }
    match site.status(vm) {
        // Nothing to do is a success.
        "down" => return Ok(Vec::new()),
        "saving_state" | "restoring_state" => {
            return Err(Fault::conflict(format!(
                "{doing}. VM is in saving/restoring state.\n-Please try again when the VM is either up or down."
            )));
        }
        "suspended" => halted(site, vm),
        status if !state::is_running(status) || status == "unknown" => {
            return Err(Fault::conflict(format!("{doing}. VM is not running.")));
        }
        _ => {
            site.set(vm, "status", "powering_down");
            site.later(time, vm, powered_down);
        }
    }
    if let Some(reason) = call.text("reason").filter(|it| !it.is_empty()) {
        site.set(vm, "stop_reason", reason);
    }
    Ok(Vec::new())
}

fn powered_down(site: &mut Site, vm: Handle, failed: bool) {
    if site.status(vm) != "powering_down" {
        return;
    }
    if failed {
        site.set(vm, "status", "up");
    } else {
        halted(site, vm);
    }
}

/// A machine is off: what held for this run alone is gone.
pub fn halted(site: &mut Site, vm: Handle) {
    if site.status(vm) == "down" {
        return;
    }
    let date = site.date();
    site.edit(vm, |body| {
        tree::set(body, "status", "down");
        tree::set(body, "stop_time", date);
        tree::set(body, "run_once", "false");
        for gone in ["host", "fqdn", "status_detail"] {
            tree::drop_child(body, gone);
        }
    });
    for note in [RUN_NOTE, "memory_modules", "cold_reboot"] {
        site.unhide(vm, note);
    }
    cdrom::forget(site, vm);
    nic::regain_sync(site, vm);
    Event::of("VM_DOWN").about(site, vm).with("ExitMessage", "").tell(site);
    next_run::down(site, vm);
    snapshot::drop_stateless(site, vm);
    template::follow_latest(site, vm);
}

/// Starts the guest anew; what waits for a start, or ends with it, takes a cold start.
pub fn reboot(site: &mut Site, call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    const DOING: &str = "Cannot restart VM";
    if call.flag("force") != Some(true) {
        state::check_no_backup(site, vm, DOING)?;
    }
    if !matches!(site.status(vm), "up" | "powering_up") {
        return Err(state::illegal(site, vm, DOING));
    }
    let volatile = site.hidden(vm, RUN_NOTE).is_some_and(|it| it.child("volatile").is_some());
    if volatile || next_run::pending(site, vm).is_some() {
        site.set(vm, "status", "reboot_in_progress");
        site.later(durations::VM_STOP, vm, |site, vm, _| {
            if site.status(vm) == "reboot_in_progress" {
                halted(site, vm);
                site.later(durations::VM_RESTART, vm, |site, vm, _| start_again(site, vm));
            }
        });
        return Ok(Vec::new());
    }
    begin_reboot(site, vm);
    Ok(Vec::new())
}

/// Resets a machine, as its button does.
pub fn reset(site: &mut Site, _call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    let status = site.status(vm);
    if !state::is_running(status) || status == "wait_for_launch" {
        return Err(state::illegal(site, vm, "Cannot reset VM"));
    }
    begin_reboot(site, vm);
    Ok(Vec::new())
}

fn begin_reboot(site: &mut Site, vm: Handle) {
    site.set(vm, "status", "reboot_in_progress");
    site.later(durations::VM_REBOOT, vm, start::arrived);
}

/// Saves the memory of a machine and frees its host.
pub fn suspend(site: &mut Site, _call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    const DOING: &str = "Cannot hibernate VM";
    state::check_lock(site, vm, DOING, Mode::Exclusive)?;
    match site.status(vm) {
        "up" => {}
        "wait_for_launch" | "not_responding" => return Err(state::illegal(site, vm, DOING)),
        _ => return Err(Fault::conflict(format!("{DOING}. VM is not up."))),
    }
    state::check_no_backup(site, vm, DOING)?;
    if site.reference(vm, "vm_pool").is_some() {
        return Err(Fault::conflict("Cannot suspend VM that belongs to a  VM-Pool."));
    }
    if site.text(vm, "stateless") == "true" || state::runs_stateless(site, vm) {
        return Err(Fault::conflict("Cannot suspend VM, VM is stateless."));
    }
    state::check_no_preview(site, vm, DOING)?;
    site.set(vm, "status", "saving_state");
    state::hold(site, vm, durations::VM_SUSPEND, "VM is hibernating.");
    site.later(durations::VM_SUSPEND, vm, saved);
    Ok(Vec::new())
}

fn saved(site: &mut Site, vm: Handle, failed: bool) {
    if site.status(vm) != "saving_state" {
        return;
    }
    site.edit(vm, |body| {
        tree::set(body, "status", if failed { "up" } else { "suspended" });
        if !failed {
            tree::drop_child(body, "host");
        }
    });
}
