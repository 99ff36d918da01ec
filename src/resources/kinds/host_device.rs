//! Devices of a host that a VM has for itself.

use crate::resources::{
    Action, Attribute, Complaint, Course, Kind, Transition, Update, plain, text,
};

use super::{VM, complaint, device, vm};

/// Devices of a host that a VM has for itself. What the hardware cannot tell apart from one goes
/// with it, and is no resource of its own.
pub static HOST_DEVICE: Kind =
    Kind::new("host_device", "host_devices", "A device of a host that a VM has for itself.")
        .below(&VM)
        .segment("hostdevices")
        .attributes(ATTRIBUTES)
        .one_at_a_time("host devices of {parent}")
        .check(check)
        .lifecycle(lifecycle);

static ATTRIBUTES: &[Attribute] = &[NAME];

static NAME: Attribute = text("name", "Name on the host, such as `pci_0000_00_02_0`.")
    .required()
    .from_key()
    .engine_default()
    .update(Update::Replace);

/// A VM that is pinned to another host loses the devices of the one that it was pinned to.
fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    if let (Some(_), Some(to)) = (transition.from, transition.to)
        && is_lost(transition)
    {
        let fields = to.clone();
        course.opening.push(Action::Create { fields, unless_there: true });
    }
    course
}

/// Whether other hosts are wanted for the VM than it has, or another way of being bound to them.
fn is_lost(transition: &Transition) -> bool {
    let wanted = transition.within.and_then(|vm| transition.around.wanted(&VM, vm));
    let (Some(wanted), Some(has)) = (wanted, transition.parent) else { return false };
    let hosts = "placement_policy.hosts";
    wanted.named(hosts).is_some_and(|wanted| has.named(hosts) != Some(wanted))
}

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
