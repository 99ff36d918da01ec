//! One resource's part of the plan: its actions, before they are put in order.

mod make;
pub(super) mod record;
mod removal;

use std::borrow::Cow;

use crate::resources::{Address, Change, Course, Effect, Fields, Kind, Reference};
use crate::state::{Entry, Problems, Replace, Restart};

use super::check::complain;
use super::diff::Differences;
use super::step::{Limits, Note, Record};
use super::turns::Turn;
use super::world::{Node, World};

pub(super) use make::in_two;
pub(super) use record::{rules_of, timeout};
pub(super) use removal::{draft_companions, draft_departures, draft_removals};

/// Why most of what changes does so.
pub const DIFFERS: &str = "it differs";

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
    /// How the object differs, if it exists and changes.
    pub changes: Vec<Change>,
    /// What it gives up for others, and takes from them.
    pub turn: Turn,
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

/// Drafts every resource of the manifests, given how each differs from the object that it is.
pub(super) fn draft(
    world: &World,
    differences: Vec<Differences>,
    limits: &Limits,
    drafts: &mut Drafts,
    problems: &mut Problems,
) {
    let key = world.ledger.key();
    for (node, differences) in world.nodes.iter().zip(differences) {
        let changes = if node.object.is_some() { &differences.changes[..] } else { &[] };
        complain(world, node, changes, problems);
        record::note(world, node, &differences, drafts);
        drafts.records.extend(record::keep(node, &key));
        drafts.unwilling.extend(unwilling(node, &differences, limits));
        if let Some((object, change)) = node.replaces.zip(differences.replacing()) {
            let because = cannot_change(change);
            let entry = node.entry;
            drafts.drafts.push(removal::remove(world, &node.address, object, entry, because));
        }
        match node.object {
            Some(object) => {
                let draft = make::change(world, node, object, differences.changes, &key);
                drafts.drafts.extend(draft);
            }
            None => {
                let because = differences.replacing().map(cannot_change);
                drafts.drafts.push(make::make(world, node, because, &key));
            }
        }
    }
}

fn cannot_change(change: &Change) -> String {
    format!("`{}` cannot be changed on the same object", change.attribute.name)
}

pub(super) fn is_allowed(address: &Address, patterns: &[String]) -> bool {
    patterns.iter().any(|pattern| address.matches(pattern))
}

/// The changes that take more than the owners allow.
fn unwilling(node: &Node, differences: &Differences, limits: &Limits) -> Vec<Unwilling> {
    let rules = record::rules_of(node);
    let may_restart =
        rules.restart == Restart::WhenNeeded || is_allowed(&node.address, &limits.allow_restart);
    let may_replace = node.kind.is_as_good_anew()
        || rules.replace == Replace::Allow
        || is_allowed(&node.address, &limits.allow_destroy);
    let is_unwilling = |effect: Effect| match effect {
        Effect::Replace => !may_replace,
        Effect::Restart => !may_restart,
        _ => false,
    };
    let changes = match differences.replacing() {
        Some(change) => std::slice::from_ref(change),
        None => differences.changes.as_slice(),
    };
    let unwilling = changes.iter().filter(|change| is_unwilling(change.effect));
    unwilling
        .map(|change| Unwilling {
            address: node.address.clone(),
            attribute: change.attribute.name,
            effect: change.effect,
        })
        .collect()
}
