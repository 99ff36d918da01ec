//! NICs of machines, and parameters of their filters.

use crate::asking::{Asking, refused};

fn nic(it: &mut Asking, vm: &str) -> String {
    let nics = format!("{vm}/nics");
    let id = it.get(&nics).children()[0].id().unwrap().to_owned();
    format!("{nics}/{id}")
}

#[test]
fn a_plugged_nic_changes_in_two_calls() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let path = nic(&mut it, &vm);
    let hot = "[Cannot edit Interface. Updating some of the properties is not supported while the interface is plugged into a running virtual machine.";
    let mac = "<mac><address>02:00:00:00:00:01</address></mac>";
    for change in [mac, "<interface>e1000</interface>"] {
        refused(&mut it, "PUT", &path, &format!("<nic>{change}</nic>"), 409, hot);
    }
    let active = "[Cannot remove Interface. The VM Network Interface is plugged to a running VM.]";
    refused(&mut it, "DELETE", &path, "", 409, active);
    it.put(&path, "<nic><name>eth9</name><linked>false</linked></nic>");
    it.put(&path, &format!("<nic><plugged>false</plugged>{mac}</nic>"));
    it.put(&path, "<nic><plugged>true</plugged></nic>");
    assert_eq!(it.text(&path, "mac/address"), "02:00:00:00:00:01");
    it.act(&format!("{path}/deactivate"));
    assert_eq!(it.text(&path, "plugged"), "false");
    it.act(&format!("{path}/activate"));
    it.act(&format!("{path}/deactivate"));
    it.delete(&path);
}

#[test]
fn nics_are_added_while_disks_are_copied() {
    let mut it = Asking::lab();
    let vm = format!("/vms/{}", it.vm("web", ""));
    assert_eq!(it.text(&vm, "status"), "image_locked");
    let made = it.post(&format!("{vm}/nics"), "<nic><name>nic9</name></nic>");
    assert_eq!(made.text_at("interface"), Some("virtio"));
    assert_eq!(made.text_at("plugged"), Some("true"));
    assert!(made.text_at("mac/address").is_some());
    assert!(made.child("vnic_profile").is_none(), "the empty network");
}

#[test]
fn what_nics_refuse() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let nics = format!("{vm}/nics");
    let own = nic(&mut it, &vm);
    let mac = it.text(&own, "mac/address");
    let format =
        "[MAC address must be in format \"HH:HH:HH:HH:HH:HH\" where H is a hexadecimal character";
    let unknown =
        "[Cannot add Interface. The specified VM network interface profile doesn't exist.]";
    for (document, status, text) in [
        ("<name>nic1</name>".to_owned(), 409, "[Network interface name is already in use]"),
        ("<name>n</name><mac><address>02:00:00</address></mac>".to_owned(), 400, format),
        (
            "<name>n</name><mac><address>03:00:00:00:00:01</address></mac>".to_owned(),
            400,
            "[Multi-cast MAC address is not allowed.]",
        ),
        (format!("<name>n</name><vnic_profile id=\"{}\"/>", crate::asking::ZERO), 400, unknown),
        (
            format!("<name>n</name><mac><address>{mac}</address></mac>"),
            409,
            &format!("[MAC Address {mac} is already in use by VM or snapshot: web.]"),
        ),
        (
            "<name>n</name><interface>pci_passthrough</interface><vnic_profile id=\"PROFILE\"/>"
                .replace("PROFILE", &it.id("vnicprofiles", "ovirtmgmt")),
            409,
            "[Cannot add Interface. The network interface type doesn't match the profile.",
        ),
    ] {
        refused(&mut it, "POST", &nics, &format!("<nic>{document}</nic>"), status, text);
    }
    it.act(&format!("{vm}/suspend"));
    it.pass(5);
    let status = "a Network Interface when VM is not Down, Up or Image-Locked.]";
    let new = "<nic><name>n</name></nic>";
    refused(&mut it, "POST", &nics, new, 409, &format!("[Cannot add {status}"));
    refused(&mut it, "PUT", &own, new, 409, &format!("[Cannot edit {status}"));
}

#[test]
fn mirrored_ports_are_not_rewired_live() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let path = nic(&mut it, &vm);
    let own = it.get(&path).child("vnic_profile").unwrap().id().unwrap().to_owned();
    let network = it.get(&format!("/vnicprofiles/{own}"));
    let network = network.child("network").unwrap().id().unwrap().to_owned();
    let new = format!(
        "<vnic_profile><name>mirror</name><network id=\"{network}\"/><port_mirroring>true</port_mirroring></vnic_profile>"
    );
    let profile = it.add("/vnicprofiles", &new);
    it.act(&format!("{vm}/stop"));
    it.pass(2);
    it.put(&path, &format!("<nic><vnic_profile id=\"{profile}\"/></nic>"));
    it.act(&format!("{vm}/start"));
    it.pass(6);
    let text = "[Cannot edit Interface. Update is not possible when 'Port Mirroring' is set on the interface of a running virtual machine.]";
    refused(&mut it, "PUT", &path, "<nic><linked>false</linked></nic>", 409, text);
}

#[test]
fn filters_have_parameters() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let all = format!("{}/networkfilterparameters", nic(&mut it, &vm));
    let new = "<network_filter_parameter><name>IP</name><value>10.0.0.1</value></network_filter_parameter>";
    let id = it.add(&all, new);
    it.put(&format!("{all}/{id}"), "<network_filter_parameter><name>IP</name><value>10.0.0.2</value></network_filter_parameter>");
    assert_eq!(it.text(&format!("{all}/{id}"), "value"), "10.0.0.2");
    let half = "<network_filter_parameter><name>IP</name></network_filter_parameter>";
    assert_eq!(it.refusal("POST", &all, half).0, 400);
    it.delete(&format!("{all}/{id}"));
}

#[test]
fn machines_have_only_so_many_slots_for_nics() {
    let mut it = Asking::lab();
    let nics = format!("/vms/{}/nics", it.vm("web", ""));
    for number in 2..=26 {
        it.post(&nics, &format!("<nic><name>nic{number}</name></nic>"));
    }
    let full = "[Cannot add Interface. Maximum PCI devices exceeded.]";
    refused(&mut it, "POST", &nics, "<nic><name>nic27</name></nic>", 409, full);
}

#[test]
fn nics_of_a_suspended_machine_stay_as_they_are_plugged() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let path = nic(&mut it, &vm);
    it.act(&format!("{vm}/suspend"));
    it.pass(5);
    for action in ["activate", "deactivate"] {
        let text = format!("[Cannot {action} Interface because the VM is in Suspended status.]");
        refused(&mut it, "POST", &format!("{path}/{action}"), "<action/>", 409, &text);
    }
}

#[test]
fn what_a_provider_runs_is_not_rewired_live() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let path = nic(&mut it, &vm);
    let provider = it.add("/openstacknetworkproviders", "<openstack_network_provider><name>ovn</name><url>https://ovn.example.com:9696</url><type>external</type><external_plugin_type>ovirt-provider-ovn</external_plugin_type><read_only>false</read_only><requires_authentication>false</requires_authentication></openstack_network_provider>");
    let center = it.id("datacenters", "lab");
    let network = it.add("/networks", &format!("<network><name>ovn-1</name><data_center id=\"{center}\"/><external_provider id=\"{provider}\"/></network>"));
    let lab = it.id("clusters", "lab");
    let all = format!("/clusters/{lab}/networks");
    if it.get(&all).children().iter().all(|it| it.id() != Some(network.as_str())) {
        it.post(&all, &format!("<network id=\"{network}\"><required>false</required></network>"));
    }
    let profile = it.get(&format!("/networks/{network}/vnicprofiles")).children()[0].clone();
    it.put(&path, "<nic><plugged>false</plugged></nic>");
    let profile = profile.id().unwrap().to_owned();
    it.put(&path, &format!("<nic><vnic_profile id=\"{profile}\"/></nic>"));
    it.put(&path, "<nic><plugged>true</plugged></nic>");
    let text = "[Cannot edit Interface. External network cannot be changed while plugged into a running virtual machine. Stop the VM or unplug the vNIC before editing.]";
    refused(&mut it, "PUT", &path, "<nic><linked>false</linked></nic>", 400, text);
}

/// A network that a cluster has, and no host: its profile.
fn far_profile(it: &mut Asking) -> String {
    let (center, lab) = (it.id("datacenters", "lab"), it.id("clusters", "lab"));
    let new = format!("<network><name>far</name><data_center id=\"{center}\"/></network>");
    let network = it.add("/networks", &new);
    let optional = format!("<network id=\"{network}\"><required>false</required></network>");
    it.post(&format!("/clusters/{lab}/networks"), &optional);
    let profile = it.get(&format!("/networks/{network}/vnicprofiles")).children()[0].clone();
    profile.id().unwrap().to_owned()
}

#[test]
fn nics_are_plugged_where_their_networks_are() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let own = nic(&mut it, &vm);
    let profile = far_profile(&mut it);
    let nics = format!("{vm}/nics");
    let lacking = "[The Network does not exist on the host the VM is running on.";
    let far = format!("<vnic_profile id=\"{profile}\"/>");
    let plugged = format!("<nic><name>nic2</name>{far}</nic>");
    refused(&mut it, "POST", &nics, &plugged, 409, lacking);
    assert_eq!(it.get(&nics).children().len(), 1, "not left behind");
    refused(&mut it, "PUT", &own, &format!("<nic>{far}</nic>"), 409, lacking);
    let unplugged = plugged.replace("</nic>", "<plugged>false</plugged></nic>");
    let path = format!("{nics}/{}", it.add(&nics, &unplugged));
    refused(&mut it, "PUT", &path, "<nic><plugged>true</plugged></nic>", 409, lacking);
    refused(&mut it, "POST", &format!("{path}/activate"), "<action/>", 409, lacking);
    it.put(&path, "<nic><name>eth2</name></nic>");
    it.act(&format!("{vm}/stop"));
    it.pass(3);
    it.act(&format!("{path}/activate"));
    it.act(&format!("{path}/deactivate"));
}

#[test]
fn machines_run_where_their_networks_are() {
    let mut it = Asking::lab();
    let vm = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    let profile = far_profile(&mut it);
    let new = format!("<nic><name>nic2</name><vnic_profile id=\"{profile}\"/></nic>");
    let nic = format!("{vm}/nics/{}", it.add(&format!("{vm}/nics"), &new));
    let reason = |host: &str| {
        format!(
            "The host {host} did not satisfy internal filter Network because network(s) far are missing."
        )
    };
    let text = format!(
        "[Cannot run VM. There is no host that satisfies current scheduling constraints. See below for details:, {}, {}]",
        reason("host-1"),
        reason("host-2")
    );
    refused(&mut it, "POST", &format!("{vm}/start"), "<action/>", 409, &text);
    it.put(&nic, "<nic><plugged>false</plugged></nic>");
    it.act(&format!("{vm}/start"));
    it.pass(6);
    assert_eq!(it.text(&vm, "status"), "up", "nothing is asked of a NIC that is not plugged");
}

#[test]
fn machines_run_where_their_consoles_are_reached() {
    let mut it = Asking::lab();
    let vm = format!("/vms/{}", it.vm("web", ""));
    it.pass(6);
    let profile = far_profile(&mut it);
    let network = it.get(&format!("/vnicprofiles/{profile}"));
    let network = network.child("network").unwrap().id().unwrap().to_owned();
    let lab = it.id("clusters", "lab");
    it.put(
        &format!("/clusters/{lab}/networks/{network}"),
        "<network><usages><usage>display</usage><usage>vm</usage></usages></network>",
    );
    let (status, text) = it.refusal("POST", &format!("{vm}/start"), "<action/>");
    assert_eq!(status, 409);
    assert!(text.contains("filter Network because display network far was missing."), "{text}");
}
