//! What comes before what, and waits for it.

use crate::support::views::outline;
use crate::{SITE, run, steps, vm};

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
fn one_node_gives_up_a_core_before_another_takes_it() {
    let node = |index: u8| {
        format!(
            "<vm_numa_node id=\"m{index}\"><index>{index}</index><memory>512</memory>\
             <cpu><cores><core><index>{index}</index></core></cores></cpu></vm_numa_node>"
        )
    };
    let objects = vm(&format!("<numa_nodes>{}{}</numa_nodes>", node(0), node(1)));
    let manifest = "
      vms:
        web:
          cluster: east-1
          numa_nodes: { '0': { memory: 512 MiB, cpu: { cores: [{ index: 0 }, { index: 1 }] } } }";
    let entries = [("vms/web", "v1"), ("vms/web/numa_nodes/1", "m1")];
    assert_eq!(
        steps(manifest, &objects, &entries),
        "0 delete vms/web/numa_nodes/1\n\
         1 update (cpu.cores [{index: 0}] -> [{index: 0}, {index: 1}]) vms/web/numa_nodes/0  <- 0"
    );
}

#[test]
fn nodes_come_by_their_numbers_and_go_the_other_way() {
    let node = |index: u8| {
        format!("'{index}': {{ memory: 256 MiB, cpu: {{ cores: [{{ index: {index} }}] }} }}")
    };
    let nodes = [node(2), node(1), node(0)].join(", ");
    let manifest = format!("vms: {{ web: {{ cluster: east-1, numa_nodes: {{ {nodes} }} }} }}");
    let outline = steps(&manifest, &vm(""), &[("vms/web", "v1")]);
    assert_eq!(
        outline,
        "0 create vms/web/numa_nodes/0\n\
         1 create vms/web/numa_nodes/1  <- ~0\n\
         2 create vms/web/numa_nodes/2  <- ~1"
    );
    let found =
        |index: u8| format!("<vm_numa_node id=\"m{index}\"><index>{index}</index></vm_numa_node>");
    let found = format!("<numa_nodes>{}{}{}</numa_nodes>", found(0), found(1), found(2));
    let entries =
        [("vms/web", "v1"), ("vms/web/numa_nodes/1", "m1"), ("vms/web/numa_nodes/2", "m2")];
    let outline = steps("vms: { web: { cluster: east-1 } }", &vm(&found), &entries);
    assert_eq!(outline, "0 delete vms/web/numa_nodes/2\n1 delete vms/web/numa_nodes/1  <- ~0");
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
fn a_version_waits_for_its_first_one_that_is_still_made() {
    let base = r#"<template id="t2"><name>base</name><cluster id="c1"/><status>locked</status>
        </template>"#;
    let manifest = "
      vms: { web: { cluster: east-1 } }
      templates:
        base: { vm: web }
        next: { vm: web, version: { base_template: base, version_name: next } }";
    let entries = [("vms/web", "v1"), ("templates/base", "t2")];
    let next = "1 create templates/next  <- 0\n2 await ok templates/next  <- 1";
    assert_eq!(
        steps(manifest, &format!("{}{base}", vm("")), &entries),
        format!("0 await ok templates/base\n{next}")
    );
    // What is locked and to be removed may be on its way out.
    let removed =
        steps("vms: { web: { cluster: east-1 } }", &format!("{}{base}", vm("")), &entries);
    assert!(removed.starts_with("0 delete templates/base"), "{removed}");
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
