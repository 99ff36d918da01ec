//! Disks that are filled with what is in a file while they are attached.

use crate::resources::{
    Action, Brought, Complaint, Fields, Reference, Surroundings, Transition, Value,
};

use super::super::image_transfer::cancels;
use super::super::{VM, disk, vm};
use super::{
    ACTIVE, ALIAS, DISK_ATTACHMENT, EXISTING, ID, Image, OF_DISK, create, goes_too, is_in_use, plug,
};

/// Only a disk that is made with the attachment is filled with what is in a file: one that is
/// attached, or comes with the VM, has its data already.
pub(super) fn is_filled(transition: &Transition) -> Option<Complaint> {
    let image = Image::of(transition, OF_DISK).filter(|_| transition.from.is_none())?;
    if transition.to?.get(&EXISTING).is_some() {
        let message = "cannot be put on a disk that is there already";
        return Some(image.complaint(message, "say `image_file` of that disk, in `disks`"));
    }
    let within = transition.within.filter(|_| transition.parent.is_none())?;
    let vm = transition.around.look(&VM, within)?;
    let own = transition.to?.get(&ALIAS);
    let brought = (VM.brings)(within, &vm, transition.around);
    let is_it = |it: &Brought| it.kind == transition.kind && it.fields.get(&ALIAS) == own;
    ((VM.brings_more)(&vm) || brought.iter().any(is_it)).then(|| {
        let message = "cannot be put on a disk that comes with the VM";
        image.complaint(message, "make a disk of the file in `disks`, and attach that by `id`")
    })
}

/// The engine takes no data for a disk that a running VM has.
pub(super) fn is_written_to(transition: &Transition) -> Option<Complaint> {
    let image = Image::of(transition, OF_DISK).filter(|it| it.is_unfinished(transition))?;
    let wrong = "is not all on the disk yet, and the VM runs with that";
    let hint = "stop the VM, and leave it down until then";
    let used = transition.from.filter(|from| is_in_use(transition, from));
    used.map(|_| image.complaint(wrong, hint))
}

/// A running VM gets the disk when it is filled.
pub(super) fn create_filled(transition: &Transition, to: &Fields, image: Image) -> Vec<Action> {
    let mut fields = image.fitting(to);
    let waits = transition.parent.is_some_and(vm::is_running) && is_plugged_in(to);
    if waits {
        fields.set(&ACTIVE, Value::Flag(false));
    }
    let mut actions = create(transition, fields);
    actions.extend(image.filled_and_grown(transition));
    actions.extend(waits.then(|| plugged_in(transition)).into_iter().flatten());
    actions
}

/// What fills a disk that a former run has begun to fill, and left out of a running VM until then.
pub(super) fn filled(transition: &Transition) -> Vec<Action> {
    let image = Image::of(transition, OF_DISK).filter(|it| it.is_unfinished(transition));
    let Some((image, (from, to))) = image.zip(transition.from.zip(transition.to)) else {
        return Vec::new();
    };
    let mut actions = image.filled().to_vec();
    let is_out = from.get(&ACTIVE) == Some(&Value::Flag(false));
    let is_changed = transition.changes.iter().any(|change| *change.attribute == ACTIVE);
    if is_out && is_plugged_in(to) && !is_changed {
        actions.extend(plugged_in(transition));
    }
    actions
}

/// What ends the upload to a disk that is to go along.
pub(super) fn ended(transition: &Transition) -> Vec<Action> {
    let goes = transition.from.filter(|from| transition.to.is_none() && goes_too(from));
    let disk = transition.itself.filter(|_| goes.is_some());
    disk.map(|itself| cancels(transition.around, |disk| disk == itself)).unwrap_or_default()
}

/// What ends the uploads to the disks of a VM that is to go.
pub(in super::super) fn uploads_ended(vm: &Reference, around: &dyn Surroundings) -> Vec<Action> {
    let disks = around.children(vm, &DISK_ATTACHMENT);
    let of_disk = |disk: &Reference| {
        matches!(disk, Reference::Id(id) if
        disks.iter().any(|it| it.is(&ID, id)))
    };
    cancels(around, of_disk)
}

/// Whether that is wanted, or nothing is said.
fn is_plugged_in(to: &Fields) -> bool {
    to.get(&ACTIVE).is_none_or(Value::is_true)
}

fn plugged_in(transition: &Transition) -> [Action; 2] {
    let plug = plug(true);
    let confirms = disk::confirmed(std::slice::from_ref(&plug));
    [transition.put(vec![plug], false), disk::until_settled(confirms)]
}

#[cfg(test)]
mod tests {
    use std::sync::Arc;

    use super::super::super::trial::{Trial, id, text};
    use super::*;
    use crate::resources::{ImageFile, ImageForm};

    fn image() -> (&'static str, Value) {
        let image = ImageFile {
            name: "it".to_owned(),
            path: "it".into(),
            form: ImageForm::Raw,
            length: 8 << 20,
            capacity: 8 << 20,
            digest: String::new(),
        };
        ("disk.image_file", Value::File(Arc::new(image)))
    }

    #[test]
    fn a_running_vm_gets_a_disk_when_it_is_filled() {
        let told = |vm: &str, to: &[(&str, Value)]| {
            Trial::making(&DISK_ATTACHMENT, to).below(&VM, &[("status", text(vm))]).told()
        };
        let made = "create disk.image_file=it,disk.provisioned_size=8 MiB,disk.format=raw";
        let filled = format!("{made},active=true; until ok; upload it; until ok");
        assert_eq!(told("down", &[image()]), filled);
        let filled =
            format!("{made},active=false; until ok with active=false; upload it; until ok");
        let plugged = format!("{filled}; put active=true; until ok with active=true");
        assert_eq!(told("up", &[image()]), plugged);
        let out = told("up", &[("active", Value::Flag(false)), image()]);
        assert!(out.ends_with("upload it; until ok"), "{out}");
    }

    #[test]
    fn a_disk_that_is_not_yet_filled_is_filled_and_plugged_in() {
        let trial = |active: bool, vm: &str| {
            let size = ("disk.provisioned_size", Value::Integer(8 << 20));
            let from = [("active", Value::Flag(active)), size];
            let trial = Trial::changing(&DISK_ATTACHMENT, &from, &[image()]);
            trial.below(&VM, &[("status", text(vm))])
        };
        assert_eq!(trial(true, "down").told(), "upload it; until ok");
        let plugged = "upload it; until ok; put active=true; until ok with active=true";
        assert_eq!(trial(false, "up").told(), plugged);
        assert_eq!(trial(true, "up").complaints().len(), 1);
        assert!(trial(false, "up").complaints().is_empty());
    }

    #[test]
    fn only_a_disk_of_its_own_is_filled() {
        let said = |to: &[(&str, Value)]| {
            Trial::making(&DISK_ATTACHMENT, to).within("v").beside(&VM, "v", &[]).complaints().len()
        };
        assert_eq!((said(&[image()]), said(&[("disk.id", id("d")), image()])), (0, 1));
        let imported = Trial::making(&DISK_ATTACHMENT, &[image()]).within("v");
        let imported = imported.beside(&VM, "v", &[("import.vm", id("e"))]);
        assert_eq!(imported.complaints().len(), 1);
    }
}
