//! Values that must never be seen.

use std::collections::BTreeMap;
use std::fmt;

use secrecy::{ExposeSecret, SecretString};

/// A password or key. It cannot be printed, and its memory is wiped when dropped.
#[derive(Clone)]
pub struct Secret(SecretString);

impl Secret {
    /// What stands in for a secret wherever something is printed.
    pub const MASK: &'static str = "(sensitive)";

    /// Takes the secret text in.
    pub fn new(text: impl Into<String>) -> Self {
        Self(SecretString::from(text.into()))
    }

    /// The secret text: for the codec, which sends it, and for nobody else.
    pub fn reveal(&self) -> &str {
        self.0.expose_secret()
    }

    /// A digest that tells whether the secret changed and, without `key`, nothing else.
    pub fn digest(&self, key: &[u8; 32]) -> String {
        blake3::keyed_hash(key, self.reveal().as_bytes()).to_hex().to_string()
    }

    /// Such a digest of several secrets with their names.
    pub fn digest_all(secrets: &BTreeMap<String, Self>, key: &[u8; 32]) -> String {
        let mut hasher = blake3::Hasher::new_keyed(key);
        for text in secrets.iter().flat_map(|(name, secret)| [name.as_str(), secret.reveal()]) {
            // With its length, no text passes for the end of one and the start of another.
            hasher.update(&text.len().to_le_bytes());
            hasher.update(text.as_bytes());
        }
        hasher.finalize().to_hex().to_string()
    }
}

impl fmt::Debug for Secret {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(Self::MASK)
    }
}

impl PartialEq for Secret {
    fn eq(&self, other: &Self) -> bool {
        self.reveal() == other.reveal()
    }
}

impl Eq for Secret {}
