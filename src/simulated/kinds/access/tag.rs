//! Tags, a tree, and what they are assigned to.

use crate::simulated::call::{self, Call};
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common::{self, ZERO};
use crate::simulated::kinds::generic;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about tags.
pub const RULES: Rules =
    Rules::of("tags").add(add).update(update).remove(remove).by_name(&[("parent", "tags", "Tag")]);

/// What is special about the tags of an object.
pub const ASSIGNED_RULES: Rules = Rules::of("assigned_tags").add(assign).shown(shown_assigned);

/// Adds a tag below its parent or the root.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = call.name().ok_or_else(|| Fault::incomplete("Tag", "name", "add"))?;
    check_name(name)?;
    if common::taken(site, "tags", name, None, |_| true) {
        return Err(Fault::conflict("The specified Tag name already exists."));
    }
    let mut body = generic::draft(site, call);
    if tree::id_at(&body, "parent").is_none_or(|id| site.top("tags", id).is_none()) {
        tree::refer(&mut body, "parent", ZERO);
    }
    Ok(generic::put(site, call, None, body))
}

fn check_name(name: &str) -> Result<(), Fault> {
    if name.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '-')) {
        return Ok(());
    }
    Err(Fault::bad("Invalid tag name. Only letters, numbers, '-', and '_' are valid characters."))
}

/// Updates a tag; it may move, but not below itself.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if site.id(target) == ZERO {
        return Err(Fault::conflict("Cannot edit readonly tag"));
    }
    if let Some(name) = common::new_name(site, call, target) {
        check_name(name)?;
        if common::taken(site, "tags", name, Some(target), |_| true) {
            return Err(Fault::conflict("The specified Tag name already exists."));
        }
    }
    if let Some(parent) = call.id_at("parent") {
        let parent = site
            .top("tags", parent)
            .ok_or_else(|| Fault::entity_not_found(format!("Tag: id={parent}")))?;
        if lineage(site, parent).contains(&target) {
            return Err(Fault::conflict(
                "Operation canceled, recursive Tag hierarchy cannot be defined.",
            ));
        }
    }
    generic::update(site, call, target)
}

fn lineage(site: &Site, tag: Handle) -> Vec<Handle> {
    let mut line = vec![tag];
    let mut at = tag;
    while let Some(parent) = site.refers(at, "parent", "tags") {
        if line.contains(&parent) {
            break;
        }
        line.push(parent);
        at = parent;
    }
    line
}

/// Removes a tag with all below it, and their assignments.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if site.id(target) == ZERO {
        return Err(Fault::conflict("Cannot remove readonly tag"));
    }
    for child in site.users("tags", "parent", target) {
        remove(site, call, child)?;
    }
    let id = site.id(target).to_owned();
    let assigned: Vec<Handle> =
        site.store.all("assigned_tags").filter(|it| site.id(*it) == id).collect();
    for assignment in assigned {
        site.store.remove(assignment);
    }
    generic::remove(site, call, target)
}

/// Assigns a tag; doing it twice does no harm.
pub fn assign(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let owner = call.owner()?;
    if !call.names_itself() {
        return Err(Fault::incomplete("Tag", "id|name", "add"));
    }
    let mut wanted = call.body.clone();
    call::resolve_one(site, &mut wanted, "tags", "Tag")?;
    let id = wanted.id().unwrap_or_default().to_owned();
    if site.top("tags", &id).is_none() {
        return Err(Fault::bad("Cannot attach Tag. Tag does not exist."));
    }
    if let Some(known) = site.store.find("assigned_tags", Some(owner), &id) {
        return Ok(known);
    }
    Ok(site.add("assigned_tags", Some(owner), id, Element::new("tag")))
}

/// Shows an assigned tag: the tag, and what it is assigned to.
pub fn shown_assigned(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    if let Some(tag) = site.top("tags", site.id(handle)) {
        *element.children_mut() = site.body(tag).children().to_vec();
    }
    if let Some(owner) = site.parent(handle) {
        let name = match site.kind(owner) {
            "vms" => "vm",
            "hosts" => "host",
            "templates" => "template",
            "users" => "user",
            _ => "group",
        };
        tree::refer(element, name, site.id(owner));
    }
}
