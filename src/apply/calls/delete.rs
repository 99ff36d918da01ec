//! Removes an object.

use crate::apply::task::{Found, Task};
use crate::engine::{Engine, Fault, Meaning, Request};
use crate::resources::Fields;
use crate::state::Outcome;

use super::query;

/// DELETEs the object. One that is not there is as good as removed.
pub(super) async fn delete<E: Engine>(engine: &E, task: &Task, with: &Fields) -> Found {
    let id = match task.target.id(&task.step) {
        Ok(id) => id,
        Err(setback) => return Found::refused(setback),
    };
    let request = Request::delete(task.target.path(id)).correlated(&task.correlation_id);
    match engine.send(query::with(request, with.iter())).await {
        // What is still being removed may come back: the wait that follows sees the end of it.
        Ok(reply) if reply.status != 404 && waits_for_the_end(task) => {
            Found::new(Some(Outcome::Done), Ok(()))
        }
        Ok(_) => Found::new(Some(Outcome::Gone), Ok(())),
        Err(fault) if is_gone(&fault) => Found::new(Some(Outcome::Gone), Ok(())),
        Err(fault) => Found::doubtful(fault),
    }
}

fn waits_for_the_end(task: &Task) -> bool {
    task.later.goal.is_some_and(|(_, becomes)| becomes.is_empty())
}

/// Whether a refusal says that there is nothing to remove, be it the object or what held it.
pub(super) fn is_gone(fault: &Fault) -> bool {
    let is_missing = matches!(fault.meaning(), Some(Meaning::Missing | Meaning::MissingReference));
    is_missing && matches!(fault, Fault::Refused { status: 404, .. })
}
