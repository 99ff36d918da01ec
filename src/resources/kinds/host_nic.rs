//! Network cards of hosts, and bonds of several.

use crate::resources::{
    Action, Attribute, Change, Codec, Complaint, Course, Fields, Joint, Kind, Share, Spread,
    Transition, Type, Value, Verb, change_by, flag, int, make, map, set,
};
use crate::xml::Element;

use super::{HOST, complaint, name};

/// Network cards of hosts, and bonds of several.
///
/// The engine finds cards; bonds are made and removed (infrastructure handbook, section 12). All
/// changes of a host's networks go in one call, which does all of them or none.
pub static HOST_NIC: Kind = Kind::new("host_nic", "nics", "A network card of a host, or a bond.")
    .below(&HOST)
    .attributes(&[NAME, SLAVES, OPTIONS, LABELS, FUNCTIONS, ALL_ALLOWED])
    .joint(&SHARE)
    .comes_along(is_card)
    .lifecycle(lifecycle)
    .check(check);

static NAME: Attribute = name("Name, unique in the host; that of a bond begins with `bond`.");

pub(super) static OPTIONS: Attribute =
    map("bonding.options", "How they share the work: `mode`, `miimon` ...", "option")
        .engine_default()
        .along("bonding");

pub(super) static SLAVES: Attribute = set(
    "bonding.slaves",
    "Cards that it consists of; without, it is a card itself.",
    "host_nic",
    &Type::Reference(&HOST_NIC),
)
.along("bonding");

pub(super) static LABELS: Attribute = set(
    "network_labels",
    "Labels: networks that have one of them are attached here.",
    "network_label",
    &Type::Text,
)
.followed()
.codec(&LABEL_IDS);

static FUNCTIONS: Attribute = int(
    "virtual_functions_configuration.number_of_virtual_functions",
    "Cards that VMs get for themselves.",
    0,
    1024,
);

pub(super) static ALL_ALLOWED: Attribute = flag(
    "virtual_functions_configuration.all_networks_allowed",
    "Whether these carry any network.",
);

/// A label is nothing but its id.
pub(super) static LABEL_IDS: Codec = Codec { decode: read_labels, encode: |_, _| {} };

fn read_labels(element: &Element) -> Option<Value> {
    let labels = element.child("network_labels")?.all("network_label");
    let ids = labels.filter_map(Element::id);
    Some(Value::set(ids.map(|id| Value::Text(id.to_owned()))))
}

/// All of a host's networks in one call, saved on the host, and undone by it if the engine is no
/// longer reached.
pub(super) static SETUP_NETWORKS: Joint = Joint {
    name: "setupnetworks",
    path: "hosts/{parent}/setupnetworks",
    parameters: &[("commit_on_success", "true"), ("check_connectivity", "true")],
    exclusive: "host_networks/{parent}",
};

static SHARE: Share = Share {
    joint: &SETUP_NETWORKS,
    modified: "modified_bonds",
    removed: "removed_bonds",
    restored: None,
    spread: Some(Spread {
        attribute: LABELS.name,
        modified: "modified_labels",
        removed: "removed_labels",
    }),
};

static CONFIGURE: Verb = Verb::action(
    "updatevirtualfunctionsconfiguration",
    "hosts/{parent}/nics/{id}/updatevirtualfunctionsconfiguration",
)
.sending(&[FUNCTIONS.name, ALL_ALLOWED.name])
.one_at_a_time("host_networks/{parent}");

/// Whether it is a card, and no bond.
fn is_card(nic: &Fields) -> bool {
    nic.get(&SLAVES).is_none_or(|slaves| slaves.members().is_empty())
}

fn check(transition: &Transition) -> Vec<Complaint> {
    match transition.to {
        Some(to) if !is_card(to) => check_bond(transition, to),
        Some(to) if transition.from.is_none() => unknown_card(transition, to),
        _ => Vec::new(),
    }
}

/// What the engine refuses of bonds (infrastructure handbook, section 12).
fn check_bond(transition: &Transition, bond: &Fields) -> Vec<Complaint> {
    let slaves = bond.get(&SLAVES).map_or(&[][..], Value::members);
    let name = bond.named("name").and_then(Value::as_text).unwrap_or_default();
    let mut complaints = Vec::new();
    if slaves.len() < 2 {
        let message = "is a bond of one card, and has to be one of two at least";
        complaints.push(complaint(&SLAVES, message, "name another card, or make it no bond"));
    }
    if transition.from.is_none() && !is_name_of_bond(name) {
        let message = "is no name for a bond";
        let hint = "`bond`, then letters, digits or `_`, 15 characters at most: `bond0`";
        complaints.push(complaint(&NAME, message, hint));
    }
    let all = transition.within.map(|host| transition.around.wanted_children(host, &HOST_NIC));
    let others = all
        .iter()
        .flatten()
        .filter(|it| it.named("name").and_then(Value::as_text).is_some_and(|it| it < name));
    for other in others {
        let theirs = other.get(&SLAVES).map_or(&[][..], Value::members);
        if slaves.iter().any(|slave| theirs.contains(slave)) {
            let other = other.named("name").map(Value::to_string).unwrap_or_default();
            let message = format!("has a card that `{other}` has too");
            complaints.push(complaint(&SLAVES, message, "give it to one of them"));
        }
    }
    complaints
}

fn is_name_of_bond(name: &str) -> bool {
    let rest = name.strip_prefix("bond").unwrap_or_default();
    let is_plain = rest.chars().all(|it| it.is_ascii_alphanumeric() || it == '_');
    !rest.is_empty() && is_plain && name.len() <= 15
}

fn unknown_card(transition: &Transition, to: &Fields) -> Vec<Complaint> {
    if transition.parent.is_none() {
        return Vec::new();
    }
    let found = transition.within.map(|host| transition.around.children(host, &HOST_NIC));
    let cards = found.into_iter().flatten().filter(|nic| nic.named("name") != to.named("name"));
    let cards = cards.filter(is_card).filter_map(|nic| Some(nic.named("name")?.to_string()));
    // Devices of VLANs are shown, too: `eth0.100`.
    let cards: Vec<_> = cards.filter(|name| !name.contains('.')).collect();
    // Those of a host that is still to be installed will show.
    if cards.is_empty() {
        return Vec::new();
    }
    let hint = format!("the host has {}; a bond has `bonding: {{ slaves }}`", cards.join(", "));
    vec![complaint(&SLAVES, "is no network card of the host", hint)]
}

fn lifecycle(transition: &Transition) -> Course {
    let mut course = Course::default();
    match (transition.from, transition.to) {
        (None, Some(to)) => course.opening.push(make(transition.kind, to)),
        (Some(from), None) => {
            let has_labels = from.get(&LABELS).is_some_and(|labels| !labels.members().is_empty());
            let with = from.filter(|attribute| has_labels && *attribute == LABELS);
            course.closing.push(Action::Delete { with });
        }
        _ => course.opening.extend(set_up(transition)),
    }
    course
}

fn set_up(transition: &Transition) -> Vec<Action> {
    let is_of_functions = |change: &Change| [FUNCTIONS, ALL_ALLOWED].contains(change.attribute);
    let (functions, others): (Vec<_>, Vec<_>) =
        transition.changes.iter().cloned().partition(is_of_functions);
    let mut actions = Vec::new();
    if !others.is_empty() {
        actions.push(transition.put(others, false));
    }
    if !functions.is_empty() {
        actions.push(change_by(&CONFIGURE, functions));
    }
    actions
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    fn slaves(names: &[&str]) -> (&'static str, Value) {
        ("bonding.slaves", Value::set(names.iter().map(|it| id(it))))
    }

    fn labels(words: &[&str]) -> (&'static str, Value) {
        ("network_labels", Value::set(words.iter().map(|it| text(it))))
    }

    #[test]
    fn a_bond_comes_and_goes_with_its_labels() {
        let bond = [("name", text("bond0")), slaves(&["eth1", "eth2"]), labels(&["front"])];
        let told = Trial::making(&HOST_NIC, &bond).told();
        let made = "create name=bond0,bonding.slaves=[eth1, eth2],network_labels=[front]";
        assert_eq!(told, made);
        let told = Trial::removing(&HOST_NIC, &bond).told();
        assert_eq!(told, "| delete with network_labels=[front]");
    }

    #[test]
    fn a_change_says_all_of_the_bond() {
        let options = Value::Map([("mode".to_owned(), "4".to_owned())].into());
        let from = [slaves(&["a", "b"]), ("bonding.options", options)];
        let told = Trial::changing(&HOST_NIC, &from, &[slaves(&["a", "c"])]).told();
        assert_eq!(told, "put bonding.slaves=[a, c] along bonding.options={mode: 4}");
    }

    #[test]
    fn virtual_functions_have_a_call_of_their_own() {
        let to = [labels(&["front"]), (FUNCTIONS.name, Value::Integer(4))];
        let from = [labels(&[]), (FUNCTIONS.name, Value::Integer(0))];
        let told = Trial::changing(&HOST_NIC, &from, &to).told();
        assert_eq!(told, "put network_labels=[front]; updatevirtualfunctionsconfiguration");
    }

    #[test]
    fn a_card_that_the_host_lacks_is_a_problem() {
        let card = [("name", text("eth9"))];
        let trial = || Trial::making(&HOST_NIC, &card).below(&HOST, &[]).within("h");
        let complaints = trial().beside(&HOST_NIC, "n", &[("name", text("eth0"))]).complaints();
        assert!(complaints[0].hint.starts_with("the host has eth0;"), "{complaints:?}");
        assert!(trial().complaints().is_empty(), "the host has not shown any yet");
    }

    #[test]
    fn a_bond_is_of_two_cards_of_its_own() {
        let said = |name: &str, cards: &[&str]| {
            let to = [("name", text(name)), slaves(cards)];
            let trial = Trial::making(&HOST_NIC, &to).within("h");
            let other = [("name", text("bond0")), slaves(&["c", "d"])];
            let complaints = trial.beside(&HOST_NIC, "other", &other).complaints();
            complaints.into_iter().map(|it| it.message).collect::<Vec<_>>()
        };
        assert!(said("bond1", &["a", "b"]).is_empty());
        assert_eq!(
            said("bond1", &["a"]),
            ["is a bond of one card, and has to be one of two at least"]
        );
        assert_eq!(said("team1", &["a", "b"]), ["is no name for a bond"]);
        assert_eq!(said("bond1", &["a", "c"]), ["has a card that `bond0` has too"]);
    }

    #[test]
    fn labels_are_their_ids() {
        let labels = Element::new("network_labels").with(Element::link("network_label", "front"));
        let read = read_labels(&Element::new("host_nic").with(labels));
        assert_eq!(read, Some(Value::set([text("front")])));
    }
}
