//! The network: HTTPS, with connections kept open.

use std::fmt;
use std::time::Duration;

use bytes::{Bytes, BytesMut};

use super::trust::{self, Trust};
use super::wire::{Exchange, Transport};
use super::{Broken, How};

/// The engine's web server closes idle connections after 5 s; a request sent into that moment is
/// lost, so they are given up a little sooner.
const IDLE: Duration = Duration::from_secs(4);

/// How to speak to the engine.
#[derive(Clone, Debug)]
pub struct HttpsOptions {
    /// What vouches for the engine's certificate.
    pub ca: Trust,
    /// How long nothing may arrive, before and within an answer; some calls block for minutes.
    pub timeout: Duration,
    /// How long making a connection may take.
    pub connect_timeout: Duration,
    /// The longest answer in bytes, after decompression.
    pub longest_answer: usize,
}

impl Default for HttpsOptions {
    fn default() -> Self {
        Self {
            ca: Trust::default(),
            timeout: Duration::from_secs(600),
            connect_timeout: Duration::from_secs(10),
            longest_answer: 256 << 20,
        }
    }
}

/// Certificates that cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct BadTrust {
    pub(super) message: String,
}

impl fmt::Display for BadTrust {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        formatter.write_str(&self.message)
    }
}

impl std::error::Error for BadTrust {}

/// The transport of production.
#[derive(Clone, Debug)]
pub struct Https {
    client: reqwest::Client,
    longest_answer: usize,
}

impl Https {
    /// A transport that has not yet connected.
    ///
    /// # Errors
    /// [`BadTrust`] if the certificates cannot be read.
    pub fn new(options: HttpsOptions) -> Result<Self, BadTrust> {
        let HttpsOptions { ca, timeout, connect_timeout, longest_answer } = options;
        let builder = reqwest::Client::builder()
            .https_only(true)
            // A redirected request would carry its token, or lose its body.
            .redirect(reqwest::redirect::Policy::none())
            .gzip(true)
            .tcp_nodelay(true)
            .pool_idle_timeout(IDLE)
            .read_timeout(timeout)
            .connect_timeout(connect_timeout);
        Ok(Self { client: trust::build(builder, &ca)?, longest_answer })
    }

    async fn run(&self, request: http::Request<Bytes>) -> Result<http::Response<Bytes>, Broken> {
        let request = reqwest::Request::try_from(request)
            .map_err(|error| Broken::new(How::NotConnected, error.to_string()))?;
        let mut response = self.client.execute(request).await.map_err(trust::explain)?;
        let mut body = BytesMut::new();
        while let Some(part) = response.chunk().await.map_err(trust::explain)? {
            if body.len() + part.len() > self.longest_answer {
                let limit = format!("more than {} bytes", self.longest_answer);
                return Err(Broken::new(How::TooLong, limit));
            }
            body.extend_from_slice(&part);
        }
        let mut whole = http::Response::new(body.freeze());
        *whole.status_mut() = response.status();
        *whole.headers_mut() = std::mem::take(response.headers_mut());
        Ok(whole)
    }
}

impl Transport for Https {
    fn exchange(&self, request: http::Request<Bytes>) -> Exchange<'_> {
        Box::pin(self.run(request))
    }
}
