//! What the engine would refuse of a storage domain.

use crate::resources::{Complaint, Fields, Transition, Value};

use super::super::{complaint, lun};
use super::{DESTROY, FORMAT_ON_REMOVAL, LUNS_ATTRIBUTE, STORAGE_TYPE, TYPE_ATTRIBUTE};

/// What each kind of storage cannot be set up without.
const NEEDED: &[(&str, &[&str])] = &[
    ("nfs", &["storage.address", "storage.path"]),
    ("posixfs", &["storage.path", "storage.vfs_type"]),
    ("glusterfs", &["storage.path", "storage.vfs_type"]),
    ("localfs", &["storage.path"]),
    ("iscsi", &["storage.logical_units"]),
    ("fcp", &["storage.logical_units"]),
];

pub(super) fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    let storage = transition.after(&STORAGE_TYPE).and_then(Value::as_text).unwrap_or_default();
    let mut complaints = Vec::new();
    let is_for_files = to.is(&TYPE_ATTRIBUTE, "iso") || to.is(&TYPE_ATTRIBUTE, "export");
    if is_for_files && ["iscsi", "fcp"].contains(&storage) {
        let message = format!("`{storage}` can only hold a domain of type `data`");
        complaints.push(complaint(&STORAGE_TYPE, message, "say `type: data`"));
    }
    if transition.from.is_none() && to.named("storage.id").is_none() {
        complaints.extend(lacking(transition, storage));
    }
    complaints.extend(gives_back(transition));
    complaints.extend(contradicts(to));
    complaints
}

/// LUNs that a change leaves out stay, and nothing says so.
fn gives_back(transition: &Transition) -> Option<Complaint> {
    let (has, wants) =
        (transition.from?.get(&LUNS_ATTRIBUTE), transition.to?.get(&LUNS_ATTRIBUTE)?);
    let wanted: Vec<&str> = lun::ids(Some(wants)).collect();
    let gone = lun::ids(has).find(|lun| !wanted.contains(lun))?;
    let message = format!("has the LUN `{gone}`, which no change takes away");
    let hint = "name it too, or put the domain to rest and take it out by its action `reduceluns`";
    Some(complaint(&LUNS_ATTRIBUTE, message, hint))
}

/// What is forgotten is not formatted.
fn contradicts(to: &Fields) -> Option<Complaint> {
    let is_set = |flag| to.get(flag).is_some_and(Value::is_true);
    (is_set(&DESTROY) && is_set(&FORMAT_ON_REMOVAL)).then(|| {
        let message = "is to be forgotten and formatted, and the engine does one of the two";
        complaint(&DESTROY, message, "take `destroy` or `format` out")
    })
}

fn lacking(transition: &Transition, storage: &str) -> Option<Complaint> {
    let (_, needed) = NEEDED.iter().find(|(kind, _)| *kind == storage)?;
    let is_empty = |value: &Value| matches!(value, Value::Nothing) || value.as_text() == Some("");
    let lacks = |name: &&&str| transition.to.is_some_and(|t| t.named(name).is_none_or(is_empty));
    let lacking = needed.iter().find(lacks)?;
    let message = format!("`{lacking}` is missing, which `{storage}` needs");
    Some(complaint(&STORAGE_TYPE, message, "add it, or name a storage connection by `storage.id`"))
}

#[cfg(test)]
mod tests {
    use super::super::super::STORAGE_DOMAIN;
    use super::super::super::lun::LOGICAL_UNIT;
    use super::super::super::trial::{Trial, text};
    use super::*;

    fn said(to: &[(&str, Value)]) -> Vec<String> {
        let complaints = Trial::making(&STORAGE_DOMAIN, to).complaints();
        complaints.into_iter().map(|complaint| complaint.message).collect()
    }

    #[test]
    fn each_kind_of_storage_says_where_it_is() {
        let nfs = ("storage.type", text("nfs"));
        let address = ("storage.address", text("nas"));
        let path = ("storage.path", text("/export"));
        let message = "`storage.path` is missing, which `nfs` needs";
        assert_eq!(said(&[nfs.clone(), address.clone()]), [message]);
        assert!(said(&[nfs.clone(), address, path]).is_empty());
        assert!(said(&[nfs, ("storage.id", text("c1"))]).is_empty());
    }

    #[test]
    fn luns_that_a_change_leaves_out_are_told() {
        let unit = |lun: &str| Value::Record([(&LOGICAL_UNIT[0], text(lun))].into_iter().collect());
        let luns = |luns: &[&str]| {
            [("storage.logical_units", Value::set(luns.iter().map(|lun| unit(lun))))]
        };
        let said = |from: &[&str], to: &[&str]| {
            let trial = Trial::changing(&STORAGE_DOMAIN, &luns(from), &luns(to));
            trial.complaints().into_iter().map(|it| it.message).collect::<Vec<_>>()
        };
        assert_eq!(said(&["1", "2"], &["2"]), ["has the LUN `1`, which no change takes away"]);
        assert!(said(&["1"], &["1", "2"]).is_empty());
    }

    #[test]
    fn what_is_forgotten_is_not_formatted() {
        let to = [("destroy", Value::Flag(true)), ("format", Value::Flag(true))];
        let message = "is to be forgotten and formatted, and the engine does one of the two";
        assert_eq!(said(&to), [message]);
        assert!(said(&to[..1]).is_empty());
    }

    #[test]
    fn blocks_hold_data_only() {
        let units = ("storage.logical_units", Value::set([]));
        let to = [("storage.type", text("fcp")), ("type", text("iso")), units];
        assert_eq!(said(&to), ["`fcp` can only hold a domain of type `data`"]);
    }
}
