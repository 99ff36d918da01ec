//! The simulated engine behind HTTPS.

mod clock;
mod control;
mod grace;
mod pace;
mod upload;

use std::convert::Infallible;
use std::io::{self, Write as _};
use std::net::SocketAddr;
use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use axum::body::Body;
use axum::extract::{Request, State};
use axum::response::Response;
use bytes::Bytes;
use flate2::Compression;
use flate2::write::GzEncoder;
use hyper::body::Frame;
use hyper_util::rt::{TokioIo, TokioTimer};
use hyper_util::service::TowerToHyperService;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::watch;
use tokio::task::{JoinHandle, JoinSet};
use tokio_rustls::TlsAcceptor;

use clock::Clock;

use super::{Pace, Simulated};

/// No document of the API comes near this.
const LARGEST_BODY: usize = 10 << 20;
const STOPPING: Duration = Duration::from_secs(2);
/// So long a client may take for a handshake, for the head of a request, and for its content.
const PATIENCE: Duration = Duration::from_secs(60);
/// So many clients are served at the same time; others wait.
const MOST_CONNECTIONS: usize = 1024;

/// Where and how fast to serve.
#[derive(Clone, Debug)]
pub struct ServeOptions {
    /// Where to listen; port 0 takes any that is free.
    pub address: SocketAddr,
    /// How much faster than real time the simulated time passes. At 0 it stands still, unless it is
    /// put forward over the control endpoint, and no answer is held back.
    pub speed: f64,
    /// Whether there is a control endpoint, `/simulated`, beside the API. Whoever reaches it needs
    /// no password.
    pub control: bool,
}

impl Default for ServeOptions {
    fn default() -> Self {
        Self { address: SocketAddr::from(([127, 0, 0, 1], 0)), speed: 1.0, control: false }
    }
}

/// A simulated engine that is being served.
pub struct Server {
    /// The address of its API.
    pub url: String,
    /// The certificate of the authority that signed its own, as PEM.
    pub ca_pem: String,
    /// The engine; it can be looked at and changed while it is served.
    pub simulated: Arc<Mutex<Simulated>>,
    stop: watch::Sender<bool>,
    accepting: JoinHandle<()>,
}

impl Server {
    /// Stops accepting, lets running answers end and returns.
    pub async fn stop(self) {
        let _ = self.stop.send(true);
        let _ = self.accepting.await;
    }
}

/// Serves a simulated engine until it is stopped.
///
/// Fails if it cannot listen at that address, or make its certificates.
pub async fn serve(simulated: Simulated, options: ServeOptions) -> io::Result<Server> {
    let listener = TcpListener::bind(options.address).await?;
    let address = listener.local_addr()?;
    let identity = identity(address).map_err(io::Error::other)?;
    let clock = Clock::new(simulated.now(), options.speed);
    let mut simulated = simulated;
    simulated.hurry(options.speed);
    let simulated = Arc::new(Mutex::new(simulated));
    let shared = Shared {
        simulated: Arc::clone(&simulated),
        clock: Arc::new(clock),
        control: options.control,
        ca_pem: Arc::from(identity.ca_pem.as_str()),
        dropping: watch::channel(false).0,
    };
    let (stop, stopping) = watch::channel(false);
    let acceptor = TlsAcceptor::from(Arc::new(identity.config));
    let accepting = tokio::spawn(accept(listener, acceptor, shared, stopping));
    let host =
        if address.ip().is_loopback() { "127.0.0.1".to_owned() } else { address.ip().to_string() };
    Ok(Server {
        url: format!("https://{host}:{}/ovirt-engine/api", address.port()),
        ca_pem: identity.ca_pem,
        simulated,
        stop,
        accepting,
    })
}

struct Identity {
    config: rustls::ServerConfig,
    ca_pem: String,
}

/// Makes an authority and a certificate that it signed.
fn identity(address: SocketAddr) -> Result<Identity, Box<dyn std::error::Error + Send + Sync>> {
    let authority_key = rcgen::KeyPair::generate()?;
    let mut authority = rcgen::CertificateParams::new(Vec::new())?;
    authority.is_ca = rcgen::IsCa::Ca(rcgen::BasicConstraints::Unconstrained);
    authority.distinguished_name.push(rcgen::DnType::CommonName, "Simulated oVirt engine CA");
    authority.key_usages =
        vec![rcgen::KeyUsagePurpose::KeyCertSign, rcgen::KeyUsagePurpose::CrlSign];
    let authority_certificate = authority.self_signed(&authority_key)?;
    let issuer = rcgen::Issuer::new(authority, authority_key);
    let mut names = vec!["localhost".to_owned(), "127.0.0.1".to_owned()];
    if !address.ip().is_unspecified() && !address.ip().is_loopback() {
        names.push(address.ip().to_string());
    }
    let key = rcgen::KeyPair::generate()?;
    let certificate = rcgen::CertificateParams::new(names)?.signed_by(&key, &issuer)?;
    let chain = vec![certificate.der().clone(), authority_certificate.der().clone()];
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let provider = Arc::new(rustls::crypto::ring::default_provider());
    let mut config = rustls::ServerConfig::builder_with_provider(provider)
        .with_safe_default_protocol_versions()?
        .with_no_client_auth()
        .with_single_cert(chain, key)?;
    config.alpn_protocols = vec![b"http/1.1".to_vec()];
    Ok(Identity { config, ca_pem: authority_certificate.pem() })
}

#[derive(Clone)]
struct Shared {
    simulated: Arc<Mutex<Simulated>>,
    clock: Arc<Clock>,
    control: bool,
    ca_pem: Arc<str>,
    /// One per connection: set when it has to break without an answer.
    dropping: watch::Sender<bool>,
}

impl Shared {
    /// The engine.
    fn engine(&self) -> MutexGuard<'_, Simulated> {
        locked(&self.simulated)
    }

    /// Breaks the connection that this belongs to.
    async fn drop_connection(&self) -> ! {
        let _ = self.dropping.send(true);
        std::future::pending().await
    }
}

async fn accept(
    listener: TcpListener,
    acceptor: TlsAcceptor,
    shared: Shared,
    mut stopping: watch::Receiver<bool>,
) {
    let mut connections = JoinSet::new();
    loop {
        let has_room = connections.len() < MOST_CONNECTIONS;
        tokio::select! {
            _ = stopping.changed() => break,
            Some(_) = connections.join_next() => {}
            accepted = listener.accept(), if has_room => {
                let Ok((stream, _)) = accepted else {
                    // Too many open files, mostly: let some close.
                    tokio::time::sleep(Duration::from_millis(50)).await;
                    continue;
                };
                if shared.engine().refuses_connections(shared.clock.now()) {
                    continue;
                }
                let shared = Shared { dropping: watch::channel(false).0, ..shared.clone() };
                connections.spawn(converse(stream, acceptor.clone(), shared, stopping.clone()));
            }
        }
    }
    let all = async { while connections.join_next().await.is_some() {} };
    let _ = tokio::time::timeout(STOPPING, all).await;
}

/// Answers what comes over one connection.
async fn converse(
    stream: TcpStream,
    acceptor: TlsAcceptor,
    shared: Shared,
    mut stopping: watch::Receiver<bool>,
) {
    let _ = stream.set_nodelay(true);
    let Ok(Ok(stream)) = tokio::time::timeout(PATIENCE, acceptor.accept(stream)).await else {
        return;
    };
    let mut dropping = shared.dropping.subscribe();
    let service = axum::Router::new().fallback(respond).with_state(shared);
    let connection = hyper::server::conn::http1::Builder::new()
        .timer(TokioTimer::new())
        .header_read_timeout(PATIENCE)
        .serve_connection(TokioIo::new(stream), TowerToHyperService::new(service));
    tokio::pin!(connection);
    loop {
        tokio::select! {
            _ = connection.as_mut() => break,
            // Leaving closes the connection, with whatever was in it.
            _ = dropping.changed() => break,
            changed = stopping.changed() => match changed {
                Ok(()) => connection.as_mut().graceful_shutdown(),
                Err(_) => break,
            },
        }
    }
}

async fn respond(State(shared): State<Shared>, request: Request) -> Response {
    let (head, body) = request.into_parts();
    if upload::is(&head) {
        return upload::receive(shared, head, body).await;
    }
    let body = match tokio::time::timeout(PATIENCE, axum::body::to_bytes(body, LARGEST_BODY)).await
    {
        Ok(Ok(body)) => body,
        Ok(Err(_)) => return plain(413, Bytes::new()),
        Err(_) => return plain(408, Bytes::new()),
    };
    if head.uri.path() == "/ovirt-engine/services/pki-resource" {
        return pki(&shared, head.uri.query().unwrap_or_default());
    }
    if shared.control {
        let (method, path) = (&head.method, head.uri.path());
        let mut engine = shared.engine();
        if let Some(reply) = control::answer(&mut engine, &shared.clock, method, path, &body) {
            return reply.map(Body::from);
        }
    }
    let zipped = head
        .headers
        .get("Accept-Encoding")
        .and_then(|it| it.to_str().ok())
        .is_some_and(|it| it.contains("gzip"));
    answer(shared, &http::Request::from_parts(head, body), zipped).await
}

async fn answer(shared: Shared, request: &http::Request<Bytes>, zipped: bool) -> Response {
    let wait = shared.clock.real(grace::of(request));
    if !wait.is_zero() {
        tokio::time::sleep(wait).await;
    }
    let begun =
        catch_unwind(AssertUnwindSafe(|| shared.engine().begin(shared.clock.now(), request)));
    match begun {
        // The mistake is ours, but others are to be answered, and this client is to hear of it.
        Err(_) => plain(500, Bytes::from_static(b"The simulated engine failed at this request.\n")),
        Ok(Some(response)) => {
            let pace = response.extensions().get::<Pace>().copied().unwrap_or_default();
            if !pace.latency.is_zero() {
                tokio::time::sleep(shared.clock.real(pace.latency)).await;
            }
            let response = deliver(Arc::clone(&shared.simulated), response, zipped);
            pace::paced(response, pace, &shared.clock)
        }
        Ok(None) => shared.drop_connection().await,
    }
}

/// The engine; a panic in one answer must not silence all the others.
fn locked(simulated: &Mutex<Simulated>) -> MutexGuard<'_, Simulated> {
    simulated.lock().unwrap_or_else(PoisonError::into_inner)
}

/// The smallest reply that is worth compressing.
const WORTH_ZIPPING: usize = 1024;

/// Sends a short answer whole, and a long one piece by piece: the engine answers others in between.
fn deliver(
    simulated: Arc<Mutex<Simulated>>,
    response: http::Response<super::Body>,
    zipped: bool,
) -> Response {
    let (mut head, mut body) = response.into_parts();
    let first = locked(&simulated).next(&mut body).unwrap_or_default();
    // What tells its length is sent as it is.
    let zipped =
        zipped && first.len() >= WORTH_ZIPPING && !head.headers.contains_key("Content-Length");
    let is_whole = body.is_written();
    let zip = zipped.then(|| GzEncoder::new(Vec::new(), Compression::fast()));
    if zipped {
        head.headers.insert("Content-Encoding", http::HeaderValue::from_static("gzip"));
    }
    let mut pieces = Pieces { simulated, first: Some(first), body, zip };
    if !is_whole {
        return Response::from_parts(head, Body::new(pieces));
    }
    let mut whole = pieces.next().unwrap_or_default();
    while let Some(piece) = pieces.next() {
        whole = [whole, piece].concat().into();
    }
    Response::from_parts(head, Body::from(whole))
}

/// The pieces of an answer, each made when the one before it is on its way.
struct Pieces {
    simulated: Arc<Mutex<Simulated>>,
    first: Option<Bytes>,
    body: super::Body,
    zip: Option<GzEncoder<Vec<u8>>>,
}

impl Pieces {
    fn next(&mut self) -> Option<Bytes> {
        let first = self.first.take();
        let piece = first.or_else(|| locked(&self.simulated).next(&mut self.body));
        match (piece, &mut self.zip) {
            (Some(piece), Some(zip)) => {
                zip.write_all(&piece).expect("writing into memory does not fail");
                // Whoever reads is to see each piece at once.
                zip.flush().expect("writing into memory does not fail");
                Some(Bytes::from(std::mem::take(zip.get_mut())))
            }
            (Some(piece), None) => Some(piece),
            (None, _) => {
                let zip = self.zip.take()?;
                Some(Bytes::from(zip.finish().expect("writing into memory does not fail")))
            }
        }
    }
}

impl hyper::body::Body for Pieces {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        _: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        Poll::Ready(self.next().map(|piece| Ok(Frame::data(piece))))
    }
}

fn plain(status: u16, body: Bytes) -> Response {
    let mut response = Response::new(Body::from(body));
    *response.status_mut() =
        http::StatusCode::from_u16(status).expect("the statuses used here are valid");
    response
}

/// The certificate of the authority, for those who have no way to know it yet.
fn pki(shared: &Shared, query: &str) -> Response {
    let query = super::query::Query::parse(query);
    let known = ["ca-certificate", "qemu-ca-certificate", "engine-certificate"];
    if !query.get("resource").is_some_and(|it| known.contains(&it)) {
        return plain(400, Bytes::new());
    }
    let mut response = plain(200, Bytes::from(shared.ca_pem.to_string()));
    let media_type = http::HeaderValue::from_static("application/x-x509-ca-cert");
    response.headers_mut().insert("Content-Type", media_type);
    response
}
