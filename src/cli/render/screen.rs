//! What text is written on: so wide, with or without colour.

use std::fmt::Write;

/// Where text is shown.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Screen {
    /// How many characters fit in a line.
    pub width: usize,
    /// Whether it shows colours.
    pub colour: bool,
}

/// How a piece of text stands out. Nothing may depend on it: it is gone without colours.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Ink {
    /// Something comes to be.
    Green,
    /// Something changes, or deserves a look.
    Yellow,
    /// Something goes, or went wrong.
    Red,
    /// Something is called or told.
    Cyan,
    /// A heading.
    Bold,
    /// Less important.
    Dim,
}

impl Screen {
    /// 80 columns without colour: files, pipes and terminals that say nothing.
    pub const PLAIN: Self = Self { width: 80, colour: false };

    /// The text in that ink.
    pub fn ink(self, ink: Ink, text: &str) -> String {
        if !self.colour || text.is_empty() {
            return text.to_owned();
        }
        let code = match ink {
            Ink::Green => "32",
            Ink::Yellow => "33",
            Ink::Red => "31",
            Ink::Cyan => "36",
            Ink::Bold => "1",
            Ink::Dim => "2",
        };
        format!("\x1b[{code}m{text}\x1b[0m")
    }

    /// Writes words in lines that begin with `indent` spaces; the first one is `begun` characters
    /// long already. A word that is too long for any line gets one of its own.
    pub fn fill(self, out: &mut String, begun: usize, indent: usize, text: &str) {
        let mut column = begun;
        let mut is_first = true;
        for word in text.split(' ') {
            let length = word.chars().count();
            if !is_first && column + 1 + length > self.width {
                write!(out, "\n{:indent$}", "").expect("a string takes all");
                column = indent;
            } else if !is_first {
                out.push(' ');
                column += 1;
            }
            out.push_str(word);
            column += length;
            is_first = false;
        }
        out.push('\n');
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn words_go_to_the_next_line_when_the_line_is_full() {
        let mut out = "notes: ".to_owned();
        Screen { width: 20, colour: false }.fill(&mut out, 7, 2, "one two three four five six");
        assert_eq!(out, "notes: one two three\n  four five six\n");
    }

    #[test]
    fn without_colour_there_is_nothing_but_text() {
        assert_eq!(Screen::PLAIN.ink(Ink::Red, "no"), "no");
        let colours = Screen { colour: true, ..Screen::PLAIN };
        assert_eq!(colours.ink(Ink::Red, "no"), "\u{1b}[31mno\u{1b}[0m");
    }
}
