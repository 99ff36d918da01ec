//! Statistics of hosts, machines, disks and NICs: computed when they are read, so they move with
//! time, and at the same time are always the same.

use super::{Owner, id_of};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// A statistic: name, description, kind, unit and type of value.
type Kind = (&'static str, &'static str, &'static str, &'static str, &'static str);

const HOST: &[Kind] = &[
    ("memory.total", "Total memory", "gauge", "bytes", "integer"),
    ("memory.used", "Used memory", "gauge", "bytes", "integer"),
    ("memory.free", "Free memory", "gauge", "bytes", "integer"),
    ("memory.shared", "Memory shared among machines", "gauge", "bytes", "integer"),
    ("swap.total", "Total swap", "gauge", "bytes", "integer"),
    ("swap.free", "Free swap", "gauge", "bytes", "integer"),
    ("swap.used", "Used swap", "gauge", "bytes", "integer"),
    ("swap.cached", "Swap that is in memory, too", "gauge", "bytes", "integer"),
    ("ksm.cpu.current", "KSM CPU usage", "gauge", "percent", "decimal"),
    ("cpu.current.user", "User CPU usage", "gauge", "percent", "decimal"),
    ("cpu.current.system", "System CPU usage", "gauge", "percent", "decimal"),
    ("cpu.current.idle", "Idle CPU usage", "gauge", "percent", "decimal"),
    ("cpu.load.avg.5m", "CPU 5 minute load average", "gauge", "percent", "decimal"),
    ("boot.time", "Boot time of the machine", "gauge", "none", "integer"),
];

const VM: &[Kind] = &[
    ("memory.installed", "Total memory configured", "gauge", "bytes", "integer"),
    ("memory.used", "Memory used (agent)", "gauge", "bytes", "integer"),
    ("cpu.current.guest", "CPU used by guest", "gauge", "percent", "decimal"),
    ("cpu.current.hypervisor", "CPU overhead", "gauge", "percent", "decimal"),
    ("cpu.current.total", "Total CPU used", "gauge", "percent", "decimal"),
    ("migration.progress", "Migration Progress", "gauge", "percent", "decimal"),
    ("memory.buffered", "Memory buffered (agent)", "gauge", "bytes", "integer"),
    ("memory.cached", "Memory cached (agent)", "gauge", "bytes", "integer"),
    ("memory.free", "Memory free (agent)", "gauge", "bytes", "integer"),
    ("memory.unused", "Memory unused (agent)", "gauge", "bytes", "integer"),
    ("network.current.total", "Total network used", "gauge", "percent", "decimal"),
    (
        "disks.usage",
        "Disk usage, in bytes, per filesystem as JSON (agent)",
        "gauge",
        "none",
        "string",
    ),
    ("elapsed.time", "Elapsed VM runtime", "counter", "seconds", "integer"),
    (
        "cpu.usage.history",
        "CPU usage, newest first, every 30 seconds",
        "gauge",
        "percent",
        "decimal",
    ),
    (
        "memory.usage.history",
        "Memory usage, newest first, every 30 seconds",
        "gauge",
        "percent",
        "decimal",
    ),
    (
        "network.usage.history",
        "Network usage, newest first, every 30 seconds",
        "gauge",
        "percent",
        "decimal",
    ),
];

const DISK: &[Kind] = &[
    ("data.current.read", "Read data rate", "gauge", "bytes_per_second", "decimal"),
    ("data.current.read_ops", "Read data ops", "counter", "none", "decimal"),
    ("data.current.write", "Write data rate", "gauge", "bytes_per_second", "decimal"),
    ("data.current.write_ops", "Write data ops", "counter", "none", "decimal"),
    ("disk.read.latency", "Read latency", "gauge", "seconds", "decimal"),
    ("disk.write.latency", "Write latency", "gauge", "seconds", "decimal"),
    ("disk.flush.latency", "Flush latency", "gauge", "seconds", "decimal"),
];

const NIC: &[Kind] = &[
    ("data.current.rx", "Receive data rate", "gauge", "bytes_per_second", "decimal"),
    ("data.current.tx", "Transmit data rate", "gauge", "bytes_per_second", "decimal"),
    ("data.current.rx.bps", "Receive data rate", "gauge", "bits_per_second", "decimal"),
    ("data.current.tx.bps", "Transmit data rate", "gauge", "bits_per_second", "decimal"),
    ("errors.total.rx", "Total receive errors", "counter", "none", "integer"),
    ("errors.total.tx", "Total transmit errors", "counter", "none", "integer"),
    ("data.total.rx", "Total received data", "counter", "bytes", "integer"),
    ("data.total.tx", "Total transmitted data", "counter", "bytes", "integer"),
];

const NUMA: &[Kind] = &[
    ("memory.total", "Total memory", "gauge", "bytes", "integer"),
    ("memory.used", "Used memory", "gauge", "bytes", "integer"),
    ("memory.free", "Free memory", "gauge", "bytes", "integer"),
    ("cpu.current.user", "User CPU usage", "gauge", "percent", "decimal"),
    ("cpu.current.system", "System CPU usage", "gauge", "percent", "decimal"),
    ("cpu.current.idle", "Idle CPU usage", "gauge", "percent", "decimal"),
];

const VOLUME: &[Kind] = &[
    ("memory.total.size", "Total size", "gauge", "bytes", "integer"),
    ("memory.free.size", "Free size", "gauge", "bytes", "integer"),
    ("memory.used.size", "Used size", "gauge", "bytes", "integer"),
];

/// The statistics of whatever has some.
pub fn of(site: &Site, owner: &Owner<'_>) -> Vec<Element> {
    let Some(object) = owner.object else { return Vec::new() };
    if let Some(node) = owner.member {
        let memory = tree::number(&node.element, "memory").unwrap_or(0) << 20;
        let gauge = Gauge::of(site, object, memory);
        let owner = ("host_numa_node", &node.element);
        return NUMA.iter().map(|it| statistic(it, &gauge, owner)).collect();
    }
    let (kinds, element) = match site.kind(object) {
        "hosts" => (HOST, "host"),
        "vms" => (VM, "vm"),
        "disks" => (DISK, "disk"),
        "vm_nics" => (NIC, "nic"),
        "host_nics" => (NIC, "host_nic"),
        "gluster_volumes" => (VOLUME, "gluster_volume"),
        "gluster_bricks" => (VOLUME, "brick"),
        // Only steps that Gluster works on have some.
        _ => return Vec::new(),
    };
    let memory = tree::number(site.body(object), "memory").unwrap_or(0);
    let gauge = Gauge::of(site, object, memory);
    let address = crate::simulated::show::href(site, object);
    let link = Element::link(element, site.id(object)).with_attribute("href", address);
    kinds.iter().map(|it| statistic(it, &gauge, (element, &link))).collect()
}

/// How busy an object is.
struct Gauge<'a> {
    site: &'a Site,
    object: Handle,
    memory: i64,
    active: bool,
    /// How long it has been at it, in seconds.
    elapsed: f64,
}

impl<'a> Gauge<'a> {
    fn of(site: &'a Site, object: Handle, memory: i64) -> Self {
        let now = site.now.as_secs_f64();
        Self { site, object, memory, active: is_active(site, object), elapsed: now }
    }

    /// A share between 0 and 1 that goes up and down in minutes, for each object in its own way.
    fn wave(&self, name: &str) -> f64 {
        if !self.active {
            return 0.0;
        }
        let seed = name
            .bytes()
            .chain(self.site.id(self.object).bytes())
            .fold(7_u32, |sum, byte| sum.wrapping_mul(31).wrapping_add(u32::from(byte)));
        let phase = f64::from(seed % 6283) / 1000.0;
        let period = f64::from(60 + seed % 240);
        0.5 + 0.35 * (self.elapsed / period + phase).sin()
    }

    /// What has come together since the beginning, at a rate.
    fn total(&self, rate: f64) -> f64 {
        if self.active { (self.elapsed * rate).floor() } else { 0.0 }
    }

    fn percent(&self, name: &str, most: f64) -> f64 {
        (self.wave(name) * most * 100.0).round() / 100.0
    }

    fn value(&self, name: &str) -> f64 {
        #[expect(clippy::cast_precision_loss, reason = "memory is far below 2^52 bytes")]
        let memory = self.memory as f64;
        let used = (memory * self.wave("memory")).floor();
        match name {
            "memory.total" | "memory.installed" => memory,
            "memory.used" => used,
            "memory.free" | "memory.unused" if self.active => memory - used,
            "memory.cached" => (used * 0.4).floor(),
            "memory.buffered" => (used * 0.1).floor(),
            "swap.total" | "swap.free" => 8_589_934_592.0,
            "cpu.current.user" | "cpu.current.guest" => self.percent("cpu", 40.0),
            "cpu.current.system" | "cpu.current.hypervisor" => self.percent("system", 10.0),
            "cpu.current.total" => self.percent("cpu", 40.0) + self.percent("system", 10.0),
            "cpu.current.idle" => 100.0 - self.percent("cpu", 40.0) - self.percent("system", 10.0),
            "cpu.load.avg.5m" => self.percent("load", 2.0),
            "network.current.total" => self.percent("network", 20.0).floor(),
            "boot.time" => 1_767_139_200.0,
            "elapsed.time" => self.total(1.0),
            "data.current.read" | "data.current.write" => self.wave(name) * 2_097_152.0,
            "data.current.read_ops" | "data.current.write_ops" => self.total(12.0),
            "data.current.rx" | "data.current.tx" => self.percent(name, 125_000.0),
            "data.current.rx.bps" | "data.current.tx.bps" => {
                self.percent(&name[..15], 125_000.0) * 8.0
            }
            "data.total.rx" | "data.total.tx" => self.total(60_000.0),
            "disk.read.latency" | "disk.write.latency" => self.percent(name, 0.1),
            "memory.total.size" | "memory.free.size" => 107_374_182_400.0,
            _ => 0.0,
        }
    }

    fn history(&self, name: &str) -> Vec<f64> {
        let rows = if self.active { 5_u8 } else { 0 };
        let at = |row: u8| {
            let elapsed = (self.elapsed - f64::from(row) * 30.0).max(0.0);
            Gauge { elapsed, ..*self }.percent(&name[..3], 40.0).floor()
        };
        (0..rows).map(at).collect()
    }
}

fn is_active(site: &Site, object: Handle) -> bool {
    match site.kind(object) {
        "vms" => ["up", "powering_up", "migrating", "paused"].contains(&site.status(object)),
        "hosts" | "gluster_volumes" | "gluster_bricks" => site.status(object) == "up",
        "disks" => {
            let attached = site.store.referring("disk_attachments", "disk", site.id(object));
            attached.filter_map(|it| site.parent(it)).any(|vm| is_active(site, vm))
        }
        _ => site.parent(object).is_some_and(|it| is_active(site, it)),
    }
}

fn statistic(
    kind: &Kind,
    gauge: &Gauge<'_>,
    (element, owner): (&'static str, &Element),
) -> Element {
    let (name, description, counting, unit, value_type) = kind;
    let id = id_of(&["statistic", owner.id().unwrap_or_default(), name]);
    let mut body = Element::new("statistic");
    tree::set(&mut body, "name", name);
    tree::set(&mut body, "description", description);
    tree::set(&mut body, "kind", counting);
    tree::set(&mut body, "type", value_type);
    tree::set(&mut body, "unit", unit);
    let data: Vec<Element> = match (*value_type, name.ends_with(".history")) {
        ("string", _) => {
            let usage = if gauge.active {
                r#"[{"path":"/","total":"21474836480","used":"3221225472","fs":"xfs"}]"#
            } else {
                ""
            };
            vec![Element::leaf("detail", usage)]
        }
        (_, true) => {
            gauge.history(name).iter().map(|it| Element::leaf("datum", it.to_string())).collect()
        }
        _ => vec![Element::leaf("datum", gauge.value(name).to_string())],
    };
    let mut values = Element::new("values");
    for datum in data {
        values.push(Element::new("value").with(datum));
    }
    body.push(values);
    let address = owner.attribute("href").unwrap_or_default();
    body.push(
        Element::link(element, owner.id().unwrap_or_default()).with_attribute("href", address),
    );
    body.with_attribute("id", id)
}

/// A number that searches ask for.
pub fn usage(site: &Site, object: Handle, what: &str) -> Option<f64> {
    let memory = tree::number(site.body(object), "memory").unwrap_or(0);
    let gauge = Gauge::of(site, object, memory);
    Some(
        match what {
            "cpu_usage" => gauge.value("cpu.current.user") + gauge.value("cpu.current.system"),
            "mem_usage" => gauge.wave("memory") * 100.0,
            "network_usage" => gauge.value("network.current.total"),
            "uptime" => gauge.value("elapsed.time"),
            _ => return None,
        }
        .floor(),
    )
}
