//! Whether the rules of affinity groups can all be kept, and which hosts they leave to a machine.

use std::collections::BTreeSet;

use crate::simulated::fault::Fault;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

/// A group, as far as its rules go.
struct Group {
    name: String,
    vms: BTreeSet<String>,
    hosts: BTreeSet<String>,
    vms_rule: Option<bool>,
    /// Whether that is enforced.
    vms_bound: bool,
    /// Whether machines and hosts belong together, if that is enforced.
    hosts_rule: Option<bool>,
}

/// Refuses the groups of a cluster if some of their rules exclude each other.
pub fn check(site: &Site, cluster: Handle) -> Result<(), Fault> {
    let groups = site.children(cluster, "affinity_groups");
    let groups: Vec<Group> = groups.into_iter().map(|it| read(site, it)).collect();
    check_machines(site, &groups)?;
    check_hosts(&groups)
}

fn read(site: &Site, group: Handle) -> Group {
    let members = |own, labels, label_members| {
        let mut ids: BTreeSet<String> =
            site.children(group, own).into_iter().map(|it| site.id(it).to_owned()).collect();
        for label in site.children(group, labels) {
            let label = site.top("affinity_labels", site.id(label));
            let bearers = label.map(|it| site.children(it, label_members)).unwrap_or_default();
            ids.extend(bearers.into_iter().map(|it| site.id(it).to_owned()));
        }
        ids
    };
    let says = |path: &str| site.text(group, path) == "true";
    Group {
        name: site.name(group).to_owned(),
        vms: members("affinity_group_vms", "affinity_group_vm_labels", "affinity_label_vms"),
        hosts: members(
            "affinity_group_hosts",
            "affinity_group_host_labels",
            "affinity_label_hosts",
        ),
        vms_rule: says("vms_rule/enabled").then(|| says("vms_rule/positive")),
        vms_bound: says("vms_rule/enforcing"),
        hosts_rule: (says("hosts_rule/enabled") && says("hosts_rule/enforcing"))
            .then(|| says("hosts_rule/positive")),
    }
}

/// The filter of the scheduler that keeps a machine off a host for what its groups enforce, and
/// why. The engine itself tears machines apart to empty a host; then `alone` is true.
pub fn obstacle(
    site: &Site,
    vm: Handle,
    host: Handle,
    alone: bool,
) -> Option<(&'static str, &'static str)> {
    // The engine has not learnt to tell the names of the rules.
    const TOGETHER: &str = "it did not match positive affinity rules ";
    const APART: &str = "it matched negative affinity rules ";
    let cluster = site.refers(host, "cluster", "clusters")?;
    let groups = site.children(cluster, "affinity_groups").into_iter().map(|it| read(site, it));
    let own: Vec<Group> = groups.filter(|it| it.vms.contains(site.id(vm))).collect();
    let with = |positive| own.iter().filter(move |it| it.hosts_rule == Some(positive));
    let names = |it: &Group| it.hosts.contains(site.id(host));
    if with(true).any(|it| !names(it)) {
        return Some(("VmToHostsAffinityGroups", TOGETHER));
    }
    if with(false).any(names) {
        return Some(("VmToHostsAffinityGroups", APART));
    }
    if alone {
        return None;
    }
    let places = |positive| -> BTreeSet<&str> {
        own.iter()
            .filter(|it| it.vms_bound && it.vms_rule == Some(positive))
            .flat_map(|it| it.vms.iter())
            .filter(|id| *id != site.id(vm))
            .filter_map(|id| site.reference(site.top("vms", id)?, "host"))
            .collect()
    };
    let (near, far) = (places(true), places(false));
    if !near.is_empty() && !near.contains(site.id(host)) {
        return Some(("VmAffinityGroups", TOGETHER));
    }
    far.contains(site.id(host)).then_some(("VmAffinityGroups", APART))
}

/// Machines that belong together must not have to stay apart.
fn check_machines(site: &Site, groups: &[Group]) -> Result<(), Fault> {
    let together = unified(groups);
    for apart in groups.iter().filter(|it| it.vms_rule == Some(false)) {
        for unit in &together {
            let both: Vec<&String> = unit.intersection(&apart.vms).collect();
            if both.len() > 1 {
                let names = |ids: &mut dyn Iterator<Item = &String>| {
                    let names = ids.filter_map(|id| site.top("vms", id)).map(|it| site.name(it));
                    names.collect::<Vec<_>>().join(", ")
                };
                return Err(Fault::conflict(format!(
                    "Affinity Group collision detected in unified affinity group of VMs:\n{}\n and negative affinity group:\n{} \n with VMs:\n {}",
                    names(&mut unit.iter()),
                    apart.name,
                    names(&mut both.into_iter())
                )));
            }
        }
    }
    Ok(())
}

/// The machines that belong together: positive groups that share one are one.
fn unified(groups: &[Group]) -> Vec<BTreeSet<String>> {
    let mut units: Vec<BTreeSet<String>> = Vec::new();
    for group in groups.iter().filter(|it| it.vms_rule == Some(true)) {
        let mut unit = group.vms.clone();
        units.retain(|other| {
            let apart = other.is_disjoint(&unit);
            if !apart {
                unit.extend(other.iter().cloned());
            }
            apart
        });
        units.push(unit);
    }
    units
}

/// A machine must not have to be on a host and off it.
fn check_hosts(groups: &[Group]) -> Result<(), Fault> {
    let with = |positive| groups.iter().filter(move |it| it.hosts_rule == Some(positive));
    let collides = with(true).any(|on| {
        with(false).any(|off| !on.vms.is_disjoint(&off.vms) && !on.hosts.is_disjoint(&off.hosts))
    });
    if collides {
        return Err(Fault::conflict(
            "The following affinity groups, containing the indicated hosts and VMs, have VM to host conflicts between positive and negative enforcing affinity groups.",
        ));
    }
    Ok(())
}
