//! The calls and waits of a resource, in words.

use crate::cli::outline::{Deed, Group};
use crate::cli::render::report::{reached, state};
use crate::resources::{Action, Change, Kind, Verb, Watched};

/// What is called besides making, changing and removing, and what is waited for: `then start, wait
/// until it is up`. Waits that only let the engine finish a call are not worth a word.
pub fn course(group: &Group) -> Option<String> {
    let kind = group.kind?;
    let mut phrases: Vec<Phrase> = Vec::new();
    let actions: Vec<&Action> = group.steps.iter().map(|step| &step.action).collect();
    for (index, action) in actions.iter().enumerate() {
        let is_wait = |action: &&&Action| matches!(action, Action::Await { .. });
        let before = actions[..index].iter().rev().find(|action| !is_wait(action));
        let follows_call = matches!(before, Some(Action::Invoke { .. }));
        let goes_on = actions.get(index + 1).is_some_and(|next| is_wait(&next));
        let is_call =
            |action: &&&Action| matches!(action, Action::Invoke { .. } | Action::Upload { .. });
        let is_last = !actions[index + 1..].iter().any(|it| is_wait(&it) || is_call(&it));
        match action {
            Action::Invoke { verb, changes, .. } if writes(verb, changes) && !goes_on => {
                phrases.push(Phrase::Write("change"));
            }
            Action::Invoke { verb, .. } => phrases.push(Phrase::Call(verb.name.to_owned())),
            Action::Await { of: Watched::Jobs, .. } => {
                phrases.push(Phrase::Call("wait until it has reached all that use it".to_owned()));
            }
            Action::Await { of: Watched::Parts(parts), becomes, .. } => {
                phrases.push(Phrase::Call(format!("wait until {}", reached(parts, becomes))));
            }
            Action::Upload { .. } => phrases.push(Phrase::Call("upload".to_owned())),
            Action::Await { .. } if goes_on => {}
            Action::Await { attribute, becomes, .. }
                if follows_call || (is_last && matters(kind, attribute, becomes)) =>
            {
                phrases.push(Phrase::Call(wait(attribute, becomes)));
            }
            Action::Await { .. } | Action::Find { .. } | Action::Link { .. } => {}
            Action::Create { unless_there: true, .. } => {
                phrases.push(Phrase::Write("make it unless it is there"));
            }
            Action::Create { .. } => phrases.push(Phrase::Write("make")),
            Action::Update { .. } => phrases.push(Phrase::Write("change")),
            Action::Delete { .. } => phrases.push(Phrase::Write("remove")),
        }
    }
    in_words(&phrases, group.deed)
}

/// Whether a call does what a PUT does elsewhere: all that changes is sent.
fn writes(verb: &Verb, changes: &[Change]) -> bool {
    let is_sent = |change: &Change| verb.sends.contains(&change.attribute.name);
    !changes.is_empty() && changes.iter().all(is_sent)
}

#[derive(Debug, PartialEq)]
enum Phrase {
    Call(String),
    Write(&'static str),
}

/// Whether manifests speak of the state that is waited for.
fn matters(kind: &Kind, attribute: &str, becomes: &[&str]) -> bool {
    let known = kind.attribute(attribute);
    known.is_some_and(|a| a.set_by.iter().any(|(word, _)| becomes.contains(word)))
}

fn wait(attribute: &str, becomes: &[&str]) -> String {
    match becomes {
        [] => "wait until it is gone".to_owned(),
        becomes => format!("wait until it is {}", state(attribute, becomes)),
    }
}

fn in_words(phrases: &[Phrase], deed: Deed) -> Option<String> {
    let is_write = |phrase: &Phrase| matches!(phrase, Phrase::Write(_));
    if phrases.iter().all(is_write) {
        return None;
    }
    let words = |phrases: &[Phrase]| {
        let word = |phrase: &Phrase| match phrase {
            Phrase::Call(text) => text.clone(),
            Phrase::Write(text) => (*text).to_owned(),
        };
        phrases.iter().map(word).collect::<Vec<_>>().join(", ")
    };
    let Some(first) = phrases.iter().position(is_write) else {
        return Some(if deed == Deed::Find || deed == Deed::Create {
            format!("then {}", words(phrases))
        } else {
            words(phrases)
        });
    };
    let is_single = phrases.iter().filter(|phrase| is_write(phrase)).count() == 1;
    Some(match (first, phrases.len()) {
        (0, _) if is_single => format!("then {}", words(&phrases[1..])),
        (first, length) if is_single && first + 1 == length => {
            format!("first {}", words(&phrases[..first]))
        }
        _ => format!("in turn: {}", words(phrases)),
    })
}
