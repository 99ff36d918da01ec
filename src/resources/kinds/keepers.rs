//! What keeps an object from being removed where a reference to it says too little: it takes a state
//! of who refers, or leads through another object.

use crate::resources::{Fields, Keeper, Kind, Reference, Value};

use super::{
    CLUSTER, DATA_CENTER, DISK, DISK_ATTACHMENT, ISCSI_BOND, NETWORK, NIC, STORAGE_DOMAIN,
    TEMPLATE, TEMPLATE_NIC, VM, VNIC_PROFILE, data_center, storage_domain, vm,
};

/// Who keeps objects of a kind.
type Keepers = &'static [(&'static Kind, fn(&Keeper) -> bool)];

/// A data center stays while storage is attached to it. Its networks would go along, and its
/// clusters be left without one, whoever made them (infrastructure handbook, section 2).
pub(super) static OF_DATA_CENTERS: Keepers = &[
    (&CLUSTER, |cluster| cluster.refers("data_center")),
    (&STORAGE_DOMAIN, |domain| domain.refers("data_center")),
    (&NETWORK, |network| {
        let is_management = text(network.fields, "name") == Some(data_center::MANAGEMENT);
        network.refers("data_center") && !is_management
    }),
];

/// A network stays while NICs are in it, through any of its profiles, and while an iSCSI bond has it
/// (infrastructure handbook, sections 5 and 15).
pub(super) static OF_NETWORKS: Keepers =
    &[(&NIC, is_in), (&TEMPLATE_NIC, is_in), (&ISCSI_BOND, |bond| bond.refers("networks"))];

fn is_in(nic: &Keeper) -> bool {
    network_of(nic).as_ref() == Some(nic.kept)
}

fn network_of(nic: &Keeper) -> Option<Reference> {
    let profile = nic.fields.named("vnic_profile")?.as_reference()?;
    nic.around.look(&VNIC_PROFILE, profile)?.named("network")?.as_reference().cloned()
}

/// A cluster keeps a network while NICs of its VMs are in that (infrastructure handbook, section 6).
pub(super) static OF_CLUSTER_NETWORKS: Keepers = &[(&NIC, |nic| {
    let cluster = nic.parent.and_then(|vm| vm.named("cluster")?.as_reference());
    let network = nic.of.named("network").and_then(Value::as_reference);
    cluster.is_some() && cluster == nic.within && network_of(nic).as_ref() == network
})];

/// A host stays while VMs can run on no other, and while it has local storage (infrastructure
/// handbook, section 11).
pub(super) static OF_HOSTS: Keepers =
    &[(&VM, runs_nowhere_else), (&STORAGE_DOMAIN, is_local_there)];

fn runs_nowhere_else(vm: &Keeper) -> bool {
    let hosts = vm.fields.named("placement_policy.hosts");
    text(vm.fields, "placement_policy.affinity") == Some("pinned")
        && hosts.is_some_and(|hosts| hosts.members().len() == 1)
        && vm.refers("placement_policy.hosts")
}

fn is_local_there(domain: &Keeper) -> bool {
    let center = domain.fields.named("data_center").and_then(Value::as_reference);
    let cluster = domain.of.named("cluster").and_then(Value::as_reference);
    let cluster = cluster.and_then(|cluster| domain.around.look(&CLUSTER, cluster));
    let of_host = cluster.as_ref().and_then(|it| it.named("data_center")?.as_reference());
    let is_local = |center: &Fields| center.named("local").is_some_and(Value::is_true);
    center.is_some()
        && center == of_host
        && center
            .and_then(|it| domain.around.look(&DATA_CENTER, it))
            .is_some_and(|it| is_local(&it))
}

/// A quota stays while something counts against it, unless its data center does not count
/// (infrastructure handbook, section 10).
pub(super) static OF_QUOTAS: Keepers = &[(&VM, counts), (&TEMPLATE, counts), (&DISK, counts)];

fn counts(user: &Keeper) -> bool {
    let center = user.within.and_then(|center| user.around.look(&DATA_CENTER, center));
    let mode = center.as_ref().and_then(|center| text(center, "quota_mode"));
    mode.is_some_and(|mode| mode != "disabled") && user.refers("quota")
}

/// A connection stays while a domain has its storage through it (infrastructure handbook, section
/// 13).
pub(super) static OF_CONNECTIONS: Keepers =
    &[(&STORAGE_DOMAIN, |domain| storage_domain::is_reached_by(domain.fields, domain.of))];

/// A storage domain cannot rest while a VM runs from it, and takes none along that is protected
/// (infrastructure handbook, section 14).
pub(super) static OF_STORAGE_DOMAINS: Keepers = &[(&DISK_ATTACHMENT, |disk| {
    let is_protected = |vm: &Fields| vm.named("delete_protected").is_some_and(Value::is_true);
    disk.refers("disk.storage_domains")
        && (is_in_use(disk) || disk.parent.is_some_and(is_protected))
})];

/// A disk stays while a VM runs with it.
pub(super) static OF_DISKS: Keepers = &[(&DISK_ATTACHMENT, |disk| {
    *disk.kept == Reference::Id(disk.id.to_owned()) && is_in_use(disk)
})];

fn is_in_use(disk: &Keeper) -> bool {
    let is_plugged = disk.fields.named("active").is_some_and(Value::is_true);
    is_plugged && disk.parent.is_some_and(vm::is_running)
}

fn text<'a>(fields: &'a Fields, name: &str) -> Option<&'a str> {
    fields.named(name).and_then(Value::as_text)
}
