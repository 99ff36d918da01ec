//! What can be set and is not managed, and why.

use std::cell::RefCell;
use std::collections::BTreeSet;

use virtuform::resources::kinds::KINDS;
use virtuform::resources::{Attribute, Kind, Place, Type};

use crate::comparison::{path, settable};
use crate::schema::{Schema, path_of, without_names};

type Json = serde_json::Value;

/// Reasons by kind and path, from `not_managed.txt`.
pub struct NotManaged {
    /// `kind: path`, and the reason.
    lines: Vec<(String, String)>,
    used: RefCell<BTreeSet<usize>>,
}

impl NotManaged {
    pub fn load() -> Self {
        let lines = include_str!("not_managed.txt").lines();
        let lines = lines.filter(|line| !line.is_empty() && !line.starts_with('#'));
        Self { lines: lines.flat_map(entries).collect(), used: RefCell::default() }
    }

    /// Whether a path, or one that it stands in, has a reason.
    fn excuses(&self, kind: &str, path: &str) -> bool {
        let what = format!("{kind}: {path}");
        let mut found = false;
        for (index, (line, _)) in self.lines.iter().enumerate() {
            let inside = what.strip_prefix(line.as_str());
            if inside.is_some_and(|rest| rest.is_empty() || rest.starts_with(['.', '='])) {
                self.used.borrow_mut().insert(index);
                found = true;
            }
        }
        found
    }

    /// Complains about words of an enum that the table lacks without reason, or has beyond it.
    pub fn missing_words(
        &self,
        schema: &Schema,
        kind: &Kind,
        attribute: &Attribute,
        enumeration: &str,
        words: &[&str],
    ) -> Vec<String> {
        let known = schema.words(enumeration);
        let missing = known.iter().filter(|word| {
            !words.contains(word) && !self.excuses(kind.name, &format!("{}={word}", attribute.name))
        });
        let beyond = words.iter().filter(|word| !known.contains(word));
        let missing = missing.map(|word| format!("lacks the word {word}"));
        missing.chain(beyond.map(|word| format!("{word} is no word of {enumeration}"))).collect()
    }

    pub fn unused(&self) -> impl Iterator<Item = &str> {
        let used = self.used.borrow();
        let unused: Vec<_> = (0..self.lines.len()).filter(|index| !used.contains(index)).collect();
        unused.into_iter().map(|index| self.lines[index].0.as_str())
    }
}

/// `vm, template: cpu.cores, cpu.type  a host's` stands for four entries.
fn entries(line: &str) -> Vec<(String, String)> {
    let (what, why) = line.split_once("  ").expect("two spaces before the reason");
    let (kinds, paths) = what.split_once(": ").expect("kinds before a colon");
    let why = why.trim();
    assert!(!why.is_empty(), "{what}: a reason is missing");
    let of = |kind| paths.split(", ").map(move |path| (format!("{kind}: {path}"), why.to_owned()));
    kinds.split(", ").flat_map(of).collect()
}

/// Complains about each settable attribute that is neither managed nor excused.
pub fn kind(schema: &Schema, kind: &Kind, reasons: &NotManaged, complaints: &mut Vec<String>) {
    let attributes = kind.attributes.iter().filter(|a| a.place != Place::Removal);
    let managed: Vec<_> = attributes.map(|a| (dotted(a), a)).collect();
    let mut walk = Walk { schema, kind, reasons, managed, complaints };
    let of = schema.type_of(kind);
    for name in settable(schema, kind) {
        let found = schema.attributes(of).find(|(key, _)| *key == name);
        match found {
            Some((_, found)) => walk.attribute(name, found, &[of]),
            None => walk.leaf(name),
        }
    }
}

/// Complains about each writable collection that is neither a kind's, nor what an attribute of the
/// object it stands in says, nor excused.
pub fn collections(schema: &Schema, reasons: &NotManaged, complaints: &mut Vec<String>) {
    let managed = || KINDS.iter().filter(|kind| kind.managed);
    let kinds: BTreeSet<_> = managed().map(|kind| schema.service(kind)).collect();
    let listed = |path: &str| {
        managed().any(|kind| {
            let inside = format!("{}/{{}}/", without_names(&path_of(kind)));
            let segment = without_names(path);
            let segment = segment.strip_prefix(&inside);
            segment.is_some_and(|segment| kind.attributes.iter().any(|a| names(a, segment)))
        })
    };
    for (name, path) in schema.writable_collections() {
        if !kinds.contains(name) && !listed(path) && !reasons.excuses("collection", path) {
            complaints.push(format!("collection: {path}"));
        }
    }
}

/// Whether an attribute holds the members of the collection with that segment.
fn names(attribute: &Attribute, segment: &str) -> bool {
    let own = attribute.linked.or(attribute.apart);
    own.map_or_else(|| attribute.name.replace('_', "") == segment, |own| own == segment)
}

/// The API's path of what an attribute sets, with dots.
fn dotted(attribute: &Attribute) -> String {
    path(attribute).replace("/@", ".").replace('@', "").replace('/', ".")
}

struct Walk<'w> {
    schema: &'w Schema,
    kind: &'w Kind,
    reasons: &'w NotManaged,
    managed: Vec<(String, &'static Attribute)>,
    complaints: &'w mut Vec<String>,
}

impl<'w> Walk<'w> {
    fn attribute(&mut self, path: &str, found: &'w Json, above: &[&'w str]) {
        let path = match (found["element"].as_str(), path.rsplit_once('.')) {
            (Some(element), Some((front, _))) => format!("{front}.{element}"),
            _ => path.to_owned(),
        };
        let of = found["type"].as_str().unwrap_or_default();
        let joined = self.kind.joined.filter(|(element, _)| *element == path);
        match found["kind"].as_str() {
            Some("struct") if above.contains(&of) => {}
            _ if self.managed.iter().any(|(managed, _)| *managed == path) => self.record(&path, of),
            Some("struct") => self.inside(&path, of, above),
            _ => match joined {
                Some((_, kind)) => self.joined(&path, kind),
                None => self.leaf(&path),
            },
        }
    }

    fn inside(&mut self, path: &str, of: &'w str, above: &[&'w str]) {
        if self.reasons.excuses(self.kind.name, path) {
            return;
        }
        let inner = [above, &[of]].concat();
        let members = self.schema.attributes(of).filter(|(_, member)| member["in"] == true);
        for (name, member) in members {
            self.attribute(&format!("{path}.{name}"), member, &inner);
        }
    }

    /// What a member of a list holds.
    fn record(&mut self, path: &str, of: &'w str) {
        let managed = self.managed.iter().find(|(managed, _)| managed == path);
        let Some((_, attribute)) = managed else { return };
        if let Some(members) = members(attribute.takes) {
            self.members(path, members, of);
        }
    }

    fn members(&mut self, path: &str, members: &'static [Attribute], of: &'w str) {
        let managed: Vec<_> =
            members.iter().map(|m| (format!("{path}.{}", dotted(m)), m)).collect();
        let before = std::mem::replace(&mut self.managed, managed);
        self.inside(path, of, &[]);
        self.managed = before;
    }

    /// The attributes of the object behind a link, which can be set through it.
    fn joined(&mut self, path: &str, kind: &Kind) {
        let schema = self.schema;
        let of = schema.type_of(kind);
        for name in settable(schema, kind) {
            if let Some((_, found)) = schema.attributes(of).find(|(key, _)| *key == name) {
                self.attribute(&format!("{path}.{name}"), found, &[of]);
            }
        }
    }

    fn leaf(&mut self, path: &str) {
        let inside = format!("{path}.");
        let is_managed =
            self.managed.iter().any(|(managed, _)| managed == path || managed.starts_with(&inside));
        if !is_managed && !self.reasons.excuses(self.kind.name, path) {
            self.complaints.push(format!("{}: {path}", self.kind.name));
        }
    }
}

/// The attributes of a list's members.
fn members(takes: Type) -> Option<&'static [Attribute]> {
    match takes {
        Type::Set(Type::Record(members)) | Type::List(Type::Record(members)) => Some(members),
        _ => None,
    }
}
