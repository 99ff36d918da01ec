//! Hosts: deployed, upgraded, changed and removed, and what is refused.

use virtuform::simulated::{Effect, Trouble};

use crate::asking::{Asking, host, refused};

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
fn an_upgrade_takes_a_host_through_maintenance_and_back() {
    let mut it = Asking::lab();
    let first = it.host("host-1");
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
    let mut it = Asking::lab();
    let first = it.host("host-1");
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
    it.maintain(&first);
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
    it.add("/clusters", "<cluster><name>z</name><data_center><name>lab</name></data_center><cpu><type>IBM z14</type></cpu></cluster>");
    refused(
        &mut it,
        "PUT",
        &first,
        "<host><cluster><name>z</name></cluster></host>",
        409,
        "[Cannot edit Host. The host and destination cluster architectures do not match.]",
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
    let mut it = Asking::lab();
    let first = it.host("host-1");
    let id = first.rsplit('/').next().unwrap().to_owned();
    it.vm("bound", &format!("<placement_policy><affinity>pinned</affinity><hosts><host id=\"{id}\"/></hosts></placement_policy>"));
    it.pass(6);
    it.maintain(&first);
    refused(
        &mut it,
        "DELETE",
        &first,
        "",
        409,
        "[Cannot remove Host. The following VMs are set to run specifically only on this Host: bound.",
    );
    let second = it.host("host-2");
    it.maintain(&second);
    it.delete(&second);
    assert_eq!(it.ask("GET", &second, "").0, 404);
}

#[test]
fn a_host_stays_for_the_machines_that_have_its_devices() {
    let mut it = Asking::lab();
    let first = it.host("host-1");
    let id = first.rsplit('/').next().unwrap().to_owned();
    let vm = it.vm("gpu", &format!("<placement_policy><affinity>migratable</affinity><hosts><host id=\"{id}\"/></hosts></placement_policy>"));
    it.pass(6);
    let devices = it.get(&format!("{first}/devices"));
    let name = devices.children().iter().filter_map(|it| it.text_at("name")).next_back().unwrap();
    let given = format!("/vms/{vm}/hostdevices");
    let device = it.add(&given, &format!("<host_device><name>{name}</name></host_device>"));
    it.maintain(&first);
    refused(
        &mut it,
        "DELETE",
        &first,
        "",
        409,
        "[Cannot remove Host. The following VMs are assigned with host devices from this Host: gpu.]",
    );
    it.delete(&format!("{given}/{device}"));
    it.delete(&first);
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
