//! Networks of a cluster.

use crate::resources::{
    Action, Attribute, Change, Codec, Complaint, Course, Effect, Fields, Kind, Reference,
    Transition, Type, Update, Value, Verb, carry_by, flag, make, plain, refer, set,
};
use crate::xml::Element;

use super::{
    CLUSTER, HOST, HOST_NIC, NETWORK_ATTACHMENT, complaint, data_center::MANAGEMENT, host, keepers,
    label, network,
};

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
        .closes_after(&[(&super::NETWORK, "network")])
        .closes_with(&[(&NETWORK_ATTACHMENT, "network"), (&HOST_NIC, "cluster")])
        .built_in(&[MANAGEMENT])
        .lifecycle(lifecycle)
        .kept_by(keepers::OF_CLUSTER_NETWORKS)
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
    let mut complaints = match of_provider(transition) {
        true => beyond_provider(transition),
        false => without_hosts(transition),
    };
    complaints.extend(shared_roles(transition));
    complaints
}

/// A role that two networks claim would go from one to the other with each run.
fn shared_roles(transition: &Transition) -> Vec<Complaint> {
    let claimed = transition.to.and_then(|to| to.get(&USAGES)).map_or(&[][..], Value::members);
    let own = transition.after(&NETWORK);
    let cluster = transition.within.filter(|_| !claimed.is_empty());
    let siblings = cluster.map(|it| transition.around.wanted_children(it, &CLUSTER_NETWORK));
    let mut complaints = Vec::new();
    for other in siblings.into_iter().flatten().filter(|it| it.get(&NETWORK) != own) {
        let theirs = other.get(&USAGES).map_or(&[][..], Value::members);
        for role in claimed.iter().filter(|role| theirs.contains(role)) {
            let network = other.get(&NETWORK).and_then(Value::as_reference);
            let network = network.and_then(|it| transition.around.look(&super::NETWORK, it));
            let name = network.and_then(|it| Some(it.get(&network::NAME)?.to_string()));
            let message = format!(
                "has the role `{role}`, and so has `{}`: in a cluster one network has it",
                name.unwrap_or_default()
            );
            complaints.push(complaint(&USAGES, message, "take it out of `usages` of one of them"));
        }
    }
    complaints
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
    let is_kept = !becomes_required(transition);
    if is_kept && !stays_required(transition) || is_management(transition) {
        return Vec::new();
    }
    let lacking: Vec<_> = hosts_without(transition, is_kept).collect();
    if lacking.is_empty() {
        return Vec::new();
    }
    let who = if is_kept { "that lose it" } else { "of the cluster without it" };
    let message =
        format!("is required, and hosts {who} would go out of service: {}", lacking.join(", "));
    let hint = "attach it with `network_attachments:` of these hosts, give their `nics:` a label of \
                it, or say `required: false`";
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
    let hosts = transition.around.all(&HOST).into_iter();
    hosts.filter(|(_, it)| transition.within.is_some_and(|cluster| host::is_of(it, cluster)))
}

/// Whether hosts need it before and after.
fn stays_required(transition: &Transition) -> bool {
    let is_so = |fields: &Fields| fields.get(&REQUIRED).is_none_or(Value::is_true);
    transition.from.is_some_and(is_so) && transition.to.is_some_and(is_so)
}

/// The names of the hosts to which the network is not attached, and no label brings it; if so
/// asked, of those that have it now.
fn hosts_without(transition: &Transition, now_with: bool) -> impl Iterator<Item = String> {
    let around = transition.around;
    let network = transition.refers_to(&NETWORK);
    let label = network.and_then(|network| label::of(network, around));
    let lacks = move |(host, _): &(Reference, Fields)| {
        let Some(network) = network else { return false };
        let is_there = |all: Vec<Fields>| all.iter().any(|it| it.refer_to(network));
        let is_brought = label::brought(host, network, around);
        let is_drawn = label
            .as_ref()
            .is_some_and(|label| label::is_on(&around.children(host, &HOST_NIC), label));
        let is_attached = match is_brought {
            true => is_there(around.wanted_children(host, &NETWORK_ATTACHMENT)),
            false => is_there(around.children(host, &NETWORK_ATTACHMENT)),
        };
        !is_drawn && !is_attached && (is_brought || !now_with)
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
/// it is required of them once they have it, and no longer before they lose it. Roles need an
/// address on each host, so they come as late.
fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    let has_hosts = hosts(transition).next().is_some();
    let is_held = has_hosts && !is_management(transition);
    match (transition.from, transition.to) {
        (None, Some(to)) if is_held => course = in_use_later(transition, to),
        (None, Some(to)) => {
            let usages = to.get(&USAGES).filter(|usages| has_role(usages, "management"));
            let change = usages.map(|usages| change(&USAGES, None, usages.clone()));
            course.opening.extend(change.map(|change| transition.put(vec![change], false)));
        }
        (Some(from), None) if is_held && from.get(&REQUIRED).is_none_or(Value::is_true) => {
            let no_longer = change(&REQUIRED, Some(Value::Flag(true)), Value::Flag(false));
            course.opening.push(transition.put(vec![no_longer], false));
        }
        _ if is_held && stays_required(transition) && is_relabelled(transition) => {
            let others = transition.body_changes();
            let not_meanwhile = change(&REQUIRED, Some(Value::Flag(true)), Value::Flag(false));
            let again = change(&REQUIRED, Some(Value::Flag(false)), Value::Flag(true));
            let again = others.into_iter().chain([again]).collect();
            course.opening = vec![transition.put(vec![not_meanwhile], false)];
            course.closing = until_brought(transition).into_iter().collect();
            course.closing.push(transition.put(again, false));
        }
        _ if becomes_required(transition) || moves_roles(&course) => {
            course.closing = std::mem::take(&mut course.opening);
            if becomes_required(transition) {
                course.closing.splice(..0, until_brought(transition));
            }
        }
        _ => {}
    }
    if has_hosts && moves_the_route(transition) {
        course.closing.extend(carry_by(&SYNC_NETWORKS, Fields::new()));
    }
    course
}

/// Makes the assignment as one that hosts may lack, and that has no role.
fn in_use_later(transition: &Transition, to: &Fields) -> Course {
    let mut fields = to.clone();
    let mut changes = Vec::new();
    let roles = to.get(&USAGES).filter(|roles| !roles.members().is_empty());
    if becomes_required(transition) {
        fields.set(&REQUIRED, Value::Flag(false));
        changes.push(change(&REQUIRED, Some(Value::Flag(false)), Value::Flag(true)));
    }
    if let Some(roles) = roles {
        fields.remove(&USAGES);
        changes.push(change(&USAGES, None, roles.clone()));
    }
    let put = (!changes.is_empty()).then(|| transition.put(changes, false));
    Course {
        opening: vec![make(transition.kind, &fields)],
        closing: until_brought(transition).into_iter().chain(put).collect(),
    }
}

/// Whether hosts lose it for a while: it goes to other cards, with another label.
fn is_relabelled(transition: &Transition) -> bool {
    let network = transition.refers_to(&NETWORK);
    let Some(network) = network.filter(|it| label::lost(it, transition.around).is_some()) else {
        return false;
    };
    hosts(transition).any(|(host, _)| label::brought(&host, network, transition.around))
}

/// Waits until the hosts have it to which a label brings it.
fn until_brought(transition: &Transition) -> Option<Action> {
    label::until_brought(transition.refers_to(&NETWORK)?, transition.within?, transition.around)
}

/// Whether hosts get another default route by it, which they hear of only when their networks are
/// brought in line. Who loses the route to another network of the manifests leaves that to it.
fn moves_the_route(transition: &Transition) -> bool {
    const ROUTE: &str = "default_route";
    let routes = |fields: &Fields| fields.get(&USAGES).is_some_and(|it| has_role(it, ROUTE));
    let had = transition.from.is_some_and(routes);
    let has = match transition.to {
        Some(to) if to.get(&USAGES).is_none() => had,
        to => to.is_some_and(routes),
    };
    let is_taken = || {
        let siblings = |cluster| transition.around.wanted_children(cluster, &CLUSTER_NETWORK);
        transition.within.is_some_and(|cluster| siblings(cluster).iter().any(routes))
    };
    has && !had || had && !has && !is_taken()
}

fn change(attribute: &'static Attribute, from: Option<Value>, to: Value) -> Change {
    Change { attribute, from, to, effect: Effect::Now }
}

/// Hosts hear of another default route only when all of their networks are brought in line.
static SYNC_NETWORKS: Verb = Verb::action("syncallnetworks", "clusters/{parent}/syncallnetworks");

/// Whether a PUT changes roles.
fn moves_roles(course: &Course) -> bool {
    let is_of_roles = |changes: &[Change]| changes.iter().any(|it| *it.attribute == USAGES);
    course.actions().any(|it| matches!(it, Action::Update { changes, .. } if is_of_roles(changes)))
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
    fn a_network_is_required_once_its_label_has_brought_it() {
        let label = ("network_labels", Value::set([text("trunk")]));
        let labelled = |trial: Trial| {
            with_host(trial)
                .beside(&super::super::NETWORK, "n", std::slice::from_ref(&label))
                .beside(&HOST_NIC, "eth1", std::slice::from_ref(&label))
        };
        let making = || labelled(Trial::making(&CLUSTER_NETWORK, &required(true)));
        assert!(making().complaints().is_empty());
        let told = "create network=n,required=false | until n reached h; put required=true";
        assert_eq!(making().told(), told);
        let rises = Trial::changing(&CLUSTER_NETWORK, &required(false), &required(true));
        assert_eq!(labelled(rises).told(), "| until n reached h; put required=true");
        let there = making().beside(&NETWORK_ATTACHMENT, "a", &[("network", id("n"))]);
        assert_eq!(there.told(), "create network=n,required=false | put required=true");
    }

    #[test]
    fn a_network_is_not_required_while_it_goes_to_another_label() {
        let labels = |label| [("network_labels", Value::set([text(label)]))];
        let stays = || Trial::changing(&CLUSTER_NETWORK, &required(true), &required(true));
        let relabelled = |to| {
            let trial = attached(stays()).beside(&super::super::NETWORK, "n", &labels(to));
            let trial = trial.beside(&super::super::NETWORK, "n", &labels("trunk"));
            trial.beside(&HOST_NIC, "eth1", &labels("trunk"))
        };
        assert_eq!(relabelled("trunk").told(), "");
        let spare = || relabelled("spare").beside(&HOST_NIC, "eth2", &labels("spare"));
        let told = "put required=false | until n reached h; put required=true";
        assert_eq!(spare().told(), told);
    }

    #[test]
    fn hosts_are_told_of_another_default_route() {
        let roles = |words: &[&str]| ("usages", Value::set(words.iter().map(|it| text(it))));
        let with = |words| [("network", id("n")), ("required", Value::Flag(false)), roles(words)];
        let told =
            |from, to| with_host(Trial::changing(&CLUSTER_NETWORK, &with(from), &with(to))).told();
        let sync = "syncallnetworks; until carried on";
        let route = &["default_route"];
        assert_eq!(told(&[], route), format!("| put usages=[default_route]; {sync}"));
        assert_eq!(told(route, &[]), format!("| put usages=[]; {sync}"));
        assert_eq!(told(&["display"], &["migration"]), "| put usages=[migration]");
        let other = [("network", id("m")), roles(route)];
        let loses = Trial::changing(&CLUSTER_NETWORK, &with(route), &with(&[]));
        let loses = with_host(loses).beside(&CLUSTER_NETWORK, "m", &other);
        assert_eq!(loses.told(), "| put usages=[]", "the other one has told them");
    }

    #[test]
    fn a_role_is_one_networks() {
        let said = |role| {
            let roles = |role| ("usages", Value::set([text(role)]));
            let trial = Trial::making(&CLUSTER_NETWORK, &[("network", id("n")), roles(role)]);
            let other = [("network", id("m")), roles("migration")];
            trial.within("c").beside(&CLUSTER_NETWORK, "m", &other).complaints().len()
        };
        assert_eq!((said("migration"), said("display")), (1, 0));
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
