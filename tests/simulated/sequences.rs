//! What users do from end to end, call by call.

use crate::asking::{Asking, GIB, disk};

#[test]
fn a_machine_from_a_template_with_all_that_belongs_to_it() {
    let mut it = Asking::lab();
    let id = "0c2f5f4e-7b44-4a55-9a4c-6f7a2f3f9d10";
    let (cluster, profile) = (it.id("clusters", "lab"), it.id("templates", "rhel-9"));
    it.post("/vms", &format!("<vm id=\"{id}\"><name>web-01</name><cluster id=\"{cluster}\"/><template id=\"{profile}\"/><memory>{}</memory><initialization><host_name>web-01.example.com</host_name></initialization></vm>", 2 * GIB));
    let vm = format!("/vms/{id}");
    // While its disks are copied: names, tags, NICs, groups.
    let nic = it.get(&format!("{vm}/nics")).children()[0].id().unwrap().to_owned();
    it.put(&format!("{vm}/nics/{nic}"), "<nic><name>eth0</name></nic>");
    it.post(&format!("{vm}/nics"), "<nic><name>eth1</name></nic>");
    let tag = it.add("/tags", "<tag><name>prod</name></tag>");
    it.post(&format!("{vm}/tags"), &format!("<tag id=\"{tag}\"/>"));
    let groups = format!("/clusters/{cluster}/affinitygroups");
    let group = it.add(&groups, "<affinity_group><name>spread</name><positive>false</positive><enforcing>false</enforcing></affinity_group>");
    it.post(&format!("{groups}/{group}/vms"), &format!("<vm id=\"{id}\"/>"));
    let (role, everyone) = (it.id("roles", "UserRole"), it.id("groups", "Everyone"));
    it.post(
        &format!("{vm}/permissions"),
        &format!("<permission><role id=\"{role}\"/><group id=\"{everyone}\"/></permission>"),
    );
    assert_eq!(it.text(&vm, "status"), "image_locked");
    it.pass(6);
    let whole = it.get(&format!("{vm}?follow=disk_attachments.disk,nics"));
    assert_eq!(whole.text_at("status"), Some("down"));
    let root = whole.at("disk_attachments/disk_attachment").unwrap().id().unwrap().to_owned();
    let grow = format!(
        "<disk_attachment><disk><provisioned_size>{}</provisioned_size><alias>root</alias></disk></disk_attachment>",
        30 * GIB
    );
    it.put(&format!("{vm}/diskattachments/{root}"), &grow);
    it.pass(4);
    assert_eq!(it.text(&format!("/disks/{root}"), "alias"), "root");
    it.act(&format!("{vm}/start"));
    it.pass(6);
    assert_eq!(it.text(&vm, "status"), "up");
    assert_eq!(it.text(&vm, "fqdn"), "web-01.example.com");
}

#[test]
fn a_running_machine_gets_bigger() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    it.put(
        &vm,
        &format!(
            "<vm><memory>{}</memory><cpu><topology><sockets>2</sockets></topology></cpu></vm>",
            2 * GIB
        ),
    );
    assert_eq!(it.text(&vm, "memory"), (2 * GIB).to_string());
    assert_eq!(it.text(&vm, "next_run_configuration_exists"), "false");
    let attachments = format!("{vm}/diskattachments");
    let root = it.get(&attachments).children()[0].id().unwrap().to_owned();
    let grow = format!(
        "<disk_attachment><disk><provisioned_size>{}</provisioned_size></disk></disk_attachment>",
        40 * GIB
    );
    it.put(&format!("{attachments}/{root}"), &grow);
    it.pass(4);
    assert_eq!(it.text(&format!("/disks/{root}"), "provisioned_size"), (40 * GIB).to_string());
    let all = format!("{vm}?next_run=true");
    it.put(
        &all,
        &format!(
            "<vm><cpu><topology><cores>4</cores></topology></cpu><memory>{}</memory></vm>",
            3 * GIB
        ),
    );
    assert_eq!(it.text(&vm, "memory"), (2 * GIB).to_string(), "nothing is hot-set");
    it.act(&format!("{vm}/reboot"));
    it.pass(12);
    let whole = it.get(&vm);
    assert_eq!(whole.text_at("status"), Some("up"));
    assert_eq!(whole.text_at("memory"), Some((3 * GIB).to_string().as_str()));
    assert_eq!(whole.text_at("next_run_configuration_exists"), Some("false"));
}

#[test]
fn a_machine_gets_another_template() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let new = format!(
        "<disk_attachment><interface>virtio</interface>{}</disk_attachment>",
        disk("data", 1)
    );
    let data = it.add(&format!("{vm}/diskattachments"), &new);
    it.pass(4);
    let id = vm.rsplit('/').next().unwrap().to_owned();
    let mac = it.text(&format!("{vm}?follow=nics"), "nics/nic/mac/address");
    it.act(&format!("{vm}/shutdown"));
    it.pass(5);
    it.delete(&format!("{vm}/diskattachments/{data}"));
    it.delete(&vm);
    it.post("/vms", &format!("<vm id=\"{id}\"><name>web</name><cluster><name>lab</name></cluster><template><name>debian-12</name></template></vm>"));
    it.pass(6);
    let nic = it.get(&format!("{vm}/nics")).children()[0].id().unwrap().to_owned();
    it.put(&format!("{vm}/nics/{nic}"), &format!("<nic><mac><address>{mac}</address></mac></nic>"));
    it.post(&format!("{vm}/diskattachments"), &format!("<disk_attachment><interface>virtio</interface><active>true</active><disk id=\"{data}\"/></disk_attachment>"));
    it.act(&format!("{vm}/start"));
    it.pass(6);
    assert_eq!(it.text(&vm, "status"), "up");
    assert_eq!(it.text(&format!("{vm}?follow=nics"), "nics/nic/mac/address"), mac);
}

#[test]
fn a_hundred_machines_go() {
    let mut it = Asking::lab();
    let vms: Vec<String> =
        (0..100).map(|number| format!("/vms/{}", it.vm(&format!("n-{number}"), ""))).collect();
    it.pass(6);
    for (number, vm) in vms.iter().enumerate() {
        if number.is_multiple_of(3) {
            it.act(&format!("{vm}/start"));
        }
        if number.is_multiple_of(10) {
            it.put(vm, "<vm><delete_protected>true</delete_protected></vm>");
        }
    }
    it.pass(6);
    for vm in &vms {
        it.put(vm, "<vm><delete_protected>false</delete_protected></vm>");
        it.act(&format!("{vm}/stop"));
    }
    it.pass(2);
    assert_eq!(it.get("/vms?search=status%3Ddown").children().len(), 100);
    for vm in &vms {
        it.delete(vm);
    }
    assert!(it.get("/vms").children().is_empty());
    it.pass(3);
    assert!(it.get("/disks?search=status%3Dillegal").children().is_empty());
    assert_eq!(it.get("/disks").children().len(), 2, "those of the templates");
}
