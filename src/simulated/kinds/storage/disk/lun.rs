//! Disks that are whole LUNs of a storage array.

use super::{checks, create::prepare};
use crate::simulated::call::{self, Call};
use crate::simulated::fault::Fault;
use crate::simulated::kinds::san;
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const WHAT: &str = "add Virtual Disk";

/// Adds a disk for a LUN; there is nothing to make, so it is ready at once.
pub fn create(
    site: &mut Site,
    document: &Element,
    id: Option<String>,
    alias: Option<String>,
) -> Result<Handle, Fault> {
    let unit = unit(document)?.clone();
    let technology = document.text_at("lun_storage/type").unwrap_or_default();
    let lun = unit.id().unwrap_or_default();
    if !users_of(site, lun).is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. The provided lun is used by another disk."
        )));
    }
    if san::domain_of(site, lun).is_some() {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. The following LUNs are already part of existing storage domains: {lun}."
        )));
    }
    let host = document.at("lun_storage/host").cloned();
    if let Some(mut host) = host {
        call::resolve_one(site, &mut host, "hosts", "Host")?;
        let host = site.top("hosts", host.id().unwrap_or_default());
        let host = host.ok_or_else(|| Fault::entity_not_found("GetVdsByVdsId"))?;
        check_visible(site, host, lun)?;
    }
    let known = san::find(site, lun);
    let mut body = merge::kept(document, "disk");
    for gone in ["storage_domains", "provisioned_size", "format", "sparse", "disk_profile"] {
        tree::drop_child(&mut body, gone);
    }
    let mut storage = Element::new("lun_storage").with_attribute("id", lun);
    tree::set(&mut storage, "type", technology);
    let mut unit = known.and_then(|it| san::unit(site, it)).unwrap_or(unit);
    tree::drop_child(&mut unit, "password");
    storage.push(Element::new("logical_units").with(unit));
    tree::put(&mut body, storage);
    prepare(site, &mut body, alias);
    for gone in ["actual_size", "total_size", "image_id", "backup"] {
        tree::drop_child(&mut body, gone);
    }
    tree::set(&mut body, "status", "ok");
    tree::default(&mut body, "sgio", "disabled");
    let id = id.unwrap_or_else(|| site.fresh_id());
    Ok(site.add("disks", None, id, body))
}

/// The one LUN in a document, with what its technology needs.
fn unit(document: &Element) -> Result<&Element, Fault> {
    let incomplete = |what| Fault::incomplete("Disk", what, "add");
    let technology = document.text_at("lun_storage/type");
    let technology = technology.ok_or_else(|| incomplete("lunStorage.type"))?;
    let units = document.at("lun_storage/logical_units").map(Element::children).unwrap_or_default();
    let unit = units.first().filter(|it| it.id().is_some_and(|id| !id.is_empty()));
    let unit = unit.ok_or_else(|| incomplete("lunStorage.logicalUnits.id"))?;
    if technology == "iscsi" {
        for (name, path) in [
            ("address", "lunStorage.logicalUnits.address"),
            ("target", "lunStorage.logicalUnits.target"),
            ("port", "lunStorage.logicalUnits.port"),
        ] {
            unit.text_at(name).filter(|it| !it.is_empty()).ok_or_else(|| incomplete(path))?;
        }
    } else if technology != "fcp" {
        return Err(Fault::conflict(format!(
            "Cannot {WHAT}. The provided lun has no valid lun type."
        )));
    }
    Ok(unit)
}

fn check_visible(site: &Site, host: Handle, lun: &str) -> Result<(), Fault> {
    if san::visible(site, host, lun).is_none() {
        return Err(Fault::bad(format!(
            "Cannot {WHAT}. The provided LUN is not visible by the specified host, please check storage server connectivity."
        )));
    }
    Ok(())
}

/// The disks that are a LUN.
pub fn users_of(site: &Site, lun: &str) -> Vec<Handle> {
    if lun.is_empty() {
        return Vec::new();
    }
    let of = |it: &Handle| site.body(*it).child("lun_storage").and_then(Element::id) == Some(lun);
    site.store.all("disks").filter(of).collect()
}

/// Shows how the LUN of a disk is used.
pub fn complete(site: &Site, disk: Handle, storage: &mut Element) {
    let Some(units) = storage.children_mut().iter_mut().find(|it| it.name() == "logical_units")
    else {
        return;
    };
    for unit in units.children_mut() {
        tree::set(unit, "disk_id", site.id(disk));
        tree::set(unit, "status", "used");
    }
}

/// Reads the size and paths of a LUN again, through a host.
pub fn refresh(site: &mut Site, call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    let mut host = call.body.child("host").cloned().unwrap_or_else(|| Element::new("host"));
    if host.id().is_none() && host.text_at("name").is_none() {
        return Err(Fault::incomplete("Action", "host.id|name", "refreshLun"));
    }
    call::resolve_one(site, &mut host, "hosts", "Host")?;
    if !super::is_lun(site, target) {
        return Err(Fault::bad(
            "Cannot refresh LUNs. Action is unsupported for the specified disk type (IMAGE).",
        ));
    }
    checks::check_free(site, target, "refresh LUNs")?;
    let host = site.top("hosts", host.id().unwrap_or_default());
    let host = host.filter(|it| site.status(*it) == "up").ok_or_else(|| {
        Fault::conflict(
            "Cannot refresh LUNs. Operation can be performed only when Host status is Up.",
        )
    })?;
    let lun = site.body(target).child("lun_storage").and_then(Element::id).unwrap_or_default();
    let seen = san::visible(site, host, lun).and_then(|it| san::unit(site, it));
    if let Some(unit) = seen {
        site.edit(target, |body| {
            let storage = body.child_or_new("lun_storage");
            tree::put(storage, Element::new("logical_units").with(unit));
        });
    }
    Ok(Vec::new())
}
