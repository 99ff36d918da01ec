//! Watchdogs of VMs, templates and instance types.

use crate::resources::{Attribute, Kind, one_of};

use super::{INSTANCE_TYPE, TEMPLATE, VM, device};

/// The watchdog of a VM.
pub static WATCHDOG: Kind = watchdog("watchdog", "A device that acts when the guest hangs.", &VM)
    .copied_from(&[&TEMPLATE_WATCHDOG])
    .effect(device::effect)
    .check(|transition| device::would_be_undone(transition, &MODEL).into_iter().collect());

/// The watchdog of a template.
pub static TEMPLATE_WATCHDOG: Kind =
    watchdog("template_watchdog", "The watchdog that VMs made from the template get.", &TEMPLATE);

/// The watchdog of an instance type.
pub static INSTANCE_TYPE_WATCHDOG: Kind =
    watchdog("instance_type_watchdog", "The watchdog of VMs of that size.", &INSTANCE_TYPE);

/// The engine refuses a second one.
const fn watchdog(name: &'static str, summary: &'static str, of: &'static Kind) -> Kind {
    Kind::new(name, "watchdogs", summary)
        .below(of)
        .element("watchdog")
        .single()
        .attributes(ATTRIBUTES)
}

static ATTRIBUTES: &[Attribute] =
    &[MODEL, one_of("action", "What it does when the guest hangs.", ACTIONS).required()];

static MODEL: Attribute =
    one_of("model", "Model; the key, if it is one.", &["i6300esb", "diag288"])
        .required()
        .from_key();

const ACTIONS: &[&str] = &["none", "reset", "poweroff", "dump", "pause"];

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, text};
    use super::*;

    #[test]
    fn what_waits_for_the_next_start_undoes_a_change() {
        let said = |from, to| {
            let trial =
                Trial::changing(&WATCHDOG, &[("action", text(from))], &[("action", text(to))]);
            trial.pending().complaints().len()
        };
        assert_eq!((said("none", "reset"), said("none", "none")), (1, 0));
        let made = Trial::making(&WATCHDOG, &[("action", text("none"))]);
        assert!(made.complaints().is_empty());
    }
}
