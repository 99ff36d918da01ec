//! Pools of VMs.

use crate::resources::{
    Action, Attribute, Complaint, Course, Fields, Kind, Reference, Transition, Update, Value,
    Watched, flag, int, one_of, plain, refer, text, until,
};

use super::workload::{COMPUTE, INITIALIZATION};
use super::{CLUSTER, INSTANCE_TYPE, TEMPLATE, VM, complaint, name, pick, template};

/// Pools of VMs that are made from one template. The engine makes them one after another, and takes
/// none out by itself (workloads handbook, section 8).
pub static VM_POOL: Kind = Kind::new("vm_pool", "vm_pools", "VMs of one sort, lent to users.")
    .segment("vmpools")
    .attributes(ATTRIBUTES)
    .holds_data()
    .serial("template")
    .opens_after(WOULD_WAIT)
    .check(check)
    .effect(template::effect)
    .lifecycle(lifecycle);

/// The template is locked until all VMs of the pool are there: for other pools, and other VMs.
static WOULD_WAIT: &[(&Kind, &str)] = &[(&VM, "template")];

static ATTRIBUTES: &[Attribute] = &[
    name("Name, unique in the engine; its VMs are numbered behind it, or where it has `?`.")
        .update(Update::Replace),
    refer("cluster", "Cluster that runs its VMs.", &CLUSTER)
        .required()
        .holds()
        .update(Update::Replace),
    POOL_TEMPLATE,
    flag("use_latest_template_version", "Follow the newest version of the template.")
        .default("false"),
    SIZE,
    one_of("type", "Whether VMs go back by themselves.", &["automatic", "manual"])
        .default("automatic")
        .update(Update::Replace),
    flag("stateful", "Keep what users change.").default("false").update(Update::Replace),
    flag("auto_storage_select", "Put disks where most room is.")
        .default("false")
        .update(Update::Replace),
    PRESTARTED,
    int("max_user_vms", "VMs that one user may have.", 1, 32_767).default("1"),
    text("description", "Free text."),
    text("comment", "Free text, shown in lists."),
    text("display.proxy", "SPICE proxy of its VMs, where not the cluster's."),
    refer("instance_type", "Size of the VMs that it is made with.", &INSTANCE_TYPE)
        .only_at_creation(),
    flag("soundcard_enabled", "Give the VMs that it is made with a sound card.")
        .only_at_creation()
        .hidden(),
    flag("tpm_enabled", "Give the VMs that it is made with a TPM.").only_at_creation().hidden(),
    of_vm(COMPUTE, "vm.memory"),
    of_vm(COMPUTE, "vm.memory_policy.guaranteed"),
    of_vm(COMPUTE, "vm.memory_policy.max"),
    of_vm(COMPUTE, "vm.cpu.topology.sockets"),
    of_vm(COMPUTE, "vm.cpu.topology.cores"),
    of_vm(COMPUTE, "vm.cpu.topology.threads"),
    of_vm(INITIALIZATION, "vm.initialization.user_name"),
    of_vm(INITIALIZATION, "vm.initialization.authorized_ssh_keys"),
    of_vm(INITIALIZATION, "vm.initialization.timezone"),
    of_vm(INITIALIZATION, "vm.initialization.custom_script"),
];

/// What the VMs have that a pool is made with; the engine gives it to no other. A change that comes
/// too late is told.
const fn of_vm(table: &[Attribute], name: &'static str) -> Attribute {
    let (_, of_vm) = name.split_at("vm.".len());
    Attribute { name, ..pick(table, of_vm) }.only_at_creation().hidden()
}

static POOL_TEMPLATE: Attribute =
    refer("template", "What its VMs start as; can become another version of it.", &TEMPLATE)
        .required()
        .holds();

static SIZE: Attribute = int("size", "How many VMs there are; can grow.", 1, 1000).default("1");

static PRESTARTED: Attribute =
    int("prestarted_vms", "VMs that run before anybody asks.", 0, 1000).default("0");

fn check(transition: &Transition) -> Vec<Complaint> {
    if transition.to.is_none() {
        return Vec::new();
    }
    let complaints =
        [shrinks(transition), starts_too_many(transition), leaves_template(transition)];
    complaints.into_iter().flatten().collect()
}

fn shrinks(transition: &Transition) -> Option<Complaint> {
    let has = transition.from?.get(&SIZE)?.as_integer()?;
    let wants = transition.to?.get(&SIZE)?.as_integer()?;
    (wants < has).then(|| {
        let message =
            format!("has {has} VMs, and the engine takes none out for a `size` of {wants}");
        let hint = "detach VMs that are down, with `vm_pool: null` in their place under `vms`";
        complaint(&SIZE, message, hint)
    })
}

fn starts_too_many(transition: &Transition) -> Option<Complaint> {
    let size = transition.after(&SIZE).and_then(Value::as_integer).unwrap_or(1);
    let wants = transition.to?.get(&PRESTARTED)?.as_integer()?;
    (wants > size).then(|| {
        let message = format!("starts {wants} VMs and has {size}");
        complaint(&PRESTARTED, message, "`prestarted_vms` is at most the `size`")
    })
}

/// Of an existing pool the template can only become another version of itself.
fn leaves_template(transition: &Transition) -> Option<Complaint> {
    let new = transition.to?.get(&POOL_TEMPLATE)?.as_reference()?;
    let look = |template: &Reference| transition.around.look(&TEMPLATE, template);
    let is_blank =
        look(new).is_some_and(|it| it.named("name") == Some(&Value::Text("Blank".into())));
    if is_blank {
        let message = "is made of `Blank`, which no pool can be";
        return Some(complaint(&POOL_TEMPLATE, message, "make a template for it"));
    }
    let old = transition.from?.get(&POOL_TEMPLATE)?.as_reference()?;
    // The first version is the base of the others.
    let base = |template: &Reference| {
        let known = look(template)?;
        let base = known.get(&template::BASE).and_then(Value::as_reference).cloned();
        Some(base.unwrap_or_else(|| template.clone()))
    };
    let is_other = base(old).zip(base(new)).is_some_and(|(was, is)| was != is);
    (old != new && is_other).then(|| {
        let message = "is of another template, and can only become another version of its own";
        complaint(&POOL_TEMPLATE, message, "make another pool")
    })
}

/// Its VMs are made, and removed, in the background.
fn lifecycle(transition: &Transition) -> Course {
    let mut course = plain(transition);
    let grows =
        transition.from.is_none() || transition.changes.iter().any(|it| *it.attribute == SIZE);
    match transition.to {
        None => course.closing.push(until("type", &[], &[])),
        Some(to) if grows => course.opening.push(complete(to)),
        Some(_) => {}
    }
    course
}

fn complete(to: &Fields) -> Action {
    let size = to.get(&SIZE).cloned().unwrap_or_else(|| SIZE.default_value());
    let confirms = [(&SIZE, size)].into_iter().collect();
    Action::Await {
        of: Watched::Object,
        attribute: "size",
        becomes: &["complete"],
        fails: &[],
        confirms,
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, id, text};
    use super::*;

    fn size(size: i64) -> (&'static str, Value) {
        ("size", Value::Integer(size))
    }

    #[test]
    fn a_pool_is_there_when_its_machines_are() {
        let made = Trial::making(&VM_POOL, &[("name", text("p")), size(3)]).told();
        assert_eq!(made, "create name=p,size=3; until complete with size=3");
        let grown = Trial::changing(&VM_POOL, &[size(3)], &[size(5)]);
        assert_eq!(grown.told(), "put size=5; until complete with size=5");
        let renamed = Trial::changing(&VM_POOL, &[], &[("comment", text("c"))]).told();
        assert_eq!(renamed, "put comment=c");
        assert_eq!(Trial::removing(&VM_POOL, &[size(3)]).told(), "| delete; until gone");
    }

    #[test]
    fn a_pool_neither_shrinks_nor_starts_more_than_it_has() {
        let said = |from, to: &[(&str, Value)]| {
            Trial::changing(&VM_POOL, &[size(from)], to).complaints().len()
        };
        assert_eq!((said(3, &[size(5)]), said(3, &[size(2)])), (0, 1));
        assert_eq!(said(3, &[("prestarted_vms", Value::Integer(4))]), 1);
    }

    #[test]
    fn a_pool_stays_with_the_versions_of_its_template() {
        let said = |base: &str| {
            let of = |base: &str| [("version.base_template", id(base))];
            Trial::changing(&VM_POOL, &[("template", id("a"))], &[("template", id("b"))])
                .beside(&TEMPLATE, "a", &of("a"))
                .beside(&TEMPLATE, "b", &of(base))
                .complaints()
                .len()
        };
        assert_eq!((said("a"), said("b")), (0, 1));
    }
}
