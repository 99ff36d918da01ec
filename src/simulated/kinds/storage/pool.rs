//! The storage pool of a data center: who manages it, and what state that gives the data center.

use crate::simulated::durations;
use crate::simulated::kinds::common;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

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
