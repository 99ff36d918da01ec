//! Whether hosts have the networks that their clusters require.

use crate::simulated::durations;
use crate::simulated::journal::Event;
use crate::simulated::kinds::{cluster_network, host};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;

use super::nic;

/// The networks that a host's cluster requires and that the host lacks.
pub fn missing(site: &Site, host: Handle) -> Vec<Handle> {
    let Some(cluster) = site.refers(host, "cluster", "clusters") else { return Vec::new() };
    let required = cluster_network::required(site, cluster);
    required.into_iter().filter(|network| lacks(site, host, *network)).collect()
}

/// Whether a network is on a host.
pub fn carries(site: &Site, host: Handle, network: Handle) -> bool {
    let id = Some(site.id(network));
    site.store.children(host, "network_attachments").any(|it| site.reference(it, "network") == id)
}

/// Whether a network is not on a host, or on a NIC without a link.
pub fn lacks(site: &Site, host: Handle, network: Handle) -> bool {
    let id = site.id(network);
    let attachments = site.children(host, "network_attachments");
    let attachment = attachments.into_iter().find(|it| site.reference(*it, "network") == Some(id));
    let nic = attachment.and_then(|it| site.reference(it, "host_nic"));
    let nic = nic.and_then(|id| site.store.find("host_nics", Some(host), id));
    nic.is_none_or(|nic| !nic::has_link(site, host, nic))
}

/// Takes a host that lacks a required network out of service.
pub fn comply(site: &mut Site, host: Handle) {
    if site.status(host) != "up" {
        return;
    }
    let missing = missing(site, host);
    if missing.is_empty() {
        return;
    }
    let names: Vec<&str> = missing.iter().map(|it| site.name(*it)).collect();
    let event = Event::of("VDS_SET_NONOPERATIONAL_NETWORK").about(site, host);
    event.with("Networks", names.join(",")).tell(site);
    host::non_operational(site, host, "network_unreachable");
}

/// Looks at the hosts of a cluster after a moment.
pub fn comply_soon(site: &mut Site, cluster: Handle) {
    for host in site.users("hosts", "cluster", cluster) {
        if site.status(host) == "up" && !missing(site, host).is_empty() {
            site.later(durations::HOST_REFRESH, host, |site, host, _| comply(site, host));
        }
    }
}
