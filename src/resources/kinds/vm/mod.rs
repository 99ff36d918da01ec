//! Virtual machines.

mod check;
mod effect;
mod lifecycle;

use crate::resources::{
    Attribute, Brought, Codec, Fields, Kind, Reference, Surroundings, Type, Update, Value, Verb,
    flag, list, one_of, refer, text,
};

use crate::xml::Element;

use super::workload::{AVAILABILITY, COMPUTE, DEVICES, INITIALIZATION, STATELESS, SYSTEM};
use super::{
    CLUSTER, CLUSTER_NETWORK, EXTERNAL_HOST_PROVIDER, GRAPHICS_CONSOLE, HOST, INSTANCE_TYPE,
    INSTANCE_TYPE_NIC, KINDS, NETWORK_ATTACHMENT, NIC, STORAGE_DOMAIN, Table, VM_POOL,
    graphics_console::PROTOCOL, name, nic::MAC, ways,
};

pub(super) use lifecycle::without_randomness;

use Update::{NextStart, Replace, WhenDown};

/// Virtual machines.
pub static VM: Kind = Kind::new("vm", "vms", "A virtual machine.")
    .in_pages()
    .chosen_id()
    .attributes(TABLE.attributes())
    .closes_after(START_NEEDS)
    .opens_after(COMES_AFTER)
    .holds_data_unless("detach_only")
    .goes_with("vm_pool")
    .ways(ways::OF_VMS)
    .brings_more(ways::brings_more)
    .serial("vm")
    .lifecycle(lifecycle::lifecycle)
    .effect(effect::effect)
    .check(check::check)
    .brings(brings)
    .tells(tells)
    .shows(SHOWN)
    .kept_elsewhere(kept_elsewhere)
    .obeys("instance_type", check::is_overridden)
    .starts_as("template", |attribute| !is_own(attribute));

/// A VM starts on a host of its cluster that has its networks.
pub(super) static CLUSTER_ATTRIBUTE: Attribute =
    refer("cluster", "Cluster that runs it.", &CLUSTER).required().holds().update(WhenDown);

/// What comes back of a storage domain may be based on a template that comes back, too.
static COMES_AFTER: &[(&Kind, &str)] =
    &[(&super::TEMPLATE, "register.storage_domain"), (&super::TEMPLATE, "import.storage_domain")];

static START_NEEDS: &[(&Kind, &str)] =
    &[(&HOST, "cluster"), (&CLUSTER_NETWORK, "cluster"), (&NETWORK_ATTACHMENT, "cluster")];

static TABLE: Table = Table::of(&[
    &[
        NAME,
        STATUS,
        CLUSTER_ATTRIBUTE,
        TEMPLATE,
        INSTANCE_TYPE_ATTRIBUTE,
        USE_LATEST,
        POOL,
        refer(
            "storage_domain",
            "Where its disks go, if not to those of the template.",
            &STORAGE_DOMAIN,
        )
        .only_at_creation(),
        flag("clone", "Copy the template's disks instead of building on them.")
            .in_query()
            .default("false"),
        flag("clone_permissions", "Copy the template's permissions.").in_query().default("false"),
        flag("seal", "Remove from its disks what tells one machine from another.").in_query(),
        text("description", "Free text."),
        text("comment", "Free text, shown in lists."),
        refer("external_host_provider", "Provider that knows its errata.", &EXTERNAL_HOST_PROVIDER),
    ],
    COMPUTE,
    SYSTEM,
    AVAILABILITY,
    DEVICES,
    INITIALIZATION,
    ways::VM_FROM,
    ways::FROM_DESCRIPTION,
    MEDIA,
]);

static MEDIA: &[Attribute] = &[
    list("payloads", "Files that it finds on a CD or floppy.", "payload", PAYLOAD)
        .update(NextStart)
        .all_content(),
    flag("detach_only", "Keep its disks when it is removed.").for_removal().default("false"),
];

static NAME: Attribute = name("Name, unique in the data center, at most 64 characters.");

static INSTANCE_TYPE_ATTRIBUTE: Attribute =
    refer("instance_type", "Size by name; overrides memory and CPUs.", &INSTANCE_TYPE);

static STATUS: Attribute = one_of("status", "Whether it runs.", &["up", "down"])
    .default("down")
    .set_by(SWITCHES)
    .passing(&[
        ("wait_for_launch", "up"),
        ("powering_up", "up"),
        ("reboot_in_progress", "up"),
        ("migrating", "up"),
        ("restoring_state", "up"),
        ("powering_down", "down"),
        ("saving_state", "suspended"),
    ]);

static TEMPLATE: Attribute = refer("template", "What its disks start as.", &super::TEMPLATE)
    .holds()
    .update(Replace)
    .default("Blank")
    .along("use_latest_template_version")
    .assumed()
    .unless(ways::VM_ORIGINS)
    .once_with("clone")
    .codec(&TEMPLATE_CODEC);

/// A full copy shows `Blank` as its template, and beside that what it was copied from.
static TEMPLATE_CODEC: Codec = Codec { decode: read_template, encode: write_template };

fn read_template(vm: &Element) -> Option<Value> {
    let is_blank = |id: &&str| id.bytes().all(|it| matches!(it, b'0' | b'-'));
    let id = |name| vm.child(name).and_then(Element::id);
    let template = id("template")?;
    let original = id("original_template").filter(|_| is_blank(&template));
    Some(Value::Reference(Reference::Id(original.unwrap_or(template).to_owned())))
}

fn write_template(template: &Value, vm: &mut Element) {
    if let Value::Reference(Reference::Id(id)) = template {
        vm.push(Element::link("template", id));
    }
}

/// Pools make their VMs themselves. One that is out of its pool is a VM like others.
static POOL: Attribute =
    refer("vm_pool", "Pool that it is of; `null` takes it out.", &VM_POOL).by_lifecycle();

static DETACH: Verb = Verb::action("detach", "vms/{id}/detach");

static USE_LATEST: Attribute =
    flag("use_latest_template_version", "Start from the newest version of the template.")
        .default("false");

/// The template of a VM that follows the versions is shown as the newest of them; whether it follows them is shown of stateless VMs only. One that was started with other settings than it
/// keeps shows those.
fn tells(attribute: &Attribute, vm: &Fields) -> bool {
    let is = |flag| vm.get(flag).is_some_and(Value::is_true);
    if *attribute == TEMPLATE {
        !is(&USE_LATEST)
    } else if is(&RUN_ONCE) && IN_RUN.contains(&attribute.name) {
        false
    } else {
        *attribute != USE_LATEST || is(&STATELESS)
    }
}

/// What a VM that runs shows as it was started.
const IN_RUN: [&str; 1] = ["os.boot.devices"];

const SWITCHES: &[(&str, &Verb)] = &[("up", &START), ("down", &SHUTDOWN)];

static START: Verb = Verb::action("start", "vms/{id}/start");
static SHUTDOWN: Verb = Verb::action("shutdown", "vms/{id}/shutdown");
static STOP: Verb = Verb::action("stop", "vms/{id}/stop");

static SHOWN: &[Attribute] = &[ORIGIN, ORIGINAL, RUN_ONCE];

static ORIGIN: Attribute = text("origin", "Where it comes from.");
static ORIGINAL: Attribute =
    refer("original_template", "What it was copied from.", &super::TEMPLATE).engine_default();
static RUN_ONCE: Attribute = flag("run_once", "Whether it was started unlike it is kept.");

/// The engine's own VM is kept by its hosts, and those that run on hosts without the engine's
/// knowing how by whoever started them.
fn kept_elsewhere(vm: &Fields) -> Option<&'static str> {
    match vm.get(&ORIGIN).and_then(Value::as_text) {
        Some("hosted_engine" | "managed_hosted_engine") => Some("the engine itself runs in it"),
        Some("external") => Some("it was not made by the engine"),
        _ if vm.get(&POOL).is_some() => Some("its pool makes and removes it"),
        _ => None,
    }
}

/// What a VM does not get from its template.
fn is_own(attribute: &Attribute) -> bool {
    const OWN: [&str; 7] = [
        "description",
        "comment",
        "cpu_profile",
        "quota",
        "placement_policy.hosts",
        "lease.storage_domain",
        "initialization.host_name",
    ];
    let of_both = [COMPUTE, SYSTEM, AVAILABILITY, DEVICES, INITIALIZATION];
    let is_of = |table: &&[Attribute]| table.iter().any(|it| it == attribute);
    OWN.contains(&attribute.name) || !of_both.iter().any(is_of)
}

/// Whether a guest may be at work in it, or might for all that is known.
pub(super) fn is_running(vm: &Fields) -> bool {
    let at_rest = ["down", "suspended", "image_locked"];
    vm.get(&STATUS).and_then(Value::as_text).is_some_and(|status| !at_rest.contains(&status))
}

/// Copies of what its template holds: NICs with new addresses, disks, and the small devices.
///
/// The NICs of an instance type go before those of the template, and the protocol of a display
/// before its consoles.
fn brings(_: &Reference, wanted: &Fields, around: &dyn Surroundings) -> Vec<Brought> {
    let refers = |to| wanted.get(to).and_then(Value::as_reference);
    if let Some(source) = wanted.named(ways::SOURCE).and_then(Value::as_reference) {
        let moves = wanted.named("storage_domain").is_some();
        return brought_by_copy(source, moves, around);
    }
    let Some(template) = refers(&TEMPLATE) else { return Vec::new() };
    let typed = refers(&INSTANCE_TYPE_ATTRIBUTE)
        .map(|instance_type| around.children(instance_type, &INSTANCE_TYPE_NIC))
        .unwrap_or_default();
    let has_typed = !typed.is_empty();
    let protocol = wanted.named("display.type").filter(|protocol| **protocol != Value::Nothing);
    let copies = KINDS.iter().flat_map(|kind| kind.copied_from.iter().map(move |of| (*kind, *of)));
    let copies = copies.filter(|(kind, of)| {
        let is_of_template = kind.parent == Some(&VM) && of.parent == Some(&super::TEMPLATE);
        let is_replaced =
            (**kind == NIC && has_typed) || (**kind == GRAPHICS_CONSOLE && protocol.is_some());
        is_of_template && !is_replaced
    });
    let copies = copies.flat_map(|(kind, of)| {
        let found = around.children(template, of).into_iter();
        found.map(move |fields| Brought { kind, fields: fields.filter(is_kept) })
    });
    let typed = typed.into_iter().map(|fields| Brought { kind: &NIC, fields });
    let shown = protocol.map(|protocol| Brought {
        kind: &GRAPHICS_CONSOLE,
        fields: [(&PROTOCOL, protocol.clone())].into_iter().collect(),
    });
    typed.chain(copies).chain(shown).collect()
}

/// What the copy of a VM has of that VM. What several VMs can have at once is not copied.
fn brought_by_copy(source: &Reference, moves: bool, around: &dyn Surroundings) -> Vec<Brought> {
    let is_shared = |part: &Fields| part.named("disk.shareable").is_some_and(Value::is_true);
    let kinds = KINDS.iter().copied();
    let kinds = kinds.filter(|kind| kind.parent == Some(&VM) && !kind.copied_from.is_empty());
    let parts = kinds.flat_map(|kind| {
        let parts = around.children(source, kind).into_iter();
        let stays = move |it: &'static Attribute| !moves && it.name == "disk.storage_domains";
        parts.map(move |part| Brought { kind, fields: part.filter(|it| is_kept(it) || stays(it)) })
    });
    parts.filter(|part| !is_shared(&part.fields)).collect()
}

/// Whether the engine picks no other value for a copy.
fn is_kept(attribute: &'static Attribute) -> bool {
    *attribute != MAC && !CHOSEN_ANEW.contains(&attribute.name)
}

/// What the engine picks for the copy of a disk.
const CHOSEN_ANEW: &[&str] = &["disk.storage_domains", "disk.disk_profile", "disk.quota"];

const PAYLOAD: &Type = &Type::Record(&[
    one_of("type", "What they are on.", &["floppy", "cdrom"]).required(),
    text("volume_id", "Name of that medium."),
    list("files", "The files.", "file", FILE),
]);

const FILE: &Type = &Type::Record(&[
    text("name", "Name of the file.").required(),
    text("content", "What is in it."),
]);

#[cfg(test)]
mod tests {
    use super::super::trial::{Around, fields, id, text};
    use super::super::{DISK_ATTACHMENT, TEMPLATE_DISK_ATTACHMENT, TEMPLATE_NIC};
    use super::*;

    #[test]
    fn a_vm_gets_copies_of_its_templates_nics_and_disks() {
        let nic = [("name", text("nic1"))];
        let disk = [("disk.alias", text("d")), ("disk.storage_domains", Value::set([id("sd")]))];
        let place = || Reference::Id("t".to_owned());
        let around = Around(vec![
            (&TEMPLATE_NIC, place(), fields(&TEMPLATE_NIC, &nic)),
            (&TEMPLATE_DISK_ATTACHMENT, place(), fields(&TEMPLATE_DISK_ATTACHMENT, &disk)),
        ]);
        let wanted = fields(&super::super::VM, &[("template", id("t"))]);
        let brought = brings(&place(), &wanted, &around);
        let brought: Vec<_> = brought.into_iter().map(|b| (b.kind.name, b.fields)).collect();
        let expected = [
            ("nic", fields(&NIC, &nic)),
            ("disk_attachment", fields(&DISK_ATTACHMENT, &disk[..1])),
        ];
        assert_eq!(brought, expected);
        assert!(brings(&place(), &Fields::new(), &around).is_empty());
    }
}
