//! Answers one request of the API: who, what, where, and in which words.

use std::sync::Arc;

use http::Method;

use super::asked::Asked;
use super::call::Call;
use super::content::{self, Member};
use super::document;
use super::fault::Fault;
use super::journal::{self, Subject};
use super::kinds::{self, authority};
use super::mandatory;
use super::pending;
use super::places;
use super::read::{At, Reader};
use super::reply::{Listing, Reply};
use super::root;
use super::route::Route;
use super::schema::{SCHEMA, Service};
use super::search;
use super::show::{self, View};
use super::site::Site;
use super::store::Handle;
use super::tree;
use crate::xml::Element;

/// Answers a request.
pub fn answer(site: &mut Site, asked: &Asked<'_>) -> Reply {
    let answered = match Route::find(site, asked.path) {
        Ok(route) => sight(site, asked, &route).and_then(|()| dispatch(site, asked, &route)),
        Err(fault) => pending::ask(site, asked)
            .or_else(|| mismatch(asked))
            .map_or_else(|| Err(lost(asked).unwrap_or(fault)), Ok),
    };
    answered.unwrap_or_else(|fault| Reply::refusal(&fault))
}

/// Decides how much whoever asks may see, and whether that includes what is asked for.
fn sight(site: &mut Site, asked: &Asked<'_>, route: &Route) -> Result<(), Fault> {
    let header = || asked.header("Filter").map(|value| value.eq_ignore_ascii_case("true"));
    let wish = asked.query.flag("filter").or_else(header);
    let adds = *asked.method == Method::POST;
    site.caller.filtered = authority::level(site, wish.filter(|wish| *wish || !adds))?;
    let place = route.collection.map(|it| places::place(it.name, route.parent.is_some()).kind());
    let named = route.target.into_iter().chain(route.parent);
    authority::check_sight(site, place.unwrap_or_default(), adds, named)
}

/// The engine looks for an object only after it has found the method: what has none, or cannot be
/// read or answered, is refused first.
fn mismatch(asked: &Asked<'_>) -> Option<Reply> {
    let (service, action) = Route::service(asked.path)?;
    let refused = || check_media(asked).err().map(|fault| Reply::refusal(&fault));
    wrong_method(asked, service, action).or_else(refused)
}

/// Refuses what cannot be read, and what cannot be answered as it is asked for.
fn check_media(asked: &Asked<'_>) -> Result<(), Fault> {
    if matches!(asked.method.as_str(), "POST" | "PUT") {
        asked.media()?;
    }
    asked.format().map(|_| ())
}

/// An action on a machine that does not exist reaches the command, which looks for it in vain.
fn lost(asked: &Asked<'_>) -> Option<Fault> {
    let mut path = asked.path.strip_prefix("/vms/")?.split('/');
    let (id, action) = (path.next()?, path.next()?);
    uuid::Uuid::try_parse(id).ok()?;
    SCHEMA.service("vm").action(action).filter(|_| path.next().is_none())?;
    Some(Fault::bad(format!("Cannot {action} VM. VM is not found.")))
}

fn dispatch(site: &mut Site, asked: &Asked<'_>, route: &Route) -> Result<Reply, Fault> {
    if let Some(reply) = wrong_method(asked, route.service, route.action) {
        return Ok(reply);
    }
    check_media(asked)?;
    if route.is_stub(asked.method) {
        return Err(Fault::page(500, "Internal Server Error"));
    }
    if let (Some(member), "GET" | "HEAD") = (&route.computed, asked.method.as_str()) {
        return get_computed(site, asked, route, member);
    }
    match (asked.method.as_str(), route.action, route.target) {
        // The engine reads its configuration again, and finds it as it was.
        ("POST", Some(_), None) if route.collection.is_none() => {
            let said = read(site, asked, route, "action", "reload_configurations")?;
            Ok(Reply::document(200, outcome(site, None, said)))
        }
        ("GET" | "HEAD", _, None) if route.collection.is_none() => {
            // The engine describes itself here, as XML schema or as RSDL; this one does not.
            if ["schema", "rsdl"].iter().any(|it| asked.query.get(it).is_some()) {
                return Err(Fault::nowhere());
            }
            Ok(Reply::document(200, root::show(site)).with("Link", root::link_header(asked.host())))
        }
        ("GET" | "HEAD", _, None) => list(site, asked, route),
        ("GET" | "HEAD", _, Some(target)) => get(site, asked, route, target),
        ("POST", Some(action), _) => act(site, asked, route, action),
        ("POST", None, None) if takes_many(route) => add_many(site, asked, route),
        ("POST", None, None) => add(site, asked, route),
        ("PUT", _, Some(target)) => update(site, asked, route, target),
        ("DELETE", _, Some(target)) => remove(site, asked, route, target),
        ("DELETE", None, None) if takes_many(route) => act(site, asked, route, "remove"),
        _ => Ok(Reply::empty(405)),
    }
}

/// Whether a collection takes several members in one document, and takes leave of them so.
fn takes_many(route: &Route) -> bool {
    route.collection.is_some_and(|it| it.name == "gluster_bricks")
}

fn wrong_method(asked: &Asked<'_>, service: &Service, action: Option<&str>) -> Option<Reply> {
    let allowed = match action {
        Some(_) => vec!["POST"],
        None => service.verbs(),
    };
    let allowed_list = || {
        let mut verbs: Vec<&str> = allowed.iter().copied().chain(["OPTIONS"]).collect();
        if allowed.contains(&"GET") {
            verbs.push("HEAD");
        }
        verbs.sort_unstable();
        verbs.dedup();
        verbs.join(", ")
    };
    match asked.method.as_str() {
        "OPTIONS" => {
            let list = allowed_list();
            Some(Reply::text(200, "text/plain;charset=UTF-8", list.clone()).with("Allow", list))
        }
        "HEAD" if allowed.contains(&"GET") => None,
        verb if allowed.contains(&verb) => None,
        _ => Some(Reply::empty(405).with("Allow", allowed_list())),
    }
}

/// How much of an object is wanted; the engine cannot follow links that name its version.
fn view(site: &Site, asked: &Asked<'_>, route: &Route) -> Result<View, Fault> {
    const DETAIL: &str = "statistics";
    let mut view = View {
        sight: authority::Sight::of_caller(site).map(Arc::new),
        within: route.parent.zip(route.collection.map(|it| it.name)),
        ..asked.view()
    };
    if asked.versioned && !view.follow.is_empty() {
        return Err(Fault::page(500, "Internal Server Error"));
    }
    if asked.wants(DETAIL) && route.member().is_some_and(|it| it.segments.contains_key(DETAIL)) {
        view.follow.add(DETAIL);
    }
    if asked.wants("current_graphics_consoles") && route.service.name == "vms" {
        view.current = true;
        view.follow.add("graphics_consoles");
    }
    Ok(view)
}

fn get(site: &mut Site, asked: &Asked<'_>, route: &Route, target: Handle) -> Result<Reply, Fault> {
    let view = View { single: true, ..view(site, asked, route)? };
    Ok(Reply::document(200, show::show(site, target, &view)?))
}

fn list(site: &mut Site, asked: &Asked<'_>, route: &Route) -> Result<Reply, Fault> {
    let collection = route.collection.ok_or_else(Fault::nowhere)?;
    if let Some(members) = route.members(site) {
        return list_computed(site, asked, route, members);
    }
    let place = places::place(collection.name, route.parent.is_some());
    let mut objects = place.list(site, route.parent);
    if let Some(sight) = authority::Sight::of_caller(site) {
        objects.retain(|it| sight.sees(site, *it));
    }
    let of = (place.kind(), route.parent.is_some());
    search::select(site, collection, of, &asked.query, &mut objects)?;
    let view = view(site, asked, route)?;
    if !view.follow.is_empty() {
        // What cannot be followed fails the whole list, so this must be known before it begins.
        for object in &objects {
            show::show(site, *object, &view)?;
        }
    }
    let name = SCHEMA.type_of(collection.type_name).collection;
    let counts = ["vms", "templates"].contains(&collection.name);
    if counts && (!asked.wants("main") || asked.wants("size")) {
        return counted(site, asked, name, &objects, &view);
    }
    Ok(Reply::list(Listing { name, objects: objects.into(), view }))
}

/// A list that says how long it is, or that only says that.
fn counted(
    site: &Site,
    asked: &Asked<'_>,
    name: &'static str,
    objects: &[Handle],
    view: &View,
) -> Result<Reply, Fault> {
    let mut list = Element::new(name);
    if asked.wants("size") {
        list.push(Element::leaf("size", objects.len().to_string()));
    }
    for object in objects.iter().filter(|_| asked.wants("main")) {
        list.push(show::show(site, *object, view)?);
    }
    Ok(Reply::document(200, list))
}

/// A list of what is in no store.
fn list_computed(
    site: &Site,
    asked: &Asked<'_>,
    route: &Route,
    mut members: Vec<Member>,
) -> Result<Reply, Fault> {
    let collection = route.collection.ok_or_else(Fault::nowhere)?;
    let view = view(site, asked, route)?;
    let max = asked.query.get("max").and_then(|max| max.parse().ok());
    members.truncate(max.unwrap_or(usize::MAX));
    let mut list = Element::new(SCHEMA.type_of(collection.type_name).collection);
    for member in &members {
        list.push(show::show_computed(site, route.parent, member, &view)?);
    }
    Ok(Reply::document(200, list))
}

/// One of what is in no store.
fn get_computed(
    site: &Site,
    asked: &Asked<'_>,
    route: &Route,
    member: &Member,
) -> Result<Reply, Fault> {
    let mut member = member.clone();
    if !content::narrow(&mut member, &asked.query) {
        return Err(Fault::nowhere());
    }
    let view = View { single: true, ..view(site, asked, route)? };
    Ok(Reply::document(200, show::show_computed(site, route.parent, &member, &view)?))
}

/// What reads documents, and knows whom to name when it cannot.
fn reader<'a>(site: &Site, asked: &'a Asked<'_>, route: &Route, method: &'a str) -> Reader<'a> {
    Reader {
        strict: site.strict,
        patience: site.patience.into(),
        service: route.service.name,
        method,
        host: asked.host(),
    }
}

/// Reads the document of a request.
fn read(
    site: &mut Site,
    asked: &Asked<'_>,
    route: &Route,
    type_name: &str,
    method: &str,
) -> Result<Element, Fault> {
    let reader = reader(site, asked, route, method);
    let schema = SCHEMA.type_of(type_name);
    let document = document::read(asked.media()?, asked.body, schema);
    let document = document.map_err(|_| reader.syntax())?;
    if document.name() != schema.element {
        // Another document of the API passes the reader and fails in the resource.
        let known = SCHEMA.type_with_element(document.name()).is_some();
        return Err(if known {
            Fault::page(500, "Internal Server Error")
        } else {
            reader.syntax()
        });
    }
    let document = reader.read(schema.element, type_name, &document, &At::root(schema.element));
    site.patience = reader.patience.get();
    let document = document?;
    if let Some(method_of) = route.service.methods.get(method) {
        mandatory::check(method, method_of, type_name, &document)?;
    }
    Ok(document)
}

fn add(site: &mut Site, asked: &Asked<'_>, route: &Route) -> Result<Reply, Fault> {
    let collection = route.collection.ok_or_else(Fault::nowhere)?;
    let body = read(site, asked, route, collection.type_name, "add")?;
    let mut call = Call { collection, parent: route.parent, query: asked.query.clone(), body };
    kinds::resolve(site, &mut call)?;
    let work = journal::open(site, call.kind(), "add", Subject::of_call(site, &call));
    let made = kinds::add(site, &call);
    journal::close(site, &work, made.as_ref().map(|it| Some(*it)));
    let made = made?;
    let is_pending = kinds::is_pending(site, made, "add");
    if asked.awaits_creation()
        && is_pending
        && let Some(job) = work.job
    {
        site.finish(job);
    }
    let within = route.parent.map(|parent| (parent, collection.name));
    let view = View { all_content: true, single: true, within, ..View::default() };
    let mut shown = show::show(site, made, &view)?;
    if is_pending && !asked.awaits_creation() {
        pending::show_creation(site, made, work.job, &mut shown);
        return Ok(Reply::document(202, shown));
    }
    let href = asked.format()?.href(&shown).unwrap_or_default().into_owned();
    let location = format!("https://{}{href}", asked.host());
    Ok(Reply::document(201, shown).with("Location", location))
}

/// Adds what a list in the document describes.
fn add_many(site: &mut Site, asked: &Asked<'_>, route: &Route) -> Result<Reply, Fault> {
    let collection = route.collection.ok_or_else(Fault::nowhere)?;
    let schema = SCHEMA.type_of(collection.type_name);
    let reader = reader(site, asked, route, "add");
    let document = document::read(asked.media()?, asked.body, schema);
    let document = document.map_err(|_| reader.syntax())?;
    let mut body = Element::new(schema.collection);
    for member in document.children() {
        let at = At::root(schema.element);
        body.push(reader.read(schema.element, collection.type_name, member, &at)?);
    }
    site.patience = reader.patience.get();
    let call = Call { collection, parent: route.parent, query: asked.query.clone(), body };
    let work = journal::open(site, call.kind(), "add", Subject::of_call(site, &call));
    let made = kinds::add_many(site, &call);
    journal::close(site, &work, made.as_ref().map(|it| it.first().copied()));
    let mut list = Element::new(schema.collection);
    for object in made? {
        list.push(show::show(site, object, &View::default())?);
    }
    Ok(Reply::document(201, list))
}

fn update(
    site: &mut Site,
    asked: &Asked<'_>,
    route: &Route,
    target: Handle,
) -> Result<Reply, Fault> {
    let collection = route.collection.ok_or_else(Fault::nowhere)?;
    let body = read(site, asked, route, collection.type_name, "update")?;
    if body.id().is_some_and(|id| id != site.id(target)) {
        return Err(Fault::immutable("id"));
    }
    let mut call = Call { collection, parent: route.parent, query: asked.query.clone(), body };
    kinds::resolve(site, &mut call)?;
    let view = View { all_content: true, single: true, ..View::default() };
    let later = asked.is_async() || kinds::updates_later(site, &call, target);
    let stale = if later { Some(show::show(site, target, &view)?) } else { None };
    let work = journal::open(site, site.kind(target), "update", Subject::of(site, target));
    let done = kinds::update(site, &call, target);
    journal::close(site, &work, done.as_ref().map(|()| Some(target)));
    match stale {
        // Whatever became of it: nobody waited.
        Some(stale) if asked.is_async() => Ok(Reply::document(202, stale)),
        stale => {
            done?;
            let shown = stale.map_or_else(|| show::show(site, target, &view), Ok)?;
            Ok(Reply::document(200, shown))
        }
    }
}

fn remove(
    site: &mut Site,
    asked: &Asked<'_>,
    route: &Route,
    target: Handle,
) -> Result<Reply, Fault> {
    let collection = route.collection.ok_or_else(Fault::nowhere)?;
    let body = Element::new("action");
    let call = Call { collection, parent: route.parent, query: asked.query.clone(), body };
    let work = journal::open(site, site.kind(target), "remove", Subject::of(site, target));
    let done = kinds::remove(site, &call, target);
    journal::close(site, &work, done.as_ref().map(|()| Some(target)));
    if asked.is_async() {
        return Ok(Reply::empty(202));
    }
    done?;
    Ok(Reply::document(200, outcome(site, work.job, Element::new("action"))))
}

fn act(
    site: &mut Site,
    asked: &Asked<'_>,
    route: &Route,
    action: &'static str,
) -> Result<Reply, Fault> {
    let collection = route.collection.ok_or_else(Fault::nowhere)?;
    let body = read(site, asked, route, "action", action)?;
    let mut call = Call { collection, parent: route.parent, query: asked.query.clone(), body };
    kinds::resolve(site, &mut call)?;
    let subject = route.target.map(|it| Subject::of(site, it)).unwrap_or_default();
    let kind = route.target.map_or(collection.name, |it| site.kind(it));
    let work = journal::open(site, kind, action, subject);
    let done = kinds::act(site, &call, route.target, action);
    journal::close(site, &work, done.as_ref().map(|_| route.target));
    if asked.is_async() && pending::may_be_left(kind, action) {
        return Ok(pending::left(call.body));
    }
    let is_awaited = pending::is_awaited(&call);
    let is_pending = route.target.is_some_and(|it| kinds::is_pending(site, it, action));
    if is_awaited
        && is_pending
        && let Some(job) = work.job
    {
        site.finish(job);
    }
    // The answer repeats what was sent.
    let mut said = call.body;
    let shown = match done {
        Ok(shown) => shown,
        Err(fault) => return failed_action(said, fault),
    };
    if is_pending && !is_awaited {
        return Ok(pending::action(site, asked, work.job, said));
    }
    if let Some(target) = route.target
        && site.store.get(target).is_some()
        && shown.is_empty()
    {
        let target = show::address(site, target);
        if SCHEMA.type_of("action").attribute(target.name()).is_some() {
            tree::put(&mut said, target);
        }
    }
    for element in shown {
        tree::put(&mut said, element);
    }
    Ok(Reply::document(200, outcome(site, work.job, said)))
}

/// A refusal of an action stands in the action, if it says anything.
fn failed_action(mut said: Element, fault: Fault) -> Result<Reply, Fault> {
    let Some(element) = fault.element() else { return Err(fault) };
    tree::put(&mut said, element);
    tree::set(&mut said, "status", "failed");
    show::sort(&mut said, "action");
    Ok(Reply::document(fault.status, said))
}

/// What an action says that was done.
fn outcome(site: &Site, job: Option<Handle>, mut said: Element) -> Element {
    if let Some(job) = job {
        let link = Element::link("job", site.id(job));
        tree::put(&mut said, link.with_attribute("href", show::href(site, job)));
    }
    tree::set(&mut said, "status", "complete");
    show::sort(&mut said, "action");
    said
}
