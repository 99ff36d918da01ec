//! The README does what it says: its tour is run, against a simulated engine in a process of its own,
//! and must print what stands there. `BLESS=1 cargo test --test readme` writes it anew.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::fmt::Write;
use std::io::{BufRead, BufReader};
use std::path::Path;
use std::process::{Child, Command, Stdio};

const README: &str = concat!(env!("CARGO_MANIFEST_DIR"), "/README.md");

/// Where the README's engine answers; the test's takes any port.
const ADDRESS: &str = "127.0.0.1:8443";

#[test]
fn the_tour_is_as_it_is_told() {
    let told = std::fs::read_to_string(README).unwrap();
    let mut tour = Tour::new();
    let mut shown = String::new();
    let mut lines = told.lines();
    let mut file = None;
    while let Some(line) = lines.next() {
        writeln!(shown, "{line}").unwrap();
        let mut block = || lines.by_ref().take_while(|line| *line != "```").collect::<Vec<_>>();
        match line {
            "```console" => shown += &tour.play(&block()),
            "```yaml" => {
                let text = block().join("\n") + "\n";
                tour.write(file.take().expect("a file's name stands above it"), &text);
                shown += &text;
            }
            _ => {
                file = line.strip_prefix('`').and_then(|line| line.strip_suffix('`'));
                continue;
            }
        }
        shown += "```\n";
    }
    if std::env::var_os("BLESS").is_some() {
        std::fs::write(README, shown).unwrap();
    } else {
        assert!(shown == told, "{}", similar::TextDiff::from_lines(&told, &shown).unified_diff());
    }
}

#[test]
fn the_two_commands_are_those_that_ci_and_the_tests_run() {
    let told = std::fs::read_to_string(README).unwrap();
    assert!(told.contains("\ncargo run --release -- demo "));
    assert!(told.contains("\ncargo test "));
    let ci = std::fs::read_to_string(concat!(env!("CARGO_MANIFEST_DIR"), "/.ci/run")).unwrap();
    assert!(ci.ends_with("\ncargo test\n"));
}

/// A folder, and an engine once the tour has started one.
struct Tour {
    folder: tempfile::TempDir,
    engine: Option<Child>,
    address: String,
}

impl Tour {
    fn new() -> Self {
        let folder = tempfile::tempdir().unwrap();
        Self { folder, engine: None, address: ADDRESS.to_owned() }
    }

    fn write(&self, name: &str, text: &str) {
        let text = text.replace(ADDRESS, &self.address);
        std::fs::write(self.folder.path().join(name), text).unwrap();
    }

    /// Runs the commands of a block; returns the block with what they print now.
    fn play(&mut self, block: &[&str]) -> String {
        let mut shown = String::new();
        for line in block.iter().filter_map(|line| line.strip_prefix("$ ")) {
            writeln!(shown, "$ {line}").unwrap();
            shown += &match line.strip_suffix(" &") {
                Some(line) => self.start(line),
                None => self.run(line),
            };
        }
        shown
    }

    /// Starts the engine, faster than it is told, and returns what it says.
    fn start(&mut self, line: &str) -> String {
        let words = line.split(' ').skip(1);
        let mut engine = Command::new(env!("CARGO_BIN_EXE_virtuform"))
            .args(words)
            .args(["--listen", "127.0.0.1:0", "--speed", "600"])
            .current_dir(self.folder.path())
            .stdout(Stdio::piped())
            .stderr(Stdio::null())
            .spawn()
            .unwrap();
        let output = BufReader::new(engine.stdout.take().unwrap());
        let said: Vec<String> = output.lines().take(4).map(Result::unwrap).collect();
        self.engine = Some(engine);
        let address = said[0].strip_prefix("url: https://").unwrap();
        self.address = address.split('/').next().unwrap().to_owned();
        said.join("\n").replace(&self.address, ADDRESS) + "\n"
    }

    /// Runs a line as a shell does, and returns all that it prints, talk before data.
    fn run(&self, line: &str) -> String {
        if line.starts_with("export ") {
            return String::new();
        }
        let program = Path::new(env!("CARGO_BIN_EXE_virtuform"));
        let path =
            format!("{}:{}", program.parent().unwrap().display(), std::env::var("PATH").unwrap());
        let output = Command::new("sh")
            .args(["-c", line])
            .current_dir(self.folder.path())
            .env("PATH", path)
            .env("VIRTUFORM_PASSWORD", "secret")
            .output()
            .unwrap();
        // What goes on meanwhile depends on the machine; the README shows how it ends.
        let out = String::from_utf8(output.stdout).unwrap();
        let err = String::from_utf8(output.stderr).unwrap();
        let err: Vec<&str> = err.lines().filter(|line| !is_passing(line)).collect();
        let err = if err.is_empty() { String::new() } else { err.join("\n") + "\n" };
        out + &err
    }
}

/// Whether a line tells of something that goes on: a step done, a wait, the time it took.
fn is_passing(line: &str) -> bool {
    line.starts_with('[') || line.starts_with("took ") || line.contains(" still waits ")
}

impl Drop for Tour {
    fn drop(&mut self) {
        if let Some(mut engine) = self.engine.take() {
            engine.kill().unwrap();
            engine.wait().unwrap();
        }
    }
}
