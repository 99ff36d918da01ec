//! Requests of any bytes against the simulated engine: it must answer them all, and stay alive.
//!
//! An input is a handful of requests, each behind a zero byte: `VERB PATH FORMAT`, a line's end, and
//! the document. So a later request can use what an earlier one made.
#![no_main]

use std::time::Duration;

use bytes::Bytes;
use http::Request;
use libfuzzer_sys::fuzz_target;
use virtuform::simulated::{Lab, Options, Simulated};

/// More requests than that only repeat what fewer do.
const REQUESTS: usize = 8;
/// `admin@internal:secret`, as Basic authentication has it.
const ADMINISTRATOR: &str = "Basic YWRtaW5AaW50ZXJuYWw6c2VjcmV0";

fuzz_target!(|input: &[u8]| {
    let mut engine = Simulated::new(Options::default());
    engine.lab(&Lab::default());
    let mut now = Duration::ZERO;
    for told in input.split(|byte| *byte == 0).take(REQUESTS) {
        let Some(request) = request(told) else { continue };
        now += Duration::from_secs(5);
        let _ = engine.answer(now, &request);
    }
});

/// The request that some bytes tell of, if HTTP could carry it at all.
fn request(told: &[u8]) -> Option<Request<Bytes>> {
    let end = told.iter().position(|byte| *byte == b'\n').unwrap_or(told.len());
    let head = std::str::from_utf8(&told[..end]).ok()?;
    let mut words = head.split(' ');
    let (verb, path) = (words.next()?, words.next()?);
    let format = words.next().unwrap_or("xml");
    Request::builder()
        .method(verb)
        .uri(format!("/ovirt-engine/api{path}"))
        .header("Authorization", ADMINISTRATOR)
        .header("Content-Type", format!("application/{format}"))
        .header("Accept", format!("application/{format}"))
        .body(Bytes::copy_from_slice(told.get(end + 1..).unwrap_or_default()))
        .ok()
}
