//! Instance types.

use crate::resources::{Attribute, Kind, text};

use super::workload::{AVAILABILITY, COMPUTE, DEVICES};
use super::{name, nic, pick, template};

/// Instance types: sizes of VMs by name. What changes of one changes of all VMs that are bound to
/// it: of those that run at their next start.
pub static INSTANCE_TYPE: Kind =
    Kind::new("instance_type", "instance_types", "A size of VMs: memory and CPUs under one name.")
        .segment("instancetypes")
        .attributes(ATTRIBUTES)
        .effect(template::effect)
        .built_in(&["Tiny", "Small", "Medium", "Large", "XLarge"])
        .set_up(&[("description", "{name} instance type")]);

/// NICs of an instance type, which VMs of that size get in place of their template's.
pub static INSTANCE_TYPE_NIC: Kind =
    Kind::new("instance_type_nic", "nics", "A network card that VMs of that size get.")
        .below(&INSTANCE_TYPE)
        .element("nic")
        .in_order()
        .attributes(nic::WITHOUT_ADDRESS);

static ATTRIBUTES: &[Attribute] = &[
    name("Name, unique in the engine."),
    text("description", "Free text."),
    pick(COMPUTE, "memory"),
    pick(COMPUTE, "memory_policy.guaranteed"),
    pick(COMPUTE, "memory_policy.max"),
    pick(COMPUTE, "memory_policy.ballooning"),
    pick(COMPUTE, "cpu.topology.sockets"),
    pick(COMPUTE, "cpu.topology.cores"),
    pick(COMPUTE, "cpu.topology.threads"),
    pick(COMPUTE, "cpu_shares"),
    pick(COMPUTE, "custom_cpu_model"),
    pick(COMPUTE, "custom_emulated_machine"),
    pick(AVAILABILITY, "high_availability.enabled"),
    pick(AVAILABILITY, "high_availability.priority"),
    pick(AVAILABILITY, "placement_policy.affinity"),
    pick(AVAILABILITY, "migration_downtime"),
    pick(AVAILABILITY, "migration.policy"),
    pick(AVAILABILITY, "storage_error_resume_behaviour"),
    pick(DEVICES, "io.threads"),
    pick(DEVICES, "display.type"),
    pick(DEVICES, "display.video_type"),
    pick(DEVICES, "display.monitors"),
    pick(DEVICES, "display.smartcard_enabled"),
    pick(DEVICES, "usb.enabled"),
    pick(DEVICES, "usb.type"),
    pick(DEVICES, "console.enabled"),
    pick(DEVICES, "virtio_scsi.enabled"),
    pick(DEVICES, "soundcard_enabled"),
];
