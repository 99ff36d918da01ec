//! Networks of a cluster.

use crate::resources::{
    Action, Attribute, Change, Codec, Complaint, Course, Effect, Fields, Kind, Reference,
    Transition, Type, Update, Value, flag, make, plain, refer, set,
};
use crate::xml::Element;

use super::{CLUSTER, HOST, NETWORK_ATTACHMENT, complaint, data_center::MANAGEMENT, network};

/// Assignments of networks to a cluster. An assignment is found under the network's id.
///
/// Each role is held by one network of the cluster, and giving it to another takes it from the
/// first: so the writes of one cluster come one after the other.
pub static CLUSTER_NETWORK: Kind =
    Kind::new("cluster_network", "networks", "A network that the hosts of a cluster have.")
        .below(&CLUSTER)
        .element("network")
        .identity(&["network"])
        .attributes(&[NETWORK, REQUIRED, USAGES])
        .one_at_a_time("cluster_networks/{parent}")
        .ranks("cluster", |_, course| u8::from(gives_up_a_role(course)))
        .closes_with(&[(&NETWORK_ATTACHMENT, "network")])
        .built_in(&[MANAGEMENT])
        .lifecycle(lifecycle)
        .check(check);

pub(super) static NETWORK: Attribute =
    refer("network", "Which network; the key names it.", &super::NETWORK)
        .at("@id")
        .own_id()
        .required()
        .from_key()
        .update(Update::Replace);

pub(super) static REQUIRED: Attribute =
    flag("required", "Whether a host without it goes out of service.").default("true");

pub(super) static USAGES: Attribute = set(
    "usages",
    "Roles that it plays in the cluster.",
    "usage",
    &Type::OneOf(&["display", "migration", "management", "gluster", "default_route"]),
)
.codec(&ROLES);

/// The engine shows `vm` among the roles, which the network has everywhere or nowhere.
static ROLES: Codec = Codec { decode: read_roles, encode: write_roles };

fn read_roles(element: &Element) -> Option<Value> {
    let usages = element.child("usages")?.all("usage").map(Element::text);
    let roles = usages.filter(|usage| *usage != "vm");
    Some(Value::set(roles.map(|role| Value::Text(role.to_owned()))))
}

fn write_roles(roles: &Value, element: &mut Element) {
    let usages = element.child_or_new("usages");
    if let Value::Set(roles) = roles {
        let words = roles.iter().filter_map(Value::as_text);
        words.for_each(|role| usages.push(Element::leaf("usage", role)));
    }
}

fn check(transition: &Transition) -> Vec<Complaint> {
    match of_provider(transition) {
        true => beyond_provider(transition),
        false => without_hosts(transition),
    }
}

/// Whether the network is a provider's: hosts never have it themselves.
fn of_provider(transition: &Transition) -> bool {
    let network = transition.refers_to(&NETWORK);
    let known = network.and_then(|it| transition.around.look(&super::NETWORK, it));
    known.is_some_and(|it| it.get(&network::PROVIDER).is_some())
}

fn beyond_provider(transition: &Transition) -> Vec<Complaint> {
    if !becomes_required(transition) {
        return Vec::new();
    }
    let message = "is required, and a provider's network cannot be";
    vec![complaint(&REQUIRED, message, "say `required: false`")]
}

/// A host without a network that its cluster requires goes out of service.
fn without_hosts(transition: &Transition) -> Vec<Complaint> {
    if !becomes_required(transition) || is_management(transition) {
        return Vec::new();
    }
    let lacking: Vec<_> = hosts_without(transition).collect();
    if lacking.is_empty() {
        return Vec::new();
    }
    let message = format!(
        "is required, and hosts of the cluster without it would go out of service: {}",
        lacking.join(", ")
    );
    let hint = "attach it with `network_attachments:` of these hosts, or say `required: false`";
    vec![complaint(&REQUIRED, message, hint)]
}

fn becomes_required(transition: &Transition) -> bool {
    let is_set = |fields: &Fields| fields.get(&REQUIRED).is_none_or(Value::is_true);
    match (transition.from, transition.to) {
        (None, Some(to)) => is_set(to),
        _ => transition.changes.iter().any(|it| *it.attribute == REQUIRED && it.to.is_true()),
    }
}

/// The hosts of the cluster, wanted or found.
fn hosts<'t>(transition: &'t Transition) -> impl Iterator<Item = (Reference, Fields)> + use<'t> {
    let cluster = transition.within.cloned().map(Value::Reference);
    let hosts = transition.around.all(&HOST).into_iter();
    hosts.filter(move |(_, host)| cluster.is_some() && host.named("cluster") == cluster.as_ref())
}

/// The names of those to which the network is not attached.
fn hosts_without(transition: &Transition) -> impl Iterator<Item = String> {
    let network = transition.after(&NETWORK);
    let lacks = move |(host, _): &(Reference, Fields)| {
        let attached = transition.around.children(host, &NETWORK_ATTACHMENT);
        !attached.iter().any(|it| it.named("network") == network)
    };
    let name = |(_, host): (Reference, Fields)| host.named("name").map(ToString::to_string);
    hosts(transition).filter(lacks).filter_map(name)
}

/// Hosts come with the management network.
fn is_management(transition: &Transition) -> bool {
    let has_role = |usages: &Value| has_role(usages, "management");
    transition.after(&USAGES).is_some_and(has_role)
        || transition.after(&NETWORK).is_some_and(|network| is_brought(transition, network))
}

/// The management network comes with the cluster, and hosts come with it.
fn is_brought(transition: &Transition, network: &Value) -> bool {
    let Value::Reference(network) = network else { return false };
    let known = transition.around.look(&super::NETWORK, network);
    known.is_some_and(|network| network.is(&super::network::NAME, MANAGEMENT))
}

/// The engine ignores the role `management` in a POST.
///
/// Hosts without a network that is required go out of service (infrastructure handbook, section 6):
/// it is required of them once they have it, and no longer before they lose it.
fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    let has_hosts = || !is_management(transition) && hosts(transition).next().is_some();
    match (transition.from, transition.to) {
        (None, Some(to)) if becomes_required(transition) && has_hosts() => {
            course = required_later(transition, to);
        }
        (None, Some(to)) => {
            let usages = to.get(&USAGES).filter(|usages| has_role(usages, "management"));
            let change = usages.map(|usages| change(&USAGES, None, usages.clone()));
            course.opening.extend(change.map(|change| transition.put(vec![change], false)));
        }
        (Some(from), None) if from.get(&REQUIRED).is_none_or(Value::is_true) && has_hosts() => {
            let no_longer = change(&REQUIRED, Some(Value::Flag(true)), Value::Flag(false));
            course.opening.push(transition.put(vec![no_longer], false));
        }
        _ if becomes_required(transition) || gives_up_a_role(&course) => {
            course.closing = std::mem::take(&mut course.opening);
        }
        _ => {}
    }
    course
}

/// Makes the assignment as one that hosts may lack.
fn required_later(transition: &Transition, to: &Fields) -> Course {
    let mut fields = to.clone();
    fields.set(&REQUIRED, Value::Flag(false));
    fields.remove(&USAGES);
    let mut changes = vec![change(&REQUIRED, Some(Value::Flag(false)), Value::Flag(true))];
    let roles = to.get(&USAGES).filter(|roles| !roles.members().is_empty());
    changes.extend(roles.map(|roles| change(&USAGES, None, roles.clone())));
    Course {
        opening: vec![make(transition.kind, &fields)],
        closing: vec![transition.put(changes, false)],
    }
}

fn change(attribute: &'static Attribute, from: Option<Value>, to: Value) -> Change {
    Change { attribute, from, to, effect: Effect::Now }
}

/// A role that is only given up falls back to the management network, which cannot give it up but
/// by another network's taking it.
fn gives_up_a_role(course: &Course) -> bool {
    let gives_up = |change: &Change| match (&change.from, &change.to) {
        (Some(Value::Set(had)), Value::Set(keeps)) if *change.attribute == USAGES => {
            had.iter().any(|role| !keeps.contains(role))
        }
        _ => false,
    };
    course.actions().any(|action| match action {
        Action::Update { changes, .. } => changes.iter().any(gives_up),
        _ => false,
    })
}

fn has_role(usages: &Value, role: &str) -> bool {
    matches!(usages, Value::Set(roles) if roles.iter().any(|r| r.as_text() == Some(role)))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    #[test]
    fn the_role_of_management_is_given_by_a_change() {
        let told = |role| {
            let to = [("network", id("n")), ("usages", Value::set([text(role)]))];
            Trial::making(&CLUSTER_NETWORK, &to).told()
        };
        assert_eq!(told("display"), "create network=n,usages=[display]");
        assert_eq!(
            told("management"),
            "create network=n,usages=[management]; put usages=[management]"
        );
    }

    /// An assignment in a cluster with a host.
    fn with_host(trial: Trial) -> Trial {
        let host = [("name", text("kvm-1")), ("cluster", id("c"))];
        trial.within("c").beside(&HOST, "h", &host)
    }

    fn attached(trial: Trial) -> Trial {
        with_host(trial).beside(&NETWORK_ATTACHMENT, "a", &[("network", id("n"))])
    }

    fn required(is_so: bool) -> [(&'static str, Value); 2] {
        [("network", id("n")), ("required", Value::Flag(is_so))]
    }

    #[test]
    fn a_network_is_required_once_the_hosts_have_it() {
        let roles = Value::set([text("migration")]);
        let to = [("network", id("n")), ("usages", roles)];
        let told = "create network=n,required=false | put required=true,usages=[migration]";
        assert_eq!(with_host(Trial::making(&CLUSTER_NETWORK, &to)).told(), told);
        let alone = Trial::making(&CLUSTER_NETWORK, &to).within("c");
        assert_eq!(alone.told(), "create network=n,usages=[migration]");
        let rises = Trial::changing(&CLUSTER_NETWORK, &required(false), &required(true));
        assert_eq!(with_host(rises).told(), "| put required=true");
        let falls = Trial::changing(&CLUSTER_NETWORK, &required(true), &required(false));
        assert_eq!(with_host(falls).told(), "put required=false");
    }

    #[test]
    fn a_network_is_no_longer_required_before_the_hosts_lose_it() {
        let told = |is_so| with_host(Trial::removing(&CLUSTER_NETWORK, &required(is_so))).told();
        assert_eq!(told(true), "put required=false | delete");
        assert_eq!(told(false), "| delete");
    }

    #[test]
    fn a_required_network_is_attached_everywhere() {
        let making = || Trial::making(&CLUSTER_NETWORK, &required(true));
        let said = with_host(making()).complaints();
        assert!(said[0].message.ends_with("out of service: kvm-1"), "{}", said[0].message);
        assert!(attached(making()).complaints().is_empty());
        let rises = Trial::changing(&CLUSTER_NETWORK, &required(false), &required(true));
        assert_eq!(with_host(rises).complaints().len(), 1);
        let optional = Trial::making(&CLUSTER_NETWORK, &required(false));
        assert!(with_host(optional).complaints().is_empty());
    }

    #[test]
    fn the_networks_own_role_is_not_read() {
        let usages = Element::new("usages")
            .with(Element::leaf("usage", "vm"))
            .with(Element::leaf("usage", "display"));
        let read = read_roles(&Element::new("network").with(usages));
        assert_eq!(read, Some(Value::set([text("display")])));
    }
}
