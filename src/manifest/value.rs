//! From nodes to values of a type.

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap};
use std::fmt;

use crate::resources::{Attribute, Fields, Secret, Type, Value, read_scalar};

use super::reader::{Reader, Scope};
use super::table::Table;
use super::tree::{Content, Entry, Node, Place, Scalar};
use super::wording::{meaning, refusal, shown, wanted};

/// What a value belongs to, as messages call it.
#[derive(Clone, Copy)]
pub(super) struct Label<'l> {
    pub(super) name: &'l str,
    pub(super) is_member: bool,
}

impl fmt::Display for Label<'_> {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        let of = if self.is_member { "a member of " } else { "" };
        write!(formatter, "{of}`{}`", self.name)
    }
}

/// What a value is read against.
#[derive(Clone, Copy)]
pub(super) struct Expected<'e> {
    pub(super) label: Label<'e>,
    pub(super) takes: Type,
    /// The attributes of a record.
    pub(super) members: &'e Table,
    /// Whose value it is.
    pub(super) attribute: &'static Attribute,
}

impl<'e> Expected<'e> {
    /// What an attribute takes.
    pub(super) fn of(attribute: &'static Attribute, members: &'e Table) -> Self {
        let label = Label { name: attribute.name, is_member: false };
        Self { label, takes: attribute.takes, members, attribute }
    }

    fn member(self, takes: Type) -> Self {
        Self { takes, label: Label { is_member: true, ..self.label }, ..self }
    }
}

fn text_of(value: Value) -> Option<String> {
    match value {
        Value::Text(text) => Some(text),
        _ => None,
    }
}

fn secret_of(value: Value) -> Option<Secret> {
    match value {
        Value::Secret(secret) => Some(secret),
        _ => None,
    }
}

impl Reader<'_> {
    /// Reads a value; `null` is none.
    pub(super) fn value(&mut self, scope: &Scope, wants: Expected, node: &Node) -> Option<Value> {
        self.spend(node.at, 0)?;
        match (wants.takes, &node.content) {
            (Type::Secret, _) => self.secret(scope, wants.label, node).map(Value::Secret),
            (Type::File, Content::Scalar(scalar)) if !scalar.is_null() => {
                self.spend(node.at, scalar.text.len())?;
                self.image(scope, wants.label, node.at, &scalar.text).map(Value::File)
            }
            (Type::Set(of), Content::List(items)) => self.set(scope, wants.member(*of), items),
            (Type::List(of), Content::List(items)) => {
                self.members(scope, wants.member(*of), items).map(Value::List)
            }
            (Type::Map, Content::Mapping(entries)) => {
                let wants = wants.member(Type::Text);
                self.map(scope, wants, entries, text_of).map(Value::Map)
            }
            (Type::Secrets, Content::Mapping(entries)) => {
                let wants = wants.member(Type::Secret);
                self.map(scope, wants, entries, secret_of).map(Value::Secrets)
            }
            (Type::Record(_), Content::Mapping(entries)) => {
                self.record(scope, wants.members, node.at, entries).map(Value::Record)
            }
            (Type::Set(_) | Type::List(_) | Type::Map | Type::Secrets | Type::Record(_), _) => {
                self.misshapen(scope, wants, node);
                None
            }
            (_, Content::Scalar(scalar)) if !scalar.is_null() => {
                self.scalar(scope, wants, node.at, scalar)
            }
            _ => {
                self.misshapen(scope, wants, node);
                None
            }
        }
    }

    fn scalar(
        &mut self,
        scope: &Scope,
        wants: Expected,
        at: Place,
        scalar: &Scalar,
    ) -> Option<Value> {
        self.spend(at, scalar.text.len())?;
        let text = canonical(wants.takes, scalar);
        let label = wants.label;
        if matches!(wants.takes, Type::Version) && scalar.plain && text.contains('.') {
            let message = format!("{label} is the number {}, not a version", shown(&text));
            let hint =
                format!("write it in quotes, \"{}\": as a number, 4.10 is 4.1", shown(&text));
            self.problem_with(scope, at, &message, hint);
            return None;
        }
        let Ok(value) = read_scalar(wants.takes, &text) else {
            let (wrong, hint) = refusal(wants.takes, &text);
            let hint = hint.unwrap_or_else(|| meaning(wants.attribute));
            self.problem_with(scope, at, &format!("{label} {wrong}"), hint);
            return None;
        };
        Some(value)
    }

    fn misshapen(&mut self, scope: &Scope, wants: Expected, node: &Node) {
        let Expected { label, takes, .. } = wants;
        let is = match &node.content {
            Content::Scalar(scalar) if scalar.is_null() => "empty".to_owned(),
            Content::Scalar(scalar) => format!("`{}`", shown(&scalar.text)),
            Content::List(_) => "a list".to_owned(),
            Content::Mapping(_) => "a mapping".to_owned(),
            Content::Secret(_) => "secret".to_owned(),
        };
        let hint = match (&node.content, takes) {
            (Content::Scalar(scalar), Type::Set(_) | Type::List(_)) if !scalar.is_null() => {
                Some(format!("write `[{}]`", shown(&scalar.text)))
            }
            _ => None,
        };
        let message = format!("{label} is {is}, not {}", wanted(takes));
        self.problem_with(scope, node.at, &message, hint);
    }

    /// Reads the members of a list, all of them, also when one is wrong.
    fn members(&mut self, scope: &Scope, wants: Expected, items: &[Node]) -> Option<Vec<Value>> {
        let mut values = Vec::with_capacity(items.len());
        for item in items {
            let value = self.resolve(scope, item).and_then(|node| self.value(scope, wants, &node));
            values.push(value);
        }
        values.into_iter().collect()
    }

    fn set(&mut self, scope: &Scope, wants: Expected, items: &[Node]) -> Option<Value> {
        let values = self.members(scope, wants, items)?;
        let mut first: HashMap<String, usize> = HashMap::new();
        let mut is_set = true;
        for (index, value) in values.iter().enumerate() {
            let before = *first.entry(value.to_string()).or_insert(index);
            if before != index && values[before] == *value {
                let name = wants.label.name;
                let message = format!("`{name}` has `{}` twice", shown(&value.to_string()));
                self.problem(scope, items[index].at, &message);
                is_set = false;
            }
        }
        is_set.then(|| Value::set(values))
    }

    /// Reads the entries of a mapping, all of them, also when one is wrong.
    fn map<T>(
        &mut self,
        scope: &Scope,
        wants: Expected,
        entries: &[Entry],
        of: fn(Value) -> Option<T>,
    ) -> Option<BTreeMap<String, T>> {
        let mut map = BTreeMap::new();
        let mut is_whole = true;
        for Entry { key, value } in entries {
            let node = self.resolve(scope, value);
            let takes_none = wants.attribute.by_member;
            let value = node.and_then(|node| match node.is_null() && takes_none {
                true => Some(Value::Text(String::new())),
                false => self.value(scope, wants, &node),
            });
            match value.and_then(of) {
                Some(value) => drop(map.insert(key.text.to_string(), value)),
                None => is_whole = false,
            }
        }
        is_whole.then_some(map)
    }

    fn record(
        &mut self,
        scope: &Scope,
        members: &Table,
        at: Place,
        entries: &[Entry],
    ) -> Option<Fields> {
        let mut given = self.body(scope, members, entries);
        self.check_required(scope, at, &members.attributes(), &given);
        given.sort_by_table(&members.attributes());
        given.into_fields()
    }
}

/// A scalar's text as [`read_scalar`] takes it: YAML writes `true` and numbers in several ways.
fn canonical(takes: Type, scalar: &Scalar) -> Cow<'_, str> {
    let text = &*scalar.text;
    match takes {
        Type::Flag if scalar.plain && matches!(text, "True" | "TRUE") => Cow::Borrowed("true"),
        Type::Flag if scalar.plain && matches!(text, "False" | "FALSE") => Cow::Borrowed("false"),
        Type::Integer(..) | Type::Size | Type::SizeIn(_) if scalar.plain => match based(text) {
            Some(number) => Cow::Owned(number.to_string()),
            None => Cow::Borrowed(text),
        },
        _ => Cow::Borrowed(text),
    }
}

/// Numbers that are not in base ten: `0x1F`, `0o17`.
fn based(text: &str) -> Option<i64> {
    let (digits, base) = match (text.strip_prefix("0x"), text.strip_prefix("0o")) {
        (Some(digits), _) => (digits, 16),
        (_, Some(digits)) => (digits, 8),
        _ => return None,
    };
    let is_unsigned = digits.starts_with(|c: char| c.is_digit(base));
    is_unsigned.then(|| i64::from_str_radix(digits, base).ok()).flatten()
}
