//! Clusters: their CPUs, levels and services, and what is refused.

use virtuform::simulated::{Effect, Trouble};

use crate::asking::{Asking, ZERO, refused};

fn cluster(name: &str, more: &str) -> String {
    format!(
        "<cluster><name>{name}</name><data_center><name>lab</name></data_center>{more}</cluster>"
    )
}

#[test]
fn what_cannot_be_added() {
    let mut it = Asking::lab();
    it.add("/datacenters", "<data_center><name>bare</name><local>false</local></data_center>");
    let faults = [
        (cluster("LAB", ""), 409, "[Cannot add Cluster. Cluster name is already in use.]"),
        (
            cluster("x", "<version><major>4</major><minor>7</minor></version>"),
            400,
            "[Cannot add Cluster with Compatibility Version that is lower than the Data Center Compatibility Version.",
        ),
        (
            cluster("x", "<version><major>4</major><minor>9</minor></version>"),
            400,
            "[Cannot add Cluster. Selected Compatibility Version is not supported.]",
        ),
        (
            cluster("x", "<cpu><type>Intel Abacus Family</type></cpu>"),
            400,
            "[Cannot add Cluster. The chosen CPU is not supported.]",
        ),
        (
            cluster("x", "<virt_service>false</virt_service>"),
            400,
            "[At least one service [virt / gluster] must be enabled on the cluster.]",
        ),
        (
            cluster("x", "<trusted_service>true</trusted_service>"),
            400,
            "[Attestation server should be configured correctly.]",
        ),
        (
            cluster(
                "x",
                "<ballooning_enabled>false</ballooning_enabled><ksm><enabled>false</enabled></ksm><memory_policy><over_commit><percent>150</percent></over_commit></memory_policy>",
            ),
            409,
            "[KSM or ballooning must be enabled to allow memory optimization.]",
        ),
        (
            "<cluster><name>x</name></cluster>".to_owned(),
            400,
            "Parameters 'cluster.data_center.id' or 'cluster.data_center.name' are mandatory but both were not provided.",
        ),
    ];
    for (document, status, text) in faults {
        refused(&mut it, "POST", "/clusters", &document, status, text);
    }
    let foreign = it.get("/networks");
    let lab = it.id("datacenters", "lab");
    let foreign = foreign
        .children()
        .iter()
        .find(|it| it.child("data_center").unwrap().id() != Some(lab.as_str()));
    let foreign = foreign.unwrap().id().unwrap();
    refused(
        &mut it,
        "POST",
        "/clusters",
        &cluster("x", &format!("<management_network id=\"{foreign}\"/>")),
        400,
        "[Cannot add Cluster. Network belongs to a different data-center.]",
    );
}

#[test]
fn the_management_network_is_found_or_not() {
    let mut it = Asking::fresh();
    let center =
        it.add("/datacenters", "<data_center><name>lab</name><local>false</local></data_center>");
    let network =
        it.get(&format!("/datacenters/{center}/networks")).children()[0].id().unwrap().to_owned();
    it.put(&format!("/networks/{network}"), "<network><name>renamed</name></network>");
    it.add("/clusters", &cluster("a", ""));
    it.add(
        "/networks",
        "<network><name>other</name><data_center><name>lab</name></data_center></network>",
    );
    it.add("/clusters", &cluster("b", ""));
    it.add(
        "/clusters",
        &cluster("c", "<management_network><name>other</name></management_network>"),
    );
    refused(
        &mut it,
        "POST",
        "/clusters",
        &cluster("d", ""),
        400,
        "[Cannot add Cluster. No single suitable network was found to serve as the management network.]",
    );
}

#[test]
fn what_cannot_be_changed() {
    let mut it = Asking::lab();
    let lab = format!("/clusters/{}", it.id("clusters", "lab"));
    it.vm("web", "");
    it.pass(6);
    let faults = [
        (
            "<cluster><name>Default</name></cluster>",
            409,
            "[Cannot update Cluster. Cluster name is already in use.]",
        ),
        (
            "<cluster><cpu><type>Intel Icelake Server Family</type></cpu></cluster>",
            409,
            "[Cannot change Cluster CPU type when there are active Hosts that do not support the selected CPU type.",
        ),
        (
            "<cluster><cpu><type>AMD EPYC</type></cpu></cluster>",
            409,
            "[Cannot change Cluster CPU type unless all Hosts attached to this Cluster are in Maintenance.]",
        ),
        (
            "<cluster><cpu><type>IBM POWER9</type></cpu></cluster>",
            409,
            "[Cannot change Cluster CPU architecture when there are Hosts or VMs attached to this Cluster.]",
        ),
        (
            "<cluster><cpu><type></type></cpu></cluster>",
            409,
            "[Cannot change Cluster CPU Type to Auto Detect when there are VMs or hosts in the cluster.]",
        ),
        (
            "<cluster><version><major>4</major><minor>7</minor></version></cluster>",
            400,
            "[Cluster compatibility version can't be decreased if there are hosts in the Cluster.]",
        ),
        (
            "<cluster><fips_mode>enabled</fips_mode></cluster>",
            409,
            "[Cannot update Cluster FIPS mode unless all Hosts attached to this Cluster are in Maintenance.]",
        ),
        (
            "<cluster><virt_service>false</virt_service><gluster_service>true</gluster_service></cluster>",
            409,
            "[Cannot disable virt service on the cluster as it contains VMs.]",
        ),
    ];
    for (document, status, text) in faults {
        refused(&mut it, "PUT", &lab, document, status, text);
    }
    it.put(&lab, "<cluster><cpu><type>Intel Haswell Family</type></cpu></cluster>");
    it.put(&lab, "<cluster><vnc_encryption>false</vnc_encryption></cluster>");
    let host = it.id("hosts", "host-1");
    assert_eq!(it.text(&format!("/hosts/{host}"), "reinstallation_required"), "true");
    let odd = it.put(
        &lab,
        "<cluster><scheduling_policy id=\"00000000-0000-0000-0000-00000000dead\"/></cluster>",
    );
    let policy = odd.child("scheduling_policy").unwrap().id();
    assert_eq!(
        policy,
        Some("b4ed2332-a7ac-4d5f-9596-99a439cb2812"),
        "an unknown policy is replaced in silence"
    );
}

#[test]
fn what_keeps_a_cluster() {
    let mut it = Asking::lab();
    let empty = format!("/clusters/{}", it.add("/clusters", &cluster("x", "")));
    it.add("/vms", "<vm><name>v</name><cluster><name>x</name></cluster><template><name>Blank</name></template></vm>");
    refused(
        &mut it,
        "DELETE",
        &empty,
        "",
        409,
        "[Cannot remove Cluster. One or more VMs are still assigned to the Cluster]",
    );
    let vm = it.id("vms", "v");
    it.pass(6);
    it.add("/templates", &format!("<template><name>t</name><vm id=\"{vm}\"/></template>"));
    it.pass(10);
    it.delete(&format!("/vms/{vm}"));
    refused(
        &mut it,
        "DELETE",
        &empty,
        "",
        409,
        "[Cannot remove Cluster. One or more Template(s) are still associated with the Cluster]",
    );
    let lab = format!("/clusters/{}", it.id("clusters", "lab"));
    refused(
        &mut it,
        "DELETE",
        &lab,
        "",
        409,
        "[Cannot remove Cluster. Cluster contains one or more Hosts]",
    );
    let default = format!("/clusters/{}", it.id("clusters", "Default"));
    refused(&mut it, "DELETE", &default, "", 409, "[Cannot remove default Host Cluster.]");
}

#[test]
fn actions() {
    let mut it = Asking::lab();
    let lab = format!("/clusters/{}", it.id("clusters", "lab"));
    refused(
        &mut it,
        "POST",
        &format!("{lab}/resetemulatedmachine"),
        "<action/>",
        409,
        "[Cannot update Cluster. Clusters hosts must be down in order to perform this action.]",
    );
    let upgrade = |what: &str, more: &str| {
        format!("<action><upgrade_action>{what}</upgrade_action>{more}</action>")
    };
    let path = format!("{lab}/upgrade");
    let half = "<upgrade_percent_complete>50</upgrade_percent_complete>";
    refused(
        &mut it,
        "POST",
        &path,
        &upgrade("update_progress", half),
        400,
        "[Cannot update progress, cluster upgrade has not been started.]",
    );
    it.post(&path, &upgrade("start", "<correlation_id>one</correlation_id>"));
    assert_eq!(it.text(&lab, "upgrade_in_progress"), "true");
    refused(
        &mut it,
        "POST",
        &path,
        &upgrade("update_progress", &format!("<correlation_id>two</correlation_id>{half}")),
        400,
        "[Cannot update progress, given correlation id does not match the current update correlation id.]",
    );
    refused(
        &mut it,
        "POST",
        &path,
        &upgrade("update_progress", "<upgrade_percent_complete>101</upgrade_percent_complete>"),
        400,
        "[Cannot update upgrade percent complete, the value needs to be in the range of 0 to 100.]",
    );
    it.post(&path, &upgrade("update_progress", half));
    assert_eq!(it.text(&lab, "upgrade_percent_complete"), "50");
    it.post(&path, &upgrade("finish", ""));
    assert_eq!(it.text(&lab, "upgrade_in_progress"), "false");
    it.act(&format!("{lab}/syncallnetworks"));
    it.act(&format!("{lab}/refreshglusterhealstatus"));
}

#[test]
fn addresses_do_not_clash_when_a_cluster_changes_its_pool() {
    let mut it = Asking::lab();
    let range =
        "<ranges><range><from>02:00:00:00:00:00</from><to>02:00:00:00:00:ff</to></range></ranges>";
    let pool = it.add("/macpools", &format!("<mac_pool><name>p</name>{range}</mac_pool>"));
    it.add("/clusters", &cluster("other", &format!("<mac_pool id=\"{pool}\"/>")));
    let vm = |name: &str, cluster: &str| {
        format!(
            "<vm><name>{name}</name><cluster><name>{cluster}</name></cluster><template><name>Blank</name></template></vm>"
        )
    };
    let nic = "<nic><name>n</name><mac><address>02:00:00:00:00:01</address></mac></nic>";
    let default = it.id("macpools", "Default");
    let default = format!("/macpools/{default}");
    it.put(&default, "<mac_pool><allow_duplicates>true</allow_duplicates></mac_pool>");
    for (name, cluster) in [("a", "other"), ("b", "lab"), ("c", "lab")] {
        let id = it.add("/vms", &vm(name, cluster));
        it.pass(6);
        it.add(&format!("/vms/{id}/nics"), nic);
    }
    let lab = it.id("clusters", "lab");
    refused(
        &mut it,
        "PUT",
        &format!("/clusters/{lab}"),
        &format!("<cluster><mac_pool id=\"{pool}\"/></cluster>"),
        409,
        "[Cannot migrate MACs to another MAC pool, because that action would create duplicates in target MAC pool",
    );
    refused(
        &mut it,
        "PUT",
        &default,
        "<mac_pool><allow_duplicates>false</allow_duplicates></mac_pool>",
        409,
        "[Cannot edit MAC Pool. Cannot unset 'Allow Duplicates' when mac pool contains duplicate macs.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/macpools/{pool}"),
        "",
        409,
        "[Cannot remove MAC Pool. Several clusters (1) are using this MAC Pool:\nother\n - Please remove it from all clusters that are using it and try again.]",
    );
}

#[test]
fn a_level_rises_with_all_machines_or_not_at_all() {
    let mut it = Asking::lab();
    it.add("/datacenters", "<data_center><name>old</name><local>false</local><version><major>4</major><minor>6</minor></version></data_center>");
    let old = it.add(
        "/clusters",
        "<cluster><name>old</name><data_center><name>old</name></data_center></cluster>",
    );
    it.add("/vms", "<vm><name>v</name><cluster><name>old</name></cluster><template><name>Blank</name></template></vm>");
    it.pass(6);
    let path = format!("/clusters/{old}");
    let raise = "<cluster><version><major>4</major><minor>8</minor></version></cluster>";
    it.login();
    it.engine.trouble(Trouble::on("PUT", "/clusters/*", Effect::FailWork));
    let (status, reply) = it.over_http("PUT", &path, raise);
    let text = reply.unwrap().text_at("detail").unwrap_or_default().to_owned();
    assert!(status == 500 && text.starts_with("[Cannot update cluster because"), "{status} {text}");
    assert_eq!(it.text(&path, "version/minor"), "6");
    it.put(&path, raise);
    assert_eq!(it.text(&path, "version/minor"), "8");
}

#[test]
fn features_that_nobody_knows_cannot_be_enabled() {
    let mut it = Asking::lab();
    let cluster = it.id("clusters", "lab");
    let features = format!("/clusters/{cluster}/enabledfeatures");
    let unknown = format!("<cluster_feature id=\"{ZERO}\"/>");
    let text = "[Cannot enable new Cluster feature when there are active hosts";
    refused(&mut it, "POST", &features, &unknown, 400, text);
    let empty = it.id("clusters", "Default");
    let of_empty = format!("/clusters/{empty}/enabledfeatures");
    refused(&mut it, "POST", &of_empty, &unknown, 400, "[Internal Engine Error]");
    refused(&mut it, "POST", &features, "<cluster_feature/>", 400, "Parameter 'feature.id'");
    let known = it.get("/clusterlevels/4.7/clusterfeatures").children()[0].id().unwrap().to_owned();
    it.add(&features, &format!("<cluster_feature id=\"{known}\"/>"));
    assert_eq!(it.get(&features).children().len(), 1);
}
