//! The directories behind the engine, and the people and groups that the engine knows of them.

use super::predefined::SUPER_USER;
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{authority, permission};
use crate::simulated::site::Site;
use crate::simulated::sso::Account;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about users.
pub const USER_RULES: Rules = Rules::of("users").add(add_user).update(update_user).remove(remove);
/// What is special about groups.
pub const GROUP_RULES: Rules = Rules::of("groups").add(add_group).remove(remove);

/// The group that everyone belongs to.
pub const EVERYONE: &str = "eee00000-0000-0000-0000-123456789eee";

/// Makes the accounts known, and the first of them the administrator.
pub fn appoint(site: &mut Site, accounts: &[Account]) {
    enlist(site, accounts);
    let first = accounts.first().and_then(|it| entry(site, it));
    let role = site.top("roles", SUPER_USER);
    if let (Some(first), Some(role)) = (first, role) {
        let user = note_user(site, first);
        let id = site.id(user).to_owned();
        permission::grant(site, role, ("user", &id), None);
    }
}

/// Enters accounts into their directories, which are made as needed.
pub fn enlist(site: &mut Site, accounts: &[Account]) {
    for account in accounts {
        let domain = directory(site, &account.domain());
        if entry(site, account).is_some() {
            continue;
        }
        let mut body = Element::new("user").with(Element::leaf("name", account.principal()));
        tree::set(&mut body, "user_name", format!("{}@{}", account.principal(), account.domain()));
        tree::set(&mut body, "principal", account.principal());
        tree::set(&mut body, "namespace", "*");
        tree::set(&mut body, "email", format!("{}@localhost", account.principal()));
        tree::refer(&mut body, "domain", site.id(domain));
        let user = site.add_fresh("domain_users", Some(domain), body);
        let mut groups = Element::new("groups");
        for group in &account.groups {
            groups.push(Element::leaf("group", group.as_str()));
            enter_group(site, domain, group);
        }
        site.hide(user, groups);
    }
}

/// The directory of that name.
fn directory(site: &mut Site, name: &str) -> Handle {
    if let Some(known) = site.store.named("domains", name).next() {
        return known;
    }
    let id: String = name.bytes().map(|it| format!("{it:02x}")).collect();
    site.add("domains", None, id, Element::new("domain").with(Element::leaf("name", name)))
}

fn enter_group(site: &mut Site, domain: Handle, name: &str) {
    if listed(site, "domain_groups", domain, "name", name).is_some() {
        return;
    }
    let mut body = Element::new("group").with(Element::leaf("name", name));
    tree::set(&mut body, "namespace", "*");
    tree::refer(&mut body, "domain", site.id(domain));
    site.add_fresh("domain_groups", Some(domain), body);
}

fn listed(
    site: &Site,
    kind: &'static str,
    domain: Handle,
    path: &str,
    text: &str,
) -> Option<Handle> {
    site.store.children(domain, kind).find(|it| site.text(*it, path) == text)
}

/// The entry of an account in its directory.
pub fn entry(site: &Site, account: &Account) -> Option<Handle> {
    let domain = site.store.named("domains", &account.domain()).next()?;
    listed(site, "domain_users", domain, "principal", account.principal())
}

/// The user that logs in; the engine notes who logs in for the first time.
pub fn log_in(site: &mut Site, account: &Account) -> Result<Handle, String> {
    let refused = || format!("The user {} is not authorized to perform login", account.username);
    let entry = entry(site, account).ok_or_else(refused)?;
    let user = note_user(site, entry);
    if authority::may_log_in(site, user) { Ok(user) } else { Err(refused()) }
}

/// The user of an entry of a directory; made if the engine does not know it.
fn note_user(site: &mut Site, entry: Handle) -> Handle {
    let name = site.text(entry, "user_name").to_owned();
    if let Some(known) = user_named(site, &name) {
        return known;
    }
    let user = site.add_fresh("users", None, noted(site, entry));
    if let Some(groups) = site.hidden(entry, "groups").cloned() {
        site.hide(user, groups);
    }
    user
}

fn user_named(site: &Site, user_name: &str) -> Option<Handle> {
    site.store.all("users").find(|it| site.text(*it, "user_name") == user_name)
}

/// What the engine notes of an entry.
fn noted(site: &Site, entry: Handle) -> Element {
    let mut body = site.body(entry).clone();
    let id: String = site.id(entry).bytes().map(|it| format!("{it:02x}")).collect();
    tree::set(&mut body, "domain_entry_id", id);
    body
}

/// The groups that a user belongs to, as far as the engine knows them; everyone is in the first.
pub fn groups_of(site: &Site, user: Handle) -> Vec<Handle> {
    let names = site.hidden(user, "groups").map(Element::children).unwrap_or_default();
    let domain = site.reference(user, "domain");
    let known = site.store.all("groups").filter(|it| {
        site.id(*it) == EVERYONE
            || site.reference(*it, "domain") == domain
                && names.iter().any(|name| name.text() == site.name(*it))
    });
    known.collect()
}

/// Adds a user whom a directory has.
fn add_user(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = call.text("user_name").filter(|it| !it.is_empty());
    let name = name.ok_or_else(|| Fault::incomplete("User", "userName", "add"))?;
    let (principal, domain) = match name.rsplit_once('@') {
        Some((principal, domain)) if site.store.named("domains", domain).next().is_some() => {
            (principal, site.store.named("domains", domain).next())
        }
        _ => (name, None),
    };
    let domain = match wanted_domain(site, call, "User")? {
        Some(domain) => domain,
        None => domain.ok_or_else(|| Fault::incomplete("User", "domain.id|name", "add"))?,
    };
    let by_principal = call.text("principal").filter(|it| !it.is_empty()).unwrap_or(principal);
    let entry = listed(site, "domain_users", domain, "principal", by_principal);
    let entry = entry.ok_or_else(|| {
        Fault::page(400, format!("No such user: {name} in domain {}", site.name(domain)))
    })?;
    Ok(note_user(site, entry))
}

/// Adds a group that a directory has.
fn add_group(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = call.name().ok_or_else(|| Fault::incomplete("Group", "name", "add"))?;
    let domain = wanted_domain(site, call, "Group")?
        .ok_or_else(|| Fault::incomplete("Group", "domain.id|name", "add"))?;
    let entry = listed(site, "domain_groups", domain, "name", name).ok_or_else(|| {
        Fault::page(400, format!("No such group: {name} in directory {}", site.name(domain)))
    })?;
    let id = site.id(domain);
    let known = site.store.named("groups", name);
    if let Some(known) = known.into_iter().find(|it| site.reference(*it, "domain") == Some(id)) {
        return Ok(known);
    }
    Ok(site.add_fresh("groups", None, noted(site, entry)))
}

/// The directory that a document names.
fn wanted_domain(site: &Site, call: &Call, what: &str) -> Result<Option<Handle>, Fault> {
    let Some(domain) = call.body.child("domain") else { return Ok(None) };
    let found = match (domain.id(), domain.text_at("name")) {
        (Some(id), _) if !id.is_empty() => site.top("domains", id),
        (_, Some(name)) => site.store.named("domains", name).next(),
        _ => return Err(Fault::incomplete(what, "domain.id|name", "add")),
    };
    let named = || domain.id().or(domain.text_at("name")).unwrap_or_default();
    found
        .map(Some)
        .ok_or_else(|| Fault::page(400, format!("Domain: '{}' does not exist.", named())))
}

/// A user's directory says what it is called; only the options can be changed.
fn update_user(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    for field in ["user_name", "name", "principal", "namespace", "domain_entry_id"] {
        if call.text(field).is_some_and(|it| !it.is_empty() && it != site.text(target, field)) {
            return Err(Fault::immutable(field));
        }
    }
    if call.id_at("domain").is_some_and(|it| site.reference(target, "domain") != Some(it)) {
        return Err(Fault::immutable("domain"));
    }
    if let Some(options) = call.body.child("user_options") {
        let options = options.clone();
        site.edit(target, |body| tree::put(body, options));
    }
    Ok(())
}

/// Removes a user or a group, with its permissions.
fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    if site.caller.user == Some(target) {
        return Err(Fault::conflict("Cannot remove User. User is currently logged in."));
    }
    if site.id(target) == EVERYONE {
        return Err(Fault::conflict("Cannot remove the built-in group \"Everyone\"."));
    }
    let element = if site.kind(target) == "users" { "user" } else { "group" };
    let granted = authority::granted_to(site, element, site.id(target));
    if permission::would_leave_no_super_user(site, &granted) {
        let what = if element == "user" { "User" } else { "Group" };
        return Err(permission::last_super_user(what));
    }
    for permission in granted {
        site.store.remove(permission);
    }
    site.store.remove(target);
    Ok(())
}
