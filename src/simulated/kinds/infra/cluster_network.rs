//! Networks as clusters use them: assigned or not, required or not, and in which roles.

use crate::simulated::call::{self, Call};
use crate::simulated::fault::Fault;
use crate::simulated::kinds;
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
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
    let required = call.flag("required").unwrap_or(true);
    tree::set(&mut body, "required", required.to_string());
    let made = generic::put(site, call, Some(id), body);
    // The engine does not give the management role with an assignment, only with its update.
    let roles = wanted(&call.body).unwrap_or_default();
    give(site, made, roles.into_iter().filter(|role| *role != "management").collect());
    Ok(made)
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
        let left: Vec<_> =
            kept.iter().copied().filter(|role| *role == "gluster" || !new.contains(role)).collect();
        if other != assignment && left.len() != kept.len() {
            write(site, other, &left);
        }
    }
    write(site, assignment, &new);
    let dropped: Vec<_> = old.into_iter().filter(|role| !new.contains(role)).collect();
    if let Some(management) = holder(site, cluster)
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

fn holder(site: &Site, cluster: Handle) -> Option<Handle> {
    site.children(cluster, KIND).into_iter().find(|it| roles(site, *it).contains(&"management"))
}

/// The management network of a cluster.
pub fn management(site: &Site, cluster: Handle) -> Option<Handle> {
    site.top("networks", site.id(holder(site, cluster)?))
}

/// Assigns the network that a cluster is managed through, with all its roles.
pub fn assign_management(site: &mut Site, cluster: Handle, network: Handle) {
    let id = site.id(network).to_owned();
    let body = Element::new("network").with(Element::leaf("required", "true"));
    let assignment = site.add(KIND, Some(cluster), id, body);
    give(site, assignment, vec!["display", "migration", "management", "default_route"]);
}

/// Updates an assignment.
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
    site.set(target, "required", required.to_string());
    give(site, target, new);
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
    tree::set(element, "status", "operational");
    tree::drop_child(element, "usages");
    if !usages.children().is_empty() {
        element.push(usages);
    }
    if let Some(cluster) = site.parent(handle) {
        tree::refer(element, "cluster", site.id(cluster));
    }
}
