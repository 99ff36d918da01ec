//! Data centers: what comes with them, their levels, and what is refused.

use crate::asking::{Asking, host_in, refused};

fn data_center(name: &str, more: &str) -> String {
    format!("<data_center><name>{name}</name><local>false</local>{more}</data_center>")
}

fn version(minor: u32) -> String {
    format!("<version><major>4</major><minor>{minor}</minor></version>")
}

#[test]
fn a_data_center_brings_its_quota_its_network_and_a_profile() {
    let mut it = Asking::fresh();
    let path = format!("/datacenters/{}", it.add("/datacenters", &data_center("east", "")));
    assert_eq!(it.text(&path, "status"), "uninitialized");
    assert_eq!(it.text(&format!("{path}/quotas"), "quota/name"), "Default");
    let network = it.get(&format!("{path}/networks")).children()[0].clone();
    assert_eq!(network.text_at("name"), Some("ovirtmgmt"));
    let profiles = format!("/networks/{}/vnicprofiles", network.id().unwrap());
    assert_eq!(it.text(&profiles, "vnic_profile/name"), "ovirtmgmt");
    assert!(it.get(&format!("{path}/clusters")).children().is_empty());
    assert!(it.get(&format!("{path}/qoss")).children().is_empty());
}

#[test]
fn what_cannot_be_added_or_changed() {
    let mut it = Asking::lab();
    let lab = format!("/datacenters/{}", it.id("datacenters", "lab"));
    let long = data_center(&"x".repeat(41), "");
    let faults = [
        (
            "POST",
            "/datacenters",
            data_center("lab", ""),
            409,
            "[Cannot add Data Center. The Data Center name is already in use.]",
        ),
        (
            "POST",
            "/datacenters",
            "<data_center><name>x</name></data_center>".to_owned(),
            400,
            "Parameter 'data_center.local' is mandatory but was not provided.",
        ),
        (
            "POST",
            "/datacenters",
            long,
            400,
            "[Cannot add Data Center. The given name is too long.]",
        ),
        (
            "POST",
            "/datacenters",
            data_center("x", &version(1)),
            400,
            "[Cannot add Data Center. Selected Compatibility Version is not supported.]",
        ),
        (
            "PUT",
            &lab,
            "<data_center><name>Default</name></data_center>".to_owned(),
            409,
            "[Cannot edit Data Center. The Data Center name is already in use.]",
        ),
        (
            "PUT",
            &lab,
            "<data_center><local>true</local></data_center>".to_owned(),
            400,
            "[Cannot add more than one Host to \"Local Storage\" Data Center]",
        ),
        (
            "PUT",
            &lab,
            format!("<data_center>{}</data_center>", version(2)),
            400,
            "[Cannot edit Data Center. This action will cause storage format downgrading which is not supported. The following storage domains cannot be downgraded: nfs-1, nfs-2.]",
        ),
        ("DELETE", &lab, String::new(), 409, "[Cannot remove an active Data Center.]"),
        (
            "DELETE",
            &format!("{lab}?force=true"),
            String::new(),
            409,
            "[Cannot remove Data Center while there are Hosts that are not in Maintenance mode.]",
        ),
    ];
    for (method, path, document, status, text) in faults {
        refused(&mut it, method, path, &document, status, text);
    }
}

#[test]
fn levels_rise_from_the_clusters() {
    let mut it = Asking::fresh();
    let center =
        format!("/datacenters/{}", it.add("/datacenters", &data_center("old", &version(6))));
    let cluster = it.add(
        "/clusters",
        "<cluster><name>old</name><data_center><name>old</name></data_center></cluster>",
    );
    let raise = format!("<data_center>{}</data_center>", version(7));
    refused(
        &mut it,
        "PUT",
        &center,
        &raise,
        400,
        "[Cannot update Data Center compatibility version to a value that is greater than its cluster's version. The following clusters should be upgraded: old.]",
    );
    it.put(&format!("/clusters/{cluster}"), &format!("<cluster>{}</cluster>", version(7)));
    it.put(&center, &raise);
    it.add(
        "/networks",
        "<network><name>n</name><data_center><name>old</name></data_center></network>",
    );
    refused(
        &mut it,
        "PUT",
        &center,
        &format!("<data_center>{}</data_center>", version(6)),
        400,
        "[Cannot decrease data center compatibility version.]",
    );
}

#[test]
fn suspended_machines_hold_a_level_back() {
    let mut it = Asking::fresh();
    let center = it.add("/datacenters", &data_center("old", &version(7)));
    let cluster = it.add(
        "/clusters",
        &format!(
            "<cluster><name>old</name><data_center><name>old</name></data_center>{}</cluster>",
            version(8)
        ),
    );
    it.add("/hosts", &host_in("old", "h", ""));
    it.pass(60);
    let domain = it.add("/storagedomains", "<storage_domain><name>nfs</name><type>data</type><host><name>h</name></host><storage><type>nfs</type><address>nas</address><path>/nfs</path></storage></storage_domain>");
    let center = format!("/datacenters/{center}");
    it.add(&format!("{center}/storagedomains"), &format!("<storage_domain id=\"{domain}\"/>"));
    it.pass(60);
    let vm = it.add("/vms", "<vm><name>web</name><cluster><name>old</name></cluster><template><name>Blank</name></template><os><boot><devices><device>network</device></devices></boot></os></vm>");
    let vm = format!("/vms/{vm}");
    it.add(&format!("{vm}/nics"), "<nic><name>nic1</name></nic>");
    it.act(&format!("{vm}/start"));
    it.pass(6);
    it.act(&format!("{vm}/suspend"));
    it.pass(5);
    refused(
        &mut it,
        "PUT",
        &format!("/clusters/{cluster}"),
        "<cluster><cpu><type>Intel Haswell Family</type></cpu></cluster>",
        409,
        "[Cannot update Cluster and change CPU Cluster level if there are suspended VMs in the Cluster]",
    );
    let risen = format!("<data_center>{}</data_center>", version(8));
    let text = "[Update failed: The data center compatibility version cannot be updated. Please resume/power-off the following VMs before updating the data center: web.]";
    refused(&mut it, "PUT", &center, &risen, 409, text);
    it.act(&format!("{vm}/stop"));
    it.pass(5);
    it.put(&center, &risen);
}

#[test]
fn a_local_data_center_is_a_small_one() {
    let mut it = Asking::fresh();
    it.add("/datacenters", "<data_center><name>own</name><local>true</local></data_center>");
    let cluster = |name: &str| {
        format!("<cluster><name>{name}</name><data_center><name>own</name></data_center></cluster>")
    };
    it.add("/clusters", &cluster("one"));
    refused(
        &mut it,
        "POST",
        "/clusters",
        &cluster("two"),
        400,
        "[Cannot add more than one Cluster to a Data Center with \"Local Storage\".]",
    );
    it.add("/hosts", &host_in("one", "a", ""));
    refused(
        &mut it,
        "POST",
        "/hosts",
        &host_in("one", "b", ""),
        400,
        "[Cannot add more than one Host to \"Local Storage\" Data Center]",
    );
    let default = it.id("datacenters", "Default");
    refused(
        &mut it,
        "PUT",
        &format!("/datacenters/{default}"),
        "<data_center><local>true</local></data_center>",
        409,
        "[Default Cluster cannot be moved to the Data Center that has local Storage.]",
    );
}

#[test]
fn clusters_outlive_their_data_center_and_join_another() {
    let mut it = Asking::fresh();
    let center = it.add("/datacenters", &data_center("east", ""));
    let cluster = it.add(
        "/clusters",
        "<cluster><name>c</name><data_center><name>east</name></data_center></cluster>",
    );
    let path = format!("/clusters/{cluster}");
    let west = it.add("/datacenters", &data_center("west", ""));
    let join = format!("<cluster><data_center id=\"{west}\"/></cluster>");
    refused(
        &mut it,
        "PUT",
        &path,
        &join,
        409,
        "[Cannot change Data Center association when editing a Cluster.]",
    );
    it.delete(&format!("/datacenters/{center}"));
    assert!(it.get(&path).child("data_center").is_none());
    it.put(&path, &join);
    let networks = it.get(&format!("{path}/networks"));
    assert_eq!(networks.text_at("network/name"), Some("ovirtmgmt"));
}

#[test]
fn a_data_center_is_removed_with_at_most_its_master() {
    let mut it = Asking::lab();
    let center = format!("/datacenters/{}", it.id("datacenters", "lab"));
    let attached = format!("{center}/storagedomains");
    for master in ["false", "true"] {
        let all = it.get(&attached);
        let one = all.children().iter().find(|it| it.text_at("master") == Some(master)).unwrap();
        it.act(&format!("{attached}/{}/deactivate", one.id().unwrap()));
        it.pass(8);
    }
    assert_eq!(it.text(&center, "status"), "maintenance");
    refused(
        &mut it,
        "DELETE",
        &center,
        "",
        409,
        "[Cannot remove Data Center when more than one Storage Domain is attached.]",
    );
}

#[test]
fn the_last_domain_of_a_data_center_needs_a_host_to_let_it_go() {
    let mut it = Asking::lab();
    let center = format!("/datacenters/{}", it.id("datacenters", "lab"));
    let attached = format!("{center}/storagedomains");
    for master in ["false", "true"] {
        let all = it.get(&attached);
        let one = all.children().iter().find(|it| it.text_at("master") == Some(master)).unwrap();
        let path = format!("{attached}/{}", one.id().unwrap());
        it.act(&format!("{path}/deactivate"));
        it.pass(8);
        if master == "false" {
            it.delete(&path);
            it.pass(10);
        }
    }
    for host in ["host-1", "host-2"] {
        let id = it.id("hosts", host);
        it.maintain(&format!("/hosts/{id}"));
    }
    refused(
        &mut it,
        "DELETE",
        &center,
        "",
        409,
        "[Cannot remove Data Center. There is no active Host in the Data Center.]",
    );
}

#[test]
fn local_storage_holds_its_host_and_its_data_center() {
    let mut it = Asking::fresh();
    it.add("/datacenters", "<data_center><name>own</name><local>true</local></data_center>");
    it.add(
        "/clusters",
        "<cluster><name>own</name><data_center><name>own</name></data_center></cluster>",
    );
    let host = it.add("/hosts", &host_in("own", "h", ""));
    it.pass(25);
    it.add("/storagedomains", "<storage_domain><name>disk</name><type>data</type><host><name>h</name></host><storage><type>localfs</type><path>/data</path></storage></storage_domain>");
    it.pass(30);
    let center = format!("/datacenters/{}", it.id("datacenters", "own"));
    refused(
        &mut it,
        "PUT",
        &center,
        "<data_center><local>false</local></data_center>",
        409,
        "[Cannot change Data Center type to shared while local Storage Domains are still attached to it.",
    );
    it.maintain(&format!("/hosts/{host}"));
    refused(
        &mut it,
        "DELETE",
        &format!("/hosts/{host}"),
        "",
        409,
        "[Cannot remove Host, as it contains a local Storage Domain.",
    );
}

#[test]
fn a_cluster_with_hosts_at_work_joins_no_data_center() {
    let mut it = Asking::fresh();
    let center = it.add("/datacenters", &data_center("east", ""));
    it.add("/datacenters", &data_center("west", ""));
    let cluster = it.add(
        "/clusters",
        "<cluster><name>c</name><data_center><name>east</name></data_center></cluster>",
    );
    it.add("/hosts", &host_in("c", "h", ""));
    it.pass(25);
    it.delete(&format!("/datacenters/{center}"));
    let west = it.id("datacenters", "west");
    refused(
        &mut it,
        "PUT",
        &format!("/clusters/{cluster}"),
        &format!("<cluster><data_center id=\"{west}\"/></cluster>"),
        409,
        "[Cannot change Cluster.Trying to connect Cluster to Data Center with Hosts that are up.]",
    );
}

#[test]
fn a_data_center_with_domains_at_work_stays() {
    let mut it = Asking::lab();
    let center = format!("/datacenters/{}", it.id("datacenters", "lab"));
    for name in ["host-1", "host-2"] {
        let host = it.host(name);
        it.maintain(&host);
    }
    assert_ne!(it.text(&center, "status"), "up");
    let text = "[Cannot remove Data Center which contains Storage Domains that are not in Maintenance status.";
    refused(&mut it, "DELETE", &center, "", 409, text);
}
