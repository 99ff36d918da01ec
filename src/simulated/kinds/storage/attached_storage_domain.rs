//! Storage domains as data centers use them: attached, active, in maintenance, detached.

use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::kinds;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, pool, storage_domain};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about storage domains in a data center.
pub const RULES: Rules =
    Rules::of("attached_storage_domains").add(add).remove(remove).act(act).shown(shown);

const KIND: &str = "attached_storage_domains";

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
        .ok_or_else(|| Fault::conflict("Cannot attach Storage. Storage Domain doesn't exist."))?;
    check_attach(site, data_center, domain)?;
    Ok(begin(site, data_center, domain))
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
    let others = site.children(data_center, KIND);
    let same = |it: &Handle| type_of(site, *it) == sort;
    if matches!(sort, "iso" | "export") && others.iter().any(same) {
        return Err(Fault::conflict(format!(
            "Cannot attach more than one {} Storage Domain to the same Data Center.",
            if sort == "iso" { "ISO" } else { "Export" }
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

fn type_of(site: &Site, attachment: Handle) -> &str {
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
    site.later(durations::DOMAIN_ATTACH, made, attached);
    made
}

fn attached(site: &mut Site, attachment: Handle, failed: bool) {
    let Some(data_center) = site.parent(attachment) else { return };
    if failed {
        site.set(attachment, "status", "maintenance");
        let name = domain_name(site, attachment);
        journal::event(
            site,
            "error",
            990,
            format!("Failed to activate Storage Domain {name}."),
            &[],
        );
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

fn domain_name(site: &Site, attachment: Handle) -> String {
    site.top("storage_domains", site.id(attachment)).map_or("", |it| site.name(it)).to_owned()
}

fn activated(site: &mut Site, attachment: Handle, failed: bool) {
    site.set(attachment, "status", if failed { "inactive" } else { "active" });
    if let Some(data_center) = site.parent(attachment) {
        pool::refresh(site, data_center);
    }
}

/// Acts on an attached storage domain.
pub fn act(site: &mut Site, _call: &Call, target: Handle, action: &str) -> Result<(), Fault> {
    match action {
        "activate" => activate(site, target),
        "deactivate" => deactivate(site, target),
        _ => kinds::actions::harmless(action),
    }
}

fn activate(site: &mut Site, target: Handle) -> Result<(), Fault> {
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

fn deactivate(site: &mut Site, target: Handle) -> Result<(), Fault> {
    let status = site.status(target);
    if !["active", "inactive"].contains(&status) {
        return Err(storage_domain::illegal("deactivate", status));
    }
    let data_center = site.parent(target).ok_or_else(Fault::nowhere)?;
    if has_active_vms(site, target) {
        return Err(Fault::conflict(
            "Cannot deactivate Storage. VMs in a state other than \"Down\" or \"Suspended\" were detected.\n-Please ensure all VMs associated with this Storage Domain are stopped and in the Down or Suspended state first.",
        ));
    }
    if site.text(target, "master") == "true" {
        let others = site.children(data_center, KIND);
        let others = others.into_iter().filter(|it| *it != target);
        let others: Vec<Handle> = others.filter(|it| site.status(*it) == "active").collect();
        let heir = others.iter().copied().find(|it| type_of(site, *it) == "data");
        if heir.is_none() && !others.is_empty() {
            return Err(Fault::conflict(
                "Cannot deactivate a Master Storage Domain while there are active non-data domains in the Data Center.\n-Please deactivate all the non-data domains first.",
            ));
        }
        if let Some(heir) = heir {
            site.set(target, "master", "false");
            site.set(heir, "master", "true");
        }
    }
    site.set(target, "status", "preparing_for_maintenance");
    site.later(durations::DOMAIN_MAINTENANCE, target, in_maintenance);
    Ok(())
}

fn has_active_vms(site: &Site, target: Handle) -> bool {
    let disks = site.store.referring("disks", "storage_domain", site.id(target));
    disks.flat_map(|disk| kinds::disk::attachments(site, disk)).any(|attachment| {
        let owner = site.parent(attachment);
        owner.is_some_and(|it| {
            site.kind(it) == "vms" && !matches!(site.status(it), "down" | "suspended")
        })
    })
}

fn in_maintenance(site: &mut Site, target: Handle, failed: bool) {
    if site.status(target) != "preparing_for_maintenance" {
        return;
    }
    site.set(target, "status", if failed { "active" } else { "maintenance" });
    if let Some(data_center) = site.parent(target) {
        pool::refresh(site, data_center);
    }
}

/// Detaches a storage domain; a local one is deleted by that.
pub fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
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
    check_protected(site, target)?;
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

fn check_protected(site: &Site, target: Handle) -> Result<(), Fault> {
    let disks = site.store.referring("disks", "storage_domain", site.id(target));
    let mut owners: Vec<Handle> = disks
        .flat_map(|disk| kinds::disk::attachments(site, disk))
        .filter_map(|attachment| site.parent(attachment))
        .filter(|it| site.text(*it, "delete_protected") == "true")
        .collect();
    owners.sort_unstable();
    owners.dedup();
    if owners.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot detach Storage. The following VMs/Templates are delete protected: {}.",
        common::names(site, &owners)
    )))
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
