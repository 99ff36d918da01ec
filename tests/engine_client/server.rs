//! A web server with TLS on 127.0.0.1 that answers each request as a test says, byte by byte: so it
//! can also break off where a well-made server would not.

use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use rcgen::{BasicConstraints, CertificateParams, DnType, IsCa, Issuer, KeyPair};
use rustls::ServerConfig;
use rustls::pki_types::{PrivateKeyDer, PrivatePkcs8KeyDer};
use tokio::io::{AsyncBufReadExt, AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt, BufReader};
use tokio::net::TcpListener;
use tokio_rustls::TlsAcceptor;

/// A request as it arrived.
#[derive(Clone, Debug, Default)]
pub struct Seen {
    pub line: String,
    pub headers: Vec<(String, String)>,
    pub body: String,
}

impl Seen {
    pub fn header(&self, name: &str) -> Option<&str> {
        let mut headers = self.headers.iter();
        headers.find(|(known, _)| known.eq_ignore_ascii_case(name)).map(|(_, value)| value.as_str())
    }
}

/// What to do with a request.
pub enum Answer {
    /// Sends these bytes and waits for the next request.
    Send(Vec<u8>),
    /// Sends these bytes and closes the connection.
    Break(Vec<u8>),
    /// Never answers.
    Stall,
}

/// A whole response with a content type.
pub fn response(status: &str, kind: &str, body: impl AsRef<[u8]>) -> Vec<u8> {
    let body = body.as_ref();
    let head = format!(
        "HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {}\r\n\r\n",
        body.len()
    );
    [head.as_bytes(), body].concat()
}

pub struct Server {
    pub port: u16,
    /// The certificate of the authority that vouches for the server.
    pub authority: String,
    pub connections: Arc<AtomicUsize>,
    pub seen: Arc<Mutex<Vec<Seen>>>,
}

type Handler = dyn Fn(&Seen) -> Answer + Send + Sync;

impl Server {
    /// Starts a server with a certificate for `127.0.0.1`.
    pub async fn start(handler: impl Fn(&Seen) -> Answer + Send + Sync + 'static) -> Self {
        let params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
        Self::with_certificate(params, handler).await
    }

    pub async fn with_certificate(
        params: CertificateParams,
        handler: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
    ) -> Self {
        let (authority, acceptor) = tls(params);
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let port = listener.local_addr().unwrap().port();
        let (connections, seen) = (Arc::default(), Arc::default());
        let server = Self { port, authority, connections, seen };
        let (connections, seen) = (Arc::clone(&server.connections), Arc::clone(&server.seen));
        let handler: Arc<Handler> = Arc::new(handler);
        tokio::spawn(async move {
            while let Ok((tcp, _)) = listener.accept().await {
                let (acceptor, handler) = (acceptor.clone(), Arc::clone(&handler));
                let (connections, seen) = (Arc::clone(&connections), Arc::clone(&seen));
                tokio::spawn(async move {
                    if let Ok(tls) = acceptor.accept(tcp).await {
                        connections.fetch_add(1, Ordering::SeqCst);
                        serve(tls, &*handler, &seen).await.ok();
                    }
                });
            }
        });
        server
    }

    /// The lines of the requests that arrived, without protocol version.
    pub fn lines(&self) -> Vec<String> {
        self.seen.lock().unwrap().iter().map(|seen| seen.line.clone()).collect()
    }
}

fn tls(params: CertificateParams) -> (String, TlsAcceptor) {
    rustls::crypto::ring::default_provider().install_default().ok();
    let mut root = CertificateParams::default();
    root.distinguished_name.push(DnType::CommonName, "authority of this test");
    root.is_ca = IsCa::Ca(BasicConstraints::Unconstrained);
    let root_key = KeyPair::generate().unwrap();
    let authority = root.self_signed(&root_key).unwrap().pem();
    let issuer = Issuer::new(root, root_key);
    let key = KeyPair::generate().unwrap();
    let certificate = params.signed_by(&key, &issuer).unwrap();
    let key = PrivateKeyDer::Pkcs8(PrivatePkcs8KeyDer::from(key.serialize_der()));
    let config = ServerConfig::builder()
        .with_no_client_auth()
        .with_single_cert(vec![certificate.der().clone()], key)
        .unwrap();
    (authority, TlsAcceptor::from(Arc::new(config)))
}

async fn serve(
    stream: impl AsyncRead + AsyncWrite + Unpin,
    handler: &Handler,
    seen: &Mutex<Vec<Seen>>,
) -> std::io::Result<()> {
    let mut stream = BufReader::new(stream);
    while let Some(request) = read(&mut stream).await? {
        let answer = handler(&request);
        seen.lock().unwrap().push(request);
        match answer {
            Answer::Send(bytes) => stream.write_all(&bytes).await?,
            Answer::Break(bytes) => {
                stream.write_all(&bytes).await?;
                return stream.shutdown().await;
            }
            Answer::Stall => tokio::time::sleep(Duration::from_secs(3600)).await,
        }
        stream.flush().await?;
    }
    Ok(())
}

async fn read(stream: &mut (impl AsyncBufReadExt + Unpin)) -> std::io::Result<Option<Seen>> {
    let mut request = Seen::default();
    loop {
        let mut line = String::new();
        if stream.read_line(&mut line).await? == 0 {
            return Ok(None);
        }
        match line.trim_end().split_once(": ") {
            _ if line == "\r\n" => break,
            _ if request.line.is_empty() => {
                request.line = line.trim_end().trim_end_matches(" HTTP/1.1").to_owned();
            }
            Some((name, value)) => request.headers.push((name.to_owned(), value.to_owned())),
            None => panic!("a header has a colon: {line}"),
        }
    }
    let length = request.header("content-length").map_or(0, |length| length.parse().unwrap());
    let mut body = vec![0; length];
    stream.read_exact(&mut body).await?;
    request.body = String::from_utf8(body).unwrap();
    Ok(Some(request))
}
