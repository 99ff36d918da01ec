//! Hosts on their way to maintenance and back, and what their states forbid.

use crate::asking::{Asking, disk, host, host_in, refused};

#[test]
fn maintenance_waits_for_the_machines() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let host = it.get(&vm).child("host").unwrap().id().unwrap().to_owned();
    let path = format!("/hosts/{host}");
    it.post(&format!("{path}/deactivate"), "<action><reason>dust</reason></action>");
    assert_eq!(it.text(&path, "status"), "preparing_for_maintenance");
    assert_eq!(it.text(&vm, "status"), "migrating");
    it.pass(10);
    assert_eq!(it.text(&path, "status"), "maintenance");
    assert_ne!(it.get(&vm).child("host").unwrap().id(), Some(host.as_str()));
    refused(
        &mut it,
        "POST",
        &format!("{path}/deactivate"),
        "<action/>",
        409,
        "[Cannot switch Host to Maintenance mode. Host is already in Maintenance mode.]",
    );
    let other = it.get(&vm).child("host").unwrap().id().unwrap().to_owned();
    let other = format!("/hosts/{other}");
    refused(
        &mut it,
        "POST",
        &format!("{other}/deactivate"),
        "<action/>",
        409,
        "[The following Hosts have running VMs and cannot be switched to maintenance mode: ",
    );
    it.act(&format!("{path}/activate"));
    it.pass(5);
    it.act(&format!("{vm}/stop"));
    it.pass(3);
    it.put(&vm, "<vm><placement_policy><affinity>pinned</affinity></placement_policy></vm>");
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let here = it.get(&vm).child("host").unwrap().id().unwrap().to_owned();
    let name = it.text(&format!("/hosts/{here}"), "name");
    refused(
        &mut it,
        "POST",
        &format!("/hosts/{here}/deactivate"),
        "<action/>",
        409,
        &format!(
            "[Cannot switch the following Hosts to Maintenance mode: {name}.\nOne or more running VMs are indicated as non-migratable. The non-migratable VMs are: web.]"
        ),
    );
}

fn pair(hosts: &str) -> String {
    format!(
        "<affinity_group><name>pair</name><vms_rule><enabled>true</enabled><enforcing>true</enforcing><positive>true</positive></vms_rule>{hosts}</affinity_group>"
    )
}

#[test]
fn an_old_cluster_keeps_a_host_at_work_for_those_who_may_run_nowhere_else() {
    let mut it = Asking::lab();
    let old = "<version><major>4</major><minor>2</minor></version>";
    it.add(
        "/datacenters",
        &format!("<data_center><name>old</name><local>false</local>{old}</data_center>"),
    );
    let cluster = it.add(
        "/clusters",
        &format!(
            "<cluster><name>old</name><data_center><name>old</name></data_center>{old}</cluster>"
        ),
    );
    it.add("/hosts", &host_in("old", "one", ""));
    it.add("/hosts", &host_in("old", "two", ""));
    it.pass(60);
    let vm = it.add("/vms", "<vm><name>a</name><cluster><name>old</name></cluster><template><name>Blank</name></template><os><boot><devices><device>network</device></devices></boot></os></vm>");
    it.add(&format!("/vms/{vm}/nics"), "<nic><name>nic1</name></nic>");
    it.act(&format!("/vms/{vm}/start"));
    it.pass(6);
    let host = it.get(&format!("/vms/{vm}")).child("host").unwrap().id().unwrap().to_owned();
    let groups = format!("/clusters/{cluster}/affinitygroups");
    let group = it.add(&groups, &pair(&format!("<hosts><host id=\"{host}\"/></hosts>")));
    it.add(&format!("{groups}/{group}/vms"), &format!("<vm id=\"{vm}\"/>"));
    refused(
        &mut it,
        "POST",
        &format!("/hosts/{host}/deactivate"),
        "<action/>",
        409,
        "[Cannot switch Host(s) to Maintenance mode.\nThe following Enforcing Affinity Group(s) have running VMs and can break the affinity rule.\npair (a)\n",
    );
    it.delete(&format!("{groups}/{group}"));
    it.maintain(&format!("/hosts/{host}"));
}

#[test]
fn machines_that_belong_together_leave_a_host_together() {
    let mut it = Asking::lab();
    let groups = format!("/clusters/{}/affinitygroups", it.id("clusters", "lab"));
    let group = it.add(&groups, &pair(""));
    let vms = ["a", "b"].map(|name| {
        let vm = it.vm(name, "");
        it.pass(6);
        it.add(&format!("{groups}/{group}/vms"), &format!("<vm id=\"{vm}\"/>"));
        it.act(&format!("/vms/{vm}/start"));
        it.pass(6);
        format!("/vms/{vm}")
    });
    let places = |it: &mut Asking| {
        vms.each_ref().map(|vm| it.get(vm).child("host").unwrap().id().unwrap().to_owned())
    };
    let before = places(&mut it);
    assert_eq!(before[0], before[1]);
    it.maintain(&format!("/hosts/{}", before[0]));
    let after = places(&mut it);
    assert_eq!(after[0], after[1]);
    assert_ne!(after[0], before[0]);
}

#[test]
fn states_that_forbid_actions() {
    let mut it = Asking::lab();
    let first = it.host("host-1");
    let action = |name: &str| format!("{first}/{name}");
    let faults = [
        ("activate", "[Cannot activate Host. Host in Up status.]"),
        ("install", "[Cannot install Host. Please move Host to Maintenance mode first.]"),
        ("approve", "[Cannot approve RHVH Host.\n-Host must be in \"Pending Approval\""),
        (
            "enrollcertificate",
            "[Cannot enroll certificate Host. Please switch Host to Maintenance mode first.]",
        ),
        ("upgrade", "[Cannot upgrade Host. There are no available updates for the host.]"),
    ];
    for (name, text) in faults {
        let body = "<action><root_password>x</root_password></action>";
        refused(&mut it, "POST", &action(name), body, 409, text);
    }
    let made = format!("/hosts/{}", it.add("/hosts", &host("new", "")));
    refused(
        &mut it,
        "POST",
        &format!("{made}/activate"),
        "<action/>",
        409,
        "[Cannot activate Host. Host has no unique id.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{made}/deactivate"),
        "<action/>",
        409,
        "[Cannot switch Host to Maintenance mode, Host is not operational.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{made}/upgradecheck"),
        "<action/>",
        409,
        "[Cannot check for upgrade Host. Valid Host statuses for upgrade check are Up or Non-Operational.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{made}/upgrade"),
        "<action/>",
        409,
        "[Cannot upgrade Host. Valid Host statuses for upgrade are Up, Maintenance, and Non-Operational.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{made}/setupnetworks"),
        "<action/>",
        409,
        "[Cannot setup Networks. Operation can be performed only when Host status is Up, Maintenance or Non operational.]",
    );
    refused(&mut it, "DELETE", &made, "", 409, "[Cannot remove Host. Host is operational.");
}

#[test]
fn the_manager_of_the_pool_is_chosen() {
    let mut it = Asking::lab();
    let first = it.host("host-1");
    let second = it.host("host-2");
    let spm = |it: &mut Asking, path: &str| it.text(path, "spm/status");
    let (manager, other) =
        if spm(&mut it, &first) == "spm" { (first, second) } else { (second, first) };
    let name = it.text(&manager, "name");
    refused(
        &mut it,
        "POST",
        &format!("{manager}/forceselectspm"),
        "<action/>",
        409,
        &format!("[Cannot force select SPM. The Host {name} is already SPM or contending.]"),
    );
    it.put(&other, "<host><spm><priority>-1</priority></spm></host>");
    refused(
        &mut it,
        "POST",
        &format!("{other}/forceselectspm"),
        "<action/>",
        400,
        "[Cannot force select SPM. The SPM priority of Host ",
    );
    it.put(&other, "<host><spm><priority>5</priority></spm></host>");
    it.act(&format!("{other}/forceselectspm"));
    assert_eq!(spm(&mut it, &other), "contending");
    refused(
        &mut it,
        "POST",
        &format!("{other}/deactivate"),
        "<action/>",
        409,
        "[Cannot switch Host to Maintenance mode. Host is contending for Storage Pool Manager",
    );
    it.pass(3);
    assert_eq!(
        (spm(&mut it, &other), spm(&mut it, &manager)),
        ("spm".to_owned(), "none".to_owned())
    );
    it.add("/disks", &disk("busy", 1));
    refused(
        &mut it,
        "POST",
        &format!("{other}/deactivate"),
        "<action/>",
        409,
        "[Cannot switch Host to Maintenance mode. Host has asynchronous running tasks,",
    );
    refused(
        &mut it,
        "POST",
        &format!("{manager}/forceselectspm"),
        "<action/>",
        409,
        "[Cannot force select SPM. The Storage Pool has running tasks.]",
    );
    it.act(&format!("{manager}/deactivate"));
    it.pass(4);
    refused(
        &mut it,
        "POST",
        &format!("{manager}/forceselectspm"),
        "<action/>",
        409,
        &format!("[Cannot force select SPM. The Host {name} is not active.]"),
    );
}

#[test]
fn nobody_manages_a_pool_that_is_not_up() {
    let mut it = Asking::fresh();
    it.add("/hosts", &host_in("Default", "one", ""));
    it.pass(60);
    let path = it.host("one");
    let text = "[Cannot force select SPM. The Host is not a part of a Storage Pool.]";
    refused(&mut it, "POST", &format!("{path}/forceselectspm"), "<action/>", 409, text);
}

#[test]
fn a_host_that_copies_a_disk_is_let_finish() {
    let mut it = Asking::lab();
    let id = it.add("/disks", &disk("data", 1));
    it.pass(10);
    it.post(
        &format!("/disks/{id}/copy"),
        "<action><storage_domain><name>nfs-2</name></storage_domain></action>",
    );
    let jobs = it.get("/jobs?follow=steps");
    let steps = jobs.children().iter().filter_map(|it| it.child("steps"));
    let doer = steps.flat_map(|it| it.children()).find_map(|it| it.child("execution_host"));
    let host = format!("/hosts/{}", doer.unwrap().id().unwrap());
    let name = it.text(&host, "name");
    let text = format!(
        "[Cannot switch Host {name} to Maintenance mode. The following operations are running on the Host: \n\n Executing \n\nPlease wait for the operations to complete and try again.]"
    );
    refused(&mut it, "POST", &format!("{host}/deactivate"), "<action/>", 409, &text);
    it.pass(60);
    it.maintain(&host);
}
