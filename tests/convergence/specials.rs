//! Where an attribute's type does not say enough to try it, and why.

/// What an attribute is tried with in place of what its type says; texts are JSON, empty for none.
///
/// `{key}` stands for the object's key, `{n}` for a number of its own.
pub struct Special {
    pub kinds: &'static str,
    pub attribute: &'static str,
    pub first: &'static str,
    pub second: &'static str,
    pub before: &'static str,
    pub with: &'static str,
    pub instead: &'static str,
    pub grows: bool,
    /// Whether the object would mean another one without it.
    pub stays: bool,
    /// Whether the engine refuses to have it changed in one call.
    pub firm: bool,
    /// Why its type does not say enough.
    pub why: &'static str,
}

/// An attribute, or all that stand in one, that cannot be tried, and why.
pub struct Skipped {
    pub kind: &'static str,
    pub attribute: &'static str,
    pub why: &'static str,
}

const fn on(kinds: &'static str, attribute: &'static str, why: &'static str) -> Special {
    Special {
        kinds,
        attribute,
        first: "",
        second: "",
        before: "",
        with: "",
        instead: "",
        grows: false,
        stays: false,
        firm: false,
        why,
    }
}

impl Special {
    const fn takes(self, first: &'static str, second: &'static str) -> Self {
        Self { first, second, ..self }
    }

    const fn with(self, with: &'static str) -> Self {
        Self { with, ..self }
    }

    const fn before(self, before: &'static str) -> Self {
        Self { before, ..self }
    }

    const fn instead(self, instead: &'static str) -> Self {
        Self { instead, ..self }
    }

    const fn stays(self) -> Self {
        Self { stays: true, ..self }
    }

    const fn firm(self) -> Self {
        Self { firm: true, ..self }
    }

    const fn grows(self) -> Self {
        Self { grows: true, ..self }
    }
}

const fn skip(kind: &'static str, attribute: &'static str, why: &'static str) -> Skipped {
    Skipped { kind, attribute, why }
}

const MACHINES: &str = "vm running template";
const FREE: &str = "free text may have lines";
const LINES: (&str, &str) = (r#""one <two>\n  three & \"four\" ü€\n""#, r#""fünf""#);
const POLICIES: (&str, &str) =
    (r#""80554327-0569-496b-bdeb-fcbbf52b827b""#, r#""80554327-0569-496b-bdeb-fcbbf52b827c""#);
const NO_DISK: &str = r#"{ "os": { "boot": { "devices": ["cdrom"] } } }"#;
const BLANK: &str = r#"{ "template": "Blank", "os": { "boot": { "devices": ["cdrom"] } } }"#;
const FROM_ELSEWHERE: &str = "a story takes it in";
const ENTRY: &str = "the directory has it";
const OF_TYPE: &str = "is for one type";
const WHOLE: &str = "a direction is limited whole";
const INBOUND: &str =
    r#"{ "type": "network", "inbound_average": 15, "inbound_peak": 25, "inbound_burst": 5 }"#;
const OUTBOUND: &str =
    r#"{ "type": "network", "outbound_average": 15, "outbound_peak": 25, "outbound_burst": 5 }"#;
const SHARE: &str = r#"{ "type": "hostnetwork", "outbound_average_linkshare": 5 }"#;
const IN_MAINTENANCE: &str = r#"{ "lifecycle": { "restart": "when_needed" } }"#;

/// What a card says of its virtual functions, and the card that has some.
const FUNCTIONS: (&str, &str, &str) = (
    "virtual_functions_configuration.number_of_virtual_functions",
    "virtual_functions_configuration.all_networks_allowed",
    r#"{ "name": "eth3" }"#,
);
const QOS: &str = r#"{ "qos": { "outbound_average_linkshare": 10 } }"#;
/// A LUN of its own, and two.
const LUN: &str =
    r#"[{ "id": "{lun0}", "address": "san.test", "port": 3260, "target": "iqn.test:{key}" }]"#;
const LUNS: &str = r#"[{ "id": "{lun0}", "address": "san.test", "port": 3260, "target": "iqn.test:{key}" }, { "id": "{lun1}", "address": "san.test", "port": 3260, "target": "iqn.test:{key}" }]"#;
const OTHER_LUN: &str =
    r#"[{ "id": "{lun1}", "address": "san.test", "port": 3260, "target": "iqn.test:{key}" }]"#;
const ON_LUN: &str = r#"{ "data_center": "dc", "host": "kvm-1", "type": "data", "storage": { "type": "iscsi", "logical_units": [{ "id": "{lun0}", "address": "san.test", "port": 3260, "target": "iqn.test:{key}" }] } }"#;
const MANAGED: &str = r#"{ "host": "kvm-1", "type": "managed_block_storage", "storage": { "type": "managed_block_storage", "driver_options": { "volume_driver": "rbd" } } }"#;
const IS_LUN: &str = r#"{ "lun_storage": { "type": "iscsi", "host": "kvm-1", "logical_units": [{ "id": "{lun0}", "address": "san.test", "port": 3260, "target": "iqn.test:{key}" }] } }"#;
const HAS_LUN: &str = r#"{ "interface": "virtio_scsi", "disk": { "lun_storage": { "type": "iscsi", "host": "kvm-1", "logical_units": [{ "id": "{lun0}", "address": "san.test", "port": 3260, "target": "iqn.test:{key}" }] } } }"#;
const ISCSI: &str =
    r#"{ "type": "iscsi", "address": "san.test", "port": 3260, "target": "iqn.test:{key}" }"#;

pub const SPECIAL: &[Special] = &[
    on("*", "name", "names are unique and plain").takes(r#""first-{key}""#, r#""second-{key}""#),
    on("*", "description", FREE).takes(LINES.0, LINES.1),
    on("*", "comment", FREE).takes(LINES.0, LINES.1),
    on("data_center", "version", "levels only rise").takes(r#""4.7""#, r#""4.8""#)
        .before(r#""4.6""#).grows(),
    // People and what they may do.
    on("role", "permits", "are some at least").takes(r#"["create_vm", "login"]"#, r#"["login", "stop_vm"]"#),
    on("user", "user_name", ENTRY).takes(r#""user-{n}@internal-authz""#, "null"),
    on("user", "principal", ENTRY).takes(r#""user-{n}""#, "null"),
    on("user group", "namespace", ENTRY).takes(r#""*""#, "null"),
    on("group", "name", ENTRY).takes(r#""group-{n}""#, "null"),
    on("ssh_public_key", "content", "is no prose").takes(r#""ssh-ed25519 {key}""#, "null"),
    on("event_subscription", "address", "is an address").takes(r#""{key}@example.com""#, "null"),
    on("permission vm_permission", "role", "is for somebody").takes(r#""UserVmManager""#, "null").with(r#"{ "user": "user-1f@internal-authz" }"#),
    on("permission vm_permission", "user", "a permission is for somebody").stays(),
    on("permission vm_permission", "group", "two of one role would be the same").with(r#"{ "role": "VmCreator" }"#).stays(),
    on("openstack_image_provider openstack_network_provider", "authentication_url", "is an address with a port and a version")
        .takes(r#""https://keystone.test:35357/v3""#, r#""http://keystone.test:5000/v2.0""#),
    on("openstack_network_provider", "requires_authentication", "is said with how")
        .with(r#"{ "username": "u", "password": "secret", "authentication_url": "https://keystone.test:35357/v3" }"#),
    on("openstack_network_provider", "type", "needs a plugin").with(r#"{ "external_plugin_type": "OPEN_VSWITCH" }"#),
    on("openstack_image_provider", "url", "is its own").takes(r#""http://one-{key}.test:9292""#, r#""http://two-{key}.test:9292""#),
    on("cluster", "external_network_providers", "is one at most").takes(r#"["ovn"]"#, r#"["nuage"]"#),
    on("network", "external_provider", "is one that can be written").takes(r#""ovn""#, r#""nuage""#),
    on("network", "external_provider_physical_network", "is that of a provider's").takes(r#""front""#, r#""store""#)
        .with(r#"{ "external_provider": "ovn" }"#),
    on("openstack_subnet", "ip_version", "is one of two").takes(r#""v6""#, r#""v4""#),
    on("scheduling_policy", "properties", "are those of its units")
        .takes(r#"{ "HighUtilization": "80", "CpuOverCommitDurationMinutes": "2" }"#, r#"{ "HighUtilization": "70" }"#)
        .with(r#"{ "filters": { "CPUOverloaded": {} } }"#),
    on("scheduling_policy_filter", "position", "has no PUT").takes("-1", "1").firm(),
    on("scheduling_policy_weight", "factor", "has no PUT").takes("99", "0").firm(),
    on("scheduling_policy_balance", "scheduling_policy_unit", "has no PUT")
        .takes(r#""OptimalForEvenDistribution""#, r#""OptimalForPowerSaving""#).firm().stays(),
    // Clusters.
    on("cluster", "version", "levels only rise, and begin at the data center's")
        .takes(r#""4.7""#, r#""4.8""#).before(r#""4.6""#).with(r#"{ "data_center": "old" }"#).grows(),
    on("cluster", "cpu.type", "the engine knows its CPUs")
        .takes(r#""Intel Skylake Server Family""#, r#""Intel Cascadelake Server Family""#),
    on("cluster", "cpu.architecture", "follows from a CPU type")
        .takes(r#""ppc64""#, r#""x86_64""#),
    on("cluster", "virt_service", "a cluster has one service at least")
        .takes("false", "true").with(r#"{ "gluster_service": true }"#),
    on("cluster", "custom_scheduling_policy_properties", "are those of a policy")
        .takes(r#"{ "HighUtilization": "80", "CpuOverCommitDurationMinutes": "2" }"#, r#"{ "HighUtilization": "70" }"#)
        .with(r#"{ "scheduling_policy": "evenly_distributed" }"#),
    on("cluster vm running template", "migration.policy", "the engine knows its policies").takes(POLICIES.0, POLICIES.1),
    on("cluster", "migration.bandwidth.custom_value", "is for `custom`").takes("1000", "1")
        .with(r#"{ "migration": { "bandwidth": { "assignment_method": "custom" } } }"#),
    on("cluster vm running template", "migration.custom_parallel_migrations", "is for `custom`").takes("4", "255")
        .with(r#"{ "migration": { "parallel_migrations_policy": "custom" } }"#),
    on("cluster vm running template", "serial_number.value", "is for `custom`")
        .with(r#"{ "serial_number": { "policy": "custom" } }"#),
    on("cluster", "required_rng_sources", "the engine always adds `urandom`")
        .takes(r#"["urandom", "hwrng"]"#, r#"["urandom"]"#),
    on("cluster", "management_network", "has to be one of the data center").takes(r#""front""#, r#""front""#),
    on("cluster_network", "usages", "`management` needs a network that all hosts have")
        .takes(r#"["display", "migration"]"#, r#"["gluster"]"#),
    // Networks.
    on("mac_pool", "ranges", "ranges may not overlap")
        .takes(r#"[{ "from": "02:{n}:00:00:00:00", "to": "02:{n}:00:00:00:ff" }, { "from": "02:{n}:01:00:00:00", "to": "02:{n}:01:00:00:ff" }]"#,
            r#"[{ "from": "02:{n}:02:00:00:00", "to": "02:{n}:02:00:00:ff" }]"#),
    on("network", "usages", "only `vm` is the network's own").takes("[]", r#"["vm"]"#),
    on("network", "qos", "has a type").takes(r#""dc/wire""#, r#""dc/line""#),
    on("network", "dns_resolver_configuration.name_servers", "are addresses")
        .takes(r#"["192.0.2.1", "2001:db8::1"]"#, r#"["2001:db8::1", "192.0.2.1"]"#),
    on("vnic_profile", "qos", "has a type").takes(r#""dc/some""#, r#""dc/more""#),
    on("vnic_profile", "failover", "is for what is passed through")
        .with(r#"{ "pass_through": { "mode": "enabled" }, "migratable": true, "network_filter": null }"#),
    on("vnic_profile", "migratable", "is for what is passed through")
        .with(r#"{ "pass_through": { "mode": "enabled" }, "network_filter": null }"#),
    on("vnic_profile", "pass_through.mode", "does not go with a filter").with(r#"{ "network_filter": null }"#),
    on("vnic_profile", "custom_properties", "are defined")
        .takes(r#"{ "queues": "2" }"#, r#"{ "queues": "4" }"#),
    // Quality of service.
    on("qos", "type", "each has its own limits").takes(r#""storage""#, r#""cpu""#)
        .instead(r#"{ "type": "storage", "max_iops": 5 }"#),
    on("qos", "max_throughput", OF_TYPE).takes("10", "20").instead(r#"{ "type": "storage", "max_iops": 5 }"#),
    on("qos", "max_read_throughput", OF_TYPE).takes("10", "20").instead(r#"{ "type": "storage", "max_iops": 5 }"#),
    on("qos", "max_write_throughput", OF_TYPE).takes("10", "20").instead(r#"{ "type": "storage", "max_iops": 5 }"#),
    on("qos", "max_iops", OF_TYPE).takes("10", "20").instead(r#"{ "type": "storage", "max_throughput": 5 }"#),
    on("qos", "max_read_iops", OF_TYPE).takes("10", "20").instead(r#"{ "type": "storage", "max_throughput": 5 }"#),
    on("qos", "max_write_iops", OF_TYPE).takes("10", "20").instead(r#"{ "type": "storage", "max_throughput": 5 }"#),
    on("qos", "cpu_limit", "is all that a CPU can have").takes("100", "1").stays(),
    on("qos", "inbound_average", WHOLE).takes("10", "20").instead(INBOUND).stays(),
    on("qos", "inbound_peak", WHOLE).takes("30", "40").instead(INBOUND).stays(),
    on("qos", "inbound_burst", WHOLE).takes("10", "20").instead(INBOUND).stays(),
    on("qos", "outbound_average", WHOLE).takes("10", "20").instead(OUTBOUND).stays(),
    on("qos", "outbound_peak", WHOLE).takes("30", "40").instead(OUTBOUND).stays(),
    on("qos", "outbound_burst", WHOLE).takes("10", "20").instead(OUTBOUND).stays(),
    on("qos", "outbound_average_linkshare", "networks of hosts need it").takes("10", "20").instead(SHARE).stays(),
    on("qos", "outbound_average_upperlimit", OF_TYPE).takes("10", "20").instead(SHARE),
    on("qos", "outbound_average_realtime", OF_TYPE).takes("10", "20").instead(SHARE),
    on("disk_profile", "qos", "has a type").takes(r#""dc/slowly""#, r#""dc/swiftly""#),
    on("quota_cluster_limit", "memory_limit", "may be a fraction").takes("1.5", "20").firm(),
    on("quota_cluster_limit", "vcpu_limit", "has no PUT").takes("8", "16").firm(),
    on("quota_storage_limit", "limit", "has no PUT").takes("100", "200").firm(),
    on("storage_connection_extension", "target", "is a name").takes(r#""iqn.a:{key}""#, r#""iqn.b:{key}""#),
    // Hosts.
    on("host", "cluster", "in maintenance").takes(r#""c2""#, r#""c""#).before(r#""c""#).with(IN_MAINTENANCE),
    on("host", "ssh.port", "in maintenance").takes("2222", "22").with(IN_MAINTENANCE),
    on("host", "ssh.user.user_name", "is a name").takes(r#""admin""#, r#""root""#),
    on("host", "address", "is an address").takes(r#""other-{key}.test""#, r#""third-{key}.test""#),
    on("host", "display.address", "is an address").takes(r#""192.0.2.7""#, r#""console.test""#),
    on("host", "port", "is said with every change").takes("54322", "54322"),
    on("host_nic", "bonding.slaves", "a host has few cards")
        .takes(r#"["eth1", "eth2"]"#, r#"["eth2", "eth3"]"#).stays(),
    on("host_nic", "bonding.options", "the engine knows its options")
        .takes(r#"{ "mode": "1", "miimon": "100" }"#, r#"{ "mode": "4", "miimon": "150" }"#),
    on("host_nic", "network_labels", "are words").takes(r#"["blue", "green"]"#, r#"["green", "red"]"#),
    on("virtual_function_allowed_label", "id", "is a word").takes(r#""red""#, "null"),
    on("network", "network_labels", "are one").takes(r#"["blue"]"#, r#"["green"]"#),
    on("user_option", "name", "tells which it is").takes(r#""{key}-first""#, r#""{key}-second""#),
    on("host_nic", FUNCTIONS.0, "few cards have any").takes("4", "2").instead(FUNCTIONS.2),
    on("host_nic", FUNCTIONS.1, "few cards have any").takes("false", "true").instead(FUNCTIONS.2),
    on("network_attachment", "host_nic", "a host has few cards").takes(r#""eth2""#, r#""eth3""#).firm(),
    on("network_attachment", "ip_address_assignments", "each has its own")
        .takes(r#"[{ "assignment_method": "static", "ip": { "address": "192.0.2.5", "netmask": "255.255.255.0" } }]"#,
            r#"[{ "assignment_method": "dhcp" }, { "assignment_method": "autoconf", "ip": { "version": "v6" } }]"#),
    on("network_attachment", "dns_resolver_configuration.name_servers", "are addresses")
        .takes(r#"["192.0.2.1", "192.0.2.2"]"#, r#"["192.0.2.2"]"#),
    on("network_attachment", "qos.outbound_average_upperlimit", "needs a share").takes("2000", "1000").with(QOS).firm(),
    on("network_attachment", "qos.outbound_average_realtime", "needs a share").takes("200", "100").with(QOS).firm(),
    on("network_attachment", "properties", "the engine knows them")
        .takes(r#"{ "bridge_opts": "gc_timer=10" }"#, r#"{ "ethtool_opts": "--offload" }"#),
    on("host", "power_management.enabled", "needs a fence agent")
        .with(r#"{ "agents": { "10.0.0.1": { "type": "ipmilan", "order": 1, "username": "admin", "password": "secret" } } }"#),
    on("fence_agent", "address", "is an address").takes(r#""first-{key}.test""#, r#""second-{key}.test""#),
    on("fence_agent", "type", "the engine knows its types").takes(r#""redfish""#, r#""ilo4""#),
    // Storage.
    on("storage_domain", "name", "has to be short").takes(r#""1-{key}""#, r#""2-{key}""#),
    on("storage_domain", "data_center", "one of it has a host").takes(r#""dc""#, "null"),
    on("storage_domain", "type", "is for files").takes(r#""iso""#, r#""export""#),
    on("storage_domain", "storage.type", "each type needs its own").takes(r#""posixfs""#, r#""nfs""#)
        .with(r#"{ "storage": { "vfs_type": "ext4", "path": "/dev/{key}" } }"#),
    on("storage_domain", "storage.vfs_type", "is for `posixfs`").takes(r#""ext4""#, r#""xfs""#).before(r#""ext3""#)
        .with(r#"{ "storage": { "type": "posixfs", "path": "/dev/{key}" }, "lifecycle": { "restart": "when_needed" } }"#).stays(),
    on("storage_domain", "storage.mount_options", "are options").takes(r#""ro,noatime""#, r#""ro""#).with(IN_MAINTENANCE),
    on("storage_domain", "storage.address", "is an address").takes(r#""nas2.test""#, r#""nas3.test""#).with(IN_MAINTENANCE).stays(),
    on("storage_domain", "storage.path", "is unique").takes(r#""/a/{key}""#, r#""/b/{key}""#).with(IN_MAINTENANCE).stays(),
    on("storage_domain", "storage.nfs_version", "out of use").takes(r#""v4_1""#, r#""v4_2""#).with(IN_MAINTENANCE),
    on("storage_connection", "type", "each type needs its own").takes(r#""posixfs""#, r#""nfs""#)
        .instead(r#"{ "type": "nfs", "address": "{key}.test", "path": "/{key}", "vfs_type": "ext4" }"#).stays(),
    on("storage_connection", "address", "is an address").takes(r#""a-{key}.test""#, r#""b-{key}.test""#).stays(),
    on("storage_connection", "path", "is a path").takes(r#""/a/{key}""#, r#""/b/{key}""#).stays(),
    on("storage_connection", "port", "is for `iscsi`").takes("3261", "3262").instead(ISCSI).stays(),
    on("storage_connection", "target", "is for `iscsi`").takes(r#""iqn.a:{key}""#, r#""iqn.b:{key}""#).instead(ISCSI).stays(),
    on("storage_connection", "username", "is for `iscsi`").instead(ISCSI),
    on("storage_connection", "password", "is for `iscsi`").instead(ISCSI),
    on("storage_connection", "vfs_type", "is for `posixfs`").takes(r#""ext4""#, r#""xfs""#).before(r#""ext3""#)
        .instead(r#"{ "type": "posixfs", "path": "/dev/{key}" }"#).stays(),
    on("storage_connection", "mount_options", "are options").takes(r#""ro,noatime""#, r#""ro""#),
    on("storage_connection", "nfs_retrans", "has a range").takes("3", "5"),
    on("storage_connection", "nfs_timeo", "has a range").takes("60", "70"),
    on("storage_domain", "storage.nfs_retrans", "has a range").takes("3", "5").with(IN_MAINTENANCE),
    on("storage_domain", "storage.nfs_timeo", "has a range").takes("60", "70").with(IN_MAINTENANCE),
    on("storage_domain", "storage_format", "fits its level").takes(r#""v4""#, r#""v5""#),
    on("storage_domain", "block_size", "is one of two").takes("4096", "512"),
    on("storage_domain", "status", "takes a data center").takes(r#""maintenance""#, r#""active""#),
    on("storage_domain", "storage.logical_units", "are LUNs that a host sees").takes(LUN, LUNS).instead(ON_LUN).with(IN_MAINTENANCE).firm().stays(),
    on("storage_domain", "storage.driver_options", "is for drivers").takes(r#"{ "volume_driver": "rbd" }"#, "null").instead(MANAGED).stays(),
    on("storage_domain", "storage.driver_sensitive_options", "is for drivers").instead(MANAGED),
    on("storage_domain", "storage.override_luns", "is for LUNs").instead(ON_LUN),
    on("storage_domain", "discard_after_delete", "is for LUNs").instead(ON_LUN),
    // Disks.
    on("disk", "lun_storage.logical_units", "is a LUN that a host sees").takes(LUN, OTHER_LUN).instead(IS_LUN).stays(),
    on("disk", "lun_storage.type", "fits the LUN").takes(r#""iscsi""#, r#""iscsi""#).instead(IS_LUN).stays(),
    on("disk", "lun_storage.host", "has to see the LUN").takes(r#""kvm-1""#, r#""kvm-2""#).instead(IS_LUN).stays(),
    on("disk", "sgio", "is for a LUN").instead(IS_LUN),
    on("disk_attachment plugged", "disk.lun_storage.logical_units", "is a LUN that a host sees").takes(LUN, OTHER_LUN).instead(HAS_LUN).stays(),
    on("disk_attachment plugged", "disk.lun_storage.type", "fits the LUN").takes(r#""iscsi""#, r#""iscsi""#).instead(HAS_LUN).stays(),
    on("disk_attachment plugged", "disk.lun_storage.host", "has to see the LUN").takes(r#""kvm-1""#, r#""kvm-2""#).instead(HAS_LUN).stays(),
    on("disk_attachment plugged", "disk.sgio", "is for a LUN").instead(HAS_LUN),
    on("disk", "alias", "is plain").takes(r#""first-{key}""#, r#""second-{key}""#),
    on("disk_attachment plugged", "disk.alias", "is plain").takes(r#""first-{key}""#, r#""second-{key}""#),
    on("disk", "provisioned_size", "can only grow").takes(r#""3 GiB""#, r#""5 GiB""#).before(r#""1 GiB""#).grows(),
    on("disk_attachment plugged", "disk.provisioned_size", "can only grow").takes(r#""3 GiB""#, r#""5 GiB""#).before(r#""1 GiB""#).grows(),
    on("disk", "storage_domains", "a disk has one").takes(r#"["slow"]"#, r#"["fast"]"#).firm(),
    on("disk_attachment plugged", "disk.storage_domains", "a disk has one").takes(r#"["slow"]"#, r#"["fast"]"#).firm(),
    on("disk", "shareable", "is for `raw`").with(r#"{ "format": "raw" }"#),
    on("disk_attachment plugged", "disk.shareable", "is for `raw`").with(r#"{ "disk": { "format": "raw" } }"#),
    on("disk", "sparse", "`cow` is").with(r#"{ "format": "raw" }"#),
    on("disk_attachment plugged", "disk.sparse", "`cow` is").with(r#"{ "disk": { "format": "raw" } }"#),
    on("disk", "content_type", "people make these").takes(r#""iso""#, r#""data""#).with(r#"{ "format": "raw" }"#),
    on("disk", "initial_size", "is less than all").takes(r#""1 GiB""#, r#""1 GiB""#),
    on("disk_attachment plugged", "disk.initial_size", "is less than all").takes(r#""1 GiB""#, r#""1 GiB""#),
    on("disk_attachment plugged", "disk.id", "a disk that several may have").instead(r#"{ "interface": "virtio" }"#).stays(),
    on("disk_attachment plugged", "pass_discard", "not every interface can").with(r#"{ "interface": "virtio_scsi" }"#),
    on("disk_attachment", "interface", "the chipset has to offer it").takes(r#""virtio_scsi""#, r#""sata""#),
    on("plugged", "interface", "these two can be plugged into what runs").takes(r#""virtio_scsi""#, r#""virtio""#),
    on("template_disk", "disk.storage_domains", "is somewhere").takes(r#"["fast", "slow"]"#, r#"["slow"]"#),
    // NICs.
    on("nic", "mac.address", "is an address, in whatever case").takes(r#""02:AA:00:00:{n}:01""#, r#""02:aa:00:00:{n}:02""#),
    on("nic", "interface", "not what is passed through").takes(r#""e1000""#, r#""rtl8139""#),
    on("plugged_nic", "mac.address", "is an address, in whatever case").takes(r#""02:AA:00:00:{n}:01""#, r#""02:aa:00:00:{n}:02""#)
        .firm(),
    on("plugged_nic", "interface", "not what is passed through").takes(r#""e1000""#, r#""rtl8139""#).firm(),
    // Machines.
    on("vm running", "cluster", "one of them has its hosts").takes(r#""c2""#, r#""c""#).before(r#""c""#).with(IN_MAINTENANCE),
    on("vm", "discard_snapshots", "is for copies").with(r#"{ "vm": "builder" }"#),
    on("vm", "use_latest_template_version", "shows on stateless VMs")
        .with(r#"{ "stateless": true, "template": "base" }"#),
    on("vm running", "storage_domain", "is for the template's disks").takes(r#""fast""#, r#""fast""#).with(r#"{ "template": "base" }"#),
    on("running", "virtio_scsi.enabled", "its disks need it").with(BLANK),
    on("vm", "status", "it starts from something").takes(r#""up""#, r#""down""#).with(NO_DISK),
    on("running", "template", "it starts from something").with(NO_DISK),
    on(MACHINES, "instance_type", "its memory needs room").with(r#"{ "memory_policy": { "max": "32 GiB" } }"#),
    on("vm running", "clone", "is for the template's disks").with(r#"{ "template": "base" }"#),
    on(MACHINES, "custom_compatibility_version", "a level that the cluster can be").takes(r#""4.6""#, r#""4.7""#),
    on(MACHINES, "cpu.topology.sockets", "fits a host").takes("4", "2"),
    on("running", "cpu.topology.sockets", "some systems give CPUs back").takes("4", "2").with(r#"{ "os": { "type": "rhel_9x64" } }"#),
    on(MACHINES, "cpu.topology.cores", "fits a host").takes("8", "2"),
    on(MACHINES, "cpu.topology.threads", "fits a host").takes("4", "2"),
    on(MACHINES, "cpu.mode", "the engine stores one of them").takes(r#""host_passthrough""#, r#""custom""#),
    on(MACHINES, "cpu.architecture", "is the cluster's").takes(r#""x86_64""#, r#""x86_64""#),
    on(MACHINES, "cpu_pinning_policy", "`manual` needs pins").takes(r#""dedicated""#, r#""none""#),
    on(MACHINES, "cpu.cpu_tune.vcpu_pins", "there are that many")
        .takes(r#"[{ "vcpu": 1, "cpu_set": "0-3,^2" }, { "vcpu": 0, "cpu_set": "1" }]"#, r#"[{ "vcpu": 0, "cpu_set": "2" }]"#)
        .with(r#"{ "cpu": { "topology": { "sockets": 2 } } }"#),
    on(MACHINES, "memory", "stands between its bounds").takes(r#""2 GiB""#, r#""3 GiB""#),
    on(MACHINES, "memory_policy.guaranteed", "is at most the memory").takes(r#""512 MiB""#, r#""768 MiB""#),
    on(MACHINES, "memory_policy.max", "is at least the memory").takes(r#""8 GiB""#, r#""16 GiB""#),
    on(MACHINES, "os.type", "the engine knows its systems").takes(r#""rhel_9x64""#, r#""rhel_8x64""#),
    on(MACHINES, "os.boot.devices", "has an order").takes(r#"["network", "hd"]"#, r#"["hd", "network"]"#),
    on(MACHINES, "time_zone.name", "the engine knows its zones").takes(r#""Europe/Berlin""#, r#""Asia/Tokyo""#),
    on(MACHINES, "custom_properties", "are defined")
        .takes(r#"{ "sap_agent": "true", "viodiskcache": "writethrough" }"#, r#"{ "sap_agent": "false" }"#),
    on(MACHINES, "lease.storage_domain", "needs high availability").with(r#"{ "high_availability": { "enabled": true } }"#),
    on("running", "lease.storage_domain", "cannot move while it runs").with(r#"{ "high_availability": { "enabled": true } }"#).firm(),
    on(MACHINES, "migration_downtime", "is a duration").takes("5000", "0"),
    on(MACHINES, "cpu_shares", "is a weight").takes("2048", "512"),
    on(MACHINES, "io.threads", "are few").takes("8", "2"),
    on(MACHINES, "display.monitors", "several need SPICE").takes("4", "2")
        .with(r#"{ "display": { "type": "spice", "video_type": "qxl" } }"#),
    on(MACHINES, "display.type", "has its own video").takes(r#""spice""#, r#""vnc""#),
    on(MACHINES, "display.disconnect_action", "is a word").takes(r#""LOGOUT""#, r#""REBOOT""#),
    on(MACHINES, "display.keyboard_layout", "is a word").takes(r#""de""#, r#""en-us""#),
    on(MACHINES, "display.disconnect_action_delay", "is a duration").takes("5", "1"),
    on(MACHINES, "usb.type", "needs USB").with(r#"{ "usb": { "enabled": true } }"#),
    on(MACHINES, "virtio_scsi_multi_queues", "does not go with `false`").takes("4", "2")
        .with(r#"{ "virtio_scsi_multi_queues_enabled": true }"#),
    on(MACHINES, "rng_device.rate.bytes", "needs a source").takes("1024", "512")
        .with(r#"{ "rng_device": { "source": "urandom", "rate": { "period": 1000 } } }"#),
    on(MACHINES, "rng_device.rate.period", "needs a rate").takes("1024", "512")
        .with(r#"{ "rng_device": { "source": "urandom", "rate": { "bytes": 1000 } } }"#),
    on(MACHINES, "sso.methods", "there is one").takes(r#"[]"#, r#"[{ "id": "guest_agent" }]"#),
    on(MACHINES, "small_icon.data", "is an image").takes(r#""iVBORw0KGgo=""#, r#""aVBORw0KGgo=""#)
        .with(r#"{ "small_icon": { "media_type": "image/png" }, "large_icon": { "media_type": "image/png", "data": "iVBORw0KGgo=" } }"#),
    on(MACHINES, "large_icon.data", "is an image").takes(r#""iVBORw0KGgo=""#, r#""aVBORw0KGgo=""#)
        .with(r#"{ "large_icon": { "media_type": "image/png" } }"#),
    on(MACHINES, "small_icon.media_type", "is that of an image").takes(r#""image/png""#, r#""image/jpeg""#)
        .with(r#"{ "small_icon": { "data": "iVBORw0KGgo=" }, "large_icon": { "media_type": "image/png", "data": "iVBORw0KGgo=" } }"#),
    on(MACHINES, "large_icon.media_type", "is that of an image").takes(r#""image/png""#, r#""image/jpeg""#)
        .with(r#"{ "large_icon": { "data": "iVBORw0KGgo=" } }"#),
    on(MACHINES, "initialization.custom_script", FREE).takes(LINES.0, LINES.1),
    on(MACHINES, "initialization.authorized_ssh_keys", FREE).takes(r#""ssh-rsa AA one\nssh-rsa BB two\n""#, r#""ssh-rsa CC""#),
    on(MACHINES, "initialization.nic_configurations", "are cards")
        .takes(r#"[{ "name": "eth1", "on_boot": true, "boot_protocol": "static", "ip": { "address": "192.0.2.5", "netmask": "255.255.255.0", "gateway": "192.0.2.1" } }, { "name": "eth0", "boot_protocol": "dhcp" }]"#,
            r#"[{ "name": "eth0", "on_boot": false, "ipv6_boot_protocol": "static", "ipv6": { "address": "2001:db8::5", "netmask": "64", "gateway": "2001:db8::1" } }]"#),
    on(MACHINES, "payloads", "hold files")
        .takes(r#"[{ "type": "cdrom", "volume_id": "v", "files": [{ "name": "a", "content": "one <&>\ntwo\n" }, { "name": "b", "content": "" }] }]"#,
            r#"[{ "type": "floppy", "files": [{ "name": "a", "content": "x" }] }]"#),
    on("snapshot live_snapshot", "description", "is the key").takes(r#""first-{key}""#, r#""second-{key}""#),
    on("vm_pool", "size", "can only grow").takes("2", "3").before("1").grows(),
    on("vm_pool", "prestarted_vms", "are some of all").takes("1", "0"),
    on("vm_pool", "max_user_vms", "has its own range").takes("3", "2"),
    on("vm_pool", "display.proxy", "is an address").takes(r#""http://proxy.test:3128""#, r#""""#),
    on("vm_pool", "vm.memory", "stands between its bounds").takes(r#""2 GiB""#, r#""3 GiB""#),
    on("vm_pool", "vm.memory_policy.guaranteed", "is at most the memory").takes(r#""512 MiB""#, r#""768 MiB""#),
    on("vm_pool", "vm.memory_policy.max", "is at least the memory").takes(r#""8 GiB""#, r#""16 GiB""#),
    on("vm_pool", "vm.cpu.topology.sockets", "fits a host").takes("4", "2"),
    on("vm_pool", "vm.cpu.topology.cores", "fits a host").takes("8", "2"),
    on("vm_pool", "vm.cpu.topology.threads", "fits a host").takes("4", "2"),
    on("template", "version.version_name", "is that of a version").takes(r#""one-{key}""#, r#""two-{key}""#).before(r#""zero-{key}""#)
        .with(r#"{ "version": { "base_template": "other" } }"#).stays(),
    on("template", "version.base_template", "does not come without a name").takes(r#""other""#, r#""other""#)
        .with(r#"{ "version": { "version_name": "{key}" } }"#).stays(),
    // Devices.
    on("cdrom drive", "file.id", "is one with an ISO image").takes(r#""disc""#, r#""other-disc""#),
    on("watchdog watched template_watchdog instance_type_watchdog", "model", "is never nothing").takes(r#""i6300esb""#, r#""diag288""#).stays(),
    on("watchdog watched template_watchdog instance_type_watchdog", "action", "is never nothing").takes(r#""dump""#, r#""reset""#).stays(),
    on("network_filter_parameter", "name", "is a word").takes(r#""IP""#, r#""MAC""#),
    on("network_filter_parameter", "value", "is a word").takes(r#""192.0.2.1""#, r#""192.0.2.2""#).stays(),
    on("numa_node", "memory", "is a part of the VM's").takes(r#""256 MiB""#, r#""768 MiB""#).stays(),
    on("numa_node", "numa_tune_mode", "`preferred` needs a pin").takes(r#""strict""#, r#""interleave""#),
    on("numa_node", "numa_node_pins", "are nodes of its host").takes(r#"[{ "index": 0 }]"#, r#"[]"#),
    on("mediated_device template_mediated_device", "spec_params", "say what it is")
        .takes(r#"{ "mdevType": "nvidia-12", "nodisplay": "true" }"#, r#"{ "mdevType": "nvidia-13" }"#).stays(),
    on("template_nic instance_type_nic", "interface", "not what is passed through").takes(r#""e1000""#, r#""rtl8139""#),
    on("instance_type", "memory", "stands between its bounds").takes(r#""2 GiB""#, r#""3 GiB""#),
    on("instance_type", "memory_policy.guaranteed", "is at most the memory").takes(r#""512 MiB""#, r#""768 MiB""#),
    on("instance_type", "memory_policy.max", "is at least the memory").takes(r#""8 GiB""#, r#""16 GiB""#),
    on("instance_type", "migration.policy", "the engine knows its policies").takes(POLICIES.0, POLICIES.1),
    on("instance_type", "display.type", "has its own video").takes(r#""spice""#, r#""vnc""#),
    on("instance_type", "usb.type", "needs USB").with(r#"{ "usb": { "enabled": true } }"#),
    on("instance_type", "migration_downtime", "is a duration").takes("5000", "0"),
    on("template", "cluster", "is that of its VM").takes(r#""c""#, r#""c""#),
];

pub const SKIPPED: &[Skipped] = &[
    skip("openstack_network", "name", "is that of one which the provider has"),
    skip("scheduling_policy_filter", "scheduling_policy_unit", "is the key"),
    skip("scheduling_policy_weight", "scheduling_policy_unit", "is the key"),
    skip("cluster", "data_center", "is part of the least that a cluster needs"),
    skip(
        "cluster",
        "trusted_service",
        "needs an attestation server, which no engine has by itself",
    ),
    skip("cluster_network", "network", "is the key"),
    skip("network", "data_center", "is part of the least that a network needs"),
    skip("vnic_profile", "network", "is part of the least that a profile needs"),
    skip("host", "root_password", "is part of the least that a host needs"),
    skip("host_nic", "name", "is part of the least that a bond needs"),
    skip("network_attachment", "network", "is part of the least that an attachment needs"),
    skip("network_attachment", "in_sync", "is wanted of all"),
    skip("template_disk", "disk.alias", "is the key"),
    skip("vm", "snapshot", FROM_ELSEWHERE),
    skip("template", "snapshot", FROM_ELSEWHERE),
    skip("vm", "register", FROM_ELSEWHERE),
    skip("vm", "import", FROM_ELSEWHERE),
    skip("vm", "external_vm_import", FROM_ELSEWHERE),
    skip("vm", "initialization.regenerate_ids", FROM_ELSEWHERE),
    skip("vm", "initialization.configuration", FROM_ELSEWHERE),
    skip("template", "register", FROM_ELSEWHERE),
    skip("template", "import", FROM_ELSEWHERE),
    skip("template", "external_template_import", FROM_ELSEWHERE),
    skip("template", "initialization.regenerate_ids", FROM_ELSEWHERE),
    skip("template", "initialization.configuration", FROM_ELSEWHERE),
    skip("disk", "register", FROM_ELSEWHERE),
    skip("running", "vm", "it is made of a template"),
    skip("running", "discard_snapshots", "it is made of a template"),
    skip("host", "reinstallation_required", "is raised by the engine: a story lowers it"),
    skip("host", "update_available", "is raised by the engine: a story lowers it"),
    skip("snapshot", "disk_attachments", "are of its own VM: the whole site has some"),
    skip("vm_pool", "cluster", "is part of the least that a pool needs"),
    skip("vm_pool", "template", "is part of the least that a pool needs: stories tell of versions"),
    skip("vm", "vm_pool", "a pool makes its VMs itself"),
    skip("graphics_console", "protocol", "is the key"),
    skip("template_graphics_console", "protocol", "is the key"),
    skip("instance_type_graphics_console", "protocol", "is the key"),
    skip("host_device", "name", "is the key"),
    skip("numa_node", "index", "is the key"),
    skip("numa_node", "cpu.cores", "is part of the least that a node needs"),
    skip("storage_domain", "host", "is part of the least that a domain needs"),
    skip("storage_domain", "storage.id", "a connection is for one domain: the whole site has one"),
    skip("storage_connection", "host", "shows nowhere: the engine tries it through it"),
    skip("storage_domain", "id", "is that of a domain to import"),
    skip("storage_domain", "master", "is one of each data center: stories tell of it"),
    skip("storage_domain", "import", "there is nothing to import"),
    skip("affinity_label", "has_implicit_affinity_group", "no cluster of today takes its members"),
    skip("quota_cluster_limit", "cluster", "a quota has one limit, for all"),
    skip("quota_storage_limit", "storage_domain", "a quota has one limit, for all"),
    skip("iscsi_bond", "networks", "are of the bond's own data center: the whole site has some"),
    skip("iscsi_bond", "storage_connections", "are of its own data center: the whole site has one"),
    skip("affinity_group", "vms", "are of the group's own cluster: the whole site has some"),
    skip("affinity_group", "hosts", "are of the group's own cluster: the whole site has some"),
    skip(
        "cdrom",
        "file.name",
        "a data center has one ISO domain, and one is tried: stories have files",
    ),
    skip("disk", "image_file", "tests of their own send files"),
    skip("disk_attachment", "disk.image_file", "tests of their own send files"),
    skip("disk", "qcow_version", "a disk that no machine has keeps its version"),
    skip("disk_attachment", "disk.format", "is part of the least that a disk needs"),
    skip("template", "vm", "is part of the least that a template needs"),
    skip("vm", "small_icon.id", "there is one icon, and everyone has it"),
    skip("vm", "large_icon.id", "there is one icon, and everyone has it"),
    skip("template", "small_icon.id", "there is one icon, and everyone has it"),
    skip("template", "large_icon.id", "there is one icon, and everyone has it"),
    skip("running", "status", "it is what runs"),
    skip("running", "use_latest_template_version", "what ran stateless returns to what it was"),
];
