//! Changing clusters: what may change when, and what follows on hosts and machines.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::journal::Event;
use crate::simulated::kinds::{
    cluster_network, common, data_center, generic, hook, mac_pool, network_provider,
};
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

use super::{NO_POLICY, cpu, create};

/// What takes effect on hosts only when they are deployed anew.
const BY_DEPLOYMENT: &[&str] =
    &["external_network_providers", "firewall_type", "vnc_encryption", "fips_mode"];

/// Updates a cluster. Its hosts keep their switches until their networks are synchronized.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let data_center = check_data_center(site, call, target)?;
    check(site, call, target)?;
    let mut after = site.body(target).clone();
    merge::merge(&mut after, &call.body, "cluster", true);
    create::check_services(&after)?;
    let differs = |name: &&str| {
        call.body.child(name).is_some() && after.child(name) != site.body(target).child(name)
    };
    let reinstall = BY_DEPLOYMENT.iter().any(differs);
    let management = match data_center {
        Some(data_center) => Some(create::management_network(site, call, data_center)?),
        None => None,
    };
    let raised = common::version(&call.body, "version")
        .filter(|it| Some(*it) != common::version(site.body(target), "version"));
    if raised.is_some() {
        check_followers(site, target)?;
    }
    write(site, call, target)?;
    network_provider::assign(site, call, target);
    hook::discover(site, target);
    if raised.is_some() {
        follow_level(site, target);
    }
    let hosts = site.users("hosts", "cluster", target);
    if reinstall {
        for host in &hosts {
            site.set(*host, "reinstallation_required", "true");
        }
    }
    if let Some(management) = management {
        cluster_network::assign_management(site, target, management);
    }
    Ok(())
}

fn write(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let old_policy = site.reference(target, "scheduling_policy").unwrap_or(NO_POLICY).to_owned();
    generic::update(site, call, target)?;
    let known = site.refers(target, "scheduling_policy", "scheduling_policies").is_some();
    site.edit(target, |body| {
        tree::drop_child(body, "management_network");
        if !known {
            // A policy that does not exist is replaced without a word.
            let named = call.body.child("scheduling_policy").is_some();
            let policy = if named { NO_POLICY.to_owned() } else { old_policy };
            tree::refer(body, "scheduling_policy", policy);
        }
        if call.text("cpu/type").is_some_and(|cpu| !cpu.is_empty()) {
            cpu::fit(body);
        }
        create::require_urandom(body);
    });
    Ok(())
}

/// A cluster joins a data center only while it has none; returns the one that it joins.
fn check_data_center(site: &Site, call: &Call, target: Handle) -> Result<Option<Handle>, Fault> {
    let Some(wanted) = call.id_at("data_center") else { return Ok(None) };
    if site.reference(target, "data_center") == Some(wanted) {
        return Ok(None);
    }
    if site.reference(target, "data_center").is_some() {
        return Err(Fault::conflict(
            "Cannot change Data Center association when editing a Cluster.",
        ));
    }
    if site.users("hosts", "cluster", target).into_iter().any(|it| site.status(it) == "up") {
        return Err(Fault::conflict(
            "Cannot change Cluster.Trying to connect Cluster to Data Center with Hosts that are up.",
        ));
    }
    let found = site.top("data_centers", wanted);
    found.map(Some).ok_or_else(|| Fault::bad("Data Center doesn't exist."))
}

fn check(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(name) = common::new_name(site, call, target) {
        create::check_name(site, name, Some(target), "update")?;
    }
    let now = common::version(site.body(target), "version").unwrap_or(data_center::NEWEST);
    let level = common::version(&call.body, "version").unwrap_or(now);
    create::check_known_level(level, "edit")?;
    cpu::check_known(site, &call.body, level, "edit")?;
    cpu::check_change(site, call, target)?;
    check_level(site, target, now, level)?;
    check_services_left(site, call, target)?;
    if call.text("fips_mode").is_some_and(|it| it != site.text(target, "fips_mode"))
        && site
            .users("hosts", "cluster", target)
            .into_iter()
            .any(|it| site.status(it) != "maintenance")
    {
        return Err(Fault::conflict(
            "Cannot update Cluster FIPS mode unless all Hosts attached to this Cluster are in Maintenance.",
        ));
    }
    match call.id_at("mac_pool") {
        Some(pool) if common::moves(site, call, target, "mac_pool") => {
            let pool = site
                .top("mac_pools", pool)
                .ok_or_else(|| Fault::bad("Cannot edit Cluster. MAC Pool does not exist."))?;
            mac_pool::check_migration(site, &[target], pool)
        }
        _ => Ok(()),
    }
}

fn check_level(
    site: &Site,
    target: Handle,
    now: (i64, i64),
    wanted: (i64, i64),
) -> Result<(), Fault> {
    if wanted == now {
        return Ok(());
    }
    if wanted < now && !site.users("hosts", "cluster", target).is_empty() {
        return Err(Fault::bad(
            "Cluster compatibility version can't be decreased if there are hosts in the Cluster.",
        ));
    }
    let floor = common::data_center_of(site, target)
        .and_then(|it| common::version(site.body(it), "version"));
    if floor.is_some_and(|floor| wanted < floor) {
        return Err(Fault::bad(
            "Cannot decrease cluster compatibility version beneath data center compatibility version.",
        ));
    }
    let previewing: Vec<&str> = site
        .users("vms", "cluster", target)
        .into_iter()
        .filter(|vm| {
            let snapshots = site.children(*vm, "snapshots");
            snapshots.into_iter().any(|it| site.text(it, "snapshot_status") == "in_preview")
        })
        .map(|vm| site.name(vm))
        .collect();
    if !previewing.is_empty() {
        return Err(Fault::bad(format!(
            "Cannot change cluster version since following VMs are previewing snapshots: {}",
            previewing.join(", ")
        )));
    }
    Ok(())
}

/// A service in use stays.
fn check_services_left(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let drops = |path: &str| call.flag(path) == Some(false) && site.text(target, path) == "true";
    if drops("virt_service") && !site.users("vms", "cluster", target).is_empty() {
        return Err(Fault::conflict(
            "Cannot disable virt service on the cluster as it contains VMs.",
        ));
    }
    if drops("gluster_service") && !site.children(target, "gluster_volumes").is_empty() {
        return Err(Fault::conflict(
            "Cannot disable gluster service on the cluster as it contains volumes.",
        ));
    }
    Ok(())
}

/// A machine that cannot follow keeps the whole cluster back.
fn check_followers(site: &Site, target: Handle) -> Result<(), Fault> {
    let first = site.users("vms", "cluster", target).first().copied().filter(|_| site.spoils);
    let Some(vm) = first else { return Ok(()) };
    Err(Fault::refused(
        500,
        format!(
            "Cannot update cluster because the update triggered update of the VMs/Templates and it failed for the following: {}. \"Internal Engine Error\" is one of the error(s).",
            site.name(vm)
        ),
    ))
}

/// Every machine and template of a cluster follows its level in the same call.
fn follow_level(site: &mut Site, target: Handle) {
    for (kind, event) in [("vms", "USER_UPDATE_VM"), ("templates", "USER_UPDATE_VM_TEMPLATE")] {
        for object in site.users(kind, "cluster", target) {
            Event::of(event).about(site, object).tell(site);
        }
    }
}
