//! Changing storage domains, and making those on LUNs larger.

use super::create::{check_free, check_limits, check_name, units, write_room};
use super::{illegal, is_block, luns, status, watch_rooms};
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{common, connection, disk, generic, san};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What never changes by an update.
const FIXED: &[&str] =
    &["type", "storage_format", "storage/type", "storage/address", "storage/path"];

/// Updates a storage domain; LUNs that it does not have yet are added to it.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let status = status(site, target).to_owned();
    if status == "locked" {
        return Err(illegal("edit", &status));
    }
    let differs = |path: &str| call.text(path).is_some_and(|it| it != site.text(target, path));
    if FIXED.iter().any(|it| differs(it)) {
        return Err(Fault::bad(
            "Cannot edit Storage. Can only update the following fields: name, description, comment, wipe after delete, low space threshold, and critical space threshold.",
        ));
    }
    check_limits(call, is_block(site, target), "edit")?;
    if let Some(name) = common::new_name(site, call, target) {
        if status != "active" {
            return Err(illegal("edit", &status));
        }
        check_name(site, name, Some(target), "edit")?;
    }
    check_backup(site, call, target)?;
    let storage = site.body(target).child("storage").cloned();
    let storage = extended(site, call, target, storage, &status)?;
    generic::update(site, call, target)?;
    site.edit(target, |body| {
        tree::drop_child(body, "host");
        if let Some(storage) = storage {
            write_room(body, &storage);
            tree::put(body, storage);
        }
    });
    watch_rooms(site, &[target]);
    Ok(())
}

/// A domain for backups must not be in use by what runs.
fn check_backup(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if call.flag("backup") != Some(true) || site.text(target, "backup") == "true" {
        return Ok(());
    }
    if site.text(target, "type") != "data" {
        return Err(Fault::bad(
            "Cannot edit Storage. ISO and Export storage domains do not support the backup property.",
        ));
    }
    let disks = site.users("disks", "storage_domain", target);
    let plugged = disks.into_iter().flat_map(|it| disk::plugged(site, it));
    let running = |it: Handle| !matches!(site.status(it), "down" | "suspended");
    let leased = site
        .store
        .all("vms")
        .any(|it| tree::id_at(site.body(it), "lease/storage_domain") == Some(site.id(target)));
    if leased || plugged.into_iter().any(running) {
        return Err(Fault::conflict(
            "Cannot edit Storage. The storage domain contains disks which are attached to running VMs or VMs with leases.",
        ));
    }
    Ok(())
}

/// The storage of a domain with the LUNs that a call adds; those it leaves out stay.
fn extended(
    site: &mut Site,
    call: &Call,
    target: Handle,
    storage: Option<Element>,
    status: &str,
) -> Result<Option<Element>, Fault> {
    let Some(mut storage) = storage.filter(|_| is_block(site, target)) else {
        return Ok(storage_kept(site, target));
    };
    let given = call.body.child("storage").map(units).unwrap_or_default();
    let known = luns(site, target);
    let new = given.iter().filter_map(Element::id).filter(|id| !known.contains(id));
    let new: Vec<String> = new.map(str::to_owned).collect();
    if new.is_empty() {
        return Ok(Some(storage));
    }
    if status != "active" {
        return Err(illegal("extend", status));
    }
    check_free(site, &new, "extend")?;
    let host = super::attachment(site, target)
        .and_then(|it| site.parent(it))
        .and_then(|it| common::up_host(site, it));
    for lun in &new {
        let seen = host.and_then(|it| san::visible(site, it, lun));
        let Some(unit) = seen.and_then(|it| san::unit(site, it)) else {
            return Err(Fault::conflict(format!(
                "Cannot extend Storage Domain. Storage device {lun} is unreachable from {}.",
                host.map_or("", |it| site.name(it))
            )));
        };
        let group = storage.child_or_new("volume_group");
        group.child_or_new("logical_units").push(unit);
    }
    let connections = connection::of_units(site, units(&storage));
    connection::note(site, target, connections);
    Ok(Some(storage))
}

fn storage_kept(site: &Site, target: Handle) -> Option<Element> {
    site.body(target).child("storage").cloned()
}
