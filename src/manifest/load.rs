//! All manifests together.

use std::fs::File;
use std::io;
use std::path::Path;

use crate::resources::Kind;
use crate::state::{Desired, Location, Problem, Problems};

use super::catalogue::Catalogue;
use super::engine::EngineBlock;
use super::history;
use super::limits;
use super::reader::{Reader, Scope};
use super::resource::{Above, Sections};
use super::source::Source;
use super::tree::{Content, Entry, Key, Node};
use super::wording::{instead_of, listed, shown};

/// What manifests are read against.
pub struct Options<'a> {
    /// The kinds that manifests may hold.
    pub kinds: &'a [&'static Kind],
    /// Values of variables given one by one, as names with texts; later ones win.
    pub variables: &'a [(String, String)],
    /// Files with values of variables, as mappings; later ones win, `variables` over all.
    pub variable_files: &'a [Source],
    /// Looks up a variable of the environment: for secrets, and `VIRTUFORM_VAR_x` for variables.
    pub environment: &'a dyn Fn(&str) -> Option<String>,
    /// Reads a file, for secrets.
    pub read_file: &'a dyn Fn(&Path) -> io::Result<String>,
    /// Opens a file, to look at the image in it.
    pub open_file: &'a dyn Fn(&Path) -> io::Result<File>,
}

/// What all manifests together say.
#[derive(Clone, Debug)]
pub struct Manifest {
    /// What is wanted.
    pub desired: Desired,
    /// Which engine it is wanted of.
    pub engine: Option<EngineBlock>,
    /// What is not wrong but should not be so, such as a password in a manifest.
    pub warnings: Vec<Problem>,
}

/// Reads manifests; all that is wrong in any of them comes back at once.
///
/// Resources keep the order of the sources and of the text, parents before children.
pub fn load(sources: &[Source], options: &Options) -> Result<Manifest, Problems> {
    let mut reader = Reader::new(options);
    let documents = documents(&mut reader, sources);

    let catalogue = Catalogue::new(options.kinds);
    let mut desired = Desired::default();
    let engine = engine(&mut reader, &documents);
    for document in &documents {
        sections(&mut reader, &catalogue, document, &mut desired);
    }
    for (_, value) in blocks(&documents, "moved") {
        reader.moved(&catalogue, value, &mut desired);
    }
    for (_, value) in blocks(&documents, "removed") {
        reader.removed(&catalogue, value, &mut desired);
    }
    history::check(&mut reader, &desired);
    reader.finish(Manifest { desired, engine, warnings: Vec::new() })
}

/// Reads of manifests where the engine is, and nothing else: whatever is wrong with the rest does
/// not matter to who only looks.
///
/// # Errors
/// As [`load`].
pub fn load_engine(sources: &[Source], options: &Options) -> Result<Manifest, Problems> {
    let mut reader = Reader::new(options);
    let documents = documents(&mut reader, sources);
    let engine = engine(&mut reader, &documents);
    reader.finish(Manifest { desired: Desired::default(), engine, warnings: Vec::new() })
}

/// The texts as trees, with what variables stand for.
fn documents(reader: &mut Reader, sources: &[Source]) -> Vec<Node> {
    let parsed = sources.iter().map(|source| reader.parse(&source.name, &source.text));
    let documents: Vec<Node> = parsed.flatten().collect();
    reader.variables(blocks(&documents, "variables").map(|(_, value)| value));
    documents
}

/// The sections that are not of a kind.
const BLOCKS: [&str; 4] = ["engine", "variables", "moved", "removed"];

/// The blocks of that name, of all documents.
fn blocks<'d>(documents: &'d [Node], name: &str) -> impl Iterator<Item = (&'d Key, &'d Node)> {
    let entries = documents.iter().flat_map(|document| match &document.content {
        Content::Mapping(entries) => &entries[..],
        _ => &[],
    });
    entries.filter(move |entry| &*entry.key.text == name).map(|entry| (&entry.key, &entry.value))
}

fn engine(reader: &mut Reader, documents: &[Node]) -> Option<EngineBlock> {
    let mut first: Option<EngineBlock> = None;
    for (key, value) in blocks(documents, "engine") {
        match &first {
            None => first = reader.engine(key.at, value),
            Some(before) => {
                let message = format!("it is described already at {}", before.at);
                reader.problem(&Scope::block("engine"), key.at, &message);
            }
        }
    }
    first
}

fn sections(reader: &mut Reader, catalogue: &Catalogue, document: &Node, desired: &mut Desired) {
    let Content::Mapping(entries) = &document.content else {
        if !document.is_null() {
            let hint = "a manifest is a mapping of sections: `vms: { web: { … } }`".to_owned();
            let message = "this is not a manifest";
            reader.problem_with(&Scope::block(""), document.at, message, hint);
        }
        return;
    };
    for Entry { key, value } in entries.iter() {
        if let Some(&index) = catalogue.roots.get(&*key.text) {
            let mut sections = Sections { reader, catalogue, desired };
            sections.section(Above { parent: None, each: &[] }, index, value);
        } else if !BLOCKS.contains(&&*key.text) {
            unknown(reader, catalogue, key);
        }
    }
}

fn unknown(reader: &mut Reader, catalogue: &Catalogue, key: &Key) {
    let word = &*key.text;
    let message = format!("there is no section `{}`", shown(word));
    let is_referred = |kind: &&&Kind| kind.section == word && !kind.managed;
    let holders = catalogue.holders(word);
    let hint = if let Some(kind) = reader.options.kinds.iter().find(is_referred) {
        Some(format!("a {} can be referred to, not managed", kind.name))
    } else if !holders.is_empty() {
        Some(format!("`{word}` stands below a resource of {}", listed(&holders)))
    } else {
        let mut all: Vec<&str> = BLOCKS.to_vec();
        all.extend(catalogue.roots.keys());
        instead_of(word, &all)
    };
    reader.problem_with(&Scope::block(""), key.at, &message, hint);
}

impl Reader<'_> {
    /// Tells a problem at a place that is not of a tree.
    pub(super) fn problem_at(&mut self, at: &Location, message: String) {
        self.problems.push(Problem::at(at, message));
    }

    fn finish(mut self, manifest: Manifest) -> Result<Manifest, Problems> {
        self.problems.0.sort_by(|a, b| a.at.cmp(&b.at));
        if self.problems.0.len() >= limits::PROBLEMS {
            self.problems.0.truncate(limits::PROBLEMS);
            let message = format!("these are the first {} problems", limits::PROBLEMS);
            self.problems.push(Problem::new(message).hint("put them right and look again"));
        }
        let warnings = std::mem::take(&mut self.warnings);
        self.problems.or(Manifest { warnings, ..manifest })
    }
}
