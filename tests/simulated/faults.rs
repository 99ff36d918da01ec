//! What the simulated engine refuses of machines and disks, in the words of a real one.

use crate::asking::{Asking, GIB, ZERO, disk, refused};

#[test]
fn names_and_ids_that_are_taken() {
    let mut it = Asking::lab();
    let vm = it.vm("web", "");
    let again = "<vm><name>web</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template></vm>";
    refused(
        &mut it,
        "POST",
        "/vms",
        again,
        409,
        "[Cannot add VM. Related operation is currently in progress. Please try again later.]",
    );
    it.pass(6);
    refused(
        &mut it,
        "POST",
        "/vms",
        again,
        409,
        "[Cannot add VM. The VM name is already in use, please choose a unique name and try again.]",
    );
    let same = again.replace("<vm>", &format!("<vm id=\"{vm}\">")).replace("web", "other");
    refused(
        &mut it,
        "POST",
        "/vms",
        &same,
        400,
        "[Cannot add VM. VM with the given Id already exists in the system.]",
    );
    let bad = again.replace("<vm>", "<vm id=\"x\">").replace("web", "other");
    refused(&mut it, "POST", "/vms", &bad, 400, "Invalid UUID string: x");
    let one = it.add("/disks", &disk("d", 1));
    let same = disk("e", 1).replace("<disk>", &format!("<disk id=\"{one}\">"));
    refused(
        &mut it,
        "POST",
        "/disks",
        &same,
        409,
        &format!(
            "[Cannot add Virtual Disk. The selected disk ID: {one} is already used by the following existing disk: d.]"
        ),
    );
    refused(
        &mut it,
        "PUT",
        &format!("/vms/{vm}"),
        &format!("<vm id=\"{ZERO}\"/>"),
        409,
        "Attempt to set immutable field: id",
    );
    refused(
        &mut it,
        "POST",
        "/clusters",
        "<cluster><name>LAB</name><data_center><name>lab</name></data_center></cluster>",
        409,
        "[Cannot add Cluster. Cluster name is already in use.]",
    );
    refused(
        &mut it,
        "POST",
        "/datacenters",
        "<data_center><name>lab</name><local>false</local></data_center>",
        409,
        "[Cannot add Data Center. The Data Center name is already in use.]",
    );
    it.add("/datacenters", "<data_center><name>LAB</name><local>false</local></data_center>");
    let network =
        "<network><name>ovirtmgmt</name><data_center><name>lab</name></data_center></network>";
    refused(
        &mut it,
        "POST",
        "/networks",
        network,
        409,
        "[Cannot add Network. The name of the logical network 'ovirtmgmt' is already used by an existing logical network in the same data-center.",
    );
    it.add("/tags", "<tag><name>t</name></tag>");
    refused(
        &mut it,
        "POST",
        "/tags",
        "<tag><name>t</name></tag>",
        409,
        "[The specified Tag name already exists.]",
    );
}

#[test]
fn machines_in_the_wrong_state() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}", it.vm("web", ""));
    refused(
        &mut it,
        "POST",
        &format!("{path}/start"),
        "<action/>",
        409,
        "[Cannot run VM: VM is locked. Please try again in a few minutes.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{path}/stop"),
        "<action/>",
        409,
        "[Cannot stop VM. VM is not running.]",
    );
    refused(&mut it, "DELETE", &path, "", 409, "[Cannot remove VM: VM is locked.");
    it.pass(6);
    it.act(&format!("{path}/start"));
    it.pass(6);
    refused(
        &mut it,
        "POST",
        &format!("{path}/start"),
        "<action/>",
        409,
        "[Cannot run VM because the VM is in Up status.]",
    );
    refused(&mut it, "DELETE", &path, "", 409, "[Cannot remove VM. VM is running.]");
    let default = it.id("clusters", "Default");
    refused(
        &mut it,
        "PUT",
        &path,
        &format!("<vm><cluster id=\"{default}\"/></vm>"),
        409,
        "[Cannot update a VM in this status. Try stopping the VM first.]",
    );
    let vm = path.rsplit('/').next().unwrap().to_owned();
    refused(
        &mut it,
        "POST",
        "/templates",
        &format!("<template><name>t</name><vm id=\"{vm}\"/></template>"),
        409,
        "[Cannot add Template. VM is locked or still running, try again once VM is in the Down state.]",
    );
    it.act(&format!("{path}/suspend"));
    it.pass(5);
    assert_eq!(it.text(&path, "status"), "suspended");
    refused(&mut it, "DELETE", &path, "", 409, "[Cannot remove VM that its state is not down.");
    it.act(&format!("{path}/stop"));
    it.put(&path, "<vm><delete_protected>true</delete_protected></vm>");
    refused(
        &mut it,
        "DELETE",
        &path,
        "",
        409,
        "[Cannot remove VM. Delete protection is enabled. In order to delete, disable Delete protection first.]",
    );
    it.put(&path, "<vm><delete_protected>false</delete_protected></vm>");
    refused(
        &mut it,
        "DELETE",
        &format!("{path}?detach_only=true"),
        "",
        409,
        "[Cannot remove VM with detaching disks, VM is based from template.]",
    );
    let template = it.id("templates", "rhel-9");
    refused(
        &mut it,
        "DELETE",
        &format!("/templates/{template}"),
        "",
        409,
        "[Cannot delete Template. Template is being used by the following VMs: web.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/templates/{ZERO}"),
        "",
        409,
        "[Cannot remove Template. Removing Blank Template is not allowed.]",
    );
    let blank = it.add("/vms", "<vm><name>empty</name><cluster><name>lab</name></cluster><template><name>Blank</name></template></vm>");
    refused(
        &mut it,
        "POST",
        &format!("/vms/{blank}/start"),
        "<action/>",
        409,
        "[Cannot run VM without at least one bootable disk.",
    );
}

#[test]
fn sizes_that_do_not_fit() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    refused(
        &mut it,
        "PUT",
        &path,
        &format!("<vm><memory>{}</memory></vm>", 1100_u64 << 20),
        400,
        "[Cannot edit VM. Amount of added memory (76MiB) is not dividable by 128MiB.]",
    );
    refused(
        &mut it,
        "PUT",
        &path,
        &format!("<vm><memory>{}</memory></vm>", 8 * GIB),
        409,
        "[Cannot edit VM. Memory size (8192MB) cannot exceed maximum memory size (4096MB).]",
    );
    refused(
        &mut it,
        "PUT",
        &path,
        &format!("<vm><memory>{}</memory></vm>", GIB / 2),
        400,
        "[Cannot edit VM. Physical Memory Guaranteed cannot exceed Memory Size.]",
    );
    refused(
        &mut it,
        "PUT",
        &path,
        "<vm><cpu><topology><sockets>65</sockets></topology></cpu></vm>",
        400,
        "[The requested number of vCPUs is not available on the host the VM is running on]",
    );
    let template = it.id("templates", "debian-12");
    refused(
        &mut it,
        "PUT",
        &path,
        &format!("<vm><template id=\"{template}\"/></vm>"),
        400,
        "[Cannot edit VM. The requested template doesn't belong to the same base template as the original template.]",
    );
    let one = it.add("/disks", &disk("d", 2));
    it.pass(3);
    refused(
        &mut it,
        "PUT",
        &format!("/disks/{one}"),
        "<disk><provisioned_size>1</provisioned_size></disk>",
        400,
        "[Cannot edit Virtual Disk. New disk size must be larger than the current disk size.]",
    );
    refused(
        &mut it,
        "POST",
        "/disks",
        "<disk><provisioned_size>1</provisioned_size><format>cow</format></disk>",
        400,
        "[Cannot add Virtual Disk. Storage Domain hasn't been specified.]",
    );
    let full = disk("d", 1).replace("</disk>", "<sparse>false</sparse></disk>");
    refused(
        &mut it,
        "POST",
        "/disks",
        &full,
        409,
        "[Cannot add Virtual Disk. Disk configuration (COW Preallocated backup-None) is incompatible with the storage domain type.]",
    );
}

#[test]
fn disks_that_cannot_be_attached() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let attachments = format!("{path}/diskattachments");
    let one = it.add("/disks", &disk("d", 1));
    refused(
        &mut it,
        "POST",
        &attachments,
        &format!("<disk_attachment><disk id=\"{one}\"/></disk_attachment>"),
        400,
        "[Interface is required]",
    );
    let attach = format!(
        "<disk_attachment><interface>virtio</interface><disk id=\"{one}\"/></disk_attachment>"
    );
    refused(
        &mut it,
        "POST",
        &attachments,
        &attach,
        409,
        "[Cannot attach Virtual Disk: The following disks are locked: d.",
    );
    it.pass(3);
    it.post(&attachments, &attach);
    refused(
        &mut it,
        "POST",
        &attachments,
        &attach,
        409,
        "[Cannot attach Virtual Disk. The disk is already attached to VM.]",
    );
    let other = it.running_vm("db");
    refused(
        &mut it,
        "POST",
        &format!("{other}/diskattachments"),
        &attach,
        409,
        "[Cannot attach Virtual Disk. The disk is not shareable and is already attached to a VM.]",
    );
    let boot = format!(
        "<disk_attachment><interface>virtio</interface><bootable>true</bootable>{}</disk_attachment>",
        disk("x", 1)
    );
    refused(
        &mut it,
        "POST",
        &attachments,
        &boot,
        409,
        "[Cannot add Virtual Disk. Disk rhel-9_disk in VM web is already marked as boot.]",
    );
    let root = it.get(&attachments);
    let root = root
        .children()
        .iter()
        .find(|it| it.text_at("bootable") == Some("true"))
        .unwrap()
        .id()
        .unwrap()
        .to_owned();
    refused(
        &mut it,
        "PUT",
        &format!("{attachments}/{root}"),
        "<disk_attachment><interface>virtio</interface></disk_attachment>",
        409,
        "[Cannot edit Virtual Disk. At least one of the VMs is not down.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/disks/{root}"),
        "",
        409,
        "[Cannot remove Virtual Disk. At least one of the VMs is not down.]",
    );
}
