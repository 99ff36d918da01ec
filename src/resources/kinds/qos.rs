//! Quality of service.

use crate::resources::{
    Attribute, Complaint, Fields, Kind, Transition, Update, Value, int, one_of, text,
};

use super::{DATA_CENTER, NETWORK_ATTACHMENT, complaint, name, network_attachment};

/// Limits on bandwidth, throughput and CPU that profiles and networks refer to.
///
/// Each type has limits of its own, and the engine never reads those of the others.
/// Nobody is asked before one is removed: who refers to it just has none any more (infrastructure
/// handbook, section 8).
pub static QOS: Kind = Kind::new("qos", "qoss", "Limits on bandwidth, throughput or CPU.")
    .below(&DATA_CENTER)
    .identity(&["type", "name"])
    .attributes(&[
        name("Name, unique in the data center among those of its type."),
        TYPE,
        text("description", "Free text."),
        limit("max_throughput", "Megabytes per second, both ways together."),
        limit("max_read_throughput", "Megabytes per second read."),
        limit("max_write_throughput", "Megabytes per second written."),
        limit("max_iops", "Operations per second, of both kinds together."),
        limit("max_read_iops", "Reads per second."),
        limit("max_write_iops", "Writes per second."),
        int("cpu_limit", "Percentage of the host's CPU.", -1, 100).default(NO_LIMIT),
        limit("inbound_average", "Megabits per second that come in over time."),
        limit("inbound_peak", "Megabits per second that come in at the most."),
        limit("inbound_burst", "Megabytes that come in at the peak."),
        limit("outbound_average", "Megabits per second that go out over time."),
        limit("outbound_peak", "Megabits per second that go out at the most."),
        limit("outbound_burst", "Megabytes that go out at the peak."),
        on_hosts("outbound_average_linkshare", "Weight among the networks of a NIC."),
        on_hosts("outbound_average_upperlimit", "Megabits per second at the most."),
        on_hosts("outbound_average_realtime", "Megabits per second that are kept free for it."),
    ])
    .check(check);

static TYPE: Attribute =
    one_of("type", "What it limits.", &["storage", "cpu", "network", "hostnetwork"])
        .required()
        .update(Update::Replace);

/// What the engine takes for no limit, and then does not show.
const NO_LIMIT: &str = "-1";

const fn limit(name: &'static str, summary: &'static str) -> Attribute {
    int(name, summary, -1, i32::MAX as i64).default(NO_LIMIT)
}

/// Hosts whose networks have it are told of a change.
const fn on_hosts(name: &'static str, summary: &'static str) -> Attribute {
    limit(name, summary).shown_by(&network_attachment::IN_SYNC, &NETWORK_ATTACHMENT)
}

/// The limits of each type.
const LIMITS: &[(&str, &[&str])] = &[
    ("storage", STORAGE),
    ("cpu", &["cpu_limit"]),
    ("network", NETWORK),
    ("hostnetwork", HOST_NETWORK),
];
const STORAGE: &[&str] = &[
    "max_throughput",
    "max_read_throughput",
    "max_write_throughput",
    "max_iops",
    "max_read_iops",
    "max_write_iops",
];
const NETWORK: &[&str] = &[
    "inbound_average",
    "inbound_peak",
    "inbound_burst",
    "outbound_average",
    "outbound_peak",
    "outbound_burst",
];
const HOST_NETWORK: &[&str] =
    &["outbound_average_linkshare", "outbound_average_upperlimit", "outbound_average_realtime"];

fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    let known = transition.known();
    let Some(kind) = known.get(&TYPE).and_then(Value::as_text) else { return Vec::new() };
    let own = LIMITS.iter().find(|(of, _)| *of == kind).map_or(&[][..], |(_, limits)| limits);
    let mut complaints: Vec<Complaint> = to
        .iter()
        .filter(|(a, value)| is_limit(a) && !own.contains(&a.name) && *value != &a.default_value())
        .map(|(attribute, _)| {
            let message = format!("has `{}`, which is not for `{kind}`", attribute.name);
            complaint(attribute, message, "take it out, or change the type")
        })
        .collect();
    let wrong = match kind {
        "storage" => check_storage(&known),
        "cpu" if amount(&known, "cpu_limit").is_none() => {
            Some(("cpu_limit", "lacks `cpu_limit`, the only limit that it can have"))
        }
        "network" => check_network(&known),
        "hostnetwork" => check_host_network(&known),
        _ => None,
    };
    complaints.extend(wrong.and_then(|(name, message)| {
        Some(complaint(transition.kind.attribute(name)?, message, "say what it shall limit"))
    }));
    complaints
}

fn is_limit(attribute: &Attribute) -> bool {
    attribute.default == Some(NO_LIMIT)
}

/// A limit that limits something: the engine takes 0 for none.
fn amount(fields: &Fields, name: &str) -> Option<i64> {
    fields.named(name).and_then(Value::as_integer).filter(|amount| *amount > 0)
}

type Wrong = Option<(&'static str, &'static str)>;

fn check_storage(fields: &Fields) -> Wrong {
    let any = |names: &[&str]| names.iter().any(|name| amount(fields, name).is_some());
    if any(&["max_throughput"]) && any(&["max_read_throughput", "max_write_throughput"]) {
        return Some((
            "max_throughput",
            "limits throughput as a whole, and reading or writing too: one of both",
        ));
    }
    if any(&["max_iops"]) && any(&["max_read_iops", "max_write_iops"]) {
        return Some((
            "max_iops",
            "limits operations as a whole, and reading or writing too: one of both",
        ));
    }
    (!any(STORAGE)).then_some(("type", "limits nothing, which the engine refuses"))
}

fn check_network(fields: &Fields) -> Wrong {
    NETWORK.chunks(3).find_map(|direction| {
        let amounts: Vec<_> = direction.iter().map(|name| amount(fields, name)).collect();
        let given = amounts.iter().flatten().count();
        if given != 0 && given != amounts.len() {
            return Some((direction[0], "needs average, peak and burst of a direction, or none"));
        }
        let is_low = amounts[0].zip(amounts[1]).is_some_and(|(average, peak)| peak < average);
        is_low.then_some((direction[1], "has a peak below the average"))
    })
}

fn check_host_network(fields: &Fields) -> Wrong {
    if amount(fields, "outbound_average_linkshare").is_none() {
        return Some(("outbound_average_linkshare", "lacks `outbound_average_linkshare`"));
    }
    let upper = amount(fields, "outbound_average_upperlimit");
    let real = amount(fields, "outbound_average_realtime");
    let is_low = upper.zip(real).is_some_and(|(upper, real)| upper < real);
    is_low.then_some(("outbound_average_upperlimit", "has an upper limit below what is kept free"))
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    fn said(kind: &str, limits: &[(&'static str, i64)]) -> Vec<String> {
        let mut to = vec![("type", text(kind))];
        to.extend(limits.iter().map(|(name, amount)| (*name, Value::Integer(*amount))));
        Trial::making(&QOS, &to).complaints().into_iter().map(|it| it.message).collect()
    }

    #[test]
    fn each_type_has_limits_of_its_own() {
        assert_eq!(said("cpu", &[("cpu_limit", 50)]), [""; 0]);
        let of_others = said("cpu", &[("cpu_limit", 50), ("max_iops", 1), ("inbound_peak", -1)]);
        assert_eq!(of_others, ["has `max_iops`, which is not for `cpu`"]);
    }

    #[test]
    fn a_change_is_through_when_the_hosts_have_it() {
        let changing = |limit| {
            let to = [(limit, Value::Integer(20))];
            let trial = Trial::changing(&QOS, &[], &to).known_as("q");
            let attached = [("network", id("n"))];
            let trial = trial.beside(&super::super::NETWORK, "n", &[("qos", id("q"))]);
            let trial = trial.beside(&NETWORK_ATTACHMENT, "a", &attached);
            trial.beside(&super::super::HOST, "h", &[]).told()
        };
        let share = changing("outbound_average_linkshare");
        assert_eq!(share, "put outbound_average_linkshare=20; until n reached h");
        assert_eq!(changing("inbound_peak"), "put inbound_peak=20", "no host knows of it");
    }

    #[test]
    fn a_host_that_does_not_answer_is_not_waited_for() {
        let host = [("status", text("non_responsive"))];
        let to = [("outbound_average_linkshare", Value::Integer(20))];
        let trial = Trial::changing(&QOS, &[], &to).known_as("q");
        let trial = trial.beside(&super::super::NETWORK, "n", &[("qos", id("q"))]);
        let trial = trial.beside(&NETWORK_ATTACHMENT, "a", &[("network", id("n"))]);
        let trial = trial.beside(&super::super::HOST, "h", &host);
        assert_eq!(trial.told(), "put outbound_average_linkshare=20");
    }

    #[test]
    fn a_limit_is_for_both_ways_or_for_each() {
        assert_eq!(said("storage", &[("max_read_iops", 1), ("max_throughput", 1)]), [""; 0]);
        assert_eq!(said("storage", &[("max_iops", 1), ("max_read_iops", 1)]).len(), 1);
        assert_eq!(said("storage", &[("max_iops", 0)]).len(), 1, "nothing is limited");
    }

    #[test]
    fn a_direction_is_limited_whole() {
        let whole = [("inbound_average", 5), ("inbound_peak", 10), ("inbound_burst", 2)];
        assert_eq!(said("network", &whole), [""; 0]);
        assert_eq!(said("network", &whole[..2]).len(), 1);
        assert_eq!(said("network", &[("inbound_average", 20), whole[1], whole[2]]).len(), 1);
        assert_eq!(said("hostnetwork", &[]).len(), 1);
    }
}
