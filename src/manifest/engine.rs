//! `engine:`: which engine the manifests speak of.

use std::path::PathBuf;

use crate::resources::{Attribute, Secret, Value, secret, text};
use crate::state::Location;

use super::body::Given;
use super::reader::{Reader, Scope};
use super::table::Table;
use super::tree::{Node, Place};

/// What the manifests say of the engine.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EngineBlock {
    /// Where the block stands.
    pub at: Location,
    /// The address of its API.
    pub url: Option<Located<String>>,
    /// The file with the certificates that its own must come from; relative to the working folder.
    pub ca_file: Option<Located<PathBuf>>,
    /// Such certificates in PEM form.
    pub ca_pem: Option<Located<String>>,
    /// Who logs in, such as `admin@internal`.
    pub username: Option<Located<String>>,
    /// With what password.
    pub password: Option<Located<Secret>>,
    /// How long one wait may take, in seconds, where the resource does not say.
    pub timeout: Option<Located<u64>>,
}

/// A value and where it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Located<T> {
    /// The value.
    pub value: T,
    /// Where it is written.
    pub at: Location,
}

/// What the block says.
pub static ENGINE: &[Attribute] = &[
    text("url", "The address of its API: `https://engine.example.com/ovirt-engine/api`."),
    text("ca_file", "File with the certificates to trust."),
    text("ca_pem", "Certificates to trust, in PEM form."),
    text("username", "Who logs in, such as `admin@internal`."),
    secret("password", "With what password."),
    text("timeout", "How long one wait may take, such as `30m`."),
];

impl Reader<'_> {
    /// Reads the `engine:` block.
    pub(super) fn engine(&mut self, at: Place, node: &Node) -> Option<EngineBlock> {
        let scope = Scope::block("engine");
        let entries = self.block(&scope, "engine", node)?;
        let mut given = self.body(&scope, &Table::new(ENGINE), &entries);
        let ca_file = self.text_of(&mut given, "ca_file").map(|(path, at)| Located {
            value: self.files.resolve(at, &path),
            at: self.location(at),
        });
        Some(EngineBlock {
            at: self.location(at),
            url: self.located(&mut given, "url"),
            ca_file,
            ca_pem: self.located(&mut given, "ca_pem"),
            username: self.located(&mut given, "username"),
            password: self.password(&mut given),
            timeout: self.engine_timeout(&scope, &mut given),
        })
    }

    /// A text; none when it is empty or null.
    fn text_of(&self, given: &mut Given, name: &str) -> Option<(String, Place)> {
        match given.take(name)? {
            (Value::Text(text), at) if !text.is_empty() => Some((text, at)),
            _ => None,
        }
    }

    fn located(&self, given: &mut Given, name: &str) -> Option<Located<String>> {
        let (value, at) = self.text_of(given, name)?;
        Some(Located { value, at: self.location(at) })
    }

    fn password(&self, given: &mut Given) -> Option<Located<Secret>> {
        match given.take("password")? {
            (Value::Secret(value), at) => Some(Located { value, at: self.location(at) }),
            _ => None,
        }
    }

    fn engine_timeout(&mut self, scope: &Scope, given: &mut Given) -> Option<Located<u64>> {
        let (value, at) = given.take("timeout")?;
        let value = self.timeout(scope, Some((value, at)))?;
        Some(Located { value, at: self.location(at) })
    }
}
