//! Replies to what is not done yet, and ways to wait for it or not to.

use http::HeaderValue;
use virtuform::xml::{self, Element};

use crate::asking::Asking;

/// Asks with one more header; returns the status, the document and the `Location`.
fn send(
    it: &mut Asking,
    method: &str,
    path: &str,
    document: &str,
    expect: &'static str,
) -> (u16, Element, Option<String>) {
    let mut request = it.request(method, path, document);
    request.headers_mut().insert("X-Ovirt-Expect", HeaderValue::from_static(expect));
    let response = it.send(request);
    let location = response.headers().get("Location").map(|it| it.to_str().unwrap().to_owned());
    let document = xml::parse(response.body()).unwrap_or_default();
    (response.status().as_u16(), document, location)
}

fn lab() -> Asking {
    let mut it = Asking::lab();
    it.login();
    it
}

fn below(href: &str) -> &str {
    href.split("/ovirt-engine/api").nth(1).unwrap()
}

const POOL: &str = "<vm_pool><name>NAME</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template></vm_pool>";

#[test]
fn a_pool_is_accepted_and_says_where_to_ask() {
    let mut it = lab();
    let (status, pool, location) =
        send(&mut it, "POST", "/vmpools", &POOL.replace("NAME", "one"), "nothing");
    assert_eq!((status, location), (202, None));
    assert_eq!(pool.text_at("creation_status"), Some("in_progress"));
    let link = pool.all("link").find(|it| it.attribute("rel") == Some("creation_status"));
    let task = below(link.unwrap().attribute("href").unwrap()).to_owned();
    assert!(it.get(&task).text_at("status").is_some());
    it.pass(600);
    assert_eq!(it.text(&task, "status"), "complete");
    let unknown = task.rsplit_once('/').unwrap().0.to_owned() + "/1";
    assert_eq!(it.text(&unknown, "status"), "complete", "unknown tasks were done long ago");
    let (status, pool, location) =
        send(&mut it, "POST", "/vmpools", &POOL.replace("NAME", "two"), "201-created");
    assert_eq!((status, pool.child("creation_status")), (201, None));
    assert!(location.unwrap().ends_with(pool.attribute("href").unwrap()));
}

#[test]
fn who_does_not_wait_hears_of_no_fault() {
    let mut it = lab();
    let path = it.running_vm("web");
    for wish in ["?async=true", "?async"] {
        let reply = it.over_http("DELETE", &format!("{path}{wish}"), "");
        assert_eq!(reply, (202, None), "though it runs");
    }
    assert_eq!(send(&mut it, "DELETE", &path, "", "202-accepted").0, 202);
    assert_eq!(it.over_http("DELETE", &path, "").0, 409);
    let vm = format!("{path}?async=true");
    let (status, stale) = it.over_http("PUT", &vm, "<vm><description>new</description></vm>");
    assert_eq!((status, stale.unwrap().text_at("description")), (202, None));
    assert_eq!(it.text(&path, "description"), "new");
}
#[test]
fn an_action_with_work_to_do_is_accepted() {
    let mut it = lab();
    let vm = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    let snapshot =
        it.add(&format!("{vm}/snapshots"), "<snapshot><description>s</description></snapshot>");
    it.pass(60);
    let path = format!("{vm}/snapshots/{snapshot}/restore");
    let (status, action, _) = send(&mut it, "POST", &path, "<action/>", "nothing");
    assert_eq!(status, 202);
    assert_eq!(action.text_at("async"), Some("true"));
    assert_eq!(action.text_at("status"), Some("in_progress"));
    let rels: Vec<_> = action.all("link").filter_map(|it| it.attribute("rel")).collect();
    assert_eq!(rels, ["parent", "replay"]);
    let reply = send(&mut it, "GET", below(action.attribute("href").unwrap()), "", "nothing");
    assert_eq!(reply.0, 301, "one is led back to what was acted on");
    assert!(reply.2.unwrap().ends_with(&format!("{vm}/snapshots/{snapshot}")));
    it.pass(60);
    let waits = "<action><async>false</async></action>";
    let (status, action, _) = send(&mut it, "POST", &path, waits, "nothing");
    assert_eq!((status, action.text_at("status")), (200, Some("complete")));
}

#[test]
fn few_actions_can_be_left_alone() {
    let mut it = lab();
    let host = format!("/hosts/{}", it.id("hosts", "host-1"));
    let setup = format!("{host}/setupnetworks");
    let wrong = "<action><modified_network_attachments><network_attachment><network><name>nowhere</name></network><host_nic><name>eth0</name></host_nic></network_attachment></modified_network_attachments></action>";
    assert!(it.over_http("POST", &setup, wrong).0 >= 400);
    let (status, action) = it.over_http("POST", &format!("{setup}?async=true"), wrong);
    let said = action.unwrap();
    assert_eq!((status, said.text_at("status")), (202, Some("in_progress")));
    assert_eq!(said.child("fault"), None, "nobody waits for it");
    assert_eq!(send(&mut it, "POST", "/events/undelete", "<action/>", "202-accepted").0, 202);
    let vm = it.running_vm("web");
    let start = format!("{vm}/start?async=true");
    assert_eq!(it.over_http("POST", &start, "<action/>").0, 409, "most actions are waited for");
}
