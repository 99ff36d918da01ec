//! The snapshots that the engine takes of a machine by itself, for as long as it needs them.

use crate::simulated::durations;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Takes a snapshot of a machine.
pub fn take(site: &mut Site, vm: Handle, description: &str) -> Handle {
    let mut body = Element::new("snapshot");
    tree::set(&mut body, "description", description);
    tree::set(&mut body, "snapshot_type", "regular");
    tree::set(&mut body, "snapshot_status", "locked");
    tree::set(&mut body, "persist_memorystate", "false");
    tree::set(&mut body, "date", site.date());
    tree::refer(&mut body, "vm", site.id(vm));
    let made = site.add_fresh("snapshots", Some(vm), body);
    site.later(durations::AUTO_SNAPSHOT, made, |site, snapshot, _| {
        site.set(snapshot, "snapshot_status", "ok");
    });
    made
}

/// Merges a snapshot that is not needed any more.
pub fn drop(site: &mut Site, snapshot: Handle) {
    site.set(snapshot, "snapshot_status", "locked");
    site.later(durations::AUTO_SNAPSHOT, snapshot, |site, snapshot, _| {
        site.store.remove(snapshot);
    });
}
