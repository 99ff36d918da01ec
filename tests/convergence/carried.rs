//! What the engine carries on to hosts in the background: an apply ends when they have it.

use virtuform::simulated::{Effect, Trouble};

use super::SITE;
use crate::support::site::{Site, failures};
use crate::support::views::outline;

/// The site, and changes of it that reach hosts after the engine has answered.
const CHANGES: &[(&str, &str)] = &[
    ("mtu: 9000", "mtu: 1500"),
    (
        "front: { data_center: east, vlan: { id: 100 }",
        "front: { data_center: east, vlan: { id: 101 }",
    ),
    ("front: { data_center: east, vlan", "front: { data_center: east, qos: shares, vlan"),
    (
        "front: { data_center: east, qos: shares, vlan",
        "front: { data_center: east, qos: shares, stp: true, vlan",
    ),
];

/// The site with a QoS for networks on hosts.
fn with_shares() -> String {
    let half = "qoss: { half: { type: cpu, cpu_limit: 50 }";
    let shares = "shares: { type: hostnetwork, outbound_average_linkshare: 10 }";
    SITE.replacen(half, &format!("{half}, {shares}"), 1)
}

#[tokio::test(start_paused = true)]
async fn an_apply_ends_when_the_hosts_have_a_change() {
    let mut site = Site::new(41);
    let mut manifest = with_shares();
    site.apply(&manifest).await;
    for (from, to) in CHANGES {
        assert!(manifest.contains(from), "the site no longer has {from:?}");
        manifest = manifest.replacen(from, to, 1);
        site.apply(&manifest).await;
        site.is_settled(&manifest).await;
    }
}

#[tokio::test(start_paused = true)]
async fn a_host_that_does_not_get_a_change_is_named() {
    let mut site = Site::new(42);
    site.apply(SITE).await;
    let trouble = Trouble::on("PUT", "/networks/*", Effect::FailWork).nth(1);
    site.simulated.lock().expect("nobody panicked").trouble(trouble);
    let changed = SITE.replacen("mtu: 9000", "mtu: 1500", 1);
    let plan = site.plan(&Site::load(&changed).expect("a good manifest")).await;
    let report = site.run(plan).await;
    let said = failures(&report);
    assert!(said.contains("kvm-01") || said.contains("kvm-02"), "{said}");
    let repair = site.apply(&changed).await;
    assert!(outline(&repair).contains("in_sync false -> true"), "{}", outline(&repair));
    site.is_settled(&changed).await;
}
