//! Permissions: a role for a user or a group, everywhere or on one object and all below it.

use crate::resources::{
    Attribute, Complaint, Fields, Kind, Reference, Transition, Update, Value, refer,
};

use super::{
    CLUSTER, CPU_PROFILE, DATA_CENTER, DISK, DISK_PROFILE, GROUP, HOST, MAC_POOL, NETWORK, QUOTA,
    ROLE, STORAGE_DOMAIN, TEMPLATE, USER, VM, VM_POOL, VNIC_PROFILE, complaint,
};

/// Permissions on the whole system.
pub static PERMISSION: Kind =
    Kind::new("permission", "permissions", "A role that somebody has everywhere.")
        .identity(IDENTITY)
        .attributes(ATTRIBUTES)
        .unasked(is_for_everyone)
        .check(check);

/// Permissions on a MAC pool.
pub static MAC_POOL_PERMISSION: Kind = on("mac_pool_permission", &MAC_POOL, &[&PERMISSION]);

/// Permissions on a data center.
pub static DATA_CENTER_PERMISSION: Kind =
    on("data_center_permission", &DATA_CENTER, &[&PERMISSION]);

/// Permissions on a quota.
pub static QUOTA_PERMISSION: Kind =
    on("quota_permission", &QUOTA, &[&PERMISSION, &DATA_CENTER_PERMISSION]);

/// Permissions on a network.
pub static NETWORK_PERMISSION: Kind =
    on("network_permission", &NETWORK, &[&PERMISSION, &DATA_CENTER_PERMISSION]);

/// Permissions on a vNIC profile.
pub static VNIC_PROFILE_PERMISSION: Kind = on(
    "vnic_profile_permission",
    &VNIC_PROFILE,
    &[&PERMISSION, &DATA_CENTER_PERMISSION, &NETWORK_PERMISSION],
);

/// Permissions on a cluster.
pub static CLUSTER_PERMISSION: Kind =
    on("cluster_permission", &CLUSTER, &[&PERMISSION, &DATA_CENTER_PERMISSION]);

/// Permissions on a CPU profile.
pub static CPU_PROFILE_PERMISSION: Kind = on("cpu_profile_permission", &CPU_PROFILE, IN_CLUSTER);

/// Permissions on a host.
pub static HOST_PERMISSION: Kind = on("host_permission", &HOST, IN_CLUSTER);

/// Permissions on a storage domain.
pub static STORAGE_DOMAIN_PERMISSION: Kind =
    on("storage_domain_permission", &STORAGE_DOMAIN, &[&PERMISSION, &DATA_CENTER_PERMISSION]);

/// Permissions on a disk profile.
pub static DISK_PROFILE_PERMISSION: Kind = on(
    "disk_profile_permission",
    &DISK_PROFILE,
    &[&PERMISSION, &DATA_CENTER_PERMISSION, &STORAGE_DOMAIN_PERMISSION],
);

/// Permissions on a template.
pub static TEMPLATE_PERMISSION: Kind = on("template_permission", &TEMPLATE, IN_CLUSTER);

/// Permissions on a pool, and so on all of its VMs.
pub static VM_POOL_PERMISSION: Kind = on("vm_pool_permission", &VM_POOL, IN_CLUSTER);

/// Permissions on a VM, which has those of its pool.
pub static VM_PERMISSION: Kind = on(
    "vm_permission",
    &VM,
    &[&PERMISSION, &DATA_CENTER_PERMISSION, &CLUSTER_PERMISSION, &VM_POOL_PERMISSION],
);

/// Permissions on a disk, which has those of the VMs that it is attached to.
pub static DISK_PERMISSION: Kind = on(
    "disk_permission",
    &DISK,
    &[
        &PERMISSION,
        &DATA_CENTER_PERMISSION,
        &CLUSTER_PERMISSION,
        &STORAGE_DOMAIN_PERMISSION,
        &VM_POOL_PERMISSION,
        &VM_PERMISSION,
    ],
);

const IN_CLUSTER: &[&Kind] = &[&PERMISSION, &DATA_CENTER_PERMISSION, &CLUSTER_PERMISSION];

/// Lists show what was given above, too: to remove it here would take it away there
/// (infrastructure handbook, section 18).
const fn on(name: &'static str, object: &'static Kind, above: &'static [&'static Kind]) -> Kind {
    Kind::new(name, "permissions", "A role that somebody has there.")
        .below(object)
        .element("permission")
        .early()
        .inherits(above)
        .identity(IDENTITY)
        .attributes(ATTRIBUTES)
        .unasked(is_for_everyone)
        .check(check)
}

const IDENTITY: &[&str] = &["role", "user", "group"];

static ATTRIBUTES: &[Attribute] = &[
    refer("role", "What they may do.", &ROLE).required().holds().update(Update::Replace),
    refer("user", "Who may.", &USER).engine_default().update(Update::Replace),
    refer("group", "Who may, as a group.", &GROUP).engine_default().update(Update::Replace),
];

/// The engine's setup lets everyone use what every engine has, and so do new profiles.
fn is_for_everyone(permission: &Fields) -> bool {
    let group = permission.named("group").and_then(Value::as_reference);
    matches!(group, Some(Reference::Id(id)) if id == EVERYONE)
}

/// The group that everyone belongs to, on every engine.
const EVERYONE: &str = "eee00000-0000-0000-0000-123456789eee";

/// A permission is for one.
fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    let says = |name| to.named(name).is_some_and(|it| *it != Value::Nothing);
    match (says("user"), says("group")) {
        (true, false) | (false, true) => Vec::new(),
        (false, false) => {
            let [role, ..] = ATTRIBUTES else { return Vec::new() };
            vec![complaint(role, "is for nobody", "say for which `user` or `group` it is")]
        }
        (true, true) => {
            let [.., group] = ATTRIBUTES else { return Vec::new() };
            let hint = "make two permissions of it";
            vec![complaint(group, "is for a user and for a group", hint)]
        }
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id};
    use super::*;

    #[test]
    fn a_permission_is_for_one() {
        let said = |names: &[&'static str]| {
            let role = ("role", id("1"));
            let to: Vec<_> = names.iter().map(|it| (*it, id("2"))).chain([role]).collect();
            let complaints = Trial::making(&VM_PERMISSION, &to).complaints();
            complaints.into_iter().map(|complaint| complaint.message).collect::<Vec<_>>()
        };
        assert!(said(&["user"]).is_empty() && said(&["group"]).is_empty());
        assert_eq!(said(&[]), ["is for nobody"]);
        assert_eq!(said(&["user", "group"]), ["is for a user and for a group"]);
    }
}
