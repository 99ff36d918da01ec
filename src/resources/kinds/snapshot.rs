//! Snapshots of VMs.

use crate::resources::{
    Attribute, Codec, Complaint, Course, Kind, Reference, Transition, Type, Value, flag, one_of,
    plain, set, text, until,
};
use crate::xml::Element;

use super::{DISK_ATTACHMENT, NIC, VM, complaint, device, vm};

/// Snapshots of a VM: made once, and never changed.
///
/// A VM takes or merges one at a time, and is in nobody's way meanwhile but its own: it neither
/// starts nor goes before that is done (workloads handbook, section 6).
pub static SNAPSHOT: Kind = Kind::new("snapshot", "snapshots", "What a VM was at some time.")
    .below(&VM)
    .identity(&["description"])
    .attributes(ATTRIBUTES)
    .shows(SHOWN)
    .unasked(|snapshot| snapshot.is(&SORT, "active"))
    .serial("vm")
    .opens_after(OF_ITS_VM)
    .holds_data()
    .check(check)
    .lifecycle(lifecycle);

/// It keeps what the VM has by then.
static OF_ITS_VM: &[(&Kind, &str)] = &[(&DISK_ATTACHMENT, "vm"), (&NIC, "vm")];

static ATTRIBUTES: &[Attribute] = &[DESCRIPTION, MEMORY, DISKS];

/// What only the engine says of a snapshot. What the VM has now stands among its snapshots, too.
static SHOWN: &[Attribute] = &[STATUS, SORT];
static SORT: Attribute = text("snapshot_type", "What it is: regular, active, preview ...");

static DESCRIPTION: Attribute = text("description", "What it is for; the key, unless it is given.")
    .required()
    .from_key()
    .engine_default()
    .update(crate::resources::Update::Replace);

static MEMORY: Attribute = flag("persist_memorystate", "Keep the memory too, if the VM runs.")
    .only_at_creation()
    .default("true");

static DISKS: Attribute = set(
    "disk_attachments",
    "Disks to keep, by alias; all that can be, otherwise.",
    "disk_attachment",
    &Type::Reference(&DISK_ATTACHMENT),
)
.codec(&DISK_CODEC)
.only_at_creation();

/// The engine reads the disk of each, and not the attachment's own id, which is the same.
static DISK_CODEC: Codec = Codec { decode: read_disks, encode: write_disks };

fn read_disks(element: &Element) -> Option<Value> {
    let attachments = element.child("disk_attachments")?.all("disk_attachment");
    let ids = attachments.filter_map(|attachment| attachment.child("disk")?.id());
    Some(Value::set(ids.map(|id| Value::Reference(Reference::Id(id.to_owned())))))
}

fn write_disks(disks: &Value, element: &mut Element) {
    let wrapper = element.child_or_new("disk_attachments");
    for disk in disks.members() {
        if let Value::Reference(Reference::Id(id)) = disk {
            let disk = Element::link("disk", id);
            wrapper.push(Element::new("disk_attachment").with(disk));
        }
    }
}

/// Somebody may look at an old one, and nothing of the disks can be changed meanwhile.
static STATUS: Attribute = one_of("snapshot_status", "Whether it can be used.", &["ok"]);

fn check(transition: &Transition) -> Vec<Complaint> {
    if transition.from.is_some() || transition.to.is_none() {
        return Vec::new();
    }
    in_preview(transition).into_iter().chain(unkept_memory(transition)).collect()
}

fn in_preview(transition: &Transition) -> Option<Complaint> {
    let siblings = transition.around.children(transition.within?, &SNAPSHOT);
    let previewed = siblings.iter().find(|sibling| sibling.is(&STATUS, "in_preview"))?;
    let name = previewed.get(&DESCRIPTION).map(ToString::to_string).unwrap_or_default();
    let message = format!("its VM shows the snapshot `{name}` in preview, and takes no other");
    Some(complaint(&DESCRIPTION, message, "commit or undo the preview first"))
}

/// What the memory of a VM does not hold all of cannot be kept with it.
fn unkept_memory(transition: &Transition) -> Option<Complaint> {
    let is_kept = transition.to?.get(&MEMORY).is_none_or(Value::is_true);
    let has_tpm = device::of_vm(transition, "tpm_enabled").is_some_and(|tpm| tpm.is_true());
    let is_running = transition.parent.is_some_and(vm::is_running);
    (is_kept && has_tpm && is_running).then(|| {
        let message = "cannot keep the memory of a VM with a TPM";
        complaint(&MEMORY, message, "say `persist_memorystate: false`")
    })
}

/// A snapshot whose merge fails is usable again.
fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    match (transition.from, transition.to) {
        (None, Some(_)) => course.opening.push(until("snapshot_status", &["ok"], &[])),
        (Some(_), None) => course.closing.push(until("snapshot_status", &[], &["ok"])),
        _ => {}
    }
    course
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, text};
    use super::*;

    #[test]
    fn a_snapshot_is_there_when_it_is_taken_and_gone_when_it_is_merged() {
        let named = [("description", text("before"))];
        let made = Trial::making(&SNAPSHOT, &named).told();
        assert_eq!(made, "create description=before; until ok");
        assert_eq!(Trial::removing(&SNAPSHOT, &named).told(), "| delete; until gone");
    }

    #[test]
    fn a_preview_and_a_tpm_are_told_of() {
        let said = |status: &str, tpm| {
            Trial::making(&SNAPSHOT, &[("description", text("new"))])
                .within("v")
                .below(&VM, &[("status", text("up"))])
                .beside(&VM, "v", &[("tpm_enabled", Value::Flag(tpm))])
                .beside(&SNAPSHOT, "s", &[("snapshot_status", text(status))])
                .complaints()
                .len()
        };
        assert_eq!((said("ok", false), said("in_preview", false), said("ok", true)), (0, 1, 1));
    }
}
