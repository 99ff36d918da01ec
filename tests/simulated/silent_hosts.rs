//! Hosts that do not answer any more, and what becomes of them and of their machines.

use crate::asking::{Asking, fence_agent, refused};

/// Starts a machine in the lab and cuts its host off, by moving its management network to a NIC
/// without a link; returns the paths of the host and the machine.
fn cut_off(it: &mut Asking) -> (String, String) {
    let vm = it.running_vm("web");
    let host = format!("/hosts/{}", it.get(&vm).child("host").unwrap().id().unwrap());
    let attachment = it.get(&format!("{host}/networkattachments")).children()[0].clone();
    let id = attachment.id().unwrap();
    it.post(
        &format!("{host}/setupnetworks"),
        &format!("<action><modified_network_attachments><network_attachment id=\"{id}\"><host_nic><name>eth4</name></host_nic></network_attachment></modified_network_attachments></action>"),
    );
    (host, vm)
}

#[test]
fn an_administrator_says_that_a_silent_host_was_restarted() {
    let mut it = Asking::lab();
    let (host, vm) = cut_off(&mut it);
    it.pass(11);
    assert_eq!(it.text(&host, "status"), "non_responsive");
    refused(
        &mut it,
        "POST",
        &format!("{host}/activate"),
        "<action/>",
        409,
        "[Cannot activate Host. Host is in non responsive state.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{host}/deactivate"),
        "<action/>",
        409,
        "[Cannot switch Host to Maintenance mode.\nHost still has running VMs on it and is in Non Responsive state.]",
    );
    refused(
        &mut it,
        "DELETE",
        &host,
        "",
        409,
        "[Cannot remove Host. One or more VMs are still running on this Host.]",
    );
    it.post(&format!("{host}/fence"), "<action><fence_type>manual</fence_type></action>");
    it.pass(5);
    assert_eq!(it.text(&vm, "status"), "down");
    it.maintain(&host);
    it.delete(&host);
}

#[test]
fn a_silent_host_with_power_management_is_restarted_and_has_its_saved_networks_back() {
    let mut it = Asking::lab();
    for host in ["host-1", "host-2"] {
        let path = it.host(host);
        it.add(&format!("{path}/fenceagents"), &fence_agent("ipmilan"));
        it.put(&path, "<host><power_management><enabled>true</enabled></power_management></host>");
    }
    let (host, vm) = cut_off(&mut it);
    it.pass(11);
    assert_eq!(it.text(&host, "status"), "reboot");
    it.pass(10);
    assert_eq!(it.text(&host, "status"), "up");
    assert_eq!(it.text(&vm, "status"), "down");
    let attachment = it.get(&format!("{host}/networkattachments")).children()[0].clone();
    let nic = attachment.child("host_nic").unwrap().id().unwrap().to_owned();
    assert_eq!(it.text(&format!("{host}/nics/{nic}"), "name"), "eth0");
}
