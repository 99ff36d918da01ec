//! What the simulated engine refuses of the networks of hosts, one fault after the other.

use virtuform::simulated::{Effect, Trouble};

use crate::asking::{Asking, refused};

struct Lab {
    it: Asking,
    host: String,
    center: String,
    cluster: String,
}

impl Lab {
    fn new() -> Self {
        let mut it = Asking::lab();
        let host = it.host("host-1");
        let center = it.id("datacenters", "lab");
        let cluster = it.id("clusters", "lab");
        Self { it, host, center, cluster }
    }

    fn network(&mut self, name: &str, more: &str) -> String {
        let document = format!(
            "<network><name>{name}</name><data_center id=\"{}\"/>{more}</network>",
            self.center
        );
        let id = self.it.add("/networks", &document);
        let assigned = format!("/clusters/{}/networks", self.cluster);
        self.it
            .add(&assigned, &format!("<network id=\"{id}\"><required>false</required></network>"));
        id
    }

    fn setup(&mut self, what: &str) {
        let path = format!("{}/setupnetworks", self.host);
        self.it.post(&path, &format!("<action>{what}</action>"));
    }

    fn attachment(&mut self, network: &str) -> String {
        let all = self.it.get(&format!("{}/networkattachments", self.host));
        let of = |it: &&virtuform::xml::Element| it.child("network").unwrap().id() == Some(network);
        all.children().iter().find(of).unwrap().id().unwrap().to_owned()
    }

    fn all_refused(&mut self, faults: &[(&str, String, u16, &str)]) {
        let path = format!("{}/setupnetworks", self.host);
        for (_, what, status, text) in faults {
            let document = format!("<action>{what}</action>");
            refused(&mut self.it, "POST", &path, &document, *status, text);
        }
    }
}

fn attach(network: &str, nic: &str, more: &str) -> String {
    list(&format!(
        "<network_attachment><network><name>{network}</name></network><host_nic><name>{nic}</name></host_nic>{more}</network_attachment>"
    ))
}

fn list(attachments: &str) -> String {
    format!("<modified_network_attachments>{attachments}</modified_network_attachments>")
}

fn removed(id: &str) -> String {
    format!(
        "<removed_network_attachments><network_attachment id=\"{id}\"/></removed_network_attachments>"
    )
}

fn bond(name: &str, mode: &str, slaves: &[&str]) -> String {
    format!("<modified_bonds>{}</modified_bonds>", one_bond(name, mode, slaves))
}

fn one_bond(name: &str, mode: &str, slaves: &[&str]) -> String {
    let slaves: String =
        slaves.iter().map(|it| format!("<host_nic><name>{it}</name></host_nic>")).collect();
    format!(
        "<host_nic><name>{name}</name><bonding><options><option><name>mode</name><value>{mode}</value></option></options><slaves>{slaves}</slaves></bonding></host_nic>"
    )
}

fn address(method: &str, ip: &str) -> String {
    format!(
        "<ip_address_assignments><ip_address_assignment>{method}<ip>{ip}</ip></ip_address_assignment></ip_address_assignments>"
    )
}

fn label(name: &str, nic: &str) -> String {
    format!(
        "<modified_labels><network_label id=\"{name}\"><host_nic><name>{nic}</name></host_nic></network_label></modified_labels>"
    )
}

const DHCP: &str = "<ip_address_assignments><ip_address_assignment><assignment_method>dhcp</assignment_method></ip_address_assignment></ip_address_assignments>";

#[test]
fn attachments() {
    let mut lab = Lab::new();
    let app = lab.network("app", "<vlan id=\"10\"/>");
    lab.network("web", "<vlan id=\"11\"/>");
    lab.network("same", "<vlan id=\"10\"/>");
    lab.network("plain", "");
    lab.network("bare", "");
    let elsewhere =
        format!("<network><name>elsewhere</name><data_center id=\"{}\"/></network>", lab.center);
    lab.it.add("/networks", &elsewhere);
    lab.setup(&attach("app", "eth1", ""));
    let id = lab.attachment(&app);
    let change =
        |more: &str| list(&format!("<network_attachment id=\"{id}\">{more}</network_attachment>"));
    let none = "00000000-0000-0000-0000-0000000000ff";
    lab.all_refused(&[
        ("no time to answer", "<connectivity_timeout>121</connectivity_timeout>".to_owned(), 400,
         "[Cannot setup Networks. Connectivity timeout must be between 1 and 120.]"),
        ("changed and removed", format!("{}{}", change(DHCP), removed(&id)), 400,
         "[Cannot setup Networks. Cannot remove and update a Network Attachment simultaneously. The same network attachment ("),
        ("a label without a name", "<modified_labels><network_label><host_nic><name>eth1</name></host_nic></network_label></modified_labels>".to_owned(), 400,
         "[Nic Label cannot have null label.]"),
        ("no network", list("<network_attachment><host_nic><name>eth1</name></host_nic></network_attachment>"), 400,
         "[Cannot setup Networks. There's unset networkId or networkName among given network attachments."),
        ("a name that nothing has", attach("nothing", "eth1", ""), 400,
         "[Logical Network (name 'nothing') doesn't exist.]"),
        ("a network of no cluster", attach("elsewhere", "eth1", ""), 400,
         "[Logical Network 'elsewhere' does not exist in Cluster.]"),
        ("an id that nothing has", list(&format!("<network_attachment><network id=\"{none}\"/><host_nic><name>eth1</name></host_nic></network_attachment>")), 400,
         "[Logical Network (id '00000000-0000-0000-0000-0000000000ff') doesn't exist.]"),
        ("no such attachment", list(&format!("<network_attachment id=\"{none}\"/>")), 400,
         "[Cannot setup Networks. Updated Network Attachment (id '00000000-0000-0000-0000-0000000000ff') does not exist.]"),
        ("no NIC", list("<network_attachment><network><name>web</name></network></network_attachment>"), 400,
         "[Cannot setup Networks. The host network interface does not have name set.]"),
        ("no such NIC", attach("web", "eth9", ""), 400,
         "[Cannot setup Networks. The host network interface (id null, name eth9) does not exist.]"),
        ("a VLAN device", attach("web", "eth1.10", ""), 400,
         "[Cannot setup Networks. The attachment of network 'web' references vlan device 'eth1.10'."),
        ("once more", attach("app", "eth2", ""), 400,
         "[Cannot setup Networks. Network app is already attached via attachment"),
        ("another network", change("<network><name>web</name></network>"), 400,
         "[Cannot setup Networks. Network of given Network Attachment (id "),
        ("changed and removed", format!("{}{}", change(DHCP), removed(&id)), 400,
         "[Cannot setup Networks. Cannot remove and update a Network Attachment simultaneously."),
        ("removed what is not there", removed(none), 400,
         "[Cannot setup Networks. Cannot remove following Network Attachments, because they do not exist: "),
        ("twice in one call", list(&["eth2", "eth3"].map(|nic| format!("<network_attachment><network><name>web</name></network><host_nic><name>{nic}</name></host_nic></network_attachment>")).concat()), 409,
         "[Cannot setup Networks. The following Logical Networks are attached to more than one Network Interface: web.]"),
        ("two without a tag", list(&["plain", "bare"].map(|network| format!("<network_attachment><network><name>{network}</name></network><host_nic><name>eth2</name></host_nic></network_attachment>")).concat()), 409,
         "[Cannot setup Networks. At most one VLAN-untagged Logical Network is allowed on a NIC (optionally in conjunction with several VLAN Logical Networks). The following Network Interfaces violate that rule: eth2.]"),
        ("the same tag twice", attach("same", "eth1", ""), 409,
         "[The specified VLAN ID (10) is already in use.]"),
        ("an unknown property", attach("web", "eth2", "<properties><property><name>x</name><value>y</value></property></properties>"), 400,
         "[Cannot setup Networks. Some network custom properties contained errors"),
    ]);
    let path = format!("{}/networkattachments", lab.host);
    refused(
        &mut lab.it,
        "POST",
        &path,
        "<network_attachment><network><name>app</name></network><host_nic><name>eth2</name></host_nic></network_attachment>",
        409,
        "[Cannot setup Networks. Given network 'app' is already attached to given host 'host-1'.]",
    );
}

#[test]
fn addresses_and_roles() {
    let mut lab = Lab::new();
    lab.network("app", "<vlan id=\"10\"/>");
    let moving = lab.network("moving", "<vlan id=\"11\"/>");
    let by = |method: &str| format!("<assignment_method>{method}</assignment_method>");
    lab.all_refused(&[
        ("no address", attach("app", "eth1", &address(&by("static"), "<version>v4</version>")), 400,
         "[Insufficient ip configuration of Network attachment for Network app, Interface eth1. Must define ip address and netmask when boot protocol is static.]"),
        ("no method", attach("app", "eth1", &address("", "<address>192.0.2.1</address>")), 400,
         "[Insufficient ip configuration details of Network attachment for Network app, Interface eth1. Boot protocol is missing.]"),
        ("an address by DHCP", attach("app", "eth1", &address(&by("dhcp"), "<address>192.0.2.1</address>")), 400,
         "[Incompatible ip configuration of Network attachment for Network app, Interface eth1. Can't determine the ip address, netmask or gateway when boot protocol is set to DHCP.]"),
        ("a second default route", attach("app", "eth1", &address(&by("static"), "<address>2001:db8::2</address><netmask>64</netmask><gateway>2001:db8::1</gateway><version>v6</version>")), 400,
         "[Bad IPv6 configuration for Network attachment of Network app. IPv6 gateway can only be set on a network which holds the default route role.]"),
    ]);
    let assigned = format!("/clusters/{}/networks/{moving}", lab.cluster);
    let roles = "<network><usages><usage>migration</usage></usages></network>";
    lab.setup(&attach("moving", "eth1", ""));
    refused(
        &mut lab.it,
        "PUT",
        &assigned,
        roles,
        400,
        "[Cannot edit Network. IP address has to be set for the NIC that bears a role network. Network: moving, Nic: eth1 on host host-1 violates that rule.]",
    );
    let id = lab.attachment(&moving);
    lab.setup(&list(&format!("<network_attachment id=\"{id}\">{DHCP}</network_attachment>")));
    lab.it.put(&assigned, roles);
    lab.all_refused(&[(
        "a role without an address",
        list(&format!("<network_attachment id=\"{id}\"><ip_address_assignments/></network_attachment>")),
        409,
        "[Cannot setup Networks. Role (migration/display/gluster/default-route) network 'moving' has no boot protocol assigned.]",
    )]);
}

#[test]
fn bonds() {
    let mut lab = Lab::new();
    let app = lab.network("app", "");
    lab.setup(&attach("app", "eth1", ""));
    let id = lab.attachment(&app);
    lab.all_refused(&[
        ("a bad name", bond("team0", "4", &["eth2", "eth3"]), 400, "[Bond name 'team0' does not follow naming criteria."),
        ("one NIC", bond("bond0", "4", &["eth2"]), 400,
         "[Cannot setup Networks. The following bonds consist of less than two Network Interfaces: bond0.]"),
        ("no name", "<modified_bonds><host_nic><bonding/></host_nic></modified_bonds>".to_owned(), 400,
         "[Cannot setup Networks. Among the given bonds, there is a bond with neither nicName nor nicId."),
        ("no such NIC", bond("bond0", "4", &["eth2", "eth9"]), 400,
         "[Cannot setup Networks. The host network interface (name eth9) does not exist.]"),
        ("a NIC with a network", bond("bond0", "4", &["eth1", "eth2"]), 409,
         "[Cannot setup Networks. Network Interface 'eth1' cannot become slave, there's network 'app' attached to it.]"),
        ("one NIC twice", bond("bond0", "4", &["eth2", "eth2"]), 409,
         "[Cannot setup Networks. Network interface 'eth2' is used multiple times in new or modified bonds in this request."),
        ("no such bond", "<removed_bonds><host_nic><name>bond7</name></host_nic></removed_bonds>".to_owned(), 400,
         "[Following bonds do not exist: bond7.]"),
        ("no bond", "<removed_bonds><host_nic><name>eth1</name></host_nic></removed_bonds>".to_owned(), 409,
         "[Cannot setup Networks. The given network interface 'eth1' is not a bond.]"),
        ("machines in mode 0", format!("{}{}", bond("bond0", "0", &["eth2", "eth3"]), list(&format!("<network_attachment id=\"{id}\"><host_nic><name>bond0</name></host_nic></network_attachment>"))), 400,
         "[Network app is attached to bond bond0. VM networks cannot be attached to bonds in mode 0, 5 or 6.]"),
    ]);
    let web = lab.network("web", "<vlan id=\"9\"/>");
    lab.all_refused(&[(
        "a network and a bond at once",
        format!("{}{}", bond("bond0", "4", &["eth2", "eth3"]), attach("web", "eth2", "")),
        409,
        "[Cannot setup Networks. Network Interface 'eth2' cannot become slave, because you're also attaching network 'web' to it.]",
    )]);
    lab.setup(&format!("{}{}", bond("bond0", "4", &["eth2", "eth3"]), attach("web", "bond0", "")));
    let on_bond = lab.attachment(&web);
    lab.all_refused(&[
        ("a NIC of a bond in another", bond("bond1", "4", &["eth3", "eth4"]), 409,
         "[Network Interface 'eth3' already belongs to the bond.]"),
        ("a bond in a bond", bond("bond1", "4", &["bond0", "eth4"]), 409,
         "[Cannot setup Networks. Network Interface 'bond0' cannot be slave: Neither bond nor vlan can be slave.]"),
        ("in use", "<removed_bonds><host_nic><name>bond0</name></host_nic></removed_bonds>".to_owned(), 409,
         "[Cannot remove bond bond0, because it's used by Network Attachments: "),
        ("a network on a NIC of a bond", list(&format!("<network_attachment id=\"{on_bond}\"><host_nic><name>eth3</name></host_nic></network_attachment>")), 400,
         "[Cannot setup Networks. Cannot create Network Attachment directly on slave or vlan interface. Network name = 'web', Network interface name = 'eth3'.]"),
        ("changed and removed", format!("{}<removed_bonds><host_nic><name>bond0</name></host_nic></removed_bonds>", bond("bond0", "1", &["eth2", "eth3"])), 400,
         "[Cannot setup Networks. Bond bond0 is updated and removed simultaneously.]"),
        ("a label on a NIC of a bond", label("red", "eth3"), 400,
         "[Cannot setup Networks. Network interface 'eth3' cannot be labeled."),
    ]);
}

#[test]
fn labels() {
    let mut lab = Lab::new();
    let app = lab.network("app", "<vlan id=\"10\"/>");
    lab.setup(&label("blue", "eth1"));
    lab.all_refused(&[
        ("no such NIC", label("red", "eth9"), 400,
         "[Cannot setup Networks. Label 'red' cannot be attached to non-existing/removed 'eth9' network interface.]"),
        ("no NIC", "<modified_labels><network_label id=\"red\"/></modified_labels>".to_owned(), 400,
         "[Nic Label must provide either nic id or nic name.]"),
        ("nowhere", "<removed_labels><network_label id=\"red\"/></removed_labels>".to_owned(), 400,
         "[Cannot setup Networks. Label 'red' cannot be removed, since it isn't attached to any network interface.]"),
        ("set and removed", format!("{}<removed_labels><network_label id=\"blue\"/></removed_labels>", label("blue", "eth2")), 400,
         "[Cannot setup Networks. Labels 'blue' appear in the 'labels/removed labels' lists more than once.]"),
    ]);
    lab.it.add(&format!("/networks/{app}/networklabels"), "<network_label id=\"green\"/>");
    lab.all_refused(&[(
        "label here, network there",
        format!("{}{}", label("green", "eth2"), attach("app", "eth3", "")),
        409,
        "[Cannot setup Networks. Cannot attach network 'app' to network interface 'eth3', it should be attached via label to network interface 'eth2'.]",
    )]);
    let path = format!("/networks/{app}/networklabels");
    lab.it.delete(&format!("{path}/green"));
    refused(
        &mut lab.it,
        "POST",
        &path,
        "<network_label id=\"a b\"/>",
        400,
        "[Network label must be formed only from: English letters, numbers, hyphen or underscore.]",
    );
}

#[test]
fn what_stays_and_what_must_agree() {
    let mut lab = Lab::new();
    let networks = lab.it.get(&format!("/datacenters/{}/networks", lab.center));
    let management = lab.attachment(networks.children()[0].id().unwrap());
    lab.network("big", "<vlan id=\"10\"/><mtu>9000</mtu>");
    lab.network("plain", "");
    lab.all_refused(&[
        ("the management network", removed(&management), 400,
         "[The Management Network ('ovirtmgmt') is mandatory and cannot be removed.]"),
        ("other MTUs", list(&["big", "plain"].map(|network| format!("<network_attachment><network><name>{network}</name></network><host_nic><name>eth1</name></host_nic></network_attachment>")).concat()), 409,
         "[Cannot setup Networks. The following Logical Networks do not have the same MTU value: big(9000), plain(default).]"),
    ]);
    let qos = lab.it.add(
        &format!("/datacenters/{}/qoss", lab.center),
        "<qos><name>q</name><type>hostnetwork</type><outbound_average_linkshare>10</outbound_average_linkshare></qos>",
    );
    lab.network("slow", &format!("<vlan id=\"12\"/><qos id=\"{qos}\"/>"));
    lab.network("free", "<vlan id=\"13\"/>");
    lab.all_refused(&[
        ("QoS for some", list(&["slow", "free"].map(|network| format!("<network_attachment><network><name>{network}</name></network><host_nic><name>eth1</name></host_nic></network_attachment>")).concat()), 400,
         "[Cannot setup Networks. All or none of the networks attached to an interface must have QoS configured, but on the following interface(s) some of the networks are missing QoS: eth1.]"),
        ("QoS without a share", attach("free", "eth1", "<qos><outbound_average_upperlimit>10</outbound_average_upperlimit></qos>"), 400,
         "[Cannot setup Networks. Weighted share must be specified to complete QoS configuration, but the following network(s) are missing it: free.]"),
        ("QoS that contradicts itself", attach("free", "eth1", "<qos><outbound_average_linkshare>1</outbound_average_linkshare><outbound_average_upperlimit>10</outbound_average_upperlimit><outbound_average_realtime>20</outbound_average_realtime></qos>"), 400,
         "[Cannot setup Networks. If both are provided, rate limit must not be lower than committed rate. However, this is not the case with the following network(s): free.]"),
    ]);
    let app = lab.network("app", "<vlan id=\"20\"/>");
    for host in ["host-1", "host-2"] {
        lab.host = format!("/hosts/{}", lab.it.id("hosts", host));
        lab.setup(&attach("app", "eth2", ""));
    }
    let profiles = lab.it.get(&format!("/networks/{app}/vnicprofiles"));
    let profile = profiles.children()[0].id().unwrap();
    let vm = format!("/vms/{}", lab.it.vm("web", ""));
    lab.it.pass(6);
    lab.it.post(
        &format!("{vm}/nics"),
        &format!("<nic><name>app</name><vnic_profile id=\"{profile}\"/></nic>"),
    );
    lab.it.act(&format!("{vm}/start"));
    lab.it.pass(6);
    let host = lab.it.get(&vm).child("host").unwrap().id().unwrap().to_owned();
    lab.host = format!("/hosts/{host}");
    let attachment = lab.attachment(&app);
    lab.all_refused(&[(
        "used by a machine",
        removed(&attachment),
        409,
        "[Cannot setup Networks. The following Logical Network: 'app' is being used by the following VM(s): 'web' . Please stop the VM(s) and try again.]",
    )]);
    refused(
        &mut lab.it,
        "PUT",
        &format!("/networks/{app}"),
        "<network><name>other</name></network>",
        409,
        "[Cannot edit Network. This logical network is used by hosts: (2): ",
    );
}

#[test]
fn what_is_out_of_line_is_synchronized_before_it_is_edited() {
    let mut lab = Lab::new();
    let app = lab.network("app", "<vlan id=\"10\"/>");
    lab.setup(&attach("app", "eth1", ""));
    let id = lab.attachment(&app);
    lab.it.login();
    lab.it.engine.trouble(Trouble::on("PUT", "/networks/*", Effect::FailWork));
    lab.it.over_http("PUT", &format!("/networks/{app}"), "<network><mtu>9000</mtu></network>");
    lab.it.pass(6);
    let path = format!("{}/networkattachments/{id}", lab.host);
    assert_eq!(lab.it.text(&path, "in_sync"), "false");
    let change = format!("<network_attachment id=\"{id}\">{DHCP}</network_attachment>");
    lab.all_refused(&[(
        "out of line",
        list(&change),
        409,
        "[Cannot setup Networks. The following Network definitions on the Network Interface are different than those on the Logical Network. Please synchronize the Network Interface before editing network app. The non-synchronized values are: MTU.]",
    )]);
    lab.it.put(&format!("{path}?override_configuration=true"), DHCP_ATTACHMENT);
    assert_eq!(lab.it.text(&path, "in_sync"), "true");
}

const DHCP_ATTACHMENT: &str = "<network_attachment><ip_address_assignments><ip_address_assignment><assignment_method>dhcp</assignment_method></ip_address_assignment></ip_address_assignments></network_attachment>";

#[test]
fn virtual_functions() {
    let mut lab = Lab::new();
    let nics = lab.it.get(&format!("{}/nics", lab.host));
    let path = |name: &str| {
        let nic = nics.children().iter().find(|it| it.text_at("name") == Some(name)).unwrap();
        format!("{}/nics/{}", lab.host, nic.id().unwrap())
    };
    let (plain, able) = (path("eth1"), path("eth3"));
    let number = |number: i64| {
        format!(
            "<action><virtual_functions_configuration><number_of_virtual_functions>{number}</number_of_virtual_functions><all_networks_allowed>false</all_networks_allowed></virtual_functions_configuration></action>"
        )
    };
    let action = "updatevirtualfunctionsconfiguration";
    refused(
        &mut lab.it,
        "POST",
        &format!("{plain}/{action}"),
        &number(1),
        400,
        "[Cannot edit host NIC VFs configuration. The selected network interface eth1 is not SR-IOV enabled.]",
    );
    refused(
        &mut lab.it,
        "POST",
        &format!("{able}/{action}"),
        &number(8),
        400,
        "[Cannot edit host NIC VFs configuration. The specified number of VFs on network interface eth3 is 8, the valid range is 0 - 7.]",
    );
    lab.network("app", "<vlan id=\"10\"/>");
    let networks = format!("{able}/virtualfunctionallowednetworks");
    let app = "<network><name>app</name></network>";
    refused(
        &mut lab.it,
        "POST",
        &networks,
        app,
        409,
        "[Cannot add host NIC VFs configuration network. All networks are allowed, cannot set specific network/label.]",
    );
    lab.it.post(&format!("{able}/{action}"), &number(2));
    let nic = lab.it.get(&able);
    assert_eq!(
        nic.text_at("virtual_functions_configuration/number_of_virtual_functions"),
        Some("2")
    );
    let nics = lab.it.get(&format!("{}/nics", lab.host));
    assert_eq!(
        nics.all("host_nic").filter(|it| it.child("physical_function").is_some()).count(),
        2
    );
    lab.it.add(&networks, app);
    refused(
        &mut lab.it,
        "POST",
        &networks,
        app,
        409,
        "[Cannot add host NIC VFs configuration network. Network app already exists in network interface eth3 VFs configuration.]",
    );
    let labels = format!("{able}/virtualfunctionallowedlabels");
    lab.it.add(&labels, "<network_label id=\"blue\"/>");
    refused(
        &mut lab.it,
        "POST",
        &labels,
        "<network_label id=\"blue\"/>",
        409,
        "[Cannot add host NIC VFs configuration label. Label blue already exists in network interface eth3 VFs configuration.]",
    );
    assert!(lab.it.get(&format!("{able}/networklabels")).children().is_empty());
    lab.setup(&attach("app", "eth3v0", ""));
    refused(
        &mut lab.it,
        "POST",
        &format!("{able}/{action}"),
        &number(3),
        400,
        "[Cannot edit host NIC VFs configuration. The selected network interface eth3 has VFs that are in use.]",
    );
}
