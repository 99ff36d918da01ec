//! The virtual NUMA nodes of machines.

use std::collections::BTreeSet;

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{generic, vm};
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about virtual NUMA nodes.
pub const RULES: Rules = Rules::of(KIND).add(add).update(update).remove(remove);

const KIND: &str = "vm_numa_nodes";

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let vm = call.owner()?;
    for what in ["index", "memory", "cpu"] {
        if call.body.child(what).is_none() {
            return Err(Fault::incomplete("VirtualNumaNode", what, "add"));
        }
    }
    let mut body = generic::draft(site, call);
    tree::default(&mut body, "numa_tune_mode", "interleave");
    tree::refer(&mut body, "vm", site.id(vm));
    check(site, vm, site.body(vm), nodes(site, vm, None, Some(&body)))?;
    Ok(generic::put(site, call, None, body))
}

fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let vm = site.parent(target).ok_or_else(Fault::nowhere)?;
    let mut wanted = site.body(target).clone();
    merge::merge(&mut wanted, &call.body, "virtual_numa_node", true);
    check(site, vm, site.body(vm), nodes(site, vm, Some(target), Some(&wanted)))?;
    generic::update(site, call, target)
}

fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let vm = site.parent(target).ok_or_else(Fault::nowhere)?;
    check(site, vm, site.body(vm), nodes(site, vm, Some(target), None))?;
    generic::remove(site, call, target)
}

/// The nodes of a machine, one of them replaced, one more or one less.
fn nodes<'a>(
    site: &'a Site,
    vm: Handle,
    except: Option<Handle>,
    more: Option<&'a Element>,
) -> Vec<&'a Element> {
    let kept = site.children(vm, KIND).into_iter().filter(|it| Some(*it) != except);
    kept.map(|it| site.body(it)).chain(more).collect()
}

/// The nodes of a machine have to fit what it is to become.
pub fn check_machine(site: &Site, vm: Handle, wanted: &Element) -> Result<(), Fault> {
    check(site, vm, wanted, nodes(site, vm, None, None))
}

/// Whether nodes fit each other, and a machine that is as a document says.
fn check(site: &Site, vm: Handle, machine: &Element, nodes: Vec<&Element>) -> Result<(), Fault> {
    check_preferred(&nodes)?;
    check_count(machine, nodes.len())?;
    check_indices(&nodes)?;
    check_processors(machine, &nodes)?;
    check_memory(machine, &nodes)?;
    if nodes.iter().any(|it| pins(it) > 0) && vm::pins(site, vm).is_empty() {
        return Err(Fault::conflict("Cannot edit VM. VM must be pinned to at least one host."));
    }
    Ok(())
}

/// To how many nodes of a host a node is pinned.
fn pins(node: &Element) -> usize {
    node.child("numa_node_pins").map_or(0, |it| it.children().len())
}

fn check_preferred(nodes: &[&Element]) -> Result<(), Fault> {
    let preferred = nodes.iter().any(|it| it.text_at("numa_tune_mode") == Some("preferred"));
    if preferred && !matches!(nodes, [one] if pins(one) == 1) {
        return Err(Fault::bad(
            "Preferred NUMA tune mode is allowed for a single pinned Virtual NUMA Node.",
        ));
    }
    Ok(())
}

fn processors(machine: &Element) -> i64 {
    let count = |name: &str| tree::number(machine, &format!("cpu/topology/{name}")).unwrap_or(1);
    count("sockets") * count("cores") * count("threads")
}

fn check_count(machine: &Element, nodes: usize) -> Result<(), Fault> {
    let all = processors(machine);
    if i64::try_from(nodes).unwrap_or(i64::MAX) <= all {
        return Ok(());
    }
    Err(Fault::bad(format!(
        "Cannot edit VM. Assigned {nodes} NUMA nodes for {all} CPU cores. Cannot assign more NUMA nodes than CPU cores."
    )))
}

fn check_indices(nodes: &[&Element]) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    for index in nodes.iter().filter_map(|it| tree::number(it, "index")) {
        if !seen.insert(index) {
            return Err(Fault::bad(format!("NUMA node with index {index} exists at least twice.")));
        }
    }
    let count = i64::try_from(seen.len()).unwrap_or(i64::MAX);
    let missing: Vec<String> =
        (0..count).filter(|it| !seen.contains(it)).map(|it| it.to_string()).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Fault::bad(format!(
        "Expected a continuous sequence of 0-{} for {count} numa nodes. Missing indices [{}]. Assign indices with increasing order starting from 0 to your virtual numa nodes.",
        count - 1,
        missing.join(", ")
    )))
}

fn check_memory(machine: &Element, nodes: &[&Element]) -> Result<(), Fault> {
    let whole = tree::number(machine, "memory").unwrap_or(0) >> 20;
    let sum: i64 = nodes.iter().filter_map(|it| tree::number(it, "memory")).sum();
    if sum > whole {
        return Err(Fault::bad(format!(
            "The NUMA nodes' total memory of {sum} exceeds the VM's total memory of {whole}."
        )));
    }
    let page = vm::huge_page(machine).unwrap_or(1);
    let torn = |it: &&Element| (tree::number(it, "memory").unwrap_or(0) << 10) % page != 0;
    if nodes.iter().any(torn) {
        return Err(Fault::bad(
            "Memory size of each numa node must be a multiple of hugepage size.",
        ));
    }
    Ok(())
}

fn check_processors(machine: &Element, nodes: &[&Element]) -> Result<(), Fault> {
    let all = processors(machine);
    let mut seen = BTreeSet::new();
    for node in nodes {
        let cores = node.at("cpu/cores").map(Element::children).unwrap_or_default();
        for index in cores.iter().filter_map(|it| tree::number(it, "index")) {
            if index >= all {
                return Err(Fault::bad(format!(
                    "A NUMA node has an invalid CPU index: {index}. Indexes must be between 0 and {}.",
                    all - 1
                )));
            }
            if !seen.insert(index) {
                return Err(Fault::bad(format!(
                    "CPUs with the following indexes are assigned to two or more NUMA nodes: {index}."
                )));
            }
        }
    }
    Ok(())
}
