//! The state that the rules work on: objects, time, chance, and what is still to happen.

mod snapshot;

use std::collections::BTreeMap;
use std::time::Duration;

use rand::rngs::StdRng;
use rand::{Rng, SeedableRng};

use super::fault::Fault;
use super::locks::{IN_PROGRESS, Locks, Mode};
use super::schema::SCHEMA;
use super::store::{Handle, Object, Store};
use super::tree;
use super::volumes::Volumes;
use crate::xml::Element;

pub use snapshot::SnapshotError;

/// Who asks, for as long as a request is answered.
#[derive(Clone, Copy, Debug, Default)]
pub struct Caller {
    /// The user; none if the engine does something of its own accord.
    pub user: Option<Handle>,
    /// Whether only what the user holds permissions on is shown.
    pub filtered: bool,
}

/// The simulated site.
pub struct Site {
    /// Its objects.
    pub store: Store,
    /// The time since start.
    pub now: Duration,
    /// Whether what a real engine would ignore is refused.
    pub strict: bool,
    /// How many unknown elements will still be refused if the engine is not strict.
    pub patience: u8,
    /// The correlation id of the request at hand.
    pub correlation: String,
    /// Who asks.
    pub caller: Caller,
    /// Whether the work that is started now will fail.
    pub spoils: bool,
    /// How many times as long as usual the work takes that is started now.
    pub slowness: u32,
    /// Domains that were removed and are still on their storage, by place: what they say and what
    /// lies on them.
    pub leftovers: BTreeMap<String, Element>,
    /// The data of images.
    pub volumes: Volumes,
    /// How much faster its time goes than that of its clients.
    pub haste: f64,
    /// The name and port that clients reach this engine by.
    pub authority: String,
    /// The job that the work belongs to which is started now.
    pub job: Option<Handle>,
    locks: Locks,
    jobs: BTreeMap<Handle, (usize, bool)>,
    events: u64,
    agenda: BTreeMap<(Duration, u64), Task>,
    sequence: u64,
    random: StdRng,
}

/// Something that will happen: what, to which object, and whether it fails.
struct Task {
    act: Act,
    on: Handle,
    fails: bool,
    correlation: String,
    job: Option<Handle>,
    /// Whether it only looks after something and is no work that anybody waits for.
    watches: bool,
}

/// What happens to an object at its time; the flag says that it fails.
pub type Act = fn(&mut Site, Handle, bool);

/// When the simulated engine was started: 2026-01-01T00:00:00Z.
const EPOCH: i64 = 1_767_225_600;

impl Site {
    /// A site without objects.
    pub fn new(seed: u64, strict: bool) -> Self {
        Self {
            store: Store::default(),
            now: Duration::ZERO,
            strict,
            patience: 10,
            correlation: String::new(),
            caller: Caller::default(),
            spoils: false,
            slowness: 1,
            leftovers: BTreeMap::new(),
            volumes: Volumes::default(),
            haste: 1.0,
            authority: "localhost".to_owned(),
            job: None,
            locks: Locks::default(),
            jobs: BTreeMap::new(),
            events: 0,
            agenda: BTreeMap::new(),
            sequence: 0,
            random: StdRng::seed_from_u64(seed),
        }
    }

    /// A fresh id.
    pub fn fresh_id(&mut self) -> String {
        let mut bytes = [0; 16];
        self.random.fill_bytes(&mut bytes);
        uuid::Builder::from_random_bytes(bytes).into_uuid().to_string()
    }

    /// A number below a bound, by chance.
    pub fn chance(&mut self, below: u64) -> u64 {
        self.random.next_u64() % below
    }

    /// Fills bytes by chance.
    pub fn fill(&mut self, bytes: &mut [u8]) {
        self.random.fill_bytes(bytes);
    }

    /// Refuses what somebody's lock is in the way of; `doing` is like `Cannot edit VM`.
    pub fn check_lock(
        &mut self,
        doing: &str,
        key: (&'static str, &str),
        mode: Mode,
    ) -> Result<(), Fault> {
        self.locks.check(self.now, doing, key, mode)
    }

    /// Holds a lock for a while, with the words that most holders use.
    pub fn hold_lock(&mut self, key: (&'static str, &str), mode: Mode, time: Duration) {
        self.hold_lock_saying(key, mode, time, IN_PROGRESS);
    }

    /// Holds a lock for a while, and tells others why.
    pub fn hold_lock_saying(
        &mut self,
        key: (&'static str, &str),
        mode: Mode,
        time: Duration,
        says: &str,
    ) {
        self.locks.hold(key, mode, self.now + time.saturating_mul(self.slowness), says);
    }

    /// Lets go of a lock before its time.
    pub fn release_lock(&mut self, key: (&'static str, &str)) {
        self.locks.release(key);
    }

    /// Lets something happen to an object after a while.
    pub fn later(&mut self, after: Duration, on: Handle, act: Act) {
        self.sequence += 1;
        if let Some(job) = self.job {
            self.jobs.entry(job).or_default().0 += 1;
        }
        let correlation = self.correlation.clone();
        let task = Task { act, on, fails: self.spoils, correlation, job: self.job, watches: false };
        let after = after.saturating_mul(self.slowness);
        self.agenda.insert((self.now.saturating_add(after), self.sequence), task);
    }

    /// Ends what trouble does to the request at hand.
    pub fn undisturbed(&mut self) {
        self.spoils = false;
        self.slowness = 1;
    }

    /// Lets go of all locks.
    pub fn unlock(&mut self) {
        self.locks.clear();
    }

    /// Lets somebody look after an object after a while; nobody waits for that.
    pub fn watch(&mut self, after: Duration, on: Handle, act: Act) {
        self.sequence += 1;
        let correlation = self.correlation.clone();
        let task = Task { act, on, fails: false, correlation, job: None, watches: true };
        self.agenda.insert((self.now.saturating_add(after), self.sequence), task);
    }

    /// Lets all happen that is due, in its order.
    pub fn advance(&mut self, now: Duration) {
        while let Some(entry) = self.agenda.first_entry() {
            if entry.key().0 > now {
                break;
            }
            let ((due, _), task) = entry.remove_entry();
            self.now = due;
            self.perform(task);
        }
        self.now = self.now.max(now);
    }

    fn perform(&mut self, task: Task) {
        self.correlation = task.correlation;
        self.spoils = false;
        let caller = std::mem::take(&mut self.caller);
        self.job = task.job;
        if self.store.get(task.on).is_some() {
            (task.act)(self, task.on, task.fails);
        }
        self.job = None;
        self.caller = caller;
        self.worked(task.job, task.fails);
    }

    /// Ends a job with the last of its work.
    fn worked(&mut self, job: Option<Handle>, failed: bool) {
        let Some(job) = job else { return };
        let (left, has_failed) = self.jobs.entry(job).or_default();
        *left = left.saturating_sub(1);
        *has_failed |= failed;
        let (left, has_failed) = (*left, *has_failed);
        if left == 0 {
            self.jobs.remove(&job);
            super::journal::end(self, job, has_failed);
        }
    }

    /// The background work at hand cannot be done: its job fails, once all of its work is over.
    pub fn fall_short(&mut self) {
        if let Some(job) = self.job {
            self.jobs.entry(job).or_default().1 = true;
        }
    }

    /// Lets the background work of a job end at once: somebody waits for it.
    pub fn finish(&mut self, job: Handle) {
        let correlation = self.correlation.clone();
        while let Some(task) = self.next_of(job).and_then(|key| self.agenda.remove(&key)) {
            self.perform(task);
        }
        self.correlation = correlation;
    }

    fn next_of(&self, job: Handle) -> Option<(Duration, u64)> {
        self.agenda.iter().find(|(_, task)| task.job == Some(job)).map(|(key, _)| *key)
    }

    /// Whether background work of a job is still to be done.
    pub fn has_work(&self, job: Handle) -> bool {
        self.jobs.contains_key(&job)
    }

    /// The number of the next event.
    pub fn next_event(&mut self) -> u64 {
        self.events += 1;
        self.events
    }

    /// Lets all background work end at once, without letting time pass.
    pub fn settle(&mut self) {
        // What is due later than this is no work, but tidying up.
        const WORK: Duration = Duration::from_secs(300);
        // What has begun more work after that never ends: it repeats itself.
        const MOST: usize = 1_000_000;
        self.locks.clear();
        let mut watches = Vec::new();
        for _ in 0..MOST {
            let Some(entry) = self.agenda.first_entry() else { break };
            if entry.key().0 > self.now + WORK {
                break;
            }
            let (key, task) = entry.remove_entry();
            if task.watches {
                watches.push((key, task));
            } else {
                self.perform(task);
            }
        }
        self.agenda.extend(watches);
    }

    /// The time as the API writes it.
    pub fn date(&self) -> String {
        let millis = EPOCH * 1000 + i64::try_from(self.now.as_millis()).unwrap_or(i64::MAX / 2);
        jiff::Timestamp::from_millisecond(millis)
            .map(|time| time.strftime("%Y-%m-%dT%H:%M:%S%.3f+00:00").to_string())
            .unwrap_or_default()
    }

    /// Takes an object into a collection and returns it.
    pub fn add(
        &mut self,
        kind: &'static str,
        parent: Option<Handle>,
        id: impl Into<String>,
        mut body: Element,
    ) -> Handle {
        order(kind, &mut body);
        shrink(&mut body);
        self.store.insert(Object { kind, parent, id: id.into(), body, hidden: None })
    }

    /// Takes an object with a fresh id into a collection and returns it.
    pub fn add_fresh(
        &mut self,
        kind: &'static str,
        parent: Option<Handle>,
        body: Element,
    ) -> Handle {
        let id = self.fresh_id();
        self.add(kind, parent, id, body)
    }

    /// The id of an object.
    pub fn id(&self, handle: Handle) -> &str {
        self.store.get(handle).map_or("", |object| object.id.as_str())
    }

    /// The kind of an object.
    pub fn kind(&self, handle: Handle) -> &'static str {
        self.store.get(handle).map_or("", |object| object.kind)
    }

    /// What an object says.
    pub fn body(&self, handle: Handle) -> &Element {
        static NOTHING: std::sync::LazyLock<Element> =
            std::sync::LazyLock::new(|| Element::new("nothing"));
        self.store.get(handle).map_or(&NOTHING, |object| &object.body)
    }

    /// The text at a path of an object; empty if there is none.
    pub fn text(&self, handle: Handle, path: &str) -> &str {
        self.body(handle).text_at(path).unwrap_or_default()
    }

    /// The name of an object.
    pub fn name(&self, handle: Handle) -> &str {
        self.text(handle, "name")
    }

    /// The status of an object.
    pub fn status(&self, handle: Handle) -> &str {
        self.text(handle, "status")
    }

    /// Sets the text at a path of an object.
    pub fn set(&mut self, handle: Handle, path: &str, text: impl Into<String>) {
        let text = text.into();
        self.store.edit(handle, |body| tree::set(body, path, text));
    }

    /// Changes an object, and puts its elements in order again.
    pub fn edit<T>(&mut self, handle: Handle, change: impl FnOnce(&mut Element) -> T) -> Option<T> {
        let kind = self.kind(handle);
        self.store.edit(handle, |body| {
            let result = change(body);
            order(kind, body);
            result
        })
    }

    /// The id that an object refers to in an element.
    pub fn reference(&self, handle: Handle, element: &str) -> Option<&str> {
        tree::id_at(self.body(handle), element)
    }

    /// The object of a top collection that an object refers to in an element.
    pub fn refers(&self, handle: Handle, element: &str, kind: &'static str) -> Option<Handle> {
        self.store.find(kind, None, self.reference(handle, element)?)
    }

    /// The object of a top collection with an id.
    pub fn top(&self, kind: &'static str, id: &str) -> Option<Handle> {
        self.store.find(kind, None, id)
    }

    /// The owner of an object.
    pub fn parent(&self, handle: Handle) -> Option<Handle> {
        self.store.get(handle)?.parent
    }

    /// What the engine knows of an object under a name and does not show.
    pub fn hidden(&self, handle: Handle, name: &str) -> Option<&Element> {
        self.store.get(handle)?.hidden.as_ref()?.child(name)
    }

    /// Notes something about an object that is not shown.
    pub fn hide(&mut self, handle: Handle, note: Element) {
        if let Some(hidden) = self.store.hidden_mut(handle) {
            tree::put(hidden, note);
        }
    }

    /// Forgets a note; returns it.
    pub fn unhide(&mut self, handle: Handle, name: &str) -> Option<Element> {
        tree::take(self.store.hidden_mut(handle)?, name)
    }

    /// All objects that refer to an object in an element.
    pub fn users(&self, kind: &'static str, element: &str, of: Handle) -> Vec<Handle> {
        self.store.referring(kind, element, self.id(of)).collect()
    }

    /// The clusters of the data center that an object refers to.
    pub fn users_of_data_center(&self, object: Handle) -> Vec<Handle> {
        let id = self.reference(object, "data_center").unwrap_or_default();
        self.store.referring("clusters", "data_center", id).collect()
    }

    /// What an object owns of a kind.
    pub fn children(&self, parent: Handle, kind: &'static str) -> Vec<Handle> {
        self.store.children(parent, kind).collect()
    }
}

/// Puts elements in the order in which the API shows them.
pub fn order(kind: &str, body: &mut Element) {
    let schema = SCHEMA.type_of(SCHEMA.service(kind).type_name);
    body.children_mut().sort_by_cached_key(|child| schema.rank(child.name()));
}

/// Gives back the room that was kept for growing: most objects never change.
fn shrink(element: &mut Element) {
    element.children_mut().shrink_to_fit();
    for child in element.children_mut() {
        shrink(child);
    }
}
