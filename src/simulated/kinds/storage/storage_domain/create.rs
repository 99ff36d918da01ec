//! Making storage domains, and finding those that are on their storage already.

use super::{GIB, KIND};
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{
    attached_storage_domain, common, connection, disk, generic, profile, san, unregistered,
};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const TIB: u64 = 1 << 40;
/// What the engine itself takes of a domain on LUNs.
const OVERHEAD: u64 = 5 * GIB;

/// Adds a storage domain with its connection and its disk profile.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let host = host(site, call)?;
    let sort = call.text("type").ok_or_else(|| incomplete("type"))?.to_owned();
    let storage = storage(site, call).ok_or_else(|| incomplete("storage"))?;
    check_numbers(call)?;
    let technology = storage.text_at("type").ok_or_else(|| incomplete("storage.type"))?.to_owned();
    let imports = call.flag("import") == Some(true) && is_block(&technology);
    // A domain on blocks knows its LUNs by itself.
    if !imports {
        check_details(&storage, &technology)?;
    }
    let place = place_of(&storage);
    let known = if imports { call.body.id() } else { None }.map(str::to_owned);
    let found = unregistered::find_lost(site, known.as_deref(), &place, &technology, &sort);
    if imports && found.is_none() {
        return Err(Fault::bad("Storage domain does not exist"));
    }
    let name = call.name().map(str::to_owned);
    let name = name.or_else(|| Some(found.as_ref()?.text_at("body/name")?.to_owned()));
    let name = name.ok_or_else(|| incomplete("name"))?;
    check(site, call, &name, &sort, &technology)?;
    check_identity(call, found.as_ref())?;
    if site.status(host) != "up" {
        return Err(connection::host_not_up());
    }
    let storage = match &found {
        Some(found) if imports => found.at("body/storage").cloned().unwrap_or(storage),
        _ if is_block(&technology) => claim(site, &storage, &technology, host)?,
        _ => storage,
    };
    let connections = connect(site, call, &storage, &technology)?;
    let mut body = generic::draft(site, call);
    tree::set(&mut body, "name", name.clone());
    write_room(&mut body, &storage);
    tree::put(&mut body, storage);
    tree::drop_child(&mut body, "host");
    if let Some(found) = &found {
        overlay(&mut body, found);
    }
    prepare(&mut body, &sort);
    let id = found.as_ref().and_then(Element::id).map(str::to_owned);
    let made = generic::put(site, call, id, body);
    connection::note(site, made, connections);
    add_profile(site, made, &name, &sort);
    if sort == "iso" {
        add_files(site, made);
    }
    if let Some(found) = found {
        unregistered::restore(site, made, &found);
    }
    if technology == "localfs" {
        attach_local(site, made, host)?;
    }
    Ok(made)
}

fn incomplete(what: &str) -> Fault {
    Fault::incomplete("StorageDomain", what, "add")
}

fn host(site: &Site, call: &Call) -> Result<Handle, Fault> {
    let host = call.id_at("host").ok_or_else(|| incomplete("host.id|name"))?;
    site.top("hosts", host).ok_or_else(|| Fault::entity_not_found("GetVdsByVdsId"))
}

/// The host is asked for the domain of the id that the document gives, if there is one at all; a
/// new domain gets an id of the engine's.
fn check_identity(call: &Call, found: Option<&Element>) -> Result<(), Fault> {
    let given = call.body.id().zip(found.and_then(Element::id));
    match given.is_some_and(|(given, found)| given != found) {
        true => Err(Fault::refused(500, "General command validation failure.")),
        false => Ok(()),
    }
}

fn is_block(technology: &str) -> bool {
    matches!(technology, "iscsi" | "fcp")
}

/// The storage of a document: described, or by the id of a connection.
fn storage(site: &Site, call: &Call) -> Option<Element> {
    let given = call.body.child("storage")?;
    let mut storage = Element::new("storage");
    let known = given.id().and_then(|id| site.top(connection::KIND, id));
    let details = known.map_or(given, |it| site.body(it));
    *storage.children_mut() = details.children().to_vec();
    // Secrets are not kept where they are shown.
    for gone in ["host", "password", "driver_sensitive_options"] {
        tree::drop_child(&mut storage, gone);
    }
    Some(storage)
}

fn check_details(storage: &Element, technology: &str) -> Result<(), Fault> {
    let needs: &[&str] = match technology {
        "nfs" => &["address", "path"],
        "posixfs" | "glusterfs" => &["path", "vfs_type"],
        "localfs" => &["path"],
        "iscsi" | "fcp" if units(storage).is_empty() => &["logical_units.id"],
        _ => &[],
    };
    for path in needs {
        if storage.text_at(path).is_none_or(str::is_empty) {
            let path = path.replace("logical_units", "logicalUnits").replace("vfs_type", "vfsType");
            return Err(incomplete(&format!("storage.{path}")));
        }
    }
    connection::check_mount(storage, technology)
}

/// The engine's resource looks at two numbers, one of which it misspells.
fn check_numbers(call: &Call) -> Result<(), Fault> {
    const RANGE: (i64, i64) = (0, 65_535);
    for (path, name) in [("nfs_timeo", "nfs_timeio"), ("nfs_retrans", "nfs_retrans")] {
        let value = call.text(&format!("storage/{path}")).unwrap_or("0");
        if value.parse().is_ok_and(|it: i64| !(RANGE.0..=RANGE.1).contains(&it)) {
            return Err(Fault::out_of_range(name, value, RANGE));
        }
    }
    Ok(())
}

/// The LUNs of a storage as clients write it: in it, or in its volume group.
pub fn units(storage: &Element) -> &[Element] {
    let direct = storage.child("logical_units");
    let units = direct.or_else(|| storage.at("volume_group/logical_units"));
    units.map(Element::children).unwrap_or_default()
}

fn check(site: &Site, call: &Call, name: &str, sort: &str, technology: &str) -> Result<(), Fault> {
    check_name(site, name, None, "add")?;
    let is_file = matches!(technology, "nfs" | "posixfs" | "glusterfs" | "localfs");
    if matches!(sort, "iso" | "export") && (!is_file || technology == "localfs") {
        return Err(Fault::bad(format!(
            "Cannot add Storage. {} Storage Domain can only be created on the following storage types: NFS, POSIX compliant FS, GlusterFS.",
            if sort == "iso" { "ISO" } else { "Export" }
        )));
    }
    if matches!(sort, "image" | "volume") {
        return Err(Fault::bad("Cannot add Storage. Storage Domain type is illegal."));
    }
    if (sort == "managed_block_storage") != (technology == "managed_block_storage") {
        return Err(Fault::bad("Cannot add Storage. Storage Domain type is illegal."));
    }
    let format = call.text("storage_format").unwrap_or(default_format(sort));
    if sort == "data" && format == "v2" && is_file || sort != "data" && format != "v1" {
        return Err(Fault::conflict(format!(
            "Cannot add Storage. Storage Domain format {format} is illegal."
        )));
    }
    if matches!(sort, "iso" | "export") && call.flag("backup") == Some(true) {
        return Err(Fault::bad(
            "Cannot add Storage. ISO and Export storage domains do not support the backup property.",
        ));
    }
    check_limits(call, is_block(technology), "add")
}

/// Checks the numbers and flags that may be changed later too.
pub fn check_limits(call: &Call, is_block: bool, action: &str) -> Result<(), Fault> {
    if call.flag("discard_after_delete") == Some(true) && !is_block {
        return Err(Fault::bad(format!(
            "Cannot {action} Storage. Discard after delete is supported only by block domains."
        )));
    }
    let number = |path| tree::number(&call.body, path);
    if number("warning_low_space_indicator").is_some_and(|it| !(0..=100).contains(&it)) {
        return Err(Fault::bad(
            "Storage Domain's \"Warning Low Space Indicator\" must be an integer between 0 and 100.",
        ));
    }
    if number("critical_space_action_blocker").is_some_and(|it| it < 0) {
        return Err(Fault::bad(
            "Storage Domain's \"Critical Space Action Blocker\" must be a non-negative integer.",
        ));
    }
    Ok(())
}

/// Checks that a name is free and one that a domain may have.
pub fn check_name(
    site: &Site,
    name: &str,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    if !name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '-')) {
        return Err(Fault::bad(
            "Storage Domain name must be formed of 'a-z', 'A-Z', '0-9', '_' or '-' characters",
        ));
    }
    if common::taken(site, KIND, name, except, |_| true) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Storage. The Storage Domain name is already in use."
        )));
    }
    if name.chars().count() > 50 {
        return Err(Fault::bad(format!("Cannot {action} Storage. The given name is too long.")));
    }
    Ok(())
}

/// What tells one place on a storage from another.
pub fn place_of(storage: &Element) -> String {
    let of = |path| storage.text_at(path).unwrap_or_default();
    let units: Vec<&str> = units(storage).iter().filter_map(Element::id).collect();
    format!("{}:{}:{}:{}", of("type"), of("address"), of("path"), units.join(","))
}

/// The connections to the storage: the one named, a new one, or those of the LUNs' targets.
fn connect(
    site: &mut Site,
    call: &Call,
    storage: &Element,
    technology: &str,
) -> Result<Vec<Handle>, Fault> {
    let named = call.body.child("storage").and_then(Element::id);
    if let Some(named) = named.and_then(|id| site.top(connection::KIND, id)) {
        if let Some(user) = connection::users_of(site, named).first() {
            return Err(connection::exists(site, named, *user));
        }
        return Ok(vec![named]);
    }
    match technology {
        "iscsi" => Ok(connection::of_units(site, units(storage))),
        "fcp" | "managed_block_storage" => Ok(Vec::new()),
        _ => {
            let body = connection::details(storage);
            connection::check_new(site, &body)?;
            Ok(vec![site.add_fresh(connection::KIND, None, body)])
        }
    }
}

/// Takes LUNs for a domain: they must be seen by the host and free.
fn claim(
    site: &mut Site,
    storage: &Element,
    technology: &str,
    host: Handle,
) -> Result<Element, Fault> {
    let wanted: Vec<String> =
        units(storage).iter().filter_map(|it| it.id().map(str::to_owned)).collect();
    check_free(site, &wanted, "add")?;
    let group = site.fresh_id();
    let mut claimed = Element::new("logical_units");
    for lun in &wanted {
        let seen = san::visible(site, host, lun).and_then(|it| san::unit(site, it));
        let mut unit = seen.ok_or_else(unusable)?;
        tree::set(&mut unit, "volume_group_id", group.clone());
        claimed.push(unit);
    }
    let overrides = tree::flag(storage, "override_luns") == Some(true);
    if !overrides && wanted.iter().any(|lun| unregistered::lies_on(site, lun)) {
        return Err(unusable());
    }
    for lun in &wanted {
        unregistered::wipe(site, lun);
    }
    let group = Element::link("volume_group", group).with(claimed);
    let mut result = Element::new("storage").with(group);
    tree::set(&mut result, "type", technology);
    Ok(result)
}

fn unusable() -> Fault {
    Fault::bad(
        "Physical device initialization failed. Please check that the device is empty and accessible by the host.",
    )
}

/// Checks that no domain and no disk uses LUNs.
pub fn check_free(site: &Site, luns: &[String], action: &str) -> Result<(), Fault> {
    let taken = |used: &dyn Fn(&str) -> bool| {
        let taken: Vec<&str> = luns.iter().map(String::as_str).filter(|it| used(it)).collect();
        if taken.is_empty() { None } else { Some(taken.join(", ")) }
    };
    if let Some(ids) = taken(&|it| san::domain_of(site, it).is_some()) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Storage. The following LUNs are already part of existing storage domains: {ids}."
        )));
    }
    if let Some(ids) = taken(&|it| !disk::users_of_lun(site, it).is_empty()) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Storage. The following LUNs are already used by DirectLUN disks: {ids}."
        )));
    }
    Ok(())
}

/// Writes how large a domain on LUNs is.
pub fn write_room(body: &mut Element, storage: &Element) {
    let sizes = units(storage).iter().filter_map(|it| tree::number(it, "size"));
    let size: u64 = sizes.map(i64::unsigned_abs).sum();
    if size > 0 {
        tree::set(body, "used", OVERHEAD.to_string());
        tree::set(body, "available", size.saturating_sub(OVERHEAD).to_string());
        tree::set(body, "supports_discard", "true");
    }
}

/// What a domain that was found says of itself, unless the document says otherwise.
fn overlay(body: &mut Element, found: &Element) {
    let kept = found.child("body").map(Element::children).unwrap_or_default();
    for child in kept {
        if body.child(child.name()).is_none() && child.name() != "data_centers" {
            body.push(child.clone());
        }
    }
}

fn default_format(sort: &str) -> &'static str {
    if sort == "data" { "v5" } else { "v1" }
}

/// What the engine fills in.
pub fn prepare(body: &mut Element, sort: &str) {
    for (path, value) in [
        ("storage_format", default_format(sort)),
        ("wipe_after_delete", "false"),
        ("discard_after_delete", "false"),
        ("warning_low_space_indicator", "10"),
        ("critical_space_action_blocker", "5"),
        ("backup", "false"),
        ("block_size", "512"),
        ("master", "false"),
        ("external_status", "ok"),
        ("supports_discard", "false"),
        ("supports_discard_zeroes_data", "false"),
        ("committed", "0"),
    ] {
        tree::default(body, path, value);
    }
    tree::default(body, "available", (10 * TIB - 10 * GIB).to_string());
    tree::default(body, "used", (10 * GIB).to_string());
    tree::set(body, "status", "unattached");
    tree::drop_child(body, "import");
}

/// Adds the disk profile that comes with a data domain.
pub fn add_profile(site: &mut Site, domain: Handle, name: &str, sort: &str) {
    if sort == "data" {
        let mut body = Element::new("disk_profile").with(Element::leaf("name", name));
        tree::refer(&mut body, "storage_domain", site.id(domain));
        site.add_fresh(profile::DISK.kind, None, body);
    }
}

/// What somebody has put on an ISO domain.
fn add_files(site: &mut Site, domain: Handle) {
    for (name, size) in [("rhel-9-x86_64-dvd.iso", 10 * GIB), ("virtio-win.iso", GIB / 2)] {
        let mut file = Element::new("file");
        tree::set(&mut file, "name", name);
        tree::refer(&mut file, "storage_domain", site.id(domain));
        site.add("files", Some(domain), name, file);
        let mut image = Element::new("image");
        tree::set(&mut image, "name", name);
        tree::set(&mut image, "type", "iso");
        tree::set(&mut image, "size", size.to_string());
        tree::refer(&mut image, "storage_domain", site.id(domain));
        site.add("images", Some(domain), name, image);
    }
}

fn attach_local(site: &mut Site, domain: Handle, host: Handle) -> Result<(), Fault> {
    let cluster = site.refers(host, "cluster", "clusters");
    let center = cluster.and_then(|it| common::data_center_of(site, it));
    let local = center.filter(|it| tree::flag(site.body(*it), "local") == Some(true));
    match local {
        Some(center) => {
            attached_storage_domain::begin(site, center, domain);
            Ok(())
        }
        None => {
            super::forget(site, domain);
            Err(Fault::bad("Data Center must be \"Local Storage\""))
        }
    }
}
