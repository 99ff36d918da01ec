//! What the engine itself says about a failure.

use crate::engine::{Engine, Request, printable};
use crate::xml::Outline;

/// The most events that are worth reading.
const MOST: usize = 10;

/// The engine's warnings and errors under a correlation id, oldest first. None if it cannot say.
pub(in crate::apply) async fn explain<E: Engine>(engine: &E, correlation_id: &str) -> Vec<String> {
    let search = format!("correlation_id={correlation_id}");
    let Ok(reply) = engine.send(Request::get("events").query("search", search)).await else {
        return Vec::new();
    };
    let mut kept = Outline::new();
    for name in ["severity", "description"] {
        kept.keep([name]);
    }
    let mut events: Vec<(u64, String)> = Vec::new();
    // What was readable before a bad place is still worth showing.
    let _ = reply.each(&kept, |event| {
        let severity = event.text_at("severity").unwrap_or_default();
        let number = event.id().and_then(|id| id.parse().ok()).unwrap_or_default();
        if matches!(severity, "warning" | "error" | "alert") {
            let text = event.text_at("description").unwrap_or_default();
            events.push((number, printable(text).into_owned()));
        }
    });
    events.sort();
    events.dedup_by(|one, other| one.1 == other.1);
    events.into_iter().take(MOST).map(|(_, text)| text).collect()
}
