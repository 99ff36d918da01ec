//! How a storage domain is made, attached, moved and removed.

use crate::resources::{
    Action, Attribute, Change, Course, Fields, Transition, Value, invoke, make, plain, refer, until,
};

use super::super::{HOST, STORAGE_DOMAIN, host, lun};
use super::{
    ATTACH, CREATING_HOST, DATA_CENTER, DEACTIVATE, DESTROY, DETACH, FORMAT_ON_REMOVAL,
    LUNS_ATTRIBUTE, NAME, STATUS, STORAGE_TYPE, TYPE_ATTRIBUTE, import, master, rest,
};

pub(super) fn lifecycle(transition: &Transition) -> Course {
    match (transition.from, transition.to) {
        (None, Some(to)) => create(transition, to),
        (Some(from), None) => remove(transition, from),
        (Some(from), Some(_)) if moves(transition) => move_over(transition, from),
        (Some(from), Some(_)) if rest::is_needed(transition) => {
            crowned(transition, rest::change(transition, from))
        }
        (Some(from), Some(to)) => {
            let mut course = plain(transition);
            let (luns, host) = (to.get(&LUNS_ATTRIBUTE), to.get(&CREATING_HOST));
            course.opening.splice(..0, lun::logins(luns, from.get(&LUNS_ATTRIBUTE), host));
            crowned(transition, course)
        }
        _ => plain(transition),
    }
}

/// Once all else is done, it becomes the master if that is wished.
fn crowned(transition: &Transition, mut course: Course) -> Course {
    course.closing.extend(master::switch(transition, &transition.known()));
    course
}

/// A data center starts with a data domain, and keeps one for as long as it has others. One for
/// backups cannot be its master, which is the first to come and the last to go.
pub(super) fn rank(domain: &Fields) -> u8 {
    let is_backup = domain.named("backup").is_some_and(Value::is_true);
    match domain.is(&TYPE_ATTRIBUTE, "data") {
        true if master::is_master(domain) => 0,
        true if !is_backup => 1,
        true => 2,
        false => 3,
    }
}

/// Made through a host, attached, and activated by the engine on its own.
fn create(transition: &Transition, to: &Fields) -> Course {
    let mut opening = lun::logins(to.get(&LUNS_ATTRIBUTE), None, to.get(&CREATING_HOST));
    let (fields, name) = import::made_of(to);
    opening.push(make(&STORAGE_DOMAIN, &fields));
    let mut closing = Vec::new();
    if to.get(&DATA_CENTER).is_some_and(is_reference) {
        // A local domain is attached to its host's data center from the start.
        if !to.is(&STORAGE_TYPE, "localfs") {
            opening.push(invoke(&ATTACH, to.clone()));
        }
        opening.push(until_active());
        opening.extend(name.map(|name| transition.put(vec![name], false)));
        if to.is(&STATUS, "maintenance") {
            closing.extend(take_out(to));
        }
    }
    crowned(transition, Course { opening, closing })
}

fn is_reference(value: &Value) -> bool {
    matches!(value, Value::Reference(_))
}

/// Whether it is to be attached elsewhere, for the first time, or no longer.
fn moves(transition: &Transition) -> bool {
    let leaves = |it: &Change| *it.attribute == STATUS && it.to.as_text() == Some("unattached");
    transition.changes.iter().any(|it| *it.attribute == DATA_CENTER || leaves(it))
}

/// The name can only be changed while the domain is active, so it comes where the domain is.
fn move_over(transition: &Transition, from: &Fields) -> Course {
    let known = transition.known();
    let (later, now): (Vec<Change>, Vec<Change>) = transition
        .body_changes()
        .into_iter()
        .partition(|change| *change.attribute == NAME && !from.is(&STATUS, "active"));
    let put = |changes: Vec<Change>| (!changes.is_empty()).then(|| transition.put(changes, false));
    let mut opening = Vec::new();
    opening.extend(put(now));
    opening.extend(detach(from));
    let mut closing = Vec::new();
    let is_placed = known.get(&DATA_CENTER).is_some_and(is_reference);
    let wants = |state| transition.to.is_some_and(|to| to.is(&STATUS, state));
    if is_placed && !wants("unattached") {
        opening.extend([invoke(&ATTACH, known.clone()), until_active()]);
        opening.extend(put(later));
        closing.extend(wants("maintenance").then(|| take_out(&known)).into_iter().flatten());
    }
    crowned(transition, Course { opening, closing })
}

/// It leaves its data center before it is removed, which takes some host that is up. Of a local
/// domain nothing is left by then.
fn remove(transition: &Transition, from: &Fields) -> Course {
    if from.get(&DESTROY).is_some_and(Value::is_true) {
        return destroy(from);
    }
    let mut closing = detach(from);
    let mut with = from.filter(|attribute| *attribute == FORMAT_ON_REMOVAL);
    let is_up = |host: &Fields| host.is(&host::STATUS, "up");
    if let Some(host) = transition.around.find(&HOST, &is_up) {
        with.set(&REMOVING_HOST, Value::Reference(host));
    }
    closing.push(Action::Delete { with });
    Course { opening: Vec::new(), closing }
}

/// A domain whose storage is lost can neither be detached nor formatted: it is forgotten.
fn destroy(from: &Fields) -> Course {
    let mut closing = Vec::new();
    if from.is(&STATUS, "active") {
        closing.extend(take_out(from));
    }
    closing.push(Action::Delete { with: from.filter(|attribute| *attribute == DESTROY) });
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

pub(super) fn take_out(known: &Fields) -> [Action; 2] {
    [invoke(&DEACTIVATE, known.clone()), until("status", &["maintenance"], &[])]
}

/// The way to active passes maintenance.
fn until_active() -> Action {
    until("status", &["active"], &["inactive"])
}

#[cfg(test)]
mod tests {
    use super::super::super::STORAGE_DOMAIN;
    use super::super::super::trial::{Trial, id, text};
    use super::*;

    fn is(status: &str) -> (&'static str, Value) {
        ("status", text(status))
    }

    #[test]
    fn a_domain_is_there_when_it_is_active_in_its_data_center() {
        let told = |to: &[(&str, Value)]| Trial::making(&STORAGE_DOMAIN, to).told();
        let center = ("data_center", id("dc"));
        assert_eq!(
            told(std::slice::from_ref(&center)),
            "create data_center=dc; attach; until active"
        );
        assert_eq!(told(&[("name", text("a"))]), "create name=a");
        assert_eq!(
            told(&[center.clone(), ("storage.type", text("localfs"))]),
            "create data_center=dc,storage.type=localfs; until active"
        );
        assert_eq!(
            told(&[center, is("maintenance")]),
            "create data_center=dc,status=maintenance; attach; until active \
             | deactivate; until maintenance"
        );
    }

    #[test]
    fn a_domain_leaves_its_data_center_before_it_is_removed() {
        let told = |from: &[(&str, Value)]| {
            let trial = Trial::removing(&STORAGE_DOMAIN, from);
            let trial = trial.beside(&HOST, "h1", &[("status", text("maintenance"))]);
            trial.beside(&HOST, "h2", &[("status", text("up"))]).told()
        };
        let center = ("data_center", id("dc"));
        let format = ("format", Value::Flag(true));
        assert_eq!(
            told(&[center.clone(), is("active"), format]),
            "| deactivate; until maintenance; detach; until gone; delete with format=true,host=h2"
        );
        assert_eq!(
            told(&[center.clone(), is("maintenance")]),
            "| detach; until gone; delete with host=h2"
        );
        assert_eq!(told(&[("name", text("a"))]), "| delete with host=h2");
        assert_eq!(
            told(&[center, is("maintenance"), ("storage.type", text("localfs"))]),
            "| detach; until gone; delete with host=h2"
        );
    }

    #[test]
    fn a_domain_whose_storage_is_lost_is_forgotten() {
        let told = |status| {
            let from = [("data_center", id("dc")), is(status), ("destroy", Value::Flag(true))];
            Trial::removing(&STORAGE_DOMAIN, &from).told()
        };
        assert_eq!(told("inactive"), "| delete with destroy=true");
        let active = "| deactivate; until maintenance; delete with destroy=true";
        assert_eq!(told("active"), active);
    }

    fn unit(lun: &str, target: &str) -> Value {
        let table = super::super::super::lun::LOGICAL_UNIT;
        let values = [("id", text(lun)), ("address", text("san")), ("target", text(target))];
        let attribute = |name| table.iter().find(|it| it.name == name).expect("an attribute");
        Value::Record(values.into_iter().map(|(name, it)| (attribute(name), it)).collect())
    }

    #[test]
    fn a_host_logs_in_to_each_target_once() {
        let luns = |luns| ("storage.logical_units", Value::set(luns));
        let units = luns(vec![unit("1", "a"), unit("2", "a"), unit("3", "b")]);
        let made = Trial::making(&STORAGE_DOMAIN, &[("host", id("h")), units.clone()]).told();
        assert!(made.starts_with("log in to its target; log in to its target; create "), "{made}");
        let from = [luns(vec![unit("1", "a"), unit("2", "a")])];
        let told = Trial::changing(&STORAGE_DOMAIN, &from, &[("host", id("h")), units]).told();
        assert!(told.starts_with("log in to its target; put "), "{told}");
    }

    #[test]
    fn a_domain_moves_by_way_of_maintenance() {
        let from = [("data_center", id("one")), is("active"), ("comment", text("c"))];
        let to = [("data_center", id("two")), ("comment", text("d"))];
        let told = "put comment=d; deactivate; until maintenance; detach; until gone; \
                    attach; until active";
        assert_eq!(Trial::changing(&STORAGE_DOMAIN, &from, &to).told(), told);
        let away = [("data_center", Value::Nothing)];
        let told = "deactivate; until maintenance; detach; until gone";
        assert_eq!(Trial::changing(&STORAGE_DOMAIN, &from, &away).told(), told);
    }

    #[test]
    fn a_domain_is_put_to_rest_and_back() {
        let at = |status| [("data_center", id("dc")), is(status)];
        let told = |from, to| Trial::changing(&STORAGE_DOMAIN, &at(from), &[is(to)]).told();
        assert_eq!(told("active", "maintenance"), "| deactivate; until maintenance");
        assert_eq!(told("inactive", "active"), "| activate; until active");
        assert_eq!(told("active", "active"), "");
    }
}
