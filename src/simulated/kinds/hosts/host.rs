//! Hosts, from their deployment to their removal.

use crate::simulated::call::Call;
use crate::simulated::durations;
use crate::simulated::fault::Fault;
use crate::simulated::journal;
use crate::simulated::kinds;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic, pool};
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about hosts.
pub const RULES: Rules = Rules::of("hosts")
    .add(add)
    .update(update)
    .remove(remove)
    .act(act)
    .shown(shown)
    .by_name(&[("cluster", "clusters", "Cluster")]);

const GIB: u64 = 1 << 30;
const MEMORY: u64 = 256 * GIB;
/// What the simulated hosts are made of.
pub const CPU_TYPE: &str = "Intel Cascadelake Server Family";

/// Adds a host and begins its deployment.
pub fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = call.name().ok_or_else(|| Fault::incomplete("Host", "name", "add"))?.to_owned();
    let address = call.text("address").filter(|it| !it.is_empty());
    let address = address.ok_or_else(|| Fault::incomplete("Host", "address", "add"))?.to_owned();
    let mut body = generic::draft(site, call);
    let cluster = cluster_of(site, call)?;
    check_unique(site, cluster, &name, &address, None, "add")?;
    check_password(call, "add")?;
    check_local(site, cluster)?;
    tree::refer(&mut body, "cluster", site.id(cluster));
    prepare(&mut body);
    tree::set(&mut body, "status", "installing");
    let made = generic::put(site, call, None, body);
    let activate = call.query.flag("activate").unwrap_or(true);
    site.hide(made, Element::leaf("activate", activate.to_string()));
    site.later(durations::HOST_INSTALL, made, installed);
    Ok(made)
}

fn cluster_of(site: &Site, call: &Call) -> Result<Handle, Fault> {
    match call.id_at("cluster") {
        Some(id) => site
            .top("clusters", id)
            .ok_or_else(|| Fault::bad("Cannot add Host. The relevant Cluster doesn't exist.")),
        None => site
            .store
            .named("clusters", "Default")
            .next()
            .ok_or_else(|| Fault::entity_not_found("Cluster: name=Default")),
    }
}

fn check_unique(
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

/// Any password will do but an empty one and the one that is `wrong`.
fn check_password(call: &Call, action: &str) -> Result<(), Fault> {
    if call.text("ssh/authentication_method") == Some("publickey") {
        return Ok(());
    }
    match call.text("root_password").or(call.text("ssh/user/password")).unwrap_or_default() {
        "" => Err(Fault::bad("Cannot install Host with empty password.")),
        "wrong" => Err(Fault::conflict(format!(
            "Cannot {action} Host. SSH authentication failed, verify authentication parameters are correct (Username/Password, public-key etc.) You may refer to the engine.log file for further details."
        ))),
        _ => Ok(()),
    }
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
    // What is sent to get into the host is not kept.
    tree::drop_child(body, "root_password");
    tree::drop_at(body, "ssh/user/password");
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

fn installed(site: &mut Site, host: Handle, failed: bool) {
    if failed {
        site.set(host, "status", "install_failed");
        let name = site.name(host).to_owned();
        let text = format!("Host {name} installation failed. Failed to execute the deployment.");
        journal::event(site, "error", 505, text, &[("host", host)]);
        return;
    }
    discover(site, host);
    site.set(host, "reinstallation_required", "false");
    let activate = site.unhide(host, "activate").is_none_or(|it| it.text() == "true");
    if activate {
        up(site, host, false);
    } else {
        site.set(host, "status", "maintenance");
    }
}

/// What the engine learns from a host that answers.
pub fn discover(site: &mut Site, host: Handle) {
    site.edit(host, |body| {
        for (path, value) in [
            ("cpu/name", "Intel(R) Xeon(R) Gold 6248 CPU @ 2.50GHz"),
            ("cpu/speed", "2500"),
            ("cpu/type", CPU_TYPE),
            ("cpu/topology/cores", "16"),
            ("cpu/topology/sockets", "2"),
            ("cpu/topology/threads", "2"),
            ("os/type", "RHEL"),
            ("os/version/full_version", "9.4"),
            ("version/major", "4"),
            ("version/minor", "5"),
            ("version/full_version", "vdsm-4.50.5.1-1.el9"),
            ("se_linux/mode", "enforcing"),
            ("hardware_information/manufacturer", "Simulated"),
        ] {
            tree::set(body, path, value);
        }
        tree::set(body, "memory", MEMORY.to_string());
        tree::set(body, "max_scheduling_memory", (MEMORY - 2 * GIB).to_string());
    });
    if site.store.children(host, "host_nics").next().is_none() {
        add_nics(site, host);
    }
}

fn add_nics(site: &mut Site, host: Handle) {
    for (at, name) in ["eth0", "eth1", "eth2"].into_iter().enumerate() {
        let mut body = Element::new("host_nic").with(Element::leaf("name", name));
        let mac = format!("52:54:00:{:02x}:{:02x}:{at:02x}", site.chance(256), site.chance(256));
        for (path, value) in [
            ("mac/address", mac.as_str()),
            ("status", "up"),
            ("boot_protocol", if at == 0 { "dhcp" } else { "none" }),
            ("mtu", "1500"),
            ("speed", "10000000000"),
        ] {
            tree::set(&mut body, path, value);
        }
        tree::refer(&mut body, "host", site.id(host));
        let nic = site.add_fresh("host_nics", Some(host), body);
        if at == 0 {
            attach_management(site, host, nic);
        }
    }
}

fn attach_management(site: &mut Site, host: Handle, nic: Handle) {
    let Some(cluster) = site.refers(host, "cluster", "clusters") else { return };
    let Some(network) = kinds::cluster_network::management(site, cluster) else { return };
    let mut body = Element::new("network_attachment").with(Element::leaf("in_sync", "true"));
    let ip = "ip_address_assignments/ip_address_assignment/assignment_method";
    tree::set(&mut body, ip, "dhcp");
    tree::refer(&mut body, "network", site.id(network));
    tree::refer(&mut body, "host", site.id(host));
    tree::refer(&mut body, "host_nic", site.id(nic));
    site.add_fresh("network_attachments", Some(host), body);
    let network = site.id(network).to_owned();
    site.edit(nic, |body| tree::refer(body, "network", network));
}

/// A host comes up: its cluster learns its CPU, its data center may get its pool manager.
pub fn up(site: &mut Site, host: Handle, failed: bool) {
    if failed {
        site.set(host, "status", "non_operational");
        return;
    }
    site.set(host, "status", "up");
    let Some(cluster) = site.refers(host, "cluster", "clusters") else { return };
    if site.text(cluster, "cpu/type").is_empty() {
        site.edit(cluster, |body| {
            tree::set(body, "cpu/type", CPU_TYPE);
            kinds::cluster::fit_cpu(body);
        });
    }
    if let Some(data_center) = common::data_center_of(site, cluster) {
        pool::refresh(site, data_center);
    }
}

/// Updates a host.
pub fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let status = site.status(target).to_owned();
    let differs = |path: &str| call.text(path).is_some_and(|it| it != site.text(target, path));
    if differs("address") && status != "install_failed" {
        return Err(Fault::bad(
            "Host Address can not be modified due to Security restrictions.  In order to change Host Address, Host has to be reinstalled",
        ));
    }
    // A port that is not sent counts as the default one.
    let port = call.text("port").unwrap_or("54321");
    if port != site.text(target, "port") {
        return Err(Fault::bad(
            "The Host Port number cannot be changed without reinstalling the Host.",
        ));
    }
    if differs("ssh/port") && status == "up" {
        return Err(Fault::conflict(
            "Cannot edit Host. Host parameters cannot be modified while Host is operational.\nPlease switch Host to Maintenance mode first.",
        ));
    }
    let cluster = site.refers(target, "cluster", "clusters").ok_or_else(Fault::nowhere)?;
    if common::moves(site, call, target, "cluster")
        && !matches!(status.as_str(), "maintenance" | "pending_approval")
    {
        return Err(Fault::conflict(
            "Cannot edit Host. Host parameters cannot be modified while Host is operational.\nPlease switch Host to Maintenance mode first.",
        ));
    }
    if let Some(name) = common::new_name(site, call, target) {
        let address = site.text(target, "address").to_owned();
        check_unique(site, cluster, name, &address, Some(target), "edit")?;
    }
    let wants_fencing = call.flag("power_management/enabled") == Some(true);
    if wants_fencing && site.store.children(target, "fence_agents").next().is_none() {
        return Err(Fault::bad(
            "Cannot edit Host. Power Management is enabled for Host but no Agent type selected.",
        ));
    }
    let reinstall = differs("os/custom_kernel_cmdline");
    generic::update(site, call, target)?;
    site.edit(target, |body| {
        tree::drop_child(body, "root_password");
        tree::drop_at(body, "ssh/user/password");
        if reinstall {
            tree::set(body, "reinstallation_required", "true");
        }
    });
    Ok(())
}

/// Removes a host that does not work any more.
pub fn remove(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let idle = [
        "maintenance",
        "non_responsive",
        "down",
        "unassigned",
        "install_failed",
        "pending_approval",
        "non_operational",
        "installing_os",
    ];
    if !idle.contains(&site.status(target)) {
        return Err(Fault::conflict(
            "Cannot remove Host. Host is operational. Please switch Host to Maintenance mode first.",
        ));
    }
    let id = site.id(target).to_owned();
    let pinned: Vec<Handle> =
        site.store.all("vms").filter(|it| is_pinned_to(site, *it, &id)).collect();
    if !pinned.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot remove Host. The following VMs are set to run specifically only on this Host: {}.\nIn order to remove Host, you need to remove the association between the VMs and the Host (Using Edit VM properties).",
            common::names(site, &pinned)
        )));
    }
    generic::remove(site, call, target)
}

fn is_pinned_to(site: &Site, vm: Handle, host: &str) -> bool {
    let policy = site.body(vm).child("placement_policy");
    policy
        .and_then(|it| it.child("hosts"))
        .is_some_and(|hosts| hosts.children().len() == 1 && hosts.children()[0].id() == Some(host))
}

/// Acts on a host.
pub fn act(site: &mut Site, call: &Call, target: Handle, action: &str) -> Result<(), Fault> {
    let status = site.status(target).to_owned();
    match action {
        "activate" => activate(site, target, &status),
        "deactivate" => deactivate(site, target, &status),
        "install" | "approve" => install(site, call, target, &status, action),
        "upgrade" if site.text(target, "update_available") != "true" => Err(Fault::conflict(
            "Cannot upgrade Host. There are no available updates for the host.",
        )),
        _ => kinds::actions::harmless(action),
    }
}

fn activate(site: &mut Site, target: Handle, status: &str) -> Result<(), Fault> {
    match status {
        "up" => Err(Fault::conflict("Cannot activate Host. Host in Up status.")),
        "non_responsive" => {
            Err(Fault::conflict("Cannot activate Host. Host is in non responsive state."))
        }
        "installing" | "install_failed" => {
            Err(Fault::conflict("Cannot activate Host. Host has no unique id."))
        }
        _ => {
            site.set(target, "status", "unassigned");
            site.later(durations::HOST_ACTIVATION, target, up);
            Ok(())
        }
    }
}

fn deactivate(site: &mut Site, target: Handle, status: &str) -> Result<(), Fault> {
    if status == "maintenance" {
        return Err(Fault::conflict(
            "Cannot switch Host to Maintenance mode. Host is already in Maintenance mode.",
        ));
    }
    let allowed =
        ["up", "non_operational", "install_failed", "down", "error", "preparing_for_maintenance"];
    if !allowed.contains(&status) {
        return Err(Fault::conflict(
            "Cannot switch Host to Maintenance mode. Host is not operational.",
        ));
    }
    let running = site.users("vms", "host", target);
    let cluster = site.refers(target, "cluster", "clusters");
    let others = cluster.map(|it| site.users("hosts", "cluster", it)).unwrap_or_default();
    let other = others.into_iter().find(|it| *it != target && site.status(*it) == "up");
    if !running.is_empty() && other.is_none() {
        return Err(Fault::conflict(format!(
            "The following Hosts have running VMs and cannot be switched to maintenance mode: {}.\nPlease ensure that the following Clusters have at least one Host in UP state: {}.",
            site.name(target),
            cluster.map_or("", |it| site.name(it))
        )));
    }
    if let Some(other) = other {
        let id = site.id(other).to_owned();
        for vm in running {
            site.edit(vm, |body| tree::refer(body, "host", id.clone()));
        }
    }
    site.set(target, "status", "preparing_for_maintenance");
    site.later(durations::HOST_MAINTENANCE, target, in_maintenance);
    Ok(())
}

fn in_maintenance(site: &mut Site, host: Handle, _failed: bool) {
    if site.status(host) != "preparing_for_maintenance" {
        return;
    }
    site.set(host, "status", "maintenance");
    site.set(host, "spm/status", "none");
    let cluster = site.refers(host, "cluster", "clusters");
    if let Some(data_center) = cluster.and_then(|it| common::data_center_of(site, it)) {
        pool::refresh(site, data_center);
    }
}

fn install(
    site: &mut Site,
    call: &Call,
    target: Handle,
    status: &str,
    action: &str,
) -> Result<(), Fault> {
    let idle =
        ["maintenance", "non_operational", "install_failed", "installing_os", "pending_approval"];
    if !idle.contains(&status) {
        return Err(Fault::conflict(
            "Cannot install Host. Please move Host to Maintenance mode first.",
        ));
    }
    check_password(call, "install")?;
    // The documented default is yes; the code's is no.
    let activate = action == "approve" || call.flag("activate").unwrap_or(false);
    site.hide(target, Element::leaf("activate", activate.to_string()));
    site.set(target, "status", "installing");
    site.later(durations::HOST_INSTALL, target, installed);
    Ok(())
}

/// Counts machines, and hides what was not asked for.
pub fn shown(site: &Site, handle: Handle, view: &View, element: &mut Element) {
    let running = site.users("vms", "host", handle).len().to_string();
    tree::set(element, "summary/active", running.clone());
    tree::set(element, "summary/total", running);
    if view.all_content {
        tree::set(element, "network_operation_in_progress", "false");
        tree::set(element, "hosted_engine/configured", "false");
    }
}
