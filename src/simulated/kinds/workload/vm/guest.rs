//! What is asked of the guest of a running machine, or of its consoles.

use super::state;
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// How long a ticket is valid that does not say so, in seconds.
const TICKET_LIFE: &str = "7200";

/// Quiesces the file systems of a guest.
pub fn freeze(site: &mut Site, _call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    check_up(site, vm, "Cannot freeze VM")
}

/// Lets the file systems of a guest go on.
pub fn thaw(site: &mut Site, _call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    check_up(site, vm, "Cannot thaw VM")
}

fn check_up(site: &Site, vm: Handle, doing: &str) -> Result<Vec<Element>, Fault> {
    match site.status(vm) {
        "up" => Ok(Vec::new()),
        _ => Err(state::illegal(site, vm, doing)),
    }
}

/// Logs the caller on to the guest; without a guest the command fails on its way.
pub fn logon(site: &mut Site, _call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    match site.status(vm) {
        "up" => Ok(Vec::new()),
        _ => Err(Fault::bad("Internal Engine Error")),
    }
}

/// Lets somebody in at the console of a machine for a while.
pub fn ticket(site: &mut Site, call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    let allowed = ["up", "paused", "powering_up", "powering_down", "reboot_in_progress"];
    if !allowed.contains(&site.status(vm)) {
        return Err(state::illegal(site, vm, "Cannot set Virtual Machine Ticket"));
    }
    let sent = |path: &str| call.text(path).filter(|it| !it.is_empty()).map(str::to_owned);
    let value = sent("ticket/value").unwrap_or_else(|| password(site));
    let expiry = sent("ticket/expiry").unwrap_or_else(|| TICKET_LIFE.to_owned());
    let ticket = Element::new("ticket")
        .with(Element::leaf("expiry", expiry))
        .with(Element::leaf("value", value));
    Ok(vec![ticket])
}

/// A password for a console.
pub fn password(site: &mut Site) -> String {
    site.fresh_id().replace('-', "").chars().take(12).collect()
}

/// Takes a picture of the console.
pub fn screenshot(site: &mut Site, _call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    const DOING: &str = "Cannot screenshot VM";
    let level = site.refers(vm, "cluster", "clusters");
    let level = level.and_then(|it| common::version(site.body(it), "version"));
    if level.is_some_and(|it| it < (4, 7)) {
        return Err(Fault::bad(format!(
            "{DOING}. Screenshot VM requires cluster compatibility version 4.7 or higher."
        )));
    }
    if site.body(vm).child("display").is_none() {
        return Err(Fault::conflict(format!(
            "{DOING}. Cannot make a screenshot of a headless VM."
        )));
    }
    if !state::is_running(site.status(vm)) || site.status(vm) == "wait_for_launch" {
        return Err(state::illegal(site, vm, DOING));
    }
    Ok(Vec::new())
}

/// Sets the maintenance of a hosted engine; a simulated engine is none.
pub fn maintenance(_site: &mut Site, call: &Call, _vm: Handle) -> Result<Vec<Element>, Fault> {
    if call.text("maintenance_enabled").is_none() {
        return Err(Fault::incomplete("Action", "maintenanceEnabled", "maintenance"));
    }
    Err(Fault::page(
        400,
        "Moving to maintenance mode is currently only available for the VM containing the hosted engine.",
    ))
}

/// The model has this action still, the engine has it no more.
pub fn auto_pin(_site: &mut Site, _call: &Call, _vm: Handle) -> Result<Vec<Element>, Fault> {
    Err(Fault::page(500, "Internal Server Error"))
}

/// Gives the NICs of a machine their addresses anew: ascending, in the order of their names.
pub fn reorder_macs(site: &mut Site, _call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    let mut nics = site.children(vm, "vm_nics");
    nics.sort_by_cached_key(|it| site.name(*it).to_lowercase());
    let mut macs: Vec<String> =
        nics.iter().map(|it| site.text(*it, "mac/address").to_owned()).collect();
    macs.sort();
    for (nic, mac) in nics.into_iter().zip(macs) {
        site.edit(nic, |body| tree::set(body, "mac/address", mac));
    }
    Ok(Vec::new())
}
