//! Scheduling policies, and the units they are made of.

use std::collections::BTreeMap;

use crate::resources::{
    Action, Attribute, Change, Complaint, Course, Effect, Fields, Kind, Transition, Value, Verb,
    int, invoke, make, map, one_of, plain, refer, text,
};

use super::{complaint, name};

/// Units: what policies are made of. They come with the engine.
pub static SCHEDULING_POLICY_UNIT: Kind = Kind::only_referred(
    "scheduling_policy_unit",
    "scheduling_policy_units",
    "A rule that scheduling policies are made of.",
    &[UNIT_NAME, SORT, KNOWN],
)
.segment("schedulingpolicyunits");

static UNIT_NAME: Attribute = name("Name, such as `CPU` or `OptimalForEvenDistribution`.");
static SORT: Attribute = one_of("type", "What it does.", &["filter", "weight", "load_balancing"]);
static KNOWN: Attribute = map("properties", "The properties that it knows.", "property");

/// Scheduling policies.
///
/// The engine takes a property only while a unit of the policy knows it, so properties come after
/// the units and go before them (infrastructure handbook, section 17).
pub static SCHEDULING_POLICY: Kind = Kind::new(
    "scheduling_policy",
    "scheduling_policies",
    "How a cluster spreads VMs over its hosts.",
)
.segment("schedulingpolicies")
.attributes(&[NAME, text("description", "Free text."), PROPERTIES])
.built_in(&[
    "none",
    "evenly_distributed",
    "power_saving",
    "vm_evenly_distributed",
    "cluster_maintenance",
    "InClusterUpgrade",
])
.locked()
.looks_at(UNITS)
.check(check)
.lifecycle(lifecycle);

static NAME: Attribute = name("Name, unique in the engine.");
static PROPERTIES: Attribute =
    map("properties", "Settings of its units, such as `HighUtilization: 75`.", "property");

/// The filters of a policy: what keeps a host from being chosen.
pub static SCHEDULING_POLICY_FILTER: Kind =
    part("scheduling_policy_filter", "filters", "filter", "A unit that rules hosts out.")
        .attributes(&[FILTER, POSITION])
        .only_one("position")
        .check(|transition| check_part(transition, &FILTER))
        .lifecycle(filter_lifecycle);

/// The weights of a policy: what makes one host better than another.
pub static SCHEDULING_POLICY_WEIGHT: Kind =
    part("scheduling_policy_weight", "weights", "weight", "A unit that prefers some hosts.")
        // The link to them is called otherwise than what it leads to.
        .by_parent()
        .attributes(&[
            WEIGHT,
            int("factor", "How much it counts.", 0, i32::MAX as i64).default("1"),
        ])
        .check(|transition| check_part(transition, &WEIGHT))
        .lifecycle(anew);

/// The balance of a policy: what moves VMs that run. Another one takes the place of the first.
pub static SCHEDULING_POLICY_BALANCE: Kind =
    part("scheduling_policy_balance", "balances", "balance", "The unit that moves VMs which run.")
        .single()
        .attributes(&[BALANCE])
        .check(|transition| check_part(transition, &BALANCE))
        .lifecycle(balance_lifecycle);

/// Each call below a policy reads all of it and writes all of it.
const fn part(
    name: &'static str,
    section: &'static str,
    element: &'static str,
    summary: &'static str,
) -> Kind {
    Kind::new(name, section, summary)
        .element(element)
        .below(&SCHEDULING_POLICY)
        .identity(&["scheduling_policy_unit"])
        .looks_at(UNITS)
        .one_at_a_time(ONE_BY_ONE)
        .serial("scheduling_policy")
}

const UNITS: &[&Kind] = &[&SCHEDULING_POLICY_UNIT];
const ONE_BY_ONE: &str = "schedulingpolicies/{parent}";

static FILTER: Attribute = unit(|unit| unit.is(&SORT, "filter")).own_id();
static WEIGHT: Attribute = unit(|unit| unit.is(&SORT, "weight")).own_id();
static BALANCE: Attribute = unit(|unit| unit.is(&SORT, "load_balancing"));

const fn unit(is_such: fn(&Fields) -> bool) -> Attribute {
    refer("scheduling_policy_unit", "Which unit; the key names it.", &SCHEDULING_POLICY_UNIT)
        .required()
        .from_key()
        .among(is_such)
}

static POSITION: Attribute =
    int("position", "Whether it is asked first (-1) or last (1); one can be each.", -1, 1)
        .default("0");

fn position(filter: &Fields) -> i64 {
    filter.get(&POSITION).and_then(Value::as_integer).unwrap_or_default()
}

type Properties = BTreeMap<String, String>;

fn properties(fields: Option<&Fields>, attribute: &Attribute) -> Option<Properties> {
    match fields?.get(attribute)? {
        Value::Map(properties) => Some(properties.clone()),
        _ => None,
    }
}

fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    let Some(wanted) = properties(transition.to, &PROPERTIES) else { return course };
    let had = properties(transition.from, &PROPERTIES).unwrap_or_default();
    if wanted == had {
        return course;
    }
    let kept: Properties =
        had.clone().into_iter().filter(|(name, _)| wanted.contains_key(name)).collect();
    let set = |from: &Properties, to: &Properties| {
        (from != to).then(|| Change {
            attribute: &PROPERTIES,
            from: transition.from.map(|_| Value::Map(from.clone())),
            to: Value::Map(to.clone()),
            effect: Effect::Now,
        })
    };
    set_aside(&mut course, set(&had, &kept));
    let last = set(&kept, &wanted).map(|change| transition.put(vec![change], false));
    course.closing.splice(..0, last);
    course
}

/// Properties are no part of what opens a course, but for those that go.
fn set_aside(course: &mut Course, gone: Option<Change>) {
    for action in &mut course.opening {
        match action {
            Action::Create { fields, .. } => fields.remove(&PROPERTIES),
            Action::Update { changes, .. } => {
                changes.retain(|change| *change.attribute != PROPERTIES);
                changes.extend(gone.clone());
            }
            _ => {}
        }
    }
    let is_empty = |it: &Action| matches!(it, Action::Update { changes, .. } if changes.is_empty());
    course.opening.retain(|action| !is_empty(action));
}

/// Nobody sets what no unit knows.
fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(wanted) = properties(transition.to, &PROPERTIES) else { return Vec::new() };
    if transition.from.is_some() && transition.changes.is_empty() {
        return Vec::new();
    }
    let known = transition.to.and_then(|to| to.get(&NAME)).map(|name| known_to(transition, name));
    let known = known.unwrap_or_default();
    let unknown = wanted.into_keys().filter(|name| !known.contains(name));
    unknown
        .map(|name| {
            let message = format!("has the property `{name}`, which none of its units knows");
            complaint(&PROPERTIES, message, "take it out, or add the unit that it is for")
        })
        .collect()
}

/// The properties that the units of the policy of that name know.
fn known_to(transition: &Transition, name: &Value) -> Vec<String> {
    let is_it = |policy: &Fields| policy.get(&NAME) == Some(name);
    let Some(policy) = transition.around.find(&SCHEDULING_POLICY, &is_it) else {
        return Vec::new();
    };
    let parts = [&SCHEDULING_POLICY_FILTER, &SCHEDULING_POLICY_WEIGHT, &SCHEDULING_POLICY_BALANCE];
    let parts = parts.into_iter().flat_map(|kind| transition.around.children(&policy, kind));
    parts.flat_map(|part| known_by(transition, &part).into_keys()).collect()
}

/// The properties that the unit of a part knows.
fn known_by(transition: &Transition, part: &Fields) -> Properties {
    let unit = part.named("scheduling_policy_unit").and_then(Value::as_reference);
    let unit = unit.and_then(|unit| transition.around.look(&SCHEDULING_POLICY_UNIT, unit));
    properties(unit.as_ref(), &KNOWN).unwrap_or_default()
}

/// A policy has each unit once, and has places for units of each sort.
fn check_part(transition: &Transition, unit: &'static Attribute) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    let wrong = wrong_sort(transition, to, unit);
    let siblings = transition
        .within
        .map(|policy| transition.around.kept_children(policy, transition.kind))
        .unwrap_or_default();
    let several =
        |is_same: &dyn Fn(&Fields) -> bool| siblings.iter().filter(|it| is_same(it)).count() > 1;
    let twice = several(&|sibling| sibling.get(unit) == to.get(unit))
        .then(|| complaint(unit, "has a unit that the policy has already", "take one of them out"));
    let place = position(to);
    let crowded = (place != 0 && several(&|sibling| position(sibling) == place)).then(|| {
        let place = if place < 0 { "first" } else { "last" };
        let message = format!("is not the only one that is asked {place}");
        complaint(&POSITION, message, "give one of them another `position`")
    });
    wrong.into_iter().chain(twice).chain(crowded).collect()
}

fn wrong_sort(transition: &Transition, to: &Fields, unit: &'static Attribute) -> Option<Complaint> {
    let reference = to.get(unit)?.as_reference()?;
    let found = transition.around.look(&SCHEDULING_POLICY_UNIT, reference)?;
    let is_such = unit.among?;
    (!is_such(&found)).then(|| {
        let shown = |attribute| found.get(attribute).map(Value::to_string).unwrap_or_default();
        let message = format!("names `{}`, a unit of the type {}", shown(&UNIT_NAME), shown(&SORT));
        complaint(unit, message, "take it out here")
    })
}

/// A part has no PUT: it is taken out and put back.
///
/// What else the policy has of the properties that only this unit may know steps aside meanwhile.
fn anew(transition: &Transition) -> Course {
    let (Some(_), Some(_), [_, ..]) = (transition.from, transition.to, transition.changes) else {
        return plain(transition);
    };
    let known = transition.known();
    let (rest, all) = properties_around(transition, &known);
    let mut opening = vec![Action::Delete { with: Fields::new() }, make(transition.kind, &known)];
    if rest != all {
        opening.insert(0, set_properties(rest));
        opening.push(set_properties(all));
    }
    Course { opening, closing: Vec::new() }
}

/// What a policy keeps of its properties: without those that a unit of it knows, and all.
fn properties_around(transition: &Transition, part: &Fields) -> (Properties, Properties) {
    let mut all = properties(transition.parent, &PROPERTIES).unwrap_or_default();
    let wanted = transition.within.and_then(|it| transition.around.wanted(&SCHEDULING_POLICY, it));
    if let Some(wanted) = properties(wanted.as_ref(), &PROPERTIES) {
        all.retain(|name, _| wanted.contains_key(name));
    }
    let own = known_by(transition, part);
    let rest = all.clone().into_iter().filter(|(name, _)| !own.contains_key(name)).collect();
    (rest, all)
}

fn set_properties(properties: Properties) -> Action {
    invoke(&SET_PROPERTIES, [(&PROPERTIES, Value::Map(properties))].into_iter().collect())
}

static SET_PROPERTIES: Verb =
    Verb::put("set properties", "scheduling_policy", "schedulingpolicies/{parent}")
        .sending(&["properties"])
        .one_at_a_time(ONE_BY_ONE);

/// The engine remembers the place of a filter that is taken out, and gives it to no other.
fn filter_lifecycle(transition: &Transition) -> Course {
    match (transition.from, transition.to) {
        (Some(from), None) if position(from) != 0 => {
            let mut plain_one = from.clone();
            plain_one.set(&POSITION, Value::Integer(0));
            let delete = || Action::Delete { with: Fields::new() };
            let closing = vec![delete(), make(transition.kind, &plain_one), delete()];
            Course { opening: Vec::new(), closing }
        }
        _ => anew(transition),
    }
}

/// Another unit takes the place of the first, so that nothing has to be taken out.
fn balance_lifecycle(transition: &Transition) -> Course {
    match (transition.from, transition.to, transition.changes) {
        (Some(_), Some(to), [_, ..]) => {
            Course { opening: vec![make(transition.kind, to)], closing: Vec::new() }
        }
        _ => plain(transition),
    }
}
