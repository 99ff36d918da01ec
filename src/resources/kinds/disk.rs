//! Disks that live outside of VMs.

mod image;

use crate::resources::{
    Action, Attribute, Change, Complaint, Course, Effect, Fields, Kind, Place, Standing,
    Transition, Type, Update, Value, Verb, Watched, change_by, flag, one_of, plain, refer, set,
    size, text,
};

pub(super) use image::Image;

use super::image_transfer::cancels;
use super::{
    DISK_PROFILE, HOST, QUOTA, STORAGE_DOMAIN, Table, complaint, keepers, lun, storage_domain, ways,
};

/// Disks. Aliases need not be unique: two of the same alias have to be told apart by id.
pub static DISK: Kind = Kind::new("disk", "disks", "A disk that VMs can be given.")
    .identity(&["alias"])
    .chosen_id()
    .ways(ways::OF_DISKS)
    .attributes(TABLE.attributes())
    .kept_elsewhere(kept_elsewhere)
    .holds_data()
    .kept_by(keepers::OF_DISKS)
    .takes_room(&STORAGE_DOMAIN, |from, to, around| storage_domain::takes(from, to, around, ""))
    .lifecycle(lifecycle)
    .effect(effect)
    .check(|transition| {
        let mut complaints = check(transition, "");
        complaints.extend(lacks_size(transition));
        complaints.extend(ways::check(transition, &[]));
        complaints
    });

use Update::{Hot, Replace, WhenDown};

static TABLE: Table = Table::of(&[ATTRIBUTES, ways::DISK_FROM]);

pub(super) static ATTRIBUTES: &[Attribute] = &[
    text("alias", "Name; the engine lets disks share one.").from_key().engine_default(),
    text("description", "Free text."),
    size("provisioned_size", "Size that VMs see; can only grow."),
    one_of("format", "Format of an image; a change converts it.", FORMAT).update(WhenDown),
    flag("sparse", "Take space only as it is filled; a change converts the image.")
        .update(WhenDown)
        .default("true"),
    set("storage_domains", "Where it is kept; a change moves it.", "storage_domain", DOMAIN)
        .update(Hot)
        .engine_default(),
    refer("disk_profile", "Throughput.", &DISK_PROFILE).engine_default().holds(),
    refer("quota", "Quota that its size counts against.", &QUOTA).engine_default().update(WhenDown),
    flag("shareable", "Let several VMs use it at once.").update(WhenDown).default("false"),
    flag("wipe_after_delete", "Overwrite it when it is deleted."),
    flag("propagate_errors", "Let the guest see storage errors.").update(WhenDown).default("false"),
    one_of("backup", "Whether backups can be incremental.", BACKUP).default("none"),
    one_of("content_type", "What it holds.", CONTENT).update(Replace).default("data"),
    one_of("qcow_version", "Version of `cow`.", QCOW).usually("qcow2_v3"),
    size("initial_size", "Space taken at first.").only_at_creation(),
    image::ATTRIBUTE,
    one_of("sgio", "SCSI commands that the guest may send to a LUN.", SGIO).update(WhenDown),
    one_of("lun_storage.type", "How a LUN is reached.", storage_domain::STORAGE).update(Replace),
    refer("lun_storage.host", "Host that looks the LUN up.", &HOST).only_at_creation(),
    set("lun_storage.logical_units", "The LUN that is the disk.", "logical_unit", LUN)
        .update(Replace),
];

static DOMAIN: &Type = &Type::Reference(&STORAGE_DOMAIN);
const LUN: &Type = &Type::Record(lun::LOGICAL_UNIT);
const FORMAT: &[&str] = &["cow", "raw"];
const BACKUP: &[&str] = &["none", "incremental"];
const QCOW: &[&str] = &["qcow2_v2", "qcow2_v3"];
const SGIO: &[&str] = &["filtered", "unfiltered", "disabled"];
const CONTENT: &[&str] = &[
    "data",
    "ovf_store",
    "memory_dump_volume",
    "memory_metadata_volume",
    "iso",
    "hosted_engine",
    "hosted_engine_sanlock",
    "hosted_engine_metadata",
    "hosted_engine_configuration",
    "backup_scratch",
];

/// What the engine keeps on disks for itself, and what goes with a snapshot.
fn kept_elsewhere(disk: &Fields) -> Option<&'static str> {
    let content = disk.named("content_type").and_then(Value::as_text).unwrap_or("data");
    (!["data", "iso"].contains(&content)).then_some("the engine keeps them for itself")
}

fn lifecycle(transition: &Transition) -> Course {
    let Work { moves, converts, others } = Work::of(transition.changes, &ALONE);
    let others = &Transition { changes: &others, ..*transition };
    match (Image::of(transition, ""), transition.from) {
        (Some(image), None) => made_of(transition, image),
        (image, from) => {
            let mut course = settled(others, plain(others));
            let later = transition.later();
            if !later.is_empty() {
                let confirms = confirmed(&later);
                course.opening.extend([transition.put(later, false), until_settled(confirms)]);
            }
            let first = match from {
                None => logins(transition, ""),
                Some(_) => moves.into_iter().chain(converts).collect(),
            };
            // A former run has begun with it.
            let unfinished = image.filter(|it| it.is_unfinished(transition)).map(|it| it.filled());
            course.opening.splice(..0, unfinished.into_iter().flatten().chain(first));
            if let (None, Some(itself)) = (transition.to, transition.itself) {
                course.closing.splice(..0, cancels(transition.around, |disk| disk == itself));
            }
            course
        }
    }
}

/// A disk is made for the image, and then filled with it.
fn made_of(transition: &Transition, image: Image) -> Course {
    let fields = transition.to.map(|to| image.fitting(to));
    let made = Transition { to: fields.as_ref(), ..*transition };
    let mut course = settled(&made, plain(&made));
    course.opening.extend(image.filled_and_grown(transition));
    course
}

/// What changes the place and the form of an image: a PUT silently leaves them as they are
/// (workloads handbook, section 3).
pub(super) struct Calls {
    /// The attribute that says where it is.
    pub place: &'static str,
    pub moves: Verb,
    pub converts: Verb,
}

static ALONE: Calls = Calls {
    place: "storage_domains",
    moves: Verb::action("move", "disks/{id}/move")
        .with(&[("storage_domain/@id", "{storage_domains}")])
        .copying("provisioned_size"),
    converts: Verb::action("convert", "disks/{id}/convert")
        .sending(&["format", "sparse"])
        .within("disk")
        .copying("provisioned_size"),
};

/// The changes of a disk by what makes them; each call is followed by its wait.
pub(super) struct Work {
    pub moves: Vec<Action>,
    pub converts: Vec<Action>,
    /// What a PUT does.
    pub others: Vec<Change>,
}

impl Work {
    pub fn of(changes: &[Change], calls: &'static Calls) -> Self {
        let changes = changes.iter().filter(|change| change.attribute.place == Place::Body);
        let (place, rest): (Vec<_>, Vec<_>) =
            changes.cloned().partition(|change| change.attribute.name == calls.place);
        let is_form = |change: &Change| calls.converts.sends.contains(&change.attribute.name);
        let (form, others) = rest.into_iter().partition(is_form);
        Self { moves: call(&calls.moves, place), converts: call(&calls.converts, form), others }
    }
}

fn call(verb: &'static Verb, changes: Vec<Change>) -> Vec<Action> {
    if changes.is_empty() {
        return Vec::new();
    }
    let confirms = confirmed(&changes);
    vec![change_by(verb, changes), until_settled(confirms)]
}

/// What is to be so once changes are through.
pub(super) fn confirmed(changes: &[Change]) -> Fields {
    changes.iter().map(|change| (change.attribute, change.to.clone())).collect()
}

/// The LUN of a new disk has to be seen by the host that looks it up.
pub(super) fn logins(transition: &Transition, prefix: &str) -> Vec<Action> {
    let value = |name: &str| transition.to?.named(&format!("{prefix}lun_storage.{name}"));
    lun::logins(value("logical_units"), None, value("host"))
}

/// A disk is locked while it is made or changed, and the answer to a PUT still shows what was.
pub(super) fn settled(transition: &Transition, mut course: Course) -> Course {
    if !course.opening.is_empty() {
        course.opening.push(until_settled(confirmed(transition.changes)));
    }
    course
}

pub(super) fn until_settled(confirms: Fields) -> Action {
    Action::Await {
        of: Watched::Object,
        attribute: "status",
        becomes: &["ok"],
        fails: &["illegal"],
        confirms,
    }
}

/// Which VMs use a disk does not show: the engine refuses what they would have to be down for.
fn effect(change: &Change, _: &Standing) -> Effect {
    match change.attribute.update {
        Replace | Update::Never => Effect::Replace,
        _ => Effect::Now,
    }
}

/// What the engine refuses, or quietly leaves as it is. `prefix` is where the attributes stand: an
/// attachment has them behind `disk.`.
pub(super) fn check(transition: &Transition, prefix: &'static str) -> Vec<Complaint> {
    let image = Image::of(transition, prefix);
    let made = image.zip(transition.to).filter(|_| transition.from.is_none());
    let fields = made.map(|(image, to)| image.fitting(to));
    let made = &Transition { to: fields.as_ref().or(transition.to), ..*transition };
    let checks = [shrinks, contradicts, sparse_on_blocks, spreads];
    let complaints = checks.iter().filter_map(|check| check(made, prefix));
    complaints.chain(image.and_then(|image| image.unfit(transition))).collect()
}

fn shrinks(transition: &Transition, prefix: &str) -> Option<Complaint> {
    let size = transition.kind.attribute(&format!("{prefix}provisioned_size"))?;
    let (has, wants) = (transition.from?.get(size)?, transition.to?.get(size)?);
    (wants.as_integer()? < has.as_integer()?).then(|| {
        let message = format!("is {}, and cannot shrink to {}", size.show(has), size.show(wants));
        complaint(size, message, "make a new disk and copy what is on the old one")
    })
}

/// A new image needs a size, a format and a place; a LUN has them, and a template's disk too.
fn lacks_size(transition: &Transition) -> Option<Complaint> {
    let to = transition.to.filter(|_| transition.from.is_none())?;
    if to.named("lun_storage.type").is_some() || DISK.way(to).is_some() {
        return None;
    }
    let needed: &[&str] = match Image::of(transition, "") {
        Some(_) => &["storage_domains"],
        None => &["provisioned_size", "format", "storage_domains"],
    };
    let lacking = needed.iter().find(|name| to.named(name).is_none())?;
    let attribute = transition.kind.attribute(lacking)?;
    let message = format!("`{lacking}` is missing, which a new disk needs");
    Some(complaint(attribute, message, "say `provisioned_size`, `format` and `storage_domains`"))
}

/// An image is on one storage domain; only those of templates have copies on others.
fn spreads(transition: &Transition, prefix: &str) -> Option<Complaint> {
    let place = transition.kind.attribute(&format!("{prefix}storage_domains"))?;
    let change = transition.changes.iter().find(|change| change.attribute == place)?;
    let has = change.from.as_ref().map_or(&[][..], Value::members);
    (has.len() != 1 || change.to.members().len() != 1).then(|| {
        let message = "can only be moved from one storage domain to one other";
        complaint(
            place,
            message,
            "only a template's disk has copies: `disk_attachments` of the template say where",
        )
    })
}

/// Blocks cannot hold a raw image that grows; and sparse is what the engine takes if nothing is
/// said. When a raw image moves to blocks, it stops to be sparse unless that is still wanted.
fn sparse_on_blocks(transition: &Transition, prefix: &str) -> Option<Complaint> {
    let to = transition.to?;
    let attribute = |name: &str| transition.kind.attribute(&format!("{prefix}{name}"));
    let (sparse, format) = (attribute("sparse")?, attribute("format")?);
    let is_changed = |it: &Attribute| transition.changes.iter().any(|c| c.attribute == it);
    let place = attribute("storage_domains")?;
    if transition.from.is_some() && ![sparse, format, place].into_iter().any(is_changed) {
        return None;
    }
    let is_sparse = match (to.get(sparse), transition.from) {
        (Some(said), _) => said.is_true(),
        (None, None) => true,
        (None, Some(from)) => is_changed(format) && from.get(sparse).is_some_and(Value::is_true),
    };
    let Some(Value::Set(domains)) = transition.after(place) else { return None };
    let is_of_blocks = |domain: &Value| {
        let Value::Reference(domain) = domain else { return false };
        let domain = transition.around.look(&STORAGE_DOMAIN, domain);
        let storage = domain.as_ref().and_then(|domain| domain.named("storage.type"));
        storage.and_then(Value::as_text).is_some_and(|storage| ["iscsi", "fcp"].contains(&storage))
    };
    let is_raw = transition.after(format).and_then(Value::as_text) == Some("raw");
    (is_raw && is_sparse && domains.iter().any(is_of_blocks)).then(|| {
        let message = "is raw and sparse, which a storage domain of blocks cannot hold";
        complaint(sparse, message, "say `sparse: false`, or `format: cow`")
    })
}

fn contradicts(transition: &Transition, prefix: &str) -> Option<Complaint> {
    let to = transition.to?;
    let attribute = |name: &str| transition.kind.attribute(&format!("{prefix}{name}"));
    let is_raw = transition.after(attribute("format")?)?.as_text() == Some("raw");
    let said = |name: &str| attribute(name).filter(|a| to.get(a).is_some());
    if let Some(backup) = said("backup").filter(|backup| is_raw && to.is(backup, "incremental")) {
        let message = "is raw, and only `cow` disks have incremental backups";
        return Some(complaint(backup, message, "say `format: cow`"));
    }
    let shareable = said("shareable")?;
    (!is_raw && to.get(shareable)?.is_true()).then(|| {
        let message = "is `cow`, and only raw disks can be shared";
        complaint(shareable, message, "say `format: raw`")
    })
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    #[test]
    fn a_disk_is_there_when_it_is_no_longer_locked() {
        let made = Trial::making(&DISK, &[("alias", text("a"))]).told();
        assert_eq!(made, "create alias=a; until ok");
        let size = |bytes| [("provisioned_size", Value::Integer(bytes))];
        let grown = Trial::changing(&DISK, &size(1 << 30), &size(2 << 30)).told();
        assert_eq!(grown, "put provisioned_size=2 GiB; until ok with provisioned_size=2 GiB");
        assert_eq!(Trial::removing(&DISK, &size(1)).told(), "| delete");
    }

    #[test]
    fn an_image_is_moved_and_converted_by_calls_of_their_own() {
        let disk = |domain: &str, format: &str, size: i64| {
            let place = ("storage_domains", Value::set([id(domain)]));
            [place, ("format", text(format)), ("provisioned_size", Value::Integer(size << 30))]
        };
        let told = Trial::changing(&DISK, &disk("a", "raw", 1), &disk("b", "cow", 2)).told();
        let expected = "move; until ok with storage_domains=[b]; \
                        convert; until ok with format=cow; \
                        put provisioned_size=2 GiB; until ok with provisioned_size=2 GiB";
        assert_eq!(told, expected);
    }

    #[test]
    fn an_image_moves_from_one_place_to_one() {
        let on = |domains: &[&str]| {
            [("storage_domains", Value::set(domains.iter().map(|domain| id(domain))))]
        };
        assert!(said(&on(&["a"]), &on(&["b"])).is_empty());
        let spread = said(&on(&["a"]), &on(&["a", "b"]));
        assert_eq!(spread, ["can only be moved from one storage domain to one other"]);
    }

    #[test]
    fn a_raw_image_that_grows_does_not_move_to_blocks() {
        let raw = |domain: &str| {
            let place = ("storage_domains", Value::set([id(domain)]));
            [place, ("format", text("raw")), ("sparse", Value::Flag(true))]
        };
        let said = |to: &[(&str, Value)]| {
            let trial = Trial::changing(&DISK, &raw("nfs"), to);
            let blocks = [("storage.type", text("iscsi"))];
            trial.beside(&STORAGE_DOMAIN, "san", &blocks).complaints().len()
        };
        assert_eq!(said(&raw("san")), 1);
        assert_eq!(said(&raw("san")[..2]), 0);
    }

    fn said(from: &[(&str, Value)], to: &[(&str, Value)]) -> Vec<String> {
        let trial = match from {
            [] => Trial::making(&DISK, to),
            from => Trial::changing(&DISK, from, to),
        };
        trial.complaints().into_iter().map(|complaint| complaint.message).collect()
    }

    #[test]
    fn a_disk_cannot_shrink() {
        let size = |gib: i64| [("provisioned_size", Value::Integer(gib << 30))];
        assert_eq!(said(&size(2), &size(1)), ["is 2 GiB, and cannot shrink to 1 GiB"]);
        assert!(said(&size(1), &size(2)).is_empty());
    }

    #[test]
    fn a_new_disk_needs_size_format_and_place() {
        let size = ("provisioned_size", Value::Integer(1 << 30));
        let place = ("storage_domains", Value::set([text("fast")]));
        let to = [size, place, ("format", text("raw"))];
        assert_eq!(said(&[], &to[..2]), ["`format` is missing, which a new disk needs"]);
        assert!(said(&[], &to).is_empty());
        assert!(said(&[], &[("lun_storage.type", text("iscsi"))]).is_empty());
    }

    #[test]
    fn blocks_hold_no_raw_image_that_grows() {
        let said = |storage, sparse: Option<bool>| {
            let size = ("provisioned_size", Value::Integer(1 << 30));
            let mut to =
                vec![size, ("format", text("raw")), ("storage_domains", Value::set([id("sd")]))];
            to.extend(sparse.map(|sparse| ("sparse", Value::Flag(sparse))));
            let beside = [("storage.type", text(storage))];
            Trial::making(&DISK, &to).beside(&STORAGE_DOMAIN, "sd", &beside).complaints().len()
        };
        assert_eq!(said("iscsi", None), 1);
        assert_eq!(said("iscsi", Some(false)), 0);
        assert_eq!(said("nfs", None), 0);
    }

    #[test]
    fn formats_allow_what_they_allow() {
        let format = |format| [("format", text(format))];
        let shared = [("shareable", Value::Flag(true))];
        assert_eq!(said(&format("cow"), &shared).len(), 1);
        assert!(said(&format("raw"), &shared).is_empty());
        let backup = [("backup", text("incremental"))];
        assert_eq!(said(&format("raw"), &backup).len(), 1);
        assert!(said(&format("cow"), &backup).is_empty());
    }
}
