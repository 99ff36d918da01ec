//! Gluster volumes.

use crate::resources::{
    Attribute, Codec, Complaint, Course, Fields, Kind, Reference, Transition, Type, Update, Value,
    Verb, int, invoke, list, one_of, plain, refer, set, text, until,
};
use crate::xml::Element;

use super::{CLUSTER, HOST, complaint, name};

/// Gluster volumes, of folders of the cluster's hosts.
///
/// They have no PUT, and only those that are stopped are removed (infrastructure handbook, section
/// 20). Their options are not managed: the engine and Gluster set some unasked.
pub static GLUSTER_VOLUME: Kind =
    Kind::new("gluster_volume", "gluster_volumes", "A Gluster volume of folders of hosts.")
        .segment("glustervolumes")
        .below(&CLUSTER)
        .holds_data()
        .leaves_first()
        .attributes(&[
            name("Name, unique in the cluster.").update(Update::Replace),
            VOLUME_TYPE,
            REPLICAS,
            STRIPES,
            set("transport_types", "How it is reached.", "transport_type", TRANSPORT)
                .engine_default()
                .update(Update::Replace),
            BRICKS,
            STATUS,
        ])
        .check(check)
        .lifecycle(lifecycle);

static VOLUME_TYPE: Attribute = one_of("volume_type", "How data is spread over bricks.", TYPES)
    .required()
    .update(Update::Replace);

const TYPES: &[&str] = &[
    "distribute",
    "replicate",
    "distributed_replicate",
    "stripe",
    "distributed_stripe",
    "striped_replicate",
    "distributed_striped_replicate",
];

static REPLICAS: Attribute =
    int("replica_count", "Copies of all data, at least 2, for `replicate` types.", 0, 1_000)
        .default("0")
        .update(Update::Replace);

static STRIPES: Attribute =
    int("stripe_count", "Pieces of each file, at least 4, for `stripe` types.", 0, 1_000)
        .default("0")
        .update(Update::Replace);

const TRANSPORT: &Type = &Type::OneOf(&["tcp", "rdma"]);

static BRICKS: Attribute = list(
    "bricks",
    "Folders that hold its data, in the order of its copies; others make another, empty volume.",
    "brick",
    BRICK,
)
.engine_default()
.required()
.apart("glusterbricks")
.update(Update::Replace);

const BRICK: &Type = &Type::Record(&[
    refer("server_id", "Host of the folder.", &HOST)
        .engine_default()
        .required()
        .codec(&SERVER_CODEC),
    BRICK_DIR,
]);

static BRICK_DIR: Attribute = text("brick_dir", "Path of the folder.").engine_default().required();

/// The id of the host is the text of the element.
static SERVER_CODEC: Codec = Codec { decode: read_server, encode: write_server };

fn read_server(brick: &Element) -> Option<Value> {
    let id = brick.text_at("server_id")?;
    Some(Value::Reference(Reference::Id(id.to_owned())))
}

fn write_server(host: &Value, brick: &mut Element) {
    if let Value::Reference(Reference::Id(id)) = host {
        brick.push(Element::leaf("server_id", id));
    }
}

static STATUS: Attribute =
    one_of("status", "Whether it can be used.", &["up", "down"]).default("down").set_by(SWITCHES);

const SWITCHES: &[(&str, &Verb)] = &[("up", &START), ("down", &STOP)];
static START: Verb = Verb::action("start", "clusters/{parent}/glustervolumes/{id}/start");
static STOP: Verb = Verb::action("stop", "clusters/{parent}/glustervolumes/{id}/stop");

fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    if let (Some(from), None) = (transition.from, transition.to)
        && from.is(&STATUS, "up")
    {
        let stopped = until(STATUS.name, &["down"], &[]);
        course.closing.splice(..0, [invoke(&STOP, transition.known()), stopped]);
    }
    course
}

fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to.filter(|_| transition.from.is_none()) else { return Vec::new() };
    unserved(transition).into_iter().chain(miscounted(to)).collect()
}

fn unserved(transition: &Transition) -> Option<Complaint> {
    let cluster = transition.around.look(&CLUSTER, transition.within?)?;
    if cluster.named("gluster_service").is_some_and(Value::is_true) {
        return None;
    }
    let message = "is in a cluster that does not serve Gluster volumes";
    Some(complaint(&VOLUME_TYPE, message, "say `gluster_service: true` of the cluster"))
}

/// Copies and stripes take a number of bricks each, or multiples of it.
fn miscounted(to: &Fields) -> Option<Complaint> {
    let spread = to.get(&VOLUME_TYPE)?.as_text()?;
    let count = |word: &str, attribute: &'static Attribute, least: i64| {
        let said = to.get(attribute).and_then(Value::as_integer).unwrap_or(0);
        match (spread.contains(word), said >= least) {
            (false, _) => Ok(1),
            (true, true) => Ok(said),
            (true, false) => Err(complaint(
                attribute,
                format!("is {said}, and `{spread}` takes {least} at least"),
                format!("say `{}`", attribute.name),
            )),
        }
    };
    let each = count("replicate", &REPLICAS, 2)
        .and_then(|copies| Ok(copies * count("stripe", &STRIPES, 4)?));
    let each = match each {
        Ok(each) => each,
        Err(complaint) => return Some(complaint),
    };
    let bricks = i64::try_from(to.get(&BRICKS)?.members().len()).ok()?;
    let is_one_group = matches!(spread, "replicate" | "stripe");
    if bricks > 0 && bricks % each == 0 && (bricks == each || !is_one_group) {
        return None;
    }
    let takes = if is_one_group { "" } else { "a multiple of " };
    let message = format!("are {bricks}, and `{spread}` takes {takes}{each}");
    Some(complaint(&BRICKS, message, "add or take out some, or say other counts"))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, text};
    use super::*;

    fn volume(spread: &str, bricks: usize, counts: &[(&'static str, i64)]) -> Trial {
        let brick = |number: usize| {
            Value::Record([(&BRICK_DIR, text(&format!("/b{number}")))].into_iter().collect())
        };
        let mut values = vec![
            ("volume_type", text(spread)),
            ("bricks", Value::List((0..bricks).map(brick).collect())),
        ];
        values.extend(counts.iter().map(|(name, count)| (*name, Value::Integer(*count))));
        Trial::making(&GLUSTER_VOLUME, &values)
    }

    #[test]
    fn bricks_are_as_many_as_copies_and_stripes_take() {
        let said = |spread, bricks, counts: &[_]| {
            let complaints = volume(spread, bricks, counts).complaints();
            complaints.into_iter().map(|it| it.message).collect::<Vec<_>>().join("; ")
        };
        let (copies, stripes) = (("replica_count", 3), ("stripe_count", 4));
        assert_eq!(said("distribute", 1, &[]), "");
        assert_eq!(said("distribute", 0, &[]), "are 0, and `distribute` takes a multiple of 1");
        assert_eq!(said("replicate", 3, &[copies]), "");
        assert_eq!(said("replicate", 6, &[copies]), "are 6, and `replicate` takes 3");
        assert_eq!(said("distributed_replicate", 6, &[copies]), "");
        assert_eq!(said("striped_replicate", 12, &[copies, stripes]), "");
        let many = "are 6, and `striped_replicate` takes a multiple of 12";
        assert_eq!(said("striped_replicate", 6, &[copies, stripes]), many);
        let few = "is 0, and `replicate` takes 2 at least";
        assert_eq!(said("replicate", 3, &[]), few);
    }

    #[test]
    fn only_a_cluster_that_serves_gluster_has_volumes() {
        let said = |serves| {
            let cluster = [("gluster_service", Value::Flag(serves))];
            let volume = volume("distribute", 1, &[]).within("c").beside(&CLUSTER, "c", &cluster);
            volume.complaints().len()
        };
        assert_eq!((said(true), said(false)), (0, 1));
    }

    #[test]
    fn it_is_stopped_before_it_is_removed() {
        let removed = |status| Trial::removing(&GLUSTER_VOLUME, &[("status", text(status))]).told();
        assert_eq!(removed("down"), "| delete");
        assert_eq!(removed("up"), "| stop; until down; delete");
    }
}
