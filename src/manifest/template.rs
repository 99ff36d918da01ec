//! `${var.x}` and `${each}` in scalars.

use std::borrow::Cow;
use std::rc::Rc;

use super::reader::{Reader, Scope};
use super::tree::{Content, Node, Place, Scalar};
use super::wording::shown;

/// A piece of a text.
#[derive(Debug, PartialEq)]
enum Piece<'t> {
    Text(&'t str),
    /// What stands between `${` and `}`.
    Inserted(&'t str),
    /// A `${` without its `}`.
    Unfinished,
}

/// Cuts a text into pieces. `$${` writes the characters `${`.
fn pieces(text: &str) -> Vec<Piece<'_>> {
    let mut pieces = Vec::new();
    let mut rest = text;
    while let Some(at) = rest.find("${") {
        let (before, after) = (&rest[..at], &rest[at + 2..]);
        if let Some(before) = before.strip_suffix('$') {
            pieces.extend([Piece::Text(before), Piece::Text("${")]);
            rest = after;
            continue;
        }
        pieces.push(Piece::Text(before));
        let Some(end) = after.find('}') else {
            pieces.push(Piece::Unfinished);
            return pieces;
        };
        pieces.push(Piece::Inserted(&after[..end]));
        rest = &after[end + 1..];
    }
    pieces.push(Piece::Text(rest));
    pieces
}

/// The name of the variable, if the text is `${var.name}` and nothing else.
fn whole_variable(text: &str) -> Option<&str> {
    let name = text.strip_prefix("${var.")?.strip_suffix('}')?;
    (!name.contains('}')).then_some(name)
}

impl Reader<'_> {
    /// The node that a node stands for. A scalar that is one variable and nothing else becomes
    /// what the variable holds, be it a list.
    pub(super) fn resolve<'n>(&mut self, scope: &Scope, node: &'n Node) -> Option<Cow<'n, Node>> {
        let Content::Scalar(scalar) = &node.content else { return Some(Cow::Borrowed(node)) };
        if !scalar.template {
            return Some(Cow::Borrowed(node));
        }
        let content = match whole_variable(&scalar.text) {
            Some(name) => self.variable(scope, node.at, name)?.content,
            None => {
                let text = self.fill(scope, node.at, &scalar.text)?;
                Content::Scalar(Scalar::verbatim(&text))
            }
        };
        Some(Cow::Owned(Node { at: node.at, content }))
    }

    /// A text with all that is inserted in it.
    pub(super) fn fill(&mut self, scope: &Scope, at: Place, text: &str) -> Option<String> {
        let mut filled = String::new();
        for piece in pieces(text) {
            match piece {
                Piece::Text(text) => filled.push_str(text),
                Piece::Inserted(name) => {
                    let text = self.inserted(scope, at, name)?;
                    self.spend(at, text.len())?;
                    filled.push_str(&text);
                }
                Piece::Unfinished => {
                    let hint = "`$${` writes the characters `${`".to_owned();
                    self.problem_with(scope, at, "a `${` has no `}`", hint);
                    return None;
                }
            }
        }
        Some(filled)
    }

    fn inserted(&mut self, scope: &Scope, at: Place, name: &str) -> Option<Rc<str>> {
        if name == "each" || name.starts_with("each.") {
            return self.each(scope, at, name);
        }
        let Some(variable) = name.strip_prefix("var.") else {
            let message = format!("`${{{}}}` means nothing here", shown(name));
            let hint = "variables are `${var.name}`; `$${` writes the characters `${`".to_owned();
            self.problem_with(scope, at, &message, hint);
            return None;
        };
        match self.variable(scope, at, variable)?.content {
            Content::Scalar(scalar) if scalar.is_null() => {
                let message = format!("`${{{name}}}` is null and cannot be part of a text");
                self.problem(scope, at, &message);
                None
            }
            Content::Scalar(scalar) => Some(scalar.text),
            Content::Secret(_) => {
                let message = format!("`${{{name}}}` is secret and cannot be part of a text");
                self.problem(scope, at, &message);
                None
            }
            Content::List(_) | Content::Mapping(_) => {
                let message = format!("`${{{name}}}` is a list or mapping, not part of a text");
                let hint = "let it be the whole value".to_owned();
                self.problem_with(scope, at, &message, hint);
                None
            }
        }
    }

    fn each(&mut self, scope: &Scope, at: Place, name: &str) -> Option<Rc<str>> {
        let each = scope.each;
        if each.is_empty() {
            let hint = "it stands for what `{01..03}` or `{a,b}` in a key produce".to_owned();
            let message = format!("`${{{}}}` is outside of a key with braces", shown(name));
            self.problem_with(scope, at, &message, hint);
            return None;
        }
        let Some(number) = name.strip_prefix("each.") else { return Some(each.join("-").into()) };
        let index = number.parse::<usize>().ok().and_then(|number| number.checked_sub(1));
        let text = index.and_then(|index| each.get(index)).cloned();
        if text.is_none() {
            let message = format!("there is no `${{{}}}`", shown(name));
            let hint = match each.len() {
                1 => "the key has one pair of braces".to_owned(),
                count => format!("the key has {count} pairs of braces, counted from 1"),
            };
            self.problem_with(scope, at, &message, hint);
        }
        text
    }
}

#[cfg(test)]
mod tests {
    use super::Piece::{Inserted, Text, Unfinished};
    use super::*;

    #[test]
    fn texts_are_cut_where_something_is_inserted() {
        assert_eq!(pieces("a-${each}"), [Text("a-"), Inserted("each"), Text("")]);
        assert_eq!(pieces("$${x} $5"), [Text(""), Text("${"), Text("x} $5")]);
        assert_eq!(pieces("a ${var"), [Text("a "), Unfinished]);
        assert_eq!(whole_variable("${var.x}"), Some("x"));
        assert_eq!(whole_variable("${var.x}${var.y}"), None);
    }
}
