//! Reads the engine into [`Observed`]: in bulk, by kind, at the same time, and only what the
//! manifests or the ledger touch.

mod read;
mod scope;

pub use scope::Scope;

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::engine::{Engine, Fault};
use crate::resources::{Attribute, Fields, Reference, Value};
use crate::state::{Object, Observed};

use read::Found;

/// Reads every kind in the scope.
///
/// Ten thousand machines cost requests by kind and page, not by object. Children come along with
/// their parents (`follow`); what a read leaves as a bare link is joined from the collection that
/// has it. Memory is bounded by what the catalogue keeps of each object.
///
/// # Errors
/// The first fault in the order of the kinds; a partly read engine is never planned against.
pub async fn observe<E: Engine>(engine: &Arc<E>, scope: &Scope) -> Result<Observed, Fault> {
    let mut reads = JoinSet::new();
    for (position, reading) in scope.readings().into_iter().enumerate() {
        let engine = Arc::clone(engine);
        reads.spawn(async move { (position, reading.kind, read::read(&*engine, &reading).await) });
    }
    let mut results = reads.join_all().await;
    results.sort_by_key(|(position, ..)| *position);
    let mut observed = Observed::default();
    let mut joins = Vec::new();
    for (_, kind, result) in results {
        let found = result?;
        observed.read(kind);
        for Found { objects, parts } in found {
            objects.into_iter().for_each(|object| observed.add(object));
            joins.extend(parts);
        }
    }
    for join in joins {
        observed.complete(&join);
    }
    let pending: Vec<Object> =
        observed.iter().filter(|object| object.pending.is_some()).cloned().collect();
    for object in read_pending(engine, pending).await? {
        observed.add(object);
    }
    Ok(observed)
}

/// How many objects are read one by one at the same time.
const WIDTH: usize = 8;

/// Reads what waits for the next start of the objects that have something waiting.
async fn read_pending<E: Engine>(
    engine: &Arc<E>,
    objects: Vec<Object>,
) -> Result<Vec<Object>, Fault> {
    let mut open = objects.into_iter().enumerate();
    let mut reads = JoinSet::new();
    let mut results = Vec::new();
    loop {
        for (position, object) in open.by_ref().take(WIDTH - reads.len()) {
            let engine = Arc::clone(engine);
            reads.spawn(async move { (position, read::next_start(&*engine, object).await) });
        }
        let Some(result) = reads.join_next().await else { break };
        results.push(result.expect("a read does not panic"));
    }
    results.sort_by_key(|(position, _)| *position);
    results.into_iter().map(|(_, result)| result).collect()
}

/// The value of a reference to an object.
pub(crate) fn reference(attribute: &'static Attribute, id: &str) -> Fields {
    Fields::from_iter([(attribute, Value::Reference(Reference::Id(id.to_owned())))])
}
