//! What users see: what they hold permissions on, and nothing else.

use virtuform::simulated::{Account, Lab, Options, Simulated};
use virtuform::xml::Element;

use crate::asking::Asking;

/// A lab in which jane may use one of two machines.
fn lab() -> (Asking, String, String) {
    let users = vec![Account::new("jane@internal", "x")];
    let mut it = Asking::of(Simulated::new(Options { users, ..Options::default() }));
    it.engine.lab(&Lab::default());
    let jane = it.add("/users", "<user><user_name>jane@internal-authz</user_name><domain><name>internal-authz</name></domain></user>");
    let (mine, other) = (it.vm("mine", ""), it.vm("other", ""));
    it.post(
        &format!("/vms/{mine}/permissions"),
        &format!(
            "<permission><role><name>UserRole</name></role><user id=\"{jane}\"/></permission>"
        ),
    );
    it.pass(10);
    it.act(&format!("/vms/{mine}/start"));
    it.pass(10);
    (it, mine, other)
}

fn names(list: Option<Element>) -> Vec<String> {
    let list = list.unwrap();
    list.children().iter().map(|it| it.text_at("name").unwrap().to_owned()).collect()
}

#[test]
fn users_see_what_they_hold_permissions_on() {
    let (mut it, mine, other) = lab();
    it.login_as("jane@internal", "x");
    assert_eq!(names(it.over_http("GET", "/vms", "").1), ["mine"]);
    assert_eq!(names(it.over_http("GET", "/vms?search=name%3Dother", "").1), [""; 0]);
    assert_eq!(names(it.over_http("GET", "/vms?search=name%3Dm*", "").1), ["mine"]);
    assert_eq!(names(it.over_http("GET", "/vms?search=page%202&max=1", "").1), [""; 0]);
    assert_eq!(names(it.over_http("GET", "/clusters", "").1), ["lab"], "where her machine is");
    assert_eq!(names(it.over_http("GET", "/hosts", "").1), [""; 0]);
    assert_eq!(names(it.over_http("GET", "/templates", "").1), ["Blank"], "everyone may use it");
    assert_eq!(it.over_http("GET", &format!("/vms/{other}"), "").0, 404);
    assert_eq!(it.over_http("GET", &format!("/vms/{other}/nics"), "").0, 404);
    assert_eq!(it.over_http("GET", &format!("/vms/{mine}/nics"), "").0, 200);
}

#[test]
fn users_do_not_see_where_a_machine_runs() {
    let (mut it, mine, _) = lab();
    for (path, seen) in [("", true), (";filter=true", false), ("?filter=true", false)] {
        it.login();
        let shown = it.over_http("GET", &format!("/vms/{mine}{path}"), "").1.unwrap();
        assert_eq!(shown.child("host").is_some(), seen, "{path}");
        assert_eq!(shown.child("placement_policy").is_some(), seen, "{path}");
    }
    it.login_as("jane@internal", "x");
    let list = it.over_http("GET", "/vms", "").1.unwrap();
    assert!(list.children()[0].child("host").is_none());
}

#[test]
fn only_administrators_may_see_everything() {
    let (mut it, ..) = lab();
    it.login();
    assert_eq!(it.over_http("GET", "/vms?filter=true", "").0, 200);
    assert_eq!(names(it.over_http("GET", "/vms?filter=false", "").1), ["mine", "other"]);
    let mut request = it.request("GET", "/hosts", "");
    request.headers_mut().insert("Filter", http::HeaderValue::from_static("true"));
    assert_eq!(it.send(request).status(), 200);
    it.login_as("jane@internal", "x");
    let text = "Query execution failed due to insufficient permissions.".to_owned();
    for path in
        ["/vms?filter=false", "/vms;filter=false", "/tags", "/macpools", "/jobs", "/permissions"]
    {
        assert_eq!(it.refusal_over_http("GET", path, ""), (400, text.clone()), "{path}");
    }
}

#[test]
fn users_leaf_through_their_machines_by_name_alone() {
    let (mut it, ..) = lab();
    it.login();
    let mut page = |search: &str| {
        names(it.over_http("GET", &format!("/vms?filter=true&max=1&search={search}"), "").1)
    };
    assert_eq!(page("sortby%20name%20asc%20page%201"), ["mine"]);
    assert_eq!(page("SortBy%20name%20asc%20page%202"), ["other"]);
    assert_eq!(page("sortby%20name%20desc%20page%202"), [""; 0]);
    assert_eq!(page("sortby%20id%20asc%20page%202"), [""; 0]);
    assert_eq!(page("name%3Dmine%20sortby%20name%20asc%20page%202"), ["other"], "it ignores that");
    let pools = "/vmpools?filter=true&max=1&search=sortby%20name%20asc%20page%202";
    assert_eq!(names(it.over_http("GET", pools, "").1), [""; 0], "there are none");
}

#[test]
fn links_lead_users_to_nothing_that_they_do_not_see() {
    let (mut it, mine, _) = lab();
    let center = it.id("datacenters", "lab");
    it.add("/clusters", &format!("<cluster><name>hidden</name><data_center id=\"{center}\"/><cpu><type>Intel Nehalem Family</type></cpu></cluster>"));
    let clusters = |it: &mut Asking| {
        let shown = it.over_http("GET", "/datacenters?follow=clusters&search=name%3Dlab", "").1;
        names(shown.unwrap().at("data_center/clusters").cloned())
    };
    it.login();
    assert_eq!(clusters(&mut it), ["lab", "hidden"]);
    it.login_as("jane@internal", "x");
    assert_eq!(clusters(&mut it), ["lab"]);
    let vm = format!("/vms/{mine}?follow=cluster");
    assert_eq!(it.over_http("GET", &vm, "").1.unwrap().text_at("cluster/name"), Some("lab"));
    assert_eq!(it.over_http("GET", "/vms?follow=template", "").0, 500, "she may not see it");
}
