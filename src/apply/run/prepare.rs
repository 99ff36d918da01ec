//! From a step that may start to a task that has all it needs.

use std::collections::BTreeMap;

use tokio::time::Instant;

use crate::apply::poll::Asks;
use crate::apply::targets::{self, Known, Target};
use crate::apply::task::{Found, Later, Task, identity_of};
use crate::apply::watch::Waiter;
use crate::apply::{Event, Setback};
use crate::engine::{Engine, segment};
use crate::plan::Step;
use crate::resources::{Action, Address, Attribute, Fields, Place, Watched};
use crate::state::{Creation, Entry, Intent, Line, OnRemoval, Outcome};

use super::{Run, Start};

impl<E: Engine, T: FnMut(Event<'_>)> Run<'_, E, T> {
    /// Makes the tasks of a call and notes its intents; steps that cannot start end at once.
    pub(super) fn prepare(&mut self, place: usize) -> Option<Start> {
        let group = self.steps[place].group.and_then(|first| self.of_group.get(&first));
        let places = group.cloned().unwrap_or_else(|| vec![place]);
        let tasks = places.iter().map(|&place| Ok((place, self.task(place)?)));
        match tasks.collect::<Result<Vec<_>, Setback>>() {
            Ok(tasks) => {
                tasks.iter().for_each(|(_, task)| self.note_intent(task));
                Some(Start { tasks })
            }
            Err(setback) => {
                places.iter().for_each(|it| self.end(*it, Found::doubtful(setback.clone())));
                None
            }
        }
    }

    /// Makes the task that confirms a wait that is over, or explains why it failed.
    pub(super) fn prepare_after_wait(
        &mut self,
        place: usize,
        waited: Result<(), Setback>,
    ) -> Option<Start> {
        match waited.and_then(|()| self.task(place)) {
            Ok(task) => Some(Start { tasks: vec![(place, task)] }),
            Err(setback) => {
                self.explain(place, setback);
                None
            }
        }
    }

    /// Hands a step's waiting over to the shared polls.
    pub(super) fn start_waits(&mut self) {
        while let Some(place) = self.frontier.next_wait() {
            let correlation_id = self.correlation_id(place);
            self.tell_started(place, &correlation_id);
            match self.waiter(place) {
                Ok((collection, asks, waiter)) => {
                    self.watches.add(collection, asks, place, waiter, self.options.pace);
                }
                Err(setback) => self.end(place, Found::doubtful(setback)),
            }
        }
    }

    /// A call that could not be written down is not sent.
    pub(super) fn take_back(&mut self, start: &Start) {
        let made = start.tasks.iter().map(|(_, task)| task).filter(|it| it.creation.is_some());
        for task in made.filter(|task| !task.look_first) {
            let address = task.step.address.clone();
            let (step, outcome) = (task.step.id.0, Outcome::Refused);
            self.book.note(Line::Outcome { step, address, outcome });
        }
    }

    /// Under which id the engine's events of a step are found. A wait is explained by the write
    /// that came before it.
    pub(super) fn correlation_id(&self, place: usize) -> String {
        let step = &self.steps[place];
        let written = self.written.get(&step.address);
        match step.action {
            Action::Await { .. } => written.cloned(),
            _ => None,
        }
        .unwrap_or_else(|| self.names.correlation_id(step.group.unwrap_or(step.id)))
    }

    fn task(&self, place: usize) -> Result<Task, Setback> {
        let step = &self.steps[place];
        let ledger = self.book.ledger();
        let target = Target::of(step, ledger)?;
        let known = Known { ledger, made: &self.made_with(place) };
        let step = Step { action: targets::action(&step.action, known)?, ..step.clone() };
        let entry = self.entry(place, &step);
        let creation = self.creation(&step, &target, entry.as_ref());
        Ok(Task {
            correlation_id: self.correlation_id(place),
            pace: self.options.pace,
            look_first: creation.is_some()
                && (ledger.open.contains_key(&step.address) || is_unsure(&step)),
            later: self.later(place),
            sent: self.sent.0.clone(),
            step,
            target,
            entry,
            creation,
        })
    }

    /// The names of what the same call makes.
    fn made_with(&self, place: usize) -> BTreeMap<Address, String> {
        let group = self.steps[place].group.and_then(|first| self.of_group.get(&first));
        let steps = group.into_iter().flatten().map(|&place| &self.steps[place]);
        let named = steps.filter_map(|step| match &step.action {
            Action::Create { fields, .. } => {
                let name = fields.get(step.kind.name_attribute()?)?;
                Some((step.address.clone(), name.to_string()))
            }
            _ => None,
        });
        named.collect()
    }

    /// What is to be recorded if the step succeeds. Digests are those of what has been sent by
    /// then: a value that nobody sent must not pass for sent.
    fn entry(&self, place: usize, step: &Step) -> Option<Entry> {
        let recorded = self.book.ledger().entries.get(&step.address);
        let planned = || {
            // What no manifest mentions is known for this run only, and never removed: not even
            // if the run ends before it is forgotten.
            let kind = step.kind.name.to_owned();
            let template = Entry { kind, on_removal: OnRemoval::Keep, ..Entry::default() };
            Entry { id: String::new(), ..step.entry.clone().unwrap_or(template) }
        };
        let digests = planned().digests;
        let sent = |is_sent: &dyn Fn(&str) -> bool| {
            let digests = digests.iter().filter(|(name, _)| is_sent(name));
            digests.map(|(name, digest)| (name.clone(), digest.clone())).collect::<BTreeMap<_, _>>()
        };
        match &step.action {
            Action::Create { .. } if self.is_last_write(place) => Some(planned()),
            Action::Create { fields, .. } => {
                let goes_along = |a: &Attribute| matches!(a.place, Place::Body | Place::Query);
                let is_sent = |n: &str| fields.iter().any(|(a, _)| a.name == n && goes_along(a));
                let mut digests = sent(&is_sent);
                digests.extend(self.unfinished(place));
                Some(Entry { digests, ..planned() })
            }
            Action::Find { .. } => Some(Entry { digests: BTreeMap::new(), ..planned() }),
            Action::Update { changes, .. } => {
                let mut entry = recorded?.clone();
                entry.digests.extend(sent(&|n| changes.iter().any(|c| c.attribute.name == n)));
                Some(entry)
            }
            Action::Upload { attribute, .. } => {
                let mut entry = recorded?.clone();
                entry.digests.extend(sent(&|name| name == attribute.name));
                Some(entry)
            }
            Action::Delete { .. }
            | Action::Link { .. }
            | Action::Invoke { .. }
            | Action::Await { .. } => None,
        }
    }

    /// The marks for what later steps fill the resource with: should nobody see their end, it is
    /// not taken for full.
    fn unfinished(&self, place: usize) -> impl Iterator<Item = (String, String)> {
        let of_address = self.of_address[&self.steps[place].address].iter();
        of_address.filter_map(|other| match self.steps[*other].action {
            Action::Upload { attribute, .. } => {
                Some((attribute.name.to_owned(), Entry::UNFINISHED.to_owned()))
            }
            _ => None,
        })
    }

    /// Whether nothing more is sent for the resource after this step.
    fn is_last_write(&self, place: usize) -> bool {
        let of_address = &self.of_address[&self.steps[place].address];
        let mut after = of_address.iter().filter(|other| **other > place);
        after.all(|other| matches!(self.steps[*other].action, Action::Await { .. }))
    }

    /// What a creation is to make. An id that was chosen before is chosen again while nobody knows
    /// whether the object exists, so that it cannot be made twice.
    fn creation(&self, step: &Step, target: &Target, entry: Option<&Entry>) -> Option<Creation> {
        let Action::Create { fields, .. } = &step.action else { return None };
        let open = self.book.ledger().open.get(&step.address).and_then(|i| i.creation.as_ref());
        let open = open.filter(|open| open.entry.kind == step.kind.name);
        let mut entry = entry.cloned().unwrap_or_default();
        if let Some(way) = step.kind.way(fields) {
            entry.id = way.id(fields).unwrap_or_default().to_owned();
        } else if step.kind.chosen_id {
            let chosen = open.map(|open| open.entry.id.clone()).filter(|id| !id.is_empty());
            entry.id = chosen.unwrap_or_else(|| self.names.object(step.id));
        }
        let identity = identity_of(step.kind, fields);
        let identity = identity.iter().map(|(a, v)| (a.name.to_owned(), v.to_string())).collect();
        Some(Creation { collection: target.collection.clone(), identity, entry })
    }

    /// What a course takes out of a state that it comes back to is to be known before.
    fn note_absence(&mut self, step: &Step) {
        let Some(recorded) = self.book.ledger().entries.get(&step.address) else { return };
        if !step.resumes.is_empty() && step.resumes != recorded.resumes {
            let entry = Entry { resumes: step.resumes.clone(), ..recorded.clone() };
            self.book.note(Line::Keep { address: step.address.clone(), entry });
        }
    }

    fn note_intent(&mut self, task: &Task) {
        let action = match &task.step.action {
            Action::Create { .. } => "create",
            Action::Update { .. } => "update",
            Action::Delete { .. } => "delete",
            Action::Link { adds: true, .. } => "link",
            Action::Link { adds: false, .. } => "unlink",
            Action::Invoke { verb, .. } => verb.name,
            Action::Upload { .. } => "upload",
            Action::Find { .. } | Action::Await { .. } => return,
        };
        self.written.insert(task.step.address.clone(), task.correlation_id.clone());
        self.note_absence(&task.step);
        self.book.note(Line::Intent(Intent {
            step: task.step.id.0,
            address: task.step.address.clone(),
            action: action.to_owned(),
            correlation_id: task.correlation_id.clone(),
            creation: task.creation.clone(),
        }));
    }

    /// Whether a step waits for the end of what the step before it removed.
    pub(super) fn ends_a_removal(&self, place: usize) -> bool {
        let of_address = &self.of_address[&self.steps[place].address];
        let before = of_address.iter().rev().find(|other| **other < place);
        let was_removed =
            before.is_some_and(|b| matches!(self.steps[*b].action, Action::Delete { .. }));
        was_removed && matches!(self.steps[place].action, Action::Await { becomes: [], .. })
    }

    /// What the steps after this one on the same resource see to.
    fn later(&self, place: usize) -> Later {
        let mut later = Later::default();
        let of_address = &self.of_address[&self.steps[place].address];
        let after = of_address.iter().filter(|other| **other > place);
        for (index, other) in after.enumerate() {
            match &self.steps[*other].action {
                Action::Update { changes, .. } => {
                    later.attributes.extend(changes.iter().map(|change| change.attribute.name));
                }
                Action::Await { attribute, becomes, confirms, .. } => {
                    later.attributes.extend(confirms.iter().map(|(attribute, _)| attribute.name));
                    if index == 0 {
                        later.goal = Some((attribute, becomes));
                        later.is_confirmed = !confirms.is_empty();
                        later.confirms = self.by_id(confirms);
                    }
                }
                _ => {}
            }
        }
        later
    }

    fn waiter(&self, place: usize) -> Result<(String, Asks, Waiter), Setback> {
        let step = &self.steps[place];
        let Action::Await { of, attribute, becomes, fails, confirms } = &step.action else {
            unreachable!("only waits are handed over to polls");
        };
        let timeout = std::time::Duration::from_secs(step.timeout);
        let waiter = |id| Waiter::new(id, attribute, becomes, fails, timeout);
        match of {
            Watched::Jobs => {
                let waiter = waiter(self.correlation_id(place));
                return Ok(("jobs".to_owned(), Asks::Jobs, waiter));
            }
            Watched::Parts(parts) => {
                let (holders, ids) = targets::parts(parts, self.book.ledger())?;
                return Ok((holders, Asks::Parts(parts.kind), waiter(String::new()).all_of(ids)));
            }
            Watched::Object => {}
        }
        let target = Target::of(step, self.book.ledger())?;
        let id = target.id(step)?.to_owned();
        let reaches = confirms.named(attribute).map(ToString::to_string);
        let waiter = waiter(id).reaching(reaches);
        Ok(match step.kind.watch {
            Some(path) => (target.fill(path, &self.known(place), segment)?, Asks::All, waiter),
            None => (target.collection, Asks::Each, waiter),
        })
    }

    /// All that the steps of a resource say about it up to one of them: it fills placeholders.
    fn known(&self, place: usize) -> Fields {
        let of_address = &self.of_address[&self.steps[place].address];
        let until = of_address.iter().rev().filter(|other| **other <= place);
        let known = until.fold(Fields::new(), |known, other| match &self.steps[*other].action {
            Action::Create { fields, .. } => known.over(fields),
            Action::Find { identity } => known.over(identity),
            Action::Update { along, .. } => known.over(along),
            Action::Delete { with } | Action::Invoke { with, .. } => known.over(with),
            Action::Await { confirms, .. } => known.over(confirms),
            Action::Link { .. } | Action::Upload { .. } => known,
        });
        self.by_id(&known)
    }

    /// The same with ids for all references; what refers to something unknown is left out.
    fn by_id(&self, fields: &Fields) -> Fields {
        let made = BTreeMap::new();
        targets::fill_ins(fields, Known { ledger: self.book.ledger(), made: &made })
    }

    /// Asks the engine why a wait failed, before the step ends.
    fn explain(&mut self, place: usize, setback: Setback) {
        let correlation_id = self.correlation_id(place);
        let engine = std::sync::Arc::clone(&self.engine);
        self.calls += 1;
        self.started[place].get_or_insert_with(Instant::now);
        self.tasks.spawn(async move {
            let events = super::calls::explain(&*engine, &correlation_id).await;
            let found = Found { outcome: None, result: Err(setback), events };
            super::Finished::Call(vec![(place, found)])
        });
    }
}

/// Whether the object may have come along with another one.
fn is_unsure(step: &Step) -> bool {
    matches!(step.action, Action::Create { unless_there: true, .. })
}
