//! The making and changing of resources.

use crate::resources::{
    Action, Address, Attribute, Change, Course, Effect, Fields, Place, Reference, Sight,
    Transition, Update, Value, same,
};
use crate::state::{Entry, Object};

use super::super::turns::Turn;
use super::super::world::{Node, World};
use super::record::{entry_of, resumes, timeout};
use super::{DIFFERS, Draft, What};

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
        changes: Vec::new(),
        turn: Turn::default(),
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
    let within = object.parent.clone().map(Reference::Id);
    let course = course(world, node, object, (&object.fields, &node.fields), &changes);
    let resumes = resumes(node, &course);
    (!course.is_empty()).then(|| Draft {
        address: node.address.clone(),
        kind: node.kind,
        course,
        because: DIFFERS.into(),
        object: Some(object.id.clone()),
        parent: within,
        fields: node.known(),
        timeout: timeout(node),
        what: What::Change,
        entry: Some(Entry { resumes, ..entry_of(node, &object.id, key) }),
        brought_by: None,
        changes,
        turn: Turn::default(),
    })
}

/// What brings an object from some values to others.
fn course(
    world: &World,
    node: &Node,
    object: &Object,
    (from, to): (&Fields, &Fields),
    changes: &[Change],
) -> Course {
    let parent = node.parent.as_ref().and_then(|parent| world.at(parent)?.object);
    (node.kind.lifecycle)(&Transition {
        from: Some(from),
        itself: Some(&Reference::Id(object.id.clone())),
        to: Some(to),
        parent: parent.map(|parent| &parent.fields),
        within: object.parent.clone().map(Reference::Id).as_ref(),
        changes,
        pending: world.is_pending(Some(object), parent),
        ..Transition::of(node.kind, world)
    })
}

/// The parts of a change that goes through other values: to those, and on to what is wanted.
pub(in crate::plan) fn in_two(
    world: &World,
    draft: &Draft,
    meanwhile: &Fields,
    because: String,
) -> Option<(Draft, Draft)> {
    let node = world.at(&draft.address)?;
    let object = node.object.filter(|_| draft.what == What::Change)?;
    let aside: Vec<Change> = draft
        .changes
        .iter()
        .filter_map(|it| Some(Change { to: meanwhile.get(it.attribute)?.clone(), ..it.clone() }))
        .collect();
    let mut rest = draft.changes.clone();
    for change in &mut rest {
        let from = meanwhile.get(change.attribute).cloned();
        change.from = from.or_else(|| change.from.take());
    }
    let part = |from: &Fields, to: &Fields, changes: Vec<Change>| Draft {
        course: course(world, node, object, (from, to), &changes),
        changes,
        turn: Turn::default(),
        because: draft.because.clone(),
        address: draft.address.clone(),
        object: draft.object.clone(),
        parent: draft.parent.clone(),
        fields: draft.fields.clone(),
        entry: draft.entry.clone(),
        brought_by: None,
        ..*draft
    };
    let first = part(&object.fields, &meanwhile.over(&object.fields), aside);
    let second = part(&meanwhile.over(&object.fields), &node.fields, rest);
    // What the rest sends is not sent yet, so that the ledger learns of it later.
    let is_made = first.course.actions().any(|action| matches!(action, Action::Create { .. }));
    let entry = first.entry.clone().filter(|_| is_made);
    Some((Draft { because: because.into(), entry, ..first }, second))
}
