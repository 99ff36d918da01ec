//! The client of a real engine.

use std::sync::Arc;
use std::sync::atomic::{AtomicU64, Ordering};

use bytes::Bytes;
use http::header::{ACCEPT, ACCEPT_LANGUAGE, AUTHORIZATION, CONTENT_TYPE, HeaderValue};
use http::{Method, StatusCode};
use secrecy::ExposeSecret;

use super::backoff::Backoff;
use super::encode::{pairs, path};
use super::session::{Session, Token};
use super::wire::{Transport, Wire};
use super::{Broken, Engine, Fault, How, Reply, Request, Said, Settings, refusal};

/// Sends requests to an engine: logs in when needed, and repeats what may be repeated.
///
/// - *Locked* or *busy* is asked again, whatever the request: it was refused before any effect.
/// - An answer that was lost is asked for again with `GET`, `PUT` and `DELETE`, which may take
///   effect twice. A `POST` is not: its fault is [`Fault::Lost`], and the caller looks up.
/// - What was never sent is sent again, unless the engine was never reached or cannot be trusted.
pub struct Client {
    settings: Settings,
    wire: Wire,
    session: Session,
    sent: AtomicU64,
}

impl Client {
    /// A client that has not yet logged in.
    pub fn new(settings: Settings, transport: Arc<dyn Transport>) -> Self {
        let wire = Wire::new(transport, settings.url.clone());
        Self { settings, wire, session: Session::default(), sent: AtomicU64::new(0) }
    }

    /// Logs out, so that no session stays behind in the engine.
    pub async fn close(&self) {
        self.session.close(&self.wire).await;
    }

    /// One try, or two if the session has expired: then the first one was never routed, so that
    /// even a `POST` can be sent again.
    async fn attempt(&self, request: &Request, id: &str) -> Result<Reply, Fault> {
        let token = self.session.token(&self.wire, &self.settings, None).await?;
        match self.try_once(request, id, &token).await {
            Err(Fault::Unauthorised { routed: false, .. }) => {
                let token = self.session.token(&self.wire, &self.settings, Some(&token)).await?;
                self.try_once(request, id, &token).await
            }
            outcome => outcome,
        }
    }

    async fn try_once(&self, request: &Request, id: &str, token: &Token) -> Result<Reply, Fault> {
        let response = match self.wire.exchange(self.encode(request, id, token)).await {
            Ok(response) => response,
            Err(broken) => return Err(self.no_answer(request, broken)),
        };
        let status = response.status();
        if status.is_success() {
            return complete(request, status, response.into_body());
        }
        let fault = refusal::read(&response, request.call());
        Err(if lost_in_gateway(request, &response) { lost(request, status) } else { fault })
    }

    fn encode(&self, request: &Request, id: &str, token: &Token) -> http::Request<Bytes> {
        let mut uri = format!("{}/{}", self.settings.url.api(), path(&request.path));
        if !request.query.is_empty() {
            let query = request.query.iter();
            uri.push('?');
            uri.push_str(&pairs(query.map(|(name, value)| (name.as_ref(), value.as_str()))));
        }
        let bearer = format!("Bearer {}", token.secret.expose_secret());
        // A token is base64; should one not be, the engine refuses the empty header as it should.
        let mut bearer =
            HeaderValue::try_from(bearer).unwrap_or_else(|_| HeaderValue::from_static(""));
        bearer.set_sensitive(true);
        http::Request::builder()
            .method(request.method.clone())
            .uri(uri)
            .header("Version", "4")
            .header(ACCEPT, "application/xml")
            .header(ACCEPT_LANGUAGE, "en")
            .header(CONTENT_TYPE, "application/xml")
            .header("Correlation-Id", id)
            .header(AUTHORIZATION, bearer)
            .body(request.body.as_ref().map_or_else(Bytes::new, |body| body.to_string().into()))
            .expect("encoded parts make a request")
    }

    fn no_answer(&self, request: &Request, cause: Broken) -> Fault {
        if cause.how.was_never_sent() {
            return Fault::Unreachable { host: self.settings.url.host().to_owned(), cause };
        }
        Fault::Lost { call: request.call(), cause }
    }
}

impl Engine for Client {
    async fn send(&self, request: Request) -> Result<Reply, Fault> {
        let sent = self.sent.fetch_add(1, Ordering::Relaxed);
        let mut backoff = Backoff::new(&self.settings, sent);
        let made_up = backoff.correlation_id();
        let id = request.correlation_id.as_deref().unwrap_or(&made_up);
        let mut may_be_done = false;
        loop {
            let fault = match self.attempt(&request, id).await {
                Ok(reply) => return Ok(reply),
                Err(fault) => fault,
            };
            if may_be_done && request.method == Method::DELETE && fault.is_missing() {
                return Ok(Reply { status: 404, body: Bytes::new() });
            }
            may_be_done |= fault.may_have_happened();
            if !backoff.pause(&request.method, &fault, self.wire.has_answered()).await {
                return Err(fault);
            }
        }
    }

    async fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Broken> {
        self.wire.elsewhere(request).await
    }
}

/// Whether a gateway failed that may have passed the request on before.
fn lost_in_gateway(request: &Request, response: &http::Response<Bytes>) -> bool {
    let gateway = matches!(response.status().as_u16(), 502..=504);
    gateway && request.method != Method::GET && !refusal::is_xml(response.body())
}

fn lost(request: &Request, status: StatusCode) -> Fault {
    let message = format!("{} {}", status.as_u16(), refusal::words(status));
    Fault::Lost { call: request.call(), cause: Broken::new(How::Gateway, message) }
}

/// Makes sure that a reply did not end too early, as far as its two ends show.
///
/// Reading it would show more, but twice; and lists are long.
fn complete(request: &Request, status: StatusCode, body: Bytes) -> Result<Reply, Fault> {
    let problem = if body.trim_ascii().is_empty() {
        (request.method == Method::GET).then_some("it is empty")
    } else if !refusal::is_xml(&body) {
        Some("it is not XML")
    } else if !refusal::is_whole(&body) {
        Some("it ends too early")
    } else {
        None
    };
    let Some(problem) = problem else { return Ok(Reply { status: status.as_u16(), body }) };
    let call = request.call();
    if request.method == Method::POST {
        return Err(Fault::Lost { call, cause: Broken::new(How::Interrupted, problem) });
    }
    Err(Fault::Garbled { call, message: Said::from(problem) })
}

#[cfg(test)]
mod tests;
