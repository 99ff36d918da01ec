//! Sections, their keys, and the resources that keys stand for.

use std::rc::Rc;

use crate::resources::{Address, Attribute, Reference, Type, Value, read_scalar};
use crate::state::{Desired, Resource, Rules};

use super::body::{Given, Names};
use super::catalogue::{Catalogue, Nested, RULES};
use super::limits;
use super::range::expand;
use super::reader::{Reader, Scope};
use super::tree::{Content, Entry, Key, Node, Place, Scalar};
use super::wording::{meaning, refusal, shown};

/// Where a section stands.
#[derive(Clone, Copy)]
pub(super) struct Above<'a> {
    /// The resource that holds it.
    pub(super) parent: Option<&'a Address>,
    /// What the braces of that resource's key produced.
    pub(super) each: &'a [Rc<str>],
}

/// Reads sections into what is wanted.
pub(super) struct Sections<'s, 'r> {
    pub(super) reader: &'s mut Reader<'r>,
    pub(super) catalogue: &'s Catalogue,
    pub(super) desired: &'s mut Desired,
}

impl Sections<'_, '_> {
    /// Reads the section of the kind with that number.
    pub(super) fn section(&mut self, above: Above, index: usize, node: &Node) {
        let name = self.catalogue.kinds[index].kind.section;
        let subject = above.parent.map_or(name.to_owned(), |parent| format!("{parent}/{name}"));
        let scope = Scope { subject: &subject, each: above.each };
        let Some(node) = self.reader.resolve(&scope, node) else { return };
        match &node.content {
            Content::Mapping(entries) => {
                for Entry { key, value } in entries.iter() {
                    self.keys(&scope, above, index, key, value);
                }
            }
            Content::List(items) => self.names(&scope, above, index, items),
            _ if node.is_null() => {}
            _ => {
                let hint = format!("write `{name}: {{ key: {{ … }} }}`");
                let message = "this is not a mapping of keys to resources";
                self.reader.problem_with(&scope, node.at, message, hint);
            }
        }
    }

    /// A list of names means a mapping of these names to nothing.
    fn names(&mut self, scope: &Scope, above: Above, index: usize, items: &[Node]) {
        for item in items {
            let Content::Scalar(name) = &item.content else {
                let hint = "name it by a key: `key: { … }`".to_owned();
                let message = "a list of resources holds names only";
                self.reader.problem_with(scope, item.at, message, hint);
                continue;
            };
            let key = Key { at: item.at, text: Rc::clone(&name.text) };
            let nothing = Scalar { plain: true, ..Scalar::verbatim("") };
            let nothing = Node { at: item.at, content: Content::Scalar(nothing) };
            self.keys(scope, above, index, &key, &nothing);
        }
    }

    /// Reads all resources that a key stands for.
    fn keys(&mut self, scope: &Scope, above: Above, index: usize, key: &Key, body: &Node) {
        let filled;
        let mut text = &*key.text;
        if text.contains("${") {
            let Some(new) = self.reader.fill(scope, key.at, text) else { return };
            filled = new;
            text = &filled;
        }
        let expanded = match expand(text) {
            Ok(expanded) => expanded,
            Err(unclear) => {
                let hint = unclear.hint.to_owned();
                self.reader.problem_with(scope, key.at, &unclear.message, hint);
                return;
            }
        };
        for one in expanded {
            if self.reader.is_exhausted() {
                return;
            }
            let each = if one.each.is_empty() { above.each } else { &one.each };
            let above = Above { each, ..above };
            if self.is_key(scope, key.at, &one.key) {
                self.resource(above, index, key.at, &one.key, body);
            }
        }
    }

    fn is_key(&mut self, scope: &Scope, at: Place, key: &str) -> bool {
        let message = if key.is_empty() {
            "a key is empty".to_owned()
        } else if key.contains('/') {
            format!("the key `{}` has a `/`, which separates the parts of addresses", shown(key))
        } else if key.contains(char::is_control) {
            format!("the key `{}` has control characters", shown(key))
        } else {
            return true;
        };
        let hint = "choose another key and give the name with `name:`".to_owned();
        self.reader.problem_with(scope, at, &message, hint);
        false
    }

    fn resource(&mut self, above: Above, index: usize, at: Place, key: &str, body: &Node) {
        let nested = &self.catalogue.kinds[index];
        let address = match above.parent {
            Some(parent) => parent.child(nested.kind.section, key),
            None => Address::new(nested.kind.section, key),
        };
        let scope = Scope { subject: address.as_str(), each: above.each };
        if self.is_refused(&scope, &address, at) {
            return;
        }
        let Some(body) = self.reader.resolve(&scope, body) else { return };
        let entries: &[Entry] = match &body.content {
            Content::Mapping(entries) => entries,
            _ if body.is_null() => &[],
            _ => {
                self.reader.problem(&scope, body.at, "this is not a mapping of attributes");
                return;
            }
        };
        let resource = self.read(&scope, nested, &address, above.parent, at, entries);
        self.desired.resources.insert(address.clone(), resource);
        for Entry { key, value } in entries {
            if let Some(&child) = nested.children.get(&*key.text) {
                let above = Above { parent: Some(&address), each: above.each };
                self.section(above, child, value);
            }
        }
    }

    fn is_refused(&mut self, scope: &Scope, address: &Address, at: Place) -> bool {
        if let Some(before) = self.desired.resources.get(address) {
            let message = if before.at == self.reader.location(at) {
                "its key stands for it twice".to_owned()
            } else {
                format!("it is already at {}", before.at)
            };
            self.reader.problem(scope, at, &message);
            return true;
        }
        let is_full = self.desired.resources.len() >= limits::RESOURCES;
        if is_full {
            let message = format!("there are more than {} resources", limits::RESOURCES);
            self.reader.problem(&Scope::block(""), at, &message);
        }
        is_full
    }

    fn read(
        &mut self,
        scope: &Scope,
        nested: &Nested,
        address: &Address,
        parent: Option<&Address>,
        at: Place,
        entries: &[Entry],
    ) -> Resource {
        let mut given = Given::default();
        let rules = self.entries(scope, nested, entries, &mut given);
        let reader = &mut *self.reader;
        // What is something that exists already has its name already.
        let is_another = given.iter().any(|one| one.attribute.own_id);
        let by_key =
            |attribute: &&&Attribute| attribute.from_key && !(attribute.after_parent && is_another);
        for &attribute in nested.attributes.iter().filter(by_key) {
            given.complete(attribute, at, || from_key(reader, scope, attribute, at, address));
        }
        reader.check_required(scope, at, &nested.attributes, &given);
        given.sort_by_table(&nested.attributes);
        let places = given.iter().filter(|one| one.at != at);
        let places = places.map(|one| (one.attribute, reader.location(one.at))).collect();
        Resource {
            kind: nested.kind,
            address: address.clone(),
            parent: parent.cloned(),
            fields: given.into_fields().unwrap_or_default(),
            rules,
            at: reader.location(at),
            places,
        }
    }

    /// Reads a resource's attributes and rules; its child sections come after it.
    fn entries(
        &mut self,
        scope: &Scope,
        nested: &Nested,
        entries: &[Entry],
        given: &mut Given,
    ) -> Rules {
        let mut rules = Rules::default();
        let names = Names { table: &nested.table, path: "", others: &nested.others };
        for entry in entries {
            let key = &*entry.key.text;
            if key == RULES {
                let lifecycle = &self.catalogue.lifecycle;
                let read = self.reader.rules(scope, lifecycle, nested.kind, &entry.value);
                rules = read.unwrap_or_default();
            } else if !nested.children.contains_key(key) {
                self.reader.entries(scope, names, std::slice::from_ref(entry), given);
            }
        }
        rules
    }
}

/// The value that a key gives, with the parent's key before it where that makes it unique.
fn from_key(
    reader: &mut Reader,
    scope: &Scope,
    attribute: &Attribute,
    at: Place,
    address: &Address,
) -> Option<Value> {
    let key = match address.parent() {
        Some(parent) if attribute.after_parent => format!("{}_{}", parent.key(), address.key()),
        _ => address.key().to_owned(),
    };
    if let Type::Reference(_) = attribute.takes {
        return Some(Value::Reference(Reference::Name(key)));
    }
    read_scalar(attribute.takes, &key)
        .map_err(|_| {
            let (wrong, hint) = refusal(attribute.takes, &key);
            let message = format!("`{}`, which is the key, {wrong}", attribute.name);
            let hint = hint.unwrap_or_else(|| meaning(attribute));
            reader.problem_with(scope, at, &message, hint);
        })
        .ok()
}
