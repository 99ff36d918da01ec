//! The making and changing of resources.

use crate::resources::{
    Action, Address, Attribute, Change, Course, Effect, Fields, Place, Reference, Sight,
    Transition, Update, Value, same,
};
use crate::state::{Entry, Object};

use super::super::world::{Node, World};
use super::record::{entry_of, resumes, timeout};
use super::{Draft, What};

/// The making of a resource, or the taking hold of what another one brings along.
pub(super) fn make(world: &World, node: &Node, because: Option<String>, key: &[u8; 32]) -> Draft {
    let parent = parent_reference(world, node);
    let above = node.parent.as_ref().and_then(|parent| world.at(parent)?.object);
    let base = Transition {
        parent: above.map(|above| &above.fields),
        within: parent.as_ref(),
        ..Transition::of(node.kind, world)
    };
    let (course, because) = match &node.brought {
        Some((by, fields)) => {
            let because = match node.kind.managed {
                true => format!("the engine makes it along with {by}"),
                false => format!("is looked for by its name once {by} shows it"),
            };
            (find(base, node, fields), because)
        }
        None if may_come_along(world, node) => {
            let parent = node.parent.as_ref().map(ToString::to_string).unwrap_or_default();
            (find_or_make(base, node), format!("unless {parent} brings it along"))
        }
        None => {
            let course = (node.kind.lifecycle)(&Transition { to: Some(&node.fields), ..base });
            (course, because.unwrap_or_else(|| why_new(world, node)))
        }
    };
    Draft {
        address: node.address.clone(),
        kind: node.kind,
        course,
        because: because.into(),
        object: None,
        parent,
        fields: node.fields.clone(),
        timeout: timeout(node),
        what: What::Make,
        entry: node.resource.map(|_| entry_of(node, "", key)),
        brought_by: node.brought.as_ref().map(|(by, _)| by.clone()),
    }
}

fn why_new(world: &World, node: &Node) -> String {
    match replaced_above(world, node) {
        Some(above) => format!("{above} is replaced"),
        None => "it does not exist yet".to_owned(),
    }
}

/// The resource above that takes another object, and all that it holds with it.
pub(super) fn replaced_above(world: &World, node: &Node) -> Option<Address> {
    let mut above = std::iter::successors(node.parent.clone(), Address::parent);
    above.find(|at| world.at(at).is_some_and(|it| it.replaces.is_some()))
}

fn parent_reference(world: &World, node: &Node) -> Option<Reference> {
    node.parent.as_ref().map(|parent| match world.at(parent) {
        Some(parent) => parent.reference(),
        None => Reference::Address(parent.clone()),
    })
}

/// Finds what is brought along, and changes what differs from what it will be like.
fn find(base: Transition, node: &Node, brought: &Fields) -> Course {
    let is_identity = |attribute: &Attribute| node.kind.identity.contains(&attribute.name);
    let differs = |attribute: &&'static Attribute| {
        let has = brought.get(attribute).cloned().unwrap_or_else(|| attribute.default_value());
        let is_other = node.fields.get(attribute).is_some_and(|wanted| !same(wanted, &has));
        is_other && attribute.sight != Sight::OnceOnly && !is_identity(attribute)
    };
    let to_change = |attribute: &'static Attribute| {
        let to = node.fields.get(attribute)?.clone();
        let from = brought.get(attribute).cloned();
        Some(Change { attribute, from, to, effect: Effect::Now })
    };
    let changes: Vec<Change> =
        node.kind.attributes.iter().filter(differs).filter_map(to_change).collect();
    let mut course = (node.kind.lifecycle)(&Transition {
        from: Some(brought),
        to: Some(&node.fields),
        parent: None,
        changes: &changes,
        ..base
    });
    let identity = node.fields.over(brought).filter(is_identity);
    course.opening.insert(0, Action::Find { identity });
    course
}

/// Whether nobody knows if the resource comes along with its parent, which is still to be made.
fn may_come_along(world: &World, node: &Node) -> bool {
    let parent = node.parent.as_ref().and_then(|parent| world.at(parent));
    let is_open = parent
        .is_some_and(|parent| parent.object.is_none() && (parent.kind.brings_more)(&parent.fields));
    is_open && node.kind.may_come_along() && !node.fields.iter().any(|(a, _)| a.own_id)
}

/// Makes it unless it is there, and sets what it may have come without.
///
/// What takes more than a PUT, as moving a disk does, is not done to what may be right already:
/// an apply that finds it wrong says so, and the next plan knows what it is about.
fn find_or_make(base: Transition, node: &Node) -> Course {
    let identity = node.fields.filter(|it| node.kind.identity.contains(&it.name));
    let base = Transition { to: Some(&node.fields), ..base };
    let change_by = |changes: &[Change]| {
        let found = Transition { from: Some(&identity), parent: None, changes, ..base };
        (node.kind.lifecycle)(&found)
    };
    let takes_a_put = |change: &Change| {
        let course = change_by(std::slice::from_ref(change));
        !course.actions().any(|action| matches!(action, Action::Invoke { .. }))
    };
    let mut changes = settable(node, &identity);
    changes.retain(takes_a_put);
    let mut course = (node.kind.lifecycle)(&base);
    for action in &mut course.opening {
        if let Action::Create { unless_there, .. } = action {
            *unless_there = true;
        }
    }
    course.opening.extend(change_by(&changes).opening);
    course
}

/// What can be changed of a resource once it exists.
fn settable(node: &Node, identity: &Fields) -> Vec<Change> {
    let can_change = |(attribute, _): &(&'static Attribute, &Value)| {
        let is_fixed = matches!(attribute.update, Update::Replace | Update::Never);
        attribute.place == Place::Body && !is_fixed && identity.get(attribute).is_none()
    };
    let change = |(attribute, to): (&'static Attribute, &Value)| {
        let (to, effect) = (to.clone(), Effect::Now);
        Change { attribute, from: None, to, effect }
    };
    node.fields.iter().filter(can_change).map(change).collect()
}

/// The changing of an object, if anything is to be changed.
pub(super) fn change(
    world: &World,
    node: &Node,
    object: &Object,
    changes: Vec<Change>,
    key: &[u8; 32],
) -> Option<Draft> {
    let parent = node.parent.as_ref().and_then(|parent| world.at(parent)?.object);
    let within = object.parent.clone().map(Reference::Id);
    let itself = Reference::Id(object.id.clone());
    let course = (node.kind.lifecycle)(&Transition {
        from: Some(&object.fields),
        itself: Some(&itself),
        to: Some(&node.fields),
        parent: parent.map(|parent| &parent.fields),
        within: within.as_ref(),
        changes: &changes,
        pending: world.is_pending(Some(object), parent),
        ..Transition::of(node.kind, world)
    });
    let resumes = resumes(node, &course);
    (!course.is_empty()).then(|| Draft {
        address: node.address.clone(),
        kind: node.kind,
        course,
        because: "it differs".into(),
        object: Some(object.id.clone()),
        parent: within.clone(),
        fields: node.known(),
        timeout: timeout(node),
        what: What::Change,
        entry: Some(Entry { resumes, ..entry_of(node, &object.id, key) }),
        brought_by: None,
    })
}
