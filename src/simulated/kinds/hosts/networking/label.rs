//! Labels: those of networks, those of NICs that draw these networks to them, and those that
//! virtual functions may carry.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::network;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::{actions, nic};

/// What is special about the labels of networks and NICs.
pub const RULES: Rules = Rules::of("network_labels").add(add).remove(remove).shown(shown);

/// What is special about the labels that virtual functions may carry.
pub const ALLOWED_RULES: Rules =
    Rules::of("virtual_function_allowed_labels").add(allow).shown(shown);

fn label_in(call: &Call) -> Result<&str, Fault> {
    let label = call.body.id().filter(|it| !it.is_empty());
    let label = label.ok_or_else(|| Fault::incomplete("NetworkLabel", "id", "add"))?;
    if label.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '-' | '_')) {
        return Ok(label);
    }
    Err(Fault::bad(
        "Network label must be formed only from: English letters, numbers, hyphen or underscore.",
    ))
}

/// Labels a network or a NIC.
fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let label = label_in(call)?.to_owned();
    let owner = call.owner()?;
    if site.kind(owner) != "host_nics" {
        return network::set_label(site, owner, &label);
    }
    if site.store.find("network_labels", Some(owner), &label).is_some() {
        return Err(Fault::conflict(format!(
            "Cannot add Label. The network interface '{}' is already labeled with the specified label '{label}'.",
            site.name(owner)
        )));
    }
    let host = site.parent(owner).ok_or_else(Fault::nowhere)?;
    let others = site.children(host, "host_nics").into_iter();
    let mut bearing =
        others.filter(|it| site.store.find("network_labels", Some(*it), &label).is_some());
    if let Some(other) = bearing.next() {
        return Err(Fault::conflict(format!(
            "Cannot add Label. The label '{label}' is already defined on other interface {} on the host.",
            site.name(other)
        )));
    }
    let item = Element::link("network_label", label.clone());
    let item = item.with(Element::link("host_nic", site.id(owner)));
    let action = Element::new("action").with(Element::new("modified_labels").with(item));
    actions::run(site, host, &action, false, true)?;
    site.store.find("network_labels", Some(owner), &label).ok_or_else(Fault::nowhere)
}

/// Takes a label off a network or a NIC.
fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    let owner = site.parent(target).ok_or_else(Fault::nowhere)?;
    if site.kind(owner) != "host_nics" {
        network::drop_label(site, owner, target);
        return Ok(());
    }
    let host = site.parent(owner).ok_or_else(Fault::nowhere)?;
    let item = Element::link("network_label", site.id(target));
    let action = Element::new("action").with(Element::new("removed_labels").with(item));
    actions::run(site, host, &action, false, true)
}

/// Lets virtual functions carry the networks with a label.
fn allow(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    const DOING: &str = "Cannot add host NIC VFs configuration label.";
    let label = label_in(call)?.to_owned();
    let owner = call.owner()?;
    nic::check_specific(site, owner, DOING)?;
    if site.store.find("virtual_function_allowed_labels", Some(owner), &label).is_some() {
        return Err(Fault::conflict(format!(
            "{DOING} Label {label} already exists in network interface {} VFs configuration.",
            site.name(owner)
        )));
    }
    let mut body = Element::new("network_label");
    tree::refer(&mut body, "host_nic", site.id(owner));
    Ok(site.add("virtual_function_allowed_labels", Some(owner), label, body))
}

fn shown(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let Some(owner) = site.parent(handle) else { return };
    let name = if site.kind(owner) == "networks" { "network" } else { "host_nic" };
    tree::refer(element, name, site.id(owner));
}
