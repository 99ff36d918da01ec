//! How the simulated engine greets, reads and turns away, in the words of a real one.

use std::time::Duration;

use crate::asking::{Asking, ZERO, refused};
use virtuform::simulated::{Effect, Options, Simulated, Trouble};

#[test]
fn documents_that_cannot_be_read() {
    let mut it = Asking::lab();
    let usage =
        "For correct usage, see: https://localhost/ovirt-engine/apidoc#services/vms/methods/add";
    for document in [
        "",
        "<vm>",
        "<strange/>",
        "<vm>text</vm>",
        "<vm><nmae>x</nmae></vm>",
        "<vm><memory>much</memory></vm>",
        "<vm><custom_properties>text</custom_properties></vm>",
        "<vm><name><first>x</first></name></vm>",
    ] {
        refused(&mut it, "POST", "/vms", document, 400, usage);
    }
    refused(
        &mut it,
        "POST",
        "/vms",
        "<vm><type>x</type></vm>",
        400,
        "The string 'x' isn't a valid value for the 'VmType' enumerated type. Valid values are: 'desktop', ",
    );
    refused(
        &mut it,
        "POST",
        "/vms",
        "<vm><stateless>perhaps</stateless></vm>",
        400,
        "Value \"perhaps\" isn't a valid boolean, ",
    );
    refused(
        &mut it,
        "POST",
        "/vms",
        "<vm><memory>99999999999999999999</memory></vm>",
        400,
        "Value 99999999999999999999 is greater than maximum ",
    );
    refused(&mut it, "POST", "/vms", "<disk/>", 500, "");
    let twice = it.post("/tags", "<tag><name>first</name><name>last</name></tag>");
    assert_eq!(twice.text_at("name"), Some("last"));
    let mut lenient = Asking::of(Simulated::new(Options { strict: false, ..Options::default() }));
    let red = "<tag><name>t</name><colour>red</colour></tag>";
    for _ in 0..10 {
        assert_eq!(lenient.ask("POST", "/tags", red).0, 400, "a real engine soon gives up");
    }
    lenient.add("/tags", red);
}

#[test]
fn what_is_unknown() {
    let mut it = Asking::lab();
    refused(
        &mut it,
        "POST",
        "/vms",
        "<vm><name>x</name><cluster><name>foo</name></cluster></vm>",
        404,
        "Entity not found: Cluster: name=foo",
    );
    refused(
        &mut it,
        "POST",
        "/vms",
        &format!("<vm><name>x</name><cluster id=\"{ZERO}\"/><template id=\"{ZERO}\"/></vm>"),
        404,
        "Entity not found: GetClusterById",
    );
    assert_eq!(it.ask("GET", "/vms/not-an-id", ""), (404, None));
    assert_eq!(it.ask("GET", "/no/such/path", ""), (404, None));
    assert_eq!(it.ask("DELETE", "/vms", "").0, 405);
    assert_eq!(it.ask("POST", "/operatingsystems", "<operating_system/>").0, 405);
}

#[test]
fn logins_that_fail() {
    let mut it = Asking::fresh();
    let mut login = |form: &str, accept: &str| {
        let request = http::Request::post("/ovirt-engine/sso/oauth/token")
            .header("Accept", accept)
            .body(bytes::Bytes::from(form.to_owned()))
            .unwrap();
        let reply = it.send(request);
        let json: serde_json::Value = serde_json::from_slice(reply.body()).unwrap();
        (reply.status().as_u16(), json)
    };
    let good = "grant_type=password&username=admin@internal&password=secret&scope=ovirt-app-api";
    let (status, json) = login(&good.replace("secret", "guess"), "application/json");
    assert_eq!((status, json["error_code"].as_str()), (400, Some("access_denied")));
    assert!(
        json["error"].as_str().unwrap().starts_with("Cannot authenticate user 'admin@internal': ")
    );
    let (status, json) = login(
        &good.replace("api", "api ovirt-app-admin").replace("secret", "x"),
        "application/json",
    );
    assert_eq!((status, json["error"].as_str()), (400, Some("access_denied")));
    assert!(json["error_description"].is_string());
    let (_, json) = login(good, "*/*");
    assert_eq!(json["error"], "Missing parameter: 'Accept Header'");
    let (_, json) = login(&good.replace("=password&u", "=other&u"), "application/json");
    assert_eq!(json["error_code"], "unsupported_grant_type");
}

#[test]
fn tokens_end() {
    let mut it = Asking::lab();
    it.login();
    assert_eq!(it.over_http("GET", "/vms", "").0, 200);
    it.pass(29 * 60);
    assert_eq!(it.over_http("GET", "/vms", "").0, 200);
    it.pass(31 * 60);
    let request = it.request("GET", "/vms", "");
    let reply = it.send(request);
    assert_eq!(reply.status(), 401);
    assert!(String::from_utf8_lossy(reply.body()).contains(
        "invalid_grant: The provided authorization grant for the auth code has expired."
    ));
    it.login();
    assert_eq!(it.over_http("GET", "/vms", "").0, 200);
    it.engine.token_idle(Duration::from_secs(1));
    it.pass(2);
    assert_eq!(it.over_http("GET", "/vms", "").0, 401);
}

#[test]
fn headers_that_do_not_fit() {
    let mut it = Asking::lab();
    it.login();
    let mut with = |method: &str, header: &'static str, value: &'static str| {
        let mut request = it.request(method, "/tags", "<tag/>");
        request.headers_mut().insert(header, http::HeaderValue::from_static(value));
        it.send(request).status().as_u16()
    };
    assert_eq!(with("POST", "Content-Type", "text/plain"), 415);
    assert_eq!(with("GET", "Accept", "text/html"), 406);
    assert_eq!(with("GET", "Version", "5"), 400);
    assert_eq!(with("GET", "Version", "3"), 405);
    assert_eq!(with("GET", "Authorization", "Basic YWRtaW5AaW50ZXJuYWw6c2VjcmV0"), 200);
    assert_eq!(with("GET", "Authorization", "Basic YWRtaW46YQ=="), 401);
}

#[test]
fn trouble_on_demand() {
    let mut it = Asking::lab();
    it.login();
    it.engine.forget_requests();
    it.engine.trouble(Trouble::on("POST", "/tags", Effect::Locked));
    it.engine.trouble(Trouble::on("GET", "/tags", Effect::Status(503)).nth(2));
    it.engine.trouble(Trouble::on("GET", "/hosts/*", Effect::ExpireTokens));
    let tag = "<tag><name>t</name></tag>";
    let (status, fault) = it.over_http("POST", "/tags", tag);
    assert_eq!(status, 409);
    assert!(
        fault
            .unwrap()
            .text_at("detail")
            .unwrap()
            .contains("Related operation is currently in progress.")
    );
    assert_eq!(it.over_http("POST", "/tags", tag).0, 201);
    assert_eq!(it.over_http("GET", "/tags", "").0, 200);
    assert_eq!(it.over_http("GET", "/tags", "").0, 503);
    assert_eq!(it.over_http("GET", "/hosts/x", "").0, 401);
    assert_eq!(it.engine.writes(), 2);
    let statuses: Vec<u16> = it.engine.requests().iter().map(|it| it.status).collect();
    assert_eq!(statuses, [409, 201, 200, 503, 401]);
    assert_eq!(it.engine.requests()[0].correlation_id.as_deref(), Some("test-1"));
}
