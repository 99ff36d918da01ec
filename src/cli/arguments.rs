//! What can be said on the command line. Secrets cannot: every process sees what an argument holds.

use std::path::PathBuf;

use clap::{Args, Parser, Subcommand, ValueEnum};

use crate::plan::Limits;
use crate::simulated::Lab;
use crate::state::LocalStore;

/// Keeps an oVirt environment as its owners wrote it down.
#[derive(Debug, Parser)]
#[command(name = "virtuform", version, max_term_width = 100)]
#[command(
    disable_help_subcommand = true,
    subcommand_required = true,
    arg_required_else_help = true
)]
pub struct Arguments {
    /// What to do.
    #[command(subcommand)]
    pub command: Command,
    /// Show what the program does, on standard error: `debug` ...
    #[arg(long, global = true, value_name = "FILTER", hide_short_help = true, display_order = 99)]
    pub log: Option<String>,
}

/// The commands.
#[derive(Debug, Subcommand)]
pub enum Command {
    /// Check the manifests without asking the engine
    Validate(ManifestArguments),
    /// Show what differs from the manifests, and what closing the difference takes
    Plan(PlanArguments),
    /// Close the difference: plan, ask, do
    Apply(ApplyArguments),
    /// Remove everything that the state holds
    Destroy(DestroyArguments),
    /// Take what exists already into the state, without changing it
    Import(ImportArguments),
    /// Write manifests of what the engine has
    Export(ExportArguments),
    /// Show a saved plan, or what the state holds
    Show(ShowArguments),
    /// Look at anything of the live engine: machines, events, statistics ...
    Get(GetArguments),
    /// Call an action of the API: `invoke vms/web-01 reboot`
    Invoke(InvokeArguments),
    /// Say what manifests can hold: all kinds, a kind, or an attribute
    Explain(ExplainArguments),
    /// Write the JSON Schema of manifests, for editors
    Schema,
    /// Run a simulated engine to learn and test with
    Simulate(SimulateArguments),
    /// Watch a whole data center come to be, drift and be repaired, on a simulated engine
    Demo(DemoArguments),
}

/// Where the manifests are and what fills them in.
#[derive(Args, Clone, Debug, Default)]
pub struct ManifestArguments {
    /// A manifest or a folder of them; `-` for standard input [default: the working folder]
    #[arg(short = 'f', long = "file", value_name = "PATH")]
    pub files: Vec<PathBuf>,
    /// Give a variable a value
    #[arg(long = "var", value_name = "NAME=VALUE", value_parser = variable)]
    pub variables: Vec<(String, String)>,
    /// Take values of variables from a file
    #[arg(long = "var-file", value_name = "PATH")]
    pub variable_files: Vec<PathBuf>,
}

fn variable(text: &str) -> Result<(String, String), String> {
    let (name, value) = text.split_once('=').ok_or("it is to be `NAME=VALUE`")?;
    Ok((name.to_owned(), value.to_owned()))
}

/// Where the ledger is.
#[derive(Args, Clone, Debug)]
pub struct StateArguments {
    /// Where virtuform remembers what it made
    #[arg(long, value_name = "PATH", default_value = LocalStore::NAME)]
    pub state: PathBuf,
}

/// How the engine is spoken to.
#[derive(Args, Clone, Debug, Default)]
pub struct EngineArguments {
    /// Believe whoever answers at the engine's address, and show them the password
    #[arg(long)]
    pub insecure: bool,
}

/// What is wanted, what is known, and what there is.
#[derive(Args, Clone, Debug)]
pub struct SiteArguments {
    /// Which manifests.
    #[command(flatten)]
    pub manifests: ManifestArguments,
    /// Which state.
    #[command(flatten)]
    pub state: StateArguments,
    /// How the engine is spoken to.
    #[command(flatten)]
    pub engine: EngineArguments,
}

/// How far a plan may go.
#[derive(Args, Clone, Debug, Default)]
pub struct LimitArguments {
    /// Let these be destroyed with their data, or replaced: `vms/old-*`
    #[arg(long, value_name = "PATTERN")]
    pub allow_destroy: Vec<String>,
    /// Let these be restarted, or stopped by force: `vms/web-*`
    #[arg(long, value_name = "PATTERN")]
    pub allow_restart: Vec<String>,
    /// Remove at most so many resources [default: 10, or a fifth of all]
    #[arg(long, value_name = "NUMBER")]
    pub max_deletions: Option<usize>,
}

impl LimitArguments {
    /// The limits. A number that was given is the only one that counts.
    pub fn limits(&self) -> Limits {
        let usual = Limits::default();
        Limits {
            allow_destroy: self.allow_destroy.clone(),
            allow_restart: self.allow_restart.clone(),
            max_deletions: self.max_deletions.unwrap_or(usual.max_deletions),
            max_deletions_percent: match self.max_deletions {
                Some(_) => 0,
                None => usual.max_deletions_percent,
            },
        }
    }
}

/// How results are written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Format {
    /// For people.
    #[default]
    Text,
    /// For programs.
    Json,
}

/// `plan`.
#[derive(Args, Clone, Debug)]
pub struct PlanArguments {
    /// What it is about.
    #[command(flatten)]
    pub site: SiteArguments,
    /// How far it may go.
    #[command(flatten)]
    pub limits: LimitArguments,
    /// Save the plan, to apply exactly this one later
    #[arg(short = 'o', long = "out", value_name = "FILE")]
    pub out: Option<PathBuf>,
    /// Exit with 2 if there is anything to do
    #[arg(long)]
    pub detailed_exitcode: bool,
    /// How the plan is written; json is laid out as Terraform's plans are
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

/// `apply`.
#[derive(Args, Clone, Debug)]
pub struct ApplyArguments {
    /// A plan saved by `plan -o`
    #[arg(value_name = "PLAN", conflicts_with_all = ["files", "variable_files", "allow_destroy",
        "allow_restart", "max_deletions", "state"])]
    pub plan: Option<PathBuf>,
    /// What it is about.
    #[command(flatten)]
    pub site: SiteArguments,
    /// How far it may go.
    #[command(flatten)]
    pub limits: LimitArguments,
    /// How it is run.
    #[command(flatten)]
    pub run: RunArguments,
}

/// How steps are run.
#[derive(Args, Clone, Debug)]
pub struct RunArguments {
    /// Do not ask
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// How many calls run at the same time
    #[arg(long, value_name = "NUMBER", default_value_t = 10, value_parser = parallelism)]
    pub parallelism: usize,
    /// How progress is written; json is one event a line
    #[arg(long, value_enum, default_value_t)]
    pub format: Format,
}

fn parallelism(text: &str) -> Result<usize, String> {
    match text.parse() {
        Ok(number @ 1..=256) => Ok(number),
        _ => Err("it is to be a number from 1 to 256".to_owned()),
    }
}

/// `destroy`.
#[derive(Args, Clone, Debug)]
pub struct DestroyArguments {
    /// What it is about.
    #[command(flatten)]
    pub site: SiteArguments,
    /// Let these be destroyed with their data: `vms/old-*`
    #[arg(long, value_name = "PATTERN")]
    pub allow_destroy: Vec<String>,
    /// How it is run.
    #[command(flatten)]
    pub run: RunArguments,
}

/// `import`.
#[derive(Args, Clone, Debug)]
pub struct ImportArguments {
    /// The resources that are to be imported: `vms/web-*` [default: all]
    #[arg(value_name = "ADDRESS")]
    pub address: Option<String>,
    /// The engine's id of the object that one resource is to be, whatever its name
    #[arg(value_name = "ID")]
    pub id: Option<String>,
    /// What it is about.
    #[command(flatten)]
    pub site: SiteArguments,
    /// Do not ask
    #[arg(short = 'y', long)]
    pub yes: bool,
}

/// `export`.
#[derive(Args, Clone, Debug)]
pub struct ExportArguments {
    /// What to export, with all that it needs: `vms/web-*` [default: everything]
    #[arg(value_name = "PATTERN")]
    pub patterns: Vec<String>,
    /// Write a file for each section into this folder
    #[arg(short = 'o', long = "out", value_name = "FOLDER")]
    pub out: Option<PathBuf>,
    /// Replace files that are there
    #[arg(long, requires = "out")]
    pub overwrite: bool,
    /// Which manifests say where the engine is.
    #[command(flatten)]
    pub manifests: ManifestArguments,
    /// How the engine is spoken to.
    #[command(flatten)]
    pub engine: EngineArguments,
}

/// `show`.
#[derive(Args, Clone, Debug)]
pub struct ShowArguments {
    /// A plan saved by `plan -o`; without one, the state is shown
    #[arg(value_name = "PLAN")]
    pub plan: Option<PathBuf>,
    /// Which state.
    #[command(flatten)]
    pub state: StateArguments,
    /// Write JSON
    #[arg(long)]
    pub json: bool,
}

/// `get`.
#[derive(Args, Clone, Debug)]
pub struct GetArguments {
    /// What to look at: `vms`, `vms/web-01`, `vms/web-*`, `hosts/*/nics`; all sections without it
    #[arg(value_name = "ADDRESS")]
    pub what: Vec<String>,
    /// Only what this finds, in the engine's language: `severity=error`
    #[arg(long, value_name = "SEARCH")]
    pub search: Option<String>,
    /// At most so many
    #[arg(long, value_name = "NUMBER")]
    pub max: Option<usize>,
    /// How it is written
    #[arg(short = 'o', long, value_enum, default_value_t)]
    pub output: Output,
    /// Which manifests; they say where the engine is, unless the environment does.
    #[command(flatten)]
    pub manifests: ManifestArguments,
    /// How the engine is spoken to.
    #[command(flatten)]
    pub engine: EngineArguments,
}

/// How what `get` finds is written.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq, ValueEnum)]
pub enum Output {
    /// What people look for first, in columns.
    #[default]
    Table,
    /// All of it, for people.
    Yaml,
    /// All of it, for programs.
    Json,
    /// All of it, as the engine says it.
    Xml,
    /// Addresses, one a line.
    Name,
}

/// `invoke`.
#[derive(Args, Clone, Debug)]
pub struct InvokeArguments {
    /// On what: `vms/web-01`
    #[arg(value_name = "ADDRESS")]
    pub address: String,
    /// What the API calls it: `migrate`
    #[arg(value_name = "ACTION")]
    pub action: String,
    /// Give a parameter: `host=hosts/kvm-02`, `vm.name=copy`
    #[arg(short = 'p', long = "param", value_name = "NAME=VALUE", value_parser = variable)]
    pub parameters: Vec<(String, String)>,
    /// Wait until the engine's job is over
    #[arg(long)]
    pub wait: bool,
    /// Do not ask
    #[arg(short = 'y', long)]
    pub yes: bool,
    /// Which manifests; they say where the engine is, unless the environment does.
    #[command(flatten)]
    pub manifests: ManifestArguments,
    /// How the engine is spoken to.
    #[command(flatten)]
    pub engine: EngineArguments,
}

/// `explain`.
#[derive(Args, Clone, Debug)]
pub struct ExplainArguments {
    /// What to explain: `vm`, `vm.cpu`, `vm.nics`; all kinds without it
    #[arg(value_name = "KIND[.ATTRIBUTE]")]
    pub what: Option<String>,
}

/// `simulate`.
#[derive(Args, Clone, Debug)]
pub struct SimulateArguments {
    /// What there is from the start: `lab`, or `lab:500` with 500 machines
    #[arg(long, value_name = "SITE", value_parser = lab)]
    pub with: Option<Lab>,
    /// Where it answers
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8443")]
    pub listen: std::net::SocketAddr,
    /// How much faster than a real engine's its time goes; 0 stops it
    #[arg(long, value_name = "TIMES", default_value_t = 60.0, value_parser = speed_or_none)]
    pub speed: f64,
    /// What all chance is drawn from
    #[arg(long, value_name = "NUMBER", default_value_t = 0)]
    pub seed: u64,
    /// Where its certificate authority is written
    #[arg(long, value_name = "PATH", default_value = "simulated-ca.pem")]
    pub ca_file: PathBuf,
    /// The administrator's name
    #[arg(long, value_name = "NAME", default_value = "admin@internal", value_parser = username)]
    pub username: String,
    /// Holds the password [default: $SIMULATED_PASSWORD, or `secret`]
    #[arg(long, value_name = "PATH")]
    pub password_file: Option<PathBuf>,
    /// Ignore what a real engine ignores, instead of refusing it
    #[arg(long)]
    pub lenient: bool,
    /// Start from this file if it is there, and save to it in the end
    #[arg(long, value_name = "FILE")]
    pub snapshot: Option<PathBuf>,
    /// Make the trouble that this file plans: latency, errors, restarts ...
    #[arg(long, value_name = "FILE")]
    pub trouble: Option<PathBuf>,
    /// Hold slow commands' connections as long as a real engine does
    #[arg(long)]
    pub realistic: bool,
    /// Write each request to this file, as a line of JSON
    #[arg(long, value_name = "FILE")]
    pub request_log: Option<PathBuf>,
    /// Let tests control time and trouble at `/simulated`, without a password
    #[arg(long)]
    pub control: bool,
}

fn speed(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(number) if number.is_finite() && number > 0.0 => Ok(number),
        _ => Err("it is to be a number above 0".to_owned()),
    }
}

fn speed_or_none(text: &str) -> Result<f64, String> {
    match text.parse::<f64>() {
        Ok(0.0) => Ok(0.0),
        _ => speed(text).map_err(|_| "it is to be a number, at least 0".to_owned()),
    }
}

fn username(text: &str) -> Result<String, String> {
    match text.rsplit_once('@') {
        Some((name, profile)) if !name.is_empty() && !profile.is_empty() => Ok(text.to_owned()),
        _ => Err("it is to be `NAME@PROFILE`, such as `admin@internal`".to_owned()),
    }
}

/// More machines than an engine can have.
const MOST_MACHINES: usize = 100_000;

fn lab(text: &str) -> Result<Lab, String> {
    match text.split_once(':').map(|(name, vms)| (name, vms.parse())) {
        None if text == "lab" => Ok(Lab::default()),
        Some(("lab", Ok(vms @ 0..=MOST_MACHINES))) => Ok(Lab::large(vms)),
        _ => Err(format!("it is to be `lab`, or `lab:NUMBER` with up to {MOST_MACHINES} machines")),
    }
}

/// `demo`.
#[derive(Args, Clone, Debug)]
pub struct DemoArguments {
    /// How much faster than a real engine's its time goes
    #[arg(long, value_name = "TIMES", default_value_t = 10.0, value_parser = speed)]
    pub speed: f64,
}
