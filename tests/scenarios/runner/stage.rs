//! An engine over HTTPS, a folder with manifests and a state, and commands that run in between.

use std::io::Cursor;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::{Child, Command, Stdio};
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{MutexGuard, PoisonError};

use tokio::runtime::{Builder, Runtime};
use virtuform::cli::{self, Exit, Io, Terminals};
use virtuform::simulated::server::{ServeOptions, Server, serve};
use virtuform::simulated::{Lab, Options, Simulated};

/// How much faster than a real engine's its time goes.
pub const SPEED: f64 = 200.0;

/// The password that manifests take from `{ env: PASSWORD }`.
pub const PASSWORD: &str = "hunter2";

/// Where commands run.
pub struct Stage {
    pub server: Server,
    pub folder: tempfile::TempDir,
    /// What goes before the usual environment.
    pub environment: Vec<(&'static str, String)>,
    _runtime: Runtime,
}

/// What a command came to.
#[derive(Debug)]
pub struct Ran {
    pub exit: Exit,
    pub out: String,
    pub err: String,
}

impl Stage {
    /// A fresh engine.
    pub fn new() -> Self {
        Self::with(Simulated::new(Options::default()))
    }

    /// An engine with a data center, hosts, storage and templates.
    pub fn lab() -> Self {
        let mut simulated = Simulated::new(Options::default());
        simulated.lab(&Lab::default());
        Self::with(simulated)
    }

    fn with(simulated: Simulated) -> Self {
        Self::at(simulated, ServeOptions::default().address)
    }

    /// An engine that answers there.
    pub fn at(simulated: Simulated, address: SocketAddr) -> Self {
        let runtime = Builder::new_multi_thread().worker_threads(1).enable_all().build().unwrap();
        let options = ServeOptions { address, speed: SPEED, ..ServeOptions::default() };
        let server = runtime.block_on(serve(simulated, options)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &server.ca_pem).unwrap();
        Self { server, folder, environment: Vec::new(), _runtime: runtime }
    }

    /// A file of the folder.
    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// Writes a file into the folder.
    pub fn write(&self, name: &str, content: impl AsRef<[u8]>) {
        std::fs::write(self.path(name), content).unwrap();
    }

    /// The engine, to look at and to meddle with.
    pub fn engine(&self) -> MutexGuard<'_, Simulated> {
        self.server.simulated.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// What the environment of commands says.
    pub fn variable(&self, name: &str) -> Option<String> {
        if let Some((_, value)) = self.environment.iter().find(|(known, _)| *known == name) {
            return Some(value.clone());
        }
        Some(match name {
            "VIRTUFORM_URL" => self.server.url.clone(),
            "VIRTUFORM_CA_FILE" => self.path("ca.pem").display().to_string(),
            "VIRTUFORM_USERNAME" => "admin@internal".to_owned(),
            "VIRTUFORM_PASSWORD" => "secret".to_owned(),
            "PASSWORD" => PASSWORD.to_owned(),
            _ => return None,
        })
    }

    /// Runs a command line as in the folder: all its manifests, the state in it, `x.json` there.
    pub fn run(&self, line: &str) -> Ran {
        let words = self.words(line);
        let (mut out, mut err) = (Vec::new(), Vec::new());
        let exit = cli::run(
            words.iter().map(Into::into),
            &mut Io {
                out: &mut out,
                err: &mut err,
                input: &mut Cursor::new(""),
                environment: &|name| self.variable(name),
                terminals: Terminals::default(),
                clock: jiff::Timestamp::now,
                random,
                signals: false,
            },
        );
        let text = |bytes| String::from_utf8(bytes).unwrap();
        Ran { exit, out: text(out), err: text(err) }
    }

    /// Starts the program itself, which can be killed.
    pub fn start(&self, line: &str) -> Child {
        let variables = ["VIRTUFORM_URL", "VIRTUFORM_CA_FILE", "VIRTUFORM_USERNAME"];
        let variables = variables.into_iter().chain(["VIRTUFORM_PASSWORD", "PASSWORD"]);
        Command::new(env!("CARGO_BIN_EXE_virtuform"))
            .args(&self.words(line)[1..])
            .envs(variables.map(|name| (name, self.variable(name).unwrap())))
            .stdout(Stdio::null())
            .stderr(Stdio::null())
            .spawn()
            .unwrap()
    }

    /// The words of a command line, with the folder's paths.
    pub fn words(&self, line: &str) -> Vec<String> {
        let mut words = vec!["virtuform".to_owned()];
        let in_folder = |word: &str| [".json", ".yaml", "/"].iter().any(|end| word.ends_with(end));
        words.extend(line.split_whitespace().map(|word| match word.trim_matches('\'') {
            word if in_folder(word) => self.path(word).display().to_string(),
            word => word.to_owned(),
        }));
        let command = words[1].clone();
        if matches!(&*command, "explain" | "schema" | "export") {
            return words;
        }
        let is_saved = words.get(2).is_some_and(|word| word.ends_with(".json"));
        if !is_saved && command != "show" && !words.iter().any(|word| word == "-f") {
            words.extend(["-f".to_owned(), self.folder.path().display().to_string()]);
        }
        if !is_saved && !matches!(&*command, "validate" | "get" | "invoke") {
            words.extend(["--state".to_owned(), self.path("state.json").display().to_string()]);
        }
        words
    }
}

/// No two are the same or near: the ids of a client's requests count on from its number.
fn random() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(0x9e37_79b9_7f4a_7c15, Ordering::Relaxed)
}
