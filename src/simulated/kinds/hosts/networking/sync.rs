//! Whether hosts have what their networks say, and bringing them there.

use crate::simulated::durations;
use crate::simulated::journal::Event;
use crate::simulated::kinds::{cluster_network, network};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::{Picture, compliance, nic, unmanaged};

/// Marks what a host is to be told anew.
const RESYNC: &str = "resync";
/// Marks what is to leave a host.
const LEAVES: &str = "leaves";
/// Notes the networks that labels draw to a host, by the NIC.
const DRAWS: &str = "draws";

/// What a host should have for an attachment: names as they are reported, and values.
fn expected(site: &Site, attachment: Handle) -> Vec<(&'static str, String)> {
    let Some(network) = site.refers(attachment, "network", "networks") else { return Vec::new() };
    let host = site.parent(attachment);
    let cluster = host.and_then(|it| site.refers(it, "cluster", "clusters"));
    let mtu = match site.text(network, "mtu") {
        "" | "0" => "1500",
        mtu => mtu,
    };
    let vlan = site.body(network).child("vlan").and_then(Element::id).unwrap_or_default();
    let mut all = vec![
        ("mtu", mtu.to_owned()),
        ("bridged", network::is_for_vms(site, network).to_string()),
        ("vlan", vlan.to_owned()),
        ("switchType", cluster.map_or("legacy", |it| site.text(it, "switch_type")).to_owned()),
    ];
    let routes =
        cluster.is_some_and(|it| cluster_network::has_role(site, it, network, "default_route"));
    all.push(("default_route", routes.to_string()));
    if routes {
        all.push(("dns_configuration", name_servers(site, attachment, network)));
    }
    addresses(site.body(attachment), &mut all);
    shares(site, attachment, network, &mut all);
    all
}

fn name_servers(site: &Site, attachment: Handle, network: Handle) -> String {
    let path = "dns_resolver_configuration/name_servers";
    let own = site.body(attachment).at(path).or_else(|| site.body(network).at(path));
    let servers = own.map(Element::children).unwrap_or_default();
    servers.iter().map(Element::text).collect::<Vec<_>>().join(",")
}

/// Names of what is reported of addresses, by version.
const ADDRESSES: &[(&str, [&str; 4])] = &[
    ("v4", ["ipv4_boot_protocol", "ipv4_address", "ipv4_netmask", "ipv4_gateway"]),
    ("v6", ["ipv6_boot_protocol", "ipv6_address", "ipv6_netmask", "ipv6_gateway"]),
];

fn addresses(body: &Element, all: &mut Vec<(&'static str, String)>) {
    let list = body.child("ip_address_assignments").map(Element::children).unwrap_or_default();
    for (version, [method, address, netmask, gateway]) in ADDRESSES {
        let own = list.iter().find(|it| it.text_at("ip/version").unwrap_or("v4") == *version);
        let text = |path| own.and_then(|it| it.text_at(path)).unwrap_or_default().to_owned();
        let used = match text("assignment_method").as_str() {
            "" => "none".to_owned(),
            method => method.to_owned(),
        };
        let fixed = used == "static";
        all.push((method, used));
        for (name, path) in
            [(address, "ip/address"), (netmask, "ip/netmask"), (gateway, "ip/gateway")]
        {
            all.push((name, if fixed { text(path) } else { String::new() }));
        }
    }
}

/// Names of what is reported of QoS, and where a QoS has it.
const SHARES: &[(&str, &str)] = &[
    ("outAverageLinkShare", "outbound_average_linkshare"),
    ("outAverageUpperLimit", "outbound_average_upperlimit"),
    ("outAverageRealTime", "outbound_average_realtime"),
];

fn shares(site: &Site, attachment: Handle, network: Handle, all: &mut Vec<(&'static str, String)>) {
    let qos = qos(site, site.body(attachment), network);
    for (name, path) in SHARES {
        let value = qos.and_then(|it| it.text_at(path)).unwrap_or_default();
        all.push((name, value.to_owned()));
    }
}

/// The QoS of an attachment, its own or its network's.
pub fn qos<'a>(site: &'a Site, attachment: &'a Element, network: Handle) -> Option<&'a Element> {
    let own = attachment.child("qos").filter(|it| !it.children().is_empty());
    own.or_else(|| {
        let id = site.reference(network, "qos")?;
        site.store.all("qoss").find(|it| site.id(*it) == id).map(|it| site.body(it))
    })
}

/// Tells the host what it should have.
pub fn apply(site: &mut Site, attachment: Handle) {
    let mut applied = Element::new("applied");
    for (name, value) in expected(site, attachment) {
        applied.push(Element::leaf(name, value));
    }
    site.unhide(attachment, RESYNC);
    site.hide(attachment, applied);
}

/// What the host has for an attachment, by the name of what is reported.
pub fn has(site: &Site, attachment: Handle, name: &str) -> String {
    let applied = site.hidden(attachment, "applied");
    applied.and_then(|it| it.text_at(name)).unwrap_or_default().to_owned()
}

/// Whether a host has what it should have for an attachment.
pub fn in_sync(site: &Site, attachment: Handle) -> bool {
    expected(site, attachment).into_iter().all(|(name, value)| has(site, attachment, name) == value)
}

/// What is reported of an attachment: what is expected, what is there, and whether they agree.
pub fn report(site: &Site, attachment: Handle) -> Element {
    let mut list = Element::new("reported_configurations");
    for (name, wanted) in expected(site, attachment) {
        let there = has(site, attachment, name);
        if wanted.is_empty() && there.is_empty() {
            continue;
        }
        let mut item = Element::new("reported_configuration");
        for (part, value) in [
            ("actual_value", there.as_str()),
            ("expected_value", wanted.as_str()),
            ("in_sync", if there == wanted { "true" } else { "false" }),
            ("name", name),
        ] {
            if !value.is_empty() {
                item.push(Element::leaf(part, value));
            }
        }
        list.push(item);
    }
    list
}

/// What is out of sync of an attachment, for texts.
pub fn differences(site: &Site, attachment: Handle) -> String {
    let all = expected(site, attachment).into_iter();
    let names = all.filter(|(name, value)| has(site, attachment, name) != *value);
    names.map(|(name, _)| name.to_uppercase()).collect::<Vec<_>>().join(", ")
}

/// Sets networks up again in the background where hosts do not have what they say now.
pub fn resync(site: &mut Site, networks: &[Handle]) {
    let mut hosts = Vec::new();
    for network in networks {
        for attachment in site.users("network_attachments", "network", *network) {
            if !in_sync(site, attachment) {
                site.hide(attachment, Element::new(RESYNC));
                hosts.extend(site.parent(attachment));
            }
        }
    }
    begin(site, hosts);
}

/// Sets up all of the networks of some hosts that are out of sync, in the background.
pub fn sync_hosts(site: &mut Site, hosts: &[Handle]) {
    let mut outdated = Vec::new();
    for host in hosts {
        for attachment in site.children(*host, "network_attachments") {
            if !in_sync(site, attachment) {
                site.hide(attachment, Element::new(RESYNC));
                outdated.push(*host);
            }
        }
    }
    begin(site, outdated);
}

/// Brings a network to the NICs that have its label, in the background, on all hosts of the
/// clusters that have it, unless it is on them already.
pub fn follow_label(site: &mut Site, network: Handle) {
    let clusters = cluster_network::assignments(site, network);
    let clusters: Vec<Handle> = clusters.into_iter().filter_map(|it| site.parent(it)).collect();
    let mut hosts = Vec::new();
    for cluster in clusters {
        for host in site.users("hosts", "cluster", cluster) {
            if let Some(nic) = drawn_to(site, host, network) {
                let mut draws = site.unhide(host, DRAWS).unwrap_or_else(|| Element::new(DRAWS));
                draws.push(Element::link("network", site.id(network)).with_attribute("nic", nic));
                site.hide(host, draws);
                hosts.push(host);
            }
        }
    }
    begin(site, hosts);
}

/// The NIC of a host to which its label draws a network that is not there yet.
fn drawn_to(site: &Site, host: Handle, network: Handle) -> Option<String> {
    let label = network::label(site, network)?;
    let nics = site.children(host, "host_nics").into_iter();
    let mut labelled =
        nics.filter(|it| site.store.find("network_labels", Some(*it), label).is_some());
    let nic = labelled.next().filter(|_| !compliance::carries(site, host, network))?;
    Some(site.name(nic).to_owned())
}

/// A network loses its label: it leaves the NICs to which the label had drawn it, in the
/// background.
pub fn unlabelled(site: &mut Site, network: Handle) {
    let Some(label) = network::label(site, network).map(str::to_owned) else { return };
    let mut hosts = Vec::new();
    for attachment in site.users("network_attachments", "network", network) {
        let Some(host) = site.parent(attachment) else { continue };
        let nic = site.reference(attachment, "host_nic").unwrap_or_default();
        let nic = site.store.find("host_nics", Some(host), nic);
        if nic.is_some_and(|it| site.store.find("network_labels", Some(it), &label).is_some()) {
            site.hide(attachment, Element::new(LEAVES));
            hosts.push(host);
        }
    }
    begin(site, hosts);
}

const BUSY: &str =
    "Another Setup Networks or Host Refresh process in progress on the host. Please try later.";

fn begin(site: &mut Site, mut hosts: Vec<Handle>) {
    hosts.sort_unstable();
    hosts.dedup();
    for host in hosts {
        if can_be_told(site, host) {
            site.hide(host, Element::new("network_operation"));
            let id = site.id(host).to_owned();
            let mode = crate::simulated::locks::Mode::Exclusive;
            site.hold_lock_saying(("HOST_NETWORK", &id), mode, durations::NETWORK_SYNC, BUSY);
        }
        site.later(durations::NETWORK_SYNC, host, end);
    }
}

/// A host that does not answer is told nothing, and what was to be told is forgotten: its networks
/// are out of sync until somebody sees to that.
fn can_be_told(site: &Site, host: Handle) -> bool {
    ["up", "maintenance", "non_operational"].contains(&site.status(host))
}

fn end(site: &mut Site, host: Handle, spoiled: bool) {
    site.unhide(host, "network_operation");
    let names = outdated(site, host);
    let event = |name| {
        Event::of(name).with("Sequence", "1").with("Total", "1").with("NetworkNames", &names)
    };
    let fails = spoiled || !can_be_told(site, host);
    if !fails {
        bring_in_line(site, host);
    }
    for attachment in site.children(host, "network_attachments") {
        site.unhide(attachment, RESYNC);
        site.unhide(attachment, LEAVES);
    }
    site.unhide(host, DRAWS);
    if fails {
        site.fall_short();
        return event("PERSIST_NETWORK_ON_HOST_FAILED").about(site, host).tell(site);
    }
    compliance::comply(site, host);
    event("PERSIST_NETWORK_ON_HOST_FINISHED").about(site, host).tell(site);
}

/// Does to the networks of a host what was to be done.
fn bring_in_line(site: &mut Site, host: Handle) {
    for attachment in site.children(host, "network_attachments") {
        if site.hidden(attachment, LEAVES).is_some() {
            site.store.remove(attachment);
        }
    }
    let draws = site.unhide(host, DRAWS).unwrap_or_default();
    let mut picture = Picture::of(site, host);
    for drawn in draws.children() {
        let network = site.top("networks", drawn.id().unwrap_or_default());
        if let Some(network) = network.filter(|it| !compliance::carries(site, host, *it)) {
            let nic = drawn.attribute("nic").unwrap_or_default();
            picture.attach(network, nic, Element::new("network_attachment"));
        }
    }
    picture.write(site, host);
    for attachment in site.children(host, "network_attachments") {
        if site.hidden(attachment, RESYNC).is_some() {
            apply(site, attachment);
        }
    }
    nic::draw(site, host);
}

/// The names of the networks that a host is to be told of.
fn outdated(site: &Site, host: Handle) -> String {
    let all = site.children(host, "network_attachments").into_iter();
    let marked = |it: &Handle| [RESYNC, LEAVES].iter().any(|why| site.hidden(*it, why).is_some());
    let networks = all.filter(marked).filter_map(|it| site.refers(it, "network", "networks"));
    let draws = site.hidden(host, DRAWS).map(Element::children).unwrap_or_default();
    let drawn = draws.iter().filter_map(|it| site.top("networks", it.id()?));
    networks.chain(drawn).map(|it| site.name(it)).collect::<Vec<_>>().join(", ")
}

/// A network leaves the engine or a cluster: what a label brought leaves the hosts too, the rest
/// stays there unmanaged.
pub fn network_gone(site: &mut Site, network: Handle) {
    let label = network::label(site, network).map(str::to_owned);
    for attachment in site.users("network_attachments", "network", network) {
        let Some(host) = site.parent(attachment) else { continue };
        let nic = site.reference(attachment, "host_nic").unwrap_or_default().to_owned();
        let nic = site.store.find("host_nics", Some(host), &nic);
        let labelled = nic.zip(label.as_ref()).is_some_and(|(nic, label)| {
            site.store.find("network_labels", Some(nic), label).is_some()
        });
        if let (Some(nic), false) = (nic, labelled) {
            unmanaged::leave(site, host, nic, network);
        }
        site.store.remove(attachment);
        nic::draw(site, host);
    }
}

/// A host is in another cluster now: its networks are those of the same names there.
pub fn follow_cluster(site: &mut Site, host: Handle) {
    let Some(cluster) = site.refers(host, "cluster", "clusters") else { return };
    for attachment in site.children(host, "network_attachments") {
        let Some(old) = site.refers(attachment, "network", "networks") else { continue };
        let name = site.name(old).to_owned();
        let new = cluster_network::networks(site, cluster);
        let new = new.into_iter().find(|it| site.name(*it) == name);
        match new {
            Some(new) => {
                let id = site.id(new).to_owned();
                site.edit(attachment, |body| tree::refer(body, "network", id));
            }
            None => site.store.remove(attachment),
        }
    }
    nic::draw(site, host);
}
