//! Virtual machines.

use crate::resources::{Attribute, Kind, Type, Update, Verb, flag, list, one_of, refer, text};

use super::workload::{AVAILABILITY, COMPUTE, DEVICES, INITIALIZATION, SYSTEM};
use super::{CLUSTER, INSTANCE_TYPE, STORAGE_DOMAIN, Table, name};

use Update::{NextStart, Replace, WhenDown};

/// Virtual machines.
pub static VM: Kind = Kind::new("vm", "vms", "A virtual machine.")
    .in_pages()
    .chosen_id()
    .attributes(TABLE.attributes())
    .holds_data();

static TABLE: Table = Table::of(&[
    &[
        name("Name, unique in the data center, at most 64 characters."),
        STATUS,
        refer("cluster", "Cluster that runs it.", &CLUSTER).required().update(WhenDown),
        TEMPLATE,
        refer("instance_type", "Size by name; overrides memory and CPUs.", &INSTANCE_TYPE),
        flag("use_latest_template_version", "Start from the newest version of the template."),
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
    ],
    COMPUTE,
    SYSTEM,
    AVAILABILITY,
    DEVICES,
    INITIALIZATION,
    MEDIA,
]);

const MEDIA: &[Attribute] = &[
    list("payloads", "Files that it finds on a CD or floppy.", "payload", PAYLOAD)
        .update(NextStart)
        .all_content(),
    flag("detach_only", "Keep its disks when it is removed.").for_removal().default("false"),
];

const STATUS: Attribute = one_of("status", "Whether it runs.", &["up", "down"])
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
    .update(Replace)
    .default("Blank");

const SWITCHES: &[(&str, &Verb)] = &[("up", &START), ("down", &SHUTDOWN)];

static START: Verb = Verb::action("start", "vms/{id}/start");
static SHUTDOWN: Verb = Verb::action("shutdown", "vms/{id}/shutdown");

const PAYLOAD: &Type = &Type::Record(&[
    one_of("type", "What they are on.", &["floppy", "cdrom"]).required(),
    text("volume_id", "Name of that medium."),
    list("files", "The files.", "file", FILE),
]);

const FILE: &Type = &Type::Record(&[
    text("name", "Name of the file.").required(),
    text("content", "What is in it."),
]);
