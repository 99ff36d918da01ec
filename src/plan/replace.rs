//! Which objects have to make way for new ones, and what that means for whoever refers to them.

use std::collections::{BTreeSet, HashMap};

use crate::resources::kinds::KINDS;
use crate::resources::{Address, Fields, Kind, Reference};
use crate::state::{Object, Restart};

use super::diff::{Differences, Terms, diff};
use super::draft::{is_allowed, rules_of};
use super::resolve::{add_part, bring, each_reference};
use super::step::Limits;
use super::world::World;

/// How each resource differs from the object that it is.
///
/// Resources that cannot become what is wanted get a new object, and so do those that they hold.
/// Whoever refers to one of them then refers to something else, which may take a new object too.
pub(super) fn differences(world: &mut World, limits: &Limits) -> Vec<Differences> {
    let mut all = compare(world, limits);
    loop {
        let leaving: Vec<usize> =
            (0..all.len()).filter(|&index| has_to_leave(world, index, &all[index])).collect();
        if leaving.is_empty() {
            return all;
        }
        for &index in &leaving {
            make_way(world, index, &mut all[index]);
        }
        redirect(world);
        bring(world);
        all.resize_with(world.nodes.len(), Differences::default);
        for (index, differences) in compare(world, limits).into_iter().enumerate() {
            if world.nodes[index].object.is_some() {
                all[index] = differences;
            }
        }
    }
}

fn compare(world: &World, limits: &Limits) -> Vec<Differences> {
    let key = world.ledger.key();
    let nodes = world.nodes.iter();
    nodes
        .map(|node| {
            let rules = &rules_of(node);
            let may_restart = rules.restart == Restart::WhenNeeded
                || is_allowed(&node.address, &limits.allow_restart);
            let parent = node.parent.as_ref().and_then(|parent| world.at(parent)?.object);
            let parent = parent.map(|parent| &parent.fields);
            diff(node, &Terms { rules, key: &key, may_restart, parent })
        })
        .collect()
}

fn parent_leaves(world: &World, index: usize) -> bool {
    let parent = world.nodes[index].parent.as_ref().and_then(|parent| world.at(parent));
    parent.is_some_and(|parent| parent.object.is_none())
}

fn has_to_leave(world: &World, index: usize, differences: &Differences) -> bool {
    let is_there = world.nodes[index].object.is_some();
    is_there && (differences.replacing().is_some() || parent_leaves(world, index))
}

/// The resource is to be made. Its object is removed before, or goes with the one that holds it.
/// What only matters of an object that exists is not asked of the new one, and what a new one has
/// to have is what the old one had.
fn make_way(world: &mut World, index: usize, differences: &mut Differences) {
    let goes_with_parent = parent_leaves(world, index);
    let node = &mut world.nodes[index];
    let Some(object) = node.object.take() else { return };
    for attribute in node.kind.attributes {
        if attribute.insisted && !node.resource.is_some_and(|it| it.fields.speak_of(attribute.name))
        {
            node.fields.remove(attribute);
        }
        if node.fields.assume(attribute) && node.fields.get(attribute).is_none() {
            let had = object.fields.get(attribute).cloned();
            node.fields.set(attribute, had.unwrap_or_else(|| attribute.default_value()));
        }
    }
    if goes_with_parent {
        *differences = Differences::default();
    } else {
        node.replaces = Some(object);
    }
}

/// References to objects that leave become references to what is made in their place.
fn redirect(world: &mut World) {
    let leaving = |(object, address): (&Object, &Address)| {
        ((object.kind.name, object.id.clone()), address.clone())
    };
    let parts = parts_of_leaving(world);
    let addresses: HashMap<(&str, String), Address> = world
        .nodes
        .iter()
        .filter(|node| node.kind.parent.is_none())
        .filter_map(|node| Some((node.replaces?, &node.address)))
        .map(leaving)
        .chain(parts.iter().map(|(object, address)| leaving((object, address))))
        .collect();
    let kinds: HashMap<Address, &'static Kind> =
        parts.into_iter().map(|(object, address)| (address, object.kind)).collect();
    let mut expected = BTreeSet::new();
    let mut to = |kind: &'static Kind, reference: &Reference| match reference {
        Reference::Id(id) => match addresses.get(&(kind.name, id.clone())) {
            Some(address) => {
                expected.insert(address.clone());
                Reference::Address(address.clone())
            }
            None => reference.clone(),
        },
        other => other.clone(),
    };
    for node in &mut world.nodes {
        let fields = std::mem::take(&mut node.fields);
        let redirected =
            fields.iter().map(|(a, value)| (a, each_reference(a, value, &mut |_, k, r| to(k, r))));
        node.fields = redirected.collect::<Fields>();
    }
    for address in expected {
        if let Some((kind, parent)) = kinds.get(&address).copied().zip(address.parent()) {
            add_part(world, kind, parent, &address);
        }
    }
}

/// What comes along with objects that are replaced will come along with the new ones, too.
fn parts_of_leaving<'a>(world: &World<'a>) -> Vec<(&'a Object, Address)> {
    let leaving = world.nodes.iter().filter_map(|node| Some((node.replaces?, &node.address)));
    let parts = leaving.flat_map(|(object, address)| {
        let kinds =
            KINDS.iter().filter(|k| k.comes_along.is_some() && k.parent == Some(object.kind));
        let parts = kinds.flat_map(|kind| world.observed.children(kind, &object.id));
        parts.map(move |part| (part, address))
    });
    parts
        .map(|(part, address)| match world.owner(part) {
            Some(owner) => (part, world.nodes[owner].address.clone()),
            None => (part, address.child(part.kind.section, &part.name())),
        })
        .collect()
}
