//! The CD drive of a VM.

use crate::resources::{
    Attribute, Change, Codec, Complaint, Course, Effect, Fields, ImageForm, Kind, Reference,
    Standing, Transition, Update, Value, Verb, invoke, plain, refer,
};
use crate::xml::Element;

use super::{DISK, FILE, VM, complaint, vm};

/// The CD drive of a VM, of which there always is one.
///
/// What is in it has two sides: the disc that is kept, and the one in the drive of a VM that runs
/// (workloads handbook, section 2.8). A change is one of both.
pub static CDROM: Kind = Kind::new("cdrom", "cdroms", "The CD drive of a VM.")
    .below(&VM)
    .inseparable()
    .attributes(ATTRIBUTES)
    .effect(effect)
    .check(check)
    .lifecycle(lifecycle);

static ATTRIBUTES: &[Attribute] = &[DISC, FILE_NAME];

static DISC: Attribute =
    refer("file.id", "Disk with the ISO image that is in it; `null` for none.", &DISK)
        .at("file/@id")
        .holds()
        .update(Update::Hot)
        .codec(&DISC_CODEC);

static FILE_NAME: Attribute =
    refer("file.name", "File of an ISO domain that is in it, in place of a disk.", &FILE)
        .update(Update::Hot)
        .codec(&FILE_CODEC);

/// The id of a file is its name (`FileMapper`); an empty id opens the drive.
static DISC_CODEC: Codec = Codec { decode: |cdrom| read(cdrom, true), encode: write };
static FILE_CODEC: Codec = Codec { decode: |cdrom| read(cdrom, false), encode: write };

fn read(cdrom: &Element, of_disk: bool) -> Option<Value> {
    let file = cdrom.child("file")?.id().filter(|id| !id.is_empty())?;
    let is_disk = uuid::Uuid::try_parse(file).is_ok();
    (is_disk == of_disk).then(|| Value::Reference(Reference::Id(file.to_owned())))
}

fn write(file: &Value, cdrom: &mut Element) {
    let id = match file {
        Value::Reference(Reference::Id(id)) => id,
        _ => "",
    };
    cdrom.push(Element::link("file", id));
}

/// What the engine refuses, or where one of the attributes alone does not say it.
fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    let complaints = [holds_two(to), opens_other(transition, to), is_no_disc(transition, to)];
    complaints.into_iter().flatten().collect()
}

fn holds_two(to: &Fields) -> Option<Complaint> {
    let holds = |attribute| to.get(attribute).is_some_and(|disc| *disc != Value::Nothing);
    (holds(&DISC) && holds(&FILE_NAME)).then(|| {
        let message = "holds a disk and a file, and there is room for one disc";
        complaint(&FILE_NAME, message, "take one of them out")
    })
}

/// No disk is in the drive already when a file is, and the other way round.
fn opens_other(transition: &Transition, to: &Fields) -> Option<Complaint> {
    let from = transition.from?;
    let pairs = [(&DISC, &FILE_NAME), (&FILE_NAME, &DISC)];
    let left = |said, other| {
        to.get(said) == Some(&Value::Nothing)
            && to.get(other).is_none()
            && from.get(other).is_some()
    };
    let (said, other) = pairs.into_iter().find(|(said, other)| left(said, other))?;
    let message =
        format!("is said to be nothing, and what is in the drive is its `{}`", other.name);
    Some(complaint(said, message, format!("say `{}: null`", other.name)))
}

/// The engine takes no other disk for a disc (`RunVmValidator`).
fn is_no_disc(transition: &Transition, to: &Fields) -> Option<Complaint> {
    let disk = transition.around.look(&DISK, to.get(&DISC)?.as_reference()?)?;
    let content = disk.named("content_type").and_then(Value::as_text);
    let image = disk.named("image_file").and_then(Value::as_file);
    let is_disc = match content {
        Some(content) => content == "iso",
        None => image.is_some_and(|file| file.form == ImageForm::Iso),
    };
    (!is_disc).then(|| {
        let message = "is a disk with data, and no disc";
        complaint(&DISC, message, "say `content_type: iso` of the disk when it is made")
    })
}

static CHANGE_DISC: Verb =
    Verb::put("change the disc in the running VM", "cdrom", "vms/{parent}/cdroms/{id}")
        .with(&[("current", "true")])
        .sending(&["file.id", "file.name"]);

fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    let is_running = transition.parent.is_some_and(vm::is_running);
    if is_running && !transition.changes.is_empty() {
        let changes = transition.changes.iter();
        let disc = changes.map(|change| (change.attribute, change.to.clone())).collect();
        course.opening.push(invoke(&CHANGE_DISC, disc));
    }
    course
}

fn effect(_: &Change, standing: &Standing) -> Effect {
    if standing.parent.is_some_and(vm::is_running) { Effect::Hot } else { Effect::Now }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    #[test]
    fn the_disc_of_a_running_vm_changes_at_once() {
        let told = |vm: &str| {
            let trial = Trial::changing(&CDROM, &[], &[("file.id", id("iso"))]);
            trial.below(&VM, &[("status", text(vm))]).told()
        };
        assert_eq!(told("down"), "put file.id=iso");
        assert_eq!(told("up"), "put file.id=iso; change the disc in the running VM");
    }

    #[test]
    fn no_disc_is_an_empty_id() {
        let mut element = Element::new("cdrom");
        write(&Value::Nothing, &mut element);
        assert_eq!(element.to_string(), r#"<cdrom><file id=""/></cdrom>"#);
        assert_eq!((read(&element, true), read(&element, false)), (None, None));
    }

    #[test]
    fn a_file_is_told_from_a_disk_by_its_id() {
        let with = |id: &str| Element::new("cdrom").with(Element::link("file", id));
        let disk = with("2a6361aa-d8cb-4cb8-b41e-4ced81e14d81");
        assert!(read(&disk, true).is_some() && read(&disk, false).is_none());
        let file = with("tools.iso");
        assert_eq!((read(&file, true), read(&file, false)), (None, Some(id("tools.iso"))));
    }

    #[test]
    fn the_drive_holds_one_disc() {
        let said = |from: &[(&str, Value)], to: &[(&str, Value)]| {
            let disk = [("content_type", text("data"))];
            Trial::changing(&CDROM, from, to).beside(&DISK, "data", &disk).complaints().len()
        };
        let (disc, file) = (("file.id", id("iso")), ("file.name", id("a.iso")));
        assert_eq!(said(&[], &[disc.clone(), file.clone()]), 1);
        assert_eq!(said(&[], std::slice::from_ref(&file)), 0);
        let (no_disc, no_file) = (("file.id", Value::Nothing), ("file.name", Value::Nothing));
        assert_eq!(said(std::slice::from_ref(&file), std::slice::from_ref(&no_disc)), 1);
        assert_eq!(said(std::slice::from_ref(&file), std::slice::from_ref(&no_file)), 0);
        assert_eq!(said(&[disc], &[no_file]), 1);
        assert_eq!(said(&[], &[("file.id", id("data"))]), 1);
    }
}
