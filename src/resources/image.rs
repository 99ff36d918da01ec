//! Local files with the image of a disk.

use std::path::PathBuf;

/// A local file with an image, as it was when the manifests were read.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct ImageFile {
    /// What the manifest calls it.
    pub name: String,
    /// Where it is.
    pub path: PathBuf,
    /// What it has the form of.
    pub form: ImageForm,
    /// How many bytes the file has.
    pub length: u64,
    /// How many bytes a disk has that is made of it.
    pub capacity: u64,
    /// What tells it from a file of other content.
    pub digest: String,
}

/// The form of an image in a file.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum ImageForm {
    /// The bytes of a disk.
    Raw,
    /// The bytes of a disc: an ISO 9660 file system.
    Iso,
    /// The format of QEMU that grows as it is filled.
    Qcow2,
}

impl ImageForm {
    /// The engine's name of the format.
    pub const fn format(self) -> &'static str {
        match self {
            Self::Raw | Self::Iso => "raw",
            Self::Qcow2 => "cow",
        }
    }
}
