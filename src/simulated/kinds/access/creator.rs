//! What those who make something get along with it, and what everyone gets.

use crate::simulated::kinds::people::EVERYONE;
use crate::simulated::kinds::{authority, permission};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

/// Grants what comes with a new object.
pub fn grant(site: &mut Site, made: Handle) {
    match site.kind(made) {
        "networks" => {
            to_caller(site, "NetworkAdmin", made);
            for profile in site.users("vnic_profiles", "network", made) {
                to_caller(site, "NetworkAdmin", profile);
                to_everyone(site, "VnicProfileUser", profile);
            }
        }
        "vnic_profiles" => to_caller(site, "NetworkAdmin", made),
        "mac_pools" => to_caller(site, "MacPoolAdmin", made),
        "clusters" => {
            for profile in site.users("cpu_profiles", "cluster", made) {
                to_everyone(site, "CpuProfileOperator", profile);
            }
        }
        "storage_domains" => {
            for profile in site.users("disk_profiles", "storage_domain", made) {
                to_everyone(site, "DiskProfileUser", profile);
            }
        }
        "instance_types" => to_everyone(site, "UserTemplateBasedVm", made),
        "templates" => {
            to_caller(site, "TemplateOwner", made);
            to_caller(site, "UserTemplateBasedVm", made);
        }
        "vms" => grant_on_vm(site, made),
        "disks" => to_caller(site, "DiskOperator", made),
        "disk_attachments" => grant_on_disk(site, made),
        _ => {}
    }
}

fn grant_on_vm(site: &mut Site, vm: Handle) {
    // Who may grant it to himself is not given it.
    if site.caller.filtered || !authority::may(site, "manipulate_permissions", Some(vm)) {
        to_caller(site, "UserVmManager", vm);
    }
    for attachment in site.children(vm, "disk_attachments") {
        grant_on_disk(site, attachment);
    }
}

/// Grants on the disk of an attachment if it was just made.
fn grant_on_disk(site: &mut Site, attachment: Handle) {
    let disk = site.refers(attachment, "disk", "disks");
    if let Some(disk) = disk.filter(|it| site.status(*it) == "locked") {
        to_caller(site, "DiskOperator", disk);
    }
}

fn to_caller(site: &mut Site, role: &str, object: Handle) {
    if let Some(user) = site.caller.user {
        let id = site.id(user).to_owned();
        give(site, role, ("user", &id), object);
    }
}

fn to_everyone(site: &mut Site, role: &str, object: Handle) {
    give(site, role, ("group", EVERYONE), object);
}

fn give(site: &mut Site, role: &str, to: (&'static str, &str), object: Handle) {
    let role = site.store.named("roles", role).next();
    if let Some(role) = role {
        permission::grant(site, role, to, Some(object));
    }
}
