//! Scheduling policies, and the units they are made of.

use std::sync::LazyLock;

use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::kinds::rules::Rules;
use crate::simulated::kinds::{common, generic};
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// What is special about policies.
pub const RULES: Rules = Rules::of("scheduling_policies").add(add).update(update).remove(remove);
/// What is special about units.
pub const UNIT_RULES: Rules = Rules::of("scheduling_policy_units").remove(remove_unit);
/// What is special about the filters of a policy.
pub const FILTER_RULES: Rules = part("filters");
/// What is special about the weights of a policy.
pub const WEIGHT_RULES: Rules = part("weights");
/// What is special about the balance of a policy.
pub const BALANCE_RULES: Rules = part("balances");

const fn part(kind: &'static str) -> Rules {
    Rules::of(kind).add(add_part).remove(remove_part)
}

/// Parts: their collection, the type of their units, what a wrong unit does not implement, and
/// what the engine calls one in a document.
const PARTS: &[(&str, &str, &str, &str)] = &[
    ("filters", "filter", "Policy unit doesn't implement Filtering.", "Filter"),
    ("weights", "weight", "Policy unit doesn't implement score function.", "Weight"),
    (
        "balances",
        "load_balancing",
        "Policy unit doesn't implement load balancing logic.",
        "Balance",
    ),
];

/// The values that properties may have: from, to, and whether fractions are.
const PROPERTIES: &[(&str, f64, f64, bool)] = &[
    ("ScaleDown", 1.0, 100.0, false),
    ("HighVmCount", 0.0, f64::MAX, false),
    ("MigrationThreshold", 2.0, f64::MAX, false),
    ("SpmVmGrace", 0.0, f64::MAX, false),
    ("CpuOverCommitDurationMinutes", 1.0, f64::MAX, false),
    ("HighUtilization", 50.0, 99.0, false),
    ("LowUtilization", 0.0, 49.0, false),
    ("VCpuToPhysicalCpuRatio", 0.0, 3.0, true),
    ("HostsInReserve", 0.0, f64::MAX, false),
    ("MaxFreeMemoryForOverUtilized", 1.0, f64::MAX, false),
    ("MinFreeMemoryForUnderUtilized", 1.0, f64::MAX, false),
    ("HeSparesCount", 0.0, f64::MAX, false),
    ("MaximumAllowedSwapUsage", 0.0, 199.0, false),
];

/// A unit that comes with an engine.
struct Unit {
    id: &'static str,
    name: &'static str,
    kind: &'static str,
    description: &'static str,
    properties: &'static str,
}

static UNITS: LazyLock<Vec<Unit>> = LazyLock::new(|| {
    let read = |line: &'static str| {
        let columns: Vec<&str> = line.split('\t').collect();
        let [id, name, kind, description, properties] = columns[..] else { return None };
        Some(Unit { id, name, kind, description, properties })
    };
    include_str!("units.tsv").lines().filter_map(read).collect()
});

/// Adds the units and policies that come with an engine.
pub fn fill(site: &mut Site) {
    for unit in UNITS.iter() {
        let mut body = named("scheduling_policy_unit", unit.name);
        tree::set(&mut body, "description", unit.description);
        tree::set(&mut body, "enabled", "true");
        tree::set(&mut body, "internal", "true");
        tree::set(&mut body, "type", unit.kind);
        let mut properties = Element::new("properties");
        for name in unit.properties.split_whitespace() {
            properties.push(property(name, ""));
        }
        if !properties.children().is_empty() {
            body.push(properties);
        }
        site.add("scheduling_policy_units", None, unit.id, body);
    }
    for line in include_str!("policies.tsv").lines() {
        fill_policy(site, line);
    }
}

fn fill_policy(site: &mut Site, line: &'static str) {
    let columns: Vec<&'static str> = line.split('\t').collect();
    let [id, name, filters, weights, balance, properties] = columns[..] else { return };
    let mut body = named("scheduling_policy", name);
    tree::set(&mut body, "locked", "true");
    tree::set(&mut body, "default_policy", (name == "none").to_string());
    let mut list = Element::new("properties");
    for (name, value) in properties.split(' ').filter_map(|it| it.split_once('=')) {
        list.push(property(name, value));
    }
    if !list.children().is_empty() {
        body.push(list);
    }
    let policy = site.add("scheduling_policies", None, id, body);
    let filters: Vec<&str> = filters.split_whitespace().collect();
    for (at, unit) in filters.iter().enumerate() {
        let position = if at == 0 { "-1" } else { "0" };
        put_part(site, policy, "filters", unit, Some(("position", position)));
    }
    for (factor, unit) in weights.split_whitespace().filter_map(|it| it.split_once(':')) {
        put_part(site, policy, "weights", unit, Some(("factor", factor)));
    }
    if !balance.is_empty() {
        put_part(site, policy, "balances", balance, None);
    }
}

fn named(element: &'static str, name: &str) -> Element {
    Element::new(element).with(Element::leaf("name", name))
}

fn property(name: &str, value: &str) -> Element {
    let property = Element::new("property").with(Element::leaf("name", name));
    if value.is_empty() { property } else { property.with(Element::leaf("value", value)) }
}

fn put_part(
    site: &mut Site,
    policy: Handle,
    kind: &'static str,
    unit: &str,
    detail: Option<(&'static str, &str)>,
) -> Handle {
    let element = kind.strip_suffix('s').unwrap_or(kind);
    let mut body = Element::new(element.to_owned());
    if let Some((name, value)) = detail {
        tree::set(&mut body, name, value);
    }
    tree::refer(&mut body, "scheduling_policy_unit", unit);
    site.add(kind, Some(policy), unit, body)
}

fn refused(action: &str, reason: &str) -> Fault {
    Fault::bad(format!("Cannot {action} Scheduling Policy. {reason}"))
}

fn add(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let name = call.name().ok_or_else(|| Fault::incomplete("SchedulingPolicy", "name", "add"))?;
    check_name(site, name, None, "add")?;
    check_properties(site, &call.body, None, "add")?;
    let mut body = generic::draft(site, call);
    tree::set(&mut body, "locked", "false");
    tree::set(&mut body, "default_policy", "false");
    Ok(generic::put(site, call, None, body))
}

fn check_name(site: &Site, name: &str, except: Option<Handle>, action: &str) -> Result<(), Fault> {
    if common::taken(site, "scheduling_policies", name, except, |_| true) {
        return Err(refused(action, "Name is in use."));
    }
    Ok(())
}

/// Checks that the units of a policy know the properties in a document, and their values.
fn check_properties(
    site: &Site,
    body: &Element,
    policy: Option<Handle>,
    action: &str,
) -> Result<(), Fault> {
    let wanted = body.child("properties").map(Element::children).unwrap_or_default();
    for property in wanted {
        let name = property.text_at("name").unwrap_or_default();
        let value = property.text_at("value").unwrap_or_default();
        let units = policy.map(|it| units(site, it, None)).unwrap_or_default();
        if !units.into_iter().any(|unit| knows(site, unit, name)) {
            return Err(not_configured(action, name));
        }
        if !fits(name, value) {
            return Err(Fault::bad(format!(
                "Cannot {action} Scheduling Policy if some of the specified custom properties have illegal values. The keys are: {name}"
            )));
        }
    }
    Ok(())
}

fn not_configured(action: &str, name: &str) -> Fault {
    Fault::bad(format!(
        "Cannot {action} Scheduling Policy if some of the specified custom properties are not configured by the system. The keys are: {name}"
    ))
}

/// The units of a policy, but for one part of it.
fn units(site: &Site, policy: Handle, except: Option<Handle>) -> Vec<Handle> {
    let parts = PARTS.iter().flat_map(|(kind, ..)| site.children(policy, kind));
    let parts = parts.filter(|it| Some(*it) != except);
    parts.filter_map(|it| site.top("scheduling_policy_units", site.id(it))).collect()
}

/// Whether a unit has a property.
fn knows(site: &Site, unit: Handle, name: &str) -> bool {
    let properties = site.body(unit).child("properties").map(Element::children);
    properties.unwrap_or_default().iter().any(|it| it.text_at("name") == Some(name))
}

/// Checks that units which stay, or a new one, know the properties that a policy has.
fn check_known(
    site: &Site,
    policy: Handle,
    without: Option<Handle>,
    with: Option<Handle>,
) -> Result<(), Fault> {
    let mut units = units(site, policy, without);
    units.extend(with);
    let properties = site.body(policy).child("properties").map(Element::children);
    let names = properties.unwrap_or_default().iter().filter_map(|it| it.text_at("name"));
    let is_known = |name: &&str| units.iter().any(|unit| knows(site, *unit, name));
    match names.into_iter().find(|name| !is_known(name)) {
        Some(name) => Err(not_configured("edit", name)),
        None => Ok(()),
    }
}

fn fits(name: &str, value: &str) -> bool {
    match PROPERTIES.iter().find(|(it, ..)| *it == name) {
        Some((_, from, to, fractions)) => {
            let number = value.parse::<f64>().ok().filter(|it| *fractions || it.fract() == 0.0);
            number.is_some_and(|it| *from <= it && it <= *to)
        }
        None => matches!(value, "true" | "false"),
    }
}

fn check_unlocked(site: &Site, policy: Handle, action: &str) -> Result<(), Fault> {
    if site.text(policy, "locked") == "true" {
        return Err(refused(action, "Parameters are invalid."));
    }
    Ok(())
}

fn update(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    check_unlocked(site, target, "edit")?;
    if let Some(name) = common::new_name(site, call, target) {
        check_name(site, name, Some(target), "edit")?;
    }
    check_properties(site, &call.body, Some(target), "edit")?;
    generic::update(site, call, target)?;
    site.set(target, "locked", "false");
    site.set(target, "default_policy", "false");
    Ok(())
}

fn remove(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    check_unlocked(site, target, "remove")?;
    let clusters = site.users("clusters", "scheduling_policy", target);
    if !clusters.is_empty() {
        return Err(refused(
            "remove",
            &format!(
                "Scheduling Policy is attached to cluster(s): {}, please unassign cluster(s).",
                common::names(site, &clusters)
            ),
        ));
    }
    site.store.remove(target);
    Ok(())
}

fn add_part(site: &mut Site, call: &Call) -> Result<Handle, Fault> {
    let policy = call.owner()?;
    let found = PARTS.iter().find(|(kind, ..)| *kind == call.collection.name);
    let (kind, of, other, what) = found.ok_or_else(Fault::nowhere)?;
    let unit = call.id_at("scheduling_policy_unit");
    let unit = unit.ok_or_else(|| Fault::incomplete(what, "schedulingPolicyUnit.id", "add"))?;
    check_unlocked(site, policy, "edit")?;
    let refuse = |reason: &str| Err(refused("edit", reason));
    if *kind != "balances" && site.store.find(kind, Some(policy), unit).is_some() {
        return refuse("policy unit already exists in Scheduling Policy.");
    }
    let Some(known) = site.top("scheduling_policy_units", unit) else {
        return refuse("Policy unit is unknown.");
    };
    if site.text(known, "type") != *of {
        return refuse(other);
    }
    let detail = match *kind {
        "filters" => {
            let position = position(site, call, policy, unit)?;
            take_place(site, policy, unit, 0);
            Some(("position", position))
        }
        "weights" => Some(("factor", factor(call)?)),
        _ => {
            let old = site.children(policy, kind).first().copied();
            check_known(site, policy, old, Some(known))?;
            old.into_iter().for_each(|old| site.store.remove(old));
            None
        }
    };
    let detail = detail.as_ref().map(|(name, value)| (*name, value.as_str()));
    Ok(put_part(site, policy, kind, unit, detail))
}

/// Where a filter stands: one is first (-1), one is last (1), the others are between (0).
fn position(site: &Site, call: &Call, policy: Handle, unit: &str) -> Result<String, Fault> {
    let position = tree::number(&call.body, "position").unwrap_or(0).signum();
    let is_there = |it: &Element| tree::number(it, "position") == Some(position);
    let mut filters = site.store.children(policy, "filters").map(|it| site.body(it));
    let gone = site.hidden(policy, GONE).map(Element::children).unwrap_or_default();
    let mut gone = gone.iter().filter(|it| it.id() != Some(unit));
    if position != 0 && (filters.any(is_there) || gone.any(is_there)) {
        let place = if position < 0 { "first" } else { "last" };
        return Err(refused("edit", &format!("Only a single filter can be selected as {place}.")));
    }
    Ok(position.to_string())
}

/// What an engine has in mind of the filters that were taken out of a policy: their places, which
/// no other filter gets. Only who puts a filter back changes its place.
const GONE: &str = "gone_filters";

/// Notes the place of a filter that is taken out; 0 is no place.
fn take_place(site: &mut Site, policy: Handle, unit: &str, place: i64) {
    let mut gone = site.unhide(policy, GONE).unwrap_or_else(|| Element::new(GONE));
    gone.children_mut().retain(|it| it.id() != Some(unit));
    if place != 0 {
        let place = Element::leaf("position", place.to_string());
        gone.push(Element::link("filter", unit.to_owned()).with(place));
    }
    site.hide(policy, gone);
}

fn factor(call: &Call) -> Result<String, Fault> {
    let factor = tree::number(&call.body, "factor").unwrap_or(1);
    if factor < 0 {
        return Err(refused("edit", "Function factor cannot be negative."));
    }
    Ok(factor.to_string())
}

fn remove_part(site: &mut Site, call: &Call, target: Handle) -> Result<(), Fault> {
    let policy = call.owner()?;
    check_unlocked(site, policy, "edit")?;
    check_known(site, policy, Some(target), None)?;
    if call.collection.name == "filters" {
        let unit = site.id(target).to_owned();
        let place = tree::number(site.body(target), "position").unwrap_or(0);
        take_place(site, policy, &unit, place);
    }
    site.store.remove(target);
    Ok(())
}

/// Only units from outside can be removed, and only while no policy has them.
fn remove_unit(site: &mut Site, _call: &Call, target: Handle) -> Result<(), Fault> {
    let id = site.id(target);
    let parts = PARTS.iter().flat_map(|(kind, ..)| site.store.all(kind));
    let mut policies: Vec<Handle> =
        parts.filter(|it| site.id(*it) == id).filter_map(|it| site.parent(it)).collect();
    policies.dedup();
    if !policies.is_empty() {
        return Err(Fault::conflict(format!(
            "Cannot remove Policy Unit. Policy unit is attached to the following cluster policies: {}.",
            common::names(site, &policies)
        )));
    }
    if site.text(target, "internal") == "true" {
        return Err(Fault::bad("Cannot remove Policy Unit. Policy unit is unknown."));
    }
    site.store.remove(target);
    Ok(())
}
