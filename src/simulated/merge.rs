//! Merges what a PUT sends into an object, as the engine's mappers do.

use super::schema::{SCHEMA, Shape};
use super::tree;
use crate::xml::Element;

/// Merges a struct: absent is kept, lists replace, empty texts and references clear.
///
/// At the top, only what the engine reads from requests is taken (`top`).
pub fn merge(into: &mut Element, from: &Element, type_name: &str, top: bool) {
    let schema = SCHEMA.type_of(type_name);
    for child in from.children() {
        let Some(attribute) = schema.attribute(child.name()) else { continue };
        if top && !attribute.input {
            continue;
        }
        match attribute.shape {
            Shape::Struct(nested) => merge_struct(into, child, nested),
            Shape::Link(_) => match child.id() {
                Some(id) if !id.is_empty() => {
                    tree::put(into, Element::link(attribute.element, id));
                }
                _ => {
                    tree::drop_child(into, child.name());
                }
            },
            Shape::Structs(..) | Shape::Links(..) | Shape::Words(..) => {
                if child.children().is_empty() {
                    tree::drop_child(into, child.name());
                } else {
                    tree::put(into, child.clone());
                }
            }
            _ if child.text().is_empty() => {
                tree::drop_child(into, child.name());
            }
            _ => tree::put(into, child.clone()),
        }
    }
}

/// Merges a struct field by field; an empty one clears.
fn merge_struct(into: &mut Element, child: &Element, type_name: &str) {
    if child.children().is_empty() && child.id().is_none() {
        tree::drop_child(into, child.name());
        return;
    }
    if into.child(child.name()).is_none() {
        let mut fresh = child.clone();
        fresh.children_mut().clear();
        into.push(fresh);
    }
    let inner = into.child_or_new(child.name());
    if let Some(id) = child.id() {
        inner.set_attribute("id", id);
    }
    merge(inner, child, type_name, false);
}

/// The part of a new object that the engine keeps and shows.
pub fn kept(from: &Element, type_name: &str) -> Element {
    let schema = SCHEMA.type_of(type_name);
    let mut body = Element::new(schema.element);
    merge(&mut body, from, type_name, true);
    body.children_mut().retain(|it| schema.attribute(it.name()).is_some_and(|it| it.output));
    body
}
