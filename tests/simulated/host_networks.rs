//! The networks of hosts: set up as a whole, kept in line, and refused in the engine's words.

use virtuform::xml::Element;

use crate::asking::{Asking, host_in, refused};

/// The lab with its first host's path and a way to add networks to it.
struct Site {
    it: Asking,
    host: String,
}

fn site() -> Site {
    let mut it = Asking::lab();
    let host = it.host("host-1");
    Site { it, host }
}

impl Site {
    /// Adds a network to the lab's data center and, not required, to its cluster.
    fn network(&mut self, name: &str, more: &str) -> String {
        let center = self.it.id("datacenters", "lab");
        let cluster = self.it.id("clusters", "lab");
        let id = self.it.add(
            "/networks",
            &format!("<network><name>{name}</name><data_center id=\"{center}\"/>{more}</network>"),
        );
        self.it.add(
            &format!("/clusters/{cluster}/networks"),
            &format!("<network id=\"{id}\"><required>false</required></network>"),
        );
        id
    }

    fn setup(&mut self, what: &str) -> Element {
        let path = format!("{}/setupnetworks", self.host);
        self.it.post(&path, &format!("<action>{what}</action>"))
    }

    #[track_caller]
    fn refused(&mut self, what: &str, status: u16, text: &str) {
        let path = format!("{}/setupnetworks", self.host);
        refused(&mut self.it, "POST", &path, &format!("<action>{what}</action>"), status, text);
    }

    fn nic(&mut self, name: &str) -> Option<Element> {
        let nics = self.it.get(&format!("{}/nics", self.host));
        nics.children().iter().find(|it| it.text_at("name") == Some(name)).cloned()
    }

    fn nic_path(&mut self, name: &str) -> String {
        let id = self.nic(name).unwrap().id().unwrap().to_owned();
        format!("{}/nics/{id}", self.host)
    }

    fn attachment(&mut self, network: &str) -> Element {
        let all = self.it.get(&format!("{}/networkattachments", self.host));
        let found = all
            .children()
            .iter()
            .find(|it| it.child("network").and_then(Element::id) == Some(network));
        found.cloned().unwrap_or_default()
    }

    fn status(&mut self) -> String {
        let host = self.host.clone();
        self.it.text(&host, "status")
    }
}

fn attach(network: &str, nic: &str, more: &str) -> String {
    format!(
        "<modified_network_attachments>{}</modified_network_attachments>",
        one(network, nic, more)
    )
}

fn one(network: &str, nic: &str, more: &str) -> String {
    format!(
        "<network_attachment><network><name>{network}</name></network><host_nic><name>{nic}</name></host_nic>{more}</network_attachment>"
    )
}

fn bond(name: &str, mode: &str, slaves: &[&str]) -> String {
    let slaves: String =
        slaves.iter().map(|it| format!("<host_nic><name>{it}</name></host_nic>")).collect();
    format!(
        "<modified_bonds><host_nic><name>{name}</name><bonding><options><option><name>mode</name><value>{mode}</value></option></options><slaves>{slaves}</slaves></bonding></host_nic></modified_bonds>"
    )
}

const STATIC: &str = "<ip_address_assignments><ip_address_assignment><assignment_method>static</assignment_method><ip><address>192.0.2.5</address><netmask>255.255.255.0</netmask><gateway>192.0.2.1</gateway><version>v4</version></ip></ip_address_assignment></ip_address_assignments>";
const COMMIT: &str = "<commit_on_success>true</commit_on_success>";

#[test]
fn a_bond_with_vlans_and_addresses_in_one_transaction() {
    let mut site = site();
    let storage = site.network("storage", "<vlan id=\"120\"/><mtu>9000</mtu>");
    site.network("backup", "<vlan id=\"130\"/>");
    let attachments = format!(
        "<modified_network_attachments>{}{}</modified_network_attachments>",
        one("storage", "bond0", STATIC),
        one("backup", "bond0", "")
    );
    site.setup(&format!("{}{attachments}{COMMIT}", bond("bond0", "4", &["eth1", "eth2"])));
    let bond = site.nic("bond0").unwrap();
    assert_eq!(bond.text_at("bonding/options/option/value"), Some("4"));
    assert_eq!(bond.at("bonding/slaves").unwrap().children().len(), 2);
    let device = site.nic("bond0.120").unwrap();
    assert_eq!(device.text_at("base_interface"), Some("bond0"));
    assert_eq!(device.child("vlan").and_then(Element::id), Some("120"));
    assert_eq!(device.text_at("mtu"), Some("9000"));
    assert_eq!(device.text_at("ip/address"), Some("192.0.2.5"));
    let attachment = site.attachment(&storage);
    assert_eq!(attachment.text_at("in_sync"), Some("true"));
    let path = "ip_address_assignments/ip_address_assignment/ip/gateway";
    assert_eq!(attachment.text_at(path), Some("192.0.2.1"));
    let on_bond = format!("{}/networkattachments", site.nic_path("bond0"));
    assert_eq!(site.it.get(&on_bond).children().len(), 2);
    let ids: Vec<String> = site
        .it
        .get(&on_bond)
        .children()
        .iter()
        .map(|it| format!("<network_attachment id=\"{}\"/>", it.id().unwrap()))
        .collect();
    site.setup(&format!(
        "<removed_bonds><host_nic><name>bond0</name></host_nic></removed_bonds><removed_network_attachments>{}</removed_network_attachments>{COMMIT}",
        ids.concat()
    ));
    assert!(site.nic("bond0").is_none() && site.nic("bond0.120").is_none());
}

#[test]
fn what_is_not_saved_is_lost_when_the_host_restarts() {
    let mut site = site();
    let kept = site.network("kept", "<vlan id=\"1\"/>");
    let lost = site.network("lost", "<vlan id=\"2\"/>");
    site.setup(&format!("{}{COMMIT}", attach("kept", "eth1", "")));
    site.setup(&attach("lost", "eth1", ""));
    let restart = |site: &mut Site| {
        let host = site.host.clone();
        site.it.maintain(&host);
        site.it.post(
            &format!("{host}/install"),
            "<action><root_password>x</root_password><activate>true</activate></action>",
        );
        site.it.pass(30);
        assert_eq!(site.status(), "up");
    };
    restart(&mut site);
    assert!(site.attachment(&lost).id().is_none());
    assert!(site.attachment(&kept).id().is_some());
    site.setup(&attach("lost", "eth1", ""));
    let commit = format!("{}/commitnetconfig", site.host);
    site.it.act(&commit);
    restart(&mut site);
    assert!(site.attachment(&lost).id().is_some());
}

#[test]
fn hosts_follow_a_changed_network_in_the_background() {
    let mut site = site();
    let network = site.network("app", "<vlan id=\"10\"/>");
    site.setup(&format!("{}{COMMIT}", attach("app", "eth1", "")));
    site.it.put(&format!("/networks/{network}"), "<network><mtu>9000</mtu></network>");
    let attachment = site.attachment(&network);
    assert_eq!(attachment.text_at("in_sync"), Some("false"));
    let reported = attachment.child("reported_configurations").unwrap().children().iter();
    let mtu = reported.clone().find(|it| it.text_at("name") == Some("mtu")).unwrap().clone();
    assert_eq!(
        (mtu.text_at("expected_value"), mtu.text_at("actual_value")),
        (Some("9000"), Some("1500"))
    );
    site.refused(
        &attach("app", "eth2", ""),
        409,
        "[Cannot setup Networks. Another Setup Networks or Host Refresh process in progress on the host. Please try later.]",
    );
    let host = site.host.clone();
    assert_eq!(
        site.it.text(&format!("{host}?all_content=true"), "network_operation_in_progress"),
        "true"
    );
    site.it.pass(6);
    assert_eq!(site.attachment(&network).text_at("in_sync"), Some("true"));
    assert_eq!(site.nic("eth1.10").unwrap().text_at("mtu"), Some("9000"));
}

#[test]
fn a_required_network_that_is_missing_takes_hosts_out_of_service() {
    let mut site = site();
    let network = site.network("app", "<vlan id=\"10\"/>");
    let cluster = site.it.id("clusters", "lab");
    let assigned = format!("/clusters/{cluster}/networks/{network}");
    site.it.put(&assigned, "<network><required>true</required></network>");
    assert_eq!(site.it.text(&assigned, "status"), "non_operational");
    site.it.pass(3);
    assert_eq!(site.status(), "non_operational");
    let host = site.host.clone();
    assert_eq!(site.it.text(&host, "status_detail"), "network_unreachable");
    let events = site.it.get("/events");
    assert!(events.children().iter().any(|it| it.text_at("code") == Some("519")));
    let hosts = site.it.get("/hosts");
    for id in hosts.children().iter().filter_map(Element::id) {
        site.host = format!("/hosts/{id}");
        site.setup(&format!("{}{COMMIT}", attach("app", "eth1", "")));
        let path = format!("/hosts/{id}/activate");
        site.it.act(&path);
    }
    site.it.pass(5);
    assert_eq!(site.status(), "up");
    assert_eq!(site.it.text(&assigned, "status"), "operational");
}

#[test]
fn labels_draw_networks_to_their_nics() {
    let mut site = site();
    let network = site.network("app", "<vlan id=\"10\"/>");
    let labels = format!("{}/networklabels", site.nic_path("eth1"));
    site.it.add(&labels, "<network_label id=\"blue\"/>");
    site.it.add(&format!("/networks/{network}/networklabels"), "<network_label id=\"blue\"/>");
    site.it.pass(6);
    let attachment = site.attachment(&network);
    let path = format!("{}/networkattachments/{}", site.host, attachment.id().unwrap());
    refused(
        &mut site.it,
        "DELETE",
        &path,
        "",
        409,
        "[Cannot setup Networks. The following networks cannot be removed from the network interface since they are managed by the label: app.",
    );
    site.refused(
        &format!(
            "<modified_network_attachments><network_attachment id=\"{}\"><host_nic><name>eth2</name></host_nic></network_attachment></modified_network_attachments>",
            attachment.id().unwrap()
        ),
        409,
        "[Cannot setup Networks. Network 'app' cannot be moved to another network interface since it's managed by label 'blue'.",
    );
    refused(
        &mut site.it,
        "POST",
        &labels,
        "<network_label id=\"blue\"/>",
        409,
        "[Cannot add Label. The network interface 'eth1' is already labeled with the specified label 'blue'.]",
    );
    let other = format!("{}/networklabels", site.nic_path("eth2"));
    refused(
        &mut site.it,
        "POST",
        &other,
        "<network_label id=\"blue\"/>",
        409,
        "[Cannot add Label. The label 'blue' is already defined on other interface eth1 on the host.]",
    );
    refused(
        &mut site.it,
        "POST",
        &format!("/networks/{network}/networklabels"),
        "<network_label id=\"red\"/>",
        400,
        "[Cannot add Label. The specified network is already labeled.]",
    );
    site.it.delete(&format!("{labels}/blue"));
    assert!(site.attachment(&network).id().is_none());
}

#[test]
fn a_network_that_the_engine_forgets_stays_on_its_hosts() {
    let mut site = site();
    let network = site.network("old", "");
    site.setup(&format!("{}{COMMIT}", attach("old", "eth1", "")));
    site.it.delete(&format!("/networks/{network}"));
    let unmanaged = format!("{}/unmanagednetworks", site.host);
    let all = site.it.get(&unmanaged);
    assert_eq!(all.text_at("unmanaged_network/name"), Some("old"));
    site.network("new", "");
    site.refused(
        &attach("new", "eth1", ""),
        400,
        "[Cannot add network new to network interface eth1. Network interface has an unmanaged network attached.]",
    );
    site.refused(
        &bond("bond0", "1", &["eth1", "eth2"]),
        400,
        "[Network interface eth1 can not be a slave. It has an unmanaged network old attached.]",
    );
    let labels = format!("{}/networklabels", site.nic_path("eth1"));
    refused(
        &mut site.it,
        "POST",
        &labels,
        "<network_label id=\"blue\"/>",
        400,
        "[Cannot add label blue to network interface eth1. Network interface has an unmanaged network attached.]",
    );
    let id = all.children()[0].id().unwrap();
    let again = site.network("old", "");
    refused(
        &mut site.it,
        "DELETE",
        &format!("{unmanaged}/{id}"),
        "",
        400,
        "[Cannot remove unmanaged network old from host, as it is an existing cluster network.]",
    );
    site.it.delete(&format!("/networks/{again}"));
    site.it.delete(&format!("{unmanaged}/{id}"));
    site.setup(&format!("{}{COMMIT}", attach("new", "eth1", "")));
}

#[test]
fn a_host_that_is_cut_off_goes_silent_unless_connectivity_is_checked() {
    let mut site = site();
    let management = {
        let center = site.it.id("datacenters", "lab");
        site.it.get(&format!("/datacenters/{center}/networks")).children()[0]
            .id()
            .unwrap()
            .to_owned()
    };
    let id = site.attachment(&management).id().unwrap().to_owned();
    let move_it = format!(
        "<modified_network_attachments><network_attachment id=\"{id}\"><host_nic><name>eth4</name></host_nic></network_attachment></modified_network_attachments>"
    );
    site.refused(
        &format!("{move_it}<check_connectivity>true</check_connectivity>"),
        400,
        "[Network error during communication with the Host.]",
    );
    assert_eq!(site.status(), "up");
    site.setup(&move_it);
    assert_eq!(site.status(), "connecting");
    site.it.pass(11);
    assert_eq!(site.status(), "non_responsive");
    site.refused(
        &move_it,
        409,
        "[Cannot setup Networks. Operation can be performed only when Host status is Up, Maintenance or Non operational.]",
    );
}

#[test]
fn networks_are_copied_from_host_to_host() {
    let mut site = site();
    let network = site.network("app", "<vlan id=\"10\"/>");
    let first = site.host.rsplit('/').next().unwrap().to_owned();
    let setup =
        format!("{}{}{COMMIT}", bond("bond0", "1", &["eth1", "eth2"]), attach("app", "bond0", ""));
    site.setup(&setup);
    let second = site.it.id("hosts", "host-2");
    site.host = format!("/hosts/{second}");
    let path = format!("{}/copyhostnetworks", site.host);
    site.it.post(&path, &format!("<action><source_host id=\"{first}\"/></action>"));
    assert!(site.nic("bond0.10").is_some());
    assert_eq!(site.attachment(&network).text_at("in_sync"), Some("true"));
    let copy = format!("<action><source_host id=\"{second}\"/></action>");
    let far = format!(
        "/hosts/{}/copyhostnetworks",
        site.it.add("/hosts", &host_in("Default", "far", ""))
    );
    site.it.pass(60);
    let text = "[Cannot copy networks to Host. Source and destination hosts have to be in the same cluster.]";
    refused(&mut site.it, "POST", &far, &copy, 400, text);
    let functions = format!("{}/updatevirtualfunctionsconfiguration", site.nic_path("eth3"));
    site.it.post(&functions, "<action><virtual_functions_configuration><number_of_virtual_functions>2</number_of_virtual_functions></virtual_functions_configuration></action>");
    let text = "[Cannot copy networks to Host. Interface count of destination host has to be at least as high as that of the source host.]";
    refused(&mut site.it, "POST", &format!("/hosts/{first}/copyhostnetworks"), &copy, 400, text);
}

#[test]
fn a_network_that_leaves_a_cluster_leaves_its_hosts() {
    let mut site = site();
    let network = site.network("app", "<vlan id=\"10\"/>");
    site.setup(&format!("{}{COMMIT}", attach("app", "eth1", "")));
    let cluster = site.it.id("clusters", "lab");
    site.it.delete(&format!("/clusters/{cluster}/networks/{network}"));
    assert!(site.attachment(&network).id().is_none());
    assert!(site.nic("eth1.10").is_none());
    let unmanaged = format!("{}/unmanagednetworks", site.host);
    assert_eq!(site.it.get(&unmanaged).children().len(), 1);
}

#[test]
fn hosts_hear_of_roles_and_switches_only_when_they_are_synchronized() {
    let mut site = site();
    let network = site.network("app", "<vlan id=\"10\"/>");
    site.setup(&format!("{}{COMMIT}", attach("app", "eth1", STATIC)));
    let cluster = site.it.id("clusters", "lab");
    let assigned = format!("/clusters/{cluster}/networks/{network}");
    let synchronize = format!("/clusters/{cluster}/syncallnetworks");
    let in_sync = |site: &mut Site| site.attachment(&network).text_at("in_sync") == Some("true");
    let route = "<network><usages><usage>default_route</usage></usages></network>";
    for (path, document) in [
        (assigned, route),
        (format!("/clusters/{cluster}"), "<cluster><switch_type>ovs</switch_type></cluster>"),
    ] {
        site.it.put(&path, document);
        site.it.pass(10);
        assert!(!in_sync(&mut site), "nobody told the host of {path}");
        site.it.act(&synchronize);
        assert!(!in_sync(&mut site));
        site.it.pass(6);
        assert!(in_sync(&mut site));
    }
}

#[test]
fn only_the_network_with_the_default_route_brings_name_servers() {
    let mut site = site();
    let network = site.network("app", "<vlan id=\"10\"/>");
    site.setup(&format!("{}{COMMIT}", attach("app", "eth1", STATIC)));
    let servers = "<network><dns_resolver_configuration><name_servers><name_server>192.0.2.53</name_server></name_servers></dns_resolver_configuration></network>";
    site.it.put(&format!("/networks/{network}"), servers);
    assert_eq!(site.attachment(&network).text_at("in_sync"), Some("true"));
}

#[test]
fn a_host_that_does_not_answer_is_told_nothing() {
    let mut site = site();
    let network = site.network("app", "<vlan id=\"10\"/>");
    site.setup(&format!("{}{COMMIT}", attach("app", "eth1", "")));
    // Its management network goes to a card without a link.
    let attachments = site.it.get(&format!("{}/networkattachments", site.host));
    let management = attachments.children()[0].id().unwrap().to_owned();
    site.setup(&format!("<modified_network_attachments><network_attachment id=\"{management}\"><host_nic><name>eth4</name></host_nic></network_attachment></modified_network_attachments>"));
    site.it.pass(11);
    assert_eq!(site.status(), "non_responsive");
    site.it.put(&format!("/networks/{network}"), "<network><mtu>9000</mtu></network>");
    site.it.pass(6);
    assert_eq!(site.attachment(&network).text_at("in_sync"), Some("false"));
    let jobs = site.it.get("/jobs");
    let editing = |it: &&Element| {
        it.text_at("description").is_some_and(|text| text.starts_with("Editing network app"))
    };
    let status = jobs.children().iter().find(editing).and_then(|it| it.text_at("status"));
    assert_eq!(status, Some("failed"));
}

#[test]
fn a_label_moves_with_its_networks() {
    let mut site = site();
    let network = site.network("app", "<vlan id=\"10\"/>");
    site.it.add(&format!("/networks/{network}/networklabels"), "<network_label id=\"blue\"/>");
    let label = |nic: &str| {
        format!(
            "<modified_labels><network_label id=\"blue\"><host_nic><name>{nic}</name></host_nic></network_label></modified_labels>"
        )
    };
    site.setup(&label("eth1"));
    let attachment = site.attachment(&network);
    assert!(site.nic("eth1.10").is_some());
    let path = format!("{}/networklabels", site.nic_path("eth2"));
    refused(
        &mut site.it,
        "POST",
        &path,
        "<network_label id=\"blue\"/>",
        409,
        "[Cannot add Label. The label 'blue' is already defined on other interface eth1 on the host.]",
    );
    let slaves = bond("bond0", "1", &["eth1", "eth2"]);
    site.setup(&format!("{slaves}{}", label("bond0")));
    assert_eq!(site.attachment(&network).id(), attachment.id());
    assert!(site.nic("eth1.10").is_none());
    assert!(site.nic("bond0.10").is_some());
    let path = format!("{}/networklabels", site.nic_path("eth1"));
    assert!(site.it.get(&path).children().is_empty());
}

#[test]
fn a_label_is_left_in_the_background() {
    let mut site = site();
    let network = site.network("app", "<vlan id=\"10\"/>");
    let labels = format!("/networks/{network}/networklabels");
    for (nic, label) in [("eth1", "blue"), ("eth2", "red")] {
        let path = format!("{}/networklabels", site.nic_path(nic));
        site.it.add(&path, &format!("<network_label id=\"{label}\"/>"));
    }
    let is_there = |site: &mut Site| site.attachment(&network).id().is_some();
    site.it.add(&labels, "<network_label id=\"blue\"/>");
    assert!(!is_there(&mut site));
    site.it.pass(6);
    assert!(is_there(&mut site));
    site.it.delete(&format!("{labels}/blue"));
    assert!(is_there(&mut site));
    site.it.add(&labels, "<network_label id=\"red\"/>");
    site.it.pass(6);
    assert!(!is_there(&mut site), "it was still there when the new label might have drawn it");
    site.it.delete(&format!("{labels}/red"));
    site.it.add(&labels, "<network_label id=\"red\"/>");
    site.it.pass(6);
    let eth2 = site.nic("eth2").unwrap().id().map(str::to_owned);
    assert_eq!(site.attachment(&network).child("host_nic").and_then(Element::id), eth2.as_deref());
}
