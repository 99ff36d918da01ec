//! Manifests that are wrong.

use std::fmt::Write;

use virtuform::cli::Exit;

use crate::stage::Stage;

/// What is written, where it is wrong, and a part of what is said.
const WRONG: &[(&str, &str, &str)] = &[
    ("vms:\n  a: { cluster: lab, memroy: 1 GiB }\n", "2:22", "did you mean `memory`?"),
    ("vms:\n  a: { cluster: lab, memory: [1] }\n", "2:30", "`memory`"),
    ("vms:\n  a: { cluster: lab, memory: soon }\n", "2:30", "`memory`"),
    ("networks:\n  a: { data_center: lab, vlan: { id: 5000 } }\n", "2:38", "more than 4094"),
    ("networks:\n  a: { data_center: lab, mtu: -1 }\n", "2:31", "`mtu`"),
    ("tags:\n  a: {}\n  a: {}\n", "3:3", "`a`"),
    ("tags:\n  'a-{1..2}': {}\n  a-2: {}\n", "3:3", "tags/a-2"),
    ("vnic_profiles:\n  a: { network: nowhere }\n", "2:17", "nowhere"),
    ("vnic_profiles:\n  a: { network: ovirtmgmt }\n", "2:17", "ovirtmgmt"),
    ("tags:\n  a: { parent: b }\n  b: { parent: a }\n", "", "tags/a"),
    ("vms:\n  a: { cluster: lab\n", "", "error: "),
    ("vms:\n\ta: {}\n", "2:2", "tab"),
    ("machines:\n  a: {}\n", "1:1", "machines"),
    ("[a, b]\n", "1:1", "error: "),
    ("tags:\n  a: { description: \"${var.nothing}\" }\n", "2:", "nothing"),
    ("hosts:\n  a: { cluster: lab, address: a, root_password: { env: NOPE } }\n", "2:", "`NOPE`"),
    (
        "hosts:\n  a: { cluster: lab, address: a, root_password: { file: no.txt } }\n",
        "2:",
        "no.txt",
    ),
    ("moved: [{ from: tags/a, to: tags/b }]\n", "", "tags/b"),
    ("tags:\n  a: { lifecycle: { protect: perhaps } }\n", "2:30", "perhaps"),
];

/// Nothing is written, the place is named, and there is no panic.
#[test]
fn each_mistake_is_said_with_its_place() {
    let stage = Stage::lab();
    let mut wrong = String::new();
    for (manifest, place, said) in WRONG {
        stage.write("site.yaml", manifest);
        let ran = stage.run("apply --yes");
        let is_right = ran.exit == Exit::Error
            && ran.err.starts_with("error: ")
            && ran.err.contains(&format!("site.yaml:{place}"))
            && ran.err.contains(said);
        if !is_right {
            write!(wrong, "not `{place}` or `{said}`:\n{manifest}\n{}{}\n", ran.out, ran.err)
                .unwrap();
        }
    }
    assert!(wrong.is_empty(), "{wrong}");
    assert_eq!(stage.engine().writes(), 0);
    assert!(!stage.path("state.json").exists(), "a state was made for nothing");
}

#[test]
fn all_mistakes_are_said_at_once() {
    let stage = Stage::lab();
    stage.write("a.yaml", "vms:\n  a: { cluster: lab, memroy: 1 GiB }\n");
    stage.write("b.yaml", "networks:\n  a: { data_center: lab, mtu: -1 }\n");
    let ran = stage.run("validate");
    assert!(ran.err.contains("a.yaml:2") && ran.err.contains("b.yaml:2"), "{}", ran.err);
}

#[test]
fn what_is_no_text_or_not_there_is_said() {
    let stage = Stage::lab();
    stage.write("site.yaml", [0x74, 0x61, 0x67, 0x73, 0xff, 0xfe]);
    let ran = stage.run("apply --yes");
    assert_eq!(ran.exit, Exit::Error);
    assert!(ran.err.contains("site.yaml") && ran.err.contains("UTF-8"), "{}", ran.err);

    let ran = stage.run("apply --yes -f nowhere.yaml");
    assert_eq!(ran.exit, Exit::Error);
    assert!(ran.err.contains("nowhere.yaml"), "{}", ran.err);
    assert_eq!(stage.engine().writes(), 0);
}

#[test]
fn a_bomb_of_aliases_does_not_go_off() {
    let stage = Stage::lab();
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..12 {
        let below = format!("*a{}", level - 1);
        let all = [below.as_str(); 10].join(", ");
        bomb += &format!("a{level}: &a{level} [{all}]\n");
    }
    stage.write("site.yaml", bomb);
    let ran = stage.run("apply --yes");
    assert_eq!(ran.exit, Exit::Error);
    assert!(ran.err.contains("site.yaml:"), "{}", ran.err);
    assert!(ran.err.len() < 20_000, "so much is said that nobody reads it: {}", ran.err.len());
    assert_eq!(stage.engine().writes(), 0);
}

#[test]
fn a_state_that_is_damaged_is_not_overwritten() {
    let stage = Stage::lab();
    stage.write("site.yaml", "tags:\n  a: {}\n");
    stage.write("state.json", "{ \"serial\": ");
    let ran = stage.run("apply --yes");
    assert_eq!(ran.exit, Exit::Error);
    assert!(ran.err.contains("state.json"), "{}", ran.err);
    assert_eq!(std::fs::read_to_string(stage.path("state.json")).unwrap(), "{ \"serial\": ");
    assert_eq!(stage.engine().writes(), 0);
}
