//! `virtuform demo`: a data center comes to be on a simulated engine, drifts and is repaired.
//!
//! Nothing here is staged: the engine answers over HTTPS, and what runs are `plan` and `apply`.

mod drift;

use std::path::{Path, PathBuf};

use crate::apply::Pace;
use crate::manifest::Source;
use crate::plan::{Limits, Plan};
use crate::simulated::server::{ServeOptions, Server, serve};
use crate::simulated::{Options, Simulated};
use crate::state::{Book, LocalStore};

use super::arguments::{DemoArguments, EngineArguments, Format, RunArguments};
use super::desk::{self, Connection, Loaded};
use super::execute::{Job, execute};
use super::outline::Outline;
use super::render::{self, Ink, Screen};
use super::{Exit, Failure, Io, plan, runtime};

macro_rules! example {
    ($name:literal) => {
        ($name, include_str!(concat!("../../examples/datacenter/", $name)))
    };
}

/// The manifests, so that the demo runs from anywhere.
const MANIFESTS: &[(&str, &str)] = &[
    example!("apps.yaml"),
    example!("databases.yaml"),
    example!("engine.yaml"),
    example!("networks.yaml"),
    example!("site.yaml"),
    example!("storage.yaml"),
    example!("tags.yaml"),
    example!("templates.yaml"),
    example!("web.yaml"),
];

/// How many resources of a long plan are shown.
const SHOWN: usize = 8;

/// Runs the demo. It fails if anything is not as it should be.
pub fn run(arguments: &DemoArguments, io: &mut Io) -> Result<Exit, Failure> {
    let folder = tempfile::tempdir()
        .map_err(|error| Failure::new("could not make a temporary folder").because(error))?;
    runtime()?.block_on(async {
        let address = ([127, 0, 0, 1], 0).into();
        let options = ServeOptions { address, speed: arguments.speed, ..Default::default() };
        let server = serve(Simulated::new(Options::default()), options)
            .await
            .map_err(|error| Failure::new("could not start the engine").because(error))?;
        let ca_file = folder.path().join("engine-ca.pem");
        std::fs::write(&ca_file, &server.ca_pem)
            .map_err(|error| Failure::new("could not write its certificate").because(error))?;
        let environment = environment(&server.url, &ca_file);
        let mut io = Io {
            out: &mut *io.out,
            err: &mut *io.err,
            input: &mut *io.input,
            environment: &|name| environment(name).or_else(|| (io.environment)(name)),
            terminals: io.terminals,
            clock: io.clock,
            random: io.random,
            signals: io.signals,
        };
        let outcome = story(&server, folder.path(), &mut io).await;
        server.stop().await;
        outcome
    })
}

/// What the manifests and the client take from the environment.
fn environment(url: &str, ca_file: &Path) -> impl Fn(&str) -> Option<String> + Sync + use<> {
    let Options { username, password, .. } = Options::default();
    let (url, ca_file) = (url.to_owned(), ca_file.display().to_string());
    move |name| {
        Some(match name {
            "VIRTUFORM_URL" => url.clone(),
            "VIRTUFORM_CA_FILE" => ca_file.clone(),
            "VIRTUFORM_USERNAME" => username.clone(),
            "VIRTUFORM_PASSWORD" => password.clone(),
            "HOST_ROOT_PASSWORD" => "a password for hosts that do not exist".to_owned(),
            _ => return None,
        })
    }
}

async fn story(server: &Server, folder: &Path, io: &mut Io<'_>) -> Result<Exit, Failure> {
    let texts = MANIFESTS
        .iter()
        .map(|(name, text)| Source {
            name: Path::new("examples/datacenter").join(name),
            text: (*text).to_owned(),
        })
        .collect();
    let loaded = desk::load_texts(texts, Vec::new(), &[], io)?;
    let stage = Stage { loaded: &loaded, state: folder.join(LocalStore::NAME) };
    let resources = render::count(loaded.manifest.desired.resources.len(), "resource");
    say(io, &format!("a simulated engine answers at {}", server.url))?;
    say(io, &format!("examples/datacenter describes {resources} for it"))?;

    say(io, "\n$ virtuform apply --yes")?;
    stage.apply(shortened, io).await?;
    say(io, "\n$ virtuform plan")?;
    nothing_to_do(&stage.plan(io).await?)?;

    say(io, "\nmeanwhile, somebody uses the web interface:")?;
    for said in drift::drift(server)? {
        say(io, &format!("  {said}"))?;
    }
    say(io, "\n$ virtuform plan")?;
    drift::found(&stage.plan(io).await?)?;
    say(io, "\n$ virtuform apply --yes")?;
    stage.apply(summarised, io).await?;
    say(io, "\n$ virtuform plan")?;
    nothing_to_do(&stage.plan(io).await?)?;

    let requests = simulated(server).requests().len();
    say(io, &format!("\nall is as described; the engine answered {requests} requests"))?;
    Ok(Exit::Done)
}

/// A line of the story.
fn say(io: &mut Io, line: &str) -> Result<(), Failure> {
    let screen = io.out_screen();
    let start = line.len() - line.trim_start_matches('\n').len();
    let (space, line) = line.split_at(start);
    let ink = if line.starts_with('$') { Ink::Bold } else { Ink::Cyan };
    Ok(io.data(&format!("{space}{}\n", screen.ink(ink, line)))?)
}

fn simulated(server: &Server) -> std::sync::MutexGuard<'_, Simulated> {
    server.simulated.lock().unwrap_or_else(std::sync::PoisonError::into_inner)
}

/// What all commands of the demo share.
struct Stage<'a> {
    loaded: &'a Loaded,
    state: PathBuf,
}

impl Stage<'_> {
    fn connect(&self, io: &mut Io) -> Result<Connection, Failure> {
        let engine = self.loaded.manifest.engine.as_ref();
        desk::connect(engine, &EngineArguments::default(), io)
    }

    async fn plan(&self, io: &mut Io<'_>) -> Result<Plan, Failure> {
        let Loaded { manifest, sources } = self.loaded;
        let connection = self.connect(io)?;
        let ledger = Book::read(&LocalStore::new(&self.state))?;
        let ledger = ledger.unwrap_or_else(|| plan::fresh_ledger(io));
        let limits = Limits::default();
        let desired = &manifest.desired;
        let decision = desk::decide(&connection.client, desired, &ledger, &limits, sources).await?;
        connection.client.close().await;
        io.data(&render::plan(&decision.plan, io.out_screen()))?;
        Ok(decision.plan)
    }

    async fn apply(
        &self,
        show: fn(&Plan, Screen) -> String,
        io: &mut Io<'_>,
    ) -> Result<(), Failure> {
        let connection = self.connect(io)?;
        let run = RunArguments { yes: true, parallelism: 10, format: Format::Text };
        let job = Job {
            doing: "apply",
            desired: &self.loaded.manifest.desired,
            loaded: self.loaded,
            state: &self.state,
            connection: &connection,
            limits: Limits::default(),
            run: &run,
            saved: None,
            show,
            // The engine's time is fast.
            pace: Pace { first: Pace::default().first / 20, longest: Pace::default().longest / 10 },
        };
        execute(&job, io).await.map(|_| ())
    }
}

/// The first resources of a plan, and its summary.
fn shortened(plan: &Plan, screen: Screen) -> String {
    let outline = Outline::of(plan);
    let mut out = String::new();
    for group in outline.groups.iter().take(SHOWN) {
        render::group(&mut out, group, plan, screen);
    }
    if outline.groups.len() > SHOWN {
        let more = outline.groups.len() - SHOWN;
        out.push_str(&screen.ink(Ink::Dim, &format!("... and {more} more resources\n")));
    }
    out.push('\n');
    render::rest(&mut out, plan, &outline, screen);
    out
}

/// The summary alone, of a plan that has just been shown.
fn summarised(plan: &Plan, _: Screen) -> String {
    format!("{}\n", render::summary(&Outline::of(plan)))
}

fn nothing_to_do(plan: &Plan) -> Result<(), Failure> {
    if plan.steps.is_empty() && plan.records.is_empty() && plan.refusals.is_empty() {
        return Ok(());
    }
    Err(Failure::new("there was to be nothing to do after an apply; this is a mistake of ours"))
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_demo_has_every_manifest_of_the_example() {
        let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("examples/datacenter");
        let mut files: Vec<_> = folder
            .read_dir()
            .unwrap()
            .map(|entry| entry.unwrap().file_name().into_string().unwrap())
            .collect();
        files.sort();
        assert_eq!(files, MANIFESTS.iter().map(|(name, _)| *name).collect::<Vec<_>>());
    }
}
