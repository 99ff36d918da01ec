//! What CONTRIBUTING.md shows of the code is the code.
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::path::Path;

/// The file that is shown from its first line to its last.
const WHOLE: &str = "src/resources/kinds/mac_pool.rs";

#[test]
fn what_is_shown_is_there() {
    let told = read("CONTRIBUTING.md");
    let mut blocks = told.split("```rust\n");
    let mut words = blocks.next().unwrap();
    let mut shown = Vec::new();
    for part in blocks {
        let (block, after) = part.split_once("```\n").unwrap();
        let file = words.split('`').rfind(|name| name.ends_with(".rs"));
        let file = file.expect("a block stands below the name of its file");
        let code = read(file);
        let mut lines = code.lines().map(str::trim);
        for line in block.lines().map(str::trim) {
            assert!(lines.any(|other| other == line), "{file} does not go on with `{line}`");
        }
        assert!(file != WHOLE || block == code, "{file} is more than that");
        shown.push(file);
        words = after;
    }
    assert!(shown.len() == 3 && shown.contains(&WHOLE), "{shown:?}");
}

#[test]
fn what_is_named_is_there() {
    let told = read("CONTRIBUTING.md");
    let is_path =
        |name: &&str| name.contains('/') && !name.contains(' ') && !name.starts_with("target/");
    let names = told.split('`').skip(1).step_by(2).filter(is_path);
    let missing: Vec<&str> = names.filter(|name| !at(name).exists()).collect();
    assert!(missing.is_empty(), "{missing:?}");
}

fn at(name: &str) -> std::path::PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join(name)
}

fn read(name: &str) -> String {
    std::fs::read_to_string(at(name)).unwrap()
}
