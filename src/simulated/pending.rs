//! Replies to what is not done yet: 202, and where to ask how far it is.

use super::asked::Asked;
use super::call::Call;
use super::reply::Reply;
use super::route::Route;
use super::show::{self, ROOT};
use super::site::Site;
use super::store::Handle;
use super::tree;
use crate::xml::Element;

const STATUS: &str = "creation_status";
/// What an object remembers of the work that makes it: the task and its job.
const TASK: &str = "creation_task";

/// Whether a client waits for the work that an action begins.
pub fn is_awaited(call: &Call) -> bool {
    call.flag("async") == Some(false)
}

/// Actions that whoever asks for them need not wait for; to all others `async` means nothing.
const LEFT: &[(&str, &str)] = &[
    ("events", "undelete"),
    ("gluster_bricks", "migrate"),
    ("gluster_bricks", "stop_migrate"),
    ("hosts", "setup_networks"),
];

/// Whether whoever asks for an action may go before it is done.
pub fn may_be_left(kind: &str, action: &str) -> bool {
    LEFT.contains(&(kind, action))
}

/// The reply to an action whose outcome nobody waits for, good or bad.
pub fn left(mut said: Element) -> Reply {
    tree::set(&mut said, "status", "in_progress");
    show::sort(&mut said, "action");
    Reply::document(202, said)
}

/// Adds to a new object how far the work is that makes it, and where to ask.
pub fn show_creation(site: &mut Site, made: Handle, job: Option<Handle>, shown: &mut Element) {
    let task = site.fresh_id();
    let note = Element::leaf(TASK, job.map_or("", |job| site.id(job)));
    site.hide(made, note.with_attribute("id", task.clone()));
    let href = format!("{}/{STATUS}/{task}", show::href(site, made));
    let link = Element::new("link").with_attribute("href", href).with_attribute("rel", STATUS);
    shown.push(link);
    tree::set(shown, STATUS, "in_progress");
    show::sort_as(site.kind(made), shown);
}

/// The reply to an action whose work goes on, with what was sent in it.
pub fn action(site: &mut Site, asked: &Asked<'_>, job: Option<Handle>, mut said: Element) -> Reply {
    let path = format!("{ROOT}{}", asked.path);
    let parent = path.rsplit_once('/').map_or(ROOT, |(parent, _)| parent);
    let task = site.fresh_id();
    said.set_attribute("id", task.clone());
    said.set_attribute("href", format!("{path}/{task}"));
    for (rel, href) in [("parent", parent), ("replay", &path)] {
        said.push(Element::new("link").with_attribute("href", href).with_attribute("rel", rel));
    }
    tree::set(&mut said, "async", "true");
    if let Some(job) = job {
        let link = Element::link("job", site.id(job));
        tree::put(&mut said, link.with_attribute("href", show::href(site, job)));
    }
    tree::set(&mut said, "status", "in_progress");
    show::sort(&mut said, "action");
    Reply::document(202, said)
}

/// Answers a question for the task of a creation or of an action, if it is one.
pub fn ask(site: &Site, asked: &Asked<'_>) -> Option<Reply> {
    if !matches!(asked.method.as_str(), "GET" | "HEAD") {
        return None;
    }
    let (path, task) = asked.path.rsplit_once('/')?;
    let (path, what) = path.rsplit_once('/')?;
    let route = Route::find(site, path).ok()?;
    let target = route.target.filter(|_| route.action.is_none())?;
    if what == STATUS {
        let mut creation = Element::link("creation", task);
        creation.set_attribute("href", format!("{ROOT}{}", asked.path));
        creation.push(Element::leaf("status", creation_status(site, target, task)));
        return Some(Reply::document(200, creation));
    }
    // What became of an action shows on what it was done to.
    route.service.action(what)?;
    let location = format!("https://{}{}", asked.host(), show::href(site, target));
    Some(Reply::empty(301).with("Location", location))
}

/// How far a task is; one that nobody knows was done long ago.
fn creation_status(site: &Site, made: Handle, task: &str) -> &'static str {
    let note = site.hidden(made, TASK).filter(|note| note.id() == Some(task));
    let job = note.and_then(|note| site.top("jobs", note.text()));
    match job.map(|job| site.status(job)) {
        Some("started") => "in_progress",
        Some("failed" | "aborted") => "failed",
        _ => "complete",
    }
}
