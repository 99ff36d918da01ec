//! What a real engine drops without a word: a strict one says so, a lenient one drops it too.

use super::fault::Fault;
use super::read::At;
use super::schema::{Attribute, Shape, Type};
use crate::xml::Element;

/// References of a type that the engine takes by id alone, and what becomes of one without.
const BY_ID_ONLY: &[(&str, &str, Without)] = &[
    ("nic", "vnic_profile", Without::Cleared),
    ("vm", "quota", Without::Cleared),
    ("template", "quota", Without::Cleared),
    ("storage_domain_lease", "storage_domain", Without::Cleared),
    ("vnic_profile", "qos", Without::Cleared),
    ("vnic_profile", "network_filter", Without::Cleared),
    ("network", "qos", Without::Cleared),
    ("vm", "cpu_profile", Without::Ignored),
    ("template", "cpu_profile", Without::Ignored),
    ("data_center", "mac_pool", Without::Ignored),
    ("vnic_profile", "failover", Without::Ignored),
];

/// What the engine makes of a reference without an id.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Without {
    /// The reference is cleared, even if there is a name.
    Cleared,
    /// Nothing: such a reference cannot even be cleared.
    Ignored,
}

/// Types whose objects have no ids of their own choosing: a reference to one holds a UUID.
const UUIDS: &[&str] = &[
    "affinity_label",
    "cluster",
    "cpu_profile",
    "data_center",
    "disk",
    "disk_profile",
    "group",
    "host",
    "instance_type",
    "mac_pool",
    "network",
    "network_filter",
    "qos",
    "quota",
    "role",
    "scheduling_policy",
    "snapshot",
    "storage_domain",
    "tag",
    "template",
    "user",
    "vm",
    "vm_pool",
    "vnic_profile",
];

/// Whether references to a type hold UUIDs.
pub fn has_uuids(type_name: &str) -> bool {
    UUIDS.contains(&type_name)
}

/// Whether an element only says where a sub-collection is.
///
/// The SDKs send whole objects as references, with the links that they were read with.
pub fn is_link(element: &Element) -> bool {
    element.attribute("href").is_some() && element.children().is_empty()
}

/// Refuses an attribute that the engine neither reads nor writes.
///
/// What it writes may come back. An update may also hold sub-collections: they were followed.
pub fn check_read(
    schema: &Type,
    attribute: &Attribute,
    method: &str,
    at: &At<'_>,
) -> Result<(), Fault> {
    let is_followed = method == "update" && matches!(attribute.shape, Shape::Links(..));
    // The code that reads actions is not where that of all other documents is.
    let is_of_action = ["action", "grace_period"].contains(&schema.element);
    let is_read = attribute.input || attribute.output || is_of_action;
    if is_read || is_followed {
        return Ok(());
    }
    Err(Fault::ignored(format!("a real engine ignores `{}` silently", at.path())))
}

/// Whether the engine takes what stands in a struct of a type; strictly, what it drops is refused.
pub fn is_taken(
    strict: bool,
    type_name: &str,
    child: &Element,
    at: &At<'_>,
) -> Result<bool, Fault> {
    let found = BY_ID_ONLY.iter().find(|(of, name, _)| *of == type_name && *name == child.name());
    let Some((_, _, without)) = found.filter(|_| child.id().is_none_or(str::is_empty)) else {
        return Ok(true);
    };
    let is_named = child.child("name").is_some();
    match without {
        Without::Cleared if is_named && strict => Err(Fault::ignored(format!(
            "a real engine takes `{0}` by id only: it ignores the name and clears `{0}`",
            at.path()
        ))),
        Without::Ignored if strict => Err(Fault::ignored(format!(
            "a real engine takes `{}` by id only, and ignores it silently without one",
            at.path()
        ))),
        without => Ok(*without == Without::Cleared),
    }
}
