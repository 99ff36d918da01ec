//! Adding hosts, and what the engine insists on before it deploys one.

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::{common, generic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

use super::states;

/// Adds a host and begins its deployment.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = call.name().ok_or_else(|| Fault::incomplete("Host", "name", "add"))?.to_owned();
    let address = call.text("address").filter(|it| !it.is_empty());
    let address = address.ok_or_else(|| Fault::incomplete("Host", "address", "add"))?.to_owned();
    let mut body = generic::draft(site, call);
    let cluster = cluster_of(site, call)?;
    check_unique(site, cluster, &name, &address, None, "add")?;
    check_local(site, cluster)?;
    check_ssh_port(&call.body, "add")?;
    if call.flag("power_management/enabled") == Some(true) {
        return Err(Fault::bad(
            "Cannot add Host. Power Management is enabled for Host but no Agent type selected.",
        ));
    }
    check_access(&call.body, &address, "add")?;
    check_machine(site, &address)?;
    tree::refer(&mut body, "cluster", site.id(cluster));
    prepare(&mut body);
    tree::set(&mut body, "status", "installing");
    let made = generic::put(site, call, None, body);
    let wanted = |parameter| call.query.flag(parameter).unwrap_or(true);
    configure_providers(site, &call.body, made, cluster);
    deploy(site, made, wanted("activate"), wanted("reboot"));
    Ok(made)
}

/// Adds a host that registers itself; without a cluster to wait in it is not heard.
pub fn register(site: &mut Site, name: &str, address: &str) {
    let Some(cluster) = site.store.named("clusters", "Default").next() else { return };
    let mut body = Element::new("host");
    tree::set(&mut body, "name", name);
    tree::set(&mut body, "address", address);
    tree::refer(&mut body, "cluster", site.id(cluster));
    prepare(&mut body);
    tree::set(&mut body, "status", "pending_approval");
    site.add_fresh("hosts", None, body);
}

const CONFIGURED: &str = "external_network_provider_configurations";

/// A host serves the networks of the providers that were named with it, else of its cluster's.
fn configure_providers(site: &mut Site, document: &Element, host: Handle, cluster: Handle) {
    let named: Vec<String> = match document.child(CONFIGURED) {
        Some(list) => list
            .children()
            .iter()
            .filter_map(|it| tree::id_at(it, "external_network_provider"))
            .filter(|id| site.top("openstack_network_providers", id).is_some())
            .map(str::to_owned)
            .collect(),
        None => site
            .children(cluster, "cluster_external_providers")
            .into_iter()
            .map(|it| site.id(it).to_owned())
            .collect(),
    };
    for id in named {
        let mut body = Element::new("external_network_provider_configuration");
        tree::refer(&mut body, "external_network_provider", id.clone());
        tree::refer(&mut body, "host", site.id(host));
        site.add(CONFIGURED, Some(host), id, body);
    }
}

/// Begins the deployment of a host.
pub fn deploy(site: &mut Site, host: Handle, activate: bool, reboot: bool) {
    site.set(host, "status", "installing");
    site.hide(host, Element::leaf("activate", activate.to_string()));
    site.hide(host, Element::leaf("reboot", reboot.to_string()));
    site.later(durations::HOST_INSTALL, host, states::installed);
}

fn cluster_of(site: &Site, call: &Call) -> Result<Handle, Fault> {
    match call.id_at("cluster") {
        Some(id) => site
            .top("clusters", id)
            .ok_or_else(|| Fault::bad("Cannot add Host. Cluster ID is not valid.")),
        None => site
            .store
            .named("clusters", "Default")
            .next()
            .ok_or_else(|| Fault::entity_not_found("Cluster: name=Default")),
    }
}

/// Refuses a name or an address that another host of the cluster has.
pub fn check_unique(
    site: &Site,
    cluster: Handle,
    name: &str,
    address: &str,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    let others = site.users("hosts", "cluster", cluster);
    let mut others = others.into_iter().filter(|it| Some(*it) != except);
    if others.clone().any(|it| site.name(it).eq_ignore_ascii_case(name)) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Host. The Host name is already in use, please choose a unique name and try again."
        )));
    }
    if others.any(|it| site.text(it, "address") == address) {
        return Err(Fault::conflict(format!(
            "Cannot {action} Host. Host with the same address already exists."
        )));
    }
    Ok(())
}

/// An address is a machine: who has it in another cluster is the same one.
fn check_machine(site: &Site, address: &str) -> Result<(), Fault> {
    if site.store.all("hosts").any(|it| site.text(it, "address") == address) {
        return Err(Fault::conflict("Cannot add Host. Host with the same UUID already exists."));
    }
    Ok(())
}

/// Opens the way into a host. Any password will do but an empty one and the one that is `wrong`;
/// any address answers but those that begin with `unreachable`.
pub fn check_access(body: &Element, address: &str, action: &str) -> Result<(), Fault> {
    let by_key = body.text_at("ssh/authentication_method") == Some("publickey");
    let password = body.text_at("root_password").or(body.text_at("ssh/user/password"));
    let password = password.unwrap_or_default();
    if !by_key && password.is_empty() {
        return Err(Fault::bad("Cannot install Host with empty password."));
    }
    if address.starts_with("unreachable") {
        return Err(Fault::conflict(format!(
            "Cannot {action} Host. Connecting to host via SSH has failed, verify that the host is reachable (IP address, routable address etc.) You may refer to the engine.log file for further details."
        )));
    }
    if !by_key && password == "wrong" {
        return Err(Fault::conflict(format!(
            "Cannot {action} Host. SSH authentication failed, verify authentication parameters are correct (Username/Password, public-key etc.) You may refer to the engine.log file for further details."
        )));
    }
    Ok(())
}

/// Refuses what is no port.
pub fn check_ssh_port(body: &Element, action: &str) -> Result<(), Fault> {
    if tree::number(body, "ssh/port").is_some_and(|port| !(1..=65_535).contains(&port)) {
        return Err(Fault::bad(format!("Cannot {action} Host. Invalid SSH port was entered.")));
    }
    Ok(())
}

fn check_local(site: &Site, cluster: Handle) -> Result<(), Fault> {
    let local = common::data_center_of(site, cluster)
        .is_some_and(|it| tree::flag(site.body(it), "local") == Some(true));
    if local && !site.users("hosts", "cluster", cluster).is_empty() {
        return Err(Fault::bad("Cannot add more than one Host to \"Local Storage\" Data Center"));
    }
    Ok(())
}

/// What the engine fills in.
pub fn prepare(body: &mut Element) {
    forget_secrets(body);
    for (path, value) in [
        ("port", "54321"),
        ("protocol", "stomp"),
        ("type", "rhel"),
        ("external_status", "ok"),
        ("auto_numa_status", "unknown"),
        ("kdump_status", "unknown"),
        ("numa_supported", "false"),
        ("update_available", "false"),
        ("reinstallation_required", "false"),
        ("vgpu_placement", "consolidated"),
        ("spm/priority", "5"),
        ("ssh/port", "22"),
        ("ssh/user/user_name", "root"),
        ("power_management/enabled", "false"),
        ("power_management/automatic_pm_enabled", "true"),
        ("power_management/kdump_detection", "true"),
        ("summary/active", "0"),
        ("summary/migrating", "0"),
        ("summary/total", "0"),
        ("ksm/enabled", "false"),
        ("transparent_hugepages/enabled", "true"),
        ("device_passthrough/enabled", "false"),
        ("memory", "0"),
        ("max_scheduling_memory", "0"),
    ] {
        tree::default(body, path, value);
    }
    tree::set(body, "spm/status", "none");
}

/// What is sent to get into a host is not kept.
pub fn forget_secrets(body: &mut Element) {
    tree::drop_child(body, "root_password");
    tree::drop_child(body, "override_iptables");
    tree::drop_at(body, "ssh/user/password");
    tree::drop_at(body, "ssh/authentication_method");
}
