//! The same engine in JSON: what it writes, what it reads, and what it is strict about.

use bytes::Bytes;
use serde_json::{Value, json};

use crate::asking::{Asking, ZERO};

/// Asks in JSON; returns the status and the document.
fn ask(it: &mut Asking, method: &str, path: &str, document: &Value) -> (u16, Value) {
    let mut request = it.request(method, path, "");
    let headers = request.headers_mut();
    for name in ["Accept", "Content-Type"] {
        headers.insert(name, http::HeaderValue::from_static("application/json"));
    }
    *request.body_mut() = Bytes::from(document.to_string());
    let response = it.send(request);
    let status = response.status().as_u16();
    if !response.body().is_empty() {
        assert_eq!(response.headers()["Content-Type"], "application/json;charset=UTF-8");
    }
    (status, serde_json::from_slice(response.body()).unwrap_or_default())
}

fn get(it: &mut Asking, path: &str) -> Value {
    let (status, found) = ask(it, "GET", path, &Value::Null);
    assert_eq!(status, 200, "{path}: {found}");
    found
}

fn lab() -> Asking {
    let mut it = Asking::lab();
    it.login();
    it
}

#[test]
fn a_list_is_an_array_under_the_name_of_its_items() {
    let mut it = lab();
    let hosts = get(&mut it, "/hosts");
    let names: Vec<&Value> =
        hosts["host"].as_array().unwrap().iter().map(|it| &it["name"]).collect();
    assert_eq!(names, ["host-1", "host-2"]);
    assert_eq!(hosts.as_object().unwrap().len(), 1);
    let one = get(&mut it, "/clusters?search=name%3Dlab");
    assert_eq!(one["cluster"].as_array().unwrap().len(), 1, "one is a list, too");
    assert_eq!(get(&mut it, "/bookmarks"), json!({}));
}

#[test]
fn values_are_strings_and_dates_are_numbers() {
    let mut it = lab();
    let id = it.vm("web", "<memory>1073741824</memory>");
    it.pass(6);
    let path = format!("/vms/{id}");
    let vm = get(&mut it, &format!("{path}?follow=nics,disk_attachments.disk"));
    assert_eq!(vm["id"], json!(id));
    assert_eq!(vm["href"], json!(format!("/ovirt-engine/api/vms/{id}")));
    assert_eq!(vm["memory"], "1073741824");
    assert_eq!(vm["stateless"], "false");
    assert_eq!(vm["cpu"]["topology"]["cores"], "1");
    assert_eq!(vm["os"]["boot"]["devices"]["device"], json!(["hd"]));
    assert!(vm["creation_time"].as_i64().unwrap() > 1_700_000_000_000);
    assert_eq!(vm["cluster"].as_object().unwrap().len(), 2, "a reference has id and href");
    assert_eq!(vm["nics"]["nic"][0]["name"], "nic1");
    let attachment = &vm["disk_attachments"]["disk_attachment"][0];
    assert_eq!(attachment["disk"]["status"], "ok");
    let start = vm["actions"]["link"].as_array().unwrap().iter().find(|it| it["rel"] == "start");
    assert_eq!(start.unwrap()["href"], json!(format!("/ovirt-engine/api{path}/start")));
    let link = vm["link"].as_array().unwrap().iter().find(|it| it["rel"] == "snapshots");
    assert_eq!(link.unwrap()["href"], json!(format!("/ovirt-engine/api{path}/snapshots")));
    let root = get(&mut it, "");
    assert_eq!(root["product_info"]["version"]["major"], "4");
    assert_eq!(root["special_objects"]["blank_template"]["id"], ZERO);
    assert!(root["time"].is_number());
}

#[test]
fn documents_are_read_with_bare_values_too() {
    let mut it = lab();
    let machine = json!({
        "name": "json", "description": "it says \"hello\"\n",
        "cluster": { "name": "lab" }, "template": { "name": "rhel-9" },
        "memory": 2_147_483_648_u64, "stateless": false, "comment": null,
        "custom_properties": { "custom_property": [{ "name": "sndbuf", "value": 4 }] },
        "os": { "boot": { "devices": { "device": ["network", "hd"] } } },
    });
    let (status, made) = ask(&mut it, "POST", "/vms", &machine);
    assert_eq!(status, 201, "{made}");
    let path = format!("/vms/{}", made["id"].as_str().unwrap());
    it.pass(6);
    let vm = it.get(&path);
    assert_eq!(vm.text_at("memory"), Some("2147483648"));
    assert_eq!(vm.text_at("description"), Some("it says \"hello\"\n"));
    let devices = vm.at("os/boot/devices").unwrap();
    assert_eq!(
        devices.to_string(),
        "<devices><device>network</device><device>hd</device></devices>"
    );
    let whole = get(&mut it, &path);
    let (status, same) = ask(&mut it, "PUT", &path, &whole);
    assert_eq!(status, 200, "what was read can be sent back: {same}");
    let (status, started) = ask(&mut it, "POST", &format!("{path}/start"), &json!({}));
    assert_eq!((status, &started["status"]), (200, &json!("complete")));
    assert_eq!(started["vm"]["id"], vm.id().unwrap());
    let (status, done) = ask(&mut it, "DELETE", "/clusters/x", &Value::Null);
    assert_eq!((status, done), (404, Value::Null));
}

#[test]
fn refusals_are_json_too() {
    let mut it = lab();
    let path = it.running_vm("web");
    let (status, refused) = ask(&mut it, "POST", &format!("{path}/start"), &json!({"pause": true}));
    assert_eq!((status, &refused["status"]), (409, &json!("failed")));
    assert_eq!(refused["fault"]["reason"], "Operation Failed");
    assert_eq!(refused["pause"], "true", "an action repeats what was sent");
    for document in [
        json!({ "nmae": "x" }),
        json!({ "name": ["x"] }),
        json!({ "name": { "x": 1 } }),
        json!({ "cluster": [{ "name": "lab" }] }),
        json!({ "cluster": "lab" }),
        json!({ "nics": [{ "name": "nic1" }] }),
        json!({ "nics": { "nic": { "name": "nic1" } } }),
        json!({ "vm": { "name": "x" } }),
        json!({ "name": "bell\u{7}" }),
        json!([]),
        json!("x"),
    ] {
        let (status, fault) = ask(&mut it, "POST", "/vms", &document);
        assert_eq!((status, &fault["reason"]), (400, &json!("Request syntactically incorrect.")));
    }
}

#[test]
fn formats_of_question_and_answer_may_differ() {
    let mut it = lab();
    let mut request =
        it.request("POST", "/tags?accept=application/json", "<tag><name>t</name></tag>");
    request.headers_mut().insert("Accept", http::HeaderValue::from_static("application/xml"));
    let made: Value = serde_json::from_slice(it.send(request).body()).unwrap();
    assert_eq!(made["name"], "t");
}
