//! The loop that owns all that changes.

mod prepare;

use std::collections::{BTreeMap, HashMap, VecDeque};
use std::sync::Arc;

use tokio::sync::mpsc::{UnboundedReceiver, UnboundedSender, unbounded_channel};
use tokio::sync::watch::Receiver;
use tokio::task::JoinSet;
use tokio::time::{Instant, MissedTickBehavior, interval, sleep_until};

use crate::engine::{Engine, Fault};
use crate::plan::{Plan, Record, Step, StepId};
use crate::resources::{Action, Address};
use crate::state::{Book, Entry, Lease, Line, Outcome, StoreError};

use super::calls;
use super::frontier::Frontier;
use super::names::Names;
use super::poll::{Look, Seen, poll};
use super::task::{Found, Sent, Task};
use super::watch::{Turn, Watches};
use super::{Ending, Event, Failure, Options, Report, Setback};

/// A plan on its way.
pub(super) struct Run<'a, E, T> {
    steps: Vec<Step>,
    records: Vec<Record>,
    /// The steps of each resource, in order.
    of_address: HashMap<Address, Vec<usize>>,
    /// The steps that are done in one call, by the first of them.
    of_group: HashMap<StepId, Vec<usize>>,
    frontier: Frontier,
    endings: Vec<Option<Ending>>,
    started: Vec<Option<Instant>>,
    /// The correlation id of the last write to each resource: it explains a wait that fails.
    written: BTreeMap<Address, String>,
    names: Names,
    book: &'a mut Book,
    engine: Arc<E>,
    options: &'a Options,
    interrupted: Receiver<bool>,
    tell: T,
    tasks: JoinSet<Finished>,
    /// The word of uploads, from its senders to here.
    sent: (UnboundedSender<Sent>, UnboundedReceiver<Sent>),
    /// How many tasks are calls of steps, and how many are looks.
    calls: usize,
    looks: usize,
    watches: Watches,
    /// Waits that are over and have something to confirm or to explain.
    after_waits: VecDeque<(usize, Result<(), Setback>)>,
    ledger_error: Option<StoreError>,
}

/// What a task comes back with.
pub(super) enum Finished {
    /// One call, with what it did for each of its steps.
    Call(Vec<(usize, Found)>),
    Look(Look, Result<Seen, Fault>),
}

/// A call that may be sent once its intents are on disk, with the steps that it does.
struct Start {
    tasks: Vec<(usize, Task)>,
}

impl<'a, E: Engine, T: FnMut(Event<'_>)> Run<'a, E, T> {
    pub fn new(
        plan: Plan,
        book: &'a mut Book,
        engine: Arc<E>,
        options: &'a Options,
        interrupted: Receiver<bool>,
        tell: T,
    ) -> Self {
        let Plan { steps, records, .. } = plan;
        let mut of_address: HashMap<_, Vec<_>> = HashMap::new();
        let mut of_group: HashMap<_, Vec<_>> = HashMap::new();
        for (place, step) in steps.iter().enumerate() {
            of_address.entry(step.address.clone()).or_default().push(place);
            if let Some(first) = step.group {
                of_group.entry(first).or_default().push(place);
            }
        }
        Self {
            frontier: Frontier::new(&steps),
            endings: vec![None; steps.len()],
            started: vec![None; steps.len()],
            written: BTreeMap::new(),
            names: Names::new(options.seed),
            tasks: JoinSet::new(),
            sent: unbounded_channel(),
            calls: 0,
            looks: 0,
            watches: Watches::default(),
            after_waits: VecDeque::new(),
            ledger_error: None,
            steps,
            records,
            of_address,
            of_group,
            book,
            engine,
            options,
            interrupted,
            tell,
        }
    }

    /// Runs until nothing runs and nothing may start.
    pub async fn run(mut self) -> Report {
        let start = Instant::now();
        self.note_records();
        let mut renewal = interval(Lease::RENEWAL.unsigned_abs());
        renewal.set_missed_tick_behavior(MissedTickBehavior::Delay);
        let mut listens = true;
        loop {
            self.go_on();
            if self.tasks.is_empty() && self.watches.is_empty() {
                break;
            }
            let due = self.watches.due().filter(|_| self.looks < self.options.width);
            tokio::select! {
                biased;
                Some(finished) = self.tasks.join_next() => {
                    self.take_in(finished.expect("a task does not panic"));
                }
                Some(sent) = self.sent.1.recv() => self.tell_sent(sent),
                changed = self.interrupted.changed(), if listens => listens = changed.is_ok(),
                () = sleep_until(due.unwrap_or(start)), if due.is_some() => {}
                _ = renewal.tick() => {
                    let renewed = self.book.renew();
                    self.check(renewed);
                }
            }
            while let Some(finished) = self.tasks.try_join_next() {
                self.take_in(finished.expect("a task does not panic"));
            }
        }
        self.forget_unmentioned();
        self.into_report(start)
    }

    /// What the engine made along with something else, and no manifest mentions, was of use to
    /// this run alone.
    fn forget_unmentioned(&mut self) {
        let is_unmentioned =
            |step: &&Step| matches!(step.action, Action::Find { .. }) && step.entry.is_none();
        for step in self.steps.iter().filter(is_unmentioned) {
            if self.book.ledger().entries.contains_key(&step.address) {
                self.book.note(Line::Forget { address: step.address.clone() });
            }
        }
        let committed = self.book.commit();
        self.check(committed);
    }

    fn note_records(&mut self) {
        for record in &self.records {
            self.book.note(match record.clone() {
                Record::Keep { address, entry, .. } => Line::Keep { address, entry },
                Record::Forget { address, .. } => Line::Forget { address },
            });
        }
    }

    fn is_stopping(&self) -> bool {
        self.ledger_error.is_some() || *self.interrupted.borrow()
    }

    /// Starts what may start. All that ended so far and all that is about to start goes to disk
    /// together, before the first of them is sent.
    fn go_on(&mut self) {
        let mut starts = Vec::new();
        if self.is_stopping() {
            self.give_waits_up();
        } else {
            self.start_waits();
            self.choose(&mut starts);
        }
        let committed = self.book.commit();
        if self.check(committed) {
            starts.into_iter().for_each(|start| self.send(start));
            self.start_looks();
        } else {
            starts.into_iter().for_each(|start| self.take_back(&start));
        }
    }

    /// Waiting writes nothing, so that it can be given up; but what has failed has failed.
    fn give_waits_up(&mut self) {
        self.watches.give_up();
        for (place, waited) in std::mem::take(&mut self.after_waits) {
            if let Err(setback) = waited {
                self.end(place, Found::doubtful(setback));
            }
        }
    }

    /// Whether the ledger could be written.
    fn check(&mut self, written: Result<(), StoreError>) -> bool {
        let Err(error) = written else { return true };
        // The first error says it all: a store that fails once is tried again only at the end.
        if self.ledger_error.is_none() {
            (self.tell)(Event::LedgerFailed { error: &error });
            self.ledger_error = Some(error);
        }
        false
    }

    fn choose(&mut self, starts: &mut Vec<Start>) {
        while self.calls + starts.len() < self.options.width.max(1) {
            if let Some((place, waited)) = self.after_waits.pop_front() {
                starts.extend(self.prepare_after_wait(place, waited));
                continue;
            }
            let Some(place) = self.frontier.next_call() else { break };
            starts.extend(self.prepare(place));
        }
    }

    fn send(&mut self, start: Start) {
        for (place, task) in &start.tasks {
            if !matches!(task.step.action, Action::Await { .. }) {
                self.tell_started(*place, &task.correlation_id);
            }
        }
        self.calls += 1;
        let engine = Arc::clone(&self.engine);
        let (places, tasks): (Vec<_>, Vec<_>) = start.tasks.into_iter().unzip();
        self.tasks.spawn(async move {
            let found = calls::run(&*engine, &tasks).await;
            Finished::Call(places.into_iter().zip(found).collect())
        });
    }

    fn tell_started(&mut self, place: usize, correlation_id: &str) {
        self.started[place] = Some(Instant::now());
        (self.tell)(Event::Started { step: &self.steps[place], correlation_id });
    }

    fn tell_sent(&mut self, sent: Sent) {
        let Sent { step, bytes, of, since } = sent;
        if let Some(step) = self.steps.iter().find(|it| it.id == step) {
            (self.tell)(Event::Sent { step, bytes, of, since });
        }
    }

    fn start_looks(&mut self) {
        let free = self.options.width.max(1).saturating_sub(self.looks);
        for look in self.watches.looks(Instant::now(), free) {
            self.looks += 1;
            let engine = Arc::clone(&self.engine);
            self.tasks.spawn(async move {
                let seen = poll(&*engine, &look).await;
                Finished::Look(look, seen)
            });
        }
    }

    fn take_in(&mut self, finished: Finished) {
        match finished {
            Finished::Call(found) => {
                self.calls -= 1;
                found.into_iter().for_each(|(place, found)| self.end(place, found));
            }
            Finished::Look(look, seen) => {
                self.looks -= 1;
                for (place, turn) in self.watches.seen(&look, &seen, self.options.pace) {
                    self.turn(place, turn);
                }
            }
        }
    }

    fn turn(&mut self, place: usize, turn: Turn) {
        let confirms = match &self.steps[place].action {
            Action::Await { confirms, .. } => !confirms.is_empty(),
            _ => false,
        };
        match turn {
            Turn::Tell { since, state } => {
                let (step, state) = (&self.steps[place], state.as_deref());
                (self.tell)(Event::Waiting { step, since, state });
            }
            Turn::Reached if !confirms => {
                let outcome = self.ends_a_removal(place).then_some(Outcome::Gone);
                self.end(place, Found::new(outcome, Ok(())));
            }
            Turn::Reached => self.after_waits.push_back((place, Ok(()))),
            Turn::Failed(setback) => self.after_waits.push_back((place, Err(setback))),
        }
    }

    /// Notes how a step ended and releases what it held.
    fn end(&mut self, place: usize, found: Found) {
        let Found { outcome, result, events } = found;
        let step = &self.steps[place];
        if let Some(outcome) = outcome {
            let address = step.address.clone();
            self.book.note(Line::Outcome { step: step.id.0, address, outcome });
        }
        let took = self.started[place].map(|start| start.elapsed()).unwrap_or_default();
        match result {
            Ok(()) => {
                self.note_return(place);
                self.tell_end(place, Ending::Done { took });
                self.frontier.done(place);
            }
            Err(setback) => {
                let correlation_id = self.correlation_id(place);
                let failure = Failure { setback, correlation_id, events, took };
                self.fail(place, Ending::Failed(Box::new(failure)));
            }
        }
    }

    /// At the end of its course, an object is back in the states that this took it out of.
    fn note_return(&mut self, place: usize) {
        let address = &self.steps[place].address;
        let is_last = self.of_address[address].last() == Some(&place);
        let Some(entry) = self.book.ledger().entries.get(address).filter(|_| is_last) else {
            return;
        };
        if !entry.resumes.is_empty() {
            let entry = Entry { resumes: BTreeMap::new(), ..entry.clone() };
            self.book.note(Line::Keep { address: address.clone(), entry });
        }
    }

    fn fail(&mut self, place: usize, ending: Ending) {
        let because = self.steps[place].id;
        self.tell_end(place, ending);
        for lost in self.frontier.failed(place) {
            self.tell_end(lost, Ending::Skipped { because });
        }
    }

    fn tell_end(&mut self, place: usize, ending: Ending) {
        (self.tell)(Event::Finished { step: &self.steps[place], ending: &ending });
        self.endings[place] = Some(ending);
    }

    fn into_report(mut self, start: Instant) -> Report {
        let folded = self.book.fold();
        self.check(folded);
        let endings = self.endings.into_iter().map(|ending| ending.unwrap_or(Ending::NotStarted));
        Report {
            steps: self.steps.into_iter().zip(endings).collect(),
            records: self.records.len(),
            interrupted: *self.interrupted.borrow(),
            ledger_error: self.ledger_error,
            took: start.elapsed(),
        }
    }
}
