//! What lies on storage and is not, or no longer, known to the engine as a whole.
//!
//! A domain that is detached takes along what lives on it: machines, templates and disks become
//! objects of the domain, each with its parts in its notes, and can be registered again. A domain
//! that is removed and not formatted is described in the site's leftovers, by its place, for the
//! next who looks there.

use super::unregistered_parts as parts;
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{affinity_group, disk, storage_domain};
use crate::simulated::query::Query;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// The kinds of what lies on a domain, beside its files: machines, templates and disks.
pub const KINDS: [&str; 3] =
    ["storage_domain_vms", "storage_domain_templates", "storage_domain_disks"];

/// What is special about unregistered disks.
pub const DISK_RULES: Rules = Rules::of(KINDS[2])
    .actions(&[("register", |site, _, target| {
        let domain = site.parent(target).ok_or_else(Fault::nowhere)?;
        let id = site.id(target).to_owned();
        let made = register_disk(site, domain, &id)?;
        Ok(vec![Element::link("disk", site.id(made))])
    })])
    .remove(remove_disk);

/// Makes what lives on a domain unregistered.
pub fn leave(site: &mut Site, domain: Handle) {
    for kind in ["vms", "templates"] {
        for owner in parts::living_on(site, domain, kind) {
            let (body, notes) = parts::pack(site, owner);
            let id = site.id(owner).to_owned();
            let target = if kind == "vms" { KINDS[0] } else { KINDS[1] };
            for each in parts::disks_of(site, owner) {
                site.store.remove(each);
            }
            affinity_group::forget_member(site, &id);
            site.store.remove(owner);
            parts::lay(site, domain, target, id, body, notes);
        }
    }
    for each in site.users("disks", "storage_domain", domain) {
        if disk::domains(site, each).len() > 1 {
            drop_copy(site, each, domain);
            continue;
        }
        for attachment in disk::attachments(site, each) {
            site.store.remove(attachment);
        }
        let (id, body) = (site.id(each).to_owned(), site.body(each).clone());
        site.store.remove(each);
        site.add(KINDS[2], Some(domain), id, body);
    }
}

fn drop_copy(site: &mut Site, disk: Handle, domain: Handle) {
    let id = site.id(domain).to_owned();
    site.edit(disk, |body| {
        let copies = body.child_or_new("storage_domains");
        copies.children_mut().retain(|it| it.id() != Some(&id));
    });
}

/// What is written of a domain that leaves the engine without being formatted.
pub fn describe(site: &Site, domain: Handle) -> Element {
    let mut body = Element::new("body");
    *body.children_mut() = site.body(domain).children().to_vec();
    tree::drop_child(&mut body, "data_centers");
    let mut lost = Element::link("storage_domain", site.id(domain)).with(body);
    for kind in KINDS {
        for each in site.children(domain, kind) {
            let mut body = Element::new("body");
            *body.children_mut() = site.body(each).children().to_vec();
            let mut entity = Element::link(kind, site.id(each)).with(body);
            entity
                .push(site.hidden(each, "parts").cloned().unwrap_or_else(|| Element::new("parts")));
            lost.push(entity);
        }
    }
    lost
}

/// Finds a domain that was left on its storage, by its id or its place.
pub fn find_lost(
    site: &Site,
    id: Option<&str>,
    place: &str,
    technology: &str,
    sort: &str,
) -> Option<Element> {
    let is_file = matches!(technology, "nfs" | "posixfs" | "glusterfs");
    let found = match id {
        Some(id) => site.leftovers.values().find(|lost| lost.id() == Some(id)),
        None if is_file => site.leftovers.get(place),
        None => None,
    };
    found.filter(|lost| lost.text_at("body/type") == Some(sort)).cloned()
}

/// Puts back what lies on a domain that was found, which is lost no longer.
pub fn restore(site: &mut Site, domain: Handle, lost: &Element) {
    site.leftovers.retain(|_, it| it.id() != lost.id());
    for entity in lost.children() {
        let Some(kind) = KINDS.into_iter().find(|it| *it == entity.name()) else { continue };
        let body = entity.child("body").cloned().unwrap_or_else(|| Element::new("body"));
        let id = entity.id().unwrap_or_default().to_owned();
        let notes = entity.child("parts").cloned().unwrap_or_else(|| Element::new("parts"));
        parts::lay(site, domain, kind, id, body, notes);
    }
}

fn lun_ids(lost: &Element) -> impl Iterator<Item = &str> {
    let units = lost.at("body/storage/volume_group/logical_units").map(Element::children);
    units.unwrap_or_default().iter().filter_map(Element::id)
}

/// Whether a domain that was left behind lies on a LUN.
pub fn lies_on(site: &Site, lun: &str) -> bool {
    site.leftovers.values().any(|lost| lun_ids(lost).any(|it| it == lun))
}

/// Overwrites whatever lies on a LUN.
pub fn wipe(site: &mut Site, lun: &str) {
    site.leftovers.retain(|_, lost| !lun_ids(lost).any(|it| it == lun));
}

/// The domains that lie on some LUNs, as a host that looks for them tells.
pub fn on_blocks(site: &Site, luns: &[&str]) -> Vec<Element> {
    let seen = |lost: &&Element| lun_ids(lost).any(|it| luns.contains(&it));
    let shown = |lost: &Element| {
        let mut found = Element::new("storage_domain");
        for name in ["name", "storage", "storage_format", "type"] {
            if let Some(child) = lost.child("body").and_then(|it| it.child(name)) {
                found.push(child.clone());
            }
        }
        found.with_attribute("id", lost.id().unwrap_or_default())
    };
    site.leftovers.values().filter(seen).map(shown).collect()
}

/// Forgets what lies on a domain, with its data.
pub fn drop_content(site: &mut Site, domain: Handle) {
    for kind in KINDS {
        for each in site.children(domain, kind) {
            parts::drop_data(site, each);
            site.store.remove(each);
        }
    }
}

/// Registers a disk that lies on a domain.
pub fn register_disk(site: &mut Site, domain: Handle, id: &str) -> Result<Handle, Fault> {
    const WHAT: &str = "register Virtual Disk";
    let domain = site.top("storage_domains", site.id(domain)).unwrap_or(domain);
    if let Some(known) = site.top("disks", id) {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. The selected disk ID: {id} is already used by the following existing disk: {}.",
            site.text(known, "alias")
        )));
    }
    disk::check_active(site, domain, WHAT)?;
    let found = site.store.find(KINDS[2], Some(domain), id);
    let found = found
        .ok_or_else(|| Fault::bad(format!("Cannot {WHAT}. The specified disk does not exist.")))?;
    let mut body = site.body(found).clone();
    parts::settle(site, &mut body, domain);
    site.store.remove(found);
    Ok(site.add("disks", None, id, body))
}

fn remove_disk(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(domain) = site.parent(target) {
        let status = storage_domain::status(site, domain);
        if status != "active" {
            return Err(storage_domain::illegal("remove", status));
        }
    }
    let id = site.id(target).to_owned();
    site.volumes.remove(&id);
    site.store.remove(target);
    Ok(())
}

/// The disks on a domain: the registered ones, and those that are not.
pub fn disks(site: &Site, domain: Handle) -> Vec<Handle> {
    let domain = itself(site, domain);
    let mut found = site.users("disks", "storage_domain", domain);
    found.extend(site.children(domain, KINDS[2]));
    found
}

/// The machines with disks on a domain, and those that wait to be registered.
pub fn vms(site: &Site, domain: Handle) -> Vec<Handle> {
    owners(site, domain, "vms", KINDS[0])
}

/// The templates with disks on a domain, and those that wait to be registered.
pub fn templates(site: &Site, domain: Handle) -> Vec<Handle> {
    owners(site, domain, "templates", KINDS[1])
}

/// The disks of a machine or template that a domain lists.
pub fn disks_of(site: &Site, owner: Handle) -> Vec<Handle> {
    let own = site.children(owner, parts::DISKS);
    if own.is_empty() { parts::disks_of(site, owner) } else { own }
}

/// How a machine that a domain lists has its disks attached.
pub fn attachments_of(site: &Site, owner: Handle) -> Vec<Handle> {
    let own = site.children(owner, parts::ATTACHMENTS);
    if own.is_empty() { site.children(owner, disk::ATTACHMENTS[0]) } else { own }
}

fn owners(site: &Site, domain: Handle, kind: &'static str, own: &'static str) -> Vec<Handle> {
    let domain = itself(site, domain);
    let mut found = parts::with_disks_on(site, domain, kind);
    found.extend(site.children(domain, own));
    found
}

/// A data center's view of a domain has the same id as the domain itself.
fn itself(site: &Site, domain: Handle) -> Handle {
    site.top("storage_domains", site.id(domain)).unwrap_or(domain)
}

/// Keeps of what lies on a domain what is asked for: registered or not; an export domain's all.
pub fn filter(site: &Site, collection: &str, query: &Query, objects: &mut Vec<Handle>) {
    let is_content = ["disks", "vms", "templates"].iter().any(|it| collection.ends_with(it))
        && collection.contains("storage_domain_");
    if !is_content {
        return;
    }
    let wanted = query.flag("unregistered") == Some(true);
    objects.retain(|it| {
        let own = KINDS.contains(&site.kind(*it));
        let domain = site.parent(*it).filter(|_| own);
        let exported = domain.is_some_and(|it| site.text(it, "type") == "export");
        let readable = domain.is_none_or(|it| storage_domain::attachment(site, it).is_some());
        (exported || own == wanted) && readable
    });
}
