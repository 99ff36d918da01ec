//! What the agent in a running machine reports: its system, its addresses, its applications.

use super::{Owner, id_of, named, statistics};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const APPLICATIONS: &[&str] =
    &["qemu-guest-agent-9.0.0-10.el9", "kernel-5.14.0-503.el9", "cloud-init-24.1.4-3.el9"];

/// The machine that owns a collection, if its agent answers.
fn running(site: &Site, owner: &Owner<'_>) -> Option<Handle> {
    let object = owner.object?;
    let vm = if site.kind(object) == "vms" { object } else { site.parent(object)? };
    answers(site, vm).then_some(vm)
}

/// Whether the agent of a machine answers.
fn answers(site: &Site, vm: Handle) -> bool {
    site.status(vm) == "up"
}

fn is_windows(site: &Site, vm: Handle) -> bool {
    site.text(vm, "os/type").starts_with("windows")
}

/// The applications in a machine.
pub fn applications(site: &Site, owner: &Owner<'_>) -> Vec<Element> {
    let Some(vm) = running(site, owner) else { return Vec::new() };
    let application = |name: &&str| {
        let body = named("application", name).with(Element::link("vm", site.id(vm)));
        body.with_attribute("id", id_of(&["application", site.id(vm), name]))
    };
    APPLICATIONS.iter().map(application).collect()
}

/// Who works in a machine: nobody that the engine knows of.
pub fn sessions(_site: &Site, _owner: &Owner<'_>) -> Vec<Element> {
    Vec::new()
}

/// The network devices of a machine, or of one of its NICs, with their addresses.
pub fn devices(site: &Site, owner: &Owner<'_>) -> Vec<Element> {
    let Some(vm) = running(site, owner) else { return Vec::new() };
    let of_one = owner.object.filter(|it| site.kind(*it) == "vm_nics");
    let nics = site.children(vm, "vm_nics").into_iter().enumerate();
    let wanted = nics.filter(|(_, nic)| of_one.is_none_or(|one| one == *nic));
    wanted.filter_map(|(place, nic)| device(site, vm, nic, place)).collect()
}

fn device(site: &Site, vm: Handle, nic: Handle, place: usize) -> Option<Element> {
    let off = |path| tree::flag(site.body(nic), path) == Some(false);
    if off("plugged") || off("linked") {
        return None;
    }
    let mac = site.text(nic, "mac/address").to_owned();
    let mut body = named("reported_device", &format!("eth{place}"));
    tree::set(&mut body, "description", "guest reported data");
    tree::set(&mut body, "type", "network");
    let mut ips = Element::new("ips");
    for (address, version) in addresses(&mac)? {
        let ip = Element::new("ip").with(Element::leaf("address", address));
        ips.push(ip.with(Element::leaf("version", version)));
    }
    body.push(ips);
    body.push(Element::new("mac").with(Element::leaf("address", mac)));
    body.push(Element::link("vm", site.id(vm)));
    Some(body.with_attribute("id", id_of(&["device", site.id(nic)])))
}

/// The addresses that a NIC with a MAC address gets: one by DHCP, one that it makes itself.
fn addresses(mac: &str) -> Option<[(String, &'static str); 2]> {
    let parts = mac.split(':').map(|part| u8::from_str_radix(part, 16));
    let bytes: Vec<u8> = parts.collect::<Result<_, _>>().ok()?;
    let [a, b, c, d, e, f] = bytes[..] else { return None };
    let host = u32::from_be_bytes([0, d, e, f]) ^ u32::from_be_bytes([0, a ^ 2, b, c]) << 3;
    let [_, x, y, z] = host.to_be_bytes();
    let four = format!("10.{x}.{y}.{}", z.clamp(2, 254));
    let six = format!(
        "fe80::{:x}:{:x}:{:x}:{:x}",
        word(a ^ 2, b),
        word(c, 0xff),
        word(0xfe, d),
        word(e, f)
    );
    Some([(four, "v4"), (six, "v6")])
}

fn word(high: u8, low: u8) -> u16 {
    u16::from_be_bytes([high, low])
}

/// Adds to a machine what its agent says of it.
pub fn guest(site: &Site, vm: Handle, element: &mut Element) {
    if !answers(site, vm) || element.child("guest_operating_system").is_some() {
        return;
    }
    let mut system = Element::new("guest_operating_system");
    let (family, distribution, codename, major, kernel) = match site.text(vm, "os/type") {
        os if os.starts_with("windows") => ("Windows", "", "Server 2022", "10", None),
        os if os.starts_with("debian") => {
            ("Linux", "Debian GNU/Linux", "bookworm", "12", Some("6"))
        }
        os if os.starts_with("ubuntu") => ("Linux", "Ubuntu", "noble", "24", Some("6")),
        _ => ("Linux", "Red Hat Enterprise Linux", "Plow", "9", Some("5")),
    };
    tree::set(&mut system, "architecture", "x86_64");
    tree::set(&mut system, "codename", codename);
    if !distribution.is_empty() {
        tree::set(&mut system, "distribution", distribution);
    }
    tree::set(&mut system, "family", family);
    if let Some(kernel) = kernel {
        tree::set(
            &mut system,
            "kernel/version/full_version",
            format!("{kernel}.14.0-503.el9.x86_64"),
        );
        tree::set(&mut system, "kernel/version/major", kernel);
        tree::set(&mut system, "kernel/version/minor", "14");
    }
    tree::set(&mut system, "version/full_version", format!("{major}.4"));
    tree::set(&mut system, "version/major", major);
    tree::set(&mut system, "version/minor", "4");
    element.push(system);
    let zone =
        named("guest_time_zone", if is_windows(site, vm) { "GMT Standard Time" } else { "UTC" });
    element.push(zone.with(Element::leaf("utc_offset", "+00:00")));
}

/// What a search asks of an object that only its agent, or its host, can tell.
pub fn searched(site: &Site, object: Handle, what: &str) -> Vec<String> {
    let owner = Owner { object: Some(object), member: None };
    match what {
        "ips" => {
            let found = devices(site, &owner);
            let ips = found.iter().flat_map(|it| it.child("ips").into_iter());
            let texts = ips.flat_map(|it| it.children()).filter_map(|it| it.text_at("address"));
            texts.map(str::to_owned).collect()
        }
        "applications" => applications(site, &owner)
            .iter()
            .filter_map(|it| it.text_at("name").map(str::to_owned))
            .collect(),
        _ => statistics::usage(site, object, what).map(|it| it.to_string()).into_iter().collect(),
    }
}
