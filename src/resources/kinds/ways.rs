//! The ways in which VMs and templates come from what there is already: copies, imports,
//! registrations (workloads handbook, section 11).

use crate::resources::{
    Attribute, Complaint, Fields, Kind, Transition, Type, Verb, Way, flag, list, one_of, refer,
    secret, text,
};

use super::{
    EXPORTED_TEMPLATE, EXPORTED_VM, HOST, SNAPSHOT, STORAGE_DOMAIN, UNREGISTERED_DISK,
    UNREGISTERED_TEMPLATE, UNREGISTERED_VM, VM, VNIC_PROFILE, complaint, vm::CLUSTER_ATTRIBUTE,
};

/// The calls that make a VM of something else.
pub(super) static OF_VMS: &[Way] = &[
    Way::of(SOURCE, Verb::action("clone", "vms/{vm}/clone").with(VM_NAME).sending(OF_CLONES))
        .keeping(&[CLUSTER_ATTRIBUTE.name]),
    Way::of("register", Verb::action("register", REGISTER_VM).with(NAME).sending(&["cluster"]))
        .needing(&["register.storage_domain", "register.vm"])
        .keeping_id_of("register.vm", "register.clone"),
    Way::of("import", Verb::action("import", IMPORT_VM).with(IMPORTED_VM).sending(TARGET))
        .needing(&["import.storage_domain", "import.vm", "storage_domain"])
        .keeping_id_of("import.vm", "import.clone"),
    Way::of(
        EXTERNAL_VM,
        Verb::post("import", EXTERNAL_VM, "externalvmimports").with(VM_NAME).sending(EXTERNAL),
    )
    .needing(&[
        "external_vm_import.provider",
        "external_vm_import.url",
        "external_vm_import.name",
        "storage_domain",
    ]),
    Way::of(DESCRIBED, Verb::post("describe", "vm", "vms").sending(DESCRIPTION))
        .needing(DESCRIPTION_NEEDS),
];

/// The calls that make a template of something else than a VM.
pub(super) static OF_TEMPLATES: &[Way] = &[
    Way::of("register", Verb::action("register", REGISTER_TEMPLATE).sending(&["cluster"]))
        .needing(&["register.storage_domain", "register.template", "cluster"])
        .keeping_id_of("register.template", "register.clone"),
    Way::of(
        "import",
        Verb::action("import", IMPORT_TEMPLATE).with(IMPORTED_TEMPLATE).sending(TARGET),
    )
    .needing(&["import.storage_domain", "import.template", "storage_domain", "cluster"])
    .keeping_id_of("import.template", "import.clone"),
    Way::of(
        EXTERNAL_TEMPLATE,
        Verb::post("import", EXTERNAL_TEMPLATE, "externaltemplateimports")
            .with(TEMPLATE_NAME)
            .sending(EXTERNAL),
    )
    .needing(&[
        "external_template_import.url",
        "external_template_import.host",
        "storage_domain",
        "cluster",
    ]),
    Way::of(DESCRIBED, Verb::post("describe", "template", "templates").sending(DESCRIPTION))
        .needing(&[
            "initialization.configuration.type",
            "initialization.configuration.data",
            "cluster",
        ]),
];

/// The attribute that names the VM to copy.
pub(super) const SOURCE: &str = "vm";
const EXTERNAL_VM: &str = "external_vm_import";
const EXTERNAL_TEMPLATE: &str = "external_template_import";
const DESCRIBED: &str = "initialization.configuration";

const REGISTER_VM: &str = "storagedomains/{register.storage_domain}/vms/{register.vm}/register";
const REGISTER_TEMPLATE: &str =
    "storagedomains/{register.storage_domain}/templates/{register.template}/register";
const IMPORT_VM: &str = "storagedomains/{import.storage_domain}/vms/{import.vm}/import";
const IMPORT_TEMPLATE: &str =
    "storagedomains/{import.storage_domain}/templates/{import.template}/import";

const VM_NAME: &[(&str, &str)] = &[("vm/name", "{name}")];
const TEMPLATE_NAME: &[(&str, &str)] = &[("template/name", "{name}")];
/// What is registered gets a name by the action's own; a template keeps that which it has.
const NAME: &[(&str, &str)] = &[("name", "{name}")];
/// What is imported gets a name only from who says whether it is to be a copy.
const IMPORTED_VM: &[(&str, &str)] = &[("vm/name", "{name}"), ("clone", "false")];
const IMPORTED_TEMPLATE: &[(&str, &str)] = &[("template/name", "{name}"), ("clone", "false")];
const OF_CLONES: &[&str] = &["storage_domain", "discard_snapshots"];
const TARGET: &[&str] = &["cluster", "storage_domain"];
const EXTERNAL: &[&str] = &["cluster", "storage_domain", "quota", "cpu_profile"];
const DESCRIPTION: &[&str] = &["name", "cluster", "initialization.regenerate_ids"];
const DESCRIPTION_NEEDS: &[&str] =
    &["initialization.configuration.type", "initialization.configuration.data"];

/// The call that makes a disk of what lies on a domain.
pub(super) static OF_DISKS: &[Way] = &[Way::of(
    "register",
    Verb::post("register", "disk", "storagedomains/{register.storage_domain}/disks")
        .with(&[("@id", "{register.disk}")])
        .sending(&["alias", "description"]),
)
.asking(&[("unregistered", "true")])
.needing(&["register.storage_domain", "register.disk"])
.keeping_id_of("register.disk", "register.clone")];

/// What a disk can come from.
pub(super) static DISK_FROM: &[Attribute] = &[
    DOMAIN,
    refer("register.disk", "Unregistered disk there.", &UNREGISTERED_DISK)
        .inside("register.storage_domain")
        .engine_default()
        .only_at_creation(),
];

/// What a VM can come from.
pub(super) static VM_FROM: &[Attribute] = &[
    refer("vm", "VM to copy; only needed to make it.", &VM).engine_default().only_at_creation(),
    flag("discard_snapshots", "Copy that VM without its snapshots.")
        .only_at_creation()
        .default("true"),
    refer("snapshot", "Snapshot of a VM to copy, as `vm/snapshot`.", &SNAPSHOT)
        .at("snapshots/snapshot/@id")
        .engine_default()
        .only_at_creation(),
    DOMAIN,
    refer("register.vm", "Unregistered VM there.", &UNREGISTERED_VM)
        .inside("register.storage_domain")
        .engine_default()
        .only_at_creation(),
    COPY,
    PARTIAL,
    flag("register.reassign_bad_macs", "Give its NICs other MAC addresses where theirs are taken.")
        .at("reassign_bad_macs")
        .only_at_creation()
        .default("false"),
    PROFILES,
    ROLES,
    DOMAINS,
    GROUPS,
    LABELS,
    EXPORT_DOMAIN,
    refer("import.vm", "VM there.", &EXPORTED_VM)
        .inside("import.storage_domain")
        .engine_default()
        .only_at_creation(),
    IMPORT_COPY,
    EXCLUSIVE,
    flag("import.collapse_snapshots", "Import it without its snapshots.")
        .at("collapse_snapshots")
        .in_query()
        .default("false"),
    one_of("external_vm_import.provider", "What runs it.", &["kvm", "xen", "vmware"])
        .at("provider")
        .only_at_creation(),
    text("external_vm_import.url", "Where that is, as libvirt calls it, or `ova://` and a path.")
        .at("url")
        .engine_default()
        .only_at_creation(),
    text("external_vm_import.name", "Name of the VM there.")
        .at("name")
        .engine_default()
        .only_at_creation(),
    text("external_vm_import.username", "Who logs in there.")
        .at("username")
        .engine_default()
        .only_at_creation(),
    secret("external_vm_import.password", "Password of that user.")
        .at("password")
        .only_at_creation(),
    refer(
        "external_vm_import.host",
        "Host that converts it; any of the cluster, otherwise.",
        &HOST,
    )
    .at("host/@id")
    .engine_default()
    .only_at_creation(),
    flag("external_vm_import.sparse", "Let its disks take space only as they are filled.")
        .at("sparse")
        .only_at_creation(),
    text("external_vm_import.drivers_iso", "Image with drivers for Windows, by its id.")
        .at("drivers_iso/@id")
        .engine_default()
        .only_at_creation(),
];

/// What a template can come from, beside a VM.
pub(super) static TEMPLATE_FROM: &[Attribute] = &[
    DOMAIN,
    refer("register.template", "Unregistered template there.", &UNREGISTERED_TEMPLATE)
        .inside("register.storage_domain")
        .engine_default()
        .only_at_creation(),
    COPY,
    PARTIAL,
    PROFILES,
    ROLES,
    DOMAINS,
    EXPORT_DOMAIN,
    refer("import.template", "Template there.", &EXPORTED_TEMPLATE)
        .inside("import.storage_domain")
        .engine_default()
        .only_at_creation(),
    IMPORT_COPY,
    EXCLUSIVE,
    text("external_template_import.url", "File on the host: `ova://` and its path.")
        .at("url")
        .engine_default()
        .only_at_creation(),
    refer("external_template_import.host", "Host that has the file.", &HOST)
        .at("host/@id")
        .engine_default()
        .only_at_creation(),
    flag("external_template_import.clone", "Give it an id of its own.")
        .at("clone")
        .only_at_creation()
        .default("false"),
];

/// The description that an engine wrote of a VM or template, which names its disks.
pub(super) static FROM_DESCRIPTION: &[Attribute] = &[
    one_of("initialization.configuration.type", "What describes it.", &["ovf", "ova"])
        .only_at_creation(),
    text("initialization.configuration.data", "The description itself; it is made of that.")
        .engine_default()
        .only_at_creation(),
    flag("initialization.regenerate_ids", "Give it and its disks ids of their own.")
        .only_at_creation()
        .default("false"),
];

static DOMAIN: Attribute =
    refer("register.storage_domain", "Data domain on which it lies unregistered.", &STORAGE_DOMAIN)
        .engine_default()
        .only_at_creation();
static COPY: Attribute = flag("register.clone", "Give it, and all of its, ids of their own.")
    .at("clone")
    .only_at_creation()
    .default("false");
static PARTIAL: Attribute =
    flag("register.allow_partial_import", "Register it even without disks that are missing.")
        .at("allow_partial_import")
        .only_at_creation()
        .default("false");
static PROFILES: Attribute = list(
    "register.registration_configuration.vnic_profile_mappings",
    "What its NICs get in place of profiles that are not here.",
    "registration_vnic_profile_mapping",
    &PROFILE,
)
.at("registration_configuration/vnic_profile_mappings")
.only_at_creation();
static PROFILE: Type = Type::Record(&[
    text("from.name", "Profile that it had.").required(),
    text("from.network.name", "Network of that.").required(),
    refer("to", "Profile that it gets; none, otherwise.", &VNIC_PROFILE),
]);

/// The engine goes by names on both sides, and ties it to what has the old name otherwise, if
/// anything has. Of clusters there is no mapping, since `cluster` is always said.
static ROLES: Attribute = list(
    "register.registration_configuration.role_mappings",
    "Roles that its users have here in place of others.",
    "registration_role_mapping",
    NAMES,
)
.at("registration_configuration/role_mappings")
.only_at_creation();
static DOMAINS: Attribute = list(
    "register.registration_configuration.domain_mappings",
    "Domains in which its users, named by their logins, are here.",
    "registration_domain_mapping",
    NAMES,
)
.at("registration_configuration/domain_mappings")
.only_at_creation();
static GROUPS: Attribute = list(
    "register.registration_configuration.affinity_group_mappings",
    "Affinity groups that it joins in place of those that it was in.",
    "registration_affinity_group_mapping",
    NAMES,
)
.at("registration_configuration/affinity_group_mappings")
.only_at_creation();
static LABELS: Attribute = list(
    "register.registration_configuration.affinity_label_mappings",
    "Affinity labels that it gets in place of those that it had.",
    "registration_affinity_label_mapping",
    NAMES,
)
.at("registration_configuration/affinity_label_mappings")
.only_at_creation();
const NAMES: &Type = &Type::Record(&[
    text("from.name", "What it is called where it comes from.").required(),
    text("to.name", "What takes its place.").required(),
]);

static EXPORT_DOMAIN: Attribute =
    refer("import.storage_domain", "Export domain on which it lies.", &STORAGE_DOMAIN)
        .engine_default()
        .only_at_creation();
static IMPORT_COPY: Attribute = flag("import.clone", "Give it, and all of its, ids of their own.")
    .at("clone")
    .only_at_creation()
    .default("false");
static EXCLUSIVE: Attribute = flag("import.exclusive", "Replace what has its id here.")
    .at("exclusive")
    .only_at_creation()
    .default("false");

/// Whether it comes with parts that nobody knows before: the copy of a VM has that VM's.
pub(super) fn brings_more(fields: &Fields) -> bool {
    const UNSEEN: [&str; 6] =
        ["snapshot", "register", "import", EXTERNAL_VM, EXTERNAL_TEMPLATE, DESCRIBED];
    UNSEEN.iter().any(|origin| fields.speak_of(origin))
}

/// What a VM comes from: one of these.
pub(super) const VM_ORIGINS: &[&str] =
    &["template", SOURCE, "snapshot", "register", "import", EXTERNAL_VM, DESCRIBED];

/// What a template comes from.
pub(super) const TEMPLATE_ORIGINS: &[&str] =
    &[SOURCE, "register", "import", EXTERNAL_TEMPLATE, DESCRIBED];

/// It is made of one thing, of which all has to be said.
pub(super) fn check(transition: &Transition, origins: &[&str]) -> Vec<Complaint> {
    let Some(to) = transition.to.filter(|_| transition.from.is_none()) else { return Vec::new() };
    let lacks = lacks(transition.kind, to);
    let moves = moves(transition, to);
    made_of_two(to, origins).into_iter().chain(lacks).chain(moves).collect()
}

/// A copy of a VM is made in the cluster of that VM.
fn moves(transition: &Transition, to: &Fields) -> Option<Complaint> {
    transition.kind.way(to).filter(|way| way.given == SOURCE)?;
    let source = transition.around.look(&VM, to.named(SOURCE)?.as_reference()?)?;
    let (has, wants) = (source.get(&CLUSTER_ATTRIBUTE)?, to.get(&CLUSTER_ATTRIBUTE)?);
    (has != wants).then(|| {
        let message = "is a copy, and to be in another cluster than what it is a copy of";
        let hint = "make it in that cluster, and move it when it is there";
        complaint(&CLUSTER_ATTRIBUTE, message, hint)
    })
}

fn made_of_two(to: &Fields, origins: &[&str]) -> Option<Complaint> {
    let first_of = |origin: &&str| to.iter().map(|(it, _)| it).find(|it| it.is_in(origin));
    let mut given = origins.iter().filter_map(|origin| Some((origin, first_of(origin)?)));
    let ((one, _), (other, at)) = (given.next()?, given.next()?);
    let message = format!("is made both of its `{one}` and of its `{other}`");
    Some(complaint(at, message, "take one of them out"))
}

fn lacks(kind: &Kind, to: &Fields) -> Option<Complaint> {
    let way = kind.way(to)?;
    let lacking = way.needs.iter().find(|name| to.named(name).is_none())?;
    let at = to.iter().map(|(it, _)| it).find(|attribute| attribute.is_in(way.given))?;
    let message = format!("says `{}`, and lacks `{lacking}`, which that takes", way.given);
    Some(complaint(at, message, "say it too"))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, fields, id, text};
    use super::super::{DISK, TEMPLATE};
    use super::*;
    use crate::resources::Value;

    #[test]
    fn what_a_call_does_not_take_is_changed_afterwards() {
        let memory = ("memory", Value::Integer(2 << 30));
        let copy = [("name", text("a")), ("cluster", id("c")), ("vm", id("s")), memory];
        let told = Trial::making(&VM, &copy).told();
        assert_eq!(told, "create name=a,cluster=c,vm=s; until down; put memory=2 GiB");
        let registered = [
            ("name", text("t")),
            ("cluster", id("c")),
            ("register.storage_domain", id("sd")),
            ("register.template", id("u")),
        ];
        let making = Trial::making(&TEMPLATE, &registered);
        let course = "create cluster=c,register.storage_domain=sd,register.template=u; until ok";
        assert_eq!(making.told(), format!("{course}; put name=t"));
        let making = Trial::making(&TEMPLATE, &registered);
        let same = making.beside(&UNREGISTERED_TEMPLATE, "u", &[("name", text("t"))]);
        assert_eq!(same.told(), course);
    }

    #[test]
    fn what_is_registered_keeps_its_id_unless_it_is_a_copy() {
        let id_of = |clone: bool| {
            let copy = ("register.clone", Value::Flag(clone));
            let vm = fields(&VM, &[("register.vm", id("u")), copy]);
            VM.way(&vm).and_then(|way| way.id(&vm).map(str::to_owned))
        };
        assert_eq!((id_of(false).as_deref(), id_of(true)), (Some("u"), None));
        let plain = fields(&DISK, &[("alias", text("d"))]);
        assert!(DISK.way(&plain).is_none());
    }

    #[test]
    fn a_copy_stays_in_the_cluster_and_an_import_lacks_nothing() {
        let said = |to: &[(&str, Value)]| {
            let making = Trial::making(&VM, to).beside(&VM, "s", &[("cluster", id("c"))]);
            making.complaints().len()
        };
        let copy = |cluster| [("vm", id("s")), ("cluster", id(cluster))];
        assert_eq!((said(&copy("c")), said(&copy("d"))), (0, 1));
        assert_eq!(said(&[("import.vm", id("e"))]), 1);
        assert_eq!(said(&[("vm", id("s")), ("snapshot", id("n"))]), 1);
    }
}
