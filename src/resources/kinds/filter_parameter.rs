//! Parameters for the network filter of a NIC.

use crate::resources::{Attribute, Kind, text};

use super::NIC;

/// Parameters for the filter of a NIC's profile. One name may have several values: the addresses
/// that a guest may use.
pub static NETWORK_FILTER_PARAMETER: Kind = Kind::new(
    "network_filter_parameter",
    "network_filter_parameters",
    "What a NIC tells the network filter of its profile.",
)
.below(&NIC)
.segment("networkfilterparameters")
.identity(&["value", "name"])
.attributes(ATTRIBUTES);

static ATTRIBUTES: &[Attribute] = &[
    text("name", "Name, such as `IP`; the key, unless it is given.")
        .required()
        .from_key()
        .engine_default(),
    text("value", "Value, such as an address.").required().engine_default(),
];
