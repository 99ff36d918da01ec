//! The networks of a host, which change in one call.

use crate::{SITE, problems, run, steps};

const NETWORKS: &str = "
      networks:
        store: { data_center: east, vlan: { id: 7 } }
      clusters: { east-1: { data_center: east, networks: { store: { required: false } } } }
      hosts:
        kvm-1:
          cluster: east-1
          address: kvm-1.test
          status: up
          ssh: { authentication_method: publickey }";

/// A host with two cards, a bond of two others, and a network on that.
fn host() -> String {
    format!(
        r#"{SITE}<host id="h1"><name>kvm-1</name><cluster id="c1"/><address>kvm-1.test</address>
        <status>up</status><nics>
          <host_nic id="e0"><name>eth0</name></host_nic>
          <host_nic id="e1"><name>eth1</name></host_nic>
          <host_nic id="e2"><name>eth2</name></host_nic>
          <host_nic id="e3"><name>eth3</name></host_nic>
          <host_nic id="b0"><name>bond0</name><bonding><slaves>
            <host_nic id="e2"/><host_nic id="e3"/></slaves></bonding></host_nic>
        </nics><network_attachments>
          <network_attachment id="a1"><network id="n1"/><host_nic id="b0"/>
            <in_sync>true</in_sync></network_attachment>
        </network_attachments></host>"#
    )
}

/// The steps, with the call that each is part of in brackets.
fn calls(manifest: &str, objects: &str, entries: &[(&str, &str)]) -> String {
    let plan = run(manifest, objects, entries).unwrap_or_else(|problems| panic!("{problems}"));
    let outline = super::outline(&plan);
    let lines = outline.lines().zip(&plan.steps).map(|(line, step)| match step.group {
        Some(first) => format!("[{}] {line}", first.0),
        None => line.to_owned(),
    });
    lines.collect::<Vec<_>>().join("\n")
}

#[test]
fn a_bond_and_what_is_on_it_are_made_in_one_call() {
    let manifest = format!(
        "{NETWORKS}
          nics: {{ bond1: {{ bonding: {{ slaves: [eth0, eth1] }} }} }}
          network_attachments: {{ store: {{ host_nic: bond1 }}, front: {{ host_nic: bond1 }} }}"
    );
    let expected = "\
0 create networks/store
1 create clusters/east-1/networks/store  <- 0
[2] 2 create hosts/kvm-1/nics/bond1  <- 0 1
[2] 3 create hosts/kvm-1/network_attachments/store  <- 0 1
[2] 4 update (host_nic b0 -> bond1) hosts/kvm-1/network_attachments/front  <- 0 1";
    assert_eq!(calls(&manifest, &host(), &[]), expected);
}

#[test]
fn the_cards_of_a_new_host_are_found_and_its_networks_come_before_machines_start() {
    let manifest = format!(
        "{NETWORKS}
          nics: {{ bond1: {{ bonding: {{ slaves: [eth0, eth1] }} }} }}
          network_attachments: {{ store: {{ host_nic: bond1 }} }}
      vms: {{ web: {{ cluster: east-1, template: Blank, status: up }} }}"
    );
    let expected = "\
0 create networks/store
1 create clusters/east-1/networks/store  <- 0
2 create hosts/kvm-1  <- 1
3 await up hosts/kvm-1  <- 2
4 create vms/web
5 await down vms/web  <- 4
6 find hosts/kvm-1/nics/eth0  <- 3
7 find hosts/kvm-1/nics/eth1  <- 3
[8] 8 create hosts/kvm-1/nics/bond1  <- 0 1 3 6 7
[8] 9 create hosts/kvm-1/network_attachments/store  <- 0 1 3 6 7
10 start vms/web  <- 5 ~1 ~3 ~9
11 await up vms/web  <- 10";
    assert_eq!(calls(&manifest, SITE, &[]), expected);
}

#[test]
fn what_is_on_a_bond_goes_with_it_in_the_same_call() {
    let entries = [("hosts/kvm-1", "h1"), ("hosts/kvm-1/nics/bond0", "b0")];
    let manifest = NETWORKS.replace(
        "clusters: { east-1: { data_center: east, networks: { store: { required: false } } } }",
        "clusters: {}",
    );
    let manifest = manifest
        .replace("store: { data_center: east, vlan: { id: 7 } }", "front: { data_center: east }");
    let expected = "\
[0] 0 delete hosts/kvm-1/nics/bond0
[0] 1 delete hosts/kvm-1/network_attachments/front";
    assert_eq!(calls(&manifest, &host(), &entries), expected);
}

#[test]
fn a_network_that_is_replaced_leaves_the_host_before_the_new_one_comes() {
    let manifest = "
      networks: { front: { data_center: east, port_isolation: true, lifecycle: { replace: allow } } }
      clusters: { east-1: { data_center: east, networks: { front: { required: false } } } }
      hosts:
        kvm-1:
          cluster: east-1
          address: kvm-1.test
          network_attachments: { front: { host_nic: bond0 } }";
    let told = calls(manifest, &host(), &[]);
    let (_, leaves) = told.split_once("delete hosts/kvm-1/network_attachments/front").expect(&told);
    let (_, goes) = leaves.split_once("delete networks/front").expect(&told);
    assert!(goes.contains("create hosts/kvm-1/network_attachments/front"), "{told}");
}

#[test]
fn a_host_that_is_replaced_has_its_cards_again() {
    let manifest = format!(
        "{NETWORKS}
          lifecycle: {{ replace: allow }}
          nics: {{ bond0: {{ bonding: {{ slaves: [eth2, eth3] }} }}, eth0: {{ network_labels: [] }} }}
          network_attachments: {{ front: {{ host_nic: bond0 }}, store: {{ host_nic: eth1 }} }}"
    );
    let manifest = manifest.replace("kvm-1.test", "kvm-1.example");
    let told = calls(&manifest, &host(), &[]);
    let (_, made) = told.split_once("create hosts/kvm-1 ").expect(&told);
    for card in ["eth0", "eth1", "eth2", "eth3"] {
        assert!(made.contains(&format!("find hosts/kvm-1/nics/{card} ")), "{card}: {told}");
    }
    let (_, call) = made.rsplit_once("find").expect(&told);
    for step in ["nics/bond0", "network_attachments/front", "network_attachments/store"] {
        assert!(call.contains(&format!("create hosts/kvm-1/{step} ")), "{step}: {told}");
    }
    assert!(!told.contains("delete hosts/kvm-1/"), "what it has goes with it: {told}");
}

#[test]
fn cards_of_a_host_that_is_being_installed_are_still_to_come() {
    let installing = r#"<host id="h1"><name>kvm-1</name><cluster id="c1"/>
        <address>kvm-1.test</address><status>installing</status></host>"#;
    let manifest = format!(
        "{NETWORKS}
          nics: {{ eth0: {{ network_labels: [a] }} }}
          network_attachments: {{ front: {{ host_nic: eth1 }} }}"
    );
    let told = calls(&manifest, &format!("{SITE}{installing}"), &[]);
    let (_, up) = told.split_once("await up hosts/kvm-1").expect(&told);
    for step in ["find hosts/kvm-1/nics/eth0", "find hosts/kvm-1/nics/eth1", "nics/eth0 "] {
        assert!(up.contains(step), "{step}: {told}");
    }
    assert!(up.contains("create hosts/kvm-1/network_attachments/front"), "{told}");
}

#[test]
fn a_running_machine_moves_between_the_networks_that_come_and_go() {
    let vm = r#"<vm id="v1"><name>web</name><cluster id="c1"/><status>up</status><nics>
        <nic id="k1"><name>nic1</name><vnic_profile id="p1"/><plugged>true</plugged></nic>
        </nics></vm>"#;
    let manifest = format!(
        "{NETWORKS}
          network_attachments: {{ store: {{ host_nic: eth1 }} }}
      vms: {{ web: {{ cluster: east-1, status: up, nics: {{ nic1: {{ vnic_profile: store/store }} }} }} }}"
    );
    let entries = [("hosts/kvm-1", "h1"), ("hosts/kvm-1/network_attachments/front", "a1")];
    let told = calls(&manifest, &format!("{}{vm}", host()), &entries);
    let order = [
        "create hosts/kvm-1/network_attachments/store",
        "vms/web/nics/nic1",
        "delete hosts/kvm-1/network_attachments/front",
    ];
    let places = order.map(|step| told.find(step).unwrap_or_else(|| panic!("{step}: {told}")));
    assert!(places.is_sorted(), "{told}");
}

#[test]
fn a_card_means_one_of_the_same_host() {
    let manifest = |nic: &str| {
        format!("{NETWORKS}\n          network_attachments: {{ store: {{ host_nic: {nic} }} }}")
    };
    let other = r#"<host id="h2"><name>kvm-2</name><cluster id="c1"/><status>up</status><nics>
        <host_nic id="f1"><name>eth1</name></host_nic><host_nic id="f9"><name>eth9</name></host_nic>
        </nics></host>"#;
    let objects = format!("{}{other}", host());
    assert!(steps(&manifest("eth1"), &objects, &[]).contains("create hosts/kvm-1/network"));
    let said = problems(&manifest("eth9"), &objects);
    assert!(said.contains("`host_nic` refers to `eth9`"), "{said}");
    let missing = format!("{NETWORKS}\n          nics: {{ eth9: {{ network_labels: [front] }} }}");
    let said = problems(&missing, &objects);
    assert!(said.contains("is no network card of the host"), "{said}");
    assert!(said.contains("the host has eth0, eth1, eth2, eth3;"), "{said}");
}

#[test]
fn a_host_that_has_something_else_than_said_is_brought_in_line() {
    let objects = host().replace("<in_sync>true", "<in_sync>false");
    let manifest = "
      hosts:
        kvm-1:
          cluster: east-1
          address: kvm-1.test
          network_attachments: { front: { host_nic: bond0 } }";
    assert_eq!(
        calls(manifest, &objects, &[]),
        "[0] 0 update (in_sync false -> true) hosts/kvm-1/network_attachments/front"
    );
}

#[test]
fn a_network_is_required_when_the_hosts_have_it_and_not_before_they_lose_it() {
    let manifest = NETWORKS.replace("store: { required: false }", "store: {}");
    let attached =
        format!("{manifest}\n          network_attachments: {{ store: {{ host_nic: eth1 }} }}");
    let expected = "\
0 create networks/store
1 create clusters/east-1/networks/store  <- 0
[2] 2 create hosts/kvm-1/network_attachments/store  <- 0 1
3 update (required false -> true) clusters/east-1/networks/store  <- 1 2";
    assert_eq!(calls(&attached, &host(), &[]), expected);
    let said = problems(&manifest, &host());
    assert!(said.contains("would go out of service: kvm-1"), "{said}");
    let objects = host().replace("<required>false", "<required>true");
    let gone = "
      clusters: { east-1: { data_center: east } }
      hosts: { kvm-1: { cluster: east-1, address: kvm-1.test } }";
    let entries = [
        ("clusters/east-1", "c1"),
        ("clusters/east-1/networks/front", "n1"),
        ("hosts/kvm-1", "h1"),
        ("hosts/kvm-1/network_attachments/front", "a1"),
    ];
    let expected = "\
0 update (required true -> false) clusters/east-1/networks/front
[1] 1 delete hosts/kvm-1/network_attachments/front  <- 0
2 delete clusters/east-1/networks/front  <- 0 1";
    assert_eq!(calls(gone, &objects, &entries), expected);
}
