//! How fast the simulated engine answers: long lists in process, single objects over HTTPS.

use std::io::{BufRead, BufReader};
use std::time::{Duration, Instant};

use bytes::Bytes;
use reqwest::Certificate;
use virtuform::simulated::{Lab, Options, Simulated};

use crate::machines::start;
use crate::memory;
use crate::report::{line, time};

const MACHINES: usize = 10_000;
const RUNS: usize = 5;
const REQUESTS: usize = 8_000;
const CONNECTIONS: usize = 4;
const TOKEN: &str = "/ovirt-engine/sso/oauth/token";
const FORM: &str =
    "grant_type=password&username=admin%40internal&password=secret&scope=ovirt-app-api";

pub fn measure() {
    lists();
    objects();
}

/// Lists ten thousand machines, piece by piece.
fn lists() {
    let mut engine = Simulated::new(Options::default());
    engine.lab(&Lab::large(MACHINES));
    let login = http::Request::post(TOKEN).header("Accept", "application/json");
    let reply = whole(&mut engine, &login.body(Bytes::from(FORM)).expect("it is a request"));
    let token = token(&reply);
    let held = memory::held();
    line(&format!("{MACHINES} VMs: memory held"), format!("{held:.0} MiB"), "", "1024 MB");
    for (what, accept) in [("XML", "application/xml"), ("JSON", "application/json")] {
        let request = http::Request::get("/ovirt-engine/api/vms")
            .header("Authorization", format!("Bearer {token}"))
            .header("Accept", accept)
            .body(Bytes::new())
            .expect("it is a request");
        let megabytes = pieces(&mut engine, &request, usize::MAX) as f64 / 1e6;
        let speed = |seconds: f64| format!("{:.0} MB/s", megabytes / seconds);
        let worked = cpu_seconds(std::process::id());
        let times = time(RUNS, || pieces(&mut engine, &request, usize::MAX));
        // The run that does not count works, too.
        let worked = (cpu_seconds(std::process::id()) - worked) / (RUNS + 1) as f64;
        let what = format!("{what}: list of {MACHINES} VMs, {megabytes:.0} MB");
        line(&format!("{what}, by CPU time"), speed(worked), "", "50 MB/s");
        times.line(&what, "-", speed);
        let times = time(5, || pieces(&mut engine, &request, 1));
        let shown = |seconds: f64| format!("{:.1} ms", seconds * 1e3);
        times.line("first piece of it", "-", shown);
    }
    let grown = memory::peak() - held;
    line("lists: memory beyond that, at most", format!("{grown:.0} MiB"), "", "-");
}

fn whole(engine: &mut Simulated, request: &http::Request<Bytes>) -> Vec<u8> {
    let mut body = engine.begin(Duration::ZERO, request).expect("it answers").into_body();
    let mut all = Vec::new();
    while let Some(piece) = engine.next(&mut body) {
        all.extend_from_slice(&piece);
    }
    all
}

fn pieces(engine: &mut Simulated, request: &http::Request<Bytes>, most: usize) -> usize {
    let mut body = engine.begin(Duration::ZERO, request).expect("it answers").into_body();
    let mut bytes = 0;
    for _ in 0..most {
        let Some(piece) = engine.next(&mut body) else { break };
        bytes += piece.len();
    }
    bytes
}

fn token(reply: &[u8]) -> String {
    let json: serde_json::Value = serde_json::from_slice(reply).expect("it is JSON");
    json["access_token"].as_str().expect("the password is right").to_owned()
}

/// Gets one machine again and again, over connections that are kept, from an engine in a process of
/// its own: what counts is the time that this process takes.
fn objects() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut engine = start("serve", folder.path());
    let mut said = String::new();
    let output = engine.stdout.take().expect("it is piped");
    BufReader::new(output).read_line(&mut said).expect("the engine says that it is ready");
    let read = |name: &str| std::fs::read_to_string(folder.path().join(name)).expect("it is there");
    let (url, ca) = (read("url"), read("ca.pem"));
    let runtime = tokio::runtime::Runtime::new().expect("a runtime starts");
    let (wall, worked) = runtime.block_on(ask(&url, &ca, engine.id()));
    engine.kill().expect("the engine is there");
    engine.wait().expect("the engine ends");
    let speed = |seconds: f64| format!("{:.0}/s", REQUESTS as f64 / seconds);
    line("GET of a VM over HTTPS, by the engine's CPU time", speed(worked), "", "2000/s");
    line(&format!("GET of a VM over HTTPS, {CONNECTIONS} connections"), speed(wall), "", "-");
}

async fn ask(url: &str, ca: &str, engine: u32) -> (f64, f64) {
    let _ = rustls::crypto::ring::default_provider().install_default();
    let ca = Certificate::from_pem(ca.as_bytes()).expect("it is a certificate");
    let client = reqwest::Client::builder().tls_certs_only([ca]).build().expect("it is set up");
    let login =
        client.post(url.replace("/ovirt-engine/api", TOKEN)).header("Accept", "application/json");
    let login = login.header("Content-Type", "application/x-www-form-urlencoded").body(FORM);
    let token = token(&login.send().await.expect("it answers").bytes().await.expect("all of it"));
    let get = |path: &str| client.get(format!("{url}{path}")).bearer_auth(&token);
    let one = get("/vms?max=1").send().await.expect("it answers").text().await.expect("all of it");
    let id = one.split("id=\"").nth(1).and_then(|it| it.split('"').next()).expect("a machine");
    let request = get(&format!("/vms/{id}"));
    let (began, worked) = (Instant::now(), cpu_seconds(engine));
    let mut asking = tokio::task::JoinSet::new();
    for _ in 0..CONNECTIONS {
        let request = request.try_clone().expect("it has no body");
        asking.spawn(async move {
            for _ in 0..REQUESTS / CONNECTIONS {
                let request = request.try_clone().expect("it has no body");
                let reply = request.send().await.expect("it answers");
                assert_eq!(reply.status(), 200);
                reply.bytes().await.expect("all of it");
            }
        });
    }
    while let Some(asked) = asking.join_next().await {
        asked.expect("it asks");
    }
    (began.elapsed().as_secs_f64(), cpu_seconds(engine) - worked)
}

/// The time that a process has worked, in user and system mode, as the kernel counts it.
fn cpu_seconds(process: u32) -> f64 {
    const TICKS_A_SECOND: f64 = 100.0;
    let stat = std::fs::read_to_string(format!("/proc/{process}/stat")).unwrap_or_default();
    let after_name = stat.rsplit(')').next().unwrap_or_default();
    let ticks = |at| after_name.split_whitespace().nth(at).and_then(|it| it.parse::<f64>().ok());
    (ticks(11).unwrap_or_default() + ticks(12).unwrap_or_default()) / TICKS_A_SECOND
}
