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
    if let Some(feature) = offered {
        tree::set(&mut body, "name", site.name(feature));
    }
    Ok(generic::put(site, call, Some(id), body))
}
