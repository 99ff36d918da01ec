//! Reads the engine into [`Observed`]: in bulk, by kind, at the same time, and only what the
//! manifests or the ledger touch.

mod inherited;
mod read;
mod scope;

pub use scope::Scope;

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::engine::{Engine, Fault};
use crate::resources::{Attribute, Fields, Kind, Reference, Value};
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
    let (mut all, mut joins) = (Vec::new(), Vec::new());
    for (_, kind, result) in results {
        let found = result?;
        observed.read(kind);
        for Found { objects, parts } in found {
            all.extend(objects);
            joins.extend(parts);
        }
    }
    inherited::own(all).into_iter().for_each(|object| observed.add(object));
    for kind in scope.by_parent() {
        read_by_parent(engine, kind, &mut observed).await?;
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
    let next_start = |object| {
        let engine = Arc::clone(engine);
        async move { read::next_start(&*engine, object).await }
    };
    one_by_one(objects, next_start).await
}

/// Reads the children of a kind from the list of each parent.
async fn read_by_parent<E: Engine>(
    engine: &Arc<E>,
    kind: &'static Kind,
    observed: &mut Observed,
) -> Result<(), Fault> {
    let Some(parent) = kind.parent else { return Ok(()) };
    let parents: Vec<String> = observed.of(parent).map(|object| object.id.clone()).collect();
    let below = |id: String| {
        let engine = Arc::clone(engine);
        async move { read::below(&*engine, kind, parent, &id).await }
    };
    let found = one_by_one(parents, below).await?;
    found.into_iter().flatten().for_each(|object| observed.add(object));
    Ok(())
}

/// Does something with each of many, some at a time; the results come in the order of the many.
async fn one_by_one<T, R, F>(of: Vec<T>, read: impl Fn(T) -> F) -> Result<Vec<R>, Fault>
where
    R: Send + 'static,
    F: Future<Output = Result<R, Fault>> + Send + 'static,
{
    let mut open = of.into_iter().map(read).enumerate();
    let mut reads = JoinSet::new();
    let mut results = Vec::new();
    loop {
        for (position, read) in open.by_ref().take(WIDTH - reads.len()) {
            reads.spawn(async move { (position, read.await) });
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
