//! Providers of networks, images and hosts.

use virtuform::simulated::{Effect, Trouble};

use crate::asking::{Asking, refused};

const NETWORKS: &str = "/openstacknetworkproviders";

fn provider(name: &str, more: &str) -> String {
    format!(
        "<openstack_network_provider><name>{name}</name><url>http://net:9696</url>{more}</openstack_network_provider>"
    )
}

/// A provider of `OpenStack` with its first network.
fn neutron(it: &mut Asking) -> (String, String) {
    let more =
        "<type>neutron</type><plugin_type>open_vswitch</plugin_type><read_only>false</read_only>";
    let path = format!("{NETWORKS}/{}", it.add(NETWORKS, &provider("cloud", more)));
    let networks = it.get(&format!("{path}/networks"));
    let network = format!("{path}/networks/{}", networks.children()[0].id().unwrap());
    (path, network)
}

#[test]
fn an_engine_comes_with_a_provider_of_networks() {
    let mut it = Asking::fresh();
    let path = format!("{NETWORKS}/{}", it.id("openstacknetworkproviders", "ovirt-provider-ovn"));
    assert_eq!(it.text(&path, "external_plugin_type"), "OVIRT_PROVIDER_OVN");
    assert_eq!(it.text(&path, "read_only"), "false");
    it.act(&format!("{path}/testconnectivity"));
    let certificates = "<action><certificates><certificate><content>PEM</content></certificate></certificates></action>";
    it.post(&format!("{path}/importcertificates"), certificates);
    assert_eq!(it.text(&format!("{path}/certificates"), "certificate/content"), "PEM");
    it.login();
    it.engine.trouble(Trouble::on("POST", format!("{path}/testconnectivity"), Effect::FailWork));
    let text =
        "[Failed to communicate with the external provider, see log for additional details.]";
    let refusal = it.refusal_over_http("POST", &format!("{path}/testconnectivity"), "<action/>");
    assert_eq!(refusal, (400, text.to_owned()));
}

#[test]
fn providers_that_cannot_be() {
    let mut it = Asking::fresh();
    it.add(NETWORKS, &provider("mine", ""));
    let authenticated = "<requires_authentication>true</requires_authentication>";
    let with = |more: &str| provider("other", &format!("{authenticated}{more}"));
    let required = "[An Openstack Neutron provider with authentication enabled requires a";
    let user = "<username>u</username>";
    let password = "<password>p</password>";
    let address = "<authentication_url>http://net:35357/v2.0</authentication_url>";
    let neutron = "<type>neutron</type><plugin_type>open_vswitch</plugin_type>";
    let in_use = "[Cannot add provider. The provider name is already in use, please choose a unique name and try again.]";
    for (document, status, text) in [
        (provider("mine", ""), 409, in_use.to_owned()),
        (
            provider("other", "<type>neutron</type>"),
            400,
            "[Openstack Neutron provider requires a plugin type.]".to_owned(),
        ),
        (with(""), 400, format!("{required} user name.]")),
        (with(user), 400, format!("{required} password.]")),
        (with(&format!("{user}{password}")), 400, format!("{required}n authentication url.]")),
        (
            with(&format!("{user}{password}{address}{neutron}")),
            400,
            format!("{required} tenant name or a user domain name.]"),
        ),
        (
            provider("other", "<authentication_url>net</authentication_url>"),
            400,
            "[Cannot add provider. The Provider has an invalid authentication URL net. ".to_owned(),
        ),
        (
            provider("other", &format!("<password>{}</password>", "x".repeat(201))),
            400,
            "[Cannot add provider. The password must not exceed 200 characters.]".to_owned(),
        ),
    ] {
        refused(&mut it, "POST", NETWORKS, &document, status, &text);
    }
    let image = "<openstack_image_provider><name>mine</name><url>http://image:9292</url></openstack_image_provider>";
    refused(&mut it, "POST", "/openstackimageproviders", image, 409, in_use);
    let made = it.post(NETWORKS, &with(&format!("{user}{password}{address}")));
    assert!(made.child("password").is_none(), "nobody sees it again");
    let path = format!("{NETWORKS}/{}", made.id().unwrap());
    let change = "<openstack_network_provider><type>neutron</type></openstack_network_provider>";
    refused(
        &mut it,
        "PUT",
        &path,
        change,
        400,
        "[Cannot edit provider. The provider type cannot be changed.]",
    );
    let rename = "<openstack_network_provider><name>mine</name></openstack_network_provider>";
    refused(
        &mut it,
        "PUT",
        &path,
        rename,
        409,
        "[Cannot edit provider. The provider name is already in use, ",
    );
}

#[test]
fn networks_of_a_provider_are_imported_and_go_with_it() {
    let mut it = Asking::lab();
    let (path, network) = neutron(&mut it);
    let import = format!("{network}/import");
    let into = "<action><data_center><name>lab</name></data_center></action>";
    it.post(&import, into);
    let name = it.text(&network, "name");
    let made = it.id("networks", &name);
    let exists = format!(
        "[Cannot import Network. The external network already exists as '{name}' in the data center.]"
    );
    refused(&mut it, "POST", &import, into, 409, &exists);
    refused(&mut it, "POST", &import, "<action/>", 400, "");
    let profile = it.id("vnicprofiles", &name);
    let failover = format!(
        "<vnic_profile><name>v</name><network id=\"{}\"/><pass_through><mode>enabled</mode></pass_through><migratable>true</migratable><network_filter/><failover id=\"{profile}\"/></vnic_profile>",
        it.id("networks", "ovirtmgmt")
    );
    let text = "[Cannot add VM network interface profile. Failover vNIC profile based on external network is not supported.]";
    refused(&mut it, "POST", "/vnicprofiles", &failover, 400, text);
    let nowhere = "<action><data_center id=\"00000000-0000-0000-0000-00000000dead\"/></action>";
    let text = "[Cannot import Network. Storage Pool doesn't exist.]";
    refused(&mut it, "POST", &import, nowhere, 400, text);
    let vm = it.vm("web", "");
    it.pass(6);
    let nic = it.add(
        &format!("/vms/{vm}/nics"),
        &format!("<nic><name>ext</name><vnic_profile id=\"{profile}\"/></nic>"),
    );
    let used = format!(
        "[Cannot remove provider. External network is used by virtual machines and/or templates:\n{name}\n"
    );
    refused(&mut it, "DELETE", &path, "", 409, &used);
    let (elsewhere, other) = imported_elsewhere(&mut it, &import, &name);
    let used = "[Cannot remove provider. Several external networks (2) are being used by virtual machines and/or templates:\n";
    refused(&mut it, "DELETE", &path, "", 409, used);
    it.delete(&format!("/vms/{elsewhere}/nics/{other}"));
    it.delete(&format!("/vms/{vm}/nics/{nic}"));
    it.delete(&path);
    assert_eq!(it.ask("GET", &format!("/networks/{made}"), "").0, 404);
}

#[test]
fn a_network_that_is_made_for_a_provider_is_there_and_stays_there() {
    let mut it = Asking::lab();
    let (path, _) = neutron(&mut it);
    let provider = path.rsplit('/').next().unwrap();
    let center = it.id("datacenters", "lab");
    let made = it.add(
        "/networks",
        &format!("<network><name>overlay</name><data_center id=\"{center}\"/><external_provider id=\"{provider}\"/></network>"),
    );
    let there = |it: &mut Asking| {
        let networks = it.get(&format!("{path}/networks"));
        networks.children().iter().filter(|it| it.text_at("name") == Some("overlay")).count()
    };
    assert_eq!(there(&mut it), 1);
    it.delete(&format!("/networks/{made}"));
    assert_eq!(there(&mut it), 1, "the engine only forgets it");
}

/// A machine of another data center that uses the same network, and its NIC.
fn imported_elsewhere(it: &mut Asking, import: &str, name: &str) -> (String, String) {
    let profiles = |it: &mut Asking| -> Vec<String> {
        let all = it.get("/vnicprofiles");
        let same = all.children().iter().filter(|it| it.text_at("name") == Some(name));
        same.filter_map(|it| it.id()).map(str::to_owned).collect()
    };
    let known = profiles(it);
    it.post(import, "<action><data_center><name>Default</name></data_center></action>");
    let made = profiles(it).into_iter().find(|it| !known.contains(it)).expect("a second one");
    let blank = "<template><name>Blank</name></template>";
    let document =
        format!("<vm><name>far</name><cluster><name>Default</name></cluster>{blank}</vm>");
    let vm = it.add("/vms", &document);
    it.pass(6);
    let document = format!("<nic><name>ext</name><vnic_profile id=\"{made}\"/></nic>");
    let nic = it.add(&format!("/vms/{vm}/nics"), &document);
    (vm, nic)
}

#[test]
fn subnets_are_for_providers_that_can_be_written() {
    let mut it = Asking::fresh();
    let (path, network) = neutron(&mut it);
    let subnets = format!("{network}/subnets");
    let new = "<openstack_subnet><name>s</name><cidr>10.0.0.0/24</cidr><dns_servers><dns_server>10.0.0.1</dns_server></dns_servers></openstack_subnet>";
    let made = it.post(&subnets, new);
    assert_eq!(made.text_at("ip_version"), Some("v4"));
    let subnet = format!("{subnets}/{}", made.id().unwrap());
    refused(
        &mut it,
        "POST",
        &subnets,
        "<openstack_subnet/>",
        400,
        "OpenStackSubnet [name, cidr] required for add",
    );
    it.put(
        &path,
        "<openstack_network_provider><read_only>true</read_only></openstack_network_provider>",
    );
    let text = "[External network provider cloud is read only.]";
    refused(&mut it, "POST", &subnets, new, 400, text);
    refused(&mut it, "DELETE", &subnet, "", 400, text);
    it.put(
        &path,
        "<openstack_network_provider><read_only>false</read_only></openstack_network_provider>",
    );
    it.delete(&subnet);
}

#[test]
fn a_clusters_default_provider_stays() {
    let mut it = Asking::fresh();
    let made = it.add(NETWORKS, &provider("mine", ""));
    let center = it.id("datacenters", "Default");
    it.add("/clusters", &format!("<cluster><name>c</name><data_center id=\"{center}\"/><external_network_providers><external_provider id=\"{made}\"/></external_network_providers></cluster>"));
    let text = "[Cannot remove provider. External network provider is used as default network provider in the following cluster/s:\nc\n";
    refused(&mut it, "DELETE", &format!("{NETWORKS}/{made}"), "", 409, text);
}

#[test]
fn images_come_with_a_storage_domain() {
    let mut it = Asking::lab();
    let new = "<openstack_image_provider><name>glance</name><url>http://image:9292</url></openstack_image_provider>";
    let path = format!("/openstackimageproviders/{}", it.add("/openstackimageproviders", new));
    let domain = format!("/storagedomains/{}", it.id("storagedomains", "glance"));
    assert_eq!(it.text(&domain, "type"), "image");
    assert_eq!(it.text(&domain, "status"), "unattached");
    let again = new.replace(">glance<", ">other<");
    let text =
        "[Cannot add provider. A provider with the same provider URL and tenant already exists.]";
    refused(&mut it, "POST", "/openstackimageproviders", &again, 400, text);
    let images = it.get(&format!("{path}/images"));
    let image = format!("{path}/images/{}", images.children()[0].id().unwrap());
    let import = format!("{image}/import");
    let nowhere = "<action><storage_domain id=\"00000000-0000-0000-0000-00000000dead\"/></action>";
    let text = "[Cannot import Virtual Disk. Storage Domain doesn't exist.]";
    refused(&mut it, "POST", &import, nowhere, 400, text);
    it.post(
        &import,
        "<action><storage_domain><name>nfs-1</name></storage_domain><disk><alias>cirros</alias></disk></action>",
    );
    let disk = it.get("/disks?search=alias%3Dcirros");
    assert_eq!(disk.text_at("disk/status"), Some("locked"));
    it.pass(10);
    let disk = format!("/disks/{}", disk.children()[0].id().unwrap());
    assert_eq!(it.text(&disk, "status"), "ok");
    it.delete(&path);
    assert_eq!(it.ask("GET", &domain, "").0, 404, "it goes with its provider");
}

#[test]
fn what_a_provider_of_hosts_knows_can_be_looked_at() {
    let mut it = Asking::fresh();
    let new = "<external_host_provider><name>foreman</name><url>https://foreman.example.com</url><username>u</username><password>p</password><requires_authentication>true</requires_authentication></external_host_provider>";
    let path = format!("/externalhostproviders/{}", it.add("/externalhostproviders", new));
    it.act(&format!("{path}/testconnectivity"));
    for sub in ["hosts", "discoveredhosts", "hostgroups", "computeresources"] {
        let list = it.get(&format!("{path}/{sub}"));
        let first = format!("{path}/{sub}/{}", list.children()[0].id().unwrap());
        assert!(!it.text(&first, "name").is_empty(), "{sub}");
        assert_eq!(it.ask("DELETE", &first, "").0, 405, "{sub}");
    }
    it.delete(&path);
}

#[test]
fn an_image_becomes_a_disk_or_a_template_whichever_list_it_is_taken_from() {
    let mut it = Asking::lab();
    let new = "<openstack_image_provider><name>glance</name><url>http://image:9292</url></openstack_image_provider>";
    let provider = format!("/openstackimageproviders/{}", it.add("/openstackimageproviders", new));
    let domain = format!("/storagedomains/{}", it.id("storagedomains", "glance"));
    let ids = |it: &mut Asking, owner: &str| -> Vec<String> {
        let list = it.get(&format!("{owner}/images"));
        list.children().iter().map(|it| it.id().unwrap().to_owned()).collect()
    };
    let known = ids(&mut it, &provider);
    assert_eq!(known, ids(&mut it, &domain), "they are the same images");
    let import = format!("{domain}/images/{}/import", known[0]);
    let with = |more: &str| {
        format!("<action><storage_domain><name>nfs-1</name></storage_domain>{more}</action>")
    };
    let nameless = "Parameters 'storage_domain.id' or 'storage_domain.name' are mandatory but both were not provided.";
    let template = "<import_as_template>true</import_as_template>";
    let nowhere = format!("<cluster id=\"{}\"/>", crate::asking::ZERO);
    for (document, status, text) in [
        ("<action/>".to_owned(), 400, nameless),
        (
            with("").replace("<name>nfs-1</name>", "<name>nowhere</name>"),
            404,
            "Entity not found: StorageDomain: name=nowhere",
        ),
        (
            with("").replace("nfs-1", "glance"),
            409,
            "[Cannot import Virtual Disk. The relevant Storage Domain's status is Unattached.]",
        ),
        (with(template), 400, "Action [cluster.id|name] required for doImport"),
        (
            with(&format!("{template}{nowhere}")),
            400,
            "[Cannot import Virtual Disk. Cluster ID is not valid.]",
        ),
    ] {
        refused(&mut it, "POST", &import, &document, status, text);
    }
    it.post(&import, &with(""));
    let alias = format!("GlanceDisk-{}", &known[0][..7]);
    let disk = format!("/disks/{}", it.id("disks", &alias));
    assert_eq!(it.text(&disk, "status"), "locked");
    let more = format!(
        "{template}<cluster><name>lab</name></cluster><template><name>cirros</name></template>"
    );
    it.post(&format!("{provider}/images/{}/import", known[1]), &with(&more));
    it.pass(5);
    assert_eq!(it.text(&disk, "status"), "ok");
    let made = format!("/templates/{}", it.id("templates", "cirros"));
    let attached = it.get(&format!("{made}/diskattachments"));
    assert_eq!(attached.text_at("disk_attachment/bootable"), Some("true"));
    let vm = "<vm><name>web</name><cluster><name>lab</name></cluster><template><name>cirros</name></template></vm>";
    it.add("/vms", vm);
    it.post(
        &format!("{disk}/export"),
        "<action><storage_domain><name>glance</name></storage_domain></action>",
    );
    it.pass(8);
    assert_eq!(ids(&mut it, &provider).len(), 3, "what is exported can be imported again");
    assert_eq!(ids(&mut it, &provider), ids(&mut it, &domain));
}
