//! `virtuform simulate` as a program: what it prints, its files, and how it ends.
#![cfg(unix)]
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

use std::io::{BufRead, BufReader, Read};
use std::os::unix::fs::PermissionsExt;
use std::path::Path;
use std::process::{Child, Command, Output, Stdio};

fn command(folder: &Path, more: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_virtuform"));
    command.args(["simulate", "--listen", "127.0.0.1:0"]).args(more).current_dir(folder);
    command
}

struct Engine {
    process: Child,
    url: String,
    said: Vec<String>,
    folder: std::path::PathBuf,
}

impl Engine {
    fn start(folder: &Path, more: &[&str]) -> Self {
        let mut process = command(folder, more)
            .env("SIMULATED_PASSWORD", "correct horse")
            .stdout(Stdio::piped())
            .stderr(Stdio::piped())
            .spawn()
            .unwrap();
        let lines = BufReader::new(process.stdout.take().unwrap()).lines();
        let said: Vec<String> = lines.take(4).map(Result::unwrap).collect();
        let url = said[0].strip_prefix("url: ").unwrap().to_owned();
        Self { process, url, said, folder: folder.to_owned() }
    }

    /// The status and the text of an answer to the administrator.
    fn ask(&self, method: &str, path: &str, body: &str) -> (u16, String) {
        let _ = rustls::crypto::ring::default_provider().install_default();
        let ca = std::fs::read(self.folder.join("simulated-ca.pem")).unwrap();
        let ca = reqwest::Certificate::from_pem(&ca).unwrap();
        let client = reqwest::Client::builder().tls_certs_only([ca]).build().unwrap();
        let url = match path.strip_prefix('!') {
            Some(beside) => self.url.replace("/ovirt-engine/api", beside),
            None => format!("{}{path}", self.url),
        };
        let request = client
            .request(method.parse().unwrap(), url)
            .basic_auth("root@internal", Some("correct horse"))
            .header("Content-Type", "application/xml")
            .body(body.to_owned());
        tokio::runtime::Runtime::new().unwrap().block_on(async {
            let reply = request.send().await.unwrap();
            (reply.status().as_u16(), reply.text().await.unwrap())
        })
    }

    /// Ends it as an init system does; returns what it talked.
    fn end(mut self) -> String {
        let id = self.process.id().to_string();
        assert!(Command::new("kill").arg(&id).status().unwrap().success());
        let mut talk = String::new();
        self.process.stderr.take().unwrap().read_to_string(&mut talk).unwrap();
        assert!(self.process.wait().unwrap().success(), "{talk}");
        talk
    }
}

const WITH: &[&str] = &[
    "--with",
    "lab",
    "--username",
    "root@internal",
    "--snapshot",
    "engine.json",
    "--request-log",
    "log.jsonl",
    "--trouble",
    "trouble.yaml",
];

#[test]
fn an_engine_goes_on_where_it_ended() {
    let folder = tempfile::tempdir().unwrap();
    let plan = "rules: [{ on: DELETE *, effect: { status: 503 } }]\n";
    std::fs::write(folder.path().join("trouble.yaml"), plan).unwrap();
    let engine = Engine::start(folder.path(), WITH);
    let expected = [
        "username: root@internal",
        "password: { env: SIMULATED_PASSWORD }",
        "ca_file: simulated-ca.pem",
    ];
    assert_eq!(engine.said[1..], expected);
    let (status, made) = engine.ask("POST", "/tags", "<tag><name>blue</name></tag>");
    assert_eq!(status, 201, "{made}");
    assert_eq!(engine.ask("DELETE", "/tags/1", "").0, 503, "the plan of trouble");
    assert_eq!(engine.ask("GET", "!/simulated", "").0, 404, "nobody asked for control");
    let talk = engine.end();
    assert!(talk.contains("saved as `engine.json`"), "{talk}");
    for name in ["engine.json", "log.jsonl"] {
        let mode = std::fs::metadata(folder.path().join(name)).unwrap().permissions().mode();
        assert_eq!(mode & 0o777, 0o600, "{name}");
    }
    let log = std::fs::read_to_string(folder.path().join("log.jsonl")).unwrap();
    assert_eq!(log.lines().count(), 3, "{log}");
    assert!(log.contains(r#""path":"/ovirt-engine/api/tags","status":201"#), "{log}");
    assert!(!log.contains("correct horse"));

    let engine = Engine::start(folder.path(), WITH);
    let (_, tags) = engine.ask("GET", "/tags", "");
    assert!(tags.contains("<name>blue</name>"), "{tags}");
    let (_, hosts) = engine.ask("GET", "/hosts", "");
    assert_eq!(hosts.matches("<host ").count(), 2, "the lab was not built twice");
    assert!(engine.end().contains("goes on where `engine.json` ended"));
}

fn refused(folder: &Path, more: &[&str]) -> String {
    let Output { status, stderr, .. } = command(folder, more).output().unwrap();
    assert_eq!(status.code(), Some(1));
    String::from_utf8(stderr).unwrap()
}

#[test]
fn what_is_wrong_is_told_with_its_place_and_what_to_do() {
    let folder = tempfile::tempdir().unwrap();
    let write = |name: &str, text: &str| std::fs::write(folder.path().join(name), text).unwrap();
    write("trouble.yaml", "rules:\n- { on: GET /vms, effect: explode }\n");
    write("engine.json", "{\"simulated_engine\": 1");
    for (words, says) in [
        (&["--trouble", "trouble.yaml"][..], "trouble.yaml:2: unknown variant `explode`"),
        (&["--trouble", "none.yaml"], "could not read `none.yaml`"),
        (&["--snapshot", "engine.json"], "could not start from the snapshot `engine.json`"),
        (&["--password-file", "none"], "could not read `none`"),
        (&["--with", "castle"], "it is to be `lab`, or `lab:NUMBER`"),
        (&["--with", "lab:1000000000"], "up to 100000 machines"),
        (&["--username", "admin"], "it is to be `NAME@PROFILE`"),
        (&["--speed=-1"], "at least 0"),
    ] {
        let told = refused(folder.path(), words);
        assert!(told.contains(says), "{words:?}: {told}");
    }
    let told = refused(folder.path(), &["--snapshot", "engine.json"]);
    assert!(told.contains("line 1:") && told.contains("hint: without that file"), "{told}");
}

#[test]
fn its_help_fits_the_screen() {
    let output = command(Path::new("."), &["--help"]).env("COLUMNS", "80").output().unwrap();
    let help = String::from_utf8(output.stdout).unwrap();
    assert!(help.contains("--with <SITE>") && help.contains("--trouble <FILE>"), "{help}");
    let wide: Vec<&str> = help.lines().filter(|line| line.chars().count() > 80).collect();
    assert!(wide.is_empty(), "{wide:#?}");
}

#[test]
fn the_plan_of_the_manual_is_understood() {
    let manual = include_str!("../docs/simulated.md");
    let at = manual.find("```yaml\nrules:").unwrap() + "```yaml\n".len();
    let plan = manual[at..].split("```").next().unwrap();
    let rules = virtuform::simulated::parse_trouble(plan).unwrap_or_else(|error| panic!("{error}"));
    assert_eq!(rules.len(), 9);
    let effects: std::collections::BTreeSet<&str> =
        rules.iter().map(|it| it.effect.name()).collect();
    assert!(effects.contains("restart") && effects.contains("edit"), "{effects:?}");
}
