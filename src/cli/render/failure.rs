//! Problems and faults as text.

use std::error::Error;
use std::fmt::Write;
use std::path::Path;

use annotate_snippets::{AnnotationKind, Level, Renderer, Snippet};

use crate::cli::Failure;
use crate::engine::printable;
use crate::manifest::Source;
use crate::state::{Location, Problem, StoreError};

use super::hide::{hidden, is_within};
use super::{Ink, Screen};

/// What ended a command, with advice. Nothing for what has been told already.
pub fn failure(failure: &Failure, screen: Screen) -> String {
    match failure {
        Failure::Problems { problems, sources } => {
            let texts = problems.0.iter().map(|it| problem(it, "error", sources, screen));
            texts.collect::<Vec<_>>().join("\n")
        }
        Failure::Fault(fault) => error(None, fault, fault.hint().as_deref(), screen),
        Failure::Store(store) => error(None, store, store_hint(store).as_deref(), screen),
        Failure::Other { message, cause, hint } => {
            chain(message, cause.as_deref(), hint.as_deref(), screen)
        }
        Failure::Interrupted => chain("interrupted", None, None, screen),
        Failure::Refused | Failure::Told => String::new(),
    }
}

/// `error: ... caused by: ... hint: ...`, after the name of what it is about.
pub fn error(about: Option<&str>, error: &dyn Error, hint: Option<&str>, screen: Screen) -> String {
    let message = match about {
        Some(about) => format!("{about}: {error}"),
        None => error.to_string(),
    };
    chain(&message, error.source(), hint, screen)
}

/// The same with a message of one's own at the top.
pub fn chain(
    message: &str,
    cause: Option<&(dyn Error + 'static)>,
    hint: Option<&str>,
    screen: Screen,
) -> String {
    let mut out = String::new();
    line(&mut out, "", Ink::Red, "error:", message, screen);
    for cause in std::iter::successors(cause, |error| (*error).source()) {
        line(&mut out, "  ", Ink::Dim, "caused by:", &cause.to_string(), screen);
    }
    if let Some(hint) = hint {
        line(&mut out, "", Ink::Cyan, "hint:", hint, screen);
    }
    out
}

fn line(out: &mut String, indent: &str, ink: Ink, label: &str, text: &str, screen: Screen) {
    write!(out, "{indent}{} ", screen.ink(ink, label)).expect("a string takes all");
    let begun = indent.len() + label.len() + 1;
    paragraphs(out, begun, indent.len() + 4, text, screen);
}

/// Text of several lines, as the engine writes its reasons; the faults have them escaped already.
pub fn paragraphs(out: &mut String, begun: usize, indent: usize, text: &str, screen: Screen) {
    let text = text.replace("\\n", "\n");
    for (index, part) in text.split('\n').filter(|part| !part.is_empty()).enumerate() {
        if index > 0 {
            out.push_str(&" ".repeat(indent));
        }
        screen.fill(out, if index == 0 { begun } else { indent }, indent, &printable(part));
    }
}

fn store_hint(error: &StoreError) -> Option<String> {
    let text = match error {
        StoreError::Locked { .. } => "wait until it is done; a killed run's lock ends by itself",
        StoreError::Fenced | StoreError::Changed { .. } => "run it again, once nobody else does",
        StoreError::Damaged { .. } => "its former version is beside it, ending in `.backup`",
        StoreError::Unusable { .. } => return None,
    };
    Some(text.to_owned())
}

/// A problem with the line that it is in. `label` is `error` or `warning`.
pub fn problem(problem: &Problem, label: &str, sources: &[Source], screen: Screen) -> String {
    let Problem { at, message, hint, discreet } = problem;
    let ink = if label == "error" { Ink::Red } else { Ink::Yellow };
    let mut out = String::new();
    line(&mut out, "", ink, &format!("{label}:"), message, screen);
    if let Some(at) = at {
        let sources = if *discreet { &[] } else { sources };
        out.push_str(&place(at, sources, screen));
    }
    if let Some(hint) = hint {
        line(&mut out, "", Ink::Cyan, "hint:", hint, screen);
    }
    out
}

/// Where it is: the line with a mark below, if the text is known, else the name of the place.
fn place(at: &Location, sources: &[Source], screen: Screen) -> String {
    let known = sources.iter().find(|source| source.name == **at.file);
    let text = known.and_then(|source| source.text.lines().nth(at.line.saturating_sub(1)));
    let file = printable(&at.file.display().to_string()).into_owned();
    // A tab is one column of the location and more on the screen.
    let Some(text) = text.map(|text| printable(&text.replace('\t', " ")).into_owned()) else {
        return format!("  --> {file}:{}:{}\n", at.line, at.column);
    };
    let lines: Vec<&str> = known.map(|source| source.text.lines().collect()).unwrap_or_default();
    if is_within(&lines, at.line.saturating_sub(1)) {
        return format!("  --> {file}:{}:{}\n", at.line, at.column);
    }
    let (text, column) = hidden(&text, at.column);
    let start = byte_of(&text, column);
    let end = start + length_of_word(&text[start..]);
    let snippet = Snippet::source(&text)
        .path(&file)
        .line_start(at.line)
        .annotation(AnnotationKind::Primary.span(start..end));
    let report = [Level::ERROR.no_name().primary_title("").element(snippet)];
    let renderer = if screen.colour { Renderer::styled() } else { Renderer::plain() };
    format!("{}\n", renderer.term_width(screen.width).render(&report))
}

fn byte_of(text: &str, column: usize) -> usize {
    text.char_indices().nth(column.saturating_sub(1)).map_or(text.len(), |(byte, _)| byte)
}

/// The word, or what is quoted, that begins here.
fn length_of_word(text: &str) -> usize {
    let mut characters = text.chars();
    let length = match characters.next() {
        Some(quote @ ('"' | '\'')) => text[1..].find(quote).map(|end| end + 2),
        _ => text.find([',', '}', ']', ':', '#']).map(|end| text[..end].trim_end().len()),
    };
    length.unwrap_or(text.len()).max(text.chars().next().map_or(0, char::len_utf8))
}

/// How a path is shown.
pub fn path(path: &Path) -> String {
    printable(&path.display().to_string()).into_owned()
}
