//! The address that takes the data of a transfer: on the host that writes them, or on the proxy
//! beside the engine.

use std::fmt;

use bytes::Bytes;
use http::header::{CONTENT_RANGE, CONTENT_TYPE};
use http::{Method, StatusCode};

use crate::engine::{Broken, Engine};

use super::piece::Piece;
use super::words;

/// An address that answers, and what it can do.
#[derive(Debug)]
pub(super) struct Door {
    url: String,
    /// Whether it takes holes.
    pub can_zero: bool,
    can_flush: bool,
}

/// Why something was not taken.
#[derive(Clone, Debug)]
pub(super) enum Trouble {
    /// No answer came.
    Broken(String, Broken),
    /// The answer was no.
    Refused(String, StatusCode, String),
}

impl Trouble {
    /// Whether there is no such ticket, any more or already.
    pub fn is_closed(&self) -> bool {
        matches!(self, Self::Refused(_, StatusCode::UNAUTHORIZED | StatusCode::FORBIDDEN, _))
    }

    /// Whether trying again cannot help.
    pub fn is_final(&self) -> bool {
        match self {
            Self::Broken(_, broken) => broken.how.is_final(),
            Self::Refused(_, status, _) => status.is_client_error() && !self.is_closed(),
        }
    }
}

impl fmt::Display for Trouble {
    fn fmt(&self, to: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Broken(host, broken) => write!(to, "`{host}`: {broken}"),
            Self::Refused(host, status, said) => write!(to, "`{host}` answered {status}: {said}"),
        }
    }
}

impl Door {
    /// The first address that answers.
    pub async fn find<E: Engine>(engine: &E, urls: &[String]) -> Result<Self, Trouble> {
        let mut first = None;
        for url in urls {
            let mut door = Self { url: url.clone(), can_zero: false, can_flush: false };
            match door.ask(engine, Method::OPTIONS, "", Bytes::new()).await {
                Ok(answer) => {
                    door.learn(&answer);
                    return Ok(door);
                }
                // Old ones do not know the question.
                Err(Trouble::Refused(_, status, _)) if is_unknown(status) => return Ok(door),
                Err(trouble) => first = first.or(Some(trouble)),
            }
        }
        Err(first.unwrap_or_else(|| {
            let said = "the engine names no address to send to".to_owned();
            Trouble::Refused("engine".to_owned(), StatusCode::SERVICE_UNAVAILABLE, said)
        }))
    }

    fn learn(&mut self, answer: &[u8]) {
        let answer: serde_json::Value = serde_json::from_slice(answer).unwrap_or_default();
        let features = answer["features"].as_array();
        let has = |name: &str| features.is_some_and(|all| all.iter().any(|it| it == name));
        (self.can_zero, self.can_flush) = (has("zero"), has("flush"));
    }

    /// Sends a piece to its place.
    pub async fn put<E: Engine>(&self, engine: &E, at: u64, piece: &Piece) -> Result<(), Trouble> {
        match piece {
            Piece::Zeros(size) => {
                let hole = serde_json::json!({
                    "op": "zero", "offset": at, "size": size, "flush": false,
                });
                self.patch(engine, &hole).await
            }
            Piece::Data(bytes) => {
                let last = at + (bytes.len() as u64).saturating_sub(1);
                let range = format!("bytes {at}-{last}/*");
                self.ask(engine, Method::PUT, &range, bytes.clone()).await.map(drop)
            }
        }
    }

    /// Has all that was sent put to rest; where that cannot be said, each piece was at once.
    pub async fn rest<E: Engine>(&self, engine: &E) -> Result<(), Trouble> {
        match self.can_flush {
            true => self.patch(engine, &serde_json::json!({ "op": "flush" })).await,
            false => Ok(()),
        }
    }

    async fn patch<E: Engine>(&self, engine: &E, body: &serde_json::Value) -> Result<(), Trouble> {
        let body = Bytes::from(body.to_string());
        self.ask(engine, Method::PATCH, "", body).await.map(drop)
    }

    async fn ask<E: Engine>(
        &self,
        engine: &E,
        method: Method,
        range: &str,
        body: Bytes,
    ) -> Result<Bytes, Trouble> {
        let mut uri = self.url.clone();
        if method == Method::PUT && self.can_flush {
            uri.push_str("?flush=n");
        }
        let mut request = http::Request::builder().method(method.clone()).uri(uri);
        if !range.is_empty() {
            request = request.header(CONTENT_RANGE, range);
        }
        if method == Method::PATCH {
            request = request.header(CONTENT_TYPE, "application/json");
        }
        let refused =
            |status: StatusCode, said: &[u8]| Trouble::Refused(self.host(), status, words(said));
        let request = request.body(body).map_err(|error| {
            refused(StatusCode::SERVICE_UNAVAILABLE, error.to_string().as_bytes())
        })?;
        let answer = engine.exchange(request).await;
        let answer = answer.map_err(|broken| Trouble::Broken(self.host(), broken))?;
        let status = answer.status();
        if status.is_success() {
            Ok(answer.into_body())
        } else {
            Err(refused(status, answer.body()))
        }
    }

    /// The host and port of the address. The rest of it is the key to the image.
    fn host(&self) -> String {
        let after = self.url.split_once("://").map_or(&*self.url, |(_, rest)| rest);
        after.split('/').next().unwrap_or_default().to_owned()
    }
}

/// Whether the method is not known there.
fn is_unknown(status: StatusCode) -> bool {
    matches!(status.as_u16(), 404 | 405 | 501)
}
