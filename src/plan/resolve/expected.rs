//! Names of what will show once this run has done something else.

use crate::resources::{Address, Fields, Kind, Reference, Value};

use super::super::world::{Node, Target, World};
use super::{Open, is_sibling, put};

/// Resolves the name of a sibling that will come along with the parent: a card of a new host; or of
/// something that shows once what holds it is there: a VM on a domain that is taken over.
pub(super) fn expect(world: &mut World, open: &Open) -> bool {
    let place = match open.inside.as_ref() {
        Some(holder) => revealed(world, open, holder),
        None => sibling(world, open),
    };
    let Some(parent) = place else { return false };
    let address = parent.child(open.kind.section, &open.name);
    add_part(world, open.kind, parent, &address);
    put(world, open, &Reference::Address(address));
    true
}

/// The parent with which a sibling of that name comes along.
fn sibling(world: &World, open: &Open) -> Option<Address> {
    let node = &world.nodes[open.index];
    if open.kind.comes_along.is_none() || !is_sibling(node.kind, open.kind) {
        return None;
    }
    let parent = world.at(node.parent.as_ref()?)?;
    are_to_come(world, open.kind, parent).then(|| parent.address.clone())
}

/// What holds an object of that name, if it shows none before this run is done with it.
fn revealed(world: &World, open: &Open, holder: &Reference) -> Option<Address> {
    let index = match world.target(open.kind.parent?, holder)? {
        Target::Node(index) => index,
        Target::Object(object) => world.owner(object)?,
    };
    let (node, holder) = (&world.nodes[open.index], &world.nodes[index]);
    let found = holder.object.map(|object| &object.fields);
    let is_new = node.object.is_none() && (holder.kind.reveals)(found, &holder.fields);
    is_new.then(|| holder.address.clone())
}

/// Whether what comes along with an object is still to come: it is not there, or shows none yet,
/// as a host that is being installed.
pub(super) fn are_to_come(world: &World, kind: &Kind, parent: &Node) -> bool {
    let mut shown = parent.object.map(|object| world.observed.children(kind, &object.id));
    shown.as_mut().is_none_or(|shown| shown.next().is_none())
}

/// Adds what will come along with its parent, unless a manifest has it.
pub(in crate::plan) fn add_part(
    world: &mut World,
    kind: &'static Kind,
    parent: Address,
    address: &Address,
) {
    if world.by_address.contains_key(address) {
        return;
    }
    let name = Value::Text(address.key().to_owned());
    let fields: Fields = kind.name_attribute().map(|it| (it, name)).into_iter().collect();
    world.add(Node {
        address: address.clone(),
        kind,
        parent: Some(parent.clone()),
        fields: fields.clone(),
        resource: None,
        object: None,
        replaces: None,
        entry: None,
        brought: Some((parent, fields)),
    });
}
