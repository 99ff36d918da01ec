//! The attributes in a mapping, nested by their names.

use crate::resources::{Attribute, Fields, Type, Value};

use super::reader::{Reader, Scope};
use super::table::{Slot, Table};
use super::tree::{Content, Entry, Key, Node, Place};
use super::value::Expected;
use super::wording::{instead_of, listed, meaning, nearest, shown};

/// The attributes that a mapping gives.
#[derive(Default)]
pub(super) struct Given(Vec<One>);

/// One of them.
pub(super) struct One {
    pub(super) attribute: &'static Attribute,
    /// Nothing, if what is given is wrong.
    pub(super) value: Option<Value>,
    pub(super) at: Place,
}

impl Given {
    fn has(&self, attribute: &Attribute) -> bool {
        self.0.iter().any(|one| one.attribute == attribute)
    }

    /// Adds an attribute unless it is given.
    pub(super) fn complete(
        &mut self,
        attribute: &'static Attribute,
        at: Place,
        value: impl FnOnce() -> Option<Value>,
    ) {
        if !self.has(attribute) {
            self.0.push(One { attribute, value: value(), at });
        }
    }

    /// Puts the attributes into the order of a kind's table.
    pub(super) fn sort_by_table(&mut self, attributes: &[&'static Attribute]) {
        let index = |one: &One| attributes.iter().position(|known| **known == *one.attribute);
        self.0.sort_by_cached_key(index);
    }

    /// The values and their places.
    pub(super) fn iter(&self) -> impl Iterator<Item = &One> {
        self.0.iter()
    }

    /// The value and place of the attribute of that name.
    pub(super) fn take(&mut self, name: &str) -> Option<(Value, Place)> {
        let one = self.0.iter_mut().find(|one| one.attribute.name == name)?;
        Some((one.value.take()?, one.at))
    }

    /// The values, if none is wrong.
    pub(super) fn into_fields(self) -> Option<Fields> {
        self.0.into_iter().map(|one| Some((one.attribute, one.value?))).collect()
    }
}

impl Reader<'_> {
    /// Reads all entries of a mapping as attributes.
    pub(super) fn body(&mut self, scope: &Scope, table: &Table, entries: &[Entry]) -> Given {
        let mut given = Given::default();
        self.entries(scope, Names { table, path: "", others: &[] }, entries, &mut given);
        given
    }

    /// Reads entries as attributes of a table or of a group in it.
    pub(super) fn entries(
        &mut self,
        scope: &Scope,
        names: Names,
        entries: &[Entry],
        given: &mut Given,
    ) {
        for Entry { key, value } in entries {
            if self.is_exhausted() {
                return;
            }
            match names.table.get(&key.text) {
                Some(slot) => self.slot(scope, slot, &names.path_of(key), key, value, given),
                None => self.unknown(scope, names, key),
            }
        }
    }

    fn slot(
        &mut self,
        scope: &Scope,
        slot: &Slot,
        path: &str,
        key: &Key,
        value: &Node,
        given: &mut Given,
    ) {
        let Some(node) = self.resolve(scope, value) else {
            given.0.extend(slot.all().into_iter().map(|a| One::wrong(a, value.at)));
            return;
        };
        match (slot.attribute, &node.content) {
            (Some(attribute), _) if node.is_null() && attribute.from_key => {}
            (Some(attribute), content) if !slot.is_group_for(content) => {
                let value = self.attribute(scope, attribute, slot, key, &node);
                given.0.push(One { attribute, value, at: node.at });
            }
            (_, Content::Mapping(entries)) => {
                let names = Names { table: &slot.below, path, others: &[] };
                self.entries(scope, names, entries, given);
            }
            _ if node.is_null() => {
                // The default of what the key gives is what the key gives.
                for attribute in
                    slot.all().into_iter().filter(|a| !a.from_key && (a.has_null() || a.required))
                {
                    let value = self.default_of(scope, attribute, key.at);
                    given.0.push(One { attribute, value, at: node.at });
                }
            }
            _ => {
                given.0.extend(slot.all().into_iter().map(|a| One::wrong(a, node.at)));
                self.no_parts(scope, slot, path, key, node.at);
            }
        }
    }

    fn no_parts(&mut self, scope: &Scope, slot: &Slot, path: &str, key: &Key, at: Place) {
        const SHOWN: usize = 3;
        let mut parts: Vec<_> =
            slot.below.keys().take(SHOWN).map(|part| format!("{part}: …")).collect();
        if slot.below.keys().count() > SHOWN {
            parts.push("…".to_owned());
        }
        let message = format!("`{path}` is not one value, it has parts");
        let hint = format!("write `{}: {{ {} }}`", key.text, parts.join(", "));
        self.problem_with(scope, at, &message, hint);
    }

    fn attribute(
        &mut self,
        scope: &Scope,
        attribute: &'static Attribute,
        slot: &Slot,
        key: &Key,
        node: &Node,
    ) -> Option<Value> {
        if node.is_null() {
            return self.default_of(scope, attribute, key.at);
        }
        let value = self.value(scope, Expected::of(attribute, &slot.members), node)?;
        // Where nothing can be said by `null`, it cannot be said by an empty text either.
        if value.as_text() == Some("") && !attribute.has_null() {
            let message = format!("`{}` is empty", attribute.name);
            self.problem_with(scope, node.at, &message, meaning(attribute));
            return None;
        }
        Some(value)
    }

    /// What `null` means.
    fn default_of(&mut self, scope: &Scope, attribute: &Attribute, at: Place) -> Option<Value> {
        if attribute.required {
            let message = format!("`{}` is required and cannot be null", attribute.name);
            self.problem_with(scope, at, &message, meaning(attribute));
            return None;
        }
        if !attribute.has_null() {
            let message = format!("`{}` has no default that null could stand for", attribute.name);
            self.problem_with(scope, at, &message, "leave it out to leave it alone".to_owned());
            return None;
        }
        Some(attribute.default_value())
    }

    /// Tells which required attributes are missing.
    pub(super) fn check_required(
        &mut self,
        scope: &Scope,
        at: Place,
        attributes: &[&'static Attribute],
        given: &Given,
    ) {
        let missing = attributes.iter().filter(|a| a.required && !given.has(a));
        let missing: Vec<_> = missing.collect();
        let names: Vec<_> = missing.iter().map(|attribute| attribute.name).collect();
        let (is, hint) = match &missing[..] {
            [] => return,
            [one] => ("is", meaning(one)),
            _ => ("are", String::new()),
        };
        let message = format!("{} {is} missing", listed(&names));
        self.problem_with(scope, at, &message, Some(hint).filter(|hint| !hint.is_empty()));
    }

    fn unknown(&mut self, scope: &Scope, names: Names, key: &Key) {
        let path = names.path_of(key);
        let all = names.table.attributes();
        let is_dotted = all.iter().any(|attribute| attribute.name == path);
        if is_dotted {
            let message = format!("`{}` has to be nested", shown(&key.text));
            let parts: Vec<_> = key.text.split('.').collect();
            let nested = format!("{}: …{}", parts.join(": { "), " }".repeat(parts.len() - 1));
            let hint = format!("write `{nested}`");
            self.problem_with(scope, key.at, &message, hint);
            return;
        }
        let message = format!("there is no attribute `{}`", shown(&path));
        let hint = names.near(&key.text, &all);
        let hint = hint.or_else(|| self.elsewhere(&key.text));
        let hint = hint.or_else(|| instead_of(&key.text, &names.siblings()));
        self.problem_with(scope, key.at, &message, hint);
    }

    /// Where a section of that name stands: the profiles of a network beside it, not in it.
    fn elsewhere(&self, word: &str) -> Option<String> {
        let mut kinds = self.options.kinds.iter().filter(|kind| kind.managed);
        let is_root = kinds.any(|kind| kind.section == word && kind.parent.is_none());
        is_root.then(|| format!("`{word}` is a section of its own, at the top of manifests"))
    }
}

/// What keys may be, and where they stand.
#[derive(Clone, Copy)]
pub(super) struct Names<'n> {
    pub(super) table: &'n Table,
    /// The group: `cpu.topology`; empty at the top.
    pub(super) path: &'n str,
    /// Keys that are no attributes: child sections.
    pub(super) others: &'n [&'n str],
}

impl Names<'_> {
    fn path_of(&self, key: &Key) -> String {
        if self.path.is_empty() {
            key.text.to_string()
        } else {
            format!("{}.{}", self.path, key.text)
        }
    }

    fn siblings(&self) -> Vec<&str> {
        let mut all: Vec<&str> = self.table.keys().collect();
        all.extend(self.others);
        all
    }

    /// What may have been meant.
    fn near(&self, word: &str, all: &[&'static Attribute]) -> Option<String> {
        let ending = |a: &&&Attribute| a.name.rsplit('.').next() == Some(word);
        let ending = || all.iter().find(ending).map(|attribute| attribute.name);
        let near = nearest(word, self.siblings()).or_else(ending)?;
        Some(format!("did you mean `{near}`?"))
    }
}

impl Slot {
    /// The attribute itself and those below.
    fn all(&self) -> Vec<&'static Attribute> {
        let mut all = self.below.attributes();
        all.extend(self.attribute);
        all
    }

    /// Whether a value gives the parts of a group rather than the attribute of the same name.
    fn is_group_for(&self, content: &Content) -> bool {
        let takes = self.attribute.map(|attribute| attribute.takes);
        let takes_mapping =
            matches!(takes, Some(Type::Map | Type::Secrets | Type::Record(_) | Type::Secret));
        matches!(content, Content::Mapping(_)) && !self.below.is_empty() && !takes_mapping
    }
}

impl One {
    fn wrong(attribute: &'static Attribute, at: Place) -> Self {
        Self { attribute, value: None, at }
    }
}
