//! `virtuform validate`: reads the manifests and asks nobody.

use super::arguments::ManifestArguments;
use super::{Exit, Failure, Io, desk, render};

/// Checks the manifests.
pub fn run(arguments: &ManifestArguments, io: &mut Io) -> Result<Exit, Failure> {
    let loaded = desk::load(arguments, io)?;
    let resources = render::count(loaded.manifest.desired.resources.len(), "resource");
    let files = loaded.sources.len() - arguments.variable_files.len();
    io.data(&format!("valid: {resources} in {}\n", render::count(files, "file")))?;
    Ok(Exit::Done)
}
