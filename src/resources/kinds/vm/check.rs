//! What the engine would refuse of a VM, or change on its own.

use crate::resources::{Attribute, Complaint, Fields, Transition, Value};

use super::super::template_disk::PLACES;
use super::super::workload::{
    CORES, CPU_MODE, GUARANTEED, HIGH_AVAILABILITY, LEASE, MAX, MEMORY, SOCKETS, STATELESS, THREADS,
};
use super::super::{TEMPLATE_DISK_ATTACHMENT, complaint, ways};
use super::{INSTANCE_TYPE_ATTRIBUTE, NAME, POOL, TEMPLATE};

pub(super) fn check(transition: &Transition) -> Vec<Complaint> {
    let Some(to) = transition.to else { return Vec::new() };
    let mut complaints = Vec::new();
    complaints.extend(long_name(to));
    complaints.extend(order(transition, &GUARANTEED, &MEMORY));
    complaints.extend(order(transition, &MEMORY, &MAX));
    complaints.extend(overridden(transition, to));
    complaints.extend(lost_mode(to));
    complaints.extend(lease(transition, to));
    complaints.extend(stateless(transition, to));
    complaints.extend(ways::check(transition, ways::VM_ORIGINS));
    complaints.extend(pool(transition, to));
    complaints.extend(far_from_template(transition, to));
    complaints
}

/// What is built on a template's disk lies where that has a copy (`AddVmCommand`). Which version
/// is the latest by then, and where that lies, is for the engine to see.
fn far_from_template(transition: &Transition, to: &Fields) -> Option<Complaint> {
    let (at, place) = to.iter().find(|(attribute, _)| attribute.name == "storage_domain")?;
    place.as_reference()?;
    let is_other = ["clone", "use_latest_template_version"]
        .iter()
        .any(|name| to.named(name).is_some_and(Value::is_true));
    let template = to.get(&TEMPLATE).filter(|_| transition.from.is_none() && !is_other)?;
    let disks = transition.around.children(template.as_reference()?, &TEMPLATE_DISK_ATTACHMENT);
    let is_far =
        |disk: &Fields| disk.get(&PLACES).is_some_and(|places| !places.members().contains(place));
    let disk = disks.iter().find(|disk| is_far(disk))?;
    let alias = disk.named("disk.alias").map(ToString::to_string).unwrap_or_default();
    let message = format!("is to be where the template's disk `{alias}` has no copy");
    let hint = "name this domain too in the `storage_domains` of that disk";
    Some(complaint(at, message, hint))
}

fn long_name(to: &Fields) -> Option<Complaint> {
    let name = to.get(&NAME)?.as_text()?;
    let length = name.chars().count();
    let message = format!("the name has {length} characters, more than 64");
    (length > 64).then(|| complaint(&NAME, message, "give it a shorter `name`"))
}

/// Complains if one size is more than another one that bounds it, when the manifest says either.
fn order(
    transition: &Transition,
    small: &'static Attribute,
    large: &'static Attribute,
) -> Option<Complaint> {
    let to = transition.to?;
    let said = if to.get(small).is_some() { small } else { large };
    to.get(said)?;
    let (less, more) = (transition.after(small)?, transition.after(large)?);
    (less.as_integer()? > more.as_integer()?).then(|| {
        let (less, more) = (small.show(less), large.show(more));
        let message =
            format!("`{}` is {less}, more than `{}`, which is {more}", small.name, large.name);
        complaint(said, message, "guaranteed memory <= memory <= maximum")
    })
}

/// An instance type silently wins over what is said beside it.
fn overridden(transition: &Transition, to: &Fields) -> Vec<Complaint> {
    if !matches!(transition.after(&INSTANCE_TYPE_ATTRIBUTE), Some(Value::Reference(_))) {
        return Vec::new();
    }
    let said = to.iter().filter(|(attribute, _)| is_overridden(attribute));
    said.map(|(attribute, _)| {
        let message = format!("`{}` is given, but its instance type decides it", attribute.name);
        complaint(attribute, message, "leave it out, or say `instance_type: null`")
    })
    .collect()
}

/// Whether it is an instance type's to say, if there is one.
pub(super) fn is_overridden(attribute: &Attribute) -> bool {
    const OTHERS: [&str; 5] = [
        "high_availability.priority",
        "placement_policy.affinity",
        "migration_downtime",
        "migration.policy",
        "io.threads",
    ];
    let overridden = [&MEMORY, &GUARANTEED, &SOCKETS, &CORES, &THREADS, &HIGH_AVAILABILITY];
    overridden.iter().any(|it| **it == *attribute) || OTHERS.contains(&attribute.name)
}

/// Of the modes the engine keeps `host_passthrough` only, and drops the others in silence.
fn lost_mode(to: &Fields) -> Option<Complaint> {
    let is_lost = to.is(&CPU_MODE, "host_model");
    let message = "`host_model` is a mode that the engine does not keep";
    is_lost.then(|| complaint(&CPU_MODE, message, "say `host_passthrough`, or leave it out"))
}

fn lease(transition: &Transition, to: &Fields) -> Option<Complaint> {
    let is_available = transition.after(&HIGH_AVAILABILITY)?.is_true();
    let has_lease = matches!(to.get(&LEASE)?, Value::Reference(_));
    (has_lease && !is_available).then(|| {
        let message = "has a lease and is not highly available";
        complaint(&LEASE, message, "say `high_availability: { enabled: true }` too")
    })
}

fn stateless(transition: &Transition, to: &Fields) -> Option<Complaint> {
    let is_stateless = to.get(&STATELESS)?.is_true();
    let is_available = transition.after(&HIGH_AVAILABILITY)?.is_true();
    (is_stateless && is_available).then(|| {
        let message = "is stateless and highly available, which no VM can be";
        complaint(&STATELESS, message, "give one of them up")
    })
}

/// A VM can leave its pool while it is down, and enter none.
fn pool(transition: &Transition, to: &Fields) -> Option<Complaint> {
    let wanted = to.get(&POOL)?;
    let has = transition.from.and_then(|from| from.get(&POOL));
    match wanted {
        Value::Reference(_) if has != Some(wanted) => {
            let message = "is to be in a pool that did not make it";
            Some(complaint(&POOL, message, "let the pool grow with its `size`"))
        }
        Value::Nothing if has.is_some() && transition.from.is_some_and(super::is_running) => {
            let message = "can leave its pool only while it is down";
            Some(complaint(&POOL, message, "stop it first"))
        }
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::super::super::VM;
    use super::super::super::trial::{Trial, id, text};
    use super::*;

    const GIB: i64 = 1 << 30;

    fn said(from: &[(&str, Value)], to: &[(&str, Value)]) -> Vec<String> {
        let trial = Trial::changing(&VM, from, to);
        trial.complaints().into_iter().map(|complaint| complaint.message).collect()
    }

    #[test]
    fn memory_stands_between_its_bounds() {
        let memory = |gib: i64| [("memory", Value::Integer(gib * GIB))];
        let max = [("memory_policy.max", Value::Integer(4 * GIB))];
        assert_eq!(said(&max, &memory(4)), Vec::<String>::new());
        let message = "`memory` is 8 GiB, more than `memory_policy.max`, which is 4 GiB";
        assert_eq!(said(&max, &memory(8)), [message]);
        assert_eq!(said(&memory(8), &max), [message]);
        // What nobody manages is the engine's business.
        assert!(said(&[max[0].clone(), memory(8)[0].clone()], &[]).is_empty());
    }

    #[test]
    fn what_builds_on_a_template_is_where_that_has_a_copy() {
        let said = |place: Value, clone: bool| {
            let to =
                [("template", id("t")), ("storage_domain", place), ("clone", Value::Flag(clone))];
            let places = [("disk.storage_domains", Value::set([id("a"), id("b")]))];
            let making = Trial::making(&VM, &to);
            making.beside(&TEMPLATE_DISK_ATTACHMENT, "d", &places).complaints().len()
        };
        assert_eq!((said(id("a"), false), said(id("c"), false), said(id("c"), true)), (0, 1, 0));
        assert_eq!(said(Value::Nothing, false), 0);
    }

    #[test]
    fn an_instance_type_decides_on_memory() {
        let to = [("instance_type", id("i")), ("memory", Value::Integer(GIB))];
        assert_eq!(said(&[], &to), ["`memory` is given, but its instance type decides it"]);
        let detached = [("instance_type", Value::Nothing), ("memory", Value::Integer(GIB))];
        assert!(said(&[("instance_type", id("i"))], &detached).is_empty());
    }

    #[test]
    fn a_mode_that_would_be_dropped_is_told() {
        let mode = |mode| [("cpu.mode", text(mode))];
        assert_eq!(said(&[], &mode("host_model")).len(), 1);
        assert!(said(&[], &mode("host_passthrough")).is_empty());
    }

    #[test]
    fn a_lease_needs_high_availability() {
        let available = |is| ("high_availability.enabled", Value::Flag(is));
        let lease = ("lease.storage_domain", id("sd"));
        assert_eq!(said(&[available(false)], std::slice::from_ref(&lease)).len(), 1);
        assert!(said(&[available(true)], &[lease]).is_empty());
        let stateless = ("stateless", Value::Flag(true));
        assert_eq!(said(&[available(true)], &[stateless]).len(), 1);
    }

    #[test]
    fn a_machine_is_made_of_one_thing() {
        let (kind, data) =
            ("initialization.configuration.type", "initialization.configuration.data");
        let said = |to: &[(&str, Value)]| {
            let trial = Trial::making(&VM, to);
            let trial =
                trial.beside(&crate::resources::kinds::TEMPLATE, "b", &[("name", text("base"))]);
            trial.complaints().len()
        };
        let both = [(kind, text("ovf")), (data, text("<x/>"))];
        assert_eq!((said(&both), said(&both[..1]), said(&both[1..])), (0, 1, 1));
        let [one, other] = both;
        assert_eq!(said(&[one, other, ("template", id("b"))]), 1);
    }
}
