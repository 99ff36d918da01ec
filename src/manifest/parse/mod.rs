//! From text to trees: one for each document of a file.

mod open;

use std::collections::{HashMap, HashSet};
use std::rc::Rc;

use saphyr_parser::{Event, Marker, Parser, ScalarStyle, ScanError, Tag};

use crate::state::{Problem, Problems};

use self::open::{Awaited, Bulk, Holds, Open};
use crate::manifest::files::Files;
use crate::manifest::limits;
use crate::manifest::tree::{Content, Entry, Node, Place, Scalar};
use crate::manifest::wording::shown;

/// Reads the documents of one file. `aliased` is what aliases may still stand for, in nodes.
///
/// A file that is no YAML gives the documents before the one that is broken.
pub(super) fn parse(
    text: &str,
    file: u32,
    files: &Files,
    aliased: &mut usize,
    problems: &mut Problems,
) -> Vec<Node> {
    let mut build = Build {
        file,
        files,
        aliased,
        problems,
        anchors: HashMap::new(),
        open: Vec::new(),
        documents: Vec::new(),
    };
    if let Err(problem) = build.run(text) {
        build.problems.push(problem);
    }
    build.documents
}

/// Builds trees from events. Not recursive, so that depth costs no stack.
struct Build<'b> {
    file: u32,
    files: &'b Files,
    aliased: &'b mut usize,
    problems: &'b mut Problems,
    anchors: HashMap<usize, (Node, Bulk)>,
    open: Vec<Open>,
    documents: Vec<Node>,
}

impl Build<'_> {
    fn run(&mut self, text: &str) -> Result<(), Problem> {
        for event in Parser::new_from_str(text) {
            let (event, span) = event.map_err(|error| {
                let at = self.files.location(self.place(error.marker()));
                let message = format!("this is not YAML: {}", error.info());
                match advice(text, &error) {
                    Some(hint) => Problem::at(&at, message).hint(hint),
                    None => Problem::at(&at, message),
                }
            })?;
            self.take(event, self.place(&span.start), span.is_empty())?;
        }
        Ok(())
    }

    fn take(&mut self, event: Event, at: Place, is_empty: bool) -> Result<(), Problem> {
        match event {
            Event::Scalar(text, style, anchor, tag) => {
                let plain = self.is_plain(style, tag.as_deref(), at);
                let at = if is_empty && plain { self.key_place().unwrap_or(at) } else { at };
                let bulk =
                    Bulk { nodes: 1 + text.len() / limits::SHARED_BYTES_PER_NODE, height: 0 };
                let template = text.contains("${");
                let scalar = Scalar { text: text.as_ref().into(), plain, template };
                self.add(Node { at, content: Content::Scalar(scalar) }, anchor, bulk);
                Ok(())
            }
            Event::Alias(anchor) => self.alias(anchor, at),
            Event::SequenceStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "seq", at);
                self.begin(at, anchor, Holds::List(Vec::new()))
            }
            Event::MappingStart(anchor, tag) => {
                self.check_tag(tag.as_deref(), "map", at);
                let (entries, merges) = (Vec::new(), Vec::new());
                self.begin(at, anchor, Holds::Mapping { entries, merges, key: None })
            }
            Event::SequenceEnd | Event::MappingEnd => {
                self.end();
                Ok(())
            }
            _ => Ok(()),
        }
    }

    fn begin(&mut self, at: Place, anchor: usize, holds: Holds) -> Result<(), Problem> {
        if self.open.len() >= limits::DEPTH {
            return Err(self.too_deep(at));
        }
        self.open.push(Open { at, anchor, bulk: Bulk { nodes: 1, height: 1 }, holds });
        Ok(())
    }

    fn end(&mut self) {
        let Some(Open { at, anchor, bulk, holds }) = self.open.pop() else { return };
        let content = match holds {
            Holds::List(items) => Content::List(items.into()),
            Holds::Mapping { mut entries, merges, .. } => {
                self.refuse_twins(&mut entries);
                self.merge(&mut entries, &merges);
                Content::Mapping(entries.into())
            }
        };
        self.add(Node { at, content }, anchor, bulk);
    }

    /// Puts a finished node where it belongs.
    fn add(&mut self, node: Node, anchor: usize, bulk: Bulk) {
        if anchor != 0 {
            self.anchors.insert(anchor, (node.clone(), bulk));
        }
        let Some(open) = self.open.last_mut() else {
            self.documents.push(node);
            return;
        };
        open.bulk.nodes += bulk.nodes;
        open.bulk.height = open.bulk.height.max(bulk.height + 1);
        if let Err(at) = open.holds.add(node) {
            self.problem(at, "a key has to be a word, not a list or a mapping");
        }
    }

    fn alias(&mut self, anchor: usize, at: Place) -> Result<(), Problem> {
        let Some((node, bulk)) = self.anchors.get(&anchor) else {
            let message = "this alias stands for something that holds the alias itself";
            return Err(Problem::at(&self.files.location(at), message));
        };
        let (node, bulk) = (node.clone(), *bulk);
        if self.open.len() + bulk.height > limits::DEPTH {
            return Err(self.too_deep(at));
        }
        let Some(left) = self.aliased.checked_sub(bulk.nodes) else {
            let most = limits::ALIASED_NODES;
            let message = format!("aliases stand for more than {most} values in all");
            return Err(Problem::at(&self.files.location(at), message));
        };
        *self.aliased = left;
        self.add(node, 0, bulk);
        Ok(())
    }
}

impl Build<'_> {
    /// Merges mappings (`<<`) into one that holds them. What is there already wins.
    fn merge(&mut self, entries: &mut Vec<Entry>, merges: &[Node]) {
        if merges.is_empty() {
            return;
        }
        let mut known: HashSet<Rc<str>> = entries.iter().map(|e| Rc::clone(&e.key.text)).collect();
        for node in merges {
            let Content::Mapping(merged) = &node.content else {
                self.problem(node.at, "`<<` takes a mapping or a list of mappings");
                continue;
            };
            let new = merged.iter().filter(|entry| known.insert(Rc::clone(&entry.key.text)));
            entries.extend(new.cloned());
        }
    }

    /// Keeps the first of the entries that have the same key.
    fn refuse_twins(&mut self, entries: &mut Vec<Entry>) {
        let mut first: HashMap<Rc<str>, Place> = HashMap::with_capacity(entries.len());
        entries.retain(|Entry { key, .. }| {
            let Some(before) = first.insert(Rc::clone(&key.text), key.at) else { return true };
            first.insert(Rc::clone(&key.text), before);
            let before = self.files.location(before);
            let message = format!("the key `{}` is already at {before}", shown(&key.text));
            self.problem(key.at, &message);
            false
        });
    }

    /// Whether a scalar's text decides what it is. `!!str` makes it text like quotes do.
    fn is_plain(&mut self, style: ScalarStyle, tag: Option<&Tag>, at: Place) -> bool {
        let is_core = tag.is_some_and(Tag::is_yaml_core_schema);
        match tag.map(|tag| &*tag.suffix) {
            Some("str") if is_core => return false,
            Some(suffix) if is_core && SCALAR_TAGS.contains(&suffix) => {}
            _ => self.check_tag(tag, "str", at),
        }
        style == ScalarStyle::Plain
    }

    fn check_tag(&mut self, tag: Option<&Tag>, expected: &str, at: Place) {
        let Some(tag) = tag else { return };
        if !tag.is_yaml_core_schema() || tag.suffix != expected {
            let name = if tag.is_yaml_core_schema() { "!!" } else { &*tag.handle };
            let message = format!("the tag `{name}{}` means nothing here", shown(&tag.suffix));
            self.problem(at, &message);
        }
    }

    /// The place of the key whose value comes next.
    fn key_place(&self) -> Option<Place> {
        match &self.open.last()?.holds {
            Holds::Mapping { key: Some(Awaited::Value(key)), .. } => Some(key.at),
            _ => None,
        }
    }

    fn place(&self, marker: &Marker) -> Place {
        let number = |n: usize| u32::try_from(n).unwrap_or(u32::MAX);
        Place { file: self.file, line: number(marker.line()), column: number(marker.col() + 1) }
    }

    fn problem(&mut self, at: Place, message: &str) {
        if self.problems.0.len() > limits::PROBLEMS {
            return;
        }
        self.problems.push(Problem::at(&self.files.location(at), message));
    }

    fn too_deep(&self, at: Place) -> Problem {
        let message = format!("this is nested deeper than {} levels", limits::DEPTH);
        Problem::at(&self.files.location(at), message)
    }
}

/// The tags of YAML's core schema that leave a plain scalar what it is.
const SCALAR_TAGS: &[&str] = &["int", "float", "bool", "null"];

/// What is usually wrong with a line that is no YAML.
fn advice(text: &str, error: &ScanError) -> Option<&'static str> {
    let line = text.lines().nth(error.marker().line().saturating_sub(1))?;
    if line.trim_start_matches(' ').starts_with('\t') {
        return Some("indent with spaces, not with tabs");
    }
    if line.contains("${") || line.contains("..") {
        return Some("inside `{ }` and `[ ]`, put what has braces of its own into quotes");
    }
    if error.info().contains("parsing a flow") {
        return Some("a `{` or `[` before this place has no end");
    }
    let is_colon = error.info().contains("mapping values");
    is_colon.then_some("put text that holds `: ` into quotes")
}
