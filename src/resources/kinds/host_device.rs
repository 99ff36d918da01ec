//! Devices of a host that a VM has for itself.

use crate::resources::{Attribute, Complaint, Kind, Transition, Update, text};

use super::{VM, complaint, device, vm};

/// Devices of a host that a VM has for itself. What the hardware cannot tell apart from one goes
/// with it, and is no resource of its own.
pub static HOST_DEVICE: Kind =
    Kind::new("host_device", "host_devices", "A device of a host that a VM has for itself.")
        .below(&VM)
        .segment("hostdevices")
        .attributes(ATTRIBUTES)
        .one_at_a_time("host devices of {parent}")
        .check(check);

static ATTRIBUTES: &[Attribute] = &[NAME];

static NAME: Attribute = text("name", "Name on the host, such as `pci_0000_00_02_0`.")
    .required()
    .from_key()
    .engine_default()
    .update(Update::Replace);

/// The VM has to be down, whether it gets a device or loses one, and to stay on one host.
fn check(transition: &Transition) -> Vec<Complaint> {
    let is_found = transition.from.is_some() && transition.to.is_some();
    if is_found && transition.changes.is_empty() {
        return Vec::new();
    }
    running(transition).into_iter().chain(unpinned(transition)).collect()
}

fn running(transition: &Transition) -> Option<Complaint> {
    transition.parent.is_some_and(vm::is_running).then(|| {
        let message = "can only be given and taken while the VM is down";
        complaint(&NAME, message, "say `status: down` there and apply first")
    })
}

fn unpinned(transition: &Transition) -> Option<Complaint> {
    transition.to?;
    let hosts = device::pinned_to(transition).len();
    (hosts != 1).then(|| {
        let message = format!("is a device of a host, and the VM is pinned to {hosts}, not to one");
        complaint(&NAME, message, "say `placement_policy: { affinity: pinned, hosts: [ … ] }` too")
    })
}
