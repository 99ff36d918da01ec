//! Looks for an object that may exist.

use crate::engine::{Engine, Fault, Request};
use crate::resources::{Attribute, Fields, Kind, decode, outline};
use crate::xml::{Element, Outline};

/// The object with that id, if it exists.
pub(in crate::apply) async fn with_id<E: Engine>(
    engine: &E,
    collection: &str,
    id: &str,
) -> Result<Option<Element>, Fault> {
    let path = format!("{collection}/{}", crate::engine::segment(id));
    match engine.send(Request::get(path)).await {
        Ok(reply) => reply.element().map(Some),
        Err(fault) if fault.is_missing() => Ok(None),
        Err(fault) => Err(fault),
    }
}

/// The first object of a collection that a test on its values accepts.
///
/// The whole collection is listed: an empty search result proves nothing, since the engine
/// answers a search that it does not understand with an empty list. A list that shows what is
/// inherited, too, proves nothing either: to make such an object twice does no harm.
pub(in crate::apply) async fn with_identity<E: Engine>(
    engine: &E,
    kind: &'static Kind,
    collection: &str,
    mut test: impl FnMut(&Fields) -> bool + Send,
) -> Result<Option<Element>, Fault> {
    if !kind.inherits.is_empty() {
        return Ok(None);
    }
    let mut request = Request::get(collection);
    if let Some((name, value)) = kind.asked_with {
        request = request.query(name, value);
    }
    let mut kept = Outline::new();
    outline(kind.attributes, &mut kept);
    if let Some((element, _)) = kind.joined {
        request = request.query("follow", element);
    }
    let reply = engine.send(request).await?;
    let mut found = None;
    reply.each(&kept, |element| {
        if found.is_none() && element.id().is_some() && test(&decode(kind.attributes, &element)) {
            found = Some(element);
        }
    })?;
    Ok(found)
}

/// Whether the name is the same, and all else that tells objects apart as far as it is shown.
/// Without a name, as of a template's version, all of it has to be shown.
pub(super) fn is_same(kind: &Kind, identity: &Fields, shown: &Fields) -> bool {
    let is_shown = |a: &Attribute| identity.get(a).is_some_and(|it| shown.get(a) == Some(it));
    let has_name = match kind.name_attribute().filter(|name| identity.get(name).is_some()) {
        Some(name) => is_shown(name),
        // What comes along with its parent may be the only one there, and have no identity.
        None => {
            let is_known = kind.single || kind.called.is_some() || !identity.is_empty();
            is_known && identity.iter().all(|(a, _)| is_shown(a))
        }
    };
    has_name
        && identity.iter().all(|(attribute, wanted)| match shown.get(attribute) {
            Some(shown) => shown == wanted,
            None => !kind.or_by.contains(&attribute.name),
        })
}

/// Whether the engine still works on what was sent under a correlation id.
pub(in crate::apply) async fn is_running<E: Engine>(
    engine: &E,
    correlation_id: &str,
) -> Result<bool, Fault> {
    Ok(work(engine, correlation_id).await? == Work::Running)
}

/// What became of what was sent under a correlation id.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(in crate::apply) enum Work {
    /// The engine still works on it.
    Running,
    /// Some of it failed.
    Failed,
    /// Nothing of it is left to be done.
    Done,
}

/// Looks at the jobs under a correlation id.
pub(in crate::apply) async fn work<E: Engine>(
    engine: &E,
    correlation_id: &str,
) -> Result<Work, Fault> {
    let search = format!("correlation_id={correlation_id}");
    let reply = engine.send(Request::get("jobs").query("search", search)).await?;
    let mut kept = Outline::new();
    kept.keep(["status"]);
    let mut work = Work::Done;
    reply.each(&kept, |job| match job.text_at("status") {
        Some("started") => work = Work::Running,
        Some("failed" | "aborted") if work == Work::Done => work = Work::Failed,
        _ => {}
    })?;
    Ok(work)
}
