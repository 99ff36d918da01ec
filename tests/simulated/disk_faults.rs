//! What is refused of disks, by what they are and where they lie.

use virtuform::simulated::{Effect, Trouble};

use crate::asking::{Asking, GIB, ZERO, disk, refused};
use crate::storage_domains::attach;

fn to(domain: &str) -> String {
    format!("<action><storage_domain><name>{domain}</name></storage_domain></action>")
}

/// A disk of a GiB on a domain, with more to say of it.
fn on(domain: &str, alias: &str, format: &str, more: &str) -> String {
    disk(alias, 1)
        .replace("nfs-1", domain)
        .replace("cow", format)
        .replace("</disk>", &format!("{more}</disk>"))
}

fn made(it: &mut Asking, document: &str) -> String {
    let path = format!("/disks/{}", it.add("/disks", document));
    it.pass(4);
    path
}

/// A machine that is down, and its disk.
fn machine(it: &mut Asking, name: &str) -> (String, String) {
    let vm = format!("/vms/{}", it.vm(name, ""));
    it.pass(6);
    let root = it.get(&format!("{vm}/diskattachments")).children()[0].id().unwrap().to_owned();
    (vm, format!("/disks/{root}"))
}

/// An active domain in the lab.
fn domain(it: &mut Asking, name: &str, sort: &str, storage: &str) -> String {
    let document = format!(
        "<storage_domain><name>{name}</name><type>{sort}</type><host><name>host-1</name></host><storage>{storage}</storage></storage_domain>"
    );
    let id = it.add("/storagedomains", &document);
    attach(it, &id);
    id
}

fn gluster(it: &mut Asking) -> String {
    let storage = "<type>glusterfs</type><path>g:/v</path><vfs_type>glusterfs</vfs_type>";
    domain(it, "gluster", "data", storage)
}

/// A domain on the LUNs that come over Fibre Channel.
fn blocks(it: &mut Asking) -> String {
    let host = it.id("hosts", "host-1");
    let seen = it.get(&format!("/hosts/{host}/storage"));
    let lun = seen.children().iter().find(|it| it.text_at("type") == Some("fcp")).unwrap();
    let lun = lun.id().unwrap();
    let units = format!("<logical_units><logical_unit id=\"{lun}\"/></logical_units>");
    domain(it, "san", "data", &format!("<type>fcp</type>{units}"))
}

#[test]
fn drivers_of_managed_blocks_do_less() {
    let mut it = Asking::lab();
    let storage = "<type>managed_block_storage</type><driver_options><property><name>volume_driver</name><value>cinder.volume.drivers.rbd.RBDDriver</value></property></driver_options>";
    let id = domain(&mut it, "managed", "managed_block_storage", storage);
    let path = made(&mut it, &on("managed", "m", "raw", ""));
    assert_eq!(it.text(&path, "storage_type"), "managed_block_storage");
    let cow = "<action><disk><format>cow</format></disk></action>";
    for (action, document, what) in [
        ("move", to("nfs-1"), "move Virtual Disk"),
        ("copy", to("nfs-1"), "copy Virtual Disk"),
        ("export", to("nfs-1"), "export Virtual Disk"),
        ("convert", cow.to_owned(), "convert disk Virtual Disk"),
    ] {
        let text =
            format!("[Cannot {what}.  Managed Block Storage does not support this operation.]");
        refused(&mut it, "POST", &format!("{path}/{action}"), &document, 400, &text);
    }
    let disk = path.rsplit('/').next().unwrap().to_owned();
    let transfer = format!("<image_transfer><disk id=\"{disk}\"/></image_transfer>");
    let text =
        "[Cannot transfer Virtual Disk.  Managed Block Storage does not support this operation.]";
    refused(&mut it, "POST", "/imagetransfers", &transfer, 400, text);
    it.delete(&path);
    it.pass(4);
    let center = it.id("datacenters", "lab");
    let attached = format!("/datacenters/{center}/storagedomains/{id}");
    it.act(&format!("{attached}/deactivate"));
    it.pass(5);
    it.delete(&attached);
    let format = "[Cannot remove Storage.\n Cannot format Managed Block storage domain.]";
    let remove = format!("/storagedomains/{id}?host=host-1");
    refused(&mut it, "DELETE", &format!("{remove}&format=true"), "", 400, format);
    it.delete(&remove);
    let nfs = "<storage_domain><name>x</name><type>managed_block_storage</type><host><name>host-1</name></host><storage><type>nfs</type><address>nas</address><path>/x</path></storage></storage_domain>";
    let illegal = "[Cannot add Storage. Storage Domain type is illegal.]";
    refused(&mut it, "POST", "/storagedomains", nfs, 400, illegal);
}

#[test]
fn blocks_know_no_holes_and_gluster_does_not_share() {
    let mut it = Asking::lab();
    gluster(&mut it);
    blocks(&mut it);
    let share = "<shareable>true</shareable>";
    let large = on("san", "d", "cow", "").replace(&GIB.to_string(), &(8193 * GIB).to_string());
    for (document, text) in [
        (
            on("gluster", "d", "raw", share),
            "[Cannot add Virtual Disk. Shareable disks are not supported on Gluster domains.]",
        ),
        (
            on("san", "d", "raw", ""),
            "[Cannot add Virtual Disk. Disk configuration (RAW Sparse backup-None) is incompatible",
        ),
        (large, "[Cannot create disk more than 8192 GiB]"),
    ] {
        refused(&mut it, "POST", "/disks", &document, 409, text);
    }
    let shared = made(&mut it, &on("nfs-1", "s", "raw", share));
    let text = "[Cannot move Virtual Disk. s is shareable, which Gluster domains do not support.]";
    refused(&mut it, "POST", &format!("{shared}/move"), &to("gluster"), 400, text);
    let text = "[Cannot move Virtual Disk. s is a thin provisioned shareable disk, which is not supported for block-based domains.]";
    refused(&mut it, "POST", &format!("{shared}/move"), &to("san"), 400, text);
    let text = "[Cannot reduce Virtual Disk. Reduce image is not supported for shareable disks.]";
    refused(&mut it, "POST", &format!("{shared}/reduce"), "<action/>", 409, text);
    let plain = made(&mut it, &on("gluster", "p", "raw", ""));
    let text = "[Cannot edit Virtual Disk. Shareable disks are not supported on Gluster domains.]";
    refused(&mut it, "PUT", &plain, &format!("<disk>{share}</disk>"), 409, text);
    let thin = made(&mut it, &on("san", "t", "cow", ""));
    let text =
        "[Cannot sparsify Virtual Disk. Sparsifying disk t is not supported by san of type FCP.]";
    refused(&mut it, "POST", &format!("{thin}/sparsify"), "<action/>", 400, text);
    let (vm, _) = machine(&mut it, "web");
    let id = thin.rsplit('/').next().unwrap().to_owned();
    it.post(&format!("{vm}/diskattachments"), &format!("<disk_attachment><interface>virtio</interface><active>true</active><disk id=\"{id}\"/></disk_attachment>"));
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let text = "[Cannot reduce Virtual Disk. Reduce image is not supported for active image.]";
    refused(&mut it, "POST", &format!("{thin}/reduce"), "<action/>", 400, text);
}

#[test]
fn disks_with_snapshots_stay_as_they_are() {
    let mut it = Asking::lab();
    let (vm, root) = machine(&mut it, "web");
    it.add(&format!("{vm}/snapshots"), "<snapshot><description>s</description></snapshot>");
    it.pass(6);
    let cow = "<action><disk><format>raw</format></disk></action>";
    let text =
        "[Cannot convert disk Virtual Disk. Disks with multiple snapshots are not supported.]";
    refused(&mut it, "POST", &format!("{root}/convert"), cow, 400, text);
    let text = "[Cannot edit Virtual Disk. Disk cannot be shareable if it depends on a snapshot.";
    refused(&mut it, "PUT", &root, "<disk><shareable>true</shareable></disk>", 409, text);
}

#[test]
fn disks_go_where_there_is_a_domain_and_a_profile() {
    let mut it = Asking::lab();
    let free = made(&mut it, &disk("d", 1));
    let nowhere = format!("<action><storage_domain id=\"{ZERO}\"/></action>");
    for (action, what) in [("move", "move"), ("copy", "copy"), ("export", "export")] {
        let text = format!("[Cannot {what} Virtual Disk. Storage Domain doesn't exist.]");
        refused(&mut it, "POST", &format!("{free}/{action}"), &nowhere, 400, &text);
        let text = "Parameters 'storage_domain.id' or 'storage_domain.name' are mandatory but both were not provided.";
        refused(&mut it, "POST", &format!("{free}/{action}"), "<action/>", 400, text);
    }
    let nowhere = on("x", "d", "cow", "")
        .replace("<name>x</name>", "")
        .replace("<storage_domain>", &format!("<storage_domain id=\"{ZERO}\">"));
    for (document, status, text) in [
        (nowhere, 400, "[Cannot add Virtual Disk. Storage Domain doesn't exist.]"),
        (disk("d", 1).replace("<storage_domain><name>nfs-1</name></storage_domain>", ""), 400, "[Cannot add Virtual Disk. Storage Domain hasn't been specified.]"),
        (disk("d", 1).replace("</disk>", &format!("<disk_profile id=\"{ZERO}\"/></disk>")), 400, "[Cannot add Virtual Disk. Disk Profile wasn't found.]"),
        (disk("d", 1).replace("<format>cow</format>", ""), 400, "Disk [format] required for add"),
        (disk("d", 1).replace("<disk>", "<disk id=\"x\">"), 400, ""),
        ("<disk><lun_storage><type>nfs</type><logical_units><logical_unit id=\"1\"/></logical_units></lun_storage></disk>".to_owned(), 409, "[Cannot add Virtual Disk. The provided lun has no valid lun type.]"),
    ] {
        refused(&mut it, "POST", "/disks", &document, status, text);
    }
    let id = free.rsplit('/').next().unwrap().to_owned();
    let twice = disk("e", 1).replace("<disk>", &format!("<disk id=\"{id}\">"));
    let text = format!(
        "[Cannot add Virtual Disk. The selected disk ID: {id} is already used by the following existing disk: d.]"
    );
    refused(&mut it, "POST", "/disks", &twice, 409, &text);
    let text =
        "[Cannot edit Virtual Disk. Updating QCOW version is not applicable for unattached disks.]";
    refused(&mut it, "PUT", &free, "<disk><qcow_version>qcow2_v2</qcow_version></disk>", 409, text);
    let text =
        "[Cannot edit Virtual Disk. New disk size must be larger than the current disk size.]";
    refused(
        &mut it,
        "PUT",
        &free,
        "<disk><provisioned_size>1</provisioned_size></disk>",
        400,
        text,
    );
    let template = it.id("templates", "rhel-9");
    let copies = it.get(&format!("/templates/{template}/diskattachments"));
    let copy = format!("/disks/{}", copies.children()[0].id().unwrap());
    let text = "[Cannot edit Virtual Disk. The amend operation does not support Template disks.]";
    refused(&mut it, "PUT", &copy, "<disk><qcow_version>qcow2_v2</qcow_version></disk>", 400, text);
    let host = "<action><host><name>host-1</name></host></action>";
    let text = "[Cannot refresh LUNs. Action is unsupported for the specified disk type (IMAGE).]";
    refused(&mut it, "POST", &format!("{free}/refreshlun"), host, 400, text);
}

#[test]
fn machines_hold_their_disks() {
    let mut it = Asking::lab();
    let (vm, root) = machine(&mut it, "web");
    let attach = "<disk_attachment><interface>virtio</interface><read_only>true</read_only>";
    let document = format!("{attach}{}</disk_attachment>", disk("r", 1));
    let read = it.add(&format!("{vm}/diskattachments"), &document);
    it.pass(4);
    let larger = format!("<disk><provisioned_size>{}</provisioned_size></disk>", 2 * GIB);
    let text = "[Cannot edit Virtual Disk. Read-only disk cannot be resized.]";
    refused(&mut it, "PUT", &format!("/disks/{read}"), &larger, 409, text);
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let text = "[Cannot remove Virtual Disk. At least one of the VMs is not down.]";
    refused(&mut it, "DELETE", &root, "", 409, text);
    it.act(&format!("{vm}/suspend"));
    it.pass(5);
    let text =
        "[Cannot move Virtual Disk. The Virtual Machine should be either in Up or Paused status.]";
    refused(&mut it, "POST", &format!("{root}/move"), &to("nfs-2"), 409, text);
    let own = root.rsplit('/').next().unwrap().to_owned();
    let other = format!("/vms/{}/diskattachments", it.vm("other", ""));
    it.pass(6);
    let attach = format!(
        "<disk_attachment><interface>virtio</interface><disk id=\"{own}\"/></disk_attachment>"
    );
    let text =
        "[Cannot attach Virtual Disk. The disk is not shareable and is already attached to a VM.]";
    refused(&mut it, "POST", &other, &attach, 409, text);
    let text = "[Cannot attach Virtual Disk. The specified disk does not exist.]";
    refused(&mut it, "POST", &other, &attach.replace(&own, ZERO), 400, text);
}

#[test]
fn a_running_machine_does_not_share_a_disk_that_moves() {
    let mut it = Asking::lab();
    let shared = made(&mut it, &on("nfs-1", "s", "raw", "<shareable>true</shareable>"));
    let id = shared.rsplit('/').next().unwrap().to_owned();
    let (vm, _) = machine(&mut it, "web");
    it.post(&format!("{vm}/diskattachments"), &format!("<disk_attachment><interface>virtio</interface><active>true</active><disk id=\"{id}\"/></disk_attachment>"));
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let text = "[Cannot move a shareable Virtual Disk (s). This operation is not supported.]";
    refused(&mut it, "POST", &format!("{shared}/move"), &to("nfs-2"), 409, text);
}

#[test]
fn of_a_disk_that_failed_there_is_only_removal() {
    let mut it = Asking::lab();
    it.login();
    it.engine.trouble(Trouble::on("POST", "/disks", Effect::FailWork));
    let (_, failed) = it.over_http("POST", "/disks", &disk("d", 1));
    it.pass(4);
    let path = format!("/disks/{}", failed.unwrap().id().unwrap());
    assert_eq!(it.text(&path, "status"), "illegal");
    let illegal = |what: &str| {
        format!(
            "[Cannot {what} Virtual Disk. The following attached disks are in ILLEGAL status: d - please remove them and try again.]"
        )
    };
    for (action, document) in
        [("move", to("nfs-2")), ("copy", to("nfs-2")), ("sparsify", "<action/>".to_owned())]
    {
        refused(&mut it, "POST", &format!("{path}/{action}"), &document, 500, &illegal(action));
    }
    it.delete(&path);
}

#[test]
fn what_others_build_on_stays() {
    let mut it = Asking::lab();
    let rhel = it.id("templates", "rhel-9");
    let attached = it.get(&format!("/templates/{rhel}/diskattachments"));
    let base = attached.children()[0].id().unwrap().to_owned();
    it.post(&format!("/disks/{base}/copy"), &to("nfs-2"));
    it.pass(6);
    let document = "<vm><name>thin</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template></vm>";
    let vm = format!("/vms/{}", it.add("/vms", document));
    it.pass(10);
    let own = it.get(&format!("{vm}/diskattachments")).children()[0].id().unwrap().to_owned();
    let copy = format!("/storagedomains/{}/disks/{base}", it.id("storagedomains", "nfs-1"));
    let by_machine = "[Cannot delete Template. Template is being used by the following VMs: thin.]";
    refused(&mut it, "DELETE", &copy, "", 409, by_machine);
    it.delete(&format!("{vm}/diskattachments/{own}?detach_only=true"));
    let by_disk = "[Cannot remove Virtual Disk. The following Disk(s) are based on it: ";
    refused(&mut it, "DELETE", &copy, "", 409, by_disk);
    let elsewhere = format!("/storagedomains/{}/disks/{base}", it.id("storagedomains", "nfs-2"));
    it.delete(&elsewhere);
}

#[test]
fn a_master_waits_for_the_work_of_its_center() {
    let mut it = Asking::lab();
    let center = format!("/datacenters/{}/storagedomains", it.id("datacenters", "lab"));
    let of = |name: &str| disk("busy", 1).replace("nfs-1", name);
    let is_master = |it: &mut Asking, name: &str| {
        let id = it.id("storagedomains", name);
        it.text(&format!("{center}/{id}"), "master") == "true"
    };
    let (master, other) =
        if is_master(&mut it, "nfs-1") { ("nfs-1", "nfs-2") } else { ("nfs-2", "nfs-1") };
    it.add("/disks", &of(other));
    let path = format!("{center}/{}/deactivate", it.id("storagedomains", master));
    let text = "[Cannot deactivate Master Data Domain while there are running tasks on its Data Center.\n-Tasks running: busy";
    refused(&mut it, "POST", &path, "<action/>", 409, text);
}
