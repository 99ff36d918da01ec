//! What the setup of an engine brings to choose from: operating systems with their icons, cluster
//! levels with their CPU types and features, network filters.

use super::{id_of, named};
use crate::simulated::kinds::{NO_MAC_SPOOFING, parts, version_element};
use crate::simulated::site::Site;
use crate::simulated::tree;
use crate::xml::Element;

/// The smallest picture that is one.
const PICTURE: &str = "iVBORw0KGgoAAAANSUhEUgAAAAEAAAABCAYAAAAfFcSJAAAADUlEQVR42mNk+M9QDwADhgGAWjR9awAAAABJRU5ErkJggg==";

const FILTERS: &[&str] = &[
    "allow-arp",
    "allow-dhcp",
    "allow-dhcp-server",
    "allow-incoming-ipv4",
    "allow-ipv4",
    "clean-traffic",
    "clean-traffic-gateway",
    "no-arp-ip-spoofing",
    "no-arp-mac-spoofing",
    "no-arp-spoofing",
    "no-ip-multicast",
    "no-ip-spoofing",
    "no-mac-broadcast",
    "no-mac-spoofing",
    "no-other-l2-traffic",
    "no-other-rarp-traffic",
    "qemu-announce-self",
    "qemu-announce-self-rarp",
];

const FEATURES: &[(&str, &str)] = &[
    ("00000017-0017-0017-0017-000000000066", "GLUSTER_GEO_REPLICATION"),
    ("00000018-0018-0018-0018-000000000093", "GLUSTER_SNAPSHOT"),
    ("00000019-0019-0019-0019-000000000300", "GLUSTER_BRICK_MANAGEMENT"),
];

/// The first of the levels that clusters may have; the others follow one by one.
const FIRST_LEVEL: i64 = 2;

/// Fills the catalogues of a fresh engine.
pub fn fill(site: &mut Site) {
    filters(site);
    operating_systems(site);
    let count = cpu_types().next().map_or(0, |(.., levels)| levels.len());
    for place in 0..count {
        level(site, place);
    }
}

fn filters(site: &mut Site) {
    let filter = named("network_filter", "vdsm-no-mac-spoofing");
    let filter = filter.with(version_element("version", (3, 2)));
    site.add("network_filters", None, NO_MAC_SPOOFING, filter);
    for name in FILTERS {
        let filter = named("network_filter", name).with(version_element("version", (3, 6)));
        site.add_fresh("network_filters", None, filter);
    }
}

fn operating_systems(site: &mut Site) {
    for line in include_str!("operating_systems.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [number, name, description, architecture, tpm, family] = fields[..] else { continue };
        let mut body = named("operating_system", name);
        tree::set(&mut body, "description", description);
        tree::set(&mut body, "architecture", architecture);
        tree::set(&mut body, "tpm_support", tpm);
        for size in ["small_icon", "large_icon"] {
            tree::refer(&mut body, size, icon(site, family, size));
        }
        site.add("operating_systems", None, number, body);
    }
}

/// The icon of a family of operating systems.
fn icon(site: &mut Site, family: &str, size: &str) -> String {
    let id = id_of(&["icon", family, size]);
    if site.top("icons", &id).is_none() {
        let icon = Element::new("icon")
            .with(Element::leaf("media_type", "image/png"))
            .with(Element::leaf("data", PICTURE));
        site.add("icons", None, id.clone(), icon);
    }
    id
}

/// Names, architectures, and for each level how good a CPU is; `-` where it is unknown.
fn cpu_types() -> impl Iterator<Item = (&'static str, &'static str, Vec<&'static str>)> {
    include_str!("cpu_types.tsv").lines().filter_map(|line| {
        let mut fields = line.split('\t');
        Some((fields.next()?, fields.next()?, fields.collect()))
    })
}

fn level(site: &mut Site, place: usize) {
    let minor = FIRST_LEVEL + i64::try_from(place).unwrap_or_default();
    let mut types = Element::new("cpu_types");
    for (name, architecture, levels) in cpu_types() {
        let Some(level) = levels.get(place).filter(|it| **it != "-") else { continue };
        types.push(
            named("cpu_type", name)
                .with(Element::leaf("level", *level))
                .with(Element::leaf("architecture", architecture)),
        );
    }
    let id = format!("4.{minor}");
    let body = Element::new("cluster_level").with(types).with(parts::permits_element());
    let level = site.add("cluster_levels", None, id.clone(), body);
    for (feature, name) in FEATURES {
        let body = named("cluster_feature", name).with(Element::link("cluster_level", id.clone()));
        site.add("cluster_features", Some(level), *feature, body);
    }
}
