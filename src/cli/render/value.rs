//! Values as people read them: names in place of ids, sizes with units, nothing that steers a
//! terminal.

use std::collections::BTreeMap;

use crate::engine::printable;
use crate::resources::{Attribute, Fields, Reference, Secret, Type, Value, format_size};

/// The names of live objects by id.
pub type Names = BTreeMap<String, String>;

/// A value in one line, escaped.
pub fn show(attribute: &Attribute, value: &Value, names: &Names) -> String {
    printable(&whole(attribute, value, names)).into_owned()
}

/// Whether the value is text of several lines.
pub fn is_long(attribute: &Attribute, value: &Value) -> bool {
    !attribute.is_masked() && value.as_text().is_some_and(|text| text.trim_end().contains('\n'))
}

/// The parts of a value that has some: the members of a set or list, the lines of a text.
pub fn parts(attribute: &Attribute, value: &Value, names: &Names) -> Vec<String> {
    let parts = match (attribute.takes, value) {
        _ if attribute.is_masked() => vec![Secret::MASK.to_owned()],
        (Type::Set(of) | Type::List(of), value) => {
            members(*of, value, names).into_iter().flat_map(|(_, lines)| lines).collect()
        }
        (_, Value::Map(entries)) => entries.iter().map(|(k, v)| format!("{k}: {v}")).collect(),
        (_, Value::Text(text)) => text.lines().map(str::to_owned).collect(),
        (_, Value::Nothing) => Vec::new(),
        (takes, value) => vec![raw(takes, value, names)],
    };
    parts.iter().map(|part| printable(part).into_owned()).collect()
}

fn whole(attribute: &Attribute, value: &Value, names: &Names) -> String {
    match attribute.is_masked() {
        true => Secret::MASK.to_owned(),
        false => raw(attribute.takes, value, names),
    }
}

fn raw(takes: Type, value: &Value, names: &Names) -> String {
    match (takes, value) {
        (Type::Secret | Type::Secrets, _) | (_, Value::Secret(_) | Value::Secrets(_)) => {
            Secret::MASK.to_owned()
        }
        (Type::Size | Type::SizeIn(_), Value::Integer(bytes)) => format_size(*bytes),
        (_, Value::Reference(reference)) => name(reference, names),
        (Type::Set(of) | Type::List(of), Value::Set(_) | Value::List(_)) => {
            let members: Vec<_> = members(*of, value, names).into_iter().map(|it| it.0).collect();
            format!("[{}]", members.join(", "))
        }
        (_, Value::Record(fields)) => {
            format!("{{{}}}", entries(fields, names).collect::<Vec<_>>().join(", "))
        }
        (_, value) => value.to_string(),
    }
}

/// The members of a set or list, each in one line and in those that it takes; those of a set in the
/// order of their names, not of their ids.
fn members(of: Type, value: &Value, names: &Names) -> Vec<(String, Vec<String>)> {
    let mut members: Vec<_> = value
        .members()
        .iter()
        .map(|member| {
            let line = raw(of, member, names);
            let lines = lines(&line, member, names);
            (line, lines)
        })
        .collect();
    if matches!(value, Value::Set(_)) {
        members.sort();
    }
    members
}

/// A record that is too long for one line has one for each of its values.
fn lines(line: &str, member: &Value, names: &Names) -> Vec<String> {
    match member {
        Value::Record(fields) if line.chars().count() > LONGEST => entries(fields, names)
            .enumerate()
            .map(|(index, entry)| format!("{} {entry}", if index == 0 { '-' } else { ' ' }))
            .collect(),
        _ => vec![line.to_owned()],
    }
}

/// As many characters of a record stand in one line.
const LONGEST: usize = 70;

fn entries<'a>(fields: &'a Fields, names: &'a Names) -> impl Iterator<Item = String> + 'a {
    let entry = |(attribute, value): (&'static Attribute, &Value)| {
        format!("{}: {}", attribute.name, whole(attribute, value, names))
    };
    fields.iter().map(entry)
}

/// What a reference is called: the key of what will be made, the name of what exists.
pub fn name(reference: &Reference, names: &Names) -> String {
    match reference {
        Reference::Address(address) => address.key().to_owned(),
        Reference::Id(id) => names.get(id).unwrap_or(id).clone(),
        Reference::Name(name) => name.clone(),
    }
}
