//! How much room a storage domain has, and what is told when it runs short.

use super::GIB;
use crate::simulated::journal::Event;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Writes how much room is left beside the disks, in whole GiB as the engine counts.
pub fn count_space(site: &Site, domain: Handle, element: &mut Element) {
    let (used, committed) = taken(site, domain);
    let whole = |bytes: u64| (bytes / GIB * GIB).to_string();
    let base = tree::number(element, "used").map_or(0, i64::unsigned_abs);
    tree::set(element, "used", whole(base + used));
    tree::set(element, "committed", whole(committed));
    tree::set(element, "available", whole(available(site, domain)));
}

/// The bytes that disks take on a domain, and those that they may come to take.
fn taken(site: &Site, domain: Handle) -> (u64, u64) {
    let registered = site.store.referring("disks", "storage_domain", site.id(domain));
    let disks = registered.chain(site.store.children(domain, "storage_domain_disks"));
    let of = |disk, path| tree::number(site.body(disk), path).map_or(0, i64::unsigned_abs);
    disks.fold((0_u64, 0_u64), |(used, committed), disk| {
        (
            used.saturating_add(of(disk, "actual_size")),
            committed.saturating_add(of(disk, "provisioned_size")),
        )
    })
}

/// The bytes that are left on a domain.
pub fn available(site: &Site, domain: Handle) -> u64 {
    let room = tree::number(site.body(domain), "available").map_or(0, i64::unsigned_abs);
    room.saturating_sub(taken(site, domain).0)
}

/// The bytes that a domain keeps free.
pub fn kept_free(site: &Site, domain: Handle) -> u64 {
    let blocker = tree::number(site.body(domain), "critical_space_action_blocker");
    blocker.map_or(0, i64::unsigned_abs).saturating_mul(GIB)
}

/// Tells which domains have begun to run short of room.
pub fn watch_rooms(site: &mut Site, domains: &[Handle]) {
    for domain in domains {
        watch_room(site, *domain);
    }
}

fn watch_room(site: &mut Site, domain: Handle) {
    let event = shortage(site, domain).unwrap_or_default();
    if site.hidden(domain, "shortage").map_or("", Element::text) == event {
        return;
    }
    site.hide(domain, Element::leaf("shortage", event));
    if !event.is_empty() {
        let room = (available(site, domain) / GIB).to_string();
        Event::of(event).about(site, domain).with("DiskSpace", room).tell(site);
    }
}

/// The event that fits what is left on a domain: below what it keeps free, and then that alone, or
/// below the percentage that it warns of.
fn shortage(site: &Site, domain: Handle) -> Option<&'static str> {
    let number = |path| tree::number(site.body(domain), path).map_or(0, i64::unsigned_abs);
    let left = available(site, domain);
    let whole = number("used").saturating_add(number("available")).max(1);
    if left < kept_free(site, domain) {
        Some("IRS_DISK_SPACE_LOW_ERROR")
    } else if left / GIB * 100 < whole / GIB * number("warning_low_space_indicator") {
        Some("IRS_DISK_SPACE_LOW")
    } else {
        None
    }
}
