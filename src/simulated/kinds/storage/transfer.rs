//! Transfers of images: their phases. Their data goes through `images`.

use std::time::Duration;

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::images;
use crate::simulated::journal::Event;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{backup, common, disk, generic};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about image transfers.
pub const RULES: Rules = Rules::of(KIND)
    .add(add)
    .actions(&[
        ("cancel", cancel),
        ("extend", extend),
        ("finalize", finalize),
        ("pause", pause),
        ("resume", resume),
    ])
    .shown(shown)
    .by_name(&[("host", "hosts", "Host")]);

/// Their collection.
pub const KIND: &str = "image_transfers";

/// How long a client may do nothing if it does not say.
const INACTIVITY: &str = "60";
const KEPT_WHEN_DONE: Duration = Duration::from_secs(15 * 60);
const KEPT_WHEN_FAILED: Duration = Duration::from_secs(30 * 60);

/// Begins a transfer; the disk is locked until it is over.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let target = target(site, call)?;
    let backup = call.id_at("backup").map(str::to_owned);
    match &backup {
        Some(id) => backup::check_ready(site, id, call)?,
        None => check_free(site, target)?,
    }
    let domain = disk::domains(site, target).first().copied();
    let domain = domain.ok_or_else(|| not_found("The specified disk does not exist."))?;
    disk::check_active(site, domain, "transfer Virtual Disk")?;
    let mut body = generic::draft(site, call);
    for (name, value) in [
        ("direction", "upload"),
        ("format", if backup.is_some() { "raw" } else { site.text(target, "format") }),
        ("inactivity_timeout", INACTIVITY),
        ("timeout_policy", "legacy"),
        ("shallow", "false"),
    ] {
        tree::default(&mut body, name, value);
    }
    tree::set(&mut body, "phase", "initializing");
    tree::set(&mut body, "transferred", "0");
    tree::set(&mut body, "active", "false");
    let host = host(site, call, domain)?;
    tree::refer(&mut body, "host", site.id(host));
    let id = site.id(target).to_owned();
    tree::refer(&mut body, "image", id.clone());
    let made = generic::put(site, call, None, body);
    site.hide(made, Element::leaf("disk", id));
    match backup {
        Some(id) => site.hide(made, Element::leaf("backup", id)),
        None => disk::engage(site, target, &being_transferred(site, target)),
    }
    site.later(durations::TRANSFER_PHASE, made, ready);
    Ok(made)
}

fn not_found(text: &str) -> Fault {
    Fault::bad(format!("Cannot transfer Virtual Disk. {text}"))
}

/// The disk to transfer, named itself or by one of its snapshots.
fn target(site: &Site, call: &Call) -> Result<Handle, Fault> {
    let named = call.id_at("disk").or(call.id_at("image"));
    let named = match (named, call.id_at("snapshot")) {
        (Some(id), _) => id,
        (None, Some(image)) => {
            let of_image = |it: &Handle| site.text(*it, "image_id") == image;
            let found = site.store.all("disks").find(of_image);
            return found.ok_or_else(|| not_found("The specified disk does not exist."));
        }
        (None, None) => return Err(Fault::no_signature()),
    };
    let found = site.top("disks", named);
    found.ok_or_else(|| not_found("The specified disk does not exist."))
}

fn check_free(site: &Site, target: Handle) -> Result<(), Fault> {
    const WHAT: &str = "transfer Virtual Disk";
    disk::check_free(site, target, WHAT)?;
    disk::check_legal(site, target, WHAT)?;
    disk::check_image(site, target, WHAT)?;
    disk::check_plugged_down(site, target, WHAT)?;
    disk::check_unlocked(site, &[target], WHAT)
}

fn being_transferred(site: &Site, target: Handle) -> String {
    format!("Disk {} is being transferred.", site.text(target, "alias"))
}

/// The host that serves the data: the one asked for, or any that is up.
fn host(site: &Site, call: &Call, domain: Handle) -> Result<Handle, Fault> {
    let center = disk::data_center(site, domain);
    let wanted = call.id_at("host").and_then(|id| site.top("hosts", id));
    let wanted = wanted.filter(|it| site.status(*it) == "up");
    let any = || center.and_then(|it| common::up_host(site, it));
    wanted.or_else(any).ok_or_else(|| {
        Fault::conflict("Cannot transfer Virtual Disk. There is no active Host in the Data Center.")
    })
}

/// The disk of a transfer, if it still exists.
fn disk_of(site: &Site, transfer: Handle) -> Option<Handle> {
    site.top("disks", site.hidden(transfer, "disk").map_or("", Element::text))
}

/// Whether a file in QCOW2 format is transferred, and not what is in it.
fn is_file(site: &Site, transfer: Handle) -> bool {
    site.text(transfer, "format") == "cow"
}

fn is_upload(site: &Site, transfer: Handle) -> bool {
    site.text(transfer, "direction") == "upload"
}

/// The key of a transfer's data: the disk's own, unless a file comes between.
pub fn image(site: &Site, transfer: Handle) -> &str {
    if is_file(site, transfer) {
        return site.id(transfer);
    }
    site.hidden(transfer, "disk").map_or("", Element::text)
}

/// How many bytes a transfer may move at most.
pub fn size(site: &Site, transfer: Handle) -> u64 {
    let disk = disk_of(site, transfer);
    let size = disk.and_then(|it| tree::number(site.body(it), "provisioned_size"));
    let size = size.map_or(0, i64::unsigned_abs);
    match (is_file(site, transfer), is_upload(site, transfer)) {
        (false, _) => size,
        // A file that is full is a little larger than what it holds.
        (true, true) => size + size / 10 + (1 << 20),
        (true, false) => site.volumes.end(site.id(transfer)),
    }
}

/// Whether the changes since a checkpoint are transferred.
pub fn is_incremental(site: &Site, transfer: Handle) -> bool {
    let backup = site.hidden(transfer, "backup").map(Element::text);
    let backup = backup.and_then(|id| backup::find(site, id));
    backup.is_some_and(|it| !site.text(it, "from_checkpoint_id").is_empty())
}

/// Whether a transfer is neither finished nor failed.
pub fn is_active(site: &Site, transfer: Handle) -> bool {
    !site.text(transfer, "phase").starts_with("finished")
}

/// The transfers of a backup that are not over.
pub fn of_backup(site: &Site, backup: &str) -> bool {
    let of = |it: &Handle| site.hidden(*it, "backup").is_some_and(|it| it.text() == backup);
    site.store.all(KIND).filter(of).any(|it| is_active(site, it))
}

/// Whether data goes to or from a storage domain at the moment.
pub fn uses(site: &Site, domain: Handle) -> bool {
    let here = |it: Handle| disk::domains(site, it).contains(&domain);
    let open = |it: &Handle| !site.text(*it, "phase").starts_with("paused");
    site.store
        .all(KIND)
        .filter(|it| is_active(site, *it))
        .filter(open)
        .any(|it| disk_of(site, it).is_some_and(here))
}

/// Notes that a client does something.
pub fn touch(site: &mut Site, transfer: Handle) {
    let now = site.now.as_millis().to_string();
    site.hide(transfer, Element::leaf("touched", now));
}

/// Counts bytes that were moved.
pub fn count(site: &mut Site, transfer: Handle, bytes: u64) {
    let before = tree::number(site.body(transfer), "transferred").map_or(0, i64::unsigned_abs);
    site.set(transfer, "transferred", before.saturating_add(bytes).to_string());
    site.set(transfer, "active", "true");
}

fn ready(site: &mut Site, transfer: Handle, failed: bool) {
    if !matches!(site.text(transfer, "phase"), "initializing" | "resuming") {
        return;
    }
    if failed || !hand_out(site, transfer) {
        site.set(transfer, "phase", "cancelled_system");
        return site.later(durations::TRANSFER_PHASE, transfer, clean_up);
    }
    let url = format!("https://{}{}{}", site.authority, images::ROOT, site.id(transfer));
    site.edit(transfer, |body| {
        tree::set(body, "phase", "transferring");
        tree::set(body, "transfer_url", url.clone());
        tree::set(body, "proxy_url", url);
    });
    touch(site, transfer);
    watch(site, transfer);
}

/// Makes the file for a download that wants one; returns whether there was room for it.
fn hand_out(site: &mut Site, transfer: Handle) -> bool {
    if !is_file(site, transfer) || is_upload(site, transfer) {
        return true;
    }
    let Some(target) = disk_of(site, transfer) else { return false };
    let (image, file) = (site.id(target).to_owned(), site.id(transfer).to_owned());
    let size = tree::number(site.body(target), "provisioned_size").map_or(0, i64::unsigned_abs);
    site.volumes.pack(&image, size, &file).is_ok()
}

/// Looks again when the client may have been idle for too long.
fn watch(site: &mut Site, transfer: Handle) {
    let patience = patience(site, transfer);
    if patience > Duration::ZERO {
        let left = touched(site, transfer).saturating_add(patience).saturating_sub(site.now);
        site.watch(left.max(Duration::from_millis(1)), transfer, idle);
    }
}

fn patience(site: &Site, transfer: Handle) -> Duration {
    let seconds = tree::number(site.body(transfer), "inactivity_timeout");
    let seconds = seconds.and_then(|it| u32::try_from(it).ok()).unwrap_or_default();
    // Clients are idle in their own time.
    Duration::try_from_secs_f64(f64::from(seconds) * site.haste.max(1.0)).unwrap_or(Duration::MAX)
}

fn touched(site: &Site, transfer: Handle) -> Duration {
    let millis = site.hidden(transfer, "touched").and_then(|it| it.text().parse().ok());
    Duration::from_millis(millis.unwrap_or_default())
}

fn idle(site: &mut Site, transfer: Handle, _failed: bool) {
    if site.text(transfer, "phase") != "transferring" {
        return;
    }
    if touched(site, transfer).saturating_add(patience(site, transfer)) > site.now {
        return watch(site, transfer);
    }
    let upload = is_upload(site, transfer);
    let pauses = match site.text(transfer, "timeout_policy") {
        "pause" => true,
        "cancel" => false,
        _ => upload,
    };
    close(site, transfer, if pauses { "paused_system" } else { "cancelled_system" });
    let event = match pauses {
        true => "TRANSFER_IMAGE_PAUSED_ON_TIMEOUT",
        false => "TRANSFER_IMAGE_CANCELED_ON_TIMEOUT",
    };
    tell(site, transfer, event);
    if !pauses {
        site.later(durations::TRANSFER_PHASE, transfer, clean_up);
    }
}

fn tell(site: &mut Site, transfer: Handle, event: &'static str) {
    let event = Event::of(event);
    let disk = disk_of(site, transfer);
    disk.into_iter().fold(event, |event, disk| event.about(site, disk)).tell(site);
}

/// Leaves the phase in which there is a ticket.
fn close(site: &mut Site, transfer: Handle, phase: &str) {
    site.edit(transfer, |body| {
        tree::set(body, "phase", phase);
        tree::set(body, "active", "false");
        tree::drop_child(body, "transfer_url");
        tree::drop_child(body, "proxy_url");
    });
}

fn finalize(site: &mut Site, _call: &Call, transfer: Handle) -> Result<Vec<Element>, Fault> {
    if is_active(site, transfer) {
        close(site, transfer, "finalizing_success");
        site.later(durations::TRANSFER_PHASE, transfer, finalized);
    }
    Ok(Vec::new())
}

fn finalized(site: &mut Site, transfer: Handle, failed: bool) {
    if site.text(transfer, "phase") != "finalizing_success" {
        return;
    }
    if failed || !take_in(site, transfer) {
        close(site, transfer, "finalizing_failure");
        return site.later(durations::TRANSFER_PHASE, transfer, clean_up);
    }
    if let Some(target) = disk_of(site, transfer) {
        if is_upload(site, transfer) {
            disk::measure(site, target);
        }
        release(site, transfer, target);
    }
    tell(site, transfer, "TRANSFER_IMAGE_SUCCEEDED");
    end(site, transfer, "finished_success", KEPT_WHEN_DONE);
}

fn release(site: &mut Site, transfer: Handle, target: Handle) {
    if site.hidden(transfer, "backup").is_none() {
        disk::disengage(site, target, "ok");
    }
}

/// Takes what was in an uploaded file; returns whether that is an image of the disk's size.
fn take_in(site: &mut Site, transfer: Handle) -> bool {
    let Some(target) = disk_of(site, transfer) else { return false };
    if !is_file(site, transfer) || !is_upload(site, transfer) {
        return true;
    }
    let (image, file) = (site.id(target).to_owned(), site.id(transfer).to_owned());
    let wanted = tree::number(site.body(target), "provisioned_size").map(i64::unsigned_abs);
    site.volumes.size_in_file(&file) == wanted && site.volumes.unpack(&file, &image).is_ok()
}

fn cancel(site: &mut Site, _call: &Call, transfer: Handle) -> Result<Vec<Element>, Fault> {
    if is_active(site, transfer) {
        close(site, transfer, "cancelled_user");
        site.later(durations::TRANSFER_PHASE, transfer, clean_up);
    }
    Ok(Vec::new())
}

/// A transfer that did not succeed ends; with an upload goes the disk.
fn clean_up(site: &mut Site, transfer: Handle, _failed: bool) {
    let next = match site.text(transfer, "phase") {
        "cancelled_user" => "finalizing_cleanup",
        "cancelled_system" => "finalizing_failure",
        "finalizing_cleanup" | "finalizing_failure" => {
            let upload = is_upload(site, transfer);
            match disk_of(site, transfer) {
                Some(target) if upload => disk::begin_removal(site, target),
                Some(target) => release(site, transfer, target),
                None => {}
            }
            return end(site, transfer, "finished_failure", KEPT_WHEN_FAILED);
        }
        _ => return,
    };
    site.set(transfer, "phase", next);
    site.later(durations::TRANSFER_PHASE, transfer, clean_up);
}

fn end(site: &mut Site, transfer: Handle, phase: &str, kept: Duration) {
    site.set(transfer, "phase", phase);
    let file = site.id(transfer).to_owned();
    site.volumes.remove(&file);
    site.watch(kept, transfer, |site, transfer, _| site.store.remove(transfer));
}

fn extend(site: &mut Site, _call: &Call, transfer: Handle) -> Result<Vec<Element>, Fault> {
    touch(site, transfer);
    Ok(Vec::new())
}

fn pause(site: &mut Site, _call: &Call, transfer: Handle) -> Result<Vec<Element>, Fault> {
    if site.text(transfer, "direction") == "download" {
        return Err(Fault::bad(
            "Cannot pause image download as it's handled by the client. Note that it can be canceled if you wish to stop it.",
        ));
    }
    if matches!(site.text(transfer, "phase"), "transferring" | "initializing" | "resuming") {
        close(site, transfer, "paused_user");
    }
    Ok(Vec::new())
}

fn resume(site: &mut Site, _call: &Call, transfer: Handle) -> Result<Vec<Element>, Fault> {
    if !site.text(transfer, "phase").starts_with("paused") {
        return Err(Fault::conflict("Cannot resume image transfer as it's not in a paused state."));
    }
    site.set(transfer, "phase", "resuming");
    site.later(durations::TRANSFER_PHASE, transfer, ready);
    Ok(Vec::new())
}

/// Shows the image as what it is called by, without an address: images have none here.
fn shown(_site: &Site, _handle: Handle, _view: &View, element: &mut Element) {
    for child in element.children_mut().iter_mut().filter(|it| it.name() == "image") {
        let id = child.id().unwrap_or_default().to_owned();
        *child = Element::link("image", id);
    }
}
