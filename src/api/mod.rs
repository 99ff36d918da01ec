//! The API as it describes itself: types, enums and services, from the embedded
//! `data/ovirt-api.json`, which is read when it is first asked for.

mod raw;

use std::borrow::Cow;
use std::collections::{BTreeMap, HashMap, HashSet};
use std::sync::LazyLock;

/// The schema of this program's version of the API.
pub static SCHEMA: LazyLock<Schema> = LazyLock::new(Schema::read);

/// Types, enums and services by name.
pub struct Schema {
    types: HashMap<&'static str, Type>,
    services: HashMap<&'static str, Service>,
    names: HashSet<&'static str>,
    elements: HashMap<&'static str, &'static str>,
    texts: HashSet<&'static str>,
    tops: HashMap<&'static str, (&'static str, &'static str)>,
}

/// A struct type of the API.
pub struct Type {
    /// Its element when it stands alone.
    pub element: &'static str,
    /// The wrapper of many.
    pub collection: &'static str,
    attributes: HashMap<&'static str, Attribute>,
}

/// An attribute, found by its element.
pub struct Attribute {
    /// Its element.
    pub element: &'static str,
    /// What it holds.
    pub shape: Shape,
    /// Whether the engine reads it.
    pub input: bool,
    /// Whether the engine shows it.
    pub output: bool,
    /// The version of the engine that had it first, if that is known.
    pub since: Option<&'static str>,
    /// Where it stands among others.
    rank: u16,
}

/// Gives a locator a service of its own that the model lets share one with another locator: what
/// the two hold is not the same.
fn split(services: &mut HashMap<&'static str, Service>, owner: &str, locator: &'static str) {
    let Some(service) = services.get_mut(owner) else { return };
    let found = service.segments.values_mut().find(|(_, it)| *it == locator);
    let Some((shared, _)) = found else { return };
    let shared = std::mem::replace(shared, locator);
    if let Some(mut copy) = services.get(shared).cloned() {
        copy.name = locator;
        services.insert(locator, copy);
    }
}

/// What an attribute holds.
#[derive(Clone, Copy, PartialEq, Eq)]
pub enum Shape {
    /// Free text.
    Text,
    /// `true` or `false`.
    Flag,
    /// A whole number: its least value, the greatest, and what the engine calls it.
    Int(i64, i64, &'static str),
    /// A number.
    Decimal,
    /// A time stamp.
    Date,
    /// One of a list of words: the enum's name and its values.
    Enum(&'static str, &'static [&'static str]),
    /// A struct of that type.
    Struct(&'static str),
    /// A reference to an object of that type.
    Link(&'static str),
    /// Structs in a wrapper: item element and type.
    Structs(&'static str, &'static str),
    /// References in a wrapper: item element and type.
    Links(&'static str, &'static str),
    /// Words in a wrapper: item element, and the values that are allowed, if they are limited.
    Words(&'static str, Option<(&'static str, &'static [&'static str])>),
}

/// A service: what answers at a path.
#[derive(Clone)]
pub struct Service {
    /// Its name.
    pub name: &'static str,
    /// Whether it is a collection.
    pub collection: bool,
    /// The type it serves.
    pub type_name: &'static str,
    /// Sub-services by path segment: service, and the model's name of the locator.
    pub segments: BTreeMap<&'static str, (&'static str, &'static str)>,
    /// The service of one member.
    pub member: Option<&'static str>,
    /// Methods by name.
    pub methods: BTreeMap<&'static str, Method>,
}

/// A method of a service.
#[derive(Clone)]
pub struct Method {
    /// The HTTP verb.
    pub verb: &'static str,
    /// The path segment, for actions.
    pub path: Option<&'static str>,
    /// What the model insists on.
    pub needs: Needs,
    /// Of these, a document has to meet one.
    pub signatures: Vec<Needs>,
    /// What the engine's resource insists on after that, such as `cluster.id|name`.
    pub required: Vec<&'static str>,
    /// What can be given besides a document.
    pub parameters: Vec<Parameter>,
    /// Whether the engine has the method but no code for it.
    pub is_stub: bool,
}

/// A parameter of a method.
#[derive(Clone)]
pub struct Parameter {
    /// Its name, which is that of its element in an `<action>`.
    pub name: &'static str,
    /// Its type in the API's words: `bool`, `host`, `disk[]`.
    pub type_name: &'static str,
    /// Whether it goes into the query of the request, not into the body.
    pub in_query: bool,
}

/// Paths in a document that have to be there; but for actions they begin with the document's name.
#[derive(Clone)]
pub struct Needs {
    /// All of these.
    pub all: Vec<&'static str>,
    /// One of each pair.
    pub either: Vec<Vec<&'static str>>,
}

impl Schema {
    fn read() -> Self {
        let raw: raw::Schema<'static> =
            serde_json::from_str(include_str!("../../data/ovirt-api.json"))
                .expect("the embedded schema is well-formed");
        let enums: HashMap<&'static str, &'static [&'static str]> =
            raw.enums.into_iter().map(|(name, values)| (name, &*values.leak())).collect();
        let types: HashMap<_, Type> =
            raw.types.into_iter().map(|(name, it)| (name, it.refine(&enums))).collect();
        let mut services: HashMap<_, Service> =
            raw.services.into_iter().map(|(name, it)| (name, it.refine(name))).collect();
        split(&mut services, "host_nic", "virtual_function_allowed_labels");
        let names = types.values().flat_map(Type::names).collect();
        let elements = types.iter().map(|(name, it)| (it.element, *name)).collect();
        let texts = texts(&types);
        let tops = tops(&services);
        Self { types, services, names, elements, texts, tops }
    }

    /// The name of an element, without a copy if the API has it.
    pub fn known_name(&self, name: &str) -> Cow<'static, str> {
        match self.names.get(name) {
            Some(known) => Cow::Borrowed(*known),
            None => Cow::Owned(name.to_owned()),
        }
    }

    /// The type of that name.
    pub fn type_of(&self, name: &str) -> &Type {
        self.types.get(name).expect("types named by the schema are in it")
    }

    /// The service of that name.
    pub fn service(&self, name: &str) -> &Service {
        self.services.get(name).expect("services named by the schema are in it")
    }

    /// All services.
    pub fn services(&self) -> impl Iterator<Item = &Service> {
        self.services.values()
    }

    /// Whether elements of that name hold text, wherever they stand.
    pub fn is_text(&self, element: &str) -> bool {
        self.texts.contains(element)
    }

    /// The type whose documents have that element at their root.
    pub fn type_with_element(&self, element: &str) -> Option<&Type> {
        self.elements.get(element).map(|name| self.type_of(name))
    }

    /// The name of a service, if there is one of that name.
    pub fn known_service(&self, name: &str) -> Option<&'static str> {
        self.services.get(name).map(|it| it.name)
    }

    /// The top collection that holds objects of a type, and its path segment, such as `vms` twice.
    pub fn top_collection(&self, type_name: &str) -> Option<(&'static str, &'static str)> {
        self.tops.get(type_name).copied()
    }
}

/// The top collections and their path segments by the types of their objects.
fn tops(
    services: &HashMap<&'static str, Service>,
) -> HashMap<&'static str, (&'static str, &'static str)> {
    let root = services.get("system").expect("the schema has a root");
    let mut tops = HashMap::new();
    for (segment, (name, _)) in &root.segments {
        if let Some(service) = services.get(name).filter(|it| it.collection) {
            tops.entry(service.type_name).or_insert((*name, *segment));
        }
    }
    tops
}

/// The elements that hold text in every type that has them.
fn texts(types: &HashMap<&'static str, Type>) -> HashSet<&'static str> {
    let all = || types.values().flat_map(|it| it.attributes.values());
    let is_text = |it: &&Attribute| matches!(it.shape, Shape::Text);
    let others: HashSet<_> = all().filter(|it| !is_text(it)).map(|it| it.element).collect();
    all().filter(is_text).map(|it| it.element).filter(|it| !others.contains(it)).collect()
}

impl Type {
    /// The elements of its attributes, and of their items.
    fn names(&self) -> impl Iterator<Item = &'static str> {
        self.attributes.values().flat_map(|it| {
            let item = match it.shape {
                Shape::Structs(item, _) | Shape::Links(item, _) | Shape::Words(item, _) => item,
                _ => it.element,
            };
            [it.element, item]
        })
    }

    /// All attributes, in alphabetical order, references after all others.
    pub fn attributes(&self) -> Vec<&Attribute> {
        let mut attributes: Vec<&Attribute> = self.attributes.values().collect();
        attributes.sort_by_key(|it| it.rank);
        attributes
    }

    /// The attribute with that element.
    pub fn attribute(&self, element: &str) -> Option<&Attribute> {
        self.attributes.get(element)
    }

    /// Where an element stands among its siblings.
    pub fn rank(&self, element: &str) -> u16 {
        const FIRST: [&str; 6] =
            ["actions", "name", "description", "comment", "creation_status", "link"];
        if let Some(at) = FIRST.iter().position(|it| *it == element) {
            return at as u16;
        }
        self.attribute(element).map_or(u16::MAX, |attribute| attribute.rank)
    }
}

/// Gives attributes their places: in alphabetical order, references after all others.
fn rank(attributes: &mut HashMap<&'static str, Attribute>) {
    const AFTER_THE_FIRST: u16 = 6;
    let mut all: Vec<&mut Attribute> = attributes.values_mut().collect();
    all.sort_by_key(|it| (matches!(it.shape, Shape::Link(_) | Shape::Links(..)), it.element));
    for (attribute, rank) in all.into_iter().zip(AFTER_THE_FIRST..) {
        attribute.rank = rank;
    }
}

impl Service {
    /// The name and method of an action with that path segment.
    pub fn action(&self, segment: &str) -> Option<&'static str> {
        self.methods.iter().find(|(_, it)| it.path == Some(segment)).map(|(name, _)| *name)
    }

    /// The verbs that a path of this service answers.
    pub fn verbs(&self) -> Vec<&'static str> {
        let mut verbs: Vec<_> =
            self.methods.values().filter(|it| it.path.is_none()).map(|it| it.verb).collect();
        verbs.dedup();
        verbs
    }
}

/// A name as the engine's classes have it: `StorageDomain`.
pub fn camel_case(name: &str) -> String {
    name.split('_')
        .flat_map(|part| {
            let (head, tail) = part.split_at(part.len().min(1));
            [head.to_uppercase(), tail.to_owned()]
        })
        .collect()
}
