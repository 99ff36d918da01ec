//! Events, jobs and steps of the simulated engine.

use virtuform::simulated::{Effect, Trouble};
use virtuform::xml::Element;

use crate::asking::{Asking, refused};

#[test]
fn a_fresh_engine_tells_that_it_was_started() {
    let mut it = Asking::fresh();
    let events = it.get("/events");
    assert_eq!(events.text_at("event/code"), Some("1"));
    assert_eq!(events.at("event/user"), None);
}

#[test]
fn commands_tell_of_themselves() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let started = it.get("/events?search=type%3D32");
    let event = started.child("event").unwrap();
    assert_eq!(event.text_at("vm/name"), Some("web"));
    assert!(event.text_at("host/name").unwrap().starts_with("host-"));
    assert_eq!(event.text_at("cluster/name"), Some("lab"));
    assert!(event.text_at("description").unwrap().starts_with("VM web started on Host host-"));
    assert_eq!(it.get("/events?search=event_vm%3Dweb%20and%20type%3D32").children().len(), 1);
    let last = it.get("/events?max=1").child("event").unwrap().id().unwrap().to_owned();
    it.put(&vm, "<vm><comment>c</comment></vm>");
    let newer = it.get(&format!("/events?from={last}"));
    assert_eq!(newer.text_at("event/code"), Some("35"));
    assert_eq!(newer.children().len(), 1);
}

#[test]
fn jobs_have_steps_and_an_owner() {
    let mut it = Asking::lab();
    it.vm("web", "");
    let jobs = it.get("/jobs");
    let job = jobs.children().last().unwrap();
    assert_eq!(job.text_at("description"), Some("Adding VM web"));
    assert_eq!(job.text_at("status"), Some("started"));
    assert!(job.child("owner").unwrap().id().is_some());
    let steps = format!("/jobs/{}/steps", job.id().unwrap());
    let state = |it: &mut Asking| -> Vec<String> {
        let steps = it.get(&steps);
        let text = |it: &virtuform::xml::Element| {
            let part = |at| it.text_at(at).unwrap_or_default();
            format!("{} {} {}", part("number"), part("type"), part("status"))
        };
        steps.children().iter().map(text).collect()
    };
    assert_eq!(state(&mut it), ["1 validating finished", "2 executing started"]);
    it.pass(20);
    assert_eq!(
        state(&mut it),
        ["1 validating finished", "2 executing finished", "3 finalizing finished"]
    );
}

#[test]
fn a_refusal_leaves_a_failed_job_and_no_event() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let before = it.get("/events").children().len();
    assert_eq!(it.ask("POST", &format!("{vm}/start"), "<action/>").0, 409);
    let jobs = it.get("/jobs");
    let failed = jobs.children().last().unwrap();
    assert_eq!(failed.text_at("status"), Some("failed"));
    assert_eq!(it.get("/events").children().len(), before);
}

#[test]
fn others_send_events_that_can_be_hidden() {
    let mut it = Asking::lab();
    let event = "<event><description>d</description><severity>alert</severity><origin>mine</origin><custom_id>5</custom_id></event>";
    let id = it.add("/events", event);
    assert_eq!(it.text(&format!("/events/{id}"), "code"), "9804");
    let twice = "[Cannot add External Event. External Event with this custom id already exists.]";
    refused(&mut it, "POST", "/events", event, 400, twice);
    let own = event.replace("mine", "oVirt");
    refused(&mut it, "POST", "/events", &own, 400, "[Cannot add External Event. Illegal Origin");
    refused(&mut it, "POST", "/events", "<event/>", 400, "Parameter 'event.");
    it.delete(&format!("/events/{id}"));
    assert_eq!(it.get("/events?search=origin%3Dmine").children().len(), 0);
    it.act("/events/undelete");
    assert_eq!(it.get("/events?search=origin%3Dmine").children().len(), 1);
}

#[test]
fn others_report_jobs_of_their_own() {
    let mut it = Asking::lab();
    let job = format!("/jobs/{}", it.add("/jobs", "<job><description>backup</description></job>"));
    assert_eq!(it.text(&job, "external"), "true");
    let step = "<step><type>executing</type><description>copy</description></step>";
    let step = format!("{job}/steps/{}", it.add(&format!("{job}/steps"), step));
    it.post(&format!("{step}/end"), "<action><succeeded>false</succeeded></action>");
    assert_eq!(it.text(&step, "status"), "failed");
    it.post(&format!("{job}/end"), "<action><succeeded>true</succeeded></action>");
    assert_eq!(it.text(&job, "status"), "finished");
    it.act(&format!("{job}/clear"));
    assert_eq!(it.ask("GET", &job, "").0, 404);
    it.vm("web", "");
    let jobs = it.get("/jobs");
    let own = format!("/jobs/{}", jobs.children().last().unwrap().id().unwrap());
    let text = "[Cannot clear External Job.";
    refused(&mut it, "POST", &format!("{own}/end"), "<action/>", 400, text);
}

/// The events of an engine that have that number.
fn events(it: &mut Asking, code: &str) -> Vec<Element> {
    let list = it.get("/events");
    let told = list.children().iter().filter(|it| it.text_at("code") == Some(code));
    told.cloned().collect()
}

#[test]
fn what_fails_in_the_background_is_told_once() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    it.put(&vm, "<vm><memory>536870912</memory><memory_policy><guaranteed>536870912</guaranteed></memory_policy></vm>");
    let [event] = &events(&mut it, "2050")[..] else { panic!("one event") };
    assert_eq!(event.text_at("vm/name"), Some("web"));
    it.engine.trouble(Trouble::on("POST", "/datacenters/*/storagedomains", Effect::FailWork));
    let host = it.id("hosts", "host-1");
    let domain = it.add("/storagedomains", &format!("<storage_domain><name>more</name><type>data</type><host id=\"{host}\"/><storage><type>nfs</type><address>filer</address><path>/more</path></storage></storage_domain>"));
    let center = it.id("datacenters", "lab");
    it.login();
    let attach = format!("/datacenters/{center}/storagedomains");
    let (status, _) = it.over_http("POST", &attach, &format!("<storage_domain id=\"{domain}\"/>"));
    assert_eq!(status, 201);
    it.pass(300);
    let errors = it.get("/events?search=severity%3Derror");
    let codes: Vec<_> = errors.children().iter().map(|it| it.text_at("code").unwrap()).collect();
    assert_eq!(codes, ["963"], "of the domain that could not be attached");
}

#[test]
fn others_say_what_an_event_is_about_and_how_that_is() {
    let mut it = Asking::lab();
    let host = it.id("hosts", "host-1");
    let event = |number: u8, text: &str| {
        format!(
            "<event><description>{text}</description><severity>warning</severity><origin>mine</origin><custom_id>{number}</custom_id><code>1</code><host id=\"{host}\"><external_status>warning</external_status></host></event>"
        )
    };
    let made = it.post("/events", &event(1, "hot"));
    assert_eq!(made.text_at("code"), Some("9802"), "the engine has its own numbers");
    assert_eq!(made.text_at("host/name"), Some("host-1"));
    assert_eq!(it.text(&format!("/hosts/{host}"), "external_status"), "warning");
    let long = it.post("/events", &event(2, &"x".repeat(10_001)));
    assert_eq!(long.text_at("description").unwrap().len(), 10_000);
}
