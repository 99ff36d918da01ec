//! Checks of what a machine is to become, made when it is added and when it is updated.

use crate::simulated::fault::Fault;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const MIB: i64 = 1 << 20;

/// Whether another machine of a data center has a name.
pub fn check_name(
    site: &Site,
    name: &str,
    cluster: Handle,
    except: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    if name.chars().count() > 64 {
        return Err(Fault::bad(format!("Cannot {action} VM. The given name is too long.")));
    }
    if !name.chars().all(|it| it.is_alphanumeric() || matches!(it, '_' | '-' | '.' | '+')) {
        return Err(Fault::bad(format!(
            "Can not {action} VM. The given name contains special characters. Only lower-case and upper-case letters, numbers, '_', '-', '.' are allowed."
        )));
    }
    let data_center = site.reference(cluster, "data_center");
    let inside = |it: Handle| {
        let cluster = site.refers(it, "cluster", "clusters");
        cluster.and_then(|it| site.reference(it, "data_center")) == data_center
    };
    let mut others = site.store.named("vms", name);
    let other = others.find(|it| Some(*it) != except && site.name(*it) == name && inside(*it));
    if other.is_some_and(|it| site.hidden(it, "creating").is_some()) {
        // Whoever makes a machine of that name holds the lock on the name.
        return Err(Fault::locked(action, "VM"));
    }
    if other.is_some() {
        return Err(Fault::conflict(format!(
            "Cannot {action} VM. The VM name is already in use, please choose a unique name and try again."
        )));
    }
    Ok(())
}

/// Rounds memory down to whole MiB, as the engine counts.
pub fn truncate(body: &mut Element) {
    for path in ["memory", "memory_policy/max", "memory_policy/guaranteed"] {
        if let Some(bytes) = tree::number(body, path) {
            tree::set(body, path, (bytes / MIB * MIB).to_string());
        }
    }
}

/// Checks sizes and counts against each other.
pub fn check_sizes(body: &Element, action: &str) -> Result<(), Fault> {
    let of = |path: &str| tree::number(body, path);
    let memory = of("memory").unwrap_or(0);
    if of("memory_policy/guaranteed").is_some_and(|it| it > memory) {
        return Err(Fault::bad(format!(
            "Cannot {action} VM. Physical Memory Guaranteed cannot exceed Memory Size."
        )));
    }
    if let Some(max) = of("memory_policy/max").filter(|it| *it < memory) {
        return Err(Fault::conflict(format!(
            "Cannot {action} VM. Memory size ({}MB) cannot exceed maximum memory size ({}MB).",
            memory / MIB,
            max / MIB
        )));
    }
    let count = |name: &str| of(&format!("cpu/topology/{name}")).unwrap_or(1);
    let (sockets, cores, threads) = (count("sockets"), count("cores"), count("threads"));
    if sockets * cores * threads > 710 || cores > 254 || threads > 8 || sockets < 1 || cores < 1 {
        return Err(Fault::conflict(format!(
            "Cannot {action} VM. Maximum number of CPUs exceeded."
        )));
    }
    let available = tree::flag(body, "high_availability/enabled") == Some(true);
    if tree::id_at(body, "lease/storage_domain").is_some() && !available {
        return Err(Fault::bad(format!(
            "Cannot {action} VM. A VM lease was defined but high availability option is set to false."
        )));
    }
    let one_of = of("display/monitors").unwrap_or(1);
    if ![1, 2, 4].contains(&one_of) {
        return Err(Fault::bad(format!(
            "Cannot {action} VM. Illegal number of monitors is provided, max allowed number of monitors is 1 for VNC and the max number in the ValidNumOfMonitors configuration variable for SPICE."
        )));
    }
    Ok(())
}

/// Fits what hangs together: availability and a lease, pins and their policy.
pub fn harmonize(body: &mut Element) {
    let available = tree::flag(body, "high_availability/enabled") == Some(true);
    if available && tree::id_at(body, "lease/storage_domain").is_some() {
        tree::set(body, "storage_error_resume_behaviour", "kill");
    }
    let pins = body.at("cpu/cpu_tune/vcpu_pins").is_some_and(|it| !it.children().is_empty());
    let policy = body.text_at("cpu_pinning_policy").unwrap_or("none");
    match (pins, policy) {
        (true, "none") => tree::set(body, "cpu_pinning_policy", "manual"),
        (false, "manual") => tree::set(body, "cpu_pinning_policy", "none"),
        _ => {}
    }
    if body.text_at("cpu/mode").is_some_and(|it| it != "host_passthrough") {
        tree::drop_at(body, "cpu/mode");
    }
    if tree::id_at(body, "migration/policy").is_none() {
        tree::drop_at(body, "migration/policy");
    }
    if body.text_at("stateless") != Some("true") {
        tree::drop_child(body, "use_latest_template_version");
    }
}

/// Takes the size of an instance type, whatever else was sent.
pub fn follow_instance_type(site: &Site, body: &mut Element) {
    let Some(id) = tree::id_at(body, "instance_type") else { return };
    let Some(found) = site.top("instance_types", id) else { return };
    let source = site.body(found).clone();
    for path in [
        "memory",
        "memory_policy/guaranteed",
        "cpu/topology/sockets",
        "cpu/topology/cores",
        "cpu/topology/threads",
        "high_availability/enabled",
        "high_availability/priority",
        "placement_policy/affinity",
        "migration_downtime",
        "io/threads",
    ] {
        if let Some(text) = source.text_at(path) {
            tree::set(body, path, text);
        }
    }
}
