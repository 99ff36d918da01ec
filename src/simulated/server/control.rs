//! The control endpoint, for tests in other languages: time, trouble, the log and snapshots.
//!
//! It is beside the API, below `/simulated`, and there only if it was asked for: whoever reaches it
//! needs no password.

use std::fmt::Write;
use std::time::Duration;

use bytes::Bytes;
use http::{Method, Response};
use serde::Deserialize;
use serde_json::{Value, json};

use super::clock::Clock;
use crate::simulated::{Restart, Simulated, parse_trouble};

/// Where it is.
pub const ROOT: &str = "/simulated";

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Advance {
    seconds: f64,
}

/// What a request to the endpoint comes to: a document, or a status and why.
type Outcome = Result<Content, (u16, String)>;

enum Content {
    Json(Value),
    Lines(String),
}

/// Answers a request to the endpoint; nothing if the path is not below it.
pub fn answer(
    engine: &mut Simulated,
    clock: &Clock,
    method: &Method,
    path: &str,
    body: &[u8],
) -> Option<Response<Bytes>> {
    let below = path.strip_prefix(ROOT)?;
    if !below.is_empty() && !below.starts_with('/') {
        return None;
    }
    engine.advance(clock.now());
    let (status, content_type, text) = match outcome(engine, clock, method, below, body) {
        Ok(Content::Json(value)) => (200, "application/json", format!("{value}\n")),
        Ok(Content::Lines(text)) => (200, "application/x-ndjson", text),
        Err((status, why)) => {
            (status, "application/json", format!("{}\n", json!({ "error": why })))
        }
    };
    let response = Response::builder().status(status).header("Content-Type", content_type);
    Some(response.body(Bytes::from(text)).expect("the statuses and types here are valid"))
}

fn outcome(
    engine: &mut Simulated,
    clock: &Clock,
    method: &Method,
    below: &str,
    body: &[u8],
) -> Outcome {
    match (method.as_str(), below) {
        ("GET", "" | "/") => {}
        ("POST", "/advance") => {
            let Advance { seconds } = read(body)?;
            let by = Duration::try_from_secs_f64(seconds).map_err(|error| bad(&error))?;
            clock.advance(by);
            engine.advance(clock.now());
        }
        ("POST", "/settle") => engine.settle(),
        ("POST", "/restart") => engine.restart(&read::<Restart>(body)?),
        ("POST", "/trouble") => {
            let plan = std::str::from_utf8(body).map_err(|error| bad(&error))?;
            let plan = parse_trouble(plan).map_err(|error| bad(&error))?;
            plan.into_iter().for_each(|trouble| engine.trouble(trouble));
        }
        ("DELETE", "/trouble") => engine.no_more_trouble(),
        ("GET", "/requests") => return Ok(Content::Lines(requests(engine))),
        ("DELETE", "/requests") => engine.forget_requests(),
        ("GET", "/snapshot") => return snapshot(engine),
        (_, "/advance" | "/settle" | "/restart" | "/trouble" | "/requests" | "/snapshot") => {
            return Err((405, format!("{method} means nothing here")));
        }
        _ => return Err((404, format!("there is no `{ROOT}{below}`"))),
    }
    Ok(Content::Json(json!({
        "now": engine.now().as_secs_f64(),
        "requests": engine.requests().len(),
        "writes": engine.writes(),
    })))
}

fn read<T: for<'de> Deserialize<'de>>(body: &[u8]) -> Result<T, (u16, String)> {
    serde_json::from_slice(body).map_err(|error| bad(&error))
}

fn bad(error: &dyn std::error::Error) -> (u16, String) {
    (400, error.to_string())
}

fn requests(engine: &Simulated) -> String {
    engine.requests().iter().fold(String::new(), |mut text, request| {
        writeln!(text, "{}", request.line()).expect("writing into memory does not fail");
        text
    })
}

fn snapshot(engine: &mut Simulated) -> Outcome {
    let mut bytes = Vec::new();
    engine.save(&mut bytes).map_err(|error| (500, error.to_string()))?;
    String::from_utf8(bytes).map(Content::Lines).map_err(|error| (500, error.to_string()))
}
