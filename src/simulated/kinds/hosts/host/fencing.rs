//! Power management: what the engine does to a host's power through its fence agents.

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::common;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::{states, tell};

const TYPES: &[&str] = &["manual", "restart", "start", "status", "stop"];

/// Does something to the power of a host, or asks for it.
pub fn fence(site: &mut Site, call: &Call, target: Handle) -> Result<Vec<Element>, Fault> {
    let wanted = call.text("fence_type").filter(|it| !it.is_empty());
    let wanted = wanted.ok_or_else(|| Fault::incomplete("Action", "fenceType", "fence"))?;
    let wanted = wanted.to_lowercase();
    if !TYPES.contains(&wanted.as_str()) {
        let known: Vec<String> = TYPES.iter().map(|it| format!("'{it}'")).collect();
        return Err(Fault::invalid_value(format!(
            "The string '{wanted}' isn't a valid value for the 'FenceType' enumerated type. Valid values are: {}.",
            known.join(", ")
        )));
    }
    if wanted == "manual" {
        return confirm_reboot(site, target).map(|()| Vec::new());
    }
    check_power_management(site, target, &wanted)?;
    match wanted.as_str() {
        "status" => return Ok(vec![power_of(site, target)]),
        "start" => {
            check_status(site, target, &["down", "non_responsive", "maintenance"], "start")?;
            tell(site, target, "USER_VDS_START");
            restart(site, call, target);
        }
        "stop" => {
            check_status(site, target, &["maintenance"], "stop")?;
            tell(site, target, "USER_VDS_STOP");
            site.later(durations::HOST_POWER, target, |site, host, failed| {
                if !failed {
                    site.set(host, "status", "down");
                }
            });
        }
        _ => {
            tell(site, target, "USER_VDS_RESTART");
            states::power_off(site, target);
            restart(site, call, target);
        }
    }
    quiet(site, target);
    Ok(Vec::new())
}

fn restart(site: &mut Site, call: &Call, target: Handle) {
    let stays = call.flag("maintenance_after_restart") == Some(true);
    site.hide(target, Element::leaf("activate", (!stays).to_string()));
    states::reboot(site, target);
    states::refresh_pool(site, target);
}

/// An administrator says that a silent host was restarted by hand: nothing runs on it any more.
fn confirm_reboot(site: &mut Site, target: Handle) -> Result<(), Fault> {
    if !["non_responsive", "maintenance", "non_operational", "connecting"]
        .contains(&site.status(target))
    {
        return Err(Fault::conflict(
            "Cannot confirm 'Host has been rebooted' Host. Valid Host statuses are \"Non operational\", \"Maintenance\" or \"Connecting\".",
        ));
    }
    tell(site, target, "VDS_MANUAL_FENCE_STATUS");
    states::power_off(site, target);
    site.set(target, "spm/status", "none");
    states::refresh_pool(site, target);
    Ok(())
}

fn check_power_management(site: &mut Site, target: Handle, wanted: &str) -> Result<(), Fault> {
    let enabled = site.text(target, "power_management/enabled") == "true";
    if !enabled || site.store.children(target, "fence_agents").next().is_none() {
        return Err(Fault::conflict("Cannot fence Host, Host fence is disabled."));
    }
    let cluster = site.refers(target, "cluster", "clusters");
    let data_center = cluster.and_then(|it| common::data_center_of(site, it));
    let hosts = match (data_center, cluster) {
        (Some(data_center), _) => common::hosts_of(site, data_center),
        (None, Some(cluster)) => site.users("hosts", "cluster", cluster),
        (None, None) => Vec::new(),
    };
    if !hosts.into_iter().any(|it| it != target && site.status(it) == "up") {
        return Err(Fault::conflict(format!(
            "Cannot {wanted} Host.\nThere is no other Host in the Data Center that can be used to test the Power Management settings."
        )));
    }
    if wanted == "status" {
        return Ok(());
    }
    let until = site.hidden(target, "quiet_until").and_then(|it| it.text().parse::<u64>().ok());
    match until.and_then(|until| until.checked_sub(site.now.as_secs())) {
        Some(left) if left > 0 => Err(Fault::conflict(format!(
            "Another Power Management operation is still running, please retry in {left} Sec."
        ))),
        _ => Ok(()),
    }
}

fn check_status(site: &Site, target: Handle, legal: &[&str], wanted: &str) -> Result<(), Fault> {
    if legal.contains(&site.status(target)) {
        return Ok(());
    }
    Err(Fault::conflict(if wanted == "start" {
        "Cannot perform Start operation, Host has to be in one of the following statuses: Down ,Non Responsive or Maintenance."
    } else {
        "Cannot perform Stop operation, Host has to be in Maintenance mode in order to be stopped."
    }))
}

/// After an operation the power is left alone for a while.
fn quiet(site: &mut Site, target: Handle) {
    let until = (site.now + durations::FENCE_QUIET).as_secs();
    site.hide(target, Element::leaf("quiet_until", until.to_string()));
}

fn power_of(site: &Site, target: Handle) -> Element {
    let status = if site.status(target) == "down" { "off" } else { "on" };
    let mut power = Element::new("power_management");
    if let Some(own) = site.body(target).child("power_management") {
        power = own.clone();
    }
    tree::set(&mut power, "status", status);
    power
}
