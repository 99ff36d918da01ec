//! What virtual machines and templates have in common.

use crate::resources::{
    Attribute, Codec, Reference, Type, Update, Value, flag, int, list, map, one_of, refer, secret,
    set, size, text, version,
};
use crate::xml::Element;

use super::{CPU_PROFILE, HOST, QUOTA, STORAGE_DOMAIN, cluster::PARALLEL};

use Update::{Hot, NextStart};

/// The engine counts memory in these and cuts off the rest.
const MEBIBYTE: i64 = 1 << 20;

/// Type, CPU and memory.
pub(super) static COMPUTE: &[Attribute] = &[
    one_of("type", "What it is tuned for.", &["desktop", "server", "high_performance"])
        .update(NextStart),
    version("custom_compatibility_version", "Compatibility level, where not the cluster's.")
        .update(NextStart)
        .clears(),
    SOCKETS,
    CORES,
    THREADS,
    CPU_MODE,
    one_of("cpu.architecture", "CPU architecture.", ARCHITECTURE).only_at_creation(),
    text("custom_cpu_model", "CPU model, where not the cluster's.").update(NextStart),
    text("custom_emulated_machine", "Machine type, where not the cluster's.").update(NextStart),
    one_of("cpu_pinning_policy", "How virtual CPUs are bound to the host's.", PINNING)
        .update(NextStart),
    set("cpu.cpu_tune.vcpu_pins", "Which CPUs of the host each may use.", "vcpu_pin", PINS)
        .update(NextStart),
    int("cpu_shares", "Weight against the VMs of the host.", 0, 262_144).update(NextStart),
    refer("cpu_profile", "Share of CPU.", &CPU_PROFILE).engine_default().holds(),
    MEMORY,
    GUARANTEED,
    MAX,
    flag("memory_policy.ballooning", "Let the engine take unused memory back.")
        .update(NextStart)
        .default("true"),
];

pub(super) static CPU_MODE: Attribute =
    one_of("cpu.mode", "How close the virtual CPU is to the host's.", CPU_MODES)
        .update(NextStart)
        .default("custom");
pub(super) static SOCKETS: Attribute =
    int("cpu.topology.sockets", "Virtual sockets; can grow while the VM runs.", 1, 10_000)
        .update(Hot);
pub(super) static CORES: Attribute =
    int("cpu.topology.cores", "Cores of each socket.", 1, 254).update(NextStart);
pub(super) static THREADS: Attribute =
    int("cpu.topology.threads", "Threads of each core.", 1, 8).update(NextStart);
pub(super) static MEMORY: Attribute =
    size("memory", "Memory; can grow while the VM runs, in steps of 128 MiB.")
        .multiple_of(MEBIBYTE)
        .update(Hot);
pub(super) static GUARANTEED: Attribute =
    size("memory_policy.guaranteed", "Memory that ballooning leaves.")
        .multiple_of(MEBIBYTE)
        .update(Hot);
pub(super) static MAX: Attribute =
    size("memory_policy.max", "What memory can grow to while the VM runs.")
        .multiple_of(MEBIBYTE)
        .update(NextStart);

/// Operating system, firmware and what it is started with.
pub(super) static SYSTEM: &[Attribute] = &[
    OS_TYPE,
    one_of("bios.type", "Firmware and chipset.", BIOS_TYPE).update(NextStart),
    flag("bios.boot_menu.enabled", "Show a boot menu.").update(NextStart),
    list("os.boot.devices", "What it boots from, in order.", "device", &Type::OneOf(BOOT))
        .update(NextStart)
        .engine_default(),
    text("os.kernel", "Kernel to boot directly, on an ISO domain.").update(NextStart),
    text("os.initrd", "Initial RAM disk of that kernel.").update(NextStart),
    text("os.cmdline", "Command line of that kernel.").update(NextStart),
    text("time_zone.name", "Time zone of its clock, such as `Etc/GMT`.")
        .engine_default()
        .update(NextStart),
    one_of("serial_number.policy", "Where its serial number comes from.", SERIAL_NUMBER)
        .update(NextStart),
    text("serial_number.value", "That number, for `custom`.").update(NextStart),
    map("custom_properties", "Properties that the engine's owner defined.", "custom_property")
        .update(NextStart),
];

pub(super) static OS_TYPE: Attribute =
    text("os.type", "Operating system, such as `rhel_9x64`.").engine_default();

/// Where it may run and how it survives.
pub(super) static AVAILABILITY: &[Attribute] = &[
    one_of("placement_policy.affinity", "Whether it may migrate.", AFFINITY),
    set("placement_policy.hosts", "Hosts it may run on.", "host", HOSTS).along("placement_policy"),
    HIGH_AVAILABILITY,
    int("high_availability.priority", "Who is started first.", 0, 100),
    LEASE,
    one_of("storage_error_resume_behaviour", "What follows a storage error.", RESUME)
        .update(NextStart)
        .default("auto_resume"),
    int(
        "migration_downtime",
        "Milliseconds that a migration may pause it; -1: default.",
        -1,
        i32::MAX as i64,
    )
    .default("-1"),
    text("migration.policy", "Id of the migration policy.")
        .at("migration/policy/@id")
        .engine_default()
        .clears(),
    one_of("migration.auto_converge", "Slow it down if it changes too fast.", INHERITABLE)
        .default("inherit"),
    one_of("migration.compressed", "Compress what is sent.", INHERITABLE).default("inherit"),
    one_of("migration.encrypted", "Encrypt what is sent.", INHERITABLE).default("inherit"),
    one_of("migration.parallel_migrations_policy", "Use several connections.", PARALLEL),
    int("migration.custom_parallel_migrations", "How many, for `custom`.", 0, 255),
    flag("tunnel_migration", "Send migrations through libvirt."),
    flag("delete_protected", "Refuse to remove it.").forbids_removal(),
    STATELESS,
    START_PAUSED,
    // Of a new one the engine picks the first that is usable, whatever is said.
    refer("quota", "Quota that its memory and CPUs count against.", &QUOTA).engine_default(),
];

pub(super) static HIGH_AVAILABILITY: Attribute =
    flag("high_availability.enabled", "Start it again when its host fails.");

pub(super) static STATELESS: Attribute =
    flag("stateless", "Forget all changes when it stops.").update(NextStart);

pub(super) static START_PAUSED: Attribute =
    flag("start_paused", "Wait for a console before it runs.").update(NextStart);

pub(super) static LEASE: Attribute = refer(
    "lease.storage_domain",
    "Where it holds a lease, against running twice.",
    &STORAGE_DOMAIN,
)
.update(Hot)
.codec(&LEASE_CODEC);

/// An empty `lease` ends it, an empty storage domain inside would not.
static LEASE_CODEC: Codec = Codec { decode: read_lease, encode: write_lease };

fn read_lease(element: &Element) -> Option<Value> {
    let domain = element.at("lease/storage_domain")?.id()?;
    Some(Value::Reference(Reference::Id(domain.to_owned())))
}

fn write_lease(domain: &Value, element: &mut Element) {
    let lease = element.child_or_new("lease");
    if let Value::Reference(Reference::Id(id)) = domain {
        lease.push(Element::link("storage_domain", id));
    }
}

/// Console and other devices.
pub(super) static DEVICES: &[Attribute] = &[
    one_of("display.type", "Protocol of its only console.", &["vnc", "spice"]).update(NextStart),
    one_of("display.video_type", "Video device.", VIDEO).update(NextStart),
    int("display.monitors", "Monitors: 1, 2 or 4.", 1, 4).update(NextStart),
    text("display.keyboard_layout", "Keyboard of a VNC console, such as `de`.").update(NextStart),
    flag("display.smartcard_enabled", "Share smart cards.").update(NextStart),
    flag("display.file_transfer_enabled", "Copy files by SPICE.").update(NextStart),
    flag("display.copy_paste_enabled", "Copy and paste by SPICE.").update(NextStart),
    flag("display.allow_override", "Let a second user take the console over."),
    text("display.disconnect_action", "What closing the console does.").engine_default(),
    int("display.disconnect_action_delay", "Minutes until it does.", 0, i32::MAX as i64),
    flag("usb.enabled", "USB devices.").update(NextStart).default("false"),
    one_of("usb.type", "Kind of USB support.", &["legacy", "native"]).update(NextStart),
    flag("console.enabled", "Serial console.").update(NextStart).all_content(),
    flag("virtio_scsi.enabled", "Controller for `virtio_scsi` disks.")
        .update(NextStart)
        .all_content(),
    int("virtio_scsi_multi_queues", "Queues of that controller.", -1, 65_535).update(NextStart),
    flag("virtio_scsi_multi_queues_enabled", "Let the engine count them.").update(NextStart),
    flag("multi_queues_enabled", "Several queues for each NIC.").update(NextStart),
    int("io.threads", "I/O threads.", 0, 127).update(NextStart),
    flag("soundcard_enabled", "Sound card.").update(NextStart).all_content(),
    flag("tpm_enabled", "TPM device.").update(NextStart).all_content(),
    RNG_SOURCE,
    int("rng_device.rate.bytes", "Bytes of randomness in a period.", 0, i32::MAX as i64)
        .update(NextStart)
        .all_content(),
    int("rng_device.rate.period", "That period in milliseconds.", 0, i32::MAX as i64)
        .update(NextStart)
        .all_content(),
    set("sso.methods", "Ways to log in with the portal's user.", "method", SSO_METHOD)
        .update(NextStart),
    text("small_icon.id", "Id of the icon in lists.").at("small_icon/@id").engine_default(),
    text("small_icon.media_type", "Media type of that icon.").engine_default().hidden(),
    text("small_icon.data", "That icon, base64.").engine_default().hidden(),
    text("large_icon.id", "Id of the icon in the portal.").at("large_icon/@id").engine_default(),
    text("large_icon.media_type", "Media type of that icon.").engine_default().hidden(),
    text("large_icon.data", "That icon, base64; the small one is made of it.")
        .engine_default()
        .hidden(),
];

pub(super) static RNG_SOURCE: Attribute =
    one_of("rng_device.source", "Where randomness comes from.", &["random", "urandom", "hwrng"])
        .update(NextStart)
        .all_content()
        .codec(&RNG_CODEC)
        .clears();

/// An empty `rng_device` removes it, an empty source inside would not.
static RNG_CODEC: Codec = Codec { decode: read_rng, encode: write_rng };

fn read_rng(element: &Element) -> Option<Value> {
    element.text_at("rng_device/source").map(|source| Value::Text(source.to_owned()))
}

fn write_rng(source: &Value, element: &mut Element) {
    let device = element.child_or_new("rng_device");
    if let Value::Text(source) = source {
        device.push(Element::leaf("source", source));
    }
}

/// What the guest is told when it is started for the first time.
pub(super) static INITIALIZATION: &[Attribute] = &[
    text("initialization.host_name", "Host name."),
    text("initialization.user_name", "User to set up."),
    ROOT_PASSWORD,
    text("initialization.authorized_ssh_keys", "Public keys of that user, one a line."),
    flag("initialization.regenerate_ssh_keys", "Make new host keys.").default("false"),
    text("initialization.timezone", "Time zone."),
    text("initialization.dns_servers", "Name servers, separated by spaces."),
    text("initialization.dns_search", "Domains to search, separated by spaces."),
    list("initialization.nic_configurations", "Network cards.", "nic_configuration", NIC),
    one_of("initialization.cloud_init_network_protocol", "How cloud-init hears of them.", CLOUD),
    text("initialization.custom_script", "More for cloud-init, Ignition or Sysprep.").private(),
    text("initialization.domain", "Windows domain to join."),
    text("initialization.active_directory_ou", "Organizational unit in that domain."),
    text("initialization.org_name", "Organization, for Windows."),
    text("initialization.windows_license_key", "Product key, for Windows.").private(),
    text("initialization.input_locale", "Keyboard, for Windows."),
    text("initialization.ui_language", "Language, for Windows."),
    text("initialization.system_locale", "Locale of the system, for Windows."),
    text("initialization.user_locale", "Locale of users, for Windows."),
];

/// What the names of those attributes start with.
pub(super) const INITIALIZATION_PREFIX: &str = "initialization.";

pub(super) static ROOT_PASSWORD: Attribute =
    secret("initialization.root_password", "Password of that user, or of root.")
        .codec(&PASSWORD_CODEC);

/// A stored password can only be removed along with all of the initialization.
static PASSWORD_CODEC: Codec = Codec { decode: |_| None, encode: write_password };

fn write_password(password: &Value, element: &mut Element) {
    let initialization = element.child_or_new("initialization");
    if let Value::Secret(password) = password {
        initialization.push(Element::leaf("root_password", password.reveal()));
    }
}

const NIC: &Type = &Type::Record(&[
    text("name", "Name in the guest, such as `eth0`.").required(),
    flag("on_boot", "Start it at boot."),
    one_of("boot_protocol", "Where its IPv4 address comes from.", BOOT_PROTOCOL),
    text("ip.address", "IPv4 address."),
    text("ip.netmask", "IPv4 netmask."),
    text("ip.gateway", "IPv4 gateway."),
    one_of("ipv6_boot_protocol", "Where its IPv6 address comes from.", BOOT_PROTOCOL),
    text("ipv6.address", "IPv6 address."),
    text("ipv6.netmask", "IPv6 prefix."),
    text("ipv6.gateway", "IPv6 gateway."),
]);

static HOSTS: &Type = &Type::Reference(&HOST);

const PINS: &Type = &Type::Record(&[
    int("vcpu", "Number of the virtual CPU.", 0, 10_000).required(),
    text("cpu_set", "CPUs of the host, such as `0-3,^2`.").required(),
]);

const SSO_METHOD: &Type =
    &Type::Record(&[one_of("id", "Way to log in.", &["guest_agent"]).at("@id").required()]);

const ARCHITECTURE: &[&str] = &["undefined", "x86_64", "ppc64", "s390x", "aarch64", "loongarch64"];
const CPU_MODES: &[&str] = &["custom", "host_model", "host_passthrough"];
const PINNING: &[&str] = &["none", "manual", "resize_and_pin_numa", "dedicated", "isolate_threads"];
const BOOT: &[&str] = &["hd", "cdrom", "network"];
const AFFINITY: &[&str] = &["migratable", "user_migratable", "pinned"];
const RESUME: &[&str] = &["auto_resume", "leave_paused", "kill"];
const VIDEO: &[&str] = &["bochs", "cirrus", "vga", "qxl"];
const CLOUD: &[&str] = &["eni", "openstack_metadata"];
const BOOT_PROTOCOL: &[&str] = &["autoconf", "dhcp", "poly_dhcp_autoconf", "static", "none"];
pub(super) const BIOS_TYPE: &[&str] =
    &["cluster_default", "i440fx_sea_bios", "q35_sea_bios", "q35_ovmf", "q35_secure_boot"];
pub(super) const INHERITABLE: &[&str] = &["true", "false", "inherit"];
pub(super) const SERIAL_NUMBER: &[&str] = &["host", "vm", "custom", "none"];
