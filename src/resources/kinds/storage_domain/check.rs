//! What the engine would refuse of a storage domain.

use crate::resources::{Complaint, Fields, Transition, Value};

use super::super::complaint;
use super::{
    DATA_CENTER, DESTROY, FORMAT_ON_REMOVAL, NAME, STATUS, STORAGE_TYPE, TYPE_ATTRIBUTE, import,
    master, reduction,
};

/// What each kind of storage cannot be set up without.
const NEEDED: &[(&str, &[&str])] = &[
    ("nfs", &["storage.address", "storage.path"]),
    ("posixfs", &["storage.path", "storage.vfs_type"]),
    ("glusterfs", &["storage.path", "storage.vfs_type"]),
    ("localfs", &["storage.path"]),
    ("iscsi", &["storage.logical_units"]),
    ("fcp", &["storage.logical_units"]),
    (MANAGED, &["storage.driver_options"]),
];

/// Storage whose disks a driver keeps; the domain is of a type of its own.
const MANAGED: &str = "managed_block_storage";

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
    complaints.extend(transition.from.and_then(|from| reduction::check(transition, from)));
    complaints.extend(contradicts(to));
    complaints.extend(import::check(to));
    complaints.extend(drivers(to, storage));
    complaints.extend(stands(transition, to));
    complaints.extend(renamed(transition));
    complaints.extend(local(transition, to, storage));
    complaints.extend(master::check(transition, to));
    complaints
}

/// A driver keeps nothing but disks, and keeps them to itself.
fn drivers(to: &Fields, storage: &str) -> Option<Complaint> {
    let is_managed = storage == MANAGED;
    if is_managed != to.is(&TYPE_ATTRIBUTE, MANAGED) {
        let message = "`managed_block_storage` is both a type of domain and of storage";
        let hint = "say `type` and `storage.type` alike";
        return Some(complaint(&TYPE_ATTRIBUTE, message, hint));
    }
    let formats = to.get(&FORMAT_ON_REMOVAL).is_some_and(Value::is_true);
    (is_managed && formats).then(|| {
        let message = "cannot be formatted, since a driver keeps what is on it";
        complaint(&FORMAT_ON_REMOVAL, message, "take `format` out")
    })
}

/// A domain is in use in a data center, and unattached in none.
fn stands(transition: &Transition, to: &Fields) -> Option<Complaint> {
    let status = to.get(&STATUS)?.as_text()?;
    let is_attached = transition.refers_to(&DATA_CENTER).is_some();
    if status == "unattached" {
        let is_said = to.get(&DATA_CENTER).is_some_and(|it| it.as_reference().is_some());
        return is_said.then(|| {
            let message = "is to be unattached, and in a data center";
            complaint(&STATUS, message, "take `data_center` or `status` out")
        });
    }
    (!is_attached).then(|| {
        let message = format!("is to be `{status}`, and is in no data center");
        complaint(&STATUS, message, "say `data_center`, or `status: unattached`")
    })
}

/// A new name waits until the domain is active only where the same run attaches it.
fn renamed(transition: &Transition) -> Option<Complaint> {
    let changes = |attribute| transition.changes.iter().find(move |it| *it.attribute == attribute);
    let is_attached = changes(DATA_CENTER).is_some_and(|it| it.to.as_reference().is_some());
    let status = transition.from?.get(&STATUS)?.as_text()?;
    (changes(NAME).is_some() && !is_attached && status != "active").then(|| {
        let message = format!("is `{status}`, and takes a new name only while it is active");
        complaint(&NAME, message, "have it active first, and give it the name then")
    })
}

/// A local domain is attached to the data center of its host, and formatted where it leaves it.
fn local(transition: &Transition, to: &Fields, storage: &str) -> Option<Complaint> {
    if storage != "localfs" {
        return None;
    }
    let found = transition.from.and_then(|from| from.get(&DATA_CENTER)?.as_reference());
    let wanted = to.get(&DATA_CENTER);
    let leaves =
        to.is(&STATUS, "unattached") || wanted.is_some_and(|wanted| wanted.as_reference() != found);
    (found.is_some() && leaves).then(|| {
        let message = "is local, and the engine formats it when it leaves its data center";
        complaint(&DATA_CENTER, message, "leave it there, or take the domain out")
    })
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
    if transition.to.is_some_and(import::knows_its_storage) {
        return None;
    }
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
    use super::super::super::trial::{Trial, id, text};
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
    fn one_lun_stays() {
        let unit = |lun: &str| Value::Record([(&LOGICAL_UNIT[0], text(lun))].into_iter().collect());
        let luns =
            |luns: &[&str]| ("storage.logical_units", Value::set(luns.iter().map(|lun| unit(lun))));
        let said = |status, to: &[&str]| {
            let from = [("data_center", id("dc")), ("status", text(status)), luns(&["1", "2"])];
            let trial = Trial::changing(&STORAGE_DOMAIN, &from, &[luns(to)]);
            trial.complaints().into_iter().map(|it| it.message).collect::<Vec<_>>()
        };
        assert_eq!(said("active", &["3"]), ["would keep none of its LUNs, and one has to stay"]);
        assert!(said("active", &["2"]).is_empty());
        let message = "has the LUN `1`, and cannot give it up without a data center";
        assert_eq!(said("unattached", &["2"]), [message]);
    }

    #[test]
    fn a_domain_takes_a_new_name_while_it_is_active() {
        let said = |status, more: &[(&str, Value)]| {
            let from = [("name", text("a")), ("status", text(status))];
            let to = [&[("name", text("b"))], more].concat();
            Trial::changing(&STORAGE_DOMAIN, &from, &to).complaints().len()
        };
        assert_eq!(
            (said("active", &[]), said("maintenance", &[]), said("unattached", &[])),
            (0, 1, 1)
        );
        assert_eq!(said("unattached", &[("data_center", id("dc"))]), 0);
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
