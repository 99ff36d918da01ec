//! Networks on their way to clusters and to machines.

use crate::{SITE, problems, steps, vm};

#[test]
fn a_profile_that_comes_with_its_network_can_be_referred_to() {
    let manifest = "
      networks: { store: { data_center: east } }
      clusters: { east-1: { data_center: east, networks: { store: { required: false } } } }
      vms: { web: { cluster: east-1, nics: { nic1: { vnic_profile: store/store } } } }";
    assert_eq!(
        steps(manifest, &vm(""), &[]),
        "0 create networks/store\n\
         1 create clusters/east-1/networks/store  <- 0\n\
         2 find networks/store/vnic_profiles/store  <- 0\n\
         3 create vms/web/nics/nic1  <- 1 2"
    );
}

#[test]
fn a_network_that_the_cluster_lacks_is_told_before_the_first_call() {
    let manifest = "
      networks: { store: { data_center: east } }
      vms: { web: { cluster: east-1, nics: { nic1: { vnic_profile: store/store } } } }";
    let message = problems(manifest, &vm(""));
    assert!(message.contains("nic1: its network is not assigned to the VM's cluster"), "{message}");
}

#[test]
fn a_cluster_has_its_networks_before_its_hosts() {
    let manifest = "
      clusters: { new: { data_center: east, networks: { front: { required: false } } } }
      hosts: { a: { cluster: new, address: a, root_password: x } }";
    assert_eq!(
        steps(manifest, SITE, &[]),
        "0 create clusters/new\n\
         1 create clusters/new/networks/front  <- 0\n\
         2 create hosts/a  <- 0 1\n\
         3 await up hosts/a  <- 2"
    );
}

#[test]
fn a_network_that_hosts_cannot_have_yet_is_not_required_of_them() {
    let site = SITE.replace("<networks><network id=\"n1\"><name>front</name><required>false</required></network></networks>", "");
    assert_ne!(site, SITE);
    let host = r#"<host id="h1"><name>a</name><cluster id="c1"/><address>a</address><status>up</status></host>"#;
    let manifest = |network: &str| {
        format!("clusters: {{ east-1: {{ data_center: east, networks: {{ front: {network} }} }} }}")
    };
    let said = problems(&manifest("{}"), &format!("{site}{host}"));
    assert!(said.contains("clusters/east-1/networks/front: is required"), "{said}");
    let optional = steps(&manifest("{ required: false }"), &format!("{site}{host}"), &[]);
    assert_eq!(optional, "0 create clusters/east-1/networks/front");
    assert_eq!(steps(&manifest("{}"), &site, &[]), optional);
}

#[test]
fn the_management_profile_of_a_new_data_center_can_be_referred_to() {
    let manifest = "
      data_centers: { west: { local: false } }
      networks: { ovirtmgmt: { data_center: west } }
      clusters: { west-1: { data_center: west, networks: { ovirtmgmt: {} } } }
      vms: { web: { cluster: west-1, nics: { nic1: { vnic_profile: ovirtmgmt/ovirtmgmt } } } }";
    let objects = r#"<template id="t0"><name>Blank</name></template>
        <data_center id="d0"><name>Default</name></data_center>
        <network id="n0"><name>ovirtmgmt</name><data_center id="d0"/></network>
        <vnic_profile id="p0"><name>ovirtmgmt</name><network id="n0"/></vnic_profile>"#;
    let outline = steps(manifest, objects, &[]);
    assert_eq!(outline.matches("vnic_profiles/ovirtmgmt").count(), 1, "{outline}");
    assert!(outline.contains("find networks/ovirtmgmt"), "{outline}");
}
