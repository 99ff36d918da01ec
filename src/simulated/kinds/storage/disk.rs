//! Disks: floating, of machines and of templates.

use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::kinds;
use crate::simulated::kinds::common;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::merge;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about disks.
pub const RULES: Rules = Rules::of("disks")
    .add(add)
    .update(update)
    .updates_later(|_| true)
    .remove(remove)
    .act(act)
    .shown(shown);

/// Disks of machines and of templates are attached through these collections.
pub const ATTACHMENTS: [&str; 2] = ["disk_attachments", "template_disk_attachments"];

/// Adds a floating disk.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let place = call.parent.map(|it| site.id(it).to_owned());
    create(site, &call.body, place, None)
}

/// Begins to make a disk; it is locked until it is made.
pub fn create(
    site: &mut Site,
    document: &Element,
    place: Option<String>,
    alias: Option<String>,
) -> Result<Handle, Fault> {
    let id = document.id().filter(|id| !id.is_empty()).map(str::to_owned);
    if let Some(id) = &id {
        check_id(site, id)?;
    }
    let is_lun = document.child("lun_storage").is_some();
    if !is_lun && document.child("provisioned_size").is_none() {
        return Err(Fault::incomplete("Disk", "provisionedSize", "add"));
    }
    if !is_lun && document.child("format").is_none() {
        return Err(Fault::incomplete("Disk", "format", "add"));
    }
    let mut body = merge::kept(document, "disk");
    if !is_lun {
        let domain = domain_of(site, document, place)?;
        settle_domain(site, &mut body, domain)?;
        check_room(site, &body, domain)?;
    }
    prepare(site, &mut body, alias);
    if !is_lun {
        kinds::quota::check_disk(site, &body)?;
    }
    let id = id.unwrap_or_else(|| site.fresh_id());
    let made = site.add("disks", None, id, body);
    if is_lun {
        site.set(made, "status", "ok");
    } else {
        site.later(durations::DISK, made, created);
    }
    Ok(made)
}

fn check_id(site: &Site, id: &str) -> Result<(), Fault> {
    if uuid::Uuid::try_parse(id).is_err() {
        return Err(Fault::bad_uuid(id));
    }
    match site.top("disks", id) {
        Some(known) => Err(Fault::conflict(format!(
            "Cannot add Virtual Disk. The selected disk ID: {id} is already used by the following existing disk: {}.",
            site.text(known, "alias")
        ))),
        None => Ok(()),
    }
}

/// The storage domain for a new disk: the first one named, or the one it is made in.
fn domain_of(site: &Site, document: &Element, place: Option<String>) -> Result<Handle, Fault> {
    let named = document.child("storage_domains").and_then(|it| it.children().first()).cloned();
    let mut wanted = named.unwrap_or_else(|| Element::new("storage_domain"));
    if let Some(place) = place {
        wanted.set_attribute("id", place);
    }
    call::resolve_one(site, &mut wanted, "storage_domains", "Storage")?;
    let id = wanted.id().filter(|id| !id.is_empty()).ok_or_else(|| {
        Fault::bad("Cannot add Virtual Disk. Storage Domain hasn't been specified.")
    })?;
    let domain = site
        .top("storage_domains", id)
        .ok_or_else(|| Fault::conflict("Cannot add Virtual Disk. Storage Domain doesn't exist."))?;
    check_active(site, domain, "add Virtual Disk")?;
    Ok(domain)
}

/// Checks that disks can be made on a domain.
pub fn check_active(site: &Site, domain: Handle, what: &str) -> Result<(), Fault> {
    let attachment = kinds::storage_domain::attachment(site, domain);
    let status = attachment.map_or("unattached", |it| site.status(it));
    if status != "active" {
        return Err(Fault::conflict(format!(
            "Cannot {what}. The relevant Storage Domain's status is {}.",
            common::words(status)
        )));
    }
    Ok(())
}

/// A disk that is allocated at once has to fit, and leave what the domain keeps free.
fn check_room(site: &Site, body: &Element, domain: Handle) -> Result<(), Fault> {
    let of =
        |body: &Element, path: &str| tree::number(body, path).map_or(0, |it| it.unsigned_abs());
    let kept = of(site.body(domain), "critical_space_action_blocker") << 30;
    let needed = of(body, "provisioned_size") + kept;
    if tree::flag(body, "sparse") != Some(true)
        && needed > kinds::storage_domain::available(site, domain)
    {
        return Err(Fault::conflict(format!(
            "Cannot add Virtual Disk. Low disk space on Storage Domain {}.",
            site.name(domain)
        )));
    }
    Ok(())
}

/// What depends on the storage domain of a disk.
fn settle_domain(site: &Site, body: &mut Element, domain: Handle) -> Result<(), Fault> {
    let link = Element::link("storage_domain", site.id(domain));
    tree::put(body, Element::new("storage_domains").with(link));
    tree::default(body, "sparse", "true");
    let raw = body.text_at("format") == Some("raw");
    let sparse = tree::flag(body, "sparse") == Some(true);
    let incremental = body.text_at("backup") == Some("incremental");
    let technology = site.text(domain, "storage/type");
    let is_block = matches!(technology, "iscsi" | "fcp");
    if (raw && sparse && is_block) || (raw && incremental) || (!raw && !sparse && !incremental) {
        return Err(Fault::conflict(format!(
            "Cannot add Virtual Disk. Disk configuration ({} {} backup-{}) is incompatible with the storage domain type.",
            if raw { "RAW" } else { "COW" },
            if sparse { "Sparse" } else { "Preallocated" },
            if incremental { "Incremental" } else { "None" },
        )));
    }
    let wipe = site.text(domain, "wipe_after_delete").to_owned();
    tree::default(body, "wipe_after_delete", wipe);
    if tree::id_at(body, "disk_profile").is_none()
        && let Some(profile) = site.users("disk_profiles", "storage_domain", domain).first()
    {
        tree::refer(body, "disk_profile", site.id(*profile));
    }
    if tree::id_at(body, "quota").is_none() {
        let attachment = kinds::storage_domain::attachment(site, domain);
        let data_center = attachment.and_then(|it| site.parent(it));
        let quotas = data_center.map(|it| site.children(it, "quotas")).unwrap_or_default();
        if let Some(quota) = quotas.first() {
            tree::refer(body, "quota", site.id(*quota));
        }
    }
    Ok(())
}

/// What the engine fills in.
pub fn prepare(site: &mut Site, body: &mut Element, alias: Option<String>) {
    let name = body.text_at("alias").or(body.text_at("name")).filter(|it| !it.is_empty());
    let alias = name.map(str::to_owned).or(alias).unwrap_or_default();
    tree::set(body, "alias", alias.clone());
    tree::set(body, "name", alias);
    tree::set(body, "status", "locked");
    let size = body.text_at("provisioned_size").unwrap_or("0").to_owned();
    let sparse = tree::flag(body, "sparse") == Some(true);
    let actual = if sparse { "200704".to_owned() } else { size };
    tree::default(body, "actual_size", actual.clone());
    tree::default(body, "total_size", actual);
    for (path, value) in [
        ("storage_type", "image"),
        ("content_type", "data"),
        ("shareable", "false"),
        ("propagate_errors", "false"),
        ("wipe_after_delete", "false"),
        ("backup", "none"),
    ] {
        tree::default(body, path, value);
    }
    if body.child("lun_storage").is_some() {
        tree::set(body, "storage_type", "lun");
    } else if body.child("image_id").is_none() {
        tree::set(body, "image_id", site.fresh_id());
    }
    if body.text_at("format") == Some("cow") {
        tree::default(body, "qcow_version", "qcow2_v3");
    }
}

fn created(site: &mut Site, disk: Handle, failed: bool) {
    site.set(disk, "status", if failed { "illegal" } else { "ok" });
    if failed {
        let alias = site.text(disk, "alias").to_owned();
        let text = format!("Add-Disk operation failed to complete: {alias}.");
        journal::event(site, "error", 2022, text, &[]);
    }
}

/// The attachments of a disk to machines and templates.
pub fn attachments(site: &Site, disk: Handle) -> Vec<Handle> {
    ATTACHMENTS.iter().flat_map(|kind| site.users(kind, "disk", disk)).collect()
}

/// The machines that a disk is plugged into.
pub fn plugged(site: &Site, disk: Handle) -> Vec<Handle> {
    attachments(site, disk)
        .into_iter()
        .filter(|it| site.text(*it, "active") == "true")
        .filter_map(|it| site.parent(it))
        .filter(|it| site.kind(*it) == "vms")
        .collect()
}

/// Updates a disk, in the background even for its alias.
fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    begin_update(site, &call.body, target)
}

/// Checks a change to a disk and begins it; the disk is locked until it is done.
pub fn begin_update(site: &mut Site, document: &Element, target: Handle) -> Result<(), Fault> {
    check_unlocked(site, &[target], "edit Virtual Disk")?;
    let size = tree::number(site.body(target), "provisioned_size").unwrap_or(0);
    let wanted = tree::number(document, "provisioned_size").unwrap_or(size);
    if wanted < size {
        return Err(Fault::bad(
            "Cannot edit Virtual Disk. New disk size must be larger than the current disk size.",
        ));
    }
    check_status_for(site, document, target, wanted > size)?;
    if document.child("qcow_version").is_some() && site.text(target, "format") == "raw" {
        return Err(Fault::bad(
            "Cannot edit Virtual Disk. The amend operation does not support disk without any QCOW2 volumes.",
        ));
    }
    let mut pending = document.clone();
    // These are ignored without a word.
    for gone in ["format", "sparse", "storage_domains", "storage_domain", "status", "image_id"] {
        tree::drop_child(&mut pending, gone);
    }
    site.hide(target, Element::new("pending").with(pending));
    site.set(target, "status", "locked");
    let grows = wanted > size;
    let time = if grows { durations::DISK } else { durations::DISK_UPDATE };
    site.later(time, target, updated);
    Ok(())
}

fn check_status_for(
    site: &Site,
    document: &Element,
    target: Handle,
    grows: bool,
) -> Result<(), Fault> {
    let users = plugged(site, target);
    let not_down =
        || Fault::conflict("Cannot edit Virtual Disk. At least one of the VMs is not down.");
    if grows && users.iter().any(|it| !matches!(site.status(*it), "up" | "down" | "suspended")) {
        return Err(not_down());
    }
    let differs =
        |path: &str| document.text_at(path).is_some_and(|it| it != site.text(target, path));
    let needs_down = differs("shareable") || differs("propagate_errors") || differs("sgio");
    if needs_down && users.iter().any(|it| site.status(*it) != "down") {
        return Err(not_down());
    }
    Ok(())
}

fn updated(site: &mut Site, disk: Handle, failed: bool) {
    let pending = site.unhide(disk, "pending").and_then(|it| it.children().first().cloned());
    site.edit(disk, |body| {
        if let (Some(pending), false) = (pending, failed) {
            let renamed = pending.text_at("alias").or(pending.text_at("name")).map(str::to_owned);
            merge::merge(body, &pending, "disk", true);
            if let Some(renamed) = renamed {
                tree::set(body, "alias", renamed.clone());
                tree::set(body, "name", renamed);
            }
            if tree::flag(body, "sparse") == Some(false) {
                let size = body.text_at("provisioned_size").unwrap_or("0").to_owned();
                tree::set(body, "actual_size", size.clone());
                tree::set(body, "total_size", size);
            }
        }
        tree::set(body, "status", "ok");
    });
    if failed {
        let alias = site.text(disk, "alias").to_owned();
        journal::event(site, "error", 88, format!("Failed to update disk {alias}."), &[]);
    }
}

/// Refuses what needs disks that are not locked.
pub fn check_unlocked(site: &Site, disks: &[Handle], what: &str) -> Result<(), Fault> {
    let locked: Vec<&str> = disks
        .iter()
        .filter(|it| site.status(**it) == "locked")
        .map(|it| site.text(*it, "alias"))
        .collect();
    if locked.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot {what}: The following disks are locked: {}. Please try again in a few minutes.",
        locked.join(",")
    )))
}

/// Removes a disk from wherever it is attached, and later from its storage.
pub fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    if site.status(target) == "locked" {
        return Err(Fault::locked("remove", "Virtual Disk"));
    }
    if plugged(site, target).iter().any(|it| site.status(*it) != "down") {
        return Err(Fault::conflict(
            "Cannot remove Virtual Disk. At least one of the VMs is not down.",
        ));
    }
    let of_template = attachments(site, target).iter().any(|it| site.kind(*it) == ATTACHMENTS[1]);
    if of_template {
        return Err(Fault::conflict(
            "Cannot remove Virtual Disk. The image is the only remaining copy of a Template disk.",
        ));
    }
    begin_removal(site, target);
    Ok(())
}

/// Begins to delete a disk's volumes; nothing has it attached any more.
pub fn begin_removal(site: &mut Site, disk: Handle) {
    for attachment in attachments(site, disk) {
        site.store.remove(attachment);
    }
    if site.text(disk, "storage_type") == "lun" {
        site.store.remove(disk);
        return;
    }
    site.set(disk, "status", "locked");
    site.later(durations::DISK_REMOVAL, disk, |site, disk, failed| {
        if failed {
            site.set(disk, "status", "illegal");
        } else {
            site.store.remove(disk);
        }
    });
}

/// Forgets a disk whose storage leaves, with the machine or template that lives on it.
pub fn forget(site: &mut Site, disk: Handle) {
    for attachment in attachments(site, disk) {
        if let Some(owner) = site.parent(attachment) {
            let others = site.children(owner, site.kind(attachment)).len();
            site.store.remove(attachment);
            if others == 1 {
                site.store.remove(owner);
            }
        }
    }
    site.store.remove(disk);
}

/// Acts on a disk.
pub fn act(site: &mut Site, call: &Call, target: Handle, action: &str) -> Result<(), Fault> {
    check_unlocked(site, &[target], &format!("{action} Virtual Disk"))?;
    match action {
        "copy" => copy_by_call(site, call, target),
        "move" => relocate(site, call, target),
        "convert" => {
            let wanted = call.body.child("disk").cloned();
            site.edit(target, |body| {
                for name in ["format", "sparse", "backup"] {
                    if let Some(text) = wanted.as_ref().and_then(|it| it.text_at(name)) {
                        tree::set(body, name, text);
                    }
                }
                tree::set(body, "status", "locked");
            });
            site.later(durations::DISK, target, created);
            Ok(())
        }
        _ => kinds::actions::harmless(action),
    }
}

fn destination(site: &Site, call: &Call) -> Result<Handle, Fault> {
    let mut wanted = call.body.child("storage_domain").cloned();
    let wanted = wanted.get_or_insert_with(|| Element::new("storage_domain"));
    call::resolve_one(site, wanted, "storage_domains", "Storage")?;
    let id = wanted.id().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("Action", "storageDomain.id|name", "move"))?;
    let domain = site.top("storage_domains", id).ok_or_else(|| {
        Fault::conflict("Cannot move Virtual Disk. Storage Domain doesn't exist.")
    })?;
    check_active(site, domain, "move Virtual Disk")?;
    Ok(domain)
}

fn relocate(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let domain = destination(site, call)?;
    let link = Element::link("storage_domain", site.id(domain).to_owned());
    let profile = site.users("disk_profiles", "storage_domain", domain).first().copied();
    let profile = profile.map(|it| site.id(it).to_owned());
    site.edit(target, |body| {
        tree::put(body, Element::new("storage_domains").with(link));
        if let Some(profile) = profile {
            tree::refer(body, "disk_profile", profile);
        }
        tree::set(body, "status", "locked");
    });
    site.later(durations::DISK, target, created);
    Ok(())
}

fn copy_by_call(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let domain = destination(site, call)?;
    let alias = call.text("disk/alias").or(call.text("disk/name")).map(str::to_owned);
    copy(site, target, alias, Some(domain), durations::DISK);
    Ok(())
}

/// Makes a copy of a disk under a new id; it is locked for a while.
pub fn copy(
    site: &mut Site,
    disk: Handle,
    alias: Option<String>,
    domain: Option<Handle>,
    time: std::time::Duration,
) -> Handle {
    let mut body = site.body(disk).clone();
    let image = site.fresh_id();
    tree::set(&mut body, "image_id", image);
    tree::set(&mut body, "status", "locked");
    if let Some(alias) = alias {
        tree::set(&mut body, "alias", alias.clone());
        tree::set(&mut body, "name", alias);
    }
    if let Some(domain) = domain {
        let link = Element::link("storage_domain", site.id(domain).to_owned());
        tree::put(&mut body, Element::new("storage_domains").with(link));
        tree::drop_child(&mut body, "disk_profile");
        let profile = site.users("disk_profiles", "storage_domain", domain).first().copied();
        if let Some(profile) = profile {
            tree::refer(&mut body, "disk_profile", site.id(profile));
        }
    }
    let made = site.add_fresh("disks", None, body);
    site.later(time, made, created);
    made
}

/// Shows who uses a disk to those who ask for all.
pub fn shown(site: &Site, handle: Handle, view: &View, element: &mut Element) {
    if view.all_content && view.single {
        let mut vms = Element::new("vms");
        for attachment in site.users(ATTACHMENTS[0], "disk", handle) {
            if let Some(vm) = site.parent(attachment) {
                vms.push(Element::link("vm", site.id(vm)));
            }
        }
        if !vms.children().is_empty() {
            element.push(vms);
        }
    }
}
