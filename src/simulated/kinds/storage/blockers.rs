//! What is in the way of a storage domain that is to leave use.

use super::attached_storage_domain::{KIND, heir, type_of};
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{common, disk, transfer};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

/// Refuses to bring a domain to maintenance while it is needed.
pub fn check_deactivation(site: &Site, center: Handle, target: Handle) -> Result<(), Fault> {
    const DOING: &str = "Cannot deactivate Storage";
    check_machines(site, target)?;
    if let Some(domain) = site.top("storage_domains", site.id(target))
        && transfer::uses(site, domain)
    {
        return Err(Fault::conflict(format!(
            "{DOING}. Please pause or cancel all active disk uploads and downloads first."
        )));
    }
    if site.text(target, "master") == "true" {
        check_master(site, center, target)?;
    }
    let busy: Vec<&str> = disks(site, target)
        .into_iter()
        .filter(|it| site.status(*it) == "locked")
        .map(|it| site.text(it, "alias"))
        .collect();
    if busy.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "{DOING} while there are running tasks on this Storage.\n-Tasks running: {}\n-Please wait until tasks will finish and try again.",
        busy.join(", ")
    )))
}

fn disks(site: &Site, target: Handle) -> Vec<Handle> {
    site.store.referring("disks", "storage_domain", site.id(target)).collect()
}

fn is_active(site: &Site, vm: Handle) -> bool {
    site.kind(vm) == "vms" && !matches!(site.status(vm), "down" | "suspended")
}

fn check_machines(site: &Site, target: Handle) -> Result<(), Fault> {
    let attachments = disks(site, target).into_iter().flat_map(|it| disk::attachments(site, it));
    let plugged = attachments.filter(|it| site.text(*it, "active") == "true");
    if plugged.filter_map(|it| site.parent(it)).any(|it| is_active(site, it)) {
        return Err(Fault::conflict(
            "Cannot deactivate Storage. VMs in a state other than \"Down\" or \"Suspended\" were detected.\n-Please ensure all VMs associated with this Storage Domain are stopped and in the Down or Suspended state first.",
        ));
    }
    let id = site.id(target);
    let running = || site.store.all("vms").filter(|it| is_active(site, *it));
    let leased: Vec<Handle> = running()
        .filter(|it| tree::id_at(site.body(*it), "lease/storage_domain") == Some(id))
        .collect();
    if !leased.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot deactivate domain, the domain contains leases for the following running VMs: {}",
            common::names(site, &leased)
        )));
    }
    let isos = disks(site, target);
    let isos: Vec<&str> = isos
        .iter()
        .filter(|it| site.text(**it, "content_type") == "iso")
        .map(|it| site.id(*it))
        .collect();
    let reads = |vm: &Handle| {
        let drives = site.children(*vm, "vm_cdroms");
        drives.iter().any(|it| site.reference(*it, "file").is_some_and(|id| isos.contains(&id)))
    };
    let reading: Vec<Handle> = running().filter(reads).collect();
    if reading.is_empty() {
        return Ok(());
    }
    Err(Fault::conflict(format!(
        "Cannot deactivate Storage. The Storage Domain has ISO image(s) attached to the following VM(s): {}.",
        common::names(site, &reading)
    )))
}

/// A master needs an heir, unless it is the last one in use.
fn check_master(site: &Site, center: Handle, target: Handle) -> Result<(), Fault> {
    let others = site.children(center, KIND).into_iter().filter(|it| *it != target);
    let others: Vec<Handle> = others.collect();
    if others.iter().any(|it| site.status(*it) == "locked") {
        return Err(Fault::conflict(
            "You are trying to deactivate a Master storage domain while there are locked domains in the Data Center. Please wait for the operations on those domains to finish first.",
        ));
    }
    let busy: Vec<&str> = others
        .iter()
        .flat_map(|it| disks(site, *it))
        .filter(|it| site.status(*it) == "locked")
        .map(|it| site.text(it, "alias"))
        .collect();
    if !busy.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot deactivate Master Data Domain while there are running tasks on its Data Center.\n-Tasks running: {}\n-Please wait until tasks will finish and try again.",
            busy.join(", ")
        )));
    }
    let other = |it: &Handle| site.status(*it) == "active" && type_of(site, *it) != "data";
    if heir(site, target).is_none() && others.iter().any(other) {
        return Err(Fault::conflict(
            "Cannot deactivate a Master Storage Domain while there are active non-data domains in the Data Center.\n-Please deactivate all the non-data domains first.",
        ));
    }
    Ok(())
}

/// Refuses to detach a domain with machines that must not leave.
pub fn check_detachment(site: &Site, target: Handle) -> Result<(), Fault> {
    let owners = owners(site, target);
    let blocked = |blocks: &dyn Fn(Handle) -> bool| {
        let found: Vec<Handle> = owners.iter().copied().filter(|it| blocks(*it)).collect();
        if found.is_empty() { None } else { Some(common::names(site, &found)) }
    };
    let refuse = |text: String| Err(Fault::conflict(format!("Cannot detach Storage. {text}.")));
    if let Some(names) = blocked(&|it| site.reference(it, "vm_pool").is_some()) {
        return refuse(format!("The following VMs/Templates are attached to pool: {names}"));
    }
    if let Some(names) = blocked(&|it| site.text(it, "delete_protected") == "true") {
        return refuse(format!("The following VMs/Templates are delete protected: {names}"));
    }
    let previews = |it: Handle| {
        let all = site.children(it, "snapshots");
        all.into_iter().any(|it| site.text(it, "snapshot_status") == "in_preview")
    };
    if let Some(names) = blocked(&previews) {
        return refuse(format!("The following VMs are previewing a snapshot: {names}"));
    }
    Ok(())
}

fn owners(site: &Site, target: Handle) -> Vec<Handle> {
    let attachments = disks(site, target).into_iter().flat_map(|it| disk::attachments(site, it));
    let mut owners: Vec<Handle> = attachments.filter_map(|it| site.parent(it)).collect();
    owners.sort_unstable();
    owners.dedup();
    owners
}
