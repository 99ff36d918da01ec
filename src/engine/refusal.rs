//! From an HTTP answer that is no success to what it means.

use bytes::Bytes;
use http::{Response, StatusCode};

use super::{Fault, Meaning, Said, printable};
use crate::xml::{self, Element};

/// The words of a status: `Bad Gateway`.
pub(super) fn words(status: StatusCode) -> String {
    status.canonical_reason().unwrap_or_default().to_owned()
}

/// Whether a body claims to be XML rather than the web server's HTML or plain text.
pub(super) fn is_xml(body: &[u8]) -> bool {
    root_name(body).is_some_and(|name| !name.eq_ignore_ascii_case(b"html"))
}

/// Whether a document ends with the end of its root.
pub(super) fn is_whole(body: &[u8]) -> bool {
    let Some(name) = root_name(body) else { return false };
    let Some(rest) = body.trim_ascii_end().strip_suffix(b">") else { return false };
    let rest = rest.trim_ascii_end();
    rest.strip_suffix(name).is_some_and(|rest| rest.ends_with(b"</")) || is_one_tag(rest)
}

/// Whether what is left without its last `>` is an empty root: `<vms/`, after any declaration.
fn is_one_tag(rest: &[u8]) -> bool {
    let after_declaration = match find(rest, b"?>") {
        Some(at) => &rest[at + 2..],
        None => rest,
    };
    let tag = after_declaration.trim_ascii();
    tag.ends_with(b"/") && tag.iter().filter(|byte| **byte == b'<').count() == 1
}

fn root_name(body: &[u8]) -> Option<&[u8]> {
    let mut rest = body.strip_prefix(b"\xef\xbb\xbf").unwrap_or(body).trim_ascii_start();
    if rest.starts_with(b"<?") {
        rest = rest[find(rest, b"?>")? + 2..].trim_ascii_start();
    }
    let rest = rest.strip_prefix(b"<")?;
    let end = rest.iter().position(|b| b.is_ascii_whitespace() || matches!(b, b'>' | b'/'));
    let name = &rest[..end.unwrap_or(rest.len())];
    name.first().is_some_and(u8::is_ascii_alphabetic).then_some(name)
}

fn find(body: &[u8], what: &[u8]) -> Option<usize> {
    body.windows(what.len()).position(|window| window == what)
}

/// Reads an answer that is no success.
pub(super) fn read(response: &Response<Bytes>, call: String) -> Fault {
    let status = response.status();
    let body = response.body();
    match fault_of(body) {
        Some((_, detail)) if status == StatusCode::UNAUTHORIZED => {
            Fault::Unauthorised { call, reason: Said::from(detail), routed: true }
        }
        Some((reason, detail)) => {
            let meaning = of_fault(status, &detail);
            let detail = Said::from(detail);
            Fault::Refused { status: status.as_u16(), reason, detail, meaning, call }
        }
        None if status == StatusCode::UNAUTHORIZED => {
            Fault::Unauthorised { call, reason: Said::from(page(body)), routed: false }
        }
        None => {
            let meaning = of_page(status, body);
            let detail = Said::from(page(body));
            let status_code = status.as_u16();
            Fault::Refused { status: status_code, reason: words(status), detail, meaning, call }
        }
    }
}

/// Reason and detail of a fault document, or of the fault in an action's.
fn fault_of(body: &[u8]) -> Option<(String, String)> {
    let root = xml::parse(body).ok()?;
    let fault = if root.name() == "fault" { &root } else { root.child("fault")? };
    let text = |name: &str| fault.child(name).map(Element::text).unwrap_or_default();
    Some((printable(text("reason")).into_owned(), without_brackets(text("detail")).to_owned()))
}

/// The engine writes a list of messages as `[one, two]`.
fn without_brackets(detail: &str) -> &str {
    let detail = detail.trim();
    let inner = detail.strip_prefix('[').and_then(|detail| detail.strip_suffix(']'));
    inner.unwrap_or(detail).trim()
}

fn of_fault(status: StatusCode, detail: &str) -> Meaning {
    match status.as_u16() {
        400 if is_internal(detail) => Meaning::Internal,
        403 => Meaning::Forbidden,
        404 => Meaning::MissingReference,
        409 => of_conflict(detail),
        503 => Meaning::Busy,
        500.. => Meaning::Internal,
        _ => Meaning::Invalid,
    }
}

/// A command that failed after its checks reports 400, as if the request had been wrong.
fn is_internal(detail: &str) -> bool {
    detail.is_empty() || detail.contains("Internal Engine Error")
}

/// What a body that is no fault means: empty, or the web server's page.
fn of_page(status: StatusCode, body: &[u8]) -> Meaning {
    match status.as_u16() {
        403 => Meaning::Forbidden,
        404 if body.trim_ascii().is_empty() => Meaning::Missing,
        // The engine's own 404 has no body: this is the web server's, while the engine starts.
        404 | 429 | 502..=504 => Meaning::Busy,
        409 => Meaning::Conflict,
        500.. => Meaning::Internal,
        _ => Meaning::Invalid,
    }
}

/// What of refusals says that they end with the operation that holds the object, in lower case:
/// rows 16 to 19 of the protocol handbook, and their like. Not the bare "try again", which taken
/// names are refused with too; nor "is being used", which says who is in the way.
const LOCKED: &[&str] = &[
    " in progress",
    "is locked. please try again",
    "disks are locked",
    "is locked (temporarily)",
    "currently locked",
    // Disks of machines that are gone already are deleted in the background.
    "disk(s) are based on it",
    "contending",
    "storage device is locked",
    "is being updated",
    "is currently being updated",
    "is being created",
    "is currently being created",
    "is being cloned",
    "is being removed",
    "is being concurrently removed",
    "is being exported",
    "is being imported",
    "is being migrated",
    "is being moved or copied",
    "is being transferred",
    "is being converted",
    "is being reduced",
    "is being switched",
    "is being hot unplugged",
    "is being set as base",
    "currently in use to create vm",
    "performing an operation on a snapshot",
    "saving/restoring",
    "during a backup operation",
    "running tasks",
    "image locked status",
    "status is locked",
    "status is preparingformaintenance",
    "status is detaching",
    "status is activating",
    "wait for operation to complete",
    "wait for the operation",
    "try again later",
    "retry later",
    "please try later",
    "try again in a few",
    "try again in 30 seconds",
];

/// What of refusals says that they end when a host or a storage domain is up.
const BUSY: &[&str] = &[
    "no host that satisfies current scheduling constraints",
    "no active host in the data center",
    "storage domain is not active",
    "storage domain's status is inactive",
    "storage domain's status is unknown",
    "status is not active",
    "activate the master storage domain first",
    "has no storage pool manager",
    "storage pool manager has changed",
];

fn of_conflict(detail: &str) -> Meaning {
    let detail = detail.to_lowercase();
    let any = |phrases: &[&str]| phrases.iter().any(|phrase| detail.contains(phrase));
    if any(LOCKED) {
        Meaning::Locked
    } else if any(BUSY) {
        Meaning::Busy
    } else {
        Meaning::Conflict
    }
}

/// What a page of the web server says, without its markup and shortened.
fn page(body: &[u8]) -> String {
    const LENGTH: usize = 300;
    let start = &body[..body.len().min(16 * 1024)];
    let text = String::from_utf8_lossy(start);
    let mut plain = String::new();
    let mut in_tag = false;
    for character in text.chars() {
        match character {
            '<' => in_tag = true,
            '>' if in_tag => {
                in_tag = false;
                plain.push(' ');
            }
            other if !in_tag => plain.push(other),
            _ => {}
        }
    }
    let words: Vec<_> = plain.split_whitespace().collect();
    words.join(" ").chars().take(LENGTH).collect()
}

#[cfg(test)]
mod tests;
