//! A run that is killed at any instant, and the one after it.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::AtomicUsize;
use std::time::Duration;

use tokio::sync::watch;
use tokio::time::timeout;
use virtuform::apply::{Options, apply, settle};
use virtuform::plan::{Plan, Record};
use virtuform::resources::Action;
use virtuform::state::{Book, Entry, LocalStore};

use crate::bench::*;
use crate::toy::Toy;

const LATENCY: Duration = Duration::from_millis(100);

/// Two networks, three machines with two NICs each, all started.
fn wanted() -> Steps {
    let mut steps = Steps::default()
        .add(&NETWORK, "networks/a", create(named(&NETWORK, "a")), &[])
        .add(&NETWORK, "networks/b", create(named(&NETWORK, "b")), &[]);
    for name in ["x", "y", "z"] {
        let vm = format!("vms/{name}");
        steps = steps.add(&VM, &vm, create(named(&VM, name)), &[0, 1]);
        steps = steps.add(&VM, &vm, until_down(), &[]);
        let ready = steps.0.len() as u32 - 1;
        for nic in ["1", "2"] {
            let address = format!("{vm}/nics/{nic}");
            steps = steps.add(&NIC, &address, create(named(&NIC, nic)), &[ready]);
        }
        let nics = [steps.0.len() as u32 - 2, steps.0.len() as u32 - 1];
        steps = steps.add(&VM, &vm, start(), &nics);
        steps = steps.add(&VM, &vm, until_up(), &[]);
    }
    steps
}

/// What a planner would make of it: pairs by the ledger's id, then by name below the parent.
fn plan_again(book: &Book, toy: &Toy) -> Plan {
    toy.with(|world| world.let_time_pass());
    let mut plan = wanted().plan();
    let mut ids = std::collections::BTreeMap::new();
    let mut done = Vec::new();
    for step in &plan.steps {
        let collection = match step.kind.parent {
            Some(_) => match ids.get(&step.address.parent().unwrap()) {
                Some(id) => format!("vms/{id}/nics"),
                None => continue,
            },
            None => step.kind.segment.to_owned(),
        };
        let recorded = book.ledger().entries.get(&step.address).map(|entry| entry.id.clone());
        let found = toy.with(|world| {
            let in_it = |path: &String| path.rsplit_once('/').unwrap().0 == collection;
            let objects = world.objects.iter().filter(|(path, _)| in_it(path));
            let objects: Vec<_> = objects.map(|(_, object)| object.clone()).collect();
            let by_id = objects.iter().find(|object| object.id() == recorded.as_deref());
            let name = Some(step.address.key());
            by_id.or(objects.iter().find(|object| object.text_at("name") == name)).cloned()
        });
        let Some(object) = found else { continue };
        let id = object.id().unwrap().to_owned();
        match step.action {
            Action::Create { .. } => {
                done.push(step.id);
                let entry = Entry { id: id.clone(), protect: true, ..step.entry.clone().unwrap() };
                let (address, adopted) = (step.address.clone(), recorded.is_none());
                plan.records.push(Record::Keep { address, entry, adopted });
                ids.insert(step.address.clone(), id);
            }
            Action::Invoke { .. } | Action::Await { .. }
                if object.text_at("status") == Some("up") =>
            {
                done.push(step.id)
            }
            _ => {}
        }
    }
    plan.steps.retain(|step| !done.contains(&step.id));
    plan
}

async fn settled(folder: &Path, toy: &Toy) -> Book {
    let mut book = open(folder);
    for line in settle(toy, book.ledger(), &[&VM, &NETWORK, &NIC]).await.unwrap() {
        book.note(line);
    }
    book
}

fn assert_all_is_there(book: &Book, toy: &Toy, when: &str) {
    assert_eq!(toy.count("networks"), 2, "{when}");
    assert_eq!(toy.count("vms"), 3, "{when}");
    let ledger = book.ledger();
    assert_eq!(ledger.entries.len(), 11, "{when}");
    assert!(ledger.open.is_empty(), "{when}: {:?}", ledger.open);
    toy.with(|world| {
        assert_eq!(world.objects.len(), 11, "{when}: {:?}", world.objects.keys());
        for (address, entry) in &ledger.entries {
            let is_it = |path: &&String| path.ends_with(&format!("/{}", entry.id));
            assert_eq!(world.objects.keys().filter(is_it).count(), 1, "{when}: {address}");
        }
        for (path, vm) in world.objects.iter().filter(|(p, _)| p.split('/').count() == 2) {
            if path.starts_with("vms/") {
                assert_eq!(vm.text_at("status"), Some("up"), "{when}: {path}");
            }
        }
    });
}

#[tokio::test(start_paused = true)]
async fn a_run_killed_at_any_time_is_finished_by_the_next() {
    let mut was_killed = 0;
    for tick in 0..400 {
        // Before and after the effect of each call.
        let after = LATENCY / 2 * tick + LATENCY / 8;
        let folder = tempfile::tempdir().unwrap();
        let toy = Arc::new(Toy { latency: LATENCY, settling: LATENCY * 3, ..Toy::default() });
        let mut book = open(folder.path());
        let (_keep, interrupted) = watch::channel(false);
        let options = Options { width: 3, ..Options::new(1) };
        let engine = Arc::clone(&toy);
        let first = apply(wanted().plan(), &mut book, engine, &options, interrupted, |_| {});
        let is_killed = timeout(after, first).await.is_err();
        drop(book);
        tokio::time::sleep(LATENCY * 4).await;

        let mut book = settled(folder.path(), &toy).await;
        let plan = plan_again(&book, &toy);
        let told = run(plan, &mut book, &toy, &Options::new(2)).await;
        let when = format!("killed after {after:?}");
        assert!(told.report.is_success(), "{when}: {:?}", told.events);
        assert_all_is_there(&book, &toy, &when);
        was_killed += usize::from(is_killed);
        if !is_killed {
            break;
        }
    }
    assert!((25..400).contains(&was_killed), "{was_killed} kills");
}

#[tokio::test(start_paused = true)]
async fn a_ledger_that_fails_at_any_write_stops_the_run_and_the_next_goes_on() {
    let mut failures = 0;
    for lives in 0..200 {
        let folder = tempfile::tempdir().unwrap();
        let toy = Arc::new(Toy { latency: LATENCY, settling: LATENCY * 3, ..Toy::default() });
        let inner = LocalStore::new(folder.path().join(LocalStore::NAME));
        let left = Arc::new(AtomicUsize::new(lives));
        let store = Box::new(Mortal { inner, lives: left });
        let mut book = Book::open(store, &holder("mortal"), now(), fresh).unwrap();
        let first = run(wanted().plan(), &mut book, &toy, &Options::new(1)).await;
        drop(book);
        let when = format!("after {lives} writes");
        if let Some(error) = &first.report.ledger_error {
            failures += 1;
            assert!(!first.report.is_success());
            let said = format!("ledger failed: {error}");
            assert!(first.events.contains(&said), "{when}: {:?}", first.events);
            if lives == 0 {
                assert!(toy.calls("").is_empty(), "nothing is sent that is not written down");
            }
        }
        tokio::time::sleep(LATENCY * 4).await;

        let mut book = settled(folder.path(), &toy).await;
        let plan = plan_again(&book, &toy);
        let told = run(plan, &mut book, &toy, &Options::new(2)).await;
        assert!(told.report.is_success(), "{when}: {:?}", told.events);
        assert_all_is_there(&book, &toy, &when);
        if first.report.ledger_error.is_none() {
            break;
        }
    }
    assert!((5..200).contains(&failures), "{failures} failures");
}
