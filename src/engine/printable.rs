//! Text from outside, made safe to print.

use std::borrow::Cow;
use std::fmt::Write;

/// Escapes what could steer a terminal or disguise a line: control characters, and the marks that
/// turn the direction of writing. Line feeds are escaped as well: a name has one line.
pub fn printable(text: &str) -> Cow<'_, str> {
    if !text.chars().any(steers) {
        return Cow::Borrowed(text);
    }
    let mut escaped = String::with_capacity(text.len() + 8);
    for character in text.chars() {
        if steers(character) {
            write!(escaped, "{}", character.escape_default()).expect("a string takes all");
        } else {
            escaped.push(character);
        }
    }
    Cow::Owned(escaped)
}

fn steers(character: char) -> bool {
    character.is_control()
        || matches!(character, '\u{200e}' | '\u{200f}' | '\u{2028}'..='\u{202e}' | '\u{2066}'..='\u{2069}')
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_steers_a_terminal_is_escaped() {
        assert_eq!(printable("web\u{1b}[2J\r\n\u{202e}x"), "web\\u{1b}[2J\\r\\n\\u{202e}x");
    }

    #[test]
    fn plain_text_stays_in_any_language() {
        assert!(matches!(printable("größe 東京 é"), Cow::Borrowed("größe 東京 é")));
    }
}
