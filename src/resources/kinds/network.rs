//! Logical networks.

use crate::resources::{
    Attribute, Brought, Complaint, Fields, Kind, Reference, Surroundings, Transition, Type, Update,
    Value, flag, int, list, refer, set, text,
};

use super::{
    NETWORK_ATTACHMENT, QOS, VNIC_PROFILE, complaint, data_center::MANAGEMENT, name, vnic_profile,
};

/// Logical networks.
pub static NETWORK: Kind = Kind::new("network", "networks", "A logical network of a data center.")
    .identity(&["data_center", "name"])
    .attributes(&[
        NAME,
        DATA_CENTER,
        DESCRIPTION,
        text("comment", "Free text, shown in lists."),
        int("vlan.id", "VLAN tag; without one the network is untagged.", 0, 4094)
            .at("vlan/@id")
            .clears()
            .carried_to(&NETWORK_ATTACHMENT),
        int("mtu", "Largest frame in bytes; 0 takes the engine's default of 1500.", 0, 65_520)
            .default("0")
            .carried_to(&NETWORK_ATTACHMENT),
        USAGES,
        STP,
        PORT_ISOLATION,
        refer("qos", "Bandwidth on the hosts, of type `hostnetwork`.", &QOS)
            .carried_to(&NETWORK_ATTACHMENT),
        list(
            "dns_resolver_configuration.name_servers",
            "Name servers.",
            "name_server",
            &Type::Text,
        )
        .carried_to(&NETWORK_ATTACHMENT),
        PROFILE_REQUIRED,
    ])
    .built_in(&[MANAGEMENT])
    .brings(brings)
    .check(check);

pub(super) static NAME: Attribute = name("Name, unique in the data center.");

pub(super) static DESCRIPTION: Attribute = text("description", "Free text.");

pub(super) static DATA_CENTER: Attribute =
    refer("data_center", "Data center it belongs to.", &super::DATA_CENTER)
        .required()
        .update(Update::Replace);

static USAGES: Attribute = set(
    "usages",
    "`vm` if VMs use it; the other roles are given in `networks` of a cluster.",
    "usage",
    &Type::OneOf(&["vm"]),
)
.engine_default()
.usually("[vm]")
.carried_to(&NETWORK_ATTACHMENT);

static STP: Attribute =
    flag("stp", "Spanning tree on the bridge.").default("false").carried_to(&NETWORK_ATTACHMENT);

static PORT_ISOLATION: Attribute = flag("port_isolation", "Keep the VMs of one host apart.")
    .update(Update::Replace)
    .default("false");

static PROFILE_REQUIRED: Attribute =
    flag("profile_required", "Make a vNIC profile of the same name along with it.")
        .only_at_creation()
        .default("true");

/// A network for VMs gets a vNIC profile of its name.
fn brings(network: &Reference, wanted: &Fields, _: &dyn Surroundings) -> Vec<Brought> {
    let is_for_vms = is_for_vms(wanted.get(&USAGES));
    let has_profile = wanted.get(&PROFILE_REQUIRED) != Some(&Value::Flag(false));
    match wanted.get(&NAME).and_then(Value::as_text) {
        Some(name) if is_for_vms && has_profile => {
            let fields = vnic_profile::identity(network.clone(), name);
            vec![Brought { kind: &VNIC_PROFILE, fields }]
        }
        _ => Vec::new(),
    }
}

/// VMs use a network unless its usages say otherwise.
fn is_for_vms(usages: Option<&Value>) -> bool {
    match usages {
        Some(Value::Set(usages)) => usages.iter().any(|usage| usage.as_text() == Some("vm")),
        _ => true,
    }
}

/// Some settings are those of a bridge, which only a network for VMs has.
fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    if is_for_vms(transition.after(&USAGES)) {
        return Vec::new();
    }
    let said = [&STP, &PORT_ISOLATION].into_iter();
    let said = said.filter(|attribute| to.get(attribute).is_some_and(Value::is_true));
    said.map(|attribute| {
        let message = format!("`{}` is only for networks that VMs use", attribute.name);
        complaint(attribute, message, "add `vm` to `usages`, or leave it out")
    })
    .collect()
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Around, Trial, fields, id, text};
    use super::*;

    fn brought(wanted: &[(&str, Value)]) -> Vec<Fields> {
        let network = Reference::Id("n".to_owned());
        let brought = brings(&network, &fields(&NETWORK, wanted), &Around::default());
        brought.into_iter().map(|brought| brought.fields).collect()
    }

    #[test]
    fn a_network_for_vms_brings_a_profile_of_its_name() {
        let profile = vnic_profile::identity(Reference::Id("n".to_owned()), "a");
        let name = ("name", text("a"));
        let usage = |usage| ("usages", Value::set([text(usage)]));
        assert_eq!(brought(std::slice::from_ref(&name)), std::slice::from_ref(&profile));
        assert_eq!(brought(&[name.clone(), usage("vm")]), [profile]);
        assert_eq!(brought(&[name.clone(), usage("migration")]), []);
        assert_eq!(brought(&[name, ("profile_required", Value::Flag(false))]), []);
    }

    #[test]
    fn a_change_is_through_when_the_hosts_have_it() {
        let changing = |to: (&str, Value)| Trial::changing(&NETWORK, &[], &[to]).known_as("n");
        let on_a_host = |trial: Trial| {
            let attached = [("network", id("n"))];
            trial.beside(&NETWORK_ATTACHMENT, "a", &attached).told()
        };
        let mtu = || changing(("mtu", Value::Integer(9000)));
        assert_eq!(on_a_host(mtu()), "put mtu=9000; until carried on");
        assert_eq!(mtu().told(), "put mtu=9000", "no host has it");
        let comment = changing(("comment", text("of ours")));
        assert_eq!(on_a_host(comment), "put comment=of ours", "no host knows of it");
    }

    #[test]
    fn a_bridge_is_for_vms() {
        let said = |usage| {
            let usages = ("usages", Value::set([text(usage)]));
            let to = [usages, ("stp", Value::Flag(true))];
            Trial::making(&NETWORK, &to).complaints().len()
        };
        assert_eq!(said("vm"), 0);
        assert_eq!(said("migration"), 1);
    }
}
