//! Trouble: what strikes, when, and that it strikes the same again.

use std::time::Duration;

use virtuform::simulated::{
    Answer, Edit, Effect, Latency, Options, Pace, Restart, Simulated, Trouble, parse_trouble,
};

use crate::asking::Asking;

fn asking() -> Asking {
    let mut it = Asking::lab();
    it.login();
    it
}

fn pace(it: &mut Asking, method: &str, path: &str) -> Pace {
    let request = it.request(method, path, "");
    *it.send(request).extensions().get::<Pace>().unwrap()
}

fn seconds(seconds: u64) -> Duration {
    Duration::from_secs(seconds)
}

#[test]
fn an_answer_says_how_long_it_is_held_back() {
    let mut it = asking();
    let (median, p99) = (Duration::from_millis(80), seconds(2));
    let slow = Effect::Delay(Latency::LogNormal { median, p99 });
    it.engine.trouble(Trouble::on("GET", "/vms", slow).percent(100));
    it.engine.trouble(Trouble::on("*", "/hosts", Effect::Delay(Latency::Constant(seconds(1)))));
    it.engine.trouble(Trouble::on("GET", "/hosts", Effect::Drip(100)));
    let drawn: Vec<Duration> = (0..100).map(|_| pace(&mut it, "GET", "/vms").latency).collect();
    assert!(drawn.iter().filter(|it| **it < median).count() > 30, "{drawn:?}");
    assert!(drawn.iter().all(|it| *it > Duration::ZERO && *it < seconds(60)), "{drawn:?}");
    let hosts = pace(&mut it, "GET", "/hosts");
    assert_eq!((hosts.latency, hosts.bytes_per_second), (seconds(1), 100));
    assert_eq!(pace(&mut it, "GET", "/tags"), Pace::default());
}

#[test]
fn slow_commands_of_a_real_engine_hold_the_connection() {
    let mut it = asking();
    for trouble in Trouble::of_synchronous_commands() {
        it.engine.trouble(trouble);
    }
    let host = pace(&mut it, "POST", "/hosts").latency;
    assert!((seconds(1)..=seconds(20)).contains(&host), "{host:?}");
    let domain = pace(&mut it, "POST", "/storagedomains").latency;
    assert!((seconds(5)..=seconds(60)).contains(&domain), "{domain:?}");
}

#[test]
fn a_restart_loses_tokens_and_answers_nothing_for_a_while() {
    for refuses in [false, true] {
        let mut it = asking();
        let restart = Effect::Restart(Restart { down: seconds(20), refuses });
        it.engine.trouble(Trouble::on("GET", "/vms", restart));
        let ask = |it: &mut Asking| {
            let request = it.request("GET", "/vms", "");
            match it.engine.answer(it.now(), &request) {
                Answer::Reply(response) => response.status().as_u16(),
                Answer::Dropped => 0,
            }
        };
        let down = if refuses { 0 } else { 503 };
        assert_eq!(ask(&mut it), down);
        assert_eq!(it.engine.refuses_connections(it.now()), refuses);
        it.pass(19);
        assert_eq!(ask(&mut it), down);
        it.pass(1);
        assert_eq!(ask(&mut it), 401, "the token died");
        it.login();
        assert_eq!(ask(&mut it), 200);
        assert!(!it.engine.refuses_connections(it.now()));
    }
}

#[test]
fn somebody_else_edits_what_a_request_is_about() {
    let mut it = asking();
    let tag = it.add("/tags", "<tag><name>blue</name></tag>");
    let other = it.add("/tags", "<tag><name>red</name></tag>");
    let edit = |method: &str, path: &str, document: &str| {
        Effect::Edit(Edit {
            method: method.to_owned(),
            path: path.to_owned(),
            document: document.to_owned(),
        })
    };
    let renamed = "<tag><description>edited</description></tag>";
    it.engine.trouble(Trouble::on("PUT", "/tags/*", edit("PUT", "/tags/{red}", renamed)));
    it.engine.trouble(Trouble::on("PUT", "/tags/*", edit("DELETE", "/tags/*", "")));
    let (status, _) = it.over_http("PUT", &format!("/tags/{tag}"), "<tag><name>green</name></tag>");
    assert_eq!(status, 404, "it was removed just before");
    assert_eq!(it.text(&format!("/tags/{other}"), "description"), "edited");
}

#[test]
fn work_can_be_made_slow() {
    let mut it = asking();
    it.engine.trouble(Trouble::on("POST", "/disks", Effect::SlowWork(100)));
    let (_, made) = it.over_http("POST", "/disks", &crate::asking::disk("slow", 1));
    let path = format!("/disks/{}", made.unwrap().id().unwrap());
    it.pass(60);
    assert_eq!(it.text(&path, "status"), "locked");
    it.pass(600);
    assert_eq!(it.text(&path, "status"), "ok");
}

/// What an engine with this seed logs of always the same requests, with trouble by chance.
fn log(seed: u64) -> Vec<String> {
    let mut engine = Simulated::new(Options { seed, ..Options::default() });
    engine.lab(&virtuform::simulated::Lab::default());
    let plan = "
rules:
- { on: GET *, effect: { delay: { mean: 100 ms } } }
- { on: '* *', percent: 20, effect: { status: 503 } }
- { on: POST *, percent: 20, effect: drop_after }
";
    for trouble in parse_trouble(plan).unwrap() {
        engine.trouble(trouble);
    }
    let mut it = Asking::of(engine);
    for number in 0..50 {
        let (verb, document) = match number % 2 {
            0 => ("POST", format!("<tag><name>tag-{number}</name></tag>")),
            _ => ("GET", String::new()),
        };
        let mut request = it.request(verb, "/tags?password=hunter2", &document);
        // "admin@internal:secret", so that nothing depends on a token.
        let basic = http::HeaderValue::from_static("Basic YWRtaW5AaW50ZXJuYWw6c2VjcmV0");
        request.headers_mut().insert("Authorization", basic);
        it.engine.answer(it.now(), &request);
        it.pass(1);
    }
    it.engine.requests().iter().map(|it| it.line()).collect()
}

#[test]
fn the_same_seed_and_requests_give_the_same_log() {
    let first = log(7);
    assert_eq!(first, log(7));
    assert_ne!(first, log(8));
}

#[test]
fn the_log_tells_what_struck_and_no_secrets() {
    let log = log(7);
    assert_eq!(log.len(), 50);
    let lines: Vec<serde_json::Value> =
        log.iter().map(|line| serde_json::from_str(line).unwrap()).collect();
    let struck = lines.iter().find(|it| it["status"] == 503).unwrap();
    assert!(struck["trouble"].as_array().unwrap().contains(&"status".into()), "{struck}");
    let dropped = lines.iter().find(|it| it["status"] == 0).unwrap();
    assert!(dropped["trouble"].as_array().unwrap().contains(&"drop_after".into()), "{dropped}");
    let fine = lines.iter().find(|it| it["status"] == 200).unwrap();
    assert_eq!(fine["method"], "GET");
    assert_eq!(fine["path"], "/ovirt-engine/api/tags?password=***");
    assert_eq!(fine["correlation_id"], "test-1");
    assert_eq!(fine["user"], "admin@internal-authz");
    assert!(fine["latency"].as_f64().unwrap() > 0.0);
    let made = lines.iter().find(|it| it["status"] == 201).unwrap();
    assert!(made["received"] == 29 && made["sent"].as_u64().unwrap() > 100, "{made}");
    assert!(!log.concat().contains("hunter2") && !log.concat().contains("YWRt"), "{log:#?}");
}
