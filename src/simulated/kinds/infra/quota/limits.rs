//! The limits of quotas: one for everything, or one for each cluster or storage domain.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::{is_default, unlimited, usage};

/// What is special about the limits of clusters.
pub const CLUSTER_RULES: Rules = Rules::of("quota_cluster_limits")
    .add(|site, call| CLUSTER.add(site, call))
    .remove(|site, call, target| CLUSTER.remove(site, call, target))
    .shown(shown_cluster);

/// What is special about the limits of storage.
pub const STORAGE_RULES: Rules = Rules::of("quota_storage_limits")
    .add(|site, call| STORAGE.add(site, call))
    .remove(|site, call, target| STORAGE.remove(site, call, target))
    .shown(shown_storage);

/// What tells the two apart.
struct Limits {
    kind: &'static str,
    /// What a single limit is for.
    of: &'static str,
    owners: &'static str,
    /// What is limited.
    amounts: &'static [&'static str],
}

const CLUSTER: Limits = Limits {
    kind: "quota_cluster_limits",
    of: "cluster",
    owners: "clusters",
    amounts: &["memory_limit", "vcpu_limit"],
};

const STORAGE: Limits = Limits {
    kind: "quota_storage_limits",
    of: "storage_domain",
    owners: "storage_domains",
    amounts: &["limit"],
};

impl Limits {
    /// Sets the limit for everything anew, or adds one for a cluster or storage domain.
    fn add(&self, site: &mut Site, call: &Call) -> Result<Handle, Fault> {
        let quota = call.owner()?;
        if is_default(site, quota) {
            return Err(Fault::bad("Cannot edit Quota. Default quota cannot be changed."));
        }
        let id = match call.id_at(self.of) {
            Some(id) if site.top(self.owners, id).is_none() => {
                return Err(Fault::bad("Cannot edit Quota. Quota is not valid."));
            }
            Some(id) => id.to_owned(),
            None => site.id(quota).to_owned(),
        };
        let general = id == site.id(quota);
        let others = site.children(quota, self.kind).into_iter();
        let clashes = others.into_iter().any(|it| (site.id(it) == site.id(quota)) != general);
        if clashes {
            return Err(Fault::conflict(
                "Cannot edit Quota. Limitation can not be configured as specific and general for the same Quota. Please choose whether the limitation should be enforced on the Data Center (global) or for specific storage domain or cluster.",
            ));
        }
        let mut body = generic::draft(site, call);
        for amount in self.amounts {
            tree::default(&mut body, amount, "-1");
        }
        tree::refer(&mut body, "quota", site.id(quota));
        if let Some(old) = site.store.find(self.kind, Some(quota), &id) {
            site.store.remove(old);
        }
        Ok(site.add(self.kind, Some(quota), id, body))
    }

    /// Removes a limit; without any, nothing is limited.
    fn remove(&self, site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
        let quota = site.parent(target).ok_or_else(Fault::nowhere)?;
        if is_default(site, quota) {
            return Err(Fault::bad("Cannot edit Quota. Default quota cannot be changed."));
        }
        generic::remove(site, call, target)?;
        if site.children(quota, self.kind).is_empty() {
            unlimited(site, quota);
        }
        Ok(())
    }
}

fn shown_cluster(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let Some(quota) = site.parent(handle) else { return };
    let cluster = site.reference(handle, "cluster").map(str::to_owned);
    let used = usage::of_clusters(site, quota, cluster.as_deref(), None);
    tree::set(element, "memory_usage", usage::gibibytes(used.memory));
    tree::set(element, "vcpu_usage", used.cpus.to_string());
}

fn shown_storage(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let Some(quota) = site.parent(handle) else { return };
    let domain = site.reference(handle, "storage_domain").map(str::to_owned);
    let used = usage::of_storage(site, quota, domain.as_deref());
    tree::set(element, "usage", usage::gibibytes(used));
}
