//! Roles, and the permits they are made of.

use super::predefined::{self, Permit};
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{authority, common, generic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about roles.
pub const RULES: Rules = Rules::of("roles").add(add).update(update).remove(remove);
/// What is special about permits.
pub const PERMIT_RULES: Rules = Rules::of("permits").add(add_permit).remove(remove_permit);

/// The roles that a user or group holds on the whole system.
pub fn roles_of(site: &Site, owner: Handle) -> Vec<Handle> {
    let element = if site.kind(owner) == "users" { "user" } else { "group" };
    let granted = authority::granted_to(site, element, site.id(owner)).into_iter();
    let mut roles: Vec<Handle> = granted
        .filter(|it| site.parent(*it).is_none())
        .filter_map(|it| site.refers(it, "role", "roles"))
        .collect();
    roles.dedup();
    roles
}

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let permits = call.body.child("permits").map(Element::children).unwrap_or_default();
    let mut missing = Vec::new();
    if call.name().is_none() {
        missing.push("name");
    }
    if permits.is_empty() {
        missing.push("permits.id");
    }
    if !missing.is_empty() {
        return Err(Fault::incomplete("Role", &missing.join(", "), "add"));
    }
    let permits = permits.iter().map(wanted).collect::<Result<Vec<_>, _>>()?;
    let name = call.name().unwrap_or_default();
    check_name(site, name, None, "add")?;
    let administrative = call.flag("administrative").unwrap_or(false);
    check_level(administrative, &permits)?;
    let mut body = generic::draft(site, call);
    tree::drop_child(&mut body, "permits");
    tree::set(&mut body, "administrative", administrative.to_string());
    tree::set(&mut body, "mutable", "true");
    let role = generic::put(site, call, None, body);
    site.hide(role, Element::new("children"));
    for permit in permits {
        if site.store.find("permits", Some(role), permit.id).is_none() {
            predefined::add_permit(site, role, permit);
        }
    }
    Ok(role)
}

/// The permit that an element names, by number or name.
fn wanted(element: &Element) -> Result<&'static Permit, Fault> {
    let id = element.id().filter(|it| !it.is_empty());
    let found = match (id, element.text_at("name")) {
        (Some(id), _) => predefined::permit(id),
        (None, Some(name)) => predefined::number(name).and_then(predefined::permit),
        (None, None) => return Err(Fault::incomplete("Permit", "id|name", "add")),
    };
    let said = id.or(element.text_at("name")).unwrap_or_default();
    found.ok_or_else(|| Fault::page(400, format!("{said} is not a valid permit ID.")))
}

fn check_name(site: &Site, name: &str, except: Option<Handle>, action: &str) -> Result<(), Fault> {
    if !name.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | ' ')) {
        return Err(Fault::bad("Role name may only contain letters, numbers, '-', or '_'."));
    }
    if common::taken(site, "roles", name, except, |_| true) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Role. The Role name is already in use, please choose a unique name and try again."
        )));
    }
    Ok(())
}

fn check_level(administrative: bool, permits: &[&Permit]) -> Result<(), Fault> {
    if !administrative && permits.iter().any(|it| it.administrative) {
        return Err(Fault::conflict("Cannot add administrator's action group to a User Role."));
    }
    Ok(())
}

fn check_writable(site: &Site, role: Handle, doing: &str) -> Result<(), Fault> {
    if site.text(role, "mutable") == "true" {
        return Ok(());
    }
    Err(Fault::conflict(format!("Cannot {doing} Role. The Role is Read-Only.")))
}

fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    check_writable(site, target, "edit")?;
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, Some(target), "edit")?;
    }
    let was = authority::is_administrative(site, target);
    if call.flag("administrative").is_some_and(|it| it != was) {
        return Err(Fault::bad("Cannot edit Role. Changing Role type is not allowed."));
    }
    generic::update(site, call, target)?;
    site.set(target, "mutable", "true");
    Ok(())
}

fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    check_writable(site, target, "remove")?;
    let kinds = ["system_permissions", "assigned_permissions"];
    if kinds.into_iter().any(|kind| !site.users(kind, "role", target).is_empty()) {
        return Err(Fault::conflict(
            "One or more Permissions is still associated with Role.\n- Please remove all Permissions first.",
        ));
    }
    site.store.remove(target);
    Ok(())
}

fn add_permit(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let role = call.owner()?;
    let permit = wanted(&call.body)?;
    check_writable(site, role, "attach")?;
    if site.store.find("permits", Some(role), permit.id).is_some() {
        return Err(Fault::conflict(
            "Cannot attach action group to Role. This action group is already attached to Role.",
        ));
    }
    check_level(authority::is_administrative(site, role), &[permit])?;
    predefined::add_permit(site, role, permit);
    site.store.find("permits", Some(role), permit.id).ok_or_else(Fault::nowhere)
}

fn remove_permit(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    check_writable(site, call.owner()?, "detach")?;
    site.store.remove(target);
    Ok(())
}
