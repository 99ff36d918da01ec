//! Quality of service.

use crate::resources::{Kind, Update, one_of};

use super::{DATA_CENTER, name};

/// Limits on bandwidth, throughput and CPU that profiles and networks refer to.
pub static QOS: Kind = Kind::only_referred(
    "qos",
    "qoss",
    "Limits on bandwidth, throughput or CPU.",
    &[
        one_of("type", "What it limits.", &["storage", "cpu", "network", "hostnetwork"])
            .required()
            .update(Update::Replace),
        name("Name, unique in the data center among those of its type."),
    ],
)
.below(&DATA_CENTER)
.identity(&["type", "name"]);
