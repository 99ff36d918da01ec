//! Logical networks and what clusters make of them.

use crate::asking::{Asking, refused};

struct Lab {
    it: Asking,
    center: String,
    assigned: String,
}

fn lab() -> Lab {
    let mut it = Asking::lab();
    let center = it.id("datacenters", "lab");
    let assigned = format!("/clusters/{}/networks", it.id("clusters", "lab"));
    Lab { it, center, assigned }
}

impl Lab {
    fn document(&self, name: &str, more: &str) -> String {
        format!("<network><name>{name}</name><data_center id=\"{}\"/>{more}</network>", self.center)
    }

    fn network(&mut self, name: &str, more: &str) -> String {
        let document = self.document(name, more);
        self.it.add("/networks", &document)
    }
}

const NO_VM: &str = "<usages/>";

#[test]
fn what_cannot_be_added() {
    let mut lab = lab();
    let long = lab.network("a-name-of-more-than-fifteen-letters", "");
    let short = lab.it.text(&format!("/networks/{long}"), "vdsm_name");
    assert!(short.starts_with("on") && short.len() == 15, "{short}");
    let faults = [
        ("bond1", "", 400, "[Bad network name, network cannot start with 'bond']"),
        (
            "ovirtmgmt",
            "",
            409,
            "[Cannot add Network. The name of the logical network 'ovirtmgmt' is already used",
        ),
        (short.as_str(), "", 400, "[Bad network name ("),
        ("x", "<vlan id=\"4095\"/>", 400, "[VLAN ID must be a number between 0 and 4094.]"),
        (
            "x",
            "<stp>true</stp><usages/>",
            409,
            "[Cannot add Network. STP can only be enabled on VM Networks.]",
        ),
        (
            "x",
            "<port_isolation>true</port_isolation><usages/>",
            409,
            "[Cannot add Network. Port isolation can only be enabled on VM Networks.]",
        ),
        (
            "x",
            "<qos id=\"00000000-0000-0000-0000-00000000dead\"/>",
            400,
            "[Cannot add Network. QoS element not found.]",
        ),
        (
            "x",
            "<external_provider id=\"00000000-0000-0000-0000-00000000dead\"/>",
            400,
            "[Cannot add Network. The provider does not exist in the system.]",
        ),
    ];
    for (name, more, status, text) in faults {
        let document = lab.document(name, more);
        refused(&mut lab.it, "POST", "/networks", &document, status, text);
    }
    let first = lab.network("twins", "<vlan id=\"7\"/>");
    let second = lab.network("twin-too", "<vlan id=\"7\"/>");
    assert_ne!(first, second, "tags may repeat until they meet on a host");
}

#[test]
fn what_cannot_be_changed() {
    let mut lab = lab();
    let path = format!("/networks/{}", lab.network("n", ""));
    let faults = [
        (
            "<network><port_isolation>true</port_isolation></network>",
            400,
            "[Cannot edit Network. Port isolation option cannot be updated after Network is defined.]",
        ),
        (
            "<network><name>bond7</name></network>",
            400,
            "[Bad network name, network cannot start with 'bond']",
        ),
        (
            "<network><name>ovirtmgmt</name></network>",
            409,
            "[Cannot edit Network. The name of the logical network 'ovirtmgmt' is already used",
        ),
        (
            "<network><stp>true</stp><usages/></network>",
            409,
            "[Cannot edit Network. STP can only be enabled on VM Networks.]",
        ),
        (
            "<network><vlan id=\"9999\"/></network>",
            400,
            "[VLAN ID must be a number between 0 and 4094.]",
        ),
    ];
    for (document, status, text) in faults {
        refused(&mut lab.it, "PUT", &path, document, status, text);
    }
    lab.it.put(&path, "<network><name>renamed</name></network>");
    assert_eq!(lab.it.text(&format!("{path}/vnicprofiles"), "vnic_profile/name"), "renamed");
    lab.it.put(&path, &format!("<network>{NO_VM}</network>"));
    assert!(lab.it.get(&format!("{path}/vnicprofiles")).children().is_empty());
    lab.it.put(&path, "<network><usages><usage>vm</usage></usages></network>");
    assert!(lab.it.get(&format!("{path}/vnicprofiles")).children().is_empty(), "none comes back");
}

#[test]
fn roles_move_and_fall_back() {
    let mut lab = lab();
    let network = lab.network("moving", "");
    let assigned = lab.assigned.clone();
    lab.it.add(&assigned, &format!("<network id=\"{network}\"><required>false</required><usages><usage>migration</usage><usage>management</usage></usages></network>"));
    let one = format!("{assigned}/{network}");
    let usages = |lab: &mut Lab, path: &str| {
        let body = lab.it.get(path);
        let all = body.child("usages").unwrap().children().iter();
        let mut all: Vec<String> = all.map(|it| it.text().to_owned()).collect();
        all.sort();
        all.join(" ")
    };
    assert_eq!(
        usages(&mut lab, &one),
        "migration vm",
        "management is not given with an assignment"
    );
    lab.it.put(&one, "<network><usages/></network>");
    let management = lab
        .it
        .get(&format!("/datacenters/{}/networks", lab.center))
        .children()
        .iter()
        .find(|it| it.text_at("name") == Some("ovirtmgmt"))
        .unwrap()
        .id()
        .unwrap()
        .to_owned();
    let management = format!("{assigned}/{management}");
    assert_eq!(usages(&mut lab, &management), "default_route display management migration vm");
    let manage =
        "<network><required>true</required><usages><usage>management</usage></usages></network>";
    let faults = [
        (
            "PUT",
            one.as_str(),
            manage,
            400,
            "[Cannot edit Network. Changing management network in a non-empty cluster is not allowed.]",
        ),
        (
            "PUT",
            management.as_str(),
            "<network><usages/></network>",
            400,
            "[Cannot edit Network. Unsetting management network property is not allowed.",
        ),
        (
            "PUT",
            management.as_str(),
            "<network><required>false</required></network>",
            400,
            "[Cannot edit Network. The management network 'ovirtmgmt' must be required",
        ),
        (
            "DELETE",
            management.as_str(),
            "",
            400,
            "[The Management Network ('ovirtmgmt') is mandatory and cannot be removed.]",
        ),
    ];
    for (method, path, document, status, text) in faults {
        refused(&mut lab.it, method, path, document, status, text);
    }
    let foreign = lab
        .it
        .add("/datacenters", "<data_center><name>far</name><local>false</local></data_center>");
    let foreign = lab.it.get(&format!("/datacenters/{foreign}/networks")).children()[0]
        .id()
        .unwrap()
        .to_owned();
    refused(
        &mut lab.it,
        "POST",
        &assigned,
        &format!("<network id=\"{foreign}\"/>"),
        400,
        "[Cannot attach Network. Network belongs to a different data-center.]",
    );
    refused(
        &mut lab.it,
        "POST",
        &assigned,
        &format!("<network id=\"{network}\"/>"),
        409,
        "[Logical Network is already attached to Cluster.]",
    );
    lab.it.delete(&one);
}

#[test]
fn isolated_ports_need_the_right_switch() {
    let mut lab = lab();
    let network = lab.network("isolated", "<port_isolation>true</port_isolation>");
    let cluster = lab.it.add("/clusters", "<cluster><name>ovs</name><data_center><name>lab</name></data_center><switch_type>ovs</switch_type></cluster>");
    refused(
        &mut lab.it,
        "POST",
        &format!("/clusters/{cluster}/networks"),
        &format!("<network id=\"{network}\"/>"),
        400,
        "[Cannot attach Network. Port isolation requires Cluster Switch Type Linux Bridge.]",
    );
    lab.it.add("/datacenters", "<data_center><name>old</name><local>false</local><version><major>4</major><minor>4</minor></version></data_center>");
    let network = lab.it.add("/networks", "<network><name>isolated</name><data_center><name>old</name></data_center><port_isolation>true</port_isolation></network>");
    let cluster = lab.it.add(
        "/clusters",
        "<cluster><name>old</name><data_center><name>old</name></data_center></cluster>",
    );
    refused(
        &mut lab.it,
        "POST",
        &format!("/clusters/{cluster}/networks"),
        &format!("<network id=\"{network}\"/>"),
        400,
        "[Cannot attach Network. Port isolation requires cluster compatibility level 4.5 or higher.]",
    );
}

#[test]
fn networks_of_providers_stay_away_from_hosts() {
    let mut lab = lab();
    let (status, provider) = lab.it.ask("POST", "/openstacknetworkproviders", "<openstack_network_provider><name>ovn</name><url>https://ovn.example.com:9696</url><type>external</type><external_plugin_type>ovirt-provider-ovn</external_plugin_type><read_only>false</read_only><requires_authentication>false</requires_authentication></openstack_network_provider>");
    assert_eq!(status, 201);
    let provider = provider.unwrap().id().unwrap().to_owned();
    let of = format!("<external_provider id=\"{provider}\"/>");
    let physical = lab.network("wire", "");
    let over = format!("{of}<external_provider_physical_network id=\"{physical}\"/>");
    let faults = [
        (
            format!("{of}<usages/>"),
            400,
            "[Cannot add Network. An external network cannot be a non-VM network.]",
        ),
        (
            format!("{of}<port_isolation>true</port_isolation>"),
            409,
            "[Cannot add Network. Port isolation cannot be enabled on External Networks.]",
        ),
        (
            format!("{over}<vlan id=\"7\"/>"),
            400,
            "[Cannot add Network. Label and VLAN must be set by an external network.]",
        ),
        (
            over.replace(&physical, "00000000-0000-0000-0000-00000000dead"),
            400,
            "[Cannot add Network. Selected network does not exist on Datacenter.]",
        ),
    ];
    for (more, status, text) in faults {
        let document = lab.document("ext", &more);
        refused(&mut lab.it, "POST", "/networks", &document, status, text);
    }
    let network = lab.network("ext", &over);
    let assigned = lab.assigned.clone();
    let assign = |more: &str| format!("<network id=\"{network}\">{more}</network>");
    let roles =
        |role: &str| format!("<required>false</required><usages><usage>{role}</usage></usages>");
    let faults = [
        (
            "POST",
            assigned.clone(),
            assign(""),
            400,
            "[Cannot attach Network. External network cannot be set as required in the cluster.]",
        ),
        (
            "POST",
            assigned.clone(),
            assign(&roles("display")),
            400,
            "[Cannot attach Network. External network cannot be used as a display network.]",
        ),
        (
            "POST",
            assigned.clone(),
            assign(&roles("management")),
            400,
            "[Cannot attach Network. Management network has to be not external one.]",
        ),
        (
            "POST",
            "/clusters".to_owned(),
            format!(
                "<cluster><name>c</name><data_center><name>lab</name></data_center><management_network id=\"{network}\"/></cluster>"
            ),
            400,
            "[Cannot add Cluster. Management network has to be not external one.]",
        ),
        (
            "POST",
            assigned.clone(),
            assign(&roles("default_route")),
            400,
            "[Cannot attach Network. This operation is not supported for external networks.]",
        ),
        (
            "PUT",
            format!("/networks/{network}"),
            "<network><vlan id=\"8\"/></network>".to_owned(),
            400,
            "[Cannot edit Network. External network details (except name, description and MTU) cannot be changed.]",
        ),
        (
            "POST",
            format!("/networks/{network}/networklabels"),
            "<network_label id=\"blue\"/>".to_owned(),
            400,
            "[Cannot add Label. This operation is not supported for external networks.]",
        ),
        (
            "DELETE",
            format!("/networks/{physical}"),
            String::new(),
            409,
            "[Cannot remove Network. Cannot remove physical network linked to external networks: ext.]",
        ),
    ];
    for (method, path, document, status, text) in faults {
        refused(&mut lab.it, method, &path, &document, status, text);
    }
    lab.it.add(&assigned, &assign("<required>false</required>"));
    let host = format!("/hosts/{}/setupnetworks", lab.it.id("hosts", "host-1"));
    refused(
        &mut lab.it,
        "POST",
        &host,
        "<action><modified_network_attachments><network_attachment><network><name>ext</name></network><host_nic><name>eth1</name></host_nic></network_attachment></modified_network_attachments></action>",
        400,
        "[The external network 'ext' cannot be configured on the host's interface.]",
    );
}

#[test]
fn a_network_of_a_bond_to_storage_stays() {
    let mut lab = lab();
    let network = lab.network("san", "");
    let assigned = lab.assigned.clone();
    lab.it
        .add(&assigned, &format!("<network id=\"{network}\"><required>false</required></network>"));
    let bonds = format!("/datacenters/{}/iscsibonds", lab.center);
    let bond = format!(
        "<iscsi_bond><name>paths</name><networks><network id=\"{network}\"/></networks></iscsi_bond>"
    );
    let made = lab.it.add(&bonds, &bond);
    refused(
        &mut lab.it,
        "DELETE",
        &format!("/networks/{network}"),
        "",
        400,
        "[The Network ('san') could not be removed since several iSCSI bonds (1) are using this network:\n paths.\nPlease remove the network first from those iSCSI bonds, and try again.]",
    );
    lab.it.delete(&format!("{bonds}/{made}"));
    lab.it.delete(&format!("/networks/{network}"));
}
