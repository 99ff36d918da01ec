//! CPU and disk profiles.

use crate::resources::{Kind, Update, refer};

use super::{CLUSTER, STORAGE_DOMAIN, name};

/// CPU profiles: each cluster has at least one, at first of the cluster's name.
pub static CPU_PROFILE: Kind = Kind::only_referred(
    "cpu_profile",
    "cpu_profiles",
    "The share of CPU that VMs of a cluster get.",
    &[
        refer("cluster", "Cluster it belongs to.", &CLUSTER).required().update(Update::Replace),
        name("Name, unique in the cluster."),
    ],
)
.segment("cpuprofiles")
.identity(&["cluster", "name"]);

/// Disk profiles: each data domain has at least one, at first of the domain's name.
pub static DISK_PROFILE: Kind = Kind::only_referred(
    "disk_profile",
    "disk_profiles",
    "The throughput that disks of a storage domain get.",
    &[
        refer("storage_domain", "Storage domain it belongs to.", &STORAGE_DOMAIN)
            .required()
            .update(Update::Replace),
        name("Name, unique in the storage domain."),
    ],
)
.segment("diskprofiles")
.identity(&["storage_domain", "name"]);
