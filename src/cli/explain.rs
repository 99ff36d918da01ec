//! `virtuform explain`: what manifests can hold, for people.

use std::fmt::Write;

use crate::resources::{Attribute, Kind};

use super::arguments::ExplainArguments;
use super::handbook::{self, Subject};
use super::render::{Ink, Screen};
use super::{Exit, Failure, Io};

/// Explains.
pub fn run(arguments: &ExplainArguments, io: &mut Io) -> Result<Exit, Failure> {
    let screen = io.out_screen();
    let text = match arguments.what.as_deref() {
        None => kinds(screen),
        Some(words) => match handbook::find(words) {
            Ok(Subject::Kind(kind)) => of_kind(kind, screen),
            Ok(Subject::Attribute(kind, name, attribute)) => one(kind, &name, attribute, screen),
            Ok(Subject::Group(kind, name, attributes)) => group(kind, &name, &attributes, screen),
            Err((message, advice)) => {
                let failure = Failure::new(message);
                return Err(advice.into_iter().fold(failure, Failure::hint));
            }
        },
    };
    io.data(&text)?;
    Ok(Exit::Done)
}

/// All kinds, those below others indented.
fn kinds(screen: Screen) -> String {
    let mut rows = Vec::new();
    handbook::top().for_each(|kind| with_children(kind, 0, &mut rows));
    let mut text = screen.ink(Ink::Bold, "Sections of a manifest") + "\n";
    table(&mut text, &rows, screen);
    text += &format!("\n{}\n", screen.ink(Ink::Bold, "Only to be referred to"));
    let rows: Vec<_> =
        handbook::referred().map(|kind| (kind.name.to_owned(), kind.summary)).collect();
    table(&mut text, &rows, screen);
    text + "\n`virtuform explain vm` says what a VM takes, `virtuform explain vm.memory` more.\n"
}

fn with_children(kind: &'static Kind, depth: usize, rows: &mut Vec<(String, &'static str)>) {
    rows.push((format!("{}{}", "  ".repeat(depth), kind.section), kind.summary));
    kind.children().for_each(|child| with_children(child, depth + 1, rows));
}

fn table(text: &mut String, rows: &[(String, &str)], screen: Screen) {
    let width = rows.iter().map(|(name, _)| name.len()).max().unwrap_or(0);
    for (name, summary) in rows {
        write!(text, "  {name:width$}  ").expect("a string takes all");
        screen.fill(text, width + 4, width + 4, summary);
    }
}

fn of_kind(kind: &'static Kind, screen: Screen) -> String {
    let mut text = String::new();
    heading(&mut text, kind.name, kind.summary, screen);
    let place = if kind.managed {
        let above = kind.parent.map(|parent| format!(" of {}", handbook::place(parent)));
        format!("`{}`{}", kind.section, above.as_deref().unwrap_or(", at the top of a manifest"))
    } else {
        "nowhere in a manifest; it can only be referred to".to_owned()
    };
    label(&mut text, "stands in", &place, screen);
    let children: Vec<_> = kind.children().map(|child| format!("`{}`", child.section)).collect();
    if !children.is_empty() {
        label(&mut text, "holds", &children.join(", "), screen);
    }
    if !kind.built_in.is_empty() {
        let names = kind.built_in.join("`, `");
        label(&mut text, "built in", &format!("`{names}`, which is never removed"), screen);
    }
    if kind.managed {
        text += &format!("\n{}\n", screen.ink(Ink::Bold, "At least"));
        handbook::example(kind).lines().for_each(|line| text += &format!("  {line}\n"));
    }
    text += &format!("\n{}\n", screen.ink(Ink::Bold, "Attributes"));
    list(&mut text, kind.attributes.iter(), screen);
    text
}

fn heading(text: &mut String, name: &str, summary: &str, screen: Screen) {
    write!(text, "{}: ", screen.ink(Ink::Bold, name)).expect("a string takes all");
    screen.fill(text, name.len() + 2, 2, summary);
    text.push('\n');
}

fn label(text: &mut String, about: &str, what: &str, screen: Screen) {
    const COLUMN: usize = 11;
    write!(text, "  {about:COLUMN$}").expect("a string takes all");
    screen.fill(text, COLUMN + 2, COLUMN + 2, what);
}

fn list<'a>(text: &mut String, attributes: impl Iterator<Item = &'a Attribute>, screen: Screen) {
    for attribute in attributes {
        let name = screen.ink(Ink::Bold, attribute.name);
        let needed = attribute.required && !attribute.from_key;
        let required = if needed { ", required" } else { "" };
        *text += &format!("  {name}  ({}{required})\n      ", handbook::short(attribute.takes));
        screen.fill(text, 6, 6, attribute.summary);
    }
}

fn one(kind: &'static Kind, name: &str, attribute: &Attribute, screen: Screen) -> String {
    let mut text = String::new();
    heading(&mut text, &format!("{}.{name}", kind.name), attribute.summary, screen);
    for (about, what) in handbook::facts(kind, attribute) {
        label(&mut text, about, &what, screen);
    }
    let members = handbook::members(attribute);
    if !members.is_empty() {
        text += &format!("\n{}\n", screen.ink(Ink::Bold, "Each member"));
        list(&mut text, members.iter(), screen);
    }
    text
}

fn group(kind: &Kind, name: &str, attributes: &[&'static Attribute], screen: Screen) -> String {
    let mut text = format!("{}\n\n", screen.ink(Ink::Bold, &format!("{}.{name}", kind.name)));
    list(&mut text, attributes.iter().copied(), screen);
    text
}
