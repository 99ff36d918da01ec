//! Virtual machines.

mod checks;
mod copy;
mod create;
mod defaults;
mod next_run;
mod removal;
mod run;
mod update;

pub use create::equip;
pub use defaults::{fill as fill_defaults, hide_gated};

use crate::simulated::kinds::rules::Rules;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

/// What is special about machines.
pub const RULES: Rules = Rules::of("vms")
    .add(create::add)
    .update(update::update)
    .remove(removal::remove)
    .actions(&[("clone", copy::clone)])
    .act(run::act)
    .shown(shown)
    .by_name(&[
        ("cluster", "clusters", "Cluster"),
        ("template", "templates", "GetVmTemplate"),
        ("instance_type", "instance_types", "InstanceType"),
    ]);

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
