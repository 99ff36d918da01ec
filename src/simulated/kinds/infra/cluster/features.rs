//! Features that clusters have beyond their level.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

/// What is special about the features of a cluster.
pub const RULES: Rules = Rules::of("cluster_enabled_features").add(enable);

/// Turns a feature of the cluster's level on.
fn enable(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let id = call.body.id().filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| Fault::mandatory("cluster_feature.id"))?.to_owned();
    let owner = call.owner()?;
    if let Some(known) = site.store.find("cluster_enabled_features", Some(owner), &id) {
        return Ok(known);
    }
    let mut body = generic::draft(site, call);
    let offered = site.store.all("cluster_features").find(|it| site.id(*it) == id);
    let offered = offered.ok_or_else(|| unknown(site, owner))?;
    tree::set(&mut body, "name", site.name(offered));
    Ok(generic::put(site, call, Some(id), body))
}

/// No host supports a feature that nobody knows; without hosts, the database refuses it.
fn unknown(site: &Site, cluster: Handle) -> Fault {
    let hosts = site.users("hosts", "cluster", cluster);
    if hosts.into_iter().any(|it| site.status(it) == "up") {
        return Fault::bad(
            "Cannot enable new Cluster feature when there are active hosts which don't support the selected feature.\n-Please move hosts with lower version to maintenance first.",
        );
    }
    Fault::bad("Internal Engine Error")
}
