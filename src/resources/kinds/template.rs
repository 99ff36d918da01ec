//! Templates.

use crate::resources::{
    Action, Attribute, Brought, Change, Codec, Complaint, Course, Effect, Fields, Kind, Reference,
    Standing, Surroundings, Transition, Update, Value, flag, one_of, plain, refer, text, until,
};

use crate::xml::Element;

use super::template_disk::{PLACES, TEMPLATE_DISK_ATTACHMENT};
use super::workload::{AVAILABILITY, COMPUTE, DEVICES, INITIALIZATION, SYSTEM};
use super::{CLUSTER, KINDS, SNAPSHOT, STORAGE_DOMAIN, Table, VM, complaint, name, nic, vm, ways};

/// Templates, and their versions, which all have the name of the first. What else they are named
/// in manifests is for these alone: a version is told apart by its own name.
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
    .or_by(&["version.base_template", "version.version_name"])
    .serial("vm")
    .ways(ways::OF_TEMPLATES)
    .brings_more(ways::brings_more)
    .effect(effect)
    .lifecycle(lifecycle)
    .check(check)
    .brings(brings)
    .shows(SHOWN)
    .holds_data();

/// A template whose making nobody saw the end of has to be waited for by what needs it.
const SHOWN: &[Attribute] =
    &[one_of("status", "Whether it can be used.", &["ok", "illegal"]).passing(&[("locked", "ok")])];

/// NICs of a template, which VMs made from it get copies of.
pub static TEMPLATE_NIC: Kind =
    Kind::new("template_nic", "nics", "A network card that VMs made from the template get.")
        .below(&TEMPLATE)
        .element("nic")
        .in_order()
        .attributes(nic::WITHOUT_ADDRESS);

static TABLE: Table = Table::of(&[
    &[
        NAME,
        SOURCE,
        KEPT,
        BASE,
        VERSION_NAME,
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
    ways::TEMPLATE_FROM,
    ways::FROM_DESCRIPTION,
]);

static NAME: Attribute =
    name("Name, unique in the data center; that of a version is its base's.").once_with(BASE.name);

/// The template that a version is one of. A first version is shown as its own.
pub(super) static BASE: Attribute =
    refer("version.base_template", "Template that it is a version of.", &TEMPLATE)
        .engine_default()
        .update(Update::Replace)
        .codec(&BASE_CODEC);

static BASE_CODEC: Codec = Codec { decode: read_base, encode: write_base };

fn read_base(template: &Element) -> Option<Value> {
    let base = template.at("version/base_template")?.id()?;
    let is_other = template.id() != Some(base);
    is_other.then(|| Value::Reference(Reference::Id(base.to_owned())))
}

fn write_base(base: &Value, template: &mut Element) {
    if let Value::Reference(Reference::Id(id)) = base {
        template.child_or_new("version").push(Element::link("base_template", id));
    }
}

static VERSION_NAME: Attribute =
    text("version.version_name", "Name of the version.").engine_default();

static SOURCE: Attribute =
    refer("vm", "VM to make it from, which must be down; only needed to make it.", &VM)
        .at("vm/@id")
        .only_at_creation();

static KEPT: Attribute = refer(
    "snapshot",
    "Snapshot of that VM to make it from, as `vm/snapshot`; then the VM may run.",
    &SNAPSHOT,
)
.at("vm/snapshots/snapshot/@id")
.engine_default()
.only_at_creation();

/// It gets the cards, disks and small devices of the VM that it is made from, without their
/// addresses. What a snapshot kept of them nobody knows before.
fn brings(_: &Reference, wanted: &Fields, around: &dyn Surroundings) -> Vec<Brought> {
    let source = wanted.get(&SOURCE).filter(|_| wanted.get(&KEPT).is_none());
    let Some(Value::Reference(vm)) = source else { return Vec::new() };
    let copies = KINDS.iter().flat_map(|of| of.copied_from.iter().map(move |kind| (*of, *kind)));
    let copies = copies.filter(|(_, kind)| kind.parent == Some(&TEMPLATE));
    let place = wanted.named("storage_domain").filter(|place| place.as_reference().is_some());
    let brought = copies.flat_map(|(of, kind)| {
        let found = around.children(vm, of).into_iter();
        found.map(move |fields| {
            let mut fields = fields.filter(|attribute| *attribute != nic::MAC);
            if let Some(place) = place.filter(|_| kind == &TEMPLATE_DISK_ATTACHMENT) {
                fields.set(&PLACES, Value::set([place.clone()]));
            }
            Brought { kind, fields }
        })
    });
    brought.collect()
}

fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to.filter(|_| transition.from.is_none()) else { return Vec::new() };
    let complaints =
        [runs(transition, to), of_no_vm(to), nameless(to), version_of_version(transition, to)];
    let origins = ways::check(transition, ways::TEMPLATE_ORIGINS);
    complaints.into_iter().flatten().chain(origins).collect()
}

/// A template is a copy of a VM that is down, or of what a snapshot kept.
fn runs(transition: &Transition, to: &Fields) -> Option<Complaint> {
    let vm = to.get(&SOURCE).filter(|_| to.get(&KEPT).is_none())?.as_reference()?;
    let vm = transition.around.look(&VM, vm)?;
    vm::is_running(&vm).then(|| {
        let message = "is made from a VM that runs, or is to";
        let hint = "say `status: down` there until it is made, or make it from a `snapshot`";
        complaint(&SOURCE, message, hint)
    })
}

/// The engine takes a snapshot only beside its VM.
fn of_no_vm(to: &Fields) -> Option<Complaint> {
    to.get(&KEPT).filter(|_| to.get(&SOURCE).is_none())?;
    Some(complaint(&KEPT, "is made of a snapshot of no VM", "say `vm:` beside it"))
}

/// Nothing else tells two versions apart before they are made.
fn nameless(to: &Fields) -> Option<Complaint> {
    to.get(&BASE)?;
    to.get(&VERSION_NAME).is_none().then(|| {
        let message = "is a version without a name of its own";
        complaint(&BASE, message, "say `version_name:` beside it")
    })
}

fn version_of_version(transition: &Transition, to: &Fields) -> Option<Complaint> {
    let base = to.get(&BASE)?.as_reference()?;
    let above = transition.around.look(&TEMPLATE, base)?;
    let above = above.get(&BASE)?.as_reference()?;
    (above != base).then(|| {
        let message = "is a version of what is a version itself";
        complaint(&BASE, message, "name the first version, which is meant by the name alone")
    })
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
    if let (Some(Action::Create { fields, .. }), Some(name)) =
        (course.opening.first_mut(), name_of_base(transition))
    {
        fields.set(&NAME, Value::Text(name));
    }
    if transition.to.is_none() {
        course.closing.push(until("status", &[], &[]));
    }
    if transition.from.is_none() && !course.opening.is_empty() {
        course.opening.push(until("status", &["ok"], &["illegal"]));
        let later = transition.later();
        match later.is_empty() {
            true => course.opening.extend(vm::without_randomness(transition)),
            false => course.opening.push(transition.put(later, false)),
        }
    }
    course
}

/// All versions have the same name; behind that of a later one its number is shown.
fn name_of_base(transition: &Transition) -> Option<String> {
    let base = transition.to?.get(&BASE)?.as_reference()?;
    let base = transition.around.look(&TEMPLATE, base)?;
    let name = base.get(&NAME)?.as_text()?;
    Some(name.split(':').next().unwrap_or(name).to_owned())
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
    fn of_a_vm_that_runs_a_snapshot_can_be_made_a_template() {
        let said = |to: &[(&str, Value)]| {
            let running = [("status", text("up"))];
            Trial::making(&TEMPLATE, to).beside(&VM, "v", &running).complaints().len()
        };
        assert_eq!(said(&[("vm", id("v")), ("snapshot", id("s"))]), 0);
        assert_eq!(said(&[("snapshot", id("s"))]), 1);
    }

    #[test]
    fn a_version_has_the_name_of_its_base() {
        let version = [
            ("name", text("t2")),
            ("version.base_template", id("b")),
            ("version.version_name", text("second")),
        ];
        let base = [("name", text("t")), ("version.base_template", id("b"))];
        let making =
            |to: &[(&str, Value)]| Trial::making(&TEMPLATE, to).beside(&TEMPLATE, "b", &base);
        let told = "create name=t,version.base_template=b,version.version_name=second; until ok";
        assert_eq!(making(&version).told(), told);
        assert_eq!(
            (making(&version).complaints().len(), making(&version[..2]).complaints().len()),
            (0, 1)
        );
        let other = Trial::making(&TEMPLATE, &version);
        let other = other.beside(&TEMPLATE, "b", &[("version.base_template", id("a"))]);
        assert_eq!(other.complaints().len(), 1);
    }

    #[test]
    fn a_template_takes_all_changes_at_once() {
        let size = |bytes| [("memory", Value::Integer(bytes))];
        let told = Trial::changing(&TEMPLATE, &size(1 << 30), &size(1 << 31)).told();
        assert_eq!(told, "put memory=2 GiB");
    }
}
