//! Affinity labels.

use crate::resources::{
    Attribute, Complaint, Course, Kind, Reference, Transition, Type, Value, flag, plain, set,
    unlink_all,
};

use super::{CLUSTER, HOST, VM, complaint, name};

/// Affinity labels: VMs run on hosts that bear the same one.
///
/// The engine only removes a label that is empty (infrastructure handbook, section 16).
pub static AFFINITY_LABEL: Kind =
    Kind::new("affinity_label", "affinity_labels", "A word that binds VMs to hosts.")
        .segment("affinitylabels")
        .attributes(&[name("Name, unique in the engine."), IMPLICIT, HOSTS, VMS])
        .check(check)
        .lifecycle(lifecycle);

static IMPLICIT: Attribute = flag(
    "has_implicit_affinity_group",
    "Whether it binds by itself; only below compatibility level 4.4.",
)
.default("false");
static HOSTS: Attribute =
    set("hosts", "Hosts that bear it.", "host", &Type::Reference(&HOST)).linked("hosts");
static VMS: Attribute = set("vms", "VMs that bear it.", "vm", &Type::Reference(&VM)).linked("vms");

/// Newer clusters want groups to be said.
fn check(transition: &Transition) -> Vec<Complaint> {
    if !transition.after(&IMPLICIT).is_some_and(Value::is_true) {
        return Vec::new();
    }
    let of = |members: &'static Attribute, kind: &'static Kind| {
        let members = transition.after(members).map_or(&[][..], Value::members);
        members.iter().filter_map(Value::as_reference).any(|it| is_of_today(transition, kind, it))
    };
    if !of(&HOSTS, &HOST) && !of(&VMS, &VM) {
        return Vec::new();
    }
    let message = "binds by itself, which clusters of level 4.4 and above refuse";
    vec![complaint(&IMPLICIT, message, "take it out, and name the label in an affinity group")]
}

fn is_of_today(transition: &Transition, kind: &Kind, member: &Reference) -> bool {
    let cluster = transition.around.look(kind, member);
    let cluster = cluster.as_ref().and_then(|member| member.named("cluster")?.as_reference());
    let cluster = cluster.and_then(|cluster| transition.around.look(&CLUSTER, cluster));
    let version = cluster.as_ref().and_then(|cluster| cluster.named("version")?.as_text());
    version.is_some_and(|version| !matches!(version, "4.2" | "4.3"))
}

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
    fn clusters_of_today_want_groups_to_be_said() {
        let said = |level| {
            Trial::making(
                &AFFINITY_LABEL,
                &[("has_implicit_affinity_group", Value::Flag(true)), vms(&["a"])],
            )
            .beside(&VM, "a", &[("cluster", id("c"))])
            .beside(&CLUSTER, "c", &[("version", text(level))])
            .complaints()
            .len()
        };
        assert_eq!((said("4.3"), said("4.8")), (0, 1));
    }

    #[test]
    fn a_label_is_emptied_before_it_is_removed() {
        let removed = Trial::removing(&AFFINITY_LABEL, &[vms(&["a"])]).told();
        assert_eq!(removed, "| unlink vms=a; delete");
    }
}
