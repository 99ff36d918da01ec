//! One file per action: what is sent for it, and what its answer means.

mod confirm;
mod create;
mod delete;
mod explain;
mod find;
mod invoke;
mod joint;
mod link;
mod lookup;
mod query;
mod update;
mod upload;
mod verify;

use crate::engine::{Engine, Fault};
use crate::resources::Action;

pub(super) use explain::explain;
pub(super) use lookup::{Work, is_running, with_id, with_identity, work};

use super::Setback;
use super::task::{Found, Task};

/// Does what the steps of a call say: one, or several that are done together.
pub(super) async fn run<E: Engine>(engine: &E, tasks: &[Task]) -> Vec<Found> {
    let mut found = match tasks {
        [task] if task.step.group.is_none() => vec![one(engine, task).await],
        tasks => joint::joint(engine, tasks).await,
    };
    let setbacks = found.iter().map(|found| found.result.as_ref().err());
    let worth = setbacks.zip(tasks).find(|(it, _)| it.is_some_and(is_worth_explaining));
    if let Some((_, task)) = worth {
        let events = explain(engine, &task.correlation_id).await;
        let failed = found.iter_mut().filter(|found| found.result.is_err());
        failed.for_each(|found| found.events = events.clone());
    }
    found
}

async fn one<E: Engine>(engine: &E, task: &Task) -> Found {
    match &task.step.action {
        Action::Create { fields, .. } => create::create(engine, task, fields).await,
        Action::Find { identity } => find::find(engine, task, identity).await,
        Action::Update { changes, along, next_start } => {
            update::update(engine, task, changes, along, *next_start).await
        }
        Action::Delete { with } => delete::delete(engine, task, with).await,
        Action::Link { attribute, member, adds } => {
            link::link(engine, task, attribute, member, *adds).await
        }
        Action::Invoke { verb, with, .. } => invoke::invoke(engine, task, verb, with).await,
        Action::Upload { file, .. } => upload::upload(engine, task, file).await,
        // The waiting itself was shared with others; what is left is to read back.
        Action::Await { confirms, .. } => confirm::confirm(engine, task, confirms).await,
    }
}

/// An engine that does not answer has nothing to say either.
fn is_worth_explaining(setback: &Setback) -> bool {
    match setback {
        Setback::Engine(Fault::Refused { .. } | Fault::Lost { .. }) => true,
        Setback::Engine(_) | Setback::Unknown { .. } => false,
        _ => true,
    }
}
