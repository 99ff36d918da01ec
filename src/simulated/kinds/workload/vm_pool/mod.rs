//! Pools of machines that are made of one template.

mod members;

pub use members::detach;

use super::vm;
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common::{self, ZERO};
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{generic, template};
use crate::simulated::locks::Mode;
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about pools.
pub const RULES: Rules = Rules::of(KIND)
    .add(add)
    .update(update)
    .remove(remove)
    .actions(&[("allocate_vm", members::allocate)])
    .pending(&["add"])
    .by_name(&[
        ("cluster", "clusters", "Cluster"),
        ("template", "templates", "GetVmTemplate"),
        ("instance_type", "instance_types", "InstanceType"),
    ]);

const KIND: &str = "vm_pools";
/// What members are to be, beside what their template says.
const WISH: &str = "vm";
/// How many members are still to be made.
const MISSING: &str = "missing";
/// Says that the pool is going.
const LEAVING: &str = "leaving";

/// Adds a pool; its members are made one by one.
fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let incomplete = |what| Fault::incomplete("VmPool", what, "add");
    let name = call.name().ok_or_else(|| incomplete("name"))?;
    let template = call.id_at("template").ok_or_else(|| incomplete("template.id|name"))?;
    let cluster = call.id_at("cluster").ok_or_else(|| incomplete("cluster.id|name"))?;
    let cluster = site
        .top("clusters", cluster)
        .ok_or_else(|| Fault::bad("Cannot create VM-Pool. The relevant Cluster doesn't exist."))?;
    if template == ZERO {
        return Err(Fault::conflict("VM-Pool must be based on  non-blank Template."));
    }
    let template = site
        .top("templates", template)
        .ok_or_else(|| Fault::bad("Cannot create VM-Pool. The relevant Template doesn't exist."))?;
    if common::taken(site, KIND, name, None, |_| true) {
        return Err(Fault::conflict(
            "Cannot create VM-Pool. The VM-Pool name is already in use, please choose a unique name and try again.",
        ));
    }
    let id = site.id(template).to_owned();
    site.check_lock("Cannot create VM-Pool", ("TEMPLATE", &id), Mode::Shared)?;
    if site.status(template) != "ok" {
        return Err(Fault::conflict("Template's Image is locked (temporarily)."));
    }
    let newest = call.flag("use_latest_template_version") == Some(true);
    let template = if newest { template::latest(site, template) } else { template };
    let size = number(&call.body, "size").unwrap_or(1);
    if size < 1 {
        return Err(Fault::bad("Cannot create Pool with 0 VMs"));
    }
    check_numbers(&call.body, size, "create")?;
    let mut body = generic::draft(site, call);
    prepare(&mut body);
    tree::set(&mut body, "size", "0");
    tree::refer(&mut body, "template", site.id(template));
    tree::refer(&mut body, "cluster", site.id(cluster));
    tree::drop_child(&mut body, "vm");
    let made = generic::put(site, call, None, body);
    note_wish(site, call, made);
    site.hide(made, Element::leaf(MISSING, size.to_string()));
    site.set(template, "status", "locked");
    hold(site, made, size, "created");
    members::grow(site, made, false);
    // Looking after it is no part of making it.
    let job = site.job.take();
    watch(site, made);
    site.job = job;
    Ok(made)
}

/// Nobody else changes a pool while members are made.
fn hold(site: &mut Site, pool: Handle, members: i64, doing: &str) {
    let count = u32::try_from(members).unwrap_or(u32::MAX);
    let time = durations::VM_THIN.saturating_mul(count);
    let says = format!("VM Pool {} is being {doing}.", site.name(pool));
    let id = site.id(pool).to_owned();
    site.hold_lock_saying(("VM_POOL", &id), Mode::Exclusive, time, &says);
}

fn number(body: &Element, path: &str) -> Option<i64> {
    tree::number(body, path)
}

fn check_numbers(body: &Element, size: i64, action: &str) -> Result<(), Fault> {
    if number(body, "prestarted_vms").is_some_and(|it| it > size || it < 0) {
        return Err(Fault::conflict(format!(
            "Cannot {action} VM-Pool. Number of Prestarted VMs cannot exceed the number of VMs in the Pool."
        )));
    }
    if number(body, "max_user_vms").is_some_and(|it| !(1..=32_767).contains(&it)) {
        return Err(Fault::bad(
            "Number of max assigned VMs per user must be between 1 and 32,767.",
        ));
    }
    Ok(())
}

fn prepare(body: &mut Element) {
    for (path, value) in [
        ("type", "automatic"),
        ("stateful", "false"),
        ("prestarted_vms", "0"),
        ("max_user_vms", "1"),
        ("auto_storage_select", "false"),
        ("use_latest_template_version", "false"),
    ] {
        tree::default(body, path, value);
    }
}

/// Remembers what new members are to be.
fn note_wish(site: &mut Site, call: &Call, pool: Handle) {
    let mut wish = site.hidden(pool, WISH).cloned().unwrap_or_else(|| Element::new(WISH));
    if let Some(sent) = call.body.child("vm") {
        merge::merge(&mut wish, &merge::kept(sent, "vm"), "vm", true);
    }
    for gone in ["name", "template", "cluster"] {
        tree::drop_child(&mut wish, gone);
    }
    for name in ["soundcard_enabled", "tpm_enabled", "instance_type"] {
        if let Some(sent) = call.body.child(name) {
            tree::put(&mut wish, sent.clone());
        }
    }
    site.hide(pool, wish);
}

/// Looks after the machines that are to run before anybody asks, in rounds.
pub fn watch(site: &mut Site, pool: Handle) {
    site.later(durations::PRESTART, pool, |site, pool, _| {
        members::prestart(site, pool);
        watch(site, pool);
    });
}

/// Changes a pool; members follow only a change of the template's version.
fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let id = site.id(target).to_owned();
    site.check_lock("Cannot edit VM-Pool", ("VM_POOL", &id), Mode::Exclusive)?;
    check_fixed(site, call, target)?;
    let size = number(site.body(target), "size").unwrap_or(0) + members::missing(site, target);
    let wanted = number(&call.body, "size").unwrap_or(size);
    if wanted < size {
        return Err(Fault::bad("Cannot decrease VMs from VM-Pool."));
    }
    check_numbers(&call.body, wanted, "edit")?;
    let version = new_version(site, call, target)?;
    note_wish(site, call, target);
    let mut sent = call.body.clone();
    for gone in ["vm", "size", "template", "cluster"] {
        tree::drop_child(&mut sent, gone);
    }
    site.edit(target, |body| merge::merge(body, &sent, "vm_pool", true));
    if let Some(version) = version {
        members::move_to(site, target, version);
    }
    if wanted > size {
        let missing = members::missing(site, target);
        let more = missing + wanted - size;
        site.hide(target, Element::leaf(MISSING, more.to_string()));
        hold(site, target, wanted - size, "updated");
        if missing == 0 {
            members::grow(site, target, false);
        }
    }
    Ok(())
}

fn check_fixed(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let differs = |path: &str| call.text(path).is_some_and(|it| it != site.text(target, path));
    for (path, text) in [
        ("name", "Cannot change VM-Pool name."),
        ("type", "Cannot change VM-Pool type."),
        ("stateful", "Cannot change VM-Pool stateful option."),
        (
            "auto_storage_select",
            "Cannot change VM-Pool automatic selection of target storage domains during disks allocation.",
        ),
    ] {
        if differs(path) {
            return Err(Fault::bad(text));
        }
    }
    Ok(())
}

/// The version that members are to have, if the call changes it.
fn new_version(site: &Site, call: &Call, target: Handle) -> Result<Option<Handle>, Fault> {
    let own = site.refers(target, "template", "templates").ok_or_else(Fault::nowhere)?;
    let named = call.id_at("template").and_then(|id| site.top("templates", id));
    let follows = call.flag("use_latest_template_version") == Some(true);
    let wanted = match named {
        _ if follows => template::latest(site, own),
        Some(named) => named,
        None => own,
    };
    if wanted == own {
        return Ok(None);
    }
    if !template::are_versions(site, own, wanted) {
        return Err(Fault::bad(
            "Cannot edit VM-Pool. The requested template doesn't belong to the same base template as the original template.",
        ));
    }
    let mut members = members::of(site, target).into_iter();
    if members.any(|it| site.text(it, "delete_protected") == "true") {
        return Err(Fault::bad(
            "Cannot change the VM Template when the VMs created are set to Delete Protected.",
        ));
    }
    Ok(Some(wanted))
}

/// Removes a pool with its members: those that run are stopped first.
fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    if site.hidden(target, LEAVING).is_some() {
        return Err(Fault::conflict(format!(
            "Cannot remove VM-Pool. VM Pool {} is being removed.",
            site.name(target)
        )));
    }
    let id = site.id(target).to_owned();
    site.check_lock("Cannot remove VM-Pool", ("VM_POOL", &id), Mode::Exclusive)?;
    let members = members::of(site, target);
    if members.iter().any(|it| site.status(*it) == "image_locked") {
        return Err(Fault::conflict(
            "Cannot remove VM-Pool: VM is locked. Please try again in a few minutes.",
        ));
    }
    site.hide(target, Element::new(LEAVING));
    site.unhide(target, MISSING);
    for member in members {
        if vm::is_running(site.status(member)) || site.status(member) == "suspended" {
            site.set(member, "status", "powering_down");
        }
    }
    site.later(durations::POOL_REMOVAL, target, |site, target, _| {
        for member in members::of(site, target) {
            vm::halted(site, member);
            vm::take_away(site, member, false);
        }
        site.store.remove(target);
    });
    Ok(())
}
