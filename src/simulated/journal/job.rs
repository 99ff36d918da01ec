//! Jobs: the commands that the engine watches, with their steps.

use std::collections::HashMap;
use std::sync::LazyLock;
use std::time::Duration;

use super::event::Event;
use super::subject::Subject;
use crate::simulated::fault::{Fault, FaultBody};
use crate::simulated::schema::SCHEMA;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

const KEPT_WHEN_DONE: Duration = Duration::from_secs(600);
const KEPT_WHEN_FAILED: Duration = Duration::from_secs(3600);

/// What the engine tells about a command.
#[derive(Debug)]
pub struct Command {
    /// The event that it was begun.
    pub started: Option<&'static str>,
    /// The event that it is done.
    pub done: Option<&'static str>,
    /// The event that it failed.
    pub failed: Option<&'static str>,
    /// How its job is described; commands that are not monitored have none.
    pub job: Option<&'static str>,
}

type Commands = HashMap<(&'static str, &'static str), Command>;

/// All commands, by the kind they work on and the name of their method.
pub fn commands() -> &'static Commands {
    static ALL: LazyLock<Commands> =
        LazyLock::new(|| include_str!("commands.tsv").lines().filter_map(read).collect());
    &ALL
}

fn read(line: &'static str) -> Option<((&'static str, &'static str), Command)> {
    let fields: Vec<&str> = line.split('\t').collect();
    let [kind, method, started, done, failed, job] = fields[..] else { return None };
    let said = |text| (text != "-").then_some(text);
    let command =
        Command { started: said(started), done: said(done), failed: said(failed), job: said(job) };
    Some(((kind, method), command))
}

/// A command under way.
pub struct Work {
    command: Option<&'static Command>,
    subject: Subject,
    /// Its job, if it is monitored.
    pub job: Option<Handle>,
}

/// Begins a command: opens its job, if it is monitored.
pub fn open(site: &mut Site, kind: &'static str, method: &'static str, subject: Subject) -> Work {
    let command = commands().get(&(kind, method));
    let job = command.and_then(|it| it.job).map(|text| add(site, &subject.fill(site, text)));
    if let Some(job) = job {
        site.hide(job, Element::leaf("kind", kind));
        site.hide(job, Element::leaf("method", method));
        step(site, job, "validating", 1);
    }
    site.job = job;
    Work { command, subject, job }
}

/// Opens a job of the engine's own.
fn add(site: &mut Site, description: &str) -> Handle {
    let mut body = Element::new("job");
    tree::set(&mut body, "description", description);
    tree::set(&mut body, "auto_cleared", "true");
    tree::set(&mut body, "external", "false");
    begin(site, body)
}

/// Opens a job that says at least what it is about.
pub fn begin(site: &mut Site, mut body: Element) -> Handle {
    let date = site.date();
    tree::set(&mut body, "status", "started");
    tree::set(&mut body, "start_time", &date);
    tree::set(&mut body, "last_updated", date);
    if let Some(user) = super::actor(site) {
        tree::refer(&mut body, "owner", site.id(user));
    }
    let job = site.add_fresh("jobs", None, body);
    let correlation = site.correlation.clone();
    site.hide(job, Element::leaf("correlation_id", correlation));
    job
}

/// Begins a step of a job.
fn step(site: &mut Site, job: Handle, kind: &str, number: u32) -> Handle {
    let mut body = Element::new("step");
    let (head, tail) = kind.split_at(1);
    tree::set(&mut body, "description", head.to_uppercase() + tail);
    tree::set(&mut body, "type", kind);
    tree::set(&mut body, "number", number.to_string());
    tree::set(&mut body, "external", "false");
    begin_step(site, job, body)
}

/// Begins a step that says at least what it is about.
pub fn begin_step(site: &mut Site, job: Handle, mut body: Element) -> Handle {
    tree::set(&mut body, "status", "started");
    tree::set(&mut body, "start_time", site.date());
    tree::refer(&mut body, "job", site.id(job));
    site.add_fresh("steps", Some(job), body)
}

/// Ends a step or a job, and says how.
pub fn finish(site: &mut Site, work: Handle, failed: bool) {
    let date = site.date();
    site.set(work, "status", if failed { "failed" } else { "finished" });
    site.set(work, "end_time", date.clone());
    if site.kind(work) == "jobs" {
        site.set(work, "last_updated", date);
    }
    site.edit(work, |_| ());
}

const DOER: &str = "execution_host";

/// Notes which host does the work of the command that is under way.
pub fn runs_on(site: &mut Site, host: Handle) {
    if let Some(job) = site.job {
        let host = Element::link(DOER, site.id(host));
        site.hide(job, host);
    }
}

/// What a host is busy with, as the steps say that are under way.
pub fn operations_on(site: &Site, host: Handle) -> Vec<&str> {
    site.store
        .referring("steps", DOER, site.id(host))
        .filter(|step| site.status(*step) == "started")
        .map(|step| site.text(step, "description"))
        .collect()
}

/// Ends what the request itself did of a command; its background work may go on.
pub fn close(site: &mut Site, work: &Work, outcome: Result<Option<Handle>, &Fault>) {
    site.job = None;
    match (work.job, outcome) {
        (Some(job), Err(fault)) if !of_command(fault) => site.store.remove(job),
        (job, Err(fault)) => refuse(site, work, job, fault),
        (Some(job), Ok(target)) => begun(site, work, job, target),
        (None, Ok(target)) => {
            let subject = latest(site, &work.subject, target);
            tell(site, work.command.and_then(|it| it.done), subject);
        }
    }
}

/// Whether a command refused, and not what stands before it: its messages are in brackets.
fn of_command(fault: &Fault) -> bool {
    matches!(&fault.body, FaultBody::Fault { detail, .. } if detail.starts_with('['))
}

/// A refusal leaves a failed job; an event tells only of what failed after it was allowed.
fn refuse(site: &mut Site, work: &Work, job: Option<Handle>, fault: &Fault) {
    let allowed = fault.message().contains("Internal Engine Error");
    if allowed {
        tell(site, work.command.and_then(|it| it.failed), work.subject.clone());
    }
    let Some(job) = job else { return };
    for validating in site.children(job, "steps") {
        finish(site, validating, !allowed);
    }
    if allowed {
        let executing = step(site, job, "executing", 2);
        finish(site, executing, true);
    }
    finish_job(site, job, true);
}

fn begun(site: &mut Site, work: &Work, job: Handle, target: Option<Handle>) {
    for validating in site.children(job, "steps") {
        finish(site, validating, false);
    }
    let executing = step(site, job, "executing", 2);
    if let Some(host) = site.hidden(job, DOER).and_then(Element::id).map(str::to_owned) {
        site.edit(executing, |body| tree::refer(body, DOER, host));
    }
    let subject = latest(site, &work.subject, target);
    if site.has_work(job) {
        if let Some(target) = target.filter(|it| site.store.get(*it).is_some()) {
            let kind = Element::leaf("kind", site.kind(target));
            let target = Element::link("target", site.id(target)).with(kind);
            site.hide(job, target);
        }
        site.hide(job, subject.note());
        tell(site, work.command.and_then(|it| it.started), subject);
        return;
    }
    finish(site, executing, false);
    tell(site, work.command.and_then(|it| it.done), subject);
    finish_job(site, job, false);
}

/// What is known now: a machine has a host only after it was started.
fn latest(site: &Site, before: &Subject, target: Option<Handle>) -> Subject {
    let Some(target) = target.filter(|it| site.store.get(*it).is_some()) else {
        return before.clone();
    };
    let mut subject = Subject::of(site, target);
    subject.complete(before);
    subject
}

fn tell(site: &mut Site, event: Option<&'static str>, subject: Subject) {
    if let Some(event) = event {
        Event::of(event).on(subject).tell(site);
    }
}

/// Ends a job with the last of its background work.
pub fn end(site: &mut Site, job: Handle, failed: bool) {
    for open in site.children(job, "steps") {
        if site.status(open) == "started" {
            finish(site, open, failed);
        }
    }
    let finalizing = step(site, job, "finalizing", 3);
    finish(site, finalizing, failed);
    let noted = |name| site.hidden(job, name).map(|it| it.text().to_owned()).unwrap_or_default();
    let (kind, method) = (noted("kind"), noted("method"));
    let command = commands().get(&(kind.as_str(), method.as_str()));
    let event = command.and_then(|it| if failed { it.failed } else { it.done });
    if let Some(subject) = site.hidden(job, "subject").map(Subject::noted) {
        let subject = latest(site, &subject, target(site, job));
        tell(site, event, subject);
    }
    finish_job(site, job, failed);
}

fn target(site: &Site, job: Handle) -> Option<Handle> {
    let note = site.hidden(job, "target")?;
    site.top(SCHEMA.service(note.text_at("kind")?).name, note.id()?)
}

/// Ends a job; the engine forgets it after a while.
pub fn finish_job(site: &mut Site, job: Handle, failed: bool) {
    finish(site, job, failed);
    if tree::flag(site.body(job), "auto_cleared") == Some(false) {
        return;
    }
    let kept = if failed { KEPT_WHEN_FAILED } else { KEPT_WHEN_DONE };
    site.later(kept, job, |site, job, _| site.store.remove(job));
}

#[cfg(test)]
mod tests {
    use super::super::event::EventKind;
    use super::*;

    #[test]
    fn commands_are_of_the_api_and_tell_what_the_engine_knows() {
        assert!(commands().len() > 150);
        for ((kind, method), command) in commands() {
            let service = SCHEMA.service(kind);
            let member = service.member.map(|it| SCHEMA.service(it));
            let known = service.methods.contains_key(method)
                || member.is_some_and(|it| it.methods.contains_key(method));
            assert!(known, "{kind} {method}");
            for name in [command.started, command.done, command.failed].into_iter().flatten() {
                assert!(EventKind::named(name).is_some(), "{name}");
            }
        }
    }
}
