//! CPU and disk profiles.

use crate::resources::{Attribute, Brought, Fields, Kind, Reference, Update, Value, refer, text};

use super::{CLUSTER, QOS, STORAGE_DOMAIN, name};

/// CPU profiles: each cluster has at least one, at first of the cluster's name.
pub static CPU_PROFILE: Kind =
    Kind::new("cpu_profile", "cpu_profiles", "The share of CPU that VMs of a cluster get.")
        .segment("cpuprofiles")
        .identity(&["cluster", "name"])
        .goes_with("cluster")
        .attributes(&[
            refer("cluster", "Cluster it belongs to.", &CLUSTER).required().update(Update::Replace),
            name("Name, unique in the cluster."),
            text("description", "Free text."),
            LIMITS,
        ]);

/// Disk profiles: each data domain has at least one, at first of the domain's name.
pub static DISK_PROFILE: Kind =
    Kind::new("disk_profile", "disk_profiles", "The throughput of disks of a storage domain.")
        .segment("diskprofiles")
        .identity(&["storage_domain", "name"])
        .goes_with("storage_domain")
        .attributes(&[
            refer("storage_domain", "Storage domain it belongs to.", &STORAGE_DOMAIN)
                .required()
                .update(Update::Replace),
            name("Name, unique in the storage domain."),
            text("description", "Free text."),
            LIMITS,
        ]);

static LIMITS: Attribute = refer("qos", "Limits of its type.", &QOS);

/// The profile that the engine makes along with a cluster or a data domain, of the same name.
pub(super) fn first(kind: &'static Kind, of: &Reference, wanted: &Fields) -> Option<Brought> {
    let [owner, name] = kind.identity else { return None };
    let owner = (kind.attribute(owner)?, Value::Reference(of.clone()));
    let name = (kind.attribute(name)?, wanted.named("name")?.clone());
    Some(Brought { kind, fields: [owner, name].into_iter().collect() })
}
