//! The rules of each kind: one file each, and what all the others share.

mod actions;
mod affinity_group;
mod attached_storage_domain;
mod attachment;
mod cluster;
mod cluster_network;
mod common;
mod connection;
mod data_center;
mod disk;
mod generic;
mod graphics_console;
mod host;
mod mac_pool;
mod network;
mod nic;
mod pool;
mod profile;
mod quota;
mod snapshot;
mod storage_domain;
mod tag;
mod template;
mod vm;
mod vnic_profile;

pub use common::{ZERO, version_element};

use super::call::Call;
use super::fault::Fault;
use super::places;
use super::query::Query;
use super::show::View;
use super::site::Site;
use super::store::Handle;
use crate::xml::Element;

/// What the set-up of engines and labs needs of the kinds.
pub mod parts {
    pub use super::attached_storage_domain::begin as attach_domain;
    pub use super::attachment::prepare as prepare_attachment;
    pub use super::cluster::{NO_POLICY, equip as equip_cluster, prepare as prepare_cluster};
    pub use super::data_center::{equip as equip_data_center, prepare as prepare_data_center};
    pub use super::disk::prepare as prepare_disk;
    pub use super::host::{discover as discover_host, prepare as prepare_host, up as host_up};
    pub use super::nic::prepare as prepare_nic;
    pub use super::storage_domain::{add_profile, prepare as prepare_domain};
    pub use super::template::{attach as attach_to_template, write_version};
    pub use super::vm::{equip as equip_vm, fill_defaults};
    pub use super::vnic_profile::NO_MAC_SPOOFING;
}

/// Adds a member to a collection.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let place = places::place(call.collection.name, call.parent.is_some());
    match (place.kind(), call.collection.name) {
        (_, "attached_storage_domain_disks" | "storage_domain_disks") => disk::add(site, call),
        ("data_centers", _) => data_center::add(site, call),
        ("clusters", _) => cluster::add(site, call),
        ("cluster_networks", _) => cluster_network::add(site, call),
        ("mac_pools", _) => mac_pool::add(site, call),
        ("networks", _) => network::add(site, call),
        ("vnic_profiles", _) => vnic_profile::add(site, call),
        ("cpu_profiles", _) => profile::CPU.add(site, call),
        ("disk_profiles", _) => profile::DISK.add(site, call),
        ("quotas", _) => quota::add(site, call),
        ("tags", _) => tag::add(site, call),
        ("assigned_tags", _) => tag::assign(site, call),
        ("hosts", _) => host::add(site, call),
        ("storage_domains", _) => storage_domain::add(site, call),
        ("attached_storage_domains", _) => attached_storage_domain::add(site, call),
        ("disks", _) => disk::add(site, call),
        ("disk_attachments", _) => attachment::add(site, call),
        ("vms", _) => vm::add(site, call),
        ("vm_nics", _) => nic::add(site, call),
        ("template_nics" | "instance_type_nics", _) => nic::add_to_template(site, call),
        ("templates", _) => template::add(site, call),
        ("storage_server_connections", _) => connection::add(site, call),
        ("vm_graphics_consoles" | "template_graphics_consoles", _) => {
            graphics_console::add(site, call)
        }
        ("affinity_groups", _) => affinity_group::add(site, call),
        (
            "affinity_group_vms"
            | "affinity_group_hosts"
            | "affinity_group_vm_labels"
            | "affinity_group_host_labels",
            _,
        ) => affinity_group::add_member(site, call),
        ("snapshots", _) => snapshot::add(site, call),
        _ => generic::add(site, call),
    }
}

/// Updates a member; returns its old appearance where the engine answers with that.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<Option<Element>, Fault> {
    match site.kind(target) {
        "disks" => return disk::update(site, call, target).map(Some),
        "disk_attachments" => return attachment::update(site, call, target),
        "data_centers" => data_center::update(site, call, target),
        "clusters" => cluster::update(site, call, target),
        "cluster_networks" => cluster_network::update(site, call, target),
        "mac_pools" => mac_pool::update(site, call, target),
        "networks" => network::update(site, call, target),
        "vnic_profiles" => vnic_profile::update(site, call, target),
        "cpu_profiles" => profile::CPU.update(site, call, target),
        "disk_profiles" => profile::DISK.update(site, call, target),
        "quotas" => quota::update(site, call, target),
        "tags" => tag::update(site, call, target),
        "hosts" => host::update(site, call, target),
        "storage_domains" => storage_domain::update(site, call, target),
        "vms" => vm::update(site, call, target),
        "vm_nics" | "template_nics" => nic::update(site, call, target),
        "affinity_groups" => affinity_group::update(site, call, target),
        "storage_server_connections" => connection::update(site, call, target),
        "templates" => template::update(site, call, target),
        _ => generic::update(site, call, target),
    }
    .map(|()| None)
}

/// Removes a member.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    match site.kind(target) {
        "data_centers" => data_center::remove(site, call, target),
        "clusters" => cluster::remove(site, target),
        "cluster_networks" => cluster_network::remove(site, target),
        "mac_pools" => mac_pool::remove(site, target),
        "networks" => network::remove(site, target),
        "vnic_profiles" => vnic_profile::remove(site, target),
        "cpu_profiles" => profile::CPU.remove(site, target),
        "disk_profiles" => profile::DISK.remove(site, target),
        "quotas" => quota::remove(site, target),
        "tags" => tag::remove(site, target),
        "hosts" => host::remove(site, target),
        "storage_domains" => storage_domain::remove(site, call, target),
        "attached_storage_domains" => attached_storage_domain::remove(site, target),
        "disks" => disk::remove(site, target),
        "disk_attachments" => attachment::remove(site, call, target),
        "vms" => vm::remove(site, call, target),
        "vm_nics" | "template_nics" => nic::remove(site, target),
        "templates" => template::remove(site, target),
        "storage_server_connections" => connection::remove(site, target),
        "snapshots" => snapshot::remove(site, target),
        _ => generic::remove(site, target),
    }
}

/// Acts on a member; returns what the answer shows, or nothing for the member itself.
pub fn act(
    site: &mut Site,
    call: &Call,
    target: Option<Handle>,
    action: &str,
) -> Result<Vec<Element>, Fault> {
    let Some(target) = target else { return Ok(Vec::new()) };
    match site.kind(target) {
        "hosts" => host::act(site, call, target, action),
        "attached_storage_domains" => attached_storage_domain::act(site, target, action),
        "disks" => disk::act(site, call, target, action),
        "vms" if action == "clone" => vm::clone(site, call, target),
        "vms" => vm::act(site, call, target, action),
        "vm_nics" => nic::act(site, target, action),
        _ => actions::harmless(action),
    }
    .map(|()| Vec::new())
}

/// Adds to a shown object what is computed, and hides what was not asked for.
pub fn shown(site: &Site, handle: Handle, view: &View, element: &mut Element) {
    match site.kind(handle) {
        "clusters" => cluster::shown(site, handle, view, element),
        "cluster_networks" => cluster_network::shown(site, handle, element),
        "assigned_tags" => tag::shown_assigned(site, handle, element),
        "hosts" => host::shown(site, handle, view, element),
        "storage_domains" => storage_domain::shown(site, handle, element),
        "attached_storage_domains" => attached_storage_domain::shown(site, handle, element),
        "disks" => disk::shown(site, handle, view, element),
        "affinity_groups" => affinity_group::shown(site, handle, element),
        "affinity_group_vms"
        | "affinity_group_hosts"
        | "affinity_group_vm_labels"
        | "affinity_group_host_labels" => affinity_group::shown_member(site, handle, element),
        "vms" => vm::shown(site, handle, view, element),
        "templates" => template::shown(view, element),
        _ => {}
    }
}

/// Keeps of a list what its own parameters ask for.
pub fn filter(_site: &Site, collection: &str, query: &Query, objects: &mut Vec<Handle>) {
    // Nothing in the simulated storage waits to be registered.
    let unregistered = query.flag("unregistered") == Some(true);
    if unregistered && collection.starts_with("storage_domain_") {
        objects.clear();
    }
}
