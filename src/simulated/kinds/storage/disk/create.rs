//! Making disks.

use super::{SMALLEST, checks, lun};
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{authority, quota, storage_domain, unregistered};
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const WHAT: &str = "add Virtual Disk";
const GIB: u64 = 1 << 30;
/// The largest disk on block storage.
const LARGEST_ON_BLOCKS: u64 = 8192 * GIB;

/// Adds a floating disk, or registers one that is on a storage domain already.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    if call.query.flag("unregistered") == Some(true)
        && let Some(domain) = call.parent
    {
        let id = call.body.id().unwrap_or_default();
        let made = unregistered::register_disk(site, domain, id)?;
        for name in ["alias", "description"] {
            if let Some(text) = call.text(name).map(str::to_owned) {
                site.set(made, name, text);
            }
        }
        return Ok(made);
    }
    if call.flag("active") == Some(true) {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. A disk configured with the \"Activate\" setting cannot be created as a floating disk."
        )));
    }
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
    if document.child("lun_storage").is_some() {
        return lun::create(site, document, id, alias);
    }
    for (element, name) in [("provisioned_size", "provisionedSize"), ("format", "format")] {
        if document.child(element).is_none() {
            return Err(Fault::incomplete("Disk", name, "add"));
        }
    }
    let mut body = merge::kept(document, "disk");
    quota::check_consumer(site, &body, &format!("Cannot {WHAT}"))?;
    let domain = domain_of(site, document, place)?;
    check_size(site, &body, domain)?;
    settle_domain(site, &mut body, domain)?;
    check_shareable(site, &body, domain)?;
    check_profile(site, &body, domain)?;
    let sparse = tree::flag(&body, "sparse") == Some(true);
    let initial = if sparse { initial_size(document) } else { size_of(&body) };
    checks::check_room(site, domain, initial, WHAT)?;
    if sparse && initial > 0 {
        tree::set(&mut body, "actual_size", initial.to_string());
        tree::set(&mut body, "total_size", initial.to_string());
    }
    prepare(site, &mut body, alias);
    quota::check_disk(site, &body)?;
    let id = id.unwrap_or_else(|| site.fresh_id());
    let made = site.add("disks", None, id, body);
    site.later(durations::DISK, made, created);
    Ok(made)
}

fn size_of(body: &Element) -> u64 {
    tree::number(body, "provisioned_size").map_or(0, i64::unsigned_abs)
}

fn initial_size(document: &Element) -> u64 {
    tree::number(document, "initial_size").map_or(0, i64::unsigned_abs)
}

fn check_id(site: &Site, id: &str) -> Result<(), Fault> {
    if uuid::Uuid::try_parse(id).is_err() {
        return Err(Fault::bad_uuid(id));
    }
    match site.top("disks", id) {
        Some(known) => Err(Fault::conflict(format!(
            "Cannot {WHAT}. The selected disk ID: {id} is already used by the following existing disk: {}.",
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
        Fault::bad(format!("Cannot {WHAT}. Storage Domain hasn't been specified."))
    })?;
    let domain = site
        .top("storage_domains", id)
        .ok_or_else(|| Fault::bad(format!("Cannot {WHAT}. Storage Domain doesn't exist.")))?;
    if matches!(site.text(domain, "type"), "iso" | "export" | "image") {
        return Err(Fault::bad(format!("Cannot {WHAT}. Storage Domain type is illegal.")));
    }
    checks::check_active(site, domain, WHAT)?;
    Ok(domain)
}

fn check_size(site: &Site, body: &Element, domain: Handle) -> Result<(), Fault> {
    let size = tree::number(body, "provisioned_size").unwrap_or(0);
    if size <= 0 {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. Disk's provisioned size has to be greater than 0."
        )));
    }
    if storage_domain::is_block(site, domain) && size.unsigned_abs() > LARGEST_ON_BLOCKS {
        return Err(Fault::conflict(format!(
            "Cannot create disk more than {} GiB",
            LARGEST_ON_BLOCKS / GIB
        )));
    }
    Ok(())
}

/// What depends on the storage domain of a disk.
fn settle_domain(site: &Site, body: &mut Element, domain: Handle) -> Result<(), Fault> {
    tree::default(body, "sparse", "true");
    if storage_domain::is_managed(site, domain) {
        tree::set(body, "storage_type", "managed_block_storage");
        tree::set(body, "format", "raw");
    } else {
        check_configuration(site, body, domain, WHAT)?;
    }
    place(site, body, domain);
    Ok(())
}

/// Puts a disk on a domain, with what it gets from there unless it says otherwise.
pub fn place(site: &Site, body: &mut Element, domain: Handle) {
    let link = Element::link("storage_domain", site.id(domain));
    tree::put(body, Element::new("storage_domains").with(link));
    tree::default(body, "wipe_after_delete", site.text(domain, "wipe_after_delete"));
    if tree::id_at(body, "disk_profile").is_none()
        && let Some(profile) = site.users("disk_profiles", "storage_domain", domain).first()
    {
        tree::refer(body, "disk_profile", site.id(*profile));
    }
    if tree::id_at(body, "quota").is_none() {
        let quotas = super::data_center(site, domain).map(|it| site.children(it, "quotas"));
        if let Some(quota) = quotas.unwrap_or_default().first() {
            tree::refer(body, "quota", site.id(*quota));
        }
    }
}

/// Checks that format, allocation and backup go together on a domain.
pub fn check_configuration(
    site: &Site,
    body: &Element,
    domain: Handle,
    what: &str,
) -> Result<(), Fault> {
    let raw = body.text_at("format") == Some("raw");
    let sparse = tree::flag(body, "sparse") == Some(true);
    let incremental = body.text_at("backup") == Some("incremental");
    let is_block = storage_domain::is_block(site, domain);
    if (raw && sparse && is_block) || (raw && incremental) || (!raw && !sparse && !incremental) {
        return Err(Fault::conflict(format!(
            "Cannot {what}. Disk configuration ({} {} backup-{}) is incompatible with the storage domain type.",
            if raw { "RAW" } else { "COW" },
            if sparse { "Sparse" } else { "Preallocated" },
            if incremental { "Incremental" } else { "None" },
        )));
    }
    Ok(())
}

fn check_shareable(site: &Site, body: &Element, domain: Handle) -> Result<(), Fault> {
    if tree::flag(body, "shareable") != Some(true) {
        return Ok(());
    }
    if body.text_at("format") != Some("raw") {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. Disk's volume format is not supported for shareable disk."
        )));
    }
    if site.text(domain, "storage/type") == "glusterfs" {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. Shareable disks are not supported on Gluster domains."
        )));
    }
    Ok(())
}

fn check_profile(site: &Site, body: &Element, domain: Handle) -> Result<(), Fault> {
    let Some(id) = tree::id_at(body, "disk_profile") else { return Ok(()) };
    let Some(profile) = site.top("disk_profiles", id) else {
        return Err(Fault::bad(format!("Cannot {WHAT}. Disk Profile wasn't found.")));
    };
    if site.reference(profile, "storage_domain") != Some(site.id(domain)) {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. Disk Profile {} with id {id} is not assigned to Storage Domain {}.",
            site.name(profile),
            site.name(domain)
        )));
    }
    if !authority::may(site, "attach_disk_profile", Some(profile)) {
        return Err(Fault::refused(
            403,
            format!(
                "Cannot {WHAT}. The user doesn't have permissions to attach Disk Profile to the Disk."
            ),
        ));
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
    let actual = if sparse { SMALLEST.to_string() } else { size };
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

/// The end of work that made data: a disk that failed is of no use.
pub fn created(site: &mut Site, disk: Handle, failed: bool) {
    super::disengage(site, disk, if failed { "illegal" } else { "ok" });
}
