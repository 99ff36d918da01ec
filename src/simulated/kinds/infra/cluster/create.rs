//! Adding clusters.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{
    cluster_network, common, data_center, generic, hook, network_provider,
};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::{NO_POLICY, cpu, equip};

const DEFAULT_MAC_POOL: &str = "58ca604b-017d-0374-0220-00000000014e";

/// Adds a cluster with its management network and its CPU profile.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = common::name(call, "cluster")?.to_owned();
    let mut body = generic::draft(site, call);
    let data_center = tree::id_at(&body, "data_center")
        .ok_or_else(|| Fault::either("cluster.data_center.id", "cluster.data_center.name"))?;
    let data_center = site
        .top("data_centers", data_center)
        .ok_or_else(|| Fault::bad("Data Center doesn't exist."))?;
    check_name(site, &name, None, "add")?;
    check_level_and_place(site, &body, data_center)?;
    check_services(&body)?;
    let management = management_network(site, call, data_center)?;
    prepare(site, &mut body, data_center);
    let made = generic::put(site, call, None, body);
    equip(site, made, management, None);
    network_provider::assign(site, call, made);
    hook::discover(site, made);
    Ok(made)
}

/// Refuses a name that another cluster has, in any case.
pub fn check_name(
    site: &Site,
    name: &str,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    if common::taken(site, "clusters", name, except, |_| true) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Cluster. Cluster name is already in use."
        )));
    }
    Ok(())
}

fn check_level_and_place(site: &Site, body: &Element, data_center: Handle) -> Result<(), Fault> {
    let floor = common::version(site.body(data_center), "version").unwrap_or(data_center::NEWEST);
    let level = common::version(body, "version").unwrap_or(floor);
    check_known_level(level, "add")?;
    if level < floor {
        return Err(Fault::bad(
            "Cannot add Cluster with Compatibility Version that is lower than the Data Center Compatibility Version.\n-Please upgrade your Cluster to a later Compatibility version first.",
        ));
    }
    let local = tree::flag(site.body(data_center), "local") == Some(true);
    if local && !site.users("clusters", "data_center", data_center).is_empty() {
        return Err(Fault::bad(
            "Cannot add more than one Cluster to a Data Center with \"Local Storage\".",
        ));
    }
    cpu::check_known(site, body, level, "add")
}

/// Refuses a level that the engine does not have.
pub fn check_known_level(level: (i64, i64), action: &str) -> Result<(), Fault> {
    if level.0 == data_center::NEWEST.0 && (2..=data_center::NEWEST.1).contains(&level.1) {
        return Ok(());
    }
    Err(Fault::bad(format!(
        "Cannot {action} Cluster. Selected Compatibility Version is not supported."
    )))
}

/// What a cluster must have whenever it is added or changed.
pub fn check_services(body: &Element) -> Result<(), Fault> {
    let on = |path: &str| tree::flag(body, path) == Some(true);
    if tree::flag(body, "virt_service") == Some(false) && !on("gluster_service") {
        return Err(Fault::bad(
            "At least one service [virt / gluster] must be enabled on the cluster.",
        ));
    }
    if on("trusted_service") {
        return Err(Fault::bad("Attestation server should be configured correctly."));
    }
    let percent = tree::number(body, "memory_policy/over_commit/percent").unwrap_or(100);
    let off = |path: &str| tree::flag(body, path) == Some(false);
    if percent > 100 && off("ksm/enabled") && off("ballooning_enabled") {
        return Err(Fault::conflict(
            "KSM or ballooning must be enabled to allow memory optimization.",
        ));
    }
    Ok(())
}

/// Finds the network that a new cluster is managed through.
pub fn management_network(site: &Site, call: &Call, data_center: Handle) -> Result<Handle, Fault> {
    let networks = site.users("networks", "data_center", data_center);
    if let Some(wanted) = call.id_at("management_network") {
        let found = networks.into_iter().find(|it| site.id(*it) == wanted).ok_or_else(|| {
            Fault::bad("Cannot add Cluster. Network belongs to a different data-center.")
        })?;
        if site.body(found).child("external_provider").is_some() {
            return Err(Fault::bad(
                "Cannot add Cluster. Management network has to be not external one.",
            ));
        }
        return Ok(found);
    }
    let named = networks.iter().copied().find(|it| site.name(*it) == "ovirtmgmt");
    let mut used: Vec<Handle> = site
        .users("clusters", "data_center", data_center)
        .into_iter()
        .filter_map(|it| cluster_network::management(site, it))
        .collect();
    used.sort_unstable();
    used.dedup();
    let only = |all: &[Handle]| (all.len() == 1).then(|| all[0]);
    named.or_else(|| only(&networks)).or_else(|| only(&used)).ok_or_else(|| {
        Fault::bad(
            "Cannot add Cluster. No single suitable network was found to serve as the management network.",
        )
    })
}

/// What the engine fills in.
pub fn prepare(site: &Site, body: &mut Element, data_center: Handle) {
    if body.child("version").is_none() {
        let level = common::version(site.body(data_center), "version");
        body.push(common::version_element("version", level.unwrap_or(data_center::NEWEST)));
    }
    let policy = tree::id_at(body, "scheduling_policy")
        .filter(|id| site.top("scheduling_policies", id).is_some());
    // A policy that does not exist is replaced without a word.
    let policy = policy.unwrap_or(NO_POLICY).to_owned();
    tree::refer(body, "scheduling_policy", policy);
    if tree::id_at(body, "mac_pool").is_none() {
        tree::refer(body, "mac_pool", DEFAULT_MAC_POOL);
    }
    tree::drop_child(body, "management_network");
    for (path, value) in [
        ("switch_type", "legacy"),
        ("firewall_type", "firewalld"),
        ("virt_service", "true"),
        ("gluster_service", "false"),
        ("trusted_service", "false"),
        ("threads_as_cores", "false"),
        ("tunnel_migration", "false"),
        ("ha_reservation", "false"),
        ("ballooning_enabled", "true"),
        ("vnc_encryption", "true"),
        ("fips_mode", "undefined"),
        ("error_handling/on_error", "migrate"),
        ("ksm/enabled", "true"),
        ("ksm/merge_across_nodes", "true"),
        ("memory_policy/over_commit/percent", "100"),
        ("memory_policy/transparent_hugepages/enabled", "true"),
        ("migration/auto_converge", "inherit"),
        ("migration/compressed", "inherit"),
        ("migration/encrypted", "inherit"),
        ("migration/bandwidth/assignment_method", "auto"),
        ("fencing_policy/enabled", "true"),
        ("fencing_policy/skip_if_connectivity_broken/enabled", "false"),
        ("fencing_policy/skip_if_connectivity_broken/threshold", "50"),
        ("fencing_policy/skip_if_sd_active/enabled", "false"),
        ("log_max_memory_used_threshold", "95"),
        ("log_max_memory_used_threshold_type", "percentage"),
        ("cpu/architecture", "undefined"),
        ("upgrade_in_progress", "false"),
        ("upgrade_percent_complete", "0"),
    ] {
        tree::default(body, path, value);
    }
    let typed = body.text_at("cpu/type").is_some_and(|cpu| !cpu.is_empty());
    if typed {
        cpu::fit(body);
    } else {
        tree::drop_at(body, "cpu/type");
    }
    require_urandom(body);
}

/// Every cluster requires `urandom`; `hwrng` may be added.
pub fn require_urandom(body: &mut Element) {
    let mut sources = Element::new("required_rng_sources");
    let given = body.child("required_rng_sources");
    let hwrng = given.is_some_and(|it| it.children().iter().any(|it| it.text() == "hwrng"));
    if hwrng {
        sources.push(Element::leaf("required_rng_source", "hwrng"));
    }
    sources.push(Element::leaf("required_rng_source", "urandom"));
    tree::put(body, sources);
}
