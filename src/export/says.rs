//! What of an object is worth a line: what differs from what it would be if nothing was said.

use std::borrow::Cow;

use crate::resources::{Attribute, Fields, Reference, Sight, Transition, Type, Value, same};
use crate::state::Object;

use super::scene::{Around, Scene, is_of_joined};

/// One attribute, and what a manifest says of it.
pub(super) struct Line<'a> {
    pub attribute: &'static Attribute,
    pub said: Said<'a>,
}

/// What a manifest says of an attribute.
pub(super) enum Said<'a> {
    /// Its value.
    Value(&'a Value),
    /// That it is to be nothing.
    Null,
    /// An object that does as well as the one that no read shows.
    StandIn(&'a Object),
    /// The object that it is, which is a resource of its own.
    Itself(&'a Object),
    /// That somebody has to give it.
    Secret,
    /// Why it says nothing.
    Comment(String),
}

/// The lines of an object, in the order of its kind's table.
pub(super) fn lines<'a>(scene: &Scene<'a>, index: usize) -> Vec<Line<'a>> {
    let object = scene.items[index].object;
    let itself = itself(scene, object);
    let line = |attribute: &'static Attribute| {
        if is_of_joined(object.kind, attribute) && itself.is_some() {
            let is_id = attribute.own_id;
            return itself.filter(|_| is_id).map(Said::Itself);
        }
        if attribute.is_comparable() {
            shown(scene, index, attribute)
        } else {
            not_shown(scene, object, attribute)
        }
    };
    // What waits is for the engine to say, and a wish for the owners.
    let is_theirs = |it: &&'static Attribute| it.pending_for.is_some() || it.only_wished;
    let attributes = object.kind.attributes.iter().filter(|it| !is_theirs(it));
    let attributes = attributes.filter(|it| !is_decided(scene, object, it));
    let lines = attributes.filter_map(|attribute| Some(Line { attribute, said: line(attribute)? }));
    without_complaints(scene, object, lines.collect())
}

/// Whether another object says what an attribute is: a VM's instance type.
fn is_decided(scene: &Scene, object: &Object, attribute: &Attribute) -> bool {
    let Some((master, decides)) = object.kind.obeys else { return false };
    decides(attribute) && scene.follow(object, master).is_some()
}

/// What a plan would refuse is not said, but that it would be refused.
fn without_complaints<'a>(
    scene: &Scene<'a>,
    object: &'a Object,
    mut lines: Vec<Line<'a>>,
) -> Vec<Line<'a>> {
    let values = lines.iter().filter_map(|line| match line.said {
        Said::Value(value) => Some((line.attribute, value.clone())),
        _ => None,
    });
    let to: Fields = values.collect();
    let around = Around(scene.observed);
    let within = object.parent.clone().map(Reference::Id);
    let parent = object.kind.parent.zip(object.parent.as_deref());
    let parent = parent.and_then(|(kind, id)| scene.object(kind, id));
    let complaints = (object.kind.check)(&Transition {
        from: Some(&object.fields),
        to: Some(&to),
        parent: parent.map(|parent| &parent.fields),
        within: within.as_ref(),
        pending: object.pending.is_some(),
        ..Transition::of(object.kind, &around)
    });
    for complaint in complaints {
        let is_it = |line: &&mut Line| line.attribute.name == complaint.attribute;
        if let Some(line) = lines.iter_mut().find(is_it).filter(|line| !line.attribute.required) {
            line.said = Said::Comment(complaint.message);
        }
    }
    lines
}

/// The object that an attachment shows, if the attachment alone cannot say which it is.
fn itself<'a>(scene: &Scene<'a>, object: &'a Object) -> Option<&'a Object> {
    let (_, joined) = object.kind.joined?;
    let named = scene.named_in(object.kind, object.parent.as_deref(), &object.name());
    let it = scene.object(joined, &object.id)?;
    let is_shown_here = scene.item_of(it).is_none_or(|item| scene.is_elsewhere(item));
    (named.len() > 1 || !is_shown_here).then_some(it)
}

fn shown<'a>(scene: &Scene<'a>, index: usize, attribute: &'static Attribute) -> Option<Said<'a>> {
    let object = scene.items[index].object;
    let value = value_of(object, attribute).filter(|value| **value != Value::Nothing);
    let usual = usual(scene, index, attribute);
    let comes_by_itself = scene.comes_by_itself(index);
    let Some(value) = value else {
        // What shows no value has its default, which `null` means.
        let is_missed = match usual {
            Some(Usual::Value(usual)) => !same(&attribute.default_value(), usual),
            Some(Usual::Named(_)) => attribute.usual.is_some(),
            Some(Usual::Default) | None => false,
        };
        return (is_missed && attribute.has_null()).then_some(Said::Null);
    };
    let differs = match &usual {
        Some(usual) => !usual.is(scene, attribute, value),
        None => attribute.unique || !(comes_by_itself || is_only_choice(scene, attribute, value)),
    };
    if !differs && !attribute.required && !attribute.from_key {
        return None;
    }
    if !(object.kind.tells)(attribute, &object.fields) {
        let shown = match value {
            Value::Reference(Reference::Id(id)) => {
                let target = attribute.takes.refers_to().and_then(|kind| scene.object(kind, id));
                target.map_or_else(|| id.clone(), |target| scene.label(target))
            }
            value => attribute.show(value),
        };
        return Some(Said::Comment(format!("is shown as {shown}, which need not be what it is")));
    }
    Some(Said::Value(value))
}

/// Whether a reference is to the only object of its kind where that one stands, and the engine made
/// that one, so that it would choose it too: a cluster's profile, until it has a second.
fn is_only_choice(scene: &Scene, attribute: &Attribute, value: &Value) -> bool {
    let (Value::Reference(Reference::Id(id)), Some(kind)) = (value, attribute.takes.refers_to())
    else {
        return false;
    };
    scene.object(kind, id).is_some_and(|target| scene.is_alone(target) && scene.is_given(target))
}

/// What a plan compares: what waits for the next start is what is wanted.
fn value_of<'a>(object: &'a Object, attribute: &Attribute) -> Option<&'a Value> {
    object.pending.as_ref().unwrap_or(&object.fields).get(attribute)
}

/// What an attribute is if nothing is said.
enum Usual<'a> {
    Value(&'a Value),
    Named(Cow<'static, str>),
    Default,
}

impl Usual<'_> {
    fn is(&self, scene: &Scene, attribute: &Attribute, value: &Value) -> bool {
        match (self, value) {
            (Self::Value(usual), value) => same(value, usual),
            (Self::Named(name), Value::Reference(Reference::Id(id))) => {
                let target = attribute.takes.refers_to().and_then(|kind| scene.object(kind, id));
                target.is_some_and(|target| target.name() == *name)
            }
            (Self::Named(name), value) => attribute.show(value) == *name,
            (Self::Default, value) => same(value, &attribute.default_value()),
        }
    }
}

/// What an attribute is if nothing is said, as far as that is known.
fn usual<'a>(scene: &'a Scene, index: usize, attribute: &'static Attribute) -> Option<Usual<'a>> {
    let item = &scene.items[index];
    let kind = item.object.kind;
    let by_setup = kind.set_up.iter().find(|(name, _)| *name == attribute.name);
    if let Some((_, text)) = by_setup.filter(|_| scene.is_set_up(item.object)) {
        // Sizes say their own names.
        let text = match text.contains("{name}") {
            true => Cow::Owned(text.replace("{name}", &item.object.name())),
            false => Cow::Borrowed(*text),
        };
        return Some(Usual::Named(text));
    }
    if let Some(value) = item.brought.as_ref().and_then(|brought| brought.get(attribute)) {
        return Some(Usual::Value(value));
    }
    if let Some(value) = copied(scene, item.object, attribute) {
        return Some(Usual::Value(value));
    }
    match (attribute.usual, attribute.default, attribute.takes) {
        (Some(name), ..) | (None, Some(name), Type::Reference(_)) => {
            Some(Usual::Named(name.into()))
        }
        (None, Some(_), _) => Some(Usual::Default),
        (None, None, _) => attribute.clears.then_some(Usual::Default),
    }
}

/// What a new object gets from the one that it starts as.
fn copied<'a>(scene: &Scene<'a>, object: &'a Object, attribute: &Attribute) -> Option<&'a Value> {
    let (origin, copies) = object.kind.starts_as?;
    let origin = scene.follow(object, origin).filter(|_| copies(attribute))?;
    origin.fields.get(attribute)
}

fn not_shown<'a>(
    scene: &Scene<'a>,
    object: &'a Object,
    attribute: &'static Attribute,
) -> Option<Said<'a>> {
    if attribute.required {
        return match attribute.is_secret() {
            true => Some(Said::Secret),
            false => stand_in(scene, object, attribute).map(Said::StandIn),
        };
    }
    let is_told = attribute.is_secret()
        && is_group_used(object, attribute)
        && (object.kind.tells)(attribute, &object.fields);
    is_told.then(|| Said::Comment("is not shown by the engine".to_owned()))
}

/// Whether an object uses the group of attributes that one stands in.
fn is_group_used(object: &Object, attribute: &Attribute) -> bool {
    let Some((group, _)) = attribute.name.rsplit_once('.') else { return true };
    let is_of = |other: &Attribute| {
        other.name.strip_prefix(group).is_some_and(|rest| rest.starts_with('.'))
    };
    let is_said = |(other, value): (&'static Attribute, &Value)| {
        is_of(other) && other.sight != Sight::Hidden && !same(value, &other.default_value())
    };
    object.fields.iter().any(is_said)
}

/// The first object of the same data center that does as well.
fn stand_in<'a>(
    scene: &Scene<'a>,
    object: &'a Object,
    attribute: &Attribute,
) -> Option<&'a Object> {
    let (test, kind) = attribute.stand_in.zip(attribute.takes.refers_to())?;
    let site = scene.site(object).map(|site| &site.id);
    let is_near = |other: &Object, other_site: Option<&Object>| {
        site.is_none()
            || other_site.map(|site| &site.id) == site
            || other.kind.name == "data_center"
    };
    let candidates = scene.observed.of(kind).filter(|other| test(&other.fields));
    candidates
        .filter(|other| is_near(other, scene.site(other)))
        .min_by_key(|other| (scene.label(other), other.id.clone()))
}

/// Why a manifest could not hold an object as it is: it has to say what nobody knows, or would
/// change it whatever it says.
pub(super) fn missing(scene: &Scene, object: &Object) -> Option<String> {
    let changes = |(attribute, value): &(&'static Attribute, &Value)| {
        attribute.insisted && !same(value, &attribute.default_value())
    };
    if let Some((attribute, value)) = object.fields.iter().find(changes) {
        let shown = attribute.show(value);
        return Some(format!("`{}` is {shown}, which any manifest would change", attribute.name));
    }
    let is_known = |attribute: &&Attribute| {
        object.fields.get(attribute).is_some()
            || attribute.is_secret()
            || attribute.apart.is_some()
            || stand_in(scene, object, attribute).is_some()
    };
    let mut required = object.kind.attributes.iter().filter(|attribute| attribute.required);
    let lacking = required.find(|attribute| !is_known(attribute))?;
    Some(format!("`{}` is required, and nothing shows what it could be", lacking.name))
}

/// Whether an object that comes by itself has anything that it would not have by itself.
pub(super) fn is_worth_it(scene: &Scene, index: usize) -> bool {
    let object = scene.items[index].object;
    if scene.is_locked(object) {
        return false;
    }
    let identity = object.kind.identity;
    lines(scene, index).iter().any(|line| {
        let Line { attribute, said } = line;
        let is_given =
            attribute.required || attribute.from_key || identity.contains(&attribute.name);
        matches!(said, Said::Value(_) | Said::Null) && !is_given
    })
}

/// The objects that a line refers to.
pub(super) fn refers_to<'a>(scene: &Scene<'a>, line: &Line<'a>) -> Vec<&'a Object> {
    match line.said {
        Said::Value(value) => {
            let fields: Fields = [(line.attribute, value.clone())].into_iter().collect();
            let objects = fields.objects().into_iter();
            objects.filter_map(|(kind, id)| scene.object(kind, &id)).collect()
        }
        Said::StandIn(object) | Said::Itself(object) => vec![object],
        Said::Null | Said::Secret | Said::Comment(_) => Vec::new(),
    }
}
