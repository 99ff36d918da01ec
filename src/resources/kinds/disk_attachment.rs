//! Disks of a VM.

use crate::resources::{Attribute, Kind, Update, flag, one_of, refer};

use super::{DISK, VM, disk};

use Update::WhenDown;

/// Disks of a VM: made with it, or made before and attached. An attachment has the disk's id.
pub static DISK_ATTACHMENT: Kind =
    Kind::new("disk_attachment", "disk_attachments", "A disk of a VM.")
        .below(&VM)
        .segment("diskattachments")
        .identity(&["disk.alias"])
        .joined("disk", &DISK)
        .watch("disks")
        .attributes(ATTRIBUTES)
        .holds_data();

pub(super) const ATTRIBUTES: &[Attribute] = &[
    EXISTING,
    one_of("interface", "How the VM sees it.", INTERFACE).required().update(WhenDown),
    flag("bootable", "Boot from it; one disk of a VM can be.").update(WhenDown).default("false"),
    ACTIVE,
    flag("read_only", "Refuse writes.").update(WhenDown).default("false"),
    flag("pass_discard", "Give space that the guest frees back.").default("false"),
    flag("uses_scsi_reservation", "Let the guest reserve a LUN.").default("false"),
    of_disk("disk.alias").from_keys(),
    of_disk("disk.description"),
    of_disk("disk.provisioned_size"),
    of_disk("disk.format"),
    of_disk("disk.sparse"),
    of_disk("disk.storage_domains"),
    of_disk("disk.disk_profile"),
    of_disk("disk.quota"),
    of_disk("disk.shareable"),
    of_disk("disk.wipe_after_delete"),
    of_disk("disk.propagate_errors"),
    of_disk("disk.backup"),
    of_disk("disk.qcow_version"),
    of_disk("disk.initial_size"),
    of_disk("disk.sgio"),
    of_disk("disk.lun_storage.type"),
    of_disk("disk.lun_storage.host"),
    of_disk("disk.lun_storage.logical_units"),
    flag("detach_only", "Keep the disk when the attachment is removed.")
        .for_removal()
        .default("true"),
];

const EXISTING: Attribute =
    refer("disk.id", "Existing disk to attach; without it a new one is made.", &DISK)
        .at("disk/@id")
        .only_at_creation();

const ACTIVE: Attribute = flag("active", "Whether it is plugged in.").default("true");

const INTERFACE: &[&str] = &["ide", "virtio_scsi", "virtio", "spapr_vscsi", "sata"];

/// The attribute of a disk, as it stands within an attachment.
const fn of_disk(name: &'static str) -> Attribute {
    let (_, of_disk) = name.split_at("disk.".len());
    let mut at = 0;
    while at < disk::ATTRIBUTES.len() {
        let attribute = disk::ATTRIBUTES[at];
        if is_same(attribute.name, of_disk) {
            return Attribute { name, ..attribute };
        }
        at += 1;
    }
    panic!("disks have no such attribute")
}

const fn is_same(one: &str, other: &str) -> bool {
    let (one, other) = (one.as_bytes(), other.as_bytes());
    let mut at = 0;
    while at < one.len() && at < other.len() && one[at] == other[at] {
        at += 1;
    }
    at == one.len() && at == other.len()
}
