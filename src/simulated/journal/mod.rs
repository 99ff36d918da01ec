//! Jobs and events: what the engine tells about its work.
//!
//! `commands.tsv` says for each command which events tell of its start, its end and its failure,
//! and how its job is described, if it is monitored. So most kinds need no line for either; what
//! happens beside commands is told by an [`Event`].

mod event;
mod job;
mod subject;

pub use event::{Event, event, write};
pub use job::{begin, begin_step, close, end, finish, finish_job, open};
pub use subject::Subject;

use super::site::Site;
use super::store::Handle;

/// The user on whose behalf the engine works.
fn actor(site: &Site) -> Option<Handle> {
    site.store.all("users").next()
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
