//! Disks of a VM.

mod filling;

use crate::resources::{
    Action, Attribute, Change, Complaint, Course, Effect, Fields, Kind, Reference, Standing,
    Surroundings, Transition, Update, Value, Verb, flag, make, one_of, plain, refer, text,
};

use super::{
    DISK, STORAGE_DOMAIN, TEMPLATE_DISK_ATTACHMENT, VM, complaint, disk, pick, storage_domain, vm,
};

use Update::WhenDown;
use disk::Image;
use filling::{create_filled, ended, filled, is_filled, is_written_to};

pub(super) use filling::uploads_ended;

/// Disks of a VM: made with it, or made before and attached. An attachment has the disk's id.
pub static DISK_ATTACHMENT: Kind =
    Kind::new("disk_attachment", "disk_attachments", "A disk of a VM.")
        .below(&VM)
        .segment("diskattachments")
        .identity(&["disk.alias"])
        .joined("disk", &DISK)
        .copied_from(&[&TEMPLATE_DISK_ATTACHMENT])
        .watch("disks")
        .attributes(ATTRIBUTES)
        .shows(SHOWN)
        .holds_data_unless("detach_only")
        .only_one("bootable")
        .takes_room(&STORAGE_DOMAIN, takes)
        .lifecycle(lifecycle)
        .effect(effect)
        .check(check);

pub(super) static ATTRIBUTES: &[Attribute] = &[
    EXISTING,
    one_of("interface", "How the VM sees it.", INTERFACE).required().update(WhenDown),
    BOOTABLE,
    ACTIVE,
    flag("read_only", "Refuse writes.").update(WhenDown).default("false"),
    flag("pass_discard", "Give space that the guest frees back.").default("false"),
    flag("uses_scsi_reservation", "Let the guest reserve a LUN.").default("false"),
    ALIAS,
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
    of_disk("disk.image_file"),
    of_disk("disk.sgio"),
    of_disk("disk.lun_storage.type"),
    of_disk("disk.lun_storage.host"),
    of_disk("disk.lun_storage.logical_units"),
    DETACH_ONLY,
];

static SHOWN: &[Attribute] = &[ID];

/// Its id, which is the disk's.
static ID: Attribute = text("id", "Id of the disk.").at("@id");

static EXISTING: Attribute = refer(
    "disk.id",
    "Existing disk to attach, which keeps its alias; otherwise a new one is made.",
    &DISK,
)
.at("disk/@id")
.own_id()
.only_at_creation();

static BOOTABLE: Attribute =
    flag("bootable", "Boot from it; one disk of a VM can be.").update(WhenDown).default("false");

static ALIAS: Attribute = of_disk("disk.alias").from_keys();

static DETACH_ONLY: Attribute =
    flag("detach_only", "Keep the disk when the attachment is removed.")
        .for_removal()
        .default("true");

static ACTIVE: Attribute = flag("active", "Whether it is plugged in.").default("true");

const INTERFACE: &[&str] = &["ide", "virtio_scsi", "virtio", "spapr_vscsi", "sata"];

/// What the names of a disk's attributes start with here.
const OF_DISK: &str = "disk.";

/// The attribute of a disk, as it stands within an attachment.
const fn of_disk(name: &'static str) -> Attribute {
    let (_, of_disk) = name.split_at(OF_DISK.len());
    Attribute { name, ..pick(disk::ATTRIBUTES, of_disk) }
}

/// A disk that was made before has its room.
fn takes(from: Option<&Fields>, to: &Fields, around: &dyn Surroundings) -> Vec<(Reference, i64)> {
    match (from, to.get(&EXISTING)) {
        (None, Some(_)) => Vec::new(),
        _ => storage_domain::takes(from, to, around, OF_DISK),
    }
}

fn check(transition: &Transition) -> Vec<Complaint> {
    let checks = [boots_too, moves_shared, is_filled, is_written_to];
    let own = checks.iter().filter_map(|check| check(transition));
    disk::check(transition, OF_DISK).into_iter().chain(own).collect()
}

/// A shareable disk only moves while no running VM has it.
fn moves_shared(transition: &Transition) -> Option<Complaint> {
    let place = |change: &&Change| change.attribute.name == WITHIN.place;
    let change = transition.changes.iter().find(place)?;
    let from = transition.from.filter(|from| is_in_use(transition, from))?;
    from.named("disk.shareable")?.is_true().then(|| {
        let message = "is shareable, and cannot be moved while the VM runs";
        complaint(change.attribute, message, "stop the VM first, or say `active: false`")
    })
}

/// A new VM may boot from a disk of its template already.
fn boots_too(transition: &Transition) -> Option<Complaint> {
    let boots = |fields: &Fields| fields.get(&BOOTABLE).is_some_and(Value::is_true);
    let is_new = transition.parent.is_none() && transition.to.is_some_and(boots);
    let siblings =
        transition.around.children(transition.within.filter(|_| is_new)?, transition.kind);
    let own = transition.to?.get(&ALIAS);
    let other = siblings.iter().find(|it| boots(it) && it.get(&ALIAS) != own)?.get(&ALIAS)?;
    let message = format!("the VM boots from the disk `{other}` already, and from one only");
    Some(complaint(&BOOTABLE, message, "say `bootable: false` of that one, by its alias"))
}

/// A disk that is made with the VM down is plugged in, any other is not, unless that is said.
fn lifecycle(transition: &Transition) -> Course {
    match (transition.from, transition.to) {
        (None, Some(to)) => {
            let opening = match (to.get(&EXISTING), Image::of(transition, OF_DISK)) {
                (Some(Value::Reference(disk)), _) => attach(transition, to, disk),
                (_, Some(image)) => create_filled(transition, to, image),
                _ => {
                    let mut actions = disk::logins(transition, OF_DISK);
                    actions.extend(create(transition, to.clone()));
                    actions
                }
            };
            Course { opening, closing: Vec::new() }
        }
        (Some(from), Some(_)) if is_in_use(transition, from) && has_to_be_out(transition) => {
            Course { opening: replug(transition), closing: Vec::new() }
        }
        (Some(from), None) if is_in_use(transition, from) && goes_too(from) => {
            let mut course = plain(transition);
            let out =
                [transition.put(vec![plug(false)], false), disk::until_settled(Fields::new())];
            course.closing.splice(..0, out);
            course
        }
        _ => {
            let disk::Work { moves, converts, others } =
                disk::Work::of(transition.changes, &WITHIN);
            let others = &Transition { changes: &others, ..*transition };
            let mut course = disk::settled(others, plain(others));
            course.closing.splice(..0, ended(transition));
            let first = filled(transition).into_iter().chain(moves).chain(converts);
            course.opening.splice(..0, first);
            course
        }
    }
}

static WITHIN: disk::Calls = disk::Calls {
    place: "disk.storage_domains",
    moves: Verb::action("move", "disks/{id}/move")
        .with(&[("storage_domain/@id", "{disk.storage_domains}")])
        .copying("disk.provisioned_size"),
    converts: Verb::action("convert", "disks/{id}/convert")
        .sending(&["disk.format", "disk.sparse"])
        .copying("disk.provisioned_size"),
};

/// Whether the disk is deleted, which the engine refuses while a running VM has it. From an
/// attachment that is given up it takes the disk out by itself.
fn goes_too(from: &Fields) -> bool {
    from.get(&DETACH_ONLY) == Some(&Value::Flag(false))
}

/// A running VM may refuse the disk when it is plugged in at last, which only an event tells.
fn create(transition: &Transition, mut fields: Fields) -> Vec<Action> {
    if fields.get(&ACTIVE).is_none() {
        fields.set(&ACTIVE, Value::Flag(true));
    }
    let is_plugged_in = transition.parent.is_some_and(vm::is_running);
    let confirms = fields.filter(|attribute| is_plugged_in && *attribute == ACTIVE);
    vec![make(transition.kind, &fields), disk::until_settled(confirms)]
}

/// Attaching changes nothing of the disk, so that what is wanted of it takes a PUT.
fn attach(transition: &Transition, to: &Fields, disk: &Reference) -> Vec<Action> {
    let has = transition.around.look(&DISK, disk).unwrap_or_default();
    let is_of_disk =
        |attribute: &Attribute| attribute.name.starts_with(OF_DISK) && *attribute != EXISTING;
    let differs = |(attribute, value): &(&'static Attribute, &Value)| {
        let (_, name) = attribute.name.split_at(OF_DISK.len());
        attribute.update != Update::Never && has.named(name) != Some(*value)
    };
    let wanted = to.iter().filter(|(attribute, _)| is_of_disk(attribute)).filter(differs);
    let changes: Vec<_> = wanted.map(|(attribute, value)| change(attribute, value)).collect();
    let mut actions = create(transition, to.filter(|attribute| !is_of_disk(attribute)));
    let disk::Work { moves, converts, others } = disk::Work::of(&changes, &WITHIN);
    actions.extend(moves.into_iter().chain(converts));
    if !others.is_empty() {
        let confirms = disk::confirmed(&others);
        actions.extend([transition.put(others, false), disk::until_settled(confirms)]);
    }
    actions
}

fn change(attribute: &'static Attribute, to: &Value) -> Change {
    Change { attribute, from: None, to: to.clone(), effect: Effect::Now }
}

fn is_in_use(transition: &Transition, from: &Fields) -> bool {
    let is_active = from.get(&ACTIVE) == Some(&Value::Flag(true));
    is_active && transition.parent.is_some_and(vm::is_running)
}

fn has_to_be_out(transition: &Transition) -> bool {
    transition.changes.iter().any(|change| change.attribute.update == WhenDown)
}

/// Takes the disk out, changes it and puts it back unless it is to stay out. Each PUT locks it. What
/// moves does so before, under the running VM.
fn replug(transition: &Transition) -> Vec<Action> {
    let mut changes = transition.body_changes();
    let stays_out = changes.iter().any(|change| *change.attribute == ACTIVE);
    changes.retain(|change| *change.attribute != ACTIVE);
    let disk::Work { moves: mut actions, converts, others } = disk::Work::of(&changes, &WITHIN);
    let settled = || disk::until_settled(Fields::new());
    actions.extend([transition.put(vec![plug(false)], false), settled()]);
    actions.extend(converts);
    if !others.is_empty() {
        let confirms = disk::confirmed(&others);
        actions.extend([transition.put(others, false), disk::until_settled(confirms)]);
    }
    if !stays_out {
        actions.extend([transition.put(vec![plug(true)], false), settled()]);
    }
    actions
}

fn plug(in_or_out: bool) -> Change {
    Change {
        attribute: &ACTIVE,
        from: Some(Value::Flag(!in_or_out)),
        to: Value::Flag(in_or_out),
        effect: Effect::Now,
    }
}

/// What a running VM would be in the way of is done with the disk unplugged, which takes the same
/// consent as a stop of the VM: it may be the disk that the VM runs from.
fn effect(change: &Change, standing: &Standing) -> Effect {
    let is_in_use = standing.from.get(&ACTIVE) == Some(&Value::Flag(true))
        && standing.parent.is_some_and(vm::is_running);
    match change.attribute.update {
        Update::Replace | Update::Never => Effect::Replace,
        WhenDown if is_in_use => Effect::Restart,
        Update::Hot if is_in_use => Effect::Hot,
        _ => Effect::Now,
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    fn told(to: &[(&str, Value)], vm: &str) -> String {
        let from = [("active", Value::Flag(true)), ("interface", text("virtio"))];
        let trial = Trial::changing(&DISK_ATTACHMENT, &from, to);
        trial.below(&VM, &[("status", text(vm))]).told()
    }

    #[test]
    fn a_new_disk_is_plugged_in_whether_the_vm_runs_or_not() {
        let made = Trial::making(&DISK_ATTACHMENT, &[("interface", text("virtio"))]).told();
        assert_eq!(made, "create interface=virtio,active=true; until ok");
        let out = Trial::making(&DISK_ATTACHMENT, &[("active", Value::Flag(false))]).told();
        assert_eq!(out, "create active=false; until ok");
    }

    #[test]
    fn an_attached_disk_is_changed_as_far_as_it_differs() {
        let to = [
            ("disk.id", id("d")),
            ("interface", text("virtio")),
            ("disk.alias", text("a")),
            ("disk.description", text("new")),
        ];
        let disk = [("alias", text("a")), ("description", text("old"))];
        let told = Trial::making(&DISK_ATTACHMENT, &to).beside(&DISK, "d", &disk).told();
        let expected = "create disk.id=d,interface=virtio,active=true; until ok; \
                        put disk.description=new; until ok with disk.description=new";
        assert_eq!(told, expected);
    }

    #[test]
    fn a_change_is_through_when_it_can_be_read_back() {
        let to = [("disk.alias", text("b"))];
        assert_eq!(told(&to, "up"), "put disk.alias=b; until ok with disk.alias=b");
    }

    #[test]
    fn the_interface_of_a_disk_in_use_changes_with_the_disk_out() {
        let to = [("interface", text("sata"))];
        let in_use = "put active=false; until ok; put interface=sata; \
                      until ok with interface=sata; put active=true; until ok";
        assert_eq!(told(&to, "up"), in_use);
        assert_eq!(told(&to, "down"), "put interface=sata; until ok with interface=sata");
    }

    #[test]
    fn a_disk_moves_under_a_running_vm_and_is_converted_out_of_it() {
        let place = ("disk.storage_domains", Value::set([id("b")]));
        let moves = "move; until ok with disk.storage_domains=[b]";
        assert_eq!(told(std::slice::from_ref(&place), "up"), moves);
        let both = [place, ("disk.format", text("cow"))];
        let expected = format!(
            "{moves}; put active=false; until ok; \
             convert; until ok with disk.format=cow; put active=true; until ok"
        );
        assert_eq!(told(&both, "up"), expected);
        assert_eq!(told(&both[1..], "down"), "convert; until ok with disk.format=cow");
    }

    #[test]
    fn a_shared_disk_stays_where_it_is_while_a_vm_runs() {
        let on = |domain: &str| {
            let place = ("disk.storage_domains", Value::set([id(domain)]));
            [place, ("disk.shareable", Value::Flag(true)), ("active", Value::Flag(true))]
        };
        let complaints = |vm: &str| {
            let trial = Trial::changing(&DISK_ATTACHMENT, &on("a"), &on("b"));
            trial.below(&VM, &[("status", text(vm))]).complaints().len()
        };
        assert_eq!((complaints("up"), complaints("down")), (1, 0));
    }

    #[test]
    fn whether_the_disk_goes_too_is_said_at_removal() {
        let from = [("active", Value::Flag(true)), ("detach_only", Value::Flag(false))];
        let removal = || Trial::removing(&DISK_ATTACHMENT, &from);
        assert_eq!(removal().told(), "| delete with detach_only=false");
        let in_use = removal().below(&VM, &[("status", text("up"))]).told();
        assert_eq!(in_use, "| put active=false; until ok; delete with detach_only=false");
        let kept = Trial::removing(&DISK_ATTACHMENT, &from[..1]);
        assert_eq!(kept.below(&VM, &[("status", text("up"))]).told(), "| delete");
    }

    #[test]
    fn a_disk_that_a_running_vm_gets_is_looked_at() {
        let making = Trial::making(&DISK_ATTACHMENT, &[("interface", text("virtio"))]);
        let told = making.below(&VM, &[("status", text("up"))]).told();
        assert_eq!(told, "create interface=virtio,active=true; until ok with active=true");
    }
}
