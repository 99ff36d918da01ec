//! What the engine would refuse of a storage domain.

use crate::resources::{Complaint, Transition, Value};

use super::super::complaint;
use super::{STORAGE_TYPE, TYPE_ATTRIBUTE};

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
    complaints
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
    fn blocks_hold_data_only() {
        let units = ("storage.logical_units", Value::set([]));
        let to = [("storage.type", text("fcp")), ("type", text("iso")), units];
        assert_eq!(said(&to), ["`fcp` can only hold a domain of type `data`"]);
    }
}
