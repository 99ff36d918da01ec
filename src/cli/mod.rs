//! The command line: one file per command, each parses, calls, renders and says how it ended.

pub mod outline;
pub mod render;
