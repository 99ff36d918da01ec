//! How a VM is made, changed, started, stopped and removed.

use crate::resources::{
    Action, Attribute, Change, Course, Effect, Fields, Sight, Transition, Update, Value, invoke,
    plain, until,
};

use super::super::disk_attachment::uploads_ended;
use super::super::workload::{
    INITIALIZATION_PREFIX, RNG_SOURCE, ROOT_PASSWORD, START_PAUSED, STATELESS,
};
use super::{DETACH, POOL, SHUTDOWN, START, STATUS, STOP, is_running};

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
    let later = transition.later();
    if later.is_empty() {
        course.opening.extend(without_randomness(transition));
    }
    course.opening.extend(puts(transition, later, false));
    course.closing = if to.is(&STATUS, "up") { start(transition) } else { Vec::new() };
    course
}

fn is_initialization(attribute: &Attribute) -> bool {
    attribute.name.starts_with(INITIALIZATION_PREFIX) && attribute.sight != Sight::OnceOnly
}

/// A new machine gets the source of randomness that its origin has, even when none is wanted.
pub(in super::super) fn without_randomness(transition: &Transition) -> Option<Action> {
    let to = transition.to?.get(&RNG_SOURCE).filter(|source| **source == Value::Nothing)?.clone();
    let change = Change { attribute: &RNG_SOURCE, from: None, to, effect: Effect::Now };
    Some(transition.put(vec![change], false))
}

/// The engine refuses to remove a VM that runs or is suspended.
fn remove(transition: &Transition, from: &Fields) -> Course {
    let mut course = plain(transition);
    let has_status = from.get(&STATUS).is_some();
    if is_locked(from) {
        course.opening.push(until("status", &["down"], &[]));
    } else if has_status && !from.is(&STATUS, "down") {
        course.opening = stop(transition);
    }
    if let Some(itself) = transition.itself {
        course.closing.splice(..0, uploads_ended(itself, transition.around));
    }
    course
}

/// Its disks are still copied, or another operation holds them: it will be down, and nothing but
/// waiting brings it there.
fn is_locked(from: &Fields) -> bool {
    from.is(&STATUS, "image_locked")
}

fn change(transition: &Transition, from: &Fields, to: &Fields) -> Course {
    let changes = transition.body_changes();
    let wants = |status| to.is(&STATUS, status);
    let has_to_stop = changes.iter().any(|change| change.effect == Effect::Restart);
    let is_running = is_running(from);
    let mut course = Course::default();
    let leaves_pool = transition.changes.iter().any(|change| *change.attribute == POOL);
    // A PUT to one that sleeps is kept for the next power-off too, and would come back then.
    let sleeps_no_more = wants("down") && from.is(&STATUS, "suspended") && !changes.is_empty();
    if sleeps_no_more {
        course.opening = stop(transition);
        course.opening.extend(puts(transition, changes, false));
    } else if is_running && (has_to_stop || (wants("down") && !changes.is_empty())) {
        course.opening = stop_with_changes(transition, changes);
        course.closing = if wants("down") { Vec::new() } else { start(transition) };
    } else {
        let waits;
        (course.opening, waits) = if is_running {
            put_to_running(transition, changes)
        } else {
            (puts(transition, changes, false), Vec::new())
        };
        course.closing = match is_running {
            true if wants("down") => shut_down(transition),
            true if wants("up") && from.is(&STATUS, "paused") && !starts_paused(transition) => {
                start(transition)
            }
            false if wants("up") => start(transition),
            false if wants("down") && from.is(&STATUS, "suspended") => stop(transition),
            _ => Vec::new(),
        };
        course.closing.splice(..0, waits);
        if leaves_pool {
            course.opening.insert(0, invoke(&DETACH, transition.known()));
        }
        if is_locked(from) && !course.is_empty() {
            course.opening.insert(0, until("status", &["down"], &[]));
        }
    }
    course
}

/// Shuts it down and changes it then.
///
/// What waits for the next start is applied by the engine a moment after the VM is down, over all
/// that was changed in between: so it is told of the changes first.
fn stop_with_changes(transition: &Transition, changes: Vec<Change>) -> Vec<Action> {
    let mut actions = Vec::new();
    if transition.pending {
        let can_wait = |change: &&Change| change.attribute.update != Update::WhenDown;
        let waiting = changes.iter().filter(can_wait).cloned().collect();
        actions.extend(puts(transition, waiting, true));
    }
    actions.extend(shut_down(transition));
    actions.extend(puts(transition, changes, false));
    actions
}

/// What can take effect goes into the stored configuration, the rest into that of the next start,
/// which is written after all devices: it brings back those that there are at that time.
///
/// While something waits for the next start already, everything goes there: any other PUT would
/// make the engine forget what waits.
fn put_to_running(transition: &Transition, changes: Vec<Change>) -> (Vec<Action>, Vec<Action>) {
    if transition.pending {
        return (Vec::new(), puts(transition, changes, true));
    }
    let (later, at_once) =
        changes.into_iter().partition(|change| change.effect == Effect::NextStart);
    (puts(transition, at_once, false), puts(transition, later, true))
}

/// The PUTs of some changes: usually one, none for no changes.
fn puts(transition: &Transition, changes: Vec<Change>, next_start: bool) -> Vec<Action> {
    if changes.is_empty() {
        return Vec::new();
    }
    let changes =
        if next_start { changes.into_iter().map(at_next_start).collect() } else { changes };
    if changes.iter().any(|change| *change.attribute == ROOT_PASSWORD) {
        return puts_with_password(transition, changes, next_start);
    }
    vec![transition.put(changes, next_start)]
}

/// What goes along with changes for the next start waits with them.
fn at_next_start(change: Change) -> Change {
    Change { effect: Effect::NextStart, ..change }
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
            is_initialization(attribute)
                && changes.iter().all(|change| change.attribute != attribute)
        });
        *along = along.over(&rest);
    }
    vec![transition.put(vec![forget], next_start), again]
}

/// A stateless VM stays down at first, while the engine keeps what it is to go back to.
fn start(transition: &Transition) -> Vec<Action> {
    let is = |flag| transition.after(flag).is_some_and(Value::is_true);
    let becomes: &[&str] = if starts_paused(transition) { &["up", "paused"] } else { &["up"] };
    let fails: &[&str] = if is(&STATELESS) { &[] } else { &["down"] };
    vec![invoke(&START, transition.known()), until("status", becomes, fails)]
}

/// Whether it waits for somebody at its console when it is started.
fn starts_paused(transition: &Transition) -> bool {
    transition.after(&START_PAUSED).is_some_and(Value::is_true)
}

fn shut_down(transition: &Transition) -> Vec<Action> {
    vec![invoke(&SHUTDOWN, transition.known()), until("status", &["down"], &[])]
}

fn stop(transition: &Transition) -> Vec<Action> {
    vec![invoke(&STOP, transition.known()), until("status", &["down"], &[])]
}

#[cfg(test)]
mod tests {
    use super::super::super::VM;
    use super::super::super::trial::{Trial, fields, text};
    use super::*;
    use crate::resources::make;

    const GIB: i64 = 1 << 30;

    fn gib(number: i64) -> Value {
        Value::Integer(number * GIB)
    }

    fn is(status: &str) -> (&'static str, Value) {
        ("status", text(status))
    }

    #[test]
    fn a_vm_is_there_when_it_is_down_and_starts_after_its_children() {
        let wanted = [("name", text("a")), is("up")];
        let fields = fields(&VM, &wanted);
        let course = Course {
            opening: vec![make(&VM, &fields), until("status", &["down"], &[])],
            closing: vec![invoke(&START, fields), until("status", &["up"], &["down"])],
        };
        assert_eq!(Trial::making(&VM, &wanted).course(), course);
    }

    #[test]
    fn the_randomness_of_a_template_is_taken_away_after_all() {
        let wanted = [("name", text("a")), ("rng_device.source", Value::Nothing)];
        let told =
            "create name=a,rng_device.source=(none); until down; put rng_device.source=(none)";
        assert_eq!(Trial::making(&VM, &wanted).told(), told);
    }

    #[test]
    fn a_vm_that_runs_or_sleeps_is_stopped_before_it_is_removed() {
        let told = |status| Trial::removing(&VM, &[is(status)]).told();
        assert_eq!(told("up"), "stop; until down | delete");
        assert_eq!(told("suspended"), "stop; until down | delete");
        assert_eq!(told("down"), "| delete");
    }

    #[test]
    fn a_running_vm_gets_at_once_what_it_can() {
        let from = [is("up"), ("memory", gib(4)), ("memory_policy.max", gib(16))];
        let to = [("memory", gib(8)), ("memory_policy.max", gib(32)), ("comment", text("c"))];
        let trial = Trial::changing(&VM, &from, &to);
        let told = "put memory=8 GiB,comment=c | put for the next start memory_policy.max=32 GiB";
        assert_eq!(trial.told(), told);
        let told = "| put for the next start memory=8 GiB,memory_policy.max=32 GiB,comment=c";
        assert_eq!(trial.pending().told(), told);
    }

    #[test]
    fn what_a_vm_is_stopped_for_is_changed_in_between() {
        let from = [is("up"), ("cluster", Value::Nothing)];
        let to = [("cluster", text("b"))];
        let told = "shutdown; until down; put cluster=b | start; until up";
        assert_eq!(Trial::changing(&VM, &from, &to).told(), told);
    }

    #[test]
    fn a_vm_that_is_to_be_down_is_changed_then() {
        let from = [is("up"), ("cpu.topology.cores", Value::Integer(1))];
        let to = [is("down"), ("cpu.topology.cores", Value::Integer(2))];
        let told = "shutdown; until down; put cpu.topology.cores=2";
        assert_eq!(Trial::changing(&VM, &from, &to).told(), told);
        let told = Trial::changing(&VM, &from, &[is("down")]).told();
        assert_eq!(told, "| shutdown; until down");
    }

    #[test]
    fn a_vm_leaves_its_pool_before_all_else() {
        let from = [is("down"), ("vm_pool", text("p"))];
        let told = Trial::changing(&VM, &from, &[("vm_pool", Value::Nothing)]).told();
        assert_eq!(told, "detach");
    }

    #[test]
    fn a_vm_that_is_to_be_up_is_changed_before() {
        let from = [is("down"), ("memory", gib(4))];
        let to = [is("up"), ("memory", gib(2))];
        let told = "put memory=2 GiB | start; until up";
        assert_eq!(Trial::changing(&VM, &from, &to).told(), told);
    }

    #[test]
    fn a_vm_that_pauses_or_sleeps_goes_on_or_is_stopped() {
        let told = |from, to| Trial::changing(&VM, &[is(from)], &[is(to)]).told();
        assert_eq!(told("paused", "up"), "| start; until up");
        assert_eq!(told("suspended", "up"), "| start; until up");
        assert_eq!(told("suspended", "down"), "| stop; until down");
        assert_eq!(told("up", "up"), "");
    }

    #[test]
    fn a_locked_vm_is_waited_for() {
        let told = |to| Trial::changing(&VM, &[is("image_locked")], &[to]).told();
        assert_eq!(told(is("up")), "until down | start; until up");
        assert_eq!(told(("comment", text("c"))), "until down; put comment=c");
        assert_eq!(told(is("down")), "");
        let removal = Trial::removing(&VM, &[is("image_locked")]).told();
        assert_eq!(removal, "until down | delete");
    }

    #[test]
    fn a_sleeping_vm_is_stopped_before_it_is_changed() {
        let from = [is("suspended"), ("comment", text("a"))];
        let to = [is("down"), ("comment", text("b"))];
        let told = Trial::changing(&VM, &from, &to).told();
        assert_eq!(told, "stop; until down; put comment=b");
    }

    #[test]
    fn a_vm_that_starts_paused_has_started_then() {
        let paused = ("start_paused", Value::Flag(true));
        let told = Trial::making(&VM, &[paused.clone(), is("up")]).told();
        let expected = "create start_paused=true,status=up; until down | start; until up/paused";
        assert_eq!(told, expected);
        let told = Trial::changing(&VM, &[paused, is("paused")], &[is("up")]).told();
        assert_eq!(told, "");
    }

    #[test]
    fn a_stateless_vm_is_down_for_a_while_after_its_start() {
        let fails_of = |stateless| {
            let to = [("stateless", Value::Flag(stateless)), is("up")];
            match Trial::making(&VM, &to).course().closing.pop() {
                Some(Action::Await { fails, .. }) => fails,
                _ => panic!("a wait"),
            }
        };
        assert_eq!(fails_of(false), ["down"]);
        assert!(fails_of(true).is_empty());
    }

    #[test]
    fn what_waits_is_completed_before_the_vm_is_stopped_for_more() {
        let cores = |number| ("cpu.topology.cores", Value::Integer(number));
        let from = [is("up"), cores(1), ("cluster", Value::Nothing)];
        let to = [("cluster", text("b")), cores(2)];
        let told = "put for the next start cpu.topology.cores=2; shutdown; until down; \
                    put cluster=b,cpu.topology.cores=2 | start; until up";
        assert_eq!(Trial::changing(&VM, &from, &to).pending().told(), told);
    }

    #[test]
    fn what_goes_along_with_waiting_changes_waits_too() {
        let from = [is("up"), ("comment", text("a"))];
        let trial = Trial::changing(&VM, &from, &[("comment", text("b"))]).pending();
        let Action::Update { changes, .. } = &trial.course().closing[0] else { panic!("a PUT") };
        assert_eq!(changes[0].effect, Effect::NextStart);
    }

    #[test]
    fn a_stored_password_goes_with_all_of_the_initialization() {
        let from = [is("down"), ("initialization.user_name", text("root"))];
        let secret = Value::Secret(crate::resources::Secret::new("new"));
        let to = [("initialization.root_password", secret)];
        let told = "put initialization.root_password=(sensitive); \
                    put initialization.root_password=(sensitive) \
                    along initialization.user_name=root";
        let trial = Trial::changing(&VM, &from, &to);
        assert_eq!(trial.told(), told);
        let Action::Update { changes, .. } = &trial.course().opening[0] else { panic!("a PUT") };
        assert_eq!(changes[0].to, Value::Nothing);
    }

    #[test]
    fn the_hosts_of_a_vm_go_along_with_its_affinity() {
        let hosts = Value::set([text("h")]);
        let from = [is("down"), ("placement_policy.hosts", hosts)];
        let to = [("placement_policy.affinity", text("pinned"))];
        let told = "put placement_policy.affinity=pinned along placement_policy.hosts=[h]";
        assert_eq!(Trial::changing(&VM, &from, &to).told(), told);
    }
}
