//! Storage connections: how hosts reach a storage.

use crate::resources::{
    Attribute, Complaint, Effect, Fields, Kind, Transition, Update, Value, int, one_of, refer,
    secret, text, usual_effect,
};

use super::storage_domain::{NFS_VERSION, STORAGE};
use super::{HOST, STORAGE_DOMAIN, complaint, keepers, storage_domain};

/// Storage connections. A storage domain on files has one of its own, which the engine makes and
/// removes with it; one that is made before is named by `storage.id` (infrastructure handbook,
/// section 13).
pub static STORAGE_CONNECTION: Kind =
    Kind::new("storage_connection", "storage_connections", "How hosts reach a storage.")
        .segment("storageconnections")
        .identity(&["type", "address", "port", "path", "target", "username"])
        .called(called)
        .looks_at(&[&STORAGE_DOMAIN])
        // Domains say how they are reached.
        .unasked(|_| true)
        .attributes(ATTRIBUTES)
        .effect(|change, standing| match usual_effect(change, standing) {
            // That no domain is in its way has been checked.
            Effect::Restart => Effect::Now,
            usual => usual,
        })
        .kept_by(keepers::OF_CONNECTIONS)
        .check(check);

use Update::WhenDown;

/// The engine reads a change by its type, and a path with its address.
static ATTRIBUTES: &[Attribute] = &[
    TYPE,
    text("address", "Server of `nfs`, portal of `iscsi`.").update(WhenDown).along(""),
    int("port", "Port of that portal.", 1, 65_535).update(WhenDown).along(""),
    text("target", "Target of `iscsi`.").update(WhenDown).along(""),
    text("path", "Path on the server, device of `posixfs`, folder of `localfs`.")
        .update(WhenDown)
        .along(""),
    text("vfs_type", "File system of `posixfs` and `glusterfs`.").update(WhenDown).along(""),
    text("mount_options", "Mount options.").update(WhenDown),
    one_of("nfs_version", "Version of NFS.", NFS_VERSION).update(WhenDown),
    int("nfs_retrans", "How often NFS tries again.", 0, 32_767).update(WhenDown),
    int("nfs_timeo", "Tenths of a second until it does.", 1, 6_000).update(WhenDown),
    text("username", "User to log in to the target.").update(WhenDown),
    secret("password", "Password of that user.").update(WhenDown),
    refer("host", "Host that tries it; must be up.", &HOST).only_at_creation(),
];

pub(super) static TYPE: Attribute =
    one_of("type", "Kind of storage.", STORAGE).required().update(Update::Replace).along("");

/// What each kind of storage cannot be reached without.
const NEEDED: &[(&str, &[&str])] = &[
    ("nfs", &["address", "path"]),
    ("iscsi", &["address", "target", "port"]),
    ("posixfs", &["path", "vfs_type"]),
    ("glusterfs", &["path", "vfs_type"]),
    ("localfs", &["path"]),
];

/// The server and what is on it, as `mount` and `iscsiadm` write it.
fn called(connection: &Fields) -> Option<String> {
    let of = |name: &str| connection.named(name).map(Value::to_string).filter(|it| !it.is_empty());
    Some(match (of("address"), of("target"), of("path")) {
        (Some(address), Some(target), _) => format!("{address}:{target}"),
        (Some(address), None, Some(path)) => format!("{address}:{path}"),
        (None, None, Some(path)) => path,
        _ => return None,
    })
}

fn check(transition: &Transition) -> Vec<Complaint> {
    let mut complaints = Vec::new();
    match transition.from {
        None => complaints.extend(lacking(transition)),
        Some(from) => complaints.extend(in_use(transition, from)),
    }
    complaints
}

/// A new connection says where the storage is; Fibre Channel needs none.
fn lacking(transition: &Transition) -> Option<Complaint> {
    let storage = transition.to?.get(&TYPE)?.as_text()?;
    let Some((_, needed)) = NEEDED.iter().find(|(kind, _)| *kind == storage) else {
        let message = format!("`{storage}` is reached without a storage connection");
        return Some(complaint(&TYPE, message, "take it out"));
    };
    let is_empty = |value: &Value| matches!(value, Value::Nothing) || value.as_text() == Some("");
    let lacks = |name: &&&str| transition.to.is_some_and(|t| t.named(name).is_none_or(is_empty));
    let lacking = needed.iter().find(lacks)?;
    Some(complaint(&TYPE, format!("`{lacking}` is missing, which `{storage}` needs"), "add it"))
}

/// The engine changes no connection under a domain that is in use. A domain that says where its
/// storage is takes its connection along.
fn in_use(transition: &Transition, from: &Fields) -> Option<Complaint> {
    let change = transition.changes.iter().find(|c| c.attribute.update == WhenDown)?;
    let is_user = |domain: &Fields| storage_domain::uses(domain, from);
    let user = transition.around.find(&STORAGE_DOMAIN, &is_user);
    let user = user.and_then(|user| transition.around.look(&STORAGE_DOMAIN, &user));
    // One that is to be woken up in the same run would be so before its connection changes.
    let woken = || transition.around.all(&STORAGE_DOMAIN).into_iter().map(|(_, domain)| domain);
    let name = user.or_else(|| woken().find(is_user))?.named("name")?.to_string();
    let message = format!("cannot change while the storage domain `{name}` is in use");
    let hint = "say `status: maintenance` there and apply before, or say the change there";
    Some(complaint(change.attribute, message, hint))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, fields, id, text};
    use super::*;

    const NFS: [(&str, &str); 3] = [("type", "nfs"), ("address", "nas"), ("path", "/a")];

    fn nfs() -> Vec<(&'static str, Value)> {
        NFS.map(|(name, value)| (name, text(value))).to_vec()
    }

    #[test]
    fn a_connection_is_called_like_what_it_leads_to() {
        let name = |values: &[(&str, Value)]| called(&fields(&STORAGE_CONNECTION, values));
        assert_eq!(name(&nfs()).as_deref(), Some("nas:/a"));
        let target = [("address", text("san")), ("target", text("iqn.a"))];
        assert_eq!(name(&target).as_deref(), Some("san:iqn.a"));
        assert_eq!(name(&nfs()[..1]), None);
    }

    #[test]
    fn a_connection_says_where_it_leads() {
        let said = |to: &[(&str, Value)]| {
            let complaints = Trial::making(&STORAGE_CONNECTION, to).complaints();
            complaints.into_iter().map(|complaint| complaint.message).collect::<Vec<_>>()
        };
        assert_eq!(said(&nfs()[..2]), ["`path` is missing, which `nfs` needs"]);
        assert_eq!(
            said(&[("type", text("fcp"))]),
            ["`fcp` is reached without a storage connection"]
        );
        assert!(said(&nfs()).is_empty());
    }

    #[test]
    fn a_connection_changes_while_its_domain_rests() {
        let said = |status, path| {
            let domain = [
                ("name", text("fast")),
                ("data_center", id("dc")),
                ("status", text(status)),
                ("storage.type", text("nfs")),
                ("storage.address", text("nas")),
                ("storage.path", text(path)),
            ];
            let trial = Trial::changing(&STORAGE_CONNECTION, &nfs(), &[("path", text("/b"))]);
            let complaints = trial.beside(&STORAGE_DOMAIN, "sd", &domain).complaints();
            complaints.into_iter().map(|complaint| complaint.message).collect::<Vec<_>>()
        };
        let message = "cannot change while the storage domain `fast` is in use";
        assert_eq!(said("active", "/a"), [message]);
        assert!(said("maintenance", "/a").is_empty());
        assert!(said("active", "/other").is_empty());
    }
}
