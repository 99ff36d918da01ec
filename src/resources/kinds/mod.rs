//! One file per kind.
//!
//! An attribute that refers to a kind is a `static`: kinds point at each other in circles, and the
//! compiler looks through all that a `const` reaches.

mod affinity_group;
mod affinity_label;
mod bookmark;
mod cdrom;
mod cluster;
mod cluster_level;
mod cluster_network;
mod data_center;
mod device;
mod disk;
mod disk_attachment;
mod fence_agent;
mod filter_parameter;
mod gluster_volume;
mod graphics_console;
mod host;
mod host_device;
mod host_nic;
mod image_transfer;
mod instance_type;
mod iscsi_bond;
mod keepers;
mod label;
mod lun;
mod mac_pool;
mod mediated_device;
mod network;
mod network_attachment;
mod network_filter;
mod nic;
mod numa_node;
mod permission;
mod profile;
mod provider;
mod provider_network;
mod qos;
mod quota;
mod role;
mod scheduling_policy;
mod snapshot;
mod storage_connection;
mod storage_connection_extension;
mod storage_domain;
mod stored;
mod tag;
mod template;
mod template_disk;
#[cfg(test)]
mod trial;
mod user;
mod user_settings;
mod virtual_function;
mod vm;
mod vm_pool;
mod vnic_profile;
mod watchdog;
mod ways;
mod workload;

use std::borrow::Cow;

use super::{Attribute, Complaint, Kind, text};

pub use affinity_group::AFFINITY_GROUP;
pub use affinity_label::AFFINITY_LABEL;
pub use bookmark::BOOKMARK;
pub use cdrom::CDROM;
pub use cluster::CLUSTER;
pub use cluster_level::{CLUSTER_FEATURE, CLUSTER_LEVEL, PERMIT};
pub use cluster_network::CLUSTER_NETWORK;
pub use data_center::DATA_CENTER;
pub use disk::DISK;
pub use disk_attachment::DISK_ATTACHMENT;
pub use fence_agent::FENCE_AGENT;
pub use filter_parameter::NETWORK_FILTER_PARAMETER;
pub use gluster_volume::GLUSTER_VOLUME;
pub use graphics_console::{
    GRAPHICS_CONSOLE, INSTANCE_TYPE_GRAPHICS_CONSOLE, TEMPLATE_GRAPHICS_CONSOLE,
};
pub use host::HOST;
pub use host_device::HOST_DEVICE;
pub use host_nic::HOST_NIC;
pub use image_transfer::IMAGE_TRANSFER;
pub use instance_type::{INSTANCE_TYPE, INSTANCE_TYPE_NIC};
pub use iscsi_bond::ISCSI_BOND;
pub use mac_pool::MAC_POOL;
pub use mediated_device::{MEDIATED_DEVICE, TEMPLATE_MEDIATED_DEVICE};
pub use network::NETWORK;
pub use network_attachment::NETWORK_ATTACHMENT;
pub use network_filter::NETWORK_FILTER;
pub use nic::NIC;
pub use numa_node::NUMA_NODE;
pub use permission::{
    CLUSTER_PERMISSION, CPU_PROFILE_PERMISSION, DATA_CENTER_PERMISSION, DISK_PERMISSION,
    DISK_PROFILE_PERMISSION, HOST_PERMISSION, MAC_POOL_PERMISSION, NETWORK_PERMISSION, PERMISSION,
    QUOTA_PERMISSION, STORAGE_DOMAIN_PERMISSION, TEMPLATE_PERMISSION, VM_PERMISSION,
    VM_POOL_PERMISSION, VNIC_PROFILE_PERMISSION,
};
pub use profile::{CPU_PROFILE, DISK_PROFILE};
pub use provider::{EXTERNAL_HOST_PROVIDER, OPENSTACK_IMAGE_PROVIDER, OPENSTACK_NETWORK_PROVIDER};
pub use provider_network::{OPENSTACK_NETWORK, OPENSTACK_SUBNET};
pub use qos::QOS;
pub use quota::{QUOTA, QUOTA_CLUSTER_LIMIT, QUOTA_STORAGE_LIMIT};
pub use role::ROLE;
pub use scheduling_policy::{
    SCHEDULING_POLICY, SCHEDULING_POLICY_BALANCE, SCHEDULING_POLICY_FILTER, SCHEDULING_POLICY_UNIT,
    SCHEDULING_POLICY_WEIGHT,
};
pub use snapshot::SNAPSHOT;
pub use storage_connection::STORAGE_CONNECTION;
pub use storage_connection_extension::STORAGE_CONNECTION_EXTENSION;
pub use storage_domain::STORAGE_DOMAIN;
pub use stored::{
    EXPORTED_TEMPLATE, EXPORTED_VM, FILE, UNREGISTERED_DISK, UNREGISTERED_TEMPLATE, UNREGISTERED_VM,
};
pub use tag::{GROUP_TAG, HOST_TAG, TAG, TEMPLATE_TAG, USER_TAG, VM_TAG};
pub use template::{TEMPLATE, TEMPLATE_NIC};
pub use template_disk::TEMPLATE_DISK_ATTACHMENT;
pub use user::{DOMAIN, GROUP, USER};
pub use user_settings::{EVENT_SUBSCRIPTION, SSH_PUBLIC_KEY, USER_OPTION};
pub use virtual_function::{VIRTUAL_FUNCTION_ALLOWED_LABEL, VIRTUAL_FUNCTION_ALLOWED_NETWORK};
pub use vm::VM;
pub use vm_pool::VM_POOL;
pub use vnic_profile::VNIC_PROFILE;
pub use watchdog::{INSTANCE_TYPE_WATCHDOG, TEMPLATE_WATCHDOG, WATCHDOG};

/// Every kind, what others refer to first as far as that is possible.
pub static KINDS: &[&Kind] = &[
    &CLUSTER_LEVEL,
    &PERMIT,
    &CLUSTER_FEATURE,
    &ROLE,
    &DOMAIN,
    &USER,
    &SSH_PUBLIC_KEY,
    &EVENT_SUBSCRIPTION,
    &USER_OPTION,
    &GROUP,
    &PERMISSION,
    &MAC_POOL,
    &MAC_POOL_PERMISSION,
    &TAG,
    &USER_TAG,
    &GROUP_TAG,
    &NETWORK_FILTER,
    &EXTERNAL_HOST_PROVIDER,
    &OPENSTACK_IMAGE_PROVIDER,
    &OPENSTACK_NETWORK_PROVIDER,
    &OPENSTACK_NETWORK,
    &OPENSTACK_SUBNET,
    &SCHEDULING_POLICY_UNIT,
    &SCHEDULING_POLICY,
    &SCHEDULING_POLICY_FILTER,
    &SCHEDULING_POLICY_WEIGHT,
    &SCHEDULING_POLICY_BALANCE,
    &DATA_CENTER,
    &DATA_CENTER_PERMISSION,
    &QUOTA,
    &QUOTA_CLUSTER_LIMIT,
    &QUOTA_STORAGE_LIMIT,
    &QUOTA_PERMISSION,
    &QOS,
    &NETWORK,
    &NETWORK_PERMISSION,
    &VNIC_PROFILE,
    &VNIC_PROFILE_PERMISSION,
    &INSTANCE_TYPE,
    &INSTANCE_TYPE_NIC,
    &INSTANCE_TYPE_WATCHDOG,
    &INSTANCE_TYPE_GRAPHICS_CONSOLE,
    &CLUSTER,
    &CLUSTER_PERMISSION,
    &CPU_PROFILE,
    &CPU_PROFILE_PERMISSION,
    &CLUSTER_NETWORK,
    &HOST,
    &FENCE_AGENT,
    &HOST_NIC,
    &VIRTUAL_FUNCTION_ALLOWED_NETWORK,
    &VIRTUAL_FUNCTION_ALLOWED_LABEL,
    &NETWORK_ATTACHMENT,
    &HOST_PERMISSION,
    &HOST_TAG,
    &GLUSTER_VOLUME,
    &STORAGE_CONNECTION_EXTENSION,
    &STORAGE_CONNECTION,
    &STORAGE_DOMAIN,
    &STORAGE_DOMAIN_PERMISSION,
    &UNREGISTERED_VM,
    &UNREGISTERED_TEMPLATE,
    &UNREGISTERED_DISK,
    &EXPORTED_VM,
    &EXPORTED_TEMPLATE,
    &FILE,
    &ISCSI_BOND,
    &DISK_PROFILE,
    &DISK_PROFILE_PERMISSION,
    &DISK,
    &DISK_PERMISSION,
    &IMAGE_TRANSFER,
    &TEMPLATE,
    &TEMPLATE_PERMISSION,
    &TEMPLATE_NIC,
    &TEMPLATE_DISK_ATTACHMENT,
    &TEMPLATE_WATCHDOG,
    &TEMPLATE_GRAPHICS_CONSOLE,
    &TEMPLATE_MEDIATED_DEVICE,
    &TEMPLATE_TAG,
    &VM_POOL,
    &VM_POOL_PERMISSION,
    &VM,
    &VM_PERMISSION,
    &NIC,
    &NETWORK_FILTER_PARAMETER,
    &DISK_ATTACHMENT,
    &CDROM,
    &WATCHDOG,
    &GRAPHICS_CONSOLE,
    &NUMA_NODE,
    &HOST_DEVICE,
    &MEDIATED_DEVICE,
    &SNAPSHOT,
    &VM_TAG,
    &AFFINITY_LABEL,
    &AFFINITY_GROUP,
    &BOOKMARK,
];

/// The attribute `name`, which the key gives; no empty name stands for nothing.
const fn name(summary: &'static str) -> Attribute {
    text("name", summary).required().from_key().engine_default()
}

/// Says at an attribute what the engine would refuse.
fn complaint(
    attribute: &Attribute,
    message: impl Into<String>,
    hint: impl Into<Cow<'static, str>>,
) -> Complaint {
    Complaint { attribute: attribute.name, message: message.into(), hint: hint.into() }
}

/// An attribute of another table.
const fn pick(table: &[Attribute], name: &'static str) -> Attribute {
    let mut at = 0;
    while at < table.len() {
        if is_same(table[at].name, name) {
            return table[at];
        }
        at += 1;
    }
    panic!("the table has no such attribute")
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}

/// One table made of several parts, for kinds that share some.
///
/// It has room for more, since a type cannot depend on how many attributes there are when those
/// point at other kinds.
struct Table {
    attributes: [Attribute; Self::ROOM],
    filled: usize,
}

impl Table {
    const ROOM: usize = 160;

    const fn of(parts: &[&[Attribute]]) -> Self {
        let mut table = Self { attributes: [parts[0][0]; Self::ROOM], filled: 0 };
        let mut part = 0;
        while part < parts.len() {
            let mut at = 0;
            while at < parts[part].len() {
                table.attributes[table.filled] = parts[part][at];
                table.filled += 1;
                at += 1;
            }
            part += 1;
        }
        table
    }

    const fn attributes(&'static self) -> &'static [Attribute] {
        self.attributes.split_at(self.filled).0
    }
}
