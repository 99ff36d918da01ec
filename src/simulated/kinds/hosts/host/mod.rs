//! Hosts, from their deployment to their removal.

mod actions;
mod create;
mod deactivation;
mod discovery;
mod fencing;
mod removal;
mod states;
mod update;

pub use create::{prepare, register};
pub use discovery::discover;
pub use states::{lost, non_operational, recover_later, up};

use crate::simulated::journal::Event;
use crate::simulated::kinds::hosts::networking;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::san;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about hosts.
pub const RULES: Rules = Rules::of("hosts")
    .add(create::add)
    .update(update::update)
    .remove(removal::remove)
    .actions(&[
        ("activate", actions::activate),
        ("approve", actions::approve),
        ("commit_net_config", networking::actions::commit),
        ("copy_host_networks", networking::actions::copy),
        ("deactivate", deactivation::deactivate),
        ("discover_iscsi", san::discover),
        ("enroll_certificate", actions::enroll_certificate),
        ("fence", fencing::fence),
        ("force_select_spm", actions::force_select_spm),
        ("install", actions::install),
        ("iscsi_discover", san::discover_names),
        ("iscsi_login", san::login),
        ("refresh", networking::actions::refresh),
        ("setup_networks", networking::actions::setup),
        ("sync_all_networks", networking::actions::sync_all),
        ("unregistered_storage_domains_discover", san::discover_domains),
        ("upgrade", actions::upgrade),
        ("upgrade_check", actions::upgrade_check),
    ])
    .shown(shown)
    .by_name(&[("cluster", "clusters", "Cluster")]);

/// What the simulated hosts are made of.
pub const CPU_TYPE: &str = "Intel Cascadelake Server Family";

/// Writes an event about a host.
pub fn tell(site: &mut Site, host: Handle, event: &'static str) {
    Event::of(event).about(site, host).tell(site);
}

/// The machines on a host.
pub fn machines(site: &Site, host: Handle) -> Vec<Handle> {
    site.users("vms", "host", host)
}

/// Counts machines, and hides what was not asked for.
fn shown(site: &Site, handle: Handle, view: &View, element: &mut Element) {
    let running = machines(site, handle);
    let migrating = running.iter().filter(|it| site.status(**it) == "migrating").count();
    tree::set(element, "summary/active", running.len().to_string());
    tree::set(element, "summary/migrating", migrating.to_string());
    tree::set(element, "summary/total", running.len().to_string());
    if element.child("os").is_some() {
        // The engine writes an empty text for what was never set.
        tree::default(element, "os/custom_kernel_cmdline", "");
        let booted = "BOOT_IMAGE=(hd0,msdos1)/vmlinuz-5.14.0 root=/dev/mapper/root ro";
        tree::set(element, "os/reported_kernel_cmdline", booted);
        let system = element.child_or_new("os").children_mut();
        system.sort_by(|one, other| one.name().cmp(other.name()));
    }
    if view.all_content {
        let busy = site.hidden(handle, "network_operation").is_some();
        tree::set(element, "network_operation_in_progress", busy.to_string());
        tree::set(element, "hosted_engine/configured", "false");
    }
}
