//! What the commands share: manifests are loaded, the engine is connected to and read, the plan is
//! made, always in the same way.

use std::path::{Path, PathBuf};
use std::sync::Arc;

use crate::apply::settle;
use crate::engine::{Client, Engine, EngineUrl, Https, HttpsOptions, Settings, Trust};
use crate::manifest::{self, EngineBlock, Manifest, Options, Source};
use crate::observe::{Scope, observe};
use crate::plan::{Limits, Plan, plan};
use crate::resources::kinds::KINDS;
use crate::state::{Desired, Ledger, Line, Observed, Problems};

use super::arguments::{EngineArguments, ManifestArguments};
use super::{Failure, Io, render};

/// Manifests that were read.
pub struct Loaded {
    /// What they say.
    pub manifest: Manifest,
    /// Their texts, and those of the files of variables.
    pub sources: Vec<Source>,
}

/// What a plan is made of, and the plan.
pub struct Decision {
    /// What was found.
    pub observed: Observed,
    /// What will be done.
    pub plan: Plan,
    /// What became of creations whose end nobody had seen; to be noted before anything is done.
    pub settled: Vec<Line>,
}

/// An engine that can be spoken to.
pub struct Connection {
    /// The client; it has not logged in yet.
    pub client: Arc<Client>,
    /// The address of the API.
    pub url: String,
}

/// Reads the manifests; their warnings are told.
pub fn load(arguments: &ManifestArguments, io: &mut Io) -> Result<Loaded, Failure> {
    let (texts, variable_files) = sources(arguments)?;
    load_texts(texts, variable_files, &arguments.variables, io)
}

/// The manifests and the files of variables.
fn sources(arguments: &ManifestArguments) -> Result<(Vec<Source>, Vec<Source>), Failure> {
    let texts = read(&arguments.files).map_err(without_text)?;
    Ok((texts, read_files(&arguments.variable_files).map_err(without_text)?))
}

/// Reads manifests of which the texts are there already; their warnings are told.
pub fn load_texts(
    texts: Vec<Source>,
    variable_files: Vec<Source>,
    variables: &[(String, String)],
    io: &mut Io,
) -> Result<Loaded, Failure> {
    load_with(manifest::load, texts, variable_files, variables, io)
}

fn load_with(
    load: impl Fn(&[Source], &Options) -> Result<Manifest, Problems>,
    texts: Vec<Source>,
    variable_files: Vec<Source>,
    variables: &[(String, String)],
    io: &mut Io,
) -> Result<Loaded, Failure> {
    let options = Options {
        kinds: KINDS,
        variables,
        variable_files: &variable_files,
        environment: io.environment,
        read_file: &|path| std::fs::read_to_string(path),
        open_file: &|path| std::fs::File::open(path),
    };
    let loaded = load(&texts, &options);
    let mut sources = texts;
    sources.extend(variable_files);
    let manifest = match loaded {
        Ok(manifest) => manifest,
        Err(problems) => return Err(Failure::Problems { problems, sources }),
    };
    for warning in &manifest.warnings {
        let text = render::problem(warning, "warning", &sources, io.err_screen());
        io.talk(&text);
    }
    Ok(Loaded { manifest, sources })
}

/// The manifests, of which only that is read where the engine is: with the environment they can be
/// gone.
pub fn load_for_engine(arguments: &ManifestArguments, io: &mut Io) -> Result<Loaded, Failure> {
    let is_known = (io.environment)("VIRTUFORM_URL").is_some_and(|url| !url.is_empty());
    if is_known && arguments.files.is_empty() {
        let manifest = Manifest { desired: Desired::default(), engine: None, warnings: Vec::new() };
        return Ok(Loaded { manifest, sources: Vec::new() });
    }
    let (texts, variable_files) = match sources(arguments) {
        Err(failure) if arguments.files.is_empty() => return Err(or_environment(failure)),
        sources => sources?,
    };
    load_with(manifest::load_engine, texts, variable_files, &arguments.variables, io)
}

/// Who only looks needs no manifest.
fn or_environment(failure: Failure) -> Failure {
    let Failure::Problems { mut problems, sources } = failure else { return failure };
    for problem in &mut problems.0 {
        let hint = problem.hint.take().map(|hint| hint + "; ").unwrap_or_default();
        let variables = "`VIRTUFORM_URL`, `VIRTUFORM_USERNAME` and `VIRTUFORM_PASSWORD`";
        problem.hint = Some(format!("{hint}or say where the engine is with {variables}"));
    }
    Failure::Problems { problems, sources }
}

/// Gets ready to speak to the engine without any other use of the manifests.
pub fn connect_as_told(
    manifests: &ManifestArguments,
    arguments: &EngineArguments,
    io: &mut Io,
) -> Result<Connection, Failure> {
    let loaded = load_for_engine(manifests, io)?;
    connect(loaded.manifest.engine.as_ref(), arguments, io)
}

fn read(paths: &[PathBuf]) -> Result<Vec<Source>, Problems> {
    manifest::read(&manifest::find(paths)?)
}

fn read_files(paths: &[PathBuf]) -> Result<Vec<Source>, Problems> {
    manifest::read(paths)
}

fn without_text(problems: Problems) -> Failure {
    Failure::Problems { problems, sources: Vec::new() }
}

/// Gets ready to speak to the engine of the manifests; the environment goes before them.
pub fn connect(
    block: Option<&EngineBlock>,
    arguments: &EngineArguments,
    io: &mut Io,
) -> Result<Connection, Failure> {
    let from_environment = |name: &str| (io.environment)(name).filter(|value| !value.is_empty());
    let url = from_environment("VIRTUFORM_URL")
        .or_else(|| Some(block?.url.as_ref()?.value.clone()))
        .ok_or_else(|| missing("url", "VIRTUFORM_URL"))?;
    let username = from_environment("VIRTUFORM_USERNAME")
        .or_else(|| Some(block?.username.as_ref()?.value.clone()))
        .ok_or_else(|| missing("username", "VIRTUFORM_USERNAME"))?;
    let password = from_environment("VIRTUFORM_PASSWORD")
        .or_else(|| Some(block?.password.as_ref()?.value.reveal().to_owned()))
        .ok_or_else(|| missing("password", "VIRTUFORM_PASSWORD"))?;
    let ca_file = from_environment("VIRTUFORM_CA_FILE").map(PathBuf::from);
    let trust = if arguments.insecure {
        let text = "WARNING: --insecure: whoever answers is believed, and gets to see the password";
        let text = io.err_screen().ink(render::Ink::Red, text);
        io.talk(&format!("{text}\n"));
        Trust::Insecure
    } else {
        trust(ca_file, block)?
    };
    let url = EngineUrl::parse(&url)
        .map_err(|bad| Failure::new(bad.to_string()).hint(bad.hint().to_owned()))?;
    let https = Https::new(HttpsOptions { ca: trust, ..HttpsOptions::default() })
        .map_err(|bad| Failure::new("the certificates to trust cannot be used").because(bad))?;
    let address = url.api();
    let settings = Settings::new(url, username, password, (io.random)());
    Ok(Connection { client: Arc::new(Client::new(settings, Arc::new(https))), url: address })
}

fn missing(what: &str, variable: &str) -> Failure {
    Failure::new(format!("the engine's {what} is not given"))
        .hint(format!("write `engine: {{ {what}: ... }}` in a manifest, or set `{variable}`"))
}

fn trust(ca_file: Option<PathBuf>, block: Option<&EngineBlock>) -> Result<Trust, Failure> {
    let read = |path: &Path| match std::fs::read_to_string(path) {
        Ok(pem) => Ok(Trust::Pem(pem)),
        Err(error) => {
            let message = format!("could not read the certificates `{}`", render::path(path));
            Err(Failure::new(message).because(error))
        }
    };
    if let Some(path) = ca_file {
        return read(&path);
    }
    match block {
        Some(EngineBlock { ca_file: Some(path), .. }) => read(&path.value),
        Some(EngineBlock { ca_pem: Some(pem), .. }) => Ok(Trust::Pem(pem.value.clone())),
        _ => Ok(Trust::SystemRoots),
    }
}

/// A ledger that speaks of another engine would have everything made a second time.
pub fn check_engine(ledger: &Ledger, url: &str) -> Result<(), Failure> {
    match &ledger.engine {
        Some(known) if known != url => Err(Failure::new(format!(
            "the state belongs to the engine at `{known}`, not to `{url}`"
        ))
        .hint("give each engine a state of its own with `--state`")),
        _ => Ok(()),
    }
}

/// Reads the engine and plans. Writes nothing anywhere.
pub async fn decide<E: Engine>(
    engine: &Arc<E>,
    desired: &Desired,
    ledger: &Ledger,
    limits: &Limits,
    sources: &[Source],
) -> Result<Decision, Failure> {
    let settled = settle(&**engine, ledger, KINDS).await?;
    let mut ledger = ledger.clone();
    settled.iter().for_each(|line| ledger.learn(line));
    let observed = observe(engine, &Scope::of(desired, &ledger)).await?;
    let plan = plan(desired, &observed, &ledger, limits)
        .map_err(|problems| Failure::Problems { problems, sources: sources.to_vec() })?;
    Ok(Decision { observed, plan, settled })
}
