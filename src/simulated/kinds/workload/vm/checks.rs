//! Checks of what a machine is to become, made when it is added and when it is updated.

use crate::simulated::fault::Fault;
use crate::simulated::kinds::common;
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

/// Checks what a new machine is to be.
pub fn check_new(site: &Site, body: &Element, cluster: Handle) -> Result<(), Fault> {
    check(site, body, cluster, "add")
}

/// Checks what a machine in a cluster is to be.
pub fn check(site: &Site, body: &Element, cluster: Handle, action: &str) -> Result<(), Fault> {
    check_memory(body, action)?;
    let level = common::version(body, "custom_compatibility_version");
    let level = level.or_else(|| common::version(site.body(cluster), "version"));
    check_processors(body, level.unwrap_or((4, 8)), action)?;
    check_properties(body, action)?;
    let refuse = |text: &str| Err(Fault::conflict(format!("Cannot {action} VM. {text}")));
    let available = tree::flag(body, "high_availability/enabled") == Some(true);
    if tree::id_at(body, "lease/storage_domain").is_some() && !available {
        return refuse("A VM lease was defined but high availability option is set to false.");
    }
    if body.text_at("os/type") == Some("windows_11")
        && tree::flag(body, "tpm_enabled") != Some(true)
    {
        return refuse("TPM device is required by the guest OS.");
    }
    let monitors = tree::number(body, "display/monitors").unwrap_or(1);
    if ![1, 2, 4].contains(&monitors) {
        return Err(Fault::bad(format!(
            "Cannot {action} VM. Illegal number of monitors is provided, max allowed number of monitors is 1 for VNC and the max number in the ValidNumOfMonitors configuration variable for SPICE."
        )));
    }
    let priority = tree::number(body, "high_availability/priority").unwrap_or(1);
    if !(0..=100).contains(&priority) {
        return Err(Fault::bad(
            "VM priority value passed the permitted max value, value should be between 0 and 100.",
        ));
    }
    Ok(())
}

fn check_memory(body: &Element, action: &str) -> Result<(), Fault> {
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
    let power = body.text_at("cpu/architecture").filter(|it| it.starts_with("ppc"));
    if let Some(architecture) = power.filter(|_| memory / MIB % 256 != 0) {
        return Err(Fault::bad(format!(
            "Cannot {action} VM. Memory size must be multiple of 256 on '{architecture}' architecture."
        )));
    }
    Ok(())
}

fn check_processors(body: &Element, level: (i64, i64), action: &str) -> Result<(), Fault> {
    let count = |name: &str| tree::number(body, &format!("cpu/topology/{name}")).unwrap_or(1);
    let (sockets, cores, threads) = (count("sockets"), count("cores"), count("threads"));
    let refuse = |what: &str| {
        Err(Fault::conflict(format!("Cannot {action} VM. Maximum number of {what} exceeded.")))
    };
    let (most_sockets, most) = match level {
        (4, ..5) => (16, 384),
        (4, 5) => (16, 512),
        _ => (10_000, 710),
    };
    if sockets > most_sockets {
        return refuse("sockets");
    }
    let all = sockets.saturating_mul(cores).saturating_mul(threads);
    if all > most || sockets < 1 || cores < 1 || threads < 1 {
        return refuse("CPUs");
    }
    if cores > 254 {
        return refuse("CPUs per socket");
    }
    if threads > 8 {
        return refuse("threads per cpu");
    }
    Ok(())
}

/// Custom properties that an engine knows without being configured.
const PROPERTIES: &[&str] =
    &["hugepages", "sap_agent", "sndbuf", "vhost", "viodiskcache", "mdev_type"];

/// Custom properties have to be configured.
pub fn check_properties(body: &Element, action: &str) -> Result<(), Fault> {
    let properties = body.child("custom_properties").map(Element::children).unwrap_or_default();
    let names = properties.iter().filter_map(|it| it.text_at("name"));
    let unknown: Vec<&str> = names.filter(|it| !PROPERTIES.contains(it)).collect();
    if unknown.is_empty() {
        return Ok(());
    }
    Err(Fault::bad(format!(
        "Cannot {action} VM if some of the specified custom properties are not configured by the system. The keys are: {}",
        unknown.join(", ")
    )))
}

/// The size of the huge pages that a machine's memory is made of, in KiB.
pub fn huge_page(body: &Element) -> Option<i64> {
    let properties = body.child("custom_properties").map(Element::children)?;
    let own = properties.iter().find(|it| it.text_at("name") == Some("hugepages"))?;
    tree::number(own, "value").filter(|it| *it > 0)
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

/// Fits protocol and video device to each other; the video device wins.
pub fn settle_display(body: &mut Element) {
    let video = body.text_at("display/video_type").map(str::to_owned);
    match (video.as_deref(), body.text_at("display/type")) {
        (Some("qxl"), Some("vnc")) => tree::set(body, "display/type", "spice"),
        (Some("vga" | "cirrus" | "bochs"), Some("spice")) => {
            tree::set(body, "display/type", "vnc");
        }
        (None, Some("spice")) => tree::set(body, "display/video_type", "qxl"),
        (None, Some("vnc")) => tree::set(body, "display/video_type", "vga"),
        _ => {}
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
