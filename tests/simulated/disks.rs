//! What is done with disks, and what is refused.

use crate::asking::{Asking, GIB, disk, refused};

fn to(domain: &str) -> String {
    format!("<action><storage_domain><name>{domain}</name></storage_domain></action>")
}

fn raw(alias: &str) -> String {
    disk(alias, 1).replace("cow", "raw")
}

fn made(it: &mut Asking, document: &str) -> String {
    let path = format!("/disks/{}", it.add("/disks", document));
    it.pass(3);
    path
}

/// The disk that a machine starts from.
fn root(it: &mut Asking, vm: &str) -> String {
    let attached = it.get(&format!("{vm}/diskattachments"));
    format!("/disks/{}", attached.children()[0].id().unwrap())
}

#[test]
fn a_disk_moves_while_its_machine_runs() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let disk = root(&mut it, &vm);
    it.post(&format!("{disk}/move"), &to("nfs-2"));
    assert_eq!(it.text(&disk, "status"), "locked");
    let taken = it.get(&format!("{vm}/snapshots"));
    let taken = taken
        .children()
        .iter()
        .any(|it| it.text_at("description") == Some("Auto-generated for Live Storage Migration"));
    assert!(taken, "a running machine's disk moves by way of a snapshot");
    refused(
        &mut it,
        "PUT",
        &disk,
        "<disk><alias>x</alias></disk>",
        409,
        "[Cannot edit Virtual Disk. Disk rhel-9_disk is being moved or copied.]",
    );
    it.pass(12);
    assert_eq!(it.text(&disk, "status"), "ok");
    let second = it.id("storagedomains", "nfs-2");
    let shown = it.get(&disk);
    assert_eq!(shown.child("storage_domains").unwrap().children()[0].id(), Some(second.as_str()));
    assert_eq!(
        it.get(&format!("{vm}/snapshots")).children().len(),
        1,
        "only the active one is left"
    );
}

#[test]
fn a_template_keeps_one_copy_of_each_disk() {
    let mut it = Asking::lab();
    let template = it.id("templates", "rhel-9");
    let attached = it.get(&format!("/templates/{template}/diskattachments"));
    let id = attached.children()[0].id().unwrap().to_owned();
    let path = format!("/disks/{id}");
    refused(
        &mut it,
        "DELETE",
        &path,
        "",
        400,
        "[Cannot remove Virtual Disk. A storage domain must be specified when deleting one of a template's disk's copies.]",
    );
    let (first, second) = (it.id("storagedomains", "nfs-1"), it.id("storagedomains", "nfs-2"));
    let copy = format!("/storagedomains/{first}/disks/{id}");
    refused(
        &mut it,
        "DELETE",
        &copy,
        "",
        409,
        "[Cannot remove Virtual Disk. The image is the only remaining copy of a Template disk.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{path}/copy"),
        &to("nfs-1"),
        409,
        "[Cannot copy Virtual Disk. One of the Template Images already exists.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{path}/move"),
        &to("nfs-2"),
        400,
        "[Cannot move Virtual Disk. The following disk(s) are not attached to any VM: rhel-9_disk.]",
    );
    it.post(&format!("{path}/copy"), &to("nfs-2"));
    it.pass(6);
    assert_eq!(it.get(&path).child("storage_domains").unwrap().children().len(), 2);
    it.delete(&copy);
    it.pass(2);
    let left = it.get(&path);
    let left = left.child("storage_domains").unwrap().children();
    assert_eq!((left.len(), left[0].id()), (1, Some(second.as_str())));
}

#[test]
fn a_format_is_changed_by_converting_alone() {
    let mut it = Asking::lab();
    let disk = made(&mut it, &raw("d"));
    it.put(&disk, "<disk><format>cow</format></disk>");
    it.pass(2);
    assert_eq!(it.text(&disk, "format"), "raw", "an update leaves it alone");
    let convert = format!("{disk}/convert");
    let wanted = "<action><disk><format>cow</format></disk></action>";
    it.post(&convert, wanted);
    refused(
        &mut it,
        "POST",
        &convert,
        wanted,
        409,
        "[Cannot convert disk Virtual Disk. Disk d is being converted.]",
    );
    it.pass(6);
    assert_eq!(it.text(&disk, "format"), "cow");
    assert_eq!(it.text(&disk, "qcow_version"), "qcow2_v3");
    let full = "<action><disk><sparse>false</sparse></disk></action>";
    refused(
        &mut it,
        "POST",
        &convert,
        full,
        409,
        "[Cannot convert disk Virtual Disk. Disk configuration (COW Preallocated backup-None) is incompatible with the storage domain type.]",
    );
}

#[test]
fn disks_that_cannot_be_made() {
    let mut it = Asking::lab();
    let with =
        |alias: &str, more: &str| disk(alias, 1).replace("</disk>", &format!("{more}</disk>"));
    let profile = it.get("/diskprofiles");
    let other = profile.children().iter().find(|it| it.text_at("name") == Some("nfs-2")).unwrap();
    let other = format!("<disk_profile id=\"{}\"/>", other.id().unwrap());
    for (document, status, text) in [
        (
            with("d", "<shareable>true</shareable>"),
            409,
            "[Cannot add Virtual Disk. Disk's volume format is not supported for shareable disk.]",
        ),
        (
            disk("d", 0),
            400,
            "[Cannot add Virtual Disk. Disk's provisioned size has to be greater than 0.]",
        ),
        (with("d", &other), 400, "[Cannot add Virtual Disk. Disk Profile nfs-2 with id"),
        (
            with("d", "<active>true</active>"),
            409,
            "[Cannot add Virtual Disk. A disk configured with the \"Activate\" setting cannot be created as a floating disk.]",
        ),
        (disk("d", 1).replace("nfs-1", "nowhere"), 404, "Entity not found: Storage: name=nowhere"),
        (
            raw("d").replace("</disk>", "<backup>incremental</backup></disk>"),
            409,
            "[Cannot add Virtual Disk. Disk configuration (RAW Sparse backup-Incremental)",
        ),
        (
            raw("d")
                .replace(&GIB.to_string(), &(20_000 * GIB).to_string())
                .replace("</disk>", "<sparse>false</sparse></disk>"),
            409,
            "[Cannot add Virtual Disk. Low disk space on Storage Domain nfs-1.]",
        ),
    ] {
        refused(&mut it, "POST", "/disks", &document, status, text);
    }
}

#[test]
fn what_disks_do_not_do() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let busy = root(&mut it, &vm);
    let free = made(&mut it, &raw("d"));
    let full = made(&mut it, &raw("f").replace("</disk>", "<sparse>false</sparse></disk>"));
    let qcow = "<disk><qcow_version>qcow2_v2</qcow_version></disk>";
    for (method, path, document, status, text) in [
        (
            "POST",
            format!("{busy}/sparsify"),
            "<action/>".to_owned(),
            409,
            "[Cannot sparsify Virtual Disk. The disk rhel-9_disk is plugged to non-Down VMs: web]",
        ),
        (
            "POST",
            format!("{full}/sparsify"),
            "<action/>".to_owned(),
            400,
            "[Cannot sparsify Virtual Disk. Sparsifying is not supported for preallocated disk f.]",
        ),
        (
            "POST",
            format!("{free}/reduce"),
            "<action/>".to_owned(),
            400,
            "[Cannot reduce Virtual Disk. Reduce image isn't required for file based domains.]",
        ),
        (
            "POST",
            format!("{free}/export"),
            to("nfs-2"),
            400,
            "[Cannot export Virtual Disk. Storage Domain type is illegal.]",
        ),
        (
            "POST",
            format!("{free}/move"),
            to("nfs-1"),
            400,
            "[Cannot move Virtual Disk. The source and target storage domains are the same.]",
        ),
        (
            "PUT",
            free.clone(),
            qcow.to_owned(),
            400,
            "[Cannot edit Virtual Disk. The amend operation does not support disk without any QCOW2 volumes.]",
        ),
        (
            "POST",
            format!("{busy}/convert"),
            "<action><disk><format>raw</format></disk></action>".to_owned(),
            409,
            "[Cannot convert disk Virtual Disk. VM is running.]",
        ),
        (
            "PUT",
            busy.clone(),
            "<disk><shareable>true</shareable></disk>".to_owned(),
            409,
            "[Cannot edit Virtual Disk. At least one of the VMs is not down.]",
        ),
    ] {
        refused(&mut it, method, &path, &document, status, text);
    }
    it.act(&format!("{free}/sparsify"));
    it.pass(3);
    assert_eq!(it.text(&free, "status"), "ok");
}

#[test]
fn shared_disks_stay_shared_while_several_have_them() {
    let mut it = Asking::lab();
    let disk = made(&mut it, &raw("s").replace("</disk>", "<shareable>true</shareable></disk>"));
    let id = disk.rsplit('/').next().unwrap().to_owned();
    let attach = format!(
        "<disk_attachment><interface>virtio</interface><disk id=\"{id}\"/></disk_attachment>"
    );
    for name in ["a", "b"] {
        let vm = it.vm(name, "");
        it.pass(6);
        it.post(&format!("/vms/{vm}/diskattachments"), &attach);
    }
    refused(
        &mut it,
        "PUT",
        &disk,
        "<disk><shareable>false</shareable></disk>",
        409,
        "[Cannot edit Virtual Disk. Disk is shared between VMs and cannot be made unshareable.",
    );
}

#[test]
fn a_snapshot_keeps_the_images_of_its_disks() {
    let mut it = Asking::lab();
    let vm = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    let disk = root(&mut it, &vm);
    let image = it.text(&disk, "image_id");
    let snapshot =
        it.add(&format!("{vm}/snapshots"), "<snapshot><description>s</description></snapshot>");
    it.pass(6);
    let kept = it.get(&format!("{disk}/disksnapshots"));
    assert_eq!(kept.children()[0].id(), Some(image.as_str()));
    assert_ne!(it.text(&disk, "image_id"), image);
    let domain = it.id("storagedomains", "nfs-1");
    let all = format!("/storagedomains/{domain}/disksnapshots");
    assert_eq!(it.get(&all).children().len(), 1);
    refused(
        &mut it,
        "POST",
        &format!("{disk}/sparsify"),
        "<action/>",
        400,
        "[Cannot sparsify Virtual Disk. Disks with snapshots are not supported.]",
    );
    it.delete(&format!("{vm}/snapshots/{snapshot}"));
    it.pass(6);
    assert_eq!(it.get(&all).children().len(), 0);
}
