//! What attributes are tried on: the least objects of every kind, and where they stand.

use virtuform::resources::{Kind, kinds as kind};

/// What attributes are tried on.
pub struct Subject {
    pub label: &'static str,
    pub kind: &'static Kind,
    /// The least that an object of the kind needs.
    pub least: &'static str,
    /// The objects that hold it, the outermost first: their sections, and the least of each.
    pub above: &'static [(&'static str, &'static str)],
}

const fn top(label: &'static str, kind: &'static Kind, least: &'static str) -> Subject {
    Subject { label, kind, least, above: &[] }
}

const fn below(
    above: &'static [(&'static str, &'static str)],
    label: &'static str,
    kind: &'static Kind,
    least: &'static str,
) -> Subject {
    Subject { label, kind, least, above }
}

const CENTER: &[(&str, &str)] = &[("data_centers", r#"{ "local": false }"#)];
const QUOTA: &[(&str, &str)] = &[("data_centers", r#"{ "local": false }"#), ("quotas", "{}")];
const CLUSTER: &[(&str, &str)] = &[("clusters", r#"{ "data_center": "dc" }"#)];
const NEW_HOST: &[(&str, &str)] =
    &[("hosts", r#"{ "cluster": "c", "address": "{key}.test", "root_password": "secret" }"#)];
const POLICY: &[(&str, &str)] = &[("scheduling_policies", "{}")];
const NEUTRON: &[(&str, &str)] = &[(
    "openstack_network_providers",
    r#"{ "url": "http://net.test", "type": "neutron", "external_plugin_type": "OPEN_VSWITCH", "read_only": false }"#,
)];
const THEIRS: &[(&str, &str)] = &[NEUTRON[0], ("networks", r#"{ "name": "private" }"#)];
const CARD: &[(&str, &str)] = &[
    ("hosts", r#"{ "cluster": "c", "address": "{key}.test", "root_password": "secret" }"#),
    (
        "nics",
        r#"{ "name": "eth3", "virtual_functions_configuration": { "number_of_virtual_functions": 2, "all_networks_allowed": false } }"#,
    ),
];
const USER: &[(&str, &str)] = &[("users", r#"{ "user_name": "user-{n}@internal-authz" }"#)];
const DOWN: &[(&str, &str)] = &[("vms", r#"{ "cluster": "c" }"#)];
/// It needs no disk to start.
const UP: &[(&str, &str)] =
    &[("vms", r#"{ "cluster": "c", "os": { "boot": { "devices": ["cdrom"] } }, "status": "up" }"#)];
/// What of a host it gets does not move.
const PINNED: &[(&str, &str)] = &[(
    "vms",
    r#"{ "cluster": "c", "placement_policy": { "affinity": "pinned", "hosts": ["kvm-1"] } }"#,
)];
const NIC: &[(&str, &str)] = &[("vms", r#"{ "cluster": "c" }"#), ("nics", "{}")];
const TEMPLATE: &[(&str, &str)] = &[("templates", r#"{ "vm": "empty", "cluster": "c" }"#)];
/// Its disk is made where the subject says that it has copies.
const STORED: &[(&str, &str)] =
    &[("templates", r#"{ "vm": "builder", "cluster": "c", "storage_domain": "fast" }"#)];
const SIZE: &[(&str, &str)] = &[("instance_types", "{}")];
const WATCHDOG: &str = r#"{ "model": "diag288", "action": "none" }"#;
const DISK: &str = r#"{ "interface": "virtio", "disk": { "provisioned_size": "1 GiB", "format": "cow", "storage_domains": ["fast"] } }"#;

pub static SUBJECTS: &[Subject] = &[
    top("data_center", &kind::DATA_CENTER, r#"{ "local": false }"#),
    top("cluster", &kind::CLUSTER, r#"{ "data_center": "dc" }"#),
    below(CLUSTER, "cluster_network", &kind::CLUSTER_NETWORK, r#"{ "network": "store" }"#),
    top(
        "mac_pool",
        &kind::MAC_POOL,
        r#"{ "ranges": [{ "from": "0a:{n}:00:00:00:00", "to": "0a:{n}:00:00:00:ff" }] }"#,
    ),
    top("scheduling_policy", &kind::SCHEDULING_POLICY, "{}"),
    below(
        POLICY,
        "scheduling_policy_filter",
        &kind::SCHEDULING_POLICY_FILTER,
        r#"{ "scheduling_policy_unit": "HA" }"#,
    ),
    below(
        POLICY,
        "scheduling_policy_weight",
        &kind::SCHEDULING_POLICY_WEIGHT,
        r#"{ "scheduling_policy_unit": "HA" }"#,
    ),
    below(
        POLICY,
        "scheduling_policy_balance",
        &kind::SCHEDULING_POLICY_BALANCE,
        r#"{ "scheduling_policy_unit": "None" }"#,
    ),
    top(
        "external_host_provider",
        &kind::EXTERNAL_HOST_PROVIDER,
        r#"{ "url": "https://foreman.test" }"#,
    ),
    top(
        "openstack_image_provider",
        &kind::OPENSTACK_IMAGE_PROVIDER,
        r#"{ "url": "http://{key}.test:9292" }"#,
    ),
    top(
        "openstack_network_provider",
        &kind::OPENSTACK_NETWORK_PROVIDER,
        r#"{ "url": "http://net.test:9696" }"#,
    ),
    below(NEUTRON, "openstack_network", &kind::OPENSTACK_NETWORK, r#"{ "name": "private" }"#),
    below(THEIRS, "openstack_subnet", &kind::OPENSTACK_SUBNET, r#"{ "cidr": "192.0.2.0/24" }"#),
    top("network", &kind::NETWORK, r#"{ "data_center": "dc" }"#),
    top("vnic_profile", &kind::VNIC_PROFILE, r#"{ "network": "front" }"#),
    top(
        "host",
        &kind::HOST,
        r#"{ "cluster": "c", "address": "{key}.test", "root_password": "secret" }"#,
    ),
    below(
        NEW_HOST,
        "fence_agent",
        &kind::FENCE_AGENT,
        r#"{ "type": "ipmilan", "order": 1, "username": "admin", "password": "secret" }"#,
    ),
    below(
        NEW_HOST,
        "host_nic",
        &kind::HOST_NIC,
        r#"{ "name": "bond{n}", "bonding": { "slaves": ["eth1", "eth2"] } }"#,
    ),
    below(
        CARD,
        "virtual_function_allowed_network",
        &kind::VIRTUAL_FUNCTION_ALLOWED_NETWORK,
        r#"{ "network": "front" }"#,
    ),
    below(
        CARD,
        "virtual_function_allowed_label",
        &kind::VIRTUAL_FUNCTION_ALLOWED_LABEL,
        r#"{ "id": "blue" }"#,
    ),
    below(
        NEW_HOST,
        "network_attachment",
        &kind::NETWORK_ATTACHMENT,
        r#"{ "network": "front", "host_nic": "eth1" }"#,
    ),
    top(
        "storage_connection",
        &kind::STORAGE_CONNECTION,
        r#"{ "type": "nfs", "address": "nas.test", "path": "/{key}" }"#,
    ),
    top(
        "storage_domain",
        &kind::STORAGE_DOMAIN,
        r#"{ "data_center": "dc", "host": "kvm-1", "type": "data", "storage": { "type": "nfs", "address": "nas.test", "path": "/{key}" } }"#,
    ),
    top(
        "disk",
        &kind::DISK,
        r#"{ "provisioned_size": "1 GiB", "format": "cow", "storage_domains": ["fast"] }"#,
    ),
    top("template", &kind::TEMPLATE, r#"{ "vm": "builder", "cluster": "c" }"#),
    top("vm", &kind::VM, r#"{ "cluster": "c" }"#),
    top("running", &kind::VM, r#"{ "cluster": "c", "template": "base", "status": "up" }"#),
    below(DOWN, "nic", &kind::NIC, "{}"),
    below(UP, "plugged_nic", &kind::NIC, "{}"),
    below(TEMPLATE, "template_nic", &kind::TEMPLATE_NIC, "{}"),
    below(
        STORED,
        "template_disk",
        &kind::TEMPLATE_DISK_ATTACHMENT,
        r#"{ "disk": { "alias": "builder_root" } }"#,
    ),
    below(NIC, "network_filter_parameter", &kind::NETWORK_FILTER_PARAMETER, r#"{ "value": "1" }"#),
    below(DOWN, "disk_attachment", &kind::DISK_ATTACHMENT, DISK),
    below(UP, "plugged", &kind::DISK_ATTACHMENT, DISK),
    below(DOWN, "cdrom", &kind::CDROM, "{}"),
    below(UP, "drive", &kind::CDROM, "{}"),
    below(DOWN, "watchdog", &kind::WATCHDOG, WATCHDOG),
    below(UP, "watched", &kind::WATCHDOG, WATCHDOG),
    below(TEMPLATE, "template_watchdog", &kind::TEMPLATE_WATCHDOG, WATCHDOG),
    below(SIZE, "instance_type_watchdog", &kind::INSTANCE_TYPE_WATCHDOG, WATCHDOG),
    below(DOWN, "graphics_console", &kind::GRAPHICS_CONSOLE, r#"{ "protocol": "spice" }"#),
    below(
        TEMPLATE,
        "template_graphics_console",
        &kind::TEMPLATE_GRAPHICS_CONSOLE,
        r#"{ "protocol": "spice" }"#,
    ),
    below(
        SIZE,
        "instance_type_graphics_console",
        &kind::INSTANCE_TYPE_GRAPHICS_CONSOLE,
        r#"{ "protocol": "spice" }"#,
    ),
    below(
        PINNED,
        "numa_node",
        &kind::NUMA_NODE,
        r#"{ "index": 0, "memory": "512 MiB", "cpu": { "cores": [{ "index": 0 }] } }"#,
    ),
    below(PINNED, "host_device", &kind::HOST_DEVICE, r#"{ "name": "pci_0000_00_1f_2" }"#),
    below(
        DOWN,
        "mediated_device",
        &kind::MEDIATED_DEVICE,
        r#"{ "spec_params": { "mdevType": "nvidia-11" } }"#,
    ),
    below(
        TEMPLATE,
        "template_mediated_device",
        &kind::TEMPLATE_MEDIATED_DEVICE,
        r#"{ "spec_params": { "mdevType": "nvidia-11" } }"#,
    ),
    below(DOWN, "snapshot", &kind::SNAPSHOT, "{}"),
    below(UP, "live_snapshot", &kind::SNAPSHOT, "{}"),
    top("vm_pool", &kind::VM_POOL, r#"{ "cluster": "c", "template": "base" }"#),
    top("instance_type", &kind::INSTANCE_TYPE, "{}"),
    below(SIZE, "instance_type_nic", &kind::INSTANCE_TYPE_NIC, "{}"),
    top("tag", &kind::TAG, "{}"),
    top("role", &kind::ROLE, r#"{ "permits": ["login"] }"#),
    top("user", &kind::USER, r#"{ "user_name": "user-{n}@internal-authz" }"#),
    below(USER, "ssh_public_key", &kind::SSH_PUBLIC_KEY, r#"{ "content": "ssh-rsa {key}" }"#),
    below(USER, "user_option", &kind::USER_OPTION, r#"{ "content": "true" }"#),
    below(USER, "event_subscription", &kind::EVENT_SUBSCRIPTION, r#"{ "event": "vm_failure" }"#),
    top("group", &kind::GROUP, r#"{ "name": "group-{n}", "domain": "internal-authz" }"#),
    top("permission", &kind::PERMISSION, r#"{ "role": "UserRole" }"#),
    below(DOWN, "vm_permission", &kind::VM_PERMISSION, r#"{ "role": "UserRole" }"#),
    top("affinity_label", &kind::AFFINITY_LABEL, "{}"),
    below(CLUSTER, "affinity_group", &kind::AFFINITY_GROUP, "{}"),
    top("bookmark", &kind::BOOKMARK, r#"{ "value": "vms: status=up" }"#),
    below(CENTER, "quota", &kind::QUOTA, "{}"),
    below(QUOTA, "quota_cluster_limit", &kind::QUOTA_CLUSTER_LIMIT, "{}"),
    below(QUOTA, "quota_storage_limit", &kind::QUOTA_STORAGE_LIMIT, "{}"),
    below(CENTER, "iscsi_bond", &kind::ISCSI_BOND, "{}"),
    below(
        NEW_HOST,
        "storage_connection_extension",
        &kind::STORAGE_CONNECTION_EXTENSION,
        r#"{ "username": "u", "password": "secret" }"#,
    ),
    below(CENTER, "qos", &kind::QOS, r#"{ "type": "cpu", "cpu_limit": 10 }"#),
    top("cpu_profile", &kind::CPU_PROFILE, r#"{ "cluster": "c" }"#),
    top("disk_profile", &kind::DISK_PROFILE, r#"{ "storage_domain": "fast" }"#),
];
