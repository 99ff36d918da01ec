//! Changing machines: at once, live, at the next start, or not at all.

use crate::asking::{Asking, refused};

#[test]
fn an_update_that_nobody_waits_for_holds_the_machine() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let change = "<vm><comment>c</comment></vm>";
    assert_eq!(it.ask("PUT", &format!("{path}?async=true"), change).0, 202);
    refused(&mut it, "PUT", &path, change, 409, "[Cannot edit VM. VM is being updated.]");
    it.pass(2);
    it.put(&path, change);
}

#[test]
fn what_updates_refuse() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let (first, second) = (it.id("hosts", "host-1"), it.id("hosts", "host-2"));
    let here = it.get(&path).child("host").unwrap().id().unwrap().to_owned();
    let (there, name) = if here == first { (second, "host-1") } else { (first, "host-2") };
    let pinned = format!(
        "<placement_policy><affinity>pinned</affinity><hosts><host id=\"{there}\"/></hosts></placement_policy>"
    );
    let pinning = format!(
        "[Cannot edit VM. Running VM is hosted on {name}. Include {name} in dedicated hosts, or migrate VM to dedicated host prior to pinning.]"
    );
    let domains = ["nfs-1", "nfs-2"].map(|name| it.id("storagedomains", name));
    let lease = |domain: &str| format!("<lease><storage_domain id=\"{domain}\"/></lease>");
    let available = "<high_availability><enabled>true</enabled></high_availability>";
    it.put(&path, &format!("<vm>{available}{}</vm>", lease(&domains[0])));
    assert_eq!(it.text(&path, "next_run_configuration_exists"), "true", "with its own behaviour");
    let swap = "[Cannot edit VM. Hot swapping of VM leases is not supported, please remove the current lease and then set a new one.]";
    for (change, status, text) in [
        (pinned, 409, pinning.as_str()),
        (lease(&domains[1]), 409, swap),
        (
            "<high_availability><enabled>false</enabled></high_availability>".to_owned(),
            409,
            "[Cannot edit VM. A VM lease was defined but high availability option is set to false.]",
        ),
        (
            "<origin>vmware</origin>".to_owned(),
            400,
            "[There was an attempt to change VM values while the VM is not down.",
        ),
        (
            "<name>w b</name>".to_owned(),
            400,
            "[Can not edit VM. The given name contains special characters.",
        ),
    ] {
        refused(&mut it, "PUT", &path, &format!("<vm>{change}</vm>"), status, text);
    }
    it.put(
        &path,
        "<vm><lease/><high_availability><enabled>false</enabled></high_availability></vm>",
    );
}

#[test]
fn what_live_changes_refuse() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}", it.vm("web", "<cpu_pinning_policy>dedicated</cpu_pinning_policy><custom_properties><custom_property><name>hugepages</name><value>2048</value></custom_property></custom_properties>"));
    it.pass(6);
    it.act(&format!("{path}/start"));
    it.pass(6);
    let more = |mebibytes: u64| format!("<vm><memory>{}</memory></vm>", mebibytes << 20);
    let huge =
        "[Cannot edit VM. Memory hot set is not supported for virtual machines with huge pages.]";
    refused(&mut it, "PUT", &path, &more(1152), 409, huge);
    let sockets = "<vm><cpu><topology><sockets>2</sockets></topology></cpu></vm>";
    let dedicated = "[Hot plugging a CPU is not supported with the CPU pinning policy dedicated.]";
    refused(&mut it, "PUT", &path, sockets, 400, dedicated);
    let other = it.running_vm("db");
    it.put(&format!("{other}?next_run=true"), &more(2048));
    let waiting =
        "[Cannot hot change memory because memory next run configuration already exists.]";
    refused(&mut it, "PUT", &other, &more(1152), 400, waiting);
}

#[test]
fn a_cluster_is_changed_first_and_alone() {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let other = it.add(
        "/clusters",
        &format!("<cluster><name>other</name><data_center id=\"{center}\"/></cluster>"),
    );
    let path = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    let lab = it.id("clusters", "lab");
    let group = it.add(&format!("/clusters/{lab}/affinitygroups"), "<affinity_group><name>g</name><positive>true</positive><enforcing>false</enforcing></affinity_group>");
    let members = format!("/clusters/{lab}/affinitygroups/{group}/vms");
    let id = path.rsplit('/').next().unwrap().to_owned();
    it.post(&members, &format!("<vm id=\"{id}\"/>"));
    it.put(&path, &format!("<vm><cluster id=\"{other}\"/></vm>"));
    assert_eq!(it.get(&path).child("cluster").unwrap().id(), Some(other.as_str()));
    assert!(it.get(&members).children().is_empty(), "left its groups");
    let strange = it.id("clusters", "Default");
    let text = "[VM can be moved only to a Cluster in the same Data Center.]";
    refused(&mut it, "PUT", &path, &format!("<vm><cluster id=\"{strange}\"/></vm>"), 409, text);
}

#[test]
fn a_stored_password_wins() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    let password = |text: &str| {
        format!("<vm><initialization><root_password>{text}</root_password></initialization></vm>")
    };
    it.put(&path, &password("one"));
    it.put(&path, &password("two"));
    assert_eq!(it.text(&path, "initialization/root_password"), "******");
    it.put(&path, "<vm><initialization/></vm>");
    assert!(it.get(&path).child("initialization").is_none());
}

#[test]
fn what_is_changed_while_suspended_leaves_something_behind() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    it.act(&format!("{path}/suspend"));
    it.pass(5);
    it.put(&path, "<vm><bios><boot_menu><enabled>true</enabled></boot_menu></bios></vm>");
    assert_eq!(it.text(&path, "bios/boot_menu/enabled"), "true", "at once");
    assert_eq!(it.text(&path, "next_run_configuration_exists"), "true", "and once more later");
}

#[test]
fn devices_are_what_they_were_when_a_configuration_began_to_wait() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    it.put(&path, "<vm><bios><boot_menu><enabled>true</enabled></boot_menu></bios></vm>");
    let watchdogs = format!("{path}/watchdogs");
    it.post(&watchdogs, "<watchdog><model>i6300esb</model><action>reset</action></watchdog>");
    assert_eq!(it.get(&watchdogs).children().len(), 1, "stored at once");
    it.act(&format!("{path}/stop"));
    it.pass(3);
    assert_eq!(it.get(&watchdogs).children().len(), 0, "and undone");
    assert_eq!(it.text(&path, "bios/boot_menu/enabled"), "true");
}

#[test]
fn another_chipset_has_another_bus() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    let disk = crate::asking::disk("d", 1);
    let new = format!("<disk_attachment><interface>sata</interface>{disk}</disk_attachment>");
    let id = it.add(&format!("{path}/diskattachments"), &new);
    it.put(&path, "<vm><bios><type>i440fx_sea_bios</type></bios></vm>");
    assert_eq!(it.text(&format!("{path}/diskattachments/{id}"), "interface"), "ide");
}

#[test]
fn queues_and_clusters_that_are_not_there() {
    let mut it = Asking::lab();
    let path = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    let queues = "<vm><virtio_scsi_multi_queues>4</virtio_scsi_multi_queues><virtio_scsi_multi_queues_enabled>false</virtio_scsi_multi_queues_enabled></vm>";
    let text = "[Cannot edit VM. The number of VirtIO-SCSI queues cannot be set while multi-queues are disabled.]";
    refused(&mut it, "PUT", &path, queues, 400, text);
    let nowhere = "<vm><cluster id=\"11111111-2222-4333-8444-555555555555\"/></vm>";
    let text = "[Cannot edit VM. The relevant Cluster doesn't exist.]";
    refused(&mut it, "PUT", &path, nowhere, 400, text);
}

#[test]
fn memory_is_taken_away_in_the_modules_that_it_came_in() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let memory = |mebibytes: u64| {
        let guaranteed = 1_u64 << 29;
        format!(
            "<vm><memory>{}</memory><memory_policy><guaranteed>{guaranteed}</guaranteed></memory_policy></vm>",
            mebibytes << 20
        )
    };
    let now = |it: &mut Asking| it.text(&path, "memory").parse::<u64>().unwrap() >> 20;
    for more in [1152, 1408, 1920] {
        it.put(&path, &memory(more));
    }
    it.put(&path, &memory(1280));
    assert_eq!(now(&mut it), 1280, "the modules of 512 and 128 MiB");
    assert_eq!(it.text(&path, "next_run_configuration_exists"), "false");
    it.put(&path, &memory(1152));
    assert_eq!(now(&mut it), 1280, "none is as small");
    it.put(&path, &memory(1020));
    assert_eq!(now(&mut it), 1024, "as far as modules go");
    assert_eq!(it.text(&path, "next_run_configuration_exists"), "true", "the rest waits");
    let waiting = format!("{path}?next_run=true");
    assert_eq!(it.text(&waiting, "memory"), (1020_u64 << 20).to_string());
}

#[test]
fn a_smallest_module_comes_first_where_the_kernel_needs_it() {
    let mut it = Asking::lab();
    let memory = |mebibytes: u64| format!("<vm><memory>{}</memory></vm>", mebibytes << 20);
    let now = |it: &mut Asking, path: &str| it.text(path, "memory").parse::<u64>().unwrap() >> 20;
    for (name, system, left) in [("old", "rhel_7x64", 1408), ("new", "rhel_9x64", 1536)] {
        let path = it.running_vm(name);
        it.put(&path, &format!("<vm><os><type>{system}</type></os></vm>"));
        it.put(&path, &memory(1536));
        it.put(&path, &memory(1408));
        assert_eq!(now(&mut it, &path), left, "{system}");
    }
}

#[test]
fn memory_has_only_so_many_slots() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let memory = |mebibytes: u64| format!("<vm><memory>{}</memory></vm>", mebibytes << 20);
    for step in 1..=17 {
        it.put(&path, &memory(1024 + step * 128));
    }
    let now = it.text(&path, "memory").parse::<u64>().unwrap() >> 20;
    assert_eq!(now, 1024 + 16 * 128, "answered with 200, and not done");
    let events = it.get("/events");
    assert!(events.children().iter().any(|it| it.text_at("code") == Some("2040")));
}

#[test]
fn no_update_passes_memory_that_waits() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let more = format!("<vm><memory>{}</memory></vm>", 2048_u64 << 20);
    it.put(&format!("{path}?next_run=true"), &more);
    let waiting =
        "[Cannot hot change memory because memory next run configuration already exists.]";
    refused(&mut it, "PUT", &path, "<vm><comment>c</comment></vm>", 400, waiting);
    it.put(&path, &more);
    assert_eq!(it.text(&path, "memory"), (2048_u64 << 20).to_string(), "the same is taken");
}

#[test]
fn what_reaches_no_plugged_nic_waits_for_a_start() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let nic = it.get(&format!("{path}/nics")).children()[0].clone();
    let profile = nic.child("vnic_profile").unwrap().id().unwrap().to_owned();
    let nic = format!("{path}/nics/{}", nic.id().unwrap());
    let filter = it.id("networkfilters", "clean-traffic");
    let flag = |it: &mut Asking| {
        it.get("/vms").text_at("vm/next_run_configuration_exists").unwrap().to_owned()
    };
    it.put(
        &format!("/vnicprofiles/{profile}"),
        "<vnic_profile><description>d</description></vnic_profile>",
    );
    assert_eq!((it.text(&nic, "synced").as_str(), flag(&mut it).as_str()), ("true", "false"));
    it.put(
        &format!("/vnicprofiles/{profile}"),
        &format!("<vnic_profile><network_filter id=\"{filter}\"/></vnic_profile>"),
    );
    assert_eq!((it.text(&nic, "synced").as_str(), flag(&mut it).as_str()), ("false", "true"));
    assert_eq!(it.text(&path, "next_run_configuration_exists"), "false", "only lists look");
    it.put(&nic, "<nic><plugged>false</plugged></nic>");
    assert_eq!(it.text(&nic, "synced"), "true", "no more in use");
    it.put(&nic, "<nic><plugged>true</plugged></nic>");
    let network = it.get(&format!("/vnicprofiles/{profile}"));
    let network = network.child("network").unwrap().id().unwrap().to_owned();
    it.put(&format!("/networks/{network}"), "<network><mtu>9000</mtu></network>");
    assert_eq!(it.text(&nic, "synced"), "false");
    let codes = it.get("/events");
    for code in ["11291", "11292"] {
        assert!(codes.children().iter().any(|it| it.text_at("code") == Some(code)), "{code}");
    }
    it.act(&format!("{path}/stop"));
    it.pass(3);
    assert_eq!((it.text(&nic, "synced").as_str(), flag(&mut it).as_str()), ("true", "false"));
}
