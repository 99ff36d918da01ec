//! The single sign-on service: who gets a token, and what it says to the others.

use virtuform::simulated::{Account, Options, Simulated, Standing};

use crate::asking::Asking;

fn engine() -> Asking {
    let users = vec![
        Account::new("jane@internal", "pa ss+&"),
        Account::new("jane@example.com", "other"),
        Account::new("off@internal", "x").standing(Standing::Disabled),
        Account::new("locked@internal", "x").standing(Standing::Locked),
        Account::new("old@internal", "x").standing(Standing::Expired),
        Account::new("stale@internal", "x").standing(Standing::PasswordExpired),
        Account::new("far@example.com", "x").standing(Standing::Unreachable),
    ];
    Asking::of(Simulated::new(Options { users, ..Options::default() }))
}

const GOOD: &str =
    "grant_type=password&username=admin@internal&password=secret&scope=ovirt-app-api";

#[test]
fn a_token_says_what_it_is_good_for() {
    let mut it = engine();
    let (status, json) = it.sso("oauth/token", GOOD);
    assert_eq!(status, 200);
    assert_eq!(json["scope"], "ovirt-app-api");
    assert_eq!(json["token_type"], "bearer");
    assert_eq!(json["exp"], "9223372036854775807");
    let token = json["access_token"].as_str().unwrap();
    assert_eq!(token.len(), 86, "64 bytes without padding");
    assert!(token.bytes().all(|it| it.is_ascii_alphanumeric() || matches!(it, b'-' | b'_')));
    let spaced = "grant_type=password&username=jane%40internal&password=pa+ss%2B%26&scope=ovirt-app-api+ovirt-ext%3Dtoken%3Apassword-access";
    let (status, json) = it.sso("oauth/token", spaced);
    assert_eq!(
        (status, json["scope"].as_str()),
        (200, Some("ovirt-app-api ovirt-ext=token:password-access"))
    );
    let (status, _) = it.sso(
        "oauth/token",
        &GOOD.replace("admin@internal&password=secret", "jane@example.com&password=other"),
    );
    assert_eq!(status, 200, "another profile, another jane");
}

#[test]
fn logins_are_refused_with_code_and_reason() {
    let mut it = engine();
    let wrong =
        "Unable to log in. Verify your login information or contact the system administrator.";
    let disabled = "Unable to log in because the user account is disabled or locked. Contact the system administrator.";
    for (username, password, whom, reason) in [
        ("admin@internal", "guess", "admin@internal", wrong),
        ("nobody@internal", "x", "nobody@internal", wrong),
        ("jane@example.com", "pa ss", "jane@example.com", wrong),
        ("admin", "secret", "admin@N/A", "No profile found in credentials."),
        ("admin@nowhere", "secret", "admin@N/A", "No valid profile found in credentials."),
        ("off@internal", "x", "off@internal", disabled),
        ("locked@internal", "x", "locked@internal", disabled),
        (
            "old@internal",
            "x",
            "old@internal",
            "Unable to log in because the user account has expired. Contact the system administrator.",
        ),
        (
            "stale@internal",
            "x",
            "stale@internal",
            "Unable to log in because the password has expired.",
        ),
        (
            "far@example.com",
            "x",
            "far@example.com",
            "Unable to log in because servers cannot be reached. Try again later.",
        ),
    ] {
        let form = format!(
            "grant_type=password&username={username}&password={password}&scope=ovirt-app-api"
        );
        let (status, json) = it.sso("oauth/token", &form);
        assert_eq!(
            (status, json["error_code"].as_str()),
            (400, Some("access_denied")),
            "{username}"
        );
        assert_eq!(json["error"], format!("Cannot authenticate user '{whom}': {reason}."));
    }
}

#[test]
fn forms_that_are_incomplete_or_strange() {
    let mut it = engine();
    for (form, code, text) in [
        ("", "unsupported_grant_type", "Unsupported Grant Type: "),
        (
            "grant_type=refresh_token",
            "unsupported_grant_type",
            "Unsupported Grant Type: refresh_token",
        ),
        ("grant_type=password", "invalid_request", "Missing parameter: 'username'"),
        ("grant_type=password&username=a", "invalid_request", "Missing parameter: 'password'"),
        ("grant_type=authorization_code", "invalid_request", "Missing parameter: 'client_id'"),
        (
            "grant_type=authorization_code&client_id=ovirt-engine-core&client_secret=x",
            "unauthorized_client",
            "The client is not authorized.",
        ),
        (
            "grant_type=authorization_code&client_id=ovirt-engine-core&client_secret=secret&code=x",
            "invalid_grant",
            "The provided authorization grant for the auth code has expired.",
        ),
        (
            "grant_type=password&username=admin@internal&password=secret&scope=openid",
            "invalid_scope",
            "The requested scope is not granted.",
        ),
    ] {
        let (status, json) = it.sso("oauth/token", form);
        assert_eq!((status, json["error"].as_str()), (400, Some(code)), "{form}");
        assert_eq!(json["error_description"], text, "{form}");
    }
    // Who asks for the API and for nothing else gets other names.
    let (_, json) = it.sso("oauth/token", "scope=ovirt-app-api");
    assert_eq!(json["error_code"], "unsupported_grant_type");
    let (_, json) = it.sso("oauth/token", "scope=ovirt-app-api ovirt-app-portal");
    assert_eq!(json["error"], "unsupported_grant_type");
}

#[test]
fn any_verb_logs_in_and_the_accept_header_must_be_exact() {
    let mut it = engine();
    let mut ask = |method: &str, accept: &str| {
        let request = http::Request::builder()
            .method(method)
            .uri(format!("/ovirt-engine/sso/oauth/token?{GOOD}"))
            .header("Accept", accept)
            .body(bytes::Bytes::new())
            .unwrap();
        let reply = it.send(request);
        (reply.status().as_u16(), String::from_utf8_lossy(reply.body()).into_owned())
    };
    assert_eq!(ask("GET", "application/json").0, 200);
    assert_eq!(ask("PUT", "application/json").0, 200);
    for accept in ["*/*", "application/json; charset=UTF-8", "text/html"] {
        let (status, body) = ask("POST", accept);
        assert_eq!(status, 400);
        assert!(body.contains("Missing parameter: 'Accept Header'"), "{body}");
    }
}

#[test]
fn tokens_are_looked_into_and_taken_back() {
    let mut it = engine();
    it.login();
    let token = it.token().to_owned();
    let validate = format!("token={token}&scope=ovirt-ext%3Dtoken-info%3Avalidate");
    assert_eq!(it.sso("oauth/token-info", &validate), (200, serde_json::json!({})));
    let (status, json) = it.sso("oauth/token-info", &format!("token={token}"));
    assert_eq!((status, json["error"].as_str()), (400, Some("invalid_request")));
    let client = "client_id=ovirt-engine-core&client_secret=secret";
    let (status, json) = it.sso("oauth/token-info", &format!("token={token}&{client}"));
    assert_eq!((status, &json["active"]), (200, &true.into()));
    assert_eq!(json["user_id"], "admin");
    assert_eq!(json["user_authz"], "internal-authz");
    assert_eq!(json["ovirt"]["namespace"], "*");
    let (status, json) = it.sso("oauth/revoke", &format!("token={token}"));
    assert_eq!((status, json["error"].as_str()), (400, Some("invalid_request")));
    assert_eq!(it.over_http("GET", "/tags", "").0, 200, "it was not taken back");
    assert_eq!(it.sso("oauth/revoke", &format!("token={token}&{client}")).0, 200);
    assert_eq!(it.over_http("GET", "/tags", "").0, 401);
    let (status, json) = it.sso("oauth/token-info", &validate);
    assert_eq!((status, json["error"].as_str()), (400, Some("invalid_grant")));
}

#[test]
fn a_logout_is_always_welcome() {
    let mut it = engine();
    it.login();
    let form = format!("token={}&scope=ovirt-app-api", it.token());
    assert_eq!(it.sso("../services/sso-logout", &form).0, 404, "no way around the path");
    let mut logout = |form: &str| {
        let request = http::Request::post("/ovirt-engine/services/sso-logout")
            .header("Accept", "application/json")
            .body(bytes::Bytes::from(form.to_owned()))
            .unwrap();
        let reply = it.send(request);
        (reply.status().as_u16(), String::from_utf8_lossy(reply.body()).into_owned())
    };
    assert_eq!(logout(&form), (200, "{}".to_owned()));
    assert_eq!(logout(&form), (200, "{}".to_owned()), "twice does no harm");
    let (status, body) = logout("");
    assert!(status == 200 && body.contains("Missing parameter: 'token'"), "{body}");
    assert_eq!(it.over_http("GET", "/tags", "").0, 401);
}

#[test]
fn browsers_authenticate_in_their_own_way() {
    let mut it = engine();
    let mut ask = |authorization: Option<&str>| {
        let form = "grant_type=urn:ovirt:params:oauth:grant-type:http&scope=ovirt-app-api";
        let mut request = http::Request::post("/ovirt-engine/sso/oauth/token-http-auth")
            .header("Accept", "application/json");
        if let Some(authorization) = authorization {
            request = request.header("Authorization", authorization);
        }
        it.send(request.body(bytes::Bytes::from_static(form.as_bytes())).unwrap())
    };
    assert_eq!(ask(Some("Basic YWRtaW5AaW50ZXJuYWw6c2VjcmV0")).status(), 200);
    for authorization in [None, Some("Negotiate YII=")] {
        let reply = ask(authorization);
        assert_eq!(reply.status(), 401);
        assert_eq!(reply.headers()["WWW-Authenticate"], "Negotiate");
        assert!(reply.body().starts_with(b"<html>"));
    }
}
