//! Files with the image of a disk: what they are is seen while manifests are read, so that a plan
//! can say it before anything is sent.

use std::fs::File;
use std::io::{self, Read, Seek, SeekFrom};
use std::path::Path;
use std::sync::Arc;

use crate::resources::{ImageFile, ImageForm};

use super::reader::{Reader, Scope};
use super::tree::Place;
use super::value::Label;
use super::wording::shown;

/// Storage counts in blocks of so many bytes.
const BLOCK: u64 = 4096;
/// The largest disk that any storage takes.
const LARGEST: u64 = 1 << 60;
/// A file of up to so many bytes is read whole for its digest, which takes a quarter of a second; of
/// a larger one, as much of it is: every plan waits for it.
const READ_WHOLE: u64 = 1 << 30;
const STRETCHES: u64 = 64;

impl Reader<'_> {
    /// Looks at a file with an image.
    pub(super) fn image(
        &mut self,
        scope: &Scope,
        label: Label,
        at: Place,
        name: &str,
    ) -> Option<Arc<ImageFile>> {
        let path = self.files.resolve(at, name);
        let looked = (self.options.open_file)(&path)
            .map_err(unreadable)
            .and_then(|mut file| look(name, &path, &mut file));
        match looked {
            Ok(image) => Some(Arc::new(image)),
            Err(Wrong { message, hint }) => {
                let path = shown(&path.display().to_string()).to_string();
                let message = format!("{label} is `{path}`, which {message}");
                self.problem_with(scope, at, &message, hint.map(str::to_owned));
                None
            }
        }
    }
}

/// Why a file does not do.
#[derive(Debug)]
struct Wrong {
    message: String,
    hint: Option<&'static str>,
}

impl Wrong {
    fn new(message: impl Into<String>, hint: &'static str) -> Self {
        Self { message: message.into(), hint: Some(hint) }
    }
}

fn unreadable(error: io::Error) -> Wrong {
    Wrong { message: format!("cannot be read: {error}"), hint: None }
}

fn look(name: &str, path: &Path, file: &mut File) -> Result<ImageFile, Wrong> {
    let metadata = file.metadata().map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(Wrong::new("is no file", "name a raw, qcow2 or ISO image"));
    }
    let length = metadata.len();
    if length == 0 {
        return Err(Wrong::new("is empty", "name a raw, qcow2 or ISO image"));
    }
    let (form, capacity) = match qcow2(file)? {
        Some(capacity) => (ImageForm::Qcow2, capacity),
        None if is_iso(file).map_err(unreadable)? => (ImageForm::Iso, length),
        None => (ImageForm::Raw, length),
    };
    Ok(ImageFile {
        name: name.to_owned(),
        path: path.to_owned(),
        form,
        length,
        capacity: capacity.next_multiple_of(BLOCK),
        digest: digest(file, length, READ_WHOLE).map_err(unreadable)?,
    })
}

/// The size of the disk in a qcow2 file; nothing for a file of another form.
fn qcow2(file: &mut File) -> Result<Option<u64>, Wrong> {
    const HEADER: usize = 80;
    let header = read_at(file, 0, HEADER).map_err(unreadable)?;
    if !header.starts_with(b"QFI\xfb") {
        return Ok(None);
    }
    let number = |at: usize, length: usize| {
        let bytes = header.get(at..at + length)?;
        Some(bytes.iter().fold(0_u64, |number, byte| (number << 8) | u64::from(*byte)))
    };
    let damaged = || Wrong::new("is a damaged qcow2 image", "see what `qemu-img check` says");
    let (version, backing) = (number(4, 4).ok_or_else(damaged)?, number(8, 8));
    let (size, cipher) = (number(24, 8).ok_or_else(damaged)?, number(32, 4));
    // Bits for a file that is marked as corrupt, and for one that has its data elsewhere.
    let marks = if version >= 3 { number(72, 8).ok_or_else(damaged)? } else { 0 };
    if !matches!(version, 2 | 3) || marks & 0b10 != 0 {
        return Err(damaged());
    }
    if backing != Some(0) || marks & 0b100 != 0 {
        let message = "is a qcow2 image that needs another file";
        return Err(Wrong::new(message, "make it whole with `qemu-img convert`"));
    }
    if cipher != Some(0) {
        return Err(Wrong::new("is encrypted", "decrypt it with `qemu-img convert`"));
    }
    let is_sensible = |size: &u64| (1..=LARGEST).contains(size);
    Some(size).filter(is_sensible).map(Some).ok_or_else(damaged)
}

/// Whether a file starts as discs do.
fn is_iso(file: &mut File) -> io::Result<bool> {
    Ok(read_at(file, 0x8001, 5)? == b"CD001")
}

/// The bytes that are there, at most so many.
fn read_at(file: &mut File, offset: u64, length: usize) -> io::Result<Vec<u8>> {
    file.seek(SeekFrom::Start(offset))?;
    let mut bytes = Vec::with_capacity(length);
    file.take(length as u64).read_to_end(&mut bytes)?;
    Ok(bytes)
}

/// A digest of the length and of the content; of large files, of stretches that are spread evenly,
/// the beginning and the end among them: whatever makes an image anew changes its beginning, where
/// it has its tables and its dates.
fn digest(file: &mut File, length: u64, read_whole: u64) -> io::Result<String> {
    let mut hasher = blake3::Hasher::new();
    hasher.update(&length.to_le_bytes());
    if length <= read_whole {
        file.rewind()?;
        hasher.update_reader(&mut *file)?;
        return Ok(hasher.finalize().to_hex().to_string());
    }
    let size = read_whole / STRETCHES;
    let room = u128::from(length - size);
    for stretch in 0..u128::from(STRETCHES) {
        let at = room * stretch / u128::from(STRETCHES - 1);
        file.seek(SeekFrom::Start(u64::try_from(at).unwrap_or(length)))?;
        hasher.update_reader(Read::take(&mut *file, size))?;
    }
    Ok(hasher.finalize().to_hex().to_string())
}

#[cfg(test)]
mod tests {
    use std::io::Write;

    use super::*;

    fn looked(content: &[u8]) -> Result<ImageFile, Wrong> {
        let mut file = tempfile::tempfile().expect("a file");
        file.write_all(content).expect("room");
        look("it", Path::new("it"), &mut file)
    }

    fn header(version: u8, backing: u8, marks: u8) -> Vec<u8> {
        let mut header = vec![0; 512];
        header[..4].copy_from_slice(b"QFI\xfb");
        header[7] = version;
        header[15] = backing;
        header[28] = 1;
        header[79] = marks;
        header
    }

    #[test]
    fn a_file_says_what_it_is() {
        let raw = looked(&[1; 5000]).expect("raw");
        assert_eq!((raw.form, raw.length, raw.capacity), (ImageForm::Raw, 5000, 8192));
        let mut disc = vec![0; 0x9000];
        disc[0x8001..0x8006].copy_from_slice(b"CD001");
        assert_eq!(looked(&disc).expect("a disc").form, ImageForm::Iso);
        let cow = looked(&header(3, 0, 0)).expect("qcow2");
        assert_eq!((cow.form, cow.length, cow.capacity), (ImageForm::Qcow2, 512, 1 << 24));
    }

    #[test]
    fn what_cannot_be_uploaded_is_told() {
        let said = |content: &[u8]| looked(content).expect_err("unfit").message;
        assert_eq!(said(&[]), "is empty");
        assert_eq!(said(&header(3, 1, 0)), "is a qcow2 image that needs another file");
        assert_eq!(said(&header(3, 0, 4)), "is a qcow2 image that needs another file");
        assert_eq!(said(&header(9, 0, 0)), "is a damaged qcow2 image");
        assert_eq!(said(&header(3, 0, 0)[..40]), "is a damaged qcow2 image");
    }

    #[test]
    fn a_change_is_told_by_the_digest() {
        let mut content = vec![7; 3 << 20];
        let before = looked(&content).expect("raw").digest;
        content[2_345_678] = 8;
        assert_ne!(looked(&content).expect("raw").digest, before);
    }

    #[test]
    fn stretches_of_a_large_file_tell_its_ends_and_what_is_between() {
        let (read_whole, length) = (64 << 10, 1 << 20);
        let digest_with = |at: Option<u64>| {
            let mut file = tempfile::tempfile().expect("a file");
            file.set_len(length).expect("room");
            if let Some(at) = at {
                file.seek(SeekFrom::Start(at)).expect("a place in it");
                file.write_all(b"x").expect("room");
            }
            digest(&mut file, length, read_whole).expect("it can be read")
        };
        let second = (length - 1024) / 63;
        let places = [None, Some(0), Some(second), Some(length - 1)];
        let digests: std::collections::BTreeSet<_> = places.map(digest_with).into();
        assert_eq!(digests.len(), places.len());
        assert_eq!(digest_with(Some(second - 1)), digest_with(None));
    }
}
