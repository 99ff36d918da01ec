//! Networks as clusters use them: assigned or not, required or not, and in which roles.

use crate::simulated::call::{self, Call};
use crate::simulated::fault::Fault;
use crate::simulated::kinds;
use crate::simulated::kinds::hosts::networking;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about the assignments of networks to clusters.
pub const RULES: Rules =
    Rules::of("cluster_networks").add(add).update(update).remove(remove).shown(shown);

const KIND: &str = "cluster_networks";
const ROLES: &[&str] = &["display", "migration", "management", "gluster", "default_route"];

/// Assigns a network to a cluster.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let cluster = call.owner()?;
    let network = named_network(site, call, cluster)?;
    let id = site.id(network).to_owned();
    if site.store.find(KIND, Some(cluster), &id).is_some() {
        return Err(Fault::conflict("Logical Network is already attached to Cluster."));
    }
    let mut body = Element::new("network");
    let external = site.body(network).child("external_provider").is_some();
    let required = call.flag("required").unwrap_or(true);
    let asked = wanted(&call.body).unwrap_or_default();
    check_external(external, required, &asked, "attach")?;
    check_isolation(site, cluster, network)?;
    tree::set(&mut body, "required", required.to_string());
    let made = generic::put(site, call, Some(id), body);
    // The engine does not give the management role with an assignment, only with its update.
    give(site, made, asked.into_iter().filter(|role| *role != "management").collect());
    networking::follow_label(site, network);
    networking::comply_soon(site, cluster);
    Ok(made)
}

/// A network of a provider is never on hosts, so hosts cannot be held to it.
fn check_external(
    external: bool,
    required: bool,
    roles: &[&str],
    action: &str,
) -> Result<(), Fault> {
    if !external {
        return Ok(());
    }
    if required {
        return Err(Fault::bad(format!(
            "Cannot {action} Network. External network cannot be set as required in the cluster."
        )));
    }
    if roles.contains(&"display") {
        return Err(Fault::bad(format!(
            "Cannot {action} Network. External network cannot be used as a display network."
        )));
    }
    if roles.contains(&"management") {
        return Err(Fault::bad(format!(
            "Cannot {action} Network. Management network has to be not external one."
        )));
    }
    if roles.contains(&"default_route") {
        return Err(Fault::bad(format!(
            "Cannot {action} Network. This operation is not supported for external networks."
        )));
    }
    Ok(())
}

fn check_isolation(site: &Site, cluster: Handle, network: Handle) -> Result<(), Fault> {
    if site.text(network, "port_isolation") != "true" {
        return Ok(());
    }
    if site.text(cluster, "switch_type") == "ovs" {
        return Err(Fault::bad(
            "Cannot attach Network. Port isolation requires Cluster Switch Type Linux Bridge.",
        ));
    }
    if common::version(site.body(cluster), "version").is_some_and(|level| level < (4, 5)) {
        return Err(Fault::bad(
            "Cannot attach Network. Port isolation requires cluster compatibility level 4.5 or higher.",
        ));
    }
    Ok(())
}

fn named_network(site: &Site, call: &Call, cluster: Handle) -> Result<Handle, Fault> {
    let data_center = site.reference(cluster, "data_center");
    let inside = |it: &Handle| site.reference(*it, "data_center") == data_center;
    let mut wanted = call.body.clone();
    if wanted.id().is_none_or(str::is_empty) {
        let Some(name) = call.name() else {
            return Err(Fault::incomplete("Network", "id|name", "add"));
        };
        let found = site.store.named("networks", name).find(inside);
        let found =
            found.ok_or_else(|| Fault::entity_not_found(format!("Network: name={name}")))?;
        wanted.set_attribute("id", site.id(found));
    }
    call::resolve_one(site, &mut wanted, "networks", "Network")?;
    let found = site
        .top("networks", wanted.id().unwrap_or_default())
        .ok_or_else(|| Fault::bad("The specified Logical Network doesn't exist."))?;
    if !inside(&found) {
        return Err(Fault::bad(
            "Cannot attach Network. Network belongs to a different data-center.",
        ));
    }
    Ok(found)
}

/// The roles in a document.
fn wanted(body: &Element) -> Option<Vec<&'static str>> {
    let usages = body.child("usages")?;
    let has = |role: &str| usages.children().iter().any(|it| it.text() == role);
    Some(ROLES.iter().copied().filter(|role| has(role)).collect())
}

/// The roles of an assignment.
fn roles(site: &Site, assignment: Handle) -> Vec<&'static str> {
    wanted(site.body(assignment)).unwrap_or_default()
}

fn write(site: &mut Site, assignment: Handle, roles: &[&'static str]) {
    let mut usages = Element::new("usages");
    for role in roles {
        usages.push(Element::leaf("usage", *role));
    }
    site.edit(assignment, |body| {
        tree::drop_child(body, "usages");
        if !usages.children().is_empty() {
            body.push(usages);
        }
    });
}

/// Gives an assignment exactly these roles: each is taken from its former holder, and what is
/// dropped falls back to the management network.
fn give(site: &mut Site, assignment: Handle, new: Vec<&'static str>) {
    let Some(cluster) = site.parent(assignment) else { return };
    let old = roles(site, assignment);
    for other in site.children(cluster, KIND) {
        let kept = roles(site, other);
        let left: Vec<_> = kept.iter().copied().filter(|role| !new.contains(role)).collect();
        if other != assignment && left.len() != kept.len() {
            write(site, other, &left);
        }
    }
    write(site, assignment, &new);
    let dropped: Vec<_> = old.into_iter().filter(|role| !new.contains(role)).collect();
    if let Some(management) = holder(site, cluster, "management")
        && management != assignment
    {
        let mut roles = roles(site, management);
        for role in dropped {
            if role != "gluster" && !roles.contains(&role) {
                roles.push(role);
            }
        }
        write(site, management, &roles);
    }
}

/// The assignment of a cluster that has a role.
fn holder(site: &Site, cluster: Handle, role: &str) -> Option<Handle> {
    site.children(cluster, KIND).into_iter().find(|it| roles(site, *it).contains(&role))
}

/// The network of a cluster on which consoles are reached.
pub fn display(site: &Site, cluster: Handle) -> Option<Handle> {
    site.top("networks", site.id(holder(site, cluster, "display")?))
}

/// The management network of a cluster.
pub fn management(site: &Site, cluster: Handle) -> Option<Handle> {
    site.top("networks", site.id(holder(site, cluster, "management")?))
}

/// Whether a network has a role in a cluster.
pub fn has_role(site: &Site, cluster: Handle, network: Handle, role: &str) -> bool {
    let assignment = site.store.find(KIND, Some(cluster), site.id(network));
    assignment.is_some_and(|it| roles(site, it).contains(&role))
}

/// The networks of a cluster.
pub fn networks(site: &Site, cluster: Handle) -> Vec<Handle> {
    let all = site.children(cluster, KIND).into_iter();
    all.filter_map(|it| site.top("networks", site.id(it))).collect()
}

/// The networks that hosts of a cluster must have.
pub fn required(site: &Site, cluster: Handle) -> Vec<Handle> {
    let all = site.children(cluster, KIND).into_iter();
    let required = all.filter(|it| site.text(*it, "required") == "true");
    required.filter_map(|it| site.top("networks", site.id(it))).collect()
}

/// Assigns the network that a cluster is managed through, with all its roles.
pub fn assign_management(site: &mut Site, cluster: Handle, network: Handle) {
    let id = site.id(network).to_owned();
    let body = Element::new("network").with(Element::leaf("required", "true"));
    let assignment = site.add(KIND, Some(cluster), id, body);
    give(site, assignment, vec!["display", "migration", "management", "default_route"]);
}

/// Updates an assignment. Its hosts hear of new roles only when their networks are synchronized.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let network = site.top("networks", site.id(target));
    let name = network.map(|it| site.name(it).to_owned()).unwrap_or_default();
    let now = roles(site, target);
    let new = wanted(&call.body).unwrap_or_else(|| now.clone());
    let manages = new.contains(&"management");
    let required = call.flag("required").unwrap_or(site.text(target, "required") == "true");
    if now.contains(&"management") && !manages {
        return Err(Fault::bad(
            "Cannot edit Network. Unsetting management network property is not allowed. It is done automatically when moving the role to another network.",
        ));
    }
    if manages && !required {
        return Err(Fault::bad(format!(
            "Cannot edit Network. The management network '{name}' must be required, please change the network to be required and try again."
        )));
    }
    if manages && !now.contains(&"management") {
        let cluster = site.parent(target).ok_or_else(Fault::nowhere)?;
        if !site.users("hosts", "cluster", cluster).is_empty() {
            return Err(Fault::bad(
                "Cannot edit Network. Changing management network in a non-empty cluster is not allowed.",
            ));
        }
    }
    let external = network.is_some_and(|it| site.body(it).child("external_provider").is_some());
    check_external(external, required, &new, "edit")?;
    check_addresses(site, target, &now, &new)?;
    site.set(target, "required", required.to_string());
    give(site, target, new);
    if let Some(cluster) = site.parent(target) {
        networking::comply_soon(site, cluster);
    }
    Ok(())
}

/// A network with a role has an address wherever it is on a host.
fn check_addresses(site: &Site, target: Handle, now: &[&str], new: &[&str]) -> Result<(), Fault> {
    if !new.iter().any(|role| !now.contains(role)) {
        return Ok(());
    }
    let (cluster, network) = (site.parent(target), site.top("networks", site.id(target)));
    let (Some(cluster), Some(network)) = (cluster, network) else { return Ok(()) };
    for attachment in site.users("network_attachments", "network", network) {
        let Some(host) = site.parent(attachment) else { continue };
        let here = site.reference(host, "cluster") == Some(site.id(cluster));
        if here && !networking::has_address(site.body(attachment)) {
            let nic = site.reference(attachment, "host_nic").unwrap_or_default();
            let nic = site.store.find("host_nics", Some(host), nic);
            return Err(Fault::bad(format!(
                "Cannot edit Network. IP address has to be set for the NIC that bears a role network. Network: {}, Nic: {} on host {} violates that rule.",
                site.name(network),
                nic.map_or("", |it| site.name(it)),
                site.name(host)
            )));
        }
    }
    Ok(())
}

/// Takes a network away from a cluster.
pub fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    let network = site.top("networks", site.id(target)).ok_or_else(Fault::nowhere)?;
    let name = site.name(network).to_owned();
    if roles(site, target).contains(&"management") {
        return Err(Fault::bad(format!(
            "The Management Network ('{name}') is mandatory and cannot be removed."
        )));
    }
    let cluster = site.parent(target).ok_or_else(Fault::nowhere)?;
    let users = kinds::network::vms_on(site, network);
    let users: Vec<_> = users
        .into_iter()
        .filter(|it| site.reference(*it, "cluster") == Some(site.id(cluster)))
        .collect();
    if !users.is_empty() {
        return Err(kinds::network::in_use("detach", site, &users));
    }
    give(site, target, Vec::new());
    site.store.remove(target);
    networking::network_gone(site, network);
    networking::comply_soon(site, cluster);
    Ok(())
}

/// Takes all networks away from a cluster.
pub fn forget_all(site: &mut Site, cluster: Handle) {
    for assignment in site.children(cluster, KIND) {
        site.store.remove(assignment);
    }
}

/// The assignments of a network.
pub fn assignments(site: &Site, network: Handle) -> Vec<Handle> {
    let id = site.id(network);
    site.users_of_data_center(network)
        .into_iter()
        .filter_map(|cluster| site.store.find(KIND, Some(cluster), id))
        .collect()
}

/// Whether a network manages some cluster.
pub fn manages(site: &Site, network: Handle) -> bool {
    assignments(site, network).into_iter().any(|it| roles(site, it).contains(&"management"))
}

/// Takes a network away from all clusters; its roles fall back.
pub fn forget(site: &mut Site, network: Handle) {
    for assignment in assignments(site, network) {
        give(site, assignment, Vec::new());
        site.store.remove(assignment);
    }
}

/// A required network that a working host lacks does not work.
fn status(site: &Site, assignment: Handle, network: Handle) -> &'static str {
    let hosts = site.parent(assignment).map(|it| site.users("hosts", "cluster", it));
    let lacking = hosts.unwrap_or_default().into_iter().any(|host| {
        ["up", "non_operational"].contains(&site.status(host))
            && networking::lacks(site, host, network)
    });
    let required = site.text(assignment, "required") == "true";
    if required && lacking { "non_operational" } else { "operational" }
}

/// Shows an assignment: the network with what the cluster makes of it.
pub fn shown(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let Some(network) = site.top("networks", site.id(handle)) else { return };
    let own = std::mem::take(element.children_mut());
    *element.children_mut() = site.body(network).children().to_vec();
    let mut usages = element.child("usages").cloned().unwrap_or_else(|| Element::new("usages"));
    for child in own {
        match child.name() {
            "usages" => usages.children_mut().extend(child.children().iter().cloned()),
            _ => tree::put(element, child),
        }
    }
    tree::set(element, "display", roles(site, handle).contains(&"display").to_string());
    tree::set(element, "status", status(site, handle, network));
    tree::drop_child(element, "usages");
    if !usages.children().is_empty() {
        element.push(usages);
    }
    if let Some(cluster) = site.parent(handle) {
        tree::refer(element, "cluster", site.id(cluster));
    }
}
