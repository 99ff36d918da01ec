//! The commands, run in this process against a simulated engine, over HTTPS.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "cli/world.rs"]
mod world;

use std::collections::BTreeSet;
use std::os::unix::fs::PermissionsExt;

use serde_json::Value as Json;
use virtuform::cli::{Exit, Terminals};
use virtuform::resources::kinds::KINDS;
use virtuform::simulated::{Effect, Lab, Trouble};
use virtuform::state::{Book, Holder, Ledger, LocalStore};
use world::{World, run};

const NETWORK: &str = "
networks:
  web: { data_center: lab, vlan: { id: 20 }, description: old }
";

const MACHINE: &str = "
vms:
  web:
    cluster: lab
    template: rhel-9
    memory: 2 GiB
    initialization: { root_password: { env: ROOT_PASSWORD } }
";

fn writes(world: &World) -> u64 {
    world.server.simulated.lock().unwrap().writes()
}

#[test]
fn a_plan_writes_nothing_and_says_whether_there_is_anything_to_do() {
    let world = World::new(NETWORK, 1000.0);
    world.run(&["plan"]).ends(Exit::Done).shows("+ networks/web");
    world.run(&["plan", "--detailed-exitcode"]).ends(Exit::Differences);
    assert_eq!(writes(&world), 0);
    assert!(!world.path("state.json").exists(), "a plan makes no state");

    let ran = world.run(&["apply", "--yes"]).ends(Exit::Done).shows("applied: 1 created");
    ran.says("[1/1] networks/web: made\n");
    let ran = world.run(&["plan", "--detailed-exitcode"]).ends(Exit::Done);
    assert_eq!(ran.out, "nothing to do\n");
}

#[test]
fn validate_counts_or_shows_the_line_that_is_wrong() {
    let world = World::new(NETWORK, 1000.0);
    let ran = world.run(&["validate"]).ends(Exit::Done);
    assert_eq!(ran.out, "valid: 1 resource in 1 file\n");

    world.write("networks:\n  web: { data_center: lab, vlan: { id: 5000 } }\n");
    let ran = world.run(&["validate"]).ends(Exit::Error);
    let file = world.path("site.yaml").display().to_string();
    let expected = format!(
        "\
error: networks/web: `vlan.id` is 5000, more than 4094
 --> {file}:2:40
  |
2 |   web: {{ data_center: lab, vlan: {{ id: 5000 }} }}
  |                                        ^^^^
"
    );
    assert!(ran.err.starts_with(&expected), "{}\n{expected}", ran.err);
    assert!(ran.err.contains("\nhint: "), "{}", ran.err);
    assert_eq!(ran.out, "");
}

#[test]
fn apply_asks_somebody_who_can_answer() {
    let world = World::new(NETWORK, 1000.0);
    world.run(&["apply"]).ends(Exit::Error).says("hint: say `--yes`");
    let terminal = Terminals { input: true, ..Terminals::default() };
    let refuse = world.run_with(&["apply"], terminal, "no\n", &[]);
    refuse.ends(Exit::Error).says("apply this plan? [y/N] nothing was done");
    assert_eq!(writes(&world), 0);
    world.run_with(&["apply"], terminal, "y\n", &[]).ends(Exit::Done).shows("applied: 1 created");
}

#[test]
fn a_saved_plan_is_applied_as_it_was_shown_or_not_at_all() {
    let world = World::new(&format!("{NETWORK}{MACHINE}"), 1000.0);
    let plan = world.path("plan.json").display().to_string();
    let shown = world.run(&["plan", "-o", &plan]).ends(Exit::Done).out;
    let text = std::fs::read_to_string(&plan).unwrap();
    assert!(!text.contains("correct horse"), "the plan holds a secret");
    assert!(text.contains("(sensitive)"));
    let mode = std::fs::metadata(&plan).unwrap().permissions().mode();
    assert_eq!(mode & 0o777, 0o600);
    assert_eq!(world.run(&["show", &plan]).ends(Exit::Done).out, shown);

    world.run(&["apply", &plan, "--yes"]).ends(Exit::Done).shows("applied: 2 created");
    let again = world.run(&["apply", &plan, "--yes"]).ends(Exit::Refused);
    again.says("it may have been applied already");

    world.write(&format!("{NETWORK}{MACHINE}").replace("old", "new"));
    world.run(&["plan", "-o", &plan]).ends(Exit::Done);
    let network = "/networks?search=name%3Dweb";
    let id = {
        let mut engine = world.server.simulated.lock().unwrap();
        let (_, list) = engine.direct("GET", network, "");
        let id = list.unwrap().all("network").next().unwrap().id().unwrap().to_owned();
        let body = "<network><description>else</description></network>";
        assert_eq!(engine.direct("PUT", &format!("/networks/{id}"), body).0, 200);
        engine.forget_requests();
        id
    };
    let stale = world.run(&["apply", &plan, "--yes"]).ends(Exit::Refused);
    let stale = stale.says("differs on the engine or in the plan: networks/web");
    let stale = stale.says("-    description  old -> new  now\n+    description  else -> new  now");
    assert_eq!(writes(&world), 0, "{id}: {}", stale.err);
}

#[test]
fn a_saved_plan_needs_its_variables_again() {
    let manifest = "
variables: { name: { type: text } }
networks: { web: { data_center: lab, description: \"${var.name}\" } }
";
    let world = World::new(manifest, 1000.0);
    let plan = world.path("plan.json").display().to_string();
    world.run(&["plan", "-o", &plan, "--var", "name=x"]).ends(Exit::Done);
    let ran = world.run(&["apply", &plan, "--yes"]).ends(Exit::Error);
    ran.says("hint: give `--var name=…` again");
    world.run(&["apply", &plan, "--yes", "--var", "name=y"]).ends(Exit::Refused);
    world.run(&["apply", &plan, "--yes", "--var", "name=x"]).ends(Exit::Done);
}

#[test]
fn what_destroys_data_is_refused_without_consent_by_name() {
    let world = World::new(MACHINE, 1000.0);
    world.run(&["apply", "--yes"]).ends(Exit::Done);
    let refused = world.run(&["destroy", "--yes"]).ends(Exit::Refused);
    refused.shows("- vms/web").shows("hint: allow it with `--allow-destroy 'vms/web'`");
    let ran = world.run(&["destroy", "--yes", "--allow-destroy", "vms/*"]).ends(Exit::Done);
    ran.shows("applied: 0 created, 0 changed, 0 replaced, 1 removed");
    assert_eq!(world.run(&["show"]).ends(Exit::Done).out, "0 resources\n");
    world.run(&["destroy", "--yes"]).ends(Exit::Done).shows("nothing to do");
}

#[test]
fn only_one_run_at_a_time_works_with_a_state() {
    let world = World::new(NETWORK, 1000.0);
    let store = Box::new(LocalStore::new(world.path("state.json")));
    let holder = Holder { user: "ann".to_owned(), doing: "apply".to_owned(), ..Holder::default() };
    let fresh = || Ledger::new("l".to_owned(), [0; 32]);
    let book = Book::open(store, &holder, Box::new(jiff::Timestamp::now), fresh).unwrap();
    world.run(&["apply", "--yes"]).ends(Exit::Locked).says("the state is locked by ann@");
    world.run(&["plan"]).ends(Exit::Done);
    book.close().unwrap();
    world.run(&["apply", "--yes"]).ends(Exit::Done);
}

#[test]
fn a_state_belongs_to_one_engine() {
    let world = World::new(NETWORK, 1000.0);
    world.run(&["apply", "--yes"]).ends(Exit::Done);
    let other = World::new(NETWORK, 1000.0);
    std::fs::copy(world.path("state.json"), other.path("state.json")).unwrap();
    other.run(&["plan"]).ends(Exit::Error).says("error: the state belongs to the engine at");
}

#[test]
fn progress_as_json_is_one_event_a_line() {
    let world = World::new(MACHINE, 1000.0);
    let ran = world.run(&["apply", "--yes", "--format", "json"]).ends(Exit::Done);
    let events: Vec<Json> =
        ran.out.lines().map(|line| serde_json::from_str(line).unwrap()).collect();
    assert_eq!(events.first().unwrap()["event"], "plan");
    assert_eq!(events.first().unwrap()["create"], 1);
    let last = events.last().unwrap();
    assert_eq!((&last["event"], &last["success"]), (&"report".into(), &true.into()));
    let made = events.iter().find(|event| event["event"] == "finished").unwrap();
    assert_eq!((&made["address"], &made["ending"]), (&"vms/web".into(), &"done".into()));
    assert!(!ran.out.contains("correct horse") && !ran.err.contains("correct horse"));
}

#[test]
fn plans_as_json_have_the_layout_of_terraform() {
    let world = World::new(MACHINE, 1000.0);
    let plan: Json = serde_json::from_str(&world.run(&["plan", "--format", "json"]).out).unwrap();
    let resource = &plan["resource_changes"][0];
    assert_eq!(resource["address"], "vms/web");
    assert_eq!(resource["type"], "vm");
    let change = &resource["change"];
    assert_eq!(change["actions"], serde_json::json!(["create"]));
    assert_eq!(change["before"], Json::Null);
    assert_eq!(change["after"]["memory"], 2_i64 << 30);
    assert_eq!(change["after"]["initialization"]["root_password"], "(sensitive)");
    assert_eq!(change["after_sensitive"]["initialization"]["root_password"], true);
    assert_eq!(change["after_unknown"]["id"], true);

    world.run(&["apply", "--yes"]).ends(Exit::Done);
    world.write(&MACHINE.replace("2 GiB", "3 GiB"));
    let plan: Json = serde_json::from_str(&world.run(&["plan", "--format", "json"]).out).unwrap();
    let change = &plan["resource_changes"][0]["change"];
    assert_eq!(change["actions"], serde_json::json!(["update"]));
    assert_eq!(change["before"]["memory"], 2_i64 << 30);
    assert_eq!(change["after"]["memory"], 3_i64 << 30);
    assert_eq!(change["before"]["id"], change["after"]["id"]);
    assert_eq!(change["after"]["cluster"], "lab", "what stays is there too");
}

#[test]
fn scripts_for_guests_are_masked_wherever_a_plan_is_written() {
    let script = |text: &str| {
        MACHINE.replace("root_password", &format!("custom_script: {text}, root_password"))
    };
    let world = World::new(&script("old-horse"), 1000.0);
    world.run(&["apply", "--yes"]).ends(Exit::Done);
    world.write(&script("new-horse"));
    let plan = world.path("plan.json").display().to_string();
    let text = world.run(&["plan", "-o", &plan]).ends(Exit::Done).out;
    let json = world.run(&["plan", "--format", "json"]).ends(Exit::Done).out;
    let saved = std::fs::read_to_string(&plan).unwrap();
    for written in [text, json, saved] {
        assert!(written.contains("(sensitive)") && !written.contains("-horse"), "{written}");
    }
}

#[test]
fn the_engines_refusals_end_in_advice() {
    let world = World::new(NETWORK, 1000.0);
    let wrong = [("VIRTUFORM_PASSWORD", "wrong")];
    let ran = world.run_with(&["plan"], Terminals::default(), "", &wrong).ends(Exit::Error);
    ran.says("error: the engine did not log in `admin@internal`").says("\nhint: ");
    let untrusted = [("VIRTUFORM_CA_FILE", "")];
    let ran = world.run_with(&["plan"], Terminals::default(), "", &untrusted).ends(Exit::Error);
    ran.says("  caused by: ").says("pki-resource");
    let insecure = world.run_with(&["plan", "--insecure"], Terminals::default(), "", &untrusted);
    insecure.ends(Exit::Done).says("WARNING: --insecure");
}

#[test]
fn colour_is_for_terminals_that_want_it() {
    let world = World::new(NETWORK, 1000.0);
    let terminal = Terminals { out: true, ..Terminals::default() };
    let coloured = world.run_with(&["plan"], terminal, "", &[]).out;
    assert!(coloured.contains("\u{1b}[32m+\u{1b}[0m"), "{coloured}");
    let plain = world.run_with(&["plan"], terminal, "", &[("NO_COLOR", "1")]).out;
    assert!(!plain.contains('\u{1b}'), "{plain}");
    let stripped = coloured.replace("\u{1b}[0m", "").replace("\u{1b}[32m", "");
    assert_eq!(stripped.replace("\u{1b}[1m", ""), plain, "colour changes nothing else");
}

#[test]
fn show_lists_what_the_state_holds() {
    let world = World::new(NETWORK, 1000.0);
    world.run(&["show"]).ends(Exit::Error).says("error: there is no state at");
    world.run(&["apply", "--yes"]).ends(Exit::Done);
    let ran = world.run(&["show"]).ends(Exit::Done).shows("networks/web  network  ");
    assert!(ran.out.ends_with("1 resource\n"), "{}", ran.out);
    let ledger: Json = serde_json::from_str(&world.run(&["show", "--json"]).out).unwrap();
    assert_eq!(ledger["resources"][0]["address"], "networks/web");
    assert_eq!(ledger["engine"], world.server.url);
}

#[test]
fn a_mistake_in_the_command_line_does_not_look_like_a_difference() {
    let nothing = |_: &str| None;
    let words = ["virtuform", "plan", "--no-such-thing"].map(str::to_owned);
    let ran = run(&words, &nothing, Terminals::default(), "").ends(Exit::Error);
    assert_eq!(ran.out, "");
    let words = ["virtuform", "--help"].map(str::to_owned);
    let ran = run(&words, &nothing, Terminals::default(), "").ends(Exit::Done);
    assert!(ran.out.contains("Usage: virtuform"), "{}", ran.out);
    assert_eq!(ran.err, "");
}

#[test]
fn explain_has_every_kind_and_attribute_in_80_columns() {
    let explain = |what: &[&str]| {
        let words: Vec<String> =
            ["virtuform", "explain"].iter().chain(what).map(ToString::to_string).collect();
        let ran = run(&words, &|_| None, Terminals::default(), "").ends(Exit::Done);
        let long = ran.out.lines().find(|line| line.chars().count() > 80);
        assert_eq!(long, None, "{what:?}");
        ran.out
    };
    let all = explain(&[]);
    for kind in KINDS {
        let name = if kind.managed { kind.section } else { kind.name };
        assert!(all.lines().any(|line| line.trim_start().starts_with(name)), "{name}: {all}");
        let of_kind = explain(&[kind.name]);
        for attribute in kind.attributes {
            assert!(of_kind.contains(&format!("\n  {}  (", attribute.name)), "{of_kind}");
            explain(&[&format!("{}.{}", kind.name, attribute.name)]);
        }
    }
}

#[test]
fn what_stops_a_machine_is_asked_about() {
    let world = World::new(&format!("{MACHINE}    status: up\n"), 1000.0);
    world.run(&["apply", "--yes"]).ends(Exit::Done);
    let stop = ["invoke", "vms/web", "stop"];
    world.run(&stop).ends(Exit::Error).says("hint: say `--yes`");
    let terminal = Terminals { input: true, ..Terminals::default() };
    let refused = world.run_with(&stop, terminal, "no\n", &[]).ends(Exit::Error);
    refused.says("stop vms/web? [y/N] nothing was done");
    world.run(&["get", "vms/web"]).ends(Exit::Done).shows(" up ");
    world.run_with(&stop, terminal, "y\n", &[]).ends(Exit::Done);
    world.run(&["get", "vms/web"]).ends(Exit::Done).shows(" down ");
}

#[test]
fn many_machines_are_looked_at_in_pages() {
    let world = World::of(&Lab::large(1_200), NETWORK, 1000.0);
    world.server.simulated.lock().unwrap().forget_requests();
    let names = world.run(&["get", "vms", "-o", "name"]).ends(Exit::Done).out;
    let lines: BTreeSet<&str> = names.lines().collect();
    let there = world.server.simulated.lock().unwrap().direct("GET", "/vms", "").1.unwrap();
    assert_eq!(lines.len(), there.children().len());
    assert!(lines.len() >= 1_200 && lines.len() == names.lines().count(), "{}", lines.len());
    let asked = {
        let engine = world.server.simulated.lock().unwrap();
        let pages = engine.requests().iter().filter(|it| it.path.contains("/api/vms?search"));
        pages.map(|it| it.path.clone()).collect::<Vec<_>>()
    };
    assert!(asked.len() <= 5 && asked.iter().all(|path| path.contains("max=500")), "{asked:#?}");
    let few = world.run(&["get", "vms", "--max", "7"]).ends(Exit::Done).out;
    assert_eq!(few.lines().count(), 8);
    assert_eq!(writes(&world), 0);
}

#[test]
fn a_table_ends_where_the_terminal_does_and_is_whole_in_a_pipe() {
    let long = "text ".repeat(30);
    let world = World::new(&NETWORK.replace("old", &long), 1000.0);
    world.run(&["apply", "--yes"]).ends(Exit::Done);
    let piped = world.run(&["get", "networks/web"]).ends(Exit::Done).out;
    assert!(piped.contains(long.trim()), "{piped}");
    let terminal = Terminals { out: true, ..Terminals::default() };
    let shown = world.run_with(&["get", "networks/web"], terminal, "", &[("NO_COLOR", "1")]).out;
    assert!(shown.lines().all(|line| line.chars().count() <= 80), "{shown}");
    assert!(shown.contains('…'), "{shown}");
}

#[test]
fn the_small_example_is_as_it_says() {
    let world = World::new(include_str!("../examples/small/lab.yaml"), 1000.0);
    world.run(&["apply", "--yes"]).ends(Exit::Done).shows("= clusters/lab");
    assert_eq!(world.run(&["plan"]).ends(Exit::Done).out, "nothing to do\n");
    world.run(&["destroy", "--yes", "--allow-destroy", "vms/*"]).ends(Exit::Done);
    assert_eq!(world.run(&["show"]).ends(Exit::Done).out, "0 resources\n");
}

#[test]
fn a_failure_takes_along_what_needs_it_and_the_next_run_goes_on() {
    let manifest = "
networks:
  web: { data_center: lab }
  app: { data_center: lab }
clusters:
  lab:
    data_center: lab
    networks: { web: { required: false }, app: { required: false } }
";
    let world = World::new(manifest, 1000.0);
    let trouble = Trouble::on("POST", "/networks", Effect::Status(400));
    world.server.simulated.lock().unwrap().trouble(trouble);
    let ran = world.run(&["apply", "--yes", "--parallelism", "1"]).ends(Exit::Error);
    let ran = ran.shows("not all is done: 2 of 4 steps done, 1 failed, 1 skipped, 0 not started");
    let ran = ran.says("error: networks/web: could not make it\n  caused by: the engine refused");
    ran.says("skipped: since networks/web failed: clusters/lab/networks/web\n")
        .says("hint: what was done is recorded; the same command again goes on from there\n");
    world.run(&["apply", "--yes"]).ends(Exit::Done).shows("applied: 2 created");
    assert_eq!(world.run(&["plan"]).ends(Exit::Done).out, "nothing to do\n");
}
