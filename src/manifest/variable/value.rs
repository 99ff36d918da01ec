//! Where the values of variables come from, and whether they are of the variable's type.

use crate::manifest::reader::{Reader, Scope};
use crate::manifest::tree::{Content, Entry, Key, Node, Place, Scalar};
use crate::manifest::value::Label;
use crate::manifest::wording::shown;
use crate::resources::Secret;

/// What a variable may hold.
#[derive(Clone, Copy, PartialEq)]
pub(super) enum Takes {
    Anything,
    Text,
    Integer,
    Boolean,
    List,
    Mapping,
    Secret,
}

impl Takes {
    pub(super) fn named(word: &str) -> Self {
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
    pub(super) fn like(node: &Node) -> Self {
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
    /// The value with the highest rank: `--var`, a file of variables, the environment, the default.
    pub(super) fn value_of(
        &mut self,
        scope: &Scope,
        key: &Key,
        takes: Takes,
        default: Option<&Entry>,
    ) -> Option<Node> {
        let name = &*key.text;
        let options = self.options;
        let argument = options.variables.iter().rev().find(|(given, _)| given == name);
        if let Some((_, text)) = argument {
            let value = self.text_value(&format!("--var {name}"), takes, text);
            if let (Takes::Secret, Some(value)) = (takes, &value) {
                let hint = format!("set `VIRTUFORM_VAR_{name}` instead");
                self.warn(scope, value.at, "every process sees what an argument holds", &hint);
            }
            return value;
        }
        if let Some((_, value)) = self.handed.get(name) {
            return Some(value.clone());
        }
        let environment = format!("VIRTUFORM_VAR_{name}");
        if let Some(text) = (options.environment)(&environment) {
            return self.text_value(&environment, takes, &text);
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
    fn text_value(&mut self, origin: &str, takes: Takes, text: &str) -> Option<Node> {
        let at = self.origin(origin);
        if matches!(takes, Takes::List | Takes::Mapping) {
            let known = self.problems.0.len();
            let documents = self.parse(origin.as_ref(), text);
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
    pub(super) fn check(&mut self, scope: &Scope, takes: Takes, node: Node) -> Option<Node> {
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
