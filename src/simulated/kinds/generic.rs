//! What holds for every kind that has no rules of its own.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::merge;
use crate::simulated::places::{self, Place};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// The object that a call would add, as far as the schema tells.
pub fn draft(site: &Site, call: &Call) -> Element {
    let mut body = merge::kept(&call.body, call.collection.type_name);
    if let (Place::View(_, field), Some(parent)) = (place(call), call.parent) {
        let id = site.id(parent).to_owned();
        tree::put(&mut body, Element::link(field, id));
    }
    body
}

fn place(call: &Call) -> Place {
    places::place(call.collection.name, call.parent.is_some())
}

/// Puts a new object into the collection of a call.
pub fn put(site: &mut Site, call: &Call, id: Option<String>, body: Element) -> Handle {
    let place = place(call);
    let parent = match place {
        Place::Owned(_) => call.parent,
        _ => None,
    };
    let id = id.unwrap_or_else(|| site.fresh_id());
    site.add(place.kind(), parent, id, body)
}

/// Adds a member: a new object, or in a collection that only collects, the one that is named.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let place = place(call);
    let named = call.body.id().filter(|id| !id.is_empty()).map(str::to_owned);
    let named = named.filter(|_| matches!(place, Place::Owned(_)));
    if let Some(id) = &named
        && let Some(known) = site.store.find(place.kind(), call.parent, id)
    {
        return Ok(known);
    }
    let body = draft(site, call);
    Ok(put(site, call, named, body))
}

/// Merges a document into a member.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let type_name = call.collection.type_name;
    site.edit(target, |body| {
        merge::merge(body, &call.body, type_name, true);
        let schema = crate::simulated::schema::SCHEMA.type_of(type_name);
        body.children_mut().retain(|it| schema.attribute(it.name()).is_some_and(|it| it.output));
    });
    Ok(())
}

/// Removes a member, with what it owns.
pub fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    site.store.remove(target);
    Ok(())
}
