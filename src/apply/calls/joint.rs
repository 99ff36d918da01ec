//! Makes, changes and removes several objects in one call, which does all of it or nothing.

mod body;
mod look;

use tokio::time::sleep;

use crate::apply::Setback;
use crate::apply::task::{Found, Task};
use crate::engine::{Engine, Fault, Request, segment};
use crate::resources::Fields;

use look::Shown;

/// How often a call whose answer is lost is sent.
const TRIES: u32 = 3;

/// Sends the call, and looks what came of it.
///
/// When it is in doubt whether a call had its effect, now or in a former run, what there is is
/// looked at before the next: it did all or nothing.
pub(super) async fn joint<E: Engine>(engine: &E, tasks: &[Task]) -> Vec<Found> {
    let mut shown = Shown::default();
    let mut lost = None;
    for tries in 0..TRIES {
        if lost.is_some() || tasks.iter().any(|task| task.look_first) {
            match Shown::look(engine, tasks).await {
                Ok(now) if now.is_done(tasks) => return now.found(tasks),
                Ok(now) => shown = now,
                Err(fault) => return all(tasks, Found::doubtful, fault),
            }
        }
        let request = match request(tasks, &shown) {
            Ok(request) => request,
            Err(setback) => return tasks.iter().map(|_| Found::refused(setback.clone())).collect(),
        };
        match engine.send(request).await {
            Ok(_) => return read_back(engine, tasks).await,
            Err(fault) if fault.may_have_happened() => lost = Some(fault),
            // What was never heard of settles no former doubt.
            Err(fault) if fault.meaning().is_none() => return all(tasks, Found::doubtful, fault),
            Err(fault) => return all(tasks, Found::refused, fault),
        }
        sleep(tasks[0].pace.pause(tries)).await;
    }
    all(tasks, Found::doubtful, lost.expect("there was at least one try"))
}

fn all(tasks: &[Task], found: impl Fn(Fault) -> Found, fault: Fault) -> Vec<Found> {
    tasks.iter().map(|_| found(fault.clone())).collect()
}

fn request(tasks: &[Task], shown: &Shown) -> Result<Request, Setback> {
    let first = &tasks[0];
    let share = first.step.kind.joint.expect("only steps of joint kinds are done together");
    let path = first.target.fill(share.joint.path, &Fields::new(), segment)?;
    let body = body::body(share.joint, tasks, shown)?;
    Ok(Request::post(path, body).correlated(&first.correlation_id))
}

async fn read_back<E: Engine>(engine: &E, tasks: &[Task]) -> Vec<Found> {
    match Shown::look(engine, tasks).await {
        Ok(shown) => shown.found(tasks),
        Err(fault) => all(tasks, Found::doubtful, fault),
    }
}
