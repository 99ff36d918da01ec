//! The one CD drive of a machine.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::vm;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about drives.
pub const RULES: Rules = Rules::of(KIND).add(add).update(update).remove(eject).shown(shown);

const KIND: &str = "vm_cdroms";
/// What is in the drive of a running machine, if that is not what is kept.
const CURRENT: &str = "current";

/// There is a drive already; the disc goes in there.
fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let vm = call.owner()?;
    if call.body.child("file").and_then(Element::id).is_none() {
        return Err(Fault::incomplete("Cdrom", "file.id", "add"));
    }
    let drive = site.store.children(vm, KIND).next().ok_or_else(Fault::nowhere)?;
    update(site, call, drive)?;
    Ok(drive)
}

/// Changes the disc: that of the next start, or the one in the drive of a running machine.
fn update(site: &mut Site, call: &Call, drive: Handle) -> Result<(), Fault> {
    let file =
        call.body.child("file").ok_or_else(|| Fault::incomplete("Cdrom", "file", "update"))?;
    let file = file.id().filter(|it| !it.is_empty()).map(str::to_owned);
    if call.query.flag("current") == Some(true) {
        return change(site, drive, file);
    }
    if let Some(file) = &file {
        check_file(site, file)?;
    }
    site.edit(drive, |body| match file {
        Some(file) => tree::refer(body, "file", file),
        None => {
            tree::drop_child(body, "file");
        }
    });
    Ok(())
}

fn change(site: &mut Site, drive: Handle, file: Option<String>) -> Result<(), Fault> {
    let vm = site.parent(drive).ok_or_else(Fault::nowhere)?;
    let doing = if file.is_some() { "Cannot Change CD VM" } else { "Cannot Eject CD VM" };
    if !vm::is_running(site.status(vm)) {
        return Err(vm::state::illegal(site, vm, doing));
    }
    if let Some(file) = &file {
        check_file(site, file)?;
    }
    insert(site, vm, file.as_deref());
    Ok(())
}

/// Puts a disc into the drive of a running machine, or none.
pub fn insert(site: &mut Site, vm: Handle, file: Option<&str>) {
    for drive in site.children(vm, KIND) {
        let mut note = Element::new(CURRENT);
        if let Some(file) = file.filter(|it| !it.is_empty()) {
            note.push(Element::link("file", file));
        }
        site.hide(drive, note);
    }
}

/// The machine is off: its next start begins with the disc that is kept.
pub fn forget(site: &mut Site, vm: Handle) {
    for drive in site.children(vm, KIND) {
        site.unhide(drive, CURRENT);
    }
}

/// Discs are disks that hold one, or files of a domain for discs.
pub fn check_file(site: &Site, file: &str) -> Result<(), Fault> {
    let is_disc = |it| site.text(it, "content_type") == "iso";
    let known = site.top("disks", file).is_some_and(is_disc)
        || site.store.all("files").any(|it| site.id(it) == file);
    if known { Ok(()) } else { Err(Fault::bad("Invalid ISO image path")) }
}

fn eject(site: &mut Site, _call: &Call, drive: Handle) -> Result<(), Fault> {
    site.edit(drive, |body| tree::drop_child(body, "file"));
    Ok(())
}

fn shown(site: &Site, drive: Handle, view: &View, element: &mut Element) {
    if !view.current {
        return;
    }
    let running = site.parent(drive).is_some_and(|vm| vm::is_running(site.status(vm)));
    match site.hidden(drive, CURRENT) {
        Some(note) if running => {
            tree::drop_child(element, "file");
            element.children_mut().extend(note.children().iter().cloned());
        }
        _ if running => {}
        _ => {
            tree::drop_child(element, "file");
        }
    }
}
