//! What holds for every collection of the simulated engine.

use crate::asking::Asking;
use virtuform::xml::Element;

/// A lab with a machine, a tag on it and a network beside the management's.
fn site() -> Asking {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    it.add("/tags", "<tag><name>blue</name></tag>");
    it.add(&format!("{path}/tags"), "<tag><name>blue</name></tag>");
    let network = "<network><name>storage</name><data_center><name>lab</name></data_center><vlan id=\"7\"/></network>";
    let network = it.add("/networks", network);
    let cluster = it.id("clusters", "lab");
    it.add(
        &format!("/clusters/{cluster}/networks"),
        &format!("<network id=\"{network}\"><required>false</required></network>"),
    );
    it
}

/// The addresses of the sub-collections of an object.
fn links(object: &Element) -> Vec<String> {
    object.all("link").filter_map(|it| it.attribute("href")).map(below).collect()
}

fn below(href: &str) -> String {
    href.strip_prefix("/ovirt-engine/api").unwrap().to_owned()
}

/// Visits each object that can be reached over links.
fn visit(
    it: &mut Asking,
    collection: &str,
    depth: usize,
    see: &mut impl FnMut(&mut Asking, &Element),
) {
    let (status, list) = it.ask("GET", collection, "");
    // Some cannot be listed, and for some the engine has no code any more.
    if status == 405 || collection == "/openstackvolumeproviders" {
        return;
    }
    assert_eq!(status, 200, "{collection}");
    for object in list.unwrap().children() {
        // A core of a host is known by its number only.
        let Some(href) = object.attribute("href") else { continue };
        let path = below(href);
        assert_eq!(it.ask("GET", &path, "").0, 200, "{path}, listed in {collection}");
        see(it, object);
        if depth > 0 {
            for link in links(object) {
                visit(it, &link, depth - 1, see);
            }
        }
    }
}

fn collections(it: &mut Asking) -> Vec<String> {
    let root = it.get("");
    let links = links(&root);
    links.into_iter().filter(|it| !it.contains("search=")).collect()
}

#[test]
fn all_that_is_linked_can_be_read() {
    let mut it = site();
    let mut seen = 0;
    for collection in collections(&mut it) {
        visit(&mut it, &collection, 2, &mut |_, _| seen += 1);
    }
    assert!(seen > 200, "{seen}");
}

/// What refuses its own words: what comes with the engine for good, and what is in use.
const BUILT_IN_OR_BUSY: &[&str] =
    &["quota", "storage_connection", "cdrom", "role", "scheduling_policy"];

#[test]
fn what_was_read_can_be_sent_back_and_changes_nothing() {
    let mut it = site();
    let kept = |it: &mut Asking, object: &Element| {
        let path = below(object.attribute("href").unwrap());
        // What is computed moves with time.
        let moves = object.name() == "statistic";
        if moves || (object.id() == Some(crate::asking::ZERO) && object.name() == "tag") {
            return;
        }
        let before = it.get(&format!("{path}?all_content=true"));
        let (status, reply) = it.ask("PUT", &path, &before.to_string());
        // The default quota never changes, and a connection only while its domain rests.
        // A drive without a disc does not say what to change it to.
        let refused = status == 405 || BUILT_IN_OR_BUSY.contains(&object.name());
        let text = reply.map(|it| it.to_string()).unwrap_or_default();
        assert!(status == 200 || refused, "{path}: {status} {text}\n{before}");
        it.pass(5);
        let after = it.get(&format!("{path}?all_content=true"));
        assert_eq!(before.to_string(), after.to_string(), "{path}");
    };
    for collection in collections(&mut it) {
        if !["/jobs", "/events"].contains(&collection.as_str()) {
            visit(&mut it, &collection, 1, &mut { kept });
        }
    }
}

#[test]
fn the_same_requests_end_in_the_same_state() {
    let state = || {
        let mut it = site();
        let whole = collections(&mut it);
        whole
            .iter()
            .map(|it| it.to_owned())
            .map(|path| it.ask("GET", &path, "").1.map(|it| it.to_string()))
            .collect::<Vec<_>>()
    };
    assert_eq!(state(), state());
}
