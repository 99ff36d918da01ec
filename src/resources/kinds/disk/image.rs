//! Disks that are filled with the image in a local file.

use std::sync::Arc;

use crate::resources::{
    Action, Attribute, Change, Complaint, Course, Effect, Fields, ImageFile, ImageForm, Transition,
    Value, file, plain,
};

use super::super::complaint;
use super::{ATTRIBUTES, DISK, SIZE, confirmed, settled, until_settled};

pub(super) static IMAGE: Attribute = file(
    "image_file",
    "Raw, qcow2 or ISO image to fill a new disk with; it says size and format, too.",
);

/// The file with the image of a disk that is wanted.
pub(super) fn image<'a>(transition: &Transition<'a>) -> Option<&'a Arc<ImageFile>> {
    transition.to?.get(&IMAGE)?.as_file()
}

pub(super) fn is_unfinished(transition: &Transition) -> bool {
    transition.changes.iter().any(|change| *change.attribute == IMAGE)
}

pub(super) fn filled(file: &Arc<ImageFile>) -> [Action; 2] {
    let upload = Action::Upload { attribute: &IMAGE, file: Arc::clone(file) };
    [upload, until_settled(Fields::new())]
}

/// A disk is made for the image, filled with it, and then grows to the size that is wanted of it:
/// the engine takes no image of another size than the disk's.
pub(super) fn made_of(transition: &Transition, file: &Arc<ImageFile>) -> Course {
    let Some(to) = transition.to else { return Course::default() };
    let fields = fitting(to, file);
    let made = Transition { to: Some(&fields), ..*transition };
    let mut course = settled(&made, plain(&made));
    course.opening.extend(filled(file));
    let grows = to.get(&SIZE).filter(|size| fields.get(&SIZE) != Some(*size)).map(|to| Change {
        attribute: &SIZE,
        from: fields.get(&SIZE).cloned(),
        to: to.clone(),
        effect: Effect::Now,
    });
    if let Some(change) = grows {
        let confirms = confirmed(std::slice::from_ref(&change));
        course.opening.extend([transition.put(vec![change], false), until_settled(confirms)]);
    }
    course
}

/// What a disk is made with that is to hold the image.
pub(super) fn fitting(to: &Fields, file: &ImageFile) -> Fields {
    let bytes = |number: u64| Value::Integer(bytes(number));
    let text = |text: &str| Value::Text(text.to_owned());
    let mut fields = to.clone();
    fields.set(&SIZE, bytes(file.capacity));
    let mut say = |name: &str, value: Value| {
        let attribute = ATTRIBUTES.iter().find(|attribute| attribute.name == name);
        if let Some(attribute) = attribute.filter(|_| to.named(name).is_none()) {
            fields.set(attribute, value);
        }
    };
    say("format", text(file.form.format()));
    match file.form {
        ImageForm::Iso => say("content_type", text("iso")),
        // The file is a little larger than what is in it.
        ImageForm::Qcow2 => say("initial_size", bytes(file.length)),
        ImageForm::Raw => {}
    }
    fields
}

/// What is wanted of a disk has to agree with the image that it is filled with.
pub(super) fn unfit(transition: &Transition, file: &ImageFile) -> Option<Complaint> {
    let to = transition.to?;
    let (wrong, hint) = match transition.from {
        None => unfit_for_new(to, file)?,
        Some(from) => unfit_for_begun(from, file).filter(|_| is_unfinished(transition))?,
    };
    Some(complaint(&IMAGE, format!("`{}` {wrong}", file.name), hint))
}

fn unfit_for_new(to: &Fields, file: &ImageFile) -> Option<(String, &'static str)> {
    let format = to.named("format").and_then(Value::as_text);
    let size = to.get(&SIZE).and_then(Value::as_integer);
    let capacity = bytes(file.capacity);
    if to.named("lun_storage.type").is_some() {
        return Some(("cannot be put on a LUN".to_owned(), "leave `image_file` out"));
    }
    if DISK.way(to).is_some() {
        let wrong = "cannot be put on a disk that is there already";
        return Some((wrong.to_owned(), "leave `image_file` or `register` out"));
    }
    match (file.form, format) {
        (ImageForm::Qcow2, Some("raw")) => {
            let hint = "leave `format` out, or make the file raw with `qemu-img convert -O raw`";
            return Some(("is a qcow2 image, and `format` is raw".to_owned(), hint));
        }
        (ImageForm::Iso, Some("cow")) => {
            return Some(("is a disc, and `format` is cow".to_owned(), "leave `format` out"));
        }
        _ => {}
    }
    size.filter(|size| *size < capacity).map(|_| {
        let needs = SIZE.show(&Value::Integer(capacity));
        let wrong = format!("needs a disk of {needs}, more than `provisioned_size`");
        (wrong, "leave `provisioned_size` out, or say more")
    })
}

/// The file may be another one than that for which the disk was made.
fn unfit_for_begun(from: &Fields, file: &ImageFile) -> Option<(String, &'static str)> {
    let size = from.get(&SIZE).and_then(Value::as_integer)?;
    let fits = match file.form {
        ImageForm::Qcow2 => size == bytes(file.capacity),
        ImageForm::Raw | ImageForm::Iso => size >= bytes(file.capacity),
    };
    let wrong = "has another size than the one for which the disk was made";
    (!fits).then(|| (wrong.to_owned(), "have the disk removed, and then made anew"))
}

fn bytes(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::super::trial::{Trial, text};
    use super::*;

    fn image(form: ImageForm, mib: u64) -> (&'static str, Value) {
        let image = ImageFile {
            name: "it".to_owned(),
            path: "it".into(),
            form,
            length: mib << 20,
            capacity: mib << 20,
            digest: String::new(),
        };
        ("image_file", Value::File(Arc::new(image)))
    }

    fn size(mib: i64) -> (&'static str, Value) {
        ("provisioned_size", Value::Integer(mib << 20))
    }

    #[test]
    fn a_disk_is_made_for_its_image_and_then_filled() {
        let told = Trial::making(&DISK, &[image(ImageForm::Raw, 8)]).told();
        let expected = "create image_file=it,provisioned_size=8 MiB,format=raw; until ok; \
                        upload it; until ok";
        assert_eq!(told, expected);
        let disc = Trial::making(&DISK, &[image(ImageForm::Iso, 8)]).told();
        assert!(disc.contains("content_type=iso"), "{disc}");
    }

    #[test]
    fn a_disk_that_is_to_be_larger_grows_when_it_is_filled() {
        let told = Trial::making(&DISK, &[image(ImageForm::Qcow2, 8), size(16)]).told();
        let end = "upload it; until ok; put provisioned_size=16 MiB; \
                   until ok with provisioned_size=16 MiB";
        assert!(told.ends_with(end), "{told}");
        assert!(told.contains("provisioned_size=8 MiB,format=cow,initial_size=8 MiB"), "{told}");
    }

    #[test]
    fn what_a_former_run_began_is_done_before_the_rest() {
        let trial = Trial::changing(&DISK, &[size(8)], &[image(ImageForm::Raw, 8), size(16)]);
        let expected = "upload it; until ok; put provisioned_size=16 MiB; \
                        until ok with provisioned_size=16 MiB";
        assert_eq!(trial.told(), expected);
    }

    #[test]
    fn what_contradicts_the_image_is_told() {
        let said = |to: &[(&str, Value)]| {
            let place = ("storage_domains", Value::set([text("fast")]));
            let to: Vec<_> = to.iter().cloned().chain([place]).collect();
            Trial::making(&DISK, &to).complaints().len()
        };
        assert_eq!(said(&[image(ImageForm::Raw, 8)]), 0);
        assert_eq!(said(&[image(ImageForm::Raw, 8), ("format", text("cow"))]), 0);
        assert_eq!(said(&[image(ImageForm::Raw, 8), size(4)]), 1);
        assert_eq!(said(&[image(ImageForm::Qcow2, 8), ("format", text("raw"))]), 1);
        assert_eq!(said(&[image(ImageForm::Iso, 8), ("format", text("cow"))]), 1);
    }

    #[test]
    fn a_half_filled_disk_fits_its_image_or_is_to_be_made_anew() {
        let said = |form, mib, has| {
            Trial::changing(&DISK, &[size(has)], &[image(form, mib)]).complaints().len()
        };
        assert_eq!(said(ImageForm::Raw, 8, 16), 0);
        assert_eq!(said(ImageForm::Raw, 16, 8), 1);
        assert_eq!(said(ImageForm::Qcow2, 8, 16), 1);
    }
}
