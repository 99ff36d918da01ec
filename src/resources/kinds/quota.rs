//! Quotas, and their limits.

use crate::resources::{
    Action, Attribute, Brought, Codec, Complaint, Course, Fields, Kind, Reference, Surroundings,
    Transition, Type, Update, Value, Verb, decimal, int, plain, read_scalar, refer, text,
};
use crate::xml::Element;

use super::{CLUSTER, DATA_CENTER, STORAGE_DOMAIN, complaint, keepers, name};

/// Quotas of a data center (infrastructure handbook, section 10).
pub static QUOTA: Kind =
    Kind::new("quota", "quotas", "A limit on what VMs and disks of a data center take.")
        .below(&DATA_CENTER)
        .built_in(&[DEFAULT])
        .attributes(&[
            NAME,
            text("description", "Free text."),
            share("cluster_soft_limit_pct", "Share of memory and CPUs that is warned of.")
                .default("80"),
            share("cluster_hard_limit_pct", "Share of memory and CPUs allowed beyond the limit.")
                .default("20"),
            share("storage_soft_limit_pct", "Share of storage that is warned of.").default("80"),
            share("storage_hard_limit_pct", "Share of storage allowed beyond the limit.")
                .default("20"),
        ])
        .brings(brings)
        .kept_by(keepers::OF_QUOTAS)
        .check(check);

/// The quota that every data center has.
const DEFAULT: &str = "Default";

static NAME: Attribute = name("Name, unique in the data center.");

/// The engine takes 0 for nothing said.
const fn share(name: &'static str, summary: &'static str) -> Attribute {
    int(name, summary, 1, 100)
}

/// A quota comes with limits that limit nothing.
fn brings(_: &Reference, _: &Fields, _: &dyn Surroundings) -> Vec<Brought> {
    let unlimited = |kind| Brought { kind, fields: Fields::new() };
    vec![unlimited(&QUOTA_CLUSTER_LIMIT), unlimited(&QUOTA_STORAGE_LIMIT)]
}

fn check(transition: &Transition) -> Vec<Complaint> {
    let is_default = transition.from.is_some_and(|from| from.is(&NAME, DEFAULT));
    let Some(change) = transition.changes.first().filter(|_| is_default) else { return Vec::new() };
    let message = "is the engine's own, which cannot be changed";
    vec![complaint(change.attribute, message, "make a quota of another name")]
}

/// What running VMs of a quota take at most. It has one limit for all clusters.
pub static QUOTA_CLUSTER_LIMIT: Kind = limit(
    "quota_cluster_limit",
    "quota_cluster_limits",
    "How much memory and how many CPUs VMs that run may have.",
)
.segment("quotaclusterlimits")
.identity(&["cluster"])
.attributes(&[
    OF_CLUSTER,
    decimal("memory_limit", "GiB of memory; `null` for any.").clears().codec(&MEMORY),
    int("vcpu_limit", "Number of virtual CPUs; -1 for any.", -1, i32::MAX as i64)
        .default(UNLIMITED),
])
.called(|limit| called(limit, &OF_CLUSTER))
.check(|transition| specific(transition, &OF_CLUSTER))
.lifecycle(|transition| set_anew(transition, &SET_CLUSTER_LIMIT));

/// What disks of a quota take at most. It has one limit for all storage domains.
pub static QUOTA_STORAGE_LIMIT: Kind =
    limit("quota_storage_limit", "quota_storage_limits", "How large all disks together may be.")
        .segment("quotastoragelimits")
        .identity(&["storage_domain"])
        .attributes(&[
            OF_DOMAIN,
            int("limit", "GiB of storage; -1 for any.", -1, i32::MAX as i64).default(UNLIMITED),
        ])
        .called(|limit| called(limit, &OF_DOMAIN))
        .check(|transition| specific(transition, &OF_DOMAIN))
        .lifecycle(|transition| set_anew(transition, &SET_STORAGE_LIMIT));

const UNLIMITED: &str = "-1";

/// Memory may be limited to a fraction, which `-1` is not one of.
static MEMORY: Codec = Codec { decode: read_memory, encode: write_memory };

fn read_memory(element: &Element) -> Option<Value> {
    let text = element.text_at("memory_limit").filter(|text| *text != UNLIMITED)?;
    read_scalar(Type::Decimal, text).ok()
}

fn write_memory(memory: &Value, element: &mut Element) {
    let text = memory.as_text().unwrap_or(UNLIMITED);
    element.child_or_new("memory_limit").set_text(text);
}

const fn limit(name: &'static str, section: &'static str, summary: &'static str) -> Kind {
    Kind::new(name, section, summary).below(&QUOTA)
}

static OF_CLUSTER: Attribute =
    refer("cluster", "Cluster that it is for; without, for all.", &CLUSTER).update(Update::Replace);
static OF_DOMAIN: Attribute =
    refer("storage_domain", "Storage domain that it is for; without, for all.", &STORAGE_DOMAIN)
        .update(Update::Replace);

/// The limit for all has the id of its quota, the others that of what they are for.
fn called(limit: &Fields, of: &Attribute) -> Option<String> {
    match limit.get(of) {
        Some(Value::Nothing) | None => Some("all".to_owned()),
        Some(one) => Some(one.to_string()),
    }
}

/// A quota has a limit for all from the start, and beside that the engine takes no other.
fn specific(transition: &Transition, of: &'static Attribute) -> Vec<Complaint> {
    let is_specific =
        transition.to.is_some_and(|to| to.get(of).is_some_and(|it| *it != Value::Nothing));
    let does_nothing = transition.from.is_some() && transition.changes.is_empty();
    if !is_specific || does_nothing {
        return Vec::new();
    }
    let message = format!("is for one {} only, which the engine refuses of every quota", of.name);
    vec![complaint(
        of,
        message,
        "take it out, and make a quota of its own for what is to be limited",
    )]
}

/// A limit has no PUT: it is set anew, whole.
fn set_anew(transition: &Transition, set: &'static Verb) -> Course {
    match (transition.from, transition.changes) {
        (Some(_), changes @ [_, ..]) if transition.to.is_some() => {
            let (with, changes) = (transition.known(), changes.to_vec());
            let set = Action::Invoke { verb: set, with, changes };
            Course { opening: vec![set], closing: Vec::new() }
        }
        _ => plain(transition),
    }
}

static SET_CLUSTER_LIMIT: Verb = Verb::post(
    "set",
    "quota_cluster_limit",
    "datacenters/{grandparent}/quotas/{parent}/quotaclusterlimits",
)
.sending(&["memory_limit", "vcpu_limit"]);
static SET_STORAGE_LIMIT: Verb = Verb::post(
    "set",
    "quota_storage_limit",
    "datacenters/{grandparent}/quotas/{parent}/quotastoragelimits",
)
.sending(&["limit"]);

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    fn gib(gib: i64) -> (&'static str, Value) {
        ("limit", Value::Integer(gib))
    }

    #[test]
    fn a_limit_is_set_anew_and_whole() {
        let told = Trial::changing(&QUOTA_STORAGE_LIMIT, &[gib(10)], &[gib(20)]).told();
        assert_eq!(told, "set");
        assert_eq!(Trial::changing(&QUOTA_STORAGE_LIMIT, &[gib(10)], &[gib(10)]).told(), "");
        assert_eq!(Trial::removing(&QUOTA_STORAGE_LIMIT, &[gib(10)]).told(), "| delete");
    }

    #[test]
    fn memory_without_limit_is_nothing() {
        let limit =
            |text| Element::new("quota_cluster_limit").with(Element::leaf("memory_limit", text));
        assert_eq!(read_memory(&limit("-1")), None);
        assert_eq!(read_memory(&limit("1.50")), Some(text("1.5")));
        let mut written = Element::new("quota_cluster_limit");
        write_memory(&Value::Nothing, &mut written);
        assert_eq!(written.text_at("memory_limit"), Some("-1"));
    }

    #[test]
    fn a_limit_for_one_alone_is_refused_before_the_engine_does() {
        let said = |of: &[(&str, Value)]| {
            let complaints = Trial::making(&QUOTA_STORAGE_LIMIT, of).complaints();
            complaints.into_iter().map(|complaint| complaint.message).collect::<Vec<_>>()
        };
        let message = "is for one storage_domain only, which the engine refuses of every quota";
        assert_eq!(said(&[gib(1), ("storage_domain", id("sd"))]), [message]);
        assert!(said(&[gib(1)]).is_empty());
    }

    #[test]
    fn the_engines_own_quota_stays_as_it_is() {
        let described = [("description", text("d"))];
        let said = |name| {
            let from = [("name", text(name))];
            Trial::changing(&QUOTA, &from, &described).complaints().len()
        };
        assert_eq!((said("Default"), said("small")), (1, 0));
    }
}
