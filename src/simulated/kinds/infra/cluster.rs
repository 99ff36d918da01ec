//! Clusters.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{cluster_network, common, data_center, generic};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about clusters.
pub const RULES: Rules =
    Rules::of("clusters").add(add).update(update).remove(remove).shown(shown).by_name(&[
        ("data_center", "data_centers", "Datacenter"),
        ("scheduling_policy", "scheduling_policies", "SchedulingPolicy"),
        ("management_network", "networks", "Network"),
    ]);

/// The scheduling policy `none`.
pub const NO_POLICY: &str = "b4ed2332-a7ac-4d5f-9596-99a439cb2812";
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
    let management = management_network(site, call, data_center)?;
    prepare(site, &mut body, data_center);
    let made = generic::put(site, call, None, body);
    equip(site, made, management, None);
    Ok(made)
}

fn check_name(site: &Site, name: &str, except: Option<Handle>, action: &str) -> Result<(), Fault> {
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
    if level < floor {
        return Err(Fault::bad(
            "Cannot add Cluster with Compatibility Version that is lower than the Data Center Compatibility Version.\n-Please upgrade your Cluster to a later Compatibility version first.",
        ));
    }
    let local = tree::flag(site.body(data_center), "local") == Some(true);
    if local && !site.users("clusters", "data_center", data_center).is_empty() {
        return Err(Fault::conflict(
            "Cannot add more than one Cluster to a \"Local Storage\" Data Center",
        ));
    }
    if tree::flag(body, "virt_service") == Some(false)
        && tree::flag(body, "gluster_service") != Some(true)
    {
        return Err(Fault::bad(
            "Cannot add Cluster. At least one service should be enabled for the Cluster.",
        ));
    }
    Ok(())
}

/// Finds the network that a new cluster is managed through.
fn management_network(site: &Site, call: &Call, data_center: Handle) -> Result<Handle, Fault> {
    let networks = site.users("networks", "data_center", data_center);
    if let Some(wanted) = call.id_at("management_network") {
        return networks.into_iter().find(|it| site.id(*it) == wanted).ok_or_else(|| {
            Fault::bad("Cannot add Cluster. Network belongs to a different data-center.")
        });
    }
    let named = networks.iter().copied().find(|it| site.name(*it) == "ovirtmgmt");
    named.or_else(|| (networks.len() == 1).then(|| networks[0])).ok_or_else(|| {
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
        fit_cpu(body);
    } else {
        tree::drop_at(body, "cpu/type");
    }
    require_urandom(body);
}

fn require_urandom(body: &mut Element) {
    let mut sources = Element::new("required_rng_sources");
    let given = body.child("required_rng_sources");
    let hwrng = given.is_some_and(|it| it.children().iter().any(|it| it.text() == "hwrng"));
    if hwrng {
        sources.push(Element::leaf("required_rng_source", "hwrng"));
    }
    sources.push(Element::leaf("required_rng_source", "urandom"));
    tree::put(body, sources);
}

/// Derives architecture and firmware from the CPU type.
pub fn fit_cpu(body: &mut Element) {
    let cpu = body.text_at("cpu/type").unwrap_or_default();
    let (architecture, firmware) = match cpu {
        it if it.contains("POWER") => ("ppc64", "i440fx_sea_bios"),
        it if it.starts_with("IBM z") => ("s390x", "i440fx_sea_bios"),
        _ if common::version(body, "version") >= Some((4, 7)) => ("x86_64", "q35_ovmf"),
        _ => ("x86_64", "q35_sea_bios"),
    };
    tree::set(body, "cpu/architecture", architecture);
    tree::default(body, "bios_type", firmware);
}

/// Adds what comes with every cluster.
pub fn equip(site: &mut Site, cluster: Handle, management: Handle, profile_id: Option<&str>) {
    cluster_network::assign_management(site, cluster, management);
    let name = site.name(cluster).to_owned();
    let mut profile = Element::new("cpu_profile").with(Element::leaf("name", name));
    tree::refer(&mut profile, "cluster", site.id(cluster));
    let id = profile_id.map_or_else(|| site.fresh_id(), str::to_owned);
    site.add("cpu_profiles", None, id, profile);
}

/// Updates a cluster.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, Some(target), "update")?;
    }
    let joins =
        site.reference(target, "data_center").is_none() && call.id_at("data_center").is_some();
    if common::moves(site, call, target, "data_center") && !joins {
        return Err(Fault::conflict(
            "Cannot change Data Center association when editing a Cluster.",
        ));
    }
    check_cpu(site, call, target)?;
    check_level(site, call, target)?;
    let data_center = call.id_at("data_center").and_then(|id| site.top("data_centers", id));
    let old_policy = site.reference(target, "scheduling_policy").unwrap_or(NO_POLICY).to_owned();
    generic::update(site, call, target)?;
    let known = site.refers(target, "scheduling_policy", "scheduling_policies").is_some();
    site.edit(target, |body| {
        tree::drop_child(body, "management_network");
        if !known {
            let policy = if call.body.child("scheduling_policy").is_some() {
                NO_POLICY.to_owned()
            } else {
                old_policy
            };
            tree::refer(body, "scheduling_policy", policy);
        }
        if call.text("cpu/type").is_some_and(|cpu| !cpu.is_empty()) {
            fit_cpu(body);
        }
        require_urandom(body);
    });
    if joins && let Some(data_center) = data_center {
        let management = management_network(site, call, data_center)?;
        cluster_network::assign_management(site, target, management);
    }
    Ok(())
}

fn check_cpu(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let Some(wanted) = call.text("cpu/type") else { return Ok(()) };
    let now = site.text(target, "cpu/type");
    let hosts = site.users("hosts", "cluster", target);
    if wanted.is_empty() && !now.is_empty() && (!hosts.is_empty() || has_vms(site, target)) {
        return Err(Fault::conflict(
            "Cannot change Cluster CPU Type to Auto Detect when there are VMs or hosts in the cluster.",
        ));
    }
    let vendor = |cpu: &str| cpu.trim_start_matches("Secure ").split(' ').next().map(str::to_owned);
    let other_vendor = !now.is_empty() && !wanted.is_empty() && vendor(now) != vendor(wanted);
    if other_vendor && hosts.iter().any(|it| site.status(*it) != "maintenance") {
        return Err(Fault::conflict(
            "Cannot change Cluster CPU type unless all Hosts attached to this Cluster are in Maintenance.",
        ));
    }
    Ok(())
}

fn has_vms(site: &Site, cluster: Handle) -> bool {
    !site.users("vms", "cluster", cluster).is_empty()
}

fn check_level(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let Some(wanted) = common::version(&call.body, "version") else { return Ok(()) };
    let now = common::version(site.body(target), "version").unwrap_or(data_center::NEWEST);
    if wanted >= now {
        return Ok(());
    }
    if !site.users("hosts", "cluster", target).is_empty() {
        return Err(Fault::bad(
            "Cluster compatibility version can't be decreased if there are hosts in the Cluster.",
        ));
    }
    let floor = common::data_center_of(site, target)
        .and_then(|it| common::version(site.body(it), "version"));
    if floor.is_some_and(|floor| wanted < floor) {
        return Err(Fault::bad(
            "Cannot change Cluster Compatibility Version to a version that is lower than the Data Center Compatibility Version.",
        ));
    }
    Ok(())
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
            "Cannot remove Cluster. One or more VMs are still running on this Cluster.",
        ));
    }
    if in_use("templates") {
        return Err(Fault::conflict(
            "Cannot remove Cluster. One or more Template(s) are still associated with this Cluster.",
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
