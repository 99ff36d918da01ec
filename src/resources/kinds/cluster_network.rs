//! Networks of a cluster.

use crate::resources::{
    Action, Attribute, Change, Codec, Complaint, Course, Effect, Fields, Kind, Transition, Type,
    Update, Value, flag, plain, refer, set,
};
use crate::xml::Element;

use super::{CLUSTER, HOST, complaint, data_center::MANAGEMENT};

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

/// A host without a network that its cluster requires goes out of service, and no host can have a
/// network before that is assigned to its cluster.
fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to.filter(|_| transition.from.is_none()) else { return Vec::new() };
    let is_required = to.get(&REQUIRED).is_none_or(Value::is_true);
    let is_management = to.get(&USAGES).is_some_and(|usages| has_role(usages, "management"));
    let is_of_cluster = |host: &Fields| match (host.named("cluster"), transition.within) {
        (Some(Value::Reference(cluster)), Some(within)) => cluster == within,
        _ => false,
    };
    let brought = to.get(&NETWORK).is_some_and(|network| is_brought(transition, network));
    if !is_required || is_management || brought {
        return Vec::new();
    }
    let Some(_) = transition.around.find(&HOST, &is_of_cluster) else { return Vec::new() };
    let message = "is required, and the hosts of the cluster, which do not have it yet, \
                   would go out of service";
    let hint = "say `required: false` until it is attached to all of them";
    vec![complaint(&REQUIRED, message, hint)]
}

/// The management network comes with the cluster, and hosts come with it.
fn is_brought(transition: &Transition, network: &Value) -> bool {
    let Value::Reference(network) = network else { return false };
    let known = transition.around.look(&super::NETWORK, network);
    known.is_some_and(|network| network.is(&super::network::NAME, MANAGEMENT))
}

/// The engine ignores the role `management` in a POST.
fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    if let (None, Some(usages)) = (transition.from, transition.after(&USAGES))
        && has_role(usages, "management")
    {
        let to = usages.clone();
        let change = Change { attribute: &USAGES, from: None, to, effect: Effect::Now };
        course.opening.push(transition.put(vec![change], false));
    }
    course
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

    #[test]
    fn the_networks_own_role_is_not_read() {
        let usages = Element::new("usages")
            .with(Element::leaf("usage", "vm"))
            .with(Element::leaf("usage", "display"));
        let read = read_roles(&Element::new("network").with(usages));
        assert_eq!(read, Some(Value::set([text("display")])));
    }
}
