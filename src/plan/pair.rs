//! Which resource is which object: by the ledger's id, then by identity in its scope.

use std::collections::HashMap;

use crate::resources::{Address, Attribute, Kind, Reference, Type, Value, same};
use crate::state::{Object, Problem, Problems};

use super::world::{Node, Target, World};

/// Pairs every resource with the object that it is, if there is one.
pub(super) fn pair(world: &mut World, problems: &mut Problems) {
    // A name can only be looked up in a scope that is paired itself, so scopes come first.
    let mut order: Vec<usize> = (0..world.nodes.len()).collect();
    // What refers to others of its kind, as versions to their base, comes after these.
    let is_later = |node: &Node| !told_apart_otherwise(node).is_empty();
    order.sort_by_key(|&index| {
        let node = &world.nodes[index];
        (depth(node.kind, 0), is_later(node))
    });
    let mut only: HashMap<(&str, Address), usize> = HashMap::new();
    let recorded = recorded(world);
    for index in order {
        let node = &world.nodes[index];
        if let Some(parent) = node.parent.clone().filter(|_| node.kind.single)
            && let Some(other) = only.insert((node.kind.name, parent), index)
        {
            problems.push(one_too_many(world, index, other));
            continue;
        }
        world.nodes[index].entry = world.ledger.entries.get(&world.nodes[index].address);
        // Of what looks alike, a run that was killed may have taken one for two.
        if let Some(object) = by_ledger(world, index).filter(|it| world.owner(it).is_none()) {
            world.pair(index, object);
            continue;
        }
        let mut candidates = by_identity(world, index);
        candidates.retain(|object| is_left(world, &recorded, index, object));
        if is_one_of_many(&world.nodes[index]) {
            candidates.retain(|object| is_free(world, object));
            candidates.truncate(1);
        }
        match candidates.as_slice() {
            [] => {
                if let Some(object) = by_likeness(world, index) {
                    world.pair(index, object);
                }
            }
            [object] => match world.owner(object) {
                Some(other) => problems.push(claimed_twice(world, index, other)),
                None => world.pair(index, object),
            },
            several => {
                let problem = ambiguous(world, index, several);
                problems.push(problem);
            }
        }
    }
}

/// The resources that the ledger has as objects, by their kinds and ids.
type Recorded<'a> = HashMap<(&'a str, &'a str), Vec<usize>>;

fn recorded<'a>(world: &World<'a>) -> Recorded<'a> {
    let mut recorded: Recorded = HashMap::new();
    for (index, node) in world.nodes.iter().enumerate() {
        if let Some(entry) = world.ledger.entries.get(&node.address) {
            recorded.entry((entry.kind.as_str(), entry.id.as_str())).or_default().push(index);
        }
    }
    recorded
}

/// Whether an object stays what it is called: another resource that is it by the ledger may be
/// giving it another name, and then a resource of its old name is a new one.
fn is_left(world: &World, recorded: &Recorded, index: usize, object: &Object) -> bool {
    let (node, name) = (&world.nodes[index], object.name());
    let gives_up = |other: &&usize| {
        let holder = &world.nodes[**other];
        **other != index && holder.parent == node.parent && holder.name() != name
    };
    let holders = recorded.get(&(object.kind.name, object.id.as_str()));
    !holders.into_iter().flatten().any(|other| gives_up(&other))
}

/// Whether siblings can be alike in all that they have: devices without names.
fn is_one_of_many(node: &Node) -> bool {
    let kind = node.kind;
    let has_name = kind.name_attribute().is_some() || kind.single || kind.called.is_some();
    let is_whole = kind.attributes.iter().all(|it| kind.identity.contains(&it.name));
    !has_name && is_whole && kind.inherits.is_empty() && !kind.attributes.iter().any(|a| a.own_id)
}

/// Whether an object is no resource's yet, and none's by the ledger.
fn is_free(world: &World, object: &Object) -> bool {
    let is_it = |(address, entry): (&Address, &crate::state::Entry)| {
        entry.kind == object.kind.name && entry.id == object.id && world.at(address).is_some()
    };
    world.owner(object).is_none() && !world.ledger.entries.iter().any(is_it)
}

/// How many scopes stand above a kind. Its data center is one, since names are unique there.
fn depth(kind: &Kind, so_far: usize) -> usize {
    if so_far > 8 {
        return so_far;
    }
    let above = kind.parent.map_or(0, |parent| 1 + depth(parent, so_far + 1));
    let scopes = kind.identity.iter().chain(&["data_center", "cluster", "network"]);
    let scopes = scopes.filter_map(|name| match kind.attribute(name)?.takes {
        Type::Reference(scope) if scope != kind => Some(1 + depth(scope, so_far + 1)),
        _ => None,
    });
    scopes.chain([above]).max().unwrap_or(0)
}

fn by_ledger<'a>(world: &World<'a>, index: usize) -> Option<&'a Object> {
    let node = &world.nodes[index];
    let id = &node.entry.filter(|entry| entry.kind == node.kind.name)?.id;
    world.observed.get(node.kind, parent_id(world, index)?.as_deref(), id)
}

/// The parent's id; nothing inside for a top-level kind, nothing at all if the parent is new.
fn parent_id(world: &World, index: usize) -> Option<Option<String>> {
    match &world.nodes[index].parent {
        None => Some(None),
        Some(parent) => Some(Some(world.at(parent)?.object?.id.clone())),
    }
}

fn by_identity<'a>(world: &World<'a>, index: usize) -> Vec<&'a Object> {
    let node = &world.nodes[index];
    let Some(parent) = parent_id(world, index) else { return Vec::new() };
    let other = told_apart_otherwise(node);
    if !other.is_empty() {
        let is_it = |object: &&Object| other.iter().all(|it| agrees(world, index, object, it));
        return world.observed.of(node.kind).filter(is_it).collect();
    }
    let named: Vec<&Object> = match (&parent, own_id(node)) {
        (Some(parent), Some((attribute, name))) => {
            let Some(id) = id_of(world, index, attribute, name) else { return Vec::new() };
            world.observed.get(node.kind, Some(parent), &id).into_iter().collect()
        }
        (Some(parent), None) if node.kind.name_attribute().is_none() => {
            world.observed.children(node.kind, parent).collect()
        }
        (None, _) if node.kind.name_attribute().is_none() => world.observed.of(node.kind).collect(),
        (Some(parent), None) => match named_by(node) {
            Some((attribute, name)) => {
                let Some(id) = id_of(world, index, attribute, name) else { return Vec::new() };
                let wanted = Value::Reference(Reference::Id(id));
                let is_it = |o: &&Object| o.fields.get(attribute) == Some(&wanted);
                world.observed.children(node.kind, parent).filter(is_it).collect()
            }
            None => {
                let name = node.name();
                world.observed.children(node.kind, parent).filter(|o| o.name() == name).collect()
            }
        },
        (None, _) => world.found(node.kind, &node.name()).to_vec(),
    };
    named.into_iter().filter(|object| is_in_scope(world, index, object)).collect()
}

/// The first object that nobody is yet and that is meant though it bears another name.
fn by_likeness<'a>(world: &World<'a>, index: usize) -> Option<&'a Object> {
    let node = &world.nodes[index];
    let is_it = node.kind.known_by?;
    let mut objects = world.observed.of(node.kind);
    objects.find(|object| is_it(&node.fields, &object.fields) && world.owner(object).is_none())
}

/// The name of the object whose id the resource's object has: an assigned tag has the tag's.
fn own_id<'n>(node: &'n Node) -> Option<(&'static Attribute, &'n str)> {
    node.fields.iter().find_map(|(attribute, value)| match value {
        Value::Reference(Reference::Name(name)) if attribute.own_id => {
            Some((attribute, name.as_str()))
        }
        _ => None,
    })
}

/// The reference that a resource has in place of a name: an attachment that to its network.
fn named_by<'n>(node: &'n Node) -> Option<(&'static Attribute, &'n str)> {
    let attribute = node.kind.name_attribute()?;
    match node.fields.get(attribute)? {
        Value::Reference(Reference::Name(name)) => Some((attribute, name)),
        _ => None,
    }
}

/// The id of the object that a name in a resource stands for, if it exists.
fn id_of(world: &World, index: usize, attribute: &Attribute, name: &str) -> Option<String> {
    let targets = super::resolve::candidates(world, attribute, name);
    let site = world.site(Target::Node(index));
    let same_site = |target: &&Target| site.is_none() || world.site(**target) == site;
    let target = match targets.as_slice() {
        [one] => one,
        several => several.iter().find(same_site)?,
    };
    match world.reference(*target) {
        Reference::Id(id) => Some(id),
        _ => None,
    }
}

/// Whether the identity beside the name agrees, as far as the manifest gives it.
fn is_in_scope(world: &World, index: usize, object: &Object) -> bool {
    let node = &world.nodes[index];
    let agrees = node.kind.scope().all(|attribute| agrees(world, index, object, attribute));
    // A name is unique within a data center at most; a VM of another one is another VM.
    // A data center stands in none, and is itself no other one for want of being paired.
    let stands_alone = node.kind.name == "data_center";
    agrees
        && (stands_alone
            || match (world.site(Target::Node(index)), world.site(Target::Object(object))) {
                (Some(wanted), Some(found)) => wanted == found,
                _ => true,
            })
}

/// The attributes by which it is found in place of its name, if the manifest gives all of them.
fn told_apart_otherwise(node: &Node) -> Vec<&'static Attribute> {
    let attributes = node.kind.or_by.iter().filter_map(|name| node.kind.attribute(name));
    let attributes: Vec<_> = attributes.collect();
    let is_given = attributes.iter().all(|attribute| node.fields.get(attribute).is_some());
    if is_given { attributes } else { Vec::new() }
}

/// Whether an object has what the manifest says of an attribute, if it says anything.
fn agrees(world: &World, index: usize, object: &Object, attribute: &Attribute) -> bool {
    let found = object.fields.get(attribute);
    match (attribute.takes, world.nodes[index].fields.get(attribute)) {
        (Type::Reference(_), Some(Value::Reference(Reference::Name(name)))) => {
            let wanted = super::resolve::candidates(world, attribute, name);
            let mut wanted = wanted.iter().map(|target| world.reference(*target));
            wanted.any(|wanted| found == Some(&Value::Reference(wanted)))
        }
        (_, None | Some(Value::Nothing)) => true,
        (_, Some(wanted)) => same(wanted, found.unwrap_or(&attribute.default_value())),
    }
}

fn claimed_twice(world: &World, index: usize, other: usize) -> Problem {
    let (node, other) = (&world.nodes[index], &world.nodes[other]);
    let message = format!(
        "{}: names the {} `{}`, which is {} already",
        node.address,
        node.kind.name,
        node.name(),
        other.address
    );
    located(world, &node.address, message)
        .hint("give one of them another name, or say `moved:` if the key changed")
}

fn one_too_many(world: &World, index: usize, other: usize) -> Problem {
    let (node, other) = (&world.nodes[index], &world.nodes[other]);
    let message = format!("{}: there can be one only, which is {}", node.address, other.address);
    located(world, &node.address, message).hint("take one of them out")
}

fn ambiguous(world: &World, index: usize, several: &[&Object]) -> Problem {
    let node = &world.nodes[index];
    let ids: Vec<_> = several.iter().map(|object| format!("`{}`", object.id)).collect();
    let message = format!(
        "{}: there are {} of the name `{}` on the engine: {}",
        node.address,
        several.len(),
        node.name(),
        ids.join(", ")
    );
    located(world, &node.address, message)
        .hint("rename all but one of them on the engine, or give this one another name")
}

/// A problem at the place of a resource.
pub(super) fn located(world: &World, address: &Address, message: String) -> Problem {
    let at = world.at(address).and_then(|node| node.resource).map(|resource| resource.at.clone());
    Problem { at, message, hint: None, discreet: false }
}
