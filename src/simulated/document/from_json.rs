//! Reads JSON in the shape in which the engine writes it; numbers and booleans may also stand bare.
//!
//! The engine's reader of JSON knows no mercy: unlike in XML, it refuses every unknown member.

use serde_json::{Map, Value};

use super::Garbled;
use crate::simulated::schema::{SCHEMA, Shape, Type};
use crate::xml::{Element, MAX_DEPTH};

/// Reads a document of a type.
pub fn read(bytes: &[u8], schema: &Type) -> Result<Element, Garbled> {
    let value: Value = serde_json::from_slice(bytes).map_err(|_| Garbled)?;
    object(schema.element, schema, &value, 1)
}

fn object(
    name: &'static str,
    schema: &Type,
    value: &Value,
    depth: usize,
) -> Result<Element, Garbled> {
    let mut element = Element::new(name);
    for (key, value) in members(value, depth)? {
        match (key.as_str(), value) {
            (_, Value::Null) => {}
            ("id", value) => element.set_attribute("id", text(value)?),
            // What the engine adds to its answers may come back, and says nothing.
            ("href" | "rel" | "link" | "actions" | "creation_status", _) => {}
            (key, value) => {
                let attribute = schema.attribute(key).ok_or(Garbled)?;
                element.push(attribute_of(attribute.element, attribute.shape, value, depth)?);
            }
        }
    }
    Ok(element)
}

fn attribute_of(
    name: &'static str,
    shape: Shape,
    value: &Value,
    depth: usize,
) -> Result<Element, Garbled> {
    match shape {
        Shape::Struct(of) | Shape::Link(of) => object(name, SCHEMA.type_of(of), value, depth + 1),
        Shape::Structs(item, of) | Shape::Links(item, of) => {
            let schema = SCHEMA.type_of(of);
            list(name, item, value, depth, |it| object(item, schema, it, depth + 1))
        }
        Shape::Words(item, _) => {
            list(name, item, value, depth, |it| Ok(Element::leaf(item, text(it)?)))
        }
        Shape::Date => Ok(Element::leaf(name, date(value)?)),
        _ => Ok(Element::leaf(name, text(value)?)),
    }
}

/// Reads `{"nic": [ … ]}`; one object in place of the array is not taken for a list of one.
fn list(
    name: &'static str,
    item: &str,
    value: &Value,
    depth: usize,
    read: impl Fn(&Value) -> Result<Element, Garbled>,
) -> Result<Element, Garbled> {
    let mut list = Element::new(name);
    for (key, value) in members(value, depth)? {
        match value {
            Value::Null => {}
            Value::Array(items) if key == item => {
                for item in items {
                    list.push(read(item)?);
                }
            }
            _ => return Err(Garbled),
        }
    }
    Ok(list)
}

fn members(value: &Value, depth: usize) -> Result<&Map<String, Value>, Garbled> {
    value.as_object().filter(|_| depth <= MAX_DEPTH).ok_or(Garbled)
}

fn text(value: &Value) -> Result<String, Garbled> {
    match value {
        Value::String(text) => Ok(text.clone()),
        Value::Bool(_) | Value::Number(_) => Ok(value.to_string()),
        _ => Err(Garbled),
    }
}

/// Reads a date, in milliseconds or written out.
fn date(value: &Value) -> Result<String, Garbled> {
    let Some(time) = value.as_i64() else { return text(value) };
    let time = jiff::Timestamp::from_millisecond(time).map_err(|_| Garbled)?;
    Ok(time.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string())
}
