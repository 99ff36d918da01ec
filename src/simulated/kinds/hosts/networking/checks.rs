//! What is refused of changes to a host's networks.

use std::collections::BTreeSet;

use crate::simulated::fault::Fault;
use crate::simulated::kinds::{cluster_network, common, network};
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::picture::{Attachment, Picture};
use super::request::{Request, Wish, not_a_bond};
use super::{DOING, nic, sync, unmanaged};

fn bad(text: impl AsRef<str>) -> Fault {
    Fault::bad(format!("{DOING} {}", text.as_ref()))
}

fn conflict(text: impl AsRef<str>) -> Fault {
    Fault::conflict(format!("{DOING} {}", text.as_ref()))
}

/// Refuses a host that is busy or in the wrong state.
pub fn free(site: &mut Site, host: Handle) -> Result<(), Fault> {
    if !["up", "maintenance", "non_operational"].contains(&site.status(host)) {
        return Err(conflict(
            "Operation can be performed only when Host status is Up, Maintenance or Non operational.",
        ));
    }
    let id = site.id(host).to_owned();
    site.check_lock(DOING.trim_end_matches('.'), ("HOST_NETWORK", &id), Mode::Exclusive)
}

/// Checks the labels of a request.
pub fn labels(request: &Request<'_>) -> Result<(), Fault> {
    let mut seen = BTreeSet::new();
    let all = request.labels.iter().map(|(label, _)| label).chain(&request.removed_labels);
    for label in all {
        if !seen.insert(label) {
            return Err(bad(format!(
                "Labels '{label}' appear in the 'labels/removed labels' lists more than once."
            )));
        }
    }
    for label in &request.removed_labels {
        if !request.now.nics.iter().any(|it| it.labels.contains(label)) {
            return Err(bad(format!(
                "Label '{label}' cannot be removed, since it isn't attached to any network interface."
            )));
        }
    }
    request.labels.iter().try_for_each(|(label, name)| check_label(request, label, name))
}

fn check_label(request: &Request<'_>, label: &str, name: &str) -> Result<(), Fault> {
    let new = request.bonds.iter().any(|(bond, _)| bond == name);
    let object = nic::named(request.site, request.host, name);
    if (object.is_none() && !new) || request.removed_bonds.iter().any(|it| it == name) {
        return Err(bad(format!(
            "Label '{label}' cannot be attached to non-existing/removed '{name}' network interface."
        )));
    }
    let vlan = object.is_some_and(|it| nic::is_vlan(request.site, it));
    if vlan || becomes_slave(request, name) {
        return Err(improper(name));
    }
    let other = request.now.nics.iter().find(|it| it.labels.contains(label) && it.name != name);
    if let Some(other) = other {
        return Err(conflict(format!(
            "The label '{label}' is already defined on other interface {} on the host.",
            other.name
        )));
    }
    if object.is_some_and(|it| unmanaged::on(request.site, request.host, it).is_some()) {
        return Err(Fault::bad(format!(
            "Cannot add label {label} to network interface {name}. Network interface has an unmanaged network attached."
        )));
    }
    let elsewhere: Vec<Handle> = request
        .now
        .attachments
        .iter()
        .filter(|it| it.nic != name && network::label(request.site, it.network) == Some(label))
        .filter(|it| it.handle.is_none_or(|it| !request.removed_attachments.contains(&it)))
        .map(|it| it.network)
        .collect();
    if !elsewhere.is_empty() {
        return Err(conflict(format!(
            "The following networks are already attached to a different interface: {}. Please remove the networks in order to label the interface.",
            common::names(request.site, &elsewhere)
        )));
    }
    Ok(())
}

fn improper(name: &str) -> Fault {
    bad(format!(
        "Network interface '{name}' cannot be labeled. Label can be provided only to interfaces or to bonds (not to slaves nor vlans)."
    ))
}

/// Whether a NIC is part of a bond after a request.
fn becomes_slave(request: &Request<'_>, name: &str) -> bool {
    let wanted = |bond: &str| request.bonds.iter().find(|(it, _)| it == bond);
    if request.bonds.iter().any(|(_, bond)| bond.slaves.iter().any(|it| it == name)) {
        return true;
    }
    request.now.bond_over(name).is_some_and(|bond| {
        !request.removed_bonds.contains(&bond.name) && wanted(&bond.name).is_none()
    })
}

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
    if moved.is_some() && !request.removed_labels.iter().any(|it| it == label) {
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
        && !request.removed_labels.iter().any(|it| it == label)
        && !request.removed_bonds.contains(&attachment.nic)
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

/// Checks the bonds to be made, changed or removed.
pub fn bonds(request: &Request<'_>) -> Result<(), Fault> {
    for (name, bond) in &request.bonds {
        check_bond_name(request, name)?;
        if bond.slaves.len() < 2 {
            return Err(bad(format!(
                "The following bonds consist of less than two Network Interfaces: {name}."
            )));
        }
        bond.slaves.iter().try_for_each(|slave| check_slave(request, name, slave))?;
        if request.removed_bonds.contains(name) {
            return Err(bad(format!("Bond {name} is updated and removed simultaneously.")));
        }
    }
    Ok(())
}

fn check_bond_name(request: &Request<'_>, name: &str) -> Result<(), Fault> {
    let rest = name.strip_prefix("bond").unwrap_or_default();
    let plain = rest.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    if rest.is_empty() || !plain || name.len() > 15 {
        return Err(Fault::bad(format!(
            "Bond name '{name}' does not follow naming criteria. For host compatibility version 4.3 or greater, custom bond names must begin with the prefix 'bond'  followed by 'a-z', 'A-Z', '0-9', or '_' characters. For host compatibility version 4.2 and lower, custom bond names must begin with the prefix 'bond' followed by a number."
        )));
    }
    match nic::named(request.site, request.host, name) {
        Some(nic) if request.site.body(nic).child("bonding").is_none() => Err(not_a_bond(name)),
        _ => Ok(()),
    }
}

fn check_slave(request: &Request<'_>, bond: &str, slave: &str) -> Result<(), Fault> {
    let Some(object) = nic::named(request.site, request.host, slave) else {
        return Err(bad(format!("The host network interface (name {slave}) does not exist.")));
    };
    if nic::is_vlan(request.site, object) || request.site.body(object).child("bonding").is_some() {
        return Err(conflict(format!(
            "Network Interface '{slave}' cannot be slave: Neither bond nor vlan can be slave."
        )));
    }
    if let Some(other) = request.now.bond_over(slave).filter(|it| it.name != bond) {
        let freed = request.removed_bonds.contains(&other.name)
            || request
                .bonds
                .iter()
                .any(|(name, it)| *name == other.name && !it.slaves.iter().any(|it| it == slave));
        if !freed {
            return Err(Fault::conflict(format!(
                "Network Interface '{slave}' already belongs to the bond."
            )));
        }
    }
    check_slave_is_bare(request, object, slave)?;
    let all = request.bonds.iter().flat_map(|(_, bond)| &bond.slaves);
    if all.filter(|it| *it == slave).count() > 1 {
        return Err(conflict(format!(
            "Network interface '{slave}' is used multiple times in new or modified bonds in this request. Slave can be neither shared by multiple bonds nor used multiple times in one bond."
        )));
    }
    let labelled = request
        .now
        .nic(slave)
        .is_some_and(|it| it.labels.iter().any(|label| !request.removed_labels.contains(label)));
    if labelled { Err(improper(slave)) } else { Ok(()) }
}

/// A NIC with a network of its own does not go into a bond.
fn check_slave_is_bare(request: &Request<'_>, object: Handle, slave: &str) -> Result<(), Fault> {
    let site = request.site;
    if let Some(wish) = request.attachments.iter().find(|it| it.nic == slave && it.known.is_none())
    {
        return Err(conflict(format!(
            "Network Interface '{slave}' cannot become slave, because you're also attaching network '{}' to it.",
            site.name(wish.network)
        )));
    }
    let moved = |it: &Attachment| {
        it.handle.is_some_and(|handle| {
            request.removed_attachments.contains(&handle)
                || request
                    .attachments
                    .iter()
                    .any(|wish| wish.known == Some(handle) && wish.nic != slave)
        })
    };
    let brought = |it: &Attachment| {
        network::label(site, it.network)
            .is_some_and(|label| request.removed_labels.iter().any(|it| it == label))
    };
    if let Some(left) = request.now.on(slave).find(|it| !moved(it) && !brought(it)) {
        return Err(conflict(format!(
            "Network Interface '{slave}' cannot become slave, there's network '{}' attached to it.",
            site.name(left.network)
        )));
    }
    match unmanaged::on(site, request.host, object) {
        Some(name) => Err(Fault::bad(format!(
            "Network interface {slave} can not be a slave. It has an unmanaged network {name} attached."
        ))),
        None => Ok(()),
    }
}

/// Checks the networks of a host as a whole.
pub fn whole(request: &Request<'_>, picture: &Picture) -> Result<(), Fault> {
    check_removed_bonds(request, picture)?;
    let mut seen = BTreeSet::new();
    for attachment in &picture.attachments {
        if !seen.insert(attachment.network) {
            return Err(conflict(format!(
                "The following Logical Networks are attached to more than one Network Interface: {}.",
                request.site.name(attachment.network)
            )));
        }
    }
    for nic in &picture.nics {
        let here: Vec<&Attachment> = picture.on(&nic.name).collect();
        if here.is_empty() {
            continue;
        }
        if picture.bond_over(&nic.name).is_some() {
            return Err(bad(format!(
                "Cannot create Network Attachment directly on slave or vlan interface. Network name = '{}', Network interface name = '{}'.",
                request.site.name(here[0].network),
                nic.name
            )));
        }
        check_exclusive(request.site, &nic.name, &here)?;
        check_mtu(request.site, &here)?;
        check_qos(request.site, &nic.name, &here)?;
        check_mode(request.site, nic, &here)?;
        check_managed(request, nic.handle, &nic.name)?;
    }
    Ok(())
}

fn check_removed_bonds(request: &Request<'_>, picture: &Picture) -> Result<(), Fault> {
    for bond in &request.removed_bonds {
        let left: Vec<&str> =
            picture.on(bond).map(|it| it.handle.map_or("null", |it| request.site.id(it))).collect();
        if !left.is_empty() {
            return Err(Fault::conflict(format!(
                "Cannot remove bond {bond}, because it's used by Network Attachments: {}.",
                left.join(", ")
            )));
        }
    }
    Ok(())
}

fn is_tagged(site: &Site, attachment: &Attachment) -> bool {
    site.body(attachment.network).child("vlan").is_some()
}

fn check_exclusive(site: &Site, nic: &str, here: &[&Attachment]) -> Result<(), Fault> {
    if here.iter().filter(|it| !is_tagged(site, it)).count() > 1 {
        return Err(conflict(format!(
            "At most one VLAN-untagged Logical Network is allowed on a NIC (optionally in conjunction with several VLAN Logical Networks). The following Network Interfaces violate that rule: {nic}."
        )));
    }
    let mut tags = BTreeSet::new();
    for tag in here.iter().filter_map(|it| site.body(it.network).child("vlan")?.id()) {
        if !tags.insert(tag) {
            return Err(Fault::conflict(format!(
                "The specified VLAN ID ({tag}) is already in use."
            )));
        }
    }
    Ok(())
}

/// With an untagged network on a NIC, all others there have its MTU.
fn check_mtu(site: &Site, here: &[&Attachment]) -> Result<(), Fault> {
    let mtu = |it: &&Attachment| match tree::number(site.body(it.network), "mtu") {
        None | Some(0) => 1500,
        Some(mtu) => mtu,
    };
    let Some(plain) = here.iter().find(|it| !is_tagged(site, it)) else { return Ok(()) };
    if here.iter().all(|it| mtu(it) == mtu(plain)) {
        return Ok(());
    }
    let shown = |it: &&Attachment| {
        let own = site.text(it.network, "mtu");
        let own = if own == "0" || own.is_empty() { "default" } else { own };
        format!("{}({own})", site.name(it.network))
    };
    let all: Vec<String> = here.iter().map(shown).collect();
    Err(conflict(format!(
        "The following Logical Networks do not have the same MTU value: {}.",
        all.join(", ")
    )))
}

fn check_qos(site: &Site, nic: &str, here: &[&Attachment]) -> Result<(), Fault> {
    let with = here.iter().filter(|it| sync::qos(site, &it.body, it.network).is_some()).count();
    if with != 0 && with != here.len() {
        return Err(bad(format!(
            "All or none of the networks attached to an interface must have QoS configured, but on the following interface(s) some of the networks are missing QoS: {nic}."
        )));
    }
    for attachment in here {
        let Some(own) = attachment.body.child("qos").filter(|it| !it.children().is_empty()) else {
            continue;
        };
        let number = |name: &str| tree::number(own, &format!("outbound_average_{name}"));
        let name = site.name(attachment.network);
        if number("linkshare").is_none() {
            return Err(bad(format!(
                "Weighted share must be specified to complete QoS configuration, but the following network(s) are missing it: {name}."
            )));
        }
        let (upper, real) = (number("upperlimit"), number("realtime"));
        if upper.zip(real).is_some_and(|(upper, real)| upper < real) {
            return Err(bad(format!(
                "If both are provided, rate limit must not be lower than committed rate. However, this is not the case with the following network(s): {name}."
            )));
        }
    }
    Ok(())
}

/// Some modes of bonds lose the frames of machines.
fn check_mode(site: &Site, nic: &super::picture::Nic, here: &[&Attachment]) -> Result<(), Fault> {
    let Some(bond) = &nic.bond else { return Ok(()) };
    if !["0", "5", "6"].contains(&bond.mode()) {
        return Ok(());
    }
    let Some(first) = here.iter().find(|it| network::is_for_vms(site, it.network)) else {
        return Ok(());
    };
    let label = network::label(site, first.network).filter(|it| nic.labels.contains(*it));
    let via = label.map(|label| format!(" (via label {label})")).unwrap_or_default();
    Err(Fault::bad(format!(
        "Network {} is attached{via} to bond {}. VM networks cannot be attached to bonds in mode 0, 5 or 6.",
        site.name(first.network),
        nic.name
    )))
}

fn check_managed(request: &Request<'_>, nic: Option<Handle>, name: &str) -> Result<(), Fault> {
    let found = nic.and_then(|it| unmanaged::on(request.site, request.host, it));
    let new = request.attachments.iter().find(|it| it.nic == name && it.known.is_none());
    match (found, new) {
        (Some(_), Some(wish)) => Err(Fault::bad(format!(
            "Cannot add network {} to network interface {name}. Network interface has an unmanaged network attached.",
            request.site.name(wish.network)
        ))),
        _ => Ok(()),
    }
}
