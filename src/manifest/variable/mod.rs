//! `variables:`, and what `${var.x}` stands for.

mod value;

use std::rc::Rc;

use indexmap::IndexMap;

use crate::resources::{Attribute, Value, one_of, text};

use self::value::Takes;
use crate::manifest::body::{Given, Names};
use crate::manifest::reader::{Reader, Scope};
use crate::manifest::table::Table;
use crate::manifest::tree::{Content, Entry, Key, Node, Place};
use crate::manifest::wording::{instead_of, shown};

/// The variables by name.
pub(super) type Variables = IndexMap<Rc<str>, Variable>;

/// A declared variable.
pub(super) struct Variable {
    at: Place,
    /// Nothing, if it has none or a wrong one.
    value: Option<Node>,
}

/// Values from files of variables, by name, with the place of the name; later ones win.
pub(super) type Handed = IndexMap<Rc<str>, (Place, Node)>;

const TYPES: &[&str] = &["text", "integer", "boolean", "list", "mapping", "secret"];

/// What is said of a variable, besides its `default`.
pub static DECLARATION: &[Attribute] =
    &[one_of("type", "What values it takes.", TYPES), text("description", "What it is for.")];

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

    /// Reads the blocks of variables, and what stands for them elsewhere.
    pub(super) fn variables<'n>(&mut self, blocks: impl Iterator<Item = &'n Node>) {
        for source in self.options.variable_files {
            for node in self.parse(&source.name, &source.text) {
                self.hand_in(&node);
            }
        }
        blocks.for_each(|block| self.declare(block));
        self.check_handed();
    }

    fn hand_in(&mut self, node: &Node) {
        match &node.content {
            Content::Mapping(entries) => {
                for Entry { key, value } in entries.iter() {
                    self.handed.insert(Rc::clone(&key.text), (key.at, value.verbatim()));
                }
            }
            _ if node.is_null() => {}
            _ => {
                let message = "a file of variables is a mapping of names to values";
                self.problem(&Scope::block(""), node.at, message);
            }
        }
    }

    /// Reads a `variables:` block.
    pub(super) fn declare(&mut self, node: &Node) {
        let scope = Scope::block("variables");
        match &node.content {
            Content::Mapping(entries) => {
                for Entry { key, value } in entries.iter() {
                    self.declare_one(key, value);
                }
            }
            _ if node.is_null() => {}
            _ => {
                let hint = "write `name: { type: text }` below it".to_owned();
                self.problem_with(&scope, node.at, "this is not a mapping of variables", hint);
            }
        }
    }

    fn declare_one(&mut self, key: &Key, node: &Node) {
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
        let value = self.declaration(&scope, key, node);
        self.variables.insert(Rc::clone(&key.text), Variable { at: key.at, value });
    }

    fn declaration(&mut self, scope: &Scope, key: &Key, node: &Node) -> Option<Node> {
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
        let value = self.value_of(scope, key, takes, default)?;
        self.check(scope, takes, value)
    }

    /// Tells of values for variables that nobody declared.
    fn check_handed(&mut self) {
        let mut handed: Vec<(Rc<str>, Option<Place>)> =
            self.handed.iter().map(|(name, (at, _))| (Rc::clone(name), Some(*at))).collect();
        let arguments = self.options.variables;
        handed.extend(arguments.iter().map(|(name, _)| (name.as_str().into(), None)));
        handed.retain(|(name, _)| !self.variables.contains_key(name));
        for (name, at) in handed {
            let at = at.unwrap_or_else(|| self.origin(&format!("--var {name}")));
            let message = format!("there is no variable `{}`", shown(&name));
            let names: Vec<&str> = self.variables.keys().map(|name| &**name).collect();
            let hint = instead_of(&name, &names);
            self.problem_with(&Scope::block(""), at, &message, hint);
        }
    }

    /// The place of a value that is in no file.
    fn origin(&mut self, origin: &str) -> Place {
        Place { file: self.files.add(origin.as_ref()), line: 1, column: 1 }
    }
}
