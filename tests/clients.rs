//! Real clients, unchanged, drive the simulated engine: oVirt's Python SDK and Ansible's `ovirt.ovirt` collection.
//!
//! What they do stands in `tests/clients`; here engines are started for them.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::{Path, PathBuf};
use std::process::Command;
use std::sync::OnceLock;

use virtuform::simulated::server::{ServeOptions, serve};
use virtuform::simulated::{Lab, Options, Simulated};

/// How much faster than a real engine's the time of these engines goes.
const SPEED: f64 = 60.0;

/// Runs one part of the clients' tests against an engine of its own; Ansible is told which story.
async fn drive(engine: Simulated, part: &str, story: &str) {
    let python = environment().join("bin/python");
    let server = serve(engine, ServeOptions { speed: SPEED, ..Default::default() }).await.unwrap();
    let folder = tempfile::tempdir().unwrap();
    let ca_file = folder.path().join("ca.pem");
    std::fs::write(&ca_file, &server.ca_pem).unwrap();
    let tests = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/clients").join(part);
    let mut pytest = Command::new(python);
    pytest.args(["-B", "-m", "pytest", "-q", "--tb=short", "-p", "no:cacheprovider"]).arg(tests);
    pytest.env("ENGINE_URL", &server.url).env("ENGINE_CA_FILE", &ca_file);
    pytest.env("ENGINE_USERNAME", "admin@internal").env("ENGINE_PASSWORD", "secret");
    pytest.env("STORY", story);
    let run = tokio::task::spawn_blocking(move || pytest.output()).await.unwrap().unwrap();
    server.stop().await;
    let said = [run.stdout, run.stderr].map(|it| String::from_utf8_lossy(&it).into_owned());
    assert!(run.status.success(), "tests/clients/{part} {story} failed:\n{}", said.concat());
}

/// The virtual environment with the clients, made if it is not there.
fn environment() -> &'static Path {
    static MADE: OnceLock<PathBuf> = OnceLock::new();
    MADE.get_or_init(|| {
        let script = concat!(env!("CARGO_MANIFEST_DIR"), "/tests/clients/environment");
        let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).with_file_name("clients");
        let run = Command::new(script).arg(&folder).output().unwrap();
        let said = String::from_utf8_lossy(&run.stderr);
        assert!(run.status.success(), "could not make the clients' environment:\n{said}");
        folder
    })
}

fn fresh() -> Simulated {
    Simulated::new(Options::default())
}

fn lab() -> Simulated {
    let mut engine = fresh();
    engine.lab(&Lab::default());
    engine
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn the_sdk_drives_a_lab() {
    drive(lab(), "sdk", "").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ansible_builds_a_site_and_takes_it_down() {
    drive(fresh(), "ansible", "site").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ansible_fills_a_lab_and_empties_it() {
    drive(lab(), "ansible", "work").await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn ansible_brings_storage_of_every_sort_and_takes_it_away() {
    drive(lab(), "ansible", "storage").await;
}
