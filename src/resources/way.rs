//! Calls other than POST to its collection that make an object.

use super::{Attribute, Fields, Kind, Reference, Value, Verb};

/// Another call that makes an object: the copy of one, an import, a registration.
///
/// It takes what it sends, fills in, or is [`given`](Self::given); the rest of what is wanted is
/// changed once the object is there. What answers to it need not name the object, which is found
/// by id where that is known, and by its identity otherwise.
#[derive(Debug, PartialEq, Eq)]
pub struct Way {
    /// The attribute, or the first part of the names of several, that asks for it.
    pub given: &'static str,
    /// The call.
    pub verb: Verb,
    /// What goes into the query of the call.
    pub query: &'static [(&'static str, &'static str)],
    /// The attributes without which there is no such call.
    pub needs: &'static [&'static str],
    /// The attributes that it has from what it is made of, whatever is wanted.
    pub keeps: &'static [&'static str],
    /// The attribute that refers to what has the object's id already.
    pub keeps_id_of: Option<&'static str>,
    /// The flag with which the object gets an id of its own all the same.
    pub unless: Option<&'static str>,
}

impl Way {
    /// Asked for by that attribute, or by all whose names start so, and gone by that call.
    pub const fn of(given: &'static str, verb: Verb) -> Self {
        let (needs, keeps): (&[&str], &[&str]) = (&[], &[]);
        Self { given, verb, query: &[], needs, keeps, keeps_id_of: None, unless: None }
    }

    /// The call has these parameters in its query.
    pub const fn asking(self, query: &'static [(&'static str, &'static str)]) -> Self {
        Self { query, ..self }
    }

    /// There is no such call without these attributes.
    pub const fn needing(self, needs: &'static [&'static str]) -> Self {
        Self { needs, ..self }
    }

    /// The object has these attributes from what it is made of.
    pub const fn keeping(self, keeps: &'static [&'static str]) -> Self {
        Self { keeps, ..self }
    }

    /// The object has the id of what this refers to, unless that flag is set.
    pub const fn keeping_id_of(self, source: &'static str, unless: &'static str) -> Self {
        Self { keeps_id_of: Some(source), unless: Some(unless), ..self }
    }

    /// Whether the call takes an attribute.
    pub fn takes(&self, attribute: &Attribute) -> bool {
        attribute.is_in(self.given)
            || self.sends(attribute)
            || self.keeps.contains(&attribute.name)
            || self.is_filled_by(attribute)
    }

    /// Whether an attribute goes into the body of the call, or into its query, as it is.
    pub fn sends(&self, attribute: &Attribute) -> bool {
        let asks = attribute.is_in(self.given) && !self.is_filled_by(attribute);
        asks || self.verb.sends.contains(&attribute.name)
    }

    fn is_filled_by(&self, attribute: &Attribute) -> bool {
        let place = format!("{{{}}}", attribute.name);
        let templates = self.verb.parameters.iter().map(|(_, value)| *value);
        templates.chain([self.verb.path]).any(|template| template.contains(&place))
    }

    /// What shows already what the object will be, if that is known.
    pub fn source<'f>(&self, fields: &'f Fields) -> Option<(&'static Kind, &'f Reference)> {
        let (attribute, value) = fields.iter().find(|(it, _)| Some(it.name) == self.keeps_id_of)?;
        Some((attribute.takes.refers_to()?, value.as_reference()?))
    }

    /// The id that the object will have, if that is known.
    pub fn id<'f>(&self, fields: &'f Fields) -> Option<&'f str> {
        if self.unless.and_then(|flag| fields.named(flag)).is_some_and(Value::is_true) {
            return None;
        }
        match self.source(fields)? {
            (_, Reference::Id(id)) => Some(id),
            _ => None,
        }
    }
}
