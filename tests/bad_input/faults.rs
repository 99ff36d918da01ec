//! One fault, at each request of a run in turn.

use std::collections::BTreeMap;
use std::sync::Mutex;
use std::sync::atomic::{AtomicUsize, Ordering};

use virtuform::cli::Exit;
use virtuform::simulated::{Effect, Trouble};

use crate::stage::Stage;

const SITE: &str = "
networks:
  web: { data_center: lab, vlan: { id: 20 } }
clusters:
  lab: { data_center: lab, networks: { web: { required: false } } }
tags:
  site: {}
  web: { parent: site }
vms:
  web1:
    cluster: lab
    template: rhel-9
    memory: 2 GiB
    tags: [web]
    nics:
      nic1: { vnic_profile: web/web }
      nic2: { vnic_profile: web/web }
    disk_attachments:
      data: { interface: virtio_scsi, disk: { provisioned_size: 1 GiB, format: cow, storage_domains: [nfs-1] } }
";

/// What may be there once. Disks have aliases.
const ONCE: &[(&str, &str)] = &[
    ("/networks", "web"),
    ("/vnicprofiles", "web"),
    ("/tags", "site"),
    ("/tags", "web"),
    ("/vms", "web1"),
    ("/disks", "web1_data"),
];

const EFFECTS: &[Effect] = &[
    Effect::Status(500),
    Effect::DropBefore,
    Effect::DropAfter,
    Effect::Truncate,
    Effect::ExpireTokens,
    Effect::Locked,
];

/// So many of all the faults are tried, unless `EVERY_FAULT=1` asks for each one.
const SAMPLE: usize = 48;

/// Runs wait most of the time.
const AT_A_TIME: usize = 8;

/// A request of the undisturbed run: its verb, its path without ids, and which one of these it is.
type Asked = (String, String, u64);

#[test]
fn one_fault_anywhere_ends_well_or_in_words_and_the_next_run_repairs() {
    let all: Vec<(Asked, Effect)> = asked()
        .into_iter()
        .flat_map(|asked| EFFECTS.iter().map(move |effect| (asked.clone(), effect.clone())))
        // The engine locks what is written.
        .filter(|((method, ..), effect)| *effect != Effect::Locked || method != "GET")
        .collect();
    let every = if std::env::var("EVERY_FAULT").is_ok() { 1 } else { all.len().div_ceil(SAMPLE) };
    // The effects take turns, and a step that shares a divisor with their number would miss some.
    let is_chosen = |at: usize| at % every == at / every % every;
    let chosen: Vec<_> = all.iter().enumerate().filter(|(at, _)| is_chosen(*at)).collect();
    let wrong = Mutex::new(Vec::new());
    let (next, struck) = (AtomicUsize::new(0), AtomicUsize::new(0));
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                while let Some((_, (asked, effect))) =
                    chosen.get(next.fetch_add(1, Ordering::Relaxed))
                {
                    match strike(asked, effect) {
                        Ok(true) => drop(struck.fetch_add(1, Ordering::Relaxed)),
                        Ok(false) => {}
                        Err(said) => {
                            wrong.lock().unwrap().push(format!("{effect:?} at {asked:?}: {said}"));
                        }
                    }
                }
            });
        }
    });
    let wrong = wrong.into_inner().unwrap();
    let visible = chosen.iter().filter(|(_, (_, effect))| status(effect).is_some()).count();
    let struck = struck.into_inner();
    // A wait may be over at an earlier look than in the run that was counted.
    assert!(struck * 10 >= visible * 8, "only {struck} of {visible} faults struck");
    let count = chosen.len();
    assert!(count > 20, "only {count} faults were tried");
    assert!(wrong.is_empty(), "{} of {count}:\n{}", wrong.len(), wrong.join("\n\n"));
}

/// What an undisturbed run asks for.
fn asked() -> Vec<Asked> {
    let stage = Stage::lab();
    stage.write("site.yaml", SITE);
    let ran = stage.run("apply --yes");
    assert_eq!(ran.exit, Exit::Done, "{}", ran.err);
    let mut seen: BTreeMap<(String, String), u64> = BTreeMap::new();
    let engine = stage.engine();
    let asked = engine.requests().iter().map(|request| {
        let path = request.path.split('?').next().unwrap();
        let path = path.strip_prefix("/ovirt-engine/api").unwrap_or(path);
        let star = |segment: &str| {
            let is_id = segment.len() == 36 && segment.matches('-').count() == 4;
            if is_id { "*".to_owned() } else { segment.to_owned() }
        };
        let path: Vec<_> = path.split('/').map(star).collect();
        let key = (request.method.clone(), path.join("/"));
        let count = seen.entry(key.clone()).or_default();
        *count += 1;
        (key.0, key.1, *count)
    });
    asked.collect()
}

/// What a fault leaves in the engine's record.
fn status(effect: &Effect) -> Option<u16> {
    match effect {
        Effect::Status(status) => Some(*status),
        Effect::DropBefore | Effect::DropAfter => Some(0),
        Effect::Locked => Some(409),
        _ => None,
    }
}

/// Applies with one fault, and then without; says whether the engine's record shows the fault.
fn strike((method, path, nth): &Asked, effect: &Effect) -> Result<bool, String> {
    let stage = Stage::lab();
    stage.write("site.yaml", SITE);
    stage.engine().trouble(Trouble::on(method, path, effect.clone()).nth(*nth));
    let struck = stage.run("apply --yes");
    let said = format!("{:?}\n{}", struck.exit, struck.err);
    let left = status(effect);
    let has_struck = stage.engine().requests().iter().any(|it| Some(it.status) == left);
    match struck.exit {
        Exit::Done => {}
        Exit::Error if struck.err.contains("error: ") => {}
        _ => return Err(said),
    }
    let repaired = stage.run("apply --yes");
    if repaired.exit != Exit::Done {
        return Err(format!("{said}\nwas not repaired:\n{}{}", repaired.out, repaired.err));
    }
    let settled = stage.run("plan").out;
    if settled != "nothing to do\n" {
        return Err(format!("{said}\nis not settled:\n{settled}"));
    }
    twice(&stage).map_or(Ok(has_struck), |twice| Err(format!("{said}\nthere is not one {twice}")))
}

fn twice(stage: &Stage) -> Option<String> {
    let mut engine = stage.engine();
    let isnt_single = |(collection, name): &&(&str, &str)| {
        let (_, all) = engine.direct("GET", collection, "");
        let is_it = |text: Option<&str>| text == Some(*name);
        let all = all.unwrap();
        let named = all.children().iter();
        named.filter(|it| is_it(it.text_at("name")) || is_it(it.text_at("alias"))).count() != 1
    };
    let twice = ONCE.iter().find(isnt_single);
    twice.map(|(collection, name)| format!("{collection}/{name}"))
}
