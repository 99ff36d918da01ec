//! Why a command could not do what it was asked to.

use std::error::Error;

use crate::engine::Fault;
use crate::manifest::Source;
use crate::state::{Problems, StoreError};

use super::Exit;

/// What ended a command.
#[derive(Debug)]
pub enum Failure {
    /// The user can put it right.
    Problems {
        /// What is wrong.
        problems: Problems,
        /// The texts that the places speak of.
        sources: Vec<Source>,
    },
    /// The engine said no, or did not answer.
    Fault(Fault),
    /// The ledger cannot be read or written.
    Store(StoreError),
    /// Anything else.
    Other {
        /// What could not be done.
        message: String,
        /// What stood in the way.
        cause: Option<Box<dyn Error>>,
        /// What to do about it.
        hint: Option<String>,
    },
    /// A guard refused; it has been said why.
    Refused,
    /// It went wrong, and that has been said.
    Told,
    /// Ctrl-C.
    Interrupted,
}

impl Failure {
    /// A failure without a cause below.
    pub fn new(message: impl Into<String>) -> Self {
        Self::Other { message: message.into(), cause: None, hint: None }
    }

    /// The same failure with advice.
    pub fn hint(self, advice: impl Into<String>) -> Self {
        match self {
            Self::Other { message, cause, .. } => {
                Self::Other { message, cause, hint: Some(advice.into()) }
            }
            other => other,
        }
    }

    /// The same failure with what stood in the way.
    pub fn because(self, error: impl Error + 'static) -> Self {
        match self {
            Self::Other { message, hint, .. } => {
                Self::Other { message, cause: Some(Box::new(error)), hint }
            }
            other => other,
        }
    }

    /// How the program ends.
    pub fn exit(&self) -> Exit {
        match self {
            Self::Refused => Exit::Refused,
            Self::Interrupted => Exit::Interrupted,
            Self::Store(StoreError::Locked { .. }) => Exit::Locked,
            _ => Exit::Error,
        }
    }
}

impl From<Fault> for Failure {
    fn from(fault: Fault) -> Self {
        Self::Fault(fault)
    }
}

impl From<StoreError> for Failure {
    fn from(error: StoreError) -> Self {
        Self::Store(error)
    }
}

/// Standard output is closed or full.
impl From<std::io::Error> for Failure {
    fn from(error: std::io::Error) -> Self {
        Self::new("could not write the output").because(error)
    }
}
