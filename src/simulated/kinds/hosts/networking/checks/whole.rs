//! Networks that do not go together on a host.

use std::collections::BTreeSet;

use crate::simulated::fault::Fault;
use crate::simulated::kinds::network;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

use super::super::picture::{Attachment, Nic, Picture};
use super::super::request::Request;
use super::super::{sync, unmanaged};
use super::{bad, conflict};

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
fn check_mode(site: &Site, nic: &Nic, here: &[&Attachment]) -> Result<(), Fault> {
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
