//! Machines that move to another version of their template.

use super::version::{base_of, latest, versions};
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::disk;
use crate::simulated::kinds::vm::{self, state};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

/// Refuses to give a machine a template that it cannot have.
pub fn check_move(site: &Site, call: &Call, machine: Handle) -> Result<(), Fault> {
    const EDIT: &str = "Cannot edit VM";
    let wanted = call.id_at("template").and_then(|id| site.top("templates", id));
    let wanted = wanted
        .ok_or_else(|| Fault::bad(format!("{EDIT}. The relevant Template doesn't exist.")))?;
    let own = site.refers(machine, "template", "templates");
    if own.is_some_and(|own| base_of(site, own) != base_of(site, wanted)) {
        return Err(Fault::bad(format!(
            "{EDIT}. The requested template doesn't belong to the same base template as the original template."
        )));
    }
    let follows = site.text(machine, "use_latest_template_version") == "true";
    if site.reference(machine, "vm_pool").is_none() && !follows {
        return Err(Fault::bad(format!("{EDIT}. The Template can be changed for pool VMs only.")));
    }
    Ok(())
}

/// Moves a machine to the version in a call.
pub fn move_to(site: &mut Site, call: &Call, machine: Handle) -> Result<(), Fault> {
    let wanted = call.id_at("template").and_then(|id| site.top("templates", id));
    let wanted = wanted.ok_or_else(Fault::nowhere)?;
    recreate(site, machine, wanted);
    Ok(())
}

/// Makes the disks of a machine anew from a version; one that runs waits until it is down.
pub fn recreate(site: &mut Site, machine: Handle, version: Handle) {
    if site.status(machine) != "down" {
        return;
    }
    for (attachment, each) in state::disks(site, machine) {
        site.store.remove(attachment);
        disk::begin_removal(site, each);
    }
    let id = site.id(version).to_owned();
    site.edit(machine, |body| {
        tree::refer(body, "template", id.clone());
        tree::refer(body, "original_template", id);
    });
    vm::copy_disks(site, machine, version);
}

/// A machine that follows the newest version and is down is made anew from it.
pub fn follow_latest(site: &mut Site, machine: Handle) {
    let follows = site.hidden(machine, vm::FOLLOWS_LATEST).is_some();
    let Some(own) = site.refers(machine, "template", "templates").filter(|_| follows) else {
        return;
    };
    let newest = latest(site, own);
    if newest != own {
        recreate(site, machine, newest);
    }
}

/// A new version is there: those who follow the newest one take it.
pub fn recreate_members(site: &mut Site, version: Handle) {
    let base = base_of(site, version).to_owned();
    for each in versions(site, &base) {
        for machine in site.users("vms", "template", each) {
            follow_latest(site, machine);
        }
    }
}
