//! A storage domain of each type of storage: made, read again, exported, changed, taken away.

use crate::support::site::Site;

const SITE: &str = "
data_centers: { east: { local: false }, edge: { local: true } }
clusters:
  east-1: { data_center: east, cpu: { type: Intel Cascadelake Server Family } }
  edge-1: { data_center: edge, cpu: { type: Intel Cascadelake Server Family } }
hosts:
  kvm-01: { cluster: east-1, address: kvm-01.test, root_password: { env: PASSWORD } }
  kvm-02: { cluster: edge-1, address: kvm-02.test, root_password: { env: PASSWORD } }
storage_domains:
  files: { data_center: east, host: kvm-01, type: data, storage: { type: nfs, address: nas.test, path: /files } }
";

/// The domain and what a run may be asked to change of it.
fn with(domain: &str) -> String {
    let domain = domain.replace("{lun}", &lun("iqn.test:luns"));
    format!("{SITE}  it: {}\n", domain.replace("{fabric}", &lun("fabric")))
}

/// The first LUN that hosts see there.
fn lun(place: &str) -> String {
    let unit = blake3::hash(format!("{place}/0").as_bytes()).to_hex();
    format!("36001405{}", &unit[..25])
}

/// Each type, in the least words, and what of it changes.
const TYPES: &[&str] = &[
    "{ data_center: east, host: kvm-01, type: data, storage: { type: nfs, address: nas.test, path: /it }",
    "{ data_center: east, host: kvm-01, type: data, storage: { type: posixfs, path: /dev/sdb1, vfs_type: xfs, mount_options: noatime }",
    "{ data_center: east, host: kvm-01, type: data, storage: { type: glusterfs, address: gluster.test, path: /bricks, vfs_type: glusterfs }",
    "{ data_center: east, host: kvm-01, type: data, storage: { type: iscsi, logical_units: [{ id: '{lun}', address: san.test, port: 3260, target: 'iqn.test:luns' }] }",
    "{ data_center: east, host: kvm-01, type: iso, storage: { type: nfs, address: nas.test, path: /iso }",
    "{ data_center: east, host: kvm-01, type: export, storage: { type: nfs, address: nas.test, path: /export }",
    "{ data_center: east, host: kvm-01, type: managed_block_storage, storage: { type: managed_block_storage, driver_options: { volume_driver: rbd, rbd_pool: p }, driver_sensitive_options: { rbd_secret: { env: PASSWORD } } }",
    "{ data_center: edge, host: kvm-02, type: data, storage: { type: localfs, path: /data }",
    "{ host: kvm-01, type: data, storage: { type: nfs, address: nas.test, path: /it }",
    "{ data_center: east, host: kvm-01, type: data, storage: { type: fcp, logical_units: [{ id: '{fabric}' }] }",
];

#[tokio::test(start_paused = true)]
async fn domains_of_each_type_come_and_change_and_go() {
    for (number, domain) in TYPES.iter().enumerate() {
        let mut site = Site::new(60 + number as u64);
        let made = with(&format!("{domain} }}"));
        site.apply(&made).await;
        site.is_settled(&made).await;
        site.exports_cleanly().await;
        let changed = with(&format!("{domain}, comment: kept, warning_low_space_indicator: 20 }}"));
        site.apply(&changed).await;
        site.is_settled(&changed).await;
        assert!(!site.files().contains("hunter2"), "{domain}");
        site.apply(SITE).await;
        site.is_settled(SITE).await;
        assert_eq!(site.list("/storagedomains").len(), 1, "{domain}");
        site.apply("data_centers: {}").await;
        assert_eq!(site.list("/hosts").len(), 0, "{domain}");
        assert_eq!(site.list("/storagedomains").len(), 0, "{domain}");
    }
}

/// What a driver must know and nobody may see is sent, and told when it changes too late.
#[tokio::test(start_paused = true)]
async fn what_a_driver_is_given_is_told_by_its_digest() {
    let mut site = Site::new(70);
    let managed = |secret: &str| {
        let text = TYPES[6].replace("{ env: PASSWORD }", secret);
        with(&format!("{text} }}"))
    };
    site.apply(&managed("{ env: PASSWORD }")).await;
    let plan = site.plan(&Site::load(&managed("other")).expect("a manifest")).await;
    assert!(plan.steps.is_empty());
    let note = plan.notes.iter().find(|note| note.text.contains("driver_sensitive_options"));
    assert!(note.is_some_and(|note| note.text.contains("is read only when it is made")));
}

/// A run that is cut off anywhere while a domain rests for its new path is finished by the next,
/// though no manifest says that the domain is active.
#[tokio::test(start_paused = true)]
async fn a_domain_is_woken_up_again() {
    let at = |path: &str| {
        let domain = TYPES[0].replace("/it", path);
        with(&format!("{domain}, lifecycle: {{ restart: when_needed }} }}"))
    };
    for steps in 1..=5 {
        let mut site = Site::new(80);
        site.apply(&at("/it")).await;
        crate::interruption::run_until(&mut site, &at("/new"), steps).await;
        site.wait(60).await;
        site.apply(&at("/new")).await;
        site.is_settled(&at("/new")).await;
        let center = site.id("/datacenters", "east");
        let domains = site.list(&format!("/datacenters/{center}/storagedomains"));
        let states: Vec<_> = domains.iter().map(|it| it.text_at("status")).collect();
        assert_eq!(states, [Some("active"); 2], "cut off after {steps}");
    }
}

/// A run that is cut off while it takes a domain over is finished by the next, under whichever name
/// the domain has by then.
#[tokio::test(start_paused = true)]
async fn a_domain_is_taken_over_once() {
    let taken = format!("{SITE}  taken: {}, import: true }}\n", TYPES[0]);
    for steps in 1..=4 {
        let mut site = Site::new(90);
        site.apply(&with(&format!("{} }}", TYPES[0]))).await;
        let id = site.id("/storagedomains", "it");
        site.apply(SITE).await;
        crate::interruption::run_until(&mut site, &taken, steps).await;
        site.wait(60).await;
        site.apply(&taken).await;
        site.is_settled(&taken).await;
        assert_eq!(site.id("/storagedomains", "taken"), id, "cut off after {steps}");
        assert_eq!(site.list("/storagedomains").len(), 2, "cut off after {steps}");
    }
}

/// On LUNs a domain is taken over by its id, and knows by itself which LUNs they are.
#[tokio::test(start_paused = true)]
async fn a_domain_on_luns_is_taken_over_by_its_id() {
    for (domain, storage) in [(TYPES[3], "iscsi"), (TYPES[9], "fcp")] {
        let mut site = Site::new(100);
        site.apply(&with(&format!("{domain} }}"))).await;
        let id = site.id("/storagedomains", "it");
        site.apply(SITE).await;
        assert_eq!(site.list("/storagedomains").len(), 1, "{storage}");
        let taken = format!(
            "{SITE}  taken: {{ data_center: east, host: kvm-01, type: data, import: true, id: {id}, \
             storage: {{ type: {storage} }} }}\n"
        );
        site.apply(&taken).await;
        site.is_settled(&taken).await;
        site.exports_cleanly().await;
        assert_eq!(site.id("/storagedomains", "taken"), id, "{storage}");
    }
}
