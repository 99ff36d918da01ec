//! Connections to storage, alone and as storage domains use them.

use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, disk, generic, storage_domain};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about storage connections.
pub const RULES: Rules = Rules::of(KIND)
    .add(add)
    .update(update)
    .remove(remove)
    .shown(|_, _, _: &View, element| {
        tree::drop_child(element, "password");
    })
    .by_name(&[("host", "hosts", "Host")]);

/// Their collection.
pub const KIND: &str = "storage_server_connections";

/// What tells connections apart.
const DETAILS: &[&str] = &["type", "address", "path", "target", "port", "username"];
/// What a connection takes of the storage in a storage domain's document.
const SHARED: &[&str] = &[
    "type",
    "address",
    "path",
    "vfs_type",
    "mount_options",
    "nfs_version",
    "nfs_retrans",
    "nfs_timeo",
];

/// Adds a connection that does not exist yet, or one of those to a storage domain.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    if let Some(owner) = call.parent {
        return attach(site, call, owner);
    }
    let missing = |what: &str| Fault::incomplete("StorageConnection", what, "add");
    let technology = call.text("type").ok_or_else(|| missing("type"))?;
    let needs: &[&str] = match technology {
        "nfs" => &["address", "path"],
        "iscsi" => &["address", "target", "port"],
        "posixfs" | "glusterfs" => &["path", "vfs_type"],
        "localfs" => &["path"],
        _ => {
            return Err(Fault::bad(
                "Cannot add Storage Connection. Storage connection parameters can be edited only for NFS, Posix, local or iSCSI data domains.",
            ));
        }
    };
    for what in needs {
        let given = call.text(what).filter(|it| !it.is_empty());
        given.ok_or_else(|| missing(&what.replace("vfs_type", "vfsType")))?;
    }
    check_mount(&call.body, technology)?;
    if let Some(host) = call.id_at("host") {
        test(site, host)?;
    }
    check_new(site, &call.body)?;
    let mut body = generic::draft(site, call);
    tree::drop_child(&mut body, "host");
    Ok(generic::put(site, call, None, body))
}

/// Checks that a path can be mounted; what is below `/missing` is on no server.
pub fn check_mount(storage: &Element, technology: &str) -> Result<(), Fault> {
    let path = storage.text_at("path").unwrap_or_default();
    if matches!(technology, "nfs" | "localfs") && !path.starts_with('/') {
        return Err(Fault::bad(
            "Mount path is illegal, please use [IP:/path or FQDN:/path] convention.",
        ));
    }
    if path.starts_with("/missing") {
        return Err(Fault::bad("Problem while trying to mount target"));
    }
    let in_range = |name: &str, from: i64, to: i64| {
        tree::number(storage, name).is_none_or(|it| (from..=to).contains(&it))
    };
    if !in_range("nfs_retrans", 0, 32_767) {
        return Err(Fault::bad("NFS Retransmissions should be between 0 and 32767"));
    }
    if !in_range("nfs_timeo", 1, 6_000) {
        return Err(Fault::bad("NFS Timeout should be between 1 and 6000"));
    }
    Ok(())
}

/// A host tries a connection.
fn test(site: &Site, host: &str) -> Result<(), Fault> {
    let host = site.top("hosts", host).ok_or_else(|| Fault::entity_not_found("GetVdsByVdsId"))?;
    if site.status(host) == "up" { Ok(()) } else { Err(host_not_up()) }
}

/// The refusal for a host that cannot try anything.
pub fn host_not_up() -> Fault {
    Fault::conflict("Cannot add storage server connection when Host status is not up")
}

/// The refusal for a connection that there is already.
pub fn exists(site: &Site, known: Handle, user: Handle) -> Fault {
    already(site, known, site.name(user))
}

fn already(site: &Site, known: Handle, user: &str) -> Fault {
    Fault::conflict(format!(
        "Cannot add Storage Connection. Storage connection {} already exists for {user}.",
        site.id(known)
    ))
}

/// Checks that there is no connection with the same details.
pub fn check_new(site: &Site, details: &Element) -> Result<(), Fault> {
    let of = |body: &Element, path: &str| body.text_at(path).unwrap_or_default().to_owned();
    let same =
        |it: &Handle| DETAILS.iter().all(|path| of(details, path) == of(site.body(*it), path));
    match site.store.all(KIND).find(same) {
        Some(known) => {
            let user = users_of(site, known).first().map_or("", |it| site.name(*it));
            Err(already(site, known, user))
        }
        None => Ok(()),
    }
}

/// The connection that a storage describes.
pub fn details(storage: &Element) -> Element {
    let mut body = Element::new("storage_connection");
    for name in SHARED {
        if let Some(text) = storage.text_at(name) {
            tree::set(&mut body, name, text);
        }
    }
    body
}

/// The connections to the targets of LUNs; those that are missing are made.
pub fn of_units(site: &mut Site, units: &[Element]) -> Vec<Handle> {
    let mut found = Vec::new();
    for unit in units.iter().filter(|it| it.text_at("target").is_some()) {
        let mut body = Element::new("storage_connection");
        tree::set(&mut body, "type", "iscsi");
        for name in ["address", "target", "port", "username"] {
            if let Some(text) = unit.text_at(name) {
                tree::set(&mut body, name, text);
            }
        }
        tree::default(&mut body, "port", "3260");
        let same = |it: &Handle| {
            let of = |path: &str| body.text_at(path).unwrap_or_default();
            ["address", "target", "port"].iter().all(|path| of(path) == site.text(*it, path))
        };
        let known = site.store.all(KIND).find(same);
        let connection = known.unwrap_or_else(|| site.add_fresh(KIND, None, body));
        if !found.contains(&connection) {
            found.push(connection);
        }
    }
    found
}

/// Notes the connections that a storage domain uses.
pub fn note(site: &mut Site, domain: Handle, connections: Vec<Handle>) {
    let mut note = Element::new("connections");
    for each in connections {
        note.push(Element::link("storage_connection", site.id(each).to_owned()));
    }
    site.hide(domain, note);
}

/// The connections that a storage domain uses.
pub fn of_domain(site: &Site, domain: Handle) -> Vec<Handle> {
    let noted = site.hidden(domain, "connections").map(Element::children).unwrap_or_default();
    noted.iter().filter_map(|it| site.top(KIND, it.id()?)).collect()
}

/// The storage domains that use a connection.
pub fn users_of(site: &Site, connection: Handle) -> Vec<Handle> {
    let all = site.store.all("storage_domains");
    all.filter(|it| of_domain(site, *it).contains(&connection)).collect()
}

/// The disks on LUNs behind a connection.
pub fn disks_of(site: &Site, connection: Handle) -> Vec<Handle> {
    let target = site.text(connection, "target");
    if target.is_empty() {
        return Vec::new();
    }
    let behind = |it: &Handle| {
        let units = site.body(*it).at("lun_storage/logical_units").map(Element::children);
        units.unwrap_or_default().iter().any(|unit| unit.text_at("target") == Some(target))
    };
    site.store.all("disks").filter(behind).collect()
}

/// Adds one more connection to an iSCSI domain in maintenance.
fn attach(site: &mut Site, call: &Call, domain: Handle) -> Result<Handle, Fault> {
    let id = call.body.id().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("StorageConnection", "id", "add"))?;
    const DOING: &str = "Cannot attach Storage Connection";
    let connection = site
        .top(KIND, id)
        .ok_or_else(|| Fault::bad(format!("{DOING}. Storage connection doesn't exist.")))?;
    check_iscsi(site, domain, DOING)?;
    if site.text(connection, "type") != site.text(domain, "storage/type") {
        return Err(Fault::bad(format!(
            "{DOING}. Storage connection and domain type don't match."
        )));
    }
    let mut all = of_domain(site, domain);
    if all.contains(&connection) {
        return Err(Fault::conflict(format!(
            "{DOING}. Storage connection is already attached to the specified domain."
        )));
    }
    all.push(connection);
    note(site, domain, all);
    Ok(connection)
}

fn check_iscsi(site: &Site, domain: Handle, doing: &str) -> Result<(), Fault> {
    if site.text(domain, "storage/type") != "iscsi" {
        return Err(Fault::bad(format!(
            "{doing}. Action is supported only for iSCSI storage domains."
        )));
    }
    match storage_domain::status(site, domain) {
        "maintenance" | "unattached" => Ok(()),
        other => Err(Fault::conflict(format!(
            "{doing}. The relevant Storage Domain's status is {}.",
            common::words(other)
        ))),
    }
}

/// Updates a connection whose domain is not in use; the domain moves along.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    const DOING: &str = "Cannot edit Storage Connection";
    if call.text("type").is_some_and(|it| it != site.text(target, "type")) {
        return Err(Fault::bad(format!("{DOING}. Storage type cannot be edited.")));
    }
    check_mount(&changed(site, call, target), site.text(target, "type"))?;
    if call.query.flag("force") != Some(true) {
        check_idle(site, target)?;
    }
    check_changed(site, call, target)?;
    if let Some(host) = call.id_at("host") {
        test(site, host)?;
    }
    generic::update(site, call, target)?;
    site.edit(target, |body| tree::drop_child(body, "host"));
    for user in users_of(site, target) {
        follow(site, user, target);
    }
    Ok(())
}

/// What a connection will be: a document says what changes, and no more.
fn changed(site: &Site, call: &Call, target: Handle) -> Element {
    let mut changed = site.body(target).clone();
    for child in call.body.children() {
        tree::put(&mut changed, child.clone());
    }
    changed
}

fn check_changed(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let wanted = changed(site, call, target);
    let differs =
        DETAILS.iter().any(|it| wanted.text_at(it).unwrap_or_default() != site.text(target, it));
    if differs { check_new(site, &wanted) } else { Ok(()) }
}

/// Neither a domain nor a machine may be using what changes.
fn check_idle(site: &Site, target: Handle) -> Result<(), Fault> {
    const DOING: &str = "Cannot edit Storage Connection";
    let busy: Vec<Handle> = users_of(site, target)
        .into_iter()
        .filter(|it| !matches!(storage_domain::status(site, *it), "maintenance" | "unattached"))
        .collect();
    let plugged = disks_of(site, target).into_iter().flat_map(|it| disk::plugged(site, it));
    let running: Vec<Handle> = plugged.filter(|it| site.status(*it) != "down").collect();
    let (domains, vms) = (common::names(site, &busy), common::names(site, &running));
    match (busy.is_empty(), running.is_empty()) {
        (true, true) => Ok(()),
        (false, true) => Err(Fault::bad(format!(
            "{DOING}. The data domains {domains} should be in maintenance or unattached."
        ))),
        (true, false) => Err(Fault::bad(format!("{DOING}. VMs {vms} should be down."))),
        (false, false) => Err(Fault::bad(format!(
            "{DOING}. The data domains {domains} should be in maintenance or unattached, and VMs {vms} should be down."
        ))),
    }
}

/// A domain follows its connection; it is locked for a moment.
fn follow(site: &mut Site, domain: Handle, connection: Handle) {
    let details = details(site.body(connection));
    if !storage_domain::is_block(site, domain) {
        site.edit(domain, |body| {
            let storage = body.child_or_new("storage");
            for gone in SHARED {
                tree::drop_child(storage, gone);
            }
            for child in details.children() {
                tree::put(storage, child.clone());
            }
        });
    }
    if let Some(attachment) = storage_domain::attachment(site, domain) {
        site.set(attachment, "status", "locked");
        site.later(durations::CONNECTION_UPDATE, attachment, |site, attachment, _| {
            site.set(attachment, "status", "maintenance");
        });
    }
}

/// Removes a connection that nothing uses, or takes it from a storage domain.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(domain) = call.parent {
        return detach(site, domain, target);
    }
    const DOING: &str = "Cannot remove Storage Connection";
    if let Some(host) = call.query.get("host") {
        let mut named = Element::new("host");
        named.push(Element::leaf("name", host));
        if site.top("hosts", host).is_none() {
            call::resolve_one(site, &mut named, "hosts", "Host")?;
        }
    }
    let alias = |it: &Handle| site.text(*it, "alias").to_owned();
    let domains = common::names(site, &users_of(site, target));
    let disks: Vec<String> = disks_of(site, target).iter().map(alias).collect();
    let disks = disks.join(", ");
    let used = format!("{DOING}. Storage connection parameters are used by the following");
    match (domains.is_empty(), disks.is_empty()) {
        (true, true) => generic::remove(site, call, target),
        (false, true) => Err(Fault::conflict(format!("{used} storage domains : {domains}."))),
        (true, false) => Err(Fault::conflict(format!("{used} disks : {disks}."))),
        (false, false) => {
            Err(Fault::conflict(format!("{used} storage domains : {domains} and disks: {disks}.")))
        }
    }
}

fn detach(site: &mut Site, domain: Handle, connection: Handle) -> Result<(), Fault> {
    check_iscsi(site, domain, "Cannot detach Storage Connection")?;
    let mut all = of_domain(site, domain);
    all.retain(|it| *it != connection);
    note(site, domain, all);
    Ok(())
}
