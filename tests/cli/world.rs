//! A folder, a simulated engine, and commands that run between them in this process.

use std::io::Cursor;
use std::path::{Path, PathBuf};
use std::sync::atomic::{AtomicU64, Ordering};

use tokio::runtime::Runtime;
use virtuform::cli::{self, Exit, Io, Terminals};
use virtuform::simulated::server::{ServeOptions, Server, serve};
use virtuform::simulated::{Lab, Options, Simulated};

/// Where commands run.
pub struct World {
    pub folder: tempfile::TempDir,
    pub server: Server,
    _runtime: Runtime,
}

/// What a command came to.
#[derive(Debug)]
pub struct Ran {
    pub exit: Exit,
    pub out: String,
    pub err: String,
}

impl World {
    /// A lab, whose time goes by so fast, and a manifest for it.
    pub fn new(manifest: &str, speed: f64) -> Self {
        Self::of(&Lab::default(), manifest, speed)
    }

    /// The same with another lab.
    pub fn of(lab: &Lab, manifest: &str, speed: f64) -> Self {
        let runtime = Runtime::new().unwrap();
        let mut simulated = Simulated::new(Options::default());
        simulated.lab(lab);
        let options = ServeOptions { speed, ..ServeOptions::default() };
        let server = runtime.block_on(serve(simulated, options)).unwrap();
        let folder = tempfile::tempdir().unwrap();
        std::fs::write(folder.path().join("ca.pem"), &server.ca_pem).unwrap();
        let world = Self { folder, server, _runtime: runtime };
        world.write(manifest);
        world
    }

    /// Writes the manifest.
    pub fn write(&self, manifest: &str) {
        std::fs::write(self.path("site.yaml"), manifest).unwrap();
    }

    pub fn path(&self, name: &str) -> PathBuf {
        self.folder.path().join(name)
    }

    /// What the environment says.
    pub fn variable(&self, name: &str) -> Option<String> {
        Some(match name {
            "VIRTUFORM_URL" => self.server.url.clone(),
            "VIRTUFORM_CA_FILE" => self.path("ca.pem").display().to_string(),
            "VIRTUFORM_USERNAME" => "admin@internal".to_owned(),
            "VIRTUFORM_PASSWORD" => "secret".to_owned(),
            "ROOT_PASSWORD" => "correct horse".to_owned(),
            _ => return None,
        })
    }

    /// Runs a command on the manifest and the state of the folder.
    pub fn run(&self, words: &[&str]) -> Ran {
        self.run_with(words, Terminals::default(), "", &[])
    }

    /// Runs one with these terminals, this input and changes of the environment.
    pub fn run_with(
        &self,
        words: &[&str],
        terminals: Terminals,
        input: &str,
        changed: &[(&str, &str)],
    ) -> Ran {
        let mut words: Vec<String> = words.iter().map(|word| (*word).to_owned()).collect();
        let has_state = matches!(words[0].as_str(), "plan" | "apply" | "destroy" | "show");
        let from_file = words.get(1).is_some_and(|word| Path::new(word).extension().is_some());
        if has_state && !from_file {
            words.extend(["--state".to_owned(), self.path("state.json").display().to_string()]);
        }
        if words[0] != "show" && !from_file {
            words.extend(["-f".to_owned(), self.path("site.yaml").display().to_string()]);
        }
        words.insert(0, "virtuform".to_owned());
        let environment = |name: &str| {
            let changed = changed.iter().find(|(known, _)| *known == name);
            changed.map(|(_, value)| (*value).to_owned()).or_else(|| self.variable(name))
        };
        run(&words, &environment, terminals, input)
    }
}

/// Runs a command line.
pub fn run(
    words: &[String],
    environment: &(dyn Fn(&str) -> Option<String> + Sync),
    terminals: Terminals,
    input: &str,
) -> Ran {
    let (mut out, mut err) = (Vec::new(), Vec::new());
    let exit = cli::run(
        words.iter().map(Into::into),
        &mut Io {
            out: &mut out,
            err: &mut err,
            input: &mut Cursor::new(input),
            environment,
            terminals,
            clock: jiff::Timestamp::now,
            random,
            signals: false,
        },
    );
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Ran { exit, out: text(out), err: text(err) }
}

/// No two are the same.
fn random() -> u64 {
    static NEXT: AtomicU64 = AtomicU64::new(1);
    NEXT.fetch_add(1, Ordering::Relaxed)
}

impl Ran {
    /// Checks how it ended, and shows what it said if that is wrong.
    #[track_caller]
    pub fn ends(self, exit: Exit) -> Self {
        assert!(self.exit == exit, "{:?}, not {exit:?}\n{}\n{}", self.exit, self.out, self.err);
        self
    }

    /// Checks what was said on standard error.
    #[track_caller]
    pub fn says(self, text: &str) -> Self {
        assert!(self.err.contains(text), "`{text}` is not in:\n{}", self.err);
        self
    }

    /// Checks what was written on standard output.
    #[track_caller]
    pub fn shows(self, text: &str) -> Self {
        assert!(self.out.contains(text), "`{text}` is not in:\n{}", self.out);
        self
    }
}
