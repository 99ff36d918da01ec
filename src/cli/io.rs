//! What a command has around it. Nothing below reads a clock, chance or the environment by itself.

use std::io::{self, BufRead, Write};

use jiff::Timestamp;

use crate::cli::Failure;
use crate::cli::render::Screen;

/// The streams and the world that a command works with.
pub struct Io<'a> {
    /// Data goes here.
    pub out: &'a mut (dyn Write + Send),
    /// Talk goes here.
    pub err: &'a mut (dyn Write + Send),
    /// Answers come from here.
    pub input: &'a mut (dyn BufRead + Send),
    /// Looks up a variable of the environment.
    pub environment: &'a (dyn Fn(&str) -> Option<String> + Sync),
    /// Which of the streams are terminals.
    pub terminals: Terminals,
    /// Tells the time of day.
    pub clock: fn() -> Timestamp,
    /// A number that nobody can guess.
    pub random: fn() -> u64,
    /// Whether Ctrl-C is listened to.
    pub signals: bool,
}

/// Which streams are terminals.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Terminals {
    /// Whether data goes to one.
    pub out: bool,
    /// Whether talk goes to one.
    pub err: bool,
    /// Whether somebody can answer.
    pub input: bool,
}

impl Io<'_> {
    /// How data is shown.
    pub fn out_screen(&self) -> Screen {
        self.screen(self.terminals.out)
    }

    /// How talk is shown.
    pub fn err_screen(&self) -> Screen {
        self.screen(self.terminals.err)
    }

    fn screen(&self, is_terminal: bool) -> Screen {
        let no_colour = (self.environment)("NO_COLOR").is_some_and(|value| !value.is_empty());
        let is_dumb = (self.environment)("TERM").is_some_and(|value| value == "dumb");
        Screen { colour: is_terminal && !no_colour && !is_dumb, ..Screen::PLAIN }
    }

    /// Writes data.
    ///
    /// # Errors
    /// What the stream says.
    pub fn data(&mut self, text: &str) -> io::Result<()> {
        self.out.write_all(text.as_bytes())?;
        self.out.flush()
    }

    /// Writes talk. Nobody may listen; that is no reason to stop.
    pub fn talk(&mut self, text: &str) {
        let written = self.err.write_all(text.as_bytes()).and_then(|()| self.err.flush());
        drop(written);
    }

    /// Asks, and says whether the answer is yes.
    ///
    /// # Errors
    /// What the stream says.
    pub fn agrees(&mut self, question: &str) -> Result<bool, Failure> {
        self.talk(question);
        let mut answer = String::new();
        self.input.read_line(&mut answer)?;
        Ok(matches!(answer.trim().to_lowercase().as_str(), "y" | "yes"))
    }

    /// 32 bytes that nobody can guess.
    pub fn random_key(&self) -> [u8; 32] {
        let mut key = [0; 32];
        for part in key.chunks_exact_mut(8) {
            part.copy_from_slice(&(self.random)().to_le_bytes());
        }
        key
    }
}
