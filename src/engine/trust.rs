//! Whom to believe that they are the engine.

use std::error::Error;

use reqwest::Certificate;
use rustls::Error as TlsError;

use super::{BadTrust, Broken, How, certificate, pin};

/// What vouches for the engine's certificate.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub enum Trust {
    /// The authorities that this system trusts.
    #[default]
    SystemRoots,
    /// These certificates alone, in PEM: as a rule, that of the engine's own authority.
    Pem(String),
    /// The engine's very certificate, by the SHA-256 of its DER form in hexadecimal, with or without
    /// colons; whatever names and dates it bears.
    Fingerprint(String),
    /// Nothing: whoever answers is believed, and gets to see the password.
    Insecure,
}

/// Finishes a client that believes as told.
pub(super) fn build(
    builder: reqwest::ClientBuilder,
    trust: &Trust,
) -> Result<reqwest::Client, BadTrust> {
    // There may be a provider already, set by whoever embeds this: then that one is meant.
    rustls::crypto::ring::default_provider().install_default().ok();
    let builder = match trust {
        Trust::SystemRoots => builder,
        Trust::Pem(pem) => builder.tls_certs_only(certificates(pem)?),
        Trust::Fingerprint(text) => builder.tls_backend_preconfigured(pin::only(text)?),
        Trust::Insecure => builder.tls_danger_accept_invalid_certs(true),
    };
    builder.build().map_err(|error| BadTrust {
        message: format!("the trusted certificates cannot be used: {}", innermost(&error)),
    })
}

fn certificates(pem: &str) -> Result<Vec<Certificate>, BadTrust> {
    match Certificate::from_pem_bundle(pem.as_bytes()) {
        Ok(found) if !found.is_empty() => Ok(found),
        Ok(_) => Err(BadTrust { message: "there is no certificate in PEM form".to_owned() }),
        Err(error) => Err(BadTrust {
            message: format!("a certificate in PEM form cannot be read: {}", innermost(&error)),
        }),
    }
}

/// Says why an exchange broke, from the errors below.
pub(super) fn explain(error: reqwest::Error) -> Broken {
    let message = innermost(&error);
    match causes(&error).find_map(tls_error) {
        Some(TlsError::InvalidCertificate(bad)) => {
            return Broken::new(certificate::how(bad), certificate::in_words(bad));
        }
        Some(other) => return Broken::new(How::BadTls, other.to_string()),
        None => {}
    }
    let how = match (error.is_connect(), error.is_timeout()) {
        (true, _) if error.is_dns() => How::Unresolved,
        (true, true) => How::ConnectTimedOut,
        (true, false) => How::NotConnected,
        (false, true) => How::TimedOut,
        (false, false) => How::Interrupted,
    };
    Broken::new(how, message)
}

fn tls_error<'a>(error: &'a (dyn Error + 'static)) -> Option<&'a TlsError> {
    error.downcast_ref::<TlsError>().or_else(|| {
        // An I/O error skips what it wraps when asked for its source.
        let io = error.downcast_ref::<std::io::Error>()?;
        tls_error(io.get_ref()?)
    })
}

fn causes<'a>(error: &'a (dyn Error + 'static)) -> impl Iterator<Item = &'a (dyn Error + 'static)> {
    std::iter::successors(Some(error), |error| (*error).source())
}

/// The cause of all: the others say "error sending request", and name addresses.
fn innermost(error: &(dyn Error + 'static)) -> String {
    causes(error).last().map(ToString::to_string).unwrap_or_default()
}
