//! What is refused of changes to a host's networks.

mod attachments;
mod bonds;
mod labels;
mod whole;

pub use attachments::{attachments, has_address, removed_attachments};
pub use bonds::bonds;
pub use labels::labels;
pub use whole::whole;

use crate::simulated::fault::Fault;
use crate::simulated::locks::Mode;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

use super::DOING;

fn bad(text: impl AsRef<str>) -> Fault {
    Fault::bad(format!("{DOING} {}", text.as_ref()))
}

fn conflict(text: impl AsRef<str>) -> Fault {
    Fault::conflict(format!("{DOING} {}", text.as_ref()))
}

/// Refuses a host that is busy or in the wrong state.
pub fn free(site: &mut Site, host: Handle) -> Result<(), Fault> {
    if !["up", "maintenance", "non_operational"].contains(&site.status(host)) {
        return Err(conflict(
            "Operation can be performed only when Host status is Up, Maintenance or Non operational.",
        ));
    }
    let id = site.id(host).to_owned();
    site.check_lock(DOING.trim_end_matches('.'), ("HOST_NETWORK", &id), Mode::Exclusive)
}
