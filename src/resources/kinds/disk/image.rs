//! Disks that are filled with the image in a local file.

use std::sync::Arc;

use crate::resources::{
    Action, Attribute, Change, Complaint, Effect, Fields, ImageFile, ImageForm, Kind, Transition,
    Value, file, format_size,
};

use super::super::{IMAGE_TRANSFER, complaint};
use super::{confirmed, until_settled};

const IMAGE: &str = "image_file";
const SIZE: &str = "provisioned_size";

pub(super) static ATTRIBUTE: Attribute = file(
    IMAGE,
    "Raw, qcow2 or ISO image to fill a new disk with; it says size and format, too.",
    &IMAGE_TRANSFER,
);

/// The file with the image of a disk that is wanted.
#[derive(Clone, Copy)]
pub(in super::super) struct Image<'t> {
    file: &'t Arc<ImageFile>,
    /// The attribute that names it.
    attribute: &'static Attribute,
    kind: &'static Kind,
    prefix: &'static str,
}

impl<'t> Image<'t> {
    /// `prefix` is where the disk's attributes stand: an attachment has them behind `disk.`.
    pub fn of(transition: &Transition<'t>, prefix: &'static str) -> Option<Self> {
        let kind = transition.kind;
        let attribute = kind.attribute(&format!("{prefix}{IMAGE}"))?;
        let file = transition.to?.get(attribute)?.as_file()?;
        Some(Self { file, attribute, kind, prefix })
    }

    fn attribute(&self, name: &str) -> Option<&'static Attribute> {
        self.kind.attribute(&format!("{}{name}", self.prefix))
    }

    fn value<'f>(&self, fields: &'f Fields, name: &str) -> Option<&'f Value> {
        fields.get(self.attribute(name)?)
    }

    /// Whether a former run has begun to fill the disk.
    pub fn is_unfinished(&self, transition: &Transition) -> bool {
        transition.changes.iter().any(|change| change.attribute == self.attribute)
    }

    /// What fills the disk.
    pub fn filled(&self) -> [Action; 2] {
        let upload = Action::Upload { attribute: self.attribute, file: Arc::clone(self.file) };
        [upload, until_settled(Fields::new())]
    }

    /// What fills a new disk, and has it grow to the size that is wanted of it: the engine takes no
    /// image of another size than the disk's.
    pub fn filled_and_grown(&self, transition: &Transition) -> Vec<Action> {
        let mut actions = self.filled().to_vec();
        if let Some(change) = transition.to.and_then(|to| self.growth(to)) {
            let confirms = confirmed(std::slice::from_ref(&change));
            actions.extend([transition.put(vec![change], false), until_settled(confirms)]);
        }
        actions
    }

    fn growth(&self, to: &Fields) -> Option<Change> {
        let attribute = self.attribute(SIZE)?;
        let (has, wants) = (Value::Integer(bytes(self.file.capacity)), to.get(attribute)?);
        let to = Some(wants).filter(|wants| **wants != has)?.clone();
        Some(Change { attribute, from: Some(has), to, effect: Effect::Now })
    }

    /// What a disk is made with that is to hold the image.
    pub fn fitting(&self, to: &Fields) -> Fields {
        let bytes = |number: u64| Value::Integer(bytes(number));
        let text = |text: &str| Value::Text(text.to_owned());
        let mut fields = to.clone();
        if let Some(size) = self.attribute(SIZE) {
            fields.set(size, bytes(self.file.capacity));
        }
        let mut say = |name: &str, value: Value| {
            if let Some(attribute) = self.attribute(name).filter(|it| to.get(it).is_none()) {
                fields.set(attribute, value);
            }
        };
        say("format", text(self.file.form.format()));
        match self.file.form {
            ImageForm::Iso => say("content_type", text("iso")),
            // The file is a little larger than what is in it.
            ImageForm::Qcow2 => say("initial_size", bytes(self.file.length)),
            ImageForm::Raw => {}
        }
        fields
    }

    /// What is wanted of a disk has to agree with the image that it is filled with.
    pub fn unfit(&self, transition: &Transition) -> Option<Complaint> {
        let (wrong, hint) = match transition.from {
            None => self.unfit_for_new(transition.to?)?,
            Some(from) => self.unfit_for_begun(from).filter(|_| self.is_unfinished(transition))?,
        };
        Some(self.complaint(wrong, hint))
    }

    /// Says what is wrong with filling the disk.
    pub fn complaint(&self, wrong: impl std::fmt::Display, hint: &'static str) -> Complaint {
        complaint(self.attribute, format!("`{}` {wrong}", self.file.name), hint)
    }

    fn unfit_for_new(&self, to: &Fields) -> Option<(String, &'static str)> {
        let format = self.value(to, "format").and_then(Value::as_text);
        let size = self.value(to, SIZE).and_then(Value::as_integer);
        let capacity = bytes(self.file.capacity);
        if self.value(to, "lun_storage.type").is_some() {
            return Some(("cannot be put on a LUN".to_owned(), "leave `image_file` out"));
        }
        if self.kind.way(to).is_some() {
            let wrong = "cannot be put on a disk that is there already";
            return Some((wrong.to_owned(), "leave `image_file` or `register` out"));
        }
        match (self.file.form, format) {
            (ImageForm::Qcow2, Some("raw")) => {
                let hint =
                    "leave `format` out, or make the file raw with `qemu-img convert -O raw`";
                return Some(("is a qcow2 image, and `format` is raw".to_owned(), hint));
            }
            (ImageForm::Iso, Some("cow")) => {
                return Some(("is a disc, and `format` is cow".to_owned(), "leave `format` out"));
            }
            _ => {}
        }
        size.filter(|size| *size < capacity).map(|_| {
            let needs = format_size(capacity);
            let wrong = format!("needs a disk of {needs}, more than `provisioned_size`");
            (wrong, "leave `provisioned_size` out, or say more")
        })
    }

    /// The file may be another one than that for which the disk was made.
    fn unfit_for_begun(&self, from: &Fields) -> Option<(String, &'static str)> {
        let size = self.value(from, SIZE).and_then(Value::as_integer)?;
        let fits = match self.file.form {
            ImageForm::Qcow2 => size == bytes(self.file.capacity),
            ImageForm::Raw | ImageForm::Iso => size >= bytes(self.file.capacity),
        };
        let wrong = "has another size than the one for which the disk was made";
        (!fits).then(|| (wrong.to_owned(), "have the disk removed, and then made anew"))
    }
}

fn bytes(bytes: u64) -> i64 {
    i64::try_from(bytes).unwrap_or(i64::MAX)
}

#[cfg(test)]
mod tests {
    use super::super::super::trial::{Trial, text};
    use super::super::DISK;
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
