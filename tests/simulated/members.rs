//! Groups and their members, space and its limits, in the simulated engine.

use crate::asking::{Asking, GIB, disk, refused};

#[test]
fn machines_join_and_leave_affinity_groups() {
    let mut it = Asking::lab();
    let cluster = it.id("clusters", "lab");
    let (one, two) = (it.vm("one", ""), it.vm("two", ""));
    let groups = format!("/clusters/{cluster}/affinitygroups");
    let new =
        format!("<affinity_group><name>apart</name><vms><vm id=\"{one}\"/></vms></affinity_group>");
    let made = it.post(&groups, &new);
    assert_eq!(made.at("vms/vm").unwrap().id(), Some(one.as_str()));
    let exists = "[Cannot add Affinity Group. Affinity Group name already exists.]";
    refused(&mut it, "POST", &groups, &new, 400, exists);
    let group = format!("{groups}/{}", made.id().unwrap());
    let member = format!("<vm id=\"{two}\"/>");
    assert_eq!(it.add(&format!("{group}/vms"), &member), two);
    let twice = "[Cannot edit Affinity Group. Duplicate VM.]";
    refused(&mut it, "POST", &format!("{group}/vms"), &member, 400, twice);
    it.delete(&format!("{group}/vms/{one}"));
    assert_eq!(it.get(&format!("{group}/vms")).text_at("vm/name"), Some("two"));
    it.pass(6);
    it.delete(&format!("/vms/{two}"));
    assert_eq!(it.get(&format!("{group}/vms")).children().len(), 0);
    let list = format!("<affinity_group><vms><vm id=\"{one}\"/></vms></affinity_group>");
    assert_eq!(it.put(&group, &list).at("vms/vm").unwrap().id(), Some(one.as_str()));
}

#[test]
fn disks_take_room_and_have_to_find_it() {
    let mut it = Asking::lab();
    let path = format!("/storagedomains/{}", it.id("storagedomains", "nfs-1"));
    let before: u64 = it.text(&path, "available").parse().unwrap();
    let full = |gibibytes| {
        disk("d", gibibytes)
            .replace("cow", "raw")
            .replace("</disk>", "<sparse>false</sparse></disk>")
    };
    it.add("/disks", &full(100));
    let after: u64 = it.text(&path, "available").parse().unwrap();
    assert_eq!(before - after, 100 * GIB);
    let low = "[Cannot add Virtual Disk. Low disk space on Storage Domain nfs-1.]";
    refused(&mut it, "POST", "/disks", &full(before / GIB), 409, low);
}

#[test]
fn a_search_tells_case_apart_only_when_told_so() {
    let mut it = Asking::lab();
    assert_eq!(it.get("/hosts?search=name%3DHOST-1").children().len(), 1);
    assert_eq!(it.get("/hosts?search=name%3DHOST-1&case_sensitive=true").children().len(), 0);
}
