//! Snapshots: an engine that was saved goes on where it ended.

use std::time::{Duration, Instant};

use virtuform::simulated::{Lab, Options, Simulated};
use virtuform::xml::Element;

use crate::asking::Asking;

fn save(engine: &mut Simulated) -> Vec<u8> {
    let mut bytes = Vec::new();
    engine.save(&mut bytes).unwrap();
    bytes
}

fn load(bytes: &[u8]) -> Simulated {
    Simulated::load(bytes, Options::default()).unwrap()
}

/// All that the top collections and their members' own show.
fn readable(engine: &mut Simulated) -> Vec<String> {
    let mut seen = Vec::new();
    let root = engine.direct("GET", "", "").1.unwrap();
    let mut open: Vec<(String, usize)> =
        hrefs(&root).into_iter().filter(|it| !it.contains("search=")).map(|it| (it, 2)).collect();
    while let Some((path, depth)) = open.pop() {
        let (status, list) = engine.direct("GET", &format!("{path}?all_content=true"), "");
        let Some(list) = list.filter(|_| status == 200) else { continue };
        if depth > 0 {
            let of_members = list.children().iter().flat_map(hrefs);
            open.extend(of_members.map(|it| (it, depth - 1)));
        }
        seen.push(format!("{path} {list}"));
    }
    seen
}

fn hrefs(object: &Element) -> Vec<String> {
    let links = object.all("link").filter_map(|it| it.attribute("href"));
    links.filter_map(|it| it.strip_prefix("/ovirt-engine/api")).map(str::to_owned).collect()
}

#[test]
fn all_that_can_be_read_is_the_same_after_a_snapshot() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    it.post(&format!("{path}/snapshots"), "<snapshot><description> a  b </description></snapshot>");
    it.pass(6);
    it.put(&path, "<vm><comment>waits &amp;\t[&#13;]</comment><memory>4294967296</memory></vm>");
    it.pass(60);
    let bytes = save(&mut it.engine);
    let mut loaded = load(&bytes);
    assert_eq!(loaded.now(), it.engine.now());
    let (before, after) = (readable(&mut it.engine), readable(&mut loaded));
    assert!(before.len() > 100, "{}", before.len());
    for (before, after) in before.iter().zip(&after) {
        assert_eq!(before, after);
    }
    assert_eq!(before.len(), after.len());
    assert_eq!(String::from_utf8(save(&mut loaded)).unwrap().lines().count(), count(&bytes));
}

fn count(bytes: &[u8]) -> usize {
    std::str::from_utf8(bytes).unwrap().lines().count()
}

#[test]
fn both_go_on_alike() {
    let mut it = Asking::lab();
    let bytes = save(&mut it.engine);
    let mut loaded = Asking::of(load(&bytes));
    loaded.pass(0);
    for it in [&mut it, &mut loaded] {
        it.running_vm("web");
    }
    assert_eq!(it.get("/vms").to_string(), loaded.get("/vms").to_string());
    assert_eq!(it.get("/events").to_string(), loaded.get("/events").to_string());
}

#[test]
fn work_is_finished_before_it_is_saved() {
    let mut it = Asking::lab();
    it.vm("web", "");
    assert_eq!(it.get("/vms").children()[0].text_at("status"), Some("image_locked"));
    let mut loaded = Asking::of(load(&save(&mut it.engine)));
    assert_eq!(loaded.get("/vms").children()[0].text_at("status"), Some("down"));
}

#[test]
fn what_the_engine_does_from_time_to_time_goes_on() {
    let mut it = Asking::lab();
    let pool = "<vm_pool><name>p</name><size>2</size><prestarted_vms>1</prestarted_vms><cluster><name>lab</name></cluster><template><name>rhel-9</name></template></vm_pool>";
    it.add("/vmpools", pool);
    let mut loaded = Asking::of(load(&save(&mut it.engine)));
    let up = |it: &mut Asking| it.get("/vms?search=status%3Dup").children().len();
    assert_eq!(up(&mut loaded), 0);
    loaded.pass(400);
    assert_eq!(up(&mut loaded), 1);
}

#[test]
fn a_damaged_snapshot_is_refused_with_its_place() {
    let mut engine = Asking::lab().engine;
    let text = String::from_utf8(save(&mut engine)).unwrap();
    let refusal = |text: &str| {
        let error = Simulated::load(text.as_bytes(), Options::default()).err().unwrap();
        (error.line, error.message)
    };
    assert_eq!(refusal("").0, 1);
    assert!(refusal("{}").1.contains("missing field"));
    let future = text.replacen("\"simulated_engine\":1", "\"simulated_engine\":2", 1);
    assert!(refusal(&future).1.contains("the form 2"), "{:?}", refusal(&future));
    let short: String = text.lines().take(10).map(|line| format!("{line}\n")).collect();
    assert_eq!(refusal(&short), (11, "the snapshot ends too early".to_owned()));
    assert!(refusal(&(text.clone() + "{}")).1.contains("more follows"));
    let unknown = text.replacen("\"kind\":\"data_centers\"", "\"kind\":\"castles\"", 1);
    assert!(refusal(&unknown).1.contains("no kind `castles`"));
    let orphan = text.replacen("\"parent\":", "\"parent\":99999", 1);
    assert!(refusal(&orphan).1.contains("no object before"), "{:?}", refusal(&orphan));
    let deep =
        text.replacen("\"document\":[", &format!("\"document\":{}", "[\"a\",".repeat(500)), 1);
    assert!(refusal(&deep).1.contains("recursion limit"), "{:?}", refusal(&deep));
    // Cut anywhere, it is refused and never a panic.
    for at in (0..text.len()).step_by(text.len() / 50) {
        let _ = refusal(&text[..at]);
    }
}

/// `cargo test --release --test simulated -- --ignored ten_thousand` for the figures.
#[test]
#[ignore = "takes its time without optimization"]
fn ten_thousand_machines_are_saved_and_loaded_in_seconds() {
    let mut engine = Simulated::new(Options::default());
    let start = Instant::now();
    engine.lab(&Lab::large(10_000));
    let built = start.elapsed();
    let memory = resident();
    let bytes = save(&mut engine);
    let saved = start.elapsed() - built;
    let mut loaded = load(&bytes);
    let all = start.elapsed() - built - saved;
    println!(
        "built {built:?} ({memory} MiB), saved {saved:?} ({} MB), loaded {all:?}",
        bytes.len() >> 20
    );
    let list = |it: &mut Simulated| it.direct("GET", "/vms", "").1.unwrap().to_string();
    assert_eq!(list(&mut engine), list(&mut loaded));
    assert!(start.elapsed() < Duration::from_secs(30));
    assert!(memory < 1024, "{memory} MiB");
}

/// How much memory this process has, in MiB; 0 where that cannot be told.
fn resident() -> u64 {
    let status = std::fs::read_to_string("/proc/self/status").unwrap_or_default();
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kilobytes = line.and_then(|line| line.split_whitespace().next());
    kilobytes.and_then(|it| it.parse().ok()).map_or(0, |kilobytes: u64| kilobytes >> 10)
}
