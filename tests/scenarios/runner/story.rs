//! The text of a story: words, files, and commands with what is expected of them.

use std::fmt::Write;

/// A story as it stands in its file.
pub struct Story {
    /// What it is about.
    pub words: String,
    /// `-- name --` and what follows: the engine's past and the first manifests.
    pub files: Vec<(String, String)>,
    /// `$ line` and what follows: an expected output, or the content of a file to write.
    pub commands: Vec<Command>,
}

/// One command.
pub struct Command {
    pub line: String,
    pub below: String,
}

impl Story {
    /// Reads a story.
    pub fn parse(text: &str) -> Self {
        let mut story = Self { words: String::new(), files: Vec::new(), commands: Vec::new() };
        for line in text.lines() {
            if let Some(command) = line.strip_prefix("$ ") {
                story.commands.push(Command { line: command.to_owned(), below: String::new() });
            } else if let Some(name) =
                line.strip_prefix("-- ").and_then(|rest| rest.strip_suffix(" --"))
                && story.commands.is_empty()
            {
                story.files.push((name.to_owned(), String::new()));
            } else {
                let place = match (story.commands.last_mut(), story.files.last_mut()) {
                    (Some(command), _) => &mut command.below,
                    (None, Some((_, content))) => content,
                    (None, None) => &mut story.words,
                };
                place.push_str(line);
                place.push('\n');
            }
        }
        story
    }

    /// The text of its file again.
    pub fn text(&self) -> String {
        let mut text = format!("{}\n", self.words.trim());
        for (name, content) in &self.files {
            write!(text, "-- {name} --\n{}\n", content.trim_end()).unwrap();
        }
        for command in &self.commands {
            let below = command.below.trim_end();
            let end = if below.is_empty() { "" } else { "\n" };
            write!(text, "\n$ {}\n{below}{end}", command.line).unwrap();
        }
        text
    }
}
