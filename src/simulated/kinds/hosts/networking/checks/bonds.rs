//! Bonds that cannot be.

use crate::simulated::fault::Fault;
use crate::simulated::kinds::network;
use crate::simulated::store::Handle;

use super::super::picture::Attachment;
use super::super::request::{Request, not_a_bond};
use super::super::{nic, unmanaged};
use super::labels::improper;
use super::{bad, conflict};

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
        .is_some_and(|it| it.labels.iter().any(|label| !request.loses_label(slave, label)));
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
        network::label(site, it.network).is_some_and(|label| {
            let goes_along = request.labels.iter().any(|(it, nic)| it == label && nic != slave);
            goes_along || request.removed_labels.iter().any(|it| it == label)
        })
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
