//! From an object to those that it has to do with: `host.name=…` asks for machines by their host.

use std::collections::HashMap;
use std::sync::LazyLock;

use crate::simulated::kinds;
use crate::simulated::schema::SCHEMA;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

/// A way from the objects of one kind to those of another.
#[derive(Debug)]
pub struct Crossing {
    /// The kind it leads to.
    pub kind: &'static str,
    way: &'static str,
}

type Crossings = HashMap<&'static str, Vec<(&'static str, Crossing)>>;

static ALL: LazyLock<Crossings> = LazyLock::new(|| {
    let mut all = Crossings::new();
    for line in include_str!("crossings.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [from, word, kind, way] = fields[..] else { continue };
        let crossing = Crossing { kind: SCHEMA.service(kind).name, way };
        all.entry(from).or_default().push((word, crossing));
    }
    all
});

/// The way from a kind that a word names, in the singular or plural.
pub fn find(from: &str, word: &str) -> Option<&'static Crossing> {
    let singular = word.strip_suffix('s').unwrap_or(word);
    let mut ways = ALL.get(from)?.iter();
    ways.find(|(it, _)| *it == word || *it == singular).map(|(_, crossing)| crossing)
}

/// Whether a word names the objects of a kind themselves.
pub fn names(kind: &str, word: &str) -> bool {
    let plain = kind.replace('_', "");
    word == plain || plain.strip_suffix('s') == Some(word)
}

impl Crossing {
    /// The objects that an object has to do with.
    pub fn objects(&self, site: &Site, from: Handle) -> Vec<Handle> {
        match self.way {
            way if way.starts_with('>') => {
                site.refers(from, &way[1..], self.kind).into_iter().collect()
            }
            way if way.starts_with('<') => site.users(self.kind, &way[1..], from),
            "owned" => site.children(from, self.kind),
            "permissions" => users(site, from),
            "permitted" => permitted(site, from, self.kind),
            "storage" => storage(site, from),
            "templates" => through(site, &site.users("vms", "host", from), "template", self.kind),
            "networks" => {
                let assigned = site.children(from, "cluster_networks");
                assigned.into_iter().filter_map(|it| site.top("networks", site.id(it))).collect()
            }
            "data_centers" | "clusters" | "hosts" => places(site, from, self.kind),
            _ => Vec::new(),
        }
    }
}

fn through(site: &Site, objects: &[Handle], element: &str, kind: &'static str) -> Vec<Handle> {
    objects.iter().filter_map(|it| site.refers(*it, element, kind)).collect()
}

/// Those who have a permission on an object.
fn users(site: &Site, object: Handle) -> Vec<Handle> {
    through(site, &site.children(object, "assigned_permissions"), "user", "users")
}

/// The objects of a kind on which somebody has a permission.
fn permitted(site: &Site, user: Handle, kind: &'static str) -> Vec<Handle> {
    let permissions = site.users("assigned_permissions", "user", user);
    let objects = permissions.into_iter().filter_map(|it| site.parent(it));
    objects.filter(|it| site.kind(*it) == kind).collect()
}

/// The storage domains that an object lies on, or can reach.
fn storage(site: &Site, object: Handle) -> Vec<Handle> {
    let domains = |disk: Handle| {
        let wrapper = site.body(disk).child("storage_domains");
        let ids = wrapper.map_or(&[][..], |it| it.children()).iter().filter_map(|it| it.id());
        ids.filter_map(|id| site.top("storage_domains", id)).collect::<Vec<_>>()
    };
    let disks = |kind| {
        let attached = site.children(object, kind);
        attached.into_iter().filter_map(|it| site.top("disks", site.id(it))).collect::<Vec<_>>()
    };
    match site.kind(object) {
        "disks" => domains(object),
        "vms" => disks("disk_attachments").into_iter().flat_map(domains).collect(),
        "templates" => disks("template_disk_attachments").into_iter().flat_map(domains).collect(),
        "data_centers" => attached(site, object),
        "clusters" => {
            kinds::data_center_of(site, object).map_or(Vec::new(), |it| attached(site, it))
        }
        _ => site
            .refers(object, "cluster", "clusters")
            .and_then(|it| kinds::data_center_of(site, it))
            .map_or(Vec::new(), |it| attached(site, it)),
    }
}

fn attached(site: &Site, data_center: Handle) -> Vec<Handle> {
    let attached = site.children(data_center, "attached_storage_domains");
    attached.into_iter().filter_map(|it| site.top("storage_domains", site.id(it))).collect()
}

/// The data centers, clusters or hosts that an object can be used from.
fn places(site: &Site, object: Handle, kind: &'static str) -> Vec<Handle> {
    let centers: Vec<Handle> = match site.kind(object) {
        "templates" => {
            let cluster = site.refers(object, "cluster", "clusters");
            cluster.and_then(|it| kinds::data_center_of(site, it)).into_iter().collect()
        }
        "networks" => {
            let assigned = site.store.all("cluster_networks");
            let of_it = assigned.filter(|it| site.id(*it) == site.id(object));
            return of_it.filter_map(|it| site.parent(it)).collect();
        }
        "storage_domains" => data_centers(site, object),
        _ => storage(site, object).into_iter().flat_map(|it| data_centers(site, it)).collect(),
    };
    let clusters = |center: &Handle| site.users("clusters", "data_center", *center);
    match kind {
        "data_centers" => centers,
        "clusters" => centers.iter().flat_map(clusters).collect(),
        _ => centers
            .iter()
            .flat_map(clusters)
            .flat_map(|cluster| site.users("hosts", "cluster", cluster))
            .collect(),
    }
}

/// The data centers that a storage domain is attached to.
pub fn data_centers(site: &Site, domain: Handle) -> Vec<Handle> {
    let attachments = site.store.all("attached_storage_domains");
    let of_it = attachments.filter(|it| site.id(*it) == site.id(domain));
    of_it.filter_map(|it| site.parent(it)).collect()
}
