//! Stories: what somebody writes, asks for and sees, from the manifests to the engine over HTTPS.
//!
//! Each file of `tests/scenarios` is one. `BLESS=1 cargo test --test scenarios` writes down what is
//! seen now; `STORY=rename` tells only those whose names hold that.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "scenarios/runner/mod.rs"]
mod runner;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use similar::TextDiff;
use virtuform::resources::kinds::KINDS;
use virtuform::resources::{Attribute, Kind, Update};

/// Stories wait for the engine most of the time.
const AT_A_TIME: usize = 12;

#[test]
fn stories_end_as_they_are_written() {
    let stories = Mutex::new(stories());
    let wrong = Mutex::new(Vec::new());
    std::thread::scope(|scope| {
        for _ in 0..AT_A_TIME {
            scope.spawn(|| {
                loop {
                    let Some(path) = stories.lock().unwrap().pop() else { break };
                    let told = std::panic::catch_unwind(|| tell(&path));
                    let told = told.unwrap_or_else(|_| Some("it could not be told".to_owned()));
                    let named = told.map(|wrong| format!("{}:\n{wrong}", path.display()));
                    wrong.lock().unwrap().extend(named);
                }
            });
        }
    });
    let mut wrong = wrong.into_inner().unwrap();
    wrong.sort();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn all() -> Vec<PathBuf> {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("tests/scenarios");
    let files = std::fs::read_dir(folder).unwrap().map(|entry| entry.unwrap().path());
    let mut stories: Vec<_> =
        files.filter(|path| path.extension().is_some_and(|it| it == "txt")).collect();
    stories.sort();
    stories
}

fn stories() -> Vec<PathBuf> {
    let only = std::env::var("STORY").unwrap_or_default();
    let is_wanted = |path: &PathBuf| path.file_name().unwrap().to_str().unwrap().contains(&only);
    let stories: Vec<_> = all().into_iter().filter(is_wanted).collect();
    assert!(!stories.is_empty(), "there is no such story");
    stories
}

/// What differs from what is written.
fn tell(path: &Path) -> Option<String> {
    let written = std::fs::read_to_string(path).unwrap();
    let told = runner::told(&written);
    if written == told {
        return None;
    }
    if std::env::var("BLESS").is_ok() {
        std::fs::write(path, told).unwrap();
        return None;
    }
    Some(TextDiff::from_lines(&written, &told).unified_diff().to_string())
}

/// What a kind goes through in some story.
struct Event {
    what: &'static str,
    /// Whether the first line of a step says that it happens.
    says_so: fn(&str) -> bool,
    applies: fn(&Kind) -> bool,
}

const LIFE: &[Event] = &[
    Event {
        what: "made",
        says_so: |line| line.starts_with("+ ") || line.contains(ALONG),
        applies: |kind| !kind.inseparable,
    },
    Event {
        what: "changed",
        says_so: |line| ["~ ", "> ", "-/+ "].iter().any(|sign| line.starts_with(sign)),
        applies: can_change,
    },
    Event { what: "removed", says_so: |line| line.starts_with("- "), applies: can_go },
];

const ALONG: &str = "the engine makes it along with";

fn can_change(kind: &Kind) -> bool {
    let stays = |attribute: &Attribute| {
        let is_fixed = matches!(attribute.update, Update::Replace | Update::Never);
        is_fixed || attribute.from_key || !attribute.is_comparable()
    };
    !kind.attributes.iter().all(stays)
}

/// The API removes no network of a provider.
fn can_go(kind: &Kind) -> bool {
    !kind.inseparable && kind.name != "openstack_network"
}

#[test]
fn every_kind_lives_in_some_story() {
    let read = |path: PathBuf| std::fs::read_to_string(path).unwrap();
    let told: String = all().into_iter().map(read).collect();
    let told = told.replace(&format!("\n    {ALONG}"), &format!(" {ALONG}"));
    let mut missing = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.managed) {
        // Those of one table, as tags of hosts and of VMs, live alike.
        let alike = |other: &&&Kind| std::ptr::eq(other.attributes, kind.attributes);
        for Event { what, says_so, applies } in LIFE {
            let mut same = KINDS.iter().filter(alike);
            let is_told = same.any(|kind| {
                let mut lines = told.lines().filter(|line| says_so(line));
                lines.any(|line| sections(line) == sections_of(kind))
            });
            if applies(kind) && !is_told {
                missing.push(format!("no {} is {what}", kind.name));
            }
        }
    }
    assert!(missing.is_empty(), "{missing:?}");
}

/// The sections in the address that a line of a plan begins with, after its sign.
fn sections(line: &str) -> Vec<&str> {
    let address = line.split_whitespace().nth(1).unwrap_or_default();
    address.split('/').step_by(2).collect()
}

fn sections_of(kind: &'static Kind) -> Vec<&'static str> {
    let above = std::iter::successors(Some(kind), |kind| kind.parent).map(|kind| kind.section);
    let mut sections: Vec<_> = above.collect();
    sections.reverse();
    sections
}
