//! What commands on disks check before they begin.

use super::plugged;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{common, storage_domain};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

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

/// Refuses a command on a disk that another one holds, with the words of the holder.
pub fn check_free(site: &Site, disk: Handle, what: &str) -> Result<(), Fault> {
    match site.hidden(disk, "busy").map(Element::text) {
        Some(says) => Err(Fault::conflict(format!("Cannot {what}. {says}"))),
        None => Ok(()),
    }
}

/// Refuses what needs a disk whose data is sound.
pub fn check_legal(site: &Site, disk: Handle, what: &str) -> Result<(), Fault> {
    if site.status(disk) == "illegal" {
        return Err(Fault::refused(
            500,
            format!(
                "Cannot {what}. The following attached disks are in ILLEGAL status: {} - please remove them and try again.",
                site.text(disk, "alias")
            ),
        ));
    }
    Ok(())
}

/// Refuses what cannot be done with whole LUNs and managed blocks.
pub fn check_image(site: &Site, disk: Handle, what: &str) -> Result<(), Fault> {
    match site.text(disk, "storage_type") {
        "lun" => Err(Fault::bad(format!(
            "Cannot {what}. Action is unsupported for the specified disk type (LUN)."
        ))),
        "managed_block_storage" => Err(Fault::bad(format!(
            "Cannot {what}.  Managed Block Storage does not support this operation."
        ))),
        _ => Ok(()),
    }
}

/// Refuses what needs a disk that no running machine has plugged.
pub fn check_plugged_down(site: &Site, disk: Handle, what: &str) -> Result<(), Fault> {
    let running: Vec<Handle> =
        plugged(site, disk).into_iter().filter(|it| site.status(*it) != "down").collect();
    if running.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot {what}. The disk {} is plugged to non-Down VMs: {}",
        site.text(disk, "alias"),
        common::names(site, &running)
    )))
}

/// Checks that disks can be made on a domain.
pub fn check_active(site: &Site, domain: Handle, what: &str) -> Result<(), Fault> {
    let attachment = storage_domain::attachment(site, domain);
    let status = attachment.map_or("unattached", |it| site.status(it));
    if status != "active" {
        return Err(Fault::conflict(format!(
            "Cannot {what}. The relevant Storage Domain's status is {}.",
            common::words(status)
        )));
    }
    Ok(())
}

/// Checks that a domain has some bytes, and that it takes in what is new.
pub fn check_room(site: &Site, domain: Handle, bytes: u64, what: &str) -> Result<(), Fault> {
    let is_low = storage_domain::available(site, domain) < storage_domain::kept_free(site, domain);
    if is_low { Err(low_space(site, domain, what)) } else { check_bytes(site, domain, bytes, what) }
}

/// Checks that a domain has some bytes: what is there may grow as long as there is any room.
pub fn check_bytes(site: &Site, domain: Handle, bytes: u64, what: &str) -> Result<(), Fault> {
    let is_low = storage_domain::available(site, domain) < bytes;
    if is_low { Err(low_space(site, domain, what)) } else { Ok(()) }
}

fn low_space(site: &Site, domain: Handle, what: &str) -> Fault {
    let name = site.name(domain);
    Fault::conflict(format!("Cannot {what}. Low disk space on Storage Domain {name}."))
}
