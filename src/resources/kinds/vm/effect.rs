//! When a change of a VM takes effect.

use crate::resources::{Attribute, Change, Effect, Fields, Standing, Update, Value};

use super::super::workload::{CORES, GUARANTEED, LEASE, MAX, MEMORY, OS_TYPE, SOCKETS, THREADS};
use super::{STATUS, is_running};

/// Memory grows in modules of so many bytes; POWER takes twice that, and refuses less.
const MODULE: i64 = 128 << 20;

/// A VM that is down, or is to be, takes all changes at once.
pub(super) fn effect(change: &Change, standing: &Standing) -> Effect {
    let Standing { from, to, .. } = *standing;
    match change.attribute.update {
        Update::Replace | Update::Never => Effect::Replace,
        _ if !is_running(from) || to.is(&STATUS, "down") => Effect::Now,
        Update::Now => Effect::Now,
        Update::Hot if is_hot(change.attribute, from, to) => Effect::Hot,
        Update::Hot | Update::NextStart => Effect::NextStart,
        Update::WhenDown => Effect::Restart,
    }
}

/// What the engine plugs in or out for sure. Where it only might, the next start is certain.
fn is_hot(attribute: &Attribute, from: &Fields, to: &Fields) -> bool {
    if *attribute == SOCKETS {
        plugs_sockets(from, to)
    } else if *attribute == MEMORY {
        grows_hot(from, to)
    } else if *attribute == GUARANTEED {
        fits_at_once(from, to)
    } else if *attribute == LEASE {
        // It can be added or given up, and not be moved.
        is_empty(from.get(&LEASE)) || is_empty(to.get(&LEASE))
    } else {
        false
    }
}

/// CPUs can be given back by some systems only; from any other the request is dropped silently.
fn plugs_sockets(from: &Fields, to: &Fields) -> bool {
    let is_alone = !differs(&CORES, from, to) && !differs(&THREADS, from, to);
    let has = from.get(&SOCKETS).and_then(Value::as_integer);
    let grows = to.get(&SOCKETS).and_then(Value::as_integer) > has;
    let is_possible = from.is(&STATUS, "up") && is_alone && !has_cpus_of_its_own(from);
    is_possible && (grows || gives_cpus_back(from))
}

fn gives_cpus_back(vm: &Fields) -> bool {
    let system = vm.get(&OS_TYPE).and_then(Value::as_text).unwrap_or("other");
    system != "other" && !system.starts_with("windows")
}

/// The engine plugs no CPUs into a VM that has some of its host's to itself.
fn has_cpus_of_its_own(from: &Fields) -> bool {
    let policy = from.named("cpu_pinning_policy").and_then(Value::as_text);
    policy.is_some_and(|policy| ["dedicated", "isolate_threads"].contains(&policy))
}

fn differs(attribute: &Attribute, from: &Fields, to: &Fields) -> bool {
    to.get(attribute).is_some_and(|wanted| from.get(attribute) != Some(wanted))
}

fn is_empty(value: Option<&Value>) -> bool {
    matches!(value, None | Some(Value::Nothing))
}

fn bytes(fields: &Fields, attribute: &Attribute) -> Option<i64> {
    fields.get(attribute).and_then(Value::as_integer)
}

/// A decrease matches a plugged module by luck only, and is dropped silently if it does not.
fn grows_hot(from: &Fields, to: &Fields) -> bool {
    let (Some(has), Some(wants), Some(max)) =
        (bytes(from, &MEMORY), bytes(to, &MEMORY), bytes(from, &MAX))
    else {
        return false;
    };
    let grows = wants > has && (wants - has) % MODULE == 0;
    from.is(&STATUS, "up") && grows && wants <= max && !has_huge_pages(from)
}

fn has_huge_pages(from: &Fields) -> bool {
    match from.named("custom_properties") {
        Some(Value::Map(properties)) => properties.contains_key("hugepages"),
        _ => false,
    }
}

/// Guaranteed memory may not exceed what the VM has by then.
fn fits_at_once(from: &Fields, to: &Fields) -> bool {
    let memory = if grows_hot(from, to) { bytes(to, &MEMORY) } else { bytes(from, &MEMORY) };
    match (bytes(to, &GUARANTEED), memory) {
        (Some(guaranteed), Some(memory)) => guaranteed <= memory,
        _ => false,
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const GIB: i64 = 1 << 30;

    fn vm(values: &[(&'static Attribute, Value)]) -> Fields {
        values.iter().cloned().collect()
    }

    fn running(memory: i64) -> Fields {
        vm(&[
            (&STATUS, Value::Text("up".to_owned())),
            (&MEMORY, Value::Integer(memory)),
            (&MAX, Value::Integer(16 * GIB)),
            (&SOCKETS, Value::Integer(1)),
            (&CORES, Value::Integer(2)),
        ])
    }

    fn effect_of(attribute: &'static Attribute, value: Value, from: &Fields) -> Effect {
        let to = vm(&[(attribute, value.clone())]);
        let change = Change { attribute, from: None, to: value, effect: Effect::Now };
        effect(&change, &Standing { from, to: &to, parent: None })
    }

    #[test]
    fn memory_grows_at_once_in_whole_modules_up_to_the_ceiling() {
        let memory = |bytes| effect_of(&MEMORY, Value::Integer(bytes), &running(4 * GIB));
        assert_eq!(memory(8 * GIB), Effect::Hot);
        assert_eq!(memory(16 * GIB), Effect::Hot);
        assert_eq!(memory(17 * GIB), Effect::NextStart);
        assert_eq!(memory(4 * GIB + (64 << 20)), Effect::NextStart);
        assert_eq!(memory(2 * GIB), Effect::NextStart);
    }

    #[test]
    fn a_vm_that_does_not_run_takes_everything_at_once() {
        let down = vm(&[(&STATUS, Value::Text("down".to_owned()))]);
        assert_eq!(effect_of(&MAX, Value::Integer(GIB), &down), Effect::Now);
        assert_eq!(effect_of(&MAX, Value::Integer(GIB), &running(GIB)), Effect::NextStart);
    }

    #[test]
    fn a_vm_that_is_to_go_down_takes_everything_then() {
        let to = vm(&[(&STATUS, Value::Text("down".to_owned())), (&CORES, Value::Integer(4))]);
        let change =
            Change { attribute: &CORES, from: None, to: Value::Integer(4), effect: Effect::Now };
        assert_eq!(
            effect(&change, &Standing { from: &running(GIB), to: &to, parent: None }),
            Effect::Now
        );
    }

    #[test]
    fn sockets_are_plugged_in_unless_cores_change_too() {
        let from = running(GIB);
        assert_eq!(effect_of(&SOCKETS, Value::Integer(4), &from), Effect::Hot);
        let mut pinned = running(GIB);
        let policy = super::super::VM.attribute("cpu_pinning_policy").unwrap();
        pinned.set(policy, Value::Text("dedicated".to_owned()));
        assert_eq!(effect_of(&SOCKETS, Value::Integer(4), &pinned), Effect::NextStart);
        let wide = vm(&[(&STATUS, Value::Text("up".to_owned())), (&SOCKETS, Value::Integer(8))]);
        assert_eq!(effect_of(&SOCKETS, Value::Integer(4), &wide), Effect::NextStart);
        let to = vm(&[(&SOCKETS, Value::Integer(4)), (&CORES, Value::Integer(4))]);
        let to_sockets = Value::Integer(4);
        let change =
            Change { attribute: &SOCKETS, from: None, to: to_sockets, effect: Effect::Now };
        assert_eq!(
            effect(&change, &Standing { from: &from, to: &to, parent: None }),
            Effect::NextStart
        );
    }

    #[test]
    fn sockets_are_taken_out_of_systems_that_give_them_back() {
        let mut from = running(GIB);
        from.set(&SOCKETS, Value::Integer(2));
        let fewer = |from: &Fields| effect_of(&SOCKETS, Value::Integer(1), from);
        assert_eq!(fewer(&from), Effect::NextStart);
        from.set(&OS_TYPE, Value::Text("windows_2022".to_owned()));
        assert_eq!(fewer(&from), Effect::NextStart);
        from.set(&OS_TYPE, Value::Text("rhel_9x64".to_owned()));
        assert_eq!(fewer(&from), Effect::Hot);
    }

    #[test]
    fn guaranteed_memory_waits_with_the_memory_that_it_needs() {
        let from = running(4 * GIB);
        assert_eq!(effect_of(&GUARANTEED, Value::Integer(4 * GIB), &from), Effect::Hot);
        assert_eq!(effect_of(&GUARANTEED, Value::Integer(5 * GIB), &from), Effect::NextStart);
    }
}
