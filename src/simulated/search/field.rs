//! The fields of the search language, for each kind that can be searched.

use std::collections::HashMap;
use std::sync::LazyLock;

use super::value::Type;
use super::{Unclear, crossing, is_text};
use crate::simulated::content;
use crate::simulated::kinds;
use crate::simulated::schema::{SCHEMA, Shape};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;

/// A field: what it holds, and where that is found.
#[derive(Clone, Copy, Debug)]
pub struct Field {
    /// What it holds.
    pub kind: Type,
    at: &'static str,
}

type Fields = HashMap<&'static str, Vec<(&'static str, Field)>>;

static ALL: LazyLock<Fields> = LazyLock::new(|| {
    let mut all = Fields::new();
    for line in include_str!("fields.tsv").lines() {
        let fields: Vec<&str> = line.split('\t').collect();
        let [of, name, kind, at] = fields[..] else { continue };
        if let Some(kind) = Type::named(kind) {
            all.entry(of).or_default().push((name, Field { kind, at }));
        }
    }
    all
});

/// Whether the objects of a kind can be searched.
pub fn searchable(kind: &str) -> bool {
    ALL.contains_key(kind)
}

impl Field {
    /// The field of that name.
    pub fn of(kind: &str, name: &str) -> Result<Self, Unclear> {
        let fields = ALL.get(kind).ok_or(Unclear)?;
        fields.iter().find(|(it, _)| *it == name).map(|(_, field)| *field).ok_or(Unclear)
    }

    /// The fields that free text is looked for in.
    pub fn texts(kind: &str) -> Vec<Self> {
        let fields = ALL.get(kind).into_iter().flatten().map(|(_, field)| *field);
        fields.filter(|it| is_text(it.kind)).collect()
    }

    /// What an object says for the field; `network` may be in several clusters, so many things.
    pub fn values(self, site: &Site, object: Handle) -> Vec<String> {
        let words = |values: Vec<String>| match self.kind {
            Type::Word => values.iter().map(|it| engine_word(it)).collect(),
            _ => values,
        };
        words(match self.at.split_at_checked(1) {
            Some(("*", special)) => computed(site, object, special),
            Some(("@", path)) => referred(site, object, path),
            _ => stored(site, object, self.at),
        })
    }
}

/// A word as the engine writes it: without underscores, and for some with another name.
fn engine_word(word: &str) -> String {
    match word {
        "migrating" => "migratingfrom".to_owned(),
        word => word.replace('_', "").to_lowercase(),
    }
}

/// Text at a path, shifted (`memory>>20`) or the id of a reference (`vm#`).
fn stored(site: &Site, object: Handle, at: &str) -> Vec<String> {
    let body = site.body(object);
    if let Some((path, shift)) = at.split_once(">>") {
        let number = tree::number(body, path).unwrap_or(0) >> shift.parse::<u32>().unwrap_or(0);
        return vec![number.to_string()];
    }
    if let Some(element) = at.strip_suffix('#') {
        return tree::id_at(body, element).map(str::to_owned).into_iter().collect();
    }
    body.text_at(at).map(str::to_owned).into_iter().collect()
}

/// The name at the end of references: `cluster/@data_center`.
fn referred(site: &Site, object: Handle, path: &str) -> Vec<String> {
    let mut at = object;
    for element in path.split("/@") {
        let schema = SCHEMA.type_of(SCHEMA.service(site.kind(at)).type_name);
        let shape = schema.attribute(element).map(|it| it.shape);
        let Some(Shape::Link(type_name) | Shape::Struct(type_name)) = shape else {
            return Vec::new();
        };
        let kind = SCHEMA.top_collection(type_name);
        let Some(next) = kind.and_then(|(kind, _)| site.refers(at, element, kind)) else {
            return Vec::new();
        };
        at = next;
    }
    vec![site.name(at).to_owned()]
}

/// What has to be looked together.
fn computed(site: &Site, object: Handle, what: &str) -> Vec<String> {
    let body = site.body(object);
    let names = |objects: Vec<Handle>| objects.iter().map(|it| site.name(*it).to_owned()).collect();
    let count = |number: usize| vec![number.to_string()];
    match what {
        "id" => vec![site.id(object).to_owned()],
        "zero" => count(0),
        "tags" => {
            let assigned = site.children(object, "assigned_tags").into_iter();
            names(assigned.filter_map(|it| site.top("tags", site.id(it))).collect())
        }
        "labels" => {
            let labels = site.children(object, "network_labels");
            labels.iter().map(|it| site.id(*it).to_owned()).collect()
        }
        "correlation" => {
            let noted = site.hidden(object, "correlation_id");
            noted.map(|it| it.text().to_owned()).into_iter().collect()
        }
        "deleted" => vec![site.hidden(object, "deleted").is_some().to_string()],
        "vlan" => {
            body.child("vlan").and_then(|it| it.id()).map(str::to_owned).into_iter().collect()
        }
        "vm_network" => {
            let usages = body.child("usages").map_or(&[][..], |it| it.children());
            vec![usages.iter().any(|it| it.text() == "vm").to_string()]
        }
        "version" | "compatibility" | "custom_compatibility" => version(site, object, what),
        "vcpus" => {
            let part = |it| tree::number(body, &format!("cpu/topology/{it}")).unwrap_or(1);
            vec![(part("sockets") * part("cores") * part("threads")).to_string()]
        }
        "allocation" => {
            let sparse = tree::flag(body, "sparse") == Some(true);
            vec![if sparse { "sparse" } else { "preallocated" }.to_owned()]
        }
        "total" => {
            let part = |it| tree::number(body, it).unwrap_or(0) >> 30;
            vec![(part("available") + part("used")).to_string()]
        }
        "quota" => {
            let id = tree::id_at(body, "quota");
            let quota = id.and_then(|id| site.store.all("quotas").find(|it| site.id(*it) == id));
            names(quota.into_iter().collect())
        }
        "vms" => count(site.users("vms", "host", object).len()),
        "migrating_vms" => {
            let vms = site.users("vms", "host", object);
            count(vms.into_iter().filter(|it| site.status(*it) == "migrating").count())
        }
        "committed_memory" => {
            let vms = site.users("vms", "host", object).into_iter();
            let memory = |vm| tree::number(site.body(vm), "memory").unwrap_or(0) >> 20;
            vec![vms.map(memory).sum::<i64>().to_string()]
        }
        "children" => count(site.users("vms", "template", object).len()),
        "users" => count(users(site, object).len()),
        "user_names" => names(users(site, object)),
        "attached_to" => names(crossing::data_centers(site, object)),
        "attached_status" | "shared_status" => attached_status(site, object, what),
        "provider_type" => vec![provider(site.kind(object)).to_owned()],
        "host_address" => {
            let host = site.refers(object, "host", "hosts");
            host.map(|it| site.text(it, "address").to_owned()).into_iter().collect()
        }
        "ips" | "applications" | "uptime" | "cpu_usage" | "mem_usage" | "network_usage" => {
            content::searched(site, object, what)
        }
        _ => Vec::new(),
    }
}

fn version(site: &Site, object: Handle, what: &str) -> Vec<String> {
    let own = |object, path| {
        kinds::version(site.body(object), path).map(|(major, minor)| format!("{major}.{minor}"))
    };
    let found = match what {
        "version" => own(object, "version"),
        "custom_compatibility" => own(object, "custom_compatibility_version"),
        _ => own(object, "custom_compatibility_version").or_else(|| {
            site.refers(object, "cluster", "clusters").and_then(|it| own(it, "version"))
        }),
    };
    found.into_iter().collect()
}

/// The machines that a disk is attached to.
fn users(site: &Site, disk: Handle) -> Vec<Handle> {
    let attachments = site.store.referring("disk_attachments", "disk", site.id(disk));
    attachments.filter_map(|it| site.parent(it)).collect()
}

fn attached_status(site: &Site, domain: Handle, what: &str) -> Vec<String> {
    let attachments = site.store.all("attached_storage_domains");
    let of_it = attachments.filter(|it| site.id(*it) == site.id(domain));
    let found: Vec<String> = of_it.map(|it| site.status(it).to_owned()).collect();
    match (found.is_empty(), what) {
        (true, "shared_status") => vec!["unattached".to_owned()],
        (true, _) => vec!["uninitialized".to_owned()],
        (false, _) => found,
    }
}

fn provider(kind: &str) -> &'static str {
    match kind {
        "openstack_network_providers" => "externalnetwork",
        "openstack_image_providers" => "openstackimage",
        _ => "foreman",
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn fields_are_of_kinds_that_the_api_has() {
        assert!(ALL.len() > 15);
        for (kind, fields) in ALL.iter() {
            let schema = SCHEMA.type_of(SCHEMA.service(kind).type_name);
            for (name, field) in fields {
                let at = field.at.trim_end_matches('#').split(['/', '>']).next().unwrap();
                let stored = !field.at.starts_with(['*', '@']);
                assert!(!stored || schema.attribute(at).is_some(), "{kind} {name}");
            }
        }
    }
}
