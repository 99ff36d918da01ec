//! Clusters.

mod actions;
mod cpu;
mod create;
mod features;
mod update;

pub use cpu::{fit as fit_cpu, fits as cpu_fits};
pub use create::prepare;

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::cluster_network;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about clusters.
pub const RULES: Rules = Rules::of("clusters")
    .add(create::add)
    .update(update::update)
    .remove(remove)
    .actions(&[
        ("refresh_gluster_heal_status", |_, _, _| Ok(Vec::new())),
        ("reset_emulated_machine", actions::reset_emulated_machine),
        ("sync_all_networks", actions::sync_all_networks),
        ("upgrade", actions::upgrade),
    ])
    .shown(shown)
    .by_name(&[
        ("data_center", "data_centers", "Datacenter"),
        ("scheduling_policy", "scheduling_policies", "SchedulingPolicy"),
        ("management_network", "networks", "Network"),
    ]);

pub use features::RULES as FEATURE_RULES;

/// The scheduling policy `none`.
pub const NO_POLICY: &str = "b4ed2332-a7ac-4d5f-9596-99a439cb2812";

/// Adds what comes with every cluster.
pub fn equip(site: &mut Site, cluster: Handle, management: Handle, profile_id: Option<&str>) {
    cluster_network::assign_management(site, cluster, management);
    let name = site.name(cluster).to_owned();
    let mut profile = Element::new("cpu_profile").with(Element::leaf("name", name));
    tree::refer(&mut profile, "cluster", site.id(cluster));
    let id = profile_id.map_or_else(|| site.fresh_id(), str::to_owned);
    site.add("cpu_profiles", None, id, profile);
}

/// Removes a cluster with its profiles and assignments.
pub fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    let in_use = |kind| !site.users(kind, "cluster", target).is_empty();
    if site.hidden(target, "builtin").is_some() {
        return Err(Fault::conflict("Cannot remove default Host Cluster."));
    }
    if in_use("hosts") {
        return Err(Fault::conflict("Cannot remove Cluster. Cluster contains one or more Hosts"));
    }
    if in_use("vms") {
        return Err(Fault::conflict(
            "Cannot remove Cluster. One or more VMs are still assigned to the Cluster",
        ));
    }
    if in_use("templates") {
        return Err(Fault::conflict(
            "Cannot remove Cluster. One or more Template(s) are still associated with the Cluster",
        ));
    }
    if in_use("vm_pools") {
        return Err(Fault::conflict(
            "Cannot remove Cluster.One or more VM-Pools are still associated with it",
        ));
    }
    for profile in site.users("cpu_profiles", "cluster", target) {
        site.store.remove(profile);
    }
    site.store.remove(target);
    Ok(())
}

/// Shows the management network only to those who ask for all.
pub fn shown(site: &Site, handle: Handle, view: &View, element: &mut Element) {
    if view.all_content
        && let Some(management) = cluster_network::management(site, handle)
    {
        tree::refer(element, "management_network", site.id(management));
    }
}
