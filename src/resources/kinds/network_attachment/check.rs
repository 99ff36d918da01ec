//! What a host's networks cannot be together (infrastructure handbook, section 12).
//!
//! All of a host's networks are set up in one call, which one bad attachment fails as a whole.

use std::collections::BTreeSet;

use crate::resources::{Attribute, Complaint, Fields, Reference, Transition, Value};

use super::super::{CLUSTER_NETWORK, HOST, HOST_NIC, NETWORK, complaint, host, host_nic, network};
use super::{
    ADDRESSES, HOST_NIC_ATTRIBUTE, LINK_SHARE_ATTRIBUTE, NETWORK as OF, NETWORK_ATTACHMENT,
    REALTIME, UPPER_LIMIT,
};

/// Complaints about an attachment, by itself and beside the others of its host.
pub(super) fn check(transition: &Transition) -> Vec<Complaint> {
    if transition.to.is_none() {
        return Vec::new();
    }
    let mut complaints = addresses(transition);
    complaints.extend(limits(transition));
    complaints.extend(not_in_cluster(transition));
    complaints.extend(card(transition));
    complaints
}

/// An address is said where it is static, and nowhere else.
fn addresses(transition: &Transition) -> Vec<Complaint> {
    let assignments =
        transition.to.and_then(|to| to.get(&ADDRESSES)).map_or(&[][..], Value::members);
    let mut versions = BTreeSet::new();
    let mut complaints = Vec::new();
    for assignment in assignments {
        let Value::Record(assignment) = assignment else { continue };
        let part = |name: &str| assignment.named(name).and_then(Value::as_text);
        let version = part("ip.version").unwrap_or("v4");
        if !versions.insert(version) {
            let message = format!("has two addresses of version {version}, and may have one");
            complaints.push(complaint(&ADDRESSES, message, "leave one of them out"));
        }
        let method = part("assignment_method").unwrap_or_default();
        let is_said = |name: &&str| part(name).is_some_and(|text| !text.is_empty());
        if method == "static" {
            let missing: Vec<_> =
                ["ip.address", "ip.netmask"].into_iter().filter(|name| !is_said(name)).collect();
            if !missing.is_empty() {
                let message = format!("is assigned statically without `{}`", missing.join("`, `"));
                let hint = "say which it is, or another `assignment_method`";
                complaints.push(complaint(&ADDRESSES, message, hint));
            }
        } else if ["ip.address", "ip.netmask", "ip.gateway"].iter().any(is_said) {
            let message = format!("has an address, which `assignment_method: {method}` finds out");
            let hint = "say `assignment_method: static`, or leave the address out";
            complaints.push(complaint(&ADDRESSES, message, hint));
        }
    }
    complaints
}

/// Limits need a share beside them, and what is granted cannot be more than what is allowed.
fn limits(transition: &Transition) -> Vec<Complaint> {
    let number = |attribute| transition.after(attribute).and_then(Value::as_integer);
    let (most, granted) = (number(&UPPER_LIMIT), number(&REALTIME));
    let mut complaints = Vec::new();
    if (most.is_some() || granted.is_some()) && number(&LINK_SHARE_ATTRIBUTE).is_none() {
        let message = "limits its bandwidth without a share";
        complaints.push(complaint(
            if most.is_some() { &UPPER_LIMIT } else { &REALTIME },
            message,
            "say `qos.outbound_average_linkshare` too",
        ));
    }
    if most.zip(granted).is_some_and(|(most, granted)| most > 0 && granted > most) {
        let message = "grants more bandwidth than `qos.outbound_average_upperlimit` allows";
        complaints.push(complaint(&REALTIME, message, "lower it"));
    }
    complaints
}

/// A host has the networks of its cluster and no others.
fn not_in_cluster(transition: &Transition) -> Option<Complaint> {
    let (around, network) = (transition.around, transition.refers_to(&OF)?);
    let host = around.look(&HOST, transition.within?)?;
    let cluster = host.get(&host::CLUSTER_ATTRIBUTE)?.as_reference()?;
    let assigned = around.children(cluster, &CLUSTER_NETWORK);
    let is_there = assigned.iter().any(|it| it.refer_to(network));
    (!is_there && transition.from.is_none()).then(|| {
        let message = "its network is not assigned to the host's cluster";
        complaint(&OF, message, "assign it with `networks:` under the cluster")
    })
}

/// What else is on the card.
fn card(transition: &Transition) -> Vec<Complaint> {
    let (around, card) = (transition.around, transition.refers_to(&HOST_NIC_ATTRIBUTE));
    let (Some(host), Some(card)) = (transition.within, card) else { return Vec::new() };
    let known = transition.to.map(|to| transition.from.map_or(to.clone(), |from| to.over(from)));
    let own = known.and_then(|known| Here::of(transition, &known));
    let Some(own) = own else { return Vec::new() };
    let others = around.kept_children(host, &NETWORK_ATTACHMENT);
    let on_card = |it: &&Fields| reference(it, &HOST_NIC_ATTRIBUTE) == Some(card);
    let others = others.iter().filter(on_card);
    let others: Vec<Here> =
        others.filter_map(|it| Here::of(transition, it)).filter(|it| it.name != own.name).collect();
    let mut complaints: Vec<_> = others.iter().filter_map(|other| own.clash(other)).collect();
    if let Some(other) = others.iter().find(|it| it.is_limited).filter(|_| !own.is_limited) {
        let message = format!(
            "has no QoS, and `{}` on the same card has: all networks of a card have one, or none",
            other.name
        );
        let hint = "give it `qos.outbound_average_linkshare`, or its network a `qos`";
        complaints.push(complaint(&HOST_NIC_ATTRIBUTE, message, hint));
    }
    complaints.extend(bond(transition, card, &own));
    complaints
}

/// A card in a bond has no networks, and some bonds none for machines.
fn bond(transition: &Transition, card: &Reference, own: &Here) -> Option<Complaint> {
    let (around, host) = (transition.around, transition.within?);
    let wanted = around.wanted_children(host, &HOST_NIC);
    let over = wanted.iter().find(|nic| {
        let slaves = nic.get(&host_nic::SLAVES).map_or(&[][..], Value::members);
        slaves.iter().any(|slave| slave.as_reference() == Some(card))
    });
    if let Some(bond) = over.and_then(|bond| bond.named("name")) {
        let message = format!("is on a card that is part of `{bond}`");
        return Some(complaint(&HOST_NIC_ATTRIBUTE, message, format!("say `host_nic: {bond}`")));
    }
    let card = around.look(&HOST_NIC, card)?;
    let Value::Map(options) = card.get(&host_nic::OPTIONS)? else { return None };
    let mode = options.get("mode").filter(|mode| ["0", "5", "6"].contains(&mode.as_str()))?;
    own.is_for_vms.then(|| {
        let message = format!("is for VMs and on a bond of mode {mode}, which loses their frames");
        complaint(&HOST_NIC_ATTRIBUTE, message, "take another mode, such as 1 or 4")
    })
}

fn reference<'f>(fields: &'f Fields, attribute: &Attribute) -> Option<&'f Reference> {
    fields.get(attribute).and_then(Value::as_reference)
}

/// A network on a card, as far as others there matter to it.
struct Here {
    name: String,
    vlan: Option<i64>,
    mtu: i64,
    is_limited: bool,
    is_for_vms: bool,
}

impl Here {
    fn of(transition: &Transition, attachment: &Fields) -> Option<Self> {
        let network = transition.around.look(&NETWORK, reference(attachment, &OF)?)?;
        let number = |attribute| network.get(attribute).and_then(Value::as_integer);
        let is_said = |value: &Value| *value != Value::Nothing;
        let share = attachment.get(&LINK_SHARE_ATTRIBUTE);
        Some(Self {
            name: network.get(&network::NAME)?.to_string(),
            vlan: number(&network::VLAN),
            mtu: number(&network::MTU).filter(|mtu| *mtu > 0).unwrap_or(network::USUAL_MTU),
            is_limited: share.or_else(|| network.get(&network::QOS_ATTRIBUTE)).is_some_and(is_said),
            is_for_vms: network.get(&network::USAGES).is_none_or(|it| !it.members().is_empty()),
        })
    }

    /// Why this network cannot be on the same card as another. Of two, one is told.
    fn clash(&self, other: &Self) -> Option<Complaint> {
        let Self { name, vlan, .. } = other;
        let is_second = self.name > *name;
        let (message, hint) = match (self.vlan, vlan) {
            (None, None) if is_second => (
                format!("is untagged on its card, and so is `{name}`: one network may be"),
                "give one of them a `vlan`, or take another card",
            ),
            (Some(own), Some(theirs)) if own == *theirs && is_second => (
                format!("has the VLAN {own}, which `{name}` has on the same card"),
                "take another VLAN, or another card",
            ),
            (Some(_), None) if self.mtu != other.mtu => (
                format!(
                    "has an MTU of {}, and the untagged `{name}` on its card one of {}",
                    self.mtu, other.mtu
                ),
                "beside an untagged network all have its MTU: change one, or take another card",
            ),
            _ => return None,
        };
        Some(complaint(&HOST_NIC_ATTRIBUTE, message, hint))
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::trial::{Trial, id, text};
    use super::*;

    type Values<'a> = &'a [(&'a str, Value)];

    fn on_eth1(network: &str) -> Vec<(&'static str, Value)> {
        vec![("network", id(network)), ("host_nic", id("eth1"))]
    }

    /// What is said of the network `own` on a card that has the network `other`.
    fn said(own: Values, other: Values) -> Vec<String> {
        let trial = Trial::making(&NETWORK_ATTACHMENT, &on_eth1("own")).within("host");
        let trial = trial
            .beside(&NETWORK, "own", &[&[("name", text("own"))], own].concat())
            .beside(&NETWORK, "other", &[&[("name", text("other"))], other].concat())
            .beside(&NETWORK_ATTACHMENT, "a", &on_eth1("other"));
        trial.complaints().into_iter().map(|it| it.message).collect()
    }

    #[test]
    fn networks_share_a_card_by_their_tags() {
        let tag = |number| ("vlan.id", Value::Integer(number));
        assert!(said(&[tag(1)], &[tag(2)]).is_empty());
        assert!(said(&[tag(1)], &[]).is_empty());
        assert_eq!(
            said(&[], &[]),
            ["is untagged on its card, and so is `other`: one network may be"]
        );
        assert_eq!(
            said(&[tag(7)], &[tag(7)]),
            ["has the VLAN 7, which `other` has on the same card"]
        );
    }

    #[test]
    fn beside_an_untagged_network_all_have_its_mtu() {
        let (tag, mtu) = (("vlan.id", Value::Integer(1)), |mtu| ("mtu", Value::Integer(mtu)));
        let differing = ["has an MTU of 9000, and the untagged `other` on its card one of 1500"];
        assert_eq!(said(&[tag.clone(), mtu(9000)], &[]), differing);
        assert!(said(&[tag.clone(), mtu(9000)], &[mtu(9000)]).is_empty());
        assert!(said(&[tag.clone(), mtu(0)], &[mtu(1500)]).is_empty());
        assert!(said(&[tag, mtu(9000)], &[("vlan.id", Value::Integer(2))]).is_empty());
    }

    #[test]
    fn all_networks_of_a_card_have_limits_or_none() {
        let tag = |number| ("vlan.id", Value::Integer(number));
        let limited = [tag(2), ("qos", id("q"))];
        let without = said(&[tag(1)], &limited);
        assert!(
            without[0].starts_with("has no QoS, and `other` on the same card has"),
            "{without:?}"
        );
        assert!(said(&[tag(1), ("qos", id("q"))], &limited).is_empty());
    }

    fn told(more: Values) -> Vec<String> {
        let to = [&on_eth1("n")[..], more].concat();
        let complaints = Trial::making(&NETWORK_ATTACHMENT, &to).complaints();
        complaints.into_iter().map(|it| it.message).collect()
    }

    fn assignment(method: &str, parts: &[(&str, &str)]) -> Value {
        let record = &[("assignment_method", method)].into_iter().chain(parts.iter().copied());
        let crate::resources::Type::Set(crate::resources::Type::Record(table)) = ADDRESSES.takes
        else {
            panic!("a set of records")
        };
        let named = |name: &str| table.iter().find(|it| it.name == name).expect("it is there");
        Value::Record(record.clone().map(|(name, value)| (named(name), text(value))).collect())
    }

    #[test]
    fn an_address_is_said_where_it_is_static() {
        let given = |all: &[Value]| told(&[(ADDRESSES.name, Value::set(all.to_vec()))]);
        let whole = [("ip.address", "192.0.2.1"), ("ip.netmask", "255.255.255.0")];
        let sixth = [("ip.version", "v6"), ("ip.address", "2001:db8::1"), ("ip.netmask", "64")];
        assert!(given(&[assignment("static", &whole), assignment("static", &sixth)]).is_empty());
        assert!(given(&[assignment("dhcp", &[])]).is_empty());
        let half = given(&[assignment("static", &whole[..1])]);
        assert_eq!(half, ["is assigned statically without `ip.netmask`"]);
        assert_eq!(given(&[assignment("dhcp", &whole)]).len(), 1);
        assert_eq!(given(&[assignment("static", &whole), assignment("dhcp", &[])]).len(), 1);
    }

    #[test]
    fn limits_go_with_a_share() {
        let (share, most, granted) = (LINK_SHARE_ATTRIBUTE.name, UPPER_LIMIT.name, REALTIME.name);
        let number = |name, number| (name, Value::Integer(number));
        assert_eq!(told(&[number(most, 10)]), ["limits its bandwidth without a share"]);
        assert!(told(&[number(share, 5), number(most, 10), number(granted, 10)]).is_empty());
        assert_eq!(told(&[number(share, 5), number(most, 10), number(granted, 11)]).len(), 1);
    }

    #[test]
    fn a_card_of_a_bond_has_no_networks() {
        let bond =
            [("name", text("bond0")), (host_nic::SLAVES.name, Value::set([id("eth1"), id("b")]))];
        let trial = Trial::making(&NETWORK_ATTACHMENT, &on_eth1("own")).within("host");
        let trial = trial.beside(&NETWORK, "own", &[("name", text("own"))]);
        let said = trial.beside(&HOST_NIC, "bond", &bond).complaints();
        assert_eq!(said[0].message, "is on a card that is part of `bond0`");
        assert_eq!(said[0].hint, "say `host_nic: bond0`");
    }

    #[test]
    fn some_bonds_are_not_for_machines() {
        let said = |mode: &str, usages: &[&str]| {
            let options = Value::Map([("mode".to_owned(), mode.to_owned())].into());
            let usages = Value::set(usages.iter().map(|it| text(it)));
            let trial = Trial::making(&NETWORK_ATTACHMENT, &on_eth1("own")).within("host");
            let own = [("name", text("own")), ("usages", usages)];
            let trial = trial.beside(&NETWORK, "own", &own);
            trial.beside(&HOST_NIC, "eth1", &[(host_nic::OPTIONS.name, options)]).complaints().len()
        };
        assert_eq!(said("5", &["vm"]), 1);
        assert_eq!(said("4", &["vm"]), 0);
        assert_eq!(said("5", &[]), 0);
    }
}
