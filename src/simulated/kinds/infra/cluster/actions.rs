//! What can be done with clusters.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::hosts::networking;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

type Done = Result<Vec<Element>, Fault>;

/// Forgets which machine type the cluster emulates; its next host says it anew.
pub fn reset_emulated_machine(site: &mut Site, _call: &Call, target: Handle) -> Done {
    if site.users("hosts", "cluster", target).into_iter().any(|it| site.status(it) == "up") {
        return Err(Fault::conflict(
            "Cannot update Cluster. Clusters hosts must be down in order to perform this action.",
        ));
    }
    Ok(Vec::new())
}

/// Brings the networks of all hosts in line, in the background.
pub fn sync_all_networks(site: &mut Site, _call: &Call, target: Handle) -> Done {
    let hosts = site.users("hosts", "cluster", target);
    networking::sync_hosts(site, &hosts);
    Ok(Vec::new())
}

/// Begins or ends the upgrade of a cluster's hosts, or says how far it is.
pub fn upgrade(site: &mut Site, call: &Call, target: Handle) -> Done {
    let runs = site.text(target, "upgrade_in_progress") == "true";
    match call.text("upgrade_action").unwrap_or("start") {
        "start" => {
            let correlation = call.text("correlation_id").unwrap_or_default().to_owned();
            site.edit(target, |body| {
                tree::set(body, "upgrade_in_progress", "true");
                tree::set(body, "upgrade_percent_complete", "0");
                tree::set(body, "upgrade_correlation_id", correlation);
            });
        }
        "update_progress" => {
            if !runs {
                return Err(Fault::bad(
                    "Cannot update progress, cluster upgrade has not been started.",
                ));
            }
            let known = site.text(target, "upgrade_correlation_id");
            if call.text("correlation_id").is_some_and(|it| it != known) {
                return Err(Fault::bad(
                    "Cannot update progress, given correlation id does not match the current update correlation id.",
                ));
            }
            let percent = tree::number(&call.body, "upgrade_percent_complete").unwrap_or(0);
            if !(0..=100).contains(&percent) {
                return Err(Fault::bad(
                    "Cannot update upgrade percent complete, the value needs to be in the range of 0 to 100.",
                ));
            }
            site.set(target, "upgrade_percent_complete", percent.to_string());
        }
        _ => {
            site.edit(target, |body| {
                tree::set(body, "upgrade_in_progress", "false");
                tree::set(body, "upgrade_percent_complete", "0");
                tree::drop_child(body, "upgrade_correlation_id");
            });
        }
    }
    Ok(Vec::new())
}
