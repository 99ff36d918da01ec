//! Hosts: deployed, brought to maintenance, upgraded, fenced and removed, and what is refused.

use virtuform::simulated::{Effect, Trouble};

use crate::asking::{Asking, refused};

fn host(name: &str, more: &str) -> String {
    format!(
        "<host><name>{name}</name><address>{name}.example.com</address><cluster><name>lab</name></cluster><root_password>x</root_password>{more}</host>"
    )
}

fn agent(kind: &str) -> String {
    format!(
        "<agent><address>192.0.2.9</address><order>1</order><type>{kind}</type><username>u</username><password>p</password></agent>"
    )
}

/// The lab with the path of its first host.
fn lab() -> (Asking, String) {
    let mut it = Asking::lab();
    let first = format!("/hosts/{}", it.id("hosts", "host-1"));
    (it, first)
}

#[test]
fn a_host_is_deployed_restarts_and_comes_up() {
    let mut it = Asking::lab();
    let path = format!("/hosts/{}", it.add("/hosts", &host("new", "")));
    let mut states = vec![it.text(&path, "status")];
    for _ in 0..25 {
        it.pass(1);
        let status = it.text(&path, "status");
        if states.last() != Some(&status) {
            states.push(status);
        }
    }
    assert_eq!(states, ["installing", "reboot", "initializing", "up"]);
    let body = it.get(&path);
    assert_eq!(body.text_at("os/custom_kernel_cmdline"), Some(""));
    assert_eq!(body.text_at("ssh/user/password"), None);
    let resting = it.add("/hosts?activate=false&reboot=false", &host("resting", ""));
    it.pass(15);
    assert_eq!(it.text(&format!("/hosts/{resting}"), "status"), "maintenance");
}

#[test]
fn a_deployment_that_fails_is_repeated() {
    let mut it = Asking::lab();
    it.login();
    it.engine.trouble(Trouble::on("POST", "/hosts", Effect::FailWork));
    let (_, made) = it.over_http("POST", "/hosts", &host("new", ""));
    let path = format!("/hosts/{}", made.unwrap().id().unwrap());
    it.pass(20);
    assert_eq!(it.text(&path, "status"), "install_failed");
    let events = it.get("/events");
    assert!(events.children().iter().any(|it| it.text_at("code") == Some("505")));
    it.put(&path, "<host><address>other.example.com</address></host>");
    it.post(
        &format!("{path}/install"),
        "<action><root_password>x</root_password><activate>true</activate></action>",
    );
    it.pass(25);
    assert_eq!(it.text(&path, "status"), "up");
}

#[test]
fn what_cannot_be_added() {
    let mut it = Asking::lab();
    it.add("/datacenters", "<data_center><name>far</name><local>false</local></data_center>");
    it.add(
        "/clusters",
        "<cluster><name>far</name><data_center><name>far</name></data_center></cluster>",
    );
    it.add("/hosts", &host("one", ""));
    let faults = [
        (host("one", ""), 409, "[Cannot add Host. The Host name is already in use"),
        (
            host("two", "").replace("two.example", "one.example"),
            409,
            "[Cannot add Host. Host with the same address already exists.]",
        ),
        (
            host("one", "").replace(">lab<", ">far<"),
            409,
            "[Cannot add Host. Host with the same UUID already exists.]",
        ),
        (
            host("two", "").replace("two.example", "unreachable.example"),
            409,
            "[Cannot add Host. Connecting to host via SSH has failed, verify that the host is reachable",
        ),
        (
            host("two", "").replace(">x<", ">wrong<"),
            409,
            "[Cannot add Host. SSH authentication failed",
        ),
        (host("two", "").replace(">x<", "><"), 400, "[Cannot install Host with empty password.]"),
        (
            host("two", "<ssh><port>70000</port></ssh>"),
            400,
            "[Cannot add Host. Invalid SSH port was entered.]",
        ),
        (
            host("two", "<power_management><enabled>true</enabled></power_management>"),
            400,
            "[Cannot add Host. Power Management is enabled for Host but no Agent type selected.]",
        ),
    ];
    for (document, status, text) in faults {
        refused(&mut it, "POST", "/hosts", &document, status, text);
    }
}

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
    refused(
        &mut it,
        "POST",
        &format!("/hosts/{here}/deactivate"),
        "<action/>",
        409,
        "[Cannot switch the following Hosts to Maintenance mode: ",
    );
}

#[test]
fn machines_that_must_stay_together_keep_their_host_at_work() {
    let mut it = Asking::lab();
    let cluster = it.id("clusters", "lab");
    let groups = format!("/clusters/{cluster}/affinitygroups");
    let group = it.add(&groups, "<affinity_group><name>pair</name><vms_rule><enabled>true</enabled><enforcing>true</enforcing><positive>true</positive></vms_rule></affinity_group>");
    let host = it.id("hosts", "host-1");
    for name in ["a", "b"] {
        let vm = it.vm(
            name,
            &format!("<placement_policy><hosts><host id=\"{host}\"/></hosts></placement_policy>"),
        );
        it.pass(6);
        it.add(&format!("{groups}/{group}/vms"), &format!("<vm id=\"{vm}\"/>"));
        it.act(&format!("/vms/{vm}/start"));
        it.pass(6);
    }
    refused(
        &mut it,
        "POST",
        &format!("/hosts/{host}/deactivate"),
        "<action/>",
        409,
        "[Cannot switch Host(s) to Maintenance mode.\nThe following Enforcing Affinity Group(s) have running VMs and can break the affinity rule.\npair",
    );
}

#[test]
fn states_that_forbid_actions() {
    let (mut it, first) = lab();
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
fn an_upgrade_takes_a_host_through_maintenance_and_back() {
    let (mut it, first) = lab();
    it.act(&format!("{first}/upgradecheck"));
    it.pass(4);
    assert_eq!(it.text(&first, "update_available"), "true");
    it.act(&format!("{first}/upgrade"));
    it.pass(12);
    assert_eq!(it.text(&first, "status"), "installing");
    it.pass(25);
    assert_eq!(it.text(&first, "status"), "up");
    assert_eq!(it.text(&first, "update_available"), "false");
}

#[test]
fn what_cannot_be_changed() {
    let (mut it, first) = lab();
    let faults = [
        ("<host><address>elsewhere</address></host>", 400, "[Host Address can not be modified"),
        (
            "<host><port>54322</port></host>",
            400,
            "[The Host Port number cannot be changed without reinstalling the Host.]",
        ),
        (
            "<host><ssh><port>23</port></ssh></host>",
            409,
            "[Cannot edit Host. Host parameters cannot be modified while Host is operational.",
        ),
        (
            "<host><name>host-2</name></host>",
            409,
            "[Cannot edit Host. The Host name is already in use",
        ),
        (
            "<host><power_management><enabled>true</enabled></power_management></host>",
            400,
            "[Cannot edit Host. Power Management is enabled for Host but no Agent type selected.]",
        ),
        (
            "<host><cluster><name>Default</name></cluster></host>",
            409,
            "[Cannot edit Host. Host parameters cannot be modified while Host is operational.",
        ),
    ];
    for (document, status, text) in faults {
        refused(&mut it, "PUT", &first, document, status, text);
    }
    it.put(&first, "<host><comment>c</comment><spm><priority>7</priority></spm></host>");
    it.put(&first, "<host><os><custom_kernel_cmdline>quiet</custom_kernel_cmdline></os></host>");
    assert_eq!(it.text(&first, "reinstallation_required"), "true");
    it.act(&format!("{first}/deactivate"));
    it.pass(5);
    let center = it.id("datacenters", "lab");
    it.add(
        "/networks",
        &format!("<network><name>mine</name><data_center id=\"{center}\"/></network>"),
    );
    it.add("/clusters", "<cluster><name>odd</name><data_center><name>lab</name></data_center><management_network><name>mine</name></management_network></cluster>");
    refused(
        &mut it,
        "PUT",
        &first,
        "<host><cluster><name>odd</name></cluster></host>",
        409,
        "[Cannot edit Host. Moving a host to a cluster with different management network is not allowed.",
    );
    it.put(&first, "<host><cluster><name>Default</name></cluster></host>");
    let attachments = it.get(&format!("{first}/networkattachments"));
    assert_eq!(
        attachments.children()[0].child("network").unwrap().id(),
        Some("00000000-0000-0000-0000-000000000009")
    );
}

#[test]
fn removal_waits_for_what_is_bound_to_a_host() {
    let (mut it, first) = lab();
    let id = first.rsplit('/').next().unwrap().to_owned();
    it.vm("bound", &format!("<placement_policy><affinity>pinned</affinity><hosts><host id=\"{id}\"/></hosts></placement_policy>"));
    it.pass(6);
    it.act(&format!("{first}/deactivate"));
    it.pass(5);
    refused(
        &mut it,
        "DELETE",
        &first,
        "",
        409,
        "[Cannot remove Host. The following VMs are set to run specifically only on this Host: bound.",
    );
    let second = format!("/hosts/{}", it.id("hosts", "host-2"));
    it.act(&format!("{second}/deactivate"));
    it.pass(5);
    it.delete(&second);
    assert_eq!(it.ask("GET", &second, "").0, 404);
}

#[test]
fn agents_come_before_power_management() {
    let (mut it, first) = lab();
    let agents = format!("{first}/fenceagents");
    let faults = [
        ("<agent><address>a</address><order>1</order><type>ipmilan</type><username>u</username></agent>".to_owned(), 400, "Parameter 'agent.password' is mandatory but was not provided."),
        (agent("teapot"), 409, "[Cannot add Fence Agent. Selected Power Management Agent is not supported.]"),
        (agent("ipmilan").replace("</agent>", "<port>70000</port></agent>"), 400, "[Cannot add/modify Power Management Agent. Power Management Agent port value must be numeric between 1 and 65535.]"),
    ];
    for (document, status, text) in faults {
        refused(&mut it, "POST", &agents, &document, status, text);
    }
    let fence = |kind: &str| format!("<action><fence_type>{kind}</fence_type></action>");
    let path = format!("{first}/fence");
    refused(
        &mut it,
        "POST",
        &path,
        &fence("restart"),
        409,
        "[Cannot fence Host, Host fence is disabled.]",
    );
    let made = it.post(&agents, &agent("ipmilan"));
    assert_eq!(made.text_at("password"), None);
    it.put(&first, "<host><power_management><enabled>true</enabled></power_management></host>");
    let one = format!("{agents}/{}", made.id().unwrap());
    refused(
        &mut it,
        "DELETE",
        &one,
        "",
        400,
        "[Cannot Remove last Fence-Agent when Power Management is enabled for the Host.]",
    );
    assert_eq!(it.post(&path, &fence("status")).text_at("power_management/status"), Some("on"));
    refused(
        &mut it,
        "POST",
        &path,
        &fence("start"),
        409,
        "[Cannot perform Start operation, Host has to be in one of",
    );
    refused(
        &mut it,
        "POST",
        &path,
        &fence("stop"),
        409,
        "[Cannot perform Stop operation, Host has to be in Maintenance mode",
    );
    refused(
        &mut it,
        "POST",
        &path,
        &fence("kick"),
        400,
        "The string 'kick' isn't a valid value for the 'FenceType'",
    );
    refused(
        &mut it,
        "POST",
        &path,
        &fence("manual"),
        409,
        "[Cannot confirm 'Host has been rebooted' Host. Valid Host statuses are",
    );
    it.post(&path, &fence("restart"));
    assert_eq!(it.text(&first, "status"), "reboot");
    refused(
        &mut it,
        "POST",
        &path,
        &fence("restart"),
        409,
        "[Another Power Management operation is still running, please retry in 60 Sec.]",
    );
    it.pass(10);
    assert_eq!(it.text(&first, "status"), "up");
    it.act(&format!("/hosts/{}/deactivate", first.rsplit('/').next().unwrap()));
    it.pass(60);
    it.post(&path, &fence("stop"));
    it.pass(6);
    assert_eq!(it.text(&first, "status"), "down");
    let second = format!("/hosts/{}", it.id("hosts", "host-2"));
    it.act(&format!("{second}/deactivate"));
    it.pass(60);
    refused(
        &mut it,
        "POST",
        &path,
        &fence("start"),
        409,
        "[Cannot start Host.\nThere is no other Host in the Data Center",
    );
    it.put(&first, "<host><power_management><enabled>false</enabled></power_management></host>");
    it.delete(&one);
}

#[test]
fn the_manager_of_the_pool_is_chosen() {
    let (mut it, first) = lab();
    let second = format!("/hosts/{}", it.id("hosts", "host-2"));
    let spm = |it: &mut Asking, path: &str| it.text(path, "spm/status");
    let (manager, other) =
        if spm(&mut it, &first) == "spm" { (first, second) } else { (second, first) };
    refused(
        &mut it,
        "POST",
        &format!("{manager}/forceselectspm"),
        "<action/>",
        409,
        "[Cannot force select SPM. The Host ",
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
    let disk = crate::asking::disk("busy", 1);
    it.add("/disks", &disk);
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
        "[Cannot force select SPM. The Host ",
    );
}

#[test]
fn a_host_whose_cpu_does_not_fit_is_not_operational_until_the_engine_tries_again() {
    let mut it = Asking::lab();
    it.add("/clusters", "<cluster><name>strong</name><data_center><name>lab</name></data_center><cpu><type>Intel Icelake Server Family</type></cpu></cluster>");
    let path =
        format!("/hosts/{}", it.add("/hosts", &host("weak", "").replace(">lab<", ">strong<")));
    it.pass(25);
    assert_eq!(it.text(&path, "status"), "non_operational");
    assert_eq!(it.text(&path, "status_detail"), "cpu_type_incompatible_with_cluster");
    let cluster = format!("/clusters/{}", it.id("clusters", "strong"));
    it.put(&cluster, "<cluster><cpu><type>Intel Haswell Family</type></cpu></cluster>");
    it.pass(320);
    assert_eq!(it.text(&path, "status"), "up");
}

#[test]
fn a_host_serves_the_providers_of_its_cluster() {
    let mut it = Asking::lab();
    let provider = it.add("/openstacknetworkproviders", "<openstack_network_provider><name>ovn</name><url>https://ovn.example.com:9696</url><type>external</type><external_plugin_type>ovirt-provider-ovn</external_plugin_type><requires_authentication>false</requires_authentication></openstack_network_provider>");
    let cluster = it.id("clusters", "lab");
    let assign = format!(
        "<cluster><external_network_providers><external_provider id=\"{provider}\"/></external_network_providers></cluster>"
    );
    it.put(&format!("/clusters/{cluster}"), &assign);
    let made = it.add("/hosts", &host("new", ""));
    let all = it.get(&format!("/hosts/{made}/externalnetworkproviderconfigurations"));
    let one = all.children().first().unwrap();
    assert_eq!(one.child("external_network_provider").unwrap().id(), Some(provider.as_str()));
}
