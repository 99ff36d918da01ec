//! What the names in references stand for: a key of the manifests first, then a live object.

mod expected;
mod explain;

use std::collections::{HashMap, HashSet};

use crate::resources::{Address, Attribute, Brought, Fields, Kind, Reference, Sight, Value};
use crate::state::Problems;

use super::world::{Node, Target, World};

use expected::{are_to_come, expect};
use explain::explain;

pub(super) use expected::add_part;
pub(super) use explain::explain_replaced;

/// Everything that a name path may stand for, the likeliest reading only: keys of the manifests
/// hide name paths of the manifests, which hide live objects, which hide ids.
pub(super) fn candidates<'a>(
    world: &World<'a>,
    attribute: &Attribute,
    path: &str,
) -> Vec<Target<'a>> {
    let Some(kind) = attribute.takes.refers_to() else { return Vec::new() };
    let mut targets = named(world, kind, path);
    let is_such = |target: &Target| attribute.among.is_none_or(|it| it(&world.fields_of(*target)));
    if targets.iter().any(is_such) {
        targets.retain(is_such);
    }
    targets
}

fn named<'a>(world: &World<'a>, kind: &'static Kind, path: &str) -> Vec<Target<'a>> {
    if let Some(&index) = world.by_address.get(&Address::new(kind.section, path)) {
        return vec![Target::Node(index)];
    }
    let mut parts: Vec<&str> = path.split('/').collect();
    let name = parts.pop().unwrap_or_default();
    let is_below = |target: &Target| {
        let above = world.scope_names(*target);
        parts.len() <= above.len()
            && parts.iter().rev().zip(&above).all(|(part, name)| part == name)
    };
    let wanted = world.wanted.get(&(kind.name, name.to_owned()));
    let nodes: Vec<_> = wanted.into_iter().flatten().map(|&i| Target::Node(i)).collect();
    let mut targets: Vec<_> = nodes.into_iter().filter(is_below).collect();
    let mut ids = HashSet::new();
    for object in world.found(kind, name) {
        // What several objects hold under one id is one thing: a permit that all levels know.
        if !ids.insert(&object.id) {
            continue;
        }
        let is_known = world.owner(object).is_some_and(|owner| {
            targets.iter().any(|target| matches!(target, Target::Node(index) if *index == owner))
        });
        if !is_known && is_below(&Target::Object(object)) {
            targets.push(Target::Object(object));
        }
    }
    if targets.is_empty() {
        // Of several that share a name, such as disks, only the id says which.
        targets.extend(world.object(kind, path).map(Target::Object));
    }
    targets
}

/// Gives resources that are still to be made what the engine insists on and nobody said, and those
/// that exist what we insist on.
pub(super) fn assume(world: &mut World) {
    for node in &mut world.nodes {
        let is_new = node.object.is_none();
        let is_meant = |a: &&Attribute| if is_new { a.assumed } else { a.insisted };
        for attribute in node.kind.attributes.iter().filter(is_meant) {
            let is_unneeded = is_new && !node.fields.assume(attribute);
            if node.fields.get(attribute).is_none() && !is_unneeded {
                node.fields.set(attribute, attribute.default_value());
            }
        }
        resume(node);
    }
}

/// What a run took out of a state before it was cut off goes back there, unless something else is
/// said.
fn resume(node: &mut Node) {
    let (Some(entry), Some(_)) = (node.entry, node.object) else { return };
    for (name, state) in &entry.resumes {
        if let Some(attribute) = node.kind.attribute(name)
            && node.fields.get(attribute).is_none()
        {
            node.fields.set(attribute, Value::Text(state.clone()));
        }
    }
}

/// Turns every name into an id or an address, or says why that is impossible.
pub(super) fn resolve(world: &mut World, problems: &mut Problems) {
    let mut open = Vec::new();
    let mut known: HashMap<(usize, Option<Reference>, String), Reference> = HashMap::new();
    for index in 0..world.nodes.len() {
        if !has_references(&world.nodes[index].fields) {
            continue;
        }
        let node = Target::Node(index);
        let site = world.site(node);
        let siblings = world.holder(node);
        let fields = std::mem::take(&mut world.nodes[index].fields);
        let mut resolved = Fields::new();
        for (attribute, value) in fields.iter() {
            let value = each_name(attribute, value, &mut |by, kind, name| {
                let inside = by.inside.map(|of| beside(world, &fields, of, site.as_ref()));
                let scope = match &inside {
                    // What is wrong with that is said of itself.
                    Some(None) => return Reference::Name(name.to_owned()),
                    Some(holder) => Scope { place: holder.as_ref(), is_closed: true },
                    None if is_sibling(world.nodes[index].kind, kind) => {
                        Scope { place: siblings.as_ref(), is_closed: true }
                    }
                    None => Scope { place: site.as_ref(), is_closed: false },
                };
                let key = (std::ptr::from_ref(by).addr(), scope.place.cloned(), name.to_owned());
                if let Some(reference) = known.get(&key) {
                    return reference.clone();
                }
                match choose(world, by, name, scope) {
                    Ok(reference) => {
                        known.insert(key, reference.clone());
                        reference
                    }
                    Err(unclear) => {
                        let (inside, name) = (inside.flatten(), name.to_owned());
                        open.push(Open { index, attribute, kind, inside, name, unclear });
                        Reference::Name(key.2)
                    }
                }
            });
            resolved.set(attribute, value);
        }
        world.nodes[index].fields = resolved;
    }
    let brought = bring(world);
    let still_open: Vec<_> = open
        .into_iter()
        .filter(|open| !expect(world, open) && !settle(world, &brought, open))
        .collect();
    for open in still_open {
        match open.unclear.elsewhere.clone() {
            Some(reference) => put(world, &open, &reference),
            None if is_over(world, &open) => {}
            None => problems.push(explain(world, &open)),
        }
    }
}

/// Whether the name only mattered when the object was made: what it was made of may be gone.
fn is_over(world: &World, open: &Open) -> bool {
    world.nodes[open.index].object.is_some() && open.attribute.sight == Sight::OnceOnly
}

fn has_references(fields: &Fields) -> bool {
    let mut any = false;
    fields.iter().for_each(|(_, value)| value.each_reference(&mut |_| any = true));
    any
}

/// Where a name is looked up.
#[derive(Clone, Copy)]
struct Scope<'r> {
    /// The data center, or the object that holds both.
    place: Option<&'r Reference>,
    /// Whether it means nothing that stands elsewhere.
    is_closed: bool,
}

/// What another attribute of the same resource refers to, if that is clear.
fn beside(
    world: &World,
    fields: &Fields,
    name: &str,
    site: Option<&Reference>,
) -> Option<Reference> {
    let (attribute, value) = fields.iter().find(|(attribute, _)| attribute.name == name)?;
    match value.as_reference()? {
        Reference::Name(name) => {
            let chosen = choose(world, attribute, name, Scope { place: site, is_closed: false });
            chosen.or_else(|unclear| unclear.elsewhere.ok_or(())).ok()
        }
        known => Some(known.clone()),
    }
}

/// Whether objects of two kinds stand in the same objects: then a name is that of a sibling.
fn is_sibling(kind: &Kind, other: &Kind) -> bool {
    kind.parent.is_some() && kind.parent == other.parent
}

/// A name that stands for nothing, or for too much, of what there is.
struct Open {
    index: usize,
    attribute: &'static Attribute,
    kind: &'static Kind,
    /// What holds it, for what is looked up there alone.
    inside: Option<Reference>,
    name: String,
    unclear: Unclear,
}

/// What keeps a name from standing for one thing in its data center.
struct Unclear {
    /// All that it may stand for.
    found: Vec<String>,
    /// Whether some of that is in the same data center.
    is_here: bool,
    /// The only thing that it may stand for, in another data center: what the engine brings along
    /// here goes before it.
    elsewhere: Option<Reference>,
}

/// Replaces each name in a value, given the attribute by which it refers to a kind.
fn each_name(
    attribute: &'static Attribute,
    value: &Value,
    change: &mut impl FnMut(&'static Attribute, &'static Kind, &str) -> Reference,
) -> Value {
    each_reference(attribute, value, &mut |by, kind, reference| match reference {
        Reference::Name(name) => change(by, kind, name),
        other => other.clone(),
    })
}

/// Replaces each reference in a value, given the attribute by which it refers to a kind.
pub(super) fn each_reference(
    attribute: &'static Attribute,
    value: &Value,
    change: &mut impl FnMut(&'static Attribute, &'static Kind, &Reference) -> Reference,
) -> Value {
    let changed = value.map_references(attribute, &mut |by, reference| {
        let changed = by.takes.refers_to().map(|kind| change(by, kind, reference));
        Ok::<_, std::convert::Infallible>(changed.unwrap_or_else(|| reference.clone()))
    });
    let Ok(value) = changed;
    value
}

/// The one thing that a name stands for in its scope, or why that is unclear.
fn choose(
    world: &World,
    attribute: &Attribute,
    name: &str,
    scope: Scope,
) -> Result<Reference, Unclear> {
    let mut targets = candidates(world, attribute, name);
    if scope.is_closed {
        targets.retain(|target| world.holder(*target).as_ref() == scope.place);
    }
    // What belongs to no data center is everywhere.
    let is_here = |target: &Target| match (scope.place, world.site(*target)) {
        (Some(site), Some(other)) => scope.is_closed || *site == other,
        _ => true,
    };
    let mut here = targets.iter().filter(|target| is_here(target));
    if let (Some(one), None) = (here.next(), here.next()) {
        return Ok(world.reference(*one));
    }
    let elsewhere = match targets.as_slice() {
        [one] => Some(world.reference(*one)),
        _ => None,
    };
    let is_here = targets.iter().any(is_here);
    let found = targets.into_iter().map(|target| path_of(world, target)).collect();
    Err(Unclear { found, is_here, elsewhere })
}

fn path_of(world: &World, target: Target) -> String {
    let mut names = world.scope_names(target);
    names.reverse();
    names.push(world.name_of(target));
    names.join("/")
}

/// What the engine makes along with the resources that are still to be made, or on their way.
///
/// Wanted resources among it are marked, since they are found and changed, not made. What is
/// brought may be copied in turn: a machine's NIC to a template, and on to another machine.
pub(super) fn bring(world: &mut World) -> Vec<(Address, Brought)> {
    loop {
        let brought = all_brought(world);
        if !mark(world, &brought) {
            return brought;
        }
    }
}

fn all_brought(world: &World) -> Vec<(Address, Brought)> {
    let mut brought = Vec::new();
    let is_coming = |node: &&Node| node.object.is_none_or(|object| object.underway.is_some());
    for node in world.nodes.iter().filter(is_coming) {
        let reference = node.reference();
        let parts = world.parts_of(node.kind).map(|kind| Brought { kind, fields: Fields::new() });
        let others = (node.kind.brings)(&reference, &node.fields, world);
        brought.extend(parts.chain(others).map(|object| (node.address.clone(), object)));
    }
    brought
}

/// Marks what is brought, and says whether that was news.
fn mark(world: &mut World, brought: &[(Address, Brought)]) -> bool {
    let mut is_news = false;
    for index in 0..world.nodes.len() {
        if let Some((parent, fields)) = comes_along(world, index) {
            world.nodes[index].brought = Some((parent, fields));
            is_news = true;
        }
    }
    for (by, object) in brought {
        let place = place_of(world, by, object);
        for index in same_name(world, by, object) {
            let node = &mut world.nodes[index];
            if node.object.is_none() && is_same(node, object, place.as_ref()) {
                let mark = Some((by.clone(), object.fields.clone()));
                is_news |= node.brought != mark;
                node.brought = mark;
            }
        }
    }
    is_news
}

/// The resources that have the name of a brought object, or refer to what names it.
fn same_name(world: &World, by: &Address, object: &Brought) -> Vec<usize> {
    let named =
        object.kind.name_attribute().and_then(|name| Some((name, object.fields.get(name)?)));
    match named {
        Some((attribute, Value::Reference(_))) => {
            let is_it = |index: &usize| {
                let node = &world.nodes[*index];
                node.kind == object.kind
                    && node.fields.get(attribute) == object.fields.get(attribute)
            };
            world.below(by).iter().copied().filter(is_it).collect()
        }
        _ => {
            let name = name_in(object.kind, &object.fields);
            world.wanted.get(&(object.kind.name, name)).cloned().unwrap_or_default()
        }
    }
}

/// What a resource is recognised by that comes along with its parent, if that is still to come.
fn comes_along(world: &World, index: usize) -> Option<(Address, Fields)> {
    let node = &world.nodes[index];
    let is_so =
        node.kind.comes_along.filter(|_| node.object.is_none() && node.brought.is_none())?;
    let parent = node.parent.as_ref().and_then(|parent| world.at(parent))?;
    let identity = || node.fields.filter(|a| node.kind.identity.contains(&a.name));
    let is_brought = are_to_come(world, node.kind, parent) && is_so(&node.fields);
    is_brought.then(|| (parent.address.clone(), identity()))
}

fn name_in(kind: &Kind, fields: &Fields) -> String {
    kind.name_of(fields).unwrap_or_default()
}

/// Where a brought child stands: in the resource that brings it, or in one that this refers to.
fn place_of(world: &World, by: &Address, object: &Brought) -> Option<Address> {
    let parent = object.kind.parent?;
    let node = world.at(by)?;
    if *node.kind == *parent {
        return Some(by.clone());
    }
    let reference = node.fields.iter().find_map(|(attribute, value)| {
        value.as_reference().filter(|_| attribute.takes.refers_to() == Some(parent))
    });
    let target = match world.target(parent, reference?)? {
        Target::Object(object) => world.owner(object)?,
        Target::Node(index) => index,
    };
    Some(world.nodes[target].address.clone())
}

/// Whether a resource is what the engine brings: same parent, or same scope.
fn is_same(node: &Node, brought: &Brought, place: Option<&Address>) -> bool {
    if node.kind.parent.is_some() {
        return place.is_some() && node.parent.as_ref() == place;
    }
    let scope = node.kind.identity.split_last().map_or(&[][..], |(_, scope)| scope);
    scope.iter().all(|name| match brought.fields.named(name) {
        Some(value) => node.fields.named(name).is_none_or(|wanted| wanted == value),
        None => true,
    })
}

/// Resolves a name to something that the engine will bring along.
fn settle(world: &mut World, brought: &[(Address, Brought)], open: &Open) -> bool {
    if open.unclear.is_here {
        return false;
    }
    let (scope, name) = match open.name.rsplit_once('/') {
        Some((scope, name)) => (Some(scope), name),
        None => (None, open.name.as_str()),
    };
    let mut matching = brought.iter().filter(|(by, object)| {
        object.kind == open.kind
            && name_in(object.kind, &object.fields) == name
            && scope.is_none_or(|scope| scope_name(world, by, object) == scope)
    });
    let Some((by, object)) = matching.next() else { return false };
    if matching.next().is_some() {
        return false;
    }
    let address = by.child(object.kind.section, name);
    if !world.by_address.contains_key(&address) {
        world.add(Node {
            address: address.clone(),
            kind: object.kind,
            parent: object.kind.parent.map(|_| by.clone()),
            fields: identity_of(object),
            resource: None,
            object: None,
            replaces: None,
            entry: None,
            brought: Some((by.clone(), object.fields.clone())),
        });
    }
    put(world, open, &Reference::Address(address));
    true
}

/// Puts what a name turned out to stand for in its place.
fn put(world: &mut World, open: &Open, reference: &Reference) {
    let fields = std::mem::take(&mut world.nodes[open.index].fields);
    let replaced: Fields = fields
        .iter()
        .map(|(attribute, value)| {
            let value = each_name(attribute, value, &mut |_, kind, name| {
                if *attribute == *open.attribute && kind == open.kind && name == open.name {
                    reference.clone()
                } else {
                    Reference::Name(name.to_owned())
                }
            });
            (attribute, value)
        })
        .collect();
    world.nodes[open.index].fields = replaced;
}

/// The name of the object in which a brought object's name is unique.
fn scope_name(world: &World, by: &Address, object: &Brought) -> String {
    let scope = object.kind.identity.split_last().and_then(|(_, scope)| scope.last());
    let reference = scope.and_then(|name| object.fields.named(name));
    match reference {
        Some(Value::Reference(Reference::Address(address))) => {
            world.at(address).map_or_else(|| address.key().to_owned(), Node::name)
        }
        // Brought objects may stand in each other's scope: a profile in a network, both brought
        // along with a data center.
        Some(Value::Reference(Reference::Name(name))) => name.clone(),
        _ => world.at(by).map_or_else(|| by.key().to_owned(), Node::name),
    }
}

/// The identity of a brought object.
pub(super) fn identity_of(object: &Brought) -> Fields {
    object.fields.filter(|attribute| object.kind.identity.contains(&attribute.name))
}
