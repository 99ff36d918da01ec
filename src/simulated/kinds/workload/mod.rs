//! Virtual machines and templates, and what belongs to them.

pub mod attachment;
pub mod graphics_console;
pub mod nic;
pub mod snapshot;
pub mod template;
pub mod vm;

use super::rules::Rules;

/// The kinds here.
pub const RULES: &[Rules] = &[
    vm::RULES,
    template::RULES,
    nic::RULES,
    nic::TEMPLATE_RULES,
    nic::INSTANCE_TYPE_RULES,
    attachment::RULES,
    graphics_console::RULES,
    graphics_console::TEMPLATE_RULES,
    snapshot::RULES,
    Rules::of("instance_types").unique("Instance Type"),
    Rules::of("vm_pools")
        .pending(&["add"])
        .by_name(&[("cluster", "clusters", "Cluster"), ("template", "templates", "GetVmTemplate")]),
];
