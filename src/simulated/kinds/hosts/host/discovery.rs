//! What the engine learns from a host that answers.

use crate::simulated::kinds::cluster_network;
use crate::simulated::kinds::hosts::networking;
use crate::simulated::kinds::san;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::CPU_TYPE;

const GIB: u64 = 1 << 30;
const MEMORY: u64 = 256 * GIB;

/// What a NIC is made of: its name, whether it has a link, and how many virtual functions it can
/// have.
struct Card {
    name: &'static str,
    link: bool,
    functions: Option<u32>,
}

const CARDS: &[Card] = &[
    Card { name: "eth0", link: true, functions: None },
    Card { name: "eth1", link: true, functions: None },
    Card { name: "eth2", link: true, functions: None },
    Card { name: "eth3", link: true, functions: Some(7) },
    Card { name: "eth4", link: false, functions: None },
];

/// Reads what a host is and has.
pub fn discover(site: &mut Site, host: Handle) {
    san::zone(site, host);
    site.edit(host, |body| {
        for (path, value) in [
            ("cpu/name", "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz"),
            ("cpu/speed", "2500"),
            ("cpu/type", CPU_TYPE),
            ("cpu/topology/cores", "16"),
            ("cpu/topology/sockets", "2"),
            ("cpu/topology/threads", "2"),
            ("os/type", "RHEL"),
            ("os/version/full_version", "9.4"),
            ("version/major", "4"),
            ("version/minor", "5"),
            ("version/full_version", "vdsm-4.50.5.1-1.el9"),
            ("se_linux/mode", "enforcing"),
            ("hardware_information/manufacturer", "Simulated"),
        ] {
            tree::set(body, path, value);
        }
        tree::set(body, "memory", MEMORY.to_string());
        tree::set(body, "max_scheduling_memory", (MEMORY - 2 * GIB).to_string());
    });
    if site.store.children(host, "host_nics").next().is_none() {
        add_nics(site, host);
    }
}

fn add_nics(site: &mut Site, host: Handle) {
    for (at, card) in CARDS.iter().enumerate() {
        let mac = format!("52:54:00:{:02x}:{:02x}:{at:02x}", site.chance(256), site.chance(256));
        let mut body = Element::new("host_nic").with(Element::leaf("name", card.name));
        for (path, value) in [
            ("mac/address", mac.as_str()),
            ("status", if card.link { "up" } else { "down" }),
            ("boot_protocol", "none"),
            ("ipv6_boot_protocol", "none"),
            ("bridged", "false"),
            ("mtu", "1500"),
            ("speed", if card.link { "10000000000" } else { "0" }),
        ] {
            tree::set(&mut body, path, value);
        }
        if let Some(functions) = card.functions {
            for (name, value) in [
                ("all_networks_allowed", "true".to_owned()),
                ("max_number_of_virtual_functions", functions.to_string()),
                ("number_of_virtual_functions", "0".to_owned()),
            ] {
                tree::set(&mut body, &format!("virtual_functions_configuration/{name}"), value);
            }
        }
        tree::refer(&mut body, "host", site.id(host));
        site.add_fresh("host_nics", Some(host), body);
    }
    attach_management(site, host);
}

/// The network through which the engine came is on the first NIC.
fn attach_management(site: &mut Site, host: Handle) {
    let cluster = site.refers(host, "cluster", "clusters");
    let network = cluster.and_then(|it| cluster_network::management(site, it));
    let Some(network) = network else { return };
    let mut body = Element::new("network_attachment");
    let method = "ip_address_assignments/ip_address_assignment/assignment_method";
    tree::set(&mut body, method, "dhcp");
    let mut picture = networking::Picture::of(site, host);
    picture.attach(network, "eth0", body);
    picture.write(site, host);
}
