//! The machines of a pool.

use super::{LEAVING, MISSING, WISH};
use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal::Event;
use crate::simulated::kinds::{snapshot, template, vm};
use crate::simulated::show::{self, View};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Says that a machine was given to somebody.
const TAKEN: &str = "taken";
/// How many machines one round starts.
const PER_ROUND: usize = 5;

/// The members of a pool.
pub fn of(site: &Site, pool: Handle) -> Vec<Handle> {
    site.users("vms", "vm_pool", pool)
}

/// How many members are still to be made.
pub fn missing(site: &Site, pool: Handle) -> i64 {
    site.hidden(pool, MISSING).and_then(|it| it.text().parse().ok()).unwrap_or(0)
}

/// Makes the next member; the one after it follows when it is there.
pub fn grow(site: &mut Site, pool: Handle, failed: bool) {
    let left = missing(site, pool);
    if left <= 0 || failed || site.hidden(pool, LEAVING).is_some() {
        return finish(site, pool);
    }
    if add_member(site, pool).is_err() {
        Event::of("USER_ADD_VM_POOL_WITH_VMS_ADD_VDS_FAILED").about(site, pool).tell(site);
        return finish(site, pool);
    }
    site.hide(pool, Element::leaf(MISSING, (left - 1).to_string()));
    site.later(durations::VM_THIN, pool, grow);
}

/// All are there, or no more will come.
fn finish(site: &mut Site, pool: Handle) {
    site.unhide(pool, MISSING);
    if let Some(template) = site.refers(pool, "template", "templates")
        && site.status(template) == "locked"
    {
        site.set(template, "status", "ok");
    }
}

fn add_member(site: &mut Site, pool: Handle) -> Result<(), Fault> {
    let cluster = site.refers(pool, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    let template = site.refers(pool, "template", "templates").ok_or_else(Fault::nowhere)?;
    let mut document = site.hidden(pool, WISH).cloned().unwrap_or_else(|| Element::new(WISH));
    tree::set(&mut document, "name", free_name(site, pool));
    let follows = site.text(pool, "use_latest_template_version") == "true";
    tree::set(&mut document, "use_latest_template_version", follows.to_string());
    let mut plan = vm::plan_plain(site, &document, cluster, template)?;
    tree::refer(&mut plan.body, "vm_pool", site.id(pool));
    vm::make(site, plan)?;
    count(site, pool);
    Ok(())
}

fn count(site: &mut Site, pool: Handle) {
    let size = of(site, pool).len();
    site.set(pool, "size", size.to_string());
}

/// The first name that nobody has: numbers replace the question marks of the pool's name, or
/// follow it.
fn free_name(site: &Site, pool: Handle) -> String {
    let mask = site.name(pool);
    let mut number = 1;
    loop {
        let name = name(mask, number);
        if site.store.named("vms", &name).next().is_none() {
            return name;
        }
        number += 1;
    }
}

fn name(mask: &str, number: usize) -> String {
    let Some(start) = mask.find('?') else { return format!("{mask}-{number}") };
    let width = mask[start..].chars().take_while(|it| *it == '?').count();
    format!("{}{number:0width$}{}", &mask[..start], &mask[start + width..])
}

/// Moves all members to another version; those that run follow when they are down.
pub fn move_to(site: &mut Site, pool: Handle, version: Handle) {
    let id = site.id(version).to_owned();
    site.edit(pool, |body| tree::refer(body, "template", id));
    for member in of(site, pool) {
        site.hide(member, Element::new(vm::FOLLOWS_LATEST));
        template::recreate(site, member, version);
    }
}

/// Starts some of the machines that are to run before anybody asks.
pub fn prestart(site: &mut Site, pool: Handle) {
    if site.hidden(pool, LEAVING).is_some() {
        return;
    }
    let wanted = tree::number(site.body(pool), "prestarted_vms").unwrap_or(0);
    let waiting = |site: &Site, it: &Handle| {
        vm::is_running(site.status(*it)) && site.hidden(*it, TAKEN).is_none()
    };
    let members = of(site, pool);
    let running = members.iter().filter(|it| waiting(site, it)).count();
    let lacking = usize::try_from(wanted).unwrap_or(0).saturating_sub(running).min(PER_ROUND);
    let down: Vec<Handle> =
        members.into_iter().filter(|it| site.status(*it) == "down").take(lacking).collect();
    for member in down {
        run(site, pool, member);
    }
}

fn run(site: &mut Site, pool: Handle, member: Handle) {
    if site.text(pool, "stateful") != "true" && !vm::state::runs_stateless(site, member) {
        snapshot::keep_for_stateless(site, member);
    }
    vm::start_again(site, member);
}

/// Gives a machine of the pool to the caller, and starts it.
pub fn allocate(site: &mut Site, _call: &Call, pool: Handle) -> Result<Vec<Element>, Fault> {
    const DOING: &str = "Cannot allocate and run VM from VM-Pool";
    let members = of(site, pool);
    let taken = members.iter().filter(|it| site.hidden(**it, TAKEN).is_some()).count();
    let most = tree::number(site.body(pool), "max_user_vms").unwrap_or(1);
    if i64::try_from(taken).unwrap_or(i64::MAX) >= most {
        return Err(Fault::conflict(
            "User is already attached to maximum number of VMs from this VM-Pool.",
        ));
    }
    let free = |it: &Handle| site.hidden(*it, TAKEN).is_none();
    let running = members.iter().copied().filter(free).find(|it| site.status(*it) == "up");
    let down = || members.iter().copied().filter(free).find(|it| site.status(*it) == "down");
    let member = running.or_else(down).ok_or_else(|| {
        Fault::conflict(format!("{DOING}. There are no available VMs in the VM-Pool."))
    })?;
    site.hide(member, Element::new(TAKEN));
    if site.status(member) == "down" {
        run(site, pool, member);
    }
    Ok(vec![show::show(site, member, &View::default())?])
}

/// Takes a machine out of its pool; with the last one the pool goes.
pub fn detach(site: &mut Site, _call: &Call, machine: Handle) -> Result<Vec<Element>, Fault> {
    let Some(pool) = site.refers(machine, "vm_pool", "vm_pools") else {
        return Err(Fault::conflict(
            "Cannot detach VM from pool. VM is not attached to the VM-Pool.",
        ));
    };
    match site.status(machine) {
        "down" => {}
        "image_locked" => return Err(vm::state::locked("Cannot detach VM from VM-Pool")),
        _ => return Err(Fault::conflict("Cannot detach VM from VM-Pool. VM is running.")),
    }
    site.edit(machine, |body| tree::drop_child(body, "vm_pool"));
    site.unhide(machine, TAKEN);
    site.unhide(machine, vm::FOLLOWS_LATEST);
    count(site, pool);
    if of(site, pool).is_empty() && missing(site, pool) == 0 {
        site.store.remove(pool);
    }
    Ok(Vec::new())
}
