//! `variables:` and where their values come from.

use std::rc::Rc;

use indexmap::IndexMap;

use crate::resources::{Attribute, Secret, Value, one_of, text};

use super::body::{Given, Names};
use super::parse::parse;
use super::reader::{Reader, Scope};
use super::source::Source;
use super::table::Table;
use super::tree::{Content, Entry, Key, Node, Place, Scalar};
use super::value::Label;
use super::wording::{instead_of, shown};

/// The variables by name.
pub(super) type Variables = IndexMap<Rc<str>, Variable>;

/// A declared variable.
pub(super) struct Variable {
    at: Place,
    /// Nothing, if it has none or a wrong one.
    value: Option<Node>,
}

/// Values that were handed in, by name; later ones win.
pub(super) struct Handed {
    files: IndexMap<Rc<str>, (Key, Node)>,
}

const TYPES: &[&str] = &["text", "integer", "boolean", "list", "mapping", "secret"];

static DECLARATION: &[Attribute] =
    &[one_of("type", "What values it takes.", TYPES), text("description", "What it is for.")];

/// What a variable may hold.
#[derive(Clone, Copy, PartialEq)]
enum Takes {
    Anything,
    Text,
    Integer,
    Boolean,
    List,
    Mapping,
    Secret,
}

impl Takes {
    fn named(word: &str) -> Self {
        match word {
            "text" => Self::Text,
            "integer" => Self::Integer,
            "boolean" => Self::Boolean,
            "list" => Self::List,
            "mapping" => Self::Mapping,
            "secret" => Self::Secret,
            _ => Self::Anything,
        }
    }

    /// A variable without a type takes what its default is.
    fn like(node: &Node) -> Self {
        match node.content {
            Content::List(_) => Self::List,
            Content::Mapping(_) => Self::Mapping,
            _ => Self::Anything,
        }
    }

    const fn wanted(self) -> &'static str {
        match self {
            Self::Anything => "a value",
            Self::Text => "text",
            Self::Integer => "a whole number",
            Self::Boolean => "`true` or `false`",
            Self::List => "a list",
            Self::Mapping => "a mapping",
            Self::Secret => "a secret",
        }
    }
}

impl Reader<'_> {
    /// What a variable holds.
    pub(super) fn variable(&mut self, scope: &Scope, at: Place, name: &str) -> Option<Node> {
        if let Some(variable) = self.variables.get(name) {
            return variable.value.clone();
        }
        let names: Vec<&str> = self.variables.keys().map(|name| &**name).collect();
        let message = format!("there is no variable `{}`", shown(name));
        let hint =
            instead_of(name, &names).or_else(|| Some("declare it under `variables:`".to_owned()));
        self.problem_with(scope, at, &message, hint);
        None
    }

    /// Reads the files of variables.
    pub(super) fn handed(&mut self, sources: &[Source], aliased: &mut usize) -> Handed {
        let mut handed = Handed { files: IndexMap::new() };
        for source in sources {
            let file = self.files.add(&source.name);
            let documents = parse(&source.text, file, &self.files, aliased, &mut self.problems);
            for node in documents.iter().filter(|node| !node.is_null()) {
                let Content::Mapping(entries) = &node.content else {
                    let message = "a file of variables is a mapping of names to values";
                    self.problem(&Scope::block(""), node.at, message);
                    continue;
                };
                for Entry { key, value } in entries.iter() {
                    handed.files.insert(Rc::clone(&key.text), (key.clone(), value.verbatim()));
                }
            }
        }
        handed
    }

    /// Reads a `variables:` block.
    pub(super) fn declare(&mut self, node: &Node, handed: &Handed, aliased: &mut usize) {
        let scope = Scope::block("variables");
        match &node.content {
            Content::Mapping(entries) => {
                for Entry { key, value } in entries.iter() {
                    self.declare_one(key, value, handed, aliased);
                }
            }
            _ if node.is_null() => {}
            _ => {
                let hint = "write `name: { type: text }` below it".to_owned();
                self.problem_with(&scope, node.at, "this is not a mapping of variables", hint);
            }
        }
    }

    fn declare_one(&mut self, key: &Key, node: &Node, handed: &Handed, aliased: &mut usize) {
        let subject = format!("variables/{}", shown(&key.text));
        let scope = Scope::block(&subject);
        if let Some(before) = self.variables.get(&key.text) {
            let message = format!("it is declared already at {}", self.location(before.at));
            self.problem(&scope, key.at, &message);
            return;
        }
        let is_word = |c: char| c.is_alphanumeric() || c == '_' || c == '-';
        if key.text.is_empty() || !key.text.chars().all(is_word) {
            let message = "a variable's name has letters, digits, `_` and `-` only";
            self.problem(&scope, key.at, message);
        }
        let value = self.declaration(&scope, key, node, handed, aliased);
        self.variables.insert(Rc::clone(&key.text), Variable { at: key.at, value });
    }

    fn declaration(
        &mut self,
        scope: &Scope,
        key: &Key,
        node: &Node,
        handed: &Handed,
        aliased: &mut usize,
    ) -> Option<Node> {
        let entries: &[Entry] = match &node.content {
            Content::Mapping(entries) => entries,
            _ if node.is_null() => &[],
            _ => {
                let hint = "write `{ default: … }`".to_owned();
                self.problem_with(scope, node.at, "this does not declare a variable", hint);
                return None;
            }
        };
        let default = entries.iter().find(|entry| &*entry.key.text == "default");
        let rest: Vec<_> =
            entries.iter().filter(|entry| &*entry.key.text != "default").cloned().collect();
        let table = Table::new(DECLARATION);
        let mut given = Given::default();
        let names = Names { table: &table, path: "", others: &["default"] };
        self.entries(scope, names, &rest, &mut given);
        let takes = match (given.take("type"), default) {
            (Some((Value::Text(word), _)), _) => Takes::named(&word),
            (_, Some(default)) => Takes::like(&default.value),
            _ => Takes::Anything,
        };
        let value = self.value_of(scope, key, takes, default, handed, aliased)?;
        self.check(scope, takes, value)
    }

    /// The value with the highest rank: `--var`, a file of variables, the environment, the default.
    fn value_of(
        &mut self,
        scope: &Scope,
        key: &Key,
        takes: Takes,
        default: Option<&Entry>,
        handed: &Handed,
        aliased: &mut usize,
    ) -> Option<Node> {
        let name = &*key.text;
        let options = self.options;
        let argument = options.variables.iter().rev().find(|(given, _)| given == name);
        if let Some((_, text)) = argument {
            let value = self.from_text(&format!("--var {name}"), takes, text, aliased);
            if let (Takes::Secret, Some(value)) = (takes, &value) {
                let hint = format!("set `VIRTUFORM_VAR_{name}` instead");
                self.warn(scope, value.at, "every process sees what an argument holds", &hint);
            }
            return value;
        }
        if let Some((_, value)) = handed.files.get(name) {
            return Some(value.clone());
        }
        let environment = format!("VIRTUFORM_VAR_{name}");
        if let Some(text) = (options.environment)(&environment) {
            return self.from_text(&environment, takes, &text, aliased);
        }
        let Some(default) = default else {
            let message = "it has no value";
            let hint = format!("give `--var {name}=…`, set `{environment}` or write a `default`");
            self.problem_with(scope, key.at, message, hint);
            return None;
        };
        if let Some(at) = template_in(&default.value) {
            self.problem(scope, at, "a default cannot refer to anything");
            return None;
        }
        Some(default.value.verbatim())
    }

    /// A value that was handed in as text. Lists and mappings are YAML.
    fn from_text(
        &mut self,
        origin: &str,
        takes: Takes,
        text: &str,
        aliased: &mut usize,
    ) -> Option<Node> {
        let file = self.files.add(origin.as_ref());
        let at = Place { file, line: 1, column: 1 };
        if matches!(takes, Takes::List | Takes::Mapping) {
            let known = self.problems.0.len();
            let documents = parse(text, file, &self.files, aliased, &mut self.problems);
            let is_fine = self.problems.0.len() == known;
            let empty = Node { at, content: Content::Scalar(Scalar::verbatim("")) };
            let first = documents.first().map_or(empty, Node::verbatim);
            return is_fine.then_some(first);
        }
        if takes == Takes::Secret {
            return Some(Node { at, content: Content::Secret(Secret::new(text)) });
        }
        let plain = matches!(takes, Takes::Integer | Takes::Boolean);
        let scalar = Scalar { plain, ..Scalar::verbatim(text) };
        Some(Node { at, content: Content::Scalar(scalar) })
    }

    /// Checks a value against the variable's type.
    fn check(&mut self, scope: &Scope, takes: Takes, node: Node) -> Option<Node> {
        let at = node.at;
        if takes == Takes::Secret {
            let label = Label { name: "value", is_member: false };
            let content = Content::Secret(self.secret(scope, label, &node)?);
            return Some(Node { at, content });
        }
        if takes == Takes::Anything || node.is_null() {
            return Some(node);
        }
        let fits = match (&node.content, takes) {
            (Content::Scalar(_), Takes::Text) => true,
            (Content::Scalar(scalar), Takes::Integer) => scalar.text.parse::<i64>().is_ok(),
            (Content::Scalar(scalar), Takes::Boolean) => {
                matches!(&*scalar.text, "true" | "True" | "TRUE" | "false" | "False" | "FALSE")
            }
            (Content::List(_), Takes::List) | (Content::Mapping(_), Takes::Mapping) => true,
            _ => false,
        };
        if !fits {
            let is = match &node.content {
                Content::Scalar(scalar) => format!("`{}`", shown(&scalar.text)),
                Content::List(_) => "a list".to_owned(),
                _ => "a mapping".to_owned(),
            };
            let message = format!("its value is {is}, not {}", takes.wanted());
            self.problem(scope, at, &message);
            return None;
        }
        match node.content {
            Content::Scalar(scalar) if takes == Takes::Text => {
                Some(Node { at, content: Content::Scalar(Scalar { plain: false, ..scalar }) })
            }
            _ => Some(node),
        }
    }

    /// Tells of values for variables that nobody declared.
    pub(super) fn check_handed(&mut self, handed: &Handed) {
        let names: Vec<Rc<str>> = self.variables.keys().cloned().collect();
        let names: Vec<&str> = names.iter().map(|name| &**name).collect();
        let mut unknown = Vec::new();
        for (name, (key, _)) in &handed.files {
            if !names.contains(&&**name) {
                unknown.push((key.at, Rc::clone(name)));
            }
        }
        for (name, _) in self.options.variables {
            if !names.contains(&&**name) {
                let file = self.files.add(format!("--var {name}").as_ref());
                unknown.push((Place { file, line: 1, column: 1 }, name.as_str().into()));
            }
        }
        for (at, name) in unknown {
            let message = format!("there is no variable `{}`", shown(&name));
            self.problem_with(&Scope::block(""), at, &message, instead_of(&name, &names));
        }
    }
}

/// The first place where a value refers to something.
fn template_in(node: &Node) -> Option<Place> {
    match &node.content {
        Content::Scalar(scalar) => scalar.template.then_some(node.at),
        Content::List(items) => items.iter().find_map(template_in),
        Content::Mapping(entries) => entries.iter().find_map(|e| template_in(&e.value)),
        Content::Secret(_) => None,
    }
}
