//! The steps themselves, numbered in their order.

use std::collections::BTreeSet;

use crate::resources::{Action, Fields, Kind, Reference, Value};

use super::super::draft::Draft;
use super::super::step::{Step, StepId};
use super::super::world::World;
use super::Sketch;

/// Gives the steps their numbers.
pub(super) fn number(sketch: &Sketch, drafts: Vec<Draft>, sequence: &[usize]) -> Vec<Step> {
    let mut ids = vec![0; sequence.len()];
    for (position, &step) in sequence.iter().enumerate() {
        ids[step] = position;
    }
    let mut steps: Vec<Option<Step>> = Vec::new();
    steps.resize_with(sequence.len(), || None);
    for (index, draft) in drafts.into_iter().enumerate() {
        let start = sketch.spans[index].start;
        let resumes = draft.entry.as_ref().map(|entry| entry.resumes.clone()).unwrap_or_default();
        let Draft { address, kind, course, because, object, parent, fields, timeout, .. } = draft;
        let actions = course.opening.into_iter().chain(course.closing);
        for (offset, action) in actions.enumerate() {
            let id = ids[start + offset];
            let needs: BTreeSet<StepId> =
                sketch.needs[start + offset].iter().map(|&need| StepId(ids[need] as u32)).collect();
            let follows = sketch.follows[start + offset].iter();
            let follows: BTreeSet<StepId> = follows.map(|&step| StepId(ids[step] as u32)).collect();
            let is_write = matches!(
                action,
                Action::Create { .. }
                    | Action::Find { .. }
                    | Action::Update { .. }
                    | Action::Upload { .. }
            );
            let group = sketch.joined.get(&(start + offset));
            let group = group.and_then(|all| all.iter().map(|step| ids[*step] as u32).min());
            steps[id] = Some(Step {
                id: StepId(id as u32),
                group: group.map(StepId),
                address: address.clone(),
                kind,
                exclusive: exclusive(sketch.world, kind, &action, &fields, parent.as_ref()),
                action,
                object: object.clone(),
                parent: parent.clone(),
                follows: follows.difference(&needs).copied().collect(),
                needs: needs.into_iter().collect(),
                entry: draft.entry.clone().filter(|_| is_write),
                resumes: resumes.clone(),
                because: because.clone(),
                timeout,
            });
        }
    }
    steps.into_iter().flatten().collect()
}

/// The key under which a step excludes others, with its placeholders filled.
fn exclusive(
    world: &World,
    kind: &Kind,
    action: &Action,
    fields: &Fields,
    parent: Option<&Reference>,
) -> Option<String> {
    let template = match action {
        Action::Invoke { verb, .. } => verb.exclusive?,
        Action::Await { .. } | Action::Find { .. } => return None,
        _ => kind.joint.map(|share| share.joint.exclusive).or(kind.exclusive)?,
    };
    let mut key = String::new();
    for (index, part) in template.split(['{', '}']).enumerate() {
        if index % 2 == 0 {
            key.push_str(part);
            continue;
        }
        let reference = match (part, fields.named(part)) {
            ("parent", _) => parent.cloned(),
            (_, Some(Value::Reference(reference))) => Some(reference.clone()),
            _ => None,
        };
        if let Some(reference) = reference {
            key.push_str(&describe(world, &reference));
        }
    }
    Some(key)
}

fn describe(world: &World, reference: &Reference) -> String {
    match reference {
        Reference::Address(address) => match world.at(address).and_then(|node| node.object) {
            Some(object) => object.id.clone(),
            None => address.to_string(),
        },
        Reference::Id(id) | Reference::Name(id) => id.clone(),
    }
}
