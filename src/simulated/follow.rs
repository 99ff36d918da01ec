//! Puts what links lead to in their place: `follow=nics.statistics,cluster.data_center`.
//!
//! A link that an object does not have fails the whole request, as on a real engine.

use super::content::{self, Owner};
use super::fault::Fault;
use super::kinds;
use super::places;
use super::route::Route;
use super::schema::{SCHEMA, Service, Shape};
use super::show::{self, ROOT, View, plain};
use super::site::Site;
use super::tree;
use crate::xml::Element;

/// Sub-collections whose list is called otherwise than the collection.
const CALLED: &[(&str, &str)] =
    &[("storage_server_connections", "storage_connections"), ("weights", "weight")];

/// Sub-collections to which no name leads: the link has one, and the list that it would fill
/// another.
const UNREACHABLE: &[&str] = &["fence_agents", "gluster_bricks"];

/// Follows all links that were asked for, from one member of a collection.
pub fn all(
    site: &Site,
    service: &Service,
    owner: &Owner<'_>,
    element: &mut Element,
    view: &View,
) -> Result<(), Fault> {
    for (name, rest) in &view.follow.0 {
        let inner = View { follow: rest.clone(), single: false, within: None, ..view.clone() };
        match collection(service, name) {
            Some(sub) => follow_collection(site, sub, owner, element, &inner)?,
            None => follow_reference(site, service.type_name, element, name, &inner)?,
        }
    }
    Ok(())
}

/// A sub-collection: its segment, its service, and the name of its list.
type Sub = (&'static str, &'static str, &'static str);

fn collection(service: &Service, name: &str) -> Option<Sub> {
    let member = SCHEMA.service(service.member?);
    member.segments.iter().find_map(|(segment, (sub, locator))| {
        let called = CALLED.iter().find(|(it, _)| it == locator).map_or(*locator, |(_, it)| it);
        let meant = [*segment, &plain(locator), &plain(called)].contains(&name);
        let reachable = !UNREACHABLE.contains(locator);
        (meant && reachable).then_some((*segment, *sub, called))
    })
}

fn follow_collection(
    site: &Site,
    (segment, name, called): Sub,
    owner: &Owner<'_>,
    element: &mut Element,
    view: &View,
) -> Result<(), Fault> {
    let service = SCHEMA.service(name);
    let off = tree::flag(element, "gluster_service") == Some(false);
    if service.name == "gluster_volumes" && off {
        return Ok(());
    }
    let mut list = Element::new(called);
    match content::members(site, service, owner) {
        Some(members) => {
            for member in &members {
                list.push(show::show_computed(site, owner.object, member, view)?);
            }
        }
        None => {
            let within = owner.object.map(|object| (object, service.name));
            let view = View { within, ..view.clone() };
            let mut children = places::place(service.name, true).list(site, owner.object);
            children.retain(|it| view.shows(site, *it) && kinds::is_current(site, *it, &view));
            for child in children {
                list.push(show::show(site, child, &view)?);
            }
        }
    }
    element
        .children_mut()
        .retain(|it| !(it.name() == "link" && it.attribute("rel") == Some(segment)));
    tree::put(element, list);
    Ok(())
}

/// Follows a reference, or the references in a list or a struct.
fn follow_reference(
    site: &Site,
    type_name: &str,
    element: &mut Element,
    name: &str,
    view: &View,
) -> Result<(), Fault> {
    let schema = SCHEMA.type_of(type_name);
    let target = element
        .children_mut()
        .iter_mut()
        .find(|child| child.name() != "link" && plain(child.name()) == name)
        .ok_or_else(|| failed(name))?;
    match schema.attribute(target.name()).map(|attribute| attribute.shape) {
        Some(Shape::Link(_)) => replace(site, target, view),
        Some(Shape::Links(..)) => {
            target.children_mut().iter_mut().try_for_each(|it| replace(site, it, view))
        }
        Some(Shape::Struct(inner)) if target.attribute("href").is_none() => {
            inside(site, inner, target, view)
        }
        Some(Shape::Struct(_)) => replace(site, target, view),
        Some(Shape::Structs(_, inner)) => {
            target.children_mut().iter_mut().try_for_each(|it| inside(site, inner, it, view))
        }
        _ => Err(failed(name)),
    }
}

/// A struct is no link itself, but may hold some.
fn inside(site: &Site, type_name: &str, element: &mut Element, view: &View) -> Result<(), Fault> {
    if view.follow.is_empty() {
        return Err(failed(type_name));
    }
    for (name, rest) in &view.follow.0 {
        let inner = View { follow: rest.clone(), ..view.clone() };
        follow_reference(site, type_name, element, name, &inner)?;
    }
    Ok(())
}

/// Replaces a reference by what its address leads to.
fn replace(site: &Site, element: &mut Element, view: &View) -> Result<(), Fault> {
    let name = element.name().to_owned();
    let address = element.attribute("href").and_then(|it| it.strip_prefix(ROOT));
    let route = address.and_then(|path| Route::find(site, path).ok());
    let route = route.ok_or_else(|| failed(&name))?;
    let shown = match (&route.target, &route.computed) {
        (Some(target), _) if view.shows(site, *target) => show::show(site, *target, view)?,
        (None, Some(member)) => show::show_computed(site, route.parent, member, view)?,
        _ => return Err(failed(&name)),
    };
    *element = shown;
    Ok(())
}

fn failed(name: &str) -> Fault {
    Fault::page(500, format!("Failed to follow link '{name}'"))
}
