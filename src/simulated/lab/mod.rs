//! What a site has beyond a fresh engine.

mod scenery;

use super::api;
use super::asked::Asked;
use super::kinds::parts;
use super::query::Query;
use super::reply::Content;
use super::site::Site;
use super::sso::Account;
use super::store::Handle;
use super::tree;
use crate::xml::Element;

const GIB: u64 = 1 << 30;

/// A site to try things on: a data center with hosts, storage and templates, and machines if they
/// are wanted, with all that such a site collects over the years.
#[derive(Clone, Debug)]
pub struct Lab {
    /// How many hosts are up.
    pub hosts: usize,
    /// How many machines there are, each with two NICs and two disks; two of three run.
    pub vms: usize,
    /// How many networks there are beside the management's, each with its VLAN.
    pub networks: usize,
    /// How many storage domains the disks are on.
    pub domains: usize,
}

impl Default for Lab {
    fn default() -> Self {
        Self { hosts: 2, vms: 0, networks: 0, domains: 2 }
    }
}

impl Lab {
    /// A lab with many machines, and hosts, networks and storage to go with them.
    pub fn large(vms: usize) -> Self {
        Self {
            hosts: (vms / 50).clamp(2, 200),
            vms,
            networks: (vms / 200).clamp(3, 50),
            domains: (vms / 500).clamp(3, 40),
        }
    }
}

pub use scenery::furnish;
/// Who works in a lab.
pub fn people(password: &str) -> [Account; 3] {
    ["user1@internal", "user2@internal", "jdoe@internal"]
        .map(|name| Account::new(name, password).in_group("group1"))
}

/// Builds a lab.
pub fn build(site: &mut Site, lab: &Lab) {
    let center = data_center(site);
    let cluster = cluster(site, center);
    let hosts: Vec<Handle> = (1..=lab.hosts).map(|number| host(site, cluster, number)).collect();
    let domains: Vec<Handle> =
        (1..=lab.domains).map(|number| domain(site, center, number)).collect();
    site.settle();
    let management = site.users("networks", "data_center", center);
    let profile = management.first().and_then(|it| profile_of(site, *it));
    for (name, os, alias) in
        [("rhel-9", "rhel_9x64", "rhel-9_disk"), ("debian-12", "debian_9", "debian-12_disk")]
    {
        template(site, cluster, domains[0], profile, (name, os, alias));
    }
    let mut profiles: Vec<Handle> = profile.into_iter().collect();
    profiles.extend((0..lab.networks).filter_map(|number| network(site, center, cluster, number)));
    let parts = Parts { cluster, hosts, domains, profiles };
    for number in 0..lab.vms {
        machine(site, &parts, number);
    }
    if lab.vms > 0 {
        person(site);
    }
}

/// Somebody who has logged in once.
fn person(site: &mut Site) {
    let mut body = named("user", "John");
    for (path, value) in [
        ("last_name", "Doe"),
        ("user_name", "jdoe@internal-authz"),
        ("principal", "jdoe"),
        ("email", "jdoe@example.com"),
        ("department", "Operations"),
        ("namespace", "*"),
    ] {
        tree::set(&mut body, path, value);
    }
    if let Some(domain) = site.store.named("domains", "internal-authz").next() {
        tree::refer(&mut body, "domain", site.id(domain));
    }
    site.add_fresh("users", None, body);
}

/// What machines are made of.
struct Parts {
    cluster: Handle,
    hosts: Vec<Handle>,
    domains: Vec<Handle>,
    profiles: Vec<Handle>,
}

fn profile_of(site: &Site, network: Handle) -> Option<Handle> {
    site.users("vnic_profiles", "network", network).first().copied()
}

fn named(element: &'static str, name: &str) -> Element {
    Element::new(element).with(Element::leaf("name", name))
}

fn data_center(site: &mut Site) -> Handle {
    let mut body = named("data_center", "lab");
    tree::set(&mut body, "local", "false");
    parts::prepare_data_center(&mut body);
    let center = site.add_fresh("data_centers", None, body);
    parts::equip_data_center(site, center, None);
    center
}

fn cluster(site: &mut Site, center: Handle) -> Handle {
    let mut body = named("cluster", "lab");
    tree::refer(&mut body, "data_center", site.id(center));
    parts::prepare_cluster(site, &mut body, center);
    let cluster = site.add_fresh("clusters", None, body);
    let management = site.users("networks", "data_center", center)[0];
    parts::equip_cluster(site, cluster, management, None);
    cluster
}

fn host(site: &mut Site, cluster: Handle, number: usize) -> Handle {
    let mut body = named("host", &format!("host-{number}"));
    tree::set(&mut body, "address", format!("host-{number}.lab.example.com"));
    tree::refer(&mut body, "cluster", site.id(cluster));
    parts::prepare_host(&mut body);
    let host = site.add_fresh("hosts", None, body);
    parts::discover_host(site, host);
    parts::host_up(site, host, false);
    host
}

/// A network with a VLAN and a profile, on all hosts of a cluster that has no need for it.
fn network(site: &mut Site, center: Handle, cluster: Handle, number: usize) -> Option<Handle> {
    let vlan = 100 + number;
    let document = format!(
        "<network><name>vlan-{vlan}</name><data_center id=\"{}\"/><vlan id=\"{vlan}\"/></network>",
        site.id(center)
    );
    let network = ask(site, "/networks", &document)?;
    let path = format!("/clusters/{}/networks", site.id(cluster));
    ask(site, &path, &format!("<network id=\"{network}\"><required>false</required></network>"))?;
    profile_of(site, site.top("networks", &network)?)
}

/// Posts a document, and returns the id of what was made.
fn ask(site: &mut Site, path: &str, document: &str) -> Option<String> {
    let mut headers = http::HeaderMap::new();
    headers.insert("Content-Type", http::HeaderValue::from_static("application/xml"));
    let asked = Asked {
        method: &http::Method::POST,
        path,
        versioned: false,
        query: Query::default(),
        headers: &headers,
        body: document.as_bytes(),
    };
    let reply = api::answer(site, &asked);
    match reply.content {
        Content::Document(element) if reply.status < 300 => element.id().map(str::to_owned),
        _ => None,
    }
}

/// A domain: the first two are on NFS, then each third is.
fn domain(site: &mut Site, center: Handle, number: usize) -> Handle {
    let on_nfs = number <= 2 || number.is_multiple_of(3);
    let name = format!("{}-{number}", if on_nfs { "nfs" } else { "iscsi" });
    let mut body = named("storage_domain", &name);
    tree::set(&mut body, "type", "data");
    let (storage, connection) = if on_nfs { nfs(&name) } else { iscsi(number) };
    let connection = site.add_fresh("storage_server_connections", None, connection);
    tree::put(&mut body, storage);
    parts::prepare_domain(&mut body, "data");
    let domain = site.add_fresh("storage_domains", None, body);
    parts::note_connections(site, domain, vec![connection]);
    parts::add_profile(site, domain, &name, "data");
    parts::attach_domain(site, center, domain);
    domain
}

/// The storage of a domain on NFS, and its connection.
fn nfs(name: &str) -> (Element, Element) {
    let mut storage = Element::new("storage");
    tree::set(&mut storage, "type", "nfs");
    tree::set(&mut storage, "address", "nas.lab.example.com");
    tree::set(&mut storage, "path", format!("/export/{name}"));
    let mut connection = Element::new("storage_connection");
    *connection.children_mut() = storage.children().to_vec();
    (storage, connection)
}

/// The storage of a domain on iSCSI, one LUN, and its connection.
fn iscsi(number: usize) -> (Element, Element) {
    const TARGET: &str = "iqn.2026-01.com.example.lab:san";
    let mut unit = Element::new("logical_unit")
        .with_attribute("id", format!("360014050000000000000000000000{number:03}"));
    let mut connection = Element::new("storage_connection");
    for (path, value) in [
        ("type", "iscsi"),
        ("address", "san.lab.example.com"),
        ("port", "3260"),
        ("target", TARGET),
    ] {
        tree::set(&mut connection, path, value);
    }
    for (path, value) in [
        ("address", "san.lab.example.com"),
        ("port", "3260"),
        ("target", TARGET),
        ("vendor_id", "LIO-ORG"),
    ] {
        tree::set(&mut unit, path, value);
    }
    tree::set(&mut unit, "size", (10_u64 << 40).to_string());
    tree::set(&mut unit, "paths", "1");
    let mut storage = Element::new("storage");
    tree::set(&mut storage, "type", "iscsi");
    let group = Element::new("volume_group").with(Element::new("logical_units").with(unit));
    (storage.with(group), connection)
}

fn disk(site: &mut Site, domain: Handle, alias: &str, size: u64) -> Handle {
    let mut body = Element::new("disk");
    tree::set(&mut body, "provisioned_size", size.to_string());
    tree::set(&mut body, "format", "cow");
    tree::set(&mut body, "sparse", "true");
    let link = Element::link("storage_domain", site.id(domain));
    tree::put(&mut body, Element::new("storage_domains").with(link));
    if let Some(profile) = site.users("disk_profiles", "storage_domain", domain).first() {
        tree::refer(&mut body, "disk_profile", site.id(*profile));
    }
    parts::prepare_disk(site, &mut body, Some(alias.to_owned()));
    tree::set(&mut body, "status", "ok");
    site.add_fresh("disks", None, body)
}

fn template(
    site: &mut Site,
    cluster: Handle,
    domain: Handle,
    profile: Option<Handle>,
    (name, os, alias): (&str, &str, &str),
) {
    let mut body = named("template", name);
    tree::set(&mut body, "os/type", os);
    parts::fill_defaults(&mut body);
    tree::set(&mut body, "memory_policy/guaranteed", GIB.to_string());
    tree::set(&mut body, "memory_policy/max", (4 * GIB).to_string());
    tree::set(&mut body, "bios/type", "q35_ovmf");
    tree::set(&mut body, "status", "ok");
    tree::set(&mut body, "creation_time", site.date());
    tree::refer(&mut body, "cluster", site.id(cluster));
    let id = site.fresh_id();
    parts::write_version(&mut body, 1, "", &id);
    let template = site.add("templates", None, id, body);
    parts::add_console(site, template, "template_graphics_consoles", "vnc");
    let disk = disk(site, domain, alias, 10 * GIB);
    parts::attach_to_template(site, template, disk, None);
    if let Some(attachment) = site.children(template, "template_disk_attachments").first() {
        site.set(*attachment, "bootable", "true");
    }
    let mut nic = named("nic", "nic1");
    parts::prepare_nic(&mut nic);
    if let Some(profile) = profile {
        tree::refer(&mut nic, "vnic_profile", site.id(profile));
    }
    tree::refer(&mut nic, "template", site.id(template));
    site.add_fresh("template_nics", Some(template), nic);
}

fn machine(site: &mut Site, parts: &Parts, number: usize) {
    let Parts { cluster, hosts, domains, profiles } = parts;
    let cluster = *cluster;
    let name = format!("vm-{number:05}");
    let mut body = named("vm", &name);
    tree::set(&mut body, "os/type", "rhel_9x64");
    tree::set(&mut body, "memory", (2 * GIB).to_string());
    parts::fill_defaults(&mut body);
    tree::set(&mut body, "memory_policy/guaranteed", (2 * GIB).to_string());
    tree::set(&mut body, "memory_policy/max", (8 * GIB).to_string());
    tree::set(&mut body, "bios/type", "q35_ovmf");
    tree::set(&mut body, "cpu/architecture", "x86_64");
    let host = (!number.is_multiple_of(3)).then(|| hosts[number % hosts.len()]);
    tree::set(&mut body, "status", if host.is_some() { "up" } else { "down" });
    if let Some(host) = host {
        tree::refer(&mut body, "host", site.id(host));
        tree::set(&mut body, "start_time", site.date());
        tree::set(&mut body, "fqdn", format!("{name}.lab.example.com"));
    }
    tree::set(&mut body, "creation_time", site.date());
    tree::set(&mut body, "next_run_configuration_exists", "false");
    tree::set(&mut body, "run_once", "false");
    tree::set(&mut body, "has_illegal_images", "false");
    tree::refer(&mut body, "cluster", site.id(cluster));
    if let Some(profile) = site.users("cpu_profiles", "cluster", cluster).first() {
        tree::refer(&mut body, "cpu_profile", site.id(*profile));
    }
    for template in ["template", "original_template"] {
        tree::refer(&mut body, template, super::kinds::ZERO);
    }
    let vm = site.add_fresh("vms", None, body);
    parts::equip_vm(site, vm);
    for nic in 0..2 {
        let mut body = named("nic", &format!("nic{}", nic + 1));
        let unique = number * 2 + nic;
        let mac = format!(
            "02:1a:{:02x}:{:02x}:{:02x}:00",
            unique >> 16 & 0xff,
            unique >> 8 & 0xff,
            unique & 0xff
        );
        tree::set(&mut body, "mac/address", mac);
        parts::prepare_nic(&mut body);
        if !profiles.is_empty() {
            // The first NIC of most is on the management's network.
            let at =
                if nic == 0 && !number.is_multiple_of(4) { 0 } else { number % profiles.len() };
            tree::refer(&mut body, "vnic_profile", site.id(profiles[at]));
        }
        tree::refer(&mut body, "vm", site.id(vm));
        site.add_fresh("vm_nics", Some(vm), body);
    }
    for (at, alias) in [format!("{name}_root"), format!("{name}_data")].into_iter().enumerate() {
        let disk = disk(site, domains[(number + at) % domains.len()], &alias, 20 * GIB);
        let mut body = Element::new("disk_attachment");
        tree::set(&mut body, "bootable", (at == 0).to_string());
        tree::set(&mut body, "interface", "virtio_scsi");
        tree::set(&mut body, "active", "true");
        parts::prepare_attachment(&mut body);
        let id = site.id(disk).to_owned();
        tree::refer(&mut body, "disk", id.clone());
        tree::refer(&mut body, "vm", site.id(vm));
        site.add("disk_attachments", Some(vm), id, body);
    }
}
