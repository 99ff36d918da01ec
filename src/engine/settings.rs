//! How to reach the engine, and how patient to be with it.

use std::time::Duration;

use secrecy::SecretString;

use super::EngineUrl;

/// What a [`Client`](super::Client) has to know. `Debug` does not show the password.
#[derive(Clone, Debug)]
pub struct Settings {
    /// Where the engine is.
    pub url: EngineUrl,
    /// User with profile: `admin@internal`.
    pub username: String,
    /// The user's password.
    pub password: SecretString,
    /// Where jitter and made-up correlation ids come from; the same seed gives the same ones.
    pub seed: u64,
    /// How long to try again.
    pub patience: Patience,
}

impl Settings {
    /// Settings with the usual patience.
    pub fn new(
        url: EngineUrl,
        username: impl Into<String>,
        password: impl Into<SecretString>,
        seed: u64,
    ) -> Self {
        let (username, password) = (username.into(), password.into());
        Self { url, username, password, seed, patience: Patience::default() }
    }
}

/// How long a request is tried again, by what stood in its way, and at what pace.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Patience {
    /// While another operation holds the object.
    pub locked: Duration,
    /// While a host or a storage domain that is needed comes up, or none will.
    pub unsettled: Duration,
    /// While the engine does not answer.
    pub outage: Duration,
    /// The first pause; each further one is twice as long, less a random part of up to a half.
    pub first_pause: Duration,
    /// The longest pause.
    pub longest_pause: Duration,
}

impl Default for Patience {
    fn default() -> Self {
        Self {
            locked: Duration::from_secs(120),
            unsettled: Duration::from_secs(30),
            outage: Duration::from_secs(120),
            first_pause: Duration::from_secs(1),
            longest_pause: Duration::from_secs(10),
        }
    }
}
