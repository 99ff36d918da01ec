//! The entry point of the API.

use super::schema::SCHEMA;
use super::show::ROOT;
use super::site::Site;
use super::tree;
use crate::xml::Element;

/// The version that the simulated engine claims.
pub const VERSION: [&str; 4] = ["4", "5", "8", "0"];

const RELS: &[(&str, bool)] = &[
    ("clusters", true),
    ("datacenters", true),
    ("events", true),
    ("hosts", true),
    ("networks", true),
    ("roles", false),
    ("storagedomains", true),
    ("tags", false),
    ("bookmarks", false),
    ("icons", false),
    ("templates", true),
    ("instancetypes", true),
    ("users", true),
    ("groups", true),
    ("domains", false),
    ("vmpools", true),
    ("vms", true),
    ("disks", true),
    ("jobs", false),
    ("storageconnections", false),
    ("vnicprofiles", false),
    ("diskprofiles", false),
    ("cpuprofiles", false),
    ("schedulingpolicyunits", false),
    ("schedulingpolicies", false),
    ("permissions", false),
    ("macpools", false),
    ("networkfilters", false),
    ("operatingsystems", false),
    ("externalhostproviders", false),
    ("openstackimageproviders", false),
    ("openstackvolumeproviders", false),
    ("openstacknetworkproviders", false),
    ("katelloerrata", false),
    ("affinitylabels", false),
    ("clusterlevels", false),
    ("imagetransfers", false),
    ("externalvmimports", false),
    ("externaltemplateimports", false),
];

const ZERO: &str = "00000000-0000-0000-0000-000000000000";

/// The root document.
pub fn show(site: &Site) -> Element {
    let mut api = Element::new(SCHEMA.type_of("api").element);
    for (rel, href) in links() {
        let link = Element::new("link").with_attribute("href", href);
        api.push(link.with_attribute("rel", rel));
    }
    api.push(Element::new("engine_backup"));
    api.push(product_info());
    let special = Element::new("special_objects")
        .with(object("blank_template", "templates", ZERO))
        .with(object("root_tag", "tags", ZERO));
    api.push(special);
    if !site.caller.filtered {
        api.push(summary(site));
    }
    api.push(Element::leaf("time", site.date()));
    if let Some(admin) = site.caller.user {
        for name in ["authenticated_user", "effective_user"] {
            api.push(object(name, "users", site.id(admin)));
        }
    }
    api
}

/// The same links as a header, with whole addresses.
pub fn link_header(host: &str) -> String {
    let links = links().into_iter().map(|(rel, href)| format!("<https://{host}{href}>; rel={rel}"));
    links.collect::<Vec<_>>().join(",")
}

fn links() -> Vec<(String, String)> {
    let mut links = Vec::new();
    for (rel, searchable) in RELS {
        links.push(((*rel).to_owned(), format!("{ROOT}/{rel}")));
        if *searchable {
            let from = if *rel == "events" { ";from={event_id}" } else { "" };
            links.push((format!("{rel}/search"), format!("{ROOT}/{rel}{from}?search={{query}}")));
        }
    }
    links
}

fn object(name: &'static str, segment: &str, id: &str) -> Element {
    Element::link(name, id).with_attribute("href", format!("{ROOT}/{segment}/{id}"))
}

fn product_info() -> Element {
    let [major, minor, build, revision] = VERSION;
    let mut info = Element::new("product_info");
    tree::set(&mut info, "instance_id", "5a9c1d1c-0000-4000-8000-000000000000");
    tree::set(&mut info, "name", "oVirt Engine");
    tree::set(&mut info, "vendor", "ovirt.org");
    tree::set(&mut info, "version/build", build);
    tree::set(&mut info, "version/full_version", format!("{major}.{minor}.{build}-1.el9"));
    tree::set(&mut info, "version/major", major);
    tree::set(&mut info, "version/minor", minor);
    tree::set(&mut info, "version/revision", revision);
    info
}

fn summary(site: &Site) -> Element {
    let mut summary = Element::new("summary");
    let up = |kind, status: &str| {
        let active =
            site.store.all(kind).filter(|it| status.is_empty() || site.status(*it) == status);
        (active.count(), site.store.count(kind))
    };
    let active_domains = site.store.all("attached_storage_domains");
    let active = active_domains.filter(|it| site.status(*it) == "active").count();
    for (name, (active, total)) in [
        ("hosts", up("hosts", "up")),
        ("storage_domains", (active, site.store.count("storage_domains"))),
        ("users", up("users", "")),
        ("vms", up("vms", "up")),
    ] {
        tree::set(&mut summary, &format!("{name}/active"), active.to_string());
        tree::set(&mut summary, &format!("{name}/total"), total.to_string());
    }
    summary
}
