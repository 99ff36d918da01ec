//! How a storage domain is made, attached, moved and removed.

use crate::resources::{
    Action, Attribute, Course, Fields, Transition, Value, invoke, plain, refer, until,
};

use super::super::{HOST, host};
use super::{ATTACH, DATA_CENTER, DEACTIVATE, DETACH, FORMAT_ON_REMOVAL, STATUS, STORAGE_TYPE};

pub(super) fn lifecycle(transition: &Transition) -> Course {
    match (transition.from, transition.to) {
        (None, Some(to)) => create(to),
        (Some(from), None) => remove(transition, from),
        (Some(from), Some(_)) if moves(transition) => move_over(transition, from),
        _ => plain(transition),
    }
}

/// Made through a host, attached, and activated by the engine on its own.
fn create(to: &Fields) -> Course {
    let mut opening = vec![Action::Create { fields: to.clone() }];
    let mut closing = Vec::new();
    if to.get(&DATA_CENTER).is_some_and(is_reference) {
        // A local domain is attached to its host's data center from the start.
        if !to.is(&STORAGE_TYPE, "localfs") {
            opening.push(invoke(&ATTACH, to.clone()));
        }
        opening.push(until_active());
        if to.is(&STATUS, "maintenance") {
            closing.extend(take_out(to));
        }
    }
    Course { opening, closing }
}

fn is_reference(value: &Value) -> bool {
    matches!(value, Value::Reference(_))
}

/// Whether it is to be attached elsewhere, for the first time, or no longer.
fn moves(transition: &Transition) -> bool {
    transition.changes.iter().any(|change| *change.attribute == DATA_CENTER)
}

/// Some attributes can only be changed while the domain is active, so the PUT comes where it is.
fn move_over(transition: &Transition, from: &Fields) -> Course {
    let known = transition.known();
    let changes = transition.body_changes();
    let put = (!changes.is_empty()).then(|| transition.put(changes, false));
    let mut opening = Vec::new();
    opening.extend(put);
    opening.extend(detach(from));
    let mut closing = Vec::new();
    if known.get(&DATA_CENTER).is_some_and(is_reference) {
        opening.extend([invoke(&ATTACH, known.clone()), until_active()]);
        let wants_rest = transition.to.is_some_and(|to| to.is(&STATUS, "maintenance"));
        closing.extend(wants_rest.then(|| take_out(&known)).into_iter().flatten());
    }
    Course { opening, closing }
}

/// It leaves its data center before it is removed, which takes some host that is up. Detaching a
/// local domain removes it.
fn remove(transition: &Transition, from: &Fields) -> Course {
    let mut closing = detach(from);
    if closing.is_empty() || !from.is(&STORAGE_TYPE, "localfs") {
        let mut with = from.filter(|attribute| *attribute == FORMAT_ON_REMOVAL);
        let is_up = |host: &Fields| host.is(&host::STATUS, "up");
        if let Some(host) = transition.around.find(&HOST, &is_up) {
            with.set(&REMOVING_HOST, Value::Reference(host));
        }
        closing.push(Action::Delete { with });
    }
    Course { opening: Vec::new(), closing }
}

/// The host that a removal goes through, which need not be the one that made the domain.
static REMOVING_HOST: Attribute =
    refer("host", "Host that removes it; must be up.", &HOST).for_removal();

fn detach(from: &Fields) -> Vec<Action> {
    if !from.get(&DATA_CENTER).is_some_and(is_reference) {
        return Vec::new();
    }
    let mut actions = Vec::new();
    if !from.is(&STATUS, "maintenance") {
        actions.extend(take_out(from));
    }
    actions.extend([invoke(&DETACH, from.clone()), until("status", &[], &[])]);
    actions
}

fn take_out(known: &Fields) -> [Action; 2] {
    [invoke(&DEACTIVATE, known.clone()), until("status", &["maintenance"], &[])]
}

/// The way to active passes maintenance.
fn until_active() -> Action {
    until("status", &["active"], &["inactive"])
}
