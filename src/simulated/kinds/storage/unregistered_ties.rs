//! What ties a machine or template to the rest of an engine, which its description has by name: the
//! groups and labels of a machine, and what people may do with it.
//!
//! Whoever registers it ties it again to what is there under those names, or under others that the
//! request maps them to (`ImportVmFromConfigurationCommand`, `DrMappingHelper`).

use crate::simulated::call::Call;
use crate::simulated::kinds::{affinity_label, permission};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

const GROUP: &str = "affinity_group";
const LABEL: &str = "affinity_label";
const PERMISSION: &str = "permission";
/// The members of groups and of labels that are machines.
const GROUPED: &str = "affinity_group_vms";
const LABELLED: &str = "affinity_label_vms";

/// What is written down of the ties of something.
pub fn pack(site: &Site, owner: Handle) -> Vec<Element> {
    let own = site.id(owner);
    let has = |it: &Handle| site.store.find(GROUPED, Some(*it), own).is_some();
    let groups = site.store.all("affinity_groups").filter(has);
    let groups = groups.map(|it| Element::new(GROUP).with(Element::leaf("name", site.name(it))));
    let labels = affinity_label::labels_of(site, owner).into_iter();
    let labels = labels.map(|it| Element::new(LABEL).with(Element::leaf("name", site.name(it))));
    let granted = site.children(owner, "assigned_permissions").into_iter();
    let permissions = granted.filter_map(|it| {
        let user = site.refers(it, "user", "users")?;
        let domain = site.refers(user, "domain", "domains")?;
        let role = site.refers(it, "role", "roles")?;
        let login = Element::leaf("principal", site.text(user, "principal"));
        let domain = Element::leaf("domain", site.name(domain));
        let role = Element::leaf("role", site.name(role));
        Some(Element::new(PERMISSION).with(login).with(domain).with(role))
    });
    groups.chain(labels).chain(permissions).collect()
}

/// Ties what was registered to what there is; nobody is told of what is missing.
pub fn restore(site: &mut Site, call: &Call, made: Handle, notes: &Element) {
    for tie in notes.children() {
        match tie.name() {
            GROUP => join(site, call, made, tie),
            LABEL => bear(site, call, made, tie),
            PERMISSION => grant(site, call, made, tie),
            _ => {}
        }
    }
}

/// What has the name that another one is mapped to, or that one itself.
fn meant(
    site: &Site,
    call: &Call,
    list: &str,
    kind: &'static str,
    name: Option<&str>,
) -> Option<Handle> {
    let find = |name: &str| site.store.named(kind, name).find(|it| site.name(*it) == name);
    let mapped = mapped(call, list, name?).and_then(find);
    mapped.or_else(|| find(name?))
}

fn mapped<'c>(call: &'c Call, list: &str, name: &str) -> Option<&'c str> {
    let mappings = call.body.at(&format!("registration_configuration/{list}"))?;
    let is_it = |mapping: &&Element| mapping.text_at("from/name") == Some(name);
    mappings.children().iter().find(is_it)?.text_at("to/name")
}

/// A group of another cluster is none for the machine.
fn join(site: &mut Site, call: &Call, made: Handle, tie: &Element) {
    let name = tie.text_at("name");
    let group = meant(site, call, "affinity_group_mappings", "affinity_groups", name);
    let cluster = site.refers(made, "cluster", "clusters");
    if let Some(group) = group.filter(|it| site.parent(*it) == cluster) {
        put(site, GROUPED, group, made);
    }
}

fn bear(site: &mut Site, call: &Call, made: Handle, tie: &Element) {
    let name = tie.text_at("name");
    if let Some(label) = meant(site, call, "affinity_label_mappings", "affinity_labels", name) {
        put(site, LABELLED, label, made);
    }
}

fn put(site: &mut Site, kind: &'static str, holder: Handle, made: Handle) {
    let id = site.id(made).to_owned();
    if site.store.find(kind, Some(holder), &id).is_none() {
        site.add(kind, Some(holder), id, Element::new("member"));
    }
}

/// Who is mapped to another domain is found there by the login name, by which the mapping has to
/// speak of him, too.
fn grant(site: &mut Site, call: &Call, made: Handle, tie: &Element) {
    let (login, own) = (tie.text_at("principal"), tie.text_at("domain"));
    let in_domain = |wanted: &str| {
        let is_it = |it: &Handle| {
            let domain = site.refers(*it, "domain", "domains");
            Some(site.text(*it, "principal")) == login
                && domain.is_some_and(|domain| site.name(domain) == wanted)
        };
        site.store.all("users").find(is_it)
    };
    let mapped = login.and_then(|login| mapped(call, "domain_mappings", login));
    let user = mapped.and_then(in_domain).or_else(|| in_domain(own?));
    let role = meant(site, call, "role_mappings", "roles", tie.text_at("role"));
    if let (Some(user), Some(role)) = (user, role) {
        let id = site.id(user).to_owned();
        permission::grant(site, role, ("user", &id), Some(made));
    }
}
