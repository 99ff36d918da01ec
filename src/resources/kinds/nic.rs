//! Network cards of a VM.

use crate::resources::{Attribute, Kind, flag, one_of, refer, text};

use super::{VM, VNIC_PROFILE, name};

/// Network cards of a VM. They can be made and changed while its disks are still copied.
pub static NIC: Kind =
    Kind::new("nic", "nics", "A network card of a VM.").below(&VM).early().attributes(ATTRIBUTES);

pub(super) const ATTRIBUTES: &[Attribute] = &[
    name("Name, unique in the VM."),
    refer("vnic_profile", "Profile that connects it; `null` for none.", &VNIC_PROFILE),
    INTERFACE,
    MAC,
    PLUGGED,
    flag("linked", "Whether its cable is in.").default("true"),
];

const INTERFACE: Attribute = one_of("interface", "What the guest sees.", MODELS).default("virtio");

pub(super) const MAC: Attribute =
    text("mac.address", "MAC address; the cluster's pool gives one otherwise.").engine_default();

const PLUGGED: Attribute = flag("plugged", "Whether the guest sees it.").default("true");

const MODELS: &[&str] =
    &["e1000", "e1000e", "virtio", "rtl8139", "rtl8139_virtio", "spapr_vlan", "pci_passthrough"];
