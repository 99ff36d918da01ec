//! Removing hosts.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{common, generic, gluster_service};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

use super::machines;

const IDLE: &[&str] = &[
    "maintenance",
    "non_responsive",
    "down",
    "unassigned",
    "install_failed",
    "pending_approval",
    "non_operational",
    "installing_os",
];

/// Removes a host that does not work any more.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let id = site.id(target).to_owned();
    if !IDLE.contains(&site.status(target)) {
        return Err(Fault::conflict(
            "Cannot remove Host. Host is operational. Please switch Host to Maintenance mode first.",
        ));
    }
    if !machines(site, target).is_empty() {
        return Err(Fault::conflict(
            "Cannot remove Host. One or more VMs are still running on this Host.",
        ));
    }
    let pinned: Vec<Handle> =
        site.store.all("vms").filter(|it| is_pinned_to(site, *it, &id)).collect();
    if !pinned.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot remove Host. The following VMs are set to run specifically only on this Host: {}.\nIn order to remove Host, you need to remove the association between the VMs and the Host (Using Edit VM properties).",
            common::names(site, &pinned)
        )));
    }
    check_devices(site, target)?;
    check_local_storage(site, target)?;
    gluster_service::check_removal(site, call, target)?;
    generic::remove(site, call, target)
}

/// A machine that may move elsewhere is not in the way, though it never runs elsewhere by itself.
fn is_pinned_to(site: &Site, vm: Handle, host: &str) -> bool {
    let policy = site.body(vm).child("placement_policy");
    let stays = policy.is_some_and(|it| it.text_at("affinity") == Some("pinned"));
    let hosts = policy.and_then(|it| it.child("hosts"));
    stays
        && hosts.is_some_and(|hosts| {
            hosts.children().len() == 1 && hosts.children()[0].id() == Some(host)
        })
}

fn check_devices(site: &Site, host: Handle) -> Result<(), Fault> {
    let id = site.id(host);
    let mut owners: Vec<Handle> = site
        .store
        .referring("vm_host_devices", "host", id)
        .filter_map(|device| site.parent(device))
        .collect();
    owners.dedup();
    if owners.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot remove Host. The following VMs are assigned with host devices from this Host: {}.",
        common::names(site, &owners)
    )))
}

fn check_local_storage(site: &Site, host: Handle) -> Result<(), Fault> {
    let cluster = site.refers(host, "cluster", "clusters");
    let data_center = cluster.and_then(|it| common::data_center_of(site, it));
    let Some(data_center) = data_center else { return Ok(()) };
    let local = tree::flag(site.body(data_center), "local") == Some(true);
    if local && !site.children(data_center, "attached_storage_domains").is_empty() {
        return Err(Fault::conflict(
            "Cannot remove Host, as it contains a local Storage Domain. Please activate the Host and remove the Data Center first.\n- If Host cannot be activated, use the Force-Remove option on the Data Center object.\n- Please note that this action is destructive.",
        ));
    }
    Ok(())
}
