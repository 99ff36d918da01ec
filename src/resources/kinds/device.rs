//! What the devices of a VM have in common: they are stored at once, and the guest has them from
//! its next start on (workloads handbook, section 2.8).

use crate::resources::{
    Attribute, Change, Complaint, Effect, Reference, Standing, Transition, Update, Value,
};

use super::{VM, complaint, vm};

/// Nothing of a template or an instance type runs, so that all changes of its devices are made at
/// once.
pub(super) fn effect(change: &Change, standing: &Standing) -> Effect {
    match change.attribute.update {
        Update::Replace | Update::Never => Effect::Replace,
        _ if standing.parent.is_some_and(vm::is_running) => Effect::NextStart,
        _ => Effect::Now,
    }
}

/// When the configuration that waits for the next start is applied, it brings along the devices
/// that the VM had when it was written.
pub(super) fn would_be_undone(
    transition: &Transition,
    at: &'static Attribute,
) -> Option<Complaint> {
    let goes = transition.to.is_none();
    let differs = goes || transition.from.is_none() || !transition.changes.is_empty();
    (differs && transition.pending && transition.kind.parent == Some(&VM)).then(|| {
        let message = "changes of its VM wait for the next start, and would undo this";
        complaint(at, message, "restart the VM first")
    })
}

/// The value of one of the VM's attributes once everything is done.
pub(super) fn of_vm(transition: &Transition, attribute: &str) -> Option<Value> {
    let fields = transition.within.and_then(|vm| transition.around.look(&VM, vm))?;
    fields.named(attribute).cloned()
}

/// The hosts to which the VM is pinned.
pub(super) fn pinned_to(transition: &Transition) -> Vec<Reference> {
    let is_pinned = of_vm(transition, "placement_policy.affinity")
        .is_some_and(|affinity| affinity.as_text() == Some("pinned"));
    let hosts = of_vm(transition, "placement_policy.hosts").filter(|_| is_pinned);
    let hosts = hosts.iter().flat_map(|hosts| hosts.members());
    hosts.filter_map(Value::as_reference).cloned().collect()
}
