//! What can be done with hosts beside maintenance, power and networks.

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{common, pool};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::{create, deactivation, states, tell};

type Done = Result<Vec<Element>, Fault>;

/// Brings a host back to work.
pub fn activate(site: &mut Site, _call: &Call, target: Handle) -> Done {
    match site.status(target) {
        "up" => return Err(Fault::conflict("Cannot activate Host. Host in Up status.")),
        "non_responsive" => {
            return Err(Fault::conflict("Cannot activate Host. Host is in non responsive state."));
        }
        "installing" | "install_failed" | "pending_approval" | "installing_os" => {
            return Err(Fault::conflict("Cannot activate Host. Host has no unique id."));
        }
        _ => {}
    }
    states::activated(site, target);
    Ok(Vec::new())
}

/// Deploys a host again.
pub fn install(site: &mut Site, call: &Call, target: Handle) -> Done {
    let idle = ["maintenance", "non_operational", "install_failed", "installing_os"];
    if !idle.contains(&site.status(target)) {
        return Err(Fault::conflict(
            "Cannot install Host. Please move Host to Maintenance mode first.",
        ));
    }
    create::check_access(&call.body, site.text(target, "address"), "install")?;
    // The documented default is yes; the code's is no.
    let activate = call.flag("activate").unwrap_or(false);
    let reboot = call.flag("reboot").unwrap_or(true);
    create::deploy(site, target, activate, reboot);
    Ok(Vec::new())
}

/// Takes in a host that came by itself.
pub fn approve(site: &mut Site, call: &Call, target: Handle) -> Done {
    if !["pending_approval", "install_failed", "installing_os"].contains(&site.status(target)) {
        return Err(Fault::conflict(
            "Cannot approve RHVH Host.\n-Host must be in \"Pending Approval\" or \"Install Failed\" status in order to be approved.",
        ));
    }
    if let Some(id) = call.id_at("cluster") {
        let id = site.top("clusters", id).map(|it| site.id(it).to_owned());
        let id = id.ok_or_else(|| Fault::bad("Cannot approve Host. Cluster ID is not valid."))?;
        site.edit(target, |body| tree::refer(body, "cluster", id));
    }
    let activate = call.flag("activate").unwrap_or(true);
    let reboot = call.flag("reboot").unwrap_or(true);
    create::deploy(site, target, activate, reboot);
    Ok(Vec::new())
}

/// Looks for updates: there are some until a host was upgraded.
pub fn upgrade_check(site: &mut Site, _call: &Call, target: Handle) -> Done {
    if !["up", "maintenance", "non_operational", "install_failed"].contains(&site.status(target)) {
        return Err(Fault::conflict(
            "Cannot check for upgrade Host. Valid Host statuses for upgrade check are Up or Non-Operational.",
        ));
    }
    site.later(durations::HOST_UPGRADE_CHECK, target, |site, host, failed| {
        if failed || site.hidden(host, "upgraded").is_some() {
            return;
        }
        site.set(host, "update_available", "true");
        tell(site, host, "HOST_UPDATES_ARE_AVAILABLE");
    });
    Ok(Vec::new())
}

/// Upgrades a host: to maintenance, the packages, a restart, and back to what it was.
pub fn upgrade(site: &mut Site, call: &Call, target: Handle) -> Done {
    let status = site.status(target).to_owned();
    if !["up", "maintenance", "non_operational", "install_failed"].contains(&status.as_str()) {
        return Err(Fault::conflict(
            "Cannot upgrade Host. Valid Host statuses for upgrade are Up, Maintenance, and Non-Operational.",
        ));
    }
    if site.text(target, "update_available") != "true" {
        return Err(Fault::conflict(
            "Cannot upgrade Host. There are no available updates for the host.",
        ));
    }
    let works = status == "up" || status == "non_operational";
    site.hide(target, Element::leaf("activate", works.to_string()));
    let reboot = call.flag("reboot").unwrap_or(true);
    site.hide(target, Element::leaf("reboot", reboot.to_string()));
    let before = if works {
        deactivation::prepare(site, target);
        durations::HOST_MAINTENANCE + durations::VM_MIGRATION
    } else {
        std::time::Duration::ZERO
    };
    // One step after maintenance was reached.
    site.later(before + durations::HOST_INITIALIZING, target, begin_upgrade);
    Ok(Vec::new())
}

fn begin_upgrade(site: &mut Site, host: Handle, failed: bool) {
    if site.status(host) != "maintenance" && site.status(host) != "install_failed" || failed {
        return;
    }
    site.set(host, "status", "installing");
    site.later(durations::HOST_UPGRADE, host, |site, host, failed| {
        if !failed {
            site.hide(host, Element::new("upgraded"));
            site.set(host, "update_available", "false");
        }
        states::installed(site, host, failed);
    });
}

/// Gives a host a new certificate.
pub fn enroll_certificate(site: &mut Site, _call: &Call, target: Handle) -> Done {
    let status = site.status(target).to_owned();
    if !["maintenance", "install_failed", "non_responsive"].contains(&status.as_str()) {
        return Err(Fault::conflict(
            "Cannot enroll certificate Host. Please switch Host to Maintenance mode first.",
        ));
    }
    site.set(target, "status", "installing");
    site.later(durations::HOST_CERTIFICATE, target, |site, host, failed| {
        site.set(host, "status", if failed { "install_failed" } else { "maintenance" });
    });
    Ok(Vec::new())
}

/// Makes a host the manager of its data center's pool.
pub fn force_select_spm(site: &mut Site, _call: &Call, target: Handle) -> Done {
    check_spm(site, target)?;
    let cluster = site.refers(target, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    let data_center = common::data_center_of(site, cluster).ok_or_else(Fault::nowhere)?;
    for host in common::hosts_of(site, data_center) {
        site.set(host, "spm/status", if host == target { "contending" } else { "none" });
    }
    site.later(durations::SPM_ELECTION, target, |site, host, failed| {
        if site.text(host, "spm/status") == "contending" {
            let won = !failed && site.status(host) == "up";
            site.set(host, "spm/status", if won { "spm" } else { "none" });
        }
        let cluster = site.refers(host, "cluster", "clusters");
        if let Some(data_center) = cluster.and_then(|it| common::data_center_of(site, it)) {
            pool::refresh(site, data_center);
        }
    });
    Ok(Vec::new())
}

fn check_spm(site: &Site, target: Handle) -> Result<(), Fault> {
    const DOING: &str = "Cannot force select SPM.";
    let name = site.name(target);
    if site.status(target) != "up" {
        return Err(Fault::conflict(format!("{DOING} The Host {name} is not active.")));
    }
    if site.text(target, "spm/priority") == "-1" {
        return Err(Fault::bad(format!(
            "{DOING} The SPM priority of Host {name} is set to 'never'. This Host cannot be elected as SPM."
        )));
    }
    let cluster = site.refers(target, "cluster", "clusters");
    let data_center = cluster.and_then(|it| common::data_center_of(site, it));
    if data_center.is_none_or(|it| site.status(it) != "up") {
        return Err(Fault::conflict(format!("{DOING} The Host is not a part of a Storage Pool.")));
    };
    if site.text(target, "spm/status") != "none" {
        return Err(Fault::conflict(format!(
            "{DOING} The Host {name} is already SPM or contending."
        )));
    }
    if deactivation::has_tasks(site, target) {
        return Err(Fault::conflict(format!("{DOING} The Storage Pool has running tasks.")));
    }
    Ok(())
}
