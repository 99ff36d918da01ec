//! Affinity groups.

use crate::resources::{
    Attribute, Complaint, Fields, Kind, Transition, Type, Value, decimal, flag, set, text,
};

use super::{AFFINITY_LABEL, CLUSTER, HOST, VM, complaint, name};

/// Affinity groups: VMs of a cluster that run together, or apart, or on some hosts.
///
/// Lists of members are replaced by those that a PUT brings (workload handbook, section 9).
pub static AFFINITY_GROUP: Kind = Kind::new(
    "affinity_group",
    "affinity_groups",
    "VMs that run together, apart or on some hosts.",
)
.segment("affinitygroups")
.below(&CLUSTER)
.attributes(&[
    name("Name, unique in the engine."),
    text("description", "Free text."),
    decimal("priority", "Which group gives way: the lower.").default("1"),
    flag("vms_rule.enabled", "Whether it matters where its VMs run to each other.").default("true"),
    flag("vms_rule.positive", "Together; otherwise apart.").default("false"),
    flag("vms_rule.enforcing", "Must, not should.").default("false"),
    flag("hosts_rule.enabled", "Whether it matters on which hosts they run.").default("false"),
    flag("hosts_rule.positive", "On its hosts; otherwise on others.").default("true"),
    flag("hosts_rule.enforcing", "Must, not should.").default("false"),
    VMS,
    HOSTS,
    set("vm_labels", "Labels whose VMs belong to it.", "affinity_label", LABEL),
    set("host_labels", "Labels whose hosts belong to it.", "affinity_label", LABEL),
])
.check(check);

const LABEL: &Type = &Type::Reference(&AFFINITY_LABEL);

static VMS: Attribute = set("vms", "VMs of the group.", "vm", &Type::Reference(&VM));
static HOSTS: Attribute = set("hosts", "Hosts of the group.", "host", &Type::Reference(&HOST));

/// Members are of the group's cluster.
fn check(transition: &Transition) -> Vec<Complaint> {
    let mut complaints = foreign(transition, &VMS, &VM);
    complaints.extend(foreign(transition, &HOSTS, &HOST));
    complaints
}

fn foreign(
    transition: &Transition,
    members: &'static Attribute,
    kind: &'static Kind,
) -> Vec<Complaint> {
    let Some((to, cluster)) = transition.to.zip(transition.within) else { return Vec::new() };
    let wanted = to.get(members).map_or(&[][..], Value::members).iter();
    let known = wanted
        .filter_map(Value::as_reference)
        .filter_map(|member| transition.around.look(kind, member));
    let is_foreign = |member: &Fields| {
        let own = member.named("cluster").and_then(Value::as_reference);
        own.is_some_and(|own| own != cluster)
    };
    known
        .filter(is_foreign)
        .map(|member| {
            let name = member.named("name").map(Value::to_string).unwrap_or_default();
            let message = format!("has `{name}`, which is in another cluster");
            complaint(members, message, "take it out, or move it to the cluster first")
        })
        .collect()
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    #[test]
    fn members_are_of_the_groups_cluster() {
        let group = |cluster| {
            let member = [("name", text("web")), ("cluster", id(cluster))];
            Trial::making(&AFFINITY_GROUP, &[("vms", Value::set([id("vm")]))])
                .within("own")
                .beside(&VM, "vm", &member)
                .complaints()
        };
        assert!(group("own").is_empty());
        assert_eq!(group("other")[0].message, "has `web`, which is in another cluster");
    }
}
