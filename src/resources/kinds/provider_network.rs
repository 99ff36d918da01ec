//! What providers of networks have: their networks, and the subnets of these.

use crate::resources::{
    Action, Attribute, Brought, Complaint, Course, Fields, Kind, Transition, Type, Update, Value,
    list, text,
};

use super::{NETWORK, OPENSTACK_NETWORK_PROVIDER, complaint, name, network};

/// Networks as their provider has them. They come from there, or with a network of the engine that
/// is made there.
pub static OPENSTACK_NETWORK: Kind =
    Kind::new("openstack_network", "networks", "A network that the provider has.")
        .below(&OPENSTACK_NETWORK_PROVIDER)
        .element("openstack_network")
        .from_afar()
        .comes_along(|_| true)
        .attributes(&[NAME])
        .looks_at(&[&NETWORK])
        .check(check)
        .lifecycle(lifecycle);

static NAME: Attribute = name("Name that the provider gives it.").by_lifecycle();

/// Subnets have no PUT: what differs is made anew.
pub static OPENSTACK_SUBNET: Kind =
    Kind::new("openstack_subnet", "subnets", "Addresses that VMs of a provider's network get.")
        .below(&OPENSTACK_NETWORK)
        .element("openstack_subnet")
        .from_afar()
        .attributes(&[
            name("Name, unique in the network.").update(Update::Replace),
            text("cidr", "Its addresses: `192.0.2.0/24`.")
                .required()
                .engine_default()
                .update(Update::Replace),
            VERSION,
            text("gateway", "Way out of it.").update(Update::Replace),
            list("dns_servers", "Name servers.", "dns_server", &Type::Text).update(Update::Replace),
        ])
        .check(check_version);

static VERSION: Attribute =
    text("ip_version", "`v4` or `v6`.").default("v4").update(Update::Replace);

/// What a provider makes for a network of the engine.
pub(super) fn named(name: &Value) -> Brought {
    let fields: Fields = [(&NAME, name.clone())].into_iter().collect();
    Brought { kind: &OPENSTACK_NETWORK, fields }
}

/// Networks are made by way of the engine's own.
fn check(transition: &Transition) -> Vec<Complaint> {
    let (Some(to), None, Some(_)) = (transition.to, transition.from, transition.parent) else {
        return Vec::new();
    };
    let is_it = |network: &Fields| {
        let provider = network.get(&network::PROVIDER).and_then(Value::as_reference);
        provider == transition.within && network.get(&network::NAME) == to.get(&NAME)
    };
    if transition.around.find(&NETWORK, &is_it).is_some() {
        return Vec::new();
    }
    let hint = "make one in `networks`, and name this `external_provider` there";
    vec![complaint(&NAME, "is no network that the provider has", hint)]
}

/// What it is called, it is called by then.
fn lifecycle(transition: &Transition) -> Course {
    let found = transition.to.filter(|_| transition.from.is_none());
    let opening = found.map(|to| Action::Find { identity: to.clone() });
    Course { opening: opening.into_iter().collect(), closing: Vec::new() }
}

fn check_version(transition: &Transition) -> Vec<Complaint> {
    let said = transition.to.and_then(|to| to.get(&VERSION)).and_then(Value::as_text);
    let Some(said) = said.filter(|it| !matches!(*it, "v4" | "v6")) else { return Vec::new() };
    let message = format!("has the IP version `{said}`, which the engine does not know");
    vec![complaint(&VERSION, message, "say `v4` or `v6`")]
}
