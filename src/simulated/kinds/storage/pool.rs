//! The storage pool of a data center: who manages it, and what state that gives the data center.

use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{common, disk};
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

/// The attached storage domain that is the master.
pub fn master(site: &Site, data_center: Handle) -> Option<Handle> {
    let domains = site.children(data_center, "attached_storage_domains");
    domains.into_iter().find(|it| site.text(*it, "master") == "true")
}

/// Brings the state of a data center in line with its storage and its hosts.
pub fn refresh(site: &mut Site, data_center: Handle) {
    let Some(master) = master(site, data_center) else {
        site.set(data_center, "status", "uninitialized");
        dismiss(site, data_center);
        return;
    };
    match (site.status(master), common::has_up_host(site, data_center)) {
        ("active", true) => {
            if site.status(data_center) != "up" {
                site.later(durations::SPM_ELECTION, data_center, elected);
            } else {
                appoint(site, data_center);
            }
        }
        ("active", false) => {
            site.set(data_center, "status", "not_operational");
            dismiss(site, data_center);
        }
        _ => {
            site.set(data_center, "status", "maintenance");
            dismiss(site, data_center);
        }
    }
}

fn elected(site: &mut Site, data_center: Handle, _failed: bool) {
    let active = master(site, data_center).is_some_and(|it| site.status(it) == "active");
    if active && common::has_up_host(site, data_center) {
        site.set(data_center, "status", "up");
        appoint(site, data_center);
    }
}

fn hosts(site: &Site, data_center: Handle) -> Vec<Handle> {
    let clusters = site.users("clusters", "data_center", data_center);
    clusters.into_iter().flat_map(|it| site.users("hosts", "cluster", it)).collect()
}

/// Makes one host the manager of the pool, if there is none.
pub fn appoint(site: &mut Site, data_center: Handle) {
    let hosts = hosts(site, data_center);
    let manages = |it: &Handle| site.text(*it, "spm/status") == "spm" && site.status(*it) == "up";
    if hosts.iter().any(manages) {
        return;
    }
    if let Some(host) = common::up_host(site, data_center) {
        dismiss(site, data_center);
        site.set(host, "spm/status", "spm");
    }
}

fn dismiss(site: &mut Site, data_center: Handle) {
    for host in hosts(site, data_center) {
        if site.text(host, "spm/status") != "none" {
            site.set(host, "spm/status", "none");
        }
    }
}

/// Gives the role of the master to another domain.
pub fn hand_over(site: &mut Site, from: Handle, to: Handle) {
    site.set(from, "master", "false");
    site.set(to, "master", "true");
}

/// Makes another active data domain the master, because somebody wants it so.
pub fn set_master(site: &mut Site, call: &Call, center: Handle) -> Result<Vec<Element>, Fault> {
    const DOING: &str = "Cannot switch master storage domain";
    let mut named = call.body.child("storage_domain").cloned().unwrap_or_default();
    call::resolve_one(site, &mut named, "storage_domains", "Storage")?;
    let id = named.id().filter(|it| !it.is_empty()).map(str::to_owned);
    let id = id.ok_or_else(|| Fault::incomplete("Action", "storageDomain.id|name", "setMaster"))?;
    let lock = site.id(center).to_owned();
    site.check_lock(DOING, ("POOL", &lock), Mode::Exclusive)?;
    if common::version(site.body(center), "version").is_some_and(|it| it < (4, 5)) {
        return Err(Fault::bad(format!(
            "{DOING}. Switch master storage domain operation is not supported."
        )));
    }
    let domain = site.top("storage_domains", &id);
    let domain = domain.ok_or_else(|| Fault::bad("Storage Domain doesn't exist."))?;
    let old = master(site, center);
    if old.is_some_and(|it| site.id(it) == id) {
        return Err(Fault::conflict(format!(
            "{DOING}. The storage domain is already the master storage domain."
        )));
    }
    let new = site.store.find("attached_storage_domains", Some(center), &id);
    let (Some(old), Some(new)) = (old, new) else {
        return Err(Fault::conflict(format!(
            "{DOING}. The selected Storage Domain is not part of the Data Center."
        )));
    };
    check_heir(site, domain, new, old)?;
    let says = format!(
        "The master role is being switched from storage domain {} to {}.",
        site.top("storage_domains", site.id(old)).map_or("", |it| site.name(it)),
        site.name(domain)
    );
    let time = durations::SPM_ELECTION;
    site.hold_lock_saying(("POOL", &lock), Mode::Exclusive, time, &says);
    site.later(time, new, |site, new, failed| {
        let center = site.parent(new);
        if let (Some(old), false) = (center.and_then(|it| master(site, it)), failed) {
            hand_over(site, old, new);
        }
    });
    Ok(Vec::new())
}

fn check_heir(site: &Site, domain: Handle, new: Handle, old: Handle) -> Result<(), Fault> {
    const DOING: &str = "Cannot switch master storage domain";
    if !matches!(site.status(new), "active" | "unknown") {
        return Err(Fault::conflict(format!(
            "{DOING}. Storage domain {} must be active.",
            site.name(domain)
        )));
    }
    if site.text(domain, "type") != "data" || site.text(domain, "backup") == "true" {
        return Err(Fault::bad(format!("{DOING}. Action is only applicable for Data domains.")));
    }
    let both = [domain].into_iter().chain(site.top("storage_domains", site.id(old)));
    let busy = both
        .flat_map(|it| site.users("disks", "storage_domain", it))
        .any(|it| site.hidden(it, "busy").is_some() && !disk::is_lun(site, it));
    if busy {
        return Err(Fault::conflict(format!("{DOING}. The storage pool has running tasks.")));
    }
    Ok(())
}
