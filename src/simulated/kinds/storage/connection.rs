//! Connections to storage.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{generic, storage_domain};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

/// What is special about storage connections.
pub const RULES: Rules =
    Rules::of("storage_server_connections").add(add).update(update).remove(remove);

const KIND: &str = "storage_server_connections";

/// What tells connections apart.
const DETAILS: &[&str] = &["type", "address", "path", "target", "port", "username"];

/// Adds a connection that does not exist yet.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let missing = |what: &str| Fault::incomplete("StorageConnection", what, "add");
    let technology = call.text("type").ok_or_else(|| missing("type"))?;
    let needs: &[&str] = match technology {
        "nfs" => &["address", "path"],
        "iscsi" => &["address", "target", "port"],
        "posixfs" | "glusterfs" => &["path", "vfs_type"],
        _ => &["path"],
    };
    for what in needs {
        call.text(what).ok_or_else(|| missing(what))?;
    }
    if let Some(host) = call.id_at("host").and_then(|id| site.top("hosts", id))
        && site.status(host) != "up"
    {
        return Err(Fault::conflict(
            "Cannot add storage server connection when Host status is not up",
        ));
    }
    let same = |it: &Handle| {
        DETAILS.iter().all(|path| call.text(path).unwrap_or_default() == site.text(*it, path))
    };
    if let Some(known) = site.store.all(KIND).find(same) {
        return Err(Fault::conflict(format!(
            "Cannot add Storage Connection. Storage connection {} already exists for {}.",
            site.id(known),
            storage_domain::user_of(site, known).map_or("", |it| site.name(it))
        )));
    }
    let mut body = generic::draft(site, call);
    tree::drop_child(&mut body, "host");
    Ok(generic::put(site, call, None, body))
}

/// Updates a connection whose domain is not in use; the domain moves along.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if call.text("type").is_some_and(|it| it != site.text(target, "type")) {
        return Err(Fault::bad("Cannot edit Storage Connection. Storage type cannot be edited."));
    }
    let user = storage_domain::user_of(site, target);
    let attachment = user.and_then(|it| storage_domain::attachment(site, it));
    if let (Some(user), Some(attachment)) = (user, attachment)
        && site.status(attachment) != "maintenance"
    {
        return Err(Fault::bad(format!(
            "Cannot edit Storage Connection. The data domains {} should be in maintenance or unattached.",
            site.name(user)
        )));
    }
    generic::update(site, call, target)?;
    site.edit(target, |body| tree::drop_child(body, "host"));
    if let Some(user) = user {
        let details = site.body(target).clone();
        site.edit(user, |body| {
            for child in details.children() {
                tree::put(body.child_or_new("storage"), child.clone());
            }
        });
    }
    Ok(())
}

/// Removes a connection that no domain uses.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(user) = storage_domain::user_of(site, target) {
        return Err(Fault::conflict(format!(
            "Cannot remove Storage Connection. Storage connection parameters are used by the following storage domains : {}.",
            site.name(user)
        )));
    }
    generic::remove(site, call, target)
}
