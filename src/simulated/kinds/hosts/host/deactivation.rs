//! Bringing hosts to maintenance, and what is in the way of that.

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal::{self, Event};
use crate::simulated::kinds::{common, gluster_service};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::{machines, states, tell};

const ALLOWED: &[&str] = &[
    "up",
    "non_operational",
    "install_failed",
    "down",
    "error",
    "preparing_for_maintenance",
    "non_responsive",
];

/// Begins to bring a host to maintenance: its machines move away first.
pub fn deactivate(site: &mut Site, call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    let stops_gluster = gluster_service::is_to_stop(site, call)?;
    check(site, target)?;
    if stops_gluster {
        gluster_service::check_stop(site, target)?;
        gluster_service::follow(site, target, false);
    }
    prepare(site, target);
    match call.text("reason").filter(|reason| !reason.is_empty()) {
        Some(reason) => {
            let event = Event::of("USER_VDS_MAINTENANCE").about(site, target);
            event.with("Reason", reason).tell(site);
        }
        None => tell(site, target, "USER_VDS_MAINTENANCE_WITHOUT_REASON"),
    }
    Ok(Vec::new())
}

/// A host is on its way to maintenance.
pub fn prepare(site: &mut Site, host: Handle) {
    let running = !machines(site, host).is_empty();
    site.set(host, "status", "preparing_for_maintenance");
    states::leave(site, host);
    let moving = if running { durations::VM_MIGRATION } else { std::time::Duration::ZERO };
    site.later(durations::HOST_MAINTENANCE + moving, host, in_maintenance);
}

/// A host is in maintenance as soon as no machine is left on it; else it waits for an
/// administrator.
fn in_maintenance(site: &mut Site, host: Handle, failed: bool) {
    if site.status(host) != "preparing_for_maintenance" || failed {
        return;
    }
    if !machines(site, host).is_empty() {
        return;
    }
    site.edit(host, |body| {
        tree::set(body, "status", "maintenance");
        tree::set(body, "spm/status", "none");
        tree::drop_child(body, "status_detail");
    });
    states::refresh_pool(site, host);
}

fn check(site: &Site, host: Handle) -> Result<(), Fault> {
    let status = site.status(host);
    if status == "maintenance" {
        return Err(Fault::conflict(
            "Cannot switch Host to Maintenance mode. Host is already in Maintenance mode.",
        ));
    }
    if !ALLOWED.contains(&status) {
        return Err(Fault::conflict(
            "Cannot switch Host to Maintenance mode, Host is not operational.",
        ));
    }
    let running = machines(site, host);
    if status == "non_responsive" {
        return check_silent(site, host, &running);
    }
    check_pool(site, host)?;
    check_operations(site, host)?;
    check_machines(site, host, &running)?;
    check_affinity(site, host, &running)
}

fn check_silent(site: &Site, host: Handle, running: &[Handle]) -> Result<(), Fault> {
    if !running.is_empty() {
        return Err(Fault::conflict(
            "Cannot switch Host to Maintenance mode.\nHost still has running VMs on it and is in Non Responsive state.",
        ));
    }
    if site.text(host, "spm/status") == "spm" {
        return Err(Fault::conflict(
            "Cannot switch Host to Maintenance mode.\nHost is Storage Pool Manager and is in Non Responsive state.\n- If power management is configured, engine will try to fence the host automatically.\n- Otherwise, either bring the node back up, or release the SPM resource.",
        ));
    }
    Ok(())
}

fn check_pool(site: &Site, host: Handle) -> Result<(), Fault> {
    match site.text(host, "spm/status") {
        "contending" => Err(Fault::conflict(
            "Cannot switch Host to Maintenance mode. Host is contending for Storage Pool Manager,\nwait for operation to complete and retry.",
        )),
        "spm" if has_tasks(site, host) => Err(Fault::conflict(
            "Cannot switch Host to Maintenance mode. Host has asynchronous running tasks,\nwait for operation to complete and retry.",
        )),
        _ => Ok(()),
    }
}

fn check_operations(site: &Site, host: Handle) -> Result<(), Fault> {
    let running = journal::operations_on(site, host);
    if running.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot switch Host {} to Maintenance mode. The following operations are running on the Host: \n\n {} \n\nPlease wait for the operations to complete and try again.",
        site.name(host),
        running.join(",\n")
    )))
}

/// Whether the storage of a host's data center is worked on.
pub fn has_tasks(site: &Site, host: Handle) -> bool {
    let cluster = site.refers(host, "cluster", "clusters");
    let Some(data_center) = cluster.and_then(|it| common::data_center_of(site, it)) else {
        return false;
    };
    site.children(data_center, "attached_storage_domains").into_iter().any(|domain| {
        site.store
            .referring("disks", "storage_domain", site.id(domain))
            .any(|disk| site.status(disk) == "locked")
    })
}

fn check_machines(site: &Site, host: Handle, running: &[Handle]) -> Result<(), Fault> {
    if running.is_empty() {
        return Ok(());
    }
    let pinned: Vec<Handle> = running
        .iter()
        .copied()
        .filter(|it| site.text(*it, "placement_policy/affinity") == "pinned")
        .collect();
    if !pinned.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot switch the following Hosts to Maintenance mode: {}.\nOne or more running VMs are indicated as non-migratable. The non-migratable VMs are: {}.",
            site.name(host),
            common::names(site, &pinned)
        )));
    }
    let cluster = site.refers(host, "cluster", "clusters");
    let others = cluster.map(|it| site.users("hosts", "cluster", it)).unwrap_or_default();
    if !others.into_iter().any(|it| it != host && site.status(it) == "up") {
        return Err(Fault::conflict(format!(
            "The following Hosts have running VMs and cannot be switched to maintenance mode: {}.\nPlease ensure that the following Clusters have at least one Host in UP state: {}.",
            site.name(host),
            cluster.map_or("", |it| site.name(it))
        )));
    }
    Ok(())
}

/// Below level 4.3, a host stays at work while machines on it may run nowhere else; above, they
/// leave it, whatever binds them to each other.
fn check_affinity(site: &Site, host: Handle, running: &[Handle]) -> Result<(), Fault> {
    let Some(cluster) = site.refers(host, "cluster", "clusters") else { return Ok(()) };
    if common::version(site.body(cluster), "version").is_none_or(|level| level >= (4, 3)) {
        return Ok(());
    }
    let groups = site.children(cluster, "affinity_groups");
    let Some(group) = groups.into_iter().find(|it| binds_to(site, *it, host, running)) else {
        return Ok(());
    };
    let bound = site.children(group, "affinity_group_vms").into_iter();
    let bound: Vec<Handle> = bound.filter_map(|it| site.top("vms", site.id(it))).collect();
    Err(Fault::conflict(format!(
        "Cannot switch Host(s) to Maintenance mode.\nThe following Enforcing Affinity Group(s) have running VMs and can break the affinity rule.\n{} ({})\nPlease manually migrate the VMs, or change Affinity Group's enforcing to false.",
        site.name(group),
        common::names(site, &bound)
    )))
}

/// Whether a group binds one of the machines to this host alone.
fn binds_to(site: &Site, group: Handle, host: Handle, machines: &[Handle]) -> bool {
    let says = |rule: &str, words: &[&str]| {
        words.iter().all(|it| site.text(group, &format!("{rule}/{it}")) == "true")
    };
    let hosts = site.children(group, "affinity_group_hosts");
    let is_bound =
        |vm: &Handle| site.store.find("affinity_group_vms", Some(group), site.id(*vm)).is_some();
    (says("vms_rule", &["enabled", "enforcing", "positive"])
        || says("hosts_rule", &["enforcing", "positive"]))
        && matches!(hosts.as_slice(), [only] if site.id(*only) == site.id(host))
        && machines.iter().any(is_bound)
}
