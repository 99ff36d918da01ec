//! From addresses to ids and paths, at the time when a step starts.

use std::collections::BTreeMap;

use crate::engine::segment;
use crate::plan::Step;
use crate::resources::{Action, Address, Attribute, Change, Fields, Kind, Parts, Reference, Value};
use crate::state::Ledger;

use super::Setback;
use super::poll::part;

/// Where a step's object is.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Target {
    /// The engine's id of the object, if it exists.
    pub id: Option<String>,
    /// The ids of the objects that hold it, the nearest first.
    pub parents: Vec<String>,
    /// The path of its collection.
    pub collection: String,
}

impl Target {
    /// Finds the ids of a step's object and of those that hold it.
    pub fn of(step: &Step, ledger: &Ledger) -> Result<Self, Setback> {
        let recorded = || ledger.entries.get(&step.address).map(|entry| entry.id.clone());
        let parents = parents(step, ledger)?;
        let collection = collection(step.kind, &parents);
        Ok(Self { id: step.object.clone().or_else(recorded), parents, collection })
    }

    /// The id of an object that has to exist.
    pub fn id(&self, step: &Step) -> Result<&str, Setback> {
        let unknown = || Setback::Unknown { what: step.address.to_string() };
        self.id.as_deref().ok_or_else(unknown)
    }

    /// The path of the object with that id.
    pub fn path(&self, id: &str) -> String {
        format!("{}/{}", self.collection, segment(id))
    }

    /// Fills `{id}`, `{parent}` and `{attribute}` in a template, each by what `encode` makes of it.
    pub fn fill(
        &self,
        template: &str,
        fields: &Fields,
        encode: impl Fn(&str) -> String,
    ) -> Result<String, Setback> {
        let mut filled = String::with_capacity(template.len() + 40);
        let mut rest = template;
        while let Some((before, after)) = rest.split_once('{') {
            let (name, after) = after.split_once('}').unwrap_or((after, ""));
            let value = self.value(name, fields);
            let value = value.ok_or_else(|| Setback::Unknown { what: format!("{{{name}}}") })?;
            filled.push_str(before);
            filled.push_str(&encode(&value));
            rest = after;
        }
        filled.push_str(rest);
        Ok(filled)
    }

    fn value(&self, name: &str, fields: &Fields) -> Option<String> {
        match name {
            "id" => self.id.clone(),
            "parent" => self.parents.first().cloned(),
            "grandparent" => self.parents.get(1).cloned(),
            attribute => fields.named(attribute).and_then(plain_text),
        }
    }
}

/// A value as a path, a query or a parameter has it; nothing for what has no such form.
pub(super) fn plain_text(value: &Value) -> Option<String> {
    match value {
        Value::Text(text) | Value::Reference(Reference::Id(text)) => Some(text.clone()),
        Value::Integer(number) => Some(number.to_string()),
        Value::Flag(flag) => Some(flag.to_string()),
        Value::Set(members) => match members.as_slice() {
            [only] => plain_text(only),
            _ => None,
        },
        _ => None,
    }
}

/// The path of the collection that holds objects of a kind.
fn collection(kind: &Kind, parents: &[String]) -> String {
    match (kind.parent, parents) {
        (Some(parent), [id, above @ ..]) => {
            format!("{}/{}/{}", collection(parent, above), segment(id), kind.segment)
        }
        _ => kind.segment.to_owned(),
    }
}

/// As many ids as the kind has kinds above it.
fn parents(step: &Step, ledger: &Ledger) -> Result<Vec<String>, Setback> {
    let mut parents = Vec::new();
    let mut kind = step.kind;
    let mut address = step.address.clone();
    while let Some(above) = kind.parent {
        let id = match &step.parent {
            Some(parent) if parents.is_empty() => id_of(parent, ledger),
            _ => address.parent().map_or_else(
                || Err(Setback::Unknown { what: format!("{} of {address}", above.name) }),
                |parent| id_at(&parent, ledger),
            ),
        };
        parents.push(id?);
        kind = above;
        address = address.parent().unwrap_or(address);
    }
    Ok(parents)
}

/// The collection of the objects that have parts, and how a look calls these.
pub(super) fn parts(parts: &Parts, ledger: &Ledger) -> Result<(String, Vec<String>), Setback> {
    let of = id_of(&parts.of, ledger)?;
    let ids = parts.below.iter().map(|holder| Ok(part(&id_of(holder, ledger)?, &of)));
    let holders = parts.kind.parent.map_or("", |holder| holder.segment);
    Ok((holders.to_owned(), ids.collect::<Result<_, Setback>>()?))
}

fn id_of(reference: &Reference, ledger: &Ledger) -> Result<String, Setback> {
    match reference {
        Reference::Id(id) => Ok(id.clone()),
        Reference::Address(address) => id_at(address, ledger),
        Reference::Name(name) => Err(Setback::Unknown { what: name.clone() }),
    }
}

fn id_at(address: &Address, ledger: &Ledger) -> Result<String, Setback> {
    let entry = ledger.entries.get(address);
    let entry = entry.ok_or_else(|| Setback::Unknown { what: address.to_string() })?;
    Ok(entry.id.clone())
}

/// What is known of the resources that references point at.
#[derive(Clone, Copy)]
pub(super) struct Known<'a> {
    pub ledger: &'a Ledger,
    /// The names of what the same call makes: it has no ids before.
    pub made: &'a BTreeMap<Address, String>,
}

impl Known<'_> {
    fn resolve(self, reference: &Reference) -> Result<Reference, Setback> {
        match reference {
            Reference::Address(address) if self.made.contains_key(address) => {
                Ok(Reference::Name(self.made[address].clone()))
            }
            other => id_of(other, self.ledger).map(Reference::Id),
        }
    }

    fn fields(self, fields: &Fields) -> Result<Fields, Setback> {
        fields.map_references(&mut |_, reference| self.resolve(reference))
    }

    fn value(self, of: &'static Attribute, value: &Value) -> Result<Value, Setback> {
        value.map_references(of, &mut |_, reference| self.resolve(reference))
    }

    fn change(self, change: &Change) -> Result<Change, Setback> {
        Ok(Change { to: self.value(change.attribute, &change.to)?, ..change.clone() })
    }
}

/// The same action with ids for all references, or names of what the same call makes.
pub(super) fn action(action: &Action, known: Known) -> Result<Action, Setback> {
    Ok(match action {
        Action::Create { fields, unless_there } => {
            Action::Create { fields: known.fields(fields)?, unless_there: *unless_there }
        }
        Action::Find { identity } => Action::Find { identity: known.fields(identity)? },
        Action::Update { changes, along, next_start } => Action::Update {
            changes: changes.iter().map(|c| known.change(c)).collect::<Result<_, _>>()?,
            along: known.fields(along)?,
            next_start: *next_start,
        },
        Action::Delete { with } => Action::Delete { with: known.fields(with)? },
        Action::Link { attribute, member, adds } => {
            Action::Link { attribute, member: known.value(attribute, member)?, adds: *adds }
        }
        Action::Invoke { verb, with, changes } => {
            Action::Invoke { verb, with: fill_ins(with, known), changes: changes.clone() }
        }
        Action::Upload { .. } => action.clone(),
        Action::Await { of, attribute, becomes, fails, confirms } => {
            let (of, confirms) = (of.clone(), known.fields(confirms)?);
            Action::Await { of, attribute, becomes, fails, confirms }
        }
    })
}

/// What fills placeholders: only those that are used have to be known.
pub(super) fn fill_ins(with: &Fields, known: Known) -> Fields {
    with.iter().filter_map(|(of, it)| Some((of, known.value(of, it).ok()?))).collect()
}
