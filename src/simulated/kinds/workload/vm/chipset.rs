//! What changes with the chipset of a machine.

use crate::simulated::kinds::disk;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

/// Moves disks from the bus that a chipset had to the one that the other has.
pub fn follow(site: &mut Site, vm: Handle) {
    let q35 = site.text(vm, "bios/type").starts_with("q35");
    let (from, to) = if q35 { ("ide", "sata") } else { ("sata", "ide") };
    for attachment in site.children(vm, disk::ATTACHMENTS[0]) {
        if site.text(attachment, "interface") == from {
            site.set(attachment, "interface", to);
        }
    }
}
