//! Affinity labels, seen from both sides.

use crate::asking::{Asking, refused};

fn ids(list: &virtuform::xml::Element) -> Vec<String> {
    list.children().iter().map(|it| it.id().unwrap().to_owned()).collect()
}

#[test]
fn members_are_the_same_from_both_sides() {
    let mut it = Asking::lab();
    let label = it.add("/affinitylabels", "<affinity_label><name>gpu</name></affinity_label>");
    let path = format!("/affinitylabels/{label}");
    let (vm, host) = (it.vm("web", ""), it.id("hosts", "host-1"));
    let on_vm = format!("/vms/{vm}/affinitylabels");
    assert_eq!(it.add(&on_vm, &format!("<affinity_label id=\"{label}\"/>")), label);
    assert_eq!(ids(&it.get(&format!("{path}/vms"))), std::slice::from_ref(&vm));
    assert_eq!(it.add(&format!("{path}/hosts"), &format!("<host id=\"{host}\"/>")), host);
    let on_host = format!("/hosts/{host}/affinitylabels");
    let list = it.get(&on_host);
    assert_eq!(list.text_at("affinity_label/name"), Some("gpu"));
    let href = format!("/ovirt-engine/api{on_host}/{label}");
    assert_eq!(list.children()[0].attribute("href"), Some(href.as_str()));
    assert_eq!(it.text(&format!("{on_vm}/{label}"), "name"), "gpu");
    let text = "[Cannot delete affinity label, remove it from all entities first.]";
    refused(&mut it, "DELETE", &path, "", 409, text);
    it.delete(&format!("{on_host}/{label}"));
    assert_eq!(ids(&it.get(&format!("{path}/hosts"))), [""; 0]);
    it.pass(10);
    it.delete(&format!("/vms/{vm}"));
    assert_eq!(ids(&it.get(&format!("{path}/vms"))), [""; 0], "who goes bears no label");
    it.delete(&path);
}

#[test]
fn an_update_adds_members_and_removes_none() {
    let mut it = Asking::lab();
    let (one, two) = (it.vm("one", ""), it.vm("two", ""));
    let with = |vm: &str| {
        format!("<affinity_label><name>l</name><vms><vm id=\"{vm}\"/></vms></affinity_label>")
    };
    let path = format!("/affinitylabels/{}", it.add("/affinitylabels", &with(&one)));
    it.put(&path, &with(&two));
    let mut both = vec![one, two];
    both.sort();
    let mut found = ids(&it.get(&format!("{path}/vms")));
    found.sort();
    assert_eq!(found, both);
}

#[test]
fn labels_that_cannot_be() {
    let mut it = Asking::lab();
    let (vm, host) = (it.vm("web", ""), it.id("hosts", "host-1"));
    it.add("/affinitylabels", "<affinity_label><name>l</name></affinity_label>");
    let old = it.add("/affinitylabels", "<affinity_label><name>old</name><has_implicit_affinity_group>true</has_implicit_affinity_group></affinity_label>");
    let old = format!("/affinitylabels/{old}");
    let implicit = "[Cannot edit Affinity Label. Implicit affinity groups are not supported in cluster version 4.4 and above. ";
    for (method, path, document, status, text) in [
        (
            "POST",
            "/affinitylabels",
            "<affinity_label/>".to_owned(),
            400,
            "AffinityLabel [name] required for add",
        ),
        (
            "POST",
            "/affinitylabels",
            "<affinity_label><name>l</name></affinity_label>".to_owned(),
            409,
            "[Cannot add affinity label with a conflicting NAME.]",
        ),
        (
            "POST",
            "/affinitylabels",
            "<affinity_label><name>a b</name></affinity_label>".to_owned(),
            400,
            "[The name for affinity label is invalid. ",
        ),
        (
            "POST",
            "/affinitylabels",
            format!("<affinity_label><name>{}</name></affinity_label>", "x".repeat(51)),
            400,
            "[An affinity label name must be 1-50 characters long.]",
        ),
        (
            "POST",
            "/affinitylabels",
            "<affinity_label><name>r</name><read_only>true</read_only></affinity_label>".to_owned(),
            409,
            "[Cannot change read-only affinity label.]",
        ),
        (
            "PUT",
            &old,
            "<affinity_label><name>l</name></affinity_label>".to_owned(),
            409,
            "[Cannot add affinity label with a conflicting NAME.]",
        ),
        ("POST", &format!("{old}/vms"), format!("<vm id=\"{vm}\"/>"), 409, implicit),
        (
            "POST",
            &format!("/hosts/{host}/affinitylabels"),
            format!("<affinity_label id=\"{}\"/>", &old[16..]),
            409,
            implicit,
        ),
        ("POST", &format!("{old}/vms"), "<vm/>".to_owned(), 400, "Vm [id] required for add"),
        (
            "POST",
            &format!("/vms/{vm}/affinitylabels"),
            "<affinity_label/>".to_owned(),
            400,
            "AffinityLabel [id] required for add",
        ),
    ] {
        refused(&mut it, method, path, &document, status, text);
    }
}
