//! Actions on storage domains.

use std::time::Duration;

use super::create::write_room;
use super::{attachment, illegal, is_block, luns, status};
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const OVF_UPDATE: Duration = Duration::from_secs(2);

/// What an action's answer shows.
type Done = Result<Vec<Element>, Fault>;

/// Tells whether some data center uses a domain, as a host sees it.
pub fn is_attached(site: &mut Site, call: &Call, target: Handle) -> Done {
    let mut host = call.body.child("host").cloned().unwrap_or_else(|| Element::new("host"));
    call::resolve_one(site, &mut host, "hosts", "Host")?;
    let id = host.id().filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("Action", "host.id|name", "isAttached"))?;
    site.top("hosts", id).ok_or_else(|| Fault::bad("The selected Host does not exist."))?;
    let attached = attachment(site, target).is_some();
    Ok(vec![Element::leaf("is_attached", attached.to_string())])
}

fn named(call: &Call) -> Vec<&str> {
    let units = call.body.child("logical_units").map(Element::children).unwrap_or_default();
    units.iter().filter_map(Element::id).collect()
}

fn check_luns(site: &Site, call: &Call, target: Handle, action: &str) -> Result<(), Fault> {
    if !is_block(site, target) {
        return Err(Fault::bad(format!(
            "Cannot {action} Storage. Storage Domain type is illegal."
        )));
    }
    let known = luns(site, target);
    let foreign: Vec<&str> = named(call).into_iter().filter(|it| !known.contains(it)).collect();
    if foreign.is_empty() {
        return Ok(());
    }
    Err(Fault::bad(format!(
        "Cannot {action} Storage. The following LUNs {} are not a part of the Storage Domain {}.",
        foreign.join(", "),
        site.name(target)
    )))
}

/// Takes LUNs out of a domain in maintenance.
pub fn reduce_luns(site: &mut Site, call: &Call, target: Handle) -> Done {
    const DOING: &str = "Cannot reduce Storage";
    let id = site.id(target).to_owned();
    site.check_lock(DOING, ("STORAGE", &id), Mode::Exclusive)?;
    check_luns(site, call, target, "reduce")?;
    if status(site, target) != "maintenance" {
        return Err(illegal("reduce", status(site, target)));
    }
    let (gone, known) = (named(call), luns(site, target));
    if known.iter().all(|it| gone.contains(it)) {
        return Err(Fault::bad(format!(
            "{DOING}. A Block Storage Domain cannot remain without any LUNs."
        )));
    }
    if let Some(first) = known.first().filter(|it| gone.contains(it)) {
        return Err(Fault::bad(format!(
            "{DOING}. The following LUNs {first} are part of the Storage Domain {} metadata devices.",
            site.name(target)
        )));
    }
    let says = "The Storage Domain is being reduced.";
    site.hold_lock_saying(("STORAGE", &id), Mode::Exclusive, durations::DOMAIN_REDUCTION, says);
    let mut note = Element::new("reducing");
    for lun in gone {
        note.push(Element::link("logical_unit", lun));
    }
    site.hide(target, note);
    site.later(durations::DOMAIN_REDUCTION, target, reduced);
    Ok(Vec::new())
}

fn reduced(site: &mut Site, target: Handle, failed: bool) {
    let Some(gone) = site.unhide(target, "reducing").filter(|_| !failed) else { return };
    let leaves = |id: Option<&str>| gone.children().iter().any(|it| it.id() == id);
    let Some(mut storage) = site.body(target).child("storage").cloned() else { return };
    let units = storage.child_or_new("volume_group").child_or_new("logical_units");
    units.children_mut().retain(|it| !leaves(it.id()));
    site.edit(target, |body| {
        write_room(body, &storage);
        tree::put(body, storage);
    });
}

/// Reads the sizes of LUNs again.
pub fn refresh_luns(site: &mut Site, call: &Call, target: Handle) -> Done {
    check_luns(site, call, target, "refresh")?;
    if status(site, target) != "active" {
        return Err(illegal("refresh", status(site, target)));
    }
    Ok(Vec::new())
}

/// Writes what lives on a domain into it.
pub fn update_ovf_store(site: &mut Site, _call: &Call, target: Handle) -> Done {
    let id = site.id(target).to_owned();
    site.check_lock("Cannot update OVFs for Storage", ("OVF_UPDATE", &id), Mode::Exclusive)?;
    if status(site, target) != "active" {
        return Err(illegal("update OVFs for", status(site, target)));
    }
    let says = "Storage Domain OVF data is currently being updated.";
    site.hold_lock_saying(("OVF_UPDATE", &id), Mode::Exclusive, OVF_UPDATE, says);
    Ok(Vec::new())
}
