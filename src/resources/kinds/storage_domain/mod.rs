//! Storage domains.

mod check;
mod connection;
mod import;
mod lifecycle;
mod master;
mod reduction;
mod rest;
mod room;

use crate::resources::{
    Attribute, Brought, Change, Codec, Effect, Fields, Kind, Reference, Standing, Surroundings,
    Type, Update, Value, Verb, decode, encode, flag, int, map, one_of, refer, secrets, set, text,
    usual_effect,
};
use crate::xml::Element;

pub(super) use connection::{is_reached_by, uses};
pub(super) use room::takes;

use super::lun::LOGICAL_UNIT;
use super::{
    DISK_PROFILE, HOST, NETWORK_ATTACHMENT, STORAGE_CONNECTION, host, keepers, name, profile,
};

/// Storage domains. Their status shows only below the data center that they are attached to.
pub static STORAGE_DOMAIN: Kind =
    Kind::new("storage_domain", "storage_domains", "Storage that a data center keeps disks on.")
        .segment("storagedomains")
        .seen_from(&super::DATA_CENTER)
        .watch("datacenters/{data_center}/storagedomains")
        .attributes(ATTRIBUTES)
        .serial("data_center")
        .ranks("data_center", |domain, _| lifecycle::rank(domain))
        .holds_data()
        // The engine formats what is local when it is detached.
        .leaves_data(|domain| {
            let is_formatted = domain.get(&FORMAT_ON_REMOVAL).is_some_and(Value::is_true);
            !is_formatted && !domain.is(&STORAGE_TYPE, "localfs")
        })
        .kept_by(keepers::OF_STORAGE_DOMAINS)
        .check(check::check)
        .brings(brings)
        .shows(room::SHOWN)
        .has_room(room::left)
        .tells(|attribute, domain| *attribute != SENSITIVE || is_managed(domain))
        .opens_after(&[(&NETWORK_ATTACHMENT, "host")])
        .looks_at(&[&STORAGE_CONNECTION])
        .known_by(import::lies_there)
        .reveals(reveals)
        .advises(import::advice)
        .effect(effect)
        .kept_elsewhere(|domain| {
            domain.is(&TYPE_ATTRIBUTE, "image").then_some("it comes and goes with its provider")
        })
        .lifecycle(lifecycle::lifecycle);

use Update::{Replace, WhenDown};

/// A data domain comes with a disk profile.
fn brings(domain: &Reference, wanted: &Fields, _: &dyn Surroundings) -> Vec<Brought> {
    let is_data = wanted.is(&TYPE_ATTRIBUTE, "data");
    let profile = is_data.then(|| profile::first(&DISK_PROFILE, domain, wanted));
    profile.flatten().into_iter().collect()
}

/// What takes its rest is no more than a change while it is not in use.
/// What lies on a domain shows once it is attached.
fn reveals(found: Option<&Fields>, wanted: &Fields) -> bool {
    let is_attached = |domain: &Fields| {
        domain.get(&DATA_CENTER).is_some_and(|center| center.as_reference().is_some())
    };
    let has_content = found.is_some() || import::is_import(wanted);
    has_content && is_attached(wanted) && !found.is_some_and(is_attached)
}

fn effect(change: &Change, standing: &Standing) -> Effect {
    match usual_effect(change, standing) {
        Effect::Replace => Effect::Replace,
        _ if rest::takes_rest(change) && is_in_use(standing.from) => Effect::Restart,
        _ => Effect::Now,
    }
}

fn is_in_use(domain: &Fields) -> bool {
    let rests = domain.is(&STATUS, "maintenance") || domain.is(&STATUS, "unattached");
    domain.get(&STATUS).is_some() && !rests
}

static ATTRIBUTES: &[Attribute] = &[
    NAME,
    DATA_CENTER,
    CREATING_HOST,
    STATUS,
    master::MASTER,
    TYPE_ATTRIBUTE,
    text("description", "Free text."),
    text("comment", "Free text, shown in lists."),
    STORAGE_TYPE,
    text("storage.address", "Server of `nfs`; a new one must have the data already.")
        .update(WhenDown),
    text("storage.path", "Path on the server, device of `posixfs`, folder of `localfs`.")
        .update(WhenDown),
    text("storage.vfs_type", "File system of `posixfs` and `glusterfs`.").update(WhenDown),
    text("storage.mount_options", "Mount options.").update(WhenDown),
    one_of("storage.nfs_version", "Version of NFS.", NFS_VERSION).update(WhenDown),
    int("storage.nfs_retrans", "How often NFS tries again.", 0, 32_767).update(WhenDown),
    int("storage.nfs_timeo", "Tenths of a second until it does.", 1, 6_000).update(WhenDown),
    LUNS_ATTRIBUTE,
    flag("storage.override_luns", "Wipe LUNs that are in use.").only_at_creation().default("false"),
    map("storage.driver_options", "Settings of `managed_block_storage`.", "property")
        .only_at_creation(),
    SENSITIVE,
    CONNECTION,
    one_of("storage_format", "Version of its layout.", FORMAT).update(Replace),
    int("block_size", "Block size in bytes.", 0, 4_096).update(Replace),
    import::IMPORT,
    import::ID,
    int("warning_low_space_indicator", "Percentage of free space that is reported.", 0, 100)
        .default("10"),
    int(
        "critical_space_action_blocker",
        "Gigabytes of free space that stop new disks.",
        0,
        i32::MAX as i64,
    )
    .default("5"),
    flag("wipe_after_delete", "Overwrite deleted disks."),
    flag("discard_after_delete", "Give the space of deleted disks back to the LUNs.")
        .default("false"),
    flag("backup", "Hold backups only.").default("false"),
    FORMAT_ON_REMOVAL,
    DESTROY,
];

static NAME: Attribute =
    name("Name, unique in the engine, at most 50 characters; can change only while it is active.");

static SENSITIVE: Attribute =
    secrets("storage.driver_sensitive_options", "Settings that nobody may see.", "property")
        .only_at_creation();

/// Whether a driver keeps what is on it.
fn is_managed(domain: &Fields) -> bool {
    domain.is(&STORAGE_TYPE, "managed_block_storage")
}

static DATA_CENTER: Attribute =
    refer("data_center", "Data center it is attached to.", &super::DATA_CENTER)
        .at("data_centers/data_center/@id")
        .by_lifecycle();

static CONNECTION: Attribute = refer(
    "storage.id",
    "Storage connection to use, instead of saying where the storage is.",
    &STORAGE_CONNECTION,
)
.at("storage/@id")
.only_at_creation();

static CREATING_HOST: Attribute = refer("host", "Host that sets it up; must be up.", &HOST)
    .required()
    .only_at_creation()
    .or_any(|host| host.is(&host::STATUS, "up"));

static LUNS_ATTRIBUTE: Attribute = set(
    "storage.logical_units",
    "LUNs of `iscsi` and `fcp`; gives one up at rest.",
    "logical_unit",
    LUN,
)
.at("storage")
.codec(&LUNS);

static STATUS: Attribute = one_of("status", "Whether it is in use.", STATES)
    .default("active")
    .set_by(SWITCHES)
    .passing(&[("activating", "active"), ("preparing_for_maintenance", "maintenance")]);

static TYPE_ATTRIBUTE: Attribute =
    one_of("type", "What it holds.", TYPE).required().update(Replace);

static STORAGE_TYPE: Attribute =
    one_of("storage.type", "Kind of storage.", STORAGE).required().update(Replace);

static FORMAT_ON_REMOVAL: Attribute =
    flag("format", "Delete what is on it when it is removed.").for_removal().default("false");

static DESTROY: Attribute =
    flag("destroy", "Forget it when it is removed, whatever is on it: nothing is asked of a host.")
        .for_removal()
        .default("false");

const STATES: &[&str] = &["active", "maintenance", "unattached"];

const SWITCHES: &[(&str, &Verb)] =
    &[("active", &ACTIVATE), ("maintenance", &DEACTIVATE), ("unattached", &DETACH)];

static ACTIVATE: Verb =
    Verb::action("activate", "datacenters/{data_center}/storagedomains/{id}/activate");
static DEACTIVATE: Verb =
    Verb::action("deactivate", "datacenters/{data_center}/storagedomains/{id}/deactivate");
static ATTACH: Verb =
    Verb::link("attach", "storage_domain", "datacenters/{data_center}/storagedomains")
        .one_at_a_time("attach/{data_center}");
static DETACH: Verb = Verb::unlink("detach", "datacenters/{data_center}/storagedomains/{id}")
    .one_at_a_time("attach/{data_center}");

/// Block domains are made of plain `logical_units` and shown with those of a `volume_group`.
static LUNS: Codec = Codec { decode: read_luns, encode: write_luns };

fn read_luns(element: &Element) -> Option<Value> {
    let storage = element.child("storage")?;
    let units = storage.at("volume_group/logical_units").or(storage.child("logical_units"))?;
    let records = units.all("logical_unit").map(|unit| Value::Record(decode(LOGICAL_UNIT, unit)));
    Some(Value::set(records))
}

fn write_luns(units: &Value, element: &mut Element) {
    let list = element.child_or_new("storage").child_or_new("logical_units");
    if let Value::Set(units) = units {
        for unit in units {
            let mut member = Element::new("logical_unit");
            if let Value::Record(fields) = unit {
                encode(fields.iter(), &mut member);
            }
            list.push(member);
        }
    }
}

const LUN: &Type = &Type::Record(LOGICAL_UNIT);

const TYPE: &[&str] = &["data", "iso", "export", "image", "volume", "managed_block_storage"];
pub(super) const STORAGE: &[&str] = &[
    "iscsi",
    "fcp",
    "nfs",
    "localfs",
    "posixfs",
    "glusterfs",
    "glance",
    "cinder",
    "managed_block_storage",
];
pub(super) const NFS_VERSION: &[&str] = &["auto", "v3", "v4", "v4_0", "v4_1", "v4_2"];
const FORMAT: &[&str] = &["v1", "v2", "v3", "v4", "v5"];
