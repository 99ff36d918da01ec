//! The JSON Schema of manifests, from the catalogue: what editors complete, explain and underline.
//!
//! It is a little more generous than the reader: `${…}` may stand for any value, and what only a
//! look at several attributes or at the engine can tell is left to `validate` and `plan`.

use serde_json::{Map, Value, json};

use crate::manifest::{DECLARATION, ENGINE, LIFECYCLE, MOVED, REMOVED};
use crate::resources::{Attribute, Kind, Type};

use super::{facts, top};

/// The schema, in the dialect of 2020-12.
pub fn json_schema() -> Value {
    let mut kinds = Map::new();
    let mut properties = Map::new();
    properties.insert("engine".to_owned(), block(ENGINE, "Which engine is meant."));
    properties.insert("variables".to_owned(), variables());
    properties.insert("moved".to_owned(), records(MOVED, "Resources that have another address."));
    properties.insert("removed".to_owned(), records(REMOVED, "Resources that are given up."));
    for kind in top() {
        properties.insert(kind.section.to_owned(), section(kind));
        define(kind, &mut kinds);
    }
    kinds.insert(
        "inserted-text".to_owned(),
        json!({
            "description": "A text with `${var.name}` or `${each}` in it.",
            "type": "string", "pattern": "\\$\\{",
        }),
    );
    kinds.insert("lifecycle".to_owned(), lifecycle());
    json!({
        "$schema": "https://json-schema.org/draft/2020-12/schema",
        "title": "A manifest of virtuform",
        "type": ["object", "null"],
        "properties": properties,
        "additionalProperties": false,
        "$defs": kinds,
    })
}

/// Puts the schemas of a kind's resources, and of those below, where sections refer to them.
fn define(kind: &'static Kind, kinds: &mut Map<String, Value>) {
    let mut group = Group::of(&mut kind.attributes.iter(), &|attribute| facts_of(kind, attribute));
    for child in kind.children() {
        group.properties.insert(child.section.to_owned(), section(child));
        define(child, kinds);
    }
    group.properties.insert("lifecycle".to_owned(), reference("lifecycle"));
    let mut schema = group.schema();
    schema["description"] = kind.summary.into();
    kinds.insert(kind.name.to_owned(), schema);
}

/// Resources by key, or the names of resources of which nothing is said.
fn section(kind: &Kind) -> Value {
    let about = "A key may stand for several: `web-{01..20}`, `{db,web}-{a,b}`.";
    json!({
        "description": format!("{} {about}", kind.summary),
        "anyOf": [
            {
                "type": "object",
                "propertyNames": { "pattern": "^[^/]+$" },
                "additionalProperties": {
                    "anyOf": [reference(kind.name), reference("inserted-text")],
                },
            },
            { "type": "array", "items": { "type": "string" } },
            { "type": "null" },
            reference("inserted-text"),
        ],
    })
}

fn reference(name: &str) -> Value {
    json!({ "$ref": format!("#/$defs/{name}") })
}

/// Attributes that nest below one name, or below none.
#[derive(Default)]
struct Group {
    properties: Map<String, Value>,
    required: Vec<String>,
}

impl Group {
    /// Nests attributes by the dots in their names.
    fn of<'a>(
        attributes: &mut dyn Iterator<Item = &'a Attribute>,
        describe: &dyn Fn(&Attribute) -> String,
    ) -> Self {
        let all: Vec<&Attribute> = attributes.collect();
        Self::below("", &all, describe)
    }

    fn below(prefix: &str, all: &[&Attribute], describe: &dyn Fn(&Attribute) -> String) -> Self {
        let mut group = Self::default();
        for attribute in all {
            let Some(rest) = attribute.name.strip_prefix(prefix) else { continue };
            let part = rest.split('.').next().unwrap_or(rest);
            let is_needed = attribute.required && !attribute.from_key;
            if is_needed && !group.required.iter().any(|known| known == part) {
                group.required.push(part.to_owned());
            }
            let mut schema = if part == rest {
                with_words(attribute, &describe(attribute))
            } else {
                Self::below(&format!("{prefix}{part}."), all, describe).schema()
            };
            // What is a value and has parts, too, is either.
            if let Some(known) = group.properties.remove(part).filter(|known| *known != schema) {
                schema = json!({ "anyOf": [known, schema] });
            }
            group.properties.insert(part.to_owned(), schema);
        }
        group
    }

    fn schema(self) -> Value {
        let Self { properties, required } = self;
        let types = if required.is_empty() { json!(["object", "null"]) } else { json!("object") };
        let mut schema =
            json!({ "type": types, "properties": properties, "additionalProperties": false });
        if !required.is_empty() {
            schema["required"] = required.into();
        }
        schema
    }
}

fn facts_of(kind: &'static Kind, attribute: &Attribute) -> String {
    let facts = facts(kind, attribute).into_iter().filter(|(about, _)| *about != "takes");
    let lines: Vec<String> = facts.map(|(about, text)| format!("\n- {about}: {text}")).collect();
    format!("{}{}", attribute.summary, lines.concat())
}

/// What an attribute takes, with what it is for and what `null` stands for.
fn with_words(attribute: &Attribute, description: &str) -> Value {
    let mut choices = match attribute.by_member {
        true => vec![texts(&["string", "number", "boolean", "null"])],
        false => of_type(attribute.takes),
    };
    choices.push(reference("inserted-text"));
    if attribute.has_null() || attribute.from_key {
        choices.push(json!({ "type": "null" }));
    }
    let mut schema = json!({ "description": description, "anyOf": choices });
    if let Some(default) = default(attribute) {
        schema["default"] = default;
    }
    schema
}

fn default(attribute: &Attribute) -> Option<Value> {
    Some(match (attribute.takes, attribute.default?) {
        (Type::Flag, text) => text.parse::<bool>().ok()?.into(),
        (Type::Integer(..), text) => text.parse::<i64>().ok()?.into(),
        (_, "[]") => json!([]),
        (_, "{}") => json!({}),
        (_, text) => text.into(),
    })
}

/// Names with texts, of these types.
fn texts(types: &[&str]) -> Value {
    json!({ "type": "object", "additionalProperties": { "type": types } })
}

/// The forms in which values of a type are written.
fn of_type(takes: Type) -> Vec<Value> {
    match takes {
        // YAML reads a number or `true` where text is meant; so does the reader, the other way.
        Type::Text | Type::Reference(_) => vec![json!({ "type": ["string", "number", "boolean"] })],
        Type::Integer(min, max) => vec![
            json!({ "type": "integer", "minimum": min, "maximum": max }),
            json!({ "type": "string", "pattern": "^-?[0-9]+$" }),
        ],
        Type::Decimal => vec![
            json!({ "type": "number", "minimum": 0 }),
            json!({ "type": "string", "pattern": "^[0-9]+(\\.[0-9]+)?$" }),
        ],
        Type::Flag => vec![json!({ "enum": [true, false, "true", "false"] })],
        Type::Size | Type::SizeIn(_) => vec![
            json!({ "type": "integer", "minimum": 0 }),
            json!({ "type": "string", "pattern": "^ *[0-9]+ *([PTGMK]i)?B? *$" }),
        ],
        Type::OneOf(words) => vec![json!({ "enum": words })],
        Type::Version => vec![json!({ "type": "string", "pattern": "^[0-9]+\\.[0-9]+$" })],
        Type::Mac => {
            vec![json!({ "type": "string", "pattern": "^[0-9A-Fa-f]{2}(:[0-9A-Fa-f]{2}){5}$" })]
        }
        Type::Set(of) => {
            vec![json!({ "type": "array", "items": member(*of), "uniqueItems": true })]
        }
        Type::List(of) => vec![json!({ "type": "array", "items": member(*of) })],
        Type::Record(members) => {
            let group = Group::of(&mut members.iter(), &|member| member.summary.to_owned());
            vec![group.schema()]
        }
        Type::Map => vec![texts(&["string", "number", "boolean"])],
        Type::Secrets => {
            let secret = json!({ "anyOf": of_type(Type::Secret) });
            vec![json!({ "type": "object", "additionalProperties": secret })]
        }
        Type::File => vec![json!({ "type": "string", "minLength": 1 })],
        Type::Secret => {
            let form = |name: &str| {
                let text = json!({ "type": "string" });
                json!({
                    "type": "object", "properties": { name: text },
                    "required": [name], "additionalProperties": false,
                })
            };
            vec![form("env"), form("file"), json!({ "type": ["string", "number"] })]
        }
    }
}

fn member(of: Type) -> Value {
    let mut choices = of_type(of);
    choices.push(reference("inserted-text"));
    json!({ "anyOf": choices })
}

fn summary(attribute: &Attribute) -> String {
    attribute.summary.to_owned()
}

fn block(attributes: &[Attribute], description: &str) -> Value {
    let mut schema = Group::of(&mut attributes.iter(), &summary).schema();
    schema["description"] = description.into();
    schema
}

fn records(attributes: &[Attribute], description: &str) -> Value {
    let of = Group::of(&mut attributes.iter(), &summary).schema();
    json!({ "description": description, "type": ["array", "null"], "items": of })
}

fn variables() -> Value {
    let mut declaration = Group::of(&mut DECLARATION.iter(), &summary);
    let default = json!({ "description": "What it holds unless a value is given." });
    declaration.properties.insert("default".to_owned(), default);
    json!({
        "description": "What `${var.name}` stands for.",
        "type": ["object", "null"],
        "propertyNames": { "pattern": "^[\\w-]+$" },
        "additionalProperties": declaration.schema(),
    })
}

fn lifecycle() -> Value {
    let mut rules = Group::of(&mut LIFECYCLE.iter(), &summary);
    let ignore = json!({
        "description": "Attributes that are left alone once it exists.",
        "anyOf": [
            { "type": "array", "items": { "type": "string" } },
            reference("inserted-text"),
            { "type": "null" },
        ],
    });
    rules.properties.insert("ignore".to_owned(), ignore);
    let mut schema = rules.schema();
    schema["description"] = "What the owners of a resource allow.".into();
    schema
}
