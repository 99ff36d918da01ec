//! Disk snapshots: the images that a disk has had before its present one.

use super::checks;
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about disk snapshots.
pub const RULES: Rules = Rules::of(KIND).remove(remove);

const KIND: &str = "disk_snapshots";

/// What a disk snapshot does not say of its disk.
const OF_THE_DISK_ALONE: &[&str] = &["status", "logical_name", "sgio", "vms", "lun_storage"];

/// Makes the present image of a disk that of a snapshot.
pub fn keep(site: &mut Site, disk: Handle, snapshot: Handle) {
    let mut body = Element::new("disk_snapshot");
    *body.children_mut() = site.body(disk).children().to_vec();
    for gone in OF_THE_DISK_ALONE {
        tree::drop_child(&mut body, gone);
    }
    tree::set(&mut body, "status", "ok");
    let description = site.text(snapshot, "description").to_owned();
    tree::set(&mut body, "description", description);
    tree::refer(&mut body, "disk", site.id(disk));
    tree::refer(&mut body, "snapshot", site.id(snapshot));
    if let Some(parent) = site.children(disk, KIND).last() {
        tree::refer(&mut body, "parent", site.id(*parent));
    }
    let image = site.text(disk, "image_id").to_owned();
    site.add(KIND, Some(disk), image, body);
}

/// Forgets the images of a snapshot that was merged.
pub fn merge(site: &mut Site, snapshot: Handle) {
    for image in site.users(KIND, "snapshot", snapshot) {
        drop_image(site, image);
    }
}

/// The next image follows the one before the one that goes.
fn drop_image(site: &mut Site, image: Handle) {
    let parent = site.reference(image, "parent").map(str::to_owned);
    for next in site.users(KIND, "parent", image) {
        site.edit(next, |body| {
            tree::drop_child(body, "parent");
            if let Some(parent) = &parent {
                tree::refer(body, "parent", parent.clone());
            }
        });
    }
    site.store.remove(image);
}

/// The disk snapshots of a disk, or of all disks on a storage domain.
pub fn of(site: &Site, owner: Handle) -> Vec<Handle> {
    if site.kind(owner) == "disks" {
        return site.children(owner, KIND);
    }
    let disks = site.users("disks", "storage_domain", owner);
    disks.into_iter().flat_map(|it| site.children(it, KIND)).collect()
}

/// Merges one image of a disk into the next.
fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    const WHAT: &str = "remove Disk Snapshot";
    let disk = site.parent(target).ok_or_else(Fault::nowhere)?;
    checks::check_free(site, disk, WHAT)?;
    checks::check_unlocked(site, &[disk], WHAT)?;
    for domain in super::domains(site, disk) {
        checks::check_active(site, domain, WHAT)?;
    }
    site.set(disk, "status", "locked");
    site.set(target, "status", "locked");
    site.later(durations::SNAPSHOT, target, |site, target, failed| {
        if let Some(disk) = site.parent(target) {
            site.set(disk, "status", "ok");
        }
        if failed {
            site.set(target, "status", "illegal");
        } else {
            drop_image(site, target);
        }
    });
    Ok(())
}
