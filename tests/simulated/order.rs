//! A whole site comes and goes in one order only.

use crate::asking::{Asking, refused};

fn named(element: &str, name: &str, more: &str) -> String {
    format!("<{element}><name>{name}</name>{more}</{element}>")
}

const ADDRESS: &str = "<ip_address_assignments><ip_address_assignment><assignment_method>dhcp</assignment_method></ip_address_assignment></ip_address_assignments>";

fn setup(network: &str) -> String {
    format!(
        "<action><modified_network_attachments><network_attachment><network><name>{network}</name></network><host_nic><name>eth1</name></host_nic>{ADDRESS}</network_attachment></modified_network_attachments><commit_on_success>true</commit_on_success></action>"
    )
}

fn domain(name: &str, host: &str) -> String {
    named(
        "storage_domain",
        name,
        &format!(
            "<type>data</type><host><name>{host}</name></host><storage><type>nfs</type><address>nas</address><path>/{name}</path></storage>"
        ),
    )
}

/// What a site is made of, by path.
struct Site {
    it: Asking,
    center: String,
    cluster: String,
    host: String,
    network: String,
    pool: String,
}

fn host(name: &str) -> String {
    let more = format!(
        "<address>{name}</address><root_password>x</root_password><cluster><name>east-1</name></cluster>"
    );
    named("host", name, &more)
}

#[track_caller]
fn wait(it: &mut Asking, path: &str, status: &str) {
    for _ in 0..60 {
        if it.text(path, "status") == status {
            return;
        }
        it.pass(1);
    }
    panic!("{path} is {} instead of {status}", it.text(path, "status"));
}

/// Brings a site up in the right order.
fn bring_up() -> Site {
    let mut it = Asking::fresh();
    let range =
        "<ranges><range><from>02:00:00:00:00:00</from><to>02:00:00:00:00:ff</to></range></ranges>";
    let pool = it.add("/macpools", &named("mac_pool", "east", range));
    let center = it.add("/datacenters", &named("data_center", "east", "<local>false</local>"));
    let center = format!("/datacenters/{center}");
    let of = "<data_center><name>east</name></data_center>";
    let network =
        it.add("/networks", &named("network", "moving", &format!("{of}<vlan id=\"7\"/>")));
    let cluster =
        it.add("/clusters", &named("cluster", "east-1", &format!("{of}<mac_pool id=\"{pool}\"/>")));
    let cluster = format!("/clusters/{cluster}");
    let assigned = format!("{cluster}/networks");
    it.add(&assigned, &format!("<network id=\"{network}\"><required>false</required></network>"));
    let first = format!("/hosts/{}", it.add("/hosts", &host("first")));
    wait(&mut it, &first, "up");
    assert_eq!(it.text(&cluster, "cpu/type"), "Intel Cascadelake Server Family");
    it.add(&format!("{first}/fenceagents"), "<agent><address>a</address><order>1</order><type>ipmilan</type><username>u</username><password>p</password></agent>");
    it.put(&first, "<host><power_management><enabled>true</enabled></power_management></host>");
    it.post(&format!("{first}/setupnetworks"), &setup("moving"));
    it.put(
        &format!("{assigned}/{network}"),
        "<network><required>true</required><usages><usage>migration</usage></usages></network>",
    );
    it.pass(5);
    assert_eq!(it.text(&first, "status"), "up");
    for name in ["one", "two"] {
        let made = it.add("/storagedomains", &domain(name, "first"));
        let attached = format!("{center}/storagedomains");
        it.add(&attached, &format!("<storage_domain id=\"{made}\"/>"));
        wait(&mut it, &format!("{attached}/{made}"), "active");
        wait(&mut it, &center, "up");
    }
    it.add(&format!("{center}/quotas"), &named("quota", "q", ""));
    it.put(&center, "<data_center><quota_mode>audit</quota_mode></data_center>");
    Site { it, center, cluster, host: first, network, pool }
}

#[test]
fn a_site_comes_up_in_the_right_order() {
    let mut site = bring_up();
    assert_eq!(site.it.text(&site.center, "status"), "up");
    let assigned = format!("{}/networks/{}", site.cluster, site.network);
    assert_eq!(site.it.text(&assigned, "status"), "operational");
}

#[test]
fn the_wrong_order_does_not_bring_a_site_up() {
    let mut it = Asking::fresh();
    let of = "<data_center><name>east</name></data_center>";
    refused(
        &mut it,
        "POST",
        "/clusters",
        &named("cluster", "east-1", of),
        404,
        "Entity not found: Datacenter: name=east",
    );
    refused(
        &mut it,
        "POST",
        "/hosts",
        &host("first"),
        404,
        "Entity not found: Cluster: name=east-1",
    );
    it.add("/datacenters", &named("data_center", "east", "<local>false</local>"));
    let cluster = format!("/clusters/{}", it.add("/clusters", &named("cluster", "east-1", of)));
    let network =
        it.add("/networks", &named("network", "moving", &format!("{of}<vlan id=\"7\"/>")));
    refused(&mut it, "POST", "/storagedomains", &domain("one", "first"), 404, "Entity not found: ");
    let first = format!("/hosts/{}", it.add("/hosts", &host("first")));
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        &domain("one", "first"),
        409,
        "[Cannot add storage server connection when Host status is not up]",
    );
    wait(&mut it, &first, "up");
    refused(
        &mut it,
        "PUT",
        &first,
        "<host><power_management><enabled>true</enabled></power_management></host>",
        400,
        "[Cannot edit Host. Power Management is enabled for Host but no Agent type selected.]",
    );
    refused(
        &mut it,
        "POST",
        &format!("{first}/setupnetworks"),
        &setup("moving"),
        400,
        "[Logical Network 'moving' does not exist in Cluster.]",
    );
    // Required before it is on the host: the host goes out of service.
    it.add(&format!("{cluster}/networks"), &format!("<network id=\"{network}\"/>"));
    it.pass(3);
    assert_eq!(it.text(&first, "status"), "non_operational");
    refused(
        &mut it,
        "POST",
        "/storagedomains",
        &domain("one", "first"),
        409,
        "[Cannot add storage server connection when Host status is not up]",
    );
    it.post(&format!("{first}/setupnetworks"), &setup("moving"));
    it.act(&format!("{first}/activate"));
    wait(&mut it, &first, "up");
}

/// Brings a host to maintenance.
fn rest(site: &mut Site) {
    let host = site.host.clone();
    site.it.act(&format!("{host}/deactivate"));
    wait(&mut site.it, &host, "maintenance");
}

#[test]
fn a_site_goes_down_in_the_right_order() {
    let mut site = bring_up();
    let center = site.center.clone();
    site.it.put(&center, "<data_center><quota_mode>disabled</quota_mode></data_center>");
    let attached = format!("{center}/storagedomains");
    for master in ["false", "true"] {
        let all = site.it.get(&attached);
        let one = all.children().iter().find(|it| it.text_at("master") == Some(master)).unwrap();
        let path = format!("{attached}/{}", one.id().unwrap());
        site.it.act(&format!("{path}/deactivate"));
        wait(&mut site.it, &path, "maintenance");
        if master == "false" {
            site.it.delete(&path);
            site.it.pass(10);
            site.it
                .delete(&format!("/storagedomains/{}?host=first&format=true", one.id().unwrap()));
        }
    }
    wait(&mut site.it, &center, "maintenance");
    site.it.delete(&center);
    rest(&mut site);
    site.it.delete(&site.host);
    site.it.delete(&site.cluster);
    site.it.delete(&format!("/macpools/{}", site.pool));
}

#[test]
fn the_wrong_order_does_not_take_a_site_down() {
    let mut site = bring_up();
    let (center, cluster, host) = (site.center.clone(), site.cluster.clone(), site.host.clone());
    refused(&mut site.it, "DELETE", &center, "", 409, "[Cannot remove an active Data Center.]");
    refused(
        &mut site.it,
        "DELETE",
        &cluster,
        "",
        409,
        "[Cannot remove Cluster. Cluster contains one or more Hosts]",
    );
    refused(&mut site.it, "DELETE", &host, "", 409, "[Cannot remove Host. Host is operational.");
    let pool = format!("/macpools/{}", site.pool);
    refused(
        &mut site.it,
        "DELETE",
        &pool,
        "",
        409,
        "[Cannot remove MAC Pool. Several clusters (1) are using this MAC Pool:\neast-1\n",
    );
    let agents = site.it.get(&format!("{host}/fenceagents"));
    let agent = format!("{host}/fenceagents/{}", agents.children()[0].id().unwrap());
    refused(
        &mut site.it,
        "DELETE",
        &agent,
        "",
        400,
        "[Cannot Remove last Fence-Agent when Power Management is enabled for the Host.]",
    );
    // Hosts before storage is a dead end: nobody is left to let the storage go.
    rest(&mut site);
    let all = site.it.get(&format!("{center}/storagedomains"));
    let one = format!("{center}/storagedomains/{}", all.children()[0].id().unwrap());
    refused(
        &mut site.it,
        "POST",
        &format!("{one}/deactivate"),
        "<action/>",
        409,
        "[Cannot deactivate Storage. There is no active Host in the Data Center.]",
    );
    refused(
        &mut site.it,
        "DELETE",
        &center,
        "",
        409,
        "[Cannot remove Data Center which contains Storage Domains that are not in Maintenance status.",
    );
    site.it.delete(&format!("{center}?force=true"));
    assert!(
        site.it
            .get("/storagedomains")
            .children()
            .iter()
            .all(|it| it.text_at("name") != Some("one"))
    );
}
