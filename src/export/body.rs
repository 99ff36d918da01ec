//! A resource as a manifest writes it: its attributes nested by their names, its children below.

use crate::resources::kinds::KINDS;
use crate::resources::{Attribute, Fields, Type, Value, read_scalar, same};

use super::names::Names;
use super::says::{Line, Said, lines};
use super::yaml::{Entry, Node};

/// An item that is written, with its children.
pub(super) fn resource(names: &Names, index: usize) -> Entry {
    let mut body = Vec::new();
    for line in lines(names.scene, index) {
        attribute(names, index, &line, &mut body);
    }
    let item = &names.scene.items[index];
    let below = KINDS.iter().filter(|kind| kind.parent == Some(item.object.kind));
    for kind in below {
        let is_written =
            |child: &usize| names.chosen[*child] && names.scene.items[*child].object.kind == *kind;
        let children: Vec<Entry> =
            item.children.iter().copied().filter(is_written).map(|c| resource(names, c)).collect();
        if !children.is_empty() {
            body.push(Entry::Pair(kind.section.to_owned(), Node::Mapping(children)));
        }
    }
    Entry::Pair(item.address.key().to_owned(), Node::Mapping(body))
}

fn attribute(names: &Names, index: usize, line: &Line, body: &mut Vec<Entry>) {
    let Line { attribute, said } = line;
    let name = attribute.name;
    let comment = |text: &str| Entry::Comment(format!("{name}: {text}"));
    match said {
        Said::Value(value) => {
            let Some(node) = node(names, index, attribute, attribute.takes, value) else {
                let shown = attribute.show(value).replace(char::is_control, " ");
                let text = format!("is {shown}, which a manifest cannot say");
                body.push(comment(&text));
                return;
            };
            if !(attribute.from_key && is_from_key(names, index, attribute, &node)) {
                put(body, name, node);
            }
        }
        Said::Null => put(body, name, Node::Word("null".to_owned())),
        Said::StandIn(object) => {
            body.push(comment("which one it was is not shown by the engine; any such does"));
            put(body, name, Node::Text(names.name(index, attribute, object)));
        }
        Said::Itself(object) => put(body, name, Node::Text(names.name(index, attribute, object))),
        Said::Secret => {
            body.push(comment("is not shown by the engine"));
            let last = name.rsplit('.').next().unwrap_or(name).to_uppercase();
            let variable = Entry::Pair("env".to_owned(), Node::Text(last));
            put(body, name, Node::Mapping(vec![variable]));
        }
        Said::Comment(text) => body.push(comment(text)),
    }
}

/// Whether the key says it already.
fn is_from_key(names: &Names, index: usize, attribute: &Attribute, node: &Node) -> bool {
    let address = &names.scene.items[index].address;
    let key = match address.parent() {
        Some(parent) if attribute.after_parent => format!("{}_{}", parent.key(), address.key()),
        _ => address.key().to_owned(),
    };
    matches!(node, Node::Text(text) if *text == key)
}

/// Writes a value at a name with dots.
fn put(body: &mut Vec<Entry>, name: &str, node: Node) {
    let Some((group, rest)) = name.split_once('.') else {
        body.push(Entry::Pair(name.to_owned(), node));
        return;
    };
    let is_group =
        |entry: &Entry| matches!(entry, Entry::Pair(key, Node::Mapping(_)) if key == group);
    let at = body.iter().position(is_group).unwrap_or_else(|| {
        body.push(Entry::Pair(group.to_owned(), Node::Mapping(Vec::new())));
        body.len() - 1
    });
    if let Entry::Pair(_, Node::Mapping(below)) = &mut body[at] {
        put(below, rest, node);
    }
}

/// A value as a manifest writes it; nothing if it would be refused, or mean something else.
fn node(
    names: &Names,
    index: usize,
    attribute: &Attribute,
    takes: Type,
    value: &Value,
) -> Option<Node> {
    let members = |of: Type, values: &[Value]| {
        let nodes = values.iter().map(|value| node(names, index, attribute, of, value));
        nodes.collect::<Option<Vec<Node>>>()
    };
    match (takes, value) {
        (Type::Set(of), Value::Set(values)) if of.refers_to().is_some() => {
            let mut nodes = members(*of, values)?;
            nodes.sort_by_cached_key(|node| format!("{node:?}"));
            Some(Node::List(nodes))
        }
        (Type::Set(of), Value::Set(values)) | (Type::List(of), Value::List(values)) => {
            Some(Node::List(members(*of, values)?))
        }
        (Type::Map, Value::Map(entries)) => {
            let pair = |(key, text): (&String, &String)| {
                Entry::Pair(key.clone(), Node::Text(text.clone()))
            };
            Some(Node::Mapping(entries.iter().map(pair).collect()))
        }
        (Type::Record(_), Value::Record(fields)) => record(names, index, fields),
        (Type::Reference(kind), value) => {
            let target = names.target(kind, value)?;
            Some(Node::Text(names.name(index, attribute, target)))
        }
        (Type::Text, Value::Text(text)) => {
            (!text.is_empty() || attribute.has_null()).then(|| Node::Text(text.clone()))
        }
        (takes, value) => scalar(attribute, takes, value),
    }
}

fn scalar(attribute: &Attribute, takes: Type, value: &Value) -> Option<Node> {
    let text = match takes {
        Type::Secret | Type::Secrets | Type::File => return None,
        Type::Size | Type::SizeIn(_) => attribute.show(value),
        _ => value.to_string(),
    };
    let is_read_so = read_scalar(takes, &text).is_ok_and(|read| read == *value);
    let is_word = matches!(takes, Type::OneOf(_) | Type::Version | Type::Mac);
    is_read_so.then_some(if is_word { Node::Text(text) } else { Node::Word(text) })
}

fn record(names: &Names, index: usize, fields: &Fields) -> Option<Node> {
    let mut body = Vec::new();
    for (attribute, value) in fields.iter() {
        let is_default = attribute.has_null() && same(value, &attribute.default_value());
        if attribute.required || !is_default {
            put(&mut body, attribute.name, node(names, index, attribute, attribute.takes, value)?);
        }
    }
    Some(Node::Mapping(body))
}
