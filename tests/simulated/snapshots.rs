//! Snapshots: taken, looked at, gone back to, removed.

use crate::asking::{Asking, refused};

const NEW: &str = "<snapshot><description>s</description></snapshot>";

fn down(it: &mut Asking) -> String {
    let path = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    path
}

/// Takes a snapshot and returns its path.
fn take(it: &mut Asking, vm: &str) -> String {
    let all = format!("{vm}/snapshots");
    let id = it.add(&all, NEW);
    it.pass(6);
    format!("{all}/{id}")
}

/// An action that names a snapshot.
fn naming(snapshot: &str) -> String {
    let id = snapshot.rsplit('/').next().unwrap();
    format!("<action><snapshot id=\"{id}\"/></action>")
}

#[test]
fn a_snapshot_keeps_disks_nics_and_memory() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let all = format!("{vm}/snapshots");
    let disk = it.get(&format!("{vm}/diskattachments")).children()[0].id().unwrap().to_owned();
    let image = it.text(&format!("/disks/{disk}"), "image_id");
    let made = it.post(&all, NEW);
    assert_eq!(made.text_at("snapshot_status"), Some("locked"));
    assert_eq!(made.text_at("persist_memorystate"), Some("true"));
    assert_eq!(it.text(&format!("/disks/{disk}"), "status"), "locked");
    assert_eq!(it.text(&vm, "status"), "up", "unchanged");
    let being = "[Cannot create Snapshot. Snapshot is currently being created for VM web.]";
    refused(&mut it, "POST", &all, NEW, 409, being);
    it.pass(6);
    let path = format!("{all}/{}", made.id().unwrap());
    assert_eq!(it.text(&path, "snapshot_status"), "ok");
    let disks = it.get(&format!("{path}/disks"));
    assert_eq!(disks.text_at("disk/image_id"), Some(image.as_str()));
    assert_ne!(it.text(&format!("/disks/{disk}"), "image_id"), image, "goes on with a new one");
    assert_eq!(it.get(&format!("{path}/nics")).text_at("nic/name"), Some("nic1"));
    assert_eq!(it.get(&format!("{path}/cdroms")).children().len(), 1);
    it.delete(&path);
    assert_eq!(it.text(&path, "snapshot_status"), "locked");
    let busy = "[Cannot create Snapshot. The VM is performing an operation on a Snapshot.";
    refused(&mut it, "POST", &all, NEW, 409, busy);
    it.pass(6);
    assert_eq!(it.ask("GET", &path, "").0, 404);
}

#[test]
fn a_preview_is_undone_or_committed() {
    let mut it = Asking::lab();
    let vm = down(&mut it);
    let first = take(&mut it, &vm);
    let second = take(&mut it, &vm);
    it.put(&vm, "<vm><cpu><topology><cores>4</cores></topology></cpu></vm>");
    it.post(&format!("{vm}/previewsnapshot"), &naming(&first));
    assert_eq!(it.text(&vm, "status"), "image_locked");
    it.pass(6);
    assert_eq!(it.text(&vm, "status"), "down");
    assert_eq!(it.text(&first, "snapshot_status"), "in_preview");
    assert_eq!(it.text(&vm, "cpu/topology/cores"), "1");
    let all = it.get(&format!("{vm}/snapshots"));
    let before = all.children().iter().find(|it| it.text_at("snapshot_type") == Some("preview"));
    assert_eq!(before.unwrap().text_at("description"), Some("Active VM before the preview"));
    it.act(&format!("{vm}/undosnapshot"));
    it.pass(6);
    assert_eq!(it.text(&vm, "cpu/topology/cores"), "4");
    assert_eq!(it.text(&first, "snapshot_status"), "ok");
    it.post(&format!("{vm}/previewsnapshot"), &naming(&first));
    it.pass(6);
    it.act(&format!("{vm}/commitsnapshot"));
    it.pass(6);
    assert_eq!(it.text(&vm, "cpu/topology/cores"), "1");
    assert_eq!(it.ask("GET", &second, "").0, 404, "what came later is gone");
    assert_eq!(it.text(&first, "snapshot_status"), "ok");
}

#[test]
fn a_restore_is_both_in_one_call() {
    let mut it = Asking::lab();
    let vm = down(&mut it);
    let snapshot = take(&mut it, &vm);
    let nic = it.get(&format!("{vm}/nics")).children()[0].clone();
    it.delete(&format!("{vm}/nics/{}", nic.id().unwrap()));
    it.act(&format!("{snapshot}/restore"));
    it.pass(6);
    let back = it.get(&format!("{vm}/nics/{}", nic.id().unwrap()));
    assert_eq!(back.text_at("mac/address"), nic.text_at("mac/address"));
    assert_eq!(it.text(&vm, "status"), "down");
}

#[test]
fn what_a_preview_refuses() {
    let mut it = Asking::lab();
    let vm = down(&mut it);
    let snapshot = take(&mut it, &vm);
    it.post(&format!("{vm}/previewsnapshot"), &naming(&snapshot));
    let locked = "[Cannot run VM: VM is locked.";
    refused(&mut it, "POST", &format!("{vm}/start"), "<action/>", 409, locked);
    it.pass(6);
    let preview = |what: &str| format!("[Cannot {what}. VM is previewing a Snapshot.]");
    refused(&mut it, "POST", &format!("{vm}/snapshots"), NEW, 409, &preview("create Snapshot"));
    refused(&mut it, "DELETE", &snapshot, "", 409, &preview("remove Snapshot"));
    let document = naming(&snapshot);
    let again = preview("preview Snapshot");
    refused(&mut it, "POST", &format!("{vm}/previewsnapshot"), &document, 409, &again);
    let disk = format!(
        "<disk_attachment><interface>virtio</interface>{}</disk_attachment>",
        crate::asking::disk("d", 1)
    );
    let path = format!("{vm}/diskattachments");
    refused(&mut it, "POST", &path, &disk, 409, &preview("add Virtual Disk"));
}

#[test]
fn what_cannot_be_done_with_snapshots() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let snapshot = take(&mut it, &vm);
    let preview = format!("{vm}/previewsnapshot");
    let document = naming(&snapshot);
    let up = "[Cannot preview Snapshot. At least one of the VMs is not down.]";
    refused(&mut it, "POST", &preview, &document, 409, up);
    let missing = "Parameter 'snapshot.id' is mandatory but was not provided.";
    refused(&mut it, "POST", &preview, "<action/>", 400, missing);
    let nothing = "[Cannot revert to Snapshot. VM's Snapshot does not exist.]";
    refused(&mut it, "POST", &format!("{vm}/undosnapshot"), "<action/>", 400, nothing);
    refused(&mut it, "POST", &format!("{vm}/commitsnapshot"), "<action/>", 400, nothing);
    let all = it.get(&format!("{vm}/snapshots"));
    let active = all.children().iter().find(|it| it.text_at("snapshot_type") == Some("active"));
    let active = format!("{vm}/snapshots/{}", active.unwrap().id().unwrap());
    let regular = "[Cannot remove Snapshot. The operation is only allowed for regular snapshots.]";
    refused(&mut it, "DELETE", &active, "", 409, regular);
    assert_eq!(it.ask("PUT", &snapshot, NEW).0, 405, "nothing about a snapshot can be changed");
    let other = it.add("/disks", &crate::asking::disk("alien", 1));
    let strange = format!(
        "<snapshot><description>s</description><disk_attachments><disk_attachment><disk id=\"{other}\"/></disk_attachment></disk_attachments></snapshot>"
    );
    let text =
        "[Cannot create Snapshot. The following disk(s) are not attached to the VM web: alien.]";
    refused(&mut it, "POST", &format!("{vm}/snapshots"), &strange, 400, text);
    let disk = it.get(&format!("{vm}/diskattachments")).children()[0].id().unwrap().to_owned();
    let kept = "[Cannot detach Virtual Disk. The disk is already configured in a snapshot.";
    refused(&mut it, "DELETE", &format!("{vm}/diskattachments/{disk}"), "", 409, kept);
    it.act(&format!("{vm}/suspend"));
    it.pass(5);
    let illegal = "[Cannot create Snapshot because the VM is in Suspended status.]";
    refused(&mut it, "POST", &format!("{vm}/snapshots"), NEW, 409, illegal);
    let illegal = "[Cannot remove Snapshot because the VM is in Suspended status.]";
    refused(&mut it, "DELETE", &snapshot, "", 409, illegal);
}

#[test]
fn memory_cannot_be_kept_with_a_tpm() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}", it.vm("web", "<tpm_enabled>true</tpm_enabled>"));
    it.pass(6);
    it.act(&format!("{path}/start"));
    it.pass(6);
    let all = format!("{path}/snapshots");
    let tpm = "[Cannot create Snapshot. VM has a TPM device attached.]";
    refused(&mut it, "POST", &all, NEW, 409, tpm);
    it.post(&all, "<snapshot><description>s</description><persist_memorystate>false</persist_memorystate></snapshot>");
}

#[test]
fn a_snapshot_that_fails_is_gone_again() {
    use virtuform::simulated::{Effect, Trouble};
    let mut it = Asking::lab();
    let vm = down(&mut it);
    it.engine.trouble(Trouble::on("POST", "/vms/*/snapshots", Effect::FailWork));
    it.login();
    assert_eq!(it.over_http("POST", &format!("{vm}/snapshots"), NEW).0, 201);
    it.pass(6);
    assert_eq!(it.get(&format!("{vm}/snapshots")).children().len(), 1, "the active one");
}

#[test]
fn an_address_in_a_snapshot_stays_taken() {
    let mut it = Asking::lab();
    let vm = down(&mut it);
    take(&mut it, &vm);
    let nic = it.get(&format!("{vm}/nics")).children()[0].clone();
    let mac = nic.text_at("mac/address").unwrap();
    it.delete(&format!("{vm}/nics/{}", nic.id().unwrap()));
    let again = format!("<nic><name>n</name><mac><address>{mac}</address></mac></nic>");
    let used = format!("[MAC Address {mac} is already in use by VM or snapshot:");
    refused(&mut it, "POST", &format!("{vm}/nics"), &again, 409, &used);
}

#[test]
fn a_machine_and_a_template_are_made_of_a_snapshot() {
    let mut it = Asking::lab();
    let vm = down(&mut it);
    let snapshot = take(&mut it, &vm);
    let id = snapshot.rsplit('/').next().unwrap();
    let made = it.post("/vms", &format!("<vm><name>copy</name><cluster><name>lab</name></cluster><snapshots><snapshot id=\"{id}\"/></snapshots></vm>"));
    assert_eq!(made.text_at("status"), Some("image_locked"));
    let cloned = "[Cannot run VM. VM is being cloned.]";
    refused(&mut it, "POST", &format!("{vm}/start"), "<action/>", 409, cloned);
    it.pass(15);
    let copy = it.get(&format!("/vms/{}?follow=nics,disk_attachments", made.id().unwrap()));
    assert_eq!(copy.text_at("status"), Some("down"));
    assert_eq!(copy.at("nics").unwrap().children().len(), 1);
    assert_eq!(copy.at("disk_attachments").unwrap().children().len(), 1);
    let vm_id = vm.rsplit('/').next().unwrap();
    let document = format!(
        "<template><name>kept</name><vm id=\"{vm_id}\"><snapshots><snapshot id=\"{id}\"/></snapshots></vm></template>"
    );
    it.add(
        &format!("{vm}/diskattachments"),
        "<disk_attachment><interface>virtio</interface><disk><provisioned_size>1024</provisioned_size><format>cow</format><storage_domains><storage_domain><name>nfs-1</name></storage_domain></storage_domains></disk></disk_attachment>",
    );
    it.pass(10);
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let template = it.add("/templates", &document);
    assert_eq!(it.text(&snapshot, "snapshot_status"), "locked");
    let busy = "[Cannot add Template. The VM is performing an operation on a Snapshot.";
    refused(&mut it, "POST", "/templates", &document.replace("kept", "more"), 409, busy);
    it.pass(10);
    assert_eq!(it.text(&format!("/templates/{template}"), "status"), "ok");
    assert_eq!(it.text(&snapshot, "snapshot_status"), "ok");
    assert_eq!(it.text(&vm, "status"), "up");
    let disks = it.get(&format!("/templates/{template}/diskattachments"));
    assert_eq!(disks.children().len(), 1, "not the one that came later");
}

#[test]
fn a_stateless_run_is_neither_kept_nor_cloned() {
    let mut it = Asking::lab();
    let vm = down(&mut it);
    it.put(&vm, "<vm><stateless>true</stateless></vm>");
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let runs =
        "The VM is running as Stateless. Please try again when VM is not running as Stateless.]";
    let snapshot = format!("[Cannot create Snapshot. {runs}");
    refused(&mut it, "POST", &format!("{vm}/snapshots"), NEW, 409, &snapshot);
    let clone = "<action><vm><name>copy</name></vm></action>";
    let text = format!("[Cannot add VM. {runs}");
    refused(&mut it, "POST", &format!("{vm}/clone"), clone, 409, &text);
}

#[test]
fn a_preview_is_not_run_stateless() {
    let mut it = Asking::lab();
    let vm = down(&mut it);
    let snapshot = take(&mut it, &vm);
    let all = it.get(&format!("{vm}/snapshots"));
    let active = all.children().iter().find(|it| it.text_at("snapshot_type") == Some("active"));
    let active = naming(&format!("/{}", active.unwrap().id().unwrap()));
    let text = "[Cannot preview Active VM snapshot.]";
    refused(&mut it, "POST", &format!("{vm}/previewsnapshot"), &active, 409, text);
    it.post(&format!("{vm}/previewsnapshot"), &naming(&snapshot));
    it.pass(6);
    let stateless = "<action><vm><stateless>true</stateless></vm></action>";
    let text =
        "[Cannot run VM. Stateless flag on VM conflicts with running the VM in Preview mode.";
    refused(&mut it, "POST", &format!("{vm}/start"), stateless, 409, text);
}

#[test]
fn a_disk_that_machines_share_is_in_no_snapshot() {
    let mut it = Asking::lab();
    let vm = down(&mut it);
    let disk = crate::asking::disk("shared", 1)
        .replace("<format>cow</format>", "<format>raw</format><shareable>true</shareable>");
    let new = format!("<disk_attachment><interface>virtio</interface>{disk}</disk_attachment>");
    let id = it.add(&format!("{vm}/diskattachments"), &new);
    it.pass(4);
    let document = format!(
        "<snapshot><description>s</description><disk_attachments><disk_attachment><disk id=\"{id}\"/></disk_attachment></disk_attachments></snapshot>"
    );
    let text =
        "[Cannot create Snapshot. Snapshot is not allowed for the following disk(s): shared.]";
    refused(&mut it, "POST", &format!("{vm}/snapshots"), &document, 400, text);
}
