//! The servlets of the single sign-on service.

use bytes::Bytes;
use http::Request;
use serde_json::{Value, json};

use super::{API, EXPIRED, Gate, account, basic};
use crate::simulated::kinds::people;
use crate::simulated::query::Query;
use crate::simulated::reply::Reply;
use crate::simulated::site::Site;

const HTTP_GRANT: &str = "urn:ovirt:params:oauth:grant-type:http";
const VALIDATE: &str = "ovirt-ext=token-info:validate";

/// Why something was refused: a code and a text.
struct Refusal(&'static str, String);

type Outcome = Result<Value, Refusal>;

/// What is asked of a servlet.
struct Asked<'a> {
    form: Query,
    accept: Option<&'a str>,
    authorization: Option<&'a str>,
}

impl Asked<'_> {
    fn need(&self, name: &str) -> Result<&str, Refusal> {
        self.form.get(name).filter(|it| !it.is_empty()).ok_or_else(|| missing(name))
    }

    fn scope(&self) -> &str {
        self.form.get("scope").unwrap_or_default()
    }

    fn has_scope(&self, scope: &str) -> bool {
        self.scope().split(' ').any(|it| it == scope)
    }

    /// Name and password of `Authorization: Basic`.
    fn basic(&self) -> Option<(String, String)> {
        let (scheme, credentials) = self.authorization?.split_once(' ')?;
        scheme.eq_ignore_ascii_case("basic").then(|| basic(credentials.trim())).flatten()
    }
}

fn missing(name: &str) -> Refusal {
    Refusal("invalid_request", format!("Missing parameter: '{name}'"))
}

/// Answers what is asked at a path of the service; `None` if the path is not its own.
pub fn answer(gate: &mut Gate, site: &mut Site, request: &Request<Bytes>) -> Option<Reply> {
    let header = |name| request.headers().get(name).and_then(|it| it.to_str().ok());
    let asked = Asked {
        form: form(request),
        accept: header("Accept"),
        authorization: header("Authorization"),
    };
    let outcome = match request.uri().path() {
        "/ovirt-engine/sso/oauth/token" => token(gate, site, &asked),
        "/ovirt-engine/sso/oauth/token-http-auth" => match http_token(gate, site, &asked) {
            Some(outcome) => outcome,
            None => return Some(negotiate()),
        },
        "/ovirt-engine/sso/oauth/token-info" => token_info(gate, site, &asked),
        "/ovirt-engine/sso/oauth/revoke" => revoke(gate, &asked),
        "/ovirt-engine/services/sso-logout" => {
            let outcome = asked.need("token").map(|token| {
                gate.tokens.revoke(token);
                json!({})
            });
            return Some(written(200, outcome, &asked));
        }
        _ => return None,
    };
    let status = if outcome.is_ok() { 200 } else { 400 };
    Some(written(status, outcome, &asked))
}

/// A form in the query or in the body: the engine's servlets read both.
fn form(request: &Request<Bytes>) -> Query {
    let body = String::from_utf8_lossy(request.body());
    let query = request.uri().query().unwrap_or_default();
    Query::parse(&format!("{query}&{body}"))
}

fn written(status: u16, outcome: Outcome, asked: &Asked<'_>) -> Reply {
    let json = match outcome {
        Ok(json) => json,
        Err(Refusal(code, text)) => {
            // Clients of the API get other names than those of the portals.
            let of_api = asked.has_scope(API)
                && !asked.has_scope("ovirt-app-admin")
                && !asked.has_scope("ovirt-app-portal");
            if of_api {
                json!({ "error_code": code, "error": text })
            } else {
                json!({ "error": code, "error_description": text })
            }
        }
    };
    Reply::text(status, "application/json", json.to_string())
}

/// What a browser without a ticket gets.
fn negotiate() -> Reply {
    Reply::page(401, "Unauthorized")
        .with("WWW-Authenticate", "Negotiate")
        .with("WWW-Authenticate", "Basic realm=\"\"")
}

fn token(gate: &mut Gate, site: &mut Site, asked: &Asked<'_>) -> Outcome {
    match asked.form.get("grant_type").unwrap_or_default() {
        "password" => {
            let (username, password) = (asked.need("username")?, asked.need("password")?);
            issue(gate, site, asked, username, password)
        }
        "authorization_code" => {
            known_client(gate, asked)?;
            asked.need("code")?;
            Err(Refusal("invalid_grant", EXPIRED.to_owned()))
        }
        other => Err(Refusal("unsupported_grant_type", format!("Unsupported Grant Type: {other}"))),
    }
}

/// A token for who authenticates in the manner of HTTP; `None` if nobody does.
fn http_token(gate: &mut Gate, site: &mut Site, asked: &Asked<'_>) -> Option<Outcome> {
    let grant = asked.form.get("grant_type").unwrap_or_default();
    if grant != HTTP_GRANT {
        return Some(Err(Refusal(
            "unsupported_grant_type",
            format!("Unsupported Grant Type: {grant}"),
        )));
    }
    let (username, password) = asked.basic()?;
    Some(issue(gate, site, asked, &username, &password))
}

fn issue(
    gate: &mut Gate,
    site: &mut Site,
    asked: &Asked<'_>,
    username: &str,
    password: &str,
) -> Outcome {
    let account = account::authenticate(&gate.accounts, username, password)
        .map_err(|text| Refusal("access_denied", text))?;
    let scopes: Vec<&str> = asked.scope().split(' ').filter(|it| !it.is_empty()).collect();
    if !scopes.iter().all(|it| it.starts_with("ovirt-app-") || it.starts_with("ovirt-ext=")) {
        return Err(Refusal("invalid_scope", "The requested scope is not granted.".to_owned()));
    }
    // The engine checks this after the login itself.
    if asked.accept != Some("application/json") {
        return Err(missing("Accept Header"));
    }
    let scope = scopes.join(" ");
    let token = gate.tokens.issue(site, &account.username, &scope);
    Ok(json!({
        "access_token": token,
        "scope": scope,
        // A string of milliseconds; profiles that set no end give the largest number.
        "exp": i64::MAX.to_string(),
        "token_type": "bearer",
    }))
}

fn known_client(gate: &Gate, asked: &Asked<'_>) -> Result<(), Refusal> {
    let client = match asked.basic() {
        Some(client) => client,
        None => (asked.need("client_id")?.to_owned(), asked.need("client_secret")?.to_owned()),
    };
    if client == gate.client {
        return Ok(());
    }
    Err(Refusal("unauthorized_client", "The client is not authorized.".to_owned()))
}

fn token_info(gate: &mut Gate, site: &mut Site, asked: &Asked<'_>) -> Outcome {
    let validates = asked.has_scope(VALIDATE);
    if !validates {
        known_client(gate, asked)?;
    }
    let expired = || Refusal("invalid_grant", EXPIRED.to_owned());
    let token = gate.tokens.get(site, asked.need("token")?).ok_or_else(expired)?;
    if validates {
        return Ok(json!({}));
    }
    let (username, scope) = (token.username.clone(), token.scope.clone());
    let account = gate.accounts.iter().find(|it| it.username == username).ok_or_else(expired)?;
    let entry = people::entry(site, account);
    let said = |path| entry.map(|it| site.text(it, path)).unwrap_or_default();
    Ok(json!({
        "active": true,
        "token_type": "bearer",
        "client_id": gate.client.0,
        "user_id": account.principal(),
        "user_authz": account.domain(),
        "scope": scope,
        "exp": i64::MAX.to_string(),
        "ovirt": {
            "version": "0",
            "principal_id": entry.map(|it| site.id(it)).unwrap_or_default(),
            "email": said("email"),
            "namespace": "*",
            "first_name": said("name"),
            "last_name": said("last_name"),
            "group_ids": account.groups,
            "capability_credentials_change": true,
        },
    }))
}

fn revoke(gate: &mut Gate, asked: &Asked<'_>) -> Outcome {
    known_client(gate, asked)?;
    gate.tokens.revoke(asked.need("token")?);
    Ok(json!({}))
}
