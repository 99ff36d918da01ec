//! Manifests of what an engine has: planning with them, there is nothing to do.

use similar::{ChangeTag, TextDiff};
use virtuform::export::export;
use virtuform::resources::kinds::KINDS;
use virtuform::simulated::Lab;

use crate::support::site::Site;

/// An engine with all that a site collects over the years.
fn lab(vms: usize) -> Site {
    let site = Site::new(1);
    site.simulated.lock().expect("nobody panicked").lab(&Lab::large(vms));
    site
}

#[tokio::test(start_paused = true)]
async fn a_fresh_engine_has_its_administrator_to_export() {
    let site = Site::new(1);
    let expected = "users:
  admin@internal-authz: { domain: internal-authz, principal: admin, namespace: '*' }

permissions:
  SuperUser-admin@internal-authz: { role: SuperUser, user: admin@internal-authz }
";
    assert_eq!(site.export(&[]).await, expected);
}

#[tokio::test(start_paused = true)]
async fn a_lab_with_all_its_scenery_is_exported_cleanly() {
    let site = lab(12);
    site.exports_cleanly().await;
    site.imports_cleanly().await;
}

#[tokio::test(start_paused = true)]
async fn a_part_of_a_lab_brings_what_it_needs() {
    let site = lab(12);
    let part = site.export_part(&["vms/vm-00003", "tags/*"]).await;
    assert_eq!(site.work_of_a_stranger(&part).await, "");
    assert!(part.contains("  vm-00003:") && !part.contains("vm-00004"), "{part}");
    assert!(part.contains("clusters:") && !part.contains("templates:"), "{part}");
}

/// What is not read changes nothing of what is written.
#[tokio::test(start_paused = true)]
async fn every_part_is_as_if_all_was_read() {
    let mut site = Site::new(2);
    site.apply(super::SITE).await;
    let (everything, mut wrong) = (site.all().await, String::new());
    for kind in KINDS.iter().filter(|kind| kind.managed) {
        let above = std::iter::successors(kind.parent, |kind| kind.parent);
        let pattern = above.fold(format!("{}/*", kind.section), |pattern, above| {
            format!("{}/*/{pattern}", above.section)
        });
        let part = site.export_part(&[&pattern]).await;
        let all = export(&everything, std::slice::from_ref(&pattern)).text();
        let changes = TextDiff::from_lines(&all, &part);
        let changes = changes.iter_all_changes().filter(|it| it.tag() != ChangeTag::Equal);
        wrong.extend(changes.map(|change| format!("{pattern}: {}{change}", change.tag())));
    }
    assert!(wrong.is_empty(), "{wrong}");
}

#[tokio::test(start_paused = true)]
async fn a_part_is_read_without_what_it_cannot_need() {
    let site = lab(12);
    let before = site.requests().lines().count();
    site.export_part(&["networks/*"]).await;
    let requests = site.requests();
    let asked: Vec<&str> = requests.lines().skip(before).filter_map(collection).collect();
    let people = ["clusterlevels", "roles", "domains", "users", "groups", "permissions"];
    assert_eq!(
        asked,
        [&people[..], &["openstacknetworkproviders", "datacenters", "networks"]].concat()
    );
    site.export_part(&["vms/vm-00003"]).await;
    let requests = site.requests();
    let alone = requests.lines().filter(|request| request.contains("/numanodes")).count();
    assert_eq!(alone, 1, "other machines are asked for their nodes");
}

/// The collection that a request asks for.
fn collection(request: &str) -> Option<&str> {
    let (_, path) = request.split_once("/ovirt-engine/api/")?;
    path.split(['?', '"', '/']).next()
}
