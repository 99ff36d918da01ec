//! Exporting machines and templates: as an OVA on a host, or to an export domain.

use std::time::Duration;

use super::state;
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::disk;
use crate::simulated::kinds::storage::begin_export;
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

const EXPORT: &str = "Cannot export VM";

/// Exports a machine.
pub fn export(site: &mut Site, call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    state::check_lock(site, vm, EXPORT, Mode::Exclusive)?;
    if site.status(vm) == "image_locked" {
        return Err(state::locked(EXPORT));
    }
    let disks: Vec<Handle> = state::disks(site, vm).into_iter().map(|(_, disk)| disk).collect();
    disk::check_unlocked(site, &disks, "export VM")?;
    let says = format!("VM {} is being exported.", site.name(vm));
    if call.body.child("host").is_some() {
        check_host(site, call, EXPORT)?;
        state::check_snapshots(site, vm, EXPORT)?;
        hold(site, "VM", vm, durations::EXPORT, &says);
        return Ok(Vec::new());
    }
    let domain = check_domain(site, call, EXPORT)?;
    if site.status(vm) != "down" {
        return Err(Fault::conflict(format!("{EXPORT}. At least one of the VMs is not down.")));
    }
    begin_export(site, call, vm, domain)?;
    hold(site, "VM", vm, durations::EXPORT, &says);
    site.set(vm, "status", "image_locked");
    site.later(durations::EXPORT, vm, |site, vm, _| site.set(vm, "status", "down"));
    Ok(Vec::new())
}

fn hold(site: &mut Site, group: &'static str, what: Handle, time: Duration, says: &str) {
    let id = site.id(what).to_owned();
    site.hold_lock_saying((group, &id), Mode::Exclusive, time, says);
}

/// The host that writes an OVA has to be up.
pub fn check_host(site: &Site, call: &Call, doing: &str) -> Result<(), Fault> {
    for what in ["directory", "host"] {
        if call.body.child(what).is_none() {
            return Err(Fault::incomplete("Action", what, "exportToPathOnHost"));
        }
    }
    let mut named = call.body.child("host").cloned().unwrap_or_default();
    call::resolve_one(site, &mut named, "hosts", "Host")?;
    let host = site.top("hosts", named.id().unwrap_or_default());
    let host = host.ok_or_else(|| Fault::bad("The selected Host does not exist."))?;
    if site.status(host) != "up" {
        return Err(Fault::conflict(format!(
            "{doing}. Operation can be performed only when Host status is Up."
        )));
    }
    let directory = call.text("directory").unwrap_or_default();
    if !directory.starts_with('/') {
        return Err(Fault::bad(format!(
            "{doing}. Invalid target folder: {directory} on Host {}. You may refer to the engine.log file for further details.",
            site.name(host)
        )));
    }
    Ok(())
}

/// The domain that an export goes to has to be an active export domain.
pub fn check_domain(site: &Site, call: &Call, doing: &str) -> Result<Handle, Fault> {
    let mut named = call.body.child("storage_domain").cloned().unwrap_or_default();
    call::resolve_one(site, &mut named, "storage_domains", "Storage")?;
    let id = named.id().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("Action", "storageDomain.id|name", "export"))?;
    let domain = site.top("storage_domains", id);
    let domain =
        domain.ok_or_else(|| Fault::conflict(format!("{doing}. Storage Domain doesn't exist.")))?;
    let what = doing.trim_start_matches("Cannot ");
    disk::check_active(site, domain, what)?;
    if site.text(domain, "type") != "export" {
        return Err(Fault::bad(format!(
            "{doing}. The specified domain '{}' is not an export domain.",
            site.name(domain)
        )));
    }
    Ok(domain)
}
