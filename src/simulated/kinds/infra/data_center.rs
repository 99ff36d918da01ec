//! Data centers.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{cluster_network, common, generic, network, pool, storage_domain};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about data centers.
pub const RULES: Rules =
    Rules::of("data_centers").add(add).update(update).remove(remove).actions(&[
        ("set_master", pool::set_master),
        // Finished tasks are never kept, so there are none to clean.
        ("clean_finished_tasks", |_, _, _| Ok(Vec::new())),
    ]);

/// The newest level.
pub const NEWEST: (i64, i64) = (4, 8);
const NAME_IN_USE: &str = "The Data Center name is already in use.";

/// Adds a data center with the network, the profile and the quota that come with one.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = common::name(call, "data_center")?;
    if name.len() > 40 {
        return Err(Fault::bad("Cannot add Data Center. The given name is too long."));
    }
    if is_taken(site, name, None) {
        return Err(Fault::conflict(format!("Cannot add Data Center. {NAME_IN_USE}")));
    }
    if let Some(level) = common::version(&call.body, "version")
        && (!(2..=NEWEST.1).contains(&level.1) || level.0 != NEWEST.0)
    {
        return Err(unsupported("add"));
    }
    let mut body = generic::draft(site, call);
    prepare(&mut body);
    let made = generic::put(site, call, None, body);
    equip(site, made, None);
    Ok(made)
}

/// What the engine fills in.
pub fn prepare(body: &mut Element) {
    tree::drop_child(body, "mac_pool");
    tree::drop_child(body, "storage_format");
    tree::default(body, "quota_mode", "disabled");
    if body.child("version").is_none() {
        body.push(common::version_element("version", NEWEST));
    }
    tree::set(body, "status", "uninitialized");
    let mut versions = Element::new("supported_versions");
    for minor in 2..=NEWEST.1 {
        versions.push(common::version_element("version", (4, minor)));
    }
    tree::put(body, versions);
}

/// Adds what comes with every data center; a fresh engine's ids for it can be given.
pub fn equip(site: &mut Site, data_center: Handle, ids: Option<(&str, &str)>) {
    let mut quota = Element::new("quota").with(Element::leaf("name", "Default"));
    kinds::quota::fill(&mut quota);
    tree::refer(&mut quota, "data_center", site.id(data_center));
    let quota = site.add_fresh("quotas", Some(data_center), quota);
    kinds::quota::unlimited(site, quota);
    let mut body = Element::new("network").with(Element::leaf("name", "ovirtmgmt"));
    tree::refer(&mut body, "data_center", site.id(data_center));
    tree::set(&mut body, "description", "Management Network");
    let id = ids.map_or_else(|| site.fresh_id(), |(network, _)| network.to_owned());
    network::prepare(&id, &mut body);
    let made = site.add("networks", None, id, body);
    network::add_profile(site, made, ids.map(|(_, profile)| profile.to_owned()), true);
}

fn is_taken(site: &Site, name: &str, except: Option<Handle>) -> bool {
    // Names of data centers are told apart by case.
    common::taken(site, "data_centers", name, except, |it| site.name(it) == name)
}

/// Updates a data center.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(name) = common::new_name(site, call, target)
        && is_taken(site, name, Some(target))
    {
        return Err(Fault::conflict(format!("Cannot edit Data Center. {NAME_IN_USE}")));
    }
    let clusters = site.users("clusters", "data_center", target);
    if let Some(level) = common::version(&call.body, "version") {
        check_level(site, target, level, &clusters)?;
    }
    check_local(site, call, target, &clusters)?;
    if let Some(pool) = call.id_at("mac_pool") {
        let known = site
            .top("mac_pools", pool)
            .ok_or_else(|| Fault::bad("Cannot edit Data Center. MAC Pool does not exist."))?;
        kinds::mac_pool::check_migration(site, &clusters, known)?;
        for cluster in clusters {
            site.edit(cluster, |body| tree::refer(body, "mac_pool", pool));
        }
    }
    let format = site.body(target).child("storage_format").cloned();
    generic::update(site, call, target)?;
    site.edit(target, |body| {
        tree::drop_child(body, "mac_pool");
        tree::drop_child(body, "storage_format");
        body.children_mut().extend(format);
    });
    Ok(())
}

fn check_level(
    site: &Site,
    target: Handle,
    level: (i64, i64),
    clusters: &[Handle],
) -> Result<(), Fault> {
    let now = common::version(site.body(target), "version").unwrap_or(NEWEST);
    if !(2..=NEWEST.1).contains(&level.1) || level.0 != NEWEST.0 {
        return Err(unsupported("edit"));
    }
    let below: Vec<Handle> = clusters
        .iter()
        .copied()
        .filter(|it| common::version(site.body(*it), "version").is_some_and(|it| it < level))
        .collect();
    if !below.is_empty() {
        return Err(Fault::bad(format!(
            "Cannot update Data Center compatibility version to a value that is greater than its cluster's version. The following clusters should be upgraded: {}.",
            common::names(site, &below)
        )));
    }
    let suspended: Vec<Handle> = clusters
        .iter()
        .flat_map(|it| site.users("vms", "cluster", *it))
        .filter(|vm| site.status(*vm) == "suspended")
        .collect();
    if level > now && !suspended.is_empty() {
        return Err(Fault::conflict(format!(
            "Update failed: The data center compatibility version cannot be updated. Please resume/power-off the following VMs before updating the data center: {}.",
            common::names(site, &suspended)
        )));
    }
    if level < now { check_downgrade(site, target, level) } else { Ok(()) }
}

fn unsupported(action: &str) -> Fault {
    Fault::bad(format!(
        "Cannot {action} Data Center. Selected Compatibility Version is not supported."
    ))
}

/// Storage keeps its format, and networks may need what an older level lacks.
fn check_downgrade(site: &Site, target: Handle, level: (i64, i64)) -> Result<(), Fault> {
    let too_new: Vec<Handle> = site
        .children(target, "attached_storage_domains")
        .into_iter()
        .filter_map(|it| site.top("storage_domains", site.id(it)))
        .filter(|it| level < (4, 3) && site.text(*it, "storage_format") == "v5")
        .collect();
    if !too_new.is_empty() {
        return Err(Fault::bad(format!(
            "Cannot edit Data Center. This action will cause storage format downgrading which is not supported. The following storage domains cannot be downgraded: {}.",
            common::names(site, &too_new)
        )));
    }
    if site.users("networks", "data_center", target).len() > 1 {
        return Err(Fault::bad("Cannot decrease data center compatibility version."));
    }
    Ok(())
}

fn check_local(site: &Site, call: &Call, target: Handle, clusters: &[Handle]) -> Result<(), Fault> {
    let was = tree::flag(site.body(target), "local").unwrap_or(false);
    match call.flag("local") {
        Some(true) if !was => {
            let hosts: usize =
                clusters.iter().map(|it| site.users("hosts", "cluster", *it).len()).sum();
            if clusters.len() > 1 {
                return Err(Fault::bad(
                    "Cannot add more than one Cluster to a Data Center with \"Local Storage\".",
                ));
            }
            if hosts > 1 {
                return Err(Fault::bad(
                    "Cannot add more than one Host to \"Local Storage\" Data Center",
                ));
            }
            if clusters.iter().any(|it| site.name(*it) == "Default") {
                return Err(Fault::conflict(
                    "Default Cluster cannot be moved to the Data Center that has local Storage.",
                ));
            }
        }
        Some(false) if was => {
            let local = site.children(target, "attached_storage_domains").into_iter().any(|it| {
                site.top("storage_domains", site.id(it))
                    .is_some_and(|it| site.text(it, "storage/type") == "localfs")
            });
            if local {
                return Err(Fault::conflict(
                    "Cannot change Data Center type to shared while local Storage Domains are still attached to it.\n-Please detach all local Storage Domains and retry.",
                ));
            }
        }
        _ => {}
    }
    Ok(())
}

/// Removes a data center with its networks, profiles, quotas and QoS; clusters stay behind.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let domains = site.children(target, "attached_storage_domains");
    if call.query.flag("force") == Some(true) {
        check_forced(site, target)?;
        for domain in domains {
            if let Some(whole) = site.top("storage_domains", site.id(domain)) {
                storage_domain::forget(site, whole);
            }
        }
    } else {
        check_removal(site, target, &domains)?;
        for domain in domains {
            storage_domain::detached(site, domain);
        }
    }
    for network in site.users("networks", "data_center", target) {
        network::forget(site, network);
    }
    for cluster in site.users("clusters", "data_center", target) {
        cluster_network::forget_all(site, cluster);
        site.edit(cluster, |body| tree::drop_child(body, "data_center"));
    }
    site.store.remove(target);
    Ok(())
}

fn check_removal(site: &Site, target: Handle, domains: &[Handle]) -> Result<(), Fault> {
    if site.status(target) == "up" {
        return Err(Fault::conflict("Cannot remove an active Data Center."));
    }
    if domains.iter().any(|it| site.status(*it) != "maintenance") {
        return Err(Fault::conflict(
            "Cannot remove Data Center which contains Storage Domains that are not in Maintenance status.\n-Please deactivate all domains and wait for tasks to finish before removing the Data Center.",
        ));
    }
    if domains.iter().any(|it| site.text(*it, "master") != "true") {
        return Err(Fault::conflict(
            "Cannot remove Data Center when more than one Storage Domain is attached.",
        ));
    }
    if site.status(target) != "uninitialized" && !common::has_up_host(site, target) {
        return Err(Fault::conflict(
            "Cannot remove Data Center. There is no active Host in the Data Center.",
        ));
    }
    Ok(())
}

fn check_forced(site: &Site, target: Handle) -> Result<(), Fault> {
    let busy = site
        .users("clusters", "data_center", target)
        .into_iter()
        .flat_map(|cluster| site.users("hosts", "cluster", cluster))
        .any(|host| site.status(host) != "maintenance");
    if busy {
        return Err(Fault::conflict(
            "Cannot remove Data Center while there are Hosts that are not in Maintenance mode.",
        ));
    }
    Ok(())
}
