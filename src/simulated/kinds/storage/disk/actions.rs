//! Actions on disks: copies, moves, and changes of their format.

use super::create::{check_configuration, created};
use super::{checks, domains, has_snapshots, is_of_template, plugged, update};
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::kinds::providers::image::add_image;
use crate::simulated::kinds::storage::auto_snapshot;
use crate::simulated::kinds::{common, storage_domain};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What an action's answer shows beside the disk: nothing.
type Done = Result<Vec<Element>, Fault>;

/// The storage domain that an action names.
fn destination(site: &Site, call: &Call, verb: &str) -> Result<Handle, Fault> {
    let wanted = call.body.child("storage_domain").cloned();
    let mut wanted = wanted.unwrap_or_else(|| Element::new("storage_domain"));
    call::resolve_one(site, &mut wanted, "storage_domains", "Storage")?;
    let id = wanted.id().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("Action", "storageDomain.id|name", verb))?;
    site.top("storage_domains", id).ok_or_else(|| {
        Fault::bad(format!("Cannot {verb} Virtual Disk. Storage Domain doesn't exist."))
    })
}

/// Moves a disk: without its machine noticing, by way of a snapshot if that runs.
pub fn relocate(site: &mut Site, call: &Call, target: Handle) -> Done {
    const WHAT: &str = "move Virtual Disk";
    let domain = destination(site, call, "move")?;
    checks::check_free(site, target, WHAT)?;
    checks::check_image(site, target, WHAT)?;
    if is_of_template(site, target) {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. The following disk(s) are not attached to any VM: {}.",
            site.text(target, "alias")
        )));
    }
    checks::check_unlocked(site, &[target], WHAT)?;
    if domains(site, target).contains(&domain) {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. The source and target storage domains are the same."
        )));
    }
    check_transport(site, target, domain, WHAT)?;
    let running: Vec<Handle> =
        plugged(site, target).into_iter().filter(|it| site.status(*it) != "down").collect();
    check_live(site, target, &running)?;
    let says = format!("Disk {} is being moved or copied.", site.text(target, "alias"));
    super::engage(site, target, &says);
    let goal = Element::new("goal").with(Element::link("storage_domain", site.id(domain)));
    site.hide(target, goal);
    let mut time = durations::DISK_COPY;
    if running.is_empty() {
        occupy(site, domain);
    }
    if let Some(vm) = running.first() {
        let taken = auto_snapshot::take(site, *vm, "Auto-generated for Live Storage Migration");
        time += durations::AUTO_SNAPSHOT;
        site.later(time, taken, |site, taken, _| auto_snapshot::drop(site, taken));
    }
    site.later(time, target, moved);
    Ok(Vec::new())
}

fn check_live(site: &Site, target: Handle, running: &[Handle]) -> Result<(), Fault> {
    if running.is_empty() {
        return Ok(());
    }
    if site.text(target, "shareable") == "true" {
        return Err(Fault::conflict(format!(
            "Cannot move a shareable Virtual Disk ({}). This operation is not supported.",
            site.text(target, "alias")
        )));
    }
    if running.iter().any(|it| !matches!(site.status(*it), "up" | "paused")) {
        return Err(Fault::conflict(
            "Cannot move Virtual Disk. The Virtual Machine should be either in Up or Paused status.",
        ));
    }
    Ok(())
}

/// What both moves and copies check of where they go.
fn check_transport(site: &Site, target: Handle, domain: Handle, what: &str) -> Result<(), Fault> {
    checks::check_legal(site, target, what)?;
    for source in domains(site, target) {
        checks::check_active(site, source, what)?;
    }
    checks::check_active(site, domain, what)?;
    if site.text(domain, "type") != "data" {
        return Err(Fault::bad(format!("Cannot {what}. Storage Domain type is illegal.")));
    }
    if site.text(target, "shareable") == "true" {
        let alias = site.text(target, "alias");
        if site.text(domain, "storage/type") == "glusterfs" {
            return Err(Fault::bad(format!(
                "Cannot {what}. {alias} is shareable, which Gluster domains do not support."
            )));
        }
        if storage_domain::is_block(site, domain) && site.text(target, "sparse") == "true" {
            return Err(Fault::bad(format!(
                "Cannot {what}. {alias} is a thin provisioned shareable disk, which is not supported for block-based domains."
            )));
        }
    }
    let size = tree::number(site.body(target), "actual_size").map_or(0, i64::unsigned_abs);
    checks::check_room(site, domain, size, what)
}

fn moved(site: &mut Site, disk: Handle, failed: bool) {
    let before = domains(site, disk);
    let goal = site.unhide(disk, "goal");
    let goal = goal.and_then(|it| site.top("storage_domains", tree::id_at(&it, "storage_domain")?));
    if let (Some(domain), false) = (goal, failed) {
        settle(site, disk, domain);
    }
    super::disengage(site, disk, "ok");
    storage_domain::watch_rooms(site, &before);
}

/// Puts a disk on a storage domain, under its profile.
fn settle(site: &mut Site, disk: Handle, domain: Handle) {
    let body = site.body(disk).clone();
    let body = settled(site, body, domain);
    site.edit(disk, |old| *old = body);
}

fn settled(site: &Site, mut body: Element, domain: Handle) -> Element {
    let link = Element::link("storage_domain", site.id(domain));
    tree::put(&mut body, Element::new("storage_domains").with(link));
    tree::drop_child(&mut body, "disk_profile");
    if let Some(profile) = site.users("disk_profiles", "storage_domain", domain).first() {
        tree::refer(&mut body, "disk_profile", site.id(*profile));
    }
    if storage_domain::is_block(site, domain)
        && body.text_at("format") == Some("raw")
        && tree::flag(&body, "sparse") == Some(true)
    {
        // Blocks know no holes in raw files.
        tree::set(&mut body, "sparse", "false");
        update::write_sizes(&mut body);
    }
    body
}

/// One host of the data center does the copying: a real engine draws lots, this one takes the last.
fn occupy(site: &mut Site, domain: Handle) {
    let id = site.id(domain).to_owned();
    let attached = site.store.all("attached_storage_domains").find(|it| site.id(*it) == id);
    let hosts = attached.and_then(|it| site.parent(it)).map(|it| common::hosts_of(site, it));
    let up = hosts.into_iter().flatten().rfind(|it| site.status(*it) == "up");
    if let Some(host) = up {
        journal::runs_on(site, host);
    }
}

/// Copies a disk to a new one, or a template's disk to one more storage domain.
pub fn copy_by_call(site: &mut Site, call: &Call, target: Handle) -> Done {
    const WHAT: &str = "copy Virtual Disk";
    let domain = destination(site, call, "copy")?;
    checks::check_free(site, target, WHAT)?;
    checks::check_image(site, target, WHAT)?;
    checks::check_unlocked(site, &[target], WHAT)?;
    if is_of_template(site, target) && domains(site, target).contains(&domain) {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. One of the Template Images already exists."
        )));
    }
    check_transport(site, target, domain, WHAT)?;
    occupy(site, domain);
    let says = format!("Disk {} is being moved or copied.", site.text(target, "alias"));
    super::engage(site, target, &says);
    site.later(durations::DISK_COPY, target, |site, target, _| {
        super::disengage(site, target, "ok");
    });
    if is_of_template(site, target) {
        let link = Element::link("storage_domain", site.id(domain));
        site.edit(target, |body| body.child_or_new("storage_domains").push(link));
        return Ok(Vec::new());
    }
    let alias = call.text("disk/alias").or(call.text("disk/name")).map(str::to_owned);
    let copied = copy(site, target, alias, Some(domain), durations::DISK_COPY);
    for reference in ["disk_profile", "quota"] {
        if let Some(id) = call.id_at(reference).map(str::to_owned) {
            site.edit(copied, |body| tree::refer(body, reference, id));
        }
    }
    Ok(Vec::new())
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
    if let Some(domain) = domain.or_else(|| domains(site, disk).first().copied()) {
        let moves = domains(site, disk) != [domain];
        body = if moves { settled(site, body, domain) } else { body };
    }
    let made = site.add_fresh("disks", None, body);
    let (from, to) = (site.id(disk).to_owned(), site.id(made).to_owned());
    site.volumes.copy(&from, &to);
    site.later(time, made, created);
    made
}

/// Changes format, allocation or the kind of backups of a disk that no machine uses.
pub fn convert(site: &mut Site, call: &Call, target: Handle) -> Done {
    const WHAT: &str = "convert disk Virtual Disk";
    let wanted = call.body.child("disk").cloned().unwrap_or_else(|| Element::new("disk"));
    if wanted.text_at("format").is_none() && wanted.text_at("sparse").is_none() {
        return Err(Fault::incomplete("Action", "disk.format|sparse", "convert"));
    }
    checks::check_free(site, target, WHAT)?;
    checks::check_image(site, target, WHAT)?;
    if has_snapshots(site, target) {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. Disks with multiple snapshots are not supported."
        )));
    }
    if site.status(target) == "locked" {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}: Disk is locked. Please try again later."
        )));
    }
    if plugged(site, target).iter().any(|it| site.status(*it) != "down") {
        return Err(Fault::conflict(format!("Cannot {WHAT}. VM is running.")));
    }
    let mut body = site.body(target).clone();
    for name in ["format", "sparse", "backup"] {
        if let Some(text) = wanted.text_at(name) {
            tree::set(&mut body, name, text);
        }
    }
    if let Some(domain) = domains(site, target).first() {
        check_configuration(site, &body, *domain, WHAT)?;
    }
    let says = format!("Disk {} is being converted.", site.text(target, "alias"));
    super::engage(site, target, &says);
    site.hide(target, Element::new("pending").with(wanted));
    site.later(durations::DISK_COPY, target, converted);
    Ok(Vec::new())
}

fn converted(site: &mut Site, disk: Handle, failed: bool) {
    let pending = site.unhide(disk, "pending").and_then(|it| it.children().first().cloned());
    let image = site.fresh_id();
    site.edit(disk, |body| {
        let Some(pending) = pending.filter(|_| !failed) else { return };
        for name in ["format", "sparse", "backup"] {
            if let Some(text) = pending.text_at(name) {
                tree::set(body, name, text);
            }
        }
        tree::set(body, "image_id", image);
        if body.text_at("format") == Some("cow") {
            tree::default(body, "qcow_version", "qcow2_v3");
        } else {
            tree::drop_child(body, "qcow_version");
        }
        update::write_sizes(body);
    });
    super::disengage(site, disk, "ok");
    super::measure(site, disk);
}

/// Gives room back that a thin disk does not need.
pub fn sparsify(site: &mut Site, _call: &Call, target: Handle) -> Done {
    const WHAT: &str = "sparsify Virtual Disk";
    checks::check_free(site, target, WHAT)?;
    checks::check_plugged_down(site, target, WHAT)?;
    let alias = site.text(target, "alias").to_owned();
    if super::is_lun(site, target) {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. Sparsifying disk {alias} is not supported by disk storage type LUN."
        )));
    }
    let blocks = domains(site, target).into_iter().find(|it| storage_domain::is_block(site, *it));
    if site.text(target, "sparse") == "false" {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. Sparsifying is not supported for preallocated disk {alias}."
        )));
    }
    if let Some(domain) = blocks
        && site.text(target, "format") == "cow"
    {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. Sparsifying disk {alias} is not supported by {} of type {}.",
            site.name(domain),
            site.text(domain, "storage/type").to_uppercase()
        )));
    }
    if has_snapshots(site, target) {
        return Err(Fault::bad(format!("Cannot {WHAT}. Disks with snapshots are not supported.")));
    }
    checks::check_legal(site, target, WHAT)?;
    checks::check_unlocked(site, &[target], WHAT)?;
    work(site, target);
    Ok(Vec::new())
}

/// Makes the volume of a disk on blocks as small as what it holds.
pub fn reduce(site: &mut Site, _call: &Call, target: Handle) -> Done {
    const WHAT: &str = "reduce Virtual Disk";
    checks::check_free(site, target, WHAT)?;
    if site.text(target, "shareable") == "true" {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. Reduce image is not supported for shareable disks."
        )));
    }
    if !domains(site, target).iter().any(|it| storage_domain::is_block(site, *it)) {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. Reduce image isn't required for file based domains."
        )));
    }
    if plugged(site, target).iter().any(|it| site.status(*it) != "down") {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. Reduce image is not supported for active image."
        )));
    }
    checks::check_unlocked(site, &[target], WHAT)?;
    work(site, target);
    Ok(Vec::new())
}

/// Locks a disk for as long as work on its volume takes.
fn work(site: &mut Site, target: Handle) {
    site.set(target, "status", "locked");
    site.later(durations::DISK, target, |site, disk, _| {
        super::disengage(site, disk, "ok");
        super::measure(site, disk);
    });
}

/// Exports a disk to a provider of images.
pub fn export(site: &mut Site, call: &Call, target: Handle) -> Done {
    const WHAT: &str = "export Virtual Disk";
    let domain = destination(site, call, "export")?;
    checks::check_free(site, target, WHAT)?;
    checks::check_image(site, target, WHAT)?;
    if site.text(domain, "type") != "image" {
        return Err(Fault::bad(format!("Cannot {WHAT}. Storage Domain type is illegal.")));
    }
    if has_snapshots(site, target) {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. Disk configuration (COW Sparse backup-None) is incompatible with the storage domain type."
        )));
    }
    let users = super::attachments(site, target).into_iter().filter_map(|it| site.parent(it));
    if users.filter(|it| site.kind(*it) == "vms").any(|it| site.status(it) != "down") {
        return Err(Fault::conflict(format!("Cannot {WHAT}. VM is running.")));
    }
    checks::check_legal(site, target, WHAT)?;
    checks::check_unlocked(site, &[target], WHAT)?;
    let says = format!("Disk {} is being exported.", site.text(target, "alias"));
    super::engage(site, target, &says);
    site.hide(target, Element::link("exported", site.id(domain)));
    site.later(durations::DISK_COPY, target, exported);
    Ok(Vec::new())
}

fn exported(site: &mut Site, disk: Handle, failed: bool) {
    let domain = site.unhide(disk, "exported");
    let domain = domain.and_then(|it| site.top("storage_domains", it.id()?));
    if let (Some(domain), false) = (domain, failed) {
        let (id, alias) = (site.fresh_id(), site.text(disk, "alias").to_owned());
        let size = tree::number(site.body(disk), "provisioned_size").map_or(0, i64::unsigned_abs);
        add_image(site, domain, id, &alias, size);
    }
    super::disengage(site, disk, "ok");
}
