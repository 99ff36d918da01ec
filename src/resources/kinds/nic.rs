//! Network cards of a VM.

use crate::resources::{
    Action, Attribute, Change, Complaint, Course, Effect, Kind, Transition, Value, flag, mac,
    one_of, plain, refer,
};

use super::{
    CLUSTER_NETWORK, INSTANCE_TYPE_NIC, NETWORK_ATTACHMENT, TEMPLATE_NIC, VM, VNIC_PROFILE,
    cluster_network, complaint, name, vm, vnic_profile,
};

/// Network cards of a VM. They can be made and changed while its disks are still copied;
/// the guest numbers them in the order in which they are made.
pub static NIC: Kind = Kind::new("nic", "nics", "A network card of a VM.")
    .below(&VM)
    .early()
    .in_order()
    .attributes(ATTRIBUTES)
    .copied_from(&[&TEMPLATE_NIC, &INSTANCE_TYPE_NIC])
    .opens_after(NEEDS)
    .follows(&[(&NETWORK_ATTACHMENT, "cluster")])
    .looks_at(&[&CLUSTER_NETWORK])
    .check(check)
    .lifecycle(lifecycle);

/// A NIC's network has to be in the VM's cluster before the NIC can be made.
static NEEDS: &[(&Kind, &str)] = &[(&CLUSTER_NETWORK, "cluster")];

static ATTRIBUTES: &[Attribute] = &[NAME, PROFILE, INTERFACE, MAC, PLUGGED, LINKED];

/// What NICs have that no VM has yet: they get their addresses when they are copied.
pub(super) static WITHOUT_ADDRESS: &[Attribute] = &[NAME, PROFILE, INTERFACE, PLUGGED, LINKED];

static NAME: Attribute = name("Name, unique in the VM.");

static LINKED: Attribute = flag("linked", "Whether its cable is in.").default("true");

static PROFILE: Attribute =
    refer("vnic_profile", "Profile that connects it; `null` for none.", &VNIC_PROFILE).holds();

/// The engine neither makes nor starts what has a NIC in a network that its cluster lacks.
fn check(transition: &Transition) -> Vec<Complaint> {
    let around = transition.around;
    let cluster = transition
        .within
        .and_then(|vm| around.look(&VM, vm))
        .and_then(|vm| vm.get(&vm::CLUSTER_ATTRIBUTE).and_then(Value::as_reference).cloned());
    let profile = transition.to.and_then(|to| to.get(&PROFILE)).and_then(Value::as_reference);
    let (Some(cluster), Some(profile)) = (cluster, profile) else { return Vec::new() };
    let network = around.look(&VNIC_PROFILE, profile).and_then(|profile| {
        profile.get(&vnic_profile::NETWORK).and_then(Value::as_reference).cloned()
    });
    let Some(network) = network.map(Value::Reference) else { return Vec::new() };
    let assigned = around.children(&cluster, &CLUSTER_NETWORK);
    if assigned.iter().any(|assigned| assigned.get(&cluster_network::NETWORK) == Some(&network)) {
        return Vec::new();
    }
    let message = "its network is not assigned to the VM's cluster";
    vec![complaint(&PROFILE, message, "assign it with `networks:` under the cluster")]
}

static INTERFACE: Attribute = one_of("interface", "What the guest sees.", MODELS).default("virtio");

pub(super) static MAC: Attribute =
    mac("mac.address", "MAC address; the cluster's pool gives one otherwise.").unique();

static PLUGGED: Attribute = flag("plugged", "Whether the guest sees it.").default("true");

const MODELS: &[&str] =
    &["e1000", "e1000e", "virtio", "rtl8139", "rtl8139_virtio", "spapr_vlan", "pci_passthrough"];

/// The engine refuses to change a plugged NIC's nature while the VM runs, and to remove it.
fn lifecycle(transition: &Transition) -> Course {
    let is_plugged =
        transition.from.is_some_and(|nic| nic.get(&PLUGGED) == Some(&Value::Flag(true)));
    let is_in_use = is_plugged && transition.parent.is_some_and(vm::is_running);
    let mut course = plain(transition);
    if !is_in_use {
        return course;
    }
    if transition.to.is_none() {
        course.closing.insert(0, transition.put(vec![plug(false)], false));
    } else if transition.changes.iter().any(|change| is_nature(change.attribute)) {
        course.opening = replug(transition);
    }
    course
}

fn is_nature(attribute: &Attribute) -> bool {
    *attribute == INTERFACE || *attribute == MAC
}

/// One PUT that takes the NIC out and changes it, one that puts it back unless it is to stay out.
fn replug(transition: &Transition) -> Vec<Action> {
    let mut changes = transition.body_changes();
    if changes.iter().any(|change| *change.attribute == PLUGGED) {
        return vec![transition.put(changes, false)];
    }
    changes.push(plug(false));
    vec![transition.put(changes, false), transition.put(vec![plug(true)], false)]
}

fn plug(in_or_out: bool) -> Change {
    Change {
        attribute: &PLUGGED,
        from: Some(Value::Flag(!in_or_out)),
        to: Value::Flag(in_or_out),
        effect: Effect::Now,
    }
}

#[cfg(test)]
mod tests {
    use super::super::trial::{Trial, text};
    use super::*;

    const IN: (&str, Value) = ("plugged", Value::Flag(true));

    fn told(from: &[(&str, Value)], to: &[(&str, Value)], vm: &str) -> String {
        Trial::changing(&NIC, from, to).below(&VM, &[("status", text(vm))]).told()
    }

    #[test]
    fn the_address_of_a_nic_in_use_changes_with_the_nic_out() {
        let to = [("mac.address", text("02:00:00:00:00:aa"))];
        let in_use = "put mac.address=02:00:00:00:00:aa,plugged=false; put plugged=true";
        assert_eq!(told(&[IN], &to, "up"), in_use);
        assert_eq!(told(&[IN], &to, "down"), "put mac.address=02:00:00:00:00:aa");
        assert_eq!(
            told(&[("plugged", Value::Flag(false))], &to, "up"),
            "put mac.address=02:00:00:00:00:aa"
        );
        let out = [("mac.address", text("02:00:00:00:00:aa")), ("plugged", Value::Flag(false))];
        assert_eq!(told(&[IN], &out, "up"), "put mac.address=02:00:00:00:00:aa,plugged=false");
    }

    #[test]
    fn other_changes_need_one_call() {
        let to = [("linked", Value::Flag(false))];
        assert_eq!(told(&[IN], &to, "up"), "put linked=false");
    }

    #[test]
    fn a_nic_in_use_is_taken_out_before_it_is_removed() {
        let removal = Trial::removing(&NIC, &[IN]);
        let told = removal.below(&VM, &[("status", text("up"))]).told();
        assert_eq!(told, "| put plugged=false; delete");
        assert_eq!(Trial::removing(&NIC, &[IN]).told(), "| delete");
    }
}
