//! Attachments that cannot be made, changed or removed.

use crate::simulated::fault::Fault;
use crate::simulated::kinds::{cluster_network, common, network};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

use super::super::picture::{Attachment, Picture};
use super::super::request::{Request, Wish};
use super::super::{nic, sync};
use super::{bad, conflict};

/// Checks the attachments to be made or changed.
pub fn attachments(request: &Request<'_>) -> Result<(), Fault> {
    request.attachments.iter().try_for_each(|wish| check_attachment(request, wish))
}

fn check_attachment(request: &Request<'_>, wish: &Wish) -> Result<(), Fault> {
    let site = request.site;
    let name = site.name(wish.network);
    if let Some(known) = wish.known.filter(|it| request.removed_attachments.contains(it)) {
        return Err(bad(format!(
            "Cannot remove and update a Network Attachment simultaneously. The same network attachment ('{}') appears in both 'network attachments' and 'removed network attachments' lists.",
            site.id(known)
        )));
    }
    let object = nic::named(site, request.host, &wish.nic);
    if object.is_some_and(|it| nic::is_vlan(site, it)) {
        return Err(bad(format!(
            "The attachment of network '{name}' references vlan device '{}'. Network attachment cannot reference vlan device.",
            wish.nic
        )));
    }
    check_reuse(request, wish)?;
    check_label_of_network(request, wish)?;
    if site.body(wish.network).child("external_provider").is_some() {
        return Err(Fault::bad(format!(
            "The external network '{name}' cannot be configured on the host's interface."
        )));
    }
    if !cluster_network::networks(site, request.cluster).contains(&wish.network) {
        return Err(Fault::bad(format!("Logical Network '{name}' does not exist in Cluster.")));
    }
    check_role(request, wish)?;
    let new_bond = request.bonds.iter().any(|(bond, _)| *bond == wish.nic);
    if object.is_none() && !new_bond {
        return Err(bad(format!(
            "The host network interface (id null, name {}) does not exist.",
            wish.nic
        )));
    }
    check_unchanged(request, wish)?;
    check_addresses(request, wish)?;
    check_properties(site, wish)
}

/// A network that is on the host already keeps its attachment.
fn check_reuse(request: &Request<'_>, wish: &Wish) -> Result<(), Fault> {
    let same = request.now.attachments.iter().find(|it| it.network == wish.network);
    match same.and_then(|it| it.handle) {
        Some(old) if wish.known.is_none() => Err(bad(format!(
            "Network {} is already attached via attachment {}. A new attachment cannot be used for the same network, please reuse the existing one.",
            request.site.name(wish.network),
            request.site.id(old)
        ))),
        _ => Ok(()),
    }
}

fn check_label_of_network(request: &Request<'_>, wish: &Wish) -> Result<(), Fault> {
    let site = request.site;
    let Some(label) = network::label(site, wish.network) else { return Ok(()) };
    let name = site.name(wish.network);
    let wanted = request.labels.iter().find(|(it, _)| it == label);
    if let Some((_, nic)) = wanted.filter(|(_, nic)| *nic != wish.nic) {
        return Err(conflict(format!(
            "Cannot attach network '{name}' to network interface '{}', it should be attached via label to network interface '{nic}'.",
            wish.nic
        )));
    }
    let old =
        request.now.attachments.iter().find(|it| it.handle.is_some() && it.handle == wish.known);
    let moved = old.filter(|it| it.nic != wish.nic && is_labelled(&request.now, it, label));
    if moved.is_some_and(|it| !request.loses_label(&it.nic, label)) {
        return Err(conflict(format!(
            "Network '{name}' cannot be moved to another network interface since it's managed by label '{label}'. Please remove the label from the network interface in order to remove the network."
        )));
    }
    Ok(())
}

fn is_labelled(picture: &Picture, attachment: &Attachment, label: &str) -> bool {
    picture.nic(&attachment.nic).is_some_and(|it| it.labels.contains(label))
}

/// A network with a role in the cluster needs a way to an address.
fn check_role(request: &Request<'_>, wish: &Wish) -> Result<(), Fault> {
    let site = request.site;
    let roles = ["display", "migration", "gluster", "default_route", "management"];
    let has_role =
        |role: &&str| cluster_network::has_role(site, request.cluster, wish.network, role);
    if roles.iter().any(has_role) && !has_address(&wish.body) {
        return Err(conflict(format!(
            "Role (migration/display/gluster/default-route) network '{}' has no boot protocol assigned.",
            site.name(wish.network)
        )));
    }
    Ok(())
}

/// Whether an attachment gets an address from somewhere.
pub fn has_address(attachment: &Element) -> bool {
    let list = attachment.child("ip_address_assignments").map(Element::children);
    list.unwrap_or_default()
        .iter()
        .any(|it| it.text_at("assignment_method").is_some_and(|it| it != "none"))
}

/// The network of an attachment stays, and one that is out of sync is brought in line first.
fn check_unchanged(request: &Request<'_>, wish: &Wish) -> Result<(), Fault> {
    let site = request.site;
    let Some(known) = wish.known else { return Ok(()) };
    if site.reference(known, "network") != Some(site.id(wish.network)) {
        return Err(bad(format!(
            "Network of given Network Attachment (id {}) cannot be updated.",
            site.id(known)
        )));
    }
    if !request.synchronized.contains(&known) && !sync::in_sync(site, known) {
        return Err(conflict(format!(
            "The following Network definitions on the Network Interface are different than those on the Logical Network. Please synchronize the Network Interface before editing network {}. The non-synchronized values are: {}.",
            site.name(wish.network),
            sync::differences(site, known)
        )));
    }
    Ok(())
}

fn check_addresses(request: &Request<'_>, wish: &Wish) -> Result<(), Fault> {
    let on = format!("Network {}, Interface {}", request.site.name(wish.network), wish.nic);
    let list = wish.body.child("ip_address_assignments").map(Element::children);
    for assignment in list.unwrap_or_default() {
        let part =
            |name: &str| assignment.text_at(&format!("ip/{name}")).filter(|it| !it.is_empty());
        let fixed = ["address", "netmask", "gateway"].iter().any(|it| part(it).is_some());
        match assignment.text_at("assignment_method").unwrap_or_default() {
            "" => {
                return Err(Fault::bad(format!(
                    "Insufficient ip configuration details of Network attachment for {on}. Boot protocol is missing."
                )));
            }
            "static" if part("address").is_none() || part("netmask").is_none() => {
                return Err(Fault::bad(format!(
                    "Insufficient ip configuration of Network attachment for {on}. Must define ip address and netmask when boot protocol is static."
                )));
            }
            "static" => {}
            method if fixed => {
                return Err(Fault::bad(format!(
                    "Incompatible ip configuration of Network attachment for {on}. Can't determine the ip address, netmask or gateway when boot protocol is set to {}.",
                    method.to_uppercase()
                )));
            }
            _ => {}
        }
        let routes =
            cluster_network::has_role(request.site, request.cluster, wish.network, "default_route");
        if part("version") == Some("v6") && part("gateway").is_some() && !routes {
            return Err(Fault::bad(format!(
                "Bad IPv6 configuration for Network attachment of Network {}. IPv6 gateway can only be set on a network which holds the default route role.",
                request.site.name(wish.network)
            )));
        }
    }
    Ok(())
}

fn check_properties(site: &Site, wish: &Wish) -> Result<(), Fault> {
    let list = wish.body.child("properties").map(Element::children).unwrap_or_default();
    let known = ["bridge_opts", "ethtool_opts", "fcoe"];
    if list.iter().all(|it| it.text_at("name").is_some_and(|name| known.contains(&name))) {
        return Ok(());
    }
    Err(bad(format!(
        "Some network custom properties contained errors (bad syntax, non-existing keys or invalid values), please take a closer look at the following network(s): {}. Refer to the engine log for further details.",
        site.name(wish.network)
    )))
}

/// Checks the attachments to be removed.
pub fn removed_attachments(request: &Request<'_>) -> Result<(), Fault> {
    let all = request.now.attachments.iter();
    let removed =
        |it: &&Attachment| it.handle.is_some_and(|it| request.removed_attachments.contains(&it));
    all.filter(removed).try_for_each(|it| check_removed(request, it))
}

fn check_removed(request: &Request<'_>, attachment: &Attachment) -> Result<(), Fault> {
    let site = request.site;
    let name = site.name(attachment.network);
    if cluster_network::management(site, request.cluster) == Some(attachment.network) {
        return Err(Fault::bad(format!(
            "The Management Network ('{name}') is mandatory and cannot be removed."
        )));
    }
    if let Some(label) = network::label(site, attachment.network)
        && is_labelled(&request.now, attachment, label)
        && !request.loses_label(&attachment.nic, label)
    {
        return Err(conflict(format!(
            "The following networks cannot be removed from the network interface since they are managed by the label: {name}. Please remove the label from the network interface in order to remove the network."
        )));
    }
    let id = site.id(request.host);
    let users: Vec<Handle> = network::vms_on(site, attachment.network)
        .into_iter()
        .filter(|it| site.reference(*it, "host") == Some(id))
        .collect();
    if !users.is_empty() {
        return Err(conflict(format!(
            "The following Logical Network: '{name}' is being used by the following VM(s): '{}' . Please stop the VM(s) and try again.",
            common::names(site, &users)
        )));
    }
    Ok(())
}
