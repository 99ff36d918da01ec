//! Makes an object, and makes it once.

use tokio::time::{Instant, sleep};

use crate::apply::Setback;
use crate::apply::task::{Found, Task};
use crate::engine::{Engine, Fault, Meaning, Request};
use crate::resources::{Attribute, Fields, Place, encode};
use crate::xml::Element;

use super::invoke::making;
use super::lookup::{is_running, is_same, with_id, with_identity};
use super::query;
use super::verify::{Absent, verify};

/// How often the same object is sent for.
const TRIES: u32 = 3;

/// POSTs the object. When it is in doubt whether a POST had its effect, now or in a former run,
/// the object is looked up before the next.
pub(super) async fn create<E: Engine>(engine: &E, task: &Task, fields: &Fields) -> Found {
    let mut doubt = None;
    if task.look_first {
        match look_up(engine, task).await {
            Ok(Some(element)) => return accept(task, fields, &element),
            Ok(None) => {}
            Err(fault) => return Found::doubtful(fault),
        }
    }
    let request = match request(task, fields) {
        Ok(request) => request.correlated(&task.correlation_id),
        Err(setback) => return Found::refused(setback),
    };
    for _ in 0..TRIES {
        let fault = match engine.send(request.clone()).await.and_then(|r| r.element()) {
            Ok(element) => return answered(engine, task, fields, &element).await,
            Err(fault) => fault,
        };
        let had_doubts = task.look_first || doubt.is_some();
        let may_exist = fault.may_have_happened()
            || fault.meaning() == Some(Meaning::MissingReference)
            || (had_doubts && says_it_exists(&fault));
        if !may_exist {
            // A request that never got through settles no former doubt.
            let is_settled = !had_doubts || fault.meaning().is_some();
            return if is_settled { Found::refused(fault) } else { Found::doubtful(fault) };
        }
        match settle(engine, task).await {
            Ok(Some(element)) => return made_after_all(task, fields, &element, fault),
            Ok(None) if fault.meaning().is_some() => return Found::refused(fault),
            Ok(None) => doubt = Some(fault),
            Err(_) => return Found::doubtful(fault),
        }
    }
    Found::doubtful(doubt.expect("there was at least one try"))
}

fn request(task: &Task, fields: &Fields) -> Result<Request, Setback> {
    if let Some(way) = task.step.kind.way(fields) {
        return making(task, way, fields);
    }
    let mut body = Element::new(task.step.kind.element);
    if let Some(id) = chosen_id(task) {
        body.set_attribute("id", id);
    }
    encode(fields.iter(), &mut body);
    let request = Request::post(&task.target.collection, body);
    let in_query = fields.iter().filter(|(attribute, _)| attribute.place == Place::Query);
    Ok(query::with(request, in_query))
}

fn chosen_id(task: &Task) -> Option<&str> {
    let creation = task.creation.as_ref()?;
    Some(creation.entry.id.as_str()).filter(|id| !id.is_empty())
}

/// A few answers do not name the object; then it is found by what it was made with, once it shows.
async fn answered<E: Engine>(engine: &E, task: &Task, fields: &Fields, element: &Element) -> Found {
    if element.id().is_some() && element.name() == task.step.kind.element {
        return accept(task, fields, element);
    }
    let found = match look_up(engine, task).await {
        Ok(None) => settle(engine, task).await,
        found => found,
    };
    match found {
        Ok(Some(element)) => accept(task, fields, &element),
        Ok(None) => Found::doubtful(Setback::Vanished),
        Err(fault) => Found::doubtful(fault),
    }
}

/// The object exists; whether it is what was wanted is another matter.
fn accept(task: &Task, fields: &Fields, element: &Element) -> Found {
    let id = element.id().unwrap_or_default();
    let later = &task.later.attributes;
    let was_sent = |a: &Attribute| a.place == Place::Body && !later.contains(&a.name);
    let wanted = fields.iter().filter(|(attribute, _)| was_sent(attribute));
    let kind = task.step.kind;
    let tells = |a: &Attribute| a.lasts(fields) && (kind.tells)(a, fields);
    let wanted = wanted.filter(|(attribute, _)| tells(attribute));
    let result = verify(kind, element, wanted, Absent::IsNoMatter);
    Found::new(Some(task.kept(id)), result)
}

/// An error may leave an object behind, which is recorded and no success: an internal one, or
/// that the engine does not find what it just made.
fn made_after_all(task: &Task, fields: &Fields, element: &Element, fault: Fault) -> Found {
    let found = accept(task, fields, element);
    match fault.meaning() {
        Some(Meaning::Internal | Meaning::MissingReference) => {
            Found { result: Err(Setback::Engine(fault)), ..found }
        }
        _ => found,
    }
}

/// A second creation under the same name or id, which the engine calls a conflict or invalid.
pub(super) fn says_it_exists(fault: &Fault) -> bool {
    matches!(fault.meaning(), Some(Meaning::Conflict | Meaning::Invalid))
}

/// Looks until the object is there, or the engine no longer works on it.
async fn settle<E: Engine>(engine: &E, task: &Task) -> Result<Option<Element>, Fault> {
    let start = Instant::now();
    for looks in 0.. {
        // What is still on its way has a moment to arrive.
        sleep(task.pace.pause(looks)).await;
        if let Some(element) = look_up(engine, task).await? {
            return Ok(Some(element));
        }
        let is_over = start.elapsed() > task.timeout();
        if is_over || !is_running(engine, &task.correlation_id).await? {
            break;
        }
    }
    // It may have come into being between the last look and the end of the job.
    look_up(engine, task).await
}

/// By the id that we chose, then by what tells it apart: not every engine keeps a chosen id.
async fn look_up<E: Engine>(engine: &E, task: &Task) -> Result<Option<Element>, Fault> {
    let collection = &task.target.collection;
    if let Some(id) = chosen_id(task)
        && let Some(element) = with_id(engine, collection, id).await?
    {
        return Ok(Some(element));
    }
    let (kind, identity) = (task.step.kind, task.identity());
    with_identity(engine, kind, collection, |shown| is_same(kind, &identity, shown)).await
}
