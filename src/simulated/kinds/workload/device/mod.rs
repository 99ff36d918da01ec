//! The small devices of machines and templates.

pub mod cdrom;
pub mod graphics_console;
mod host_device;
pub mod mediated_device;
pub mod numa_node;
mod watchdog;

use crate::simulated::kinds::rules::Rules;

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
