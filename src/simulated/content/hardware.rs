//! What hosts are made of: devices, NUMA nodes, cores, hooks, and the switches next to them.

use super::{Owner, id_of, named};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Name, capability, driver, vendor and product, and the group of what is passed on together.
type Device = (
    &'static str,
    &'static str,
    &'static str,
    (&'static str, &'static str),
    (&'static str, &'static str),
    &'static str,
);

const DEVICES: &[Device] = &[
    ("computer", "system", "", ("", ""), ("", ""), ""),
    (
        "pci_0000_00_00_0",
        "pci",
        "",
        ("0x8086", "Intel Corporation"),
        ("0x2020", "Sky Lake-E DMI3 Registers"),
        "0",
    ),
    (
        "pci_0000_00_1f_2",
        "pci",
        "ahci",
        ("0x8086", "Intel Corporation"),
        ("0xa182", "C620 Series SATA Controller"),
        "1",
    ),
    (
        "pci_0000_3b_00_0",
        "pci",
        "ixgbe",
        ("0x8086", "Intel Corporation"),
        ("0x1528", "Ethernet Controller 10-Gigabit X540-AT2"),
        "2",
    ),
    (
        "pci_0000_3b_00_1",
        "pci",
        "ixgbe",
        ("0x8086", "Intel Corporation"),
        ("0x1528", "Ethernet Controller 10-Gigabit X540-AT2"),
        "3",
    ),
    (
        "pci_0000_af_00_0",
        "pci",
        "nvidia",
        ("0x10de", "NVIDIA Corporation"),
        ("0x1eb8", "TU104GL [Tesla T4]"),
        "4",
    ),
    (
        "usb_usb1",
        "usb_device",
        "usb",
        ("0x1d6b", "Linux Foundation"),
        ("0x0002", "2.0 root hub"),
        "",
    ),
    ("scsi_0_0_0_0", "scsi", "sd", ("", "ATA"), ("", "INTEL SSDSC2KB96"), ""),
];

/// A host is known by its parts only after it was deployed.
fn deployed(site: &Site, owner: &Owner<'_>) -> Option<Handle> {
    let host = owner.object?;
    let unknown = ["installing", "install_failed", "installing_os", "pending_approval"];
    (!unknown.contains(&site.status(host))).then_some(host)
}

/// The devices of a host.
pub fn devices(site: &Site, owner: &Owner<'_>) -> Vec<Element> {
    let Some(host) = deployed(site, owner) else { return Vec::new() };
    DEVICES.iter().map(|device| show(site, host, device)).collect()
}

fn show(site: &Site, host: Handle, device: &Device) -> Element {
    let (name, capability, driver, vendor, product, group) = device;
    let mut body = named("host_device", name);
    tree::set(&mut body, "capability", capability);
    for (element, text) in [("driver", driver), ("iommu_group", group)] {
        if !text.is_empty() {
            tree::set(&mut body, element, text);
        }
    }
    for (element, (id, name)) in [("vendor", vendor), ("product", product)] {
        if !name.is_empty() {
            let known = if id.is_empty() { name } else { id };
            body.push(Element::link(element, *known).with(Element::leaf("name", *name)));
        }
    }
    tree::set(&mut body, "placeholder", "false");
    body.push(Element::link("host", site.id(host)));
    if *name != "computer" {
        let parent = id_of(&["device", site.id(host), "computer"]);
        body.push(Element::link("parent_device", parent).with(Element::leaf("name", "computer")));
    }
    body.with_attribute("id", id_of(&["device", site.id(host), name]))
}

/// How many sockets a host has, and how many cores each.
fn topology(site: &Site, host: Handle) -> (i64, i64) {
    let part = |it: &str| {
        tree::number(site.body(host), &format!("cpu/topology/{it}")).unwrap_or(1).clamp(1, 64)
    };
    (part("sockets"), part("cores"))
}

/// The NUMA nodes of a host: one a socket.
pub fn numa_nodes(site: &Site, owner: &Owner<'_>) -> Vec<Element> {
    let Some(host) = deployed(site, owner) else { return Vec::new() };
    let (sockets, cores) = topology(site, host);
    let memory = (tree::number(site.body(host), "memory").unwrap_or(0) / sockets) >> 20;
    (0..sockets).map(|node| numa_node(site, host, (node, sockets), cores, memory)).collect()
}

fn numa_node(
    site: &Site,
    host: Handle,
    (node, nodes): (i64, i64),
    cores: i64,
    memory: i64,
) -> Element {
    let mut all = Element::new("cores");
    for core in node * cores..(node + 1) * cores {
        all.push(Element::new("core").with(Element::leaf("index", core.to_string())));
    }
    let distance = |to| if to == node { "10" } else { "21" };
    let distances: Vec<&str> = (0..nodes).map(distance).collect();
    let mut body = Element::new("host_numa_node");
    tree::set(&mut body, "index", node.to_string());
    tree::set(&mut body, "memory", memory.to_string());
    tree::set(&mut body, "node_distance", distances.join(" "));
    body.push(Element::new("cpu").with(all));
    body.push(Element::link("host", site.id(host)));
    body.with_attribute("id", id_of(&["numa", site.id(host), &node.to_string()]))
}

/// The cores of a host, and whose they are.
pub fn cpu_units(site: &Site, owner: &Owner<'_>) -> Vec<Element> {
    let Some(host) = deployed(site, owner) else { return Vec::new() };
    let (sockets, cores) = topology(site, host);
    let unit = |number: i64| {
        let mut body = Element::new("host_cpu_unit");
        tree::set(&mut body, "core_id", (number % cores).to_string());
        tree::set(&mut body, "cpu_id", number.to_string());
        tree::set(&mut body, "runs_vdsm", (number == 1).to_string());
        tree::set(&mut body, "socket_id", (number / cores).to_string());
        body
    };
    (0..sockets * cores).map(unit).collect()
}

const HOOKS: &[(&str, &str)] = &[
    ("before_vm_start", "50_hostedengine"),
    ("before_device_create", "50_vmfex"),
    ("after_network_setup", "30_ethtool_options"),
];

/// The hooks that are installed on a host.
pub fn hooks(site: &Site, owner: &Owner<'_>) -> Vec<Element> {
    let Some(host) = deployed(site, owner) else { return Vec::new() };
    let hook = |(event, name): &(&str, &str)| {
        let id = id_of(&["hook", site.id(host), name]);
        let mut body = named("hook", name);
        tree::set(&mut body, "event_name", event);
        tree::set(&mut body, "md5", id_of(&["md5", name]).replace('-', ""));
        body.push(Element::link("host", site.id(host)));
        body.with_attribute("id", id)
    };
    HOOKS.iter().map(hook).collect()
}

/// Name, type and the property that a switch tells of itself.
const NEIGHBOURS: &[(&str, &str, &str, &str)] = &[
    ("Chassis ID", "1", "chassis mac address", "b4:0c:25:01:80:00"),
    ("Port ID", "2", "interface name", "Ethernet1/1"),
    ("Time To Live", "3", "time to live", "120"),
    ("System Name", "5", "system name", "switch-1.lab.example.com"),
];

/// What the switch at a NIC tells of itself.
pub fn neighbours(site: &Site, owner: &Owner<'_>) -> Vec<Element> {
    let Some(nic) = owner.object else { return Vec::new() };
    let up = site.parent(nic).is_some_and(|host| site.status(host) == "up");
    let neighbour = |(name, number, property, value): &(&str, &str, &str, &str)| {
        let mut body = named("link_layer_discovery_protocol_element", name);
        tree::set(&mut body, "type", number);
        let property = named("property", property).with(Element::leaf("value", *value));
        body.push(Element::new("properties").with(property));
        body.with_attribute("id", id_of(&["lldp", site.id(nic), name]))
    };
    let shown = if up { NEIGHBOURS } else { &[] };
    shown.iter().map(neighbour).collect()
}
