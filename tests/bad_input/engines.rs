//! Engines that are not there, not the right ones, or not well.

use virtuform::cli::Exit;
use virtuform::simulated::{Effect, Options, Simulated, Trouble};

use crate::stage::Stage;

const SITE: &str = "tags:\n  a: {}\nvms:\n  b: { cluster: lab, template: Blank, memory: 1 GiB }\n";

fn lab() -> Stage {
    let stage = Stage::lab();
    stage.write("site.yaml", SITE);
    stage
}

/// Plans and applies: both fail with a cause and an advice, and nothing is written.
#[track_caller]
fn fails(stage: &Stage, said: &[&str]) {
    for command in ["plan", "apply --yes"] {
        let ran = stage.run(command);
        assert_eq!(ran.exit, Exit::Error, "{command}: {}{}", ran.out, ran.err);
        assert!(ran.err.starts_with("error: "), "{}", ran.err);
        for said in said {
            assert!(ran.err.contains(said), "`{said}` is not in:\n{}", ran.err);
        }
        for line in ran.err.lines().filter(|line| line.split(' ').count() > 12) {
            assert!(line.chars().count() <= 80, "too long: {line}");
        }
    }
    assert_eq!(stage.engine().writes(), 0);
}

fn always(method: &str, path: &str, effect: Effect) -> Trouble {
    Trouble::on(method, path, effect).times(u64::MAX)
}

const LOGIN: &str = "/ovirt-engine/sso/oauth/token";

#[test]
fn nobody_listens_there() {
    let mut stage = lab();
    // A port that was free a moment ago.
    let free = std::net::TcpListener::bind("127.0.0.1:0").unwrap().local_addr().unwrap();
    stage.environment.push(("VIRTUFORM_URL", format!("https://{free}/ovirt-engine/api")));
    fails(&stage, &["127.0.0.1", "refused", "hint: "]);
}

#[test]
fn the_password_is_wrong() {
    let mut stage = lab();
    stage.environment.push(("VIRTUFORM_PASSWORD", "swordfish".to_owned()));
    fails(&stage, &["admin@internal", "hint: "]);
}

#[test]
fn the_certificate_is_somebody_elses() {
    let mut stage = lab();
    stage.write("ca.pem", &Stage::new().server.ca_pem);
    fails(&stage, &["certificate", "hint: "]);
    stage.write("ca.pem", "no certificate at all");
    fails(&stage, &["certificate"]);
    let missing = stage.path("missing.pem").display().to_string();
    stage.environment.push(("VIRTUFORM_CA_FILE", missing));
    fails(&stage, &["missing.pem"]);
}

#[test]
fn the_certificate_is_for_another_name() {
    let stage = Stage::at(Simulated::new(Options::default()), ([0, 0, 0, 0], 0).into());
    let mut stage = stage;
    stage.write("site.yaml", SITE);
    let url = stage.server.url.replace("0.0.0.0", "127.0.0.2");
    stage.environment.push(("VIRTUFORM_URL", url));
    fails(&stage, &["127.0.0.2", "certificate", "hint: "]);
}

#[test]
fn the_address_is_no_address() {
    let mut stage = lab();
    for url in ["engine.example.com", "http://127.0.0.1/ovirt-engine/api", "https://", "::"] {
        stage.environment = vec![("VIRTUFORM_URL", url.to_owned())];
        fails(&stage, &["error: "]);
    }
}

#[test]
fn it_is_no_engine_but_some_web_server() {
    let stage = lab();
    stage.engine().trouble(always("POST", LOGIN, Effect::Status(404)));
    fails(&stage, &["404", "hint: "]);
}

#[test]
fn the_engine_sends_half_a_document_for_ever() {
    let stage = lab();
    stage.engine().trouble(always("GET", "/vms", Effect::Truncate));
    fails(&stage, &["vms"]);
}

#[test]
fn the_engine_fails_at_each_read() {
    let stage = lab();
    stage.engine().trouble(always("GET", "/tags", Effect::Status(500)));
    fails(&stage, &["500", "tags"]);
}

#[test]
fn a_session_that_ends_in_the_middle_is_begun_anew() {
    let stage = lab();
    stage.engine().trouble(Trouble::on("GET", "/vms", Effect::ExpireTokens));
    stage.engine().trouble(Trouble::on("POST", "/vms", Effect::ExpireTokens));
    let ran = stage.run("apply --yes");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    assert_eq!(stage.run("plan").out, "nothing to do\n");
}
