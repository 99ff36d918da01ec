//! What names something that does not exist, and where the engine notices.

use crate::asking::{Asking, host_in, refused};

const GHOST: &str = "00000000-0000-0000-0000-00000000dead";

#[test]
fn whoever_names_what_does_not_exist_is_told_what() {
    let mut it = Asking::lab();
    let center = format!("/datacenters/{}", it.id("datacenters", "lab"));
    let cluster = format!("/clusters/{}", it.id("clusters", "lab"));
    let host = it.host("host-1");
    let vm = format!("/vms/{}", it.vm("web", ""));
    let quota = it.add(&format!("{center}/quotas"), "<quota><name>q</name></quota>");
    let ghost = |element: &str| format!("<{element} id=\"{GHOST}\"/>");
    for (method, path, document, status, text) in [
        (
            "POST",
            "/clusters".to_owned(),
            format!("<cluster><name>x</name>{}</cluster>", ghost("data_center")),
            400,
            "[Data Center doesn't exist.]",
        ),
        (
            "PUT",
            cluster.clone(),
            format!("<cluster>{}</cluster>", ghost("mac_pool")),
            400,
            "[Cannot edit Cluster. MAC Pool does not exist.]",
        ),
        (
            "PUT",
            center.clone(),
            format!("<data_center>{}</data_center>", ghost("mac_pool")),
            400,
            "[Cannot edit Data Center. MAC Pool does not exist.]",
        ),
        (
            "POST",
            "/networks".to_owned(),
            format!("<network><name>x</name>{}</network>", ghost("data_center")),
            400,
            "[Data Center doesn't exist.]",
        ),
        (
            "POST",
            format!("{cluster}/networks"),
            "<network><name>nope</name></network>".to_owned(),
            404,
            "Entity not found: Network: name=nope",
        ),
        (
            "POST",
            format!("{cluster}/networks"),
            ghost("network"),
            400,
            "[The specified Logical Network doesn't exist.]",
        ),
        (
            "POST",
            "/vnicprofiles".to_owned(),
            format!("<vnic_profile><name>x</name>{}</vnic_profile>", ghost("network")),
            400,
            "[The specified Logical Network doesn't exist.]",
        ),
        (
            "POST",
            "/cpuprofiles".to_owned(),
            format!("<cpu_profile><name>x</name>{}</cpu_profile>", ghost("cluster")),
            400,
            "[Cannot add CPU Profile. The relevant Cluster doesn't exist.]",
        ),
        (
            "POST",
            "/diskprofiles".to_owned(),
            format!("<disk_profile><name>x</name>{}</disk_profile>", ghost("storage_domain")),
            400,
            "[Cannot add Disk Profile. Storage Domain doesn't exist.]",
        ),
        (
            "POST",
            format!("{center}/quotas/{quota}/quotaclusterlimits"),
            format!("<quota_cluster_limit>{}</quota_cluster_limit>", ghost("cluster")),
            400,
            "[Cannot edit Quota. Quota is not valid.]",
        ),
        (
            "POST",
            "/hosts".to_owned(),
            host_in("x", "x", "").replace("<cluster><name>x</name></cluster>", &ghost("cluster")),
            400,
            "[Cannot add Host. Cluster ID is not valid.]",
        ),
        (
            "PUT",
            host.clone(),
            format!("<host>{}</host>", ghost("cluster")),
            400,
            "[Cannot edit Host. Cluster ID is not valid.]",
        ),
        (
            "POST",
            format!("{host}/copyhostnetworks"),
            format!("<action>{}</action>", ghost("source_host")),
            400,
            "[Cannot copy networks to Host. Invalid Host Id.]",
        ),
        (
            "POST",
            format!("{host}/setupnetworks"),
            format!(
                "<action><modified_network_attachments><network_attachment>{}<host_nic><name>eth1</name></host_nic></network_attachment></modified_network_attachments></action>",
                ghost("network")
            ),
            400,
            "[Logical Network (id '00000000-0000-0000-0000-00000000dead') doesn't exist.]",
        ),
        (
            "POST",
            format!("{vm}/affinitylabels"),
            ghost("affinity_label"),
            404,
            "Entity not found: AffinityLabel: id=00000000-0000-0000-0000-00000000dead",
        ),
        (
            "POST",
            format!("{vm}/tags"),
            ghost("tag"),
            400,
            "[Cannot attach Tag. Tag does not exist.]",
        ),
    ] {
        refused(&mut it, method, &path, &document, status, text);
    }
}

#[test]
fn a_cluster_that_lost_its_data_center_joins_one_that_exists() {
    let mut it = Asking::fresh();
    let center =
        it.add("/datacenters", "<data_center><name>east</name><local>false</local></data_center>");
    let cluster = it.add(
        "/clusters",
        "<cluster><name>c</name><data_center><name>east</name></data_center></cluster>",
    );
    it.delete(&format!("/datacenters/{center}"));
    refused(
        &mut it,
        "PUT",
        &format!("/clusters/{cluster}"),
        &format!("<cluster><data_center id=\"{GHOST}\"/></cluster>"),
        400,
        "[Data Center doesn't exist.]",
    );
}

#[test]
fn the_container_says_whom_no_directory_knows() {
    let mut it = Asking::fresh();
    it.login();
    let domain = "<domain><name>internal-authz</name></domain>";
    for (path, document, text) in [
        (
            "/users",
            format!("<user><user_name>nobody@internal-authz</user_name>{domain}</user>"),
            "No such user: nobody@internal-authz in domain internal-authz",
        ),
        (
            "/groups",
            format!("<group><name>none</name>{domain}</group>"),
            "No such group: none in directory internal-authz",
        ),
        (
            "/roles",
            "<role><name>r</name><administrative>true</administrative><permits><permit id=\"0\"/></permits></role>".to_owned(),
            "0 is not a valid permit ID.",
        ),
    ] {
        let response = it.send(it.request("POST", path, &document));
        let page = String::from_utf8(response.body().to_vec()).unwrap();
        assert_eq!(response.status(), 400);
        assert!(page.contains(text), "{page}");
    }
}
