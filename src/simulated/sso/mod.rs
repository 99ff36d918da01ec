//! Logins: the single sign-on service, and who may use the API.

mod account;
mod base64;
mod service;
mod sessions;
mod tokens;

use std::time::Duration;

use http::HeaderMap;

pub use account::{Account, Standing};
pub use service::answer;

use super::kinds::people;
use super::site::Site;
use super::store::Handle;
use sessions::{COOKIE, Preference, Sessions};
use tokens::Tokens;

/// What a token has to be good for.
const API: &str = "ovirt-app-api";
const UNAUTHORIZED: &str = "Unauthorized";
const EXPIRED: &str = "The provided authorization grant for the auth code has expired.";

/// Who may get a token, which were given out, and the sessions they opened.
pub struct Gate {
    accounts: Vec<Account>,
    /// Name and secret of the client that may look into tokens.
    client: (String, String),
    tokens: Tokens,
    sessions: Sessions,
}

/// Leave to use the API, for one request.
pub struct Pass {
    /// Who asks.
    pub user: Handle,
    /// The cookie of a new session.
    pub cookie: Option<String>,
    /// The token that ends with the request.
    once: Option<String>,
}

impl Gate {
    /// A gate for accounts.
    pub fn new(accounts: Vec<Account>, client: (String, String)) -> Self {
        Self { accounts, client, tokens: Tokens::new(), sessions: Sessions::default() }
    }

    /// The administrator's password.
    pub fn password(&self) -> &str {
        self.accounts.first().map_or("", |it| &it.password)
    }

    /// Lets more people in, unless they have an account.
    pub fn admit(&mut self, accounts: impl IntoIterator<Item = Account>) {
        for account in accounts {
            if self.accounts.iter().all(|it| it.username != account.username) {
                self.accounts.push(account);
            }
        }
    }

    /// Sets how long a session lives without being used.
    pub fn set_idle(&mut self, idle: Duration) {
        self.tokens.idle = idle;
    }

    /// Takes all tokens back.
    pub fn expire_all(&mut self) {
        self.tokens.revoke_all();
    }

    /// Lets a request pass, or says why not.
    pub fn pass(&mut self, site: &mut Site, headers: &HeaderMap) -> Result<Pass, String> {
        let wishes = Preference::of(headers);
        let kept = self.kept_session(site, &wishes);
        let is_new = kept.is_none();
        let (token, once) = match kept {
            Some(token) => (token, false),
            None => self.authenticate(site, headers)?,
        };
        let user = self.open(site, &token)?;
        if !wishes.persistent {
            return Ok(Pass { user, cookie: None, once: once.then_some(token) });
        }
        let idle = wishes.minutes.map_or(self.tokens.idle, |it| Duration::from_secs(it * 60));
        let cookie = is_new.then(|| {
            let id = self.sessions.keep(site, &token, idle);
            format!("{COOKIE}={id}; path=/ovirt-engine/api; secure; HttpOnly")
        });
        Ok(Pass { user, cookie, once: None })
    }

    /// Ends what was to last for one request.
    pub fn leave(&mut self, pass: &Pass) {
        if let Some(token) = &pass.once {
            self.tokens.revoke(token);
        }
    }

    /// The token of the session that a client wants to go on with; otherwise that session ends.
    fn kept_session(&mut self, site: &Site, wishes: &Preference) -> Option<String> {
        let id = wishes.session.as_ref()?;
        let token = self.sessions.resume(site, id);
        let token = token.filter(|_| wishes.persistent && !wishes.anew);
        let token = token.filter(|it| self.tokens.get(site, it).is_some());
        if token.is_none() {
            self.sessions.end(id);
        }
        token
    }

    /// The token that a request brings, or that its name and password get; the flag says that it
    /// got one.
    fn authenticate(
        &mut self,
        site: &mut Site,
        headers: &HeaderMap,
    ) -> Result<(String, bool), String> {
        let authorization = headers.get("Authorization").and_then(|it| it.to_str().ok());
        let (scheme, credentials) =
            authorization.and_then(|it| it.split_once(' ')).ok_or(UNAUTHORIZED)?;
        let credentials = credentials.trim();
        match scheme.to_lowercase().as_str() {
            "bearer" => Ok((credentials.to_owned(), false)),
            "basic" => {
                let (username, password) = basic(credentials).ok_or(UNAUTHORIZED)?;
                let account = account::authenticate(&self.accounts, &username, &password)
                    .map_err(|text| format!("access_denied: {text}"))?;
                Ok((self.tokens.issue(site, &account.username, API), true))
            }
            _ => Err(UNAUTHORIZED.to_owned()),
        }
    }

    /// Opens the engine's session of a token, or goes on with it.
    fn open(&mut self, site: &mut Site, text: &str) -> Result<Handle, String> {
        let token = self.tokens.get(site, text).ok_or(format!("invalid_grant: {EXPIRED}"))?;
        if !token.scope.split(' ').any(|it| it == API) {
            return Err(format!("The required scope {API} is not granted."));
        }
        let user = match token.user {
            Some(user) => user,
            None => {
                let account = self.accounts.iter().find(|it| it.username == token.username);
                let account = account.ok_or(UNAUTHORIZED)?;
                people::log_in(site, account)?
            }
        };
        self.tokens.open(site, text, user);
        Ok(user)
    }
}

fn basic(credentials: &str) -> Option<(String, String)> {
    let plain = base64::plain(credentials)?;
    let (username, password) = plain.split_once(':')?;
    Some((username.to_owned(), password.to_owned()))
}
