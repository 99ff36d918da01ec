//! MAC pools.

use crate::resources::{Attribute, Kind, Type, flag, mac, set, text};

use super::name;

/// MAC pools. The ranges of two pools may not overlap.
pub static MAC_POOL: Kind =
    Kind::new("mac_pool", "mac_pools", "MAC addresses that new NICs of some clusters get.")
        .segment("macpools")
        .attributes(&[
            name("Name, unique in the engine."),
            text("description", "Free text."),
            set("ranges", "Ranges of addresses.", "range", &Type::Record(RANGE)).required(),
            flag("allow_duplicates", "Let two NICs have the same address.").default("false"),
        ])
        .only_one("ranges")
        .built_in(&["Default"])
        .set_up(&[("description", "Default MAC pool")]);

const RANGE: &[Attribute] = &[
    mac("from", "First address, such as `00:1a:4a:16:01:51`.").required(),
    mac("to", "Last address.").required(),
];
