//! Which host runs a machine.

use crate::simulated::fault::Fault;
use crate::simulated::kinds::hosts::networking;
use crate::simulated::kinds::{affinity_rules, cluster_network, nic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const MIB: i64 = 1 << 20;

/// What is asked of the host for a machine.
#[derive(Default)]
pub struct Wish {
    /// The cluster, if it is not the machine's.
    pub cluster: Option<Handle>,
    /// The only hosts that will do; any if there are none.
    pub hosts: Vec<String>,
    /// A host that will not do.
    pub except: Option<Handle>,
    /// Whether it goes wherever the machines are that it belongs to.
    pub alone: bool,
}

/// Finds the host that runs the fewest machines among those that can run a machine.
pub fn choose(site: &Site, vm: Handle, doing: &str, wish: &Wish) -> Result<Handle, Fault> {
    let own = || site.refers(vm, "cluster", "clusters");
    let cluster = wish.cluster.or_else(own).ok_or_else(Fault::nowhere)?;
    let candidates: Vec<Handle> = site
        .users("hosts", "cluster", cluster)
        .into_iter()
        .filter(|it| site.status(*it) == "up" && Some(*it) != wish.except)
        .filter(|it| wish.hosts.is_empty() || wish.hosts.iter().any(|id| id == site.id(*it)))
        .collect();
    let refused = |reasons: &str| {
        Fault::conflict(format!(
            "{doing}. There is no host that satisfies current scheduling constraints. See below for details:, {reasons}"
        ))
    };
    if candidates.is_empty() {
        return Err(refused(
            "There are no hosts to use. Check that the cluster contains at least one host in Up state.",
        ));
    }
    let judged = candidates.iter().map(|it| (*it, obstacle(site, vm, *it, wish.alone)));
    let (fit, unfit): (Vec<_>, Vec<_>) = judged.partition(|(_, obstacle)| obstacle.is_none());
    let running = |host: &Handle| site.store.referring("vms", "host", site.id(*host)).count();
    if let Some(host) = fit.into_iter().map(|(host, _)| host).min_by_key(running) {
        return Ok(host);
    }
    let reasons = unfit.into_iter().filter_map(|(host, obstacle)| {
        let (filter, because) = obstacle?;
        let name = site.name(host);
        Some(format!("The host {name} did not satisfy internal filter {filter} because {because}."))
    });
    Err(refused(&reasons.collect::<Vec<_>>().join(", ")))
}

/// The filter that a host does not pass, and why.
fn obstacle(site: &Site, vm: Handle, host: Handle, alone: bool) -> Option<(&'static str, String)> {
    let pins = pins(site, vm);
    if !pins.is_empty() && !pins.iter().any(|it| *it == site.id(host)) {
        return Some(("PinToHost", "the host is not present in the pinning list".to_owned()));
    }
    let free = free_memory(site, host);
    if free < guaranteed(site, vm) {
        let free = free / MIB;
        let because = format!("its available memory is too low ({free} MB) to run the VM");
        return Some(("Memory", because));
    }
    if let Some(because) = network_obstacle(site, vm, host) {
        return Some(("Network", because));
    }
    let (filter, because) = affinity_rules::obstacle(site, vm, host, alone)?;
    Some((filter, because.to_owned()))
}

/// What a host lacks of the networks of a machine's plugged NICs and of its cluster's consoles.
fn network_obstacle(site: &Site, vm: Handle, host: Handle) -> Option<String> {
    let lacks = |it: &Handle| !networking::carries(site, host, *it);
    let plugged = |it: &Handle| site.text(*it, "plugged") == "true";
    let nics = site.store.children(vm, "vm_nics").filter(plugged);
    let missing: Vec<&str> = nics
        .filter_map(|it| nic::needed_network(site, site.body(it)))
        .filter(lacks)
        .map(|it| site.name(it))
        .collect();
    if !missing.is_empty() {
        return Some(format!("network(s) {} are missing", missing.join(", ")));
    }
    let cluster = site.refers(host, "cluster", "clusters")?;
    let display = cluster_network::display(site, cluster).filter(lacks)?;
    Some(format!("display network {} was missing", site.name(display)))
}

/// The hosts that a machine may run on; any if there are none.
pub fn pins(site: &Site, vm: Handle) -> Vec<&str> {
    let hosts = site.body(vm).at("placement_policy/hosts").map(Element::children);
    hosts.unwrap_or_default().iter().filter_map(Element::id).collect()
}

fn guaranteed(site: &Site, vm: Handle) -> i64 {
    let body = site.body(vm);
    tree::number(body, "memory_policy/guaranteed")
        .or_else(|| tree::number(body, "memory"))
        .unwrap_or(0)
}

fn free_memory(site: &Site, host: Handle) -> i64 {
    let body = site.body(host);
    let whole = tree::number(body, "max_scheduling_memory").unwrap_or(0);
    let running = site.store.referring("vms", "host", site.id(host));
    whole - running.map(|it| guaranteed(site, it)).sum::<i64>()
}
