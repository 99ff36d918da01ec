//! Manifests of what an engine has: planning with them, there is nothing to do.

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
    let part = site.export(&["vms/vm-00003", "tags/*"]).await;
    assert_eq!(site.work_of_a_stranger(&part).await, "");
    assert!(part.contains("  vm-00003:") && !part.contains("vm-00004"), "{part}");
    assert!(part.contains("clusters:") && !part.contains("templates:"), "{part}");
}
