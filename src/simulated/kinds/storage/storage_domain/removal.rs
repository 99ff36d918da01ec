//! Detaching, removing and forgetting storage domains.

use super::{KIND, attachment, illegal, is_managed, place_of};
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{attached_storage_domain, connection, disk, pool, unregistered};
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Removes a storage domain, from the storage too or from the engine only.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let id = site.id(target).to_owned();
    site.check_lock("Cannot remove Storage", ("STORAGE", &id), Mode::Exclusive)?;
    if call.query.flag("destroy") == Some(true) {
        return destroy(site, target);
    }
    if matches!(site.text(target, "type"), "image" | "volume") {
        return Err(Fault::bad(
            "Cannot manage Storage Domain. The domain is defined externally (such as through a provider).",
        ));
    }
    let named = call.query.get("host").filter(|it| !it.is_empty()).map(str::to_owned);
    let named = named.ok_or_else(|| Fault::incomplete("StorageDomain", "host", "remove"))?;
    let host = site.top("hosts", &named).or_else(|| site.store.named("hosts", &named).next());
    let host = host.ok_or_else(|| Fault::entity_not_found(format!("Host: name={named}")))?;
    if site.status(host) != "up" {
        return Err(Fault::conflict(format!(
            "Cannot remove Storage. Host {} is not up.",
            site.name(host)
        )));
    }
    if let Some(attachment) = attachment(site, target) {
        return Err(illegal("remove", site.status(attachment)));
    }
    let format = call.query.flag("format") == Some(true);
    if format && is_managed(site, target) {
        return Err(Fault::bad(
            "Cannot remove Storage.\n Cannot format Managed Block storage domain.",
        ));
    }
    if format {
        unregistered::drop_content(site, target);
    } else {
        leave_behind(site, target);
    }
    forget(site, target);
    Ok(())
}

/// Forgets a domain that cannot be reached any more; it stays on its storage.
fn destroy(site: &mut Site, target: Handle) -> Result<(), Fault> {
    let attachment = attachment(site, target);
    if let Some(attachment) = attachment {
        if site.status(attachment) == "active" {
            return Err(illegal("destroy", "active"));
        }
        if site.text(attachment, "master") == "true" {
            elect(site, attachment)?;
        }
        detached(site, attachment);
    }
    leave_behind(site, target);
    forget(site, target);
    Ok(())
}

/// Another active data domain takes the place of a master that goes.
fn elect(site: &mut Site, master: Handle) -> Result<(), Fault> {
    let heir = attached_storage_domain::heir(site, master);
    let heir = heir.ok_or_else(|| {
        Fault::conflict(
            "Cannot destroy the master Storage Domain from the Data Center without another active Storage Domain to take its place.\n-Either activate another Storage Domain in the Data Center, or remove the Data Center.\n-If you have problems with the master Data Domain, consider following the recovery process described in the documentation, or contact your system administrator.",
        )
    })?;
    pool::hand_over(site, master, heir);
    Ok(())
}

/// What is on the storage of a domain stays there, to be found again.
fn leave_behind(site: &mut Site, target: Handle) {
    let place = site.body(target).child("storage").map(place_of).unwrap_or_default();
    let lost = unregistered::describe(site, target);
    site.leftovers.insert(place, lost);
}

/// A storage domain leaves its data center, with what lives on it.
pub fn detached(site: &mut Site, attachment: Handle) {
    let Some(domain) = site.top(KIND, site.id(attachment)) else { return };
    unregistered::leave(site, domain);
    for profile in site.users("disk_profiles", "storage_domain", domain) {
        site.edit(profile, |body| tree::drop_child(body, "qos"));
    }
    site.store.remove(attachment);
    site.edit(domain, |body| {
        tree::drop_child(body, "data_centers");
        tree::set(body, "status", "unattached");
        tree::set(body, "master", "false");
    });
}

/// Forgets a storage domain with its connections, profiles and disks.
pub fn forget(site: &mut Site, domain: Handle) {
    if let Some(attachment) = attachment(site, domain) {
        detached(site, attachment);
    }
    for each in connection::of_domain(site, domain) {
        let shared = connection::users_of(site, each).len() > 1;
        if !shared && connection::disks_of(site, each).is_empty() {
            site.store.remove(each);
        }
    }
    for profile in site.users("disk_profiles", "storage_domain", domain) {
        site.store.remove(profile);
    }
    for each in site.users("disks", "storage_domain", domain) {
        disk::forget(site, each);
    }
    forget_limits(site, domain);
    site.store.remove(domain);
}

fn forget_limits(site: &mut Site, domain: Handle) {
    let limits: Vec<Handle> = site.store.all("quota_storage_limits").collect();
    let id = site.id(domain).to_owned();
    for limit in limits {
        let of = |body: &Element| tree::id_at(body, "storage_domain") == Some(id.as_str());
        if of(site.body(limit)) {
            site.store.remove(limit);
        }
    }
}
