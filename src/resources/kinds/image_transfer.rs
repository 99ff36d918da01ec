//! Image transfers, as far as they are in somebody's way.

use crate::resources::{
    Action, Attribute, Fields, Kind, Reference, Surroundings, Value, Verb, invoke, one_of, refer,
};

use super::DISK;

/// Transfers of images, which no manifest can hold: each is over when the image is there.
pub static IMAGE_TRANSFER: Kind = Kind::only_referred(
    "image_transfer",
    "image_transfers",
    "An image on its way to a disk, or from one.",
    ATTRIBUTES,
)
.segment("imagetransfers")
.identity(&["image"]);

static ATTRIBUTES: &[Attribute] = &[IMAGE, DIRECTION, PHASE];

static IMAGE: Attribute = refer("image", "Disk.", &DISK).at("image/@id");
static DIRECTION: Attribute =
    one_of("direction", "Whether it goes to the disk.", &["upload", "download"]).default("upload");
static PHASE: Attribute = one_of("phase", "How far it is.", PHASES);

const PHASES: &[&str] = &[
    "unknown",
    "initializing",
    "transferring",
    "resuming",
    "paused_system",
    "paused_user",
    "cancelled",
    "cancelled_system",
    "cancelled_user",
    "finalizing_success",
    "finalizing_failure",
    "finalizing_cleanup",
    "finished_success",
    "finished_failure",
    "finished_cleanup",
];

static CANCEL: Verb = Verb::action("cancel the upload", "imagetransfers/{image_transfer}/cancel");

static TRANSFER: Attribute = refer("image_transfer", "The transfer.", &IMAGE_TRANSFER);

/// What ends the uploads to disks that are to go: the engine keeps those locked until then, and
/// removes what is not filled (workloads handbook, section 10).
pub(super) fn cancels(
    around: &dyn Surroundings,
    is_to_go: impl Fn(&Reference) -> bool,
) -> Vec<Action> {
    let is_in_way = |transfer: &Fields| {
        let disk = transfer.get(&IMAGE).and_then(Value::as_reference);
        transfer.is(&DIRECTION, "upload") && !is_over(transfer) && disk.is_some_and(&is_to_go)
    };
    let transfers = around.all(&IMAGE_TRANSFER).into_iter();
    let in_way = transfers.filter(|(_, transfer)| is_in_way(transfer));
    let named = |transfer| [(&TRANSFER, Value::Reference(transfer))].into_iter().collect();
    in_way.map(|(transfer, _)| invoke(&CANCEL, named(transfer))).collect()
}

fn is_over(transfer: &Fields) -> bool {
    let phase = transfer.get(&PHASE).and_then(Value::as_text).unwrap_or_default();
    ["cancelled", "finished", "finalizing"].iter().any(|it| phase.starts_with(it))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    #[test]
    fn an_upload_ends_before_its_disk_goes() {
        let told = |direction, phase| {
            let transfer =
                [("image", id("d")), ("direction", text(direction)), ("phase", text(phase))];
            let removal = Trial::removing(&DISK, &[]).known_as("d");
            removal.beside(&IMAGE_TRANSFER, "t", &transfer).told()
        };
        assert_eq!(told("upload", "paused_system"), "| cancel the upload; delete");
        assert_eq!(told("upload", "transferring"), "| cancel the upload; delete");
        assert_eq!(told("upload", "finished_success"), "| delete");
        assert_eq!(told("download", "transferring"), "| delete");
    }
}
