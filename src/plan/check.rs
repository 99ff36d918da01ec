//! What the engine would refuse, said before the first call.

use std::collections::HashMap;

use crate::resources::{
    Change, Complaint, Effect, Fields, Keeper, Kind, Reference, Transition, Value,
};
use crate::state::{Object, Problem, Problems};

use super::draft::{Draft, What};
use super::pair::located;
use super::step::Refusal;
use super::world::{Node, World};

/// What each kind knows about values that do not go together, and about changes that do nothing.
///
/// An object that is replaced is made anew: then what was found does not count.
pub(super) fn complain(world: &World, node: &Node, changes: &[Change], problems: &mut Problems) {
    let parent = node.parent.as_ref().and_then(|parent| world.at(parent)?.object);
    let within = node.parent.as_ref().and_then(|parent| world.at(parent)).map(Node::reference);
    let itself = node.object.map(|_| node.reference());
    let is_replaced = changes.iter().any(|change| change.effect == Effect::Replace);
    let complaints = (node.kind.check)(&Transition {
        within: within.as_ref(),
        itself: itself.as_ref(),
        from: node.object.filter(|_| !is_replaced).map(|object| &object.fields),
        to: Some(&node.fields),
        parent: parent.map(|parent| &parent.fields),
        changes,
        pending: world.is_pending(node.object, parent),
        ..Transition::of(node.kind, world)
    });
    for complaint in complaints.into_iter().chain(locked(world, node, changes)) {
        let attribute = node.kind.attribute(complaint.attribute);
        let at = node.resource.zip(attribute).map(|(r, attribute)| r.place(attribute).clone());
        let message = format!("{}: {}", node.address, complaint.message);
        let hint = Some(complaint.hint.into_owned());
        problems.push(Problem { at, message, hint, discreet: false });
    }
}

/// What every engine has of some kinds stays as it is, with all that it holds.
fn locked(world: &World, node: &Node, changes: &[Change]) -> Option<Complaint> {
    let is_new = node.object.is_none();
    let of_every_engine = |kind: &'static Kind, object: &Object| {
        let name = object.name();
        (kind.locked && kind.built_in.contains(&name.as_str()))
            .then(|| format!("`{name}`, a {} of every engine, which stays as it is", kind.name))
    };
    let own = || of_every_engine(node.kind, node.object?);
    let of_parent = || {
        let parent = world.at(node.parent.as_ref()?)?.object?;
        of_every_engine(parent.kind, parent)
    };
    let (attribute, message) = match changes.first() {
        Some(change) => {
            let what = own().or_else(of_parent)?;
            (change.attribute.name, format!("changes {what}"))
        }
        None if is_new => (node.kind.name_attribute()?.name, format!("adds to {}", of_parent()?)),
        None => return None,
    };
    let hint = "make one of your own, with another name".into();
    Some(Complaint { attribute, message, hint })
}

/// Values that two resources want, or that another object already has, where only one may.
pub(super) fn clashes(world: &World, drafts: &[Draft], problems: &mut Problems) {
    let mut wanted: HashMap<(&str, &str, String), &Node> = HashMap::new();
    for node in &world.nodes {
        for (attribute, value) in node.fields.iter().filter(|(attribute, _)| attribute.unique) {
            let key = (node.kind.name, attribute.name, value.to_string().to_lowercase());
            if let Some(other) = wanted.insert(key, node) {
                let message = format!(
                    "{}: `{}` is {value}, which is that of {} too",
                    node.address, attribute.name, other.address
                );
                problems.push(
                    located(world, &node.address, message).hint("give one of them another value"),
                );
            }
        }
    }
    if wanted.is_empty() {
        return;
    }
    let leaving = Leaving::new(drafts);
    for object in world.observed.iter() {
        for (attribute, value) in object.fields.iter().filter(|(attribute, _)| attribute.unique) {
            let key = (object.kind.name, attribute.name, value.to_string().to_lowercase());
            let Some(node) = wanted.get(&key) else { continue };
            if !std::ptr::eq(node.object.map_or(std::ptr::null(), std::ptr::from_ref), object)
                && world.owner(object).is_none()
                && !leaving.goes(world, object)
            {
                let message = format!(
                    "{}: `{}` is {value}, which the {} `{}`{} has already",
                    node.address,
                    attribute.name,
                    object.kind.name,
                    object.name(),
                    holder(world, object)
                );
                problems.push(located(world, &node.address, message).hint("take another value"));
            }
        }
    }
}

/// ` of \`parent\``, for a child.
fn holder(world: &World, object: &Object) -> String {
    let parent = object.kind.parent.zip(object.parent.as_deref());
    let parent = parent.and_then(|(kind, id)| world.object(kind, id));
    parent.map(|parent| format!(" of `{}`", parent.name())).unwrap_or_default()
}

/// Removals that other objects are in the way of.
pub(super) fn in_the_way(world: &World, drafts: &[Draft]) -> Vec<Refusal> {
    let leaving = Leaving::new(drafts);
    let named = named(world, &leaving);
    let removals = || drafts.iter().filter(|draft| draft.what == What::Remove);
    let held = removals().filter_map(|draft| held(world, draft, &leaving, &named));
    held.chain(removals().flat_map(|draft| complain_of_removal(world, draft))).collect()
}

/// Addresses by the kind and the id of the object that they refer to.
type Named<'a> = HashMap<(&'static str, &'a str), Vec<String>>;

/// The resources of the manifests that refer to an object which is removed: a name that the
/// manifests do not have is that of a live object, and of none afterwards.
fn named<'a>(world: &'a World, leaving: &Leaving<'a>) -> Named<'a> {
    let mut named = Named::new();
    if leaving.removed.is_empty() {
        return named;
    }
    for node in world.nodes.iter().filter(|node| node.resource.is_some()) {
        for (attribute, value) in node.fields.iter() {
            let Some(kind) = attribute.takes.refers_to() else { continue };
            value.each_reference(&mut |reference| {
                let Reference::Id(id) = reference else { return };
                if let Some((&object, _)) = leaving.removed.get_key_value(&(kind.name, id)) {
                    named.entry(object).or_default().push(node.address.to_string());
                }
            });
        }
    }
    named
}

/// The first of several names, and how many more there are.
fn few(names: &[String]) -> String {
    const SHOWN: usize = 3;
    let shown = names.iter().take(SHOWN).cloned().collect::<Vec<_>>().join(", ");
    match names.len().saturating_sub(SHOWN) {
        0 => shown,
        more => format!("{shown} and {more} more"),
    }
}

/// What a kind knows against the removal of one of its objects.
fn complain_of_removal(world: &World, draft: &Draft) -> Vec<Refusal> {
    let object = draft.object.as_ref().and_then(|id| world.object(draft.kind, id));
    let parent = parent_of(world, draft);
    let complaints = (draft.kind.check)(&Transition {
        within: draft.parent.as_ref(),
        from: Some(&draft.fields),
        parent: parent.map(|parent| &parent.fields),
        pending: world.is_pending(object, parent),
        ..Transition::of(draft.kind, world)
    });
    let refusal = |Complaint { message, hint, .. }| Refusal {
        address: Some(draft.address.clone()),
        message: format!("{}: {message}", draft.address),
        hint: hint.into_owned(),
        consent: None,
    };
    complaints.into_iter().map(refusal).collect()
}

fn parent_of<'a>(world: &World<'a>, draft: &Draft) -> Option<&'a Object> {
    match (draft.kind.parent?, draft.parent.as_ref()?) {
        (kind, Reference::Id(id)) => world.object(kind, id),
        _ => None,
    }
}

/// The objects that are removed, and those whose references change.
struct Leaving<'a> {
    removed: HashMap<(&'static str, &'a str), &'a Draft>,
    changed: HashMap<(&'static str, &'a str), &'a Draft>,
}

impl<'a> Leaving<'a> {
    fn new(drafts: &'a [Draft]) -> Self {
        let with = |what: What| {
            let those = drafts.iter().filter(move |draft| draft.what == what);
            those.filter_map(|d| Some(((d.kind.name, d.object.as_deref()?), d))).collect()
        };
        Self { removed: with(What::Remove), changed: with(What::Change) }
    }

    /// Whether an object is removed, or goes with another one: a NIC with the VM of a pool.
    fn goes(&self, world: &World, object: &Object) -> bool {
        let parent = object.kind.parent.zip(object.parent.as_deref());
        let mut with = parent.into_iter().chain(along_with(object));
        self.is_removed(object.kind, &object.id)
            || with.any(|(kind, id)| {
                self.is_removed(kind, id)
                    || world.object(kind, id).is_some_and(|other| self.goes(world, other))
            })
    }

    fn is_removed(&self, kind: &Kind, id: &str) -> bool {
        self.removed.contains_key(&(kind.name, id))
    }

    /// What an object will have.
    fn fields(&self, object: &'a Object) -> &Fields {
        let changed = self.changed.get(&(object.kind.name, object.id.as_str()));
        changed.map_or(&object.fields, |draft| &draft.fields)
    }
}

/// The object along with which the engine removes another one.
fn along_with(object: &Object) -> Option<(&'static Kind, &str)> {
    let attribute = object.kind.attribute(object.kind.goes_with?)?;
    match (attribute.takes.refers_to(), object.fields.get(attribute)) {
        (Some(kind), Some(Value::Reference(Reference::Id(id)))) => Some((kind, id)),
        _ => None,
    }
}

fn held(world: &World, draft: &Draft, leaving: &Leaving, named: &Named) -> Option<Refusal> {
    let id = draft.object.as_deref()?;
    let mut holders = named.get(&(draft.kind.name, id)).cloned().unwrap_or_default();
    for object in keepers(world, draft, id, leaving) {
        let resource = world.owner(object).map(|index| &world.nodes[index]);
        let holder = match (resource.filter(|it| it.resource.is_some()), object.name()) {
            (Some(resource), _) => resource.address.to_string(),
            (None, name) if name.is_empty() || name == object.id => {
                format!("a {}", object.kind.name)
            }
            (None, name) => {
                format!("the {} `{name}`{}", object.kind.name, holder(world, object))
            }
        };
        if !holders.contains(&holder) {
            holders.push(holder);
        }
    }
    let need = if holders.len() == 1 { "still needs" } else { "still need" };
    (!holders.is_empty()).then(|| Refusal {
        address: Some(draft.address.clone()),
        message: format!("{}: cannot be removed, as {} {need} it", draft.address, few(&holders)),
        hint: "remove or change these first, or in the same manifests".to_owned(),
        consent: None,
    })
}

/// The objects that stay and keep another one.
fn keepers<'a>(
    world: &'a World,
    draft: &Draft,
    id: &str,
    leaving: &'a Leaving<'a>,
) -> Vec<&'a Object> {
    let kept = &Reference::Id(id.to_owned());
    let parent_of = |object: &Object| {
        let (kind, parent) = object.kind.parent.zip(object.parent.as_deref())?;
        world.object(kind, parent).map(|parent| &parent.fields)
    };
    let stay = |kind: &'static Kind| world.observed.of(kind).filter(|it| !leaving.goes(world, it));
    let keeper = |object: &'a Object| Keeper {
        id: &object.id,
        fields: leaving.fields(object),
        parent: parent_of(object),
        kept,
        of: &draft.fields,
        within: draft.parent.as_ref(),
        around: world,
    };
    let holders = draft.kind.holders().flat_map(|(kind, attribute)| {
        stay(kind).filter(move |object| keeper(object).refers(attribute.name))
    });
    let others = draft
        .kind
        .kept_by
        .iter()
        .flat_map(|(kind, keeps)| stay(kind).filter(move |object| keeps(&keeper(object))));
    let mut all: Vec<&Object> = holders.chain(others).collect();
    // A disk of a VM is an object of two kinds.
    let joined: Vec<(&Kind, &str)> =
        all.iter().filter_map(|it| Some((it.kind.joined?.1, it.id.as_str()))).collect();
    all.retain(|it| !joined.contains(&(it.kind, it.id.as_str())));
    all
}
