//! Changes: when they take effect, and those that take a new object.

use virtuform::plan::Limits;
use virtuform::resources::Reference;

use crate::support::views::outline;
use crate::{SITE, run, run_within, steps, vm};

#[test]
fn a_change_for_the_next_start_goes_there_and_the_rest_at_once() {
    let manifest = "vms: { web: { cluster: east-1, memory: 2 GiB, description: new, bios: { boot_menu: { enabled: true } } } }";
    let objects = vm("<memory_policy><max>4294967296</max></memory_policy>").replace("down", "up");
    assert_eq!(
        steps(manifest, &objects, &[("vms/web", "v1")]),
        "0 update (description \"\" -> new, memory 1 GiB -> 2 GiB) vms/web\n\
         1 update (bios.boot_menu.enabled ? -> true) for the next start vms/web  <- 0"
    );
}

#[test]
fn what_already_waits_for_the_next_start_is_not_sent_again() {
    let manifest = "vms: { web: { cluster: east-1, custom_cpu_model: Haswell } }";
    let objects = vm("<next_run><custom_cpu_model>Haswell</custom_cpu_model></next_run>")
        .replace("down", "up");
    let plan = run(manifest, &objects, &[("vms/web", "v1")]).unwrap();
    assert!(plan.is_empty());
    assert_eq!(plan.notes[0].text, "`custom_cpu_model` waits for its next start");
}

#[test]
fn a_replacement_is_refused_unless_it_is_allowed() {
    let manifest = "vms: { web: { cluster: east-1, template: Blank } }";
    let plan = run(manifest, &vm(""), &[("vms/web", "v1")]).unwrap();
    assert_eq!(
        plan.refusals[0].message,
        "vms/web: `template` cannot be changed; it would have to be replaced"
    );
    let limits = Limits { allow_destroy: vec!["vms/web".to_owned()], ..Limits::default() };
    let plan = run_within(manifest, &vm(""), &[("vms/web", "v1")], &limits).unwrap();
    assert_eq!(plan.refusals, []);
    assert_eq!(
        outline(&plan),
        "0 delete vms/web\n1 create vms/web  <- 0\n2 await down vms/web  <- 1"
    );
}

#[test]
fn what_a_replaced_object_holds_is_made_anew_with_it() {
    let manifest = "
      vms:
        web:
          cluster: east-1
          template: Blank
          lifecycle: { replace: allow }
          nics: { nic1: { vnic_profile: front/front } }";
    let nic = r#"<nics><nic id="i1"><name>nic1</name><vnic_profile id="p1"/></nic></nics>"#;
    let entries = [("vms/web", "v1"), ("vms/web/nics/nic1", "i1"), ("vms/web/tags/old", "g1")];
    let limits = Limits { allow_destroy: vec!["*".to_owned()], ..Limits::default() };
    let plan = run_within(manifest, &vm(nic), &entries, &limits).unwrap();
    assert_eq!(
        outline(&plan),
        "0 delete vms/web\n\
         1 create vms/web  <- 0\n\
         2 await down vms/web  <- 1\n\
         3 create vms/web/nics/nic1  <- 1"
    );
    assert_eq!(plan.steps[3].parent, Some(Reference::Address(plan.steps[1].address.clone())));
}

#[test]
fn whoever_refers_to_a_replaced_object_refers_to_the_new_one() {
    let second = r#"<data_center id="d2"><name>west</name></data_center>"#;
    let manifest = "
      networks: { front: { data_center: west, lifecycle: { replace: allow } } }
      vnic_profiles: { gold: { network: front, lifecycle: { replace: allow } } }";
    let gold = r#"<vnic_profile id="p9"><name>gold</name><network id="n1"/></vnic_profile>"#;
    let entries = [("networks/front", "n1"), ("vnic_profiles/gold", "p9")];
    let objects = format!("{SITE}{second}{gold}");
    let plan = run(manifest, &objects, &entries).unwrap();
    assert_eq!(
        plan.refusals[0].message,
        "networks/front: cannot be removed, as the template_nic `nic1` of `rhel-9` still needs it"
    );
    let nic = r#"<nic id="tn1"><name>nic1</name><vnic_profile id="p1"/></nic>"#;
    let plan = run(manifest, &objects.replace(nic, ""), &entries).unwrap();
    assert_eq!(plan.refusals, []);
    assert_eq!(
        outline(&plan),
        "0 delete vnic_profiles/gold\n\
         1 delete networks/front  <- 0\n\
         2 create networks/front  <- 1\n\
         3 create vnic_profiles/gold  <- 0 2"
    );
}

#[test]
fn a_disk_in_use_is_only_unplugged_with_consent() {
    let disk = r#"<disk_attachments><disk_attachment id="a1"><interface>virtio</interface>
        <active>true</active><disk id="a1"><alias>root</alias></disk></disk_attachment></disk_attachments>"#;
    let objects = vm(disk).replace("<status>down", "<status>up");
    let manifest = "
      vms:
        web:
          cluster: east-1
          disk_attachments: { root: { interface: virtio_scsi, disk: { alias: root } } }";
    let plan = run(manifest, &objects, &[]).unwrap();
    assert_eq!(
        plan.refusals[0].message,
        "vms/web/disk_attachments/root: `interface` can only be changed while it is out of service"
    );
    let limits = Limits { allow_restart: vec!["vms/web".to_owned()], ..Limits::default() };
    assert_eq!(run_within(manifest, &objects, &[], &limits).unwrap().refusals, []);
}
