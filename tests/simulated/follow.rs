//! Links that are followed, in the simulated engine.

use crate::asking::Asking;

#[test]
fn links_are_followed_to_any_depth() {
    let mut it = Asking::lab();
    let vm = it.running_vm("web");
    let shown = it.get(&format!("{vm}?follow=disk_attachments.disk.storage_domains,nics.vnic_profile.network,cluster.data_center,host"));
    assert_eq!(shown.text_at("cluster/data_center/name"), Some("lab"));
    assert_eq!(shown.text_at("host/status"), Some("up"));
    let domain =
        "disk_attachments/disk_attachment/disk/storage_domains/storage_domain/storage/type";
    assert_eq!(shown.text_at(domain), Some("nfs"));
    assert_eq!(shown.text_at("nics/nic/vnic_profile/network/name"), Some("ovirtmgmt"));
    assert!(shown.all("link").all(|it| it.attribute("rel") != Some("nics")));
}

#[test]
fn computed_collections_are_followed_like_others() {
    let mut it = Asking::lab();
    let host = it.id("hosts", "host-1");
    let shown = it.get(&format!("/hosts/{host}?follow=statistics,numa_nodes.statistics"));
    assert!(shown.at("statistics/statistic/values/value/datum").is_some());
    assert!(shown.at("numa_nodes/host_numa_node/statistics/statistic/values").is_some());
}

#[test]
fn what_cannot_be_followed_fails_the_whole_request() {
    let mut it = Asking::lab();
    it.running_vm("up");
    it.vm("down", "");
    for path in [
        "/vms?follow=colour",
        "/vms?follow=host",
        "/vms?follow=nics.colour",
        "/clusters?follow=cpu",
        "/hosts?follow=agents",
        "/hosts?follow=fence_agents",
    ] {
        assert_eq!(it.ask("GET", path, "").0, 500, "{path}");
    }
    assert_eq!(it.ask("GET", "/clusters?follow=gluster_volumes", "").0, 200, "gluster is off");
}
