//! Changing a machine: at once, live, or at its next start.

use super::{checks, is_running, next_run};
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::kinds::{affinity_group, common};
use crate::simulated::merge;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const MIB: i64 = 1 << 20;
const X86_STEP: i64 = 128;
const POWER_STEP: i64 = 256;
const SLOTS: usize = 16;

/// Updates a machine.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    check_fixed(site, call, target)?;
    if common::moves(site, call, target, "cluster") {
        change_cluster(site, call, target)?;
    }
    let status = site.status(target).to_owned();
    let current = site.body(target).clone();
    let onto_pending = call.query.flag("next_run") == Some(true);
    let base = match next_run::pending(site, target) {
        Some(pending) if onto_pending => {
            let mut base = current.clone();
            *base.children_mut() = next_run::view(current.children().to_vec(), pending);
            base
        }
        _ => current.clone(),
    };
    let wanted = merged(site, call, base);
    checks::check_sizes(&wanted, "edit")?;
    match status.as_str() {
        "down" => settle(site, target, &wanted),
        _ if !is_running(&status) => {
            // Applied at once, and left behind to be applied again: the engine's own trap.
            if next_run::differs(&current, &wanted) {
                next_run::store(site, target, wanted.clone());
            }
            settle(site, target, &wanted);
        }
        _ => update_running(site, target, &current, wanted, onto_pending)?,
    }
    Ok(())
}

fn check_fixed(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if common::moves(site, call, target, "template") {
        return Err(Fault::bad("Cannot edit VM. The Template can be changed for pool VMs only."));
    }
    if let Some(name) = common::new_name(site, call, target) {
        let cluster = site.refers(target, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
        checks::check_name(site, name, cluster, Some(target), "edit")?;
    }
    let wanted = call.body.child("placement_policy");
    let pins = wanted.is_some_and(|it| it.text_at("affinity") == Some("pinned"));
    if pins && let Some(host) = site.refers(target, "host", "hosts") {
        let hosts = wanted.and_then(|it| it.child("hosts")).map(Element::children);
        let hosts = hosts.unwrap_or_default();
        if !hosts.is_empty() && !hosts.iter().any(|it| it.id() == Some(site.id(host))) {
            let name = site.name(host);
            return Err(Fault::conflict(format!(
                "Cannot edit VM. Running VM is hosted on {name}. Include {name} in dedicated hosts, or migrate VM to dedicated host prior to pinning."
            )));
        }
    }
    Ok(())
}

fn change_cluster(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    if site.status(target) != "down" {
        return Err(Fault::conflict(
            "Cannot update a VM in this status. Try stopping the VM first.",
        ));
    }
    let cluster = call.id_at("cluster").and_then(|id| site.top("clusters", id));
    let cluster =
        cluster.ok_or_else(|| Fault::bad("Cannot edit VM. The relevant Cluster doesn't exist."))?;
    let profile = site.users("cpu_profiles", "cluster", cluster).first().copied();
    let profile = profile.map(|it| site.id(it).to_owned());
    // Its groups belong to the cluster that it leaves.
    let own = site.id(target).to_owned();
    affinity_group::forget_member(site, &own);
    let id = site.id(cluster).to_owned();
    site.edit(target, |body| {
        tree::refer(body, "cluster", id);
        if let Some(profile) = profile {
            tree::refer(body, "cpu_profile", profile);
        }
    });
    Ok(())
}

/// What the machine would be with the document merged in.
fn merged(site: &Site, call: &Call, base: Element) -> Element {
    let mut wanted = base;
    let had_password = wanted.at("initialization/root_password").cloned();
    if call.body.child("placement_policy").is_some() {
        // Its mere presence resets the hosts.
        tree::drop_at(&mut wanted, "placement_policy/hosts");
    }
    if call.body.at("os/boot").is_some() {
        tree::drop_at(&mut wanted, "os/boot");
    }
    let mut sent = call.body.clone();
    for gone in ["cdroms", "snapshots", "cluster", "template", "status", "disk_attachments"] {
        tree::drop_child(&mut sent, gone);
    }
    if tree::id_at(&sent, "cpu_profile").is_none() {
        // A profile named by its name only is not looked up.
        tree::drop_child(&mut sent, "cpu_profile");
    }
    merge::merge(&mut wanted, &sent, "vm", true);
    if let Some(password) = had_password
        && wanted.child("initialization").is_some()
    {
        // A password that is stored wins over the one that is sent.
        tree::put(wanted.child_or_new("initialization"), password);
    }
    checks::follow_instance_type(site, &mut wanted);
    checks::truncate(&mut wanted);
    checks::harmonize(&mut wanted);
    wanted
}

/// Makes a machine what it is wanted to be.
fn settle(site: &mut Site, target: Handle, wanted: &Element) {
    site.edit(target, |body| {
        let current = std::mem::take(body.children_mut());
        *body.children_mut() = next_run::view(current, wanted);
    });
}

fn update_running(
    site: &mut Site,
    target: Handle,
    current: &Element,
    wanted: Element,
    onto_pending: bool,
) -> Result<(), Fault> {
    if !onto_pending {
        check_live(site, target, current, &wanted)?;
    }
    let had_pending = next_run::pending(site, target).is_some();
    let waits = if onto_pending {
        next_run::differs_at_all(current, &wanted)
    } else {
        next_run::differs(current, &wanted)
    };
    let mut now = current.clone();
    next_run::take_at_once(&mut now, &wanted);
    if !onto_pending {
        take_live(site, target, current, &wanted, &mut now);
    }
    settle(site, target, &now);
    if waits || had_pending {
        // The waiting configuration is written anew; what waited before and is not in it is lost.
        next_run::store(site, target, wanted);
    }
    Ok(())
}

fn mib(body: &Element, path: &str) -> i64 {
    tree::number(body, path).unwrap_or(0) / MIB
}

fn step(body: &Element) -> i64 {
    if body.text_at("cpu/architecture") == Some("ppc64") { POWER_STEP } else { X86_STEP }
}

fn check_live(
    site: &Site,
    target: Handle,
    current: &Element,
    wanted: &Element,
) -> Result<(), Fault> {
    if site.status(target) != "up" {
        return Ok(());
    }
    let (before, after) = (mib(current, "memory"), mib(wanted, "memory"));
    if after > before {
        check_more_memory(site, target, current, after - before, after)?;
    }
    check_sockets(current, wanted)?;
    let lease = |body: &Element| tree::id_at(body, "lease/storage_domain").map(str::to_owned);
    if let (Some(one), Some(other)) = (lease(current), lease(wanted))
        && one != other
    {
        return Err(Fault::conflict(
            "Cannot edit VM. Hot swapping of VM leases is not supported, please remove the current lease and then set a new one.",
        ));
    }
    Ok(())
}

fn check_more_memory(
    site: &Site,
    target: Handle,
    current: &Element,
    more: i64,
    after: i64,
) -> Result<(), Fault> {
    let step = step(current);
    if more % step != 0 {
        return Err(Fault::bad(format!(
            "Cannot hot set memory VM. Amount of added memory ({more}MiB) is not dividable by {step}MiB."
        )));
    }
    let max = mib(current, "memory_policy/max");
    if after > max {
        return Err(Fault::conflict(format!(
            "Cannot edit VM. Memory size ({after}MB) cannot exceed maximum memory size ({max}MB)."
        )));
    }
    let properties = current.child("custom_properties").map(Element::children).unwrap_or_default();
    if properties.iter().any(|it| it.text_at("name") == Some("hugepages")) {
        return Err(Fault::conflict(
            "Cannot hot set memory VM. Memory hot set is not supported for virtual machines with huge pages.",
        ));
    }
    let waiting = next_run::pending(site, target).map(|it| mib(it, "memory"));
    if waiting.is_some_and(|it| it != mib(current, "memory")) {
        return Err(Fault::bad(
            "Cannot hot change memory because memory next run configuration already exists.",
        ));
    }
    Ok(())
}

fn topology(body: &Element) -> (i64, i64, i64) {
    let of = |name: &str| tree::number(body, &format!("cpu/topology/{name}")).unwrap_or(1);
    (of("sockets"), of("cores"), of("threads"))
}

/// How many CPUs a simulated host has.
const HOST_CPUS: i64 = 64;

fn check_sockets(current: &Element, wanted: &Element) -> Result<(), Fault> {
    let (before, ..) = topology(current);
    let (sockets, cores, threads) = topology(wanted);
    if sockets == before {
        return Ok(());
    }
    if sockets * cores * threads > HOST_CPUS {
        return Err(Fault::bad(
            "The requested number of vCPUs is not available on the host the VM is running on",
        ));
    }
    let policy = wanted.text_at("cpu_pinning_policy").unwrap_or("none");
    if ["dedicated", "isolate_threads", "resize_and_pin_numa"].contains(&policy) {
        return Err(Fault::bad(format!(
            "Hot plugging a CPU is not supported with the CPU pinning policy {policy}."
        )));
    }
    Ok(())
}

/// Takes over what a running machine can take; what it cannot take is told by an event only.
fn take_live(
    site: &mut Site,
    target: Handle,
    current: &Element,
    wanted: &Element,
    now: &mut Element,
) {
    next_run::copy(now, wanted, "memory_policy/guaranteed");
    next_run::copy(now, wanted, "lease");
    if site.status(target) != "up" {
        return;
    }
    take_sockets(site, target, current, wanted, now);
    take_memory(site, target, current, wanted, now);
}

fn take_sockets(
    site: &mut Site,
    target: Handle,
    current: &Element,
    wanted: &Element,
    now: &mut Element,
) {
    let (before, ..) = topology(current);
    let (after, ..) = topology(wanted);
    let fewer = after < before;
    // A generic system is not known to give CPUs back.
    let fixed = wanted.text_at("os/type").is_none_or(|it| it == "other");
    if fewer && fixed {
        tell(site, target, "Failed to hot set number of CPUS to VM");
    } else {
        next_run::copy(now, wanted, "cpu/topology/sockets");
    }
}

fn tell(site: &mut Site, target: Handle, what: &str) {
    let name = site.name(target).to_owned();
    journal::event(site, "error", 2_025, format!("{what} {name}."), &[("vm", target)]);
}

fn take_memory(
    site: &mut Site,
    target: Handle,
    current: &Element,
    wanted: &Element,
    now: &mut Element,
) {
    let (before, after) = (mib(current, "memory"), mib(wanted, "memory"));
    let mut modules = modules(site, target);
    if after > before {
        if modules.len() >= SLOTS {
            return tell(site, target, "Failed to hot plug memory to VM");
        }
        modules.push(after - before);
    } else if after < before {
        let mut left = before - after;
        modules.sort_unstable_by(|one, other| other.cmp(one));
        modules.retain(|module| {
            let goes = *module <= left;
            left -= if goes { *module } else { 0 };
            !goes
        });
        if left != 0 {
            return tell(site, target, "Failed to hot unplug memory from VM");
        }
    }
    let texts = modules.iter().map(|it| Element::leaf("module", it.to_string()));
    let mut note = Element::new("memory_modules");
    note.children_mut().extend(texts);
    site.hide(target, note);
    next_run::copy(now, wanted, "memory");
}

/// The memory modules that were plugged into a running machine, in MiB.
fn modules(site: &Site, target: Handle) -> Vec<i64> {
    let note = site.hidden(target, "memory_modules").map(Element::children).unwrap_or_default();
    note.iter().filter_map(|it| it.text().parse().ok()).collect()
}
