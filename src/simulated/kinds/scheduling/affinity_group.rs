//! Affinity groups and their members.

use super::affinity_rules;
use crate::simulated::call::{self, Call};
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{affinity_label, common, generic};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about affinity groups.
pub const RULES: Rules = Rules::of("affinity_groups").add(add).update(update).shown(shown);

const fn members(kind: &'static str) -> Rules {
    Rules::of(kind).add(add_member).shown(shown_member)
}

/// What is special about the machines of a group.
pub const VM_RULES: Rules = members("affinity_group_vms");
/// What is special about the hosts of a group.
pub const HOST_RULES: Rules = members("affinity_group_hosts");
/// What is special about the labels of machines in a group.
pub const VM_LABEL_RULES: Rules = members("affinity_group_vm_labels");
/// What is special about the labels of hosts in a group.
pub const HOST_LABEL_RULES: Rules = members("affinity_group_host_labels");

const KIND: &str = "affinity_groups";

/// Members: list in a document, their collection, what they are, the text's word for one.
const MEMBERS: &[(&str, &str, &str, &str)] = &[
    ("vms", "affinity_group_vms", "vms", "VM"),
    ("hosts", "affinity_group_hosts", "hosts", "Host"),
    ("vm_labels", "affinity_group_vm_labels", "affinity_labels", "VM label"),
    ("host_labels", "affinity_group_host_labels", "affinity_labels", "Host label"),
];

/// Adds a group, with the members that are sent along.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = common::name(call, "affinity_group")?;
    check_name(site, name, None, "add")?;
    check_members(site, call, call.owner()?)?;
    let mut body = generic::draft(site, call);
    take_old_flags(&mut body);
    prepare(&mut body);
    tree::refer(&mut body, "cluster", site.id(call.owner()?));
    let made = generic::put(site, call, None, body);
    replace_members(site, call, made);
    if let Err(fault) = affinity_rules::check(site, call.owner()?) {
        site.store.remove(made);
        return Err(fault);
    }
    Ok(made)
}

fn check_name(site: &Site, name: &str, except: Option<Handle>, action: &str) -> Result<(), Fault> {
    if common::taken(site, KIND, name, except, |_| true) {
        return Err(Fault::bad(format!(
            "Cannot {action} Affinity Group. Affinity Group name already exists."
        )));
    }
    Ok(())
}

/// Clients of old say the rule for machines in two flags.
fn take_old_flags(body: &mut Element) {
    if body.child("vms_rule").is_some() {
        return;
    }
    for flag in ["enforcing", "positive"] {
        if let Some(text) = body.text_at(flag).map(str::to_owned) {
            tree::set(body, &format!("vms_rule/{flag}"), text);
        }
    }
}

/// What the engine fills in; members are kept apart.
fn prepare(body: &mut Element) {
    for (list, ..) in MEMBERS {
        tree::drop_child(body, list);
    }
    for (path, value) in [
        ("priority", "1"),
        ("vms_rule/enabled", "true"),
        ("vms_rule/enforcing", "false"),
        ("vms_rule/positive", "false"),
        ("hosts_rule/enabled", "false"),
        ("hosts_rule/enforcing", "false"),
        ("hosts_rule/positive", "true"),
        ("broken", "false"),
    ] {
        tree::default(body, path, value);
    }
    // The old flags mirror the rule for machines.
    for flag in ["enforcing", "positive"] {
        let text = body.text_at(&format!("vms_rule/{flag}")).unwrap_or("false").to_owned();
        tree::set(body, flag, text);
    }
}

fn check_members(site: &Site, call: &Call, cluster: Handle) -> Result<(), Fault> {
    for (list, _, kind, what) in MEMBERS {
        let members = call.body.child(list).map(Element::children).unwrap_or_default();
        for (at, member) in members.iter().enumerate() {
            let id = member.id().unwrap_or_default();
            check_member(site, id, kind, what, cluster)?;
            if members[..at].iter().any(|it| it.id() == Some(id)) {
                return Err(duplicate(kind, what));
            }
        }
    }
    Ok(())
}

fn check_member(
    site: &Site,
    id: &str,
    kind: &'static str,
    what: &str,
    cluster: Handle,
) -> Result<(), Fault> {
    let Some(found) = site.top(kind, id) else {
        let what = if kind == "affinity_labels" { "label" } else { what };
        return Err(Fault::bad(format!(
            "Cannot edit Affinity Group. Provided {what} is invalid (does not exist)."
        )));
    };
    if kind != "affinity_labels" && site.reference(found, "cluster") != Some(site.id(cluster)) {
        return Err(Fault::bad(format!(
            "Cannot edit Affinity Group. Provided {what} resides in another Cluster."
        )));
    }
    Ok(())
}

fn duplicate(kind: &str, what: &str) -> Fault {
    let what = if kind == "affinity_labels" { "label" } else { what };
    Fault::bad(format!("Cannot edit Affinity Group. Duplicate {what}."))
}

/// The members of a group, by their collections.
fn members_of(site: &Site, group: Handle) -> Vec<(&'static str, Vec<String>)> {
    let ids = |kind| site.children(group, kind).into_iter().map(|it| site.id(it).to_owned());
    MEMBERS.iter().map(|(_, kind, ..)| (*kind, ids(kind).collect())).collect()
}

/// Puts others in place of the members.
fn put_members(site: &mut Site, group: Handle, members: &[(&'static str, Vec<String>)]) {
    for (kind, ids) in members {
        for member in site.children(group, kind) {
            site.store.remove(member);
        }
        for id in ids {
            site.add(kind, Some(group), id, Element::new("member"));
        }
    }
}

/// Puts the lists of a document in place of the members.
fn replace_members(site: &mut Site, call: &Call, group: Handle) {
    for (list, kind, ..) in MEMBERS {
        let Some(wanted) = call.body.child(list) else { continue };
        let ids = wanted.children().iter().filter_map(Element::id).map(str::to_owned);
        put_members(site, group, &[(kind, ids.collect())]);
    }
}

/// Updates a group; lists replace its members.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, Some(target), "edit")?;
    }
    let cluster = site.parent(target).ok_or_else(Fault::nowhere)?;
    if call.id_at("cluster").is_some_and(|it| it != site.id(cluster)) {
        return Err(Fault::bad(
            "Cannot edit Affinity Group. Cannot change Cluster for Affinity Group.",
        ));
    }
    check_members(site, call, cluster)?;
    let (body, members) = (site.body(target).clone(), members_of(site, target));
    let mut call = Call { body: call.body.clone(), query: call.query.clone(), ..*call };
    take_old_flags(&mut call.body);
    generic::update(site, &call, target)?;
    site.edit(target, prepare);
    replace_members(site, &call, target);
    if let Err(fault) = affinity_rules::check(site, cluster) {
        // What cannot be kept leaves all as it was.
        site.edit(target, |it| *it = body);
        put_members(site, target, &members);
        return Err(fault);
    }
    Ok(())
}

/// Adds a member; twice is refused.
pub fn add_member(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let group = call.owner()?;
    let found = MEMBERS.iter().find(|(_, kind, ..)| *kind == call.collection.name);
    let (_, kind, of, what) = found.ok_or_else(Fault::nowhere)?;
    let mut wanted = call.body.clone();
    if *of == "hosts" {
        call::resolve_one(site, &mut wanted, "hosts", "Host")?;
    }
    let id = wanted.id().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete(what, "id", "add"))?;
    let cluster = site.parent(group).ok_or_else(Fault::nowhere)?;
    check_member(site, id, of, what, cluster)?;
    if site.store.find(kind, Some(group), id).is_some() {
        return Err(duplicate(of, what));
    }
    let member = site.add(kind, Some(group), id, Element::new("member"));
    if let Err(fault) = affinity_rules::check(site, cluster) {
        site.store.remove(member);
        return Err(fault);
    }
    Ok(member)
}

/// Takes something that goes out of all groups, and off all labels.
pub fn forget_member(site: &mut Site, id: &str) {
    affinity_label::forget_bearer(site, id);
    for (_, kind, ..) in MEMBERS {
        let gone: Vec<Handle> = site.store.all(kind).filter(|it| site.id(*it) == id).collect();
        for member in gone {
            site.store.remove(member);
        }
    }
}

/// Shows the members with the group.
pub fn shown(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    for (list, kind, of, _) in MEMBERS {
        let members = site.children(handle, kind);
        if members.is_empty() {
            continue;
        }
        let item = match *of {
            "vms" => "vm",
            "hosts" => "host",
            _ => "affinity_label",
        };
        let mut wrapper = Element::new(*list);
        for member in members {
            wrapper.push(Element::link(item, site.id(member)));
        }
        tree::put(element, wrapper);
    }
}

/// Shows a member by its name.
pub fn shown_member(site: &Site, handle: Handle, _view: &View, element: &mut Element) {
    let found = MEMBERS.iter().find(|(_, kind, ..)| *kind == site.kind(handle));
    let whole = found.and_then(|(_, _, of, _)| site.top(of, site.id(handle)));
    if let Some(whole) = whole {
        tree::set(element, "name", site.name(whole));
    }
}
