//! Shows objects as the API does: addresses, links, actions, and what a client asked to follow.

use std::collections::BTreeMap;
use std::sync::Arc;

use super::content::{Member, Owner};
use super::fault::Fault;
use super::follow;
use super::kinds::{self, authority::Sight};
use super::places::{self, Place};
use super::schema::{SCHEMA, Shape};
use super::site::Site;
use super::store::Handle;
use crate::xml::Element;

/// Where the API begins.
pub const ROOT: &str = "/ovirt-engine/api";

/// How much of an object a client asked for.
#[derive(Clone, Debug, Default)]
pub struct View {
    /// Whether attributes that are dear to compute are shown.
    pub all_content: bool,
    /// Whether the configuration of the next start is shown.
    pub next_run: bool,
    /// Whether what a running machine has now is shown, and not what is kept.
    pub current: bool,
    /// Whether one object was asked for, not a list.
    pub single: bool,
    /// The owner and the service of the collection in which it was asked for.
    pub within: Option<(Handle, &'static str)>,
    /// What a user sees to whom it is shown; without, everything is.
    pub sight: Option<Arc<Sight>>,
    /// Links to be replaced by what they lead to.
    pub follow: Follow,
}

/// A tree of links to follow, by their names without underscores.
#[derive(Clone, Debug, Default)]
pub struct Follow(pub BTreeMap<String, Follow>);

impl View {
    /// Whether an object is seen by whom it is shown to.
    pub fn shows(&self, site: &Site, object: Handle) -> bool {
        self.sight.as_ref().is_none_or(|sight| sight.sees(site, object))
    }
}

impl Follow {
    /// Whether nothing is to be followed.
    pub fn is_empty(&self) -> bool {
        self.0.is_empty()
    }

    /// Follows one more link.
    pub fn add(&mut self, name: &str) {
        self.0.entry(plain(name)).or_default();
    }

    /// Reads `nics,disk_attachments.disk`.
    pub fn parse(text: &str) -> Self {
        let mut root = Self::default();
        for path in text.split(',').filter(|path| !path.trim().is_empty()) {
            let mut at = &mut root;
            for name in path.split('.') {
                at = at.0.entry(plain(name)).or_default();
            }
        }
        root
    }
}

/// A name as links are called: without underscores, in lower case.
pub fn plain(name: &str) -> String {
    name.trim().replace('_', "").to_lowercase()
}

/// The address of an object.
pub fn href(site: &Site, handle: Handle) -> String {
    let Some(object) = site.store.get(handle) else { return String::new() };
    let (base, owner) = match object.parent {
        Some(parent) => {
            let kind = SCHEMA.service(site.kind(parent));
            (href(site, parent), kind.member.unwrap_or(kind.name))
        }
        None => (ROOT.to_owned(), "system"),
    };
    let segments = &SCHEMA.service(owner).segments;
    let segment = segments.iter().find(|(_, (service, _))| *service == object.kind);
    let segment = segment.map_or("", |(segment, _)| segment);
    [base.as_str(), "/", segment, "/", &object.id].concat()
}

/// The address of an object where it was asked for, if it is shown in several places.
pub fn address_within(site: &Site, handle: Handle, view: &View) -> String {
    if let Some((owner, service)) = view.within
        && let Place::Found(..) = places::place(service, true)
        && SCHEMA.service(service).member.is_some()
    {
        let owner_kind = SCHEMA.service(site.kind(owner));
        let member = SCHEMA.service(owner_kind.member.unwrap_or(owner_kind.name));
        let segment = member.segments.iter().find(|(_, (name, _))| *name == service);
        let segment = segment.map_or("", |(segment, _)| segment);
        return format!("{}/{segment}/{}", href(site, owner), site.id(handle));
    }
    href(site, handle)
}

/// An object as the API shows it.
pub fn show(site: &Site, handle: Handle, view: &View) -> Result<Element, Fault> {
    let object = site.store.get(handle).ok_or_else(Fault::nowhere)?;
    let service = SCHEMA.service(object.kind);
    let schema = SCHEMA.type_of(service.type_name);
    let address = address_within(site, handle, view);
    let mut element = Element::new(schema.element);
    *element.children_mut() = object.body.children().to_vec();
    kinds::shown(site, handle, view, &mut element);
    for child in element.children_mut() {
        if let Some(attribute) = schema.attribute(child.name()) {
            link_up(site, child, attribute.shape);
        }
    }
    envelope(&mut element, service.member, &address);
    element.set_attribute("href", address);
    element.set_attribute("id", object.id.clone());
    let owner = Owner { object: Some(handle), member: None };
    follow::all(site, service, &owner, &mut element, view)?;
    sort(&mut element, service.type_name);
    Ok(element)
}

/// A computed member of a collection as the API shows it.
pub fn show_computed(
    site: &Site,
    object: Option<Handle>,
    member: &Member,
    view: &View,
) -> Result<Element, Fault> {
    let service = member.service;
    let schema = SCHEMA.type_of(service.type_name);
    let mut element = member.element.clone();
    for child in element.children_mut().iter_mut().filter(|it| it.attribute("href").is_none()) {
        if let Some(attribute) = schema.attribute(child.name()) {
            link_up(site, child, attribute.shape);
        }
    }
    let address = element.attribute("href").unwrap_or_default().to_owned();
    envelope(&mut element, service.member, &address);
    let owner = Owner { object, member: Some(member) };
    follow::all(site, service, &owner, &mut element, view)?;
    sort(&mut element, service.type_name);
    Ok(element)
}

/// An object without what it says: its address, its links and its actions.
pub fn address(site: &Site, handle: Handle) -> Element {
    let service = SCHEMA.service(site.kind(handle));
    let address = href(site, handle);
    let mut element = Element::link(SCHEMA.type_of(service.type_name).element, site.id(handle));
    envelope(&mut element, service.member, &address);
    element.with_attribute("href", address)
}

/// Puts the elements of an object of a kind in the order of the API.
pub fn sort_as(kind: &str, element: &mut Element) {
    sort(element, SCHEMA.service(kind).type_name);
}

/// Puts the elements of a type in the order of the API.
pub fn sort(element: &mut Element, type_name: &str) {
    let schema = SCHEMA.type_of(type_name);
    element.children_mut().sort_by_cached_key(|child| schema.rank(child.name()));
}

/// Adds the links to actions and sub-collections.
fn envelope(element: &mut Element, member: Option<&'static str>, address: &str) {
    let Some(member) = member.map(|name| SCHEMA.service(name)) else { return };
    let mut actions = Element::new("actions");
    for path in member.methods.values().filter_map(|method| method.path) {
        actions.push(link(path, [address, "/", path].concat()));
    }
    if !actions.children().is_empty() {
        element.push(actions);
    }
    for segment in member.segments.keys() {
        element.push(link(segment, [address, "/", segment].concat()));
    }
}

fn link(rel: &'static str, href: String) -> Element {
    Element::new("link").with_attribute("href", href).with_attribute("rel", rel)
}

/// Gives references their addresses.
fn link_up(site: &Site, element: &mut Element, shape: Shape) {
    match shape {
        Shape::Link(type_name) => give_address(site, element, type_name),
        Shape::Links(_, type_name) => {
            for item in element.children_mut() {
                give_address(site, item, type_name);
            }
        }
        Shape::Struct(type_name) => descend(site, element, type_name),
        Shape::Structs(_, type_name) => {
            for item in element.children_mut() {
                // A bond's slaves are a list of structs, but shown as references.
                match item.children() {
                    [] => give_address(site, item, type_name),
                    _ => descend(site, item, type_name),
                }
            }
        }
        _ => {}
    }
}

fn descend(site: &Site, element: &mut Element, type_name: &str) {
    let schema = SCHEMA.type_of(type_name);
    for child in element.children_mut() {
        if (child.id().is_some() || !child.children().is_empty())
            && let Some(attribute) = schema.attribute(child.name())
        {
            link_up(site, child, attribute.shape);
        }
    }
}

fn give_address(site: &Site, element: &mut Element, type_name: &str) {
    if let Some(id) = element.id() {
        if let Some(address) = address_of(site, type_name, id) {
            element.set_attribute("href", address);
        }
    } else {
        descend(site, element, type_name);
    }
}

fn address_of(site: &Site, type_name: &str, id: &str) -> Option<String> {
    if let Some((_, segment)) = SCHEMA.top_collection(type_name) {
        return Some([ROOT, "/", segment, "/", id].concat());
    }
    let kind = match type_name {
        "host_nic" => "host_nics",
        "quota" => "quotas",
        "qos" => "qoss",
        "snapshot" => "snapshots",
        _ => return None,
    };
    site.store.all(kind).find(|it| site.id(*it) == id).map(|it| href(site, it))
}
