//! Affinity labels, and what bears them.
//!
//! Membership is kept with the label; machines and hosts show the labels that have them.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about labels.
pub const RULES: Rules = Rules::of("affinity_labels").add(add).update(update).remove(remove);

const fn members(kind: &'static str) -> Rules {
    Rules::of(kind).add(add_member).shown(shown_member)
}

/// What is special about the machines of a label.
pub const VM_RULES: Rules = members("affinity_label_vms");
/// What is special about the hosts of a label.
pub const HOST_RULES: Rules = members("affinity_label_hosts");

/// Members: list in a document, their collection, what they are, the text's word for one.
const MEMBERS: &[(&str, &str, &str, &str)] = &[
    ("vms", "affinity_label_vms", "vms", "Vm"),
    ("hosts", "affinity_label_hosts", "hosts", "Host"),
];

/// The labels of a machine or a host.
pub fn labels_of(site: &Site, bearer: Handle) -> Vec<Handle> {
    let found = MEMBERS.iter().find(|(_, _, of, _)| *of == site.kind(bearer));
    let Some((_, kind, ..)) = found else { return Vec::new() };
    let has = |it: &Handle| site.store.find(kind, Some(*it), site.id(bearer)).is_some();
    site.store.all("affinity_labels").filter(has).collect()
}

/// Adds a label; for a machine or a host, puts one on it.
fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    if let Some(bearer) = call.parent {
        return assign(site, call, bearer);
    }
    let name = call.name().ok_or_else(|| Fault::incomplete("AffinityLabel", "name", "add"))?;
    check_name(site, name, None)?;
    let mut body = generic::draft(site, call);
    for (list, ..) in MEMBERS {
        tree::drop_child(&mut body, list);
    }
    for flag in ["read_only", "has_implicit_affinity_group"] {
        tree::default(&mut body, flag, "false");
    }
    if body.text_at("read_only") == Some("true") {
        return Err(read_only());
    }
    let label = generic::put(site, call, None, body);
    if let Err(fault) = add_listed(site, call, label) {
        site.store.remove(label);
        return Err(fault);
    }
    Ok(label)
}

fn check_name(site: &Site, name: &str, except: Option<Handle>) -> Result<(), Fault> {
    if name.len() > 50 {
        return Err(Fault::bad("An affinity label name must be 1-50 characters long."));
    }
    if !name.chars().all(|it| it.is_ascii_alphanumeric() || matches!(it, '_' | '-')) {
        return Err(Fault::bad(
            "The name for affinity label is invalid. Only letters, numbers, '-', and '_' are valid characters.",
        ));
    }
    if common::taken(site, "affinity_labels", name, except, |_| true) {
        return Err(Fault::conflict("Cannot add affinity label with a conflicting NAME."));
    }
    Ok(())
}

fn read_only() -> Fault {
    Fault::conflict("Cannot change read-only affinity label.")
}

/// Adds the members of a document; what is not in it stays.
fn add_listed(site: &mut Site, call: &Call, label: Handle) -> Result<(), Fault> {
    for (list, kind, of, _) in MEMBERS {
        let wanted = call.body.child(list).map(Element::children).unwrap_or_default();
        for id in wanted.iter().filter_map(Element::id) {
            let bearer = site.top(of, id);
            let bearer = bearer.ok_or_else(|| Fault::entity_not_found(format!("{of}: id={id}")))?;
            put(site, label, kind, bearer)?;
        }
    }
    Ok(())
}

fn put(
    site: &mut Site,
    label: Handle,
    kind: &'static str,
    bearer: Handle,
) -> Result<Handle, Fault> {
    check_implicit(site, label, bearer)?;
    let id = site.id(bearer).to_owned();
    if let Some(known) = site.store.find(kind, Some(label), &id) {
        return Ok(known);
    }
    Ok(site.add(kind, Some(label), id, Element::new("member")))
}

/// Labels stand for groups of their own in old clusters only.
fn check_implicit(site: &Site, label: Handle, bearer: Handle) -> Result<(), Fault> {
    let cluster = site.refers(bearer, "cluster", "clusters");
    let level = cluster.and_then(|it| common::version(site.body(it), "version"));
    if site.text(label, "has_implicit_affinity_group") == "true"
        && level.is_some_and(|level| level >= (4, 4))
    {
        return Err(Fault::conflict(
            "Cannot edit Affinity Label. Implicit affinity groups are not supported in cluster version 4.4 and above. Please update/remove affinity labels with the implicit affinity groups.",
        ));
    }
    Ok(())
}

/// Updates a label; members are added and never removed.
fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if site.text(target, "read_only") == "true" {
        return Err(read_only());
    }
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, Some(target))?;
    }
    let before = site.body(target).clone();
    generic::update(site, call, target)?;
    site.edit(target, |body| {
        for (list, ..) in MEMBERS {
            tree::drop_child(body, list);
        }
    });
    let checked =
        bearers(site, target).into_iter().try_for_each(|it| check_implicit(site, target, it));
    if let Err(fault) = checked.and_then(|()| add_listed(site, call, target)) {
        site.edit(target, |body| *body = before);
        return Err(fault);
    }
    Ok(())
}

fn bearers(site: &Site, label: Handle) -> Vec<Handle> {
    let of_kind = |(_, kind, of, _): &(&str, &'static str, &'static str, &str)| {
        let members = site.children(label, kind).into_iter();
        members.filter_map(|it| site.top(of, site.id(it))).collect::<Vec<_>>()
    };
    MEMBERS.iter().flat_map(of_kind).collect()
}

/// Removes a label that nothing bears; from a machine or a host, takes it off.
fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(bearer) = call.parent {
        for (_, kind, ..) in MEMBERS {
            if let Some(member) = site.store.find(kind, Some(target), site.id(bearer)) {
                site.store.remove(member);
            }
        }
        return Ok(());
    }
    if site.text(target, "read_only") == "true" {
        return Err(read_only());
    }
    if !bearers(site, target).is_empty() {
        return Err(Fault::conflict(
            "Cannot delete affinity label, remove it from all entities first.",
        ));
    }
    site.store.remove(target);
    Ok(())
}

/// Puts a label on a machine or a host.
fn assign(site: &mut Site, call: &Call, bearer: Handle) -> Result<Handle, Fault> {
    let id = call.body.id().filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete("AffinityLabel", "id", "add"))?;
    let label = site.top("affinity_labels", id);
    let label = label.ok_or_else(|| Fault::entity_not_found(format!("AffinityLabel: id={id}")))?;
    let found = MEMBERS.iter().find(|(_, _, of, _)| *of == site.kind(bearer));
    let (_, kind, ..) = found.ok_or_else(Fault::nowhere)?;
    put(site, label, kind, bearer)?;
    Ok(label)
}

/// Adds a machine or a host to a label; adding it twice does no harm.
fn add_member(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let label = call.owner()?;
    let found = MEMBERS.iter().find(|(_, kind, ..)| *kind == call.collection.name);
    let (_, kind, of, what) = found.ok_or_else(Fault::nowhere)?;
    let id = call.body.id().filter(|it| !it.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete(what, "id", "add"))?;
    let bearer = site.top(of, id);
    let bearer = bearer.ok_or_else(|| Fault::entity_not_found(format!("{what}: id={id}")))?;
    put(site, label, kind, bearer)
}

/// Takes something that goes off all labels.
pub fn forget_bearer(site: &mut Site, id: &str) {
    for (_, kind, ..) in MEMBERS {
        let gone: Vec<Handle> = site.store.all(kind).filter(|it| site.id(*it) == id).collect();
        for member in gone {
            site.store.remove(member);
        }
    }
}

/// Shows a member by its name.
fn shown_member(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let found = MEMBERS.iter().find(|(_, kind, ..)| *kind == site.kind(handle));
    if let Some(whole) = found.and_then(|(_, _, of, _)| site.top(of, site.id(handle))) {
        tree::set(element, "name", site.name(whole));
    }
}
