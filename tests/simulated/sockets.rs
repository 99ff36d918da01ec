//! Clients that behave badly on the wire: whatever they send, the server goes on answering others.

use std::sync::Arc;
use std::time::Duration;

use rustls::pki_types::pem::PemObject;
use tokio::io::{AsyncReadExt, AsyncWriteExt};
use tokio::net::TcpStream;
use tokio_rustls::TlsConnector;
use tokio_rustls::client::TlsStream;
use virtuform::simulated::server::{ServeOptions, Server, serve};
use virtuform::simulated::{Effect, Latency, Options, Restart, Simulated, Trouble};

async fn start(options: ServeOptions) -> Server {
    let _ = rustls::crypto::ring::default_provider().install_default();
    serve(Simulated::new(Options::default()), options).await.unwrap()
}

async fn tcp(server: &Server) -> TcpStream {
    let address = server.url.strip_prefix("https://").unwrap().split('/').next().unwrap();
    TcpStream::connect(address).await.unwrap()
}

async fn tls(server: &Server) -> std::io::Result<TlsStream<TcpStream>> {
    let mut roots = rustls::RootCertStore::empty();
    let ca = rustls::pki_types::CertificateDer::from_pem_slice(server.ca_pem.as_bytes()).unwrap();
    roots.add(ca).unwrap();
    let config =
        rustls::ClientConfig::builder().with_root_certificates(roots).with_no_client_auth();
    let name = "127.0.0.1".try_into().unwrap();
    TlsConnector::from(Arc::new(config)).connect(name, tcp(server).await).await
}

/// What comes back for some bytes, until the server closes.
async fn say(server: &Server, bytes: &[u8]) -> String {
    let mut stream = tls(server).await.unwrap();
    // The server may close before it has read everything.
    let _ = stream.write_all(bytes).await;
    let mut reply = Vec::new();
    let _ = tokio::time::timeout(Duration::from_secs(20), stream.read_to_end(&mut reply)).await;
    String::from_utf8_lossy(&reply).into_owned()
}

const HEALTH: &[u8] =
    b"GET /ovirt-engine/services/health HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n";

async fn is_well(server: &Server) {
    let reply = say(server, HEALTH).await;
    assert!(reply.starts_with("HTTP/1.1 200 OK"), "{reply}");
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn what_is_no_request_is_refused_and_others_are_answered() {
    let server = start(ServeOptions::default()).await;
    let huge_header = format!("GET / HTTP/1.1\r\nHost: a\r\nX: {}\r\n\r\n", "x".repeat(2 << 20));
    let many_headers = format!("GET / HTTP/1.1\r\n{}\r\n", "X: y\r\n".repeat(1000));
    for (bytes, status) in [
        (&b"nonsense\r\n\r\n"[..], "HTTP/1.1 400"),
        (b"GET / HTTP/9.9\r\n\r\n", "HTTP/1.1 400"),
        (b"GET /\xff\xfe HTTP/1.1\r\nHost: a\r\nConnection: close\r\n\r\n", "HTTP/1.1 40"),
        (huge_header.as_bytes(), "HTTP/1.1 431"),
        (many_headers.as_bytes(), "HTTP/1.1 431"),
        (
            b"POST /ovirt-engine/api/vms HTTP/1.1\r\nHost: a\r\nContent-Length: x\r\n\r\n",
            "HTTP/1.1 400",
        ),
    ] {
        let reply = say(&server, bytes).await;
        let shown = String::from_utf8_lossy(&bytes[..bytes.len().min(60)]);
        assert!(reply.starts_with(status), "{shown}: {reply}");
        is_well(&server).await;
    }
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn a_document_that_is_too_long_is_refused() {
    let server = start(ServeOptions::default()).await;
    let mut request =
        b"POST /ovirt-engine/api/vms HTTP/1.1\r\nHost: a\r\nContent-Length: 11534336\r\n\r\n"
            .to_vec();
    request.resize(request.len() + (11 << 20), b'x');
    let reply = say(&server, &request).await;
    assert!(reply.starts_with("HTTP/1.1 413"), "{reply}");
    is_well(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn clients_that_never_finish_hold_up_nobody() {
    let server = start(ServeOptions::default()).await;
    let mut idle = Vec::new();
    for _ in 0..100 {
        idle.push(tcp(&server).await);
    }
    let mut slow = tls(&server).await.unwrap();
    slow.write_all(b"GET /ovirt-engine/api HTTP/1.1\r\nX").await.unwrap();
    let mut half = tls(&server).await.unwrap();
    half.write_all(
        b"POST /ovirt-engine/api/vms HTTP/1.1\r\nHost: a\r\nContent-Length: 9\r\n\r\n<vm",
    )
    .await
    .unwrap();
    half.shutdown().await.unwrap();
    is_well(&server).await;
    drop(idle);
    is_well(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn answers_come_late_slowly_or_in_part() {
    let server = start(ServeOptions::default()).await;
    let tenth = Duration::from_millis(300);
    let trouble = |effect| {
        let mut engine = server.simulated.lock().unwrap();
        engine.no_more_trouble();
        engine.trouble(Trouble::on("GET", "/ovirt-engine/services/health", effect));
    };
    trouble(Effect::Delay(Latency::Constant(tenth)));
    let begun = std::time::Instant::now();
    is_well(&server).await;
    assert!(begun.elapsed() >= tenth);
    trouble(Effect::Drip(50));
    let begun = std::time::Instant::now();
    let reply = say(&server, HEALTH).await;
    assert!(reply.ends_with("DB Up!Welcome to Health Status!"), "{reply}");
    assert!(begun.elapsed() >= tenth, "{:?}", begun.elapsed());
    trouble(Effect::DropMidway);
    let reply = say(&server, HEALTH).await;
    assert!(reply.contains("content-length: 31") && reply.ends_with("DB Up!Welcome t"), "{reply}");
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn an_engine_that_restarts_refuses_connections() {
    let server = start(ServeOptions { speed: 100.0, ..ServeOptions::default() }).await;
    let restart = Restart { down: Duration::from_secs(50), refuses: true };
    server.simulated.lock().unwrap().restart(&restart);
    assert!(tls(&server).await.is_err());
    tokio::time::sleep(Duration::from_millis(600)).await;
    is_well(&server).await;
    server.stop().await;
}

/// What the control endpoint says, as JSON.
async fn control(
    server: &Server,
    verb: &str,
    path: &str,
    body: &str,
) -> (String, serde_json::Value) {
    let request = format!(
        "{verb} /simulated{path} HTTP/1.1\r\nHost: a\r\nConnection: close\r\nContent-Length: {}\r\n\r\n{body}",
        body.len()
    );
    let reply = say(server, request.as_bytes()).await;
    let (head, body) = reply.split_once("\r\n\r\n").unwrap_or((&reply, ""));
    let status = head.lines().next().unwrap_or_default().to_owned();
    (status, body.lines().next().and_then(|it| serde_json::from_str(it).ok()).unwrap_or_default())
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn tests_in_other_languages_control_time_and_trouble() {
    let options = ServeOptions { speed: 0.0, control: true, ..ServeOptions::default() };
    let server = start(options).await;
    assert_eq!(control(&server, "GET", "", "").await.1["now"], 0.0);
    let (_, after) = control(&server, "POST", "/advance", r#"{"seconds": 90}"#).await;
    assert_eq!(after["now"], 90.0);
    let plan = "rules: [{ on: GET *, times: 1, effect: { status: 503 } }]";
    control(&server, "POST", "/trouble", plan).await;
    assert!(say(&server, HEALTH).await.starts_with("HTTP/1.1 503"));
    is_well(&server).await;
    let (_, line) = control(&server, "GET", "/requests", "").await;
    assert_eq!((&line["status"], &line["time"]), (&503.into(), &90.0.into()));
    control(&server, "DELETE", "/requests", "").await;
    assert_eq!(control(&server, "POST", "/settle", "").await.1["requests"], 0);
    assert_eq!(control(&server, "GET", "/snapshot", "").await.1["simulated_engine"], 1);
    for (verb, path, body, status, says) in [
        ("POST", "/advance", "{}", "400", "missing field `seconds`"),
        ("POST", "/advance", r#"{"seconds": -1}"#, "400", "negative"),
        ("POST", "/trouble", "rules: [{}]", "400", "line 1: missing field `on`"),
        ("GET", "/advance", "", "405", "means nothing"),
        ("GET", "/castles", "", "404", "there is no `/simulated/castles`"),
    ] {
        let (found, reply) = control(&server, verb, path, body).await;
        assert!(found.contains(status), "{verb} {path}: {found}");
        assert!(reply["error"].as_str().unwrap().contains(says), "{verb} {path}: {reply}");
    }
    control(&server, "POST", "/restart", r#"{"down": "20 s"}"#).await;
    assert!(say(&server, HEALTH).await.starts_with("HTTP/1.1 503"));
    control(&server, "POST", "/advance", r#"{"seconds": 20}"#).await;
    is_well(&server).await;
    server.stop().await;
}

#[tokio::test(flavor = "multi_thread", worker_threads = 2)]
async fn there_is_no_control_unless_it_was_asked_for() {
    let server = start(ServeOptions::default()).await;
    assert!(control(&server, "GET", "", "").await.0.contains("404"));
    server.stop().await;
}
