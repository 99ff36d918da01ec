//! Values that only one can have: who gives one up comes before who takes it. Of those that want
//! what the others have, as in a swap, one steps aside first.

use std::collections::{BTreeSet, HashMap, HashSet};

use petgraph::algo::{tarjan_scc, toposort};
use petgraph::graph::{DiGraph, NodeIndex};

use crate::resources::kinds::KINDS;
use crate::resources::{Address, Attribute, Fields, Kind, Place, Reference, Type, Value};

use super::draft::{Draft, What, in_two};
use super::world::World;

/// What a draft gives up and what it takes of the values that only one can have.
#[derive(Clone, Default)]
pub(super) struct Turn {
    pub gives: Vec<Claim>,
    pub takes: Vec<Claim>,
    /// How many others come one after another before it.
    pub depth: usize,
}

/// A value, or a member of one, that only one object of a kind can have in its place.
#[derive(Clone, PartialEq, Eq, Hash)]
pub(super) struct Claim {
    kind: &'static str,
    attribute: &'static str,
    place: Vec<String>,
    value: String,
}

/// Finds out who waits for whom, and parts the changes of those who have to step aside.
pub(super) fn take_turns(world: &World, drafts: &mut Vec<Draft>) {
    let turns = turns(world, drafts);
    for (draft, turn) in drafts.iter_mut().zip(turns) {
        draft.turn = turn;
    }
    while let Some(cycle) = cycle(drafts) {
        if !break_up(world, drafts, &cycle) {
            break;
        }
    }
    let graph = graph(drafts);
    for node in toposort(&graph, None).into_iter().flatten() {
        let before = graph.neighbors_directed(node, petgraph::Incoming);
        let depth = before.map(|it| drafts[graph[it]].turn.depth + 1).max().unwrap_or(0);
        drafts[graph[node]].turn.depth = depth;
    }
}

/// The turn of each draft, as far as one wants what another gives up.
fn turns(world: &World, drafts: &[Draft]) -> Vec<Turn> {
    let mut turns: Vec<Turn> = drafts
        .iter()
        .map(|draft| Turn { gives: given_up(world, draft), ..Turn::default() })
        .collect();
    let given: HashSet<Claim> = turns.iter().flat_map(|turn| turn.gives.iter().cloned()).collect();
    if given.is_empty() {
        return turns;
    }
    let mut taken = HashSet::new();
    for (draft, turn) in drafts.iter().zip(&mut turns) {
        turn.takes = taken_up(world, draft);
        turn.takes.retain(|claim| given.contains(claim));
        taken.extend(turn.takes.iter().cloned());
    }
    for turn in &mut turns {
        turn.gives.retain(|claim| taken.contains(claim));
    }
    turns
}

fn given_up(world: &World, draft: &Draft) -> Vec<Claim> {
    let Some(has) = has(world, draft) else { return Vec::new() };
    match draft.what {
        What::Make => Vec::new(),
        What::Change => difference(draft, has, &draft.fields),
        What::Remove => {
            let own = claims(draft.kind, draft.parent.as_ref(), has).collect::<Vec<_>>();
            own.into_iter().chain(gone_along(world, draft)).collect()
        }
    }
}

fn taken_up(world: &World, draft: &Draft) -> Vec<Claim> {
    match (draft.what, has(world, draft)) {
        (What::Remove, _) => Vec::new(),
        (_, Some(has)) => difference(draft, &draft.fields, has),
        (_, None) => claims(draft.kind, draft.parent.as_ref(), &draft.fields).collect(),
    }
}

/// What the object has now, or will come along with.
fn has<'a>(world: &'a World, draft: &Draft) -> Option<&'a Fields> {
    let parent = match &draft.parent {
        Some(Reference::Id(id)) => Some(id.as_str()),
        _ => None,
    };
    match &draft.object {
        Some(id) => Some(&world.observed.get(draft.kind, parent, id)?.fields),
        None => world.at(&draft.address)?.brought.as_ref().map(|(_, fields)| fields),
    }
}

/// The claims of the first values that the second do not have.
fn difference(draft: &Draft, of: &Fields, other: &Fields) -> Vec<Claim> {
    let place = draft.parent.as_ref();
    let other: BTreeSet<_> =
        claims(draft.kind, place, other).map(|it| (it.attribute, it.place, it.value)).collect();
    claims(draft.kind, place, of)
        .filter(|it| !other.contains(&(it.attribute, it.place.clone(), it.value.clone())))
        .collect()
}

/// What the objects have that go with the one that is removed.
fn gone_along(world: &World, draft: &Draft) -> Vec<Claim> {
    let Some(id) = &draft.object else { return Vec::new() };
    let has_some = |kind: &&&Kind| kind.attributes.iter().any(|attribute| attribute.unique);
    let kinds = KINDS.iter().filter(|kind| kind.parent == Some(draft.kind)).filter(has_some);
    let below = kinds.flat_map(|kind| world.observed.children(kind, id).map(move |it| (kind, it)));
    below.flat_map(|(kind, it)| claims(kind, None, &it.fields).collect::<Vec<_>>()).collect()
}

/// What an object of these values has that no other one can have.
fn claims<'a>(
    kind: &'static Kind,
    parent: Option<&'a Reference>,
    fields: &'a Fields,
) -> impl Iterator<Item = Claim> + 'a {
    let attributes = kind.attributes.iter().filter(|_| kind.joint.is_none());
    attributes.flat_map(move |attribute| {
        let place = place(kind, parent, fields, attribute);
        let value = fields.get(attribute).filter(|it| **it != attribute.default_value());
        let members = place.zip(value).map(|(place, value)| (place, members(value)));
        members.into_iter().flat_map(move |(place, members)| {
            members.iter().map(move |value| Claim {
                kind: kind.name,
                attribute: attribute.name,
                place: place.clone(),
                value: value.to_string(),
            })
        })
    })
}

/// Where no two objects of a kind can have the same value of an attribute; nothing if they can.
fn place(
    kind: &'static Kind,
    parent: Option<&Reference>,
    fields: &Fields,
    attribute: &'static Attribute,
) -> Option<Vec<String>> {
    let parent = || parent.map(|parent| format!("{parent:?}"));
    if attribute.unique {
        return Some(Vec::new());
    }
    if kind.only_one == Some(attribute.name) {
        return Some(parent().into_iter().collect());
    }
    let scope = kind.scope().filter_map(|other| fields.get(other)).map(Value::to_string);
    is_name(kind, attribute).then(|| parent().into_iter().chain(scope).collect())
}

/// Whether it is a name that others must not have: disks and snapshots may share theirs.
fn is_name(kind: &'static Kind, attribute: &'static Attribute) -> bool {
    attribute.name == "name" && kind.name_attribute() == Some(attribute)
}

/// A value by what of it can be given and taken.
fn members(value: &Value) -> &[Value] {
    match value {
        Value::Nothing => &[],
        Value::Set(members) | Value::List(members) => members,
        value => std::slice::from_ref(value),
    }
}

/// Who gives to whom.
fn graph(drafts: &[Draft]) -> DiGraph<usize, ()> {
    let mut graph = DiGraph::new();
    let nodes: Vec<NodeIndex> = (0..drafts.len()).map(|index| graph.add_node(index)).collect();
    for (giver, taker) in hand_overs(drafts) {
        graph.add_edge(nodes[giver], nodes[taker], ());
    }
    graph
}

/// The drafts of which the second takes what the first gives up.
pub(super) fn hand_overs(drafts: &[Draft]) -> Vec<(usize, usize)> {
    let mut givers: HashMap<&Claim, Vec<usize>> = HashMap::new();
    for (index, draft) in drafts.iter().enumerate() {
        for claim in &draft.turn.gives {
            givers.entry(claim).or_default().push(index);
        }
    }
    let mut pairs = BTreeSet::new();
    for (taker, draft) in drafts.iter().enumerate() {
        for giver in draft.turn.takes.iter().flat_map(|it| givers.get(it).into_iter().flatten()) {
            if *giver != taker {
                pairs.insert((*giver, taker));
            }
        }
    }
    pairs.into_iter().collect()
}

/// Drafts that wait for each other, in their order.
fn cycle(drafts: &[Draft]) -> Option<Vec<usize>> {
    if drafts.iter().all(|draft| draft.turn.takes.is_empty()) {
        return None;
    }
    let graph = graph(drafts);
    let cycle = tarjan_scc(&graph).into_iter().find(|group| group.len() > 1)?;
    let cycle: BTreeSet<usize> = cycle.into_iter().map(|node| graph[node]).collect();
    Some(cycle.into_iter().collect())
}

/// Lets the first that can do so step aside: it gives up at once what others want, and takes its
/// turn behind them.
fn break_up(world: &World, drafts: &mut Vec<Draft>, cycle: &[usize]) -> bool {
    for &index in cycle {
        let wanted: Vec<Claim> = drafts[index].turn.gives.clone();
        let Some(meanwhile) = meanwhile(world, &drafts[index], &wanted) else { continue };
        let others = cycle.iter().filter(|&&other| other != index);
        let takes =
            |other: &&usize| drafts[**other].turn.takes.iter().any(|it| wanted.contains(it));
        let names: Vec<_> =
            others.filter(takes).map(|&other| drafts[other].address.to_string()).collect();
        let because = format!("steps aside for {} first", names.join(", "));
        let Some((aside, rest)) = in_two(world, &drafts[index], &meanwhile, because) else {
            continue;
        };
        let turn = std::mem::take(&mut drafts[index].turn);
        let aside = Draft { turn: Turn { gives: turn.gives, ..Turn::default() }, ..aside };
        let rest = Draft { turn: Turn { takes: turn.takes, ..Turn::default() }, ..rest };
        drafts[index] = aside;
        drafts.insert(cycle.last().map_or(index, |last| *last) + 1, rest);
        return true;
    }
    false
}

/// What an object has while others take what it gives up.
fn meanwhile(world: &World, draft: &Draft, wanted: &[Claim]) -> Option<Fields> {
    let has = has(world, draft)?;
    let given: BTreeSet<&str> = wanted.iter().map(|claim| claim.attribute).collect();
    let values = given.into_iter().map(|name| {
        let attribute = draft.kind.attribute(name).filter(|it| it.place == Place::Body)?;
        let is_wanted = |value: &&Value| {
            let value = value.to_string();
            wanted.iter().any(|claim| claim.attribute == name && claim.value == value)
        };
        let has = has.get(attribute)?;
        let kept = members(has).iter().filter(|it| !is_wanted(it)).cloned().collect::<Vec<_>>();
        let made_up = made_up(attribute.takes, has, &draft.address);
        let value = match attribute.takes {
            Type::Set(_) if !kept.is_empty() => Value::Set(kept),
            Type::List(_) if !kept.is_empty() => Value::List(kept),
            _ => made_up.or_else(|| attribute.default.map(|_| attribute.default_value()))?,
        };
        Some((attribute, value))
    });
    values.collect()
}

/// A value that no other object has, from the resource's address: a name is the one that it had,
/// made short enough for every kind, with some digits; a MAC address is one that no pool gives,
/// administered locally.
fn made_up(takes: Type, has: &Value, of: &Address) -> Option<Value> {
    let digest = blake3::hash(of.as_str().as_bytes());
    let digits = digest.as_bytes()[..5].iter().map(|byte| format!("{byte:02x}"));
    let digits: Vec<String> = digits.collect();
    Some(match takes {
        Type::Text => {
            let start: String = has.as_text()?.chars().take(30).collect();
            Value::Text(format!("{start}-{}", digits[..4].concat()))
        }
        Type::Mac => Value::Text(format!("02:{}", digits.join(":"))),
        Type::Record(attributes) => {
            let made_up = attributes.iter().map(|it| Some((it, made_up(it.takes, has, of)?)));
            Value::Record(made_up.collect::<Option<Fields>>()?)
        }
        Type::Set(member) => Value::Set(vec![made_up(*member, has, of)?]),
        Type::List(member) => Value::List(vec![made_up(*member, has, of)?]),
        _ => return None,
    })
}
