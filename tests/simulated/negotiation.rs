//! Methods, headers, versions and parameters of a request, before anything is done.

use http::HeaderValue;

use crate::asking::Asking;

struct Seen {
    status: u16,
    headers: http::HeaderMap,
    body: String,
}

fn send(it: &mut Asking, method: &str, path: &str, headers: &[(&'static str, &str)]) -> Seen {
    let mut request = it.request(method, path, "");
    for (name, value) in headers {
        request.headers_mut().insert(*name, HeaderValue::from_str(value).unwrap());
    }
    let response = it.send(request);
    let body = String::from_utf8(response.body().to_vec()).unwrap();
    Seen { status: response.status().as_u16(), headers: response.headers().clone(), body }
}

fn lab() -> Asking {
    let mut it = Asking::lab();
    it.login();
    it
}

#[test]
fn what_cannot_be_read_or_written_is_refused_without_a_word() {
    let mut it = lab();
    for (method, path, header, value, status) in [
        ("GET", "/vms", "Accept", "text/html", 406),
        ("GET", "/vms", "Accept", "application/xml;q=0", 406),
        ("GET", "/vms?accept=image/png", "Accept", "application/xml", 406),
        ("GET", "/vms", "Accept", "text/html, */*;q=0.1", 200),
        ("GET", "/vms", "Accept", "application/json;detail=statistics", 200),
        ("POST", "/tags", "Content-Type", "text/plain", 415),
        ("POST", "/tags", "Content-Type", "", 415),
        ("PUT", "/clusters/x", "Content-Type", "text/xml", 404),
        ("POST", "/tags", "Content-Type", "application/xml;charset=UTF-8", 400),
        ("POST", "/tags", "Content-Type", "Application/JSON", 400),
    ] {
        let seen = send(&mut it, method, path, &[(header, value)]);
        assert_eq!(seen.status, status, "{method} {path} {header}: {value}: {}", seen.body);
        assert!(!matches!(status, 406 | 415) || seen.body.is_empty());
    }
}

#[test]
fn objects_are_looked_for_after_methods() {
    let mut it = lab();
    let vm = "/vms/11111111-1111-1111-1111-111111111111";
    for (method, path, header, value, status) in [
        ("GET", vm.to_owned(), "Accept", "text/html", 406),
        ("GET", format!("{vm}/nics"), "Accept", "text/html", 406),
        ("PUT", vm.to_owned(), "Content-Type", "text/plain", 415),
        ("POST", format!("{vm}/start"), "Content-Type", "text/plain", 415),
        ("POST", vm.to_owned(), "Accept", "application/xml", 405),
        ("GET", vm.to_owned(), "Accept", "application/xml", 404),
        ("GET", "/vms/no-uuid".to_owned(), "Accept", "text/html", 404),
        ("GET", "/nothing".to_owned(), "Accept", "text/html", 404),
    ] {
        let seen = send(&mut it, method, &path, &[(header, value)]);
        assert_eq!((seen.status, seen.body.as_str()), (status, ""), "{method} {path} {value}");
    }
}

#[test]
fn lists_may_say_how_long_they_are() {
    let mut it = lab();
    for name in ["one", "two"] {
        it.vm(name, "");
    }
    let list = it.get("/vms?detail=size");
    assert_eq!((list.text_at("size"), list.all("vm").count()), (Some("2"), 2));
    let list = it.over_http("GET", "/vms;detail=-main+size", "").1.unwrap();
    assert_eq!((list.text_at("size"), list.all("vm").count()), (Some("2"), 0));
    assert_eq!(it.get("/vms?detail=size&max=1").text_at("size"), Some("1"), "of what is shown");
    assert_eq!(it.get("/vms?detail=-main").children().len(), 0);
    assert_eq!(it.get("/templates?detail=-main%2Bsize").text_at("size"), Some("3"));
    assert_eq!(it.get("/hosts?detail=size").text_at("size"), None, "only machines and templates");
    let json = send(&mut it, "GET", "/vms", &[("Accept", "application/json;detail=-main+size")]);
    let json: serde_json::Value = serde_json::from_str(&json.body).unwrap();
    assert_eq!(json, serde_json::json!({ "size": "2" }));
}

#[test]
fn consoles_that_are_open_now_come_with_their_machines() {
    let mut it = lab();
    it.vm("down", "");
    it.running_vm("up");
    let list = it.get("/vms?detail=current_graphics_consoles");
    let ports = |vm: &virtuform::xml::Element| {
        vm.all("graphics_consoles").flat_map(|it| it.all("graphics_console")).count()
    };
    assert_eq!(list.all("vm").map(ports).collect::<Vec<_>>(), [0, 1]);
}

#[test]
fn every_get_has_a_head_and_every_path_its_options() {
    let mut it = lab();
    for path in ["", "/vms", "/clusters", "/events"] {
        let seen = send(&mut it, "HEAD", path, &[]);
        assert_eq!((seen.status, seen.body.as_str()), (200, ""), "{path}");
        assert_eq!(seen.headers["Content-Type"], "application/xml;charset=UTF-8");
    }
    let seen = send(&mut it, "OPTIONS", "/vms", &[]);
    assert_eq!((seen.status, seen.body.as_str()), (200, "GET, HEAD, OPTIONS, POST"));
    assert!(seen.headers["Content-Type"].to_str().unwrap().starts_with("text/plain"));
    let seen = send(&mut it, "DELETE", "/vms", &[]);
    assert_eq!((seen.status, seen.body.as_str()), (405, ""));
    assert_eq!(seen.headers["Allow"], "GET, HEAD, OPTIONS, POST");
}

#[test]
fn a_version_in_the_address_comes_back_in_all_addresses() {
    let mut it = lab();
    let id = it.vm("web", "");
    let seen = send(&mut it, "GET", "/v4/vms", &[]);
    assert!(seen.body.contains(&format!("href=\"/ovirt-engine/api/v4/vms/{id}\"")));
    assert!(!seen.body.contains("\"/ovirt-engine/api/vms"));
    let json = send(&mut it, "GET", "/v4/clusters?accept=application/json", &[]);
    assert!(json.body.contains("\"/ovirt-engine/api/v4/clusters/"));
    let attachments = send(&mut it, "GET", &format!("/v4/vms/{id}/diskattachments"), &[]);
    assert!(
        attachments.body.contains(&format!(
            "<disk_attachment href=\"/ovirt-engine/api/vms/{id}/diskattachments/"
        ))
    );
    let followed = send(&mut it, "GET", "/v4/vms?follow=nics", &[]);
    assert_eq!(followed.status, 500);
    assert!(followed.body.starts_with("<html>"));
    for (path, header, status) in [
        ("/vms", "4", 200),
        ("/vms", "3", 405),
        ("/v3/vms", "4", 405),
        ("/vms", "5", 400),
        ("/v7/vms", "4", 400),
    ] {
        let seen = send(&mut it, "GET", path, &[("Version", header)]);
        assert_eq!(seen.status, status, "{path} {header}");
    }
}

#[test]
fn parameters_stand_in_the_query_or_behind_the_last_segment() {
    let mut it = lab();
    let mut count = |path: &str| send(&mut it, "GET", path, &[]).body.matches("<host ").count();
    assert_eq!(count("/hosts"), 2);
    assert_eq!(count("/hosts;max=1"), 1);
    assert_eq!(count("/hosts;max=1?max=2"), 2, "the query wins");
    assert_eq!(count("/hosts?max=few"), 2, "what is unclear is ignored");
    let mut extras = |value: &str| {
        let path = format!("/templates{value}");
        send(&mut it, "GET", &path, &[]).body.contains("<virtio_scsi>")
    };
    for yes in ["?all_content", "?all_content=TRUE", "?all_content=y", ";all_content=1"] {
        assert!(extras(yes), "{yes}");
    }
    for no in ["", "?all_content=no", "?all_content=0", "?all_content=perhaps", "?All_content"] {
        assert!(!extras(no), "{no}");
    }
}

#[test]
fn correlation_ids_are_cleaned_cut_and_echoed() {
    let mut it = lab();
    let mut echoed = |given: &str, path: &str| {
        let seen = send(&mut it, "GET", path, &[("Correlation-Id", given)]);
        seen.headers["Correlation-Id"].to_str().unwrap().to_owned()
    };
    assert_eq!(echoed("a b/c-1_2", "/vms"), "abc-1_2");
    assert_eq!(echoed(&"x".repeat(50), "/vms"), "x".repeat(36));
    assert_eq!(echoed("!", "/vms").len(), 36);
    assert_eq!(echoed("one", "/nothing"), "one", "with a refusal, too");
}

#[test]
fn the_three_ways_of_not_being_found() {
    let mut it = lab();
    let unknown = "11111111-1111-1111-1111-111111111111";
    for path in ["/nothing", "/vms/x", &format!("/vms/{unknown}"), &format!("/vms/{unknown}/nics")]
    {
        let seen = send(&mut it, "GET", path, &[]);
        assert_eq!((seen.status, seen.body.as_str()), (404, ""), "{path}");
    }
    let vm = "<vm><name>x</name><cluster><name>gone</name></cluster><template><name>Blank</name></template></vm>";
    let (status, fault) = it.over_http("POST", "/vms", vm);
    assert_eq!(status, 404);
    assert_eq!(fault.unwrap().text_at("detail"), Some("Entity not found: Cluster: name=gone"));
}
