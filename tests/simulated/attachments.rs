//! Disks as machines have them attached.

use crate::asking::{Asking, disk, refused};

/// An attachment with a new disk of a GiB.
fn new(alias: &str, more: &str) -> String {
    format!("<disk_attachment>{more}{}</disk_attachment>", disk(alias, 1))
}

fn down(it: &mut Asking, name: &str) -> String {
    let path = format!("/vms/{}", it.vm(name, ""));
    it.pass(6);
    path
}

#[test]
fn a_new_disk_is_plugged_into_a_running_machine_when_it_is_there() {
    let mut it = Asking::lab();
    let all = format!("{}/diskattachments", it.running_vm("web"));
    let made = it.post(&all, &new("d", "<interface>virtio</interface><active>true</active>"));
    assert_eq!(made.text_at("active"), Some("false"));
    it.pass(4);
    let path = format!("{all}/{}", made.id().unwrap());
    assert_eq!(it.text(&path, "active"), "true");
    let made = it.post(&all, &new("s", "<interface>sata</interface><active>true</active>"));
    it.pass(4);
    assert_eq!(it.text(&format!("{all}/{}", made.id().unwrap()), "active"), "false");
    let event = it.get("/events?max=1");
    let text = event.text_at("event/description").unwrap();
    assert!(text.contains("Failed to activate disk s"), "the only sign: {text}");
    it.put(&path, "<disk_attachment><active>false</active></disk_attachment>");
    it.put(&path, "<disk_attachment><interface>virtio_scsi</interface></disk_attachment>");
    it.put(&path, "<disk_attachment><active>true</active></disk_attachment>");
    assert_eq!(it.text(&path, "interface"), "virtio_scsi");
}

#[test]
fn machines_have_only_so_many_slots() {
    let mut it = Asking::lab();
    let all = format!("{}/diskattachments", down(&mut it, "web"));
    for number in 0..5 {
        it.post(&all, &new(&format!("s{number}"), "<interface>sata</interface>"));
    }
    let full = "[Cannot add Virtual Disk. Maximum SATA devices exceeded.]";
    refused(&mut it, "POST", &all, &new("s", "<interface>sata</interface>"), 409, full);
    for number in 0..25 {
        it.post(&all, &new(&format!("v{number}"), "<interface>virtio</interface>"));
    }
    let full = "[Cannot add Virtual Disk. Maximum PCI devices exceeded.]";
    refused(&mut it, "POST", &all, &new("v", "<interface>virtio</interface>"), 409, full);
}

#[test]
fn what_does_not_fit_a_machine() {
    let mut it = Asking::lab();
    let vm = down(&mut it, "web");
    let all = format!("{vm}/diskattachments");
    for (more, status, text) in [
        ("", 400, "[Interface is required]"),
        (
            "<interface>ide</interface>",
            400,
            "[Cannot add Virtual Disk: The disk interface is not supported by the VM OS: rhel_9x64.]",
        ),
        (
            "<interface>spapr_vscsi</interface>",
            400,
            "[Cannot add Virtual Disk: The disk interface is not supported by the VM OS:",
        ),
        (
            "<interface>sata</interface><read_only>true</read_only>",
            400,
            "[Cannot add Virtual Disk. SATA disks can't be read-only.]",
        ),
        (
            "<interface>virtio</interface><pass_discard>true</pass_discard>",
            400,
            "[Cannot add Virtual Disk. Enable discard for d is supported only by VirtIO-SCSI and IDE disk interfaces.]",
        ),
        (
            "<interface>virtio</interface><bootable>true</bootable>",
            409,
            "[Cannot add Virtual Disk. Disk rhel-9_disk in VM web is already marked as boot.]",
        ),
    ] {
        refused(&mut it, "POST", &all, &new("d", more), status, text);
    }
    let scsi = "[Cannot disable VirtIO-SCSI when disks with a VirtIO-SCSI interface are plugged into the VM.]";
    let off = "<vm><virtio_scsi><enabled>false</enabled></virtio_scsi></vm>";
    refused(&mut it, "PUT", &vm, off, 409, scsi);
    let own = it.get(&all).children()[0].id().unwrap().to_owned();
    it.put(
        &format!("{all}/{own}"),
        "<disk_attachment><interface>virtio</interface></disk_attachment>",
    );
    it.put(&vm, off);
    let disabled = "[Cannot add Virtual Disk. VirtIO-SCSI is disabled for the VM]";
    let more = "<interface>virtio_scsi</interface>";
    refused(&mut it, "POST", &all, &new("d", more), 409, disabled);
}

#[test]
fn a_machine_that_is_locked_takes_no_disk() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}/diskattachments", it.vm("web", ""));
    let locked = "[Cannot add Virtual Disk: VM is locked. Please try again in a few minutes.]";
    refused(&mut it, "POST", &path, &new("d", "<interface>virtio</interface>"), 409, locked);
    it.pass(6);
    let vm = path.trim_end_matches("/diskattachments").to_owned();
    it.act(&format!("{vm}/start"));
    it.pass(6);
    it.act(&format!("{vm}/suspend"));
    it.pass(5);
    let one = it.add("/disks", &disk("floating", 1));
    it.pass(4);
    let attach = format!(
        "<disk_attachment><interface>virtio</interface><disk id=\"{one}\"/></disk_attachment>"
    );
    let illegal = "[Cannot attach Virtual Disk because the VM is in Suspended status.]";
    refused(&mut it, "POST", &path, &attach, 409, illegal);
    let own = it.get(&path).children()[0].id().unwrap().to_owned();
    let illegal = "[Cannot detach Virtual Disk because the VM is in Suspended status.]";
    refused(&mut it, "DELETE", &format!("{path}/{own}"), "", 409, illegal);
    let illegal = "[Cannot hot unplug Virtual Disk because the VM is in Suspended status.]";
    let unplug = "<disk_attachment><active>false</active></disk_attachment>";
    refused(&mut it, "PUT", &format!("{path}/{own}"), unplug, 409, illegal);
}

#[test]
fn boot_disks_are_added_one_by_one() {
    let mut it = Asking::lab();
    let vm = it.add("/vms", "<vm><name>own</name><cluster><name>lab</name></cluster><template><name>Blank</name></template></vm>");
    let all = format!("/vms/{vm}/diskattachments");
    let more = "<interface>virtio</interface><bootable>true</bootable>";
    it.post(&all, &new("one", more));
    it.post(&all, &new("two", "<interface>virtio</interface>"));
    let busy = "[Cannot add Virtual Disk. Related operation is currently in progress. Please try again later.]";
    refused(&mut it, "POST", &all, &new("three", more), 409, busy);
    it.pass(4);
    let taken = "[Cannot add Virtual Disk. Disk one in VM own is already marked as boot.]";
    refused(&mut it, "POST", &all, &new("three", more), 409, taken);
}

#[test]
fn hot_plugging_takes_virtio_only() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let one = it.add("/disks", &disk("floating", 1));
    it.pass(4);
    let attach = format!(
        "<disk_attachment><interface>sata</interface><active>true</active><disk id=\"{one}\"/></disk_attachment>"
    );
    let only = "[Can plug only VirtIO disks.]";
    refused(&mut it, "POST", &format!("{vm}/diskattachments"), &attach, 409, only);
}
