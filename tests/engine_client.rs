//! The engine client over real TLS connections.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "engine_client/server.rs"]
mod server;

use std::error::Error;
use std::io::Write;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::sync::{Arc, Mutex};
use std::time::Duration;

use flate2::Compression;
use flate2::write::GzEncoder;
use rcgen::CertificateParams;
use server::{Answer, Seen, Server, response};
use virtuform::engine::{
    Client, Engine, EngineUrl, Fault, How, Https, HttpsOptions, Meaning, Patience, Reply, Request,
    Settings, Trust, segment,
};
use virtuform::xml::Element;

const HTML: &str = "<html><head><title>Error</title></head><body>invalid_grant</body></html>";

/// Grants tokens `token-1`, `token-2` ... and leaves all else to `api`.
fn engine(
    api: impl Fn(&Seen) -> Answer + Send + Sync + 'static,
) -> impl Fn(&Seen) -> Answer + Send + Sync + 'static {
    let logins = AtomicUsize::new(0);
    move |request| {
        if request.line != "POST /ovirt-engine/sso/oauth/token" {
            return api(request);
        }
        if !request.body.contains("password=hunter2%26%20more") {
            let denied = r#"{"error_code":"access_denied","error":"Cannot authenticate user."}"#;
            return Answer::Send(response("400 Bad Request", "application/json", denied));
        }
        let number = logins.fetch_add(1, Ordering::SeqCst) + 1;
        let token = format!(r#"{{"access_token":"token-{number}","token_type":"bearer"}}"#);
        Answer::Send(response("200 OK", "application/json", token))
    }
}

fn xml(body: &str) -> Answer {
    Answer::Send(response("200 OK", "application/xml;charset=UTF-8", body))
}

fn options(ca: Trust) -> HttpsOptions {
    HttpsOptions { ca, timeout: Duration::from_millis(500), ..HttpsOptions::default() }
}

fn settings(address: &str, password: &str) -> Settings {
    let mut settings =
        Settings::new(EngineUrl::parse(address).unwrap(), "admin@internal", password, 1);
    let pause = Duration::from_millis(10);
    settings.patience = Patience {
        outage: 20 * pause,
        first_pause: pause,
        longest_pause: pause,
        ..Patience::default()
    };
    settings
}

fn client_with(server: &Server, options: HttpsOptions) -> Client {
    let settings = settings(&format!("https://127.0.0.1:{}", server.port), "hunter2& more");
    Client::new(settings, Arc::new(Https::new(options).unwrap()))
}

fn client(server: &Server) -> Client {
    client_with(server, options(Trust::Pem(server.authority.clone())))
}

fn vm() -> Request {
    Request::post("vms", Element::new("vm").with(Element::leaf("name", "web")))
}

/// How a request to an unreachable engine broke.
fn how(outcome: Result<Reply, Fault>) -> How {
    match outcome {
        Err(Fault::Unreachable { cause, .. }) => cause.how,
        other => panic!("{other:?}"),
    }
}

#[tokio::test]
async fn one_login_and_one_connection_serve_many_requests() {
    let server = Server::start(engine(|_| xml("<vms/>"))).await;
    let client = client(&server);
    for _ in 0..5 {
        let request = Request::get("vms").query("search", "name=\"a b\"").correlated("mine");
        assert_eq!(client.send(request).await.unwrap().element().unwrap().name(), "vms");
    }
    client.send(Request::get(format!("vms/{}", segment("a/b")))).await.unwrap();
    client.close().await;
    let lines = server.lines();
    assert_eq!(lines[0], "POST /ovirt-engine/sso/oauth/token");
    assert_eq!(lines[1], "GET /ovirt-engine/api/vms?search=name%3D%22a%20b%22");
    assert_eq!(lines[6], "GET /ovirt-engine/api/vms/a%2Fb");
    assert_eq!(lines[7], "POST /ovirt-engine/services/sso-logout");
    assert_eq!(lines.len(), 8);
    assert_eq!(server.connections.load(Ordering::SeqCst), 1);
    let seen = server.seen.lock().unwrap();
    assert_eq!(seen[0].header("accept"), Some("application/json"));
    for (name, value) in [
        ("version", "4"),
        ("accept", "application/xml"),
        ("accept-language", "en"),
        ("content-type", "application/xml"),
        ("correlation-id", "mine"),
        ("authorization", "Bearer token-1"),
        ("accept-encoding", "gzip"),
    ] {
        assert_eq!(seen[1].header(name), Some(value), "{name}");
    }
    assert_eq!(seen[6].header("correlation-id").map(str::len), Some(36));
    assert!(seen[7].body.contains("token=token-1"), "{}", seen[7].body);
}

#[tokio::test]
async fn an_expired_session_is_renewed_and_the_creation_sent_again() {
    let server = Server::start(engine(|request| match request.header("authorization") {
        Some("Bearer token-2") => xml("<vm id=\"1\"/>"),
        _ => Answer::Send(response("401 Unauthorized", "text/html;charset=UTF-8", HTML)),
    }))
    .await;
    assert_eq!(client(&server).send(vm()).await.unwrap().element().unwrap().id(), Some("1"));
    let lines = server.lines();
    let logins = lines.iter().filter(|line| line.contains("sso")).count();
    assert_eq!((logins, lines.len()), (2, 4));
    assert_eq!(server.seen.lock().unwrap()[3].body, "<vm><name>web</name></vm>");
}

#[tokio::test]
async fn a_wrong_password_is_tried_once_and_not_shown() {
    let server = Server::start(engine(|_| xml("<vms/>"))).await;
    let settings = settings(&format!("https://127.0.0.1:{}", server.port), "n0t-this");
    assert!(!format!("{settings:?}").contains("n0t-this"));
    let https = Https::new(options(Trust::Pem(server.authority.clone()))).unwrap();
    let client = Client::new(settings, Arc::new(https));
    for _ in 0..3 {
        let fault = client.send(Request::get("vms")).await.unwrap_err();
        let Fault::LoginRefused { code, .. } = &fault else { panic!("{fault:?}") };
        assert_eq!(code, "access_denied");
        assert_eq!(fault.to_string(), "the engine did not log in `admin@internal`");
        assert_eq!(fault.source().unwrap().to_string(), "Cannot authenticate user.");
        assert!(!format!("{fault:?}").contains("n0t-this"));
    }
    assert_eq!(server.lines().len(), 1);
}

#[tokio::test]
async fn a_certificate_must_come_from_the_authority() {
    let server = Server::start(engine(|_| xml("<vms/>"))).await;
    let other = Server::start(engine(|_| xml("<vms/>"))).await;
    for trust in [Trust::Pem(other.authority.clone()), Trust::SystemRoots] {
        let client = client_with(&server, options(trust));
        assert_eq!(how(client.send(Request::get("vms")).await), How::UntrustedCertificate);
    }
    assert!(server.lines().is_empty());
    let client = client_with(&server, options(Trust::Insecure));
    client.send(Request::get("vms")).await.unwrap();
}

#[tokio::test]
async fn a_certificate_can_be_known_by_its_fingerprint() {
    let params = CertificateParams::new(["another.example.com".to_owned()]).unwrap();
    let server = Server::with_certificate(params, engine(|_| xml("<vms/>"))).await;
    let wrong = client_with(&server, options(Trust::Fingerprint("00:".repeat(31) + "00")));
    let fault = wrong.send(Request::get("vms")).await.unwrap_err();
    let shown = fault.source().unwrap().to_string();
    assert_eq!(how(Err(fault)), How::OtherCertificate);
    assert!(server.lines().is_empty());
    let fingerprint = shown.split('`').nth(1).unwrap().to_owned();
    assert_eq!(fingerprint.len(), 95, "{shown}");
    let right = client_with(&server, options(Trust::Fingerprint(fingerprint.to_lowercase())));
    right.send(Request::get("vms")).await.unwrap();
    for bad in ["", "AB:CD", &"0x".repeat(32)] {
        assert!(Https::new(options(Trust::Fingerprint(bad.to_owned()))).is_err(), "{bad}");
    }
}

#[tokio::test]
async fn a_certificate_must_be_for_the_host_name() {
    let params = CertificateParams::new(["engine.example.com".to_owned()]).unwrap();
    let server = Server::with_certificate(params, engine(|_| xml("<vms/>"))).await;
    let fault = client(&server).send(Request::get("vms")).await.unwrap_err();
    let shown = fault.source().unwrap().to_string();
    assert!(shown.contains("engine.example.com"), "{shown}");
    assert_eq!(how(Err(fault)), How::WrongHostName);
}

#[tokio::test]
async fn a_certificate_must_be_of_this_time() {
    let mut params = CertificateParams::new(["127.0.0.1".to_owned()]).unwrap();
    params.not_after = rcgen::date_time_ymd(2001, 1, 1);
    params.not_before = rcgen::date_time_ymd(2000, 1, 1);
    let server = Server::with_certificate(params, engine(|_| xml("<vms/>"))).await;
    assert_eq!(how(client(&server).send(Request::get("vms")).await), How::ExpiredCertificate);
}

#[tokio::test]
async fn certificates_that_cannot_be_read_are_refused_at_once() {
    for pem in ["", "not PEM", "-----BEGIN CERTIFICATE-----\nAAAA\n-----END CERTIFICATE-----\n"] {
        assert!(Https::new(options(Trust::Pem(pem.to_owned()))).is_err(), "{pem}");
    }
}

#[tokio::test]
async fn nobody_listening_is_told_from_a_name_that_is_none() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let port = listener.local_addr().unwrap().port();
    drop(listener);
    for (address, expected) in [
        (format!("https://127.0.0.1:{port}"), How::NotConnected),
        ("https://no-such-engine.invalid".to_owned(), How::Unresolved),
    ] {
        let https = Https::new(options(Trust::Insecure)).unwrap();
        let client = Client::new(settings(&address, "x"), Arc::new(https));
        assert_eq!(how(client.send(vm()).await), expected, "{address}");
    }
}

#[tokio::test]
async fn a_port_without_tls_is_not_waited_for() {
    let listener = tokio::net::TcpListener::bind("127.0.0.1:0").await.unwrap();
    let port = listener.local_addr().unwrap().port();
    tokio::spawn(async move {
        while let Ok((mut tcp, _)) = listener.accept().await {
            let bytes = response("400 Bad Request", "text/plain", "speak plainly");
            tokio::io::AsyncWriteExt::write_all(&mut tcp, &bytes).await.ok();
        }
    });
    let https = Https::new(options(Trust::Insecure)).unwrap();
    let client = Client::new(settings(&format!("https://127.0.0.1:{port}"), "x"), Arc::new(https));
    assert_eq!(how(client.send(Request::get("vms")).await), How::BadTls);
}

#[tokio::test]
async fn a_web_server_that_is_no_engine_is_named() {
    let server =
        Server::start(|_| Answer::Send(response("404 Not Found", "text/html", HTML))).await;
    let fault = client(&server).send(Request::get("vms")).await.unwrap_err();
    assert!(matches!(fault, Fault::NotAnEngine { .. }), "{fault:?}");
    let shown = fault.source().unwrap().to_string();
    assert_eq!(shown, "the login is answered with 404 Not Found");
}

#[tokio::test]
async fn a_lost_creation_is_not_repeated() {
    let server = Server::start(engine(|_| Answer::Break(Vec::new()))).await;
    let fault = client(&server).send(vm()).await.unwrap_err();
    assert!(matches!(fault, Fault::Lost { .. }), "{fault:?}");
    assert!(fault.may_have_happened());
    let posts = server.lines().into_iter().filter(|l| l == "POST /ovirt-engine/api/vms");
    assert_eq!(posts.count(), 1);
}

#[tokio::test]
async fn a_reading_that_breaks_off_is_repeated() {
    let tries = AtomicUsize::new(0);
    let whole = response("200 OK", "application/xml", "<vms><vm id=\"1\"/></vms>");
    let server = Server::start(engine(move |_| match tries.fetch_add(1, Ordering::SeqCst) {
        0 => Answer::Break(Vec::new()),
        1 => Answer::Break(whole[..whole.len() - 8].to_vec()),
        2 => Answer::Stall,
        3 => xml("<vms><vm id=\"1\"/>"),
        _ => Answer::Send(whole.clone()),
    }))
    .await;
    let mut client_settings =
        settings(&format!("https://127.0.0.1:{}", server.port), "hunter2& more");
    client_settings.patience.outage = Duration::from_secs(5);
    let https = Https::new(options(Trust::Pem(server.authority.clone()))).unwrap();
    let client = Client::new(client_settings, Arc::new(https));
    let reply = client.send(Request::get("vms")).await.unwrap();
    assert_eq!(reply.element().unwrap().children().len(), 1);
    assert_eq!(server.lines().iter().filter(|line| line.ends_with("/vms")).count(), 5);
}

#[tokio::test]
async fn an_answer_that_stays_cut_is_a_fault() {
    let server = Server::start(engine(|_| xml("<vms><vm id=\"1\"/>"))).await;
    let fault = client(&server).send(Request::get("vms")).await.unwrap_err();
    assert_eq!(fault.to_string(), "the engine's answer to `GET vms` cannot be read");
    assert_eq!(fault.source().unwrap().to_string(), "it ends too early");
    assert_eq!(server.lines().iter().filter(|line| line.ends_with("/vms")).count(), 2);
}

fn gzip(body: &[u8]) -> Vec<u8> {
    let mut encoder = GzEncoder::new(Vec::new(), Compression::best());
    encoder.write_all(body).unwrap();
    let packed = encoder.finish().unwrap();
    let head = format!(
        "HTTP/1.1 200 OK\r\nContent-Type: application/xml\r\nContent-Encoding: gzip\r\n\
         Content-Length: {}\r\n\r\n",
        packed.len()
    );
    [head.as_bytes(), &packed].concat()
}

#[tokio::test]
async fn compressed_answers_are_unpacked_up_to_a_limit() {
    let small = gzip(b"<vms><vm id=\"1\"/></vms>");
    let bomb = gzip(format!("<vms>{}</vms>", " ".repeat(8 << 20)).as_bytes());
    assert!(bomb.len() < 64 << 10);
    let server = Server::start(engine(move |request| {
        let body = if request.line.ends_with("/bomb") { &bomb } else { &small };
        Answer::Send(body.clone())
    }))
    .await;
    let options = options(Trust::Pem(server.authority.clone()));
    let client = client_with(&server, HttpsOptions { longest_answer: 1 << 20, ..options });
    let reply = client.send(Request::get("vms")).await.unwrap();
    assert_eq!(reply.body, "<vms><vm id=\"1\"/></vms>");
    let fault = client.send(Request::get("bomb")).await.unwrap_err();
    let Fault::Lost { cause, .. } = fault else { panic!("{fault:?}") };
    assert_eq!(cause.how, How::TooLong);
    assert_eq!(server.lines().iter().filter(|line| line.ends_with("/bomb")).count(), 1);
}

#[tokio::test]
async fn a_refusal_is_read() {
    let fault = "<action><fault><detail>[Cannot run VM. VM is running.]</detail><reason>Operation \
                 Failed</reason></fault><status>failed</status></action>";
    let server = Server::start(engine(move |_| {
        Answer::Send(response("409 Conflict", "application/xml", fault))
    }))
    .await;
    let start = Request::post("vms/1/start", Element::new("action"));
    let fault = client(&server).send(start).await.unwrap_err();
    assert_eq!(fault.meaning(), Some(Meaning::Conflict));
    assert_eq!(fault.to_string(), "the engine refused `POST vms/1/start` (409 Operation Failed)");
    assert_eq!(fault.source().unwrap().to_string(), "Cannot run VM. VM is running.");
}

/// Keeps what is logged.
#[derive(Clone, Default)]
struct Log(Arc<Mutex<Vec<u8>>>);

impl Write for Log {
    fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
        self.0.lock().unwrap().extend_from_slice(bytes);
        Ok(bytes.len())
    }

    fn flush(&mut self) -> std::io::Result<()> {
        Ok(())
    }
}

#[tokio::test]
async fn no_secret_is_logged_however_much_is() {
    let server = Server::start(engine(|_| xml("<host><name>from-body</name></host>"))).await;
    let log = Log::default();
    let writer = log.clone();
    let subscriber = tracing_subscriber::fmt()
        .with_max_level(tracing::Level::TRACE)
        .with_writer(move || writer.clone())
        .finish();
    let guard = tracing::subscriber::set_default(subscriber);
    let client = client(&server);
    let host = Element::new("host").with(Element::leaf("root_password", "s3cret-root"));
    client.send(Request::post("hosts", host).correlated("seen-in-log")).await.unwrap();
    client.close().await;
    drop(guard);
    let log = String::from_utf8(log.0.lock().unwrap().clone()).unwrap();
    assert!(log.contains("seen-in-log") && log.contains("/ovirt-engine/api/hosts"), "{log}");
    for secret in ["hunter2", "token-1", "s3cret-root", "from-body"] {
        assert!(!log.contains(secret), "{secret} in {log}");
    }
}
