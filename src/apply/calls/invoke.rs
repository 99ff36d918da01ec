//! Calls an action, or what the API writes as one.

use std::collections::BTreeSet;

use tokio::time::sleep;

use crate::apply::Setback;
use crate::apply::poll::{Asks, Look, poll};
use crate::apply::targets::Target;
use crate::apply::task::{Found, Task};
use crate::engine::{Engine, Fault, Meaning, Request, segment};
use crate::resources::{Attribute, Call, Fields, Place, Value, Verb, Way, encode};
use crate::state::Outcome;
use crate::xml::Element;

use super::confirm::confirm;
use super::delete::is_gone;
use super::query;

/// How often a call whose answer is lost is sent.
const TRIES: u32 = 3;

/// Sends the verb's request.
///
/// A call whose answer is lost is repeated. If the engine then refuses it for the state that the
/// object is in, the first one had its effect; the wait that follows says whether it was enough.
pub(super) async fn invoke<E: Engine>(
    engine: &E,
    task: &Task,
    verb: &'static Verb,
    with: &Fields,
) -> Found {
    let request = match request(task, verb, with) {
        Ok(request) => request.correlated(&task.correlation_id),
        Err(setback) => return Found::refused(setback),
    };
    let recorded = || task.entry.clone().map_or(Outcome::Done, Outcome::Kept);
    let done = || Found::new(Some(recorded()), Ok(()));
    let mut lost = None;
    for tries in 0..TRIES {
        match engine.send(request.clone()).await {
            Ok(_) => return done(),
            Err(fault) if verb.call == Call::Unlink && is_gone(&fault) => return done(),
            Err(fault) if is_refused_as_it_stands(&fault, task) => {
                let is_so = is_so_already(engine, task, verb, with, lost.is_some()).await;
                return if is_so { done() } else { Found::doubtful(fault) };
            }
            Err(fault @ (Fault::Lost { .. } | Fault::Garbled { .. })) => lost = Some(fault),
            Err(fault) => return Found::doubtful(fault),
        }
        sleep(task.pace.pause(tries)).await;
    }
    Found::doubtful(lost.expect("there was at least one try"))
}

fn request(task: &Task, verb: &'static Verb, with: &Fields) -> Result<Request, Setback> {
    let path = task.target.fill(verb.path, with, segment)?;
    Ok(match verb.call {
        Call::Action => {
            let action = filled_with("action", verb, with);
            Request::post(path, parameters(task, verb, with, action)?)
        }
        Call::Put(element) => {
            let element = filled_with(element, verb, with);
            queried(task, verb, with, Request::put(path, element))?
        }
        Call::Post(element) => {
            let element = filled_with(element, verb, with);
            let request = Request::post(path, parameters(task, verb, with, element)?);
            query::with(request, in_query(verb, with))
        }
        Call::Link(element) => {
            let link = Element::link(element, task.target.id(&task.step)?);
            Request::post(path, parameters(task, verb, with, link)?)
        }
        Call::Unlink => queried(task, verb, with, Request::delete(path))?,
    })
}

/// The request of another call than POST to its collection that makes an object.
pub(super) fn making(task: &Task, way: &'static Way, with: &Fields) -> Result<Request, Setback> {
    let Way { verb, .. } = way;
    let path = task.target.fill(verb.path, with, segment)?;
    let body = Element::new(match verb.call {
        Call::Post(element) => element,
        _ => "action",
    });
    let sent = |place| with.iter().filter(move |(it, _)| it.place == place && way.sends(it));
    let mut body = parameters(task, verb, with, body)?;
    encode(sent(Place::Body), &mut body);
    let request = query::with(Request::post(path, body), sent(Place::Query));
    Ok(way.query.iter().fold(request, |request, (name, value)| request.query(*name, *value)))
}

/// An element with what the verb sends.
fn filled_with(name: &'static str, verb: &'static Verb, with: &Fields) -> Element {
    let mut element = Element::new(name);
    let sent = || with.iter().filter(|(it, _)| verb.sends.contains(&it.name));
    let place = match verb.within {
        Some(name) => element.child_or_new(name),
        None => &mut element,
    };
    encode(sent(), place);
    // What goes into the query of a POST that makes the object is a parameter of an action.
    if verb.call == Call::Action {
        for (attribute, value) in in_query(verb, with) {
            element.push(Element::leaf(attribute.name, value.to_string()));
        }
    }
    element
}

/// What a verb sends that has its place in a query.
fn in_query<'a>(
    verb: &'static Verb,
    with: &'a Fields,
) -> impl Iterator<Item = (&'static Attribute, &'a Value)> {
    with.iter().filter(|(it, _)| verb.sends.contains(&it.name) && it.place == Place::Query)
}

fn queried(
    task: &Task,
    verb: &'static Verb,
    with: &Fields,
    request: Request,
) -> Result<Request, Setback> {
    verb.parameters.iter().try_fold(request, |request, (name, value)| {
        Ok(request.query(*name, filled(&task.target, value, with)?))
    })
}

/// Adds the verb's parameters: `force`, or below others as in `host/@id`.
fn parameters(
    task: &Task,
    verb: &'static Verb,
    with: &Fields,
    mut body: Element,
) -> Result<Element, Setback> {
    for (name, value) in verb.parameters {
        let value = filled(&task.target, value, with)?;
        let mut place = &mut body;
        for part in name.split('/') {
            match part.strip_prefix('@') {
                Some(attribute) => {
                    place.set_attribute(attribute, value.clone());
                    break;
                }
                None => place = place.child_or_new(part),
            }
        }
        if !name.contains('@') {
            place.set_text(value);
        }
    }
    Ok(body)
}

fn filled(target: &Target, value: &str, with: &Fields) -> Result<String, Setback> {
    target.fill(value, with, str::to_owned)
}

/// Whether the state of the object may be why the engine refuses. It calls some states a mistake of
/// the request: a disk is told to move to where it is.
fn is_refused_as_it_stands(fault: &Fault, task: &Task) -> bool {
    match fault.meaning() {
        Some(Meaning::Conflict) => true,
        Some(Meaning::Invalid) => !task.later.confirms.is_empty(),
        _ => false,
    }
}

/// Whether the object has what the call was to bring about, so that the refusal is no matter: the
/// first of two calls brought it, a former run, or somebody else.
async fn is_so_already<E: Engine>(
    engine: &E,
    task: &Task,
    verb: &'static Verb,
    with: &Fields,
    is_second: bool,
) -> bool {
    if !task.later.confirms.is_empty() {
        return confirm(engine, task, &task.later.confirms).await.result.is_ok();
    }
    // The state of an object says nothing of another one that was to change.
    let is_told = !matches!(verb.call, Call::Put(_));
    is_second || is_told && is_goal_reached(engine, task, with).await
}

/// Whether the object already is what the next step waits for: then the refused call is not needed.
async fn is_goal_reached<E: Engine>(engine: &E, task: &Task, with: &Fields) -> bool {
    let (Some((attribute, becomes)), Some(id)) = (task.later.goal, &task.target.id) else {
        return false;
    };
    let watched = task.step.kind.watch.map(|path| task.target.fill(path, with, segment));
    let Ok(collection) = watched.unwrap_or_else(|| Ok(task.target.collection.clone())) else {
        return false;
    };
    let look = Look {
        collection,
        places: BTreeSet::new(),
        ids: BTreeSet::from([id.clone()]),
        attributes: BTreeSet::from([attribute]),
        asks: if task.step.kind.watch.is_none() { Asks::Each } else { Asks::All },
    };
    let Ok(seen) = poll(engine, &look).await else { return false };
    match seen.get(id) {
        Some(texts) => texts.get(attribute).is_some_and(|text| becomes.contains(&text.as_str())),
        None => becomes.is_empty(),
    }
}
