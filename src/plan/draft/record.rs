//! What the ledger learns of a resource, and what people are told of it.

use std::collections::BTreeMap;

use crate::resources::{Action, Attribute, Course, Place, Sight, Type, Watched};
use crate::state::{Entry, Rules};

use super::super::diff::{Differences, digest};
use super::super::step::{Note, Record};
use super::super::world::{Node, World};
use super::Drafts;
use super::make::replaced_above;

/// The longest that one wait may take unless the manifest says otherwise, in seconds: a host's
/// installation with its reboot takes up to 20 minutes (infrastructure handbook, section 11).
pub(super) const TIMEOUT: u64 = 30 * 60;

pub(in crate::plan) fn rules_of(node: &Node) -> Rules {
    node.resource.map(|resource| resource.rules.clone()).unwrap_or_default()
}

pub(in crate::plan) fn timeout(node: &Node) -> u64 {
    node.resource.and_then(|resource| resource.rules.timeout).unwrap_or(TIMEOUT)
}

/// What the ledger has to know of a resource.
pub(in crate::plan) fn entry_of(node: &Node, id: &str, key: &[u8; 32]) -> Entry {
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
        resumes: BTreeMap::new(),
    }
}

/// The states that a course leaves and comes back to, and those that a former one did not come back
/// to. Where a manifest says the state, that is the one it ends in.
pub(in crate::plan) fn resumes(node: &Node, course: &Course) -> BTreeMap<String, String> {
    let states = unsaid_states(node).filter_map(|(attribute, state)| {
        let left = left_behind(node, attribute, state).cloned();
        let comes_back = || comes_back(course, attribute, state).then(|| state.to_owned());
        let resumes = left.or_else(comes_back)?;
        Some((attribute.name.to_owned(), resumes))
    });
    states.collect()
}

/// The states that an object is in and that its manifest does not speak of.
fn unsaid_states<'a>(
    node: &'a Node,
) -> impl Iterator<Item = (&'static Attribute, &'a str)> + use<'a> {
    let known = node.object.zip(node.resource);
    let states = known.into_iter().flat_map(|(object, resource)| {
        let unsaid = node.kind.attributes.iter().filter(|a| resource.fields.get(a).is_none());
        unsaid.filter_map(|a| Some((a, object.fields.get(a)?.as_text()?)))
    });
    states.filter(|(attribute, _)| !attribute.set_by.is_empty())
}

/// The state from which a run took an object that is in another one now.
fn left_behind<'a>(node: &Node<'a>, attribute: &Attribute, state: &str) -> Option<&'a String> {
    node.entry?.resumes.get(attribute.name).filter(|left| *left != state)
}

fn comes_back(course: &Course, attribute: &Attribute, state: &str) -> bool {
    let waits = course.actions().filter_map(|action| match action {
        Action::Await { of: Watched::Object, attribute: watched, becomes, .. }
            if *watched == attribute.name =>
        {
            Some(*becomes).filter(|becomes| !becomes.is_empty())
        }
        _ => None,
    });
    let mut is_there = waits.map(|becomes| becomes.contains(&state));
    is_there.any(|is_there| !is_there) && is_there.last() == Some(true)
}

/// The record of an existing object, if the ledger's is not the same already.
pub(in crate::plan) fn keep(node: &Node, key: &[u8; 32]) -> Option<Record> {
    let (object, _) = node.object.zip(node.resource)?;
    let mut entry = entry_of(node, &object.id, key);
    entry.resumes = resumes(node, &Course::default());
    // What was sent stays recorded until something else is sent.
    for (name, sent) in node.entry.into_iter().flat_map(|entry| &entry.digests) {
        entry.digests.insert(name.clone(), sent.clone());
    }
    let adopted = node.entry.is_none_or(|old| old.id != object.id);
    let address = node.address.clone();
    (node.entry != Some(&entry)).then_some(Record::Keep { address, entry, adopted })
}

pub(super) fn note(world: &World, node: &Node, differences: &Differences, drafts: &mut Drafts) {
    let is_replaced = node.replaces.is_some() || replaced_above(world, node).is_some();
    if let Some(entry) = node.entry.filter(|_| node.object.is_none() && !is_replaced) {
        let text = format!("was `{}`, which is gone from the engine", entry.id);
        drafts.notes.push(Note { address: Some(node.address.clone()), text });
    }
    let mut say = |text: String| {
        drafts.notes.push(Note { address: Some(node.address.clone()), text });
    };
    for (attribute, state) in unsaid_states(node) {
        if let Some(left) = left_behind(node, attribute, state) {
            say(format!("a run that was cut off had it leave `{left}`, and it goes back there"));
        }
    }
    let list = |attributes: &[&'static Attribute]| {
        attributes.iter().map(|a| format!("`{}`", a.name)).collect::<Vec<_>>().join(", ")
    };
    let (told, waiting): (Vec<_>, Vec<_>) =
        differences.waiting.iter().partition(|attribute| attribute.pending_for.is_some());
    for why in told.iter().filter_map(|attribute: &&Attribute| attribute.pending_for) {
        say(format!("{why}; `lifecycle: {{ restart: when_needed }}` allows it"));
    }
    match waiting.as_slice() {
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
    let (files, too_late): (Vec<_>, Vec<_>) =
        differences.too_late.iter().partition(|it| matches!(it.takes, Type::File));
    if !files.is_empty() {
        let names = list(&files);
        say(format!(
            "{names} is not the file that it was filled with, and only new ones are filled"
        ));
    }
    if !too_late.is_empty() {
        let names = list(&too_late);
        say(format!("{names} changed in the manifest, but is read only when it is made"));
    }
}
