//! What only the program itself can show: its start, its exit codes, signals.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "cli/world.rs"]
#[allow(dead_code, reason = "the other tests use all of it")]
mod world;

use std::io::{BufRead, BufReader};
use std::process::{Command, Stdio};

use world::World;

fn virtuform() -> Command {
    Command::new(env!("CARGO_BIN_EXE_virtuform"))
}

#[test]
fn the_version_is_one_line() {
    let output = virtuform().arg("--version").output().unwrap();
    assert!(output.status.success());
    let expected = format!("virtuform {}\n", env!("CARGO_PKG_VERSION"));
    assert_eq!(String::from_utf8(output.stdout).unwrap(), expected);
}

#[test]
fn a_mistake_ends_with_one() {
    let output = virtuform().arg("no-such-command").output().unwrap();
    assert_eq!(output.status.code(), Some(1));
}

#[test]
fn the_demo_ends_well() {
    let output = virtuform().args(["demo", "--speed", "200"]).output().unwrap();
    let (out, err) =
        (String::from_utf8_lossy(&output.stdout), String::from_utf8_lossy(&output.stderr));
    assert!(output.status.success(), "{out}\n{err}");
    assert_eq!(out.matches("\n$ virtuform plan\nnothing to do\n").count(), 2, "{out}");
    let mut lines = out.lines().filter(|line| !line.starts_with("plan: "));
    assert!(lines.all(|line| line.chars().count() <= 80), "{out}");
}

/// The network is made, then the machine takes minutes; Ctrl-C comes in between.
#[test]
fn an_interrupt_ends_what_runs_and_the_next_run_goes_on() {
    let manifest = "
networks: { web: { data_center: lab } }
vms: { web: { cluster: lab, template: rhel-9, status: up } }
";
    let world = World::new(manifest, 0.05);
    let apply = || {
        let mut command = virtuform();
        for name in
            ["VIRTUFORM_URL", "VIRTUFORM_CA_FILE", "VIRTUFORM_USERNAME", "VIRTUFORM_PASSWORD"]
        {
            command.env(name, world.variable(name).unwrap());
        }
        command.args(["apply", "--yes", "--state", "state.json"]).current_dir(world.folder.path());
        command
    };
    let mut child = apply().stdout(Stdio::null()).stderr(Stdio::piped()).spawn().unwrap();
    let mut lines = BufReader::new(child.stderr.take().unwrap()).lines();
    let made = lines.by_ref().map(Result::unwrap).find(|line| line.ends_with("vms/web: made"));
    assert!(made.is_some(), "the machine is not made");
    let pid = child.id().to_string();
    assert!(Command::new("kill").args(["-INT", &pid]).status().unwrap().success());
    let said: Vec<String> = lines.map(Result::unwrap).collect();
    assert_eq!(child.wait().unwrap().code(), Some(130), "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with("interrupted:")), "{said:#?}");
    assert!(said.iter().any(|line| line.starts_with("hint: what was done")), "{said:#?}");

    world.server.simulated.lock().unwrap().settle();
    let plan = world.run(&["plan"]);
    assert!(plan.out.contains("> vms/web"), "the machine is made once: {}", plan.out);
}

/// The example site, over the network, on an engine in a process of its own: made, found right, and
/// kept where it is protected.
#[test]
fn the_example_site_lives_on_an_engine_elsewhere() {
    let folder = tempfile::tempdir().unwrap();
    let mut engine = virtuform()
        .args(["simulate", "--listen", "127.0.0.1:0", "--speed", "600"])
        .current_dir(folder.path())
        .stdout(Stdio::piped())
        .stderr(Stdio::null())
        .spawn()
        .unwrap();
    let said = BufReader::new(engine.stdout.take().unwrap()).lines().next().unwrap().unwrap();
    let url = said.strip_prefix("url: ").unwrap();
    let site = concat!(env!("CARGO_MANIFEST_DIR"), "/examples/datacenter");
    let run = |words: &[&str]| {
        let output = virtuform()
            .args(words)
            .current_dir(folder.path())
            .env("VIRTUFORM_URL", url)
            .env("VIRTUFORM_CA_FILE", folder.path().join("simulated-ca.pem"))
            .env("VIRTUFORM_USERNAME", "admin@internal")
            .env("VIRTUFORM_PASSWORD", "secret")
            .env("HOST_ROOT_PASSWORD", "hunter2")
            .output()
            .unwrap();
        let told = String::from_utf8_lossy(&output.stdout).into_owned();
        (output.status.code(), told + &String::from_utf8_lossy(&output.stderr))
    };
    let (code, told) = run(&["apply", "--yes", "-f", site]);
    assert_eq!(code, Some(0), "{told}");
    assert_eq!(run(&["plan", "-f", site]), (Some(0), "nothing to do\n".to_owned()));
    // The databases are protected, so nothing goes.
    let (code, told) = run(&["destroy", "--yes", "--allow-destroy", "*"]);
    assert_eq!(code, Some(3), "{told}");
    engine.kill().unwrap();
    engine.wait().unwrap();
}
