//! Network filters.

use crate::resources::Kind;

use super::name;

/// Network filters: libvirt's rules against forged traffic. The engine ships them.
pub static NETWORK_FILTER: Kind = Kind::only_referred(
    "network_filter",
    "network_filters",
    "Rules against forged traffic of a vNIC.",
    &[name("Name, such as `clean-traffic`.")],
)
.segment("networkfilters");
