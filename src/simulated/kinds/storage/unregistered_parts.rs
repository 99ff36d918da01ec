//! Machines and templates as they lie on storage: what they say, and their parts.

use super::unregistered_snapshots as snapshots;
use super::unregistered_ties as ties;
use crate::simulated::kinds::{disk, storage_domain};
use crate::simulated::schema::SCHEMA;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// The collections of a machine's and of a template's parts.
pub struct Parts {
    /// Attachments of disks.
    pub attachments: &'static str,
    /// NICs.
    pub nics: &'static str,
    /// What the parts call their owner.
    pub owner: &'static str,
}

/// The parts of machines, or of templates.
pub fn of(kind: &str) -> Parts {
    let [vm, template] = disk::ATTACHMENTS;
    if kind.ends_with("vms") {
        Parts { attachments: vm, nics: "vm_nics", owner: "vm" }
    } else {
        Parts { attachments: template, nics: "template_nics", owner: "template" }
    }
}

/// The machines or templates all of whose disks lie on a domain.
pub fn living_on(site: &Site, domain: Handle, kind: &'static str) -> Vec<Handle> {
    let mut owners = with_disks_on(site, domain, kind);
    owners.retain(|it| disks_of(site, *it).iter().all(|it| disk::domains(site, *it) == [domain]));
    owners
}

/// The disks of a machine or template that are images of its own.
pub fn disks_of(site: &Site, owner: Handle) -> Vec<Handle> {
    let attached = site.children(owner, of(site.kind(owner)).attachments).into_iter();
    attached
        .filter_map(|it| site.top("disks", site.id(it)))
        .filter(|it| !disk::is_lun(site, *it) && site.text(*it, "shareable") != "true")
        .collect()
}

/// What is written of a machine or template: what it says, and its parts.
pub fn pack(site: &Site, owner: Handle) -> (Element, Element) {
    let kinds = of(site.kind(owner));
    let mut body = site.body(owner).clone();
    tree::drop_child(&mut body, "host");
    let mut parts = Element::new("parts");
    let mut put = |name: &'static str, part: Handle| {
        let mut element = Element::link(name, site.id(part));
        *element.children_mut() = site.body(part).children().to_vec();
        name_profile(site, &mut element);
        parts.push(element);
    };
    for nic in site.children(owner, kinds.nics) {
        put("nic", nic);
    }
    let own = disks_of(site, owner);
    for each in &own {
        put("disk", *each);
    }
    for attachment in site.children(owner, kinds.attachments) {
        if own.iter().any(|it| site.id(*it) == site.id(attachment)) {
            put("disk_attachment", attachment);
        }
    }
    for snapshot in snapshots::pack(site, owner) {
        parts.push(snapshot);
    }
    for tie in ties::pack(site, owner) {
        parts.push(tie);
    }
    (body, parts)
}

/// A profile is written down by name: another engine does not know its id.
fn name_profile(site: &Site, nic: &mut Element) {
    let profile = tree::id_at(nic, "vnic_profile").and_then(|id| site.top("vnic_profiles", id));
    let Some(profile) = profile else { return };
    let network = site.refers(profile, "network", "networks").map(|it| site.name(it).to_owned());
    tree::set(nic, "vnic_profile/name", site.name(profile));
    tree::set(nic, "vnic_profile/network/name", network.unwrap_or_default());
}

/// The disks of what lies on a domain, as it shows them.
pub const DISKS: &str = "storage_domain_content_disks";
/// Their attachments to a machine there.
pub const ATTACHMENTS: &str = "storage_domain_vm_disk_attachments";

/// Puts something on a domain, with its parts, of which it shows those of its disks.
pub fn lay(
    site: &mut Site,
    domain: Handle,
    kind: &'static str,
    id: String,
    body: Element,
    parts: Element,
) {
    let made = site.add(kind, Some(domain), id, body);
    for part in parts.children() {
        let kind = match part.name() {
            "disk" => DISKS,
            "disk_attachment" if kind.ends_with("vms") => ATTACHMENTS,
            _ => continue,
        };
        let mut body = Element::new(SCHEMA.known_name(part.name()));
        *body.children_mut() = part.children().to_vec();
        site.add(kind, Some(made), part.id().unwrap_or_default(), body);
    }
    site.hide(made, parts);
}

/// Forgets the data of an entity's disks.
pub fn drop_data(site: &mut Site, entity: Handle) {
    let mut ids = vec![site.id(entity).to_owned()];
    let parts = site.hidden(entity, "parts").cloned().unwrap_or_else(|| Element::new("parts"));
    ids.extend(parts.all("disk").filter_map(|it| it.id().map(str::to_owned)));
    for id in ids {
        site.volumes.remove(&id);
    }
}

/// What a disk says that comes to lie on a domain.
pub fn settle(site: &Site, body: &mut Element, domain: Handle) {
    let link = Element::link("storage_domain", site.id(domain));
    tree::put(body, Element::new("storage_domains").with(link));
    for gone in ["disk_profile", "quota"] {
        tree::drop_child(body, gone);
    }
    if let Some(profile) = site.users("disk_profiles", "storage_domain", domain).first() {
        tree::refer(body, "disk_profile", site.id(*profile));
    }
    let center = storage_domain::attachment(site, domain).and_then(|it| site.parent(it));
    let quotas = center.map(|it| site.children(it, "quotas")).unwrap_or_default();
    if let Some(quota) = quotas.first() {
        tree::refer(body, "quota", site.id(*quota));
    }
    tree::set(body, "status", "ok");
}

/// The machines or templates that have a disk on a domain.
pub fn with_disks_on(site: &Site, domain: Handle, kind: &'static str) -> Vec<Handle> {
    let disks = site.users("disks", "storage_domain", domain);
    let attachments = disks.into_iter().flat_map(|it| disk::attachments(site, it));
    let mut owners: Vec<Handle> = attachments.filter_map(|it| site.parent(it)).collect();
    owners.retain(|it| site.kind(*it) == kind);
    owners.sort_unstable();
    owners.dedup();
    owners
}
