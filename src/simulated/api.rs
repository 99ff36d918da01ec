//! Answers one request of the API: who, what, where, and in which words.

use http::{HeaderMap, Method};

use super::call::Call;
use super::fault::{Fault, FaultBody};
use super::journal;
use super::kinds;
use super::places;
use super::query::Query;
use super::read::Reader;
use super::root;
use super::route::Route;
use super::schema::SCHEMA;
use super::search::{Search, Unclear};
use super::show::{self, Follow, View};
use super::site::Site;
use super::store::Handle;
use super::write;
use crate::xml::{self, Element};

const XML: &str = "application/xml;charset=UTF-8";

/// What goes back.
#[derive(Clone, Debug)]
pub struct Reply {
    /// The HTTP status.
    pub status: u16,
    /// Headers beside the content's type.
    pub headers: Vec<(&'static str, String)>,
    /// The type of the content, if there is any.
    pub content_type: Option<&'static str>,
    /// The content.
    pub body: String,
}

impl Reply {
    /// A reply without content.
    pub fn empty(status: u16) -> Self {
        Self { status, headers: Vec::new(), content_type: None, body: String::new() }
    }

    /// A reply with a document.
    pub fn document(status: u16, element: &Element) -> Self {
        Self { content_type: Some(XML), body: write::document(element), ..Self::empty(status) }
    }

    /// A reply of some other type.
    pub fn text(status: u16, content_type: &'static str, body: impl Into<String>) -> Self {
        Self { content_type: Some(content_type), body: body.into(), ..Self::empty(status) }
    }

    /// The container's page for an error.
    pub fn page(status: u16, text: &str) -> Self {
        let body = format!("<html><head><title>Error</title></head><body>{text}</body></html>");
        Self::text(status, "text/html;charset=UTF-8", body)
    }

    /// The reply with one more header.
    pub fn with(mut self, name: &'static str, value: impl Into<String>) -> Self {
        self.headers.push((name, value.into()));
        self
    }

    fn refusal(fault: &Fault, of_action: bool) -> Self {
        match (&fault.body, fault.element()) {
            (_, Some(element)) if of_action => Self::document(
                fault.status,
                &Element::new("action").with(element).with(Element::leaf("status", "failed")),
            ),
            (_, Some(element)) => Self::document(fault.status, &element),
            (FaultBody::Page(text), None) => Self::page(fault.status, text),
            (_, None) => Self::empty(fault.status),
        }
    }
}

/// A request that passed the gate.
pub struct Asked<'a> {
    /// The verb.
    pub method: &'a Method,
    /// The path below the root of the API.
    pub path: &'a str,
    /// The parameters.
    pub query: Query,
    /// The headers.
    pub headers: &'a HeaderMap,
    /// The document.
    pub body: &'a [u8],
}

impl Asked<'_> {
    /// The value of a header, if it is text.
    pub fn header(&self, name: &str) -> Option<&str> {
        self.headers.get(name)?.to_str().ok()
    }

    fn flag(&self, parameter: &str, header: &str) -> bool {
        self.query.flag(parameter).unwrap_or_else(|| {
            self.header(header).is_some_and(|value| value.eq_ignore_ascii_case("true"))
        })
    }

    /// Whether the client does not wait for the outcome, good or bad.
    fn is_async(&self) -> bool {
        self.query.flag("async") == Some(true)
            || self.header("X-Ovirt-Expect").is_some_and(|it| it.contains("202-accepted"))
    }

    fn view(&self) -> View {
        View {
            all_content: self.flag("all_content", "All-Content"),
            next_run: self.query.flag("next_run").unwrap_or(false),
            single: false,
            follow: Follow::parse(self.query.get("follow").unwrap_or_default()),
        }
    }
}

/// Answers a request.
pub fn answer(site: &mut Site, asked: &Asked<'_>) -> Reply {
    let route = match Route::find(site, asked.path) {
        Ok(route) => route,
        Err(fault) => return lost(asked).unwrap_or_else(|| Reply::refusal(&fault, false)),
    };
    let of_action = route.action.is_some();
    match dispatch(site, asked, &route) {
        Ok(reply) => reply,
        Err(fault) => Reply::refusal(&fault, of_action),
    }
}

/// An action on a machine that does not exist reaches the command, which looks for it in vain.
fn lost(asked: &Asked<'_>) -> Option<Reply> {
    let mut path = asked.path.strip_prefix("/vms/")?.split('/');
    let (id, action) = (path.next()?, path.next()?);
    uuid::Uuid::try_parse(id).ok()?;
    SCHEMA.service("vm").action(action).filter(|_| path.next().is_none())?;
    let fault = Fault::bad(format!("Cannot {action} VM. VM is not found."));
    Some(Reply::refusal(&fault, true))
}

fn dispatch(site: &mut Site, asked: &Asked<'_>, route: &Route) -> Result<Reply, Fault> {
    if let Some(reply) = wrong_method(asked, route) {
        return Ok(reply);
    }
    acceptable(asked)?;
    match (asked.method.as_str(), route.action, route.target) {
        ("GET" | "HEAD", _, None) if route.collection.is_none() => {
            Ok(Reply::document(200, &root::show(site)).with("Link", root::link_header()))
        }
        ("GET" | "HEAD", _, None) => list(site, asked, route),
        ("GET" | "HEAD", _, Some(target)) => get(site, asked, target),
        ("POST", Some(action), _) => act(site, asked, route, action),
        ("POST", None, None) => add(site, asked, route),
        ("PUT", _, Some(target)) => update(site, asked, route, target),
        ("DELETE", _, Some(target)) => remove(site, asked, route, target),
        _ => Ok(Reply::empty(405)),
    }
}

fn wrong_method(asked: &Asked<'_>, route: &Route) -> Option<Reply> {
    let allowed = match route.action {
        Some(_) => vec!["POST"],
        None => route.service.verbs(),
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
        "OPTIONS" => Some(Reply::text(200, "text/plain;charset=UTF-8", allowed_list())),
        "HEAD" if allowed.contains(&"GET") => None,
        verb if allowed.contains(&verb) => None,
        _ => Some(Reply::empty(405).with("Allow", allowed_list())),
    }
}

fn acceptable(asked: &Asked<'_>) -> Result<(), Fault> {
    let accept = asked.query.get("accept").or_else(|| asked.header("Accept"));
    let known = accept.is_none_or(|accept| {
        accept.split(',').any(|it| {
            let it = it.split(';').next().unwrap_or_default().trim();
            matches!(it, "" | "*/*" | "application/*" | "application/xml")
        })
    });
    if known { Ok(()) } else { Err(Fault { status: 406, body: FaultBody::Empty }) }
}

fn get(site: &mut Site, asked: &Asked<'_>, target: Handle) -> Result<Reply, Fault> {
    let view = View { single: true, ..asked.view() };
    Ok(Reply::document(200, &show::show(site, target, &view)?))
}

fn list(site: &mut Site, asked: &Asked<'_>, route: &Route) -> Result<Reply, Fault> {
    let collection = route.collection.ok_or_else(Fault::nowhere)?;
    let place = places::place(collection.name, route.parent.is_some());
    let mut objects = place.list(site, route.parent);
    let max = asked.query.get("max").and_then(|max| max.parse::<i64>().ok());
    if max.is_some_and(|max| max < 0) {
        return Err(Fault::bad("Query execution failed due to invalid parameters."));
    }
    if let Some(from) = asked.query.get("from").and_then(|from| from.parse::<u64>().ok()) {
        objects.retain(|it| site.id(*it).parse::<u64>().is_ok_and(|id| id > from));
    }
    kinds::filter(site, collection.name, &asked.query, &mut objects);
    journal::sort(site, collection.name, &mut objects);
    let exact = asked.query.flag("case_sensitive") == Some(true);
    let search = asked.query.get("search").map(|text| Search::parse(text, exact));
    find(site, search, max, &mut objects);
    let view = asked.view();
    let mut list = write::List::new(SCHEMA.type_of(collection.type_name).collection);
    for object in objects {
        list.push(&show::show(site, object, &view)?);
    }
    Ok(Reply::text(200, XML, list.finish()))
}

/// Searches and pages; what is unclear finds nothing.
fn find(
    site: &Site,
    search: Option<Result<Search, Unclear>>,
    max: Option<i64>,
    objects: &mut Vec<Handle>,
) {
    let max = max.and_then(|max| usize::try_from(max).ok());
    let search = match search {
        Some(Ok(search)) => search,
        Some(Err(_)) => return objects.clear(),
        None => Search::default(),
    };
    if search.apply(site, objects).is_err() {
        objects.clear();
    }
    // The engine cuts the list of disks after a page was taken of it, so later pages are empty.
    let disks = objects.first().is_some_and(|it| site.kind(*it) == "disks");
    match (search.page, max) {
        (Some(page), _) if page > 1 && disks => objects.clear(),
        (Some(page), Some(max)) => {
            let start = page.saturating_sub(1).saturating_mul(max).min(objects.len());
            objects.drain(..start);
            objects.truncate(max);
        }
        (Some(page), None) if page > 1 => objects.clear(),
        (_, Some(max)) => objects.truncate(max),
        _ => {}
    }
}

/// Reads the document of a request.
fn read(
    site: &Site,
    asked: &Asked<'_>,
    route: &Route,
    type_name: &str,
    method: &str,
) -> Result<Element, Fault> {
    let reader = Reader { strict: site.strict, service: route.service.name, method };
    let syntax = || Fault::syntax(route.service.name, method);
    match asked.header("Content-Type") {
        Some(it) if it.starts_with("application/xml") => {}
        _ => return Err(Fault { status: 415, body: FaultBody::Empty }),
    }
    let document = xml::parse(asked.body).map_err(|_| syntax())?;
    let schema = SCHEMA.type_of(type_name);
    if document.name() != schema.element {
        // Another document of the API passes the reader and fails in the resource.
        let known = SCHEMA.is_element(document.name());
        return Err(if known { Fault::page(500, "Internal Server Error") } else { syntax() });
    }
    reader.read(schema.element, type_name, &document)
}

fn add(site: &mut Site, asked: &Asked<'_>, route: &Route) -> Result<Reply, Fault> {
    let collection = route.collection.ok_or_else(Fault::nowhere)?;
    let body = read(site, asked, route, collection.type_name, "add")?;
    let mut call = Call { collection, parent: route.parent, query: asked.query.clone(), body };
    kinds::resolve(site, &mut call)?;
    let job = journal::open(site, "add", collection.name, call.name().unwrap_or_default());
    let made = kinds::add(site, &call);
    journal::close(site, job, made.as_ref().err());
    let made = made?;
    let view = View { all_content: true, single: true, ..View::default() };
    let shown = show::show(site, made, &view)?;
    let host = asked.header("Host").unwrap_or("localhost").to_owned();
    Ok(Reply::document(201, &shown)
        .with("Location", format!("https://{host}{}", show::href(site, made))))
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
    let name = site.name(target).to_owned();
    let view = View { all_content: true, single: true, ..View::default() };
    let later = asked.is_async() || kinds::updates_later(site, &call, target);
    let stale = if later { Some(show::show(site, target, &view)?) } else { None };
    let job = journal::open(site, "update", collection.name, &name);
    let done = kinds::update(site, &call, target);
    journal::close(site, job, done.as_ref().err());
    match stale {
        // Whatever became of it: nobody waited.
        Some(stale) if asked.is_async() => Ok(Reply::document(202, &stale)),
        stale => {
            done?;
            let shown = stale.map_or_else(|| show::show(site, target, &view), Ok)?;
            Ok(Reply::document(200, &shown))
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
    let name = site.name(target).to_owned();
    let job = journal::open(site, "remove", collection.name, &name);
    let done = kinds::remove(site, &call, target);
    journal::close(site, job, done.as_ref().err());
    if asked.is_async() {
        return Ok(Reply::empty(202));
    }
    done?;
    Ok(Reply::document(200, &outcome(site, job, None)))
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
    let name = route.target.map(|it| site.name(it).to_owned()).unwrap_or_default();
    let job = journal::open(site, action, collection.name, &name);
    let done = kinds::act(site, &call, route.target, action);
    journal::close(site, job, done.as_ref().err());
    let mut extra = done?;
    if let Some(target) = route.target
        && site.store.get(target).is_some()
        && extra.is_empty()
    {
        extra.push(show::show(site, target, &View::default())?);
    }
    Ok(Reply::document(200, &outcome(site, job, Some(extra))))
}

fn outcome(site: &Site, job: Option<Handle>, extra: Option<Vec<Element>>) -> Element {
    let mut action = Element::new("action");
    if let Some(job) = job {
        let link = Element::link("job", site.id(job));
        action.push(link.with_attribute("href", show::href(site, job)));
    }
    action.push(Element::leaf("status", "complete"));
    for element in extra.into_iter().flatten() {
        action.push(element);
    }
    action
}
