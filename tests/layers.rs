//! The layers: which folder may use which. A new edge is a decision, taken here first.

#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

use std::collections::BTreeSet;
use std::fs;
use std::path::{Path, PathBuf};

/// Each folder of `src`, and the folders that it may use.
const LAYERS: &[(&str, &[&str])] = &[
    ("xml", &[]),
    ("api", &[]),
    ("engine", &["xml"]),
    ("resources", &["xml"]),
    ("state", &["resources"]),
    ("manifest", &["resources", "state"]),
    ("observe", &["engine", "resources", "state", "xml"]),
    ("plan", &["resources", "state"]),
    ("export", &["resources", "state"]),
    ("apply", &["engine", "plan", "resources", "state", "xml"]),
    ("simulated", &["api", "xml"]),
    (
        "cli",
        &[
            "api",
            "apply",
            "engine",
            "export",
            "manifest",
            "observe",
            "plan",
            "resources",
            "simulated",
            "state",
            "xml",
        ],
    ),
];

/// These decide without waiting for anything.
const NOT_ASYNC: &[&str] = &["api", "xml", "resources", "state", "manifest", "plan", "export"];

#[test]
fn folders_use_only_what_lies_below_them() {
    let mut broken = Vec::new();
    for (folder, allowed) in LAYERS {
        for (file, used) in edges(folder) {
            if used != *folder && !allowed.contains(&used.as_str()) {
                broken.push(format!("{}: `{folder}` uses `{used}`", file.display()));
            }
        }
    }
    assert!(broken.is_empty(), "edges that the table does not have:\n{}", broken.join("\n"));
}

#[test]
fn every_folder_is_in_the_table() {
    let folders: BTreeSet<String> = fs::read_dir(source())
        .unwrap()
        .map(|entry| entry.unwrap())
        .filter(|entry| entry.path().is_dir())
        .map(|entry| entry.file_name().into_string().unwrap())
        .collect();
    let known: BTreeSet<String> = LAYERS.iter().map(|(name, _)| (*name).to_owned()).collect();
    assert_eq!(folders, known);
}

#[test]
fn what_decides_does_not_wait() {
    for folder in NOT_ASYNC {
        for file in files(folder) {
            let text = fs::read_to_string(&file).unwrap();
            for word in ["async fn", ".await", "tokio::"] {
                assert!(!text.contains(word), "{} has `{word}`", file.display());
            }
        }
    }
}

fn source() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).join("src")
}

/// All files of a folder of `src`, at any depth.
fn files(folder: &str) -> Vec<PathBuf> {
    let mut open = vec![source().join(folder)];
    let mut files = Vec::new();
    while let Some(path) = open.pop() {
        for entry in fs::read_dir(path).unwrap() {
            let path = entry.unwrap().path();
            if path.is_dir() {
                open.push(path);
            } else if path.extension().is_some_and(|extension| extension == "rs") {
                files.push(path);
            }
        }
    }
    files.sort();
    files
}

/// The top-level modules that the files of a folder name after `crate::`.
fn edges(folder: &str) -> Vec<(PathBuf, String)> {
    let mut edges = Vec::new();
    for file in files(folder) {
        let text = fs::read_to_string(&file).unwrap();
        let code = text.lines().filter(|line| !line.trim_start().starts_with("//"));
        for line in code {
            for (at, _) in line.match_indices("crate::") {
                let rest = &line[at + "crate::".len()..];
                let names: Vec<&str> = match rest.strip_prefix('{') {
                    Some(group) => group.split(',').map(str::trim).collect(),
                    None => vec![rest],
                };
                for name in names {
                    let end = name.find(|c: char| !c.is_alphanumeric() && c != '_');
                    let name = &name[..end.unwrap_or(name.len())];
                    if !name.is_empty() {
                        edges.push((file.clone(), name.to_owned()));
                    }
                }
            }
        }
    }
    edges
}
