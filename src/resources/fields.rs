//! The values of one object.

use super::{Attribute, Kind, Reference, Value};

/// Values by attribute, in the order of the kind's table, each attribute at most once.
///
/// Only the YAML reader, the XML codec and the planner make them; all else trusts their types.
#[derive(Clone, Debug, Default)]
pub struct Fields {
    values: Vec<(&'static Attribute, Value)>,
}

impl Fields {
    /// No value at all.
    pub fn new() -> Self {
        Self::default()
    }

    /// Sets a value, replacing the one the attribute had.
    pub fn set(&mut self, attribute: &'static Attribute, value: Value) {
        match self.values.iter_mut().find(|(known, _)| known.name == attribute.name) {
            Some((_, old)) => *old = value,
            None => self.values.push((attribute, value)),
        }
    }

    /// Removes an attribute.
    pub fn remove(&mut self, attribute: &Attribute) {
        self.values.retain(|(known, _)| known.name != attribute.name);
    }

    /// The value of an attribute, if it has one.
    pub fn get(&self, attribute: &Attribute) -> Option<&Value> {
        self.named(attribute.name)
    }

    /// The value of the attribute of that name: for code that reads every kind's table.
    pub fn named(&self, name: &str) -> Option<&Value> {
        self.values.iter().find(|(known, _)| known.name == name).map(|(_, value)| value)
    }

    /// Whether anything is said of the attribute of that name, or of one that stands in it.
    pub fn speak_of(&self, name: &str) -> bool {
        let is_said = |value: &Value| *value != Value::Nothing;
        self.values.iter().any(|(attribute, value)| attribute.is_in(name) && is_said(value))
    }

    /// Whether a new object of these values gets an attribute's default, said or not.
    pub fn assume(&self, attribute: &Attribute) -> bool {
        attribute.assumed && !attribute.assumed_unless.iter().any(|other| self.speak_of(other))
    }

    /// Whether the attribute holds that text.
    pub fn is(&self, attribute: &Attribute, text: &str) -> bool {
        self.get(attribute).and_then(Value::as_text) == Some(text)
    }

    /// All values, in the order in which they were set.
    pub fn iter(&self) -> impl Iterator<Item = (&'static Attribute, &Value)> {
        self.values.iter().map(|(attribute, value)| (*attribute, value))
    }

    /// The live objects that the values refer to, with their kinds.
    pub fn objects(&self) -> Vec<(&'static Kind, String)> {
        let mut objects = Vec::new();
        for (attribute, value) in self.iter() {
            value.each_target(attribute.takes, &mut |kind, reference| {
                if let Reference::Id(id) = reference {
                    objects.push((kind, id.clone()));
                }
            });
        }
        objects
    }

    /// Whether one of the values refers to that object.
    pub fn refer_to(&self, object: &Reference) -> bool {
        let mut is_there = false;
        for (_, value) in self.iter() {
            value.each_reference(&mut |reference| is_there |= reference == object);
        }
        is_there
    }

    /// How many attributes have a value.
    pub fn len(&self) -> usize {
        self.values.len()
    }

    /// Whether no attribute has a value.
    pub fn is_empty(&self) -> bool {
        self.values.is_empty()
    }

    /// These values, and those of `under` for the attributes that have none here.
    pub fn over(&self, under: &Fields) -> Fields {
        let mut merged = self.clone();
        for (attribute, value) in under.iter() {
            if self.get(attribute).is_none() {
                merged.values.push((attribute, value.clone()));
            }
        }
        merged
    }

    /// The values for whose attributes `keep` says yes.
    pub fn filter(&self, keep: impl Fn(&'static Attribute) -> bool) -> Fields {
        self.iter().filter(|(a, _)| keep(a)).map(|(a, v)| (a, v.clone())).collect()
    }

    /// The same fields with each reference replaced by what `change` makes of it.
    pub fn map_references<E>(
        &self,
        change: &mut impl FnMut(&'static Attribute, &Reference) -> Result<Reference, E>,
    ) -> Result<Fields, E> {
        self.iter().map(|(a, value)| Ok((a, value.map_references(a, change)?))).collect()
    }

    /// Collects values of different attributes, at most `room` of them, without growing on the way.
    pub(super) fn collect_within(
        room: usize,
        values: impl Iterator<Item = (&'static Attribute, Value)>,
    ) -> Self {
        let mut collected = Vec::with_capacity(room);
        collected.extend(values);
        collected.shrink_to_fit();
        Self { values: collected }
    }
}

impl PartialEq for Fields {
    fn eq(&self, other: &Self) -> bool {
        self.len() == other.len() && self.iter().all(|(a, value)| other.get(a) == Some(value))
    }
}

impl Eq for Fields {}

impl FromIterator<(&'static Attribute, Value)> for Fields {
    fn from_iter<I: IntoIterator<Item = (&'static Attribute, Value)>>(values: I) -> Self {
        Self { values: values.into_iter().collect() }
    }
}
