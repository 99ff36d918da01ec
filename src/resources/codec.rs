//! Between an object's values and its XML.

use std::collections::BTreeMap;

use crate::xml::{Element, Outline};

use super::{Attribute, Fields, Kind, Place, Reference, Secret, Type, Underway, Value};

/// Reads the attributes of a table out of an object's element; those that it lacks stay out.
pub fn decode(attributes: &'static [Attribute], element: &Element) -> Fields {
    let shown = attributes.iter().filter(|attribute| attribute.is_comparable());
    let values = shown.filter_map(|attribute| Some((attribute, decode_one(attribute, element)?)));
    Fields::collect_within(attributes.len(), values)
}

fn decode_one(attribute: &'static Attribute, element: &Element) -> Option<Value> {
    if let Some(codec) = attribute.codec {
        return (codec.decode)(element);
    }
    let (mut path, xml_attribute) = place_of(attribute);
    let found = path.try_fold(element, |element, name| element.child(name))?;
    let text = match xml_attribute {
        Some(name) => found.attribute(name)?,
        None => found.text(),
    };
    let value = match attribute.takes {
        Type::Set(of) => Value::set(members(attribute, of, found)),
        Type::List(of) => Value::List(members(attribute, of, found).collect()),
        Type::Map => Value::Map(entries(attribute.item, found)),
        Type::Reference(_) if xml_attribute.is_none() => reference(found)?,
        takes => decode_text(takes, text, found)?,
    };
    Some(settle(attribute, value))
}

/// The attribute whose state is on the way to another one, and that way, if there is one.
pub fn underway(kind: &'static Kind, element: &Element) -> Option<Underway> {
    let attributes = kind.attributes.iter().chain(kind.shows);
    attributes.filter(|attribute| !attribute.passing.is_empty()).find_map(|attribute| {
        let (mut path, _) = place_of(attribute);
        let found = path.try_fold(element, |element, name| element.child(name))?;
        let way = attribute.passing.iter().find(|(passing, _)| *passing == found.text())?;
        Some(Underway { attribute, to: &way.1 })
    })
}

/// A state on the way to another counts as that other.
fn settle(attribute: &Attribute, value: Value) -> Value {
    let Some(text) = value.as_text() else { return value };
    match attribute.passing.iter().find(|(passing, _)| *passing == text) {
        Some((_, state)) => Value::Text((*state).to_owned()),
        None => value,
    }
}

fn decode_text(takes: Type, text: &str, element: &Element) -> Option<Value> {
    Some(match takes {
        Type::Text | Type::OneOf(_) => Value::Text(text.to_owned()),
        Type::Mac => Value::Text(text.to_ascii_lowercase()),
        Type::Decimal => super::read_scalar(takes, text).ok()?,
        Type::Integer(..) | Type::Size | Type::SizeIn(_) => Value::Integer(text.parse().ok()?),
        Type::Flag => Value::Flag(text == "true"),
        Type::Version => Value::Text(format!(
            "{}.{}",
            element.text_at("major")?,
            element.text_at("minor").unwrap_or("0")
        )),
        Type::Reference(_) => Value::Reference(Reference::Id(text.to_owned())),
        Type::Record(attributes) => Value::Record(decode(attributes, element)),
        // What the engine shows of a secret is a mask.
        Type::Secret | Type::Secrets | Type::File => return None,
        Type::Set(_) | Type::List(_) | Type::Map => return None,
    })
}

fn reference(element: &Element) -> Option<Value> {
    element.id().map(|id| Value::Reference(Reference::Id(id.to_owned())))
}

fn members(
    attribute: &'static Attribute,
    of: &'static Type,
    wrapper: &Element,
) -> impl Iterator<Item = Value> {
    wrapper.all(attribute.item).filter_map(move |member| match of {
        Type::Reference(_) => reference(member),
        of => decode_text(*of, member.text(), member),
    })
}

fn entries(item: &'static str, wrapper: &Element) -> BTreeMap<String, String> {
    let text = |entry: &Element, name| entry.text_at(name).unwrap_or_default().to_owned();
    wrapper.all(item).map(|entry| (text(entry, "name"), text(entry, "value"))).collect()
}

/// Writes values into an object's element. References must be ids by then, or the names of what
/// the same call makes.
pub fn encode<'a>(
    values: impl IntoIterator<Item = (&'static Attribute, &'a Value)>,
    element: &mut Element,
) {
    for (attribute, value) in values {
        if attribute.place == Place::Body {
            encode_one(attribute, value, element);
        }
    }
}

fn encode_one(attribute: &'static Attribute, value: &Value, element: &mut Element) {
    if let Some(codec) = attribute.codec {
        return (codec.encode)(value, element);
    }
    let (path, xml_attribute) = place_of(attribute);
    let target = path.fold(element, |element, name| element.child_or_new(name));
    match (value, xml_attribute) {
        (Value::Nothing, _) => {}
        (value, Some(name)) => {
            if let Some(text) = wire_text(value) {
                target.set_attribute(name, text);
            }
        }
        (Value::Set(values) | Value::List(values), None) => {
            for value in values {
                target.push(member(attribute.item, value));
            }
        }
        (Value::Map(entries), None) => {
            for (name, value) in entries {
                target.push(entry(attribute.item, name, value));
            }
        }
        (Value::Secrets(entries), None) => {
            for (name, secret) in entries {
                target.push(entry(attribute.item, name, secret.reveal()));
            }
        }
        (value, None) => fill(target, value, attribute.takes),
    }
}

fn entry(item: &'static str, name: &str, value: &str) -> Element {
    Element::new(item).with(Element::leaf("name", name)).with(Element::leaf("value", value))
}

fn member(item: &'static str, value: &Value) -> Element {
    let mut element = Element::new(item);
    fill(&mut element, value, Type::Text);
    element
}

fn fill(element: &mut Element, value: &Value, takes: Type) {
    match (value, takes) {
        (Value::Reference(Reference::Id(id)), _) => element.set_attribute("id", id),
        // What the same call makes has no id yet.
        (Value::Reference(Reference::Name(name)), _) => element.push(Element::leaf("name", name)),
        (Value::Record(fields), _) => encode(fields.iter(), element),
        (Value::Text(text), Type::Version) => {
            let (major, minor) = text.split_once('.').unwrap_or((text, "0"));
            element.push(Element::leaf("major", major));
            element.push(Element::leaf("minor", minor));
        }
        (value, _) => element.set_text(wire_text(value).unwrap_or_default()),
    }
}

fn wire_text(value: &Value) -> Option<String> {
    Some(match value {
        Value::Text(text) => text.clone(),
        Value::Integer(number) => number.to_string(),
        Value::Flag(flag) => flag.to_string(),
        Value::Reference(Reference::Id(id)) => id.clone(),
        Value::Secret(secret) => Secret::reveal(secret).to_owned(),
        _ => return None,
    })
}

/// Adds to an outline what reading a table needs.
pub fn outline(attributes: &'static [Attribute], outline: &mut Outline) {
    for attribute in attributes {
        if !attribute.is_comparable() {
            continue;
        }
        let (path, xml_attribute) = place_of(attribute);
        let kept = outline.keep(path);
        let is_leaf = xml_attribute.is_some()
            || matches!(
                attribute.takes,
                Type::Text
                    | Type::Integer(..)
                    | Type::Flag
                    | Type::Size
                    | Type::SizeIn(_)
                    | Type::OneOf(_)
                    | Type::Mac
                    | Type::Decimal
                    | Type::Reference(_)
                    | Type::Secret
            );
        if !is_leaf || attribute.codec.is_some() {
            kept.keep_whole();
        }
    }
}

/// The elements to descend through, and the XML attribute at the end, if it is one.
fn place_of(
    attribute: &'static Attribute,
) -> (impl Iterator<Item = &'static str>, Option<&'static str>) {
    let (elements, separator, xml_attribute) = match attribute.path {
        None => (attribute.name, '.', None),
        Some(path) => match path.rsplit_once('@') {
            Some((elements, xml_attribute)) => (elements, '/', Some(xml_attribute)),
            None => (path, '/', None),
        },
    };
    (elements.split(separator).filter(|element| !element.is_empty()), xml_attribute)
}
