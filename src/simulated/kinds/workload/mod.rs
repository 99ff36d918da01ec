//! Virtual machines and templates, and what belongs to them.

pub mod attachment;
pub mod device;
mod filter_parameter;
mod instance_type;
pub mod nic;
pub mod snapshot;
pub mod template;
pub mod vm;
pub mod vm_pool;

pub use device::{graphics_console, mediated_device};

use super::rules::Rules;

/// The kinds here, but for the small devices.
pub const RULES: &[Rules] = &[
    vm::RULES,
    template::RULES,
    template::ATTACHMENT_RULES,
    nic::RULES,
    nic::TEMPLATE_RULES,
    nic::INSTANCE_TYPE_RULES,
    filter_parameter::RULES,
    attachment::RULES,
    snapshot::RULES,
    instance_type::RULES,
    vm_pool::RULES,
];
