//! Decides every step. Pure: no clock, network, file or task.
//!
//! [`plan`] reads as a table of contents: pair resources with objects, resolve names, draft each
//! resource's actions, put them in order, and let the guards look at the result.

mod adopt;
mod check;
mod diff;
mod draft;
mod guard;
mod order;
mod pair;
mod replace;
mod resolve;
mod room;
mod step;
mod turns;
mod way;
mod world;

pub use adopt::{adopt, bind};
pub use draft::DIFFERS;
pub use step::{Impact, Limits, Note, Plan, Record, Refusal, Step, StepId};

use std::collections::BTreeMap;

use crate::resources::{Action, Address, Attribute, Reference, Value};
use crate::state::{Desired, Ledger, Observed, Problem, Problems};

use draft::Drafts;
use world::World;

/// Decides how to get from what was found to what is wanted.
///
/// The same arguments always give the same plan. Problems are the user's to solve; a plan that
/// must not be applied as it is carries its refusals with it.
pub fn plan(
    desired: &Desired,
    observed: &Observed,
    ledger: &Ledger,
    limits: &Limits,
) -> Result<Plan, Problems> {
    let mut drafts = Drafts::default();
    let mut problems = Problems::default();
    let ledger = &move_keys(desired, ledger, &mut drafts, &mut problems);
    let mut world = World::new(desired, observed, ledger);
    pair::pair(&mut world, &mut problems);
    resolve::assume(&mut world);
    resolve::resolve(&mut world, &mut problems);
    problems.clone().or(())?;
    let differences = replace::differences(&mut world, limits);
    resolve::explain_replaced(&world, &mut problems);
    draft::draft(&world, differences, limits, &mut drafts, &mut problems);
    draft::draft_removals(&world, &desired.removed, &mut drafts);
    draft::draft_companions(&world, &mut drafts);
    draft::draft_departures(&world, &mut drafts);
    check::clashes(&world, &drafts.drafts, &mut problems);
    turns::take_turns(&world, &mut drafts.drafts);
    way::wait(&world, &mut drafts.drafts);
    problems.or(())?;
    let refusals = guard::guard(&world, &drafts.drafts, &drafts.unwilling, limits);
    let impacts = guard::impacts(&drafts.drafts);
    let names = names(&world, &drafts);
    let steps = order::order(&world, drafts.drafts)?;
    Ok(Plan { steps, records: drafts.records, notes: drafts.notes, impacts, refusals, names })
}

/// The ledger as it is once the keys that moved have moved.
fn move_keys(
    desired: &Desired,
    ledger: &Ledger,
    drafts: &mut Drafts,
    problems: &mut Problems,
) -> Ledger {
    let mut moved = ledger.clone();
    for step in &desired.moved {
        if desired.resources.contains_key(&step.from) {
            let message = format!("{}: is said to have moved, and is still there", step.from);
            problems.push(Problem::at(&step.at, message).hint("take one of the two out"));
            continue;
        }
        let under_old_key: Vec<Address> =
            moved.entries.keys().filter(|a| a.matches(step.from.as_str())).cloned().collect();
        for old in under_old_key {
            let rest = &old.as_str()[step.from.as_str().len()..];
            let Some(new) = Address::parse(&format!("{}{rest}", step.to)) else { continue };
            if moved.entries.contains_key(&new) {
                continue;
            }
            if let Some(entry) = moved.entries.remove(&old) {
                let text = format!("is now {new}");
                drafts.notes.push(Note { address: Some(old.clone()), text });
                drafts.records.push(Record::Forget { address: old, moved: Some(new.clone()) });
                drafts.records.push(Record::Keep {
                    address: new.clone(),
                    entry: entry.clone(),
                    adopted: false,
                });
                moved.entries.insert(new, entry);
            }
        }
    }
    moved
}

/// The names of the live objects that the drafts speak of by id.
fn names(world: &World, drafts: &Drafts) -> BTreeMap<String, String> {
    let mut names = BTreeMap::new();
    let mut learn = |attribute: &Attribute, value: &Value| {
        value.each_target(attribute.takes, &mut |kind, reference| {
            if let Reference::Id(id) = reference
                && let Some(object) = world.object(kind, id)
            {
                names.insert(id.clone(), object.name());
            }
        });
    };
    for draft in &drafts.drafts {
        draft.fields.iter().for_each(|(attribute, value)| learn(attribute, value));
        for action in draft.course.actions() {
            match action {
                Action::Update { changes, .. } | Action::Invoke { changes, .. } => {
                    for change in changes {
                        change.from.iter().for_each(|from| learn(change.attribute, from));
                        learn(change.attribute, &change.to);
                    }
                }
                Action::Link { attribute, member, .. } => learn(attribute, member),
                _ => {}
            }
        }
    }
    names
}
