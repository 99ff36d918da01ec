//! The disks of a new machine: copies of those of a template.

use std::time::Duration;

use crate::simulated::call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{attachment, disk};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// A disk to be made from one of a template's: its attachment, and what differs from it.
pub struct Copy {
    /// The disk to copy.
    pub source: Handle,
    /// How it is attached.
    pub attachment: Handle,
    /// What is wanted of the new disk.
    pub document: Option<Element>,
    /// Where the new disk goes.
    pub domain: Option<Handle>,
    /// Whether the new disk only holds what differs from the old one.
    pub thin: bool,
}

/// Plans a copy of each of a template's disks, as a document wants them.
pub fn plan(
    site: &Site,
    document: &Element,
    template: Handle,
    clone: bool,
) -> Result<Vec<Copy>, Fault> {
    let wanted = document.child("disk_attachments").map(Element::children).unwrap_or_default();
    let mut copies = Vec::new();
    // Where all of them go is heard only of what is no clone, and when no disk is named.
    let is_one_for_all = !clone && !wanted.iter().any(|it| it.child("disk").is_some());
    let all = document.child("storage_domain").filter(|it| is_one_for_all && it.id().is_some());
    for attachment in site.children(template, disk::ATTACHMENTS[1]) {
        let Some(source) = site.top("disks", site.id(attachment)) else { continue };
        let document = wanted
            .iter()
            .filter_map(|it| it.child("disk"))
            .find(|it| it.id() == Some(site.id(source)))
            .cloned();
        let domain = match all {
            Some(named) => Some(named_place(site, source, named, clone)?),
            None => place(site, source, document.as_ref(), clone)?,
        };
        copies.push(Copy { source, attachment, document, domain, thin: !clone });
    }
    for wanted in wanted.iter().filter_map(|it| it.child("disk")?.id()) {
        if !copies.iter().any(|it| site.id(it.source) == wanted) {
            return Err(Fault::entity_not_found(format!("Disk: id={wanted}")));
        }
    }
    Ok(copies)
}

/// The domain that was asked for, if it may hold the new disk.
pub fn place(
    site: &Site,
    source: Handle,
    document: Option<&Element>,
    clone: bool,
) -> Result<Option<Handle>, Fault> {
    let Some(document) = document else { return Ok(None) };
    let named = document.child("storage_domains").and_then(|it| it.children().first());
    if !clone && document.text_at("format") == Some("raw") {
        return Err(Fault::bad(
            "Cannot add VM. Thin provisioned template disks can not be defined as Raw.",
        ));
    }
    named.map(|named| named_place(site, source, named, clone)).transpose()
}

fn named_place(site: &Site, source: Handle, named: &Element, clone: bool) -> Result<Handle, Fault> {
    let mut named = named.clone();
    call::resolve_one(site, &mut named, "storage_domains", "Storage")?;
    let domain = site.top("storage_domains", named.id().unwrap_or_default());
    let domain =
        domain.ok_or_else(|| Fault::conflict("Cannot add VM. Storage Domain doesn't exist."))?;
    disk::check_active(site, domain, "add VM")?;
    let domains = site.body(source).child("storage_domains").map(Element::children);
    let holds = domains.unwrap_or_default().iter().any(|it| it.id() == Some(site.id(domain)));
    if !clone && !holds {
        return Err(Fault::bad(
            "Cannot add VM. The selected Storage Domain does not contain the VM Template.",
        ));
    }
    Ok(domain)
}

/// Gives a machine new disks from a template.
pub fn copy_all(site: &mut Site, vm: Handle, template: Handle) {
    let Ok(copies) = plan(site, &Element::new("vm"), template, false) else { return };
    for planned in &copies {
        copy(site, vm, planned, durations::VM_THIN);
    }
    if !copies.is_empty() {
        site.set(vm, "status", "image_locked");
        site.later(durations::VM_THIN, vm, |site, vm, _| {
            if site.status(vm) == "image_locked" {
                site.set(vm, "status", "down");
            }
        });
    }
}

/// Makes a disk as it was planned, and attaches it.
pub fn copy(site: &mut Site, vm: Handle, planned: &Copy, time: Duration) {
    let document = planned.document.as_ref();
    let alias = document.and_then(|it| it.text_at("alias").or(it.text_at("name")));
    let made = disk::copy(site, planned.source, alias.map(str::to_owned), planned.domain, time);
    if planned.thin {
        disk::base_on(site, made, planned.source);
    }
    if let Some(document) = document {
        let document = document.clone();
        site.edit(made, |body| {
            for name in ["format", "sparse"] {
                if let Some(text) = document.text_at(name) {
                    tree::set(body, name, text);
                }
            }
            for name in ["quota", "disk_profile"] {
                if let Some(id) = tree::id_at(&document, name) {
                    tree::put(body, Element::link(name, id));
                }
            }
        });
    }
    let mut body = Element::new("disk_attachment");
    for name in ["bootable", "interface", "pass_discard", "read_only", "uses_scsi_reservation"] {
        let text = site.text(planned.attachment, name).to_owned();
        if !text.is_empty() {
            tree::set(&mut body, name, text);
        }
    }
    tree::set(&mut body, "active", "true");
    attachment::prepare(&mut body);
    tree::refer(&mut body, "disk", site.id(made));
    tree::refer(&mut body, "vm", site.id(vm));
    let id = site.id(made).to_owned();
    site.add(disk::ATTACHMENTS[0], Some(vm), id, body);
}
