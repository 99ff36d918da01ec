//! `virtuform schema`: the JSON Schema of manifests, for editors.

use super::{Exit, Failure, Io, handbook};

/// Writes it.
pub fn run(io: &mut Io) -> Result<Exit, Failure> {
    io.data(&format!("{:#}\n", handbook::json_schema()))?;
    Ok(Exit::Done)
}
