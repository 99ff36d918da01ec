//! The master of a data center: the engine moves the role by itself wherever it has to, and
//! elsewhere by the wish of somebody.

use crate::resources::{
    Action, Attribute, Complaint, Fields, Transition, Value, Verb, flag, invoke, until,
};

use super::super::complaint;
use super::{DATA_CENTER, NAME, STATUS, STORAGE_DOMAIN, TYPE_ATTRIBUTE};

pub(super) static MASTER: Attribute =
    flag("master", "Say `true` to have it the master of its data center.")
        .by_lifecycle()
        .only_wished();

static SET_MASTER: Verb = Verb::action("make it the master", "datacenters/{data_center}/setmaster")
    .with(&[("storage_domain/@id", "{id}")])
    .one_at_a_time("attach/{data_center}");

/// Whether a domain is wanted or found to be the master.
pub(super) fn is_master(domain: &Fields) -> bool {
    domain.get(&MASTER).is_some_and(Value::is_true)
}

/// Gives it the role, unless it has it, or is the first and gets it.
pub(super) fn switch(transition: &Transition, known: &Fields) -> Vec<Action> {
    let is_wished = transition.to.is_some_and(is_master);
    let has_it = transition.from.is_some_and(|from| is_master(from) && stays(from, known));
    if !is_wished || has_it || other(transition, known).is_none() {
        return Vec::new();
    }
    vec![invoke(&SET_MASTER, known.clone()), until("master", &["true"], &[])]
}

fn stays(from: &Fields, known: &Fields) -> bool {
    from.get(&DATA_CENTER) == known.get(&DATA_CENTER)
}

/// The name of another domain of the data center that is the master, or is wanted to be.
fn other(transition: &Transition, known: &Fields) -> Option<Value> {
    let is_other = |domain: &Fields| {
        domain.get(&NAME) != known.get(&NAME) && stays(domain, known) && is_master(domain)
    };
    let others = transition.around.all(&STORAGE_DOMAIN).into_iter().map(|(_, domain)| domain);
    others.filter(is_other).find_map(|domain| domain.get(&NAME).cloned())
}

/// Who can have the role.
pub(super) fn check(transition: &Transition, to: &Fields) -> Option<Complaint> {
    if !to.get(&MASTER)?.is_true() {
        let message = "no storage domain gives up to be the master, but another one takes it over";
        return Some(complaint(&MASTER, message, "say `master: true` of that one instead"));
    }
    let after = |attribute: &Attribute, text: &str| {
        transition.after(attribute).and_then(Value::as_text) == Some(text)
    };
    let is_backup = transition.known().named("backup").is_some_and(Value::is_true);
    if !after(&TYPE_ATTRIBUTE, "data") || is_backup {
        let message = "only a data domain that is not for backups can be the master";
        return Some(complaint(&MASTER, message, "say so of another one"));
    }
    if transition.refers_to(&DATA_CENTER).is_none() || after(&STATUS, "maintenance") {
        let message = "only a domain that is active in a data center can be the master";
        return Some(complaint(&MASTER, message, "say `data_center` and `status: active`"));
    }
    let rival = rival(transition)?;
    let message = format!("is to be the master, and `{rival}` is, too");
    Some(complaint(&MASTER, message, "take one of the two out"))
}

/// Another domain of the data center of which manifests say the same.
fn rival(transition: &Transition) -> Option<Value> {
    let known = transition.known();
    let all = transition.around.all(&STORAGE_DOMAIN).into_iter();
    let said =
        all.filter_map(|(at, it)| Some((it, transition.around.wanted(&STORAGE_DOMAIN, &at)?)));
    let is_rival = |(it, said): &(Fields, Fields)| {
        it.get(&NAME) != known.get(&NAME) && stays(it, &known) && is_master(said)
    };
    said.filter(is_rival).find_map(|(it, _)| it.get(&NAME).cloned())
}

#[cfg(test)]
mod tests {
    use super::super::super::trial::{Trial, id, text};
    use super::*;

    fn named(name: &str, master: bool) -> Vec<(&'static str, Value)> {
        let values = [("name", text(name)), ("data_center", id("dc")), ("type", text("data"))];
        [&values[..], &[("master", Value::Flag(master))]].concat()
    }

    #[test]
    fn the_master_is_switched_where_there_is_another_one() {
        let wished = [("master", Value::Flag(true))];
        let trial = Trial::changing(&STORAGE_DOMAIN, &named("a", false), &wished);
        let told = trial.beside(&STORAGE_DOMAIN, "b", &named("b", true)).told();
        assert_eq!(told, "| make it the master; until true");
        let trial = Trial::changing(&STORAGE_DOMAIN, &named("a", true), &wished);
        assert_eq!(trial.beside(&STORAGE_DOMAIN, "b", &named("b", false)).told(), "");
        let first = Trial::making(&STORAGE_DOMAIN, &named("a", true)).told();
        assert!(first.ends_with("attach; until active"), "{first}");
    }

    #[test]
    fn one_is_the_master_and_can_be() {
        let said = |to: &[(&str, Value)]| {
            let complaint = Trial::making(&STORAGE_DOMAIN, to).complaints().into_iter();
            complaint.filter(|it| it.attribute == MASTER.name).count()
        };
        assert_eq!(said(&named("a", true)), 0);
        assert_eq!(said(&named("a", false)), 1);
        assert_eq!(said(&[named("a", true), vec![("backup", Value::Flag(true))]].concat()), 1);
        assert_eq!(said(&[named("a", true), vec![("status", text("maintenance"))]].concat()), 1);
    }
}
