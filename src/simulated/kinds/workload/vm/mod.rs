//! Virtual machines.

mod checks;
mod chipset;
mod copy;
mod create;
mod defaults;
mod disks;
mod export;
mod guest;
mod live;
mod migrate;
mod next_run;
mod ovf;
mod removal;
mod schedule;
mod source;
mod start;
pub mod state;
mod stop;
mod update;

pub use checks::{follow_instance_type, huge_page};
pub use create::{FOLLOWS_LATEST, equip, make, plan_plain};
pub use defaults::{fill as fill_defaults, hide_gated};
pub use disks::copy_all as copy_disks;
pub use export::{check_domain, check_host};
pub use guest::{password, ticket};
pub use migrate::leave;
pub use ovf::Ovf;
pub use removal::take_away;
pub use schedule::pins;
pub use start::start_again;
pub use state::is_running;
pub use stop::halted;
pub use update::change_by_engine;

use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{nic, snapshot, vm_pool};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about machines.
pub const RULES: Rules = Rules::of("vms")
    .add(create::add)
    .update(update::update)
    .remove(removal::remove)
    .actions(&[
        ("start", start::start),
        ("stop", stop::stop),
        ("shutdown", stop::shutdown),
        ("reboot", stop::reboot),
        ("reset", stop::reset),
        ("suspend", stop::suspend),
        ("migrate", migrate::migrate),
        ("cancel_migration", migrate::cancel),
        ("clone", copy::clone),
        ("export", export::export),
        ("preview_snapshot", snapshot::preview_by_machine),
        ("commit_snapshot", snapshot::commit),
        ("undo_snapshot", snapshot::undo),
        ("detach", vm_pool::detach),
        ("freeze_filesystems", guest::freeze),
        ("thaw_filesystems", guest::thaw),
        ("logon", guest::logon),
        ("ticket", guest::ticket),
        ("screenshot", guest::screenshot),
        ("maintenance", guest::maintenance),
        ("auto_pin_cpu_and_numa_nodes", guest::auto_pin),
        ("reorder_mac_addresses", guest::reorder_macs),
    ])
    .shown(shown)
    .by_name(&[
        ("cluster", "clusters", "Cluster"),
        ("template", "templates", "GetVmTemplate"),
        ("instance_type", "instance_types", "InstanceType"),
    ]);

/// Shows the waiting configuration if that is asked for, and hides what was not asked for.
pub fn shown(site: &Site, handle: Handle, view: &View, element: &mut Element) {
    match next_run::pending(site, handle) {
        Some(pending) if view.next_run => {
            let current = std::mem::take(element.children_mut());
            *element.children_mut() = next_run::view(current, pending);
        }
        _ if view.next_run => {}
        _ => start::show_run(site, handle, element),
    }
    if !view.single && nic::is_out_of_sync(site, handle) {
        // Only lists look at the NICs, too.
        tree::set(element, next_run::FLAG, "true");
    }
    defaults::mask(element);
    if !view.all_content {
        hide_gated(element);
    }
}
