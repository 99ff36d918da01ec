//! What an attribute can hold.

use std::collections::BTreeMap;
use std::fmt;
use std::sync::Arc;

use super::{Address, Attribute, Fields, ImageFile, Kind, Secret, Type};

/// A canonical value: two that mean the same are equal, so that a diff is a comparison.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Value {
    /// Back to nothing: the empty element. What `null` means where there is no default.
    Nothing,
    /// Text, an enum's value, or a version such as `4.8`.
    Text(String),
    /// A whole number; sizes are bytes.
    Integer(i64),
    /// Yes or no.
    Flag(bool),
    /// Another object.
    Reference(Reference),
    /// Values whose order means nothing: sorted, each once.
    Set(Vec<Value>),
    /// Values whose order matters.
    List(Vec<Value>),
    /// Names with texts, such as custom properties.
    Map(BTreeMap<String, String>),
    /// Attributes that belong together, as a member of a list.
    Record(Fields),
    /// Something that is sent and never shown.
    Secret(Secret),
    /// Names with such values.
    Secrets(BTreeMap<String, Secret>),
    /// A local file with an image.
    File(Arc<ImageFile>),
}

/// Another object, as far as it is known where the reference stands.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Reference {
    /// What the manifest says: a key, or a live object's name path. Only before planning.
    Name(String),
    /// A resource that this run will make.
    Address(Address),
    /// An object of the engine.
    Id(String),
}

impl Value {
    /// A set of values.
    pub fn set(values: impl IntoIterator<Item = Value>) -> Self {
        let mut values: Vec<_> = values.into_iter().collect();
        values.sort_by_cached_key(Value::to_string);
        values.dedup();
        Self::Set(values)
    }

    /// The text, if it is one.
    pub fn as_text(&self) -> Option<&str> {
        match self {
            Self::Text(text) => Some(text),
            _ => None,
        }
    }

    /// The number, if it is one.
    pub fn as_integer(&self) -> Option<i64> {
        match self {
            Self::Integer(number) => Some(*number),
            _ => None,
        }
    }

    /// The file, if it is one.
    pub fn as_file(&self) -> Option<&Arc<ImageFile>> {
        match self {
            Self::File(file) => Some(file),
            _ => None,
        }
    }

    /// The object referred to, if it is a reference.
    pub fn as_reference(&self) -> Option<&Reference> {
        match self {
            Self::Reference(reference) => Some(reference),
            _ => None,
        }
    }

    /// The members, if it is a set or a list.
    pub fn members(&self) -> &[Value] {
        match self {
            Self::Set(values) | Self::List(values) => values,
            _ => &[],
        }
    }

    /// Whether it is a true flag.
    pub fn is_true(&self) -> bool {
        *self == Self::Flag(true)
    }

    /// Calls `visit` for each reference in the value.
    pub fn each_reference<'a>(&'a self, visit: &mut impl FnMut(&'a Reference)) {
        match self {
            Self::Reference(reference) => visit(reference),
            Self::Set(values) | Self::List(values) => {
                values.iter().for_each(|value| value.each_reference(visit));
            }
            Self::Record(fields) => {
                fields.iter().for_each(|(_, value)| value.each_reference(visit));
            }
            _ => {}
        }
    }

    /// Calls `visit` for each reference in a value of an attribute that takes such, or in a member
    /// of one, with the kind that it refers to.
    pub fn each_target<'a>(
        &'a self,
        takes: Type,
        visit: &mut impl FnMut(&'static Kind, &'a Reference),
    ) {
        match self {
            Self::Reference(reference) => {
                takes.refers_to().into_iter().for_each(|kind| visit(kind, reference));
            }
            Self::Set(values) | Self::List(values) => {
                values.iter().for_each(|value| value.each_target(takes, visit));
            }
            Self::Record(fields) => {
                fields.iter().for_each(|(it, value)| value.each_target(it.takes, visit));
            }
            _ => {}
        }
    }

    /// The same value of an attribute with each reference replaced by what `change` makes of it,
    /// given the attribute that it is the value, or a member, of: in a record, that of the record.
    pub fn map_references<E>(
        &self,
        of: &'static Attribute,
        change: &mut impl FnMut(&'static Attribute, &Reference) -> Result<Reference, E>,
    ) -> Result<Value, E> {
        Ok(match self {
            Self::Reference(reference) => Self::Reference(change(of, reference)?),
            Self::Set(values) => Self::set(
                values
                    .iter()
                    .map(|v| v.map_references(of, change))
                    .collect::<Result<Vec<_>, E>>()?,
            ),
            Self::List(values) => Self::List(
                values.iter().map(|v| v.map_references(of, change)).collect::<Result<_, E>>()?,
            ),
            Self::Record(fields) => Self::Record(fields.map_references(change)?),
            other => other.clone(),
        })
    }
}

/// Whether two values mean the same: nothing at all, the empty text and the empty list do.
///
/// Of records, only what is wanted counts: the engine fills in the rest.
pub fn same(wanted: &Value, found: &Value) -> bool {
    match (wanted, found) {
        (Value::Record(wanted), Value::Record(found)) => {
            return wanted
                .iter()
                .filter(|(attribute, _)| attribute.is_comparable())
                .all(|(a, w)| same(w, found.get(a).unwrap_or(&a.default_value())));
        }
        (Value::List(wanted), Value::List(found)) if wanted.len() == found.len() => {
            return wanted.iter().zip(found).all(|(wanted, found)| same(wanted, found));
        }
        (Value::Set(wanted), Value::Set(found)) if wanted.len() == found.len() => {
            return wanted.iter().all(|wanted| found.iter().any(|found| same(wanted, found)));
        }
        _ => {}
    }
    let is_empty = |value: &Value| match value {
        Value::Nothing => true,
        Value::Text(text) => text.is_empty(),
        Value::Set(values) | Value::List(values) => values.is_empty(),
        Value::Map(entries) => entries.is_empty(),
        _ => false,
    };
    wanted == found || (is_empty(wanted) && is_empty(found))
}

impl fmt::Display for Value {
    /// Writes the value as a person would read it; a secret is masked.
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Nothing => formatter.write_str("(none)"),
            Self::Text(text) if text.is_empty() => formatter.write_str("\"\""),
            Self::Text(text) => formatter.write_str(text),
            Self::Integer(number) => number.fmt(formatter),
            Self::Flag(flag) => flag.fmt(formatter),
            Self::Reference(reference) => reference.fmt(formatter),
            Self::Set(values) | Self::List(values) => write_joined(formatter, "[", values, "]"),
            Self::Map(entries) => {
                let entries: Vec<_> = entries.iter().map(|(k, v)| format!("{k}: {v}")).collect();
                write_joined(formatter, "{", &entries, "}")
            }
            Self::Record(fields) => {
                let entries: Vec<_> =
                    fields.iter().map(|(a, v)| format!("{}: {}", a.name, a.show(v))).collect();
                write_joined(formatter, "{", &entries, "}")
            }
            Self::Secret(_) | Self::Secrets(_) => formatter.write_str(Secret::MASK),
            Self::File(file) => formatter.write_str(&file.name),
        }
    }
}

impl fmt::Display for Reference {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Name(text) | Self::Id(text) => formatter.write_str(text),
            Self::Address(address) => formatter.write_str(address.key()),
        }
    }
}

fn write_joined<T: fmt::Display>(
    formatter: &mut fmt::Formatter<'_>,
    open: &str,
    values: &[T],
    close: &str,
) -> fmt::Result {
    formatter.write_str(open)?;
    for (index, value) in values.iter().enumerate() {
        let separator = if index == 0 { "" } else { ", " };
        write!(formatter, "{separator}{value}")?;
    }
    formatter.write_str(close)
}
