//! The CPUs of clusters: types, levels, and what hosts must be able to do.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common;
use crate::simulated::kinds::host;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// Derives architecture and firmware from the CPU type.
pub fn fit(body: &mut Element) {
    let architecture = architecture(body.text_at("cpu/type").unwrap_or_default());
    let level = common::version(body, "version");
    let firmware = match architecture {
        "x86_64" if level >= Some((4, 7)) => "q35_ovmf",
        "x86_64" if level >= Some((4, 4)) => "q35_sea_bios",
        _ => "i440fx_sea_bios",
    };
    tree::set(body, "cpu/architecture", architecture);
    tree::default(body, "bios_type", firmware);
}

fn architecture(cpu: &str) -> &'static str {
    match cpu {
        it if it.contains("POWER") => "ppc64",
        it if it.starts_with("IBM z") => "s390x",
        _ => "x86_64",
    }
}

/// The levels of the CPUs of one vendor, lowest first.
const LEVELS: &[&[&str]] = &[
    &[
        "Nehalem",
        "Westmere",
        "SandyBridge",
        "IvyBridge",
        "Haswell",
        "Broadwell",
        "Skylake Client",
        "Skylake Server",
        "Cascadelake Server",
        "Icelake Server",
        "Sapphire Rapids Server",
    ],
    &[
        "AMD Opteron G4",
        "AMD Opteron G5",
        "AMD EPYC",
        "AMD EPYC-Rome",
        "AMD EPYC-Milan",
        "AMD EPYC-Genoa",
    ],
    &["IBM POWER8", "IBM POWER9", "IBM POWER10"],
];

/// The vendor of a CPU type and its level.
fn level_of(cpu: &str) -> Option<(usize, usize)> {
    let cpu = cpu.trim_start_matches("Secure ").trim_start_matches("Intel ");
    let cpu = cpu.trim_end_matches(" Family");
    LEVELS
        .iter()
        .enumerate()
        .find_map(|(vendor, levels)| Some((vendor, levels.iter().position(|it| *it == cpu)?)))
}

/// Whether a host's CPU can do what the CPU type of its cluster asks for.
pub fn fits(wanted: &str, there: &str) -> bool {
    match (level_of(wanted), level_of(there)) {
        (Some((vendor, level)), Some((other, highest))) => vendor == other && level <= highest,
        _ => true,
    }
}

/// A CPU type must be one that the level knows.
pub fn check_known(
    site: &Site,
    body: &Element,
    level: (i64, i64),
    action: &str,
) -> Result<(), Fault> {
    let Some(cpu) = body.text_at("cpu/type").filter(|it| !it.is_empty()) else { return Ok(()) };
    let level = site.top("cluster_levels", &format!("{}.{}", level.0, level.1));
    let types = level.and_then(|it| site.body(it).child("cpu_types")).map(Element::children);
    if types.is_none_or(|types| types.iter().any(|it| it.text_at("name") == Some(cpu))) {
        return Ok(());
    }
    Err(Fault::bad(format!("Cannot {action} Cluster. The chosen CPU is not supported.")))
}

/// Checks a change of the CPU type against the hosts and machines of a cluster.
pub fn check_change(site: &Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let now = site.text(target, "cpu/type");
    let Some(wanted) = call.text("cpu/type").filter(|it| *it != now) else { return Ok(()) };
    let hosts = site.users("hosts", "cluster", target);
    let vms = site.users("vms", "cluster", target);
    if wanted.is_empty() {
        if !hosts.is_empty() || !vms.is_empty() {
            return Err(Fault::conflict(
                "Cannot change Cluster CPU Type to Auto Detect when there are VMs or hosts in the cluster.",
            ));
        }
        return Ok(());
    }
    if now.is_empty() {
        return check_hosts(site, wanted, &hosts);
    }
    if vms.iter().any(|it| site.status(*it) == "suspended") {
        return Err(Fault::conflict(
            "Cannot update Cluster and change CPU Cluster level if there are suspended VMs in the Cluster",
        ));
    }
    let in_use = !hosts.is_empty() || !vms.is_empty();
    if in_use && architecture(now) != architecture(wanted) {
        return Err(Fault::conflict(
            "Cannot change Cluster CPU architecture when there are Hosts or VMs attached to this Cluster.",
        ));
    }
    let other_vendor = level_of(now).map(|it| it.0) != level_of(wanted).map(|it| it.0);
    if other_vendor && hosts.iter().any(|it| site.status(*it) != "maintenance") {
        return Err(Fault::conflict(
            "Cannot change Cluster CPU type unless all Hosts attached to this Cluster are in Maintenance.",
        ));
    }
    check_hosts(site, wanted, &hosts)
}

/// Hosts at work must be able to do what the new type asks for.
fn check_hosts(site: &Site, wanted: &str, hosts: &[Handle]) -> Result<(), Fault> {
    let weak = hosts.iter().find(|it| site.status(**it) == "up" && !fits(wanted, host::CPU_TYPE));
    match weak {
        Some(host) => Err(Fault::conflict(format!(
            "Cannot change Cluster CPU type when there are active Hosts that do not support the selected CPU type.\n\nPlease move Host {} to maintenance first.",
            site.name(*host)
        ))),
        None => Ok(()),
    }
}
