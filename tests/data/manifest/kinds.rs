//! Kinds for tests of the reader: small, and with every type of value.

use virtuform::resources::{
    Attribute, Kind, Type, flag, int, list, map, one_of, refer, secret, set, size, text, version,
};

pub static KINDS: &[&Kind] =
    &[&DATA_CENTER, &CLUSTER, &NETWORK, &TAG, &VM, &NIC, &VM_TAG, &DISK_ATTACHMENT];

static DATA_CENTER: Kind = Kind::new("data_center", "data_centers", "").attributes(&[
    text("name", "Name, unique in the engine.").from_key().required(),
    text("description", "Free text."),
    flag("local", "Storage of one host."),
    version("version", "Compatibility version."),
]);

static CLUSTER: Kind =
    Kind::only_referred("cluster", "clusters", "", &[text("name", "Name.").from_key()]);

static NETWORK: Kind =
    Kind::new("network", "networks", "").identity(&["data_center", "name"]).attributes(&[
        text("name", "Name, unique in the data center.").from_key().required(),
        refer("data_center", "Data center that owns it.", &DATA_CENTER).required(),
        text("description", "Free text."),
        int("vlan.id", "leave `vlan` out for an untagged network", 0, 4094).at("vlan/@id").clears(),
        int("mtu", "Largest frame; 0 takes the engine's default.", 0, 65_520).default("0"),
        flag("stp", "Spanning tree on the bridge.").default("false"),
        set("usages", "Roles it plays.", "usage", &Type::OneOf(USAGES)),
    ]);

const USAGES: &[&str] = &["vm", "display", "migration", "management", "gluster", "default_route"];

static TAG: Kind =
    Kind::new("tag", "tags", "").attributes(&[text("name", "Name.").from_key().required()]);

static VM: Kind = Kind::new("vm", "vms", "").attributes(&[
    text("name", "Name, unique in the data center.").from_key().required(),
    refer("cluster", "Cluster that runs it.", &CLUSTER).required(),
    text("description", "Free text."),
    size("memory", "Memory at start."),
    size("memory_policy.max", "Ceiling for hot plug."),
    int("cpu.topology.sockets", "Virtual sockets.", 1, 16),
    int("cpu.topology.cores", "Cores of a socket.", 1, 254),
    int("cpu.topology.threads", "Threads of a core.", 1, 8),
    flag("stateless", "Forget at each stop."),
    map("custom_properties", "Properties of hooks.", "custom_property"),
    secret("initialization.root_password", "First password of root."),
    list("initialization.dns", "Servers of names.", "server", &Type::Record(SERVER)),
]);

const SERVER: &[Attribute] = &[
    text("address.ip", "Its address.").required(),
    one_of("address.family", "Its family.", &["v4", "v6"]),
];

static NIC: Kind = Kind::new("nic", "nics", "").below(&VM).attributes(&[
    text("name", "Name.").from_key().required(),
    text("description", "Free text."),
    one_of("interface", "Its model.", &["virtio", "e1000", "rtl8139"]),
]);

static VM_TAG: Kind = Kind::new("vm_tag", "tags", "")
    .below(&VM)
    .identity(&["tag"])
    .attributes(&[refer("tag", "The tag.", &TAG).from_key().required()]);

static DISK_ATTACHMENT: Kind = Kind::new("disk_attachment", "disk_attachments", "")
    .below(&VM)
    .identity(&["disk.alias"])
    .attributes(&[
        text("disk.alias", "Name.").from_keys(),
        size("disk.provisioned_size", "Size.").multiple_of(1 << 20),
    ]);
