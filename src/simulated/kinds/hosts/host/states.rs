//! The states that a host goes through, and what comes with each.

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::journal::Event;
use crate::simulated::kinds;
use crate::simulated::kinds::hosts::networking;
use crate::simulated::kinds::{cluster, common, gluster_service, pool, vm};
use crate::simulated::query::Query;
use crate::simulated::schema::SCHEMA;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::{discovery, machines, tell};

/// The deployment of a host ends.
pub fn installed(site: &mut Site, host: Handle, failed: bool) {
    if site.status(host) != "installing" {
        return;
    }
    if failed {
        site.set(host, "status", "install_failed");
        return;
    }
    discovery::discover(site, host);
    site.set(host, "reinstallation_required", "false");
    if site.unhide(host, "reboot").is_none_or(|it| it.text() == "true") {
        reboot(site, host);
    } else {
        restarted(site, host, false);
    }
}

/// A host restarts: what was not saved of its networks is lost.
pub fn reboot(site: &mut Site, host: Handle) {
    site.set(host, "status", "reboot");
    tell(site, host, "VDS_RECOVER");
    networking::restore(site, host);
    site.later(durations::HOST_REBOOT, host, restarted);
}

/// A host answers again: it is activated, or stays in maintenance if that was wanted.
fn restarted(site: &mut Site, host: Handle, failed: bool) {
    if failed {
        site.set(host, "status", "non_responsive");
        return;
    }
    if site.unhide(host, "activate").is_none_or(|it| it.text() == "true") {
        initialize(site, host, false);
    } else {
        site.set(host, "status", "maintenance");
    }
}

/// A host is asked for what it is.
pub fn initialize(site: &mut Site, host: Handle, _failed: bool) {
    site.set(host, "status", "initializing");
    site.later(durations::HOST_INITIALIZING, host, up);
}

/// A host comes up, if it fits its cluster: the cluster learns its CPU, the data center may get its
/// pool manager.
pub fn up(site: &mut Site, host: Handle, failed: bool) {
    if failed {
        non_operational(site, host, "storage_domain_unreachable");
        return;
    }
    let Some(cluster) = site.refers(host, "cluster", "clusters") else { return };
    if !cluster::cpu_fits(site.text(cluster, "cpu/type"), super::CPU_TYPE) {
        let event = Event::of("VDS_CPU_LOWER_THAN_CLUSTER").about(site, host);
        event.with("CpuFlags", site.text(cluster, "cpu/type")).tell(site);
        non_operational(site, host, "cpu_type_incompatible_with_cluster");
        return;
    }
    site.edit(host, |body| {
        tree::set(body, "status", "up");
        tree::drop_child(body, "status_detail");
    });
    Event::of("VDS_DETECTED").about(site, host).with("HostStatus", "Up").tell(site);
    if site.text(cluster, "cpu/type").is_empty() {
        site.edit(cluster, |body| {
            tree::set(body, "cpu/type", super::CPU_TYPE);
            cluster::fit_cpu(body);
        });
    }
    gluster_service::follow(site, host, true);
    networking::comply(site, host);
    refresh_pool(site, host);
}

/// A host cannot do what its cluster needs; the engine tries again by itself from time to time.
pub fn non_operational(site: &mut Site, host: Handle, why: &str) {
    site.edit(host, |body| {
        tree::set(body, "status", "non_operational");
        tree::set(body, "status_detail", why);
    });
    leave(site, host);
    refresh_pool(site, host);
    recover_later(site, host);
}

/// Tries again after a while to activate a host that cannot do what its cluster needs.
pub fn recover_later(site: &mut Site, host: Handle) {
    // No command waits for this, so it belongs to no job.
    let job = site.job.take();
    site.later(durations::AUTO_RECOVERY, host, |site, host, _| {
        if site.status(host) == "non_operational" {
            activated(site, host);
        }
    });
    site.job = job;
}

/// A host in maintenance or out of order is activated.
pub fn activated(site: &mut Site, host: Handle) {
    site.set(host, "status", "unassigned");
    site.later(durations::HOST_ACTIVATION, host, initialize);
}

/// The engine does not hear from a host any more. With power management it restarts it.
pub fn lost(site: &mut Site, host: Handle) {
    site.set(host, "status", "connecting");
    let event = Event::of("VDS_HOST_NOT_RESPONDING_CONNECTING").about(site, host);
    event.with("Seconds", "60").tell(site);
    site.later(durations::HOST_GRACE, host, |site, host, _| {
        if site.status(host) != "connecting" {
            return;
        }
        site.set(host, "status", "non_responsive");
        tell(site, host, "VDS_FAILURE");
        refresh_pool(site, host);
        if site.text(host, "power_management/enabled") == "true" {
            power_off(site, host);
            reboot(site, host);
        } else {
            tell(site, host, "VDS_HOST_NOT_RESPONDING");
        }
    });
}

/// The machines on a host lose their power with it; what is refused stays as it is.
pub fn power_off(site: &mut Site, host: Handle) {
    for machine in machines(site, host) {
        let call = Call {
            collection: SCHEMA.service("vms"),
            parent: None,
            query: Query::default(),
            body: Element::new("action"),
        };
        // The machine's own rules say what can be done with it; nobody waits for an answer.
        let _ = kinds::act(site, &call, Some(machine), "stop");
    }
}

/// The machines on a host move to others that are up, where there are any.
pub fn leave(site: &mut Site, host: Handle) {
    for machine in machines(site, host) {
        vm::leave(site, machine);
    }
}

/// Brings the pool of a host's data center in line with its hosts.
pub fn refresh_pool(site: &mut Site, host: Handle) {
    let cluster = site.refers(host, "cluster", "clusters");
    if let Some(data_center) = cluster.and_then(|it| common::data_center_of(site, it)) {
        pool::refresh(site, data_center);
    }
}
