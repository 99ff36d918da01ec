//! Why no answer came.

use std::fmt;

use super::printable;

/// An exchange of bytes that did not come to its end.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Broken {
    /// What went wrong.
    pub how: How,
    /// The words of the library or system below.
    pub message: String,
}

/// The ways in which an exchange can break.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum How {
    /// The host name has no address.
    Unresolved,
    /// No connection was made: refused, unreachable, or closed at once.
    NotConnected,
    /// No connection was made in time.
    ConnectTimedOut,
    /// The certificate was issued by nobody who is trusted, or is bad in another way.
    UntrustedCertificate,
    /// The certificate is not the one whose fingerprint is trusted.
    OtherCertificate,
    /// The certificate is no longer valid, or not yet.
    ExpiredCertificate,
    /// The certificate belongs to another host name.
    WrongHostName,
    /// The other side does not speak TLS, or none that is safe.
    BadTls,
    /// The connection broke after the request was sent, or while it was being sent.
    Interrupted,
    /// The answer, or its next part, did not come in time.
    TimedOut,
    /// A proxy on the way, or the web server in front of the engine, got no answer from it.
    Gateway,
    /// The answer is longer than is allowed.
    TooLong,
}

impl How {
    /// Whether the request certainly did not reach the engine.
    pub fn was_never_sent(self) -> bool {
        use How::*;
        match self {
            Unresolved | NotConnected | ConnectTimedOut => true,
            UntrustedCertificate | OtherCertificate => true,
            ExpiredCertificate | WrongHostName | BadTls => true,
            Interrupted | TimedOut | Gateway | TooLong => false,
        }
    }

    /// Whether trying again cannot help.
    pub fn is_final(self) -> bool {
        use How::*;
        match self {
            UntrustedCertificate | OtherCertificate => true,
            ExpiredCertificate | WrongHostName | BadTls | TooLong => true,
            Unresolved | NotConnected | ConnectTimedOut | Interrupted | TimedOut | Gateway => false,
        }
    }
}

impl Broken {
    /// A broken exchange, with the words of the layer below, made safe to print: names in a
    /// certificate come from whoever answers.
    pub fn new(how: How, message: impl AsRef<str>) -> Self {
        Self { how, message: printable(message.as_ref()).into_owned() }
    }
}

impl fmt::Display for Broken {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let what = match self.how {
            How::Unresolved => "its name does not resolve",
            How::NotConnected => "no connection could be made",
            How::ConnectTimedOut => "no connection was made in time",
            How::UntrustedCertificate => "its certificate is not trusted",
            How::OtherCertificate => "its certificate is another one than is trusted",
            How::ExpiredCertificate => "its certificate is not valid at this time",
            How::WrongHostName => "its certificate is for another host name",
            How::BadTls => "TLS could not be agreed upon",
            How::Interrupted => "the connection broke",
            How::TimedOut => "no answer came in time",
            How::Gateway => "the web server in front of the engine got no answer from it",
            How::TooLong => "the answer is too long",
        };
        match self.message.as_str() {
            "" => formatter.write_str(what),
            message => write!(formatter, "{what}: {message}"),
        }
    }
}

impl std::error::Error for Broken {}
