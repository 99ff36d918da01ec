//! Cluster levels, and what they know.

use crate::resources::{Kind, flag, text};

use super::name;

/// Cluster levels: the compatibility versions that the engine supports.
pub static CLUSTER_LEVEL: Kind = Kind::only_referred(
    "cluster_level",
    "cluster_levels",
    "A compatibility version that the engine supports.",
    &[text("id", "The version, such as `4.8`.").at("@id").required().from_key()],
)
.segment("clusterlevels")
.identity(&["id"]);

/// Permits: what roles are made of. All levels know the same.
pub static PERMIT: Kind = Kind::only_referred(
    "permit",
    "permits",
    "Something that a role lets people do.",
    &[
        name("Name, such as `create_vm`."),
        flag("administrative", "Whether only roles for administrators may have it."),
    ],
)
.below(&CLUSTER_LEVEL)
.inline();

/// Features that clusters of a level can have beyond it. Those of several levels are the same.
pub static CLUSTER_FEATURE: Kind = Kind::only_referred(
    "cluster_feature",
    "cluster_features",
    "Something that a cluster can do beyond its level.",
    &[name("Name, such as `GLUSTER_GEO_REPLICATION`.")],
)
.below(&CLUSTER_LEVEL)
.segment("clusterfeatures");
