//! Networks that hosts have and the engine does not know any more.

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::cluster_network;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about unmanaged networks.
pub const RULES: Rules = Rules::of("unmanaged_networks").remove(remove);

/// A network stays on a host though the engine forgets it.
pub fn leave(site: &mut Site, host: Handle, nic: Handle, network: Handle) {
    let name = site.name(network).to_owned();
    let id: String = name.bytes().map(|byte| format!("{byte:02x}")).collect();
    if site.store.find("unmanaged_networks", Some(host), &id).is_some() {
        return;
    }
    let mut body = Element::new("unmanaged_network").with(Element::leaf("name", name));
    tree::refer(&mut body, "host", site.id(host));
    tree::refer(&mut body, "host_nic", site.id(nic));
    site.add("unmanaged_networks", Some(host), id, body);
}

/// The name of the unmanaged network on a NIC.
pub fn on(site: &Site, host: Handle, nic: Handle) -> Option<&str> {
    let id = site.id(nic);
    let all = site.children(host, "unmanaged_networks");
    all.into_iter().find(|it| site.reference(*it, "host_nic") == Some(id)).map(|it| site.name(it))
}

/// Takes an unmanaged network off a host.
fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    let host = site.parent(target).ok_or_else(Fault::nowhere)?;
    super::checks::free(site, host)?;
    let name = site.name(target);
    let cluster = site.refers(host, "cluster", "clusters");
    let known = cluster.map(|it| cluster_network::networks(site, it)).unwrap_or_default();
    if known.into_iter().any(|it| site.name(it) == name) {
        return Err(Fault::bad(format!(
            "Cannot remove unmanaged network {name} from host, as it is an existing cluster network."
        )));
    }
    site.store.remove(target);
    Ok(())
}
