//! How long the program takes to start, and to plan what is little.

use std::path::Path;
use std::process::{Command, Stdio};

use virtuform::simulated::server::{ServeOptions, Server, serve};
use virtuform::simulated::{Lab, Options, Simulated};

use crate::machines::runtime;
use crate::report::time;

pub fn measure() {
    let version = time(21, || run(Command::new(PROGRAM).arg("--version")));
    version.line("start: virtuform --version", "10 ms", milliseconds);
    let folder = tempfile::tempdir().expect("there is room");
    let runtime = runtime();
    // Hundredfold, so that the machines of the example are soon there.
    let options = ServeOptions { speed: 100.0, ..ServeOptions::default() };
    let mut simulated = Simulated::new(Options::default());
    simulated.lab(&Lab::default());
    let server = runtime.block_on(serve(simulated, options)).expect("a port is free");
    write_site(folder.path(), &server);
    run(&mut at(folder.path(), &["apply", "--yes"]));
    let plan = time(21, || run(&mut at(folder.path(), &["plan", "--detailed-exitcode"])));
    plan.line("start: plan of examples/small, engine included", "100 ms beside it", milliseconds);
}

const PROGRAM: &str = env!("CARGO_BIN_EXE_virtuform");

fn milliseconds(seconds: f64) -> String {
    format!("{:.1} ms", seconds * 1e3)
}

fn run(program: &mut Command) {
    let status = program.stdout(Stdio::null()).stderr(Stdio::null()).status();
    assert!(status.expect("the program starts").success(), "{program:?}");
}

fn at(folder: &Path, arguments: &[&str]) -> Command {
    let mut program = Command::new(PROGRAM);
    program.args(arguments).current_dir(folder);
    program.env("VIRTUFORM_PASSWORD", "secret").env("VIRTUFORM_CA_FILE", "ca.pem");
    program
}

/// The example, against this engine.
fn write_site(folder: &Path, server: &Server) {
    let site = include_str!("../../examples/small/lab.yaml");
    let site = site.replace("https://127.0.0.1:8443/ovirt-engine/api", &server.url);
    std::fs::write(folder.join("lab.yaml"), site).expect("there is room");
    std::fs::write(folder.join("ca.pem"), &server.ca_pem).expect("there is room");
}
