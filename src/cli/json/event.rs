//! A run as JSON, one event a line.

use serde_json::{Value as Json, json};

use crate::apply::{Ending, Event, Failure, Report};
use crate::cli::outline::{Deed, Outline};
use crate::cli::render::doing;
use crate::plan::Step;

/// The first line: what will be done.
pub fn planned(outline: &Outline) -> Json {
    json!({
        "event": "plan",
        "create": outline.count(Deed::Create),
        "change": outline.changed(),
        "replace": outline.count(Deed::Replace),
        "remove": outline.count(Deed::Remove),
        "find": outline.count(Deed::Find),
        "adopt": outline.adopted(),
        "steps": outline.steps,
    })
}

/// What happens meanwhile.
pub fn event(event: &Event) -> Json {
    match event {
        Event::Started { step, correlation_id } => {
            with(step, json!({ "event": "started", "correlation_id": correlation_id }))
        }
        Event::Waiting { step, since, state } => {
            let since = since.as_secs_f64();
            with(step, json!({ "event": "waiting", "seconds": since, "state": state }))
        }
        Event::Sent { step, bytes, of, since } => {
            let since = since.as_secs_f64();
            with(step, json!({ "event": "sent", "bytes": bytes, "of": of, "seconds": since }))
        }
        Event::Finished { step, ending } => with(step, ended(ending)),
        Event::LedgerFailed { error } => {
            json!({ "event": "ledger_failed", "error": error.to_string() })
        }
    }
}

fn with(step: &Step, mut event: Json) -> Json {
    event["step"] = json!(step.id.0);
    event["address"] = json!(step.address);
    event["action"] = json!(doing(step));
    event
}

fn ended(ending: &Ending) -> Json {
    let mut event = json!({ "event": "finished", "ending": ending.word() });
    match ending {
        Ending::Done { took } => event["seconds"] = json!(took.as_secs_f64()),
        Ending::Failed(failure) => {
            let Failure { setback, correlation_id, events, took } = &**failure;
            let causes: Vec<String> =
                std::iter::successors(Some(setback as &dyn std::error::Error), |e| e.source())
                    .map(ToString::to_string)
                    .collect();
            event["errors"] = json!(causes);
            event["correlation_id"] = json!(correlation_id);
            event["engine_events"] = json!(events);
            event["seconds"] = json!(took.as_secs_f64());
        }
        Ending::Skipped { because } => event["because"] = json!(because.0),
        Ending::NotStarted => {}
    }
    event
}

/// The last line: what came of it.
pub fn finished(report: &Report) -> Json {
    json!({
        "event": "report",
        "success": report.is_success(),
        "interrupted": report.interrupted,
        "done": report.done().count(),
        "failed": report.failed().count(),
        "skipped": report.skipped().count(),
        "not_started": report.not_started().count(),
        "seconds": report.took.as_secs_f64(),
    })
}
