//! Whole runs against the simulated engine: read, plan, apply, and nothing left to do.

use std::path::Path;
use std::sync::{Arc, Mutex};
use std::time::Duration;

use bytes::Bytes;
use tokio::sync::watch;
use tokio::time::{Instant, sleep, timeout};
use virtuform::apply::{Options, apply, settle};
use virtuform::engine::{Broken, Client, EngineUrl, How, Settings, Transport};
use virtuform::manifest::{self, Manifest, Source};
use virtuform::observe::{Scope, observe};
use virtuform::plan::{Limits, Plan, plan};
use virtuform::resources::kinds::KINDS;
use virtuform::simulated::{self, Answer, Effect, Lab, Simulated, Trouble};
use virtuform::state::{Book, Ledger};

use crate::bench::*;

/// A simulated engine in this process, in virtual time.
#[derive(Clone)]
pub struct InProcess {
    engine: Arc<Mutex<Simulated>>,
    start: Instant,
}

pub const LATENCY: Duration = Duration::from_millis(40);

impl Transport for InProcess {
    fn exchange(
        &self,
        request: http::Request<Bytes>,
    ) -> std::pin::Pin<Box<dyn Future<Output = Result<http::Response<Bytes>, Broken>> + Send + '_>>
    {
        Box::pin(async move {
            sleep(LATENCY / 2).await;
            let now = self.start.elapsed();
            let answer = self.engine.lock().unwrap().answer(now, &request);
            sleep(LATENCY / 2).await;
            match answer {
                Answer::Reply(response) => Ok(response),
                Answer::Dropped => Err(Broken::new(How::Interrupted, "cut")),
            }
        })
    }
}

impl InProcess {
    pub fn new() -> Self {
        Self::with(&Lab::default())
    }

    pub fn with(lab: &Lab) -> Self {
        let mut engine = Simulated::new(simulated::Options::default());
        engine.lab(lab);
        Self { engine: Arc::new(Mutex::new(engine)), start: Instant::now() }
    }

    pub fn client(&self) -> Arc<Client> {
        let url = EngineUrl::parse("https://engine.example.com").unwrap();
        let settings = Settings::new(url, "admin@internal", "secret".to_owned(), 1);
        Arc::new(Client::new(settings, Arc::new(self.clone())))
    }

    pub fn trouble(&self, trouble: Trouble) {
        self.engine.lock().unwrap().trouble(trouble);
    }

    /// The id of the object of that name in a collection.
    pub fn id(&self, path: &str, name: &str) -> String {
        let (_, list) = self.engine.lock().unwrap().direct("GET", path, "");
        let list = list.unwrap();
        let object = list.children().iter().find(|object| object.text_at("name") == Some(name));
        object.and_then(virtuform::xml::Element::id).unwrap().to_owned()
    }

    /// How many requests of a path that ends so arrived.
    pub fn arrived(&self, end: &str) -> usize {
        let engine = self.engine.lock().unwrap();
        engine.requests().iter().filter(|request| request.path.ends_with(end)).count()
    }

    /// The names of the objects of a collection.
    pub fn names(&self, path: &str) -> Vec<String> {
        let (_, list) = self.engine.lock().unwrap().direct("GET", path, "");
        let list = list.unwrap();
        let name = |o: &virtuform::xml::Element| {
            o.text_at("name").or(o.text_at("alias")).unwrap_or_default().to_owned()
        };
        list.children().iter().map(name).collect()
    }
}

pub fn load(text: &str) -> Manifest {
    let options = manifest::Options {
        kinds: KINDS,
        variables: &[],
        variable_files: &[],
        environment: &|_| None,
        read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
        open_file: &|path| std::fs::File::open(path),
    };
    let source = Source { name: "a.yaml".into(), text: text.to_owned() };
    manifest::load(&[source], &options).unwrap_or_else(|problems| panic!("{problems}"))
}

async fn plan_for(manifest: &Manifest, client: &Arc<Client>, ledger: &Ledger) -> Plan {
    let desired = &manifest.desired;
    let observed = observe(client, &Scope::of(desired, ledger)).await.unwrap();
    let limits = Limits {
        allow_destroy: vec!["*".into()],
        allow_restart: vec!["*".into()],
        max_deletions: 1000,
        max_deletions_percent: 100,
    };
    plan(desired, &observed, ledger, &limits).unwrap_or_else(|problems| panic!("{problems}"))
}

/// One whole run.
pub async fn go(manifest: &Manifest, client: &Arc<Client>, folder: &Path, seed: u64) -> Told {
    let mut book = open(folder);
    for line in settle(&**client, book.ledger(), KINDS).await.unwrap() {
        book.note(line);
    }
    let plan = plan_for(manifest, client, book.ledger()).await;
    let (_keep, interrupted) = watch::channel(false);
    let mut events = Vec::new();
    let options = Options::new(seed);
    let tell = |event: virtuform::apply::Event<'_>| events.push(say(event));
    let report = apply(plan, &mut book, Arc::clone(client), &options, interrupted, tell).await;
    book.close().unwrap();
    Told { report, events }
}

pub fn assert_success(told: &Told, when: &str) {
    let failures: Vec<_> = told
        .report
        .failed()
        .map(|(step, failure)| {
            let source = std::error::Error::source(&failure.setback);
            let source = source.map(ToString::to_string).unwrap_or_default();
            format!(
                "{} {:?}: {}: {source} {:?}",
                step.address, step.action, failure.setback, failure.events
            )
        })
        .collect();
    assert!(told.report.is_success(), "{when}:\n{}\n{:?}", failures.join("\n"), told.events);
}

pub async fn assert_nothing_to_do(
    manifest: &Manifest,
    client: &Arc<Client>,
    folder: &Path,
    when: &str,
) {
    let book = open(folder);
    let plan = plan_for(manifest, client, book.ledger()).await;
    let left: Vec<_> =
        plan.steps.iter().map(|s| format!("{} {:?} {}", s.address, s.action, s.because)).collect();
    assert!(left.is_empty(), "{when}: {}", left.join("\n"));
    assert!(plan.records.is_empty(), "{when}: {:?}", plan.records);
}

const SHOP: &str = "
networks:
  shop: { data_center: lab, vlan: { id: 120 }, mtu: 9000 }
clusters:
  lab:
    data_center: lab
    networks:
      shop: { required: false }
hosts:
  'host-{1..2}':
    cluster: lab
    address: 'host-${each}.lab.example.com'
    network_attachments: { shop: { host_nic: eth1 } }
vnic_profiles:
  shop: { network: shop }
disks:
  shared: { provisioned_size: 2 GiB, format: raw, storage_domains: [nfs-2] }
vms:
  web-{1..3}:
    cluster: lab
    template: rhel-9
    memory: 2 GiB
    status: up
    nics:
      nic2: { vnic_profile: shop, interface: virtio }
    disk_attachments:
      data:
        interface: virtio_scsi
        disk: { provisioned_size: 3 GiB, format: cow, storage_domains: [nfs-1] }
";

#[tokio::test(start_paused = true)]
async fn a_shop_is_made_and_removed() {
    let engine = InProcess::new();
    let client = engine.client();
    let folder = tempfile::tempdir().unwrap();
    let shop = load(SHOP);
    assert_success(&go(&shop, &client, folder.path(), 1).await, "making");
    assert_nothing_to_do(&shop, &client, folder.path(), "made").await;
    assert_eq!(engine.names("/vms"), ["web-1", "web-2", "web-3"]);

    let nothing = load("clusters: { lab: { data_center: lab } }");
    assert_success(&go(&nothing, &client, folder.path(), 2).await, "removing");
    assert_nothing_to_do(&nothing, &client, folder.path(), "removed").await;
    assert!(engine.names("/vms").is_empty());
}

#[tokio::test(start_paused = true)]
async fn every_request_and_every_answer_may_be_lost_once() {
    let shop = load(SHOP);
    let nothing = load("clusters: { lab: { data_center: lab } }");
    for effect in [Effect::DropAfter, Effect::DropBefore] {
        for nth in 1..=17 {
            let engine = InProcess::new();
            let client = engine.client();
            let folder = tempfile::tempdir().unwrap();
            let when = format!("{effect:?} {nth}");
            engine.trouble(Trouble::on("POST", "*", effect.clone()).nth(nth));
            assert_success(&go(&shop, &client, folder.path(), 1).await, &when);
            assert_nothing_to_do(&shop, &client, folder.path(), &when).await;
            assert_eq!(engine.names("/vms").len(), 3, "{when}");
            if nth > 9 {
                continue;
            }
            engine.trouble(Trouble::on("DELETE", "*", effect.clone()).nth(nth));
            assert_success(&go(&nothing, &client, folder.path(), 2).await, &when);
            assert_nothing_to_do(&nothing, &client, folder.path(), &when).await;
            assert!(engine.names("/vms").is_empty(), "{when}");
        }
    }
}

#[tokio::test(start_paused = true)]
async fn a_killed_shop_is_finished() {
    let shop = load(SHOP);
    let mut kills = 0;
    for tick in 1..300_u32 {
        let engine = InProcess::new();
        let client = engine.client();
        let folder = tempfile::tempdir().unwrap();
        // Close together where most is made, farther apart later.
        let after = LATENCY / 2 * tick * tick.div_ceil(3);
        let first = timeout(after, go(&shop, &client, folder.path(), 1)).await;
        let is_killed = first.is_err();
        drop(first);
        let when = format!("killed after {after:?}");
        // What was on its way arrives, and states settle as they may.
        if tick % 2 == 0 {
            sleep(Duration::from_secs(60)).await;
        }
        assert_success(&go(&shop, &client, folder.path(), 2).await, &when);
        assert_nothing_to_do(&shop, &client, folder.path(), &when).await;
        assert_eq!(engine.names("/vms").len(), 3, "{when}");
        let disks = engine.names("/disks");
        let own = |name: &&String| name.ends_with("_data") || *name == "shared";
        assert_eq!(disks.iter().filter(own).count(), 4, "{when}: {disks:?}");
        kills += usize::from(is_killed);
        if !is_killed {
            break;
        }
    }
    assert!(kills > 15, "{kills} kills");
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_is_lost_costs_nothing_but_what_may_be_removed() {
    let engine = InProcess::new();
    let client = engine.client();
    let folder = tempfile::tempdir().unwrap();
    let shop = load(SHOP);
    assert_success(&go(&shop, &client, folder.path(), 1).await, "making");
    let elsewhere = tempfile::tempdir().unwrap();
    let told = go(&shop, &client, elsewhere.path(), 2).await;
    assert!(told.report.steps.is_empty(), "{:?}", told.events);
    assert!(told.report.records > 5);
    assert_nothing_to_do(&shop, &client, elsewhere.path(), "adopted").await;
    let book: Book = open(elsewhere.path());
    assert!(book.ledger().entries.len() > 5);
}
