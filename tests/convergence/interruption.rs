//! A run that is cut off after any of its steps, or whose answers are lost, is finished by the next.

use std::collections::BTreeMap;

use tokio::sync::{Notify, watch};
use virtuform::apply::{self, Event};
use virtuform::resources::Kind;
use virtuform::resources::kinds::KINDS;
use virtuform::simulated::{Effect, Trouble};
use virtuform::xml::Element;

use crate::support::site::{Site, failures};

/// How many objects of each kind there are, by name and state.
type Inventory = BTreeMap<String, usize>;

fn inventory(site: &Site) -> Inventory {
    let mut all = Inventory::new();
    for kind in KINDS.iter().filter(|kind| kind.parent.is_none()) {
        for object in site.list(&format!("/{}", kind.segment)) {
            count(&mut all, site, kind, "", &format!("/{}", kind.segment), &object);
        }
    }
    all
}

fn count(
    all: &mut Inventory,
    site: &Site,
    kind: &'static Kind,
    above: &str,
    path: &str,
    object: &Element,
) {
    let text = |name| object.text_at(name).unwrap_or_default();
    let name = if text("name").is_empty() { text("alias") } else { text("name") };
    // An attachment has no name of its own, and its disk is counted as a disk.
    let name = format!("{above}{}/{name} {} {}", kind.section, text("interface"), text("status"));
    *all.entry(name.clone()).or_default() += 1;
    for child in KINDS.iter().filter(|child| child.parent == Some(kind) && !child.inline) {
        let path = format!("{path}/{}/{}", object.id().expect("objects have ids"), child.segment);
        for object in site.list(&path) {
            count(all, site, child, &format!("{name}/"), &path, &object);
        }
    }
}

fn manifest() -> String {
    let version =
        "  next: { vm: builder, version: { base_template: base, version_name: next } }\nvm_pools:";
    crate::SITE.replace("web-{1..3}", "web-{1..1}").replace("vm_pools:", version)
}

/// What a run that nothing disturbs makes, and in how many steps.
async fn undisturbed() -> (Inventory, usize) {
    let mut site = Site::new(5);
    let plan = site.apply(&manifest()).await;
    site.wait(300).await;
    (inventory(&site), plan.steps.len())
}

/// Runs until so many steps have ended, and not a moment longer.
pub async fn run_until(site: &mut Site, manifest: &str, steps: usize) {
    let desired = Site::load(manifest).expect("the manifest is right");
    let plan = site.plan(&desired).await;
    let enough = Notify::new();
    let mut ended = 0;
    let tell = |event: Event<'_>| {
        ended += usize::from(matches!(event, Event::Finished { .. }));
        if ended >= steps {
            enough.notify_one();
        }
    };
    let mut book = site.book();
    let (_keep, interrupted) = watch::channel(false);
    let options = apply::Options::new(site.seed + 1);
    let engine = std::sync::Arc::clone(&site.engine);
    let run = apply::apply(plan, &mut book, engine, &options, interrupted, tell);
    tokio::select! {
        biased;
        () = enough.notified() => {}
        _ = run => {}
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_after_any_step_is_finished_by_the_next() {
    let (wanted, steps) = undisturbed().await;
    assert!(steps > 40, "{steps} steps");
    for killed_after in 1..steps {
        let mut site = Site::new(5);
        run_until(&mut site, &manifest(), killed_after).await;
        // What was on its way may arrive before the next run looks, or not.
        if killed_after % 2 == 0 {
            site.wait(300).await;
        }
        site.seed += 1;
        site.apply(&manifest()).await;
        site.is_settled(&manifest()).await;
        site.wait(300).await;
        assert_eq!(inventory(&site), wanted, "killed after {killed_after} steps");
    }
}

#[tokio::test(start_paused = true)]
async fn a_removal_that_is_killed_after_any_step_is_finished_by_the_next() {
    let mut wanted = Site::new(5);
    wanted.apply(&manifest()).await;
    let steps = wanted.apply("").await.steps.len();
    wanted.wait(300).await;
    assert!(steps > 20, "{steps} steps");
    for killed_after in 1..steps {
        let mut site = Site::new(5);
        site.apply(&manifest()).await;
        run_until(&mut site, "", killed_after).await;
        if killed_after % 2 == 0 {
            site.wait(300).await;
        }
        site.seed += 1;
        site.apply("").await;
        site.is_settled("").await;
        site.wait(300).await;
        assert_eq!(inventory(&site), inventory(&wanted), "killed after {killed_after} steps");
    }
}

#[tokio::test(start_paused = true)]
async fn whatever_answer_is_lost_nothing_is_made_twice() {
    let (wanted, _) = undisturbed().await;
    let mut lost = 0;
    for (method, calls) in [("POST", 45), ("PUT", 6), ("DELETE", 6)] {
        for nth in 1..calls {
            let mut site = Site::new(5);
            let effect = if nth % 2 == 0 { Effect::DropBefore } else { Effect::DropAfter };
            site.trouble(Trouble::on(method, "*", effect).nth(nth));
            let desired = Site::load(&manifest()).expect("the manifest is right");
            let plan = site.plan(&desired).await;
            let report = site.run(plan).await;
            let failures = failures(&report);
            assert!(failures.is_empty(), "{method} {nth}: {failures}");
            site.is_settled(&manifest()).await;
            site.wait(300).await;
            assert_eq!(inventory(&site), wanted, "{method} {nth}");
            lost += site.dropped();
        }
    }
    assert!(lost > 30, "{lost} answers were lost");
}

/// Runs until an answer is lost, and not a moment longer. Says whether one was.
async fn run_until_an_answer_is_lost(site: &mut Site, manifest: &str) -> bool {
    let desired = Site::load(manifest).expect("the manifest is right");
    let plan = site.plan(&desired).await;
    let mut book = site.book();
    let (_keep, interrupted) = watch::channel(false);
    let options = apply::Options::new(site.seed + 1);
    let engine = std::sync::Arc::clone(&site.engine);
    let run = apply::apply(plan, &mut book, engine, &options, interrupted, |_| {});
    let is_lost = async {
        while site.dropped() == 0 {
            tokio::time::sleep(std::time::Duration::from_millis(1)).await;
        }
    };
    tokio::select! {
        biased;
        () = is_lost => true,
        _ = run => false,
    }
}

#[tokio::test(start_paused = true)]
async fn a_run_that_is_killed_before_any_answer_is_finished_by_the_next() {
    let (wanted, _) = undisturbed().await;
    let mut nth = 0;
    // One in three is enough: what is alike is made one after another.
    loop {
        nth += 3;
        let mut site = Site::new(5);
        site.trouble(Trouble::on("POST", "*", Effect::DropAfter).nth(nth));
        if !run_until_an_answer_is_lost(&mut site, &manifest()).await {
            break;
        }
        // What was on its way may arrive before the next run looks, or not.
        if nth % 2 == 0 {
            site.wait(300).await;
        }
        site.seed += 1;
        let plan = site.apply(&manifest()).await;
        site.is_settled(&manifest()).await;
        site.wait(300).await;
        assert_eq!(
            inventory(&site),
            wanted,
            "killed at POST {nth}, then {} steps",
            plan.steps.len()
        );
    }
    assert!(nth > 40, "{nth} calls");
}

#[tokio::test(start_paused = true)]
async fn the_same_seed_gives_the_same_requests() {
    let mut logs = Vec::new();
    for _ in 0..2 {
        let mut site = Site::new(9);
        site.apply(&manifest()).await;
        site.is_settled(&manifest()).await;
        site.apply("").await;
        logs.push(site.requests());
    }
    assert!(logs[0].lines().count() > 100);
    similar_asserted(&logs[0], &logs[1]);
}

fn similar_asserted(one: &str, other: &str) {
    let mut lines = one.lines().zip(other.lines()).enumerate();
    if let Some((number, (one, other))) = lines.find(|(_, (one, other))| one != other) {
        panic!("request {number} is\n{one}\nand then\n{other}");
    }
    assert_eq!(one.lines().count(), other.lines().count());
}
