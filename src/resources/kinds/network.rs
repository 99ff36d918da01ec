//! Logical networks.

use crate::resources::{
    Action, Attribute, Brought, Change, Complaint, Course, Fields, Kind, Reference, Surroundings,
    Transition, Type, Update, Value, flag, int, list, plain, refer, set, text,
};

use super::{
    CLUSTER_NETWORK, HOST, NETWORK_ATTACHMENT, OPENSTACK_NETWORK_PROVIDER, QOS, VNIC_PROFILE,
    complaint, data_center::MANAGEMENT, host_nic::LABEL_IDS, keepers, label, name,
    network_attachment::IN_SYNC, provider, provider_network, vnic_profile,
};

/// Logical networks.
pub static NETWORK: Kind = Kind::new("network", "networks", "A logical network of a data center.")
    .identity(&["data_center", "name"])
    .attributes(&[
        NAME,
        DATA_CENTER,
        DESCRIPTION,
        text("comment", "Free text, shown in lists."),
        VLAN,
        MTU,
        USAGES,
        STP,
        PORT_ISOLATION,
        QOS_ATTRIBUTE,
        list(
            "dns_resolver_configuration.name_servers",
            "Name servers.",
            "name_server",
            &Type::Text,
        )
        .carried_to(&NETWORK_ATTACHMENT),
        PROFILE_REQUIRED,
        PROVIDER,
        PHYSICAL,
        LABELS,
    ])
    .built_in(&[MANAGEMENT])
    .follows(&[(&CLUSTER_NETWORK, "network")])
    .lifecycle(lifecycle)
    .kept_by(keepers::OF_NETWORKS)
    .brings(brings)
    .check(check);

/// Hosts would have to be told of another one, which the engine refuses: see [`known_to_hosts`].
pub(super) static NAME: Attribute =
    name("Name, unique in the data center.").carried_to(&NETWORK_ATTACHMENT);

pub(super) static DESCRIPTION: Attribute = text("description", "Free text.");

pub(super) static DATA_CENTER: Attribute =
    refer("data_center", "Data center it belongs to.", &super::DATA_CENTER)
        .required()
        .update(Update::Replace);

pub(super) static MTU: Attribute =
    int("mtu", "Largest frame in bytes; 0 takes the engine's default of 1500.", 0, 65_520)
        .default("0")
        .carried_to(&NETWORK_ATTACHMENT);

/// What an engine takes for an MTU of 0, as long as nobody sets it otherwise.
pub(super) const USUAL_MTU: i64 = 1500;

pub(super) static QOS_ATTRIBUTE: Attribute =
    refer("qos", "Bandwidth on the hosts, of type `hostnetwork`.", &QOS)
        .carried_to(&NETWORK_ATTACHMENT);

pub(super) static VLAN: Attribute =
    int("vlan.id", "VLAN tag; without one the network is untagged.", 0, 4094)
        .at("vlan/@id")
        .clears()
        .carried_to(&NETWORK_ATTACHMENT);

/// With a provider its networks would go too, whoever made them.
pub(super) static PROVIDER: Attribute =
    refer("external_provider", "Provider that has it.", &OPENSTACK_NETWORK_PROVIDER)
        .engine_default()
        .holds()
        .update(Update::Replace);
static PHYSICAL: Attribute = refer(
    "external_provider_physical_network",
    "Network on the hosts that the provider's one runs on.",
    &NETWORK,
)
.engine_default()
.holds()
.update(Update::Replace);

pub(super) static USAGES: Attribute = set(
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

/// The engine brings it to hosts and takes it off in the background, and no job tells when it is
/// done. While it is on a host for one label, it goes nowhere else for another.
pub(super) static LABELS: Attribute = set(
    "network_labels",
    "Its label, one at most: hosts have it on the cards that bear the same.",
    "network_label",
    &Type::Text,
)
.linked("networklabels")
.one_at_most()
.codec(&LABEL_IDS)
.shown_by(&IN_SYNC, &NETWORK_ATTACHMENT);

static PROFILE_REQUIRED: Attribute =
    flag("profile_required", "Make a vNIC profile of the same name along with it.")
        .only_at_creation()
        .default("true");

/// What is done to a label is through when the hosts have followed.
fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    let Some(itself) = transition.itself else { return course };
    let followed = |action: Action| {
        let wait = match &action {
            Action::Link { attribute, member, adds: false } if **attribute == LABELS => {
                label::until_gone(itself, member, transition.around)
            }
            Action::Link { attribute, member, adds: true } if **attribute == LABELS => {
                let clusters = label::clusters(itself, transition.around);
                label::until_there(itself, member, &clusters, transition.around)
            }
            _ => None,
        };
        std::iter::once(action).chain(wait)
    };
    course.opening = course.opening.into_iter().flat_map(followed).collect();
    course
}

/// A network for VMs gets a vNIC profile of its name, and one of a provider is made there.
fn brings(network: &Reference, wanted: &Fields, _: &dyn Surroundings) -> Vec<Brought> {
    let profile = profile(network, wanted);
    let is_of_provider = wanted.get(&PROVIDER).is_some_and(|it| *it != Value::Nothing);
    let there = wanted.get(&NAME).filter(|_| is_of_provider).map(provider_network::named);
    profile.into_iter().chain(there).collect()
}

fn profile(network: &Reference, wanted: &Fields) -> Option<Brought> {
    let is_for_vms = is_for_vms(wanted.get(&USAGES));
    let has_profile = wanted.get(&PROFILE_REQUIRED) != Some(&Value::Flag(false));
    match wanted.get(&NAME).and_then(Value::as_text) {
        Some(name) if is_for_vms && has_profile => {
            let fields = vnic_profile::identity(network.clone(), name);
            Some(Brought { kind: &VNIC_PROFILE, fields })
        }
        _ => None,
    }
}

/// VMs use a network unless its usages say otherwise.
fn is_for_vms(usages: Option<&Value>) -> bool {
    match usages {
        Some(Value::Set(usages)) => usages.iter().any(|usage| usage.as_text() == Some("vm")),
        _ => true,
    }
}

fn check(transition: &Transition) -> Vec<Complaint> {
    let of_provider = match transition.refers_to(&PROVIDER) {
        Some(provider) => beyond_provider(transition, provider),
        None => Vec::new(),
    };
    let renamed = known_to_hosts(transition);
    [without_bridge(transition), of_provider, with_labels(transition), renamed].concat()
}

/// Hosts know a network by its name.
fn known_to_hosts(transition: &Transition) -> Vec<Complaint> {
    let renames = transition.changes.iter().any(|change| *change.attribute == NAME);
    let Some(itself) = transition.itself.filter(|_| renames) else { return Vec::new() };
    let around = transition.around;
    let knows = |(host, _): &(Reference, Fields)| {
        around.found_children(host, &NETWORK_ATTACHMENT).iter().any(|it| it.refer_to(itself))
    };
    let hosts = around.all(&HOST).into_iter().filter(knows);
    let names: Vec<_> = hosts.filter_map(|(_, it)| Some(it.named("name")?.to_string())).collect();
    if names.is_empty() {
        return Vec::new();
    }
    let message = format!("gets another name, and hosts have it: {}", names.join(", "));
    let hint = "take it off these hosts first, in a run of its own, or leave its name";
    vec![complaint(&NAME, message, hint)]
}

/// A network of a provider is for VMs, and is what the provider made of it.
fn beyond_provider(transition: &Transition, provider: &Reference) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    let mut complaints = Vec::new();
    let mut complain = |attribute, message: &str, hint: &'static str| {
        complaints.push(complaint(attribute, message, hint));
    };
    if !is_for_vms(transition.after(&USAGES)) {
        complain(&USAGES, "is a provider's, and not for VMs", "add `vm` to `usages`");
    }
    if to.get(&PORT_ISOLATION).is_some_and(Value::is_true) {
        complain(&PORT_ISOLATION, "is a provider's, which isolates no ports", "leave it out");
    }
    if to.get(&PHYSICAL).is_some() && to.get(&VLAN).is_some_and(|vlan| *vlan != Value::Nothing) {
        let hint = "leave `vlan` out: it has that of the physical network";
        complain(&VLAN, "has a VLAN beside its physical network", hint);
    }
    let fixed = |change: &&Change| [&VLAN, &STP].contains(&change.attribute);
    let fixed = transition.changes.iter().filter(fixed);
    for change in fixed.filter(|_| transition.from.is_some()) {
        let hint = "take it out: the provider decides";
        complain(change.attribute, "is a provider's, and this of it cannot be changed", hint);
    }
    let known = transition.around.look(&OPENSTACK_NETWORK_PROVIDER, provider);
    if transition.from.is_none() && known.is_some_and(|it| provider::is_read_only(&it)) {
        let hint = "say `read_only: false` of the provider, or import what it has";
        complain(&PROVIDER, "is new, and its provider is read-only", hint);
    }
    complaints
}

/// Some settings are those of a bridge, which only a network for VMs has.
fn without_bridge(transition: &Transition) -> Vec<Complaint> {
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

fn with_labels(transition: &Transition) -> Vec<Complaint> {
    let labels = transition.to.and_then(|to| to.get(&LABELS)).map_or(0, |it| it.members().len());
    let mut complaints = Vec::new();
    if labels > 1 {
        let message = format!("has {labels} labels, and the engine keeps one");
        let hint = "give all cards one label that are to carry it";
        complaints.push(complaint(&LABELS, message, hint));
    }
    if labels > 0 && transition.refers_to(&PROVIDER).is_some() {
        let message = "is a provider's, and labels bring none of these to hosts";
        complaints.push(complaint(&LABELS, message, "leave `network_labels` out"));
    }
    complaints
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
    fn a_label_goes_before_another_comes() {
        let labels =
            |words: &[&str]| ("network_labels", Value::set(words.iter().map(|it| text(it))));
        let trial = Trial::changing(&NETWORK, &[labels(&["a"])], &[labels(&["b"])]);
        assert_eq!(trial.told(), "unlink network_labels=a; link network_labels=b");
        let said = |words| Trial::making(&NETWORK, &[labels(words)]).complaints().len();
        assert_eq!((said(&["a"]), said(&["a", "b"])), (0, 1));
    }

    #[test]
    fn a_label_is_through_when_the_hosts_have_followed() {
        let labels =
            |words: &[&str]| ("network_labels", Value::set(words.iter().map(|it| text(it))));
        let trial = Trial::changing(&NETWORK, &[labels(&["a"])], &[labels(&["b"])]).known_as("n");
        let trial = trial
            .beside(&super::super::CLUSTER, "c", &[])
            .beside(&CLUSTER_NETWORK, "n", &[("network", id("n"))])
            .beside(&super::super::HOST, "h", &[("cluster", id("c"))])
            .beside(&super::super::HOST_NIC, "eth1", &[labels(&["a"])])
            .beside(&super::super::HOST_NIC, "eth2", &[labels(&["b"])])
            .beside(&NETWORK_ATTACHMENT, "x", &[("network", id("n")), ("host_nic", id("eth1"))]);
        let told = "unlink network_labels=a; until n left h; \
                    link network_labels=b; until n reached h";
        assert_eq!(trial.told(), told);
    }

    #[test]
    fn a_network_that_hosts_have_keeps_its_name() {
        let named = |name| [("name", text(name))];
        let trial = || Trial::changing(&NETWORK, &named("a"), &named("b")).known_as("n");
        assert!(trial().complaints().is_empty());
        let trial = trial().beside(&super::super::HOST, "h", &named("kvm-1"));
        let said = trial.beside(&NETWORK_ATTACHMENT, "x", &[("network", id("n"))]).complaints();
        assert_eq!(said[0].message, "gets another name, and hosts have it: kvm-1");
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
