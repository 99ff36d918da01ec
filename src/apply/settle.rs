//! What became of creations whose end nobody saw.

use crate::engine::{Engine, Fault};
use crate::resources::{Fields, Kind};
use crate::state::{Creation, Intent, Ledger, Line, Outcome};

use super::calls::{is_running, with_id, with_identity};

/// Looks for the objects that interrupted runs were making, and returns what the ledger has to
/// learn: it is to be noted in the book before planning. Only reads.
///
/// - One that exists is kept: the plan pairs it by its id.
/// - One that does not, while the engine works on nothing under its correlation id, was never
///   made: the plan makes it.
/// - Otherwise the matter stays open, and its step looks again before it makes anything.
///
/// # Errors
/// The first fault of the engine.
pub async fn settle<E: Engine>(
    engine: &E,
    ledger: &Ledger,
    kinds: &[&'static Kind],
) -> Result<Vec<Line>, Fault> {
    let mut lines = Vec::new();
    for intent in ledger.open.values() {
        let Some(creation) = &intent.creation else { continue };
        let kind = kinds.iter().copied().find(|kind| kind.name == creation.entry.kind);
        let found = match kind {
            Some(kind) => look_up(engine, kind, creation).await?,
            // From a later version of the program, which will know it.
            None => continue,
        };
        let outcome = match found {
            Some(id) => {
                let mut entry = creation.entry.clone();
                entry.id = id;
                Outcome::Kept(entry)
            }
            None if is_running(engine, &intent.correlation_id).await? => continue,
            None => Outcome::Refused,
        };
        let Intent { step, address, .. } = intent.clone();
        lines.push(Line::Outcome { step, address, outcome });
    }
    Ok(lines)
}

async fn look_up<E: Engine>(
    engine: &E,
    kind: &'static Kind,
    creation: &Creation,
) -> Result<Option<String>, Fault> {
    let Creation { collection, identity: _, entry } = creation;
    if !entry.id.is_empty() && with_id(engine, collection, &entry.id).await?.is_some() {
        return Ok(Some(entry.id.clone()));
    }
    let test = |shown: &Fields| is_same(kind, creation, shown);
    let found = match with_identity(engine, kind, collection, test).await {
        // What held it is gone, and so is whatever was made in it.
        Err(fault) if fault.is_missing() => None,
        found => found?,
    };
    Ok(found.and_then(|element| element.id().map(str::to_owned)))
}

/// Whether the name is the same, and all else that tells objects apart as far as it is shown.
/// Without a name, as of a template's version, all of it has to be shown.
fn is_same(kind: &Kind, creation: &Creation, shown: &Fields) -> bool {
    let identity = &creation.identity;
    let text = |name: &str| shown.named(name).map(ToString::to_string);
    let is_shown =
        |name: &str| identity.get(name).is_some_and(|it| text(name).as_ref() == Some(it));
    let has_name = match kind.name_attribute().filter(|name| identity.contains_key(name.name)) {
        Some(name) => is_shown(name.name),
        None if kind.single => true,
        None => !identity.is_empty() && identity.keys().all(|name| is_shown(name)),
    };
    has_name
        && identity.iter().all(|(name, wanted)| match text(name) {
            Some(shown) => shown == *wanted,
            None => !kind.or_by.contains(&name.as_str()),
        })
}
