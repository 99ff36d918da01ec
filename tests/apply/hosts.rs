//! What a run does to the networks of many hosts: one call for each, and one look at all.

use virtuform::simulated::Lab;

use crate::simulated::{InProcess, assert_nothing_to_do, assert_success, go, load};

fn site(share: u32, card: &str, other: &str) -> String {
    format!(
        "
data_centers:
  lab: {{ local: false, qoss: {{ fair: {{ type: hostnetwork, outbound_average_linkshare: {share} }} }} }}
networks:
  storage: {{ data_center: lab, vlan: {{ id: 200 }}, qos: fair, network_labels: [trunk] }}
clusters:
  lab: {{ data_center: lab, networks: {{ storage: {{}} }} }}
hosts:
  'host-{{1..4}}':
    cluster: lab
    address: 'host-${{each}}.lab.example.com'
    nics:
      {card}: {{ network_labels: [trunk] }}
      {other}: {{ network_labels: [] }}
"
    )
}

#[tokio::test(start_paused = true)]
async fn many_hosts_are_looked_at_in_one_list() {
    let engine = InProcess::with(&Lab { hosts: 4, ..Lab::default() });
    let client = engine.client();
    let folder = tempfile::tempdir().unwrap();
    let before = load(&site(10, "eth1", "eth2"));
    assert_success(&go(&before, &client, folder.path(), 1).await, "making");
    assert_nothing_to_do(&before, &client, folder.path(), "made").await;
    let lists = engine.arrived("/hosts?follow=network_attachments");
    let after = load(&site(40, "eth1", "eth2"));
    let told = go(&after, &client, folder.path(), 2).await;
    assert_success(&told, "changing");
    assert_nothing_to_do(&after, &client, folder.path(), "changed").await;
    assert_eq!(engine.arrived("/networkattachments"), 0);
    // Once at once, then now and then for five seconds.
    let lists = engine.arrived("/hosts?follow=network_attachments") - lists;
    assert!((2..6).contains(&lists), "{lists} lists");
}

#[tokio::test(start_paused = true)]
async fn a_label_moves_from_card_to_card_in_one_call() {
    let engine = InProcess::with(&Lab { hosts: 4, ..Lab::default() });
    let client = engine.client();
    let folder = tempfile::tempdir().unwrap();
    let before = load(&site(10, "eth1", "eth2"));
    assert_success(&go(&before, &client, folder.path(), 1).await, "making");
    let calls = engine.arrived("/setupnetworks");
    let after = load(&site(10, "eth2", "eth1"));
    assert_success(&go(&after, &client, folder.path(), 2).await, "moving");
    assert_eq!(engine.arrived("/setupnetworks") - calls, 4);
    assert_nothing_to_do(&after, &client, folder.path(), "moved").await;
}
