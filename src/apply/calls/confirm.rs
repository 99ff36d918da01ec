//! Reads back what must be so once a wait is over.

use crate::apply::Setback;
use crate::apply::task::{Found, Task};
use crate::engine::{Engine, Request};
use crate::resources::Fields;

use super::verify::{Absent, verify};

/// GETs the object and compares.
pub(super) async fn confirm<E: Engine>(engine: &E, task: &Task, confirms: &Fields) -> Found {
    let result = read_back(engine, task, confirms).await;
    Found::new(None, result)
}

async fn read_back<E: Engine>(engine: &E, task: &Task, confirms: &Fields) -> Result<(), Setback> {
    let mut request = Request::get(task.target.path(task.target.id(&task.step)?));
    if confirms.iter().any(|(attribute, _)| attribute.needs_all_content()) {
        request = request.query("all_content", "true");
    }
    if let Some((element, _)) = task.step.kind.joined {
        request = request.query("follow", element);
    }
    let element = engine.send(request).await?.element()?;
    verify(task.step.kind, &element, confirms.iter(), Absent::IsDefault)
}
