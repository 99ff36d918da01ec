//! What of a storage domain only changes while it rests: how it is reached, and which LUNs it gives
//! up (infrastructure handbook, sections 13 and 14).

use crate::resources::{Action, Change, Course, Fields, Transition, Watched, invoke};

use super::super::lun;
use super::lifecycle::take_out;
use super::{ACTIVATE, CREATING_HOST, LUNS_ATTRIBUTE, STATUS, connection, is_in_use, reduction};

/// Whether something changes that takes it.
pub(super) fn is_needed(transition: &Transition) -> bool {
    transition.changes.iter().any(takes_rest)
}

/// Whether a change is made while the domain rests.
pub(super) fn takes_rest(change: &Change) -> bool {
    connection::is_way(change) || reduction::gives_up(change)
}

/// What else changes does so before, since a domain that rests takes no new name and no LUNs.
pub(super) fn change(transition: &Transition, from: &Fields) -> Course {
    let (at_rest, mut others): (Vec<Change>, Vec<Change>) =
        transition.body_changes().into_iter().partition(takes_rest);
    others.extend(at_rest.iter().filter(|change| reduction::grows(change)).cloned());
    let known = transition.known();
    let has = from.get(&LUNS_ATTRIBUTE);
    let mut opening = lun::logins(known.get(&LUNS_ATTRIBUTE), has, known.get(&CREATING_HOST));
    opening.extend((!others.is_empty()).then(|| transition.put(others, false)));
    if is_in_use(from) {
        opening.extend(take_out(&known));
    }
    opening.extend(connection::edit(transition, from, &at_rest));
    let reduces = reduction::reduce(&at_rest);
    let is_reduced = reduces.is_some();
    opening.extend(reduces);
    opening.extend(back(&known, is_reduced, confirmed_of(&at_rest)));
    Course { opening, closing: Vec::new() }
}

fn confirmed_of(changes: &[Change]) -> Fields {
    changes.iter().map(|change| (change.attribute, change.to.clone())).collect()
}

/// Back to where it was, or is to be. A domain that is being reduced shows nothing of that, and is
/// refused to whoever wakes it up until it is over.
fn back(known: &Fields, is_reduced: bool, confirms: Fields) -> Vec<Action> {
    let rests = known.is(&STATUS, "maintenance");
    if known.is(&STATUS, "active") || is_reduced {
        let mut actions = vec![invoke(&ACTIVATE, known.clone()), until(&["active"], confirms)];
        actions.extend(rests.then(|| take_out(known)).into_iter().flatten());
        return actions;
    }
    // An unattached domain shows in no data center.
    rests.then(|| until(&["maintenance"], confirms)).into_iter().collect()
}

fn until(becomes: &'static [&'static str], confirms: Fields) -> Action {
    let (of, fails) = (Watched::Object, &["inactive"]);
    Action::Await { of, attribute: "status", becomes, fails, confirms }
}
