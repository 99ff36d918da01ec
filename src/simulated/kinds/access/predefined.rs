//! The roles of a fresh engine, and what each of them permits.

use std::sync::LazyLock;

use crate::simulated::kinds::people::EVERYONE;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// The role that may do everything.
pub const SUPER_USER: &str = "00000000-0000-0000-0000-000000000001";
/// The number of the permit to log in.
pub const LOGIN: &str = "1300";

/// Something that a role can permit.
pub struct Permit {
    /// Its number, which is its id.
    pub id: &'static str,
    /// Its name.
    pub name: &'static str,
    /// Whether only administrators' roles can have it.
    pub administrative: bool,
}

/// All permits, by number.
pub static PERMITS: LazyLock<Vec<Permit>> = LazyLock::new(|| {
    let lines = include_str!("permits.tsv").lines();
    let read = |line: &'static str| {
        let mut columns = line.split('\t');
        let (id, name) = (columns.next()?, columns.next()?);
        Some(Permit { id, name, administrative: columns.next()? == "admin" })
    };
    lines.filter_map(read).collect()
});

/// All permits in a list, as cluster levels show them.
pub fn permits_element() -> Element {
    let mut list = Element::new("permits");
    for permit in PERMITS.iter() {
        list.push(
            Element::link("permit", permit.id)
                .with(Element::leaf("name", permit.name))
                .with(Element::leaf("administrative", permit.administrative.to_string())),
        );
    }
    list
}

/// The permit with a number.
pub fn permit(id: &str) -> Option<&'static Permit> {
    PERMITS.iter().find(|it| it.id == id)
}

/// The number of a permit.
pub fn number(name: &str) -> Option<&'static str> {
    PERMITS.iter().find(|it| it.name == name).map(|it| it.id)
}

/// Adds the roles that come with an engine.
pub fn fill(site: &mut Site) {
    for line in include_str!("roles.tsv").lines() {
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, name, level, reach, description, permits] = columns[..] else { continue };
        let mut body = Element::new("role").with(Element::leaf("name", name));
        tree::set(&mut body, "description", description);
        tree::set(&mut body, "administrative", (level == "admin").to_string());
        tree::set(&mut body, "mutable", "false");
        let role = site.add("roles", None, id, body);
        if reach == "children" {
            site.hide(role, Element::new("children"));
        }
        for permit in PERMITS.iter().filter(|it| listed(permits, it.id)) {
            add_permit(site, role, permit);
        }
    }
}

/// Whether a list of numbers and ranges such as `1-12 100` has a number.
fn listed(ranges: &str, id: &str) -> bool {
    let Ok(wanted) = id.parse::<u32>() else { return false };
    ranges.split(' ').any(|range| {
        let (from, to) = range.split_once('-').unwrap_or((range, range));
        let inside = |from, to| (from..=to).contains(&wanted);
        from.parse::<u32>().ok().zip(to.parse::<u32>().ok()).is_some_and(|(a, b)| inside(a, b))
    })
}

/// Puts a permit into a role.
pub fn add_permit(site: &mut Site, role: Handle, permit: &Permit) {
    let mut body = Element::new("permit").with(Element::leaf("name", permit.name));
    tree::set(&mut body, "administrative", permit.administrative.to_string());
    tree::refer(&mut body, "role", site.id(role));
    site.add("permits", Some(role), permit.id, body);
}

/// What everyone may use of a fresh engine: role, collection, object, id of the permission.
const FOR_EVERYONE: &[(&str, &str, &str, &str)] = &[
    (
        "UserTemplateBasedVm",
        "templates",
        "00000000-0000-0000-0000-000000000000",
        "00000004-0004-0004-0004-000000000355",
    ),
    (
        "VnicProfileUser",
        "vnic_profiles",
        "0000000a-000a-000a-000a-000000000398",
        "0000000b-000b-000b-000b-0000000001d5",
    ),
    (
        "UserTemplateBasedVm",
        "instance_types",
        "00000003-0003-0003-0003-0000000000be",
        "00000004-0004-0004-0004-000000000392",
    ),
    (
        "UserTemplateBasedVm",
        "instance_types",
        "00000005-0005-0005-0005-0000000002e6",
        "00000006-0006-0006-0006-000000000044",
    ),
    (
        "UserTemplateBasedVm",
        "instance_types",
        "00000007-0007-0007-0007-00000000010a",
        "00000008-0008-0008-0008-0000000001b7",
    ),
    (
        "UserTemplateBasedVm",
        "instance_types",
        "00000009-0009-0009-0009-0000000000f1",
        "0000000a-000a-000a-000a-000000000309",
    ),
    (
        "UserTemplateBasedVm",
        "instance_types",
        "0000000b-000b-000b-000b-00000000021f",
        "0000000c-000c-000c-000c-00000000039b",
    ),
    (
        "CpuProfileOperator",
        "cpu_profiles",
        "58ca604e-01a7-003f-01de-000000000250",
        "14124e3a-fedf-11e9-8092-8c1645ce738e",
    ),
    (
        "MacPoolUser",
        "mac_pools",
        "58ca604b-017d-0374-0220-00000000014e",
        "58ca604b-0221-0064-03cf-000000000110",
    ),
];

/// Grants to everyone what a fresh engine does.
pub fn grant_to_everyone(site: &mut Site) {
    for (role, kind, object, id) in FOR_EVERYONE {
        let Some(object) = site.top(kind, object) else { continue };
        let body = granted(site, role);
        site.add("assigned_permissions", Some(object), *id, body);
    }
    let body = granted(site, "UserProfileEditor");
    site.add("system_permissions", None, "58ca605c-010d-0307-0224-0000000001a9", body);
}

fn granted(site: &Site, role: &str) -> Element {
    let mut body = Element::new("permission");
    if let Some(role) = site.store.named("roles", role).next() {
        tree::refer(&mut body, "role", site.id(role));
    }
    tree::refer(&mut body, "group", EVERYONE);
    body
}
