//! Storage domains as data centers use them: attached, active, in maintenance, detached.

use std::time::Duration;

use super::blockers;
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, pool, storage_domain};
use crate::simulated::locks::Mode;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about storage domains in a data center.
pub const RULES: Rules = Rules::of("attached_storage_domains")
    .add(add)
    .remove(remove)
    .actions(&[("activate", activate), ("deactivate", deactivate)])
    .shown(shown);

pub(super) const KIND: &str = "attached_storage_domains";

/// Attaches a storage domain; it is activated by itself afterwards.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let data_center = call.owner()?;
    if !call.names_itself() {
        return Err(Fault::incomplete("StorageDomain", "id|name", "add"));
    }
    let mut wanted = call.body.clone();
    call::resolve_one(site, &mut wanted, "storage_domains", "Storage")?;
    let domain = site
        .top("storage_domains", wanted.id().unwrap_or_default())
        .ok_or_else(|| Fault::bad("Cannot attach Storage. Storage Domain doesn't exist."))?;
    check_lock(site, domain, "attach")?;
    check_attach(site, data_center, domain)?;
    Ok(begin(site, data_center, domain))
}

/// Refuses what another command on the same domain is in the way of.
fn check_lock(site: &mut Site, domain: Handle, action: &str) -> Result<(), Fault> {
    let id = site.id(domain).to_owned();
    site.check_lock(&format!("Cannot {action} Storage"), ("STORAGE", &id), Mode::Exclusive)
}

fn check_attach(site: &Site, data_center: Handle, domain: Handle) -> Result<(), Fault> {
    if !common::has_up_host(site, data_center) {
        return Err(Fault::conflict(
            "Cannot attach Storage. There is no active Host in the Data Center.",
        ));
    }
    let sort = site.text(domain, "type");
    if storage_domain::attachment(site, domain).is_some() {
        return Err(Fault::conflict(
            "Cannot attach Storage. The relevant Storage Domain is inaccessible.\n-Please handle Storage Domain issues and retry the operation.",
        ));
    }
    check_kind(site, data_center, domain)?;
    let others = site.children(data_center, KIND);
    let same = |it: &Handle| type_of(site, *it) == sort;
    if matches!(sort, "iso" | "export") && others.iter().any(same) {
        return Err(Fault::conflict(format!(
            "Cannot attach more than one {} Storage Domain to the same Data Center. If you want to use a newly created Domain, detach the existing attached Domain and attach the new one.",
            if sort == "iso" { "ISO" } else { "Import/Export" }
        )));
    }
    match pool::master(site, data_center) {
        None if sort != "data" => Err(Fault::conflict(
            "Cannot attach Storage Domain.\n-Please attach Data Domain to the Data Center first.",
        )),
        None => Ok(()),
        Some(master) if site.status(master) == "locked" => Err(Fault::locked("attach", "Storage")),
        Some(_) if site.status(data_center) != "up" => Err(Fault::conflict(
            "Failed to attach Storage due to an error on the Data Center master Storage Domain.\n-Please activate the master Storage Domain first.",
        )),
        Some(_) => Ok(()),
    }
}

/// Checks that a domain is of a kind that the data center can use.
fn check_kind(site: &Site, data_center: Handle, domain: Handle) -> Result<(), Fault> {
    let is_local = |it: Handle| site.text(it, "storage/type") == "localfs";
    let local_center = tree::flag(site.body(data_center), "local") == Some(true);
    if is_local(domain) && !local_center {
        return Err(Fault::conflict(
            "Cannot attach a local Storage Domain to a shared storage Data Center.",
        ));
    }
    if matches!(site.text(domain, "type"), "image" | "volume") {
        return Err(Fault::bad(
            "Cannot manage Storage Domain. The domain is defined externally (such as through a provider).",
        ));
    }
    let version = common::version(site.body(data_center), "version");
    let format = site.text(domain, "storage_format");
    if format == "v5" && version.is_some_and(|it| it < (4, 3)) {
        return Err(Fault::conflict(format!(
            "Cannot attach Storage. Storage Domain format {} is illegal.",
            format.to_uppercase()
        )));
    }
    Ok(())
}

pub(super) fn type_of(site: &Site, attachment: Handle) -> &str {
    site.top("storage_domains", site.id(attachment)).map_or("", |it| site.text(it, "type"))
}

/// Begins to attach a storage domain; the first one becomes the master.
pub fn begin(site: &mut Site, data_center: Handle, domain: Handle) -> Handle {
    let master = pool::master(site, data_center).is_none();
    let mut body = Element::new("storage_domain");
    tree::set(&mut body, "status", "locked");
    tree::set(&mut body, "master", master.to_string());
    let id = site.id(domain).to_owned();
    let made = site.add(KIND, Some(data_center), id, body);
    let owner = Element::link("data_center", site.id(data_center).to_owned());
    site.edit(domain, |body| {
        tree::put(body, Element::new("data_centers").with(owner));
    });
    hold(site, made, durations::DOMAIN_ATTACH);
    site.later(durations::DOMAIN_ATTACH, made, attached);
    made
}

/// Holds a domain for a while; a data domain's data center too, which others may hold as well.
fn hold(site: &mut Site, attachment: Handle, time: Duration) {
    let id = site.id(attachment).to_owned();
    site.hold_lock(("STORAGE", &id), Mode::Exclusive, time);
    if let Some(center) = site.parent(attachment) {
        let center = site.id(center).to_owned();
        site.hold_lock(("POOL", &center), Mode::Shared, time);
    }
}

fn attached(site: &mut Site, attachment: Handle, failed: bool) {
    let Some(data_center) = site.parent(attachment) else { return };
    if failed {
        site.set(attachment, "status", "maintenance");
        pool::refresh(site, data_center);
        return;
    }
    if site.text(attachment, "master") == "true" && site.status(data_center) == "uninitialized" {
        let format = site
            .top("storage_domains", site.id(attachment))
            .map(|it| site.text(it, "storage_format").to_owned());
        site.set(data_center, "storage_format", format.unwrap_or_default());
        site.edit(data_center, |_| ());
        site.set(data_center, "status", "maintenance");
    }
    site.set(attachment, "status", "activating");
    site.later(durations::DOMAIN_ACTIVATION, attachment, activated);
}

fn activated(site: &mut Site, attachment: Handle, failed: bool) {
    site.set(attachment, "status", if failed { "inactive" } else { "active" });
    if let Some(data_center) = site.parent(attachment) {
        pool::refresh(site, data_center);
    }
}

fn activate(site: &mut Site, _: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    check_lock(site, target, "activate")?;
    begin_activation(site, target)?;
    Ok(Vec::new())
}

fn deactivate(site: &mut Site, call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    check_lock(site, target, "deactivate")?;
    begin_maintenance(site, target)?;
    if call.flag("force") == Some(true) {
        site.hide(target, Element::new("forced"));
    }
    Ok(Vec::new())
}

fn begin_activation(site: &mut Site, target: Handle) -> Result<(), Fault> {
    let status = site.status(target);
    if !["maintenance", "inactive", "unknown", "preparing_for_maintenance"].contains(&status) {
        return Err(storage_domain::illegal("activate", status));
    }
    let data_center = site.parent(target).ok_or_else(Fault::nowhere)?;
    if !common::has_up_host(site, data_center) {
        return Err(Fault::conflict(
            "Cannot activate Storage. There is no active Host in the Data Center.",
        ));
    }
    let master = pool::master(site, data_center);
    if master.is_some_and(|it| it != target && site.status(it) != "active") {
        return Err(Fault::conflict(
            "Failed to activate Storage due to an error on the Data Center master Storage Domain.\n-Please activate the master Storage Domain first.",
        ));
    }
    site.set(target, "status", "activating");
    site.later(durations::DOMAIN_ACTIVATION, target, activated);
    Ok(())
}

fn begin_maintenance(site: &mut Site, target: Handle) -> Result<(), Fault> {
    let status = site.status(target);
    if !["active", "inactive"].contains(&status) {
        return Err(storage_domain::illegal("deactivate", status));
    }
    let data_center = site.parent(target).ok_or_else(Fault::nowhere)?;
    if !common::has_up_host(site, data_center) {
        return Err(Fault::conflict(
            "Cannot deactivate Storage. There is no active Host in the Data Center.",
        ));
    }
    blockers::check_deactivation(site, data_center, target)?;
    if site.text(target, "master") == "true"
        && let Some(heir) = heir(site, target)
    {
        pool::hand_over(site, target, heir);
    }
    site.set(target, "status", "preparing_for_maintenance");
    site.later(durations::DOMAIN_MAINTENANCE, target, in_maintenance);
    Ok(())
}

/// The domain that takes the place of a master that goes.
pub fn heir(site: &Site, master: Handle) -> Option<Handle> {
    let others = site.children(site.parent(master)?, KIND).into_iter();
    let fits = |it: &Handle| {
        let backup = site.top("storage_domains", site.id(*it));
        let backup = backup.is_some_and(|it| site.text(it, "backup") == "true");
        *it != master && site.status(*it) == "active" && type_of(site, *it) == "data" && !backup
    };
    others.filter(fits).min()
}

fn in_maintenance(site: &mut Site, target: Handle, failed: bool) {
    if site.status(target) != "preparing_for_maintenance" {
        return;
    }
    let forced = site.unhide(target, "forced").is_some();
    site.set(target, "status", if failed && !forced { "active" } else { "maintenance" });
    if let Some(data_center) = site.parent(target) {
        pool::refresh(site, data_center);
    }
}

/// Detaches a storage domain; a local one is deleted by that.
pub fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    check_lock(site, target, "detach")?;
    let status = site.status(target);
    if status != "maintenance" {
        return Err(storage_domain::illegal("detach", status));
    }
    let data_center = site.parent(target).ok_or_else(Fault::nowhere)?;
    let others = site.children(data_center, KIND).len() > 1;
    let is_master = site.text(target, "master") == "true";
    if is_master && others {
        return Err(Fault::conflict(
            "Cannot detach the master Storage Domain from the Data Center while there are other storage domains attached to it.\n-Please try to activate another Storage Domain in the Data Center.",
        ));
    }
    if !is_master && site.status(data_center) != "up" {
        return Err(Fault::conflict(
            "Failed to detach Storage due to an error on the Data Center master Storage Domain.\n-Please activate the master Storage Domain first.",
        ));
    }
    blockers::check_detachment(site, target)?;
    let domain = site.top("storage_domains", site.id(target));
    storage_domain::detached(site, target);
    pool::refresh(site, data_center);
    if let Some(domain) = domain
        && site.text(domain, "storage/type") == "localfs"
    {
        storage_domain::forget(site, domain);
    }
    Ok(())
}

/// Shows the domain with what the data center knows of it.
pub fn shown(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let Some(domain) = site.top("storage_domains", site.id(handle)) else { return };
    let own = std::mem::take(element.children_mut());
    *element.children_mut() = site.body(domain).children().to_vec();
    for child in own {
        tree::put(element, child);
    }
    storage_domain::count_space(site, domain, element);
    if let Some(data_center) = site.parent(handle) {
        tree::refer(element, "data_center", site.id(data_center));
    }
}
