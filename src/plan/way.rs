//! Objects that are on their way to what is wanted of them: a host that is being installed, a VM
//! that powers up. Nothing is to be done for them, but what needs them has to wait: an interrupted
//! run, or another administrator, may have set them going.

use std::collections::BTreeSet;

use crate::resources::{Action, Attribute, Course, Reference, Underway, Watched};
use crate::state::Object;

use super::draft::{Draft, What, timeout};
use super::turns::Turn;
use super::world::{Node, World};

/// Lets drafts wait for what is on its way: their own object, and those that they need.
pub(super) fn wait(world: &World, drafts: &mut Vec<Draft>) {
    let underway: Vec<&Object> =
        world.observed.iter().filter(|object| object.underway.is_some()).collect();
    if underway.is_empty() {
        return;
    }
    let mut needed = BTreeSet::new();
    for draft in drafts.iter() {
        needed.extend(awaited(world, draft));
        needed.extend(peers(world, draft, &underway));
    }
    for draft in drafts.iter_mut() {
        let Some(object) = object_of(world, draft) else { continue };
        if let Some(owner) = world.owner(object) {
            needed.remove(&owner);
        }
        // A template that is locked may as well be on its way out.
        let may_go = |underway: &Underway| {
            draft.what == What::Remove && object.kind.attribute(underway.attribute.name).is_none()
        };
        if let Some(underway) = object.underway.filter(|it| !may_go(it)) {
            let Course { opening, closing } = &mut draft.course;
            let first =
                if draft.what == What::Remove && opening.is_empty() { closing } else { opening };
            first.insert(0, arrival(object, underway));
        }
    }
    drafts.extend(needed.into_iter().filter_map(|index| waiting(&world.nodes[index])));
}

/// The wait; it confirms what says where to look.
fn arrival(object: &Object, underway: Underway) -> Action {
    let path = object.kind.watch.unwrap_or_default();
    let says_where =
        |attribute: &'static Attribute| path.contains(&format!("{{{}}}", attribute.name));
    Action::Await {
        of: Watched::Object,
        attribute: underway.attribute.name,
        becomes: std::slice::from_ref(underway.to),
        fails: &[],
        confirms: object.fields.filter(says_where),
    }
}

fn object_of<'a>(world: &World<'a>, draft: &Draft) -> Option<&'a Object> {
    let parent = match &draft.parent {
        Some(Reference::Id(id)) => Some(id.as_str()),
        _ => None,
    };
    world.observed.get(draft.kind, parent, draft.object.as_deref()?)
}

/// The resources that a draft refers to or stands in, and that are on their way.
pub(super) fn awaited(world: &World, draft: &Draft) -> Vec<usize> {
    if draft.what == What::Remove {
        return Vec::new();
    }
    let mut targets = draft.fields.objects();
    if let (Some(kind), Some(Reference::Id(id))) = (draft.kind.parent, &draft.parent) {
        targets.push((kind, id.clone()));
    }
    let objects = targets.into_iter().filter_map(|(kind, id)| world.object(kind, &id));
    objects.filter(|o| o.underway.is_some()).filter_map(|object| world.owner(object)).collect()
}

/// The hosts and the like without which a VM cannot start, and that are on their way.
fn peers(world: &World, draft: &Draft, underway: &[&Object]) -> Vec<usize> {
    let kinds = draft.kind.closes_after.iter().chain(draft.kind.opens_after);
    let of_kind = kinds.flat_map(|(kind, by)| {
        let place = draft.fields.named(by).cloned();
        let objects = underway.iter().filter(|object| object.kind == *kind);
        objects.filter(move |o| place.is_some() && o.fields.named(by) == place.as_ref())
    });
    of_kind.filter_map(|object| world.owner(object)).collect()
}

/// A draft that does nothing but wait for its object.
fn waiting(node: &Node) -> Option<Draft> {
    let object = node.object?;
    let underway = object.underway?;
    Some(Draft {
        address: node.address.clone(),
        kind: node.kind,
        course: Course { opening: vec![arrival(object, underway)], closing: Vec::new() },
        because: format!("it is on its way to `{}`", underway.to).into(),
        object: Some(object.id.clone()),
        parent: object.parent.clone().map(Reference::Id),
        fields: node.known(),
        timeout: timeout(node),
        what: What::Change,
        entry: None,
        brought_by: None,
        changes: Vec::new(),
        turn: Turn::default(),
    })
}
