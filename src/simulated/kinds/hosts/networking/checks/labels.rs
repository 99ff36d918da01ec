//! Labels that cannot be set or removed.

use std::collections::BTreeSet;

use crate::simulated::fault::Fault;

use super::super::request::Request;
use super::super::{nic, unmanaged};
use super::bad;

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
    if object.is_some_and(|it| unmanaged::on(request.site, request.host, it).is_some()) {
        return Err(Fault::bad(format!(
            "Cannot add label {label} to network interface {name}. Network interface has an unmanaged network attached."
        )));
    }
    Ok(())
}

/// The refusal of a label where none can be.
pub fn improper(name: &str) -> Fault {
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
