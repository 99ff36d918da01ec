//! Which texts YAML takes for themselves, and how the others are written.

use std::fmt::Write;

/// The indicator of a literal block for a text of several lines.
///
/// None if it has one line only, or what such a block would not keep.
pub(super) fn literal(text: &str) -> Option<&'static str> {
    let is_line = |line: &str| !line.ends_with(' ') && line.chars().all(is_printable);
    let fits = text.trim_end_matches('\n').contains('\n')
        && !text.starts_with([' ', '\n'])
        && !text.ends_with("\n\n")
        && text.split('\n').all(is_line);
    let style = if text.ends_with('\n') { "|" } else { "|-" };
    fits.then_some(style)
}

/// A text as one word: plain where nobody could take it for something else.
pub(super) fn quoted(text: &str) -> String {
    if is_plain(text) {
        text.to_owned()
    } else if text.chars().all(is_printable) {
        format!("'{}'", text.replace('\'', "''"))
    } else {
        escaped(text)
    }
}

fn is_plain(text: &str) -> bool {
    let is_harmless = |c: char| c.is_alphanumeric() || " _-./@+=:()".contains(c);
    let begins = text.starts_with(|c: char| c.is_alphanumeric() || "_/.".contains(c));
    let ends = !text.ends_with([' ', ':']);
    begins && ends && text.chars().all(is_harmless) && !text.contains(": ") && !is_taken(text)
}

/// Whether YAML, of whatever version, has another meaning for it.
fn is_taken(text: &str) -> bool {
    const WORDS: [&str; 9] = ["null", "true", "false", "yes", "no", "on", "off", "y", "n"];
    // A date and a time of day are numbers to some.
    let is_of_numbers = |c: char| c.is_ascii_digit() || ".:_-+eExXoOtTzZ ".contains(c);
    WORDS.contains(&text.to_lowercase().as_str())
        || (text.starts_with(|c: char| c.is_ascii_digit()) && text.chars().all(is_of_numbers))
        || text.starts_with("0x")
        || text.starts_with("0o")
        || text.starts_with('.')
        || text.is_empty()
}

/// Whether YAML lets it stand as it is, people see it, and it steers no terminal.
fn is_printable(c: char) -> bool {
    // What turns the writing direction round hides what is written.
    let turns =
        matches!(c, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}');
    !c.is_control() && !turns && !matches!(c, '\u{feff}' | '\u{fffe}' | '\u{ffff}')
}

fn escaped(text: &str) -> String {
    let mut out = String::from('"');
    for c in text.chars() {
        match c {
            '"' => out.push_str("\\\""),
            '\\' => out.push_str("\\\\"),
            '\n' => out.push_str("\\n"),
            '\t' => out.push_str("\\t"),
            '\r' => out.push_str("\\r"),
            c if is_printable(c) => out.push(c),
            c => write!(out, "\\u{:04x}", u32::from(c)).expect("a string takes all"),
        }
    }
    out.push('"');
    out
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use saphyr_parser::{Event, Parser};

    use super::*;

    #[test]
    fn only_what_could_mean_something_else_is_quoted() {
        for plain in ["web-01", "nas.test", "/export/a", "4 GiB", "Intel Xeon (x)", "a:b"] {
            assert_eq!(quoted(plain), plain);
        }
        for taken in [
            "",
            "true",
            "No",
            "4.8",
            "0x1F",
            "02:00:00:00:00:01",
            "2026-01-01T00:00:00Z",
            "a: b",
            "a #",
            "- a",
        ] {
            assert_eq!(quoted(taken), format!("'{taken}'"));
        }
        assert_eq!(quoted("a\nb\u{7}"), "\"a\\nb\\u0007\"");
    }

    /// What YAML reads in a list of one.
    fn read(text: &str) -> Option<String> {
        let yaml = format!("[{}]", quoted(text));
        let mut events = Parser::new_from_str(&yaml).map_while(Result::ok);
        events.find_map(|(event, _)| match event {
            Event::Scalar(text, ..) => Some(text.into_owned()),
            _ => None,
        })
    }

    proptest! {
        #[test]
        fn every_text_is_read_as_it_was(text in any::<String>()) {
            prop_assert_eq!(read(&text), Some(text));
        }
    }
}
