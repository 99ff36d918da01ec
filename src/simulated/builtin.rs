//! What the setup of an engine brings.

use super::content;
use super::journal::Event;
use super::kinds::{ZERO, parts, people};
use super::site::Site;
use super::sso::Account;
use super::tree;
use crate::xml::Element;

const OVIRTMGMT: &str = "00000000-0000-0000-0000-000000000009";
const OVIRTMGMT_PROFILE: &str = "0000000a-000a-000a-000a-000000000398";
const DEFAULT_CPU_PROFILE: &str = "58ca604e-01a7-003f-01de-000000000250";
const DEFAULT_MAC_POOL: &str = "58ca604b-017d-0374-0220-00000000014e";

const INSTANCE_TYPES: &[(&str, &str, u64, &str)] = &[
    ("Tiny", "00000003-0003-0003-0003-0000000000be", 512, "1"),
    ("Small", "00000005-0005-0005-0005-0000000002e6", 2048, "1"),
    ("Medium", "00000007-0007-0007-0007-00000000010a", 4096, "2"),
    ("Large", "00000009-0009-0009-0009-0000000000f1", 8192, "2"),
    ("XLarge", "0000000b-000b-000b-000b-00000000021f", 16384, "4"),
];

/// Fills a fresh engine.
pub fn fill(site: &mut Site, accounts: &[Account]) {
    scenery(site);
    access(site, accounts);
    Event::of("VDC_START").tell(site);
    let mut pool = named("mac_pool", "Default");
    tree::set(&mut pool, "description", "Default MAC pool");
    tree::set(&mut pool, "allow_duplicates", "false");
    tree::set(&mut pool, "default_pool", "true");
    let (low, high) = (site.chance(256), site.chance(256));
    let range = Element::new("range")
        .with(Element::leaf("from", format!("56:6f:{low:02x}:{high:02x}:00:00")))
        .with(Element::leaf("to", format!("56:6f:{low:02x}:{high:02x}:ff:ff")));
    tree::put(&mut pool, Element::new("ranges").with(range));
    site.add("mac_pools", None, DEFAULT_MAC_POOL, pool);
    default_center(site);
    blank(site);
    instance_types(site);
    let mut root = named("tag", "root");
    tree::set(&mut root, "description", "root");
    site.add("tags", None, ZERO, root);
    parts::grant_to_everyone(site);
    parts::fill_network_provider(site);
}

fn named(element: &'static str, name: &str) -> Element {
    Element::new(element).with(Element::leaf("name", name))
}

fn default_center(site: &mut Site) {
    let mut body = named("data_center", "Default");
    tree::set(&mut body, "description", "The default Data Center");
    tree::set(&mut body, "local", "false");
    parts::prepare_data_center(&mut body);
    let center = site.add_fresh("data_centers", None, body);
    parts::equip_data_center(site, center, Some((OVIRTMGMT, OVIRTMGMT_PROFILE)));
    let mut body = named("cluster", "Default");
    tree::set(&mut body, "description", "The default server cluster");
    tree::refer(&mut body, "data_center", site.id(center));
    parts::prepare_cluster(site, &mut body, center);
    let cluster = site.add_fresh("clusters", None, body);
    site.hide(cluster, Element::new("builtin"));
    let management = site.top("networks", OVIRTMGMT).expect("the network was just added");
    parts::equip_cluster(site, cluster, management, Some(DEFAULT_CPU_PROFILE));
}

fn blank(site: &mut Site) {
    let mut body = named("template", "Blank");
    tree::set(&mut body, "description", "Blank template");
    parts::fill_defaults(&mut body);
    tree::set(&mut body, "memory_policy/guaranteed", "1073741824");
    tree::set(&mut body, "memory_policy/max", "4294967296");
    tree::set(&mut body, "status", "ok");
    tree::set(&mut body, "creation_time", site.date());
    parts::write_version(&mut body, 1, "", ZERO);
    let blank = site.add("templates", None, ZERO, body);
    parts::add_console(site, blank, "template_graphics_consoles", "vnc");
}

fn instance_types(site: &mut Site) {
    for (name, id, mebibytes, sockets) in INSTANCE_TYPES {
        let mut body = named("instance_type", name);
        tree::set(&mut body, "description", format!("{name} instance type"));
        let memory = (mebibytes << 20).to_string();
        tree::set(&mut body, "memory", memory.clone());
        tree::set(&mut body, "memory_policy/guaranteed", memory);
        tree::set(&mut body, "memory_policy/max", (mebibytes << 22).to_string());
        tree::set(&mut body, "cpu/topology/sockets", *sockets);
        parts::fill_defaults(&mut body);
        for gone in ["bios", "time_zone"] {
            tree::drop_child(&mut body, gone);
        }
        site.add("instance_types", None, *id, body);
    }
}

/// The roles, the group that everyone is in, and who can log in.
fn access(site: &mut Site, accounts: &[Account]) {
    parts::fill_roles(site);
    let mut everyone = named("group", "Everyone");
    tree::set(&mut everyone, "namespace", "*");
    site.add("groups", None, people::EVERYONE, everyone);
    people::appoint(site, accounts);
}

/// What there is to choose from.
fn scenery(site: &mut Site) {
    content::fill(site);
    parts::fill_policies(site);
}
