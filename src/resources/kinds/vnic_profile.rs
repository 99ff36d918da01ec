//! vNIC profiles.

use crate::resources::{
    Attribute, Change, Complaint, Course, Effect, Fields, Kind, Reference, Transition, Update,
    Value, flag, map, one_of, plain, refer, text,
};

use super::{NETWORK_FILTER, QOS, complaint, data_center::MANAGEMENT, name, network};

/// vNIC profiles.
pub static VNIC_PROFILE: Kind =
    Kind::new("vnic_profile", "vnic_profiles", "How NICs of VMs are connected to a network.")
        .segment("vnicprofiles")
        .identity(&["network", "name"])
        .attributes(&[
            NAME,
            NETWORK,
            text("description", "Free text."),
            FILTER,
            QOS_ATTRIBUTE,
            PORT_MIRRORING,
            PASS_THROUGH,
            flag("migratable", "Whether a VM with a passed-through NIC can migrate."),
            refer("failover", "Profile that stands in while such a VM migrates.", &VNIC_PROFILE)
                .engine_default(),
            map(
                "custom_properties",
                "Properties that the engine's owner defined.",
                "custom_property",
            ),
        ])
        .built_in(&[MANAGEMENT])
        .follows(&[(&super::NETWORK, "network")])
        .lifecycle(lifecycle)
        .check(check);

static NAME: Attribute = name("Name, unique among the profiles of the network.");

pub(super) static NETWORK: Attribute =
    refer("network", "Network that NICs are connected to.", &super::NETWORK)
        .required()
        .update(Update::Replace);

static FILTER: Attribute =
    refer("network_filter", "Rules against forged traffic; `null` for none.", &NETWORK_FILTER)
        .usually("vdsm-no-mac-spoofing");

static QOS_ATTRIBUTE: Attribute = refer("qos", "Bandwidth of each NIC, of type `network`.", &QOS);

static PORT_MIRRORING: Attribute =
    flag("port_mirroring", "Show all traffic of the network to the VM.").default("false");

static PASS_THROUGH: Attribute = one_of(
    "pass_through.mode",
    "Give the VM a virtual function of the host's NIC.",
    &["enabled", "disabled"],
)
.default("disabled");

/// A profile that has its network's name is renamed along with it: it gets its own back.
fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    if let Some(back) = name_back(transition) {
        let changes = std::iter::once(back).chain(transition.body_changes());
        course.opening = vec![transition.put(changes.collect(), false)];
    }
    course
}

fn name_back(transition: &Transition) -> Option<Change> {
    let name = transition.from?.get(&NAME)?;
    let keeps = transition.to?.get(&NAME) == Some(name);
    let itself = transition.refers_to(&NETWORK)?;
    let before = transition.around.found(&super::NETWORK, itself)?;
    let after = transition.around.look(&super::NETWORK, itself)?;
    let is_shared = before.get(&network::NAME) == Some(name);
    let renamed = after.get(&network::NAME).filter(|new| keeps && is_shared && *new != name)?;
    let (from, to) = (Some(renamed.clone()), name.clone());
    Some(Change { attribute: &NAME, from, to, effect: Effect::Now })
}

/// Traffic that is passed through cannot be watched, filtered or slowed down.
fn check(transition: &Transition) -> Vec<Complaint> {
    let mode = transition.after(&PASS_THROUGH).and_then(Value::as_text);
    let Some(to) = transition.to.filter(|_| mode == Some("enabled")) else { return Vec::new() };
    let is_set = |value: &Value| value.is_true() || matches!(value, Value::Reference(_));
    let excluded = [&FILTER, &QOS_ATTRIBUTE, &PORT_MIRRORING].into_iter();
    // What the profile has already is in the way too, until it is taken off.
    let set = excluded.filter(|attribute| transition.after(attribute).is_some_and(is_set));
    set.map(|attribute| {
        let message = format!("`{}` does not go with `pass_through`", attribute.name);
        match to.get(attribute) {
            Some(_) => complaint(attribute, message, "leave one of them out"),
            None => complaint(attribute, message, "the profile has it: say `null` for it"),
        }
    })
    .collect()
}

/// What a profile is recognised by.
pub(super) fn identity(network: Reference, name: &str) -> Fields {
    [(&NETWORK, Value::Reference(network)), (&NAME, Value::Text(name.to_owned()))]
        .into_iter()
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    #[test]
    fn a_profile_gets_back_its_name_that_its_network_had() {
        let told = |network: &str, profile: &str| {
            let named = |name| [("name", text(name)), ("network", id("n"))];
            let trial = Trial::changing(&VNIC_PROFILE, &named("shop"), &named(profile));
            trial.beside(&super::super::NETWORK, "n", &[("name", text(network))]).told()
        };
        assert_eq!(told("shop", "shop"), "");
        assert_eq!(told("shop", "guests"), "put name=guests");
        let found = [("name", text("shop"))];
        let renamed = [("name", text("market"))];
        let named = [("name", text("shop")), ("network", id("n"))];
        let trial = Trial::changing(&VNIC_PROFILE, &named, &named);
        let trial = trial.beside(&super::super::NETWORK, "n", &renamed);
        assert_eq!(trial.beside(&super::super::NETWORK, "n", &found).told(), "put name=shop");
    }

    #[test]
    fn what_is_passed_through_cannot_be_watched() {
        let said = |mode| {
            let to = [("pass_through.mode", text(mode)), ("qos", id("q"))];
            Trial::making(&VNIC_PROFILE, &to).complaints().len()
        };
        assert_eq!(said("enabled"), 1);
        assert_eq!(said("disabled"), 0);
        let from = [("pass_through.mode", text("disabled")), ("network_filter", id("f"))];
        let to = [("pass_through.mode", text("enabled")), ("network_filter", Value::Nothing)];
        assert_eq!(Trial::changing(&VNIC_PROFILE, &from, &to[..1]).complaints().len(), 1);
        assert!(Trial::changing(&VNIC_PROFILE, &from, &to).complaints().is_empty());
    }
}
