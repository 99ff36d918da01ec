//! What a running machine takes over at once, and what it is refused.

use super::next_run;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const MIB: i64 = 1 << 20;
const X86_STEP: i64 = 128;
const POWER_STEP: i64 = 256;
const SLOTS: usize = 16;

fn mib(body: &Element, path: &str) -> i64 {
    tree::number(body, path).unwrap_or(0) / MIB
}

fn step(body: &Element) -> i64 {
    if body.text_at("cpu/architecture") == Some("ppc64") { POWER_STEP } else { X86_STEP }
}

/// Refuses changes that a running machine cannot take.
pub fn check(
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
pub fn take(
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
        tell(site, target, 2034, "Failed to hot set number of CPUS to VM", "");
    } else {
        next_run::copy(now, wanted, "cpu/topology/sockets");
    }
}

fn tell(site: &mut Site, target: Handle, code: u32, what: &str, why: &str) {
    let name = site.name(target).to_owned();
    let severity = if code == 2051 { "normal" } else { "error" };
    journal::event(site, severity, code, format!("{what} {name}{why}."), &[("vm", target)]);
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
            return tell(site, target, 2040, "Failed to hot set memory to VM", "");
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
            let why = ": there is no memory device of a fitting size";
            return tell(site, target, 2051, "Failed to hot unplug memory of VM", why);
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
