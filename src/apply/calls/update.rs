//! Changes an object in one PUT.

use crate::apply::Setback;
use crate::apply::task::{Found, Task};
use crate::engine::{Engine, Fault, Reply, Request};
use crate::resources::{Change, Effect, Fields, encode};
use crate::state::Outcome;
use crate::xml::Element;

use super::verify::{Absent, verify};

/// PUTs the changes, and what has to go along with them.
pub(super) async fn update<E: Engine>(
    engine: &E,
    task: &Task,
    changes: &[Change],
    along: &Fields,
    next_start: bool,
) -> Found {
    let id = match task.target.id(&task.step) {
        Ok(id) => id,
        Err(setback) => return Found::refused(setback),
    };
    let mut body = Element::new(task.step.kind.element);
    encode(along.iter().chain(changes.iter().map(|c| (c.attribute, &c.to))), &mut body);
    let mut request = Request::put(task.target.path(id), body).correlated(&task.correlation_id);
    if next_start {
        request = request.query("next_run", "true");
    }
    match engine.send(request).await {
        // Digests of what was sent are recorded even if something else did not come about.
        Ok(reply) => Found::new(
            Some(task.entry.clone().map_or(Outcome::Done, Outcome::Kept)),
            check(task, changes, &reply),
        ),
        Err(fault) => Found::doubtful(fault),
    }
}

/// Compares what takes effect at once; the rest cannot be seen yet.
fn check(task: &Task, changes: &[Change], reply: &Reply) -> Result<(), Setback> {
    if task.later.is_confirmed || reply.body.is_empty() {
        return Ok(());
    }
    let element = reply.element().map_err(|fault: Fault| fault.of("PUT"))?;
    let at_once = changes.iter().filter(|c| matches!(c.effect, Effect::Now | Effect::Hot));
    let wanted = at_once.map(|change| (change.attribute, &change.to));
    verify(task.step.kind, &element, wanted, Absent::IsDefault)
}
