//! Affinity labels.

use crate::resources::{Course, Kind, Transition, Type, flag, plain, set, unlink_all};

use super::{HOST, VM, name};

/// Affinity labels: VMs run on hosts that bear the same one.
///
/// The engine only removes a label that is empty (infrastructure handbook, section 16).
pub static AFFINITY_LABEL: Kind =
    Kind::new("affinity_label", "affinity_labels", "A word that binds VMs to hosts.")
        .segment("affinitylabels")
        .attributes(&[
            name("Name, unique in the engine."),
            flag(
                "has_implicit_affinity_group",
                "Whether it binds by itself; only below compatibility level 4.4.",
            )
            .default("false"),
            set("hosts", "Hosts that bear it.", "host", &Type::Reference(&HOST)).linked("hosts"),
            set("vms", "VMs that bear it.", "vm", &Type::Reference(&VM)).linked("vms"),
        ])
        .lifecycle(lifecycle);

fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    if let (Some(from), None) = (transition.from, transition.to) {
        course.closing.splice(..0, unlink_all(from));
    }
    course
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;
    use crate::resources::Value;

    fn vms(ids: &[&str]) -> (&'static str, Value) {
        ("vms", Value::set(ids.iter().map(|it| id(it))))
    }

    #[test]
    fn members_come_and_go_one_by_one() {
        let label = ("name", text("ssd"));
        let made = Trial::making(&AFFINITY_LABEL, &[label.clone(), vms(&["a", "b"])]).told();
        assert_eq!(made, "create name=ssd,vms=[a, b]; link vms=a; link vms=b");
        let changed = Trial::changing(&AFFINITY_LABEL, &[vms(&["a", "b"])], &[vms(&["b", "c"])]);
        assert_eq!(changed.told(), "link vms=c; unlink vms=a");
    }

    #[test]
    fn a_label_is_emptied_before_it_is_removed() {
        let removed = Trial::removing(&AFFINITY_LABEL, &[vms(&["a"])]).told();
        assert_eq!(removed, "| unlink vms=a; delete");
    }
}
