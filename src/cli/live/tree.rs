//! Objects as data: the API's XML with the types that it has by the API's own description.

use serde_json::{Map, Value};

use crate::api::{SCHEMA, Shape, Type};
use crate::export::yaml::{self, Entry, Node};
use crate::xml::Element;

/// An object as data. Links to collections below it are left out: they are addresses of their own.
pub fn object(element: &Element, of: &Type) -> Value {
    let mut members = Map::new();
    if let Some(id) = element.id() {
        let shape = of.attribute("id").map(|attribute| attribute.shape);
        members.insert("id".to_owned(), scalar_of(id, shape));
    }
    let is_data = |child: &&Element| !matches!(child.name(), "link" | "actions");
    for child in element.children().iter().filter(is_data) {
        let shape = of.attribute(child.name()).map(|attribute| attribute.shape);
        members.insert(child.name().to_owned(), value(child, shape));
    }
    Value::Object(members)
}

fn value(element: &Element, shape: Option<Shape>) -> Value {
    let all = |of: &dyn Fn(&Element) -> Value| element.children().iter().map(of).collect();
    let text = element.text();
    match shape {
        Some(Shape::Struct(of) | Shape::Link(of)) => object(element, SCHEMA.type_of(of)),
        Some(Shape::Structs(_, of) | Shape::Links(_, of)) => {
            let of = SCHEMA.type_of(of);
            Value::Array(all(&|item| object(item, of)))
        }
        Some(Shape::Words(..)) => Value::Array(all(&|item| item.text().into())),
        _ if element.children().is_empty() => scalar_of(text, shape),
        _ => Value::Object(
            element.children().iter().map(|it| (it.name().to_owned(), value(it, None))).collect(),
        ),
    }
}

fn scalar_of(text: &str, shape: Option<Shape>) -> Value {
    let parsed = match shape {
        Some(Shape::Flag) => text.parse::<bool>().ok().map(Value::from),
        Some(Shape::Int(..)) => text.parse::<i64>().ok().map(Value::from),
        Some(Shape::Decimal) => text.parse::<f64>().ok().map(Value::from),
        _ => None,
    };
    parsed.unwrap_or_else(|| text.into())
}

/// Data as YAML.
pub fn yaml(value: &Value) -> String {
    yaml::data(&node(value))
}

fn node(value: &Value) -> Node {
    match value {
        Value::String(text) => Node::Text(text.clone()),
        Value::Array(items) => Node::List(items.iter().map(node).collect()),
        Value::Object(members) => Node::Mapping(
            members.iter().map(|(key, value)| Entry::Pair(key.clone(), node(value))).collect(),
        ),
        word => Node::Word(word.to_string()),
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;

    #[test]
    fn yaml_keeps_what_json_means() {
        let value = json!({
            "name": "web-01", "memory": 5, "comment": "", "version": "4.7", "up": "yes",
            "nics": [{ "id": "1a", "linked": true }, "x"], "none": [], "cpu": { "cores": 2 },
        });
        let expected = "\
comment: ''
cpu:
  cores: 2
memory: 5
name: web-01
nics:
  - id: 1a
    linked: true
  - x
none: []
up: 'yes'
version: '4.7'
";
        assert_eq!(yaml(&value), expected);
    }

    #[test]
    fn types_are_those_of_the_api() {
        let vm = Element::new("vm")
            .with_attribute("id", "7")
            .with(Element::leaf("memory", "1024"))
            .with(Element::leaf("name", "7"))
            .with(Element::leaf("stateless", "false"))
            .with(Element::new("link"))
            .with(Element::link("cluster", "c"));
        let expected = json!({
            "id": "7", "memory": 1024, "name": "7", "stateless": false, "cluster": { "id": "c" },
        });
        assert_eq!(object(&vm, SCHEMA.type_of("vm")), expected);
    }
}
