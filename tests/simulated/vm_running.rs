//! Machines that run: how they start, stop, move and are looked after.

use crate::asking::{Asking, refused};

/// Acts on a machine and expects a refusal.
#[track_caller]
fn cannot(it: &mut Asking, path: &str, action: &str, document: &str, status: u16, text: &str) {
    refused(it, "POST", &format!("{path}/{action}"), document, status, text);
}

/// A machine in the lab that is down.
fn down(it: &mut Asking, name: &str) -> String {
    let path = format!("/vms/{}", it.vm(name, ""));
    it.pass(6);
    path
}

#[test]
fn a_run_once_lasts_until_power_off() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    let host = it.id("hosts", "host-2");
    let once = format!(
        "<action><pause>true</pause><vm><os><boot><devices><device>network</device></devices></boot></os><placement_policy><hosts><host id=\"{host}\"/></hosts></placement_policy></vm></action>"
    );
    it.post(&format!("{path}/start"), &once);
    it.pass(2);
    let whole = it.get(&path);
    assert_eq!(whole.text_at("status"), Some("paused"));
    assert_eq!(whole.text_at("run_once"), Some("true"));
    assert_eq!(whole.child("host").unwrap().id(), Some(host.as_str()));
    assert_eq!(whole.text_at("os/boot/devices/device"), Some("network"));
    it.act(&format!("{path}/start"));
    assert_eq!(it.text(&path, "status"), "up", "goes on");
    it.act(&format!("{path}/stop"));
    it.pass(2);
    let whole = it.get(&path);
    assert_eq!(whole.text_at("run_once"), Some("false"));
    assert_eq!(whole.text_at("os/boot/devices/device"), Some("hd"));
}

#[test]
fn a_volatile_run_ends_with_a_reboot() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    let once = "<action><volatile>true</volatile><vm><os><kernel>/k</kernel></os></vm></action>";
    it.post(&format!("{path}/start"), once);
    it.pass(5);
    assert_eq!(it.text(&path, "os/kernel"), "/k");
    it.act(&format!("{path}/reboot"));
    assert_eq!(it.text(&path, "status"), "reboot_in_progress");
    it.pass(8);
    assert_eq!(it.text(&path, "status"), "up");
    assert_eq!(it.text(&path, "os/kernel"), "");
    assert_eq!(it.text(&path, "run_once"), "false");
}

#[test]
fn a_reboot_takes_over_what_waits() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    it.put(&path, "<vm><cpu><topology><cores>2</cores></topology></cpu></vm>");
    it.act(&format!("{path}/reboot"));
    it.pass(10);
    assert_eq!(it.text(&path, "status"), "up");
    assert_eq!(it.text(&path, "cpu/topology/cores"), "2");
    assert_eq!(it.text(&path, "next_run_configuration_exists"), "false");
}

#[test]
fn a_guest_is_set_up_at_its_first_start_only() {
    let mut it = Asking::lab();
    let name = |name: &str| {
        format!("<vm><initialization><host_name>{name}</host_name></initialization></vm>")
    };
    let path = down(&mut it, "web");
    it.put(&path, &name("one.example.com"));
    let run = |it: &mut Asking, document: &str| {
        it.post(&format!("{path}/start"), document);
        it.pass(6);
        let fqdn = it.text(&path, "fqdn");
        it.act(&format!("{path}/stop"));
        it.pass(3);
        fqdn
    };
    assert_eq!(run(&mut it, "<action/>"), "one.example.com");
    it.put(&path, &name("two.example.com"));
    assert_eq!(run(&mut it, "<action/>"), "one.example.com", "stored, and inert");
    let asked = "<action><use_initialization>true</use_initialization></action>";
    assert_eq!(run(&mut it, asked), "two.example.com");
    let other = down(&mut it, "db");
    it.put(&other, &name("db.example.com"));
    let none = "<action><use_cloud_init>false</use_cloud_init></action>";
    it.post(&format!("{other}/start"), none);
    it.pass(6);
    assert_eq!(it.text(&other, "fqdn"), "", "suppressed");
}

#[test]
fn a_stateless_machine_returns_to_what_it_was() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    it.put(&path, "<vm><stateless>true</stateless></vm>");
    it.act(&format!("{path}/start"));
    it.pass(6);
    let snapshots = it.get(&format!("{path}/snapshots"));
    let kinds: Vec<_> =
        snapshots.children().iter().filter_map(|it| it.text_at("snapshot_type")).collect();
    assert_eq!(kinds, ["active", "stateless"]);
    cannot(&mut it, &path, "suspend", "<action/>", 409, "[Cannot suspend VM, VM is stateless.]");
    it.put(&path, "<vm><description>lost</description></vm>");
    it.act(&format!("{path}/stop"));
    it.pass(1);
    assert_eq!(it.text(&path, "status"), "down");
    assert_eq!(it.text(&path, "description"), "");
    let busy = "[Cannot run VM. The VM is performing an operation on a Snapshot.";
    cannot(&mut it, &path, "start", "<action/>", 409, busy);
    it.pass(3);
    it.act(&format!("{path}/start"));
}

#[test]
fn what_keeps_a_machine_from_starting() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    let both =
        "<action><use_cloud_init>true</use_cloud_init><use_sysprep>true</use_sysprep></action>";
    let text = "Cannot use multiple initialization tags simultaneously when running VM.";
    cannot(&mut it, &path, "start", both, 409, text);
    let half = "<action><vm><domain><user><user_name>u</user_name></user></domain></vm></action>";
    cannot(&mut it, &path, "start", half, 400, "[Missing UserName or Password.]");
    it.put(&path, "<vm><payloads><payload><type>cdrom</type><files><file><name>f</name><content>c</content></file></files></payload></payloads></vm>");
    let init = "<action><use_cloud_init>true</use_cloud_init></action>";
    let drive = "[Payload cdrom deivce cannot be used with Cloud-Init via cdrom device.]";
    cannot(&mut it, &path, "start", init, 409, drive);
    it.put(&path, "<vm><stateless>true</stateless><high_availability><enabled>true</enabled></high_availability></vm>");
    let text = "[Cannot run VM. Highly Available Virtual servers can not be run as stateless.]";
    cannot(&mut it, &path, "start", "<action/>", 409, text);
    it.put(&path, "<vm><stateless>false</stateless></vm>");
    let disk = it.get(&format!("{path}/diskattachments")).children()[0].id().unwrap().to_owned();
    let drive = format!("{path}/cdroms/{}", crate::asking::ZERO);
    for unknown in ["11111111-2222-4333-8444-555555555555", &disk, "no.iso"] {
        let disc = format!("<cdrom><file id=\"{unknown}\"/></cdrom>");
        refused(&mut it, "PUT", &drive, &disc, 400, "[Invalid ISO image path]");
        let once = format!("<action><vm><cdroms>{disc}</cdroms></vm></action>");
        cannot(&mut it, &path, "start", &once, 400, "[Invalid ISO image path]");
    }
    let plug = |on: bool| format!("<disk_attachment><active>{on}</active></disk_attachment>");
    it.put(&format!("{path}/diskattachments/{disk}"), &plug(false));
    let text = "[Cannot run VM without at least one active disk.";
    cannot(&mut it, &path, "start", "<action/>", 409, text);
    it.put(&format!("{path}/diskattachments/{disk}"), &plug(true));
    it.put(&path, "<vm><os><boot><devices><device>network</device></devices></boot></os></vm>");
    let nic = it.get(&format!("{path}/nics")).children()[0].id().unwrap().to_owned();
    it.delete(&format!("{path}/nics/{nic}"));
    let text =
        "[VM is configured to be 'Network bootable', but no Network Interface is configured.";
    cannot(&mut it, &path, "start", "<action/>", 409, text);
}

#[test]
fn the_scheduler_says_why_no_host_will_do() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    let (first, second) = (it.id("hosts", "host-1"), it.id("hosts", "host-2"));
    let much = 1_u64 << 40;
    it.put(&path, &format!("<vm><memory>{much}</memory><memory_policy><guaranteed>{much}</guaranteed><max>{much}</max></memory_policy></vm>"));
    let text = "[Cannot run VM. There is no host that satisfies current scheduling constraints. See below for details:, The host host-1 did not satisfy internal filter Memory because its available memory is too low (";
    cannot(&mut it, &path, "start", "<action/>", 409, text);
    let little = 1_u64 << 30;
    it.put(&path, &format!("<vm><memory>{little}</memory><memory_policy><guaranteed>{little}</guaranteed></memory_policy><placement_policy><affinity>pinned</affinity><hosts><host id=\"{second}\"/></hosts></placement_policy></vm>"));
    it.act(&format!("{path}/start"));
    it.pass(6);
    assert_eq!(it.get(&path).child("host").unwrap().id(), Some(second.as_str()));
    cannot(
        &mut it,
        &path,
        "migrate",
        "<action/>",
        409,
        "[Cannot migrate VM. VM is pinned to Host.]",
    );
    it.act(&format!("{path}/stop"));
    it.pass(2);
    let forced = format!(
        "<action><vm><placement_policy><hosts><host id=\"{first}\"/></hosts></placement_policy></vm></action>"
    );
    let text = "[Cannot run VM. There is no host that satisfies current scheduling constraints. See below for details:, The host host-1 did not satisfy internal filter PinToHost because the host is not present in the pinning list.]";
    cannot(&mut it, &path, "start", &forced, 409, text);
}

#[test]
fn a_machine_moves_or_stays() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let host = |it: &mut Asking| it.get(&path).child("host").unwrap().id().unwrap().to_owned();
    let here = host(&mut it);
    let same = format!("<action><host id=\"{here}\"/></action>");
    let text = "[Cannot migrate VM. source and destination is the same.]";
    cannot(&mut it, &path, "migrate", &same, 409, text);
    let text = "[Cannot cancel migration for non migrating VM.]";
    cannot(&mut it, &path, "cancelmigration", "<action/>", 409, text);
    it.act(&format!("{path}/migrate"));
    assert_eq!(it.text(&path, "status"), "migrating");
    let moving = "[Cannot edit VM. VM web is being migrated.]";
    refused(&mut it, "PUT", &path, "<vm><comment>c</comment></vm>", 409, moving);
    it.act(&format!("{path}/cancelmigration"));
    assert_eq!((it.text(&path, "status").as_str(), host(&mut it)), ("up", here.clone()));
    it.act(&format!("{path}/migrate"));
    it.pass(7);
    assert_ne!(host(&mut it), here);
    it.put(
        &path,
        "<vm><placement_policy><affinity>user_migratable</affinity></placement_policy></vm>",
    );
    let text = "[Cannot migrate VM. VM is non migratable and user did not specify the force-migration flag]";
    cannot(&mut it, &path, "migrate", "<action/>", 409, text);
    it.post(&format!("{path}/migrate"), "<action><force>true</force></action>");
}

#[test]
fn a_machine_is_suspended_and_resumed() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    cannot(&mut it, &path, "suspend", "<action/>", 409, "[Cannot hibernate VM. VM is not up.]");
    it.act(&format!("{path}/start"));
    it.pass(6);
    it.act(&format!("{path}/suspend"));
    assert_eq!(it.text(&path, "status"), "saving_state");
    let saving = "[Cannot stop VM. VM is in saving/restoring state.";
    cannot(&mut it, &path, "stop", "<action/>", 409, saving);
    cannot(&mut it, &path, "start", "<action/>", 409, "[Cannot run VM. VM is hibernating.]");
    it.pass(5);
    assert_eq!(it.text(&path, "status"), "suspended");
    it.act(&format!("{path}/start"));
    assert_eq!(it.text(&path, "status"), "restoring_state");
    it.pass(5);
    assert_eq!(it.text(&path, "status"), "up");
}

#[test]
fn what_a_machine_that_is_down_refuses() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    for (action, document, status, text) in [
        ("reboot", "<action/>", 409, "[Cannot restart VM because the VM is in Down status.]"),
        ("reset", "<action/>", 409, "[Cannot reset VM because the VM is in Down status.]"),
        ("migrate", "<action/>", 409, "[Cannot migrate VM because the VM is in Down status.]"),
        (
            "freezefilesystems",
            "<action/>",
            409,
            "[Cannot freeze VM because the VM is in Down status.]",
        ),
        ("thawfilesystems", "<action/>", 409, "[Cannot thaw VM because the VM is in Down status.]"),
        (
            "ticket",
            "<action/>",
            409,
            "[Cannot set Virtual Machine Ticket because the VM is in Down status.]",
        ),
        (
            "screenshot",
            "<action/>",
            409,
            "[Cannot screenshot VM because the VM is in Down status.]",
        ),
        ("logon", "<action/>", 400, "[Internal Engine Error]"),
        (
            "maintenance",
            "<action/>",
            400,
            "Parameter 'maintenance_enabled' is mandatory but was not provided.",
        ),
    ] {
        cannot(&mut it, &path, action, document, status, text);
    }
    assert_eq!(it.ask("POST", &format!("{path}/stop"), "<action/>").0, 200, "nothing to do");
    assert_eq!(it.ask("POST", &format!("{path}/shutdown"), "<action/>").0, 200);
    let auto = format!("{path}/autopincpuandnumanodes");
    assert_eq!(it.ask("POST", &auto, "<action/>").0, 500, "the engine has no such code any more");
}

#[test]
fn a_running_machine_is_looked_after() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    for action in ["freezefilesystems", "thawfilesystems", "logon", "reordermacaddresses"] {
        it.act(&format!("{path}/{action}"));
    }
    let ticket = it.post(
        &format!("{path}/ticket"),
        "<action><ticket><expiry>120</expiry><value>secret</value></ticket></action>",
    );
    assert_eq!(ticket.text_at("ticket/value"), Some("secret"));
    assert_eq!(ticket.text_at("ticket/expiry"), Some("120"));
    it.post(&format!("{path}/stop"), "<action><reason>tired</reason></action>");
    it.pass(2);
    assert_eq!(it.text(&path, "stop_reason"), "tired");
}

#[test]
fn a_highly_available_machine_is_started_again() {
    use virtuform::simulated::{Effect, Trouble};
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    it.put(&path, "<vm><high_availability><enabled>true</enabled></high_availability></vm>");
    it.engine.trouble(Trouble::on("POST", "/vms/*/start", Effect::FailWork));
    it.login();
    assert_eq!(it.over_http("POST", &format!("{path}/start"), "<action/>").0, 200);
    it.pass(1);
    assert_eq!(it.text(&path, "status"), "down");
    it.pass(8);
    assert_eq!(it.text(&path, "status"), "up");
}

#[test]
fn every_network_has_to_be_in_the_cluster() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    let center = it.id("datacenters", "lab");
    let network = it.add(
        "/networks",
        &format!("<network><name>far</name><data_center id=\"{center}\"/></network>"),
    );
    let profile = it.get(&format!("/networks/{network}/vnicprofiles")).children()[0].clone();
    let nic = format!("<nic><name>n</name><vnic_profile id=\"{}\"/></nic>", profile.id().unwrap());
    it.post(&format!("{path}/nics"), &nic);
    let missing = "[Failed run VM. The following networks (far) are not defined in the cluster.]";
    cannot(&mut it, &path, "start", "<action/>", 409, missing);
}

#[test]
fn a_backup_is_not_disturbed() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let disk = it.get(&format!("{path}/diskattachments")).children()[0].id().unwrap().to_owned();
    let backup = format!("<backup><disks><disk id=\"{disk}\"/></disks></backup>");
    it.post(&format!("{path}/backups"), &backup);
    for (action, what) in [
        ("stop", "stop VM"),
        ("shutdown", "shutdown VM"),
        ("reboot", "restart VM"),
        ("suspend", "hibernate VM"),
        ("migrate", "migrate VM"),
    ] {
        let text = format!("[Cannot {what}. The VM is during a backup operation.]");
        cannot(&mut it, &path, action, "<action/>", 409, &text);
    }
    it.post(&format!("{path}/stop"), "<action><force>true</force></action>");
    it.pass(2);
    assert_eq!(it.text(&path, "status"), "down", "by force");
}

#[test]
fn what_keeps_a_guest_from_being_set_up() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    it.put(&path, "<vm><payloads><payload><type>floppy</type><files><file><name>f</name><content>c</content></file></files></payload></payloads></vm>");
    let sysprep = "<action><use_sysprep>true</use_sysprep></action>";
    let floppy = "[Payload floppy deivce cannot be used with Sysprep via floppy device.]";
    cannot(&mut it, &path, "start", sysprep, 409, floppy);
}

#[test]
fn a_disk_that_is_unplugged_boots_nothing() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    let all = format!("{path}/diskattachments");
    let disk = it.get(&all).children()[0].id().unwrap().to_owned();
    it.put(&format!("{all}/{disk}"), "<disk_attachment><active>false</active></disk_attachment>");
    it.pass(4);
    let text = "[Cannot run VM without at least one active disk.";
    cannot(&mut it, &path, "start", "<action/>", 409, text);
}

#[test]
fn a_machine_moves_within_its_cluster() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let unknown = "<action><host id=\"11111111-2222-4333-8444-555555555555\"/></action>";
    cannot(&mut it, &path, "migrate", unknown, 400, "[Cannot migrate VM. Host not found.]");
    let center = it.id("datacenters", "lab");
    let other = it.add(
        "/clusters",
        &format!("<cluster><name>other</name><data_center id=\"{center}\"/></cluster>"),
    );
    let host = it.add("/hosts", &format!("<host><name>far</name><address>far.example.com</address><root_password>p</root_password><cluster id=\"{other}\"/></host>"));
    let far = format!("<action><host id=\"{host}\"/></action>");
    let text = "[Cannot migrate VM. If target Cluster is not specified VM can be migrated only between Hosts in the same Cluster.";
    cannot(&mut it, &path, "migrate", &far, 409, text);
}

#[test]
fn a_picture_needs_a_console_and_a_level() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let on = "<action><maintenance_enabled>true</maintenance_enabled></action>";
    assert_eq!(it.ask("POST", &format!("{path}/maintenance"), on).0, 400, "no hosted engine");
    it.act(&format!("{path}/screenshot"));
    let center = it.add("/datacenters", "<data_center><name>old</name><local>false</local><version><major>4</major><minor>6</minor></version></data_center>");
    let old = it.add("/clusters", &format!("<cluster><name>old</name><version><major>4</major><minor>6</minor></version><data_center id=\"{center}\"/></cluster>"));
    let other = it.add("/vms", &format!("<vm><name>old</name><cluster id=\"{old}\"/><template><name>Blank</name></template></vm>"));
    let level = "[Cannot screenshot VM. Screenshot VM requires cluster compatibility version 4.7 or higher.]";
    cannot(&mut it, &format!("/vms/{other}"), "screenshot", "<action/>", 400, level);
    it.delete(&format!("{path}/graphicsconsoles/766e63"));
    let headless = "[Cannot screenshot VM. Cannot make a screenshot of a headless VM.]";
    cannot(&mut it, &path, "screenshot", "<action/>", 409, headless);
}

#[test]
fn a_run_once_has_its_own_disc_and_properties() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    let iso = crate::asking::disk("iso", 1)
        .replace("<format>cow", "<content_type>iso</content_type><format>raw");
    let iso = it.add("/disks", &iso);
    it.pass(4);
    let strange = "<action><vm><custom_properties><custom_property><name>nonsense</name><value>1</value></custom_property></custom_properties></vm></action>";
    let text = "[Cannot run VM if some of the specified custom properties are not configured by the system. The keys are: nonsense]";
    cannot(&mut it, &path, "start", strange, 400, text);
    let once =
        format!("<action><vm><cdroms><cdrom><file id=\"{iso}\"/></cdrom></cdroms></vm></action>");
    it.post(&format!("{path}/start"), &once);
    it.pass(6);
    let drive = format!("{path}/cdroms/{}", crate::asking::ZERO);
    let disc = |it: &mut Asking, path: &str| {
        it.get(path).child("file").and_then(|it| it.id()).map(str::to_owned)
    };
    assert_eq!(disc(&mut it, &format!("{drive}?current=true")), Some(iso));
    assert_eq!(disc(&mut it, &drive), None, "not for the next start");
    it.act(&format!("{path}/stop"));
    it.pass(3);
    it.act(&format!("{path}/start"));
    it.pass(6);
    assert_eq!(disc(&mut it, &format!("{drive}?current=true")), None);
}

#[test]
fn what_a_machine_boots_from_has_to_be_there() {
    let mut it = Asking::lab();
    let path = down(&mut it, "web");
    for nic in it.get(&format!("{path}/nics")).children().to_vec() {
        it.delete(&format!("{path}/nics/{}", nic.id().unwrap()));
    }
    let once = "<action><vm><os><boot><devices><device>network</device></devices></boot></os></vm></action>";
    let text =
        "[VM is configured to be 'Network bootable', but no Network Interface is configured.";
    cannot(&mut it, &path, "start", once, 409, text);
    for host in ["host-1", "host-2"] {
        let host = it.id("hosts", host);
        it.act(&format!("/hosts/{host}/deactivate"));
    }
    it.pass(10);
    let none = "[Cannot run VM. There is no host that satisfies current scheduling constraints. See below for details:, There are no hosts to use. Check that the cluster contains at least one host in Up state.]";
    cannot(&mut it, &path, "start", "<action/>", 409, none);
}
