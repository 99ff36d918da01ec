//! The rules of each kind: one file each, and what all the others share.

mod access;
mod common;
mod generic;
mod gluster;
mod hosts;
mod infra;
mod monitoring;
mod providers;
mod rules;
mod scheduling;
mod storage;
mod workload;

use std::collections::HashMap;
use std::sync::LazyLock;

pub use common::{ZERO, data_center_of, version, version_element};
pub use infra::vnic_profile::NO_MAC_SPOOFING;
pub use rules::Rules;
pub use storage::transfer;

// The kinds know each other by name, wherever their files lie.
use access::creator;
pub use access::{authority, people, permission, role};
use gluster::{brick, hook, service as gluster_service};
pub use hosts::host;
use infra::{
    cluster, cluster_network, data_center, mac_pool, network, profile, quota, vnic_profile,
};
use providers::network as network_provider;
pub use scheduling::affinity_label;
use scheduling::{affinity_group, affinity_rules};
use storage::{attached_storage_domain, backup, pool, san, storage_domain};
pub use storage::{connection, disk, unregistered};
use workload::{
    attachment, device, graphics_console, mediated_device, nic, snapshot, template, vm, vm_pool,
};

use super::call::{self, Call};
use super::content;
use super::fault::Fault;
use super::places;
use super::query::Query;
use super::show::View;
use super::site::Site;
use super::store::Handle;
use crate::xml::Element;

/// What the set-up of engines and labs needs of the kinds.
pub mod parts {
    pub use super::access::predefined::{fill as fill_roles, grant_to_everyone, permits_element};
    pub use super::attached_storage_domain::begin as attach_domain;
    pub use super::attachment::prepare as prepare_attachment;
    pub use super::cluster::{equip as equip_cluster, prepare as prepare_cluster};
    pub use super::connection::note as note_connections;
    pub use super::data_center::{equip as equip_data_center, prepare as prepare_data_center};
    pub use super::disk::prepare as prepare_disk;
    pub use super::graphics_console::add_to as add_console;
    pub use super::host::{discover as discover_host, prepare as prepare_host, up as host_up};
    pub use super::nic::prepare as prepare_nic;
    pub use super::providers::network::fill as fill_network_provider;
    pub use super::scheduling::policy::fill as fill_policies;
    pub use super::storage_domain::{add_profile, prepare as prepare_domain};
    pub use super::template::{attach as attach_to_template, write_version};
    pub use super::vm::{equip as equip_vm, fill_defaults};
}

/// The rules of a kind, by the collection that the store keeps it in.
pub fn of(kind: &'static str) -> &'static Rules {
    static ALL: LazyLock<HashMap<&'static str, &'static Rules>> = LazyLock::new(|| {
        let areas = [
            infra::RULES,
            hosts::RULES,
            hosts::networking::RULES,
            storage::RULES,
            workload::RULES,
            workload::device::RULES,
            access::RULES,
            scheduling::RULES,
            providers::RULES,
            gluster::RULES,
            monitoring::RULES,
        ];
        areas.into_iter().flatten().map(|rules| (rules.kind, rules)).collect()
    });
    static GENERIC: Rules = Rules::of("");
    ALL.get(kind).copied().unwrap_or(&GENERIC)
}

/// The rules for the members of a collection, reached with or without a parent.
fn of_call(call: &Call) -> &'static Rules {
    of(places::place(call.collection.name, call.parent.is_some()).kind())
}

/// Turns the names in a document into ids where the engine looks names up.
pub fn resolve(site: &Site, call: &mut Call) -> Result<(), Fault> {
    call::resolve(site, of_call(call).by_name, &mut call.body)
}

/// Adds a member to a collection.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    authority::check(site, call, None, "add")?;
    let made = (of_call(call).add)(site, call)?;
    creator::grant(site, made);
    Ok(made)
}

/// Adds several members at once, all or none.
pub fn add_many(site: &mut Site, call: &Call) -> Result<Vec<Handle>, Fault> {
    authority::check(site, call, None, "add")?;
    brick::add_all(site, call)
}

/// Whether a change is only begun by its call, which answers with the member as it was.
pub fn updates_later(site: &Site, call: &Call, target: Handle) -> bool {
    (of(site.kind(target)).updates_later)(call)
}

/// Whether the reply to a method says that its work is still pending.
pub fn is_pending(site: &Site, target: Handle, method: &str) -> bool {
    of(site.kind(target)).pending.contains(&method)
}

/// Updates a member.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    authority::check(site, call, Some(target), "update")?;
    (of(site.kind(target)).update)(site, call, target)
}

/// Removes a member.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    authority::check(site, call, Some(target), "remove")?;
    let (kind, id) = (site.kind(target), site.id(target).to_owned());
    (of(kind).remove)(site, call, target)?;
    let gone = site.store.get(target).is_none();
    if gone && matches!(kind, "vms" | "hosts" | "affinity_labels") {
        affinity_group::forget_member(site, &id);
    }
    Ok(())
}

/// Acts on a member; returns what the answer shows, or nothing for the member itself.
pub fn act(
    site: &mut Site,
    call: &Call,
    target: Option<Handle>,
    action: &str,
) -> Result<Vec<Element>, Fault> {
    authority::check(site, call, target, action)?;
    let Some(target) = target else {
        if (call.collection.name, action) == ("events", "undelete") {
            monitoring::undelete(site);
        }
        return (of_call(call).act_on_many)(site, call, action);
    };
    let rules = of(site.kind(target));
    match rules.actions.iter().find(|(name, _)| *name == action) {
        Some((_, act)) => act(site, call, target),
        // What lives on a domain is registered already, whatever its kind.
        None if ["import", "register"].contains(&action) => {
            Err(Fault::conflict("Import failed. What is asked for is in the system already."))
        }
        None => Err(Fault::page(500, format!("The simulated engine has no action '{action}'"))),
    }
}

/// Adds to a shown object what is computed, and hides what was not asked for.
pub fn shown(site: &Site, handle: Handle, view: &View, element: &mut Element) {
    if site.kind(handle) == "vms" {
        content::guest(site, handle, element);
    }
    (of(site.kind(handle)).shown)(site, handle, view, element);
    if view.sight.is_some() && site.kind(handle) == "vms" {
        element.children_mut().retain(|it| !matches!(it.name(), "host" | "placement_policy"));
    }
}

/// Keeps of a list what its own parameters ask for.
pub fn filter(site: &Site, collection: &str, query: &Query, objects: &mut Vec<Handle>) {
    if collection == "events" {
        objects.retain(|it| site.hidden(*it, "deleted").is_none());
    }
    unregistered::filter(site, collection, query, objects);
    let view = View { current: query.flag("current") == Some(true), ..View::default() };
    objects.retain(|it| is_current(site, *it, &view));
}

/// Whether an object is there now, if that was asked: a machine that does not run has no consoles.
pub fn is_current(site: &Site, object: Handle, view: &View) -> bool {
    let is_running = || site.parent(object).is_some_and(|vm| vm::is_running(site.status(vm)));
    !view.current || site.kind(object) != "vm_graphics_consoles" || is_running()
}

/// Takes up what repeats itself, in a site that was saved and is loaded.
pub fn resume(site: &mut Site) {
    let pools: Vec<Handle> = site.store.all("vm_pools").collect();
    pools.into_iter().for_each(|pool| vm_pool::watch(site, pool));
    let hosts = site.store.all("hosts").filter(|it| site.status(*it) == "non_operational");
    let broken: Vec<Handle> = hosts.collect();
    broken.into_iter().for_each(|host| host::recover_later(site, host));
}
