//! What came of a run.

use std::borrow::Cow;
use std::collections::{BTreeMap, BTreeSet};
use std::error::Error;
use std::fmt::Write;
use std::time::Duration;

use crate::apply::{Failure, Report, Setback};
use crate::cli::outline::{Deed, Outline};
use crate::engine::printable;
use crate::plan::Step;
use crate::resources::{Action, Address, Parts, Watched};

use super::failure::paragraphs;
use super::{Ink, Screen, chain, count};

/// What a step does, after "could not": `start`, `make it`.
pub fn doing(step: &Step) -> String {
    match &step.action {
        Action::Create { .. } => "make it".to_owned(),
        Action::Find { .. } => "find it".to_owned(),
        Action::Update { .. } => "change it".to_owned(),
        Action::Delete { .. } => "remove it".to_owned(),
        Action::Link { attribute, adds: true, .. } => format!("add to its {}", attribute.name),
        Action::Link { attribute, .. } => format!("remove from its {}", attribute.name),
        Action::Invoke { verb, .. } => verb.name.to_owned(),
        Action::Await { of: Watched::Jobs, .. } => "see it reach all that use it".to_owned(),
        Action::Await { of: Watched::Parts(parts), becomes, .. } => {
            format!("see that {}", reached(parts, becomes))
        }
        Action::Upload { file, .. } => format!("upload {}", file.name),
        Action::Await { becomes: [], .. } => "see it gone".to_owned(),
        Action::Await { attribute, becomes, .. } => {
            format!("see it {}", state(attribute, becomes))
        }
    }
}

/// What a step has done: `made`, `is up`.
pub fn done(step: &Step) -> String {
    match &step.action {
        Action::Create { .. } => "made".to_owned(),
        Action::Find { .. } => "found".to_owned(),
        Action::Update { .. } => "changed".to_owned(),
        Action::Delete { .. } => "removed".to_owned(),
        Action::Link { attribute, adds: true, .. } => format!("has one more of {}", attribute.name),
        Action::Link { attribute, .. } => format!("has one less of {}", attribute.name),
        Action::Invoke { verb, .. } => format!("told to {}", verb.name),
        Action::Await { of: Watched::Jobs, .. } => "has reached all that use it".to_owned(),
        Action::Await { of: Watched::Parts(parts), becomes, .. } => reached(parts, becomes),
        Action::Upload { file, .. } => format!("has what is in {}", file.name),
        Action::Await { becomes: [], .. } => "is gone".to_owned(),
        Action::Await { attribute, becomes, .. } => format!("is {}", state(attribute, becomes)),
    }
}

/// What is so when something has reached others: `2 hosts have it`.
pub fn reached(parts: &Parts, becomes: &[&str]) -> String {
    let holder = parts.kind.parent.map_or("object", |holder| holder.element);
    let holders = count(parts.below.len(), holder);
    match (becomes, parts.below.len()) {
        ([], _) => format!("it has left {holders}"),
        (_, 1) => format!("{holders} has it"),
        _ => format!("{holders} have it"),
    }
}

/// The state that a wait ends in: `up`, or the name of a flag.
pub fn state(attribute: &str, becomes: &[&str]) -> String {
    match becomes {
        ["true"] => attribute.to_owned(),
        becomes => becomes.join(" or "),
    }
}

/// `3 s`, `2 min 5 s`; nothing for what took less than a second.
pub fn duration(took: Duration) -> Option<String> {
    match took.as_secs() {
        0 => None,
        seconds @ 1..60 => Some(format!("{seconds} s")),
        seconds if seconds % 60 == 0 => Some(format!("{} min", seconds / 60)),
        seconds => Some(format!("{} min {} s", seconds / 60, seconds % 60)),
    }
}

/// One line of data: what was done.
pub fn outcome(report: &Report, outline: &Outline) -> String {
    if !report.is_success() {
        return format!(
            "not all is done: {} of {} done, {} failed, {} skipped, {} not started",
            report.done().count(),
            count(report.steps.len(), "step"),
            report.failed().count(),
            report.skipped().count(),
            report.not_started().count(),
        );
    }
    let mut line = format!(
        "applied: {} created, {} changed, {} replaced, {} removed",
        outline.count(Deed::Create),
        outline.changed(),
        outline.count(Deed::Replace),
        outline.count(Deed::Remove),
    );
    let others = [
        (outline.made_along(), "made along"),
        (outline.looked_for(), "found"),
        (outline.adopted(), "adopted"),
    ];
    for (number, word) in others.into_iter().filter(|(number, _)| *number > 0) {
        write!(line, "; {number} {word}").expect("a string takes all");
    }
    line
}

/// What failed and why, what was skipped, and how to go on.
pub fn failures(report: &Report, screen: Screen) -> String {
    let mut out = String::new();
    for (step, failure) in report.failed() {
        out.push_str(&failed(step, failure, screen));
        out.push('\n');
    }
    out.push_str(&skipped(report, screen));
    if let Some(error) = &report.ledger_error {
        out.push_str(&chain("the state could not be written", Some(error), None, screen));
        out.push('\n');
    }
    if !report.is_success() {
        out.push_str(&screen.ink(Ink::Cyan, "hint:"));
        out.push_str(" what was done is recorded; the same command again goes on from there\n");
    }
    out
}

fn failed(step: &Step, failure: &Failure, screen: Screen) -> String {
    let message = match &step.action {
        Action::Await { of: Watched::Jobs, .. } => {
            format!("{}: has not reached all that use it", step.address)
        }
        Action::Await { of: Watched::Parts(_), .. } => {
            format!("{}: could not {}", step.address, doing(step))
        }
        Action::Await { .. } => {
            format!("{}: {}", step.address, done(step).replacen("is ", "is not ", 1))
        }
        _ => format!("{}: could not {}", step.address, doing(step)),
    };
    let said = last_cause(&failure.setback);
    let hint = match &failure.setback {
        Setback::Engine(fault) => {
            (step.kind.advises)(&step.action, &said).or_else(|| fault.hint().map(Cow::Owned))
        }
        _ => None,
    };
    let mut out = chain(&message, Some(&failure.setback), hint.as_deref(), screen);
    for event in failure.events.iter().filter(|event| !says(event, &said)) {
        out.push_str("  the engine's events: ");
        paragraphs(&mut out, 23, 6, event, screen);
    }
    if !failure.correlation_id.is_empty() {
        let text = format!("  correlation id: {}", printable(&failure.correlation_id));
        writeln!(out, "{}", screen.ink(Ink::Dim, &text)).expect("a string takes all");
    }
    out
}

/// What the chain of causes ends with.
fn last_cause(setback: &Setback) -> String {
    let mut last: &dyn Error = setback;
    while let Some(source) = last.source() {
        last = source;
    }
    last.to_string()
}

/// Whether an event repeats a text: the engine writes one of each refusal, with the same words.
fn says(event: &str, text: &str) -> bool {
    let words = |text: &str| {
        let text = text.replace("\\n", " ");
        text.split_whitespace().collect::<Vec<_>>().join(" ")
    };
    words(event).contains(&words(text))
}

/// How many resources of a skipped lot are named.
const NAMED: usize = 6;

/// The resources that were skipped, by the one whose failure took them along.
fn skipped(report: &Report, screen: Screen) -> String {
    let mut by_cause: BTreeMap<&Address, BTreeSet<&Address>> = BTreeMap::new();
    for (step, because) in report.skipped() {
        let cause = report.steps.iter().find(|(other, _)| other.id == because);
        let Some((cause, _)) = cause.filter(|(cause, _)| cause.address != step.address) else {
            continue;
        };
        by_cause.entry(&cause.address).or_default().insert(&step.address);
    }
    let mut out = String::new();
    for (cause, addresses) in by_cause {
        let named: Vec<_> = addresses.iter().take(NAMED).map(ToString::to_string).collect();
        let mut text = format!("since {cause} failed: {}", named.join(", "));
        if addresses.len() > NAMED {
            write!(text, " and {} more", addresses.len() - NAMED).expect("a string takes all");
        }
        write!(out, "{} ", screen.ink(Ink::Yellow, "skipped:")).expect("a string takes all");
        screen.fill(&mut out, 9, 2, &printable(&text));
        out.push('\n');
    }
    out
}
