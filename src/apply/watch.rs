//! All that waits, by the collection in which it waits.

use std::collections::BTreeMap;
use std::time::Duration;

use tokio::time::Instant;

use crate::engine::{Fault, Meaning};

use super::poll::{Asks, Look, Seen};
use super::{Pace, Setback};

/// A wait that goes on is told again after this.
const TELL_AGAIN: Duration = Duration::from_secs(10);

/// One step that waits.
#[derive(Clone, Debug)]
pub(super) struct Waiter {
    /// All of these are waited for.
    pub ids: Vec<String>,
    /// Whether they may still have to come.
    pub come: bool,
    pub attribute: &'static str,
    /// None: until the object is gone.
    pub becomes: &'static [&'static str],
    pub fails: &'static [&'static str],
    /// A value that ends it too, which was not known beforehand: the size of a pool.
    pub reaches: Option<String>,
    pub since: Instant,
    pub timeout: Duration,
    last: Option<String>,
    told: Option<Instant>,
    looks: u32,
}

/// All waits. Each collection is looked at by one poll at a time, whoever waits.
#[derive(Debug, Default)]
pub(super) struct Watches {
    collections: BTreeMap<String, Collection>,
    waiting: usize,
}

#[derive(Debug)]
struct Collection {
    waiters: BTreeMap<usize, Waiter>,
    asks: Asks,
    due: Instant,
    last: Option<Instant>,
    is_polled: bool,
}

/// What a look told about one step.
#[derive(Debug, PartialEq)]
pub(super) enum Turn {
    /// It has what it waited for.
    Reached,
    /// It will not get it.
    Failed(Setback),
    /// It waits on, and it is time to say so.
    Tell { since: Duration, state: Option<String> },
}

/// How one object stands to what is waited for.
enum Stand {
    Reached,
    Failed(Setback),
    Waits(Option<String>),
}

impl Waiter {
    pub fn new(
        id: String,
        attribute: &'static str,
        becomes: &'static [&'static str],
        fails: &'static [&'static str],
        timeout: Duration,
    ) -> Self {
        let since = Instant::now();
        let (last, told, looks) = (None, None, 0);
        let (ids, come, reaches) = (vec![id], false, None);
        Self { ids, come, attribute, becomes, fails, reaches, since, timeout, last, told, looks }
    }

    /// The wait is for several that may not be there yet.
    pub fn all_of(self, ids: Vec<String>) -> Self {
        Self { ids, come: true, ..self }
    }

    /// The wait ends at this value too.
    pub fn reaching(self, value: Option<String>) -> Self {
        Self { reaches: value, ..self }
    }

    /// What a look means for this step; nothing if it waits on in silence.
    fn turn(&mut self, seen: &Seen, now: Instant) -> Option<Turn> {
        self.looks += 1;
        let mut state = None;
        let mut waits = false;
        for id in &self.ids {
            match self.look_at(seen.get(id)) {
                Stand::Reached => {}
                Stand::Failed(setback) => return Some(Turn::Failed(setback)),
                Stand::Waits(is) => (waits, state) = (true, state.or(is)),
            }
        }
        if !waits {
            return Some(Turn::Reached);
        }
        let is_news = self.last != state || self.told.is_none();
        self.last = state;
        self.late(now).map(Turn::Failed).or_else(|| self.tell(is_news, now))
    }

    fn look_at(&self, object: Option<&BTreeMap<&'static str, String>>) -> Stand {
        let Some(texts) = object else {
            return match (self.becomes, self.come) {
                ([], _) => Stand::Reached,
                (_, true) => Stand::Waits(None),
                (_, false) => Stand::Failed(Setback::Vanished),
            };
        };
        match texts.get(self.attribute).cloned() {
            Some(state)
                if self.becomes.contains(&state.as_str())
                    || self.reaches.as_ref() == Some(&state) =>
            {
                Stand::Reached
            }
            Some(state) if self.fails.contains(&state.as_str()) => {
                Stand::Failed(Setback::Failing { attribute: self.attribute, state })
            }
            state => Stand::Waits(state),
        }
    }

    fn late(&self, now: Instant) -> Option<Setback> {
        let after = now - self.since;
        let (attribute, last) = (self.attribute, self.last.clone());
        (after >= self.timeout).then_some(Setback::TimedOut { after, attribute, last })
    }

    fn tell(&mut self, is_news: bool, now: Instant) -> Option<Turn> {
        let is_time = self.told.is_none_or(|told| now - told >= TELL_AGAIN);
        if !is_news && !is_time {
            return None;
        }
        self.told = Some(now);
        Some(Turn::Tell { since: now - self.since, state: self.last.clone() })
    }
}

impl Watches {
    /// Whether nothing waits.
    pub fn is_empty(&self) -> bool {
        self.waiting == 0
    }

    /// Adds a step that waits in a collection.
    pub fn add(
        &mut self,
        collection: String,
        asks: Asks,
        place: usize,
        waiter: Waiter,
        pace: Pace,
    ) {
        let now = waiter.since;
        let collection = self.collections.entry(collection).or_insert_with(|| Collection {
            waiters: BTreeMap::new(),
            asks,
            due: now,
            last: None,
            is_polled: false,
        });
        // What is there already is seen at once; but a list is not asked for more often for that.
        let soon = collection.last.map_or(now, |last| now.max(last + pace.first));
        collection.due =
            if collection.waiters.is_empty() { soon } else { collection.due.min(soon) };
        collection.waiters.insert(place, waiter);
        self.waiting += 1;
    }

    /// When the next look is due.
    pub fn due(&self) -> Option<Instant> {
        self.collections.values().filter(|c| c.is_idle()).map(|c| c.due).min()
    }

    /// The looks that are due, at most so many.
    pub fn looks(&mut self, now: Instant, most: usize) -> Vec<Look> {
        let due = self.collections.iter_mut().filter(|(_, c)| c.is_idle() && c.due <= now);
        due.take(most).map(|(path, collection)| collection.look(path)).collect()
    }

    /// What a look told about the steps that wait in the collection, in the plan's order.
    pub fn seen(
        &mut self,
        look: &Look,
        seen: &Result<Seen, Fault>,
        pace: Pace,
    ) -> Vec<(usize, Turn)> {
        let Some(collection) = self.collections.get_mut(&look.collection) else {
            return Vec::new();
        };
        let now = Instant::now();
        let took = collection.last.map_or(Duration::ZERO, |asked| now - asked);
        collection.is_polled = false;
        collection.last = Some(now);
        let mut turns = Vec::new();
        for (place, waiter) in &mut collection.waiters {
            // Who came after the question waits for the next answer.
            if !look.places.contains(place) {
                continue;
            }
            let turn = match seen {
                Ok(seen) => waiter.turn(seen, now),
                Err(fault) => after_fault(waiter, fault, now),
            };
            turns.extend(turn.map(|turn| (*place, turn)));
        }
        let ended = |turn: &Turn| !matches!(turn, Turn::Tell { .. });
        for (place, _) in turns.iter().filter(|(_, turn)| ended(turn)) {
            collection.waiters.remove(place);
            self.waiting -= 1;
        }
        collection.due = now + collection.pause(pace).max(took);
        turns
    }

    /// Gives all waits up.
    pub fn give_up(&mut self) {
        *self = Self::default();
    }
}

impl Collection {
    fn is_idle(&self) -> bool {
        !self.is_polled && !self.waiters.is_empty()
    }

    fn look(&mut self, path: &str) -> Look {
        self.is_polled = true;
        self.last = Some(Instant::now());
        Look {
            collection: path.to_owned(),
            places: self.waiters.keys().copied().collect(),
            ids: self.waiters.values().flat_map(|waiter| waiter.ids.clone()).collect(),
            attributes: self.waiters.values().map(|waiter| waiter.attribute).collect(),
            asks: self.asks,
        }
    }

    /// The pause of the one who has looked the fewest times.
    fn pause(&self, pace: Pace) -> Duration {
        let looks = self.waiters.values().map(|waiter| waiter.looks).min().unwrap_or_default();
        pace.pause(looks.saturating_sub(1))
    }
}

/// An engine that is away comes back, and a wait is patient; a refusal stays.
fn after_fault(waiter: &mut Waiter, fault: &Fault, now: Instant) -> Option<Turn> {
    let passes = match fault {
        Fault::Lost { .. } | Fault::Unreachable { .. } | Fault::Garbled { .. } => true,
        fault => {
            matches!(fault.meaning(), Some(Meaning::Busy | Meaning::Locked | Meaning::Internal))
        }
    };
    waiter.looks += 1;
    let is_over = !passes || waiter.late(now).is_some();
    is_over.then(|| Turn::Failed(Setback::Engine(fault.clone())))
}
