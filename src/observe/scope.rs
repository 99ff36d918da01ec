//! What has to be read.

use std::collections::{BTreeMap, BTreeSet, HashSet};

use crate::resources::kinds::KINDS;
use crate::resources::{self, Address, Attribute, Kind, Reference, Type, Value};
use crate::state::{Desired, Ledger, Object, Replace, Resource};

/// The kinds to read, and whether their expensive attributes are wanted.
#[derive(Debug, Default)]
pub struct Scope {
    kinds: BTreeSet<&'static str>,
    all_content: BTreeSet<&'static str>,
    /// Which parents are asked for children that no link leads to, by name or id.
    asked: BTreeMap<&'static str, BTreeSet<String>>,
    /// The kinds of such children for which all parents are asked.
    everywhere: BTreeSet<&'static str>,
    /// Whether what there is is wanted, and not what a plan takes beyond that.
    is_whole: bool,
    /// The only objects of which all is wanted, by kind and id, if not of all.
    detailed: Option<HashSet<(&'static str, String)>>,
}

/// One collection to read, with the child collections that come along.
#[derive(Debug)]
pub(super) struct Reading {
    pub kind: &'static Kind,
    /// The kinds that the collection's objects hold, and that are wanted too.
    pub children: Vec<Branch>,
    /// The kinds that the collection's objects show more of.
    pub shown: Vec<&'static Kind>,
    /// The child kinds elsewhere whose bare links these objects complete.
    pub completes: Vec<&'static Kind>,
    pub all_content: bool,
}

/// A child collection, and those below its objects.
#[derive(Debug)]
pub(super) struct Branch {
    pub kind: &'static Kind,
    pub children: Vec<Branch>,
}

impl Scope {
    /// What planning needs for these manifests and this ledger: their kinds, what they refer to,
    /// and what names of those are made of.
    pub fn of(desired: &Desired, ledger: &Ledger) -> Self {
        let mut scope = Self::default();
        for resource in desired.resources.values() {
            for (attribute, _) in resource.fields.iter() {
                scope.add_referred(attribute.takes);
                if let Some(carried) = attribute.carried {
                    scope.add(carried.to);
                    carried.to.attributes.iter().for_each(|it| scope.add_referred(it.takes));
                }
                if attribute.needs_all_content() {
                    scope.all_content.insert(resource.kind.name);
                }
            }
            scope.add_with_peers(resource.kind);
        }
        let recorded: BTreeSet<&str> =
            ledger.entries.values().map(|entry| entry.kind.as_str()).collect();
        let is_gone = |address: &Address| !desired.resources.contains_key(address);
        let gone = ledger.entries.iter().filter(|(address, _)| is_gone(address));
        let may_be_replaced = |it: &&Resource| it.rules.replace == Replace::Allow;
        let replaced = desired.resources.values().filter(may_be_replaced).map(|it| it.kind.name);
        let removed: BTreeSet<&str> =
            gone.map(|(_, entry)| entry.kind.as_str()).chain(replaced).collect();
        for kind in KINDS.iter().filter(|kind| recorded.contains(kind.name)) {
            scope.add_with_peers(kind);
            // Removing may go through other objects, as a storage domain's goes through a host, and
            // others may be in its way.
            kind.attributes.iter().filter(|a| a.required).for_each(|a| scope.add_referred(a.takes));
            // Lists of inherited objects are long, and others take a request for each: they are
            // asked for once a role goes, or a host.
            let holders = kind.holders().map(|(holder, _)| holder);
            let is_dear = |it: &Kind| {
                !it.inherits.is_empty() || it.attributes.iter().any(|it| it.apart.is_some())
            };
            let in_way = |it: &&Kind| !is_dear(it) || removed.contains(kind.name);
            holders.filter(in_way).for_each(|holder| scope.add(holder));
            let keepers = kind.kept_by.iter().filter(|_| removed.contains(kind.name));
            keepers.for_each(|(keeper, _)| scope.add(keeper));
        }
        scope.add_removed(&removed);
        scope.add_filling(ledger);
        scope.add_originals();
        scope.add_asked(desired, ledger);
        scope.add_places(desired);
        scope
    }

    /// What goes has to let go first of what it and its parts hold, which may go too: a VM of its
    /// NICs' profiles, and so of the networks below them.
    fn add_removed(&mut self, removed: &BTreeSet<&str>) {
        let is_removed = |kind: &Kind| removed.contains(kind.name);
        let is_part = |kind: &Kind| is_removed(kind) || kind.parent.is_some_and(is_removed);
        for kind in KINDS.iter().copied().filter(|kind| is_part(kind)) {
            for attribute in kind.attributes.iter().filter(|attribute| attribute.holds) {
                self.add(kind);
                self.add_referred(attribute.takes);
            }
        }
    }

    /// What a former run has begun to fill is in the hands of what fills it.
    fn add_filling(&mut self, ledger: &Ledger) {
        for entry in ledger.entries.values().filter(|entry| entry.is_unfinished()) {
            let kind = KINDS.iter().find(|kind| kind.name == entry.kind);
            let attributes = kind.map_or(&[][..], |kind| kind.attributes);
            attributes.iter().filter_map(|it| it.filled_by).for_each(|by| self.add(by));
        }
    }

    /// Everything there is of some kinds, and what names of those are made of.
    pub fn kinds(kinds: impl IntoIterator<Item = &'static Kind>) -> Self {
        let mut scope = Self { is_whole: true, ..Self::default() };
        kinds.into_iter().for_each(|kind| scope.add(kind));
        scope
    }

    /// What manifests take of all that matches one of some patterns of addresses: its kinds, what
    /// these refer to, and what else shows their objects.
    pub fn matching(patterns: &[String]) -> Self {
        let may_match = |kind: &&Kind| patterns.iter().any(|it| has_shape(kind, it));
        let mut scope = Self::kinds(KINDS.iter().copied().filter(may_match));
        let mut count = 0;
        while std::mem::replace(&mut count, scope.kinds.len()) != scope.kinds.len() {
            for kind in KINDS.iter().copied() {
                if scope.has(kind) {
                    kind.attributes.iter().for_each(|it| scope.add_referred(it.takes));
                    kind.attributes.iter().for_each(|it| scope.add_unplaced(it));
                } else if kind.joined.is_some_and(|(_, joined)| scope.has(joined)) {
                    scope.add(kind);
                }
            }
            scope.add_originals();
        }
        scope
    }

    /// The same, with what takes a request for each object for these alone.
    pub fn only<'o>(self, objects: impl IntoIterator<Item = &'o Object>) -> Self {
        let ids = objects.into_iter().map(|object| (object.kind.name, object.id.clone()));
        Self { detailed: Some(ids.collect()), ..self }
    }

    /// Whether all of an object is wanted.
    pub(super) fn details(&self, object: &Object) -> bool {
        let is_it = |of: &HashSet<_>| of.contains(&(object.kind.name, object.id.clone()));
        self.detailed.as_ref().is_none_or(is_it)
    }

    /// The same, with the attributes that only `all_content` shows.
    pub fn with_all_content(self) -> Self {
        let hides = |kind: &&&'static Kind| {
            self.has(kind) && kind.attributes.iter().any(Attribute::needs_all_content)
        };
        let all_content = KINDS.iter().filter(hides).map(|kind| kind.name).collect();
        Self { all_content, ..self }
    }

    /// A kind that steps may be about, what these look at, and what they may come before or after.
    fn add_with_peers(&mut self, kind: &'static Kind) {
        self.add(kind);
        kind.looks_at.iter().for_each(|other| self.add(other));
        let peers = kind.closes_after.iter().chain(kind.opens_after).chain(kind.closes_with);
        peers.chain(kind.follows).for_each(|(peer, _)| self.add(peer));
    }

    fn add(&mut self, kind: &'static Kind) {
        if !self.kinds.insert(kind.name) {
            return;
        }
        let others = [kind.parent, kind.seen_from, kind.joined.map(|(_, joined)| joined)];
        others.into_iter().flatten().for_each(|other| self.add(other));
        kind.inherits.iter().for_each(|above| self.add(above));
        if self.is_whole {
            kind.looks_at.iter().for_each(|other| self.add(other));
        }
        kind.identity.iter().filter_map(|name| kind.attribute(name)).for_each(|attribute| {
            self.add_referred(attribute.takes);
        });
        // A data center narrows what a name can mean, and stands above clusters and networks.
        for name in ["data_center", "cluster", "network"] {
            if let Some(attribute) = kind.attribute(name) {
                self.add_referred(attribute.takes);
            }
        }
        // What a new object will be like is read off the one that it is made from.
        kind.attributes.iter().filter(|a| a.name == "template").for_each(|attribute| {
            self.add_referred(attribute.takes);
        });
    }

    /// The parents that have to be asked, since manifests or ledger have such children of theirs.
    fn add_asked(&mut self, desired: &Desired, ledger: &Ledger) {
        let wanted = desired.resources.iter().map(|(address, it)| (address, it.kind.name));
        let recorded = ledger.entries.iter().map(|(address, it)| (address, it.kind.as_str()));
        for (address, name) in wanted.chain(recorded) {
            let is_it = |kind: &&&Kind| is_by_parent(kind) && kind.name == name;
            let Some(kind) = KINDS.iter().find(is_it) else { continue };
            let Some(parent) = address.parent() else { continue };
            let name = desired.resources.get(&parent).and_then(|it| it.kind.name_of(&it.fields));
            let id = ledger.entries.get(&parent).map(|entry| entry.id.clone());
            let asked = self.asked.entry(kind.name).or_default();
            asked.extend(name.into_iter().chain(id));
        }
    }

    /// The objects in which something is referred to that only they show: the storage domain of
    /// a VM that is to be registered, said beside it.
    fn add_places(&mut self, desired: &Desired) {
        for resource in desired.resources.values() {
            for (attribute, _) in resource.fields.iter() {
                self.add_unplaced(attribute);
                let Some(kind) = attribute.takes.refers_to() else { continue };
                let holder = attribute.inside.and_then(|holder| resource.fields.named(holder));
                let Some(Value::Reference(Reference::Name(place))) = holder else { continue };
                self.asked.entry(kind.name).or_default().extend(names_of(desired, kind, place));
            }
        }
    }

    /// Where nothing is said beside a reference to what only its parents show, all are asked: an
    /// ISO domain for a file.
    fn add_unplaced(&mut self, attribute: &Attribute) {
        let kind = attribute.takes.refers_to().filter(|_| attribute.inside.is_none());
        let is_near = |kind: &&Kind| kind.reading == resources::Reading::ByParent;
        self.everywhere.extend(kind.filter(is_near).map(|kind| kind.name));
    }

    /// Whether an object has to be asked for its children of a kind.
    pub(super) fn asks(&self, object: &Object, kind: &Kind) -> bool {
        let is_asked =
            |asked: &BTreeSet<String>| asked.contains(&object.id) || asked.contains(&object.name());
        let is_near = kind.reading != resources::Reading::FromAfar;
        let is_meant = || self.asked.get(kind.name).is_some_and(is_asked);
        let is_needed = || self.details(object) && (self.is_whole && is_near || is_meant());
        (kind.asked_of)(&object.fields) && (self.everywhere.contains(kind.name) || is_needed())
    }

    /// What the engine makes copies of, as far as it stands in what is read.
    fn add_originals(&mut self) {
        let copied = KINDS.iter().filter(|kind| self.has(kind)).flat_map(|kind| kind.copied_from);
        let is_near = |kind: &&&Kind| kind.parent.is_some_and(|parent| self.has(parent));
        let originals: Vec<_> = copied.filter(is_near).map(|kind| kind.name).collect();
        self.kinds.extend(originals);
    }

    fn add_referred(&mut self, takes: Type) {
        match takes {
            Type::Reference(kind) => self.add(kind),
            Type::Set(of) | Type::List(of) => self.add_referred(*of),
            Type::Record(attributes) => {
                attributes.iter().for_each(|attribute| self.add_referred(attribute.takes));
            }
            _ => {}
        }
    }

    fn has(&self, kind: &Kind) -> bool {
        self.kinds.contains(kind.name)
    }

    /// The collections to ask for, in the catalogue's order.
    pub(super) fn readings(&self) -> Vec<Reading> {
        let wanted = |test: &dyn Fn(&Kind) -> bool| -> Vec<&'static Kind> {
            KINDS.iter().copied().filter(|kind| self.has(kind) && test(kind)).collect()
        };
        wanted(&|kind| kind.parent.is_none())
            .into_iter()
            .map(|kind| Reading {
                kind,
                children: self.branches(kind),
                shown: wanted(&|other| other.seen_from == Some(kind)),
                completes: wanted(&|other| other.joined.is_some_and(|(_, joined)| joined == kind)),
                all_content: self.all_content.contains(kind.name),
            })
            .collect()
    }

    /// The kinds that no parent has a link to.
    pub(super) fn by_parent(&self) -> impl Iterator<Item = &'static Kind> {
        KINDS.iter().copied().filter(|kind| self.has(kind) && is_by_parent(kind))
    }

    fn branches(&self, parent: &Kind) -> Vec<Branch> {
        let is_below = |kind: &&&'static Kind| {
            self.has(kind) && kind.parent == Some(parent) && !is_by_parent(kind)
        };
        let children = KINDS.iter().filter(is_below);
        children.map(|kind| Branch { kind, children: self.branches(kind) }).collect()
    }
}

/// What an object may be called to which a name in a manifest refers.
fn names_of(desired: &Desired, kind: &Kind, name: &str) -> impl Iterator<Item = String> {
    let resource = kind.parent.map(|parent| Address::new(parent.section, name));
    let resource = resource.and_then(|address| desired.resources.get(&address));
    let own = resource.and_then(|it| it.kind.name_of(&it.fields));
    own.into_iter().chain([name.to_owned()])
}

/// Whether no parent has a link to its collection.
fn is_by_parent(kind: &Kind) -> bool {
    matches!(kind.reading, resources::Reading::ByParent | resources::Reading::FromAfar)
}

/// Whether the address of an object of a kind can match a pattern: sections stand at every other
/// place of an address, up to the pattern's first `*`.
fn has_shape(kind: &Kind, pattern: &str) -> bool {
    let known = pattern.split('*').next().unwrap_or_default();
    let above = std::iter::successors(Some(kind), |kind| kind.parent).map(|kind| kind.section);
    let mut sections: Vec<&str> = above.collect();
    let last = known.matches('/').count();
    let is_open = |at: usize| at == last && known.len() < pattern.len();
    known.split('/').enumerate().step_by(2).all(|(at, part)| match sections.pop() {
        Some(section) => section == part || is_open(at) && section.starts_with(part),
        None => false,
    })
}
