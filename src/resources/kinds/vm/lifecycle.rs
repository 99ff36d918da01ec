//! How a VM is made, changed, started, stopped and removed.

use crate::resources::{
    Action, Change, Course, Effect, Fields, Transition, Value, invoke, plain, until,
};

use super::super::workload::{INITIALIZATION_PREFIX, ROOT_PASSWORD};
use super::{SHUTDOWN, START, STATUS, STOP, is_running};

pub(super) fn lifecycle(transition: &Transition) -> Course {
    match (transition.from, transition.to) {
        (None, Some(to)) => create(transition, to),
        (Some(from), None) => remove(transition, from),
        (Some(from), Some(to)) => change(transition, from, to),
        (None, None) => Course::default(),
    }
}

/// Its disks are copied in the background: it is there when it is down.
fn create(transition: &Transition, to: &Fields) -> Course {
    let mut course = plain(transition);
    course.opening.push(until("status", &["down"], &[]));
    course.closing = if to.is(&STATUS, "up") { start(transition) } else { Vec::new() };
    course
}

/// The engine refuses to remove a VM that runs or is suspended.
fn remove(transition: &Transition, from: &Fields) -> Course {
    let mut course = plain(transition);
    let has_status = from.get(&STATUS).is_some();
    if has_status && !from.is(&STATUS, "down") {
        let known = transition.known();
        course.opening = vec![invoke(&STOP, known), until("status", &["down"], &[])];
    }
    course
}

fn change(transition: &Transition, from: &Fields, to: &Fields) -> Course {
    let changes = transition.body_changes();
    let wants = |status| to.is(&STATUS, status);
    let has_to_stop = changes.iter().any(|change| change.effect == Effect::Restart);
    let is_running = is_running(from);
    let mut course = Course::default();
    if is_running && (has_to_stop || (wants("down") && !changes.is_empty())) {
        course.opening = shut_down(transition);
        course.opening.extend(puts(transition, changes, false));
        course.closing = if wants("down") { Vec::new() } else { start(transition) };
    } else {
        course.opening = if is_running {
            put_to_running(transition, changes)
        } else {
            puts(transition, changes, false)
        };
        course.closing = match is_running {
            true if wants("down") => shut_down(transition),
            false if wants("up") => start(transition),
            false if wants("down") && from.is(&STATUS, "suspended") => stop(transition),
            _ => Vec::new(),
        };
    }
    course
}

/// What can take effect goes into the stored configuration, the rest into that of the next start.
///
/// While something waits for the next start already, everything goes there: any other PUT would
/// make the engine forget what waits.
fn put_to_running(transition: &Transition, changes: Vec<Change>) -> Vec<Action> {
    if transition.pending {
        return puts(transition, changes, true);
    }
    let (later, at_once) =
        changes.into_iter().partition(|change| change.effect == Effect::NextStart);
    let mut actions = puts(transition, at_once, false);
    actions.extend(puts(transition, later, true));
    actions
}

/// The PUTs of some changes: usually one, none for no changes.
fn puts(transition: &Transition, changes: Vec<Change>, next_start: bool) -> Vec<Action> {
    if changes.is_empty() {
        return Vec::new();
    }
    if changes.iter().any(|change| *change.attribute == ROOT_PASSWORD) {
        return puts_with_password(transition, changes, next_start);
    }
    vec![transition.put(changes, next_start)]
}

/// A stored password wins over a new one until all of the initialization is removed.
fn puts_with_password(
    transition: &Transition,
    changes: Vec<Change>,
    next_start: bool,
) -> Vec<Action> {
    let forget =
        Change { attribute: &ROOT_PASSWORD, from: None, to: Value::Nothing, effect: Effect::Now };
    let mut again = transition.put(changes, next_start);
    if let Action::Update { changes, along, .. } = &mut again {
        let rest = transition.known().filter(|attribute| {
            attribute.name.starts_with(INITIALIZATION_PREFIX)
                && changes.iter().all(|change| change.attribute != attribute)
        });
        *along = along.over(&rest);
    }
    vec![transition.put(vec![forget], next_start), again]
}

fn start(transition: &Transition) -> Vec<Action> {
    vec![invoke(&START, transition.known()), until("status", &["up"], &["down"])]
}

fn shut_down(transition: &Transition) -> Vec<Action> {
    vec![invoke(&SHUTDOWN, transition.known()), until("status", &["down"], &[])]
}

fn stop(transition: &Transition) -> Vec<Action> {
    vec![invoke(&STOP, transition.known()), until("status", &["down"], &[])]
}
