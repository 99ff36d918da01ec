//! Random sites, changed at random: after each apply there is nothing left to do.

use proptest::prelude::*;
use proptest::test_runner::{Config, FileFailurePersistence};
use rand::SeedableRng as _;
use rand::rngs::StdRng;
use serde_json::{Map, Value as Json, json};

use crate::base::{self, BASE};
use crate::subjects::{SUBJECTS, Subject};
use crate::support::site::Site;
use crate::support::views::outline;
use crate::values::{Case, put};

/// Attributes that do not go with others, which only a try of each alone can respect.
const ALONE: &[&str] = &[
    "name",
    "status",
    "template",
    "instance_type",
    "stateless",
    "clone",
    "cpu_pinning_policy",
    "data_center",
    "delete_protected",
    "virtio_scsi_multi_queues_enabled",
    "cpu.architecture",
    "stp",
    "memory_policy.over_commit.percent",
];

/// Resources by section and key: what a manifest says of each.
type Resources = Vec<(String, String, Json)>;

struct Generator {
    random: StdRng,
    made: usize,
}

impl Generator {
    fn pick(&mut self, count: usize) -> usize {
        self.random.random_range(0..count)
    }

    /// A top-level object of some kind, with some of the attributes that can change.
    fn resource(&mut self) -> (String, String, Json) {
        let changes = |s: &Subject| Case::all(s.kind, s.label).iter().any(|c| c.second.is_some());
        let is_tried = |s: &&Subject| s.above.is_empty() && s.label != "running" && changes(s);
        let all: Vec<_> = SUBJECTS.iter().filter(is_tried).collect();
        let subject = all[self.pick(all.len())];
        self.made += 1;
        let key = format!("r{}", self.made);
        let mut object = filled(subject.least, &key);
        for case in self.cases(subject.label, 4) {
            self.set(&mut object, &case, &key);
        }
        if subject.label == "vm" {
            self.children(&mut object);
        }
        (subject.kind.section.to_owned(), key, object)
    }

    /// Some NICs and disks of a VM, new ones beside those it has or in their place.
    fn children(&mut self, vm: &mut Json) {
        for label in ["nic", "disk_attachment"] {
            let subject = SUBJECTS.iter().find(|s| s.label == label).expect("a subject");
            let section = subject.kind.section;
            if self.pick(3) == 0 {
                vm.as_object_mut().expect("a VM is one").remove(section);
            }
            for _ in 0..self.pick(3) {
                self.made += 1;
                let key = format!("c{}", self.made);
                let mut child = filled(subject.least, &key);
                let cases = self.cases(label, 3).into_iter();
                for case in cases.filter(|case| case.attribute.name != "bootable") {
                    self.set(&mut child, &case, &key);
                }
                put(vm, &format!("{section}.{key}"), child);
            }
        }
    }

    fn cases(&mut self, label: &str, most: usize) -> Vec<Case> {
        let kind = SUBJECTS.iter().find(|s| s.label == label).expect("a subject").kind;
        let mut cases: Vec<_> = Case::all(kind, label)
            .into_iter()
            .filter(|c| c.second.is_some() && c.before.is_none() && c.instead.is_none())
            .filter(|c| c.with == json!({}) && !c.grows && !ALONE.contains(&c.attribute.name))
            .collect();
        let count = self.pick(most + 1).min(cases.len());
        (0..count).map(|_| cases.swap_remove(self.random.random_range(0..cases.len()))).collect()
    }

    fn set(&mut self, object: &mut Json, case: &Case, key: &str) {
        let value = match self.pick(5) {
            0 if case.has_default() && !case.stays => Json::Null,
            0 | 1 => case.second.clone().expect("only such cases are chosen"),
            _ => case.first.clone(),
        };
        put(object, case.attribute.name, filled(&value.to_string(), key));
    }

    fn site(&mut self) -> Resources {
        (0..8).map(|_| self.resource()).collect()
    }

    /// Some are removed, some changed, some added.
    fn changed(&mut self, site: &Resources) -> Resources {
        let mut next = Resources::new();
        for (section, key, object) in site {
            let mut object = object.clone();
            match self.pick(4) {
                0 => continue,
                1 => {}
                _ => {
                    let label = label_of(section);
                    for case in self.cases(label, 3) {
                        self.set(&mut object, &case, key);
                    }
                    if label == "vm" {
                        self.children(&mut object);
                    }
                }
            }
            next.push((section.clone(), key.clone(), object));
        }
        let added = self.pick(4);
        next.extend((0..added).map(|_| self.resource()));
        next
    }
}

fn label_of(section: &str) -> &'static str {
    let is_it = |s: &&Subject| s.kind.section == section && s.above.is_empty();
    SUBJECTS.iter().find(is_it).expect("sections are of subjects").label
}

fn filled(text: &str, key: &str) -> Json {
    let number: usize = key[1..].parse().expect("keys are a letter and a number");
    let text = text.replace("{key}", key).replace("{n}", &format!("{number:02x}"));
    serde_json::from_str(&text).expect("the tables hold JSON")
}

/// The manifest, each resource in a file of its own, in that order.
fn manifest(resources: &Resources) -> String {
    let mut text = BASE.to_owned();
    for (section, key, object) in resources {
        let named = Map::from_iter([(key.clone(), object.clone())]);
        let source = Map::from_iter([(section.clone(), Json::Object(named))]);
        text += &format!("\n---\n{}", Json::Object(source));
    }
    text
}

async fn try_seed(seed: u64) {
    let mut generator = Generator { random: StdRng::seed_from_u64(seed), made: 0 };
    let mut site = base::site(seed).await;
    let first = generator.site();
    site.apply(&manifest(&first)).await;
    site.is_settled(&manifest(&first)).await;
    site.exports_cleanly().await;
    site.imports_cleanly().await;
    let second = generator.changed(&first);
    same_in_any_order(&site, &second).await;
    site.apply(&manifest(&second)).await;
    site.is_settled(&manifest(&second)).await;
    let moved = move_one(&second);
    site.apply(&moved).await;
    site.is_settled(&moved).await;
}

/// The order of files changes nothing but the order of what is as good in either.
async fn same_in_any_order(site: &Site, resources: &Resources) {
    let mut plans = Vec::new();
    let mut turned = resources.clone();
    turned.reverse();
    for resources in [resources, &turned] {
        let desired = Site::load(&manifest(resources)).unwrap_or_else(|p| panic!("{p}"));
        let outline = outline(&site.plan(&desired).await);
        let line = |line: &str| {
            let (_, rest) = line.split_once(' ').unwrap_or_default();
            rest.split("  <- ").next().unwrap_or_default().to_owned()
        };
        let mut lines: Vec<_> = outline.lines().map(line).collect();
        lines.sort();
        plans.push(lines);
    }
    assert_eq!(plans[0], plans[1]);
}

/// One key moves, and with it the name that it gives.
fn move_one(resources: &Resources) -> String {
    let mut moved = resources.clone();
    let has_name = |section: &str| !["storage_domains", "hosts"].contains(&section);
    let Some((section, key, _)) = moved.iter_mut().find(|(section, ..)| has_name(section)) else {
        return manifest(resources);
    };
    let from = format!("{section}/{key}");
    key.insert_str(0, "moved-");
    let line = json!({ "moved": [{ "from": from, "to": format!("{section}/{key}") }] });
    format!("{}\n---\n{line}", manifest(&moved))
}

proptest! {
    #![proptest_config(Config {
        cases: std::env::var("PROPTEST_CASES").ok().and_then(|n| n.parse().ok()).unwrap_or(24),
        max_shrink_iters: 0,
        failure_persistence: None::<Box<FileFailurePersistence>>.map(|it| it as _),
        rng_seed: proptest::test_runner::RngSeed::Fixed(1),
        ..Config::default()
    })]

    #[test]
    fn random_sites_settle(seed in any::<u64>()) {
        let runtime = tokio::runtime::Builder::new_current_thread();
        let runtime = { runtime }.enable_all().start_paused(true).build().expect("it can be built");
        runtime.block_on(try_seed(seed));
    }
}
