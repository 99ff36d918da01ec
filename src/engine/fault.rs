//! The engine said no, or did not answer.

use std::error::Error;
use std::fmt;
use std::ops::Deref;

use super::{Broken, printable};

/// Why a request has no reply.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Fault {
    /// The engine refused the request.
    Refused {
        /// The HTTP status.
        status: u16,
        /// The fault's reason, or the status line's words: `Operation Failed`.
        reason: String,
        /// What the engine said, without the brackets that it puts around messages.
        detail: Said,
        /// What that means for whoever asked.
        meaning: Meaning,
        /// The request: `POST vms/1f0/start`.
        call: String,
    },
    /// The session was not accepted, and a new one did not help.
    Unauthorised {
        /// The request.
        call: String,
        /// What the engine said.
        reason: Said,
        /// Whether the request had been routed before: then it may have had its effect.
        routed: bool,
    },
    /// The engine did not log the user in. Never tried again: accounts get locked.
    LoginRefused {
        /// The user, with profile.
        username: String,
        /// The code of the single sign-on: `access_denied` for a wrong password or account.
        code: String,
        /// What the engine said.
        reason: Said,
    },
    /// The request was sent, and whether it had its effect is unknown.
    Lost {
        /// The request.
        call: String,
        /// What happened to the answer.
        cause: Broken,
    },
    /// The request never reached the engine.
    Unreachable {
        /// The engine's host name and port.
        host: String,
        /// What stood in the way.
        cause: Broken,
    },
    /// Something answers at the URL, but it is not an oVirt engine.
    NotAnEngine {
        /// The address that was tried.
        url: String,
        /// What was found there.
        found: Said,
    },
    /// The answer makes no sense.
    Garbled {
        /// The request; empty where it is not known.
        call: String,
        /// What is wrong with the answer.
        message: Said,
    },
}

/// What a refusal means for whoever asked.
///
/// The API has no codes, so this is concluded from the status and the English text.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Meaning {
    /// Another operation holds the object; soon it will not.
    Locked,
    /// The engine or what it needs is not ready: starting up, a host or storage domain on its way.
    Busy,
    /// There is no such object.
    Missing,
    /// The request names something that does not exist.
    MissingReference,
    /// Wrong state, duplicate, in use: stays so until somebody changes something.
    Conflict,
    /// The request is wrong.
    Invalid,
    /// The user lacks the permission.
    Forbidden,
    /// The engine failed.
    Internal,
}

/// Words of the other side, safe to print; an error of its own at the end of a chain.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Said(String);

impl<T: AsRef<str>> From<T> for Said {
    fn from(text: T) -> Self {
        Self(printable(text.as_ref()).into_owned())
    }
}

impl Deref for Said {
    type Target = str;

    fn deref(&self) -> &str {
        &self.0
    }
}

impl PartialEq<str> for Said {
    fn eq(&self, other: &str) -> bool {
        self.0 == other
    }
}

impl PartialEq<&str> for Said {
    fn eq(&self, other: &&str) -> bool {
        self.0 == *other
    }
}

impl fmt::Display for Said {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.0)
    }
}

impl Error for Said {}

impl Fault {
    /// What a refusal means; `None` for a fault that is no refusal.
    pub fn meaning(&self) -> Option<Meaning> {
        match self {
            Fault::Refused { meaning, .. } => Some(*meaning),
            _ => None,
        }
    }

    /// Whether the object asked for does not exist.
    pub fn is_missing(&self) -> bool {
        self.meaning() == Some(Meaning::Missing)
    }

    /// Whether the request may have had its effect all the same, so that it has to be looked up.
    pub fn may_have_happened(&self) -> bool {
        match self {
            Fault::Lost { .. } | Fault::Garbled { .. } => true,
            Fault::Unauthorised { routed, .. } => *routed,
            Fault::Refused { meaning, .. } => *meaning == Meaning::Internal,
            Fault::LoginRefused { .. } | Fault::Unreachable { .. } | Fault::NotAnEngine { .. } => {
                false
            }
        }
    }

    /// The same fault, with the request it belongs to if it did not know.
    pub fn of(mut self, of: &str) -> Self {
        if let Fault::Garbled { call, .. } = &mut self
            && call.is_empty()
        {
            of.clone_into(call);
        }
        self
    }
}

impl fmt::Display for Fault {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Fault::Refused { status, reason, call, .. } => {
                write!(to, "the engine refused `{call}` ({status} {reason})")
            }
            Fault::Unauthorised { call, .. } => {
                write!(to, "the engine did not accept the session for `{call}`")
            }
            Fault::LoginRefused { username, .. } => {
                write!(to, "the engine did not log in `{}`", printable(username))
            }
            Fault::Lost { call, .. } if call.starts_with("GET ") => {
                write!(to, "the answer to `{call}` was lost")
            }
            Fault::Lost { call, .. } => {
                write!(to, "the answer to `{call}` was lost; whether it took effect is unknown")
            }
            Fault::Unreachable { host, .. } => write!(to, "could not reach `{}`", printable(host)),
            Fault::NotAnEngine { url, .. } => {
                write!(to, "there is no oVirt engine at `{}`", printable(url))
            }
            Fault::Garbled { call, .. } if call.is_empty() => {
                to.write_str("the engine's answer cannot be read")
            }
            Fault::Garbled { call, .. } => {
                write!(to, "the engine's answer to `{call}` cannot be read")
            }
        }
    }
}

impl Error for Fault {
    fn source(&self) -> Option<&(dyn Error + 'static)> {
        match self {
            Fault::Refused { detail: said, .. }
            | Fault::Unauthorised { reason: said, .. }
            | Fault::LoginRefused { reason: said, .. }
            | Fault::NotAnEngine { found: said, .. }
            | Fault::Garbled { message: said, .. } => {
                Some(said).filter(|s| !s.is_empty()).map(as_error)
            }
            Fault::Lost { cause, .. } | Fault::Unreachable { cause, .. } => Some(cause),
        }
    }
}

fn as_error(said: &Said) -> &(dyn Error + 'static) {
    said
}
