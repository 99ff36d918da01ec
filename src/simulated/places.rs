//! Which collection holds what: the paths of the API over the store's kinds.
//!
//! An object lives in one collection only, its kind. Other collections show a part of it:
//! `/datacenters/{id}/networks` shows the networks that refer to that data center.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::kinds::{affinity_label, connection, disk, people, permission, role, unregistered};
use super::schema::SCHEMA;
use super::site::Site;
use super::store::Handle;

/// Where the objects that a collection shows come from.
#[derive(Clone, Copy)]
pub enum Place {
    /// All objects of a kind.
    All(&'static str),
    /// Those of a kind that the parent owns.
    Owned(&'static str),
    /// The networks on a host, or on one of its NICs.
    Attachments,
    /// Those of a kind that refer to the parent in that element.
    View(&'static str, &'static str),
    /// Those of a kind that a rule finds for the parent.
    Found(&'static str, fn(&Site, Handle) -> Vec<Handle>),
    /// Those of a kind that a rule finds for the parent, shown under their own addresses.
    Gathered(&'static str, fn(&Site, Handle) -> Vec<Handle>),
}

/// Finds the place of a collection service, reached with or without a parent.
pub fn place(service: &'static str, has_parent: bool) -> Place {
    match (service, has_parent) {
        ("data_center_networks", _) => Place::View("networks", "data_center"),
        ("clusters", true) => Place::View("clusters", "data_center"),
        ("assigned_vnic_profiles", _) => Place::View("vnic_profiles", "network"),
        ("assigned_cpu_profiles", _) => Place::View("cpu_profiles", "cluster"),
        ("assigned_disk_profiles", _) => Place::View("disk_profiles", "storage_domain"),
        ("storage_domain_disks" | "attached_storage_domain_disks", _) => {
            Place::Gathered("disks", unregistered::disks)
        }
        ("storage_domain_vms", _) => Place::Gathered("vms", unregistered::vms),
        ("storage_domain_templates", _) => Place::Gathered("templates", unregistered::templates),
        ("storage_domain_content_disks", _) => Place::Gathered("disks", unregistered::disks_of),
        ("storage_domain_vm_disk_attachments", _) => {
            Place::Gathered("disk_attachments", unregistered::attachments_of)
        }
        ("disk_snapshots", true) => Place::Gathered("disk_snapshots", disk::snapshots::of),
        ("vm_backup_disks" | "vm_checkpoint_disks", _) => Place::Gathered("disks", disk::noted),
        ("storage_domain_server_connections", _) => {
            Place::Gathered(connection::KIND, connection::of_domain)
        }
        ("network_attachments", true) => Place::Attachments,
        ("assigned_permissions", _) => Place::Found("assigned_permissions", permission::list),
        ("assigned_roles", _) => Place::Found("roles", role::roles_of),
        ("domain_user_groups", _) => Place::Found("groups", people::groups_of),
        ("assigned_affinity_labels", _) => {
            Place::Found("affinity_labels", affinity_label::labels_of)
        }
        ("network_filters", _) => Place::All("network_filters"),
        (service, true) => Place::Owned(service),
        (service, false) => Place::All(service),
    }
}

impl Place {
    /// The kind of the objects.
    pub fn kind(self) -> &'static str {
        match self {
            Self::All(kind)
            | Self::Owned(kind)
            | Self::View(kind, _)
            | Self::Found(kind, _)
            | Self::Gathered(kind, _) => kind,
            Self::Attachments => "network_attachments",
        }
    }

    /// The objects, oldest first.
    pub fn list(self, site: &Site, parent: Option<Handle>) -> Vec<Handle> {
        match (self, parent) {
            (Self::Owned(kind), Some(parent)) => site.store.children(parent, kind).collect(),
            (Self::View(kind, field), Some(parent)) => {
                site.store.referring(kind, field, site.id(parent)).collect()
            }
            (Self::Found(_, list) | Self::Gathered(_, list), Some(parent)) => list(site, parent),
            (Self::Attachments, Some(owner)) if site.kind(owner) == "host_nics" => {
                let id = site.id(owner);
                let host = site.parent(owner);
                let all = host.map(|it| site.children(it, self.kind())).unwrap_or_default();
                all.into_iter().filter(|it| site.reference(*it, "host_nic") == Some(id)).collect()
            }
            (Self::Attachments, Some(host)) => site.children(host, self.kind()),
            (place, _) => site.store.all(place.kind()).collect(),
        }
    }

    /// One of the objects.
    pub fn find(self, site: &Site, parent: Option<Handle>, id: &str) -> Option<Handle> {
        match self {
            Self::All(kind) => site.store.find(kind, None, id),
            Self::Owned(kind) => site.store.find(kind, parent, id),
            Self::Attachments | Self::Found(..) | Self::Gathered(..) => {
                self.list(site, parent).into_iter().find(|it| site.id(*it) == id)
            }
            Self::View(kind, field) => {
                let found = site.store.find(kind, None, id)?;
                let shown = site.store.referring(kind, field, site.id(parent?));
                shown.into_iter().any(|it| it == found).then_some(found)
            }
        }
    }
}

/// The kinds of what an object of a kind owns.
pub fn owned_by(kind: &str) -> &'static [&'static str] {
    static OWNED: LazyLock<HashMap<&'static str, Vec<&'static str>>> = LazyLock::new(|| {
        let mut all = HashMap::new();
        collect("system", &mut all);
        all
    });
    OWNED.get(kind).map_or(&[], Vec::as_slice)
}

fn collect(service: &'static str, all: &mut HashMap<&'static str, Vec<&'static str>>) {
    for (sub, _) in SCHEMA.service(service).segments.values() {
        let sub = SCHEMA.service(sub);
        if all.contains_key(sub.name) {
            continue;
        }
        let Some(member) = sub.member else { continue };
        let owned = SCHEMA.service(member).segments.values().map(|(name, _)| *name).collect();
        all.insert(sub.name, owned);
        collect(member, all);
    }
}
