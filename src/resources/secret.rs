//! Values that must never be seen.

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
