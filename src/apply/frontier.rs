//! Which steps may start.

use std::collections::{BTreeSet, HashMap, HashSet};

use crate::plan::{Step, StepId};
use crate::resources::Action;

/// The steps that are not done, by what they still need. Steps are named by their place in the
/// plan; of those that may start, the first goes first.
pub(super) struct Frontier {
    /// For how many steps each still has to wait.
    missing: Vec<usize>,
    dependents: Vec<Vec<usize>>,
    /// The steps that wait for one's end, whatever that is.
    followers: Vec<Vec<usize>>,
    keys: Vec<Option<String>>,
    is_wait: Vec<bool>,
    ready_calls: BTreeSet<usize>,
    ready_waits: BTreeSet<usize>,
    busy: HashSet<String>,
    /// Steps that lack nothing but their key.
    parked: HashMap<String, BTreeSet<usize>>,
    ended: Vec<bool>,
    /// Steps that are started by another one, with which they are done in one call.
    is_led: Vec<bool>,
}

impl Frontier {
    pub fn new(steps: &[Step]) -> Self {
        let places: HashMap<StepId, usize> =
            steps.iter().enumerate().map(|(place, step)| (step.id, place)).collect();
        let mut frontier = Self {
            missing: vec![0; steps.len()],
            dependents: vec![Vec::new(); steps.len()],
            followers: vec![Vec::new(); steps.len()],
            keys: steps.iter().map(|step| step.exclusive.clone()).collect(),
            is_wait: steps.iter().map(|s| matches!(s.action, Action::Await { .. })).collect(),
            ready_calls: BTreeSet::new(),
            ready_waits: BTreeSet::new(),
            busy: HashSet::new(),
            parked: HashMap::new(),
            ended: vec![false; steps.len()],
            is_led: steps.iter().map(|s| s.group.is_some_and(|first| first != s.id)).collect(),
        };
        for (place, step) in steps.iter().enumerate() {
            // A need that is not part of the plan was met before it was made.
            let needs: BTreeSet<_> = step.needs.iter().filter_map(|id| places.get(id)).collect();
            let before: BTreeSet<_> = step.follows.iter().filter_map(|id| places.get(id)).collect();
            frontier.missing[place] = needs.len() + before.len();
            for need in needs {
                frontier.dependents[*need].push(place);
            }
            for before in before {
                frontier.followers[*before].push(place);
            }
            if frontier.missing[place] == 0 {
                frontier.ready(place);
            }
        }
        frontier
    }

    /// The next call that may start.
    pub fn next_call(&mut self) -> Option<usize> {
        while let Some(place) = self.ready_calls.pop_first() {
            if self.take_key(place) {
                return Some(place);
            }
        }
        None
    }

    /// The next wait that may start.
    pub fn next_wait(&mut self) -> Option<usize> {
        while let Some(place) = self.ready_waits.pop_first() {
            if self.take_key(place) {
                return Some(place);
            }
        }
        None
    }

    /// A step is done: what needs it may be ready.
    pub fn done(&mut self, place: usize) {
        self.end(place);
        for dependent in std::mem::take(&mut self.dependents[place]) {
            self.release(dependent);
        }
    }

    /// One of the steps that this one waits for has ended.
    fn release(&mut self, place: usize) {
        self.missing[place] -= 1;
        if self.missing[place] == 0 && !self.ended[place] {
            self.ready(place);
        }
    }

    /// A step failed: returns all that needs it, directly or not, none of which will start.
    pub fn failed(&mut self, place: usize) -> Vec<usize> {
        self.end(place);
        let mut lost = BTreeSet::new();
        let mut failed = vec![place];
        while let Some(place) = failed.pop() {
            for dependent in std::mem::take(&mut self.dependents[place]) {
                if !self.ended[dependent] && lost.insert(dependent) {
                    self.ended[dependent] = true;
                    failed.push(dependent);
                }
            }
        }
        for place in &lost {
            self.let_go(*place);
        }
        lost.into_iter().collect()
    }

    /// What is done in one call waits for the same: its first step stands for all.
    fn ready(&mut self, place: usize) {
        if self.is_led[place] {
            return;
        }
        let ready = if self.is_wait[place] { &mut self.ready_waits } else { &mut self.ready_calls };
        ready.insert(place);
    }

    /// Takes the step's key, or parks the step until the key is free.
    fn take_key(&mut self, place: usize) -> bool {
        let Some(key) = &self.keys[place] else { return true };
        if self.busy.insert(key.clone()) {
            return true;
        }
        self.parked.entry(key.clone()).or_default().insert(place);
        false
    }

    fn let_go(&mut self, place: usize) {
        for follower in std::mem::take(&mut self.followers[place]) {
            self.release(follower);
        }
    }

    fn end(&mut self, place: usize) {
        self.ended[place] = true;
        self.let_go(place);
        let Some(key) = self.keys[place].as_ref().filter(|_| !self.is_led[place]) else { return };
        self.busy.remove(key);
        if let Some(next) = self.parked.get_mut(key).and_then(BTreeSet::pop_first) {
            self.ready(next);
        }
    }
}
