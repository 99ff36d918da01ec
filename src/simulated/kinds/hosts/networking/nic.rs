//! A host's network interfaces: what they show of what is attached to them, VLAN devices, and
//! virtual functions.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::network;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::sync;

/// What is special about the NICs of hosts.
pub const RULES: Rules = Rules::of("host_nics")
    .actions(&[("update_virtual_functions_configuration", configure_functions)]);

/// What is special about the networks that virtual functions may carry.
pub const ALLOWED_NETWORK_RULES: Rules =
    Rules::of("virtual_function_allowed_networks").add(allow_network);

/// Whether a NIC is a VLAN device over another.
pub fn is_vlan(site: &Site, nic: Handle) -> bool {
    site.body(nic).child("base_interface").is_some()
}

/// The NIC of a host with a name.
pub fn named(site: &Site, host: Handle, name: &str) -> Option<Handle> {
    site.children(host, "host_nics").into_iter().find(|it| site.name(*it) == name)
}

/// Whether a NIC has a link; a bond has one if one of its NICs has.
pub fn has_link(site: &Site, host: Handle, nic: Handle) -> bool {
    match site.body(nic).at("bonding/slaves") {
        Some(slaves) => slaves
            .children()
            .iter()
            .filter_map(|it| site.store.find("host_nics", Some(host), it.id()?))
            .any(|slave| site.status(slave) == "up"),
        None => site.status(nic) == "up",
    }
}

/// What a NIC shows of a network on it.
const CARRIED: &[&str] = &["network", "qos", "properties", "ip", "ipv6", "custom_configuration"];

/// Shows on the NICs of a host what is attached to them, with a device for every VLAN.
pub fn draw(site: &mut Site, host: Handle) {
    let attachments = site.children(host, "network_attachments");
    let mut devices = Vec::new();
    for nic in site.children(host, "host_nics") {
        if is_vlan(site, nic) {
            continue;
        }
        let id = site.id(nic).to_owned();
        let here = attachments.iter().filter(|it| site.reference(**it, "host_nic") == Some(&id));
        let (tagged, plain): (Vec<Handle>, Vec<Handle>) =
            here.partition(|it| !sync::has(site, **it, "vlan").is_empty());
        show_on(site, nic, plain.first().copied());
        let link = if has_link(site, host, nic) { "up" } else { "down" };
        if site.body(nic).child("bonding").is_some() && site.status(nic) != link {
            site.set(nic, "status", link);
        }
        devices.extend(tagged.into_iter().map(|attachment| (nic, attachment)));
    }
    draw_vlans(site, host, &devices);
}

fn draw_vlans(site: &mut Site, host: Handle, devices: &[(Handle, Handle)]) {
    let mut kept = Vec::new();
    for (base, attachment) in devices {
        let vlan = sync::has(site, *attachment, "vlan");
        let name = format!("{}.{vlan}", site.name(*base));
        let device = named(site, host, &name).unwrap_or_else(|| {
            let mut body = Element::new("host_nic").with(Element::leaf("name", &name));
            tree::set(&mut body, "base_interface", site.name(*base));
            tree::set(&mut body, "mac/address", site.text(*base, "mac/address"));
            tree::put(&mut body, Element::link("vlan", vlan.clone()));
            tree::refer(&mut body, "host", site.id(host));
            site.add_fresh("host_nics", Some(host), body)
        });
        let link = if has_link(site, host, *base) { "up" } else { "down" };
        site.set(device, "status", link);
        show_on(site, device, Some(*attachment));
        kept.push(device);
    }
    for nic in site.children(host, "host_nics") {
        if is_vlan(site, nic) && !kept.contains(&nic) {
            site.store.remove(nic);
        }
    }
}

fn show_on(site: &mut Site, nic: Handle, attachment: Option<Handle>) {
    let mut shown = site.body(nic).clone();
    for name in CARRIED {
        tree::drop_child(&mut shown, name);
    }
    let has = |name: &str| attachment.map(|it| sync::has(site, it, name)).unwrap_or_default();
    let or = |text: String, default: &str| if text.is_empty() { default.to_owned() } else { text };
    tree::set(&mut shown, "mtu", or(has("mtu"), "1500"));
    tree::set(&mut shown, "bridged", or(has("bridged"), "false"));
    for (version, ip, protocol) in
        [("ipv4", "ip", "boot_protocol"), ("ipv6", "ipv6", "ipv6_boot_protocol")]
    {
        tree::set(&mut shown, protocol, or(has(&format!("{version}_boot_protocol")), "none"));
        for (part, name) in [("address", "address"), ("netmask", "netmask"), ("gateway", "gateway")]
        {
            let value = has(&format!("{version}_{name}"));
            if !value.is_empty() {
                tree::set(&mut shown, &format!("{ip}/{part}"), value);
                let version = version.replace("ip", "");
                tree::set(&mut shown, &format!("{ip}/version"), version);
            }
        }
    }
    if let Some(attachment) = attachment {
        if let Some(network) = site.reference(attachment, "network") {
            tree::refer(&mut shown, "network", network);
        }
        shown.children_mut().extend(site.body(attachment).child("properties").cloned());
    }
    if shown != *site.body(nic) {
        site.edit(nic, |body| *body = shown);
    }
}

const FUNCTIONS: &str = "virtual_functions_configuration";

/// Sets how many virtual functions a NIC has, and what they may carry.
fn configure_functions(
    site: &mut Site,
    call: &Call,
    target: Handle,
) -> Result<Vec<Element>, Fault> {
    const DOING: &str = "Cannot edit host NIC VFs configuration.";
    let number = call.text(&format!("{FUNCTIONS}/number_of_virtual_functions"));
    let all = call.text(&format!("{FUNCTIONS}/all_networks_allowed"));
    if number.is_none() && all.is_none() {
        return Err(Fault::incomplete(
            "HostNicVirtualFunctionsConfiguration",
            "numberOfVirtualFunctions|allNetworksAllowed",
            "updateVirtualFunctionsConfiguration",
        ));
    }
    let name = site.name(target).to_owned();
    let Some(own) = site.body(target).child(FUNCTIONS) else {
        return Err(not_enabled(DOING, &name));
    };
    let most = tree::number(own, "max_number_of_virtual_functions").unwrap_or(0);
    let number = number.and_then(|it| it.parse::<i64>().ok());
    if let Some(number) = number.filter(|number| !(0..=most).contains(number)) {
        return Err(Fault::bad(format!(
            "{DOING} The specified number of VFs on network interface {name} is {number}, the valid range is 0 - {most}."
        )));
    }
    let all = all.map(str::to_owned);
    let host = site.parent(target).ok_or_else(Fault::nowhere)?;
    if let Some(number) = number {
        check_free(site, host, target, DOING)?;
        site.set(target, &format!("{FUNCTIONS}/number_of_virtual_functions"), number.to_string());
        grow_functions(site, host, target, number);
    }
    if let Some(all) = all {
        site.set(target, &format!("{FUNCTIONS}/all_networks_allowed"), all);
    }
    Ok(Vec::new())
}

fn not_enabled(doing: &str, name: &str) -> Fault {
    Fault::bad(format!("{doing} The selected network interface {name} is not SR-IOV enabled."))
}

fn functions(site: &Site, host: Handle, nic: Handle) -> Vec<Handle> {
    let id = site.id(nic);
    let all = site.children(host, "host_nics");
    all.into_iter().filter(|it| site.reference(*it, "physical_function") == Some(id)).collect()
}

fn check_free(site: &Site, host: Handle, nic: Handle, doing: &str) -> Result<(), Fault> {
    let attachments = site.children(host, "network_attachments");
    let used = functions(site, host, nic).into_iter().any(|function| {
        let id = site.id(function);
        attachments.iter().any(|it| site.reference(*it, "host_nic") == Some(id))
    });
    if used {
        return Err(Fault::bad(format!(
            "{doing} The selected network interface {} has VFs that are in use.",
            site.name(nic)
        )));
    }
    Ok(())
}

/// The functions are NICs of the host by themselves.
fn grow_functions(site: &mut Site, host: Handle, nic: Handle, number: i64) {
    for function in functions(site, host, nic) {
        site.store.remove(function);
    }
    for at in 0..number {
        let name = format!("{}v{at}", site.name(nic));
        let mac = format!("52:54:01:{:02x}:{:02x}:{at:02x}", site.chance(256), site.chance(256));
        let mut body = draft(site, host, &name, &mac);
        tree::set(&mut body, "speed", "10000000000");
        tree::refer(&mut body, "physical_function", site.id(nic));
        site.add_fresh("host_nics", Some(host), body);
    }
}

/// Refuses to name single networks or labels where there are no functions or all are allowed.
pub fn check_specific(site: &Site, nic: Handle, doing: &str) -> Result<(), Fault> {
    let Some(own) = site.body(nic).child(FUNCTIONS) else {
        return Err(not_enabled(doing, site.name(nic)));
    };
    if own.text_at("all_networks_allowed") == Some("true") {
        return Err(Fault::conflict(format!(
            "{doing} All networks are allowed, cannot set specific network/label."
        )));
    }
    Ok(())
}

/// Lets virtual functions carry a network.
fn allow_network(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    const DOING: &str = "Cannot add host NIC VFs configuration network.";
    let nic = call.owner()?;
    let host = site.parent(nic).ok_or_else(Fault::nowhere)?;
    let found = network::in_cluster_of(site, host, &call.body)?;
    check_specific(site, nic, DOING)?;
    let id = site.id(found).to_owned();
    if site.store.find("virtual_function_allowed_networks", Some(nic), &id).is_some() {
        return Err(Fault::conflict(format!(
            "{DOING} Network {} already exists in network interface {} VFs configuration.",
            site.name(found),
            site.name(nic)
        )));
    }
    let mut body = Element::new("network").with(Element::leaf("name", site.name(found)));
    if let Some(data_center) = site.reference(found, "data_center") {
        tree::refer(&mut body, "data_center", data_center);
    }
    Ok(site.add("virtual_function_allowed_networks", Some(nic), id, body))
}

/// A NIC of a host, that has a link and no network.
pub fn draft(site: &Site, host: Handle, name: &str, mac: &str) -> Element {
    let mut body = Element::new("host_nic").with(Element::leaf("name", name));
    for (path, value) in [
        ("mac/address", mac),
        ("status", "up"),
        ("boot_protocol", "none"),
        ("ipv6_boot_protocol", "none"),
        ("bridged", "false"),
        ("mtu", "1500"),
    ] {
        tree::set(&mut body, path, value);
    }
    tree::refer(&mut body, "host", site.id(host));
    body
}
