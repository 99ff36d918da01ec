//! `moved:` and `removed:`: what became of addresses that are no more.

use std::collections::HashMap;

use crate::resources::{Address, Attribute, Value, flag, text};
use crate::state::{Desired, Moved, Removed};

use super::body::Given;
use super::catalogue::Catalogue;
use super::reader::{Reader, Scope};
use super::table::Table;
use super::tree::{Content, Node, Place};
use super::wording::{instead_of, shown};

/// What a member of `moved` says.
pub static MOVED: &[Attribute] =
    &[text("from", "Where the resource was.").required(), text("to", "Where it is.").required()];

/// What a member of `removed` says.
pub static REMOVED: &[Attribute] = &[
    text("from", "Where the resource was.").required(),
    flag("destroy", "Whether it is removed from the engine too.").default("true"),
];

impl Reader<'_> {
    /// Reads a `moved:` list.
    pub(super) fn moved(&mut self, catalogue: &Catalogue, node: &Node, desired: &mut Desired) {
        let scope = Scope::block("moved");
        for (at, mut given) in self.records(&scope, node, MOVED) {
            let from = self.address(&scope, catalogue, given.take("from"));
            let to = self.address(&scope, catalogue, given.take("to"));
            let (Some(from), Some(to)) = (from, to) else { continue };
            if catalogue.kind_of(&from) != catalogue.kind_of(&to) {
                let message = format!("`{from}` and `{to}` are of different kinds");
                self.problem(&scope, at, &message);
                continue;
            }
            desired.moved.push(Moved { from, to, at: self.location(at) });
        }
    }

    /// Reads a `removed:` list.
    pub(super) fn removed(&mut self, catalogue: &Catalogue, node: &Node, desired: &mut Desired) {
        let scope = Scope::block("removed");
        for (at, mut given) in self.records(&scope, node, REMOVED) {
            let destroy = given.take("destroy").is_none_or(|(value, _)| value.is_true());
            if let Some(from) = self.address(&scope, catalogue, given.take("from")) {
                desired.removed.push(Removed { from, destroy, at: self.location(at) });
            }
        }
    }

    fn records(
        &mut self,
        scope: &Scope,
        node: &Node,
        attributes: &'static [Attribute],
    ) -> Vec<(Place, Given)> {
        let Some(node) = self.resolve(scope, node) else { return Vec::new() };
        let Content::List(items) = &node.content else {
            if !node.is_null() {
                let hint = "write `- { from: vms/web }` below it".to_owned();
                self.problem_with(scope, node.at, "this is not a list", hint);
            }
            return Vec::new();
        };
        let table = Table::new(attributes);
        let mut records = Vec::new();
        for item in items.iter() {
            let Content::Mapping(entries) = &item.content else {
                self.problem(scope, item.at, "this is not a mapping with `from`");
                continue;
            };
            let given = self.body(scope, &table, entries);
            self.check_required(scope, item.at, &table.attributes(), &given);
            records.push((item.at, given));
        }
        records
    }

    fn address(
        &mut self,
        scope: &Scope,
        catalogue: &Catalogue,
        given: Option<(Value, Place)>,
    ) -> Option<Address> {
        let (Value::Text(text), at) = given? else { return None };
        let Some(address) = Address::parse(&text) else {
            let message = format!("`{}` is not an address", shown(&text));
            self.problem_with(scope, at, &message, "addresses look like `vms/web-01`".to_owned());
            return None;
        };
        if let Err((section, possible)) = catalogue.find(&address) {
            let message = format!("`{}` has no section `{}`", shown(&text), shown(section));
            self.problem_with(scope, at, &message, instead_of(section, &possible));
            return None;
        }
        Some(address)
    }
}

/// Checks what became of addresses against the resources that there are.
pub(super) fn check(reader: &mut Reader, desired: &Desired) {
    let mut gone = HashMap::new();
    let left = desired.moved.iter().map(|moved| ("moved", &moved.from, &moved.at));
    let left = left.chain(desired.removed.iter().map(|r| ("removed", &r.from, &r.at)));
    for (block, from, at) in left {
        if let Some(resource) = desired.resources.get(from) {
            let message = format!("{block}: `{from}` is still at {}", resource.at);
            reader.problem_at(at, message);
        } else if let Some(before) = gone.insert(from, at) {
            let message = format!("{block}: `{from}` has gone already, at {before}");
            reader.problem_at(at, message);
        }
    }
    for Moved { to, at, .. } in &desired.moved {
        if !desired.resources.contains_key(to) && !gone.contains_key(to) {
            reader.problem_at(at, format!("moved: `{to}` is not in the manifests"));
        }
    }
}
