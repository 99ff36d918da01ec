//! The facts as `data/ovirt-api.json` has them, and what becomes of them.

use std::collections::HashMap;

use serde::Deserialize;

use super::{Shape, rank};

#[derive(Deserialize)]
pub struct Schema<'a> {
    #[serde(borrow)]
    pub types: HashMap<&'a str, Type<'a>>,
    #[serde(borrow)]
    pub enums: HashMap<&'a str, Vec<&'a str>>,
    #[serde(borrow)]
    pub services: HashMap<&'a str, Service<'a>>,
}

#[derive(Deserialize)]
pub struct Type<'a> {
    element: &'a str,
    collection: &'a str,
    #[serde(borrow)]
    attributes: HashMap<&'a str, Attribute<'a>>,
}

#[derive(Deserialize)]
struct Attribute<'a> {
    kind: &'a str,
    #[serde(rename = "type")]
    type_name: Option<&'a str>,
    xsd: Option<&'a str>,
    of: Option<&'a str>,
    item: Option<&'a str>,
    element: Option<&'a str>,
    #[serde(default, rename = "in")]
    input: bool,
    #[serde(default, rename = "out")]
    output: bool,
    since: Option<&'a str>,
}

#[derive(Deserialize)]
pub struct Service<'a> {
    kind: &'a str,
    element: Option<&'a str>,
    item: Option<&'a str>,
    #[serde(borrow)]
    locators: HashMap<&'a str, Locator<'a>>,
    #[serde(borrow)]
    methods: HashMap<&'a str, Method<'a>>,
}

#[derive(Deserialize)]
struct Locator<'a> {
    service: &'a str,
    segment: Option<&'a str>,
}

#[derive(Deserialize)]
struct Method<'a> {
    verb: &'a str,
    path: Option<&'a str>,
    #[serde(default, borrow)]
    mandatory: Vec<&'a str>,
    #[serde(default, borrow)]
    either: Vec<Vec<&'a str>>,
    #[serde(default, borrow)]
    signatures: Vec<Needs<'a>>,
    #[serde(default, borrow)]
    engine_required: Vec<&'a str>,
    implemented: Option<&'a str>,
    #[serde(default, borrow)]
    params: Vec<(&'a str, &'a str, &'a str)>,
}

#[derive(Deserialize)]
struct Needs<'a> {
    #[serde(default, borrow)]
    mandatory: Vec<&'a str>,
    #[serde(default, borrow)]
    either: Vec<Vec<&'a str>>,
}

impl Method<'static> {
    fn refine(self) -> super::Method {
        let needs = |it: Needs<'static>| super::Needs { all: it.mandatory, either: it.either };
        // What has a question mark depends on more than a list can say.
        let required = self.engine_required.into_iter().filter(|it| !it.starts_with('?'));
        let parameter = |(name, type_name, place)| super::Parameter {
            name,
            type_name,
            in_query: place == "query",
        };
        super::Method {
            verb: self.verb,
            path: self.path,
            needs: super::Needs { all: self.mandatory, either: self.either },
            signatures: self.signatures.into_iter().map(needs).collect(),
            required: required.collect(),
            parameters: self.params.into_iter().map(parameter).collect(),
            is_stub: self.implemented == Some("stub"),
        }
    }
}

type Enums = HashMap<&'static str, &'static [&'static str]>;

impl Type<'static> {
    pub fn refine(self, enums: &Enums) -> super::Type {
        let mut attributes: HashMap<_, _> = self
            .attributes
            .into_iter()
            .map(|(name, it)| {
                let refined = it.refine(name, enums);
                (refined.element, refined)
            })
            .collect();
        rank(&mut attributes);
        super::Type { element: self.element, collection: self.collection, attributes }
    }
}

impl Attribute<'static> {
    fn refine(self, name: &'static str, enums: &Enums) -> super::Attribute {
        super::Attribute {
            element: self.element.unwrap_or(name),
            shape: self.shape(enums),
            input: self.input,
            output: self.output,
            since: self.since,
            rank: u16::MAX,
        }
    }

    fn shape(&self, enums: &Enums) -> Shape {
        let type_name = self.type_name.unwrap_or_default();
        let values = || enums.get(type_name).copied().unwrap_or_default();
        match self.kind {
            "bool" => Shape::Flag,
            "int" => match self.xsd {
                Some("unsigned_int") => Shape::Int(0, u32::MAX.into(), "unsigned integer"),
                Some("long") => Shape::Int(i64::MIN, i64::MAX, "long"),
                _ => Shape::Int(i32::MIN.into(), i32::MAX.into(), "integer"),
            },
            "decimal" => Shape::Decimal,
            "date" => Shape::Date,
            "enum" => Shape::Enum(type_name, values()),
            "struct" => Shape::Struct(type_name),
            "link" => Shape::Link(type_name),
            "list" => match (self.of.unwrap_or_default(), self.item.unwrap_or_default()) {
                ("struct", item) => Shape::Structs(item, type_name),
                ("link", item) => Shape::Links(item, type_name),
                ("enum", item) => Shape::Words(item, Some((type_name, values()))),
                (_, item) => Shape::Words(item, None),
            },
            _ => Shape::Text,
        }
    }
}

impl Service<'static> {
    pub fn refine(self, name: &'static str) -> super::Service {
        let segments = self
            .locators
            .iter()
            .filter_map(|(locator, it)| Some((it.segment?, (it.service, *locator))))
            .collect();
        let methods = self.methods.into_iter().map(|(name, it)| (name, it.refine())).collect();
        super::Service {
            name,
            collection: self.kind == "collection",
            type_name: self.element.unwrap_or_default(),
            segments,
            member: self
                .locators
                .values()
                .find(|it| it.segment.is_none())
                .map(|it| it.service)
                .or(self.item),
            methods,
        }
    }
}
