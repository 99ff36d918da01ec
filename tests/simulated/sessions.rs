//! How the API lets requests in: tokens, names and passwords, sessions, and when they end.

use http::{HeaderMap, HeaderValue, Response};
use virtuform::simulated::{Account, Options, Simulated};

use crate::asking::Asking;

const BASIC: (&str, &str) = ("Authorization", "Basic YWRtaW5AaW50ZXJuYWw6c2VjcmV0");
const PERSISTENT: (&str, &str) = ("Prefer", "persistent-auth");

fn ask(it: &mut Asking, path: &str, headers: &[(&'static str, &str)]) -> Response<bytes::Bytes> {
    let mut request = http::Request::get(format!("/ovirt-engine/api{path}"));
    for (name, value) in headers {
        request = request.header(*name, *value);
    }
    it.send(request.body(bytes::Bytes::new()).unwrap())
}

fn cookie(headers: &HeaderMap) -> Option<String> {
    let value = headers.get("Set-Cookie").map(HeaderValue::to_str)?.unwrap();
    assert!(value.ends_with("; path=/ovirt-engine/api; secure; HttpOnly"), "{value}");
    Some(value.split(';').next().unwrap().to_owned())
}

#[track_caller]
fn unauthorized(reply: &Response<bytes::Bytes>, text: &str) {
    let body = String::from_utf8_lossy(reply.body());
    assert_eq!(reply.status(), 401, "{body}");
    assert_eq!(reply.headers()["WWW-Authenticate"], "Basic realm=\"RESTAPI\"");
    assert!(reply.headers()["Content-Type"].to_str().unwrap().starts_with("text/html"));
    assert!(!reply.headers().contains_key("Correlation-Id"));
    assert!(body.contains(text), "{body}");
}

#[test]
fn bad_credentials_win_over_all_else() {
    let mut it = Asking::lab();
    for (path, headers, text) in [
        ("/no/such/path", vec![("Version", "9"), ("Accept", "text/plain")], "Unauthorized"),
        ("/vms", vec![("Authorization", "Digest x")], "Unauthorized"),
        ("/vms", vec![("Authorization", "Basic %%%")], "Unauthorized"),
        (
            "/vms",
            vec![("Authorization", "Bearer x")],
            "invalid_grant: The provided authorization grant for the auth code has expired.",
        ),
        (
            "/vms",
            vec![("Authorization", "Basic YWRtaW5AaW50ZXJuYWw6eA==")],
            "access_denied: Cannot authenticate user 'admin@internal': ",
        ),
    ] {
        unauthorized(&ask(&mut it, path, &headers), text);
    }
    let reply = ask(&mut it, "/no/such/path", &[BASIC]);
    assert_eq!(reply.status(), 404);
    assert!(reply.body().is_empty() && reply.headers().contains_key("Correlation-Id"));
    assert_eq!(ask(&mut it, "/no/such/path", &[BASIC, ("Version", "9")]).status(), 400);
}

#[test]
fn a_token_for_something_else_is_not_one_for_the_api() {
    let mut it = Asking::lab();
    let form = "grant_type=password&username=admin@internal&password=secret&scope=ovirt-app-admin";
    let (status, json) = it.sso("oauth/token", form);
    assert_eq!(status, 200);
    let bearer = format!("Bearer {}", json["access_token"].as_str().unwrap());
    let reply = ask(&mut it, "/vms", &[("Authorization", &bearer)]);
    unauthorized(&reply, "The required scope ovirt-app-api is not granted.");
}

#[test]
fn sessions_end_when_they_are_not_used() {
    let mut it = Asking::lab();
    it.login();
    it.pass(99 * 60 * 60);
    assert_eq!(it.over_http("GET", "/vms", "").0, 200, "no session was begun yet");
    for _ in 0..3 {
        it.pass(29 * 60);
        assert_eq!(it.over_http("GET", "/vms", "").0, 200, "each use refreshes it");
    }
    it.pass(31 * 60);
    assert_eq!(it.over_http("GET", "/vms", "").0, 401);
    let form = format!("token={}&scope=ovirt-ext%3Dtoken-info%3Avalidate", it.token());
    assert_eq!(it.sso("oauth/token-info", &form).0, 400, "the token went with its session");
    it.login();
    it.pass(360_000);
    assert_eq!(it.over_http("GET", "/vms", "").0, 401, "an unused token lives long, not for ever");
}

#[test]
fn ends_come_with_the_next_sweep() {
    let mut it = Asking::lab();
    it.pass(30);
    it.login();
    assert_eq!(it.over_http("GET", "/vms", "").0, 200);
    it.pass(30 * 60 + 10);
    assert_eq!(it.over_http("GET", "/vms", "").0, 200, "its time is over, but nobody looked");
    it.pass(31 * 60);
    assert_eq!(it.over_http("GET", "/vms", "").0, 401);
}

#[test]
fn name_and_password_leave_no_session_unless_that_is_wished() {
    let mut it = Asking::lab();
    let reply = ask(&mut it, "/vms", &[BASIC]);
    assert_eq!((reply.status().as_u16(), cookie(reply.headers())), (200, None));
    let reply = ask(&mut it, "/vms", &[BASIC, PERSISTENT]);
    let session = cookie(reply.headers()).unwrap();
    assert!(session.starts_with("JSESSIONID="));
    let reply = ask(&mut it, "/vms", &[PERSISTENT, ("Cookie", &session)]);
    assert_eq!((reply.status().as_u16(), cookie(reply.headers())), (200, None));
    it.pass(31 * 60);
    unauthorized(&ask(&mut it, "/vms", &[PERSISTENT, ("Cookie", &session)]), "Unauthorized");
}

#[test]
fn a_session_ends_with_a_request_that_does_not_want_it() {
    for last in [vec![BASIC], vec![BASIC, ("Prefer", "persistent-auth, new-auth")]] {
        let mut it = Asking::lab();
        let reply = ask(&mut it, "/vms", &[BASIC, PERSISTENT]);
        let session = cookie(reply.headers()).unwrap();
        let with_cookie: Vec<_> =
            last.iter().copied().chain([("Cookie", session.as_str())]).collect();
        assert_eq!(ask(&mut it, "/vms", &with_cookie).status(), 200);
        let reply = ask(&mut it, "/vms", &[PERSISTENT, ("Cookie", &session)]);
        unauthorized(&reply, "Unauthorized");
    }
}

#[test]
fn a_session_lives_as_long_as_was_asked_for() {
    let mut it = Asking::lab();
    let reply = ask(&mut it, "/vms", &[BASIC, PERSISTENT, ("Session-TTL", "5")]);
    let session = cookie(reply.headers()).unwrap();
    it.pass(4 * 60);
    assert_eq!(ask(&mut it, "/vms", &[PERSISTENT, ("Cookie", &session)]).status(), 200);
    it.pass(5 * 60);
    unauthorized(&ask(&mut it, "/vms", &[PERSISTENT, ("Cookie", &session)]), "Unauthorized");
}

#[test]
fn the_root_says_who_asks() {
    let users = vec![Account::new("jane@internal", "x")];
    let mut it = Asking::of(Simulated::new(Options { users, ..Options::default() }));
    let jane = it.add("/users", "<user><user_name>jane@internal-authz</user_name><domain><name>internal-authz</name></domain></user>");
    it.login_as("jane@internal", "x");
    let path = "/tags";
    assert_eq!(it.over_http("GET", path, "").0, 401, "who may not log in has no session");
    it.post(
        "/permissions",
        &format!(
            "<permission><role><name>UserRole</name></role><user id=\"{jane}\"/></permission>"
        ),
    );
    let (status, root) = it.over_http("GET", "", "");
    let root = root.unwrap();
    assert_eq!(status, 200);
    for name in ["authenticated_user", "effective_user"] {
        assert_eq!(root.child(name).unwrap().id(), Some(jane.as_str()));
    }
    assert!(root.child("summary").is_none(), "that is for administrators");
    it.login();
    let (_, root) = it.over_http("GET", "", "");
    assert!(root.unwrap().child("summary").is_some());
}

#[test]
fn whose_commands_still_run_keeps_the_session() {
    let mut it = Asking::lab();
    it.login();
    assert_eq!(it.over_http("GET", "/vms", "").0, 200);
    it.engine.token_idle(std::time::Duration::from_secs(1));
    let (status, _) = it.over_http("POST", "/disks", &crate::asking::disk("d", 1));
    assert!(matches!(status, 201 | 202), "{status}");
    it.pass(2);
    assert_eq!(it.over_http("GET", "/vms", "").0, 200, "the disk is still being made");
    it.pass(10);
    assert_eq!(it.over_http("GET", "/vms", "").0, 401);
}
