//! Permissions: a role, for a user or a group, on an object or on the whole system.

use super::predefined::SUPER_USER;
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::authority;
use crate::simulated::kinds::people::EVERYONE;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about the permissions on an object, or of a user or group.
pub const RULES: Rules = Rules::of("assigned_permissions").add(add).remove(remove).shown(shown);
/// What is special about the permissions on the whole system.
pub const SYSTEM_RULES: Rules =
    Rules::of("system_permissions").add(add).remove(remove).shown(shown);

/// The element that names an object of a kind in a permission.
const OBJECTS: &[(&str, &str)] = &[
    ("data_center", "data_centers"),
    ("cluster", "clusters"),
    ("host", "hosts"),
    ("storage_domain", "storage_domains"),
    ("vm", "vms"),
    ("vm_pool", "vm_pools"),
    ("template", "templates"),
    ("disk", "disks"),
];

const OBJECT_NEEDED: &str = "dataCenter|cluster|host|storageDomain|vm|vmPool|template.id";

/// The permissions that an object shows: its own, and those it inherits. Users and groups show
/// what they hold.
pub fn list(site: &Site, owner: Handle) -> Vec<Handle> {
    let mut all: Vec<Handle> = match site.kind(owner) {
        "users" => authority::granted(site, owner),
        "groups" => authority::granted_to(site, "group", site.id(owner)),
        _ => {
            let line = authority::lineage(site, owner).into_iter();
            line.flat_map(|it| site.children(it, "assigned_permissions"))
                .chain(site.store.all("system_permissions"))
                .collect()
        }
    };
    all.sort_by_cached_key(|it| site.id(*it).to_owned());
    all.dedup();
    all
}

/// Grants a role; granting it twice does no harm.
fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let owner = call.parent;
    let is_principal = owner.filter(|it| matches!(site.kind(*it), "users" | "groups"));
    check_complete(call, is_principal.is_some())?;
    let role = wanted_role(site, call)
        .ok_or_else(|| Fault::bad("Cannot add permission, invalid Role id"))?;
    let (object, element, id) = match is_principal {
        Some(principal) => {
            let element = if site.kind(principal) == "users" { "user" } else { "group" };
            (Some(wanted_object(site, call)?), element, site.id(principal).to_owned())
        }
        None => {
            let (element, id) = wanted_principal(site, call)?;
            (owner, element, id)
        }
    };
    if !authority::may(site, "manipulate_permissions", object) {
        return Err(Fault::refused(403, "User is not authorized to perform this action."));
    }
    if authority::is_administrative(site, role) && !authority::asked_by_super_user(site) {
        return Err(Fault::refused(
            403,
            "Cannot add permission, only system super user can give permissions with admin Role",
        ));
    }
    check_pool(site, object)?;
    Ok(grant(site, role, (element, &id), object))
}

fn check_complete(call: &Call, of_principal: bool) -> Result<(), Fault> {
    let has = |names: &[&str]| names.iter().any(|it| call.id_at(it).is_some());
    let mut missing = Vec::new();
    if call.id_at("role").is_none() && call.text("role/name").is_none_or(str::is_empty) {
        missing.push("role.id|name");
    }
    if of_principal {
        let objects: Vec<&str> = OBJECTS.iter().map(|(element, _)| *element).collect();
        if !has(&objects) {
            missing.push(OBJECT_NEEDED);
        }
    } else if !has(&["user", "group"]) {
        missing.push("user|group.id");
    }
    if missing.is_empty() {
        return Ok(());
    }
    Err(Fault::incomplete("Permission", &missing.join(", "), "add"))
}

fn wanted_role(site: &Site, call: &Call) -> Option<Handle> {
    match call.id_at("role") {
        Some(id) => site.top("roles", id),
        None => site.store.named("roles", call.text("role/name")?).next(),
    }
}

fn wanted_object(site: &Site, call: &Call) -> Result<Handle, Fault> {
    let named = OBJECTS.iter().find_map(|(element, kind)| Some((*kind, call.id_at(element)?)));
    named
        .and_then(|(kind, id)| site.top(kind, id))
        .ok_or_else(|| Fault::bad("Cannot add permission, invalid object ID or type"))
}

fn wanted_principal(site: &Site, call: &Call) -> Result<(&'static str, String), Fault> {
    for (element, kind) in [("user", "users"), ("group", "groups")] {
        let Some(id) = call.id_at(element) else { continue };
        if site.top(kind, id).is_some() {
            return Ok((element, id.to_owned()));
        }
    }
    Err(Fault::bad("User must exist in Database."))
}

/// Machines of a pool have the permissions of the pool.
fn check_pool(site: &Site, object: Option<Handle>) -> Result<(), Fault> {
    let pooled =
        object.is_some_and(|it| site.kind(it) == "vms" && site.reference(it, "vm_pool").is_some());
    if pooled {
        return Err(Fault::conflict(
            "Cannot add permission, VM is part of VM-Pool, permission should be given on VM-Pool instead",
        ));
    }
    Ok(())
}

/// Gives a role to a user or a group on an object, or on the system; returns the permission.
pub fn grant(
    site: &mut Site,
    role: Handle,
    (element, id): (&'static str, &str),
    object: Option<Handle>,
) -> Handle {
    let role = site.id(role).to_owned();
    let kind = if object.is_some() { "assigned_permissions" } else { "system_permissions" };
    let known = site.store.referring(kind, element, id).find(|it| {
        site.parent(*it) == object && site.reference(*it, "role") == Some(role.as_str())
    });
    if let Some(known) = known {
        return known;
    }
    let mut body = Element::new("permission");
    tree::refer(&mut body, "role", role);
    tree::refer(&mut body, element, id);
    site.add_fresh(kind, object, body)
}

/// Gives on one object what is given on another.
pub fn copy(site: &mut Site, from: Handle, to: Handle) {
    for permission in site.children(from, "assigned_permissions") {
        let mut body = site.body(permission).clone();
        for (element, _) in OBJECTS {
            tree::drop_child(&mut body, element);
        }
        site.add_fresh("assigned_permissions", Some(to), body);
    }
}

/// Whether taking permissions away would leave nobody who may do everything.
pub fn would_leave_no_super_user(site: &Site, gone: &[Handle]) -> bool {
    let powers = site.store.referring("system_permissions", "role", SUPER_USER);
    let (gone, left): (Vec<Handle>, Vec<Handle>) = powers.partition(|it| gone.contains(it));
    !gone.is_empty() && left.is_empty()
}

/// The refusal to remove the last who may do everything.
pub fn last_super_user(what: &str) -> Fault {
    Fault::conflict(format!(
        "Cannot remove {what}. The system must have at least one Super User Role defined."
    ))
}

/// Takes a role away, wherever it was given.
fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if would_leave_no_super_user(site, &[target]) {
        return Err(last_super_user("Permission"));
    }
    let role = site.refers(target, "role", "roles");
    if role.is_some_and(|it| authority::is_administrative(site, it))
        && !authority::asked_by_super_user(site)
    {
        return Err(Fault::refused(
            403,
            "Cannot remove permission, only system super user can remove permissions with admin Role",
        ));
    }
    let of_everyone = site.reference(target, "group") == Some(EVERYONE);
    if of_everyone && site.parent(target).is_none() {
        return Err(Fault::conflict(
            "It's not allowed to remove system permissions assigned to built-in Everyone group",
        ));
    }
    let of_user = call.parent.filter(|it| site.kind(*it) == "users");
    if of_user.is_some_and(|it| site.reference(target, "user") != Some(site.id(it))) {
        return Err(Fault::conflict("Cannot remove inherited permission"));
    }
    site.store.remove(target);
    Ok(())
}

/// Shows the object: that of the collection it was asked for in, for inherited permissions too.
fn shown(site: &Site, handle: Handle, view: &View, element: &mut Element) {
    let asked = view.within.map(|(owner, _)| owner);
    let of = |it: &Handle| !matches!(site.kind(*it), "users" | "groups");
    let object = asked.filter(of).or_else(|| site.parent(handle));
    if let Some(object) = object
        && let Some((name, _)) = OBJECTS.iter().find(|(_, kind)| *kind == site.kind(object))
    {
        tree::refer(element, name, site.id(object));
    }
    // What everyone holds is shown as the user's own.
    if let Some(user) = asked.filter(|it| site.kind(*it) == "users")
        && tree::id_at(element, "group") == Some(EVERYONE)
    {
        tree::drop_child(element, "group");
        tree::refer(element, "user", site.id(user));
    }
}
