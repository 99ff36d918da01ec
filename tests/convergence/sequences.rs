//! The sequences of the workload handbook, section 14: as many calls as it takes, and no more.

use super::SITE;
use super::bring_up::writes;
use crate::support::site::Site;

/// The site, with machines of its own; the writes that follow count.
async fn with(vms: &str, seed: u64) -> Site {
    let mut site = Site::new(seed);
    site.apply(&format!("{SITE}{vms}")).await;
    site.simulated.lock().expect("nobody panicked").forget_requests();
    site
}

/// The writes that bring a site from some machines to others.
async fn calls(site: &mut Site, vms: &str) -> Vec<String> {
    site.apply(&format!("{SITE}{vms}")).await;
    let mut calls = writes(site);
    // The login is no call to the API.
    calls.retain(|call| call != "POST ");
    calls.sort();
    calls
}

#[tokio::test(start_paused = true)]
async fn a_machine_comes_from_a_template_and_starts() {
    let mut site = with("", 31).await;
    let machine = "
  late:
    cluster: east-1
    template: base
    status: up
    initialization: { host_name: late }
    tags: [web]
    nics: { nic1: { vnic_profile: gold }, nic9: { vnic_profile: front/front } }";
    let expected = [
        "POST /vms",
        "POST /vms/*/start",
        "POST /vms/*/tags",
        "PUT /vms/*/nics/*",
        "PUT /vms/*/nics/*",
    ];
    assert_eq!(calls(&mut site, machine).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_running_machine_grows() {
    let machine = |size: &str, sockets: u8, profile: &str, disk: &str| {
        format!(
            "
  grows:
    cluster: east-1
    template: base
    status: up
    memory: {size}
    memory_policy: {{ max: 8 GiB, guaranteed: 1 GiB }}
    cpu: {{ topology: {{ sockets: {sockets}, cores: 1, threads: 1 }} }}
    nics: {{ nic1: {{ vnic_profile: {profile} }} }}
    disk_attachments:
      data:
        interface: virtio
        disk: {{ provisioned_size: {disk}, format: cow, storage_domains: [slow] }}"
        )
    };
    let mut site = with(&machine("2 GiB", 1, "front/front", "1 GiB"), 32).await;
    let grown = machine("4 GiB", 2, "gold", "2 GiB");
    let expected = ["PUT /vms/*", "PUT /vms/*/diskattachments/*", "PUT /vms/*/nics/*"];
    assert_eq!(calls(&mut site, &grown).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_hundred_machines_are_removed() {
    let many = "
  'many-{001..100}': { cluster: east-1, os: { boot: { devices: [cdrom] } }, status: up }";
    let mut site = with(many, 33).await;
    let calls = calls(&mut site, "").await;
    let count = |what: &str| calls.iter().filter(|call| *call == what).count();
    assert_eq!((count("POST /vms/*/stop"), count("DELETE /vms/*"), calls.len()), (100, 100, 200));
    let simulated = site.simulated.lock().unwrap();
    let reads = simulated.requests().iter().filter(|it| it.method == "GET").count();
    assert!(reads < 60, "{reads} reads: lists, not machines");
}

/// Handbook, C: the machine goes and comes back on another template, and its data disk stays.
#[tokio::test(start_paused = true)]
async fn a_machine_gets_another_template() {
    let machine = |template: &str| {
        format!(
            "
  moves:
    cluster: east-1
    template: {template}
    status: up
    tags: [web]
    lifecycle: {{ replace: allow }}
    nics: {{ nic1: {{ vnic_profile: gold, mac: {{ address: '02:00:00:00:0f:01' }} }} }}
    disk_attachments:
      data: {{ interface: virtio, disk: {{ id: shared }} }}"
        )
    };
    let mut site = with(&machine("base"), 34).await;
    let expected = [
        "DELETE /vms/*",
        "DELETE /vms/*/diskattachments/*",
        "POST /vms",
        "POST /vms/*/diskattachments",
        "POST /vms/*/nics",
        "POST /vms/*/start",
        "POST /vms/*/stop",
        "POST /vms/*/tags",
    ];
    assert_eq!(calls(&mut site, &machine("Blank")).await, expected);
}
