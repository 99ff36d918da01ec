//! Backups of machines, whole and since a checkpoint.

use crate::asking::{Asking, disk, refused};

/// A running machine with a disk for incremental backups; returns its path and the disk's id.
fn machine(it: &mut Asking) -> (String, String) {
    let path = it.running_vm("web");
    let document = disk("data", 1).replace("<disk>", "<disk><backup>incremental</backup>");
    let document = format!(
        "<disk_attachment><interface>virtio_scsi</interface><active>true</active>{document}</disk_attachment>"
    );
    let disk = it.add(&format!("{path}/diskattachments"), &document);
    it.pass(4);
    (path, disk)
}

fn begin(it: &mut Asking, vm: &str, disk: &str, more: &str) -> String {
    let document = format!("<backup><disks><disk id=\"{disk}\"/></disks>{more}</backup>");
    format!("{vm}/backups/{}", it.add(&format!("{vm}/backups"), &document))
}

#[test]
fn a_backup_leaves_a_checkpoint_for_the_next_one() {
    let mut it = Asking::lab();
    let (vm, disk) = machine(&mut it);
    let first = begin(&mut it, &vm, &disk, "");
    assert_eq!(it.text(&first, "phase"), "initializing");
    it.pass(2);
    assert_eq!(it.text(&first, "phase"), "starting");
    it.pass(2);
    assert_eq!(it.text(&first, "phase"), "ready");
    assert_eq!(it.get(&format!("{first}/disks")).children()[0].id(), Some(disk.as_str()));
    let checkpoint = it.text(&first, "to_checkpoint_id");
    let transfer = it.add("/imagetransfers", &format!(
        "<image_transfer><disk id=\"{disk}\"/><backup id=\"{}\"/><direction>download</direction></image_transfer>",
        first.rsplit('/').next().unwrap()
    ));
    refused(
        &mut it,
        "POST",
        &format!("{first}/finalize"),
        "<action/>",
        409,
        "[Cannot stop VM backup. There is an active image transfer for VM backup]",
    );
    it.pass(1);
    it.act(&format!("/imagetransfers/{transfer}/finalize"));
    it.pass(1);
    it.act(&format!("{first}/finalize"));
    assert_eq!(it.text(&first, "phase"), "finalizing");
    it.pass(4);
    assert_eq!(it.text(&first, "phase"), "succeeded");

    let second = format!("<from_checkpoint_id>{checkpoint}</from_checkpoint_id>");
    let second = begin(&mut it, &vm, &disk, &second);
    it.pass(4);
    let checkpoints = it.get(&format!("{vm}/checkpoints"));
    let parents: Vec<_> = checkpoints.children().iter().map(|it| it.text_at("parent_id")).collect();
    assert_eq!(parents, [None, Some(checkpoint.as_str())]);
    refused(
        &mut it,
        "DELETE",
        &format!("{vm}/checkpoints/{checkpoint}"),
        "",
        409,
        "[Cannot remove checkpoint. The VM is during a backup operation.]",
    );
    it.act(&format!("{second}/finalize"));
    it.pass(4);
    it.delete(&format!("{vm}/checkpoints/{checkpoint}"));
    it.pass(2);
    let left = it.get(&format!("{vm}/checkpoints"));
    assert_eq!(left.children().len(), 1);
    assert_eq!(left.children()[0].text_at("parent_id"), None);
    it.pass(16 * 60);
    assert_eq!(it.get(&format!("{vm}/backups")).children().len(), 0);
}

#[test]
fn backups_that_cannot_begin() {
    let mut it = Asking::lab();
    let (vm, disk) = machine(&mut it);
    let all = format!("{vm}/backups");
    let of =
        |id: &str, more: &str| format!("<backup><disks><disk id=\"{id}\"/></disks>{more}</backup>");
    let apart = it.add("/disks", &crate::asking::disk("apart", 1));
    refused(
        &mut it,
        "POST",
        &all,
        "<backup/>",
        400,
        "Parameter 'backup.disks' is mandatory but was not provided.",
    );
    refused(
        &mut it,
        "POST",
        &all,
        &of(&apart, ""),
        409,
        "[Cannot backup VM: The following disks are locked: apart.",
    );
    it.pass(3);
    refused(
        &mut it,
        "POST",
        &all,
        &of(&apart, ""),
        400,
        "[Cannot backup VM. The following disk(s) are not attached to any VM: apart.]",
    );
    refused(
        &mut it,
        "POST",
        &all,
        &of(&disk, &format!("<from_checkpoint_id>{apart}</from_checkpoint_id>")),
        400,
        &format!("[Cannot backup VM. Checkpoint ID {apart} doesn't exist.]"),
    );
    let first = begin(&mut it, &vm, &disk, "");
    refused(
        &mut it,
        "POST",
        &all,
        &of(&disk, ""),
        409,
        "[Cannot backup VM. The VM is during a backup operation.]",
    );
    let id = first.rsplit('/').next().unwrap().to_owned();
    let early =
        format!("<image_transfer><disk id=\"{disk}\"/><backup id=\"{id}\"/></image_transfer>");
    refused(
        &mut it,
        "POST",
        "/imagetransfers",
        &early,
        409,
        "[Cannot transfer Virtual Disk. The VM backup is not in READY phase, backup phase is INITIALIZING.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{first}/finalize"),
        "<action/>",
        409,
        "[Cannot stop VM backup. The VM backup is not in READY phase",
    );
}

#[test]
fn what_a_backup_is_refused_for() {
    let mut it = Asking::lab();
    let (vm, disk) = machine(&mut it);
    let all = format!("{vm}/backups");
    let of =
        |id: &str, more: &str| format!("<backup><disks><disk id=\"{id}\"/></disks>{more}</backup>");
    let long = format!("<description>{}</description>", "x".repeat(1025));
    let nowhere = format!(
        "[Cannot backup VM. The following disk(s) ID(s) does not exist: {}.]",
        crate::asking::ZERO
    );
    for (document, text) in [
        (
            of(&disk, &long),
            "[Cannot backup VM. The VM backup description shouldn't contain more than 1024 characters.]",
        ),
        (of(crate::asking::ZERO, ""), nowhere.as_str()),
    ] {
        refused(&mut it, "POST", &all, &document, 400, text);
    }
    let first = begin(&mut it, &vm, &disk, "");
    it.pass(4);
    let id = first.rsplit('/').next().unwrap().to_owned();
    let cow = format!(
        "<image_transfer><disk id=\"{disk}\"/><backup id=\"{id}\"/><direction>download</direction><format>cow</format></image_transfer>"
    );
    let format =
        "[Cannot transfer Virtual Disk. The specified format is not applicable for VM backup.]";
    refused(&mut it, "POST", "/imagetransfers", &cow, 400, format);
    let checkpoint = it.text(&first, "to_checkpoint_id");
    it.act(&format!("{first}/finalize"));
    it.pass(4);
    let since = format!("<from_checkpoint_id>{checkpoint}</from_checkpoint_id>");
    let root = it.get(&format!("{vm}/diskattachments")).children()[0].id().unwrap().to_owned();
    let disabled = format!(
        "[Cannot backup VM. Incremental backup is disabled for the following disks: {root}.]"
    );
    refused(&mut it, "POST", &all, &of(&root, &since), 409, &disabled);
    let again = format!("[Cannot backup VM. The specified VM backup ID {id} already exists.]");
    let same = of(&disk, "").replace("<backup>", &format!("<backup id=\"{id}\">"));
    refused(&mut it, "POST", &all, &same, 400, &again);
    it.delete(&format!("{vm}/checkpoints/{checkpoint}"));
    let removed = "[Cannot remove checkpoint. The VM is during a checkpoint removal operation.]";
    refused(&mut it, "DELETE", &format!("{vm}/checkpoints/{checkpoint}"), "", 409, removed);
    it.act(&format!("{vm}/suspend"));
    it.pass(5);
    let state = "[Cannot backup VM. The Virtual Machine should be in Up or Down status.]";
    refused(&mut it, "POST", &all, &of(&disk, ""), 409, state);
}

#[test]
fn checkpoints_that_a_backup_could_not_build_on_are_invalid() {
    use virtuform::simulated::{Effect, Trouble};
    let mut it = Asking::lab();
    let (vm, disk) = machine(&mut it);
    let first = begin(&mut it, &vm, &disk, "");
    it.pass(4);
    let checkpoint = it.text(&first, "to_checkpoint_id");
    it.act(&format!("{first}/finalize"));
    it.pass(4);
    let all = format!("{vm}/backups");
    let next = format!(
        "<backup><disks><disk id=\"{disk}\"/></disks><from_checkpoint_id>{checkpoint}</from_checkpoint_id></backup>"
    );
    it.login();
    it.engine.trouble(Trouble::on("POST", &all, Effect::FailWork));
    let (_, failed) = it.over_http("POST", &all, &next);
    it.pass(4);
    let failed = format!("{all}/{}", failed.unwrap().id().unwrap());
    assert_eq!(it.text(&failed, "phase"), "failed");
    let path = format!("{vm}/checkpoints/{checkpoint}");
    assert_eq!(it.text(&path, "state"), "invalid");
    let invalid =
        format!("[Cannot backup VM. Checkpoint ID {checkpoint} is invalid and should be removed.]");
    refused(&mut it, "POST", &all, &next, 400, &invalid);
    it.delete(&path);
}
