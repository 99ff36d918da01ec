//! Affinity groups and their members.

use crate::simulated::call::Call;
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
    prepare(&mut body);
    tree::refer(&mut body, "cluster", site.id(call.owner()?));
    let made = generic::put(site, call, None, body);
    replace_members(site, call, made);
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
        for member in members {
            check_member(site, member.id().unwrap_or_default(), kind, what, cluster)?;
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
    let found = site.top(kind, id);
    let fits = found.is_some_and(|it| {
        kind == "affinity_labels" || site.reference(it, "cluster") == Some(site.id(cluster))
    });
    if !fits {
        return Err(Fault::bad(format!(
            "Cannot edit Affinity Group. Invalid {what} for affinity group."
        )));
    }
    Ok(())
}

/// Puts the lists of a document in place of the members.
fn replace_members(site: &mut Site, call: &Call, group: Handle) {
    for (list, kind, ..) in MEMBERS {
        let Some(wanted) = call.body.child(list) else { continue };
        for member in site.children(group, kind) {
            site.store.remove(member);
        }
        for id in wanted.children().iter().filter_map(Element::id) {
            if site.store.find(kind, Some(group), id).is_none() {
                site.add(kind, Some(group), id, Element::new("member"));
            }
        }
    }
}

/// Updates a group; lists replace its members.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, Some(target), "edit")?;
    }
    check_members(site, call, site.parent(target).ok_or_else(Fault::nowhere)?)?;
    generic::update(site, call, target)?;
    site.edit(target, prepare);
    replace_members(site, call, target);
    Ok(())
}

/// Adds a member; twice is refused.
pub fn add_member(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let group = call.owner()?;
    let found = MEMBERS.iter().find(|(_, kind, ..)| *kind == call.collection.name);
    let (_, kind, of, what) = found.ok_or_else(Fault::nowhere)?;
    let id = call.body.id().filter(|id| !id.is_empty());
    let id = id.ok_or_else(|| Fault::incomplete(what, "id", "add"))?;
    check_member(site, id, of, what, site.parent(group).ok_or_else(Fault::nowhere)?)?;
    if site.store.find(kind, Some(group), id).is_some() {
        return Err(Fault::bad(format!("Cannot edit Affinity Group. Duplicate {what}.")));
    }
    Ok(site.add(kind, Some(group), id, Element::new("member")))
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
