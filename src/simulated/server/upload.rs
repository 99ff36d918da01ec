//! Uploads of images: longer than any document, so they are handed over piece by piece.

use std::future::poll_fn;
use std::pin::Pin;

use axum::body::Body;
use axum::response::Response;
use bytes::{Bytes, BytesMut};
use http::request::Parts;
use http::{HeaderMap, HeaderValue, Method};
use hyper::body::Body as _;

use super::{Shared, answer, plain};
use crate::simulated::images;

/// How much of an upload is in memory at once.
const PIECE: usize = 4 << 20;

/// Whether a request uploads a part of an image.
pub fn is(head: &Parts) -> bool {
    head.method == Method::PUT && head.uri.path().starts_with(images::ROOT)
}

/// Hands an upload over; answers with the first refusal, or once for all that was written.
pub async fn receive(shared: Shared, head: Parts, mut body: Body) -> Response {
    let Some(mut start) = start(&head.headers) else {
        return answer(shared, &http::Request::from_parts(head, Bytes::new()), false).await;
    };
    let end = length(&head.headers).map(|it| start.saturating_add(it));
    // What does not fit is refused before the client has sent it all.
    let refused = answer(shared.clone(), &request(&head, start, end, Bytes::new()), false).await;
    if !refused.status().is_success() {
        return refused;
    }
    let mut piece = BytesMut::new();
    loop {
        let frame = poll_fn(|context| Pin::new(&mut body).poll_frame(context)).await;
        let ended = frame.is_none();
        match frame.map(|it| it.map(hyper::body::Frame::into_data)) {
            Some(Ok(Ok(data))) => piece.extend_from_slice(&data),
            Some(Err(_)) => return plain(400, Bytes::new()),
            Some(Ok(Err(_))) | None => {}
        }
        if !ended && piece.len() < PIECE {
            continue;
        }
        let written = piece.len() as u64;
        let request = request(&head, start, end, piece.split().freeze());
        let response = answer(shared.clone(), &request, false).await;
        if ended || !response.status().is_success() {
            return response;
        }
        start = start.saturating_add(written);
    }
}

fn start(headers: &HeaderMap) -> Option<u64> {
    match headers.get("Content-Range") {
        Some(range) => images::content_range(range.to_str().ok()?).map(|(first, _)| first),
        None => Some(0),
    }
}

fn length(headers: &HeaderMap) -> Option<u64> {
    headers.get("Content-Length")?.to_str().ok()?.parse().ok()
}

/// The request for one piece; it tells where the whole will end, so that it is refused in time.
fn request(head: &Parts, start: u64, end: Option<u64>, piece: Bytes) -> http::Request<Bytes> {
    let mut request = http::Request::new(piece);
    *request.method_mut() = head.method.clone();
    *request.uri_mut() = head.uri.clone();
    *request.headers_mut() = head.headers.clone();
    let last = end.and_then(|it| it.checked_sub(1)).filter(|it| start <= *it);
    let last = last.map_or("*".to_owned(), |it| it.to_string());
    if let Ok(range) = HeaderValue::from_str(&format!("bytes {start}-{last}/*")) {
        request.headers_mut().insert("Content-Range", range);
    }
    request
}
