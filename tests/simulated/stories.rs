//! What the simulated engine does, asked directly: what follows from what, and when.

use crate::asking::{Asking, GIB, ZERO};
use virtuform::simulated::{Lab, Options, Simulated};

#[test]
fn a_fresh_engine_is_brought_up() {
    let mut it = Asking::fresh();
    let center =
        it.add("/datacenters", "<data_center><name>east</name><local>false</local></data_center>");
    assert_eq!(it.text(&format!("/datacenters/{center}"), "status"), "uninitialized");
    let cluster = it.add(
        "/clusters",
        "<cluster><name>east-1</name><data_center><name>east</name></data_center></cluster>",
    );
    let profiles = it.get(&format!("/clusters/{cluster}/cpuprofiles"));
    assert_eq!(profiles.text_at("cpu_profile/name"), Some("east-1"));
    let host = it.add(
        "/hosts",
        "<host><name>h1</name><address>h1.example.com</address><root_password>x</root_password><cluster><name>east-1</name></cluster></host>",
    );
    assert_eq!(it.text(&format!("/hosts/{host}"), "status"), "installing");
    it.pass(25);
    assert_eq!(it.text(&format!("/hosts/{host}"), "status"), "up");
    let cpu = it.text(&format!("/clusters/{cluster}"), "cpu/type");
    assert_eq!(cpu, "Intel Cascadelake Server Family");
    let domain = it.add(
        "/storagedomains",
        "<storage_domain><name>fast</name><type>data</type><host><name>h1</name></host><storage><type>nfs</type><address>nas</address><path>/fast</path></storage></storage_domain>",
    );
    assert_eq!(it.text(&format!("/storagedomains/{domain}"), "status"), "unattached");
    let attached = format!("/datacenters/{center}/storagedomains");
    it.add(&attached, "<storage_domain><name>fast</name></storage_domain>");
    let attached = format!("{attached}/{domain}");
    assert_eq!(it.text(&attached, "status"), "locked");
    it.pass(15);
    assert_eq!(it.text(&attached, "status"), "active");
    assert_eq!(it.text(&attached, "master"), "true");
    assert_eq!(it.text(&format!("/datacenters/{center}"), "status"), "up");
    assert_eq!(it.text(&format!("/datacenters/{center}"), "storage_format"), "v5");
    assert_eq!(it.text(&format!("/storagedomains/{domain}"), "status"), "");
    assert_eq!(it.text(&format!("/hosts/{host}"), "spm/status"), "spm");
    let profiles = it.get(&format!("/storagedomains/{domain}/diskprofiles"));
    assert_eq!(profiles.text_at("disk_profile/name"), Some("fast"));
}

#[test]
fn a_site_is_torn_down() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let (first, second) = (it.id("storagedomains", "nfs-1"), it.id("storagedomains", "nfs-2"));
    for name in ["rhel-9", "debian-12"] {
        let template = it.id("templates", name);
        it.delete(&format!("/templates/{template}"));
    }
    it.pass(10);
    for (domain, host) in [(second, "host-1"), (first, "host-1")] {
        let attached = format!("/datacenters/{center}/storagedomains/{domain}");
        it.act(&format!("{attached}/deactivate"));
        it.pass(10);
        assert_eq!(it.text(&attached, "status"), "maintenance");
        it.delete(&attached);
        assert_eq!(it.text(&format!("/storagedomains/{domain}"), "status"), "unattached");
        it.delete(&format!("/storagedomains/{domain}?host={host}&format=true"));
    }
    assert_eq!(it.text(&format!("/datacenters/{center}"), "status"), "uninitialized");
    it.delete(&format!("/datacenters/{center}"));
    for name in ["host-1", "host-2"] {
        let host = it.id("hosts", name);
        it.maintain(&format!("/hosts/{host}"));
        it.delete(&format!("/hosts/{host}"));
    }
    let cluster = it.id("clusters", "lab");
    it.delete(&format!("/clusters/{cluster}"));
    assert_eq!(it.get("/storagedomains").children().len(), 0);
    assert_eq!(it.get("/storageconnections").children().len(), 0);
    assert_eq!(it.get("/disks").children().len(), 0);
}

#[test]
fn the_master_role_moves_when_its_domain_goes_to_maintenance() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let (first, second) = (it.id("storagedomains", "nfs-1"), it.id("storagedomains", "nfs-2"));
    let domains = format!("/datacenters/{center}/storagedomains");
    assert_eq!(it.text(&format!("{domains}/{first}"), "master"), "true");
    it.act(&format!("{domains}/{first}/deactivate"));
    it.pass(10);
    assert_eq!(it.text(&format!("{domains}/{second}"), "master"), "true");
    assert_eq!(it.text(&format!("/datacenters/{center}"), "status"), "up");
}

#[test]
fn a_machine_is_made_from_a_template_and_runs() {
    let mut it = Asking::lab();
    let vm = it.vm("web", "<memory>1500000000</memory>");
    let path = format!("/vms/{vm}");
    assert_eq!(it.text(&path, "status"), "image_locked");
    it.pass(6);
    let whole = it.get(&format!("{path}?follow=nics,disk_attachments.disk"));
    assert_eq!(whole.text_at("status"), Some("down"));
    assert_eq!(whole.text_at("memory"), Some("1499463680"), "whole MiB only");
    assert_eq!(whole.text_at("memory_policy/max"), Some("5997854720"));
    assert_eq!(whole.text_at("memory_policy/guaranteed"), Some("1499463680"));
    let attachment = whole.at("disk_attachments/disk_attachment").unwrap();
    assert_eq!(attachment.text_at("disk/status"), Some("ok"));
    assert_eq!(attachment.text_at("disk/alias"), Some("rhel-9_disk"));
    assert_eq!(attachment.text_at("bootable"), Some("true"));
    assert!(whole.text_at("nics/nic/mac/address").unwrap().starts_with("56:6f:"));
    let started = it.act(&format!("{path}/start"));
    assert!(started.at("vm/actions").is_some() && started.at("vm/status").is_none());
    assert_eq!(it.text(&path, "status"), "wait_for_launch");
    it.pass(1);
    assert_eq!(it.text(&path, "status"), "powering_up");
    it.pass(3);
    assert_eq!(it.text(&path, "status"), "up");
    assert!(it.get(&path).child("host").unwrap().id().is_some());
    it.act(&format!("{path}/shutdown"));
    assert_eq!(it.text(&path, "status"), "powering_down");
    it.pass(5);
    assert_eq!(it.text(&path, "status"), "down");
    it.act(&format!("{path}/stop"));
    it.delete(&path);
    assert_eq!(it.ask("GET", &path, "").0, 404);
    assert_eq!(it.get("/disks?search=status%3Dlocked").children().len(), 1);
    it.pass(3);
    assert_eq!(it.get("/disks").children().len(), 2, "those of the templates");
}

#[test]
fn a_clone_forgets_its_template() {
    let mut it = Asking::lab();
    let made = it.post(
        "/vms?clone=true",
        "<vm><name>c</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template></vm>",
    );
    assert_eq!(made.child("template").unwrap().id(), Some(ZERO));
    assert_ne!(made.child("original_template").unwrap().id(), Some(ZERO));
    let template = it.id("templates", "rhel-9");
    it.pass(20);
    it.delete(&format!("/templates/{template}"));
    it.pass(5);
    assert_eq!(it.ask("GET", &format!("/templates/{template}"), "").0, 404);
}

#[test]
fn what_only_a_start_can_take_over_waits_for_it() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    it.put(&path, "<vm><description>d</description><bios><boot_menu><enabled>true</enabled></boot_menu></bios></vm>");
    assert_eq!(it.text(&path, "description"), "d");
    assert_eq!(it.text(&path, "bios/boot_menu/enabled"), "false");
    assert_eq!(it.text(&path, "next_run_configuration_exists"), "true");
    let waiting = format!("{path}?next_run=true");
    assert_eq!(it.text(&waiting, "bios/boot_menu/enabled"), "true");
    it.put(&waiting, "<vm><cpu><topology><cores>2</cores></topology></cpu></vm>");
    assert_eq!(it.text(&waiting, "bios/boot_menu/enabled"), "true", "merged onto what waits");
    assert_eq!(it.text(&waiting, "cpu/topology/cores"), "2");
    it.put(&path, "<vm><comment>c</comment></vm>");
    assert_eq!(it.text(&waiting, "cpu/topology/cores"), "1", "lost by a plain update");
    assert_eq!(it.text(&path, "next_run_configuration_exists"), "true");
    it.put(&waiting, "<vm><cpu><topology><cores>4</cores></topology></cpu></vm>");
    it.act(&format!("{path}/stop"));
    it.pass(1);
    assert_eq!(it.text(&path, "status"), "down");
    it.pass(1);
    assert_eq!(it.text(&path, "cpu/topology/cores"), "4");
    assert_eq!(it.text(&path, "next_run_configuration_exists"), "false");
}

#[test]
fn a_running_machine_takes_memory_and_sockets_over() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let memory = |mebibytes: u64| format!("<vm><memory>{}</memory></vm>", mebibytes << 20);
    it.put(&path, &memory(1024 + 256));
    assert_eq!(it.text(&path, "memory"), (1280_u64 << 20).to_string());
    it.put(&path, &format!("<vm><memory>{}</memory><memory_policy><guaranteed>{GIB}</guaranteed></memory_policy></vm>", 1152_u64 << 20));
    assert_eq!(it.text(&path, "memory"), (1280_u64 << 20).to_string(), "no module of that size");
    it.put(&path, &memory(1024));
    assert_eq!(it.text(&path, "memory"), GIB.to_string());
    it.put(&path, "<vm><cpu><topology><sockets>4</sockets></topology></cpu></vm>");
    assert_eq!(it.text(&path, "cpu/topology/sockets"), "4");
    assert_eq!(it.text(&path, "next_run_configuration_exists"), "false");
    it.put(&path, "<vm><os><type>other</type></os></vm>");
    it.put(&path, "<vm><cpu><topology><sockets>2</sockets></topology></cpu></vm>");
    assert_eq!(it.text(&path, "cpu/topology/sockets"), "4", "a generic system keeps its CPUs");
    let events = it.get("/events?search=message%3D%22*hot set*%22".replace(' ', "%20").as_str());
    assert_eq!(events.text_at("event/severity"), Some("error"));
}

#[test]
fn a_disk_changes_in_the_background() {
    let mut it = Asking::lab();
    let disk = it.add("/disks", &crate::asking::disk("d1", 1));
    let path = format!("/disks/{disk}");
    it.pass(3);
    assert_eq!(it.text(&path, "status"), "ok");
    let change = format!(
        "<disk><alias>d2</alias><provisioned_size>{}</provisioned_size><format>raw</format></disk>",
        2 * GIB
    );
    let stale = it.put(&path, &change);
    assert_eq!(stale.text_at("alias"), Some("d1"));
    assert_eq!(it.text(&path, "status"), "locked");
    let (status, text) = it.refusal("PUT", &path, "<disk><alias>d3</alias></disk>");
    assert_eq!(
        (status, text.as_str()),
        (
            409,
            "[Cannot edit Virtual Disk: The following disks are locked: d1. Please try again in a few minutes.]"
        )
    );
    it.pass(3);
    assert_eq!(it.text(&path, "alias"), "d2");
    assert_eq!(it.text(&path, "provisioned_size"), (2 * GIB).to_string());
    assert_eq!(it.text(&path, "format"), "cow", "ignored without a word");
}

#[test]
fn a_new_disk_is_plugged_by_itself_only_where_nobody_runs() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let attachments = format!("{path}/diskattachments");
    let new = format!(
        "<disk_attachment><interface>virtio</interface>{}</disk_attachment>",
        crate::asking::disk("", 1)
    );
    let made = it.post(&attachments, &new);
    assert_eq!(made.text_at("active"), Some("false"));
    it.pass(3);
    let id = made.id().unwrap().to_owned();
    assert_eq!(it.text(&format!("/disks/{id}"), "alias"), "web_Disk2");
    it.act(&format!("{path}/stop"));
    it.pass(2);
    assert_eq!(it.post(&attachments, &new).text_at("active"), Some("true"));
    it.pass(3);
    it.delete(&format!("{attachments}/{id}"));
    assert_eq!(it.text(&format!("/disks/{id}"), "status"), "ok", "detached only");
    let existing = format!(
        "<disk_attachment><interface>virtio</interface><disk id=\"{id}\"/></disk_attachment>"
    );
    assert_eq!(it.post(&attachments, &existing).text_at("active"), Some("false"));
    it.delete(&format!("{attachments}/{id}?detach_only=false"));
    it.pass(3);
    assert_eq!(it.ask("GET", &format!("/disks/{id}"), "").0, 404);
}

#[test]
fn a_template_is_made_of_a_machine_that_is_down() {
    let mut it = Asking::lab();
    let vm = it.vm("gold", "");
    it.pass(6);
    let template =
        it.add("/templates", &format!("<template><name>gold</name><vm id=\"{vm}\"/></template>"));
    let path = format!("/templates/{template}");
    assert_eq!(it.text(&path, "status"), "locked");
    assert_eq!(it.text(&format!("/vms/{vm}"), "status"), "image_locked");
    it.pass(8);
    assert_eq!(it.text(&path, "status"), "ok");
    assert_eq!(it.text(&format!("/vms/{vm}"), "status"), "down");
    let whole = it.get(&format!("{path}?follow=nics,disk_attachments"));
    assert_eq!(whole.text_at("nics/nic/name"), Some("nic1"));
    assert!(whole.at("nics/nic/mac").is_none());
    let disk = whole.at("disk_attachments/disk_attachment/disk").unwrap();
    let href = format!("/ovirt-engine/api/disks/{}", disk.id().unwrap());
    assert_eq!(disk.attribute("href"), Some(href.as_str()));
    let second = it.post("/templates", &format!("<template><name>x</name><vm id=\"{vm}\"/><version><base_template id=\"{template}\"/><version_name>two</version_name></version></template>"));
    assert_eq!(second.text_at("name"), Some("gold"));
    assert_eq!(second.text_at("version/version_number"), Some("2"));
}

#[test]
fn roles_of_networks_move_within_a_cluster() {
    let mut it = Asking::lab();
    let (center, cluster) = (it.id("datacenters", "lab"), it.id("clusters", "lab"));
    let network = it.add(
        "/networks",
        &format!(
            "<network><name>storage</name><data_center id=\"{center}\"/><vlan id=\"12\"/></network>"
        ),
    );
    let profiles = it.get(&format!("/networks/{network}/vnicprofiles"));
    assert_eq!(profiles.text_at("vnic_profile/name"), Some("storage"));
    assert_eq!(it.get(&format!("/clusters/{cluster}/networks")).children().len(), 1);
    let assigned = it.post(&format!("/clusters/{cluster}/networks"), &format!("<network id=\"{network}\"><usages><usage>migration</usage><usage>management</usage></usages></network>"));
    assert_eq!(assigned.text_at("required"), Some("true"));
    let usages = |it: &mut Asking, name: &str| {
        let list = it.get(&format!("/clusters/{cluster}/networks"));
        let found = list.children().iter().find(|it| it.text_at("name") == Some(name)).unwrap();
        let usages = found.child("usages").map(|it| it.children()).unwrap_or_default();
        usages.iter().map(|it| it.text().to_owned()).collect::<Vec<_>>()
    };
    assert_eq!(usages(&mut it, "storage"), ["vm", "migration"], "no management by assignment");
    assert_eq!(usages(&mut it, "ovirtmgmt"), ["vm", "display", "management", "default_route"]);
    it.put(
        &format!("/clusters/{cluster}/networks/{network}"),
        "<network><required>false</required><usages/></network>",
    );
    assert_eq!(usages(&mut it, "storage"), ["vm"]);
    assert!(usages(&mut it, "ovirtmgmt").contains(&"migration".to_owned()), "falls back");
}

#[test]
fn a_storage_that_was_not_formatted_is_imported_again() {
    let mut it = Asking::lab();
    let new = "<storage_domain><name>s</name><type>data</type><host><name>host-1</name></host><storage><type>nfs</type><address>nas</address><path>/s</path></storage></storage_domain>";
    let first = it.add("/storagedomains", new);
    it.delete(&format!("/storagedomains/{first}?host=host-1"));
    assert_eq!(it.add("/storagedomains", new), first);
    it.delete(&format!("/storagedomains/{first}?host=host-1&format=true"));
    assert_ne!(it.add("/storagedomains", new), first);
}

#[test]
fn lists_are_searched_sorted_and_paged() {
    let mut engine = Simulated::new(Options::default());
    engine.lab(&Lab::large(25));
    let mut it = Asking::of(engine);
    let count = |it: &mut Asking, query: &str| it.get(&format!("/vms?{query}")).children().len();
    assert_eq!(count(&mut it, "search=name%3DVM-0000*"), 10);
    assert_eq!(count(&mut it, "search=status%3Ddown and name%3Dvm-00003 or name%3Dvm-00004"), 2);
    assert_eq!(count(&mut it, "search=cluster%3Dlab&max=7"), 7);
    assert_eq!(count(&mut it, "search=name%3Dvm-* sortby id asc page 3&max=10"), 5);
    assert_eq!(count(&mut it, "search=page 2"), 0);
    assert_eq!(count(&mut it, "search=nonsense%3D1"), 0);
    assert_eq!(count(&mut it, "search=name%3Dvm-00001; drop"), 0);
    let list = it.get("/vms?search=sortby name desc&max=1");
    assert_eq!(list.text_at("vm/name"), Some("vm-00024"));
    assert_eq!(it.ask("GET", "/vms?max=-1", "").0, 400);
}

#[test]
fn links_are_followed_to_any_depth() {
    let mut it = Asking::lab();
    let vm = it.vm("web", "");
    it.pass(6);
    let whole = it.get(&format!(
        "/vms/{vm}?follow=nics.vnic_profile.network,cluster.data_center,diskattachments"
    ));
    assert_eq!(whole.text_at("nics/nic/vnic_profile/network/name"), Some("ovirtmgmt"));
    assert_eq!(whole.text_at("cluster/data_center/name"), Some("lab"));
    let disk = whole.at("disk_attachments/disk_attachment/disk").unwrap();
    let href = format!("/ovirt-engine/api/disks/{}", disk.id().unwrap());
    assert_eq!(disk.attribute("href"), Some(href.as_str()));
    assert_eq!(it.ask("GET", &format!("/vms/{vm}?follow=nothing"), "").0, 500);
    assert_eq!(it.ask("GET", "/vms?follow=host", "").0, 500, "a machine that is down has none");
}

#[test]
fn dear_attributes_are_shown_to_those_who_ask() {
    let mut it = Asking::lab();
    let made = it.post("/vms", "<vm><name>w</name><cluster><name>lab</name></cluster><template><name>Blank</name></template><initialization><root_password>p</root_password></initialization></vm>");
    assert!(made.child("console").is_some());
    assert_eq!(made.text_at("initialization/root_password"), Some("******"));
    let path = format!("/vms/{}", made.id().unwrap());
    assert!(it.get(&path).child("console").is_none());
    assert!(it.get(&format!("{path}?all_content=true")).child("rng_device").is_some());
    assert_eq!(made.text_at("status"), Some("down"), "nothing to copy");
}

#[test]
fn work_that_fails_leaves_its_marks() {
    use virtuform::simulated::{Effect, Trouble};
    let mut it = Asking::lab();
    it.engine.trouble(Trouble::on("POST", "/vms", Effect::FailWork));
    it.login();
    let (status, made) = it.over_http("POST", "/vms", "<vm><name>w</name><cluster><name>lab</name></cluster><template><name>rhel-9</name></template></vm>");
    assert_eq!(status, 201);
    let job = it.get("/jobs?search=correlation_id%3Dtest-1");
    assert_eq!(job.text_at("job/status"), Some("started"));
    it.pass(6);
    let made = made.unwrap();
    assert_eq!(it.ask("GET", &format!("/vms/{}", made.id().unwrap()), "").0, 404);
    let job = it.get("/jobs?search=correlation_id%3Dtest-1");
    assert_eq!(job.text_at("job/status"), Some("failed"));
    let event = it.get("/events?search=correlation_id%3Dtest-1&max=1");
    assert_eq!(event.text_at("event/severity"), Some("error"));
}

#[test]
fn a_connection_moves_its_domain_while_that_rests() {
    let mut it = Asking::lab();
    let (center, domain) = (it.id("datacenters", "lab"), it.id("storagedomains", "nfs-2"));
    let connections = it.get(&format!("/storagedomains/{domain}/storageconnections"));
    let path = format!("/storageconnections/{}", connections.children()[0].id().unwrap());
    let change = "<storage_connection><path>/elsewhere</path></storage_connection>";
    let (status, text) = it.refusal("PUT", &path, change);
    assert_eq!(status, 400);
    assert!(text.contains("The data domains nfs-2 should be in maintenance or unattached."));
    it.act(&format!("/datacenters/{center}/storagedomains/{domain}/deactivate"));
    it.pass(10);
    it.put(&path, change);
    assert_eq!(it.text(&format!("/storagedomains/{domain}"), "storage/path"), "/elsewhere");
    assert_eq!(it.refusal("DELETE", &path, "").0, 409);
}

#[test]
fn every_machine_has_a_drive_a_console_and_a_present_state() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}", it.vm("web", ""));
    assert_eq!(it.get(&format!("{path}/cdroms")).children()[0].id(), Some(ZERO));
    let consoles = it.get(&format!("{path}/graphicsconsoles"));
    assert_eq!(consoles.children()[0].id(), Some("766e63"));
    let again = "<graphics_console><protocol>vnc</protocol></graphics_console>";
    assert_eq!(it.refusal("POST", &format!("{path}/graphicsconsoles"), again).0, 400);
    let snapshots = it.get(&format!("{path}/snapshots"));
    assert_eq!(snapshots.text_at("snapshot/snapshot_type"), Some("active"));
}

#[test]
fn a_machine_is_cloned() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    it.post(&format!("{path}/clone"), "<action><vm><name>twin</name></vm></action>");
    assert_eq!(it.text(&path, "status"), "down", "the source keeps its status");
    let (status, text) = it.refusal("POST", &format!("{path}/start"), "<action/>");
    assert_eq!((status, text.as_str()), (409, "[Cannot run VM. VM is being cloned.]"));
    it.pass(15);
    let twin = format!("/vms/{}?follow=nics,disk_attachments", it.id("vms", "twin"));
    let (twin, web) = (it.get(&twin), it.get(&format!("{path}?follow=nics,disk_attachments")));
    assert_eq!(twin.text_at("status"), Some("down"));
    assert_ne!(twin.text_at("nics/nic/mac/address"), web.text_at("nics/nic/mac/address"));
    let disk = |vm: &virtuform::xml::Element| {
        vm.at("disk_attachments/disk_attachment").unwrap().id().unwrap().to_owned()
    };
    assert_ne!(disk(&twin), disk(&web));
}

#[test]
fn who_does_not_wait_is_not_told() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    assert_eq!(it.ask("DELETE", &format!("{path}?async=true"), ""), (202, None));
    assert_eq!(it.text(&path, "status"), "up");
    let change = "<vm><description>d</description></vm>";
    let (status, stale) = it.ask("PUT", &format!("{path}?async=true"), change);
    assert_eq!((status, stale.unwrap().text_at("description")), (202, None));
    assert_eq!(it.text(&path, "description"), "d");
    let (status, text) = it.refusal("POST", &format!("/vms/{ZERO}/start"), "<action/>");
    assert_eq!((status, text.as_str()), (400, "[Cannot start VM. VM is not found.]"));
}
