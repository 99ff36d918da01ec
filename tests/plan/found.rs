//! What is on the engine already: adopted, told apart, left alone.

use virtuform::plan::{Limits, Record, plan};

use crate::support::views::{desired, ledger, observed, outline};
use crate::{SITE, run, steps, vm};

#[test]
fn an_object_that_is_as_wanted_is_adopted_and_left_alone() {
    let plan = run("vms: { web: { cluster: east-1, memory: 1 GiB } }", &vm(""), &[]).unwrap();
    assert!(plan.is_empty());
    assert!(
        matches!(&plan.records[..], [Record::Keep { entry, adopted: true, .. }] if entry.id == "v1")
    );
}

#[test]
fn what_is_recorded_and_as_wanted_changes_nothing_at_all() {
    let manifest = "vms: { web: { cluster: east-1, memory: 1 GiB } }";
    let plan = run(manifest, &vm(""), &[("vms/web", "v1")]).unwrap();
    assert!(plan.is_empty() && plan.records.is_empty() && plan.notes.is_empty());
}

#[test]
fn the_ledger_finds_an_object_under_another_name_and_renames_it() {
    let manifest = "vms: { web: { name: www, cluster: east-1 } }";
    assert_eq!(
        steps(manifest, &vm(""), &[("vms/web", "v1")]),
        "0 update (name web -> www) vms/web"
    );
}

#[test]
fn an_object_that_is_gone_is_made_anew_and_the_plan_says_so() {
    let plan = run("clusters: { old: { data_center: east } }", SITE, &[("clusters/old", "c9")]);
    let plan = plan.unwrap();
    assert_eq!(outline(&plan), "0 create clusters/old");
    assert_eq!(plan.notes[0].text, "was `c9`, which is gone from the engine");
}

#[test]
fn what_a_template_has_is_found_and_changed_not_made() {
    let manifest = "
      vms:
        db:
          cluster: east-1
          template: rhel-9
          nics: { nic1: { vnic_profile: front/front, linked: false }, nic2: { vnic_profile: front/front } }";
    assert_eq!(
        steps(manifest, SITE, &[]),
        "0 create vms/db\n\
         1 await down vms/db  <- 0\n\
         2 find vms/db/nics/nic1  <- 0\n\
         3 update (linked ? -> false) vms/db/nics/nic1  <- 2\n\
         4 create vms/db/nics/nic2  <- 0"
    );
}

#[test]
fn moved_keys_keep_their_object() {
    let manifest = "
      moved: [{ from: vms/old, to: vms/web }]
      vms: { web: { cluster: east-1 } }";
    let plan = run(manifest, &vm(""), &[("vms/old", "v1")]).unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.records.len(), 2);
}

#[test]
fn secrets_that_were_sent_are_not_sent_again_until_they_change() {
    let manifest = |password: &str| {
        format!("hosts: {{ kvm: {{ cluster: east-1, address: a, root_password: {password} }} }}")
    };
    let host = r#"<host id="h1"><name>kvm</name><cluster id="c1"/><address>a</address><status>up</status></host>"#;
    let objects = format!("{SITE}{host}");
    let first = run(&manifest("one"), &objects, &[]).unwrap();
    let Record::Keep { entry, .. } = &first.records[0] else { panic!("it is adopted") };
    assert_ne!(entry.digests["root_password"], "one");
    let mut known = ledger(&[("hosts/kvm", "h1")]);
    known.entries.values_mut().for_each(|e| e.digests = entry.digests.clone());
    let again = |password: &str| {
        plan(&desired(&manifest(password)), &observed(&objects), &known, &Limits::default())
            .unwrap()
    };
    assert!(again("one").is_empty() && again("one").notes.is_empty());
    let changed = again("two");
    assert!(!changed.is_empty() || !changed.notes.is_empty(), "a new password is not lost");
}

#[test]
fn what_the_engine_shows_beyond_a_members_own_values_is_no_difference() {
    let shown = r#"<initialization><nic_configurations><nic_configuration>
        <boot_protocol>static</boot_protocol>
        <ip><address>10.0.0.5</address><netmask>255.0.0.0</netmask><version>v4</version></ip>
        <ipv6_boot_protocol>none</ipv6_boot_protocol><name>eth0</name><on_boot>true</on_boot>
      </nic_configuration></nic_configurations></initialization>
      <nics><nic id="k1"><name>nic1</name><mac><address>02:00:00:00:0A:0B</address></mac></nic></nics>"#;
    let manifest = |address: &str| {
        format!(
            "vms:
  web:
    cluster: east-1
    initialization:
      nic_configurations:
        - {{ name: eth0, boot_protocol: static, ip: {{ address: {address}, netmask: 255.0.0.0 }} }}
    nics: {{ nic1: {{ mac: {{ address: '02:00:00:00:0a:0B' }} }} }}"
        )
    };
    assert_eq!(steps(&manifest("10.0.0.5"), &vm(shown), &[]), "");
    assert!(steps(&manifest("10.0.0.6"), &vm(shown), &[]).contains("update"));
}

#[test]
fn a_data_center_of_the_name_is_adopted() {
    let manifest = "data_centers: { east: { local: false } }
clusters: { east-1: { data_center: east } }";
    assert_eq!(steps(manifest, SITE, &[]), "");
}
