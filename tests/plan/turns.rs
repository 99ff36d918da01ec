//! What only one can have: it is given up before another takes it.

use super::{steps, vm};

fn node(index: u8, cores: &[u8]) -> String {
    let cores: String =
        cores.iter().map(|it| format!("<core><index>{it}</index></core>")).collect();
    format!(
        "<vm_numa_node id=\"m{index}\"><index>{index}</index><memory>512</memory>\
         <cpu><cores>{cores}</cores></cpu></vm_numa_node>"
    )
}

#[test]
fn of_two_nodes_that_swap_their_cores_one_steps_aside() {
    let nodes = format!("<numa_nodes>{}{}</numa_nodes>", node(0, &[0, 1]), node(1, &[2, 3]));
    let manifest = "
      vms:
        web:
          cluster: east-1
          numa_nodes:
            '0': { memory: 512 MiB, cpu: { cores: [{ index: 1 }, { index: 2 }] } }
            '1': { memory: 256 MiB, cpu: { cores: [{ index: 0 }, { index: 3 }] } }";
    assert_eq!(
        steps(manifest, &vm(&nodes), &[]),
        "0 update (cpu.cores [{index: 0}, {index: 1}] -> [{index: 1}]) vms/web/numa_nodes/0\n\
         1 update (memory 512 MiB -> 256 MiB, cpu.cores [{index: 2}, {index: 3}] -> [{index: 0}, {index: 3}]) vms/web/numa_nodes/1  <- 0\n\
         2 update (cpu.cores [{index: 1}] -> [{index: 1}, {index: 2}]) vms/web/numa_nodes/0  <- 0 1"
    );
}

#[test]
fn of_two_machines_that_swap_their_names_one_steps_aside() {
    let objects = format!(
        "{}<vm id=\"v2\"><name>db</name><cluster id=\"c1\"/><template id=\"t1\"/>\
         <status>down</status></vm>",
        vm("")
    );
    let manifest = "
      vms:
        a: { name: db, cluster: east-1 }
        b: { name: web, cluster: east-1 }";
    assert_eq!(
        steps(manifest, &objects, &[("vms/a", "v1"), ("vms/b", "v2")]),
        "0 update (name web -> web-f68e8d9b) vms/a\n\
         1 update (name db -> web) vms/b  <- 0\n\
         2 update (name web-f68e8d9b -> db) vms/a  <- 0 1"
    );
}

#[test]
fn a_new_machine_gets_the_name_that_another_gives_up() {
    let manifest = "
      vms:
        web: { name: web, cluster: east-1, template: Blank }
        old: { name: web-old, cluster: east-1 }";
    let outline = steps(manifest, &vm(""), &[("vms/old", "v1")]);
    assert_eq!(
        outline,
        "0 update (name web -> web-old) vms/old\n\
         1 create vms/web  <- 0\n\
         2 await down vms/web  <- 1"
    );
}

#[test]
fn addresses_of_cards_are_handed_on_and_swapped() {
    let nic = |id: &str, mac: &str| {
        format!("<nic id=\"{id}\"><name>{id}</name><mac><address>{mac}</address></mac></nic>")
    };
    let (one, two) = ("02:00:00:00:00:01", "02:00:00:00:00:02");
    let objects = vm(&format!("<nics>{}{}</nics>", nic("a", one), nic("b", two)));
    let manifest = |a: &str, b: &str| {
        format!(
            "vms:
               web:
                 cluster: east-1
                 nics: {{ a: {{ mac: {{ address: '{a}' }} }}, b: {{ mac: {{ address: '{b}' }} }} }}"
        )
    };
    let three = "02:00:00:00:00:03";
    assert_eq!(
        steps(&manifest(two, three), &objects, &[]),
        "0 update (mac.address 02:00:00:00:00:02 -> 02:00:00:00:00:03) vms/web/nics/b\n\
         1 update (mac.address 02:00:00:00:00:01 -> 02:00:00:00:00:02) vms/web/nics/a  <- 0"
    );
    assert_eq!(
        steps(&manifest(two, one), &objects, &[]),
        "0 update (mac.address 02:00:00:00:00:01 -> 02:ea:ea:35:43:cf) vms/web/nics/a\n\
         1 update (mac.address 02:00:00:00:00:02 -> 02:00:00:00:00:01) vms/web/nics/b  <- 0\n\
         2 update (mac.address 02:ea:ea:35:43:cf -> 02:00:00:00:00:02) vms/web/nics/a  <- 0 1"
    );
}

#[test]
fn a_card_gets_the_address_that_goes_with_another_machine() {
    let mac = "02:00:00:00:00:01";
    let nic = format!(
        "<nics><nic id=\"n1\"><name>nic1</name><mac><address>{mac}</address></mac></nic></nics>"
    );
    let manifest = format!(
        "vms: {{ new: {{ cluster: east-1, template: Blank, nics: {{ nic1: {{ mac: {{ address: '{mac}' }} }} }} }} }}"
    );
    let limits = virtuform::plan::Limits {
        allow_destroy: vec!["vms/web".to_owned()],
        ..virtuform::plan::Limits::default()
    };
    let plan = super::run_within(&manifest, &vm(&nic), &[("vms/web", "v1")], &limits).unwrap();
    let outline = super::outline(&plan);
    assert!(outline.contains("create vms/new/nics/nic1  <- 0 2"), "{outline}");
}
