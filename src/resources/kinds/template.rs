//! Templates.

use crate::resources::{
    Attribute, Brought, Change, Complaint, Course, Effect, Fields, Kind, Reference, Standing,
    Surroundings, Transition, Update, Value, flag, plain, refer, text, until,
};

use super::workload::{AVAILABILITY, COMPUTE, DEVICES, INITIALIZATION, SYSTEM};
use super::{
    CLUSTER, DISK, KINDS, STORAGE_DOMAIN, Table, VM, complaint, disk_attachment, name, nic, vm,
};

/// Templates. Names are unique but for versions, of which this table knows only the first.
///
/// A VM is locked while a template is made of it, so that a second one has to wait.
pub static TEMPLATE: Kind = Kind::new("template", "templates", "What new VMs start as.")
    .attributes(TABLE.attributes())
    .built_in(&["Blank"])
    .set_up(&[
        ("description", "Blank template"),
        ("rng_device.source", "urandom"),
        ("sso.methods", "[{id: guest_agent}]"),
    ])
    .serial("vm")
    .effect(effect)
    .lifecycle(lifecycle)
    .check(check)
    .brings(brings)
    .holds_data();

/// NICs of a template, which VMs made from it get copies of.
pub static TEMPLATE_NIC: Kind =
    Kind::new("template_nic", "nics", "A network card that VMs made from the template get.")
        .below(&TEMPLATE)
        .element("nic")
        .in_order()
        .attributes(nic::WITHOUT_ADDRESS);

/// Disks of a template, which VMs made from it get copies of.
pub static TEMPLATE_DISK_ATTACHMENT: Kind = Kind::only_referred(
    "template_disk_attachment",
    "disk_attachments",
    "A disk that VMs made from the template get.",
    disk_attachment::ATTRIBUTES,
)
.below(&TEMPLATE)
.segment("diskattachments")
.element("disk_attachment")
.identity(&["disk.alias"])
.joined("disk", &DISK);

static TABLE: Table = Table::of(&[
    &[
        name("Name, unique in the data center."),
        SOURCE,
        refer("cluster", "Cluster that VMs made from it run on.", &CLUSTER)
            .engine_default()
            .holds()
            .update(Update::Replace),
        refer("storage_domain", "Where its disks go, if not to those of the VM.", &STORAGE_DOMAIN)
            .only_at_creation(),
        flag("seal", "Remove from its disks what tells one machine from another.").in_query(),
        flag("clone_permissions", "Copy the permissions of the VM.").in_query().default("false"),
        text("description", "Free text."),
        text("comment", "Free text, shown in lists."),
    ],
    COMPUTE,
    SYSTEM,
    AVAILABILITY,
    DEVICES,
    INITIALIZATION,
]);

static SOURCE: Attribute =
    refer("vm", "VM to make it from, which must be down; only needed to make it.", &VM)
        .at("vm/@id")
        .only_at_creation();

/// It gets the cards, disks and small devices of the VM that it is made from, without their
/// addresses.
fn brings(_: &Reference, wanted: &Fields, around: &dyn Surroundings) -> Vec<Brought> {
    let Some(Value::Reference(vm)) = wanted.get(&SOURCE) else { return Vec::new() };
    let copies = KINDS.iter().flat_map(|of| of.copied_from.iter().map(move |kind| (*of, *kind)));
    let copies = copies.filter(|(_, kind)| kind.parent == Some(&TEMPLATE));
    let brought = copies.flat_map(|(of, kind)| {
        let found = around.children(vm, of).into_iter();
        found.map(move |fields| Brought { kind, fields: fields.filter(|a| *a != nic::MAC) })
    });
    brought.collect()
}

/// A template is a copy of a VM that is down.
fn check(transition: &Transition) -> Vec<Complaint> {
    let source = transition.to.filter(|_| transition.from.is_none()).and_then(|to| to.get(&SOURCE));
    let Some(Value::Reference(source)) = source else { return Vec::new() };
    let vm = transition.around.look(&VM, source);
    if !vm.as_ref().is_some_and(vm::is_running) {
        return Vec::new();
    }
    let message = "is made from a VM that runs, or is to";
    vec![complaint(&SOURCE, message, "say `status: down` there until the template is made")]
}

/// Nothing of a template runs, so that all changes take effect at once.
pub(super) fn effect(change: &Change, _: &Standing) -> Effect {
    match change.attribute.update {
        Update::Replace => Effect::Replace,
        _ => Effect::Now,
    }
}

/// Its disks are copied, and removed, in the background.
fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    if transition.to.is_none() {
        course.closing.push(until("status", &[], &[]));
    }
    if transition.from.is_none() && !course.opening.is_empty() {
        course.opening.push(until("status", &["ok"], &["illegal"]));
        course.opening.extend(vm::without_randomness(transition));
    }
    course
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;
    use crate::resources::Value;

    #[test]
    fn a_template_is_there_when_its_disks_are() {
        let to = [("name", text("t")), ("vm", id("v"))];
        assert_eq!(Trial::making(&TEMPLATE, &to).told(), "create name=t,vm=v; until ok");
    }

    #[test]
    fn a_template_is_made_from_a_vm_that_is_down() {
        let said = |status| {
            let making = Trial::making(&TEMPLATE, &[("name", text("t")), ("vm", id("v"))]);
            making.beside(&VM, "v", &[("status", text(status))]).complaints().len()
        };
        assert_eq!((said("up"), said("down")), (1, 0));
    }

    #[test]
    fn a_template_takes_all_changes_at_once() {
        let size = |bytes| [("memory", Value::Integer(bytes))];
        let told = Trial::changing(&TEMPLATE, &size(1 << 30), &size(1 << 31)).told();
        assert_eq!(told, "put memory=2 GiB");
    }
}
