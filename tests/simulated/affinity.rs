//! Affinity groups whose rules have to fit together.

use crate::asking::{Asking, refused};

fn lab() -> (Asking, String, [String; 3]) {
    let mut it = Asking::lab();
    let cluster = it.id("clusters", "lab");
    let vms = ["a", "b", "c"].map(|name| it.vm(name, ""));
    (it, format!("/clusters/{cluster}/affinitygroups"), vms)
}

fn group(name: &str, positive: bool, vms: &[&String]) -> String {
    let vms: String = vms.iter().map(|id| format!("<vm id=\"{id}\"/>")).collect();
    format!(
        "<affinity_group><name>{name}</name><vms_rule><enabled>true</enabled><positive>{positive}</positive><enforcing>true</enforcing></vms_rule><vms>{vms}</vms></affinity_group>"
    )
}

#[test]
fn machines_cannot_be_together_and_apart() {
    let (mut it, groups, [a, b, c]) = lab();
    it.add(&groups, &group("one", true, &[&a, &b]));
    it.add(&groups, &group("two", true, &[&b, &c]));
    let text = "[Affinity Group collision detected in unified affinity group of VMs:";
    refused(&mut it, "POST", &groups, &group("apart", false, &[&a, &c]), 409, text);
    assert_eq!(it.get(&groups).children().len(), 2, "nothing is left of it");
    let apart = format!("{groups}/{}", it.add(&groups, &group("apart", false, &[&a])));
    refused(&mut it, "POST", &format!("{apart}/vms"), &format!("<vm id=\"{c}\"/>"), 409, text);
    refused(&mut it, "PUT", &apart, &group("apart", false, &[&a, &b]), 409, text);
    assert_eq!(it.get(&format!("{apart}/vms")).children().len(), 1, "it is as it was");
    it.put(
        &apart,
        "<affinity_group><vms_rule><enabled>false</enabled></vms_rule></affinity_group>",
    );
    it.add(&format!("{apart}/vms"), &format!("<vm id=\"{c}\"/>"));
}

#[test]
fn machines_cannot_have_to_be_on_a_host_and_off_it() {
    let (mut it, groups, [a, ..]) = lab();
    let host = it.id("hosts", "host-1");
    let label = it.add(
        "/affinitylabels",
        &format!(
            "<affinity_label><name>l</name><hosts><host id=\"{host}\"/></hosts></affinity_label>"
        ),
    );
    let with = |name: &str, positive: bool, hosts: &str| {
        format!(
            "<affinity_group><name>{name}</name><hosts_rule><enabled>true</enabled><positive>{positive}</positive><enforcing>true</enforcing></hosts_rule><vms><vm id=\"{a}\"/></vms>{hosts}</affinity_group>"
        )
    };
    it.add(&groups, &with("on", true, &format!("<hosts><host id=\"{host}\"/></hosts>")));
    let text = "[The following affinity groups, containing the indicated hosts and VMs, have VM to host conflicts";
    let by_label = format!("<host_labels><affinity_label id=\"{label}\"/></host_labels>");
    refused(&mut it, "POST", &groups, &with("off", false, &by_label), 409, text);
}

#[test]
fn clients_of_old_say_the_rule_in_two_flags() {
    let (mut it, groups, _) = lab();
    let made = it.post(&groups, "<affinity_group><name>x</name><positive>true</positive><enforcing>true</enforcing></affinity_group>");
    for path in ["positive", "enforcing", "vms_rule/positive", "vms_rule/enforcing"] {
        assert_eq!(made.text_at(path), Some("true"), "{path}");
    }
    let path = format!("{groups}/{}", made.id().unwrap());
    it.put(&path, "<affinity_group><positive>false</positive></affinity_group>");
    assert_eq!(it.text(&path, "vms_rule/positive"), "false");
    assert_eq!(it.text(&path, "vms_rule/enforcing"), "true");
}

#[test]
fn members_that_cannot_be() {
    let (mut it, groups, [a, ..]) = lab();
    let path = format!("{groups}/{}", it.add(&groups, &group("g", true, &[&a])));
    let cluster = it.add(
        "/clusters",
        "<cluster><name>far</name><data_center><name>lab</name></data_center></cluster>",
    );
    let far = it.add("/vms", "<vm><name>far</name><cluster><name>far</name></cluster><template><name>Blank</name></template></vm>");
    let missing = "[Cannot edit Affinity Group. Provided ";
    for (path, document, text) in [
        (
            format!("{path}/vms"),
            format!("<vm id=\"{cluster}\"/>"),
            format!("{missing}VM is invalid (does not exist).]"),
        ),
        (
            format!("{path}/vms"),
            format!("<vm id=\"{far}\"/>"),
            format!("{missing}VM resides in another Cluster.]"),
        ),
        (
            format!("{path}/hosts"),
            format!("<host id=\"{a}\"/>"),
            format!("{missing}Host is invalid (does not exist).]"),
        ),
        (
            format!("{path}/vmlabels"),
            format!("<affinity_label id=\"{a}\"/>"),
            format!("{missing}label is invalid (does not exist).]"),
        ),
        (
            format!("{path}/vms"),
            format!("<vm id=\"{a}\"/>"),
            "[Cannot edit Affinity Group. Duplicate VM.]".to_owned(),
        ),
        (
            groups.clone(),
            group("h", true, &[&a, &a]),
            "[Cannot edit Affinity Group. Duplicate VM.]".to_owned(),
        ),
        (
            groups.clone(),
            group("g", true, &[]),
            "[Cannot add Affinity Group. Affinity Group name already exists.]".to_owned(),
        ),
    ] {
        refused(&mut it, "POST", &path, &document, 400, &text);
    }
    let host = it.add(&format!("{path}/hosts"), "<host><name>host-1</name></host>");
    assert_eq!(host, it.id("hosts", "host-1"), "hosts go by name too");
    let label = it.add("/affinitylabels", "<affinity_label><name>l</name></affinity_label>");
    let labels = format!("{path}/vmlabels");
    it.add(&labels, &format!("<affinity_label id=\"{label}\"/>"));
    let moved = format!(
        "<affinity_group><cluster id=\"{}\"/></affinity_group>",
        it.id("clusters", "Default")
    );
    let text = "[Cannot edit Affinity Group. Cannot change Cluster for Affinity Group.]";
    refused(&mut it, "PUT", &path, &moved, 400, text);
    let twice = "[Cannot edit Affinity Group. Duplicate label.]";
    refused(&mut it, "POST", &labels, &format!("<affinity_label id=\"{label}\"/>"), 400, twice);
}

fn on_hosts(name: &str, positive: bool, vm: &str, host: &str) -> String {
    format!(
        "<affinity_group><name>{name}</name><hosts_rule><enabled>true</enabled><positive>{positive}</positive><enforcing>true</enforcing></hosts_rule><vms><vm id=\"{vm}\"/></vms><hosts><host id=\"{host}\"/></hosts></affinity_group>"
    )
}

fn filtered(host: &str, filter: &str, because: &str) -> String {
    format!(
        "The host {host} did not satisfy internal filter {filter} because {because} affinity rules ."
    )
}

#[test]
fn the_scheduler_keeps_machines_together_and_apart() {
    let (mut it, groups, [a, b, c]) = lab();
    it.pass(6);
    let host = |it: &mut Asking, vm: &str| {
        it.get(&format!("/vms/{vm}")).child("host").unwrap().id().unwrap().to_owned()
    };
    let start = |it: &mut Asking, vm: &str| {
        it.act(&format!("/vms/{vm}/start"));
        it.pass(6);
    };
    it.add(&groups, &group("together", true, &[&a, &b]));
    start(&mut it, &a);
    start(&mut it, &b);
    assert_eq!(host(&mut it, &a), host(&mut it, &b));
    let none =
        "There is no host that satisfies current scheduling constraints. See below for details:, ";
    let (_, text) = it.refusal("POST", &format!("/vms/{a}/migrate"), "<action/>");
    assert!(
        text.contains(none) && text.contains("VmAffinityGroups because it did not match positive"),
        "{text}"
    );
    it.add(&groups, &group("apart", false, &[&a, &c]));
    start(&mut it, &c);
    assert_ne!(host(&mut it, &a), host(&mut it, &c));
    let (status, text) = it.refusal("POST", &format!("/vms/{c}/migrate"), "<action/>");
    let here = host(&mut it, &a);
    let name = it.text(&format!("/hosts/{here}"), "name");
    let apart = filtered(&name, "VmAffinityGroups", "it matched negative");
    assert_eq!((status, text), (409, format!("[Cannot migrate VM. {none}{apart}]")));
}

#[test]
fn the_scheduler_keeps_machines_on_their_hosts_and_off_others() {
    let (mut it, groups, [a, b, _]) = lab();
    it.pass(6);
    let (one, two) = (it.id("hosts", "host-1"), it.id("hosts", "host-2"));
    it.add(&groups, &on_hosts("on", true, &a, &one));
    it.add(&groups, &on_hosts("off", false, &b, &one));
    it.act(&format!("/vms/{a}/start"));
    it.act(&format!("/vms/{b}/start"));
    it.pass(6);
    for (vm, host, other, because) in [
        (&a, &one, "host-2", "it did not match positive"),
        (&b, &two, "host-1", "it matched negative"),
    ] {
        let path = format!("/vms/{vm}");
        assert_eq!(it.get(&path).child("host").unwrap().id(), Some(host.as_str()));
        let (status, text) = it.refusal("POST", &format!("{path}/migrate"), "<action/>");
        let reason = filtered(other, "VmToHostsAffinityGroups", because);
        assert!(status == 409 && text.ends_with(&format!("{reason}]")), "{status} {text}");
    }
}
