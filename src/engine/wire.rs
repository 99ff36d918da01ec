//! Below the client: bytes out, bytes in.

use std::pin::Pin;
use std::sync::Arc;
use std::sync::atomic::{AtomicBool, Ordering};

use bytes::Bytes;
use tokio::time::Instant;

use super::{Broken, EngineUrl, printable};

/// An exchange on its way.
pub type Exchange<'a> =
    Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, Broken>> + Send + 'a>>;

/// The seam to the network: one exchange of bytes.
///
/// The request's URI is absolute. Production uses HTTPS, tests an engine in the same process.
pub trait Transport: Send + Sync + 'static {
    /// Sends a request and waits for the whole response, decompressed.
    fn exchange(&self, request: http::Request<Bytes>) -> Exchange<'_>;
}

/// A transport to one engine, which remembers whether the engine was ever there.
pub(super) struct Wire {
    transport: Arc<dyn Transport>,
    pub url: EngineUrl,
    answered: AtomicBool,
}

impl Wire {
    pub fn new(transport: Arc<dyn Transport>, url: EngineUrl) -> Self {
        Self { transport, url, answered: AtomicBool::new(false) }
    }

    /// Sends a request; the trace shows neither headers nor bodies, which hold secrets.
    pub async fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Broken> {
        let (method, path) = (request.method().clone(), request.uri().path().to_owned());
        let id = request.headers().get("Correlation-Id").cloned();
        let id = id.as_ref().and_then(|id| id.to_str().ok()).unwrap_or_default();
        let start = Instant::now();
        let outcome = self.transport.exchange(request).await;
        let (path, took) = (printable(&path), start.elapsed());
        match &outcome {
            Ok(response) => {
                self.answered.store(true, Ordering::Relaxed);
                let (status, bytes) = (response.status().as_u16(), response.body().len());
                tracing::trace!(%method, %path, status, bytes, id, ?took, "answered");
            }
            Err(broken) => tracing::trace!(%method, %path, %broken, id, ?took, "broken"),
        }
        outcome
    }

    /// Sends a request to another address. The trace does not show the path: it is the key to an
    /// image.
    pub async fn elsewhere(
        &self,
        request: http::Request<Bytes>,
    ) -> Result<http::Response<Bytes>, Broken> {
        let (method, host) = (request.method().clone(), request.uri().authority().cloned());
        let outcome = self.transport.exchange(request).await;
        let status = outcome.as_ref().map_or(0, |response| response.status().as_u16());
        tracing::trace!(%method, ?host, status, "sent elsewhere");
        outcome
    }

    /// Whether any request was ever answered: if so, that the engine cannot be reached will pass.
    pub fn has_answered(&self) -> bool {
        self.answered.load(Ordering::Relaxed)
    }
}
