//! What is told of a run while it goes: a bar on a terminal, plain lines elsewhere, or JSON.

use std::collections::BTreeMap;
use std::time::Duration;

use indicatif::{ProgressBar, ProgressStyle};

use crate::apply::{Ending, Event};
use crate::engine::printable;
use crate::plan::Step;
use crate::resources::{Address, round_size};

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
    /// When a wait or an upload was last told of, by step.
    told: BTreeMap<u32, Duration>,
    /// How far the uploads are that run, by step.
    sent: BTreeMap<u32, String>,
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
        Self {
            io,
            form,
            running: Vec::new(),
            ended: 0,
            total,
            told: BTreeMap::new(),
            sent: BTreeMap::new(),
        }
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
                self.sent.remove(&step.id.0);
                self.ended += 1;
            }
            Event::Sent { step, bytes, of, since } => {
                self.sent.insert(step.id.0, sent(*bytes, *of, *since));
            }
            Event::Waiting { .. } | Event::LedgerFailed { .. } => {}
        }
    }

    fn line(&mut self, event: &Event) -> Option<String> {
        let screen = self.io.err_screen();
        match event {
            Event::Started { .. } => None,
            Event::Waiting { step, since, state } => self.waits(step, *since, *state),
            Event::Sent { step, since, .. } => self.sends(step, *since),
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

    /// Whether it is time to tell of a step that runs.
    fn is_time(&mut self, step: &Step, since: Duration) -> bool {
        let last = self.told.get(&step.id.0).copied().unwrap_or_default();
        let is_time = since >= last + PATIENCE;
        if is_time {
            self.told.insert(step.id.0, since);
        }
        is_time
    }

    /// A bar shows it all the time.
    fn sends(&mut self, step: &Step, since: Duration) -> Option<String> {
        if matches!(self.form, Form::Bar(_)) || !self.is_time(step, since) {
            return None;
        }
        let (address, sent) = (printable(step.address.as_str()), self.sent.get(&step.id.0)?);
        Some(format!("{} {address}: {sent}", self.counter()))
    }

    fn waits(&mut self, step: &Step, since: Duration, state: Option<&str>) -> Option<String> {
        if !self.is_time(step, since) {
            return None;
        }
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
        let Some((id, address)) = self.running.first() else { return };
        let address = match self.sent.get(id) {
            Some(sent) => format!("{}: {sent}", printable(address.as_str())),
            None => printable(address.as_str()).into_owned(),
        };
        bar.set_message(match self.running.len() - 1 {
            0 => address,
            others => format!("{address} and {others} more"),
        });
    }
}

/// `1.2 GiB of 4 GiB (30 %), 110.5 MiB/s`
fn sent(bytes: u64, of: u64, since: Duration) -> String {
    let share = u128::from(bytes) * 100 / u128::from(of.max(1));
    let rate = u128::from(bytes) * 1000 / since.as_millis().max(1);
    let rate = round_size(u64::try_from(rate).unwrap_or(u64::MAX));
    format!("{} of {} ({share} %), {rate}/s", round_size(bytes), round_size(of))
}

fn bar(total: usize) -> ProgressBar {
    let style = ProgressStyle::with_template("{elapsed} [{bar:24}] {pos}/{len} {wide_msg}")
        .expect("the template is valid")
        .progress_chars("=> ");
    let bar = ProgressBar::new(total as u64).with_style(style);
    bar.enable_steady_tick(Duration::from_millis(200));
    bar
}
