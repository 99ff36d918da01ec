//! Sessions of the API that a cookie names, for clients that prefer them.

use std::collections::BTreeMap;
use std::time::Duration;

use http::HeaderMap;

use crate::simulated::site::Site;

/// How the engine calls its cookie.
pub const COOKIE: &str = "JSESSIONID";

/// What a client prefers.
pub struct Preference {
    /// To keep a session.
    pub persistent: bool,
    /// To log in anew.
    pub anew: bool,
    /// The minutes a new session may stay unused.
    pub minutes: Option<u64>,
    /// The session it names.
    pub session: Option<String>,
}

impl Preference {
    /// Reads the headers of a request.
    pub fn of(headers: &HeaderMap) -> Self {
        let words = |name| {
            let all = headers.get_all(name).into_iter().filter_map(|it| it.to_str().ok());
            all.flat_map(|it| it.split([',', ';'])).map(str::trim)
        };
        let prefers = |word: &str| words("Prefer").any(|it| it.eq_ignore_ascii_case(word));
        let cookie = words("Cookie").filter_map(|it| it.split_once('='));
        Self {
            persistent: prefers("persistent-auth"),
            anew: prefers("new-auth"),
            minutes: words("Session-TTL").find_map(|it| it.parse().ok()).filter(|it| *it >= 1),
            session: cookie.into_iter().find(|(name, _)| *name == COOKIE).map(|(_, id)| id.into()),
        }
    }
}

struct Session {
    token: String,
    idle: Duration,
    used: Duration,
}

/// The sessions that are kept.
#[derive(Default)]
pub struct Sessions(BTreeMap<String, Session>);

impl Sessions {
    /// Keeps a session for a token; returns the cookie's value.
    pub fn keep(&mut self, site: &mut Site, token: &str, idle: Duration) -> String {
        let mut bytes = [0; 30];
        site.fill(&mut bytes);
        let id = super::base64::url_safe(&bytes);
        let session = Session { token: token.to_owned(), idle, used: site.now };
        self.0.insert(id.clone(), session);
        id
    }

    /// The token of a session that is used now.
    pub fn resume(&mut self, site: &Site, id: &str) -> Option<String> {
        let session = self.0.get_mut(id)?;
        if site.now >= session.used + session.idle {
            self.0.remove(id);
            return None;
        }
        session.used = site.now;
        Some(session.token.clone())
    }

    /// Ends a session.
    pub fn end(&mut self, id: &str) {
        self.0.remove(id);
    }
}
