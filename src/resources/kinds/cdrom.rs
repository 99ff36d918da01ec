//! The CD drive of a VM.

use crate::resources::{
    Attribute, Change, Codec, Course, Effect, Kind, Reference, Standing, Transition, Update, Value,
    Verb, invoke, plain, refer,
};
use crate::xml::Element;

use super::{DISK, VM, vm};

/// The CD drive of a VM, of which there always is one.
///
/// What is in it has two sides: the disc that is kept, and the one in the drive of a VM that runs
/// (workloads handbook, section 2.8). A change is one of both.
pub static CDROM: Kind = Kind::new("cdrom", "cdroms", "The CD drive of a VM.")
    .below(&VM)
    .inseparable()
    .attributes(ATTRIBUTES)
    .effect(effect)
    .lifecycle(lifecycle);

static ATTRIBUTES: &[Attribute] = &[FILE];

static FILE: Attribute =
    refer("file.id", "Disk with the ISO image that is in it; `null` for none.", &DISK)
        .at("file/@id")
        .holds()
        .update(Update::Hot)
        .codec(&FILE_CODEC);

/// An empty id opens the drive.
static FILE_CODEC: Codec = Codec { decode: read_file, encode: write_file };

fn read_file(element: &Element) -> Option<Value> {
    let file = element.child("file")?.id().filter(|id| !id.is_empty())?;
    Some(Value::Reference(Reference::Id(file.to_owned())))
}

fn write_file(file: &Value, element: &mut Element) {
    let id = match file {
        Value::Reference(Reference::Id(id)) => id,
        _ => "",
    };
    element.push(Element::link("file", id));
}

static CHANGE_DISC: Verb =
    Verb::put("change the disc in the running VM", "cdrom", "vms/{parent}/cdroms/{id}")
        .with(&[("current", "true")])
        .sending(&["file.id"]);

fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    let is_running = transition.parent.is_some_and(vm::is_running);
    if is_running && !transition.changes.is_empty() {
        course.opening.push(invoke(&CHANGE_DISC, transition.known()));
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
        write_file(&Value::Nothing, &mut element);
        assert_eq!(element.to_string(), r#"<cdrom><file id=""/></cdrom>"#);
        assert_eq!(read_file(&element), None);
    }
}
