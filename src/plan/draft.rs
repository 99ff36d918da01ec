//! One resource's part of the plan: its actions, before they are put in order.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};

use crate::resources::{
    Action, Address, Change, Course, Effect, Fields, Kind, Place, Reference, Sight, Transition,
};
use crate::state::{Entry, Object, OnRemoval, Problems, Replace, Rules};

use super::check::complain;
use super::diff::{Differences, diff, digest};
use super::step::{Limits, Note, Record};
use super::world::{Node, World};

/// What is done to one object.
pub(super) struct Draft {
    pub address: Address,
    pub kind: &'static Kind,
    pub course: Course,
    pub because: Cow<'static, str>,
    /// The object's id, unless the course makes it.
    pub object: Option<String>,
    pub parent: Option<Reference>,
    /// What is known of the resource before and after: what its course may depend on.
    pub fields: Fields,
    pub timeout: u64,
    pub what: What,
    /// What the ledger records once the object exists.
    pub entry: Option<Entry>,
    /// Who brings the object along.
    pub brought_by: Option<Address>,
}

/// The nature of a draft.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum What {
    Make,
    Change,
    Remove,
}

/// Drafts, and everything else that looking at the resources brought up.
#[derive(Default)]
pub(super) struct Drafts {
    pub drafts: Vec<Draft>,
    pub records: Vec<Record>,
    pub notes: Vec<Note>,
    /// Resources whose change needs consent that is not there, with the attribute.
    pub unwilling: Vec<Unwilling>,
}

/// A change that the owners did not allow.
pub(super) struct Unwilling {
    pub address: Address,
    pub attribute: &'static str,
    pub effect: Effect,
}

/// The longest that one wait may take unless the manifest says otherwise, in seconds: a host's
/// installation with its reboot takes up to 20 minutes (infrastructure handbook, section 11).
const TIMEOUT: u64 = 30 * 60;

/// Drafts every resource of the manifests, then what the ledger has beyond them.
pub(super) fn draft(world: &World, limits: &Limits, drafts: &mut Drafts, problems: &mut Problems) {
    let key = world.ledger.key();
    let mut replaced: Vec<bool> = vec![false; world.nodes.len()];
    for index in 0..world.nodes.len() {
        let node = &world.nodes[index];
        let parent_is_new = node.parent.as_ref().is_some_and(|parent| {
            world.by_address.get(parent).is_some_and(|&parent| replaced[parent])
        });
        replaced[index] = draft_node(world, node, limits, &key, parent_is_new, drafts, problems);
    }
}

/// Drafts one resource; says whether it is made anew in the place of an object.
fn draft_node(
    world: &World,
    node: &Node,
    limits: &Limits,
    key: &[u8; 32],
    parent_is_new: bool,
    drafts: &mut Drafts,
    problems: &mut Problems,
) -> bool {
    let Some(object) = node.object.filter(|_| !parent_is_new) else {
        complain(world, node, &[], problems);
        drafts.drafts.push(make(world, node, None, key));
        if node.object.is_none()
            && let Some(entry) = node.entry
        {
            let text = format!("was `{}`, which is gone from the engine", entry.id);
            drafts.notes.push(Note { address: Some(node.address.clone()), text });
        }
        return false;
    };
    let rules = rules_of(node);
    let may_restart = is_allowed(&node.address, &limits.allow_restart);
    let differences = diff(node, &rules, key, may_restart);
    complain(world, node, &differences.changes, problems);
    note(node, &differences, drafts);
    drafts.records.extend(keep(node, object, key));
    let replacing = differences.changes.iter().find(|change| change.effect == Effect::Replace);
    if let Some(change) = replacing {
        return replace(world, node, object, change, &rules, limits, key, drafts);
    }
    check_consent(node, &differences, &rules, may_restart, drafts);
    if let Some(draft) = change(world, node, object, differences.changes, key) {
        drafts.drafts.push(draft);
    }
    false
}

fn rules_of(node: &Node) -> Rules {
    node.resource.map(|resource| resource.rules.clone()).unwrap_or_default()
}

pub(super) fn is_allowed(address: &Address, patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| address.matches(pattern))
}

fn check_consent(
    node: &Node,
    differences: &Differences,
    rules: &Rules,
    may_restart: bool,
    drafts: &mut Drafts,
) {
    if may_restart || rules.restart == crate::state::Restart::WhenNeeded {
        return;
    }
    let unwilling = differences.changes.iter().filter(|change| change.effect == Effect::Restart);
    drafts.unwilling.extend(unwilling.map(|change| Unwilling {
        address: node.address.clone(),
        attribute: change.attribute.name,
        effect: Effect::Restart,
    }));
}

/// The making of a resource, or the taking hold of what another one brings along.
fn make(world: &World, node: &Node, because: Option<String>, key: &[u8; 32]) -> Draft {
    let parent = node.parent.as_ref().map(|parent| parent_reference(world, parent));
    // One that is made anew has nothing to do with what was found in its place.
    let above = match &parent {
        Some(Reference::Id(_)) => node.parent.as_ref().and_then(|parent| world.at(parent)?.object),
        _ => None,
    };
    let above = above.map(|above| &above.fields);
    let (course, because) = match &node.brought {
        Some((by, fields)) => {
            (find(world, node, fields), format!("the engine makes it along with {by}"))
        }
        None => {
            let course = (node.kind.lifecycle)(&Transition {
                within: parent.as_ref(),
                kind: node.kind,
                from: None,
                to: Some(&node.fields),
                parent: above,
                changes: &[],
                pending: false,
                around: world,
            });
            (course, because.unwrap_or_else(|| "it does not exist yet".to_owned()))
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

/// Finds what is brought along, and changes what differs from what it will be like.
fn find(world: &World, node: &Node, brought: &Fields) -> Course {
    let identity = node.fields.over(brought).filter(|a| node.kind.identity.contains(&a.name));
    let differs = |attribute: &&'static crate::resources::Attribute| {
        node.fields.get(attribute).is_some_and(|wanted| {
            let has = brought.get(attribute).cloned();
            !super::diff::same(wanted, &has.unwrap_or_else(|| attribute.default_value()))
        }) && attribute.sight != Sight::OnceOnly
            && !node.kind.identity.contains(&attribute.name)
    };
    let changes: Vec<Change> = node
        .kind
        .attributes
        .iter()
        .filter(differs)
        .filter_map(|attribute| {
            let to = node.fields.get(attribute)?.clone();
            let from = brought.get(attribute).cloned();
            Some(Change { attribute, from, to, effect: Effect::Now })
        })
        .collect();
    let within = node.parent.as_ref().map(|parent| parent_reference(world, parent));
    let mut course = (node.kind.lifecycle)(&Transition {
        within: within.as_ref(),
        kind: node.kind,
        from: Some(brought),
        to: Some(&node.fields),
        parent: None,
        changes: &changes,
        pending: false,
        around: world,
    });
    course.opening.insert(0, Action::Find { identity });
    course
}

fn change(
    world: &World,
    node: &Node,
    object: &Object,
    changes: Vec<Change>,
    key: &[u8; 32],
) -> Option<Draft> {
    let parent = node.parent.as_ref().and_then(|parent| world.at(parent)?.object);
    let within = object.parent.clone().map(Reference::Id);
    let course = (node.kind.lifecycle)(&Transition {
        within: within.as_ref(),
        kind: node.kind,
        from: Some(&object.fields),
        to: Some(&node.fields),
        parent: parent.map(|parent| &parent.fields),
        changes: &changes,
        pending: object.pending.is_some(),
        around: world,
    });
    if course.is_empty() {
        return None;
    }
    Some(Draft {
        address: node.address.clone(),
        kind: node.kind,
        course,
        because: "it differs".into(),
        object: Some(object.id.clone()),
        parent: object.parent.clone().map(Reference::Id),
        fields: node.known(),
        timeout: timeout(node),
        what: What::Change,
        entry: Some(entry_of(node, &object.id, key)),
        brought_by: None,
    })
}

#[expect(clippy::too_many_arguments, reason = "all of it is looked at once, here")]
fn replace(
    world: &World,
    node: &Node,
    object: &Object,
    change: &Change,
    rules: &Rules,
    limits: &Limits,
    key: &[u8; 32],
    drafts: &mut Drafts,
) -> bool {
    let is_allowed = is_allowed(&node.address, &limits.allow_destroy);
    if rules.replace == Replace::Refuse && !is_allowed {
        drafts.unwilling.push(Unwilling {
            address: node.address.clone(),
            attribute: change.attribute.name,
            effect: Effect::Replace,
        });
    }
    let because = format!("`{}` cannot be changed on the same object", change.attribute.name);
    drafts.drafts.push(remove(world, &node.address, object, node.entry, because.clone()));
    drafts.drafts.push(make(world, node, Some(because), key));
    true
}

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
    let course = (object.kind.lifecycle)(&Transition {
        within: within.as_ref(),
        kind: object.kind,
        from: Some(&from),
        to: None,
        parent: parent.map(|parent| &parent.fields),
        changes: &[],
        pending: object.pending.is_some(),
        around: world,
    });
    Draft {
        address: address.clone(),
        kind: object.kind,
        course,
        because: because.into(),
        object: Some(object.id.clone()),
        parent: object.parent.clone().map(Reference::Id),
        fields: from,
        timeout: TIMEOUT,
        what: What::Remove,
        entry: None,
        brought_by: None,
    }
}

fn parent_reference(world: &World, parent: &Address) -> Reference {
    match world.at(parent) {
        Some(node) => node.reference(),
        None => Reference::Address(parent.clone()),
    }
}

pub(super) fn timeout(node: &Node) -> u64 {
    node.resource.and_then(|resource| resource.rules.timeout).unwrap_or(TIMEOUT)
}

/// What the ledger has to know of a resource.
fn entry_of(node: &Node, id: &str, key: &[u8; 32]) -> Entry {
    let rules = rules_of(node);
    let mut digests = BTreeMap::new();
    let mut removal = BTreeMap::new();
    for (attribute, value) in node.fields.iter() {
        if attribute.sight == Sight::Hidden {
            digests.insert(attribute.name.to_owned(), digest(value, key));
        }
        if attribute.place == Place::Removal {
            removal.insert(attribute.name.to_owned(), value.to_string());
        }
    }
    Entry {
        kind: node.kind.name.to_owned(),
        id: id.to_owned(),
        digests,
        protect: rules.protect,
        on_removal: rules.on_removal,
        removal,
    }
}

/// The record of an existing object, if the ledger's is not the same already.
fn keep(node: &Node, object: &Object, key: &[u8; 32]) -> Option<Record> {
    node.resource?;
    let mut entry = entry_of(node, &object.id, key);
    // What was sent stays recorded until something else is sent.
    for (name, sent) in node.entry.into_iter().flat_map(|entry| &entry.digests) {
        entry.digests.insert(name.clone(), sent.clone());
    }
    let adopted = node.entry.is_none_or(|old| old.id != object.id);
    (node.entry != Some(&entry)).then(|| Record::Keep {
        address: node.address.clone(),
        entry,
        adopted,
    })
}

fn note(node: &Node, differences: &Differences, drafts: &mut Drafts) {
    let mut say = |text: String| {
        drafts.notes.push(Note { address: Some(node.address.clone()), text });
    };
    let list = |attributes: &[&'static crate::resources::Attribute]| {
        attributes.iter().map(|a| format!("`{}`", a.name)).collect::<Vec<_>>().join(", ")
    };
    match differences.waiting.as_slice() {
        [] => {}
        [one] => say(format!("`{}` waits for its next start", one.name)),
        several => {
            let names = list(several);
            say(format!("{} changes wait for its next start: {names}", several.len()));
        }
    }
    if !differences.ignored.is_empty() {
        say(format!("{} differs and is ignored", list(&differences.ignored)));
    }
    if !differences.too_late.is_empty() {
        let names = list(&differences.too_late);
        say(format!("{names} changed in the manifest, but is read only when it is made"));
    }
}

/// Drafts the removal of what the ledger has and the manifests no longer do.
pub(super) fn draft_removals(
    world: &World,
    removed: &[crate::state::Removed],
    drafts: &mut Drafts,
) {
    // Parents come before their children, as addresses are sorted.
    let mut fates: HashMap<&Address, Fate> = HashMap::new();
    for (address, entry) in &world.ledger.entries {
        if world.at(address).is_some() {
            continue;
        }
        let object = recorded(world, address, entry);
        let fate = match address.parent().and_then(|parent| fates.get(&parent)) {
            Some(Fate::Removed | Fate::GoneWithParent) => Fate::GoneWithParent,
            Some(fate) => *fate,
            None => fate(address, entry, object, removed),
        };
        fates.insert(address, fate);
        if let (Fate::Removed, Some(object)) = (fate, object) {
            let because = "the manifests no longer have it".to_owned();
            drafts.drafts.push(remove(world, address, object, Some(entry), because));
        }
        let Some(text) = fate.words() else { continue };
        drafts.notes.push(Note { address: Some(address.clone()), text: text.to_owned() });
        drafts.records.push(Record::Forget { address: address.clone(), moved: None });
    }
}

/// What becomes of a resource that is no longer wanted.
#[derive(Clone, Copy)]
enum Fate {
    Removed,
    GoneWithParent,
    Gone,
    GivenUp,
    BuiltIn,
}

impl Fate {
    /// What a note says of it; nothing where the steps say it.
    fn words(self) -> Option<&'static str> {
        match self {
            Self::Removed | Self::GoneWithParent => None,
            Self::Gone => Some("is gone from the engine already"),
            Self::GivenUp => Some("is given up, and stays on the engine"),
            Self::BuiltIn => Some("is part of every engine: it is given up, and stays"),
        }
    }
}

fn fate(
    address: &Address,
    entry: &Entry,
    object: Option<&Object>,
    removed: &[crate::state::Removed],
) -> Fate {
    let said = removed.iter().find(|removed| removed.from == *address);
    let is_kept = match said {
        Some(removed) => !removed.destroy,
        None => entry.on_removal == OnRemoval::Keep,
    };
    match object {
        None => Fate::Gone,
        Some(_) if is_kept => Fate::GivenUp,
        Some(object) if is_built_in(object) => Fate::BuiltIn,
        Some(_) => Fate::Removed,
    }
}

fn is_built_in(object: &Object) -> bool {
    object.kind.built_in.contains(&object.name().as_str())
}

/// The object that a ledger entry speaks of.
fn recorded<'a>(world: &World<'a>, address: &Address, entry: &Entry) -> Option<&'a Object> {
    let kind = crate::resources::kinds::KINDS.iter().find(|kind| kind.name == entry.kind)?;
    let parent = match address.parent() {
        None => None,
        Some(parent) => match world.at(&parent) {
            Some(node) => Some(node.object?.id.clone()),
            None => Some(world.ledger.entries.get(&parent)?.id.clone()),
        },
    };
    let object = world.observed.get(kind, parent.as_deref(), &entry.id)?;
    world.owner(object).is_none().then_some(object)
}
