//! The removal of what nobody wants any more.

use std::collections::{HashMap, HashSet};

use crate::resources::kinds::KINDS;
use crate::resources::{Address, Reference, Transition, Value};
use crate::state::{Entry, Object, OnRemoval, Removed};

use super::super::step::{Note, Record};
use super::super::turns::Turn;
use super::super::world::World;
use super::record::TIMEOUT;
use super::{Draft, Drafts, What};

/// The removal of an object.
pub(super) fn remove(
    world: &World,
    address: &Address,
    object: &Object,
    entry: Option<&Entry>,
    because: String,
) -> Draft {
    let mut from = object.fields.clone();
    for (name, text) in entry.into_iter().flat_map(|entry| &entry.removal) {
        if let Some(attribute) = object.kind.attribute(name)
            && let Ok(value) = crate::resources::read_scalar(attribute.takes, text)
        {
            from.set(attribute, value);
        }
    }
    let parent = object.kind.parent.zip(object.parent.as_deref());
    let parent = parent.and_then(|(kind, id)| world.object(kind, id));
    let within = object.parent.clone().map(Reference::Id);
    let itself = Reference::Id(object.id.clone());
    let course = (object.kind.lifecycle)(&Transition {
        from: Some(&from),
        itself: Some(&itself),
        parent: parent.map(|parent| &parent.fields),
        within: within.as_ref(),
        pending: object.pending.is_some(),
        ..Transition::of(object.kind, world)
    });
    Draft {
        address: address.clone(),
        kind: object.kind,
        course,
        because: because.into(),
        object: Some(object.id.clone()),
        parent: within,
        fields: from,
        timeout: TIMEOUT,
        what: What::Remove,
        entry: None,
        brought_by: None,
        changes: Vec::new(),
        turn: Turn::default(),
    }
}

/// Drafts the removal of what the ledger has and the manifests no longer do.
pub(in crate::plan) fn draft_removals(world: &World, removed: &[Removed], drafts: &mut Drafts) {
    // Parents come before their children, as addresses are sorted.
    let mut fates: HashMap<&Address, Fate> = HashMap::new();
    for (address, entry) in &world.ledger.entries {
        if world.at(address).is_some() {
            continue;
        }
        let object = recorded(world, address, entry);
        let parent = address.parent();
        let fate = match parent.as_ref().and_then(|parent| fates.get(parent)) {
            Some(Fate::Removed) if object.is_some_and(|object| object.kind.leaves_first) => {
                Fate::Removed
            }
            Some(Fate::Removed | Fate::GoneWithParent) => Fate::GoneWithParent,
            None if parent.and_then(|parent| world.at(&parent)?.replaces).is_some() => {
                Fate::GoneWithParent
            }
            Some(fate) => *fate,
            None => fate(world, address, entry, object, removed),
        };
        fates.insert(address, fate);
    }
    let removed_objects = removed_objects(world, &fates);
    let mut along = HashSet::new();
    for (address, entry) in &world.ledger.entries {
        let Some(&fate) = fates.get(address) else { continue };
        let object = recorded(world, address, entry);
        let goes_along = match fate {
            Fate::Removed => object.is_some_and(|object| goes_with(object, &removed_objects)),
            Fate::GoneWithParent => address.parent().is_some_and(|it| along.contains(&it)),
            _ => false,
        };
        let fate = if goes_along { Fate::GoesAlong } else { fate };
        if goes_along {
            along.insert(address.clone());
        }
        if let (Fate::Removed, Some(object)) = (fate, object) {
            let because = "the manifests no longer have it".to_owned();
            drafts.drafts.push(remove(world, address, object, Some(entry), because));
        }
        let Some(text) = fate.words() else { continue };
        drafts.notes.push(Note { address: Some(address.clone()), text: text.to_owned() });
        drafts.records.push(Record::Forget { address: address.clone(), moved: None });
    }
}

/// The objects that are removed, by kind and id.
fn removed_objects<'a>(
    world: &'a World,
    fates: &HashMap<&Address, Fate>,
) -> HashSet<(&'a str, &'a str)> {
    let is_removed = |address: &Address| matches!(fates.get(address), Some(Fate::Removed));
    let removed = world.ledger.entries.iter().filter(|(address, _)| is_removed(address));
    removed.map(|(_, entry)| (entry.kind.as_str(), entry.id.as_str())).collect()
}

/// Whether the engine removes an object along with one that it refers to.
fn goes_with(object: &Object, removed: &HashSet<(&str, &str)>) -> bool {
    let Some(attribute) = object.kind.goes_with.and_then(|name| object.kind.attribute(name)) else {
        return false;
    };
    match (attribute.takes.refers_to(), object.fields.get(attribute)) {
        (Some(kind), Some(Value::Reference(Reference::Id(id)))) => {
            removed.contains(&(kind.name, id.as_str()))
        }
        _ => false,
    }
}

/// What becomes of a resource that is no longer wanted.
#[derive(Clone, Copy)]
enum Fate {
    Removed,
    GoneWithParent,
    GoesAlong,
    Gone,
    Taken,
    GivenUp,
    BuiltIn,
    Part,
}

impl Fate {
    /// What a note says of it; nothing where the steps say it.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Removed | Self::GoneWithParent => None,
            Self::GoesAlong => Some("goes along with what it belongs to"),
            Self::Gone => Some("is gone from the engine already"),
            Self::Taken => Some("is what another one of the manifests is now"),
            Self::GivenUp => Some("is given up, and stays on the engine"),
            Self::Part => Some("is part of what holds it: it is given up, and stays"),
            Self::BuiltIn => Some("is part of every engine: it is given up, and stays"),
        }
    }
}

fn fate(
    world: &World,
    address: &Address,
    entry: &Entry,
    object: Option<&Object>,
    removed: &[Removed],
) -> Fate {
    let said = removed.iter().find(|removed| removed.from == *address);
    let is_kept = match said {
        Some(removed) => !removed.destroy,
        None => entry.on_removal == OnRemoval::Keep,
    };
    match object {
        None if named(world, address, entry).is_some() => Fate::Taken,
        None => Fate::Gone,
        Some(_) if is_kept => Fate::GivenUp,
        Some(object) if is_built_in(world, object) => Fate::BuiltIn,
        Some(object) if object.kind.inseparable => Fate::Part,
        Some(object) if object.kind.comes_along.is_some_and(|is_so| is_so(&object.fields)) => {
            Fate::Part
        }
        Some(_) => Fate::Removed,
    }
}

fn is_built_in(world: &World, object: &Object) -> bool {
    object.kind.built_in.contains(&name_of(world, object).as_str())
}

/// What people call an object: by its name, or by that of the object which names it.
fn name_of(world: &World, object: &Object) -> String {
    let named_by = object.kind.name_attribute().and_then(|name| {
        let Value::Reference(Reference::Id(id)) = object.fields.get(name)? else { return None };
        world.object(name.takes.refers_to()?, id)
    });
    named_by.unwrap_or(object).name()
}

/// Drafts that what stays leaves what goes, which would take it along: a disk of its own its VM.
pub(in crate::plan) fn draft_departures(world: &World, drafts: &mut Drafts) {
    let mut departures = Vec::new();
    for draft in drafts.drafts.iter().filter(|draft| draft.what == What::Remove) {
        let Some(id) = &draft.object else { continue };
        let kinds = KINDS.iter().filter(|kind| kind.managed && kind.parent == Some(draft.kind));
        for (kind, (_, joined)) in kinds.filter_map(|kind| Some((kind, kind.joined?))) {
            let stays = |part: &&Object| {
                world.object(joined, &part.id).is_some_and(|it| world.owner(it).is_some())
            };
            for part in world.observed.children(kind, id).filter(stays) {
                let address =
                    draft.address.child(kind.section, key_of(world, draft, part).as_str());
                let because = format!("its {} stays", joined.name);
                departures.push(remove(world, &address, part, None, because));
            }
        }
    }
    drafts.drafts.extend(departures);
}

/// The key that the ledger has for a part, or its name.
fn key_of(world: &World, whole: &Draft, part: &Object) -> String {
    let is_it = |(address, entry): &(&Address, &Entry)| {
        entry.id == part.id
            && entry.kind == part.kind.name
            && address.parent().as_ref() == Some(&whole.address)
    };
    let recorded = world.ledger.entries.iter().find(is_it);
    recorded.map_or_else(|| part.name(), |(address, _)| address.key().to_owned())
}

/// Drafts the removal of what cannot stay without something that is removed in the same call: an
/// attachment goes with its bond, whoever made it.
pub(in crate::plan) fn draft_companions(world: &World, drafts: &mut Drafts) {
    let mut companions = Vec::new();
    for draft in drafts.drafts.iter().filter(|draft| draft.what == What::Remove) {
        let (Some(share), Some(Reference::Id(parent))) = (draft.kind.joint, &draft.parent) else {
            continue;
        };
        let held = draft.object.clone().map(|id| (draft.kind, id));
        let kinds = KINDS.iter().filter(|kind| {
            kind.parent == draft.kind.parent
                && kind.joint.is_some_and(|other| other.joint == share.joint)
        });
        let siblings = kinds.flat_map(|kind| world.observed.children(kind, parent));
        let stay = |it: &&Object| {
            let is_drafted = drafts.drafts.iter().any(|draft| {
                draft.kind == it.kind
                    && draft.object.as_ref() == Some(&it.id)
                    && draft.parent == it.parent.clone().map(Reference::Id)
            });
            !is_drafted && world.owner(it).is_none()
        };
        let refers = |it: &&Object| it.fields.objects().into_iter().any(|it| Some(it) == held);
        for object in siblings.filter(|it| it.kind != draft.kind).filter(refers).filter(stay) {
            let host = draft.address.parent().unwrap_or_else(|| draft.address.clone());
            let address = host.child(object.kind.section, &name_of(world, object));
            let because = format!("it goes with {}", draft.address);
            companions.push(remove(world, &address, object, None, because));
        }
    }
    drafts.drafts.extend(companions);
}

/// The object that a ledger entry speaks of, unless it is another resource by now.
fn recorded<'a>(world: &World<'a>, address: &Address, entry: &Entry) -> Option<&'a Object> {
    named(world, address, entry).filter(|object| world.owner(object).is_none())
}

/// The object that a ledger entry names.
fn named<'a>(world: &World<'a>, address: &Address, entry: &Entry) -> Option<&'a Object> {
    let kind = crate::resources::kinds::KINDS.iter().find(|kind| kind.name == entry.kind)?;
    let parent = match address.parent() {
        None => None,
        Some(parent) => match world.at(&parent) {
            Some(node) => Some(node.object?.id.clone()),
            None => Some(world.ledger.entries.get(&parent)?.id.clone()),
        },
    };
    world.observed.get(kind, parent.as_deref(), &entry.id)
}
