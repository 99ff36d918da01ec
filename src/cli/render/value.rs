//! Values as people read them: names in place of ids, sizes with units, nothing that steers a
//! terminal.

use std::collections::BTreeMap;

use crate::engine::printable;
use crate::resources::{Attribute, Reference, Secret, Type, Value, format_size};

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
        (Type::Set(of) | Type::List(of), members) => raw_members(*of, members, names),
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
            format!("[{}]", raw_members(*of, value, names).join(", "))
        }
        (_, Value::Record(fields)) => {
            let entry = |(attribute, value): (&'static Attribute, &Value)| {
                format!("{}: {}", attribute.name, whole(attribute, value, names))
            };
            format!("{{{}}}", fields.iter().map(entry).collect::<Vec<_>>().join(", "))
        }
        (_, value) => value.to_string(),
    }
}

/// The members of a set or list; those of a set in the order of their names, not of their ids.
fn raw_members(of: Type, value: &Value, names: &Names) -> Vec<String> {
    let mut members: Vec<_> = value.members().iter().map(|it| raw(of, it, names)).collect();
    if matches!(value, Value::Set(_)) {
        members.sort();
    }
    members
}

/// What a reference is called: the key of what will be made, the name of what exists.
pub fn name(reference: &Reference, names: &Names) -> String {
    match reference {
        Reference::Address(address) => address.key().to_owned(),
        Reference::Id(id) => names.get(id).unwrap_or(id).clone(),
        Reference::Name(name) => name.clone(),
    }
}
