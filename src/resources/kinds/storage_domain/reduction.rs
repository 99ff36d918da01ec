//! LUNs that a storage domain gives up; the engine moves what is on them to the others.

use crate::resources::{Action, Attribute, Change, Complaint, Fields, Transition, Value, Verb};
use crate::resources::{invoke, set};

use super::super::{complaint, lun};
use super::{LUN, LUNS_ATTRIBUTE, STATUS};

/// Whether a change leaves LUNs out, which a PUT would leave in.
pub(super) fn gives_up(change: &Change) -> bool {
    *change.attribute == LUNS_ATTRIBUTE && lacks(&change.to, change.from.as_ref()).next().is_some()
}

/// Whether it adds some, too.
pub(super) fn grows(change: &Change) -> bool {
    let from = change.from.as_ref().unwrap_or(&Value::Nothing);
    *change.attribute == LUNS_ATTRIBUTE && lacks(from, Some(&change.to)).next().is_some()
}

/// The LUNs of the second that the first lacks.
fn lacks<'a>(wanted: &Value, has: Option<&'a Value>) -> impl Iterator<Item = &'a str> {
    let wanted: Vec<String> = lun::ids(Some(wanted)).map(str::to_owned).collect();
    lun::ids(has).filter(move |id| !wanted.iter().any(|wanted| wanted == id))
}

/// Takes out the LUNs that changes leave out.
pub(super) fn reduce(changes: &[Change]) -> Option<Action> {
    let change = changes.iter().find(|change| gives_up(change))?;
    let gone = lacks(&change.to, change.from.as_ref());
    let unit = |id: &str| {
        let id = Value::Text(id.to_owned());
        Value::Record([(&lun::LOGICAL_UNIT[0], id)].into_iter().collect())
    };
    let with = [(&GIVEN_UP, Value::set(gone.map(unit)))].into_iter().collect();
    Some(invoke(&REDUCE, with))
}

static GIVEN_UP: Attribute = set("logical_units", "LUNs that it gives up.", "logical_unit", LUN);

static REDUCE: Verb =
    Verb::action("take LUNs out", "storagedomains/{id}/reduceluns").sending(&["logical_units"]);

/// One LUN stays at least, and a domain in no data center keeps them all.
pub(super) fn check(transition: &Transition, from: &Fields) -> Option<Complaint> {
    let (has, wants) = (from.get(&LUNS_ATTRIBUTE)?, transition.to?.get(&LUNS_ATTRIBUTE)?);
    let gone: Vec<&str> = lacks(wants, Some(has)).collect();
    let lun = gone.first()?;
    if gone.len() == lun::ids(Some(has)).count() {
        let message = "would keep none of its LUNs, and one has to stay";
        return Some(complaint(
            &LUNS_ATTRIBUTE,
            message,
            "make a new storage domain on the others",
        ));
    }
    from.is(&STATUS, "unattached").then(|| {
        let message = format!("has the LUN `{lun}`, and cannot give it up without a data center");
        complaint(&LUNS_ATTRIBUTE, message, "attach it first, or name the LUN too")
    })
}

#[cfg(test)]
mod tests {
    use super::super::super::STORAGE_DOMAIN;
    use super::super::super::trial::{Trial, id, text};
    use super::*;

    fn told(status: &str, to: &[&str]) -> String {
        let unit =
            |id: &&str| Value::Record([(&lun::LOGICAL_UNIT[0], text(id))].into_iter().collect());
        let luns = |luns: &[&str]| ("storage.logical_units", Value::set(luns.iter().map(unit)));
        let from = [("data_center", id("dc")), ("status", text(status)), luns(&["1", "2"])];
        Trial::changing(&STORAGE_DOMAIN, &from, &[luns(to)]).told()
    }

    #[test]
    fn luns_are_given_up_at_rest_and_taken_before() {
        let one = told("active", &["1"]);
        let rests = "deactivate; until maintenance; take LUNs out; activate; until active with ";
        assert!(one.starts_with(rests), "{one}");
        let other = told("active", &["1", "3"]);
        assert!(other.starts_with("put storage.logical_units="), "{other}");
        assert!(other.contains("; deactivate; until maintenance; take LUNs out; "), "{other}");
    }

    #[test]
    fn a_domain_that_rests_is_woken_up_to_see_the_end_of_it() {
        let told = told("maintenance", &["1"]);
        assert!(told.starts_with("take LUNs out; activate; until active with "), "{told}");
        assert!(told.ends_with("; deactivate; until maintenance"), "{told}");
    }
}
