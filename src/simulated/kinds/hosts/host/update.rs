//! Changing hosts: what may change when, and moving one to another cluster.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::hosts::networking;
use crate::simulated::kinds::{cluster_network, common, generic, gluster_service};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

use super::create;

const OPERATIONAL: &str = "Cannot edit Host. Host parameters cannot be modified while Host is operational.\nPlease switch Host to Maintenance mode first.";

/// What takes effect on a host only when it is deployed anew.
const BY_DEPLOYMENT: &[&str] = &["os/custom_kernel_cmdline", "power_management/kdump_detection"];

/// Updates a host; a move to another cluster comes before all else.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if common::moves(site, call, target, "cluster") {
        change_cluster(site, call, target)?;
    }
    check(site, call, target)?;
    let differs = |path: &&str| call.text(path).is_some_and(|it| it != site.text(target, path));
    // What was never set is an empty text.
    let reinstall = BY_DEPLOYMENT.iter().any(differs);
    generic::update(site, call, target)?;
    site.edit(target, |body| {
        create::forget_secrets(body);
        if reinstall {
            tree::set(body, "reinstallation_required", "true");
        }
    });
    Ok(())
}

fn check(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let status = site.status(target);
    let differs = |path: &str| call.text(path).is_some_and(|it| it != site.text(target, path));
    if differs("ssh/port") && status == "up" {
        return Err(Fault::conflict(OPERATIONAL));
    }
    if differs("address") && status != "install_failed" {
        return Err(Fault::bad(
            "Host Address can not be modified due to Security restrictions.  In order to change Host Address, Host has to be reinstalled",
        ));
    }
    // A port that is not sent counts as the default one.
    if call.text("port").unwrap_or("54321") != site.text(target, "port") {
        return Err(Fault::bad(
            "The Host Port number cannot be changed without reinstalling the Host.",
        ));
    }
    create::check_ssh_port(&call.body, "edit")?;
    check_names(site, call, target)?;
    let fenced = call.flag("power_management/enabled") == Some(true);
    if fenced && site.store.children(target, "fence_agents").next().is_none() {
        return Err(Fault::bad(
            "Cannot edit Host. Power Management is enabled for Host but no Agent type selected.",
        ));
    }
    Ok(())
}

fn check_names(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let cluster = site.refers(target, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    let name = call.name().unwrap_or(site.name(target));
    let address = call.text("address").unwrap_or(site.text(target, "address"));
    create::check_unique(site, cluster, name, address, Some(target), "edit")
}

/// Moves a host to another cluster.
fn change_cluster(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let wanted = call.id_at("cluster").unwrap_or_default();
    let cluster = site
        .top("clusters", wanted)
        .ok_or_else(|| Fault::bad("Cannot edit Host. Cluster ID is not valid."))?;
    if !["maintenance", "pending_approval"].contains(&site.status(target)) {
        return Err(Fault::conflict(OPERATIONAL));
    }
    let old = site.refers(target, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    check_target(site, target, old, cluster)?;
    let id = site.id(cluster).to_owned();
    site.edit(target, |body| tree::refer(body, "cluster", id));
    networking::follow_cluster(site, target);
    Ok(())
}

fn check_target(site: &Site, host: Handle, old: Handle, new: Handle) -> Result<(), Fault> {
    let name = site.name(host).to_owned();
    let address = site.text(host, "address").to_owned();
    create::check_unique(site, new, &name, &address, Some(host), "edit")?;
    let management = |cluster| {
        cluster_network::management(site, cluster).map_or("", |network| site.name(network))
    };
    if management(old) != management(new) {
        return Err(Fault::conflict(
            "Cannot edit Host. Moving a host to a cluster with different management network is not allowed. That might cause connectivity loss.",
        ));
    }
    let architecture = |cluster| site.text(cluster, "cpu/architecture");
    let known = |it: &str| !it.is_empty() && it != "undefined";
    let (here, there) = (architecture(old), architecture(new));
    if known(here) && known(there) && here != there {
        return Err(Fault::conflict(
            "Cannot edit Host. The host and destination cluster architectures do not match.",
        ));
    }
    let local = common::data_center_of(site, new)
        .is_some_and(|it| tree::flag(site.body(it), "local") == Some(true));
    if local && !site.users("hosts", "cluster", new).is_empty() {
        return Err(Fault::bad("Cannot add more than one Host to \"Local Storage\" Data Center"));
    }
    if gluster_service::has_bricks(site, old, host) {
        return Err(Fault::conflict("Cannot edit Host. Server having Gluster volume."));
    }
    Ok(())
}
