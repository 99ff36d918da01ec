//! Planning as a pure function: what is wanted, found and recorded goes in, steps come out.

#[path = "plan/host_networks.rs"]
mod host_networks;
mod support;

use support::views::{desired, ledger, observed, outline};
use virtuform::plan::{Limits, Plan, Record, plan};
use virtuform::resources::{Action, Reference, Value};
use virtuform::state::Problems;

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

const SITE: &str = r#"
    <data_center id="d1"><name>east</name><local>false</local><status>up</status></data_center>
    <network id="n1"><name>front</name><data_center id="d1"/><mtu>1500</mtu></network>
    <vnic_profile id="p1"><name>front</name><network id="n1"/></vnic_profile>
    <cluster id="c1"><name>east-1</name><data_center id="d1"/>
      <networks><network id="n1"><name>front</name><required>false</required></network></networks>
    </cluster>
    <template id="t0"><name>Blank</name></template>
    <template id="t1"><name>rhel-9</name><cluster id="c1"/>
      <nics><nic id="tn1"><name>nic1</name><vnic_profile id="p1"/></nic></nics>
    </template>"#;

fn run(manifest: &str, objects: &str, entries: &[(&str, &str)]) -> Result<Plan, Problems> {
    run_within(manifest, objects, entries, &Limits::default())
}

fn run_within(
    manifest: &str,
    objects: &str,
    entries: &[(&str, &str)],
    limits: &Limits,
) -> Result<Plan, Problems> {
    plan(&desired(manifest), &observed(objects), &ledger(entries), limits)
}

fn steps(manifest: &str, objects: &str, entries: &[(&str, &str)]) -> String {
    match run(manifest, objects, entries) {
        Ok(plan) => outline(&plan),
        Err(problems) => panic!("{problems}"),
    }
}

fn problems(manifest: &str, objects: &str) -> String {
    run(manifest, objects, &[]).expect_err("there is something wrong").to_string()
}

fn vm(rest: &str) -> String {
    format!(
        r#"{SITE}<vm id="v1"><name>web</name><cluster id="c1"/><template id="t1"/>
           <memory>1073741824</memory><status>down</status>{rest}</vm>"#
    )
}

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
fn a_machine_starts_after_its_cards_and_its_disks() {
    let manifest = "
      vms:
        db:
          cluster: east-1
          status: up
          nics: { nic1: { vnic_profile: front/front } }
          disk_attachments: { root: { interface: virtio, disk: { provisioned_size: 1 GiB, format: cow } } }";
    assert_eq!(
        steps(manifest, SITE, &[]),
        "0 create vms/db\n\
         1 await down vms/db  <- 0\n\
         2 create vms/db/nics/nic1  <- 0\n\
         3 create vms/db/disk_attachments/root  <- 1\n\
         4 await ok vms/db/disk_attachments/root  <- 3\n\
         5 start vms/db  <- 1 2 4\n\
         6 await up vms/db  <- 5"
    );
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
fn a_profile_that_comes_with_its_network_can_be_referred_to() {
    let manifest = "
      networks: { store: { data_center: east } }
      clusters: { east-1: { data_center: east, networks: { store: { required: false } } } }
      vms: { web: { cluster: east-1, nics: { nic1: { vnic_profile: store/store } } } }";
    assert_eq!(
        steps(manifest, &vm(""), &[]),
        "0 create networks/store\n\
         1 create clusters/east-1/networks/store  <- 0\n\
         2 find networks/store/vnic_profiles/store  <- 0\n\
         3 create vms/web/nics/nic1  <- 1 2"
    );
}

#[test]
fn a_network_that_the_cluster_lacks_is_told_before_the_first_call() {
    let manifest = "
      networks: { store: { data_center: east } }
      vms: { web: { cluster: east-1, nics: { nic1: { vnic_profile: store/store } } } }";
    let message = problems(manifest, &vm(""));
    assert!(message.contains("nic1: its network is not assigned to the VM's cluster"), "{message}");
}

#[test]
fn a_whole_site_is_made_from_the_ground_up() {
    let manifest = "
      vms: { web: { cluster: west-1, nics: { nic1: { vnic_profile: gold } } } }
      clusters: { west-1: { data_center: west, networks: { back: { required: false } } } }
      vnic_profiles: { gold: { network: back } }
      networks: { back: { data_center: west } }
      data_centers: { west: { local: false } }";
    assert_eq!(
        steps(manifest, r#"<template id="t0"><name>Blank</name></template>"#, &[]),
        "0 create data_centers/west\n\
         1 create clusters/west-1  <- 0\n\
         2 create vms/web  <- 1\n\
         3 await down vms/web  <- 2\n\
         4 create networks/back  <- 0\n\
         5 create clusters/west-1/networks/back  <- 1 4\n\
         6 create vnic_profiles/gold  <- 4\n\
         7 create vms/web/nics/nic1  <- 2 5 6"
    );
}

#[test]
fn what_the_manifests_no_longer_have_goes_in_reverse() {
    let entries = [
        ("data_centers/east", "d1"),
        ("networks/front", "n1"),
        ("clusters/east-1", "c1"),
        ("templates/rhel-9", "t1"),
        ("vms/web", "v1"),
    ];
    let limits = Limits { allow_destroy: vec!["*".to_owned()], ..Limits::default() };
    let objects = vm("").replace("down", "up");
    let plan = run_within("", &objects, &entries, &limits).unwrap();
    assert_eq!(plan.refusals, []);
    let order: Vec<String> = outline(&plan)
        .lines()
        .map(|line| line.split("  <-").next().unwrap()[2..].to_owned())
        .collect();
    assert_eq!(
        order,
        [
            "stop vms/web",
            "await down vms/web",
            "delete vms/web",
            "delete templates/rhel-9",
            "await gone templates/rhel-9",
            "delete clusters/east-1",
            "delete networks/front",
            "delete data_centers/east",
        ]
    );
}

#[test]
fn data_is_only_deleted_with_consent_by_name() {
    let plan = run("", &vm(""), &[("vms/web", "v1")]).unwrap();
    assert_eq!(plan.refusals[0].message, "vms/web: would be deleted with its data");
    assert!(!plan.is_empty(), "a refused plan still shows");
}

#[test]
fn what_others_need_stays() {
    let plan = run("", &vm(""), &[("templates/rhel-9", "t1")]).unwrap();
    let messages: Vec<_> = plan.refusals.iter().map(|r| r.message.as_str()).collect();
    assert!(
        messages.contains(&"templates/rhel-9: cannot be removed, as the vm `web` still needs it")
            || messages
                .contains(&"templates/rhel-9: cannot be removed, as the vm `web` still needs it"),
        "{messages:?}"
    );
}

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
    let plan = run(manifest, &format!("{SITE}{second}{gold}"), &entries).unwrap();
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
fn protected_resources_stay() {
    let manifest = "vms: { web: { cluster: east-1, template: Blank, lifecycle: { protect: true, replace: allow } } }";
    let plan = run(manifest, &vm(""), &[("vms/web", "v1")]).unwrap();
    assert!(plan.refusals.iter().any(|r| r.message.starts_with("vms/web: is protected")));
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
fn given_up_resources_stay_on_the_engine() {
    let manifest = "removed: [{ from: vms/web, destroy: false }]";
    let plan = run(manifest, &vm(""), &[("vms/web", "v1")]).unwrap();
    assert!(plan.is_empty());
    assert!(matches!(&plan.records[..], [Record::Forget { .. }]));
}

#[test]
fn built_in_objects_are_never_removed() {
    let plan = run("", SITE, &[("templates/Blank", "t0")]).unwrap();
    assert!(plan.is_empty());
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
fn a_template_is_made_when_its_vm_has_its_disks() {
    let manifest = "
vms:
  build:
    cluster: east-1
    template: Blank
    disk_attachments: { root: { interface: virtio, disk: { provisioned_size: 1 GiB } } }
templates: { golden: { vm: build, cluster: east-1 } }
";
    let plan = run(manifest, SITE, &[]).unwrap();
    let last_of = |address: &str| {
        plan.steps.iter().rposition(|step| step.address.as_str() == address).unwrap()
    };
    let disk = plan.steps[last_of("vms/build/disk_attachments/root")].id;
    let template = plan.steps.iter().find(|s| s.address.as_str() == "templates/golden").unwrap();
    assert!(template.needs.contains(&disk), "{}", outline(&plan));
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

/// Where the steps of that outline are: positions of the lines that contain each text.
fn order_of(outline: &str, texts: &[&str]) -> Vec<usize> {
    let position = |text: &&str| {
        let found = outline.lines().position(|line| line.contains(text));
        found.unwrap_or_else(|| panic!("`{text}` is not in\n{outline}"))
    };
    texts.iter().map(position).collect()
}

#[test]
fn a_data_center_starts_with_a_data_domain() {
    let manifest = "
      hosts: { kvm: { cluster: east-1, address: kvm, root_password: { env: PASSWORD } } }
      storage_domains:
        images: { data_center: east, host: kvm, type: iso, storage: { type: nfs, address: nas, path: /iso } }
        main: { data_center: east, host: kvm, type: data, storage: { type: nfs, address: nas, path: /data } }";
    let manifest = manifest.replace("{ env: PASSWORD }", "secret");
    let outline = steps(&manifest, SITE, &[]);
    let [data, iso] =
        order_of(&outline, &["await active storage_domains/main", "create storage_domains/images"])
            [..]
    else {
        panic!()
    };
    assert!(data < iso, "{outline}");
    assert!(
        outline.contains(&format!("{iso} create storage_domains/images  <- 1 ~{data}")),
        "{outline}"
    );
}

#[test]
fn the_first_host_brings_the_cpu_type_unless_the_manifest_does() {
    let hosts = "
      hosts: { a: { cluster: east-1, address: a, root_password: x }, b: { cluster: east-1, address: b, root_password: x } }";
    let outline = steps(hosts, SITE, &[]);
    assert!(outline.contains("2 create hosts/b  <- ~1"), "{outline}");
    let cluster = "
      clusters: { east-1: { data_center: east, cpu: { type: Intel Nehalem Family } } }";
    let outline = steps(&format!("{cluster}{hosts}"), SITE, &[]);
    assert!(!outline.lines().any(|line| line.contains("create hosts/b  <-")), "{outline}");
}

#[test]
fn a_cluster_has_its_networks_before_its_hosts() {
    let manifest = "
      clusters: { new: { data_center: east, networks: { front: { required: false } } } }
      hosts: { a: { cluster: new, address: a, root_password: x } }";
    assert_eq!(
        steps(manifest, SITE, &[]),
        "0 create clusters/new\n\
         1 create clusters/new/networks/front  <- 0\n\
         2 create hosts/a  <- 0 1\n\
         3 await up hosts/a  <- 2"
    );
}

#[test]
fn a_host_is_up_before_storage_is_made_through_it() {
    let host = format!(
        r#"{SITE}<host id="h1"><name>a</name><cluster id="c1"/><address>a</address>
           <status>maintenance</status></host>"#
    );
    let manifest = "
      hosts: { a: { cluster: east-1, address: a, status: up } }
      storage_domains: { main: { data_center: east, host: a, type: data, storage: { type: nfs, address: nas, path: /d } } }";
    let outline = steps(manifest, &host, &[]);
    assert!(outline.contains("create storage_domains/main  <- 1"), "{outline}");
    assert!(outline.contains("1 await up hosts/a"), "{outline}");
}

#[test]
fn one_disk_gives_up_booting_before_another_takes_it() {
    let disk = |id: &str, bootable: bool| {
        format!(
            r#"<disk_attachment id="{id}"><interface>virtio</interface><bootable>{bootable}</bootable>
               <active>true</active><disk id="{id}"><alias>{id}</alias></disk></disk_attachment>"#
        )
    };
    let disks =
        format!("<disk_attachments>{}{}</disk_attachments>", disk("a", false), disk("b", true));
    let manifest = "
      vms:
        web:
          cluster: east-1
          disk_attachments:
            a: { interface: virtio, bootable: true, disk: { alias: a } }
            b: { interface: virtio, bootable: false, disk: { alias: b } }";
    let outline = steps(manifest, &vm(&disks), &[]);
    assert!(
        outline.contains("2 update (bootable false -> true) vms/web/disk_attachments/a  <- 1"),
        "{outline}"
    );
    // So does one that goes.
    let without = manifest
        .replace("            b: { interface: virtio, bootable: false, disk: { alias: b } }", "");
    let outline =
        steps(&without, &vm(&disks), &[("vms/web", "v1"), ("vms/web/disk_attachments/b", "b")]);
    assert!(
        outline.contains("1 update (bootable false -> true) vms/web/disk_attachments/a  <- 0"),
        "{outline}"
    );
}

#[test]
fn clusters_rise_before_their_data_center() {
    let site = r#"
      <data_center id="d1"><name>east</name><local>false</local><version><major>4</major><minor>7</minor></version></data_center>
      <cluster id="c1"><name>east-1</name><data_center id="d1"/><version><major>4</major><minor>7</minor></version></cluster>"#;
    let manifest = |level: &str| {
        format!(
            "data_centers: {{ east: {{ local: false, version: '{level}' }} }}
clusters: {{ east-1: {{ data_center: east, version: '{level}' }} }}"
        )
    };
    assert_eq!(
        steps(&manifest("4.8"), site, &[]),
        "0 update (version 4.7 -> 4.8) clusters/east-1\n\
         1 update (version 4.7 -> 4.8) data_centers/east  <- ~0"
    );
    let outline = steps(&manifest("4.6"), site, &[]);
    assert!(outline.starts_with("0 update (version 4.7 -> 4.6) data_centers/east"), "{outline}");
}

#[test]
fn cards_are_made_in_the_order_of_the_manifest() {
    let manifest = "
      vms:
        db:
          cluster: east-1
          nics: { nic2: { vnic_profile: front/front }, nic1: { vnic_profile: front/front } }";
    let outline = steps(manifest, SITE, &[]);
    assert!(outline.contains("3 create vms/db/nics/nic1  <- 0 ~2"), "{outline}");
}

#[test]
fn a_data_center_of_the_name_is_adopted() {
    let manifest = "data_centers: { east: { local: false } }
clusters: { east-1: { data_center: east } }";
    assert_eq!(steps(manifest, SITE, &[]), "");
}

#[test]
fn what_lets_go_comes_before_what_it_held_goes() {
    let policies = r#"
      <scheduling_policy id="s0"><name>none</name></scheduling_policy>
      <scheduling_policy id="s1"><name>ours</name></scheduling_policy>"#;
    let has_ours = r#"<name>east-1</name><scheduling_policy id="s1"/>"#;
    let site = SITE.replace("<name>east-1</name>", has_ours) + policies;
    let manifest = "clusters: { east-1: { data_center: east, scheduling_policy: none } }";
    let outline = steps(manifest, &site, &[("scheduling_policies/ours", "s1")]);
    assert!(outline.contains("1 delete scheduling_policies/ours  <- 0"), "{outline}");
}

#[test]
fn what_the_engine_protects_is_not_removed() {
    let plan = run("{}", &vm("<delete_protected>true</delete_protected>"), &[("vms/web", "v1")]);
    let refusals = plan.unwrap().refusals;
    let message = "vms/web: cannot be removed while it has `delete_protected`";
    assert!(refusals.iter().any(|refusal| refusal.message == message), "{refusals:?}");
}

const ON_ITS_WAY: &str = r#"<host id="h1"><name>kvm</name><cluster id="c1"/><address>kvm.test</address>
    <status>installing</status></host>"#;

#[test]
fn what_is_on_its_way_is_waited_for_by_what_needs_it() {
    let objects = format!("{SITE}{ON_ITS_WAY}");
    let host = "hosts: { kvm: { cluster: east-1, address: kvm.test } }";
    assert_eq!(steps(host, &objects, &[("hosts/kvm", "h1")]), "");
    let domain = format!(
        "{host}\nstorage_domains: {{ a: {{ host: kvm, type: data, \
         storage: {{ type: nfs, address: nas.test, path: /a }} }} }}"
    );
    let expected = "0 await up hosts/kvm\n1 create storage_domains/a  <- 0";
    assert_eq!(steps(&domain, &objects, &[("hosts/kvm", "h1")]), expected);
}

#[test]
fn what_goes_down_is_removed_when_it_is_down() {
    let objects = vm("").replace("<status>down<", "<status>powering_down<");
    let limits = Limits { allow_destroy: vec!["*".to_owned()], ..Limits::default() };
    let plan = run_within("", &objects, &[("vms/web", "v1")], &limits).unwrap();
    assert_eq!(outline(&plan), "0 await down vms/web\n1 delete vms/web  <- 0");
}

#[test]
fn a_template_waits_for_the_disks_that_its_vm_still_gets() {
    let manifest = "templates: { t: { vm: web, cluster: east-1 } }\nvms: { web: { cluster: east-1, template: rhel-9, nics: { nic9: {} } } }";
    let steps = steps(manifest, &vm(""), &[("vms/web", "v1")]);
    let create = "create vms/web/nics/nic9";
    let (before, _) = steps.split_once("create templates/t").expect("the template is made");
    assert!(before.contains(create), "{steps}");
}

#[test]
fn what_takes_turns_does_not_need_the_one_before() {
    let domain = |name: &str| {
        format!(
            "{name}: {{ data_center: east, host: kvm, type: data, storage: {{ type: nfs, address: nas.test, path: /{name} }} }}"
        )
    };
    let manifest = format!(
        "hosts: {{ kvm: {{ cluster: east-1, address: kvm.test }} }}\nstorage_domains: {{ {}, {} }}",
        domain("a"),
        domain("b")
    );
    let objects = format!("{SITE}{}", ON_ITS_WAY.replace("installing", "up"));
    let expected = "0 create storage_domains/a\n1 attach storage_domains/a  <- 0\n\
                    2 await active storage_domains/a  <- 1\n3 create storage_domains/b  <- ~2\n\
                    4 attach storage_domains/b  <- 3\n5 await active storage_domains/b  <- 4";
    assert_eq!(steps(&manifest, &objects, &[]), expected);
}

#[test]
fn a_network_that_hosts_cannot_have_yet_is_not_required_of_them() {
    let site = SITE.replace("<networks><network id=\"n1\"><name>front</name><required>false</required></network></networks>", "");
    assert_ne!(site, SITE);
    let host = r#"<host id="h1"><name>a</name><cluster id="c1"/><address>a</address><status>up</status></host>"#;
    let manifest = |network: &str| {
        format!("clusters: {{ east-1: {{ data_center: east, networks: {{ front: {network} }} }} }}")
    };
    let said = problems(&manifest("{}"), &format!("{site}{host}"));
    assert!(said.contains("clusters/east-1/networks/front: is required"), "{said}");
    let optional = steps(&manifest("{ required: false }"), &format!("{site}{host}"), &[]);
    assert_eq!(optional, "0 create clusters/east-1/networks/front");
    assert_eq!(steps(&manifest("{}"), &site, &[]), optional);
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

#[test]
fn the_management_profile_of_a_new_data_center_can_be_referred_to() {
    let manifest = "
      data_centers: { west: { local: false } }
      networks: { ovirtmgmt: { data_center: west } }
      clusters: { west-1: { data_center: west, networks: { ovirtmgmt: {} } } }
      vms: { web: { cluster: west-1, nics: { nic1: { vnic_profile: ovirtmgmt/ovirtmgmt } } } }";
    let objects = r#"<template id="t0"><name>Blank</name></template>
        <data_center id="d0"><name>Default</name></data_center>
        <network id="n0"><name>ovirtmgmt</name><data_center id="d0"/></network>
        <vnic_profile id="p0"><name>ovirtmgmt</name><network id="n0"/></vnic_profile>"#;
    let outline = steps(manifest, objects, &[]);
    assert_eq!(outline.matches("vnic_profiles/ovirtmgmt").count(), 1, "{outline}");
    assert!(outline.contains("find networks/ovirtmgmt"), "{outline}");
}
