//! What keeps storage domains where they are: who uses them, and who else depends on them.

use crate::asking::{Asking, disk, refused};
use crate::storage_domains::nfs;

/// A domain on NFS, of any sort.
fn domain(it: &mut Asking, name: &str, sort: &str) -> String {
    it.add("/storagedomains", &nfs(name, "").replace(">data<", &format!(">{sort}<")))
}

/// The domains of the lab's data center.
fn attached(it: &mut Asking) -> String {
    format!("/datacenters/{}/storagedomains", it.id("datacenters", "lab"))
}

/// A domain of the lab as its data center has it.
fn path(it: &mut Asking, name: &str) -> String {
    let id = it.id("storagedomains", name);
    format!("{}/{id}", attached(it))
}

fn named(name: &str) -> String {
    format!("<storage_domain><name>{name}</name></storage_domain>")
}

fn rest(it: &mut Asking, path: &str) {
    it.act(&format!("{path}/deactivate"));
    it.pass(5);
    assert_eq!(it.text(path, "status"), "maintenance");
}

#[test]
fn leases_and_discs_of_running_machines_stay_within_reach() {
    let mut it = Asking::lab();
    let second = path(&mut it, "nfs-2");
    let id = it.id("storagedomains", "nfs-2");
    let lease = format!(
        "<high_availability><enabled>true</enabled></high_availability><lease><storage_domain id=\"{id}\"/></lease>"
    );
    let leased = format!("/vms/{}", it.vm("leased", &lease));
    let iso = disk("disc", 1)
        .replace("nfs-1", "nfs-2")
        .replace("<format>cow", "<content_type>iso</content_type><format>raw");
    let iso = it.add("/disks", &iso);
    it.pass(6);
    let reader = format!("/vms/{}", it.vm("reader", ""));
    it.pass(6);
    let drive = format!("{reader}/cdroms/{}", crate::asking::ZERO);
    it.put(&drive, &format!("<cdrom><file id=\"{iso}\"/></cdrom>"));
    for vm in [&leased, &reader] {
        it.act(&format!("{vm}/start"));
    }
    it.pass(6);
    let action = format!("{second}/deactivate");
    let leases = "[Cannot deactivate domain, the domain contains leases for the following running VMs: leased]";
    refused(&mut it, "POST", &action, "<action/>", 409, leases);
    it.act(&format!("{leased}/stop"));
    it.pass(2);
    let discs = "[Cannot deactivate Storage. The Storage Domain has ISO image(s) attached to the following VM(s): reader.]";
    refused(&mut it, "POST", &action, "<action/>", 409, discs);
    let inside = "[Cannot remove Virtual Disk. The disk is an ISO disk attached as CDROM to the following VMs/Templates: reader.]";
    refused(&mut it, "DELETE", &format!("/disks/{iso}"), "", 409, inside);
    it.act(&format!("{reader}/stop"));
    it.pass(2);
    let backup = "<storage_domain><backup>true</backup></storage_domain>";
    let kept = "[Cannot edit Storage. The storage domain contains disks which are attached to running VMs or VMs with leases.]";
    refused(&mut it, "PUT", &format!("/storagedomains/{id}"), backup, 409, kept);
    rest(&mut it, &second);
}

#[test]
fn pools_and_previews_do_not_leave_with_their_domain() {
    let mut it = Asking::lab();
    let first = path(&mut it, "nfs-1");
    it.post("/vmpools", "<vm_pool><name>p</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template><size>1</size></vm_pool>");
    it.pass(10);
    rest(&mut it, &first);
    let pooled = "[Cannot detach Storage. The following VMs/Templates are attached to pool: p-1.]";
    refused(&mut it, "DELETE", &first, "", 409, pooled);

    let mut it = Asking::lab();
    let first = path(&mut it, "nfs-1");
    let vm = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    let taken =
        it.add(&format!("{vm}/snapshots"), "<snapshot><description>s</description></snapshot>");
    it.pass(6);
    it.post(
        &format!("{vm}/previewsnapshot"),
        &format!("<action><snapshot id=\"{taken}\"/></action>"),
    );
    it.pass(6);
    rest(&mut it, &first);
    let previewed = "[Cannot detach Storage. The following VMs are previewing a snapshot: web.]";
    refused(&mut it, "DELETE", &first, "", 409, previewed);
}

#[test]
fn a_master_at_rest_holds_up_all_others() {
    let mut it = Asking::lab();
    let (first, second) = (path(&mut it, "nfs-1"), path(&mut it, "nfs-2"));
    for busy in [&first, &second] {
        let illegal = "[Cannot activate Storage. The relevant Storage Domain's status is Active.]";
        refused(&mut it, "POST", &format!("{busy}/activate"), "<action/>", 409, illegal);
    }
    rest(&mut it, &second);
    let illegal =
        "[Cannot deactivate Storage. The relevant Storage Domain's status is Maintenance.]";
    refused(&mut it, "POST", &format!("{second}/deactivate"), "<action/>", 409, illegal);
    rest(&mut it, &first);
    let failed =
        "[Failed to activate Storage due to an error on the Data Center master Storage Domain.";
    refused(&mut it, "POST", &format!("{second}/activate"), "<action/>", 409, failed);
    let failed =
        "[Failed to detach Storage due to an error on the Data Center master Storage Domain.";
    refused(&mut it, "DELETE", &second, "", 409, failed);
    let master = "[Cannot detach the master Storage Domain from the Data Center while there are other storage domains attached to it.";
    refused(&mut it, "DELETE", &first, "", 409, master);
    let id = it.id("storagedomains", "nfs-1");
    let destroy = format!("/storagedomains/{id}?destroy=true");
    let last = "[Cannot destroy the master Storage Domain from the Data Center without another active Storage Domain to take its place.";
    refused(&mut it, "DELETE", &destroy, "", 409, last);
    it.act(&format!("{first}/activate"));
    it.pass(5);
    let active = "[Cannot destroy Storage. The relevant Storage Domain's status is Active.]";
    refused(&mut it, "DELETE", &destroy, "", 409, active);
}

#[test]
fn a_master_goes_to_rest_after_those_that_cannot_take_its_place() {
    let mut it = Asking::lab();
    let (first, second) = (path(&mut it, "nfs-1"), path(&mut it, "nfs-2"));
    let all = attached(&mut it);
    domain(&mut it, "iso", "iso");
    it.add(&all, &named("iso"));
    let locked = "[You are trying to deactivate a Master storage domain while there are locked domains in the Data Center.";
    refused(&mut it, "POST", &format!("{first}/deactivate"), "<action/>", 409, locked);
    it.pass(12);
    rest(&mut it, &second);
    let others = "[Cannot deactivate a Master Storage Domain while there are active non-data domains in the Data Center.";
    refused(&mut it, "POST", &format!("{first}/deactivate"), "<action/>", 409, others);
}

#[test]
fn without_a_host_nothing_moves() {
    let mut it = Asking::lab();
    let second = path(&mut it, "nfs-2");
    for host in ["host-1", "host-2"] {
        let host = it.id("hosts", host);
        it.act(&format!("/hosts/{host}/deactivate"));
        it.pass(5);
    }
    let nobody = "[Cannot deactivate Storage. There is no active Host in the Data Center.]";
    refused(&mut it, "POST", &format!("{second}/deactivate"), "<action/>", 409, nobody);
    let host = it.id("hosts", "host-1");
    it.act(&format!("/hosts/{host}/activate"));
    it.pass(10);
    rest(&mut it, &second);
    it.act(&format!("/hosts/{host}/deactivate"));
    it.pass(5);
    let nobody = "[Cannot activate Storage. There is no active Host in the Data Center.]";
    refused(&mut it, "POST", &format!("{second}/activate"), "<action/>", 409, nobody);
    let id = it.id("storagedomains", "nfs-2");
    let down = "[Cannot remove Storage. Host host-1 is not up.]";
    refused(&mut it, "DELETE", &format!("/storagedomains/{id}?host=host-1"), "", 409, down);
}

#[test]
fn domains_that_a_data_center_does_not_take() {
    let mut it = Asking::lab();
    let all = attached(&mut it);
    refused(
        &mut it,
        "POST",
        &all,
        "<storage_domain/>",
        400,
        "Parameters 'storage_domain.id' or 'storage_domain.name' are mandatory but both were not provided.",
    );
    let unknown = format!("<storage_domain id=\"{}\"/>", crate::asking::ZERO);
    let nothing = "[Cannot attach Storage. Storage Domain doesn't exist.]";
    refused(&mut it, "POST", &all, &unknown, 400, nothing);
    let twice = "[Cannot attach Storage. The relevant Storage Domain is inaccessible.";
    refused(&mut it, "POST", &all, &named("nfs-2"), 409, twice);
    for (sort, text) in [("iso", "ISO"), ("export", "Import/Export")] {
        let other = format!("other-{sort}");
        domain(&mut it, sort, sort);
        domain(&mut it, &other, sort);
        it.add(&all, &named(sort));
        it.pass(12);
        let one =
            format!("[Cannot attach more than one {text} Storage Domain to the same Data Center.");
        refused(&mut it, "POST", &all, &named(&other), 409, &one);
    }
    let glance = "<openstack_image_provider><name>glance</name><url>http://image:9292</url></openstack_image_provider>";
    it.add("/openstackimageproviders", glance);
    let external = "[Cannot manage Storage Domain. The domain is defined externally";
    refused(&mut it, "POST", &all, &named("glance"), 400, external);
    let id = it.id("storagedomains", "glance");
    refused(&mut it, "DELETE", &format!("/storagedomains/{id}?host=host-1"), "", 400, external);
}

#[test]
fn a_data_center_begins_with_data_in_a_format_that_it_knows() {
    let mut it = Asking::lab();
    let center = it.add("/datacenters", "<data_center><name>old</name><local>false</local><version><major>4</major><minor>2</minor></version></data_center>");
    it.add("/clusters", "<cluster><name>old</name><data_center><name>old</name></data_center><version><major>4</major><minor>2</minor></version><cpu><type>Intel Nehalem Family</type></cpu></cluster>");
    it.add("/hosts", "<host><name>h</name><address>h</address><root_password>x</root_password><cluster><name>old</name></cluster></host>");
    it.pass(25);
    let all = format!("/datacenters/{center}/storagedomains");
    domain(&mut it, "iso", "iso");
    let first =
        "[Cannot attach Storage Domain.\n-Please attach Data Domain to the Data Center first.]";
    refused(&mut it, "POST", &all, &named("iso"), 409, first);
    domain(&mut it, "new", "data");
    let format = "[Cannot attach Storage. Storage Domain format V5 is illegal.]";
    refused(&mut it, "POST", &all, &named("new"), 409, format);
    let (first, second) = (it.id("storagedomains", "nfs-1"), it.id("storagedomains", "nfs-2"));
    let lab = it.id("datacenters", "lab");
    let action = format!("/datacenters/{lab}/setmaster");
    let set = |id: &str| format!("<action><storage_domain id=\"{id}\"/></action>");
    let old = "[Cannot switch master storage domain. Switch master storage domain operation is not supported.]";
    refused(&mut it, "POST", &format!("/datacenters/{center}/setmaster"), &set(&first), 400, old);
    let unknown = "[Storage Domain doesn't exist.]";
    refused(&mut it, "POST", &action, &set(crate::asking::ZERO), 400, unknown);
    domain(&mut it, "shelf", "iso");
    let attached = format!("/datacenters/{lab}/storagedomains");
    it.add(&attached, &named("shelf"));
    it.pass(12);
    let shelf = it.id("storagedomains", "shelf");
    let sort = "[Cannot switch master storage domain. Action is only applicable for Data domains.]";
    refused(&mut it, "POST", &action, &set(&shelf), 400, sort);
    rest(&mut it, &format!("{attached}/{second}"));
    let active = "[Cannot switch master storage domain. Storage domain nfs-2 must be active.]";
    refused(&mut it, "POST", &action, &set(&second), 409, active);
    it.act(&format!("{attached}/{second}/activate"));
    it.pass(5);
    let moved = it.add("/disks", &disk("d", 1));
    it.pass(4);
    it.post(&format!("/disks/{moved}/move"), &set(&second));
    let tasks = "[Cannot switch master storage domain. The storage pool has running tasks.]";
    refused(&mut it, "POST", &action, &set(&second), 409, tasks);
}
