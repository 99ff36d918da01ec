//! The orders of the infrastructure handbook, sections 21 and 22, out of one manifest: what a site is
//! brought up by, and what it is taken down by.

use super::SITE;
use crate::support::site::Site;

/// The writes that the engine accepted so far: method and path, ids as `*`, in their order.
pub fn writes(site: &Site) -> Vec<String> {
    let simulated = site.simulated.lock().expect("nobody panicked");
    let written = simulated.requests().iter().filter(|it| it.method != "GET" && it.status < 300);
    let api = |path: &str| path.split_once("/api").map_or("", |(_, below)| below).to_owned();
    let plain = |path: String| {
        let path = path.split('?').next().unwrap_or_default().to_owned();
        let is_id = |part: &&str| part.len() == 36 && part.matches('-').count() == 4;
        let parts = path.split('/').map(|part| if is_id(&part) { "*" } else { part });
        parts.collect::<Vec<_>>().join("/")
    };
    written.map(|it| format!("{} {}", it.method, plain(api(&it.path)))).collect()
}

/// All of the first come before any of the second.
fn in_order(writes: &[String], order: &[(&str, &str)]) {
    for (before, after) in order {
        let all = |what: &str| -> Vec<usize> {
            let found = writes.iter().enumerate().filter(|(_, write)| *write == what);
            found.map(|(at, _)| at).collect()
        };
        let (last, first) = (all(before).last().copied(), all(after).first().copied());
        let story = writes.join("\n");
        let last = last.unwrap_or_else(|| panic!("nobody says `{before}`:\n{story}"));
        let first = first.unwrap_or_else(|| panic!("nobody says `{after}`:\n{story}"));
        assert!(last < first, "`{before}` comes before `{after}`:\n{story}");
    }
}

#[tokio::test(start_paused = true)]
async fn a_site_is_brought_up_from_the_ground() {
    let mut site = Site::new(21);
    site.apply(SITE).await;
    let writes = writes(&site);
    // What needs none of the later domains does not wait for them.
    let first = |what: &str| writes.iter().position(|it| it == what).expect("somebody says it");
    assert!(first("POST /datacenters/*/storagedomains") < first("POST /disks"));
    assert!(first("POST /datacenters/*/storagedomains") < first("POST /templates"));
    in_order(
        &writes,
        &[
            ("POST /macpools", "POST /clusters"),
            ("POST /datacenters", "POST /networks"),
            ("POST /datacenters/*/qoss", "PUT /cpuprofiles/*"),
            ("POST /networks", "POST /vnicprofiles"),
            ("POST /networks", "POST /clusters/*/networks"),
            ("POST /clusters", "POST /clusters/*/networks"),
            ("POST /clusters/*/networks", "POST /hosts"),
            ("POST /hosts", "POST /hosts/*/fenceagents"),
            ("POST /hosts/*/fenceagents", "PUT /hosts/*"),
            ("POST /hosts", "POST /hosts/*/setupnetworks"),
            ("POST /hosts", "POST /storagedomains"),
            ("POST /hosts/*/setupnetworks", "PUT /clusters/*/networks/*"),
            ("POST /vms", "POST /clusters/*/affinitygroups"),
            ("POST /templates", "POST /vms/*/start"),
            ("POST /hosts/*/setupnetworks", "POST /vms/*/start"),
            ("POST /vms/*/nics", "POST /vms/*/start"),
        ],
    );
}

#[tokio::test(start_paused = true)]
async fn domains_come_to_a_center_one_after_the_other() {
    let mut site = Site::new(22);
    site.apply(SITE).await;
    let writes = writes(&site);
    let domains = |write: &&String| {
        ["POST /storagedomains", "POST /datacenters/*/storagedomains"].contains(&write.as_str())
    };
    let order: Vec<&String> = writes.iter().filter(domains).collect();
    let [made, attached] = ["POST /storagedomains", "POST /datacenters/*/storagedomains"];
    assert!(order.len() > 2 && order.len().is_multiple_of(2), "{order:?}");
    assert!(order.chunks(2).all(|pair| pair == [made, attached]), "{order:?}");
}

#[tokio::test(start_paused = true)]
async fn a_site_is_taken_down_to_the_ground() {
    let mut site = Site::new(23);
    site.apply(SITE).await;
    let domains = writes(&site).iter().filter(|it| *it == "POST /storagedomains").count();
    site.simulated.lock().expect("nobody panicked").forget_requests();
    site.apply("").await;
    let writes = writes(&site);
    in_order(
        &writes,
        &[
            ("POST /vms/*/stop", "DELETE /vms/*"),
            ("DELETE /templates/*", "DELETE /clusters/*"),
            ("DELETE /vms/*", "DELETE /datacenters/*/storagedomains/*"),
            ("DELETE /datacenters/*/storagedomains/*", "DELETE /datacenters/*"),
            ("DELETE /storagedomains/*", "POST /hosts/*/deactivate"),
            ("DELETE /storagedomains/*", "DELETE /hosts/*"),
            ("POST /hosts/*/deactivate", "DELETE /hosts/*"),
            ("DELETE /hosts/*", "DELETE /clusters/*"),
            ("DELETE /clusters/*", "DELETE /macpools/*"),
        ],
    );
    let rests = |it: &&String| it.ends_with("/deactivate") && it.contains("storagedomains");
    assert_eq!(writes.iter().filter(rests).count(), domains, "{}", writes.join("\n"));
}
