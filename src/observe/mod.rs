//! Reads the engine into [`Observed`]: in bulk, by kind, at the same time, and only what the
//! manifests or the ledger touch.

mod inherited;
mod read;
mod scope;

pub use scope::Scope;

use std::sync::Arc;

use tokio::task::JoinSet;

use crate::engine::{Engine, Fault, segment};
use crate::resources::{Attribute, Fields, Kind, Reference, Value};
use crate::state::{Object, Observed};

use read::Found;

/// Reads every kind in the scope.
///
/// Ten thousand machines cost requests by kind and page, not by object. Children come along with
/// their parents (`follow`), but for the few that are read [by parent](Kind::by_parent); what a read
/// leaves as a bare link is joined from the collection that has it. Memory is bounded by what the
/// catalogue keeps of each object.
///
/// # Errors
/// The first fault in the order of the kinds; a partly read engine is never planned against.
pub async fn observe<E: Engine>(engine: &Arc<E>, scope: &Scope) -> Result<Observed, Fault> {
    let mut observed = in_bulk(engine, scope).await?;
    in_detail(engine, scope, &mut observed).await?;
    Ok(observed)
}

/// Reads of every kind in the scope what takes requests by kind and page.
///
/// # Errors
/// As [`observe`].
pub async fn in_bulk<E: Engine>(engine: &Arc<E>, scope: &Scope) -> Result<Observed, Fault> {
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
    for join in joins {
        observed.complete(&join);
    }
    Ok(observed)
}

/// Adds what takes a request for each object: the children and the attributes that no link leads
/// to, and what waits for a next start.
///
/// # Errors
/// As [`observe`].
pub async fn in_detail<E: Engine>(
    engine: &Arc<E>,
    scope: &Scope,
    observed: &mut Observed,
) -> Result<(), Fault> {
    for kind in scope.by_parent() {
        for object in read_by_parent(engine, scope, observed, kind).await? {
            observed.add(object);
        }
    }
    let has_more = |object: &&Object| {
        scope.details(object) && object.kind.attributes.iter().any(|it| it.apart.is_some())
    };
    let places = observed.iter().filter(has_more).map(|it| (it.clone(), path(observed, it)));
    for object in one_by_one(engine, places.collect(), read::apart).await? {
        observed.add(object);
    }
    let is_open = |object: &&Object| object.pending.is_some() && scope.details(object);
    let pending: Vec<Object> = observed.iter().filter(is_open).cloned().collect();
    for object in one_by_one(engine, pending, read::next_start).await? {
        observed.add(object);
    }
    Ok(())
}

/// Asks the parents that are wanted for their children of a kind.
async fn read_by_parent<E: Engine>(
    engine: &Arc<E>,
    scope: &Scope,
    observed: &Observed,
    kind: &'static Kind,
) -> Result<Vec<Object>, Fault> {
    let parents = kind.parent.into_iter().flat_map(|parent| observed.of(parent));
    let parents = parents.filter(|parent| scope.asks(parent, kind));
    let places =
        parents.map(|it| (it.id.clone(), format!("{}/{}", path(observed, it), kind.segment)));
    let ask = |engine: Arc<E>, (parent, collection): (String, String)| async move {
        read::below(&*engine, kind, &parent, collection).await
    };
    let found = one_by_one(engine, places.collect(), ask).await?;
    Ok(found.into_iter().flatten().collect())
}

fn path(observed: &Observed, object: &Object) -> String {
    let own = format!("{}/{}", object.kind.segment, segment(&object.id));
    let parent = object.kind.parent.zip(object.parent.as_deref());
    match parent.and_then(|(kind, id)| observed.anywhere(kind, id)) {
        Some(parent) => format!("{}/{own}", path(observed, parent)),
        None => own,
    }
}

/// How many objects are read one by one at the same time.
const WIDTH: usize = 8;

/// Reads what takes a request for each object.
async fn one_by_one<E: Engine, T, R: Send + 'static, F>(
    engine: &Arc<E>,
    of: Vec<T>,
    read: impl Fn(Arc<E>, T) -> F,
) -> Result<Vec<R>, Fault>
where
    F: Future<Output = Result<R, Fault>> + Send + 'static,
{
    let mut open = of.into_iter().enumerate();
    let mut reads = JoinSet::new();
    let mut results = Vec::new();
    loop {
        for (position, one) in open.by_ref().take(WIDTH - reads.len()) {
            let read = read(Arc::clone(engine), one);
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
