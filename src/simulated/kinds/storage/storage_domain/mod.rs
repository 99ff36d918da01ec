//! Storage domains as they are in themselves; how a data center uses them is in
//! `attached_storage_domain`.

mod actions;
mod create;
mod removal;
mod room;
mod update;

pub use create::{add_profile, place_of, prepare};
pub use removal::{detached, forget};
pub use room::{available, count_space, kept_free, watch_rooms};

use crate::simulated::fault::Fault;
use crate::simulated::kinds::common;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about storage domains.
pub const RULES: Rules = Rules::of(KIND)
    .add(create::add)
    .update(update::update)
    .remove(removal::remove)
    .actions(&[
        ("is_attached", actions::is_attached),
        ("reduce_luns", actions::reduce_luns),
        ("refresh_luns", actions::refresh_luns),
        ("update_ovf_store", actions::update_ovf_store),
    ])
    .shown(shown)
    .by_name(&[("host", "hosts", "Host")]);

const KIND: &str = "storage_domains";
const GIB: u64 = 1 << 30;

/// The view of a storage domain in the data center that uses it.
pub fn attachment(site: &Site, domain: Handle) -> Option<Handle> {
    let id = site.id(domain);
    let owner = site.body(domain).child("data_centers")?.children().first()?.id()?;
    site.store.find("attached_storage_domains", site.top("data_centers", owner), id)
}

/// What state a storage domain is in, wherever that is shown.
pub fn status(site: &Site, domain: Handle) -> &str {
    attachment(site, domain).map_or("unattached", |it| site.status(it))
}

/// The refusal for the status of a storage domain.
pub fn illegal(action: &str, status: &str) -> Fault {
    Fault::conflict(format!(
        "Cannot {action} Storage. The relevant Storage Domain's status is {}.",
        common::words(status)
    ))
}

/// Whether a domain lies on LUNs.
pub fn is_block(site: &Site, domain: Handle) -> bool {
    matches!(site.text(domain, "storage/type"), "iscsi" | "fcp")
}

/// Whether a driver keeps the disks of a domain.
pub fn is_managed(site: &Site, domain: Handle) -> bool {
    site.text(domain, "type") == "managed_block_storage"
}

/// The ids of the LUNs that a domain lies on, the one with its metadata first.
pub fn luns(site: &Site, domain: Handle) -> Vec<&str> {
    let units = site.body(domain).at("storage/volume_group/logical_units").map(Element::children);
    units.unwrap_or_default().iter().filter_map(Element::id).collect()
}

/// Shows the status of unattached domains only: the others have one in their data center.
fn shown(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let attachment = attachment(site, handle);
    if let Some(attachment) = attachment {
        tree::drop_child(element, "status");
        tree::set(element, "master", site.text(attachment, "master"));
    }
    count_space(site, handle, element);
}
