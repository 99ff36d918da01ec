//! The small devices of machines and templates.

pub mod cdrom;
pub mod graphics_console;
mod host_device;
pub mod mediated_device;
pub mod numa_node;
mod watchdog;

use crate::simulated::kinds::rules::Rules;
use crate::simulated::schema::SCHEMA;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

/// The kinds here.
pub const RULES: &[Rules] = &[
    cdrom::RULES,
    graphics_console::RULES,
    graphics_console::TEMPLATE_RULES,
    graphics_console::INSTANCE_TYPE_RULES,
    host_device::RULES,
    mediated_device::RULES,
    numa_node::RULES,
    watchdog::RULES,
    watchdog::TEMPLATE_RULES,
    watchdog::INSTANCE_TYPE_RULES,
];

/// The watchdogs and mediated devices of a machine.
pub fn of_machine(site: &Site, vm: Handle) -> Vec<Handle> {
    ["vm_watchdogs", "vm_mediated_devices"].map(|kind| site.children(vm, kind)).concat()
}

/// Those of a template.
pub fn of_template(site: &Site, template: Handle) -> Vec<Handle> {
    ["template_watchdogs", "template_mediated_devices"]
        .map(|kind| site.children(template, kind))
        .concat()
}

/// Copies such devices to a machine (`vm`) or a `template`.
pub fn copy(site: &mut Site, to: Handle, owner: &str, devices: &[Handle]) {
    for from in devices.iter().copied() {
        let kind = site.kind(from).split_once('_').map(|(_, kind)| format!("{owner}_{kind}"));
        let Some(kind) = kind.and_then(|kind| SCHEMA.known_service(&kind)) else { continue };
        let mut body = site.body(from).clone();
        for gone in ["vm", "template"] {
            tree::drop_child(&mut body, gone);
        }
        site.add_fresh(kind, Some(to), body);
    }
}
