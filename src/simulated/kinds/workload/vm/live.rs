//! What a running machine takes over at once, and what it is refused.

use super::{checks, next_run};
use crate::simulated::fault::Fault;
use crate::simulated::journal::Event;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const MIB: i64 = 1 << 20;
const X86_STEP: i64 = 128;
const POWER_STEP: i64 = 256;
const SLOTS: usize = 16;

/// Systems whose kernel takes memory away again only if a smallest module came first.
const SMALLEST_FIRST: &[&str] = &["rhel_7x64", "rhel_7_ppc64", "rhel_7_s390x"];

fn mib(body: &Element, path: &str) -> i64 {
    tree::number(body, path).unwrap_or(0) / MIB
}

fn step(body: &Element) -> i64 {
    let power = body.text_at("cpu/architecture").is_some_and(|it| it.starts_with("ppc"));
    if power { POWER_STEP } else { X86_STEP }
}

/// Refuses changes that a running machine cannot take.
pub fn check(
    site: &Site,
    target: Handle,
    current: &Element,
    wanted: &Element,
) -> Result<(), Fault> {
    check_waiting_memory(site, target, current, wanted)?;
    if site.status(target) != "up" {
        return Ok(());
    }
    check_memory(current, wanted)?;
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

/// While another size waits for the next start, no plain update is taken, whatever it is about.
fn check_waiting_memory(
    site: &Site,
    target: Handle,
    current: &Element,
    wanted: &Element,
) -> Result<(), Fault> {
    let waiting = next_run::pending(site, target).map(|it| mib(it, "memory"));
    if waiting.is_some_and(|it| it != mib(current, "memory") && it != mib(wanted, "memory")) {
        return Err(Fault::bad(
            "Cannot hot change memory because memory next run configuration already exists.",
        ));
    }
    Ok(())
}

fn check_memory(current: &Element, wanted: &Element) -> Result<(), Fault> {
    let (before, after) = (mib(current, "memory"), mib(wanted, "memory"));
    let (more, step) = (after - before, step(current));
    if more > 0 && more % step != 0 {
        return Err(Fault::bad(format!(
            "Cannot edit VM. Amount of added memory ({more}MiB) is not dividable by {step}MiB."
        )));
    }
    let max = mib(current, "memory_policy/max");
    if after > max {
        return Err(Fault::conflict(format!(
            "Cannot edit VM. Memory size ({after}MB) cannot exceed maximum memory size ({max}MB)."
        )));
    }
    if more != 0 && checks::huge_page(current).is_some() {
        return Err(Fault::conflict(
            "Cannot edit VM. Memory hot set is not supported for virtual machines with huge pages.",
        ));
    }
    Ok(())
}

/// Whether memory is wanted that no module has the size of, so that it waits for a start.
pub fn leaves_memory(current: &Element, wanted: &Element) -> bool {
    (mib(wanted, "memory") - mib(current, "memory")) % step(current) != 0
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
        Event::of("FAILED_HOT_SET_NUMBER_OF_CPUS")
            .about(site, target)
            .with("ErrorMessage", "the guest's system does not give CPUs back")
            .tell(site);
    } else {
        next_run::copy(now, wanted, "cpu/topology/sockets");
    }
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
    let reached = match after - before {
        0 => return,
        more @ 1.. => {
            let parts = parts(now, &modules, more);
            before + plug(site, target, &mut modules, &parts)
        }
        less => before - unplug(&mut modules, -less),
    };
    if reached > after && reached == before {
        next_run::copy(now, current, "memory_policy/guaranteed");
        let none = match modules.is_empty() {
            true => "NO_MEMORY_DEVICE_TO_HOT_UNPLUG",
            false => "NO_SUITABLE_MEMORY_DEVICE_TO_HOT_UNPLUG",
        };
        return Event::of(none).about(site, target).tell(site);
    }
    let texts = modules.iter().map(|it| Element::leaf("module", it.to_string()));
    let mut note = Element::new("memory_modules");
    note.children_mut().extend(texts);
    site.hide(target, note);
    tree::set(now, "memory", (reached * MIB).to_string());
}

/// Plugs modules in while there are slots; returns how much memory they are.
fn plug(site: &mut Site, target: Handle, modules: &mut Vec<i64>, parts: &[i64]) -> i64 {
    let free = SLOTS.saturating_sub(modules.len());
    if parts.len() > free {
        Event::of("FAILED_HOT_SET_MEMORY")
            .about(site, target)
            .with("ErrorMessage", "there is no free slot for memory")
            .tell(site);
    }
    let fit = &parts[..parts.len().min(free)];
    modules.extend(fit);
    fit.iter().sum()
}

/// Unplugs modules, the largest that fit first; returns how much memory they were.
fn unplug(modules: &mut Vec<i64>, less: i64) -> i64 {
    let mut left = less;
    modules.sort_unstable_by(|one, other| other.cmp(one));
    modules.retain(|module| {
        let goes = *module <= left;
        left -= if goes { *module } else { 0 };
        !goes
    });
    less - left
}

/// The modules that more memory comes in: one, or, where the kernel needs it, a smallest one first.
fn parts(body: &Element, modules: &[i64], more: i64) -> Vec<i64> {
    let smallest = step(body);
    let needs = body.text_at("os/type").is_some_and(|it| SMALLEST_FIRST.contains(&it));
    if needs && more > smallest && !modules.contains(&smallest) {
        vec![smallest, more - smallest]
    } else {
        vec![more]
    }
}

/// The memory modules that were plugged into a running machine, in MiB.
fn modules(site: &Site, target: Handle) -> Vec<i64> {
    let note = site.hidden(target, "memory_modules").map(Element::children).unwrap_or_default();
    note.iter().filter_map(|it| it.text().parse().ok()).collect()
}
