//! Files that survive a loss of power, and that only their owner can read.

use std::fs::{File, OpenOptions};
use std::io::{self, ErrorKind, Write};
use std::path::Path;

use crate::state::StoreError;

/// Makes the error of doing something with a file.
pub(super) fn doing(what: &str, file: &Path) -> impl Fn(io::Error) -> StoreError + use<> {
    let doing = format!("{what} {}", file.display());
    move |cause| StoreError::Unusable { doing: doing.clone(), cause }
}

/// The content of a file, if there is one.
pub(super) fn read(file: &Path) -> Result<Option<Vec<u8>>, StoreError> {
    match std::fs::read(file) {
        Ok(content) => Ok(Some(content)),
        Err(error) if error.kind() == ErrorKind::NotFound => Ok(None),
        Err(error) => Err(doing("read", file)(error)),
    }
}

/// Opens a file for reading and writing, or makes one that only its owner can read.
pub(super) fn open_private(file: &Path, append: bool) -> io::Result<File> {
    let mut options = OpenOptions::new();
    options.read(true).create(true).append(append);
    if !append {
        options.write(true).truncate(false);
    }
    #[cfg(unix)]
    std::os::unix::fs::OpenOptionsExt::mode(&mut options, 0o600);
    options.open(file)
}

/// Replaces a file: whoever reads it meanwhile, and whatever happens, it is the old or the new one.
pub(super) fn write_atomically(file: &Path, content: &[u8]) -> Result<(), StoreError> {
    let mut beside = file.as_os_str().to_owned();
    beside.push(".new");
    let beside = Path::new(&beside);
    let write = || {
        // One that a killed run left behind may be longer.
        let mut new = open_private(beside, false)?;
        new.set_len(0)?;
        new.write_all(content)?;
        new.sync_all()?;
        std::fs::rename(beside, file)
    };
    write().map_err(doing("write", file))?;
    sync_folder(file)
}

/// Makes sure that the folder knows of the file after a loss of power.
pub(super) fn sync_folder(file: &Path) -> Result<(), StoreError> {
    let folder = match file.parent() {
        Some(folder) if !folder.as_os_str().is_empty() => folder,
        _ => Path::new("."),
    };
    // Other systems cannot open a folder; their file systems keep its order by themselves.
    if cfg!(unix) {
        let sync = || File::open(folder)?.sync_all();
        sync().map_err(doing("write", folder))?;
    }
    Ok(())
}
