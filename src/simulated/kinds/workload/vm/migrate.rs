//! Moving a running machine to another host.

use super::schedule::{self, Wish};
use super::state;
use crate::simulated::call::{self, Call};
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::affinity_group;
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const MIGRATE: &str = "Cannot migrate VM";
const DESTINATION: &str = "destination";

/// Moves a machine to the host that is named, or to the best one.
pub fn migrate(site: &mut Site, call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    state::check_lock(site, vm, MIGRATE, Mode::Exclusive)?;
    check(site, vm, call.flag("force") == Some(true))?;
    let wish = wish(site, call, vm)?;
    let host = schedule::choose(site, vm, MIGRATE, &wish)?;
    begin(site, vm, host, wish.cluster);
    Ok(Vec::new())
}

/// Moves a machine off its host if it can, because the host is to rest: what binds it to other
/// machines does not count then.
pub fn leave(site: &mut Site, vm: Handle) {
    let wish = Wish { except: site.refers(vm, "host", "hosts"), alone: true, ..Wish::default() };
    let host = state::check_lock(site, vm, MIGRATE, Mode::Exclusive)
        .and_then(|()| check(site, vm, false))
        .and_then(|()| schedule::choose(site, vm, MIGRATE, &wish));
    if let Ok(host) = host {
        begin(site, vm, host, None);
    }
}

fn check(site: &Site, vm: Handle, forced: bool) -> Result<(), Fault> {
    if !["up", "powering_up", "paused", "reboot_in_progress"].contains(&site.status(vm)) {
        return Err(state::illegal(site, vm, MIGRATE));
    }
    if site.status(vm) == "paused" && site.text(vm, "status_detail") == "eio" {
        return Err(Fault::bad(
            "Migrating a VM in paused status due to I/O error is not supported.",
        ));
    }
    match site.text(vm, "placement_policy/affinity") {
        "pinned" => return Err(Fault::conflict(format!("{MIGRATE}. VM is pinned to Host."))),
        "user_migratable" if !forced => {
            return Err(Fault::conflict(format!(
                "{MIGRATE}. VM is non migratable and user did not specify the force-migration flag"
            )));
        }
        _ => {}
    }
    state::check_no_backup(site, vm, MIGRATE)?;
    state::check_snapshots(site, vm, MIGRATE)
}

fn wish(site: &Site, call: &Call, vm: Handle) -> Result<Wish, Fault> {
    let here = site.refers(vm, "host", "hosts");
    let mut wish = Wish { except: here, ..Wish::default() };
    if let Some(cluster) = call.id_at("cluster") {
        let cluster = site.top("clusters", cluster);
        let cluster = cluster
            .ok_or_else(|| Fault::bad(format!("{MIGRATE}. The relevant Cluster doesn't exist.")))?;
        wish.cluster = Some(cluster);
    }
    if let Some(mut named) = call.body.child("host").cloned() {
        call::resolve_one(site, &mut named, "hosts", "Host")?;
        let host = site.top("hosts", named.id().unwrap_or_default());
        let host = host.ok_or_else(|| Fault::bad(format!("{MIGRATE}. Host not found.")))?;
        check_destination(site, vm, host, &wish)?;
        wish.hosts.push(site.id(host).to_owned());
    }
    Ok(wish)
}

fn check_destination(site: &Site, vm: Handle, host: Handle, wish: &Wish) -> Result<(), Fault> {
    if Some(host) == wish.except {
        return Err(Fault::conflict(format!("{MIGRATE}. source and destination is the same.")));
    }
    let elsewhere = site.reference(host, "cluster") != site.reference(vm, "cluster");
    if wish.cluster.is_none() && elsewhere {
        return Err(Fault::conflict(format!(
            "{MIGRATE}. If target Cluster is not specified VM can be migrated only between Hosts in the same Cluster.\n-Please select target Host in the same Cluster to run the VM or specify a target Cluster."
        )));
    }
    Ok(())
}

fn begin(site: &mut Site, vm: Handle, host: Handle, cluster: Option<Handle>) {
    let name = site.name(vm).to_owned();
    let mut note = Element::new(DESTINATION).with(Element::link("host", site.id(host)));
    note.push(Element::leaf("status", site.status(vm)));
    if let Some(cluster) = cluster {
        note.push(Element::link("cluster", site.id(cluster)));
    }
    site.hide(vm, note);
    site.set(vm, "status", "migrating");
    state::hold(site, vm, durations::VM_MIGRATION, &format!("VM {name} is being migrated."));
    site.later(durations::VM_MIGRATION, vm, arrived);
}

fn arrived(site: &mut Site, vm: Handle, failed: bool) {
    let Some(note) = site.unhide(vm, DESTINATION) else { return };
    if site.status(vm) != "migrating" {
        return;
    }
    let before = note.text_at("status").unwrap_or("up").to_owned();
    let lands = if before == "paused" { "paused" } else { "up" };
    site.set(vm, "status", lands);
    if failed {
        return;
    }
    let to = tree::id_at(&note, "host").unwrap_or_default().to_owned();
    let cluster = tree::id_at(&note, "cluster").map(str::to_owned);
    if cluster.as_deref().is_some_and(|it| Some(it) != site.reference(vm, "cluster")) {
        let id = site.id(vm).to_owned();
        affinity_group::forget_member(site, &id);
    }
    site.edit(vm, |body| {
        tree::refer(body, "host", to);
        if let Some(cluster) = cluster {
            tree::refer(body, "cluster", cluster);
        }
    });
}

/// Leaves a machine where it is.
pub fn cancel(site: &mut Site, _call: &Call, vm: Handle) -> Result<Vec<Element>, Fault> {
    if site.status(vm) != "migrating" {
        return Err(Fault::conflict("Cannot cancel migration for non migrating VM."));
    }
    let note = site.unhide(vm, DESTINATION);
    let before = note.and_then(|it| it.text_at("status").map(str::to_owned));
    site.set(vm, "status", before.as_deref().unwrap_or("up"));
    state::release(site, vm);
    Ok(Vec::new())
}
