//! vNIC profiles.

use crate::resources::{
    Attribute, Fields, Kind, Reference, Update, Value, flag, map, one_of, refer, text,
};

use super::{NETWORK_FILTER, QOS, data_center::MANAGEMENT, name};

/// vNIC profiles.
pub static VNIC_PROFILE: Kind =
    Kind::new("vnic_profile", "vnic_profiles", "How NICs of VMs are connected to a network.")
        .segment("vnicprofiles")
        .identity(&["network", "name"])
        .attributes(&[
            NAME,
            NETWORK,
            text("description", "Free text."),
            refer(
                "network_filter",
                "Rules against forged traffic; `null` for none.",
                &NETWORK_FILTER,
            ),
            refer("qos", "Bandwidth of each NIC, of type `network`.", &QOS),
            flag("port_mirroring", "Show all traffic of the network to the VM.").default("false"),
            one_of(
                "pass_through.mode",
                "Give the VM a virtual function of the host's NIC.",
                &["enabled", "disabled"],
            )
            .default("disabled"),
            flag("migratable", "Whether a VM with a passed-through NIC can migrate."),
            refer("failover", "Profile that stands in while such a VM migrates.", &VNIC_PROFILE),
            map(
                "custom_properties",
                "Properties that the engine's owner defined.",
                "custom_property",
            ),
        ])
        .built_in(&[MANAGEMENT]);

const NAME: Attribute = name("Name, unique among the profiles of the network.");

const NETWORK: Attribute = refer("network", "Network that NICs are connected to.", &super::NETWORK)
    .required()
    .update(Update::Replace);

/// What a profile is recognised by.
pub(super) fn identity(network: Reference, name: &str) -> Fields {
    [(&NETWORK, Value::Reference(network)), (&NAME, Value::Text(name.to_owned()))]
        .into_iter()
        .collect()
}
