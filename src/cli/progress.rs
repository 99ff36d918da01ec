//! What is told of a run while it goes: a bar on a terminal, plain lines elsewhere, or JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::apply::{Ending, Event};
use crate::engine::printable;
use crate::plan::Step;
use crate::resources::Address;

use super::arguments::Format;
use super::render::{Ink, done, duration};
use super::{Io, json};

/// Waits shorter than this are not worth a line.
const PATIENCE: Duration = Duration::from_secs(10);

/// Tells the events of one run.
pub struct Progress<'a, 'b> {
    io: &'a mut Io<'b>,
    form: Form,
    /// The steps that run, oldest first, with their addresses.
    running: Vec<(u32, Address)>,
    ended: usize,
    total: usize,
    /// When a wait was last told of, by step.
    told: BTreeMap<u32, Duration>,
}

enum Form {
    Bar(ProgressBar),
    Lines,
    Json,
}

impl<'a, 'b> Progress<'a, 'b> {
    /// Begins with a run of so many steps.
    pub fn new(io: &'a mut Io<'b>, format: Format, total: usize) -> Self {
        let form = match format {
            Format::Json => Form::Json,
            Format::Text if io.terminals.err && total > 0 => Form::Bar(bar(total)),
            Format::Text => Form::Lines,
        };
        Self { io, form, running: Vec::new(), ended: 0, total, told: BTreeMap::new() }
    }

    /// Tells of one event.
    pub fn tell(&mut self, event: &Event) {
        self.count(event);
        if let Form::Json = self.form {
            let line = format!("{}\n", json::event(event));
            // A reader that went away does not stop a run; the end of the run says so.
            self.io.data(&line).ok();
            return;
        }
        if let Some(line) = self.line(event) {
            self.say(&line);
        }
        self.show();
    }

    /// Tells something else.
    pub fn say(&mut self, line: &str) {
        match &self.form {
            Form::Bar(bar) => bar.println(line),
            Form::Lines | Form::Json => self.io.talk(&format!("{line}\n")),
        }
    }

    /// Ends it.
    pub fn finish(self) {
        if let Form::Bar(bar) = self.form {
            bar.finish_and_clear();
        }
    }

    fn count(&mut self, event: &Event) {
        match event {
            Event::Started { step, .. } => self.running.push((step.id.0, step.address.clone())),
            Event::Finished { step, .. } => {
                self.running.retain(|(id, _)| *id != step.id.0);
                self.ended += 1;
            }
            Event::Waiting { .. } | Event::LedgerFailed { .. } => {}
        }
    }

    fn line(&mut self, event: &Event) -> Option<String> {
        let screen = self.io.err_screen();
        match event {
            Event::Started { .. } => None,
            Event::Waiting { step, since, state } => self.waits(step, *since, *state),
            Event::Finished { step, ending } => {
                let text = match ending {
                    Ending::Done { took } => match duration(*took) {
                        Some(took) => format!("{} ({took})", done(step)),
                        None => done(step),
                    },
                    Ending::Failed(failure) => {
                        let setback = printable(&failure.setback.to_string()).into_owned();
                        screen.ink(Ink::Red, &format!("failed: {setback}"))
                    }
                    Ending::Skipped { .. } | Ending::NotStarted => return None,
                };
                Some(format!("{} {}: {text}", self.counter(), printable(step.address.as_str())))
            }
            Event::LedgerFailed { error } => {
                Some(screen.ink(Ink::Red, &format!("{error}; nothing new is started")))
            }
        }
    }

    fn waits(&mut self, step: &Step, since: Duration, state: Option<&str>) -> Option<String> {
        let last = self.told.get(&step.id.0).copied().unwrap_or_default();
        if since < last + PATIENCE {
            return None;
        }
        self.told.insert(step.id.0, since);
        let state = state.map_or("not there".to_owned(), |it| format!("`{}`", printable(it)));
        let since = duration(since)?;
        let address = printable(step.address.as_str());
        Some(format!("{} {address}: still {state} after {since}", self.counter()))
    }

    /// `[ 7/120]`
    fn counter(&self) -> String {
        let width = self.total.to_string().len();
        format!("[{:width$}/{}]", self.ended, self.total)
    }

    /// Brings the bar up to date: the step that has run longest, and how many others run.
    fn show(&self) {
        let Form::Bar(bar) = &self.form else { return };
        bar.set_position(self.ended as u64);
        let Some((_, address)) = self.running.first() else { return };
        let address = printable(address.as_str()).into_owned();
        bar.set_message(match self.running.len() - 1 {
            0 => address,
            others => format!("{address} and {others} more"),
        });
    }
}

fn bar(total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed} [{bar:24}] {pos}/{len} {wide_msg}")
        .expect("the template is valid")
        .progress_chars("=> ");
    let bar = ProgressBar::new(total as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
