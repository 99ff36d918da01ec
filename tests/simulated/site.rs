//! What the simulated engine refuses of networks, hosts and storage, in the words of a real one.

use crate::asking::{Asking, ZERO, host_in, refused};

#[test]
fn nics_of_running_machines() {
    let mut it = Asking::lab();
    let path = it.running_vm("web");
    let nics = it.get(&format!("{path}/nics"));
    let nic = format!("{path}/nics/{}", nics.children()[0].id().unwrap());
    let mac = nics.text_at("nic/mac/address").unwrap().to_owned();
    refused(
        &mut it,
        "POST",
        &format!("{path}/nics"),
        "<nic><name>nic1</name></nic>",
        409,
        "[Network interface name is already in use]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{path}/nics"),
        &format!("<nic><name>nic2</name><mac><address>{mac}</address></mac></nic>"),
        409,
        &format!("[MAC Address {mac} is already in use by VM or snapshot: web.]"),
    );
    refused(
        &mut it,
        "PUT",
        &nic,
        "<nic><mac><address>02:00:00:00:00:01</address></mac></nic>",
        409,
        "[Cannot edit Interface. Updating some of the properties is not supported while the interface is plugged into a running virtual machine.",
    );
    refused(
        &mut it,
        "DELETE",
        &nic,
        "",
        409,
        "[Cannot remove Interface. The VM Network Interface is plugged to a running VM.]",
    );
    it.put(
        &nic,
        "<nic><plugged>false</plugged><mac><address>02:00:00:00:00:01</address></mac></nic>",
    );
    it.delete(&nic);
}

#[test]
fn networks_in_use() {
    let mut it = Asking::lab();
    let (center, cluster) = (it.id("datacenters", "lab"), it.id("clusters", "lab"));
    let mut networks = it.get(&format!("/datacenters/{center}/networks"));
    let management = networks.children_mut().remove(0).id().unwrap().to_owned();
    refused(
        &mut it,
        "DELETE",
        &format!("/networks/{management}"),
        "",
        400,
        "[The Management Network ('ovirtmgmt') is mandatory and cannot be removed.]",
    );
    let assigned = format!("/clusters/{cluster}/networks");
    refused(
        &mut it,
        "POST",
        &assigned,
        &format!("<network id=\"{management}\"/>"),
        409,
        "[Logical Network is already attached to Cluster.]",
    );
    refused(
        &mut it,
        "PUT",
        &format!("{assigned}/{management}"),
        "<network><usages/></network>",
        400,
        "[Cannot edit Network. Unsetting management network property is not allowed.",
    );
    refused(
        &mut it,
        "POST",
        "/networks",
        &format!("<network><name>bond0</name><data_center id=\"{center}\"/></network>"),
        400,
        "[Bad network name, network cannot start with 'bond']",
    );
    let network = it.add(
        "/networks",
        &format!("<network><name>n</name><data_center id=\"{center}\"/></network>"),
    );
    let other = it.id("datacenters", "Default");
    refused(
        &mut it,
        "PUT",
        &format!("/networks/{network}"),
        &format!("<network><data_center id=\"{other}\"/></network>"),
        400,
        "[Cannot edit Network. Change of Data Center ID is not allowed.]",
    );
    let profile =
        it.get(&format!("/networks/{network}/vnicprofiles")).children()[0].id().unwrap().to_owned();
    let path = format!("/vms/{}", it.vm("web", ""));
    it.post(
        &format!("{path}/nics"),
        &format!("<nic><name>nic2</name><vnic_profile id=\"{profile}\"/></nic>"),
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/networks/{network}"),
        "",
        409,
        "[Cannot remove Network. This logical network is used by virtual machine: web\n",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/vnicprofiles/{profile}"),
        "",
        409,
        "[Cannot remove VM network interface profile. This VM network interface profile is used by virtual machine:  web.",
    );
    it.pass(6);
    refused(
        &mut it,
        "POST",
        &format!("{path}/start"),
        "<action/>",
        409,
        "[Failed run VM. The following networks (n) are not defined in the cluster.]",
    );
    let plain = it.add("/networks", &format!("<network><name>s</name><data_center id=\"{center}\"/><usages><usage>migration</usage></usages></network>"));
    assert_eq!(it.get(&format!("/networks/{plain}/vnicprofiles")).children().len(), 0);
    refused(
        &mut it,
        "POST",
        "/vnicprofiles",
        &format!("<vnic_profile><name>p</name><network id=\"{plain}\"/></vnic_profile>"),
        400,
        "[Cannot add VM network interface profile. VM network interface profiles cannot be added to a non-VM network.",
    );
    let open = it.post("/vnicprofiles", &format!("<vnic_profile><name>p</name><network id=\"{network}\"/><network_filter/></vnic_profile>"));
    assert!(open.child("network_filter").is_none());
}

#[test]
fn hosts_and_storage_in_the_wrong_state() {
    let mut it = Asking::lab();
    let host = "<host><name>h</name><address>h</address><cluster><name>lab</name></cluster>";
    refused(
        &mut it,
        "POST",
        "/hosts",
        &format!("{host}</host>"),
        400,
        "[Cannot install Host with empty password.]",
    );
    refused(
        &mut it,
        "POST",
        "/hosts",
        &format!("{host}<root_password>wrong</root_password></host>"),
        409,
        "[Cannot add Host. SSH authentication failed",
    );
    let first = it.host("host-1");
    refused(
        &mut it,
        "POST",
        &format!("{first}/activate"),
        "<action/>",
        409,
        "[Cannot activate Host. Host in Up status.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{first}/install"),
        "<action><root_password>x</root_password></action>",
        409,
        "[Cannot install Host. Please move Host to Maintenance mode first.]",
    );
    refused(
        &mut it,
        "PUT",
        &first,
        "<host><address>elsewhere</address></host>",
        400,
        "[Host Address can not be modified",
    );
    refused(
        &mut it,
        "DELETE",
        &first,
        "",
        409,
        "[Cannot remove Host. Host is operational. Please switch Host to Maintenance mode first.]",
    );
    it.maintain(&first);
    refused(
        &mut it,
        "POST",
        &format!("{first}/deactivate"),
        "<action/>",
        409,
        "[Cannot switch Host to Maintenance mode. Host is already in Maintenance mode.]",
    );
    let domain = "<storage_domain><name>s</name><type>data</type><host><name>host-1</name></host><storage><type>nfs</type><address>nas</address><path>/s</path></storage></storage_domain>";
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        domain,
        409,
        "[Cannot add storage server connection when Host status is not up]",
    );
    let domain = domain.replace("host-1", "host-2");
    let made = it.add("/storagedomains", &domain);
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        &domain.replace("<name>s<", "<name>t<"),
        409,
        "[Cannot add Storage Connection. Storage connection ",
    );
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        &domain,
        409,
        "[Cannot add Storage. The Storage Domain name is already in use.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/storagedomains/{made}"),
        "",
        400,
        "StorageDomain [host] required for remove",
    );
    let center = it.id("datacenters", "lab");
    let first = it.id("storagedomains", "nfs-1");
    refused(
        &mut it,
        "DELETE",
        &format!("/storagedomains/{first}?host=host-2"),
        "",
        409,
        "[Cannot remove Storage. The relevant Storage Domain's status is Active.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/datacenters/{center}/storagedomains/{first}"),
        "",
        409,
        "[Cannot detach Storage. The relevant Storage Domain's status is Active.]",
    );
    refused(
        &mut it,
        "DELETE",
        &format!("/datacenters/{center}"),
        "",
        409,
        "[Cannot remove an active Data Center.]",
    );
    let default = it.id("clusters", "Default");
    refused(
        &mut it,
        "DELETE",
        &format!("/clusters/{default}"),
        "",
        409,
        "[Cannot remove default Host Cluster.]",
    );
    let lab = it.id("clusters", "lab");
    refused(
        &mut it,
        "DELETE",
        &format!("/clusters/{lab}"),
        "",
        409,
        "[Cannot remove Cluster. Cluster contains one or more Hosts]",
    );
    refused(
        &mut it,
        "PUT",
        &format!("/clusters/{lab}"),
        "<cluster><version><major>4</major><minor>7</minor></version></cluster>",
        400,
        "[Cluster compatibility version can't be decreased",
    );
}

#[test]
fn the_first_storage_domain_is_attached_alone() {
    let mut it = Asking::lab();
    let center =
        it.add("/datacenters", "<data_center><name>e</name><local>false</local></data_center>");
    it.add(
        "/clusters",
        "<cluster><name>e</name><data_center><name>e</name></data_center></cluster>",
    );
    let new = |name: &str| {
        format!(
            "<storage_domain><name>{name}</name><type>data</type><host><name>host-1</name></host><storage><type>nfs</type><address>nas</address><path>/{name}</path></storage></storage_domain>"
        )
    };
    it.add("/storagedomains", &new("a"));
    it.add("/storagedomains", &new("b"));
    let attached = format!("/datacenters/{center}/storagedomains");
    let attach = |name: &str| format!("<storage_domain><name>{name}</name></storage_domain>");
    refused(
        &mut it,
        "POST",
        &attached,
        &attach("a"),
        409,
        "[Cannot attach Storage. There is no active Host in the Data Center.]",
    );
    it.add("/hosts", &host_in("e", "h", ""));
    it.pass(25);
    it.add(&attached, &attach("a"));
    refused(
        &mut it,
        "POST",
        &attached,
        &attach("b"),
        409,
        "[Cannot attach Storage. Related operation is currently in progress. Please try again later.]",
    );
    it.pass(9);
    refused(
        &mut it,
        "POST",
        &attached,
        &attach("b"),
        409,
        "[Failed to attach Storage due to an error on the Data Center master Storage Domain.",
    );
    it.pass(10);
    it.add(&attached, &attach("b"));
}

#[test]
fn the_last_profile_and_the_first_quota() {
    let mut it = Asking::lab();
    let (center, cluster) = (it.id("datacenters", "lab"), it.id("clusters", "lab"));
    let profile =
        it.get(&format!("/clusters/{cluster}/cpuprofiles")).children()[0].id().unwrap().to_owned();
    refused(
        &mut it,
        "DELETE",
        &format!("/cpuprofiles/{profile}"),
        "",
        400,
        "[Cannot remove CPU Profile. Cannot remove last CPU profile in Cluster.]",
    );
    let domain = it.id("storagedomains", "nfs-1");
    let profiles = it.get(&format!("/storagedomains/{domain}/diskprofiles"));
    let profile = format!("/diskprofiles/{}", profiles.children()[0].id().unwrap());
    let text = "[Cannot remove Disk Profile. Cannot remove last Disk profile in Storage Domain.]";
    refused(&mut it, "DELETE", &profile, "", 400, text);
    let quota =
        it.get(&format!("/datacenters/{center}/quotas")).children()[0].id().unwrap().to_owned();
    refused(
        &mut it,
        "DELETE",
        &format!("/datacenters/{center}/quotas/{quota}"),
        "",
        400,
        "[Cannot remove Quota. Default quota cannot be changed.]",
    );
    refused(
        &mut it,
        "PUT",
        &format!("/tags/{ZERO}"),
        "<tag><name>x</name></tag>",
        409,
        "[Cannot edit readonly tag]",
    );
}

#[test]
fn tags_form_a_tree_and_go_with_their_branch() {
    let mut it = Asking::lab();
    let trunk = it.add("/tags", "<tag><name>trunk</name></tag>");
    let leaf = it.add("/tags", "<tag><name>leaf</name><parent><name>trunk</name></parent></tag>");
    refused(
        &mut it,
        "PUT",
        &format!("/tags/{trunk}"),
        &format!("<tag><parent id=\"{leaf}\"/></tag>"),
        409,
        "[Operation canceled, recursive Tag hierarchy",
    );
    let tags = format!("/vms/{}/tags", it.vm("web", ""));
    assert_eq!(it.add(&tags, "<tag><name>leaf</name></tag>"), leaf);
    assert_eq!(it.add(&tags, &format!("<tag id=\"{leaf}\"/>")), leaf, "twice does no harm");
    assert_eq!(it.get("/vms?search=tag%3Dleaf").children().len(), 1);
    it.delete(&format!("/tags/{trunk}"));
    assert_eq!(it.get(&tags).children().len(), 0);
    assert_eq!(it.get("/tags").children().len(), 1);
}
