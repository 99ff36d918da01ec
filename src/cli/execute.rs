//! From a wish to its end: lock, read, plan, ask, apply, report. `apply`, `destroy` and `demo` all
//! go this way.

use std::cell::RefCell;
use std::path::Path;

use tokio::sync::watch;

use crate::apply::{self, Report};
use crate::plan::{Limits, Plan};
use crate::state::{Book, Desired, Holder, LocalStore};

use super::arguments::{Format, RunArguments};
use super::desk::{self, Connection, Decision, Loaded};
use super::outline::Outline;
use super::plan::fresh_ledger;
use super::progress::Progress;
use super::saved::Saved;
use super::{Exit, Failure, Io, json, render};

/// What is to be done.
pub struct Job<'a> {
    /// The command's name, for whoever finds the state locked.
    pub doing: &'static str,
    /// What is wanted.
    pub desired: &'a Desired,
    /// Where that came from.
    pub loaded: &'a Loaded,
    /// Where the state is.
    pub state: &'a Path,
    /// The engine.
    pub connection: &'a Connection,
    /// How far it may go.
    pub limits: Limits,
    /// How it is run.
    pub run: &'a RunArguments,
    /// The plan that it has to come to, if it was saved.
    pub saved: Option<&'a Saved>,
    /// How the plan is shown.
    pub show: fn(&Plan, render::Screen) -> String,
    /// How often the engine is asked while something waits.
    pub pace: apply::Pace,
}

/// Does it.
pub async fn execute(job: &Job<'_>, io: &mut Io<'_>) -> Result<Exit, Failure> {
    if !job.run.yes && !io.terminals.input {
        return Err(Failure::new("there is no terminal to ask on")
            .hint("say `--yes` to apply without being asked"));
    }
    let store = Box::new(LocalStore::new(job.state));
    let fresh = fresh_ledger(io);
    let mut book = Book::open(store, &holder(job.doing, io), Box::new(io.clock), || fresh)?;
    let outcome = with_book(job, &mut book, io).await;
    job.connection.client.close().await;
    let closed = book.close();
    let exit = outcome?;
    closed?;
    Ok(exit)
}

/// Who works with the state, for whoever finds it locked.
pub fn holder(doing: &str, io: &Io) -> Holder {
    let variable = |name: &str| (io.environment)(name).filter(|value| !value.is_empty());
    let unknown = || "unknown".to_owned();
    let host = variable("HOSTNAME").or_else(|| {
        let name = std::fs::read_to_string("/etc/hostname").ok()?;
        Some(name.trim().to_owned())
    });
    Holder {
        user: variable("USER").unwrap_or_else(unknown),
        host: host.unwrap_or_else(unknown),
        pid: std::process::id(),
        doing: doing.to_owned(),
    }
}

async fn with_book(job: &Job<'_>, book: &mut Book, io: &mut Io<'_>) -> Result<Exit, Failure> {
    if book.was_torn() {
        io.talk("note: a former run was stopped while it wrote its last words down\n");
    }
    let Connection { client, url } = job.connection;
    desk::check_engine(book.ledger(), url)?;
    let sources = &job.loaded.sources;
    let decision = desk::decide(client, job.desired, book.ledger(), &job.limits, sources).await?;
    show(job, &decision.plan, io)?;
    if let Some(saved) = job.saved {
        check_saved(saved, job.loaded, &decision, io)?;
    }
    let Decision { plan, settled, .. } = decision;
    if !plan.refusals.is_empty() {
        return Err(Failure::Refused);
    }
    settled.into_iter().for_each(|line| book.note(line));
    book.commit()?;
    if plan.steps.is_empty() && plan.records.is_empty() {
        return Ok(Exit::Done);
    }
    if !job.run.yes && !agreed(job.doing, io)? {
        io.talk("nothing was done\n");
        return Err(Failure::Told);
    }
    if book.ledger().engine.is_none() {
        book.edit(|ledger| ledger.engine = Some(url.clone()));
    }
    let report = run(job, plan.clone(), book, io).await?;
    tell(job, &report, &plan, io)
}

fn show(job: &Job, plan: &Plan, io: &mut Io) -> Result<(), Failure> {
    let text = match job.run.format {
        Format::Text => (job.show)(plan, io.out_screen()),
        Format::Json => {
            let screen = io.err_screen();
            io.talk(&(job.show)(plan, screen));
            format!("{}\n", json::planned(&Outline::of(plan)))
        }
    };
    Ok(io.data(&text)?)
}

/// Refuses a plan that is not what was saved.
fn check_saved(
    saved: &Saved,
    loaded: &Loaded,
    decision: &Decision,
    io: &mut Io,
) -> Result<(), Failure> {
    let Err(changed) = saved.compare(loaded, decision) else { return Ok(()) };
    let screen = io.err_screen();
    let mut text = render::chain("what the saved plan rests on has changed", None, None, screen);
    text.push_str(&changed);
    text.push_str(match decision.plan.steps.as_slice() {
        [] => "hint: nothing is left to do; it may have been applied already\n",
        _ => "hint: look at the new plan, and save it if it is right\n",
    });
    io.talk(&text);
    Err(Failure::Refused)
}

/// Asks, and hears whether it may go on.
pub fn agreed(doing: &str, io: &mut Io) -> Result<bool, Failure> {
    let question = match doing {
        "destroy" => "remove all this? [y/N] ",
        "import" => "import these? [y/N] ",
        _ => "apply this plan? [y/N] ",
    };
    io.agrees(question)
}

/// Applies. Ctrl-C once: what runs ends; twice: it stops at once, and the next run repairs.
async fn run(
    job: &Job<'_>,
    plan: Plan,
    book: &mut Book,
    io: &mut Io<'_>,
) -> Result<Report, Failure> {
    let options = apply::Options {
        width: job.run.parallelism,
        pace: job.pace,
        ..apply::Options::new((io.random)())
    };
    let signals = io.signals;
    let (interrupt, interrupted) = watch::channel(false);
    let progress = RefCell::new(Progress::new(io, job.run.format, plan.steps.len()));
    let outcome = {
        let tell = |event: apply::Event<'_>| progress.borrow_mut().tell(&event);
        let client = job.connection.client.clone();
        let running = apply::apply(plan, book, client, &options, interrupted, tell);
        tokio::pin!(running);
        loop {
            tokio::select! {
                // Listening comes first: until it began, Ctrl-C would end the program on the spot.
                biased;
                pressed = tokio::signal::ctrl_c(), if signals => {
                    if pressed.is_err() || *interrupt.borrow() {
                        break Err(Failure::Interrupted);
                    }
                    progress.borrow_mut().say(
                        "interrupted: what runs comes to its end; once more to stop at once",
                    );
                    interrupt.send_replace(true);
                }
                report = &mut running => break Ok(report),
            }
        }
    };
    progress.into_inner().finish();
    outcome
}

fn tell(job: &Job, report: &Report, plan: &Plan, io: &mut Io) -> Result<Exit, Failure> {
    let line = match job.run.format {
        Format::Text => render::outcome(report, &Outline::of(plan)),
        Format::Json => json::finished(report).to_string(),
    };
    io.data(&format!("{line}\n"))?;
    if let Some(took) = render::duration(report.took) {
        io.talk(&format!("took {took}\n"));
    }
    let screen = io.err_screen();
    io.talk(&render::failures(report, screen));
    match (report.is_success(), report.interrupted) {
        (true, _) => Ok(Exit::Done),
        (false, true) => Err(Failure::Interrupted),
        (false, false) => Err(Failure::Told),
    }
}
