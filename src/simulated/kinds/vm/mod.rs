//! Virtual machines.

mod checks;
mod copy;
mod create;
mod defaults;
mod next_run;
mod removal;
mod run;
mod update;

pub use copy::clone;
pub use create::{add, equip};
pub use defaults::{fill as fill_defaults, hide_gated};
pub use removal::remove;
pub use run::act;
pub use update::update;

use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

/// Statuses in which a machine has a process on a host.
pub fn is_running(status: &str) -> bool {
    !matches!(status, "down" | "image_locked" | "suspended" | "unassigned" | "")
}

/// Shows the waiting configuration if that is asked for, and hides what was not asked for.
pub fn shown(site: &Site, handle: Handle, view: &View, element: &mut Element) {
    if view.next_run
        && let Some(pending) = next_run::pending(site, handle)
    {
        let current = std::mem::take(element.children_mut());
        *element.children_mut() = next_run::view(current, pending);
    }
    defaults::mask(element);
    if !view.all_content {
        hide_gated(element);
    }
}
