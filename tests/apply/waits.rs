//! Waiting: shared, patient, and no longer than it makes sense.

use std::sync::Arc;
use std::time::Duration;

use virtuform::apply::{Options, Setback};
use virtuform::engine::Meaning;
use virtuform::resources::{Action, until};
use virtuform::xml::Element;

use crate::bench::*;
use crate::toy::{Mishap, Toy, set_status};

const SECOND: Duration = Duration::from_secs(1);

#[tokio::test(start_paused = true)]
async fn five_hundred_waits_cost_one_list_at_a_time() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy { settling: SECOND * 60, ..Toy::default() });
    let mut steps = Steps::default();
    for number in 0..500 {
        let name = number.to_string();
        steps = steps.add(&VM, &format!("vms/{name}"), create(named(&VM, &name)), &[]);
        steps = steps.add(&VM, &format!("vms/{name}"), until_down(), &[]);
    }
    let told = run(steps.plan(), &mut open(folder.path()), &toy, &Options::new(1)).await;
    assert!(told.report.is_success());
    let lists = toy.calls("GET vms");
    assert!(lists.iter().all(|call| call == "GET vms"), "the list is asked for, not each machine");
    // One at once, then after 1, 1.5, 2.25, 3.4 seconds, then each 5 until 60 are over.
    assert!((12..=18).contains(&lists.len()), "{} lists", lists.len());
    assert!(told.report.took < SECOND * 66, "{:?}", told.report.took);
}

#[tokio::test(start_paused = true)]
async fn one_wait_asks_for_its_object() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy { settling: SECOND, ..Toy::default() });
    let steps = Steps::default().add(&VM, "vms/a", create(named(&VM, "a")), &[]).add(
        &VM,
        "vms/a",
        until_down(),
        &[],
    );
    let mut book = open(folder.path());
    run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    let id = book.ledger().entries[&at("vms/a")].id.clone();
    assert_eq!(toy.calls("GET"), vec![format!("GET vms/{id}"); 2]);
}

#[tokio::test(start_paused = true)]
async fn waits_take_no_place_among_the_calls() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy { settling: SECOND * 100, ..Toy::default() });
    let mut steps = Steps::default();
    for number in 0..20 {
        let name = number.to_string();
        steps = steps.add(&VM, &format!("vms/{name}"), create(named(&VM, &name)), &[]);
        steps = steps.add(&VM, &format!("vms/{name}"), until_down(), &[]);
    }
    let options = Options { width: 1, ..Options::new(1) };
    let told = run(steps.plan(), &mut open(folder.path()), &toy, &options).await;
    assert!(told.report.is_success());
    assert!(told.report.took < SECOND * 106, "{:?}", told.report.took);
}

async fn wait_for(toy: &Arc<Toy>, wait: Action) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let steps = Steps::default()
        .add(&VM, "vms/a", create(named(&VM, "a")), &[])
        .add(&VM, "vms/a", wait, &[])
        .add(&NIC, "vms/a/nics/x", create(named(&NIC, "x")), &[1]);
    run(steps.plan(), &mut open(folder.path()), toy, &Options::new(1)).await
}

#[tokio::test(start_paused = true)]
async fn an_object_that_vanishes_was_rolled_back() {
    let toy = Arc::new(Toy { settling: SECOND * 60, ..Toy::default() });
    toy.mishap("POST vms", Mishap::RollBack(SECOND * 5));
    let told = wait_for(&toy, until_down()).await;
    assert_eq!(told.words(), ["done", "failed", "skipped"]);
    assert_eq!(told.why(1), "it vanished: the engine rolled it back");
    // It is the creation that explains it.
    let creation = toy.with(|world| world.log[0].correlation_id.clone().unwrap());
    let searched = toy.calls("GET events");
    assert_eq!(searched, [format!("GET events?search=correlation_id={creation}")]);
}

#[tokio::test(start_paused = true)]
async fn a_failing_state_ends_the_wait_at_once() {
    let toy = Arc::new(Toy { settling: SECOND * 60, ..Toy::default() });
    let other = Arc::clone(&toy);
    tokio::spawn(async move {
        tokio::time::sleep(SECOND * 3).await;
        other.with(|world| {
            world.objects.values_mut().for_each(|object| set_status(object, "illegal"));
        });
    });
    let told = wait_for(&toy, until_down()).await;
    assert_eq!(told.why(1), "its `status` is `illegal`");
    assert!(told.report.took < SECOND * 9, "{:?}", told.report.took);
}

#[tokio::test(start_paused = true)]
async fn a_wait_has_an_end() {
    let toy = Arc::new(Toy { settling: SECOND * 7200, ..Toy::default() });
    let told = wait_for(&toy, until_down()).await;
    let Some(Setback::TimedOut { after, last, .. }) = told.report.steps[1].1.setback() else {
        panic!("{:?}", told.report.steps[1].1)
    };
    assert!(*after >= SECOND * 600 && *after <= SECOND * 606, "{after:?}");
    assert_eq!(last.as_deref(), Some("locked"));
    let told_of: Vec<_> = told.events.iter().filter(|e| e.starts_with("waiting")).collect();
    assert!((40..=62).contains(&told_of.len()), "{} times", told_of.len());
}

#[tokio::test(start_paused = true)]
async fn a_wait_outlives_an_engine_that_is_away() {
    let toy = Arc::new(Toy { settling: SECOND * 20, ..Toy::default() });
    for _ in 0..3 {
        toy.mishap("GET vms", Mishap::LoseRequest);
    }
    assert_eq!(wait_for(&toy, until_down()).await.words(), ["done", "done", "done"]);
    toy.mishap("GET vms", Mishap::Refuse(403, Meaning::Forbidden, "not for you"));
    let told = wait_for(&Arc::clone(&toy), until_down()).await;
    assert_eq!(told.words()[1], "skipped", "the name is taken by now");
    let toy = Arc::new(Toy::default());
    toy.mishap("GET vms", Mishap::Refuse(403, Meaning::Forbidden, "not for you"));
    assert_eq!(wait_for(&toy, until_down()).await.words(), ["done", "failed", "skipped"]);
}

#[tokio::test(start_paused = true)]
async fn a_wait_for_the_end_ends_with_the_object() {
    let toy = Arc::new(Toy::default());
    toy.mishap("POST vms", Mishap::RollBack(SECOND * 5));
    let told = wait_for(&toy, until("status", &[], &[])).await;
    assert_eq!(told.words()[1], "done");
}

#[tokio::test(start_paused = true)]
async fn a_kind_may_be_watched_elsewhere() {
    use virtuform::resources::{Attribute, Kind, invoke, refer, text};
    static ATTRIBUTES: &[Attribute] =
        &[text("name", "Name."), refer("data_center", "Data center.", &NETWORK)];
    static DOMAIN: Kind = Kind::new("storage_domain", "storage_domains", "A domain.")
        .segment("storagedomains")
        .watch("datacenters/{data_center}/storagedomains")
        .attributes(ATTRIBUTES);
    static ATTACH: virtuform::resources::Verb = virtuform::resources::Verb::link(
        "attach",
        "storage_domain",
        "datacenters/{data_center}/storagedomains",
    );
    let toy = Arc::new(Toy::default());
    let with = fields(&DOMAIN, &[("data_center", to_id("dc"))]);
    let steps = Steps::default()
        .add(&DOMAIN, "storage_domains/a", invoke(&ATTACH, with), &[])
        .but(|step| step.object = Some("sd".into()))
        .add(&DOMAIN, "storage_domains/a", until("status", &["active"], &[]), &[])
        .but(|step| step.object = Some("sd".into()));
    let other = Arc::clone(&toy);
    tokio::spawn(async move {
        tokio::time::sleep(SECOND * 3).await;
        let active = Element::new("storage_domain").with(Element::leaf("status", "active"));
        other.put("datacenters/dc/storagedomains/sd", active);
    });
    let folder = tempfile::tempdir().unwrap();
    let told = run(steps.plan(), &mut open(folder.path()), &toy, &Options::new(1)).await;
    assert!(told.report.is_success(), "{:?}", told.report.steps);
    assert!(toy.calls("GET").iter().all(|call| call == "GET datacenters/dc/storagedomains"));
}

#[tokio::test(start_paused = true)]
async fn what_is_removed_is_forgotten_when_it_is_gone() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy::default());
    let mut book = open(folder.path());
    let make = Steps::default().add(&VM, "vms/a", create(named(&VM, "a")), &[]);
    run(make.plan(), &mut book, &toy, &Options::new(1)).await;
    let id = book.ledger().entries[&at("vms/a")].id.clone();
    let remove = Steps::default()
        .add(&VM, "vms/a", Action::Delete { with: Default::default() }, &[])
        .but(|step| step.object = Some(id.clone()))
        .add(&VM, "vms/a", until("status", &[], &["illegal"]), &[])
        .but(|step| step.object = Some(id.clone()));

    // The engine accepts the removal and does not get it done.
    toy.mishap("DELETE", Mishap::Ignore);
    toy.with(|world| world.objects.values_mut().for_each(|vm| set_status(vm, "illegal")));
    let told = run(remove.plan(), &mut book, &toy, &Options::new(2)).await;
    assert_eq!(told.words(), ["done", "failed"]);
    assert!(book.ledger().entries.contains_key(&at("vms/a")), "it is still ours");
    let told = run(remove.plan(), &mut book, &toy, &Options::new(3)).await;
    assert_eq!(told.words(), ["done", "done"]);
    assert!(book.ledger().entries.is_empty());
}
