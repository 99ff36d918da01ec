//! No secret is in anything that the program says or writes.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "scenarios/runner/stage.rs"]
#[allow(dead_code, reason = "stories need more of it")]
mod stage;

use std::fmt::Write;
use std::os::unix::fs::PermissionsExt;
use std::process::{Command, Output};

use stage::Stage;
use virtuform::simulated::{Effect, Options, Simulated, Trouble};

/// Whoever hides one of these has to hide all their forms: `&<"'` is escaped in XML, `%+/` in
/// addresses, `"\` in JSON.
const HOST: &str = r#"host&<"pw'>%/+ä"#;
const FROM_FILE: &str = r"file\pw&9 4711%";
const GUEST: &str = "guest-pw-<root>&7/";
const LITERAL: &str = "literal-pw&\"0815\"";
const DRIVER: &str = "driver-pw<%>&1701/";
const ENGINE: &str = "engine-pw+%&=/ü";

const SECRETS: &[&str] = &[HOST, FROM_FILE, GUEST, LITERAL, DRIVER, ENGINE];

const SITE: &str = "
engine: { username: admin@internal, password: { env: ENGINE_PASSWORD } }
hosts:
  kvm-8: { cluster: lab, address: kvm-8.test, root_password: { env: HOST_PASSWORD } }
  kvm-9: { cluster: lab, address: kvm-9.test, root_password: { file: password.txt } }
storage_domains:
  pool:
    host: host-1
    type: managed_block_storage
    storage:
      type: managed_block_storage
      driver_options: { volume_driver: rbd }
      driver_sensitive_options: { key: { env: DRIVER_PASSWORD } }
vms:
  web1:
    cluster: lab
    template: rhel-9
    memory: 2 GiB
    initialization: { host_name: web1, root_password: { env: GUEST_PASSWORD } }
  web2:
    cluster: lab
    template: rhel-9
    memory: 2 GiB
    initialization: { host_name: web2, root_password: LITERAL }
";

#[test]
fn no_secret_gets_out() {
    let stage = stage();
    let mut said = String::new();
    let mut run = |line: &str, exit: i32| {
        let output = run(&stage, line);
        let streams = [&output.stdout, &output.stderr].map(|it| String::from_utf8_lossy(it));
        assert_eq!(output.status.code(), Some(exit), "{line}: {}{}", streams[0], streams[1]);
        write!(said, "$ {line}\n{}{}", streams[0], streams[1]).unwrap();
        write!(said, "{}", files(&stage)).unwrap();
    };
    run("validate", 0);
    run("plan", 0);
    run("plan --format json", 0);
    run("plan -o plan.json --log trace", 0);
    run("show plan.json", 0);
    run("show plan.json --json", 0);
    // The installation of one fails, and so does the making of a machine.
    stage.engine().trouble(Trouble::on("POST", "/hosts", Effect::FailWork));
    stage.engine().trouble(Trouble::on("POST", "/vms", Effect::Status(400)));
    run("apply --yes --log trace", 1);
    stage.engine().no_more_trouble();
    run("apply --yes --format json --log trace", 0);
    stage.write("site.yaml", site().replace("host_name: web1", "host_name: www"));
    stage.write("password.txt", format!("{FROM_FILE}-new"));
    run("plan --format json --log trace", 0);
    run("apply --yes", 0);
    run("show", 0);
    run("show --json", 0);
    run("destroy --yes --allow-destroy * --log trace", 0);
    // Wrong manifests show the line that is wrong.
    stage.write("site.yaml", site().replace("root_password: ", "root_pasword: "));
    run("validate", 1);
    stage.write("site.yaml", site().replace("host_name: web2", "host_name: [web2]"));
    run("plan --log trace", 1);

    assert!(said.contains("(sensitive)") && said.contains("POST"), "the test looks at nothing");
    for secret in SECRETS {
        for form in forms(secret) {
            let at = said.find(&form);
            let around = at.map(|at| {
                let line = said[..at].rfind('\n').map_or(0, |it| it + 1);
                let command = said[..at].rfind("$ ").map_or("", |it| &said[it..]);
                (command.lines().next().unwrap_or_default(), said[line..].lines().next())
            });
            assert!(at.is_none(), "`{secret}` gets out as `{form}`: {around:?}");
        }
    }
}

#[test]
fn what_is_written_is_for_its_owner() {
    let stage = stage();
    for line in ["plan -o plan.json", "apply plan.json --yes", "apply --yes"] {
        let output = run(&stage, line);
        assert!(output.status.success(), "{}", String::from_utf8_lossy(&output.stderr));
    }
    let mut written = 0;
    for entry in std::fs::read_dir(stage.folder.path()).unwrap() {
        let path = entry.unwrap().path();
        let name = path.file_name().unwrap().to_str().unwrap();
        if name.starts_with("state.json") || name.starts_with("plan.json") {
            let mode = std::fs::metadata(&path).unwrap().permissions().mode() & 0o777;
            assert_eq!(mode, 0o600, "{name}");
            written += 1;
        }
    }
    assert!(written >= 2, "{written} files were found");
}

fn stage() -> Stage {
    let options = Options { password: ENGINE.to_owned(), ..Options::default() };
    let mut simulated = Simulated::new(options);
    simulated.lab(&virtuform::simulated::Lab::default());
    let stage = Stage::at(simulated, ([127, 0, 0, 1], 0).into());
    stage.write("site.yaml", site());
    stage.write("password.txt", FROM_FILE);
    stage
}

fn site() -> String {
    SITE.replace("LITERAL", &format!("'{LITERAL}'"))
}

/// Runs the program itself, in the folder, with what is in a pipeline's environment.
fn run(stage: &Stage, line: &str) -> Output {
    let words = stage.words(line);
    Command::new(env!("CARGO_BIN_EXE_virtuform"))
        .args(&words[1..])
        .current_dir(stage.folder.path())
        .env_remove("VIRTUFORM_PASSWORD")
        .envs([
            ("VIRTUFORM_URL", stage.server.url.as_str()),
            ("VIRTUFORM_CA_FILE", "ca.pem"),
            ("ENGINE_PASSWORD", ENGINE),
            ("HOST_PASSWORD", HOST),
            ("GUEST_PASSWORD", GUEST),
            ("DRIVER_PASSWORD", DRIVER),
        ])
        .output()
        .unwrap()
}

/// All files that the program keeps: state, journal, backup, lock and saved plan.
fn files(stage: &Stage) -> String {
    let ours = ["site.yaml", "password.txt", "ca.pem"];
    let paths = std::fs::read_dir(stage.folder.path()).unwrap().map(|entry| entry.unwrap().path());
    let kept = paths.filter(|path| !ours.iter().any(|name| path.ends_with(name)));
    let text = |path: std::path::PathBuf| {
        format!(
            "{}:\n{}\n",
            path.display(),
            String::from_utf8_lossy(&std::fs::read(&path).unwrap())
        )
    };
    kept.map(text).collect()
}

/// A secret as it is, and as it may be written somewhere.
fn forms(secret: &str) -> Vec<String> {
    let xml = secret.replace('&', "&amp;").replace('<', "&lt;").replace('>', "&gt;");
    let attribute = xml.replace('"', "&quot;").replace('\'', "&apos;");
    let json = serde_json::to_string(secret).unwrap();
    let debug = format!("{secret:?}");
    let unreserved = |byte: u8| byte.is_ascii_alphanumeric() || b"-._~".contains(&byte);
    let percent: String = secret.bytes().fold(String::new(), |mut text, byte| {
        match unreserved(byte) {
            true => text.push(char::from(byte)),
            false => write!(text, "%{byte:02X}").unwrap(),
        }
        text
    });
    let plus = percent.replace("%20", "+");
    let yaml = secret.replace('\'', "''");
    let basic = base64(format!("admin@internal:{secret}").as_bytes());
    let inner = |quoted: &str| quoted[1..quoted.len() - 1].to_owned();
    let (json, debug) = (inner(&json), inner(&debug));
    let base = base64(secret.as_bytes()).trim_end_matches('=').to_owned();
    vec![secret.to_owned(), xml, attribute, json, debug, percent, plus, yaml, base, basic]
}

fn base64(bytes: &[u8]) -> String {
    const DIGITS: &[u8] = b"ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";
    let mut text = String::new();
    for part in bytes.chunks(3) {
        let of = |at: usize| u32::from(part.get(at).copied().unwrap_or(0));
        let bits = of(0) << 16 | of(1) << 8 | of(2);
        for digit in 0..4 {
            let there = digit <= part.len();
            let index = (bits >> (18 - 6 * digit)) as usize & 63;
            text.push(if there { char::from(DIGITS[index]) } else { '=' });
        }
    }
    text
}

#[test]
fn the_forms_are_what_others_write() {
    assert_eq!(base64(b"admin:secret"), "YWRtaW46c2VjcmV0");
    assert_eq!(base64(b"ab"), "YWI=");
    assert!(forms("a b").contains(&"a%20b".to_owned()));
}
