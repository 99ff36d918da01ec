//! How the program ends.

/// The exit codes.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
#[repr(u8)]
pub enum Exit {
    /// It is done, or there was nothing to do.
    Done = 0,
    /// Something went wrong.
    Error = 1,
    /// There are differences, and `--detailed-exitcode` asked for them.
    Differences = 2,
    /// A guard refused.
    Refused = 3,
    /// Somebody else works with the state.
    Locked = 4,
    /// Ctrl-C.
    Interrupted = 130,
}

impl From<Exit> for std::process::ExitCode {
    fn from(exit: Exit) -> Self {
        Self::from(exit as u8)
    }
}
