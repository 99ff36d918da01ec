//! What attributes are tried with: two values each, from their types and from a table of reasons.

use serde_json::{Value as Json, json};

use virtuform::resources::{Attribute, Kind, Sight, Type, Update};

use super::specials::{SKIPPED, SPECIAL, Special};

/// One attribute of one kind, with what it is tried with.
#[derive(Clone, Debug)]
pub struct Case {
    pub kind: &'static Kind,
    pub attribute: &'static Attribute,
    /// What the object has before the attribute is set, if it is not left out then.
    pub before: Option<Json>,
    pub first: Json,
    /// A second value; none when the attribute cannot change on the same object.
    pub second: Option<Json>,
    /// What the engine demands beside it.
    pub with: Json,
    /// What the object is, in place of the least that its kind needs.
    pub instead: Option<Json>,
    /// Whether it can only grow.
    pub grows: bool,
    /// Whether the object would mean another one without it.
    pub stays: bool,
    /// Whether the engine refuses to have it changed in one call.
    pub firm: bool,
}

impl Case {
    /// The cases of a kind: every attribute that is not skipped for a reason.
    pub fn all(kind: &'static Kind, label: &str) -> Vec<Case> {
        let is_for = |of: &str| of == kind.name || of == label || of == "*";
        let attributes = kind.attributes.iter().filter(|attribute| {
            !SKIPPED.iter().any(|s| is_for(s.kind) && attribute.is_in(s.attribute))
        });
        attributes.map(|attribute| Self::of(kind, attribute, &is_for)).collect()
    }

    fn of(
        kind: &'static Kind,
        attribute: &'static Attribute,
        is_for: &dyn Fn(&str) -> bool,
    ) -> Self {
        let special = SPECIAL
            .iter()
            .rfind(|s| s.attribute == attribute.name && s.kinds.split(' ').any(is_for));
        let (first, second) = match special {
            Some(Special { first, second, .. }) if !first.is_empty() => (read(first), read(second)),
            _ => by_type(attribute),
        };
        let text = |text: &str| (!text.is_empty()).then(|| read(text));
        let can_change = !matches!(attribute.update, Update::Replace | Update::Never)
            && attribute.sight != Sight::OnceOnly;
        Self {
            kind,
            attribute,
            before: special.and_then(|s| text(s.before)),
            first,
            second: (can_change && !second.is_null()).then_some(second),
            with: special.and_then(|s| text(s.with)).unwrap_or_else(|| json!({})),
            instead: special.and_then(|s| text(s.instead)),
            grows: special.is_some_and(|s| s.grows),
            stays: special.is_some_and(|s| s.stays),
            firm: special.is_some_and(|s| s.firm),
        }
    }

    /// Whether `null` stands for something.
    pub fn has_default(&self) -> bool {
        self.attribute.has_null() && !self.grows
    }
}

fn read(text: &str) -> Json {
    serde_json::from_str(text).unwrap_or_else(|error| panic!("{text}: {error}"))
}

/// Two values that differ from each other, the first from the default too.
fn by_type(attribute: &Attribute) -> (Json, Json) {
    let (one, other) = of_type(attribute.takes);
    let default = attribute.default.map(|text| Json::String(text.to_owned()));
    let is_default = |value: &Json| match (value, &default) {
        (Json::String(_), Some(default)) => value == default,
        (Json::Bool(flag), Some(Json::String(default))) => default.parse() == Ok(*flag),
        (Json::Number(number), Some(Json::String(default))) => {
            default.parse().ok() == number.as_i64()
        }
        _ => false,
    };
    if is_default(&one) { (other, one) } else { (one, other) }
}

fn of_type(takes: Type) -> (Json, Json) {
    match takes {
        Type::Text => (json!("a <b> & 'c' \"d\" ü€"), json!("other ]]> text")),
        Type::Integer(min, max) => (json!(max), json!(min)),
        Type::Decimal => (json!(2.5), json!(7)),
        Type::Flag => (json!(true), json!(false)),
        Type::Size | Type::SizeIn(_) => (json!("3 GiB"), json!("5 GiB")),
        Type::OneOf(words) => (json!(words.last()), json!(words[words.len().saturating_sub(2)])),
        Type::Version => (json!("4.7"), json!("4.8")),
        Type::Mac => (json!("02:AA:00:00:00:01"), json!("02:aa:00:00:00:02")),
        Type::Reference(kind) => references(kind),
        Type::Set(of) => {
            let (one, other) = of_type(*of);
            if one == other {
                (json!([one]), json!([]))
            } else {
                (json!([one, other]), json!([other]))
            }
        }
        Type::List(of) => {
            let (one, other) = of_type(*of);
            (json!([one, other]), json!([other, one]))
        }
        Type::Record(attributes) => {
            let (mut one, mut other) = (json!({}), json!({}));
            for attribute in attributes {
                let (first, second) = by_type(attribute);
                put(&mut one, attribute.name, first);
                put(&mut other, attribute.name, second);
            }
            (one, other)
        }
        Type::Map => (json!({ "a": "x <&> \"y\"", "b": "" }), json!({ "b": "1" })),
        Type::File => (json!("one.raw"), json!("other.raw")),
        Type::Secret => (json!("first & foremost"), json!("second")),
        Type::Secrets => {
            (json!({ "key": "first & foremost", "user": "one" }), json!({ "key": "second" }))
        }
    }
}

/// Two objects of the base that can be referred to.
fn references(kind: &Kind) -> (Json, Json) {
    let (one, other) = match kind.name {
        "permit" => ("run_vm", "stop_vm"),
        "role" => ("UserRole", "VmCreator"),
        "domain" => ("internal-authz", "internal-authz"),
        "user" => ("user-1e@internal-authz", "user-1f@internal-authz"),
        "group" => ("group-1e", "group-1f"),
        "data_center" => ("dc", "dc2"),
        "mac_pool" => ("blue", "green"),
        "network" => ("front", "store"),
        "network_filter" => ("clean-traffic", "allow-arp"),
        "cluster_feature" => ("GLUSTER_GEO_REPLICATION", "GLUSTER_SNAPSHOT"),
        "external_host_provider" => ("foreman", "katello"),
        "scheduling_policy" => ("evenly_distributed", "power_saving"),
        "instance_type" => ("Small", "Large"),
        "vnic_profile" => ("gold", "silver"),
        "cluster" => ("c", "c2"),
        "cpu_profile" => ("c/fair", "c/free"),
        "host" => ("kvm-1", "kvm-2"),
        "storage_domain" => ("fast", "slow"),
        "disk_profile" => ("fast/fair", "fast/free"),
        "qos" => ("dc/shares", "dc/halves"),
        "affinity_label" => ("ssd", "hdd"),
        "quota" => ("dc/small", "dc/large"),
        "template" => ("base", "other"),
        "vm" => ("builder", "builder"),
        "disk" => ("share", "share"),
        "tag" => ("one", "two"),
        other => panic!("the base has no `{other}`"),
    };
    (json!(one), json!(other))
}

/// Writes a value at a path with dots.
pub fn put(object: &mut Json, path: &str, value: Json) {
    let mut at = object;
    if at.is_null() {
        *at = json!({});
    }
    for step in path.split('.') {
        at = at.as_object_mut().expect("objects hold objects").entry(step).or_insert(json!({}));
    }
    *at = value;
}

/// Merges one object into another.
pub fn merge(into: &mut Json, from: &Json) {
    let (Json::Object(into), Json::Object(from)) = (&mut *into, from) else {
        *into = from.clone();
        return;
    };
    for (key, value) in from {
        merge(into.entry(key).or_insert(json!({})), value);
    }
}
