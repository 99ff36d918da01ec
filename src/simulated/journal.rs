//! Jobs and events: what the engine tells about its work.

use std::time::Duration;

use super::fault::Fault;
use super::site::Site;
use super::store::Handle;
use super::tree;
use crate::xml::Element;

const KEPT_WHEN_DONE: Duration = Duration::from_secs(600);
const KEPT_WHEN_FAILED: Duration = Duration::from_secs(3600);

/// The collections whose commands are monitored by jobs; the others do their work unseen.
const MONITORED: &[(&str, &str)] = &[
    ("vms", "VM"),
    ("templates", "VM Template"),
    ("snapshots", "Snapshot"),
    ("disks", "Disk"),
    ("storage_domain_disks", "Disk"),
    ("networks", "Network"),
    ("data_center_networks", "Network"),
    ("storage_domains", "Storage Domain"),
    ("attached_storage_domains", "Storage Domain"),
    ("vm_pools", "VM Pool"),
];

fn monitored(method: &str, collection: &str) -> Option<&'static str> {
    let found = MONITORED.iter().find(|(name, _)| *name == collection).map(|(_, what)| *what);
    match (method, collection) {
        ("update", "hosts") => None,
        (_, "hosts") => Some("Host"),
        ("update", "data_centers") => Some("Data Center"),
        _ => found,
    }
}

/// Opens the job of a command that is monitored.
pub fn open(site: &mut Site, method: &str, collection: &str, name: &str) -> Option<Handle> {
    let what = monitored(method, collection)?;
    let verb = match method {
        "add" => "Adding",
        "update" => "Editing",
        "remove" => "Removing",
        other => other,
    };
    let mut body = Element::new("job");
    tree::set(&mut body, "description", format!("{verb} {what} {name}"));
    tree::set(&mut body, "status", "started");
    let date = site.date();
    tree::set(&mut body, "start_time", date.clone());
    tree::set(&mut body, "last_updated", date);
    tree::set(&mut body, "auto_cleared", "true");
    tree::set(&mut body, "external", "false");
    let job = site.add_fresh("jobs", None, body);
    let correlation = site.correlation.clone();
    site.hide(job, Element::leaf("correlation_id", correlation));
    site.job = Some(job);
    Some(job)
}

/// Ends what the request itself did of a job; its background work may go on.
pub fn close(site: &mut Site, job: Option<Handle>, fault: Option<&Fault>) {
    site.job = None;
    let Some(job) = job else { return };
    if let Some(fault) = fault {
        let what = site.text(job, "description").to_owned();
        event(site, "error", 0, format!("Failed: {what}. {}", fault.message()), &[]);
        end(site, job, true);
    } else if !site.has_work(job) {
        end(site, job, false);
    }
}

/// Ends a job.
pub fn end(site: &mut Site, job: Handle, failed: bool) {
    let date = site.date();
    site.set(job, "status", if failed { "failed" } else { "finished" });
    site.set(job, "end_time", date.clone());
    site.set(job, "last_updated", date);
    let kept = if failed { KEPT_WHEN_FAILED } else { KEPT_WHEN_DONE };
    site.later(kept, job, |site, job, _| site.store.remove(job));
}

/// Writes an event that names objects by element and handle.
pub fn event(
    site: &mut Site,
    severity: &str,
    code: u32,
    text: impl AsRef<str>,
    about: &[(&'static str, Handle)],
) {
    let mut body = Element::new("event");
    tree::set(&mut body, "description", text);
    tree::set(&mut body, "severity", severity);
    tree::set(&mut body, "code", code.to_string());
    tree::set(&mut body, "correlation_id", site.correlation.clone());
    tree::set(&mut body, "origin", "oVirt");
    tree::set(&mut body, "custom_id", "-1");
    tree::set(&mut body, "flood_rate", "30");
    tree::set(&mut body, "time", site.date());
    for (element, object) in about {
        tree::refer(&mut body, element, site.id(*object));
    }
    let number = site.next_event();
    tree::set(&mut body, "index", number.to_string());
    site.add("events", None, number.to_string(), body);
}

/// Puts a list in the order in which the engine gives it without being asked for one.
pub fn sort(site: &Site, collection: &str, objects: &mut [Handle]) {
    match collection {
        "events" => objects.reverse(),
        "disks" => objects.sort_by_cached_key(|it| {
            (site.text(*it, "alias").to_lowercase(), site.id(*it).to_owned())
        }),
        "vms" | "hosts" | "templates" | "clusters" | "networks" | "storage_domains"
        | "data_centers" | "tags" | "users" | "roles" | "mac_pools" => {
            objects.sort_by_cached_key(|it| site.name(*it).to_lowercase());
        }
        _ => {}
    }
}
