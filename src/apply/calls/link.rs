//! Adds one member to a set of an object, or removes it.

use tokio::time::sleep;

use crate::apply::targets::plain_text;
use crate::apply::task::{Found, Task};
use crate::engine::{Engine, Fault, Request, segment};
use crate::resources::{Attribute, Value};
use crate::state::Outcome;
use crate::xml::Element;

use super::create::says_it_exists;
use super::delete::is_gone;

/// How often a call whose answer is lost is sent.
const TRIES: u32 = 3;

/// POSTs the member to the collection of the set, or DELETEs it there.
///
/// Not all of these collections take a member twice (workload handbook, section 9): a refusal
/// after a lost answer means that the first call had its effect, and otherwise that the member may
/// have come by itself, as a machine that is registered goes back to its groups.
pub(super) async fn link<E: Engine>(
    engine: &E,
    task: &Task,
    attribute: &Attribute,
    member: &Value,
    adds: bool,
) -> Found {
    let request = match task.target.id(&task.step) {
        Ok(id) => request(&task.target.path(id), attribute, member, adds),
        Err(setback) => return Found::refused(setback),
    };
    let request = request.correlated(&task.correlation_id);
    let done = || Found::new(Some(Outcome::Done), Ok(()));
    let mut lost = None;
    for tries in 0..TRIES {
        match engine.send(request.clone()).await {
            Ok(_) => return done(),
            Err(fault) if !adds && is_gone(&fault) => return done(),
            Err(fault @ (Fault::Lost { .. } | Fault::Garbled { .. })) => lost = Some(fault),
            Err(fault) if adds && says_it_exists(&fault) => {
                let is_there = lost.is_some() || holds(engine, task, attribute, member).await;
                return if is_there { done() } else { Found::doubtful(fault) };
            }
            Err(fault) => return Found::doubtful(fault),
        }
        sleep(task.pace.pause(tries)).await;
    }
    Found::doubtful(lost.expect("there was at least one try"))
}

/// Whether the set has the member; who cannot tell says no, and the refusal is told.
async fn holds<E: Engine>(engine: &E, task: &Task, attribute: &Attribute, member: &Value) -> bool {
    let (Ok(id), Some(member)) = (task.target.id(&task.step), plain_text(member)) else {
        return false;
    };
    let segment = attribute.linked.unwrap_or_default();
    let collection = format!("{}/{segment}", task.target.path(id));
    let Ok(reply) = engine.send(Request::get(collection)).await else { return false };
    let Ok(list) = reply.element() else { return false };
    list.children().iter().any(|it| it.id() == Some(member.as_str()))
}

fn request(object: &str, attribute: &Attribute, member: &Value, adds: bool) -> Request {
    let id = plain_text(member).unwrap_or_default();
    let collection = format!("{object}/{}", attribute.linked.unwrap_or_default());
    if adds {
        Request::post(collection, Element::link(attribute.item, &id))
    } else {
        Request::delete(format!("{collection}/{}", segment(&id)))
    }
}
