//! What a name or an id stands for.

use virtuform::resources::{Action, Reference, Value};

use crate::support::views::outline;
use crate::{SITE, problems, run, steps, vm};

#[test]
fn a_cluster_is_found_in_its_data_center_wherever_that_is_written() {
    let manifest = "
clusters: { east-1: { data_center: east } }
data_centers: { east: { local: false } }";
    assert_eq!(steps(manifest, SITE, &[]), "");
}

#[test]
fn limits_of_different_types_may_have_the_same_name() {
    let qos = |id: &str, of: &str, limit: &str| {
        format!("<qos id=\"{id}\"><name>gold</name><type>{of}</type>{limit}</qos>")
    };
    let both = qos("q1", "cpu", "<cpu_limit>50</cpu_limit>")
        + &qos("q2", "storage", "<max_iops>100</max_iops>");
    let center = format!(
        "<data_center id=\"d2\"><name>west</name><local>false</local><qoss>{both}</qoss></data_center>"
    );
    let manifest = "
data_centers:
  west: { local: false, qoss: { gold: { type: storage, max_iops: 100 } } }";
    let plan = run(manifest, &center, &[]).unwrap();
    assert_eq!(outline(&plan), "");
    assert_eq!(plan.records.len(), 2);
}

#[test]
fn what_names_do_not_tell_apart_is_referred_to_by_its_id() {
    let disks =
        "<disk id=\"k1\"><alias>same</alias></disk><disk id=\"k2\"><alias>same</alias></disk>";
    let vm = "<vm id=\"v1\"><name>web</name><cluster id=\"c1\"/><status>down</status></vm>";
    let attached = |disk: &str| {
        format!(
            "vms: {{ web: {{ cluster: east-1, disk_attachments: {{ data: {{ interface: virtio, \
             disk: {{ id: {disk} }} }} }} }} }}"
        )
    };
    let objects = format!("{SITE}{disks}{vm}");
    let plan = run(&attached("k2"), &objects, &[]).unwrap();
    let Action::Create { fields, .. } = &plan.steps[0].action else { panic!("{plan:?}") };
    let disk = fields.named("disk.id").and_then(Value::as_reference);
    assert_eq!(disk, Some(&Reference::Id("k2".to_owned())));
    assert!(run(&attached("same"), &objects, &[]).is_err());
}

#[test]
fn a_reference_to_nothing_says_what_there_is() {
    assert_eq!(
        problems("vms: { web: { cluster: east-2 } }", SITE),
        "vms/web: `cluster` refers to `east-2`, which is neither in the manifests nor on the engine\n  \
           --> site.yaml:1:24\nhint: did you mean `east-1`?"
    );
}

#[test]
fn an_ambiguous_reference_names_the_candidates() {
    let second = r#"<data_center id="d2"><name>west</name></data_center>
                    <network id="n2"><name>front</name><data_center id="d2"/></network>"#;
    let message =
        problems("vnic_profiles: { gold: { network: front } }", &format!("{SITE}{second}"));
    assert!(message.contains("which may be any of `east/front`, `west/front`"), "{message}");
}

#[test]
fn a_name_in_the_same_data_center_goes_before_one_elsewhere() {
    let second = r#"<data_center id="d2"><name>west</name></data_center>
                    <network id="n2"><name>front</name><data_center id="d2"/></network>
                    <vnic_profile id="p2"><name>front</name><network id="n2"/></vnic_profile>"#;
    let manifest =
        "vms: { web: { cluster: east-1, nics: { nic1: { vnic_profile: front/front } } } }";
    let plan = run(manifest, &(vm("") + second), &[("vms/web", "v1")]).unwrap();
    assert_eq!(outline(&plan), "0 create vms/web/nics/nic1");
}

#[test]
fn a_cycle_is_shown() {
    let manifest = "tags: { a: { parent: b }, b: { parent: a } }";
    let message = problems(manifest, "");
    assert!(message.starts_with("these resources need each other: tags/"), "{message}");
}

#[test]
fn two_keys_cannot_be_one_object() {
    let manifest = "
      vms:
        web: { cluster: east-1 }
        www: { name: web, cluster: east-1 }";
    assert!(problems(manifest, &vm("")).contains("which is vms/web already"));
}

#[test]
fn what_is_registered_lies_on_the_domain_that_is_named() {
    let domain = |id: &str, name: &str, vm: &str| {
        format!(
            "<storage_domain id=\"{id}\"><name>{name}</name><type>data</type><unregistered_vms>\
             <vm id=\"{vm}\"><name>db-1</name></vm></unregistered_vms></storage_domain>"
        )
    };
    let objects = format!("{SITE}{}{}", domain("s1", "old", "u1"), domain("s2", "older", "u2"));
    let of = |domain: &str| {
        let register = format!("register: {{ vm: db-1, storage_domain: {domain} }}");
        format!("vms: {{ db: {{ cluster: east-1, {register} }} }}")
    };
    let plan = run(&of("older"), &objects, &[]).unwrap();
    let Action::Create { fields, .. } = &plan.steps[0].action else { panic!("{plan:?}") };
    let vm = fields.named("register.vm").and_then(Value::as_reference);
    assert_eq!(vm, Some(&Reference::Id("u2".to_owned())));
    let said = problems(&of("oldest"), &objects);
    assert!(said.contains("refers to `oldest`") && !said.contains("db-1`"), "{said}");
}
