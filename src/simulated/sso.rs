//! Logins: the single sign-on service, and who may use the API.

use std::collections::BTreeMap;
use std::time::Duration;

use super::query::Query;
use super::site::Site;

/// Tokens that were given out, and who may get one.
pub struct Gate {
    username: String,
    password: String,
    tokens: BTreeMap<String, Duration>,
    /// How long a token lives without being used.
    pub idle: Duration,
}

/// A login that was refused, or a token.
pub type Login = Result<String, Refusal>;

/// Why there is no token.
pub struct Refusal {
    code: &'static str,
    text: String,
    api_scope: bool,
}

impl Gate {
    /// A gate for one administrator.
    pub fn new(username: String, password: String) -> Self {
        Self { username, password, tokens: BTreeMap::new(), idle: Duration::from_secs(30 * 60) }
    }

    /// Gives out a token for a form with name and password.
    pub fn login(&mut self, site: &mut Site, form: &Query, accept: Option<&str>) -> Login {
        let scope = form.get("scope").unwrap_or_default();
        let api_scope = scope.contains("ovirt-app-api")
            && !scope.contains("ovirt-app-admin")
            && !scope.contains("ovirt-app-portal");
        let refuse = |code, text: String| Err(Refusal { code, text, api_scope });
        match form.get("grant_type") {
            Some("password") => {}
            Some(other) => {
                return refuse(
                    "unsupported_grant_type",
                    format!("Unsupported grant type: {other}"),
                );
            }
            None => return refuse("invalid_request", "Missing parameter: 'grant_type'".into()),
        }
        let Some(username) = form.get("username") else {
            return refuse("invalid_request", "Missing parameter: 'username'".into());
        };
        let Some(password) = form.get("password") else {
            return refuse("invalid_request", "Missing parameter: 'password'".into());
        };
        if let Some(reason) = self.refuses(username, password) {
            return refuse(
                "access_denied",
                format!("Cannot authenticate user '{username}': {reason}."),
            );
        }
        if !scope.split(' ').any(|it| it == "ovirt-app-api") {
            return refuse("invalid_scope", "The requested scope is not granted.".into());
        }
        // The engine checks this after the login itself.
        if accept != Some("application/json") {
            return refuse("invalid_request", "Missing parameter: 'Accept Header'".into());
        }
        let mut bytes = [0; 64];
        site.fill(&mut bytes);
        let token = url_safe(&bytes);
        self.tokens.insert(token.clone(), site.now);
        Ok(token)
    }

    fn refuses(&self, username: &str, password: &str) -> Option<&'static str> {
        let Some((_, profile)) = username.rsplit_once('@') else {
            return Some("No profile was provided in the credentials");
        };
        if Some(profile) != self.username.rsplit_once('@').map(|(_, it)| it) {
            return Some("No valid profile found in credentials");
        }
        (username != self.username || password != self.password)
            .then_some("The username or password is incorrect")
    }

    /// Takes a token back.
    pub fn logout(&mut self, token: &str) {
        self.tokens.remove(token);
    }

    /// Takes all tokens back.
    pub fn expire_all(&mut self) {
        self.tokens.clear();
    }

    /// Lets a request pass, or says why not.
    pub fn pass(&mut self, now: Duration, authorization: Option<&str>) -> Result<(), String> {
        let (scheme, credentials) =
            authorization.and_then(|it| it.split_once(' ')).ok_or("Unauthorized")?;
        match scheme.to_lowercase().as_str() {
            "bearer" => self.pass_token(now, credentials.trim()),
            "basic" => self.pass_basic(credentials.trim()),
            _ => Err("Unauthorized".to_owned()),
        }
    }

    fn pass_token(&mut self, now: Duration, token: &str) -> Result<(), String> {
        const EXPIRED: &str =
            "invalid_grant: The provided authorization grant for the auth code has expired.";
        let used = self.tokens.get_mut(token).ok_or(EXPIRED)?;
        if now.saturating_sub(*used) > self.idle {
            self.tokens.remove(token);
            return Err(EXPIRED.to_owned());
        }
        *used = now;
        Ok(())
    }

    fn pass_basic(&self, credentials: &str) -> Result<(), String> {
        let plain = plain(credentials).ok_or("Unauthorized")?;
        let (username, password) = plain.split_once(':').ok_or("Unauthorized")?;
        match self.refuses(username, password) {
            Some(reason) => {
                Err(format!("access_denied: Cannot authenticate user '{username}': {reason}."))
            }
            None => Ok(()),
        }
    }
}

/// The answer to a login: status and JSON.
pub fn answer(login: Login) -> (u16, String) {
    let refusal = match login {
        Ok(token) => {
            let json = serde_json::json!({
                "access_token": token,
                "scope": "ovirt-app-api ovirt-ext=token:password-access",
                "exp": "9223372036854775807",
                "token_type": "bearer",
            });
            return (200, json.to_string());
        }
        Err(refusal) => refusal,
    };
    let json = if refusal.api_scope {
        serde_json::json!({ "error_code": refusal.code, "error": refusal.text })
    } else {
        serde_json::json!({ "error": refusal.code, "error_description": refusal.text })
    };
    (400, json.to_string())
}

const LETTERS: &[u8; 64] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789-_";

fn url_safe(bytes: &[u8]) -> String {
    let mut text = String::new();
    for chunk in bytes.chunks(3) {
        let word = chunk.iter().fold(0_u32, |word, byte| word << 8 | u32::from(*byte));
        let word = word << (8 * (3 - chunk.len()));
        for at in 0..=chunk.len() {
            text.push(char::from(LETTERS[(word >> (18 - 6 * at)) as usize & 63]));
        }
    }
    text
}

/// Reads Base64 in either alphabet.
fn plain(text: &str) -> Option<String> {
    let mut bytes = Vec::new();
    let (mut word, mut bits) = (0_u32, 0);
    for letter in text.bytes().filter(|it| *it != b'=') {
        let letter = match letter {
            b'+' => b'-',
            b'/' => b'_',
            other => other,
        };
        let value = LETTERS.iter().position(|it| *it == letter)?;
        word = word << 6 | u32::try_from(value).ok()?;
        bits += 6;
        if bits >= 8 {
            bits -= 8;
            bytes.push((word >> bits & 0xff) as u8);
        }
    }
    String::from_utf8(bytes).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn base64_goes_both_ways() {
        assert_eq!(plain("YWRtaW5AaW50ZXJuYWw6c2VjcmV0").as_deref(), Some("admin@internal:secret"));
        assert_eq!(plain(&url_safe(b"a:b")).as_deref(), Some("a:b"));
        assert_eq!(plain(&url_safe(b"a:bc?")).as_deref(), Some("a:bc?"));
        assert_eq!(plain("*"), None);
    }
}
