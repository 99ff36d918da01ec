//! The data of images over HTTP, as the image I/O daemon on a real site's hosts serves it.
//!
//! A transfer's ticket opens `/images/{ticket}`. Long downloads are read as they are sent; long
//! uploads the server hands over piece by piece.

use bytes::Bytes;
use http::{Method, Request, Response};
use serde_json::{Value, json};

use super::kinds::transfer;
use super::query::Query;
use super::reply::{Body, ImagePart};
use super::site::Site;
use super::store::Handle;

/// Where images are found.
pub const ROOT: &str = "/images/";

type Reply = Result<Response<Body>, Refusal>;

/// A refusal: its status and text, and the size of the image where a range was beyond it.
struct Refusal(u16, String, Option<u64>);

impl Refusal {
    fn bad(text: impl Into<String>) -> Self {
        Self(400, text.into(), None)
    }

    fn response(self) -> Response<Body> {
        let Self(status, text, size) = self;
        let mut response = respond(status, "text/plain; charset=UTF-8", line(text));
        let range = size.and_then(|it| format!("bytes */{it}").parse().ok());
        if let Some(range) = range {
            response.headers_mut().insert("Content-Range", range);
        }
        response
    }
}

/// Answers a request below [`ROOT`].
pub fn answer(site: &mut Site, request: &Request<Bytes>) -> Response<Body> {
    let below = request.uri().path().strip_prefix(ROOT).unwrap_or_default();
    let (ticket, sub) = below.split_once('/').unwrap_or((below, ""));
    let reply = match (request.method().as_str(), sub) {
        (_, "") if ticket.is_empty() => Err(Refusal::bad("Ticket id is required")),
        ("OPTIONS", "") => options(site, ticket),
        ("GET", "") => get(site, ticket, request),
        ("PUT", "") => put(site, ticket, request),
        ("PATCH", "") => patch(site, ticket, request.body()),
        ("GET", "extents") => extents(site, ticket, request),
        (_, "" | "extents") => Err(Refusal(405, "Invalid method".to_owned(), None)),
        _ => Err(Refusal(404, format!("No handler for '{}'", request.uri().path()), None)),
    };
    reply.unwrap_or_else(Refusal::response)
}

/// The transfer that a ticket belongs to; asking counts as its activity.
fn open(site: &mut Site, ticket: &str, writes: bool) -> Result<Handle, Refusal> {
    let forbidden = |text: String| Refusal(403, text, None);
    let transfer = site
        .top(transfer::KIND, ticket)
        .filter(|it| site.text(*it, "phase") == "transferring")
        .ok_or_else(|| forbidden(format!("No such ticket {ticket}")))?;
    if writes && site.text(transfer, "direction") == "download" {
        return Err(forbidden(format!("Transfer={ticket} forbids write")));
    }
    transfer::touch(site, transfer);
    Ok(transfer)
}

fn options(site: &mut Site, ticket: &str) -> Reply {
    if ticket == "*" {
        let features = json!({"features": ["extents", "flush", "zero"]});
        return Ok(allow(&features, "OPTIONS,GET,PUT,PATCH"));
    }
    let transfer = open(site, ticket, false)?;
    let download = site.text(transfer, "direction") == "download";
    let (features, methods) = if download {
        (json!(["extents"]), "OPTIONS,GET")
    } else {
        (json!(["extents", "flush", "zero"]), "OPTIONS,GET,PUT,PATCH")
    };
    Ok(allow(&json!({"features": features, "max_readers": 8, "max_writers": 8}), methods))
}

fn allow(json: &Value, methods: &'static str) -> Response<Body> {
    let mut response = respond(200, "application/json", line(json));
    response.headers_mut().insert("Allow", http::HeaderValue::from_static(methods));
    response
}

fn get(site: &mut Site, ticket: &str, request: &Request<Bytes>) -> Reply {
    let range = header(request, "Range").map(parse_range).transpose()?;
    let transfer = open(site, ticket, false)?;
    let size = transfer::size(site, transfer);
    let (first, last) = range.unwrap_or((0, None));
    let end = last.map_or(Some(size), |it| it.checked_add(1));
    let end = end.filter(|it| *it <= size && first <= *it).ok_or_else(|| beyond(size))?;
    let length = end - first;
    let image = transfer::image(site, transfer).to_owned();
    transfer::count(site, transfer, length);
    let part = ImagePart { image, start: first, end };
    let status = if range.is_some() { 206 } else { 200 };
    let mut response = respond(status, "application/octet-stream", part);
    let headers = response.headers_mut();
    headers.insert("Content-Disposition", http::HeaderValue::from_static("attachment"));
    headers.insert("Content-Length", http::HeaderValue::from(length));
    let shown = format!("bytes {first}-{}/{size}", end.saturating_sub(1)).parse();
    if let (Some(_), Ok(shown)) = (range, shown) {
        headers.insert("Content-Range", shown);
    }
    Ok(response)
}

fn put(site: &mut Site, ticket: &str, request: &Request<Bytes>) -> Reply {
    let offset = header(request, "Content-Range").map(parse_content_range).transpose()?;
    let query = Query::parse(request.uri().query().unwrap_or_default());
    if let Some(other) = query.get("flush").filter(|it| !matches!(*it, "y" | "n")) {
        return Err(unsupported(other, "flush", "['n', 'y']"));
    }
    let transfer = open(site, ticket, true)?;
    let (offset, last) = offset.unwrap_or((0, None));
    let length = request.body().len() as u64;
    let size = transfer::size(site, transfer);
    check_range(offset, length, size)?;
    if last.is_some_and(|last| last >= size) {
        return Err(beyond(size));
    }
    let image = transfer::image(site, transfer).to_owned();
    site.volumes
        .write(&image, offset, request.body())
        .map_err(|_| Refusal(500, "[Errno 28] No space left on device".to_owned(), None))?;
    transfer::count(site, transfer, length);
    Ok(respond(200, "text/plain; charset=UTF-8", Bytes::new()))
}

fn patch(site: &mut Site, ticket: &str, body: &[u8]) -> Reply {
    let message: Value = serde_json::from_slice(body)
        .map_err(|error| Refusal::bad(format!("Invalid JSON message {error}")))?;
    match message.get("op").and_then(Value::as_str) {
        Some("zero") => zero(site, ticket, &message),
        Some("flush") => {
            open(site, ticket, true)?;
            Ok(respond(200, "text/plain; charset=UTF-8", Bytes::new()))
        }
        Some(other) => Err(unsupported(other, "op", "['flush', 'zero']")),
        None => Err(Refusal::bad("Missing required value for 'op'")),
    }
}

fn zero(site: &mut Site, ticket: &str, message: &Value) -> Reply {
    let number = |name: &str, default: Option<u64>| match message.get(name) {
        None => default.ok_or_else(|| Refusal::bad(format!("Missing required value for '{name}'"))),
        Some(value) => {
            value.as_u64().ok_or_else(|| Refusal::bad(format!("Integer required {value}")))
        }
    };
    let (size, offset) = (number("size", None)?, number("offset", Some(0))?);
    let transfer = open(site, ticket, true)?;
    check_range(offset, size, transfer::size(site, transfer))?;
    let image = transfer::image(site, transfer).to_owned();
    site.volumes.zero(&image, offset, size);
    transfer::count(site, transfer, size);
    Ok(respond(200, "text/plain; charset=UTF-8", Bytes::new()))
}

fn extents(site: &mut Site, ticket: &str, request: &Request<Bytes>) -> Reply {
    let transfer = open(site, ticket, false)?;
    let query = Query::parse(request.uri().query().unwrap_or_default());
    let dirty = match query.get("context").unwrap_or("zero") {
        "zero" => false,
        "dirty" if transfer::is_incremental(site, transfer) => true,
        "dirty" => {
            return Err(Refusal(404, "Ticket does not support dirty extents".to_owned(), None));
        }
        other => return Err(unsupported(other, "context", "['dirty', 'zero']")),
    };
    let size = transfer::size(site, transfer);
    let extents = site.volumes.extents(transfer::image(site, transfer), size);
    let list: Vec<Value> = extents
        .into_iter()
        .map(|it| {
            let mut extent = json!({"start": it.start, "length": it.length, "zero": it.zero});
            let (name, value) = if dirty { ("dirty", !it.zero) } else { ("hole", false) };
            extent[name] = value.into();
            extent
        })
        .collect();
    Ok(respond(200, "application/json", line(Value::from(list))))
}

fn unsupported(value: &str, name: &str, known: &str) -> Refusal {
    Refusal::bad(format!("Unsupported value '{value}' for '{name}', expecting one of {known}"))
}

fn beyond(size: u64) -> Refusal {
    Refusal(416, "Requested range out of allowed range".to_owned(), Some(size))
}

fn check_range(offset: u64, length: u64, size: u64) -> Result<(), Refusal> {
    let fits = offset.checked_add(length).is_some_and(|end| end <= size);
    if fits { Ok(()) } else { Err(beyond(size)) }
}

/// Reads `bytes=first-last`; the last may be missing.
pub fn range(text: &str) -> Option<(u64, Option<u64>)> {
    let (first, last) = text.strip_prefix("bytes=")?.split_once('-')?;
    let first = first.parse().ok()?;
    let last = if last.is_empty() { None } else { Some(last.parse().ok()?) };
    last.is_none_or(|last| first <= last).then_some((first, last))
}

fn parse_range(text: &str) -> Result<(u64, Option<u64>), Refusal> {
    range(text)
        .ok_or_else(|| Refusal(416, format!("Cannot satisfy range '{text}', invalid range"), None))
}

/// Reads `bytes first-last/size`, whose last may be a star.
pub fn content_range(text: &str) -> Option<(u64, Option<u64>)> {
    let (range, _) = text.strip_prefix("bytes ")?.split_once('/')?;
    let (first, last) = range.split_once('-')?;
    let first: u64 = first.parse().ok()?;
    let last = if last == "*" { None } else { Some(last.parse().ok()?) };
    last.is_none_or(|last| first <= last).then_some((first, last))
}

fn parse_content_range(text: &str) -> Result<(u64, Option<u64>), Refusal> {
    content_range(text).ok_or_else(|| Refusal::bad(format!("Invalid Content-Range '{text}'")))
}

fn header<'a>(request: &'a Request<Bytes>, name: &str) -> Option<&'a str> {
    request.headers().get(name)?.to_str().ok()
}

fn line(text: impl std::fmt::Display) -> Bytes {
    Bytes::from(format!("{text}\n"))
}

fn respond(status: u16, media_type: &'static str, body: impl Into<Body>) -> Response<Body> {
    let mut response = Response::new(body.into());
    *response.status_mut() =
        http::StatusCode::from_u16(status).unwrap_or(http::StatusCode::INTERNAL_SERVER_ERROR);
    let media_type = http::HeaderValue::from_static(media_type);
    response.headers_mut().insert("Content-Type", media_type);
    response
}

/// Whether a request goes to an image.
pub fn concerns<B>(request: &Request<B>) -> bool {
    request.uri().path().starts_with(ROOT) && *request.method() != Method::HEAD
}
