//! Tells a story: does its commands, and writes down what is seen.

#![allow(dead_code, reason = "each test program uses its own part")]
#![allow(clippy::unwrap_used, reason = "a test that cannot go on should stop")]

mod behind;
mod normal;
pub mod stage;
mod story;

use std::time::{Duration, Instant};

use virtuform::cli::Exit;
use virtuform::state::{Book, Holder, Ledger, LocalStore};

use stage::{Ran, Stage};
use story::Story;

/// Tells the story, and returns its text with the outputs that were seen.
pub fn told(text: &str) -> String {
    let mut story = Story::parse(text);
    let stage = set(&story);
    let mut lock = None;
    for command in &mut story.commands {
        let (word, rest) = command.line.split_once(' ').unwrap_or((&command.line, ""));
        match word {
            "write" => stage.write(rest, &command.below),
            "engine" => command.below = acted(&stage, rest),
            "lock" => lock = Some(locked(&stage, rest)),
            "unlock" => drop(lock.take().unwrap().close().unwrap()),
            "kill" => command.below = killed(&stage, rest),
            _ => {
                let line = behind::named(&mut stage.engine(), &command.line);
                command.below = seen(&stage.run(&line), &stage);
            }
        }
    }
    story.text()
}

/// The engine with its past, and the first files.
fn set(story: &Story) -> Stage {
    let past = story.files.iter().find(|(name, _)| name == "engine");
    let mut past = past.map_or("", |(_, past)| past).lines().peekable();
    let stage = match past.next_if_eq(&"lab") {
        Some(_) => Stage::lab(),
        None => Stage::new(),
    };
    for line in past {
        let refused = behind::act(&mut stage.engine(), line);
        assert!(refused.is_empty(), "{line}: {refused}");
    }
    let files = story.files.iter().filter(|(name, _)| name != "engine");
    files.for_each(|(name, content)| stage.write(name, content));
    stage
}

/// Both streams, and how it ended unless that was well.
fn seen(ran: &Ran, stage: &Stage) -> String {
    let Ran { exit, out, err } = ran;
    let out = normal::normal(out, stage);
    let err = normal::normal(err, stage);
    let exit = match exit {
        Exit::Done => String::new(),
        exit => format!("exit {}\n", *exit as u8),
    };
    format!("{out}{err}{exit}")
}

/// Somebody else works with the state.
fn locked(stage: &Stage, user: &str) -> Book {
    let holder = Holder {
        user: user.to_owned(),
        host: "other".to_owned(),
        pid: 4711,
        doing: "apply".to_owned(),
    };
    let store = Box::new(LocalStore::new(stage.path("state.json")));
    let fresh = || Ledger::new("other".to_owned(), [1; 32]);
    Book::open(store, &holder, Box::new(jiff::Timestamp::now), fresh).unwrap()
}

/// `after POST /vms: apply --yes`: runs the program, and kills it once that was answered, or was
/// not. The engine has to be told to lose that answer, or it is chance how far the program comes.
fn killed(stage: &Stage, line: &str) -> String {
    let (after, line) = line.strip_prefix("after ").unwrap().split_once(": ").unwrap();
    let (method, path) = after.split_once(' ').unwrap();
    let mut child = stage.start(line);
    let deadline = Instant::now() + Duration::from_secs(30);
    let is_there = || {
        let engine = stage.engine();
        engine.requests().iter().any(|request| {
            let (asked, _) = request.path.split_once('?').unwrap_or((&request.path, ""));
            request.method == method && asked == format!("/ovirt-engine/api{path}")
        })
    };
    while !is_there() {
        assert!(Instant::now() < deadline, "`{after}` did not happen");
        std::thread::sleep(Duration::from_millis(1));
    }
    child.kill().unwrap();
    child.wait().unwrap();
    String::new()
}

/// What somebody else sees at the engine.
fn acted(stage: &Stage, line: &str) -> String {
    let text = behind::act(&mut stage.engine(), line);
    normal::normal(&text, stage)
}
