//! In which order steps run, and what stops them.

use std::sync::Arc;
use std::time::Duration;

use tokio::sync::watch;
use virtuform::apply::{Options, apply};
use virtuform::engine::Meaning;
use virtuform::plan::Record;
use virtuform::resources::{Action, Fields};
use virtuform::state::{Entry, LocalStore};
use virtuform::xml::Element;

use crate::bench::*;
use crate::toy::{Mishap, Toy};

const SLOW: Duration = Duration::from_secs(2);

fn toy() -> Arc<Toy> {
    Arc::new(Toy { latency: SLOW, ..Toy::default() })
}

#[tokio::test(start_paused = true)]
async fn a_machine_with_all_that_it_needs() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy { settling: Duration::from_secs(7), ..Toy::default() });
    let machine = fields(
        &VM,
        &[
            ("name", virtuform::resources::Value::Text("web".into())),
            ("network", to_address("networks/lan")),
            ("password", password("hunter2")),
        ],
    );
    let steps = Steps::default()
        .add(&NETWORK, "networks/lan", create(named(&NETWORK, "lan")), &[])
        .add(&VM, "vms/web", create(machine), &[0])
        .add(&VM, "vms/web", until_down(), &[])
        .add(&NIC, "vms/web/nics/eth0", create(named(&NIC, "eth0")), &[2])
        .add(&VM, "vms/web", start(), &[3])
        .add(&VM, "vms/web", until_up(), &[]);
    let mut book = open(folder.path());
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;

    assert!(told.report.is_success(), "{:?}", told.events);
    let writes = toy.calls("P");
    let vm = &book.ledger().entries[&at("vms/web")];
    assert_eq!(
        writes,
        [
            "POST networks".to_owned(),
            "POST vms".to_owned(),
            format!("POST vms/{}/nics", vm.id),
            format!("POST vms/{}/start", vm.id),
        ]
    );
    toy.with(|world| {
        let sent = world.log.iter().find(|sent| sent.call == "POST vms").unwrap();
        let id = &vm.id;
        assert_eq!(
            sent.body,
            format!(
                "<vm id=\"{id}\"><name>web</name><network id=\"id-1\"/><password>hunter2</password></vm>"
            )
        );
        let start = world.log.iter().find(|sent| sent.call.ends_with("start")).unwrap();
        assert_eq!(start.body, "<action><use_cloud_init>true</use_cloud_init></action>");
        let ids: Vec<_> = world
            .log
            .iter()
            .filter(|sent| sent.call.starts_with('P'))
            .map(|sent| sent.correlation_id.clone().unwrap())
            .collect();
        assert!(ids.iter().all(|id| id.len() <= 36 && id.starts_with("vf-")), "{ids:?}");
    });
    assert!(vm.protect, "the rules of the plan are recorded");
    assert!(book.ledger().open.is_empty());
    let waiting: Vec<_> = told.events.iter().filter(|e| e.starts_with("waiting")).collect();
    assert!(waiting.contains(&&"waiting 2 0 s locked".to_owned()), "{waiting:?}");
    let state = std::fs::read_to_string(folder.path().join(LocalStore::NAME)).unwrap();
    assert!(!state.contains("hunter2"));
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_run() {
    let mut runs = Vec::new();
    for _ in 0..2 {
        let folder = tempfile::tempdir().unwrap();
        let toy = Arc::new(Toy { latency: SLOW, settling: SLOW, ..Toy::default() });
        toy.mishap("POST vms", Mishap::LoseAnswer);
        let mut steps = Steps::default();
        for number in 0..20 {
            let address = format!("vms/{number}");
            steps = steps.add(&VM, &address, create(named(&VM, &number.to_string())), &[]);
            steps = steps.add(&VM, &address, until_down(), &[]);
        }
        let mut book = open(folder.path());
        let told = run(steps.plan(), &mut book, &toy, &Options::new(5)).await;
        let start = toy.with(|world| world.log[0].at);
        let log: Vec<_> = toy.with(|world| {
            world.log.iter().map(|s| (s.at - start, s.call.clone(), s.body.clone())).collect()
        });
        runs.push((log, told.events, book.ledger().clone()));
    }
    assert_eq!(runs[0], runs[1]);
}

#[tokio::test(start_paused = true)]
async fn a_failure_takes_along_only_what_needs_it() {
    let folder = tempfile::tempdir().unwrap();
    let toy = toy();
    toy.mishap("POST networks", Mishap::Refuse(400, Meaning::Invalid, "the name is too long"));
    let steps = Steps::default()
        .add(&NETWORK, "networks/a", create(named(&NETWORK, "a")), &[])
        .add(&NETWORK, "networks/b", create(named(&NETWORK, "b")), &[])
        .add(&VM, "vms/a", create(named(&VM, "a")), &[0])
        .add(&NIC, "vms/a/nics/x", create(named(&NIC, "x")), &[2])
        .add(&VM, "vms/b", create(named(&VM, "b")), &[1]);
    let mut book = open(folder.path());
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;

    assert_eq!(told.words(), ["failed", "done", "skipped", "skipped", "done"]);
    let report = &told.report;
    assert!(report.skipped().all(|(_, because)| because.0 == 0));
    let (_, failure) = report.failed().next().unwrap();
    assert_eq!(
        failure.setback.to_string(),
        "the engine refused `POST networks` (400 Operation Failed)"
    );
    let source = std::error::Error::source(&failure.setback).unwrap();
    assert_eq!(source.to_string(), "the name is too long");
    let searched = toy.calls("GET events").pop().unwrap();
    assert_eq!(searched, format!("GET events?search=correlation_id={}", failure.correlation_id));
    let kept: Vec<_> = book.ledger().entries.keys().map(ToString::to_string).collect();
    assert_eq!(kept, ["networks/b", "vms/b"]);
    assert!(book.ledger().open.is_empty(), "a refusal leaves nothing in doubt");
}

#[tokio::test(start_paused = true)]
async fn events_of_the_engine_explain_a_failure() {
    let folder = tempfile::tempdir().unwrap();
    let toy = toy();
    let steps = Steps::default().add(&NETWORK, "networks/a", create(named(&NETWORK, "a")), &[]);
    let mut book = open(folder.path());
    toy.mishap("POST networks", Mishap::Refuse(409, Meaning::Conflict, "no"));
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    let id = told.report.failed().next().unwrap().1.correlation_id.clone();
    toy.with(|world| {
        world.events.push((id.clone(), "normal", "Adding network a."));
        world.events.push((id, "error", "Failed to add network a."));
    });
    toy.mishap("POST networks", Mishap::Refuse(409, Meaning::Conflict, "no"));
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    assert_eq!(told.report.failed().next().unwrap().1.events, ["Failed to add network a."]);
}

#[tokio::test(start_paused = true)]
async fn no_more_calls_run_than_the_width_allows() {
    for width in [1, 3, 10] {
        let folder = tempfile::tempdir().unwrap();
        let toy = toy();
        let mut steps = Steps::default();
        for n in 0..30 {
            let name = n.to_string();
            steps = steps.add(&VM, &format!("vms/{n}"), create(named(&VM, &name)), &[]);
        }
        let mut book = open(folder.path());
        let told = run(steps.plan(), &mut book, &toy, &Options { width, ..Options::new(1) }).await;
        assert!(told.report.is_success());
        assert_eq!(toy.with(|world| world.most_under_way), width);
        assert_eq!(told.report.took, SLOW * 30_u32.div_ceil(width as u32));
    }
}

#[tokio::test(start_paused = true)]
async fn steps_with_the_same_key_never_run_at_the_same_time() {
    let folder = tempfile::tempdir().unwrap();
    let toy = toy();
    let mut steps = Steps::default();
    for n in 0..6 {
        let name = n.to_string();
        steps = steps
            .add(&VM, &format!("vms/{n}"), create(named(&VM, &name)), &[])
            .but(|step| step.exclusive = Some(format!("key-{}", n % 2)));
    }
    let mut book = open(folder.path());
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    assert!(told.report.is_success());
    assert_eq!(toy.with(|world| world.most_under_way), 2);
    let started: Vec<_> = told.events.iter().filter(|e| e.starts_with("started")).collect();
    let want: Vec<_> = (0..6).map(|n| format!("started {n}")).collect();
    assert_eq!(started, want.iter().collect::<Vec<_>>());
}

#[tokio::test(start_paused = true)]
async fn a_failed_step_gives_its_key_back() {
    let folder = tempfile::tempdir().unwrap();
    let toy = toy();
    toy.mishap("POST vms", Mishap::Refuse(400, Meaning::Invalid, "no"));
    let key = || Some("key".to_owned());
    let steps = Steps::default()
        .add(&VM, "vms/a", create(named(&VM, "a")), &[])
        .but(|step| step.exclusive = key())
        .add(&VM, "vms/b", create(named(&VM, "b")), &[])
        .but(|step| step.exclusive = key());
    let mut book = open(folder.path());
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    assert_eq!(told.words(), ["failed", "done"]);
}

#[tokio::test(start_paused = true)]
async fn an_interrupt_lets_calls_end_and_gives_waits_up() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy { latency: SLOW, settling: Duration::from_secs(60), ..Toy::default() });
    let steps = Steps::default()
        .add(&VM, "vms/a", create(named(&VM, "a")), &[])
        .add(&VM, "vms/a", until_down(), &[])
        .add(&VM, "vms/a", start(), &[])
        .add(&VM, "vms/b", create(named(&VM, "b")), &[])
        .add(&VM, "vms/c", create(named(&VM, "c")), &[3])
        .add(&VM, "vms/d", create(named(&VM, "d")), &[4]);
    let mut book = open(folder.path());
    let (interrupt, interrupted) = watch::channel(false);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(3)).await;
        interrupt.send(true).unwrap();
        std::future::pending::<()>().await;
    });
    let options = Options::new(1);
    let report =
        apply(steps.plan(), &mut book, Arc::clone(&toy), &options, interrupted, |_| {}).await;
    let words: Vec<_> = report.steps.iter().map(|(_, ending)| ending.word()).collect();
    assert_eq!(words, ["done", "not started", "not started", "done", "done", "not started"]);
    assert!(report.interrupted);
    assert_eq!(report.took, Duration::from_secs(4));
    assert_eq!(book.ledger().entries.len(), 3, "what ran was recorded");
}

#[tokio::test(start_paused = true)]
async fn records_come_first() {
    let folder = tempfile::tempdir().unwrap();
    let toy = toy();
    toy.put("vms/1f0", virtuform::xml::Element::leaf("vm", ""));
    let entry = Entry { kind: "vm".into(), id: "1f0".into(), ..Entry::default() };
    let keep = Record::Keep { address: at("vms/old"), entry, adopted: true };
    let steps = Steps::default().add(&NIC, "vms/old/nics/x", create(named(&NIC, "x")), &[]);
    let mut book = open(folder.path());
    let plan = with_records(&steps, vec![keep]);
    let told = run(plan, &mut book, &toy, &Options::new(1)).await;
    assert!(told.report.is_success());
    assert_eq!(toy.calls("POST"), ["POST vms/1f0/nics"]);
    let forget = Record::Forget { address: at("vms/old"), moved: None };
    run(with_records(&Steps::default(), vec![forget]), &mut book, &toy, &Options::new(2)).await;
    assert!(!book.ledger().entries.contains_key(&at("vms/old")));
}

/// Two thousand steps in a hundred chains: the run's own work, the ledger's included,
/// stays far below a millisecond for each. Not optimised, on a busy machine: so it is generous.
#[tokio::test]
async fn a_step_costs_little_of_our_own() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy::default());
    let mut steps = Steps::default();
    for number in 0..2_000_u32 {
        let name = number.to_string();
        let needs: Vec<_> = number.checked_sub(100).into_iter().collect();
        let step = Action::Update { changes: Vec::new(), along: Fields::new(), next_start: false };
        steps = steps
            .add(&NETWORK, &format!("networks/{name}"), step, &needs)
            .but(|step| step.object = Some("n".to_owned()));
    }
    toy.put("networks/n", Element::new("network"));
    let plan = steps.plan();
    let mut book = open(folder.path());
    let start = std::time::Instant::now();
    let told = run(plan, &mut book, &toy, &Options::new(1)).await;
    let each = start.elapsed() / 2_000;
    assert!(told.report.is_success());
    println!("{each:?} a step");
    assert!(each < Duration::from_millis(2), "{each:?} a step");
}
