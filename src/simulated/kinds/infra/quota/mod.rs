//! Quotas and their limits.

mod limits;
mod usage;

pub use limits::{CLUSTER_RULES, STORAGE_RULES};
pub use usage::{check_consumer, check_disk, check_run};

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about quotas.
pub const RULES: Rules = Rules::of("quotas").add(add).update(update).remove(remove);

/// Adds a quota without limits.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = common::name(call, "quota")?.to_owned();
    let owner = call.owner()?;
    check_name(&name)?;
    if common::taken(site, "quotas", &name, None, |it| site.parent(it) == Some(owner)) {
        return Err(Fault::conflict(
            "Cannot add Quota. Quota name already exists in this Data Center.",
        ));
    }
    let mut body = generic::draft(site, call);
    tree::refer(&mut body, "data_center", site.id(owner));
    fill(&mut body);
    let made = generic::put(site, call, None, body);
    unlimited(site, made);
    Ok(made)
}

fn check_name(name: &str) -> Result<(), Fault> {
    if name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '-')) {
        return Ok(());
    }
    Err(Fault::bad("Quota name must be formed of 'a-z', 'A-Z', '0-9', '_' or '-' characters"))
}

/// What the engine fills in; zero counts as not given.
pub fn fill(body: &mut Element) {
    for (path, value) in [
        ("cluster_soft_limit_pct", "80"),
        ("cluster_hard_limit_pct", "20"),
        ("storage_soft_limit_pct", "80"),
        ("storage_hard_limit_pct", "20"),
    ] {
        if body.text_at(path).is_none_or(|it| it == "0") {
            tree::set(body, path, value);
        }
    }
}

/// Gives a quota the limits that limit nothing.
pub fn unlimited(site: &mut Site, quota: Handle) {
    let id = site.id(quota).to_owned();
    let mut cluster = Element::new("quota_cluster_limit");
    tree::set(&mut cluster, "memory_limit", "-1");
    tree::set(&mut cluster, "vcpu_limit", "-1");
    let mut storage = Element::new("quota_storage_limit");
    tree::set(&mut storage, "limit", "-1");
    for (kind, mut body) in [("quota_cluster_limits", cluster), ("quota_storage_limits", storage)] {
        if site.store.find(kind, Some(quota), &id).is_none() {
            tree::refer(&mut body, "quota", id.clone());
            site.add(kind, Some(quota), id.clone(), body);
        }
    }
}

fn is_default(site: &Site, quota: Handle) -> bool {
    site.name(quota) == "Default"
}

/// Updates a quota.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if is_default(site, target) {
        return Err(Fault::bad("Cannot edit Quota. Default quota cannot be changed."));
    }
    if let Some(name) = common::new_name(site, call, target) {
        check_name(name)?;
        let owner = site.parent(target);
        if common::taken(site, "quotas", name, Some(target), |it| site.parent(it) == owner) {
            return Err(Fault::conflict(
                "Cannot edit Quota. Quota name already exists in this Data Center.",
            ));
        }
    }
    generic::update(site, call, target)?;
    site.edit(target, fill);
    Ok(())
}

/// Removes a quota.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if is_default(site, target) {
        return Err(Fault::bad("Cannot remove Quota. Default quota cannot be changed."));
    }
    let enforced = site.parent(target).is_some_and(|it| site.text(it, "quota_mode") != "disabled");
    let used = ["vms", "disks"].iter().any(|kind| !site.users(kind, "quota", target).is_empty());
    if enforced && used {
        return Err(Fault::conflict(
            "Cannot remove Quota. Quota is still in use by a VM or a disk and Data Center's Quota enforcement is enabled.",
        ));
    }
    generic::remove(site, call, target)
}
