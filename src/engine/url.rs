//! Where the engine is.

use std::fmt;
use std::str::FromStr;

use reqwest::Url;

use super::printable;

const WEBAPP: &str = "/ovirt-engine";

/// The address of an engine: `https://engine.example.com`, with or without `/ovirt-engine/api`.
#[derive(Clone, PartialEq, Eq)]
pub struct EngineUrl {
    /// Up to and with `/ovirt-engine`.
    webapp: String,
    host: String,
}

/// An address that cannot be an engine's.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadUrl {
    message: String,
    hint: String,
}

impl EngineUrl {
    /// Reads an address as people write it: whatever follows `/ovirt-engine` is left out, and what
    /// is missing up to there is put in.
    ///
    /// # Errors
    /// [`BadUrl`] if it is no `https` address, or holds a user or password.
    pub fn parse(text: &str) -> Result<Self, BadUrl> {
        let text = text.trim();
        let url = Url::parse(text).map_err(|_| BadUrl::not_an_address(text))?;
        // First of all: an address with a password in it must not show up in a message.
        if !url.username().is_empty() || url.password().is_some() {
            return Err(BadUrl::with_credentials());
        }
        if url.scheme() == "http" {
            return Err(BadUrl::not_encrypted(text));
        }
        if url.scheme() != "https" || url.host_str().is_none_or(str::is_empty) {
            return Err(BadUrl::not_an_address(text));
        }
        let host = url.port().map_or_else(
            || url.host_str().unwrap_or_default().to_owned(),
            |port| format!("{}:{port}", url.host_str().unwrap_or_default()),
        );
        let prefix = prefix_of(url.path());
        Ok(Self { webapp: format!("https://{host}{prefix}{WEBAPP}"), host })
    }

    /// Host name and, if it is not 443, port.
    pub fn host(&self) -> &str {
        &self.host
    }

    /// The API root, without a slash at its end.
    pub fn api(&self) -> String {
        format!("{}/api", self.webapp)
    }

    /// Where tokens are granted.
    pub(super) fn token(&self) -> String {
        format!("{}/sso/oauth/token", self.webapp)
    }

    /// Where tokens are given back.
    pub(super) fn logout(&self) -> String {
        format!("{}/services/sso-logout", self.webapp)
    }
}

/// What stands before the web application, for engines behind a proxy that adds a path.
fn prefix_of(path: &str) -> &str {
    let within = |at: usize| path[at + WEBAPP.len()..].chars().next().is_none_or(|c| c == '/');
    match path.match_indices(WEBAPP).map(|(at, _)| at).find(|at| within(*at)) {
        Some(at) => &path[..at],
        None => path.trim_end_matches('/'),
    }
}

impl BadUrl {
    fn not_an_address(text: &str) -> Self {
        let host = text.split("://").last().unwrap_or_default();
        let host = host.split(['/', '?', '#', '@']).next().unwrap_or_default();
        let host = if host.is_empty() { "engine.example.com" } else { host };
        Self {
            message: format!("`{}` is not the address of an engine", printable(text)),
            hint: format!("write `https://{}/ovirt-engine/api`", printable(host)),
        }
    }

    fn not_encrypted(text: &str) -> Self {
        Self {
            message: format!("`{}` is not encrypted: it would show the password", printable(text)),
            hint: "write `https://`; engines always offer it".to_owned(),
        }
    }

    fn with_credentials() -> Self {
        Self {
            message: "the engine's address holds a user or a password".to_owned(),
            hint: "give user and password separately".to_owned(),
        }
    }

    /// What to do about it.
    pub fn hint(&self) -> &str {
        &self.hint
    }
}

impl fmt::Display for BadUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for BadUrl {}

impl FromStr for EngineUrl {
    type Err = BadUrl;

    fn from_str(text: &str) -> Result<Self, BadUrl> {
        Self::parse(text)
    }
}

impl fmt::Display for EngineUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.api())
    }
}

impl fmt::Debug for EngineUrl {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        fmt::Display::fmt(self, formatter)
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn an_address_is_completed() {
        for (given, api) in [
            ("https://e.example", "https://e.example/ovirt-engine/api"),
            ("https://e.example/", "https://e.example/ovirt-engine/api"),
            ("https://E.example:8443/ovirt-engine", "https://e.example:8443/ovirt-engine/api"),
            (" https://e.example/ovirt-engine/api/ ", "https://e.example/ovirt-engine/api"),
            ("https://e.example/ovirt-engine/api/v4?x=y", "https://e.example/ovirt-engine/api"),
            ("https://e.example/ovirt-engine/webadmin/#vms", "https://e.example/ovirt-engine/api"),
            ("https://e.example/lab/ovirt-engine/api", "https://e.example/lab/ovirt-engine/api"),
            ("https://e.example/lab/", "https://e.example/lab/ovirt-engine/api"),
            ("https://e.example/ovirt-engine2", "https://e.example/ovirt-engine2/ovirt-engine/api"),
            ("https://[::1]:443", "https://[::1]/ovirt-engine/api"),
        ] {
            assert_eq!(EngineUrl::parse(given).unwrap().api(), api, "{given}");
        }
    }

    #[test]
    fn what_is_not_https_is_refused_with_a_reason() {
        let refused = |text| EngineUrl::parse(text).unwrap_err();
        assert!(refused("http://e.example/ovirt-engine/api").to_string().contains("not encrypted"));
        assert_eq!(refused("e.example").hint(), "write `https://e.example/ovirt-engine/api`");
        assert_eq!(
            refused("ftp://e.example/x").hint(),
            "write `https://e.example/ovirt-engine/api`"
        );
        assert_eq!(refused("").hint(), "write `https://engine.example.com/ovirt-engine/api`");
    }

    #[test]
    fn a_password_in_the_address_is_refused_and_not_shown() {
        for text in ["https://admin:hunter2@e.example", "http://admin:hunter2@e.example"] {
            let bad = EngineUrl::parse(text).unwrap_err();
            assert!(!format!("{bad} {} {bad:?}", bad.hint()).contains("hunter2"));
        }
    }
}
