//! Logical networks.

use crate::resources::{
    Attribute, Brought, Fields, Kind, Reference, Surroundings, Type, Update, Value, flag, int,
    list, refer, set, text,
};

use super::{QOS, VNIC_PROFILE, data_center::MANAGEMENT, name, vnic_profile};

/// Logical networks.
pub static NETWORK: Kind = Kind::new("network", "networks", "A logical network of a data center.")
    .identity(&["data_center", "name"])
    .attributes(&[
        NAME,
        DATA_CENTER,
        text("description", "Free text."),
        text("comment", "Free text, shown in lists."),
        int("vlan.id", "VLAN tag; without one the network is untagged.", 0, 4094).at("vlan/@id"),
        int("mtu", "Largest frame in bytes; 0 takes the engine's default of 1500.", 0, 65_520)
            .default("0"),
        USAGES,
        flag("stp", "Spanning tree on the bridge.").default("false"),
        flag("port_isolation", "Keep the VMs of one host apart.")
            .update(Update::Replace)
            .default("false"),
        refer("qos", "Bandwidth on the hosts, of type `hostnetwork`.", &QOS),
        list(
            "dns_resolver_configuration.name_servers",
            "Name servers.",
            "name_server",
            &Type::Text,
        ),
        PROFILE_REQUIRED,
    ])
    .built_in(&[MANAGEMENT])
    .brings(brings);

pub(super) const NAME: Attribute = name("Name, unique in the data center.");

pub(super) const DATA_CENTER: Attribute =
    refer("data_center", "Data center it belongs to.", &super::DATA_CENTER)
        .required()
        .update(Update::Replace);

const USAGES: Attribute = set(
    "usages",
    "`vm` if VMs use it; the other roles are given in `networks` of a cluster.",
    "usage",
    &Type::OneOf(&["vm", "display", "migration", "management", "gluster", "default_route"]),
)
.engine_default();

const PROFILE_REQUIRED: Attribute =
    flag("profile_required", "Make a vNIC profile of the same name along with it.")
        .only_at_creation()
        .default("true");

/// A network for VMs gets a vNIC profile of its name.
fn brings(network: &Reference, wanted: &Fields, _: &dyn Surroundings) -> Vec<Brought> {
    let is_for_vms = match wanted.get(&USAGES) {
        Some(Value::Set(usages)) => usages.iter().any(|usage| usage.as_text() == Some("vm")),
        _ => true,
    };
    let has_profile = wanted.get(&PROFILE_REQUIRED) != Some(&Value::Flag(false));
    match wanted.get(&NAME).and_then(Value::as_text) {
        Some(name) if is_for_vms && has_profile => {
            let fields = vnic_profile::identity(network.clone(), name);
            vec![Brought { kind: &VNIC_PROFILE, fields }]
        }
        _ => Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Around, fields, text};
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
        assert_eq!(brought(std::slice::from_ref(&name)), [profile.clone()]);
        assert_eq!(brought(&[name.clone(), usage("vm")]), [profile]);
        assert_eq!(brought(&[name.clone(), usage("migration")]), []);
        assert_eq!(brought(&[name, ("profile_required", Value::Flag(false))]), []);
    }
}
