//! Stories: what somebody writes, asks for and sees, from the manifests to the engine over HTTPS.
//!
//! Each file of `tests/scenarios` is one. `BLESS=1 cargo test --test scenarios` writes down what is
//! seen now; `STORY=rename` tells only those whose names hold that.
#![allow(clippy::unwrap_used, reason = "a test may panic, in its helpers too")]

#[path = "scenarios/lives.rs"]
mod lives;
#[path = "scenarios/runner/mod.rs"]
mod runner;

use std::path::{Path, PathBuf};
use std::sync::Mutex;

use similar::TextDiff;

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
