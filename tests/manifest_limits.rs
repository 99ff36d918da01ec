//! Manifests that are made to break the reader, or are merely large.

#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "data/manifest/kinds.rs"]
mod kinds;

use std::fmt::Write;
use std::io;
use std::path::Path;
use std::time::{Duration, Instant};

use proptest::prelude::*;
use virtuform::manifest::{Manifest, Options, Source, load};
use virtuform::state::Problems;

fn load_all(sources: &[Source]) -> Result<Manifest, Problems> {
    let options = Options {
        kinds: kinds::KINDS,
        variables: &[],
        variable_files: &[],
        environment: &|_: &str| None,
        read_file: &|_: &Path| Err(io::Error::other("there are no files here")),
        open_file: &|_: &Path| Err(io::Error::other("there are no files here")),
    };
    load(sources, &options)
}

fn load_text(text: &str) -> Result<Manifest, Problems> {
    load_all(&[Source { name: "a.yaml".into(), text: text.to_owned() }])
}

fn refused(text: &str) -> String {
    load_text(text).expect_err("this has to be refused").to_string()
}

#[test]
fn aliases_cannot_multiply_without_end() {
    let mut bomb = "a0: &a0 [x, x, x, x, x, x, x, x, x, x]\n".to_owned();
    for level in 1..30 {
        let before = format!("*a{}", level - 1);
        writeln!(bomb, "a{level}: &a{level} [{}]", [&*before; 10].join(", ")).unwrap();
    }
    assert_eq!(
        refused(&bomb),
        "aliases stand for more than 1000000 values in all\n  --> a.yaml:6:45"
    );
}

#[test]
fn aliases_of_long_texts_cannot_multiply_either() {
    let text =
        format!("a: &a \"{}\"\nb: [{}]\n", "x".repeat(1 << 20), vec!["*a"; 100_000].join(", "));
    assert!(refused(&text).starts_with("aliases stand for more than 1000000 values"));
}

#[test]
fn merges_cannot_multiply_without_end() {
    let mut bomb = "m0: &m0 { a: 1 }\n".to_owned();
    for level in 1..40 {
        let before = level - 1;
        writeln!(
            bomb,
            "m{level}: &m{level} {{ <<: *m{before}, x{level}: *m{before}, y: *m{before} }}"
        )
        .unwrap();
    }
    assert!(refused(&bomb).starts_with("aliases stand for more than"));
}

#[test]
fn nesting_ends_somewhere_also_through_aliases() {
    let deep = format!("{}{}", "[".repeat(100), "]".repeat(100));
    assert!(refused(&deep).starts_with("this is nested deeper than 64 levels\n  --> a.yaml:1:65"));
    let deep = "[".repeat(100_000);
    assert_eq!(refused(&deep), "this is not YAML: recursion limit exceeded\n  --> a.yaml:1:256");
    let deep: String = (0..1_000).map(|depth| format!("{}a:\n", " ".repeat(depth))).collect();
    assert!(refused(&deep).starts_with("this is nested deeper than 64 levels\n  --> a.yaml:65:65"));
    let mut chain = "a0: &a0 []\n".to_owned();
    for level in 1..100_000 {
        writeln!(chain, "a{level}: &a{level} [*a{}]", level - 1).unwrap();
    }
    assert!(refused(&chain).starts_with("this is nested deeper than 64 levels\n  --> a.yaml:64:"));
}

#[test]
fn long_texts_in_ranges_cannot_multiply_without_end() {
    let text = format!(
        "variables: {{ x: {{ default: \"{}\" }} }}\nvms:\n  a{{1..10000}}: {{ cluster: c, description: \"${{var.x}} and more\" }}\n",
        "x".repeat(8 << 20)
    );
    assert!(refused(&text).starts_with("the manifests stand for more than can be read"));
}

#[test]
fn there_are_at_most_200_000_resources() {
    let text: String = (0..21)
        .map(|n| format!("  d{n}-{{1..10000}}:\n"))
        .fold("data_centers:\n".to_owned(), |all, line| all + &line);
    assert_eq!(refused(&text), "there are more than 200000 resources\n  --> a.yaml:22:3");
}

#[test]
fn files_are_at_most_16_mib() {
    let text = format!("data_centers: {{}}\n{}", "#".repeat(16 << 20));
    assert_eq!(refused(&text), "`a.yaml` is larger than 16 MiB\nhint: split it into several files");
}

#[test]
fn problems_end_somewhere() {
    let text: String = (0..5_000).map(|n| format!("zz{n}: {{}}\n")).collect();
    let problems = load_text(&text).unwrap_err().0;
    assert_eq!(problems.len(), 1_001);
    assert_eq!(problems[1_000].message, "these are the first 1000 problems");
}

/// 100 000 resources in plain text, the way a generator writes them.
#[test]
fn large_manifests_load_in_time_that_grows_with_them() {
    let time_of = |machines: usize| {
        let sources: Vec<_> = (0..4)
            .map(|file| {
                let mut text = "vms:\n".to_owned();
                for n in 0..machines / 4 {
                    writeln!(text, "  web-{file}-{n}:\n    cluster: east\n    description: Machine number {n}\n    memory: 4 GiB\n    cpu: {{ topology: {{ sockets: 2, cores: 4, threads: 1 }} }}\n    nics:\n      nic1: {{ interface: virtio }}\n      nic2: {{ interface: e1000 }}\n    tags: [prod, web]").unwrap();
                }
                Source { name: format!("{file}.yaml").into(), text }
            })
            .collect();
        let start = Instant::now();
        let manifest = load_all(&sources).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(manifest.desired.resources.len(), machines * 5);
        start.elapsed()
    };
    time_of(100);
    let (small, large) = (time_of(2_000), time_of(20_000));
    assert!(large < small * 50 + Duration::from_millis(200), "{small:?}, then {large:?}");
    assert!(large < Duration::from_secs(60), "{large:?}");
}

/// Pieces that are near to what manifests hold, so that random texts get far.
fn piece() -> impl Strategy<Value = String> {
    let words = [
        "vms:",
        "networks:",
        "engine:",
        "variables:",
        "moved:",
        "removed:",
        "a",
        "b:",
        "nics:",
        "tags:",
        "lifecycle:",
        "memory:",
        "cpu:",
        "ignore:",
        "default:",
        "type:",
        "list",
        "- ",
        "{",
        "}",
        "[",
        "]",
        ", ",
        ": ",
        "\n",
        "\n  ",
        "\n    ",
        "\n      ",
        "&x ",
        "*x",
        "<<: ",
        "${var.a}",
        "${each}",
        "$${",
        "{1..3}",
        "{a,b}",
        "~",
        "null",
        "4 GiB",
        "'",
        "\"",
        "|\n",
        ">-\n",
        "---\n",
        "!!str ",
        "!x ",
        "? ",
        "# ",
        "%",
        "@",
        "\t",
        "\u{feff}",
        "é",
        "\\",
        "0x1",
        "true",
        "1.5",
        "vms/a",
        "from:",
        "to:",
        "cluster: c",
        "data_center: d",
        "...\n",
    ];
    prop_oneof![9 => prop::sample::select(words.to_vec()).prop_map(str::to_owned), 1 => ".{0,3}"]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 4_000, ..ProptestConfig::default() })]

    #[test]
    fn nothing_makes_it_panic(pieces in prop::collection::vec(piece(), 0..40)) {
        let _ = load_text(&pieces.concat());
    }

    #[test]
    fn no_bytes_make_it_panic(bytes in prop::collection::vec(any::<u8>(), 0..200)) {
        let _ = load_text(&String::from_utf8_lossy(&bytes));
    }

    #[test]
    fn every_problem_has_a_place_in_its_file(pieces in prop::collection::vec(piece(), 0..30)) {
        let text = pieces.concat();
        for problem in load_text(&text).err().unwrap_or_default().0 {
            let at = problem.at.expect("a problem of a manifest has a place");
            prop_assert!(at.line >= 1 && at.column >= 1);
            // A carriage return is the end of a line for YAML.
            let text = text.replace('\r', "\n");
            prop_assert!(at.line <= text.lines().count() + 1, "{} of {text:?}", at.line);
            prop_assert!(!problem.message.contains(char::is_control));
        }
    }

    #[test]
    fn the_order_of_keys_changes_only_the_order(
        machines in prop::collection::btree_map("[a-z]{1,6}", (0_i64..4_000, any::<bool>()), 1..12),
        turn in 0_usize..12,
    ) {
        let write = |machines: &[(&String, &(i64, bool))]| {
            let mut text = "vms:\n".to_owned();
            for (name, (memory, stateless)) in machines {
                let body = [
                    format!("memory: {memory} MiB"),
                    format!("stateless: {stateless}"),
                    "cluster: c".to_owned(),
                ];
                let body = if turn % 2 == 0 { body.join(", ") } else { body.iter().rev().cloned().collect::<Vec<_>>().join(", ") };
                writeln!(text, "  '{name}': {{ {body}, tags: [X, '{name}'] }}").unwrap();
            }
            load_text(&text).unwrap_or_else(|problems| panic!("{problems}")).desired.resources
        };
        let mut order: Vec<_> = machines.iter().collect();
        let one = write(&order);
        order.rotate_left(turn % machines.len());
        let other = write(&order);
        prop_assert_eq!(one.len(), other.len());
        for (address, resource) in &one {
            prop_assert_eq!(&resource.fields, &other[address].fields);
            prop_assert_eq!(&resource.parent, &other[address].parent);
        }
    }
}

/// What a program writes: JSON, all in one line.
#[test]
fn large_json_in_one_line_loads_in_time_that_grows_with_it() {
    let time_of = |machines: usize| {
        let machines: Vec<_> = (0..machines)
            .map(|n| format!("\"web-{n}\":{{\"cluster\":\"east\",\"memory\":\"4 GiB\",\"tags\":[\"a\",\"b\"]}}"))
            .collect();
        let text = format!("{{\"vms\":{{{}}}}}", machines.join(","));
        let start = Instant::now();
        let manifest = load_text(&text).unwrap_or_else(|problems| panic!("{problems}"));
        assert_eq!(manifest.desired.resources.len(), machines.len() * 3);
        start.elapsed()
    };
    time_of(100);
    let (small, large) = (time_of(2_000), time_of(20_000));
    assert!(large < small * 50 + Duration::from_millis(200), "{small:?}, then {large:?}");
}
