//! The files that places speak of.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::state::Location;

use super::tree::Place;

/// The names of all files, by number. What is given without a file has its origin for a name:
/// `--var count`.
#[derive(Default)]
pub(super) struct Files {
    names: Vec<Arc<PathBuf>>,
}

impl Files {
    /// Adds a file and returns its number.
    pub(super) fn add(&mut self, name: &Path) -> u32 {
        self.names.push(Arc::new(name.to_owned()));
        u32::try_from(self.names.len() - 1).expect("there are fewer files than 2^32")
    }

    /// The place as others know it.
    pub(super) fn location(&self, at: Place) -> Location {
        let file = Arc::clone(&self.names[at.file as usize]);
        Location { file, line: at.line as usize, column: at.column as usize }
    }

    /// A path that is written in a file, relative to that file's folder.
    pub(super) fn resolve(&self, at: Place, path: &str) -> PathBuf {
        let folder = self.names[at.file as usize].parent().unwrap_or(Path::new(""));
        folder.join(path)
    }
}
