//! Takes hold of an object that the engine makes along with another one, or that another one holds.

use tokio::time::{Instant, sleep};

use crate::apply::Setback;
use crate::apply::task::{Found, Task};
use crate::engine::Engine;
use crate::resources::Fields;

use super::lookup::{is_same, with_identity};

/// The engine may need a moment after it answered the call that makes the object.
const TRIES: u32 = 8;

/// Lists the collection until it shows the object.
pub(super) async fn find<E: Engine>(engine: &E, task: &Task, identity: &Fields) -> Found {
    let kind = task.step.kind;
    let start = Instant::now();
    let mut others = Vec::new();
    for tries in 0.. {
        others.clear();
        let mut test = |shown: &Fields| {
            others.extend(kind.name_of(shown));
            is_same(kind, identity, shown)
        };
        match with_identity(engine, kind, &task.target.collection, &mut test).await {
            Ok(Some(element)) => {
                let id = element.id().expect("only objects with an id are looked at");
                return Found::new(Some(task.kept(id)), Ok(()));
            }
            Ok(None) if tries < TRIES && start.elapsed() < task.timeout() => {}
            Ok(None) => break,
            Err(fault) => return Found::doubtful(fault),
        }
        sleep(task.pace.pause(tries)).await;
    }
    let identity: Vec<_> = identity.iter().map(|(a, value)| a.show(value)).collect();
    let identity = identity.join("/");
    Found::doubtful(match kind.managed {
        true => Setback::NotMade { identity },
        false => Setback::NotThere { identity, others },
    })
}
