//! Changing disks: checked at once, done in the background.

use super::{SMALLEST, checks, has_snapshots, is_of_template, plugged};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const WHAT: &str = "edit Virtual Disk";

/// Updates a disk, in the background even for its alias.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    begin_update(site, &call.body, target)
}

/// Checks a change to a disk and begins it; the disk is locked until it is done.
pub fn begin_update(site: &mut Site, document: &Element, target: Handle) -> Result<(), Fault> {
    checks::check_free(site, target, WHAT)?;
    checks::check_unlocked(site, &[target], WHAT)?;
    let size = tree::number(site.body(target), "provisioned_size").unwrap_or(0);
    let wanted = tree::number(document, "provisioned_size").unwrap_or(size);
    if wanted < size {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. New disk size must be larger than the current disk size."
        )));
    }
    let grows = wanted > size;
    check_status_for(site, document, target, grows)?;
    if grows {
        check_growth(site, target, wanted.abs_diff(size))?;
    }
    check_sharing(site, document, target)?;
    check_amend(site, document, target)?;
    let mut pending = document.clone();
    // These are ignored without a word.
    for gone in ["format", "sparse", "storage_domains", "storage_domain", "status", "image_id"] {
        tree::drop_child(&mut pending, gone);
    }
    site.hide(target, Element::new("pending").with(pending));
    site.set(target, "status", "locked");
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
        || Fault::conflict(format!("Cannot {WHAT}. At least one of the VMs is not down."));
    if grows && users.iter().any(|it| !matches!(site.status(*it), "up" | "down" | "suspended")) {
        return Err(not_down());
    }
    let differs =
        |path: &str| document.text_at(path).is_some_and(|it| it != site.text(target, path));
    let quota = tree::id_at(document, "quota");
    let needs_down = ["shareable", "propagate_errors", "sgio"].into_iter().any(differs)
        || quota.is_some() && quota != site.reference(target, "quota");
    if needs_down && users.iter().any(|it| site.status(*it) != "down") {
        return Err(not_down());
    }
    Ok(())
}

fn check_growth(site: &Site, target: Handle, by: u64) -> Result<(), Fault> {
    let read_only = site.users(super::ATTACHMENTS[0], "disk", target);
    if read_only.into_iter().any(|it| site.text(it, "read_only") == "true") {
        return Err(Fault::conflict(format!("Cannot {WHAT}. Read-only disk cannot be resized.")));
    }
    if site.text(target, "sparse") == "false" {
        for domain in super::domains(site, target) {
            checks::check_bytes(site, domain, by, WHAT)?;
        }
    }
    Ok(())
}

fn check_sharing(site: &Site, document: &Element, target: Handle) -> Result<(), Fault> {
    let wanted = tree::flag(document, "shareable");
    let refuse = |text: &str| Err(Fault::conflict(format!("Cannot {WHAT}. {text}")));
    match (wanted, site.text(target, "shareable") == "true") {
        (Some(true), false) if super::is_lun(site, target) => Ok(()),
        (Some(true), false) if has_snapshots(site, target) => refuse(
            "Disk cannot be shareable if it depends on a snapshot. In order to share it, remove the disk's snapshots.",
        ),
        (Some(true), false) if site.text(target, "format") != "raw" => {
            refuse("Disk's volume format is not supported for shareable disk.")
        }
        (Some(true), false)
            if super::domains(site, target)
                .iter()
                .any(|it| site.text(*it, "storage/type") == "glusterfs") =>
        {
            refuse("Shareable disks are not supported on Gluster domains.")
        }
        (Some(false), true) if super::attachments(site, target).len() > 1 => refuse(
            "Disk is shared between VMs and cannot be made unshareable. Detach the disk from the rest of the VMs it is attached to and then update the disk to be unshareable.",
        ),
        _ => Ok(()),
    }
}

fn check_amend(site: &Site, document: &Element, target: Handle) -> Result<(), Fault> {
    let wanted = document.text_at("qcow_version");
    if wanted.is_none_or(|it| it == site.text(target, "qcow_version")) {
        return Ok(());
    }
    if site.text(target, "format") == "raw" {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. The amend operation does not support disk without any QCOW2 volumes."
        )));
    }
    if is_of_template(site, target) {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. The amend operation does not support Template disks."
        )));
    }
    if super::attachments(site, target).is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. Updating QCOW version is not applicable for unattached disks."
        )));
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
            write_sizes(body);
        }
    });
    super::disengage(site, disk, "ok");
}

/// Writes what a disk takes on its storage: all of its size unless it is thin.
pub fn write_sizes(body: &mut Element) {
    if body.child("lun_storage").is_some() {
        return;
    }
    if tree::flag(body, "sparse") == Some(false) {
        let size = body.text_at("provisioned_size").unwrap_or("0").to_owned();
        tree::set(body, "actual_size", size.clone());
        tree::set(body, "total_size", size);
    } else {
        tree::default(body, "actual_size", SMALLEST.to_string());
        tree::default(body, "total_size", SMALLEST.to_string());
    }
}
