//! Storage domains as they are in themselves; how a data center uses them is in
//! `attached_storage_domain`.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{attached_storage_domain, common, generic, profile};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about storage domains.
pub const RULES: Rules = Rules::of("storage_domains")
    .add(add)
    .update(update)
    .remove(remove)
    .shown(shown)
    .by_name(&[("host", "hosts", "Host")]);

const TIB: u64 = 1 << 40;
const GIB: u64 = 1 << 30;
const KIND: &str = "storage_domains";

/// Adds a storage domain with its connection and its disk profile.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let incomplete = |what| Fault::incomplete("StorageDomain", what, "add");
    let host = call.id_at("host").ok_or_else(|| incomplete("host.id|name"))?;
    let host = site.top("hosts", host).ok_or_else(|| Fault::entity_not_found("GetVdsByVdsId"))?;
    let sort = call.text("type").ok_or_else(|| incomplete("type"))?.to_owned();
    let mut body = generic::draft(site, call);
    let storage = storage(site, call).ok_or_else(|| incomplete("storage"))?;
    let technology = storage.text_at("type").ok_or_else(|| incomplete("storage.type"))?.to_owned();
    check_details(&storage, &technology)?;
    let name = call.name().ok_or_else(|| incomplete("name"))?.to_owned();
    check_name(site, &name, None, "add")?;
    if site.status(host) != "up" {
        return Err(Fault::conflict(
            "Cannot add storage server connection when Host status is not up",
        ));
    }
    let is_file = !matches!(technology.as_str(), "iscsi" | "fcp" | "managed_block_storage");
    if matches!(sort.as_str(), "iso" | "export") && !is_file {
        return Err(Fault::bad(format!(
            "Cannot add Storage. {sort} Storage Domain can only be created on the following storage types: NFS, POSIX compliant FS, GlusterFS."
        )));
    }
    let connection = connect(site, call, &storage, &technology)?;
    let place = place_of(&storage);
    tree::put(&mut body, storage);
    tree::drop_child(&mut body, "host");
    prepare(&mut body, &sort);
    let known = site.leftovers.remove(&place);
    let made = generic::put(site, call, known, body);
    if let Some(connection) = connection {
        site.hide(made, Element::link("connection", site.id(connection).to_owned()));
    }
    add_profile(site, made, &name, &sort);
    if technology == "localfs" {
        attach_local(site, made, host)?;
    }
    Ok(made)
}

/// The storage of a document: described, or by the id of a connection.
fn storage(site: &Site, call: &Call) -> Option<Element> {
    let given = call.body.child("storage")?;
    let mut storage = Element::new("storage");
    let known = given.id().and_then(|id| site.top("storage_server_connections", id));
    let details = known.map_or(given, |it| site.body(it));
    *storage.children_mut() = details.children().to_vec();
    tree::drop_child(&mut storage, "host");
    Some(storage)
}

fn check_details(storage: &Element, technology: &str) -> Result<(), Fault> {
    let needs: &[&str] = match technology {
        "nfs" => &["address", "path"],
        "posixfs" | "glusterfs" => &["path", "vfs_type"],
        "localfs" => &["path"],
        _ => &[],
    };
    for path in needs {
        if storage.text_at(path).is_none_or(str::is_empty) {
            return Err(Fault::incomplete("StorageDomain", &format!("storage.{path}"), "add"));
        }
    }
    Ok(())
}

fn check_name(site: &Site, name: &str, except: Option<Handle>, action: &str) -> Result<(), Fault> {
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
fn place_of(storage: &Element) -> String {
    let of = |path| storage.text_at(path).unwrap_or_default();
    let units = storage.child("logical_units").map(Element::children).unwrap_or_default();
    let units: Vec<&str> = units.iter().filter_map(Element::id).collect();
    format!("{}:{}:{}:{}", of("type"), of("address"), of("path"), units.join(","))
}

/// The connection to the storage: the one named, or a new one.
fn connect(
    site: &mut Site,
    call: &Call,
    storage: &Element,
    technology: &str,
) -> Result<Option<Handle>, Fault> {
    let named = call.body.child("storage").and_then(Element::id);
    let named = named.and_then(|id| site.top("storage_server_connections", id));
    // The connections of blocks are those of their targets, which several domains may share.
    if named.is_some() || matches!(technology, "fcp" | "iscsi") {
        return Ok(named);
    }
    let place = place_of(storage);
    let known =
        site.store.all("storage_server_connections").find(|it| place_of(site.body(*it)) == place);
    if let Some(known) = known {
        return Err(Fault::conflict(format!(
            "Cannot add Storage Connection. Storage connection {} already exists for {}.",
            site.id(known),
            user_of(site, known).map_or("", |it| site.name(it))
        )));
    }
    let mut body = Element::new("storage_connection");
    for name in [
        "type",
        "address",
        "path",
        "vfs_type",
        "mount_options",
        "nfs_version",
        "nfs_retrans",
        "nfs_timeo",
    ] {
        if let Some(text) = storage.text_at(name) {
            tree::set(&mut body, name, text);
        }
    }
    Ok(Some(site.add_fresh("storage_server_connections", None, body)))
}

/// The storage domain on a connection.
pub fn user_of(site: &Site, connection: Handle) -> Option<Handle> {
    let id = site.id(connection);
    site.store.all(KIND).find(|it| connection_of(site, *it) == Some(id))
}

fn connection_of(site: &Site, domain: Handle) -> Option<&str> {
    site.hidden(domain, "connection")?.id()
}

/// What the engine fills in.
pub fn prepare(body: &mut Element, sort: &str) {
    let format = if sort == "data" { "v5" } else { "v1" };
    for (path, value) in [
        ("storage_format", format),
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

fn attach_local(site: &mut Site, domain: Handle, host: Handle) -> Result<(), Fault> {
    let cluster = site.refers(host, "cluster", "clusters");
    let data_center = cluster.and_then(|it| common::data_center_of(site, it));
    let data_center = data_center
        .filter(|it| tree::flag(site.body(*it), "local") == Some(true))
        .ok_or_else(|| Fault::bad("Data Center must be \"Local Storage\""));
    match data_center {
        Ok(data_center) => {
            attached_storage_domain::begin(site, data_center, domain);
            Ok(())
        }
        Err(fault) => {
            forget(site, domain);
            Err(fault)
        }
    }
}

/// The view of a storage domain in the data center that uses it.
pub fn attachment(site: &Site, domain: Handle) -> Option<Handle> {
    let id = site.id(domain);
    let owner = site.body(domain).child("data_centers")?.children().first()?.id()?;
    site.store.find("attached_storage_domains", site.top("data_centers", owner), id)
}

/// Updates a storage domain.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let attachment = attachment(site, target);
    let status = attachment.map_or("unattached", |it| site.status(it)).to_owned();
    if status == "locked" {
        return Err(illegal("edit", &status));
    }
    let differs = |path: &str| call.text(path).is_some_and(|it| it != site.text(target, path));
    if ["type", "storage_format", "storage/type", "storage/address", "storage/path"]
        .iter()
        .any(|it| differs(it))
    {
        return Err(Fault::bad(
            "Cannot edit Storage. Can only update the following fields: name, description, comment, wipe after delete, low space threshold, and critical space threshold.",
        ));
    }
    if let Some(name) = common::new_name(site, call, target) {
        if status != "active" {
            return Err(illegal("edit", &status));
        }
        check_name(site, name, Some(target), "edit")?;
    }
    generic::update(site, call, target)
}

/// The refusal for the status of a storage domain.
pub fn illegal(action: &str, status: &str) -> Fault {
    Fault::conflict(format!(
        "Cannot {action} Storage. The relevant Storage Domain's status is {}.",
        common::words(status)
    ))
}

/// Removes a storage domain, from the storage too or from the engine only.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let attachment = attachment(site, target);
    if call.query.flag("destroy") == Some(true) {
        if let Some(attachment) = attachment {
            if site.status(attachment) == "active" {
                return Err(illegal("destroy", "active"));
            }
            if site.text(attachment, "master") == "true" {
                return Err(Fault::conflict(
                    "Cannot destroy the master Storage Domain from the Data Center without another active Storage Domain to take its place.\n-Either activate another Storage Domain in the Data Center, or remove the Data Center.\n-If you have problems with the master Data Domain, consider following the recovery process described in the documentation, or contact your system administrator.",
                ));
            }
        }
        forget(site, target);
        return Ok(());
    }
    let named = call.query.get("host").map(str::to_owned);
    let named = named.ok_or_else(|| Fault::incomplete("StorageDomain", "host", "remove"))?;
    let host = site.top("hosts", &named).or_else(|| site.store.named("hosts", &named).next());
    let host = host.ok_or_else(|| Fault::entity_not_found(format!("Host: name={named}")))?;
    if site.status(host) != "up" {
        return Err(Fault::conflict(format!(
            "Cannot remove Storage. Host {} is not up.",
            site.name(host)
        )));
    }
    if let Some(attachment) = attachment {
        return Err(illegal("remove", site.status(attachment)));
    }
    if call.query.flag("format") != Some(true) {
        let place = site.body(target).child("storage").map(place_of).unwrap_or_default();
        let id = site.id(target).to_owned();
        site.leftovers.insert(place, id);
    }
    forget(site, target);
    Ok(())
}

/// A storage domain leaves its data center, with what lives on it.
pub fn detached(site: &mut Site, attachment: Handle) {
    let Some(domain) = site.top(KIND, site.id(attachment)) else { return };
    for disk in site.users("disks", "storage_domain", domain) {
        kinds::disk::forget(site, disk);
    }
    site.store.remove(attachment);
    site.edit(domain, |body| {
        tree::drop_child(body, "data_centers");
        tree::set(body, "status", "unattached");
    });
}

/// Forgets a storage domain with its connection, profiles and disks.
pub fn forget(site: &mut Site, domain: Handle) {
    if let Some(attachment) = attachment(site, domain) {
        detached(site, attachment);
    }
    let connection = connection_of(site, domain).map(str::to_owned);
    let connection = connection.and_then(|id| site.top("storage_server_connections", &id));
    if let Some(connection) = connection {
        site.store.remove(connection);
    }
    for profile in site.users("disk_profiles", "storage_domain", domain) {
        site.store.remove(profile);
    }
    for disk in site.users("disks", "storage_domain", domain) {
        kinds::disk::forget(site, disk);
    }
    site.store.remove(domain);
}

/// Shows the status of unattached domains only: the others have one in their data center.
pub fn shown(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let attachment = attachment(site, handle);
    if let Some(attachment) = attachment {
        tree::drop_child(element, "status");
        tree::set(element, "master", site.text(attachment, "master"));
    }
    count_space(site, handle, element);
}

/// Writes how much room is left beside the disks, in whole GiB as the engine counts.
pub fn count_space(site: &Site, domain: Handle, element: &mut Element) {
    let (used, committed) = taken(site, domain);
    let whole = |bytes: u64| (bytes / GIB * GIB).to_string();
    let base = tree::number(element, "used").and_then(|it| u64::try_from(it).ok()).unwrap_or(0);
    tree::set(element, "used", whole(base + used));
    tree::set(element, "committed", whole(committed));
    tree::set(element, "available", whole(available(site, domain)));
}

/// The bytes that disks take on a domain, and those that they may come to take.
fn taken(site: &Site, domain: Handle) -> (u64, u64) {
    let disks = site.store.referring("disks", "storage_domain", site.id(domain));
    let of = |disk, path| tree::number(site.body(disk), path).map_or(0, |it| it.unsigned_abs());
    disks.fold((0, 0), |(used, committed), disk| {
        (used + of(disk, "actual_size"), committed + of(disk, "provisioned_size"))
    })
}

/// The bytes that are left on a domain.
pub fn available(site: &Site, domain: Handle) -> u64 {
    let room = tree::number(site.body(domain), "available").map_or(0, |it| it.unsigned_abs());
    room.saturating_sub(taken(site, domain).0)
}
