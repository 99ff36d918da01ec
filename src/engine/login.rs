//! The engine's single sign-on: a password for a token, and the token back at the end.

use bytes::Bytes;
use http::header::{ACCEPT, CONTENT_TYPE};
use http::{Method, Request, Response};
use secrecy::{ExposeSecret, SecretString};
use serde_json::Value;

use super::encode::pairs;
use super::wire::Wire;
use super::{Broken, Fault, How, Meaning, Said, Settings, printable, refusal};

/// The scope that lets a token use the API.
const SCOPE: &str = "ovirt-app-api";
const CALL: &str = "POST sso/oauth/token";

/// Gets a token by the user's password.
///
/// A login can be repeated without harm, so an answer that got lost is [`Fault::Unreachable`]
/// rather than [`Fault::Lost`].
pub(super) async fn log_in(wire: &Wire, settings: &Settings) -> Result<SecretString, Fault> {
    let form = pairs([
        ("grant_type", "password"),
        ("scope", SCOPE),
        ("username", settings.username.as_str()),
        ("password", settings.password.expose_secret()),
    ]);
    let known = wire.has_answered();
    let response = wire
        .exchange(post(wire.url.token(), form))
        .await
        .map_err(|cause| Fault::Unreachable { host: wire.url.host().to_owned(), cause })?;
    match answer(&response) {
        Answer::Token(token) => Ok(token),
        Answer::Error { code, text } => Err(Fault::LoginRefused {
            username: settings.username.clone(),
            code: printable(&code).into_owned(),
            reason: Said::from(text),
        }),
        Answer::Other => Err(not_sso(wire, &response, known)),
    }
}

/// Gives a token back. Nothing can be done if that fails: it then expires.
pub(super) async fn log_out(wire: &Wire, token: &SecretString) {
    let form = pairs([("scope", SCOPE), ("token", token.expose_secret())]);
    if let Err(broken) = wire.exchange(post(wire.url.logout(), form)).await {
        tracing::debug!(%broken, "could not log out");
    }
}

fn post(url: String, form: String) -> Request<Bytes> {
    Request::builder()
        .method(Method::POST)
        .uri(url)
        // The engine compares this header as a whole: no parameters, no alternatives.
        .header(ACCEPT, "application/json")
        .header(CONTENT_TYPE, "application/x-www-form-urlencoded")
        .body(Bytes::from(form))
        .expect("a parsed address makes a request")
}

enum Answer {
    Token(SecretString),
    Error { code: String, text: String },
    Other,
}

/// Reads an answer in any of its shapes: the error's two pairs of names depend on the scope, and
/// old engines wrap the object in an array.
fn answer(response: &Response<Bytes>) -> Answer {
    let Ok(mut value) = serde_json::from_slice::<Value>(response.body()) else {
        return Answer::Other;
    };
    if let Value::Array(items) = &mut value
        && items.len() == 1
    {
        value = items.remove(0);
    }
    let text = |name: &str| value.get(name).and_then(Value::as_str).map(str::to_owned);
    if let Some(token) = text("access_token").filter(|_| response.status().is_success()) {
        return Answer::Token(token.into());
    }
    match (text("error_code"), text("error"), text("error_description")) {
        (Some(code), Some(text), _) | (None, Some(code), Some(text)) => {
            Answer::Error { code, text }
        }
        (Some(code), None, _) | (None, Some(code), None) => {
            Answer::Error { code, text: String::new() }
        }
        (None, None, _) => Answer::Other,
    }
}

/// No sign-on answered. It may be starting: then the web server before it answers 5xx, and 404
/// until the application is there. An address that never answered otherwise is a wrong one.
fn not_sso(wire: &Wire, response: &Response<Bytes>, known: bool) -> Fault {
    let status = response.status();
    if status.is_server_error() || (known && status.as_u16() == 404) {
        return Fault::Refused {
            status: status.as_u16(),
            reason: refusal::words(status),
            detail: Said::default(),
            meaning: Meaning::Busy,
            call: CALL.to_owned(),
        };
    }
    if known && status.is_success() {
        let cause = Broken::new(How::Interrupted, "the login's answer is incomplete");
        return Fault::Unreachable { host: wire.url.host().to_owned(), cause };
    }
    let found = match response.headers().get(http::header::LOCATION).map(|to| to.to_str()) {
        Some(Ok(to)) => format!("the login is redirected to `{to}`"),
        _ => format!("the login is answered with {} {}", status.as_u16(), refusal::words(status)),
    };
    Fault::NotAnEngine { url: wire.url.api(), found: Said::from(found.trim_end()) }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn error(status: u16, body: &'static str) -> Option<(String, String)> {
        let response = Response::builder().status(status).body(Bytes::from(body)).unwrap();
        match answer(&response) {
            Answer::Error { code, text } => Some((code, text)),
            _ => None,
        }
    }

    #[test]
    fn errors_are_read_in_all_shapes() {
        let denied = Some(("access_denied".to_owned(), "no".to_owned()));
        assert_eq!(error(400, r#"{"error_code":"access_denied","error":"no"}"#), denied);
        assert_eq!(error(400, r#"{"error":"access_denied","error_description":"no"}"#), denied);
        assert_eq!(error(400, r#"[{"error_code":"access_denied","error":"no"}]"#), denied);
        assert_eq!(error(400, "<html/>"), None);
        assert_eq!(error(200, "{}"), None);
    }
}
