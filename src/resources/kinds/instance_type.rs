//! Instance types.

use crate::resources::Kind;

use super::name;

/// Instance types: sizes of VMs by name.
pub static INSTANCE_TYPE: Kind = Kind::only_referred(
    "instance_type",
    "instance_types",
    "A size of VMs: memory and CPUs under one name.",
    &[name("Name, such as `Medium`.")],
)
.segment("instancetypes")
.built_in(&["Tiny", "Small", "Medium", "Large", "XLarge"]);
