//! Tokens, and how long they live.
//!
//! The single sign-on service forgets a token that nobody uses for days. Its first use for the API
//! opens a session of the engine, which ends much sooner and takes the token along. Sessions are
//! swept, so they end with the first sweep after their time.

use std::collections::BTreeMap;
use std::time::Duration;

use crate::simulated::site::Site;
use crate::simulated::store::Handle;

const SSO_IDLE: Duration = Duration::from_secs(360_000);
const SWEEP: Duration = Duration::from_secs(60);

/// A token that was given out.
pub struct Token {
    /// Whom it was given, with the profile.
    pub username: String,
    /// What it is good for.
    pub scope: String,
    /// The user of the engine's session; none before the first use.
    pub user: Option<Handle>,
    used: Duration,
}

/// All tokens.
pub struct Tokens {
    all: BTreeMap<String, Token>,
    /// How long the engine's session lives without being used.
    pub idle: Duration,
}

impl Tokens {
    /// No tokens.
    pub fn new() -> Self {
        Self { all: BTreeMap::new(), idle: Duration::from_secs(30 * 60) }
    }

    /// Gives out a token.
    pub fn issue(&mut self, site: &mut Site, username: &str, scope: &str) -> String {
        let mut bytes = [0; 64];
        site.fill(&mut bytes);
        let text = super::base64::url_safe(&bytes);
        let (username, scope) = (username.to_owned(), scope.to_owned());
        let token = Token { username, scope, user: None, used: site.now };
        self.all.insert(text.clone(), token);
        text
    }

    /// The token, if it still lives.
    pub fn get(&mut self, site: &Site, text: &str) -> Option<&Token> {
        let token = self.all.get(text)?;
        if self.has_ended(site, token) {
            self.all.remove(text);
            return None;
        }
        self.all.get(text)
    }

    /// Uses a token for the API, as a user.
    pub fn open(&mut self, site: &Site, text: &str, user: Handle) {
        if let Some(token) = self.all.get_mut(text) {
            token.user = Some(user);
            token.used = site.now;
        }
    }

    fn has_ended(&self, site: &Site, token: &Token) -> bool {
        let Some(user) = token.user else { return site.now >= token.used + SSO_IDLE };
        let step = SWEEP.min(self.idle).as_millis().max(1);
        let swept = site.now.as_millis() / step * step;
        let idle = swept >= (token.used + self.idle).as_millis();
        // Whose commands still run keeps the session.
        site.store.get(user).is_none() || idle && !has_running_jobs(site, user)
    }

    /// Takes a token back.
    pub fn revoke(&mut self, text: &str) -> bool {
        self.all.remove(text).is_some()
    }

    /// Takes all tokens back.
    pub fn revoke_all(&mut self) {
        self.all.clear();
    }
}

fn has_running_jobs(site: &Site, user: Handle) -> bool {
    site.users("jobs", "owner", user).into_iter().any(|job| site.status(job) == "started")
}
