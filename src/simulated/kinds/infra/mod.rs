//! Data centers, clusters, networks, and what belongs to them.

pub mod cluster;
pub mod cluster_network;
pub mod data_center;
pub mod mac_pool;
pub mod network;
pub mod profile;
pub mod qos;
pub mod quota;
pub mod vnic_profile;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[
    data_center::RULES,
    cluster::RULES,
    cluster::FEATURE_RULES,
    cluster_network::RULES,
    mac_pool::RULES,
    network::RULES,
    vnic_profile::RULES,
    profile::CPU_RULES,
    profile::DISK_RULES,
    quota::RULES,
    quota::CLUSTER_RULES,
    quota::STORAGE_RULES,
    qos::RULES,
];
