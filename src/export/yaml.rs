//! Writes YAML: manifests as people write them, what is short in one line, the rest in blocks, with
//! comments; and plain data.
//!
//! saphyr's emitter and serde's write neither comments nor a mapping in one line, and know nothing
//! of `${`; what a manifest needs of YAML is little.

use std::borrow::Cow;
use std::fmt::Write;

use super::quote::{literal, quoted};

/// The widest line with a list or a mapping in it.
const WIDTH: usize = 88;

/// How YAML is written.
#[derive(Clone, Copy)]
struct Style {
    /// The widest line with a list or a mapping in it.
    width: usize,
    /// Whether `${` stands for a variable, where it is not written twice.
    has_variables: bool,
}

const MANIFEST: Style = Style { width: WIDTH, has_variables: true };

const DATA: Style = Style { width: 0, has_variables: false };

impl Style {
    fn text(self, text: &str) -> Cow<'_, str> {
        match self.has_variables {
            true => Cow::Owned(text.replace("${", "$${")),
            false => Cow::Borrowed(text),
        }
    }
}

/// A piece of a manifest, or of data.
#[derive(Clone, Debug, PartialEq)]
pub enum Node {
    /// A word that is written as it is: a number, a size, `true`.
    Word(String),
    /// Text, in quotes where it would be taken for something else.
    Text(String),
    /// A list.
    List(Vec<Node>),
    /// A mapping.
    Mapping(Vec<Entry>),
}

/// One line of a mapping.
#[derive(Clone, Debug, PartialEq)]
pub enum Entry {
    /// A key and its value.
    Pair(String, Node),
    /// Something for people.
    Comment(String),
}

/// A mapping as a document of its own; what stands right below its keys gets lines of its own.
pub fn document(entries: &[Entry]) -> String {
    let mut out = String::new();
    for entry in entries {
        match entry {
            Entry::Pair(key, Node::Mapping(below)) if !below.is_empty() => {
                writeln!(out, "{}:", quoted(key)).expect("a string takes all");
                block(&mut out, below, 2, MANIFEST);
            }
            other => block(&mut out, std::slice::from_ref(other), 0, MANIFEST),
        }
    }
    out
}

/// Data as a document of its own: all of it in blocks.
pub fn data(node: &Node) -> String {
    let mut out = String::new();
    match node {
        Node::Mapping(entries) if !entries.is_empty() => block(&mut out, entries, 0, DATA),
        Node::List(items) => items.iter().for_each(|item| dash(&mut out, item, 0, DATA)),
        _ => {}
    }
    if out.is_empty() {
        below(&mut out, node, 0, 0, DATA);
        out.remove(0);
    }
    out
}

fn block(out: &mut String, entries: &[Entry], indent: usize, style: Style) {
    for entry in entries {
        out.push_str(&" ".repeat(indent));
        match entry {
            Entry::Comment(text) => writeln!(out, "# {text}").expect("a string takes all"),
            Entry::Pair(key, value) => {
                let key = quoted(key);
                write!(out, "{key}:").expect("a string takes all");
                let column = indent + key.chars().count() + 2;
                below(out, value, indent, column, style);
            }
        }
    }
}

/// What follows a key or a dash: on the same line if there is room for it.
fn below(out: &mut String, value: &Node, indent: usize, column: usize, style: Style) {
    if let Node::Text(text) = value
        && let Some(indicator) = literal(text)
    {
        writeln!(out, " {indicator}").expect("a string takes all");
        for line in style.text(text).lines() {
            let margin = if line.is_empty() { 0 } else { indent + 2 };
            writeln!(out, "{:margin$}{line}", "").expect("a string takes all");
        }
        return;
    }
    if let Some(line) = in_one_line(value, style.width.saturating_sub(column), style) {
        writeln!(out, " {line}").expect("a string takes all");
        return;
    }
    out.push('\n');
    match value {
        Node::Mapping(entries) => block(out, entries, indent + 2, style),
        Node::List(items) => items.iter().for_each(|item| dash(out, item, indent + 2, style)),
        Node::Word(_) | Node::Text(_) => {}
    }
}

/// A member of a list that is too long for one line.
fn dash(out: &mut String, item: &Node, indent: usize, style: Style) {
    write!(out, "{:indent$}-", "").expect("a string takes all");
    match item {
        Node::Mapping(entries)
            if in_one_line(item, style.width.saturating_sub(indent + 2), style).is_none() =>
        {
            let mut lines = String::new();
            block(&mut lines, entries, indent + 2, style);
            out.push(' ');
            out.push_str(lines.trim_start_matches(' '));
        }
        item => below(out, item, indent, indent + 2, style),
    }
}

/// The node in one line, unless it needs more than that, or more room.
///
/// A single word gets the room that it takes, and what is empty has no other form.
fn in_one_line(node: &Node, room: usize, style: Style) -> Option<String> {
    match node {
        Node::Word(_) | Node::Text(_) => Some(word(node, style)),
        Node::List(items) if items.is_empty() => Some("[]".to_owned()),
        Node::Mapping(entries) if entries.is_empty() => Some("{}".to_owned()),
        Node::List(_) | Node::Mapping(_) => {
            let mut line = String::new();
            flow(&mut line, node, room, style).then_some(line)
        }
    }
}

fn word(node: &Node, style: Style) -> String {
    match node {
        Node::Word(word) => word.clone(),
        Node::Text(text) => quoted(&style.text(text)),
        Node::List(_) | Node::Mapping(_) => String::new(),
    }
}

/// Writes a node in one line; stops, and says so, once it has no room or holds a comment.
fn flow(line: &mut String, node: &Node, room: usize, style: Style) -> bool {
    match node {
        Node::Word(_) | Node::Text(_) => line.push_str(&word(node, style)),
        Node::List(items) => {
            line.push('[');
            for (index, item) in items.iter().enumerate() {
                line.push_str(if index == 0 { "" } else { ", " });
                if !flow(line, item, room, style) {
                    return false;
                }
            }
            line.push(']');
        }
        Node::Mapping(entries) => {
            line.push('{');
            for (index, entry) in entries.iter().enumerate() {
                let Entry::Pair(key, value) = entry else { return false };
                line.push_str(if index == 0 { " " } else { ", " });
                line.push_str(&quoted(key));
                line.push_str(": ");
                if !flow(line, value, room, style) {
                    return false;
                }
            }
            line.push_str(if entries.is_empty() { "}" } else { " }" });
        }
    }
    line.chars().count() <= room
}

#[cfg(test)]
mod tests {
    use super::*;

    fn pair(key: &str, value: Node) -> Entry {
        Entry::Pair(key.to_owned(), value)
    }

    fn text(text: &str) -> Node {
        Node::Text(text.to_owned())
    }

    #[test]
    fn what_is_short_stands_in_one_line() {
        let vlan = Node::Mapping(vec![pair("id", Node::Word("7".to_owned()))]);
        let usages = Node::List(vec![text("vm"), text("migration")]);
        let network = Node::Mapping(vec![pair("vlan", vlan), pair("usages", usages)]);
        let networks = Node::Mapping(vec![pair("web", network), pair("db", Node::Mapping(vec![]))]);
        let expected = "networks:\n  web: { vlan: { id: 7 }, usages: [vm, migration] }\n  db: {}\n";
        assert_eq!(document(&[pair("networks", networks)]), expected);
    }

    #[test]
    fn what_is_long_or_has_a_comment_stands_in_a_block() {
        let comment = Entry::Comment("root_password: is not shown".to_owned());
        let script = pair("custom_script", text("one: ${x}\n  two\n"));
        let names = Node::List((0..3).map(|_| text(&"x".repeat(40))).collect());
        let host = Node::Mapping(vec![comment, script, pair("names", names)]);
        let long = "x".repeat(40);
        let expected = format!(
            "hosts:\n  a:\n    # root_password: is not shown\n    custom_script: |\n      \
             one: $${{x}}\n        two\n    names:\n      - {long}\n      - {long}\n      - {long}\n"
        );
        let hosts = Node::Mapping(vec![pair("a", host)]);
        assert_eq!(document(&[pair("hosts", hosts)]), expected);
    }
}
