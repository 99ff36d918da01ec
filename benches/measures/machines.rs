//! A plan without changes and a whole export of ten thousand VMs, two NICs and two disks each, over
//! HTTPS.

use std::io::{BufRead, BufReader, Read};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::{Duration, Instant};

use virtuform::engine::{
    Client, Engine, EngineUrl, Fault, Https, HttpsOptions, Reply, Request, Settings, Trust,
};
use virtuform::export::export;
use virtuform::observe::{Scope, observe};
use virtuform::plan::{Limits, plan};
use virtuform::resources::kinds::KINDS;
use virtuform::simulated::server::{ServeOptions, serve as serve_engine};
use virtuform::simulated::{Lab, Options, Simulated};
use virtuform::state::Ledger;

use crate::applying::load;
use crate::memory;
use crate::report::line;

const MACHINES: usize = 10_000;

pub fn measure() {
    let folder = tempfile::tempdir().expect("there is room");
    let mut engine = start("serve", folder.path());
    let mut said = String::new();
    let output = engine.stdout.take().expect("it is piped");
    BufReader::new(output).read_line(&mut said).expect("the engine says that it is ready");
    let told = ask("probe", folder.path());
    let what = format!("{MACHINES} VMs, no change: ");
    line(&format!("{what}requests"), &told[0], "", "under 40");
    line(&format!("{what}reading, engine included"), format!("{} s", told[1]), "", "-");
    line(&format!("{what}planning"), format!("{} s", told[2]), "", "-");
    line(&format!("{what}peak memory"), format!("{} MiB", told[3]), "", "400 MB");
    let told = ask("export", folder.path());
    let what = format!("{MACHINES} VMs, all exported: ");
    line(&format!("{what}requests beside NUMA nodes"), &told[0], "", "-");
    line(&format!("{what}reading, engine included"), format!("{} s", told[1]), "", "-");
    line(&format!("{what}writing"), format!("{} s", told[2]), "", "-");
    line(&format!("{what}peak memory"), format!("{} MiB", told[3]), "", "-");
    engine.kill().expect("the engine is there");
    engine.wait().expect("the engine ends");
}

/// What a part of this program finds out: requests, seconds of reading, of its own work, and MiB.
fn ask(part: &str, folder: &Path) -> Vec<String> {
    let mut part = start(part, folder);
    let mut told = String::new();
    let mut output = part.stdout.take().expect("it is piped");
    output.read_to_string(&mut told).expect("it tells what it found");
    assert!(part.wait().expect("it ends").success(), "it failed: {told}");
    let told: Vec<String> = told.split_whitespace().map(str::to_owned).collect();
    assert_eq!(told.len(), 4, "{told:?}");
    told
}

/// Starts a part of this program in a process of its own.
pub fn start(part: &str, folder: &Path) -> Child {
    Command::new(std::env::current_exe().expect("a program knows where it is"))
        .arg(part)
        .arg(folder)
        .stdout(Stdio::piped())
        .spawn()
        .expect("the same program starts again")
}

/// Serves an engine with its machines until it is killed.
pub fn serve(folder: &str) {
    runtime().block_on(async {
        let mut simulated = Simulated::new(Options::default());
        simulated.lab(&Lab::large(MACHINES));
        let address = "127.0.0.1:0".parse().expect("it is an address");
        let options = ServeOptions { address, ..ServeOptions::default() };
        let server = serve_engine(simulated, options).await.expect("a port is free");
        let folder = Path::new(folder);
        std::fs::write(folder.join("url"), &server.url).expect("there is room");
        std::fs::write(folder.join("ca.pem"), &server.ca_pem).expect("there is room");
        println!("ready");
        std::future::pending::<()>().await;
    });
}

/// Reads the engine and plans.
pub fn probe(folder: &str) {
    let engine = connected(folder);
    let desired = load(&manifest());
    let ledger = Ledger::new("bench".to_owned(), [7; 32]);
    let start = Instant::now();
    let scope = Scope::of(&desired, &ledger);
    let observed = runtime().block_on(observe(&engine, &scope)).expect("the engine answers");
    let reading = start.elapsed();
    let start = Instant::now();
    let plan = plan(&desired, &observed, &ledger, &Limits::default()).expect("nothing is wrong");
    let planning = start.elapsed();
    assert!(plan.is_empty(), "{} steps where nothing differs", plan.steps.len());
    assert_eq!(plan.records.len(), 5 * MACHINES, "all of it is adopted");
    tell(&engine, reading, planning);
}

/// Reads the engine and writes manifests of all that it has.
pub fn write(folder: &str) {
    let engine = connected(folder);
    let start = Instant::now();
    let scope = Scope::kinds(KINDS.iter().copied()).with_all_content();
    let observed = runtime().block_on(observe(&engine, &scope)).expect("the engine answers");
    let reading = start.elapsed();
    let start = Instant::now();
    let export = export(&observed, &[]);
    let writing = start.elapsed();
    assert!(export.count > 5 * MACHINES, "all machines are written");
    tell(&engine, reading, writing);
}

fn tell(engine: &Counting, reading: Duration, own: Duration) {
    let requests = engine.requests.load(Ordering::Relaxed);
    let (reading, own) = (reading.as_secs_f64(), own.as_secs_f64());
    println!("{requests} {reading:.2} {own:.2} {:.0}", memory::peak());
}

fn connected(folder: &str) -> Arc<Counting> {
    let read = |name: &str| {
        std::fs::read_to_string(Path::new(folder).join(name)).expect("the engine wrote it")
    };
    let url = EngineUrl::parse(&read("url")).expect("it is an address");
    let https = Https::new(HttpsOptions {
        ca: Trust::Pem(read("ca.pem")),
        timeout: Duration::from_secs(120),
        ..HttpsOptions::default()
    });
    let settings = Settings::new(url, "admin@internal", "secret".to_owned(), 1);
    let client = Client::new(settings, Arc::new(https.expect("the authority is right")));
    Arc::new(Counting { client, requests: AtomicUsize::new(0) })
}

/// What the lab has, as its owners would write it.
fn manifest() -> String {
    format!(
        "vms:
  vm-{{00000..{:05}}}:
    cluster: lab
    memory: 2 GiB
    memory_policy: {{ max: 8 GiB }}
    os: {{ type: rhel_9x64 }}
    nics:
      nic{{1..2}}: {{ interface: virtio }}
    disk_attachments:
      root: {{ interface: virtio_scsi, bootable: true, disk: {{ provisioned_size: 20 GiB }} }}
      data: {{ interface: virtio_scsi, disk: {{ provisioned_size: 20 GiB }} }}
",
        MACHINES - 1
    )
}

struct Counting {
    client: Client,
    requests: AtomicUsize,
}

impl Engine for Counting {
    async fn send(&self, request: Request) -> Result<Reply, Fault> {
        // No machine's link leads to them: each is asked.
        if !request.path.ends_with("/numanodes") {
            self.requests.fetch_add(1, Ordering::Relaxed);
        }
        self.client.send(request).await
    }
}

pub fn runtime() -> tokio::runtime::Runtime {
    let runtime = tokio::runtime::Builder::new_multi_thread().enable_all().build();
    runtime.expect("a runtime starts")
}
