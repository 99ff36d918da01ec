//! What a machine was when a snapshot of it was taken.

use super::super::vm::state;
use super::{KIND, draft};
use crate::simulated::durations;
use crate::simulated::kinds::{disk, mac_pool};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const NOTE: &str = "configuration";

/// What belongs to a machine and not to one of its states.
const OWN: &[&str] = &[
    "name",
    "status",
    "status_detail",
    "host",
    "cluster",
    "template",
    "original_template",
    "creation_time",
    "start_time",
    "stop_time",
    "stop_reason",
    "fqdn",
    "run_once",
    "next_run_configuration_exists",
    "vm_pool",
    "quota",
    "delete_protected",
];

/// Keeps what a machine is in a snapshot of it, with its NICs, its drive and those disks.
pub fn keep(site: &mut Site, vm: Handle, snapshot: Handle, disks: &[Handle]) {
    let mut whole = Element::new("vm");
    *whole.children_mut() = site.body(vm).children().to_vec();
    let mut note = Element::new(NOTE).with(whole);
    for (attachment, target) in state::disks(site, vm) {
        let mut kept = site.body(attachment).clone();
        kept.set_attribute("id", site.id(attachment).to_owned());
        note.push(kept);
        if disks.contains(&target) {
            let mut body = site.body(target).clone();
            tree::set(&mut body, "status", "ok");
            tree::refer(&mut body, "snapshot", site.id(snapshot));
            let id = site.id(target).to_owned();
            site.add("snapshot_disks", Some(snapshot), id, body);
        }
    }
    site.hide(snapshot, note);
    for (from, to) in [("vm_nics", "snapshot_nics"), ("vm_cdroms", "snapshot_cdroms")] {
        for each in site.children(vm, from) {
            let (id, body) = (site.id(each).to_owned(), site.body(each).clone());
            site.add(to, Some(snapshot), id, body);
        }
    }
}

/// What a snapshot kept of its machine's configuration.
fn kept(site: &Site, snapshot: Handle) -> Option<&Element> {
    site.hidden(snapshot, NOTE)?.child("vm")
}

/// The configuration that a snapshot kept, for a new machine.
pub fn restored_body(site: &Site, snapshot: Handle) -> Element {
    let mut body = kept(site, snapshot).cloned().unwrap_or_else(|| Element::new("vm"));
    body.children_mut().retain(|it| !OWN.contains(&it.name()));
    body
}

/// Makes a machine again what it was.
pub fn restore(site: &mut Site, vm: Handle, snapshot: Handle) {
    let Some(was) = kept(site, snapshot).cloned() else { return };
    site.edit(vm, |body| {
        body.children_mut().retain(|it| OWN.contains(&it.name()));
        let rest = was.children().iter().filter(|it| !OWN.contains(&it.name()));
        body.children_mut().extend(rest.cloned());
    });
    restore_nics(site, vm, snapshot);
    restore_attachments(site, vm, snapshot);
    for drive in site.children(snapshot, "snapshot_cdroms") {
        let file = site.body(drive).child("file").cloned();
        for own in site.children(vm, "vm_cdroms") {
            let file = file.clone();
            site.edit(own, |body| {
                tree::drop_child(body, "file");
                body.children_mut().extend(file);
            });
        }
    }
}

fn restore_nics(site: &mut Site, vm: Handle, snapshot: Handle) {
    for nic in site.children(vm, "vm_nics") {
        site.store.remove(nic);
    }
    for nic in site.children(snapshot, "snapshot_nics") {
        let (id, mut body) = (site.id(nic).to_owned(), site.body(nic).clone());
        let mac = body.text_at("mac/address").unwrap_or_default();
        let cluster = site.refers(vm, "cluster", "clusters");
        let pool = cluster.and_then(|it| mac_pool::of_cluster(site, it));
        let user = pool.and_then(|it| mac_pool::is_used(site, it, mac, Some(nic)));
        if user.is_some_and(|it| site.kind(it) == "vm_nics")
            && let Some(cluster) = cluster
            && let Ok(fresh) = mac_pool::draw(site, cluster, "revert to Snapshot")
        {
            tree::set(&mut body, "mac/address", fresh);
        }
        site.add("vm_nics", Some(vm), id, body);
    }
}

/// Disks that came later stay as they are; others are attached as they were.
fn restore_attachments(site: &mut Site, vm: Handle, snapshot: Handle) {
    let note = site.hidden(snapshot, NOTE).cloned().unwrap_or_default();
    for mut was in note.all("disk_attachment").cloned().collect::<Vec<_>>() {
        let Some(id) = was.id().map(str::to_owned) else { continue };
        let known = site.store.find(disk::ATTACHMENTS[0], Some(vm), &id);
        match (known, site.top("disks", &id)) {
            (Some(known), _) => {
                site.edit(known, |body| {
                    *body.children_mut() = std::mem::take(was.children_mut());
                });
            }
            (None, Some(_)) => {
                let mut body = Element::new("disk_attachment");
                *body.children_mut() = std::mem::take(was.children_mut());
                site.add(disk::ATTACHMENTS[0], Some(vm), id, body);
            }
            (None, None) => {}
        }
    }
}

/// Keeps the state to which a machine that runs stateless will return.
pub fn keep_for_stateless(site: &mut Site, vm: Handle) {
    let body = draft(site, vm, "stateless snapshot", "stateless");
    let made = site.add_fresh(KIND, Some(vm), body);
    let disks = state::kept_disks(site, vm);
    keep(site, vm, made, &disks);
}

/// Returns a machine that ran stateless to the state it had; cleaning up takes a while.
pub fn drop_stateless(site: &mut Site, vm: Handle) {
    let all = site.children(vm, KIND);
    let of_run = all.into_iter().find(|it| site.text(*it, "snapshot_type") == "stateless");
    let Some(of_run) = of_run else { return };
    restore(site, vm, of_run);
    site.set(of_run, "snapshot_status", "locked");
    site.later(durations::STATELESS, of_run, |site, of_run, _| site.store.remove(of_run));
}
