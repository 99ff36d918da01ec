//! What each action sends, and what becomes of lost answers, silence and refusals.

use std::sync::Arc;
use std::time::Duration;

use virtuform::apply::{Options, settle};
use virtuform::engine::Meaning;
use virtuform::resources::{Action, Fields, Value, Watched, invoke};
use virtuform::state::Entry;
use virtuform::xml::Element;

use crate::bench::*;
use crate::toy::{Mishap, Toy};

fn vm(id: &str, name: &str, status: &str) -> (String, Element) {
    let element = Element::new("vm")
        .with(Element::leaf("name", name))
        .with(Element::leaf("sockets", "2"))
        .with(Element::leaf("status", status));
    (format!("vms/{id}"), element)
}

fn toy_with_vm(status: &str) -> Arc<Toy> {
    let toy = Toy { settling: Duration::from_secs(3), ..Toy::default() };
    let (path, element) = vm("1f0", "web", status);
    toy.put(&path, element);
    Arc::new(toy)
}

/// Runs one step after another on `vms/web`, which is `1f0`.
async fn on_web(toy: &Arc<Toy>, actions: Vec<Action>) -> Told {
    let folder = tempfile::tempdir().unwrap();
    let mut steps = Steps::default();
    for action in actions {
        steps =
            steps.add(&VM, "vms/web", action, &[]).but(|step| step.object = Some("1f0".to_owned()));
    }
    run(steps.plan(), &mut open(folder.path()), toy, &Options::new(1)).await
}

#[tokio::test(start_paused = true)]
async fn a_lost_answer_to_a_creation_is_looked_up() {
    for kind in [&VM, &NETWORK] {
        let folder = tempfile::tempdir().unwrap();
        let toy = Arc::new(Toy::default());
        toy.mishap("POST", Mishap::LoseAnswer);
        let address = format!("{}/a", kind.section);
        let steps = Steps::default().add(kind, &address, create(named(kind, "a")), &[]);
        let mut book = open(folder.path());
        let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
        assert!(told.report.is_success(), "{:?}", told.report.steps);
        assert_eq!(toy.calls("POST").len(), 1);
        let id = &book.ledger().entries[&at(&address)].id;
        assert!(toy.with(|w| w.objects.contains_key(&format!("{}/{id}", kind.segment))));
        assert!(book.ledger().open.is_empty());
    }
}

#[tokio::test(start_paused = true)]
async fn a_lost_creation_is_sent_again() {
    for kind in [&VM, &NETWORK] {
        let folder = tempfile::tempdir().unwrap();
        let toy = Arc::new(Toy::default());
        toy.mishap("POST", Mishap::LoseRequest);
        let address = format!("{}/a", kind.section);
        let steps = Steps::default().add(kind, &address, create(named(kind, "a")), &[]);
        let told = run(steps.plan(), &mut open(folder.path()), &toy, &Options::new(1)).await;
        assert!(told.report.is_success(), "{:?}", told.report.steps);
        assert_eq!(toy.calls("POST").len(), 2);
        assert_eq!(toy.count(kind.segment), 1);
        let bodies: Vec<_> = toy.with(|world| {
            world.log.iter().filter(|s| s.call.starts_with('P')).map(|s| s.body.clone()).collect()
        });
        assert_eq!(bodies[0], bodies[1], "the chosen id stays the same");
    }
}

#[tokio::test(start_paused = true)]
async fn a_creation_that_stays_in_doubt_stays_open_for_the_next_run() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy::default());
    toy.mishap("POST", Mishap::LoseAnswer);
    toy.mishap("GET networks", Mishap::Refuse(503, Meaning::Busy, "away"));
    let steps = Steps::default().add(&NETWORK, "networks/a", create(named(&NETWORK, "a")), &[]);
    let mut book = open(folder.path());
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    assert_eq!(told.words(), ["failed"]);
    assert!(told.why(0).contains("was lost; whether it took effect is unknown"), "{}", told.why(0));
    drop(book);

    // The next run finds it before it plans.
    let mut book = open(folder.path());
    assert_eq!(book.ledger().open.len(), 1);
    for line in settle(&*toy, book.ledger(), &[&NETWORK]).await.unwrap() {
        book.note(line);
    }
    assert_eq!(book.ledger().entries[&at("networks/a")].id, "id-1");
    assert!(book.ledger().entries[&at("networks/a")].protect);
    assert!(book.ledger().open.is_empty());
}

#[tokio::test(start_paused = true)]
async fn an_open_creation_is_looked_for_before_it_is_sent_again() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy::default());
    toy.mishap("POST", Mishap::LoseAnswer);
    toy.mishap("GET vms", Mishap::Refuse(503, Meaning::Busy, "away"));
    let steps = Steps::default().add(&VM, "vms/a", create(named(&VM, "a")), &[]);
    let mut book = open(folder.path());
    run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    let told = run(steps.plan(), &mut book, &toy, &Options::new(2)).await;
    assert!(told.report.is_success());
    assert_eq!(toy.calls("POST").len(), 1);
    assert_eq!(toy.count("vms"), 1);
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_still_works_on_is_waited_for() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy::default());
    toy.mishap("POST", Mishap::LoseRequest);
    let steps = Steps::default().add(&NETWORK, "networks/a", create(named(&NETWORK, "a")), &[]);
    // The job of the lost request makes the network after a while.
    let correlation_id = {
        let probe = tempfile::tempdir().unwrap();
        let toy = Arc::new(Toy::default());
        run(steps.plan(), &mut open(probe.path()), &toy, &Options::new(1)).await;
        toy.with(|world| world.log[0].correlation_id.clone().unwrap())
    };
    toy.with(|world| world.jobs.push(correlation_id));
    let late = Arc::clone(&toy);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(12)).await;
        late.put("networks/late", Element::new("network").with(Element::leaf("name", "a")));
    });
    let mut book = open(folder.path());
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    assert!(told.report.is_success());
    assert_eq!(toy.calls("POST").len(), 1);
    assert_eq!(book.ledger().entries[&at("networks/a")].id, "late");
}

#[tokio::test(start_paused = true)]
async fn an_error_that_leaves_an_object_is_a_failure_that_is_recorded() {
    for (status, meaning) in [(400, Meaning::Internal), (404, Meaning::MissingReference)] {
        let folder = tempfile::tempdir().unwrap();
        let toy = Arc::new(Toy::default());
        toy.mishap("POST", Mishap::Refuse(status, meaning, "it went wrong"));
        toy.put("networks/odd", Element::new("network").with(Element::leaf("name", "a")));
        let steps = Steps::default().add(&NETWORK, "networks/a", create(named(&NETWORK, "a")), &[]);
        let mut book = open(folder.path());
        let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
        assert_eq!(told.words(), ["failed"]);
        assert_eq!(book.ledger().entries[&at("networks/a")].id, "odd");
    }
}

#[tokio::test(start_paused = true)]
async fn an_update_without_effect_is_no_success() {
    let toy = toy_with_vm("up");
    let told = on_web(&toy, vec![update(&VM, "sockets", Value::Integer(4))]).await;
    assert_eq!(told.words(), ["done"]);
    assert_eq!(toy.calls("PUT"), ["PUT vms/1f0"]);

    toy.mishap("PUT", Mishap::Ignore);
    let told = on_web(&toy, vec![update(&VM, "sockets", Value::Integer(8))]).await;
    assert_eq!(told.why(0), "the engine accepted `sockets` `8`, but it is `4`");
}

#[tokio::test(start_paused = true)]
async fn a_missing_attribute_counts_as_its_default() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy::default());
    toy.put("networks/n", Element::new("network"));
    toy.mishap("PUT", Mishap::Ignore);
    let steps = Steps::default()
        .add(&NETWORK, "networks/n", update(&NETWORK, "mtu", Value::Integer(9000)), &[])
        .but(|step| step.object = Some("n".into()));
    let told = run(steps.plan(), &mut open(folder.path()), &toy, &Options::new(1)).await;
    assert_eq!(told.why(0), "the engine accepted `mtu` `9000`, but it is `1500`");
}

#[tokio::test(start_paused = true)]
async fn an_update_that_a_wait_confirms_is_read_back_then() {
    let toy = toy_with_vm("down");
    let wait = |sockets| Action::Await {
        of: Watched::Object,
        attribute: "status",
        becomes: &["down"],
        fails: &[],
        confirms: fields(&VM, &[("sockets", Value::Integer(sockets))]),
    };
    let update = |to| update(&VM, "sockets", Value::Integer(to));
    let told = on_web(&toy, vec![update(4), wait(4)]).await;
    assert_eq!(told.words(), ["done", "done"]);
    toy.mishap("PUT", Mishap::Ignore);
    let told = on_web(&toy, vec![update(8), wait(8)]).await;
    assert_eq!(told.words(), ["done", "failed"]);
    assert_eq!(told.why(1), "the engine accepted `sockets` `8`, but it is `4`");
}

#[tokio::test(start_paused = true)]
async fn a_change_for_the_next_start_goes_there() {
    let toy = toy_with_vm("up");
    let Action::Update { changes, along, .. } = update(&VM, "sockets", Value::Integer(4)) else {
        unreachable!()
    };
    let action = Action::Update { changes, along, next_start: true };
    on_web(&toy, vec![action]).await;
    assert_eq!(toy.calls("PUT"), ["PUT vms/1f0?next_run=true"]);
}

#[tokio::test(start_paused = true)]
async fn digests_are_recorded_once_their_values_are_sent() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy::default());
    let made = fields(&VM, &[("name", Value::Text("a".into())), ("password", password("one"))]);
    let with_digest = |digest: &str| {
        let digests = [("password".to_owned(), digest.to_owned())].into();
        Some(Entry { kind: "vm".into(), digests, ..Entry::default() })
    };
    let steps = Steps::default()
        .add(&VM, "vms/a", create(made), &[])
        .but(|step| step.entry = with_digest("first"));
    let mut book = open(folder.path());
    run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    assert_eq!(book.ledger().entries[&at("vms/a")].digests["password"], "first");

    let change = |name, to| {
        let steps = Steps::default()
            .add(&VM, "vms/a", update(&VM, name, to), &[])
            .but(|step| step.entry = with_digest("second"));
        steps.plan()
    };
    run(change("sockets", Value::Integer(2)), &mut book, &toy, &Options::new(2)).await;
    assert_eq!(book.ledger().entries[&at("vms/a")].digests["password"], "first");
    run(change("password", password("two")), &mut book, &toy, &Options::new(3)).await;
    assert_eq!(book.ledger().entries[&at("vms/a")].digests["password"], "second");
}

#[tokio::test(start_paused = true)]
async fn removing_what_is_gone_is_done() {
    let toy = toy_with_vm("down");
    let delete = || Action::Delete { with: Fields::new() };
    assert_eq!(on_web(&toy, vec![delete()]).await.words(), ["done"]);
    assert_eq!(toy.count("vms"), 0);
    assert_eq!(on_web(&toy, vec![delete()]).await.words(), ["done"]);
    toy.mishap("DELETE", Mishap::Refuse(409, Meaning::Conflict, "it is protected"));
    assert_eq!(on_web(&toy, vec![delete()]).await.words(), ["failed"]);
}

#[tokio::test(start_paused = true)]
async fn what_stands_below_a_removed_object_is_forgotten_with_it() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy::default());
    let steps = Steps::default()
        .add(&VM, "vms/a", create(named(&VM, "a")), &[])
        .add(&VM, "vms/a-1", create(named(&VM, "a-1")), &[])
        .add(&NIC, "vms/a/nics/x", create(named(&NIC, "x")), &[0])
        .add(&NIC, "vms/a-1/nics/x", create(named(&NIC, "x")), &[1])
        .add(&VM, "vms/a", Action::Delete { with: Fields::new() }, &[2]);
    let mut book = open(folder.path());
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    assert!(told.report.is_success());
    let kept: Vec<_> = book.ledger().entries.keys().map(ToString::to_string).collect();
    assert_eq!(kept, ["vms/a-1", "vms/a-1/nics/x"]);
}

#[tokio::test(start_paused = true)]
async fn what_the_engine_makes_along_is_found_late_too() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy::default());
    let find = || Action::Find { identity: named(&NETWORK, "brought") };
    let late = Arc::clone(&toy);
    tokio::spawn(async move {
        tokio::time::sleep(Duration::from_secs(4)).await;
        late.put("networks/77", Element::new("network").with(Element::leaf("name", "brought")));
    });
    let steps = Steps::default().add(&NETWORK, "networks/x", find(), &[]);
    let mut book = open(folder.path());
    assert!(run(steps.plan(), &mut book, &toy, &Options::new(1)).await.report.is_success());
    assert_eq!(book.ledger().entries[&at("networks/x")].id, "77");

    let find = Action::Find { identity: named(&NETWORK, "never") };
    let steps = Steps::default().add(&NETWORK, "networks/y", find, &[]);
    let told = run(steps.plan(), &mut book, &toy, &Options::new(1)).await;
    assert_eq!(told.why(0), "the engine did not make `never` along");
}

#[tokio::test(start_paused = true)]
async fn a_lost_start_is_sent_again_and_its_refusal_means_that_it_ran() {
    for mishap in [Mishap::LoseAnswer, Mishap::LoseRequest] {
        let toy = toy_with_vm("down");
        toy.mishap("POST", mishap);
        let told = on_web(&toy, vec![start(), until_up()]).await;
        assert_eq!(told.words(), ["done", "done"]);
        assert_eq!(toy.calls("POST").len(), 2);
    }
}

#[tokio::test(start_paused = true)]
async fn a_refused_start_is_done_if_the_machine_is_up() {
    let told = on_web(&toy_with_vm("up"), vec![start(), until_up()]).await;
    assert_eq!(told.words(), ["done", "done"]);
    let told = on_web(&toy_with_vm("powering_up"), vec![start(), until_up()]).await;
    assert_eq!(told.words(), ["failed", "skipped"], "nobody knows what it powers up to");
    let told = on_web(&toy_with_vm("up"), vec![start()]).await;
    assert_eq!(told.words(), ["failed"], "nothing says that up is what was wanted");
}

#[tokio::test(start_paused = true)]
async fn a_link_names_the_object_below_what_it_refers_to() {
    let folder = tempfile::tempdir().unwrap();
    let toy = toy_with_vm("down");
    static WITH: &[virtuform::resources::Attribute] =
        &[virtuform::resources::refer("vm", "A VM.", &VM)];
    let with: Fields = [(&WITH[0], to_id("1f0"))].into_iter().collect();
    let steps = Steps::default()
        .add(&NETWORK, "networks/n", invoke(&ATTACH, with), &[])
        .but(|step| step.object = Some("n/1".to_owned()));
    run(steps.plan(), &mut open(folder.path()), &toy, &Options::new(1)).await;
    let sent = toy.with(|world| world.log[0].clone());
    assert_eq!(
        (sent.call.as_str(), sent.body.as_str()),
        ("POST vms/1f0/networks", "<network id=\"n/1\"/>")
    );
}

#[tokio::test(start_paused = true)]
async fn what_nobody_knows_is_a_failure_and_no_call() {
    let folder = tempfile::tempdir().unwrap();
    let toy = Arc::new(Toy::default());
    let steps = Steps::default()
        .add(&NIC, "vms/ghost/nics/x", create(named(&NIC, "x")), &[])
        .add(&NETWORK, "networks/n", invoke(&ATTACH, Fields::new()), &[])
        .but(|step| step.object = Some("n".to_owned()));
    let told = run(steps.plan(), &mut open(folder.path()), &toy, &Options::new(1)).await;
    assert_eq!(told.why(0), "the id of `vms/ghost` is not known");
    assert_eq!(told.why(1), "the id of `{vm}` is not known");
    assert!(toy.calls("").is_empty());
}
