//! Gluster volumes.

use std::collections::BTreeMap;

use crate::resources::{
    Action, Attribute, Change, Codec, Complaint, Course, Effect, Fields, Kind, Reference, Standing,
    Transition, Type, Update, Value, Verb, Watched, encode, int, invoke, list, map, one_of, plain,
    refer, same, set, text, until, usual_effect,
};
use crate::xml::Element;

use super::{CLUSTER, HOST, complaint, name};

/// Gluster volumes, of folders of the cluster's hosts.
///
/// They have no PUT, and only those that are stopped are removed (infrastructure handbook, section
/// 20). Of their options only those are managed that are written: the engine and Gluster set some
/// unasked.
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
            OPTIONS,
            STATUS,
        ])
        .check(check)
        .effect(effect)
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
    "Folders of its data, in order of copies; more may come behind, others make an empty volume.",
    "brick",
    BRICK,
)
.engine_default()
.required()
.holds()
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

/// Bricks as the call takes them that adds some, which wants to hear of the copies, too.
static ADDED: Attribute =
    list("bricks", "The bricks that are added.", "brick", BRICK).codec(&ADDED_CODEC);
static COPIES: Attribute = int("replica_count", "Copies of all data.", 0, 1_000).in_query();

static ADD_BRICKS: Verb =
    Verb::post("add bricks", "bricks", "clusters/{parent}/glustervolumes/{id}/glusterbricks")
        .sending(&["bricks", "replica_count"]);

/// They stand in the body itself.
static ADDED_CODEC: Codec = Codec { decode: |_| None, encode: write_added };

fn write_added(added: &Value, bricks: &mut Element) {
    for added in added.members() {
        if let Value::Record(fields) = added {
            let mut brick = Element::new("brick");
            encode(fields.iter(), &mut brick);
            bricks.push(brick);
        }
    }
}

static OPTIONS: Attribute = map(
    "options",
    "Options, such as `auth.allow: '*'`; others are left alone, and `null` resets one, or all.",
    "option",
)
.by_member()
.by_lifecycle();

/// An option as the calls take it that set one at a time.
static OPTION_NAME: Attribute = text("option.name", "Its name.");
static OPTION_VALUE: Attribute = text("option.value", "Its value.");

static SET_OPTION: Verb =
    Verb::action("set option", "clusters/{parent}/glustervolumes/{id}/setoption")
        .sending(&["option.name", "option.value"]);
static RESET_OPTION: Verb =
    Verb::action("reset option", "clusters/{parent}/glustervolumes/{id}/resetoption")
        .with(&[("force", "true")])
        .sending(&["option.name"]);
static RESET_OPTIONS: Verb =
    Verb::action("reset all options", "clusters/{parent}/glustervolumes/{id}/resetalloptions");

static STATUS: Attribute =
    one_of("status", "Whether it can be used.", &["up", "down"]).default("down").set_by(SWITCHES);

const SWITCHES: &[(&str, &Verb)] = &[("up", &START), ("down", &STOP)];
static START: Verb = Verb::action("start", "clusters/{parent}/glustervolumes/{id}/start");
static STOP: Verb = Verb::action("stop", "clusters/{parent}/glustervolumes/{id}/stop");

/// What spreads data further over bricks that are added changes in place.
fn effect(change: &Change, standing: &Standing) -> Effect {
    match is_spread(change) && added(standing.from, standing.to).is_some() {
        true => Effect::Now,
        false => usual_effect(change, standing),
    }
}

/// Whether a change is about how data is spread over bricks.
fn is_spread(change: &Change) -> bool {
    [&VOLUME_TYPE, &REPLICAS, &BRICKS].contains(&change.attribute)
}

/// The bricks that a volume gets beside those that it has: more folders for its data, or one more
/// copy of all. The engine knows no other way to a copy more of a volume that is distributed than
/// to number all of its bricks anew.
fn added(from: &Fields, to: &Fields) -> Option<Vec<Value>> {
    let (had, wanted) = (from.get(&BRICKS)?.members(), to.get(&BRICKS)?.members());
    let is_behind =
        had.len() < wanted.len() && had.iter().zip(wanted).all(|(had, wanted)| same(wanted, had));
    let added = is_behind.then(|| wanted[had.len()..].to_vec())?;
    let copies = |of: &Fields| of.get(&REPLICAS).and_then(Value::as_integer);
    let spread = |of: &Fields| of.get(&VOLUME_TYPE).and_then(Value::as_text).map(str::to_owned);
    let before = usize::try_from(copies(from)?).ok()?;
    let after = copies(to).map_or(Some(before), |copies| usize::try_from(copies).ok())?;
    let (from, to) = (spread(from)?, spread(to)?);
    let is_possible = match (from.as_str(), to.as_str()) {
        ("distribute", "distribute") => after == before,
        ("replicate" | "distributed_replicate", "distributed_replicate") => {
            after == before && added.len().is_multiple_of(before.max(1))
        }
        ("replicate", "replicate") => after == before + 1 && added.len() == 1,
        _ => false,
    };
    is_possible.then_some(added)
}

/// The call that adds bricks, if that is what the change of them is.
fn addition(transition: &Transition) -> Option<Action> {
    let (from, to) = (transition.from?, transition.to?);
    let is_changed = transition.changes.iter().any(|change| *change.attribute == BRICKS);
    let added = added(from, to).filter(|_| is_changed)?;
    let copies = transition.after(&REPLICAS)?.clone();
    let with = [(&ADDED, Value::List(added)), (&COPIES, copies)].into_iter().collect();
    Some(Action::Invoke { verb: &ADD_BRICKS, with, changes: transition.body_changes() })
}

fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    // There is no PUT.
    course.opening.retain(|action| !matches!(action, Action::Update { .. }));
    course.opening.extend(addition(transition));
    course.opening.extend(options(transition));
    if let (Some(from), None) = (transition.from, transition.to)
        && from.is(&STATUS, "up")
    {
        let stopped = until(STATUS.name, &["down"], &[]);
        course.closing.splice(..0, [invoke(&STOP, transition.known()), stopped]);
    }
    course
}

/// The calls that bring the options to what is wanted of them, and a look whether they did: a new
/// volume has some that nobody asked for.
fn options(transition: &Transition) -> Vec<Action> {
    let Some(to) = transition.to.and_then(|to| to.get(&OPTIONS)) else { return Vec::new() };
    let change = transition.changes.iter().find(|change| *change.attribute == OPTIONS);
    if transition.from.is_some() && change.is_none() {
        return Vec::new();
    }
    let has = change.and_then(|change| change.from.clone()).unwrap_or(Value::Nothing);
    let Value::Map(wanted) = to else {
        return vec![call(transition, &RESET_OPTIONS, &[], change.cloned())];
    };
    let Value::Map(has) = OPTIONS.spoken_of(to, has) else { return Vec::new() };
    let differs = |name: &String, value: &String| change.is_none() || has.get(name) != Some(value);
    let differing = wanted.iter().filter(|(name, value)| differs(name, value));
    let mut told = change.map(|change| Change {
        from: Some(Value::Map(set_ones(&has))),
        to: Value::Map(set_ones(wanted)),
        ..change.clone()
    });
    let calls = differing.map(|(name, value)| {
        let name = (&OPTION_NAME, name.as_str());
        match value.as_str() {
            "" => call(transition, &RESET_OPTION, &[name], told.take()),
            value => call(transition, &SET_OPTION, &[name, (&OPTION_VALUE, value)], told.take()),
        }
    });
    let mut calls: Vec<Action> = calls.collect();
    let is_up = transition.from.is_some_and(|from| from.is(&STATUS, "up"));
    calls.push(Action::Await {
        of: Watched::Object,
        attribute: STATUS.name,
        becomes: if is_up { &["up"] } else { &["down"] },
        fails: &[],
        confirms: [(&OPTIONS, to.clone())].into_iter().collect(),
    });
    calls
}

/// The options that are not to be reset.
fn set_ones(options: &BTreeMap<String, String>) -> BTreeMap<String, String> {
    let is_set = |(_, value): &(&String, &String)| !value.is_empty();
    options.iter().filter(is_set).map(|(name, value)| (name.clone(), value.clone())).collect()
}

/// The first call tells what becomes of all options.
fn call(
    transition: &Transition,
    verb: &'static Verb,
    option: &[(&'static Attribute, &str)],
    told: Option<Change>,
) -> Action {
    let text = |(attribute, text): &(&'static Attribute, &str)| {
        (*attribute, Value::Text((*text).to_owned()))
    };
    let with = option.iter().map(text).collect::<Fields>().over(&transition.known());
    Action::Invoke { verb, with, changes: told.into_iter().collect() }
}

fn check(transition: &Transition) -> Vec<Complaint> {
    let stays = transition.from.is_some() && !transition.changes.iter().any(is_spread);
    if transition.to.is_none() || stays {
        return Vec::new();
    }
    unserved(transition).into_iter().chain(miscounted(&transition.known())).collect()
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
    let noun = if bricks == 1 { "brick" } else { "bricks" };
    let message = format!("has {bricks} {noun}, and `{spread}` takes {takes}{each}");
    Some(complaint(&BRICKS, message, "add or take out some, or say other counts"))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, fields, text};
    use super::*;

    fn volume(spread: &str, bricks: usize, counts: &[(&'static str, i64)]) -> Trial {
        Trial::making(&GLUSTER_VOLUME, &values(spread, bricks, counts))
    }

    fn values(
        spread: &str,
        bricks: usize,
        counts: &[(&'static str, i64)],
    ) -> Vec<(&'static str, Value)> {
        let brick = |number: usize| {
            Value::Record([(&BRICK_DIR, text(&format!("/b{number}")))].into_iter().collect())
        };
        let mut values = vec![
            ("volume_type", text(spread)),
            ("bricks", Value::List((0..bricks).map(brick).collect())),
        ];
        values.extend(counts.iter().map(|(name, count)| (*name, Value::Integer(*count))));
        values
    }

    #[test]
    fn bricks_are_as_many_as_copies_and_stripes_take() {
        let said = |spread, bricks, counts: &[_]| {
            let complaints = volume(spread, bricks, counts).complaints();
            complaints.into_iter().map(|it| it.message).collect::<Vec<_>>().join("; ")
        };
        let (copies, stripes) = (("replica_count", 3), ("stripe_count", 4));
        assert_eq!(said("distribute", 1, &[]), "");
        assert_eq!(
            said("distribute", 0, &[]),
            "has 0 bricks, and `distribute` takes a multiple of 1"
        );
        assert_eq!(said("replicate", 3, &[copies]), "");
        assert_eq!(said("replicate", 6, &[copies]), "has 6 bricks, and `replicate` takes 3");
        assert_eq!(said("distributed_replicate", 6, &[copies]), "");
        assert_eq!(said("striped_replicate", 12, &[copies, stripes]), "");
        let many = "has 6 bricks, and `striped_replicate` takes a multiple of 12";
        assert_eq!(said("striped_replicate", 6, &[copies, stripes]), many);
        let few = "is 0, and `replicate` takes 2 at least";
        assert_eq!(said("replicate", 3, &[]), few);
    }

    #[test]
    fn more_bricks_come_behind_those_that_are_there() {
        let becomes = |(spread, bricks, copies), (to_spread, to_bricks, to_copies)| {
            let from = values(spread, bricks, &[("replica_count", copies)]);
            let to = values(to_spread, to_bricks, &[("replica_count", to_copies)]);
            added(&fields(&GLUSTER_VOLUME, &from), &fields(&GLUSTER_VOLUME, &to)).map(|it| it.len())
        };
        assert_eq!(becomes(("distribute", 1, 0), ("distribute", 3, 0)), Some(2));
        assert_eq!(becomes(("replicate", 2, 2), ("replicate", 3, 3)), Some(1));
        let spread = "distributed_replicate";
        assert_eq!(becomes(("replicate", 2, 2), (spread, 6, 2)), Some(4));
        assert_eq!(becomes((spread, 4, 2), (spread, 6, 2)), Some(2));
        assert_eq!(becomes((spread, 4, 2), (spread, 6, 3)), None, "all are numbered anew");
        assert_eq!(becomes(("distribute", 3, 0), ("distribute", 1, 0)), None, "some would go");
        assert_eq!(becomes(("replicate", 2, 2), ("replicate", 4, 4)), None, "one at a time");
    }

    #[test]
    fn options_are_set_and_reset_one_by_one() {
        let options = |options: &[(&str, &str)]| {
            let pair = |(name, value): &(&str, &str)| ((*name).to_owned(), (*value).to_owned());
            ("options", Value::Map(options.iter().map(pair).collect()))
        };
        let told = |from: &[_], to| Trial::changing(&GLUSTER_VOLUME, from, &[to]).told();
        let has = [options(&[("a", "1"), ("b", "1"), ("unasked", "1")])];
        let wanted = options(&[("a", "2"), ("b", ""), ("c", "1")]);
        let look = "until down with options={a: 2, b: , c: 1}";
        assert_eq!(told(&has, wanted), format!("set option; reset option; set option; {look}"));
        assert_eq!(told(&has, ("options", Value::Nothing)), "reset all options");
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
