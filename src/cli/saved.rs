//! A plan in a file: its steps, what it rests on, and no secret.

use std::collections::BTreeMap;
use std::fs::File;
use std::io::{Read, Write};
use std::path::{Path, PathBuf};

use serde::{Deserialize, Serialize};
use serde_json::{Value as Json, json};
use similar::TextDiff;

use crate::engine::printable;
use crate::plan::{Limits, Plan, Record, Step};
use crate::resources::{Address, Fields, Reference, Value};
use crate::state::Observed;

use super::arguments::{ManifestArguments, PlanArguments};
use super::desk::{Decision, Loaded};
use super::render::{Screen, path as shown};
use super::{Failure, json, render};

/// The form that this version writes.
const FORMAT: u32 = 1;

/// The largest file that is read, in bytes: far beyond any plan.
const LARGEST: u64 = 1 << 30;

/// A saved plan.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct Saved {
    /// The version of this form.
    pub virtuform_plan: u32,
    /// The plan as it was shown.
    pub text: String,
    /// The plan in Terraform's layout.
    pub plan: Json,
    /// The steps, whole but for the values of secrets.
    pub steps: Vec<Json>,
    /// What the ledger alone learns.
    pub records: Vec<Json>,
    /// Whether a guard refused it.
    pub refused: bool,
    /// What it rests on.
    pub rests_on: RestsOn,
}

/// What a saved plan rests on.
#[derive(Clone, Debug, PartialEq, Serialize, Deserialize)]
pub struct RestsOn {
    /// The address of the engine.
    pub engine: String,
    /// The files and folders of manifests, as they were given.
    pub files: Vec<PathBuf>,
    /// The files of variables.
    pub variable_files: Vec<PathBuf>,
    /// The names of the variables that were given one by one; their values may be secret.
    pub variables: Vec<String>,
    /// Where the state is.
    pub state: PathBuf,
    /// Digests of the texts of manifests and files of variables, by path.
    pub manifests: BTreeMap<PathBuf, String>,
    /// Digests of the objects that the steps are about, as they were found.
    pub objects: BTreeMap<Address, String>,
    /// Patterns of what may be destroyed.
    pub allow_destroy: Vec<String>,
    /// Patterns of what may be restarted.
    pub allow_restart: Vec<String>,
    /// The most removals, if that was said.
    pub max_deletions: Option<usize>,
}

impl Saved {
    /// A plan as a file.
    pub fn new(
        arguments: &PlanArguments,
        loaded: &Loaded,
        decision: &Decision,
        engine: &str,
    ) -> Self {
        let Decision { plan, observed, .. } = decision;
        let limits = &arguments.limits;
        Self {
            virtuform_plan: FORMAT,
            text: render::plan(plan, Screen::PLAIN),
            plan: json::plan(plan, observed),
            steps: steps(plan),
            records: records(plan),
            refused: !plan.refusals.is_empty(),
            rests_on: RestsOn {
                engine: engine.to_owned(),
                files: arguments.site.manifests.files.clone(),
                variable_files: arguments.site.manifests.variable_files.clone(),
                variables: names(&arguments.site.manifests.variables),
                state: arguments.site.state.state.clone(),
                manifests: digests(loaded),
                objects: objects(plan, observed),
                allow_destroy: limits.allow_destroy.clone(),
                allow_restart: limits.allow_restart.clone(),
                max_deletions: limits.max_deletions,
            },
        }
    }

    /// Writes it, readable by its owner alone.
    pub fn write(&self, path: &Path) -> Result<(), Failure> {
        let fail = || Failure::new(format!("could not write `{}`", shown(path)));
        let text = serde_json::to_string_pretty(self).expect("a saved plan is plain data");
        let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty());
        // A temporary file is its owner's alone, and stays so under its new name.
        let mut file = tempfile::NamedTempFile::new_in(folder.unwrap_or(Path::new(".")))
            .map_err(|error| fail().because(error))?;
        writeln!(file, "{text}").map_err(|error| fail().because(error))?;
        file.persist(path).map_err(|error| fail().because(error.error))?;
        Ok(())
    }

    /// Reads one.
    pub fn read(path: &Path) -> Result<Self, Failure> {
        let fail = || Failure::new(format!("could not read the plan `{}`", shown(path)));
        let mut text = Vec::new();
        let file = File::open(path).map_err(|error| fail().because(error))?;
        file.take(LARGEST).read_to_end(&mut text).map_err(|error| fail().because(error))?;
        let mut saved: Self = serde_json::from_slice(&text).map_err(|error| {
            fail().because(error).hint("`virtuform plan -o FILE` makes such files")
        })?;
        // Whoever wrote the file, it is going to be printed.
        let lines: Vec<_> = saved.text.lines().map(printable).collect();
        saved.text = lines.join("\n") + "\n";
        if saved.virtuform_plan != FORMAT {
            return Err(fail().hint("another version of virtuform has made it: plan again"));
        }
        Ok(saved)
    }

    /// What has to be said again, as the file does not hold values of variables.
    pub fn manifests(&self, given: &ManifestArguments) -> Result<ManifestArguments, Failure> {
        let RestsOn { files, variable_files, variables, .. } = &self.rests_on;
        if names(&given.variables) != *variables {
            let list = variables.iter().map(|name| format!("`--var {name}=…`"));
            return Err(Failure::new("the plan was made with other variables").hint(
                match variables.as_slice() {
                    [] => "leave `--var` out".to_owned(),
                    _ => format!("give {} again", list.collect::<Vec<_>>().join(", ")),
                },
            ));
        }
        Ok(ManifestArguments {
            files: files.clone(),
            variables: given.variables.clone(),
            variable_files: variable_files.clone(),
        })
    }

    /// The limits that it was made with.
    pub fn limits(&self) -> Limits {
        let RestsOn { allow_destroy, allow_restart, max_deletions, .. } = &self.rests_on;
        super::arguments::LimitArguments {
            allow_destroy: allow_destroy.clone(),
            allow_restart: allow_restart.clone(),
            max_deletions: *max_deletions,
        }
        .limits()
    }

    /// Whether a plan made now has the same steps; else, what has changed.
    pub fn compare(&self, loaded: &Loaded, decision: &Decision) -> Result<(), String> {
        let Decision { plan, observed, .. } = decision;
        if self.steps == steps(plan) && self.records == records(plan) {
            return Ok(());
        }
        let mut said = String::new();
        for file in differing(&self.rests_on.manifests, &digests(loaded)) {
            said.push_str(&format!("changed: {}\n", shown(&file)));
        }
        for address in differing(&self.rests_on.objects, &objects(plan, observed)) {
            said.push_str(&format!("differs on the engine or in the plan: {address}\n"));
        }
        let now = render::plan(plan, Screen::PLAIN);
        let diff = TextDiff::from_lines(&self.text, &now);
        let difference = diff.unified_diff().context_radius(1).header("saved", "now").to_string();
        Err(said + &difference)
    }
}

fn names(variables: &[(String, String)]) -> Vec<String> {
    let mut names: Vec<_> = variables.iter().map(|(name, _)| name.clone()).collect();
    names.sort();
    names.dedup();
    names
}

fn differing<K: Ord + Clone>(old: &BTreeMap<K, String>, new: &BTreeMap<K, String>) -> Vec<K> {
    let changed = old.iter().filter(|(key, digest)| new.get(key) != Some(digest));
    let added = new.keys().filter(|key| !old.contains_key(key));
    changed.map(|(key, _)| key).chain(added).cloned().collect()
}

fn digests(loaded: &Loaded) -> BTreeMap<PathBuf, String> {
    let digest = |text: &str| blake3::hash(text.as_bytes()).to_hex().to_string();
    let sources = loaded.sources.iter();
    sources.map(|source| (source.name.clone(), digest(&source.text))).collect()
}

fn objects(plan: &Plan, observed: &Observed) -> BTreeMap<Address, String> {
    let object = |step: &Step| {
        let id = step.object.as_deref()?;
        let parent = match &step.parent {
            Some(Reference::Id(id)) => Some(id.as_str()),
            _ => None,
        };
        let object = observed.get(step.kind, parent, id)?;
        Some((step.address.clone(), digest(&object.fields)))
    };
    plan.steps.iter().filter_map(object).collect()
}

/// Reads show no secrets, so there is none in the digest.
fn digest(fields: &Fields) -> String {
    let mut hasher = blake3::Hasher::new();
    for (attribute, value) in fields.iter() {
        if !(attribute.fluctuates || matches!(value, Value::Secret(_) | Value::Secrets(_))) {
            hasher.update(format!("{}={value};", attribute.name).as_bytes());
        }
    }
    hasher.finalize().to_hex().to_string()
}

fn steps(plan: &Plan) -> Vec<Json> {
    let step = |step: &Step| {
        json!({
            "id": step.id.0,
            "address": step.address,
            "kind": step.kind.name,
            "action": json::action(&step.action, &plan.names),
            "object": step.object,
            "parent": step.parent.as_ref().map(ToString::to_string),
            "needs": step.needs.iter().map(|need| need.0).collect::<Vec<_>>(),
            "follows": step.follows.iter().map(|before| before.0).collect::<Vec<_>>(),
            "because": step.because,
            "exclusive": step.exclusive,
            "timeout": step.timeout,
        })
    };
    plan.steps.iter().map(step).collect()
}

/// Without digests: their key is another one until there is a state.
fn records(plan: &Plan) -> Vec<Json> {
    let record = |record: &Record| match record {
        Record::Keep { address, entry, adopted } => {
            json!({ "keep": address, "id": entry.id, "adopted": adopted })
        }
        Record::Forget { address, .. } => json!({ "forget": address }),
    };
    plan.records.iter().map(record).collect()
}
