//! What the tests share: small kinds, steps in one line, and a run on a toy engine.

use std::path::Path;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};

use tokio::sync::watch;
use virtuform::apply::{Ending, Event, Options, Report, apply};
use virtuform::plan::{Plan, Record, Step, StepId};
use virtuform::resources::{
    Action, Address, Attribute, Change, Effect, Fields, Kind, Reference, Secret, Value, Verb, int,
    invoke, one_of, refer, secret, text, until,
};
use virtuform::state::{
    Book, Clock, Entry, Holder, Lease, Ledger, Line, Loaded, LocalStore, Store, StoreError,
};

use crate::toy::Toy;

pub static VM: Kind =
    Kind::new("vm", "vms", "A machine.").chosen_id().attributes(VM_ATTRIBUTES).holds_data();
const VM_ATTRIBUTES: &[Attribute] = &[
    text("name", "Name."),
    int("sockets", "Sockets.", 1, 16),
    refer("network", "Network.", &NETWORK),
    secret("password", "Password."),
    one_of("status", "Status.", &["up", "down"]).by_lifecycle(),
];
pub static NETWORK: Kind = Kind::new("network", "networks", "A network.")
    .attributes(&[text("name", "Name."), int("mtu", "MTU.", 0, 9000).default("1500")]);
pub static NIC: Kind =
    Kind::new("nic", "nics", "A NIC.").below(&VM).attributes(&[text("name", "Name.")]);
pub static START: Verb =
    Verb::action("start", "vms/{id}/start").with(&[("use_cloud_init", "true")]);
pub static ATTACH: Verb = Verb::link("attach", "network", "vms/{vm}/networks");

/// An address of two or four parts.
pub fn at(text: &str) -> Address {
    Address::parse(text).unwrap()
}

pub fn fields(kind: &'static Kind, values: &[(&str, Value)]) -> Fields {
    values.iter().map(|(name, v)| (kind.attribute(name).unwrap(), v.clone())).collect()
}

pub fn named(kind: &'static Kind, name: &str) -> Fields {
    fields(kind, &[("name", Value::Text(name.to_owned()))])
}

pub fn create(fields: Fields) -> Action {
    Action::Create { fields, unless_there: false }
}

pub fn password(text: &str) -> Value {
    Value::Secret(Secret::new(text))
}

pub fn to_id(id: &str) -> Value {
    Value::Reference(Reference::Id(id.to_owned()))
}

pub fn to_address(address: &str) -> Value {
    Value::Reference(Reference::Address(at(address)))
}

pub fn update(kind: &'static Kind, name: &str, to: Value) -> Action {
    let attribute = kind.attribute(name).unwrap();
    let changes = vec![Change { attribute, from: None, to, effect: Effect::Now }];
    Action::Update { changes, along: Fields::new(), next_start: false }
}

pub fn start() -> Action {
    invoke(&START, Fields::new())
}

pub fn until_down() -> Action {
    until("status", &["down"], &["illegal"])
}

pub fn until_up() -> Action {
    until("status", &["up"], &["paused"])
}

/// A plan, step by step.
#[derive(Clone, Default)]
pub struct Steps(pub Vec<Step>);

impl Steps {
    /// Adds a step that needs the last of the same address, and those with the given numbers.
    pub fn add(
        mut self,
        kind: &'static Kind,
        address: &str,
        action: Action,
        needs: &[u32],
    ) -> Self {
        let id = StepId(self.0.len() as u32);
        let address = at(address);
        let last = self.0.iter().rfind(|step| step.address == address).map(|step| step.id);
        let needs = needs.iter().map(|id| StepId(*id)).chain(last).collect();
        let parent = kind.parent.and(address.parent()).map(Reference::Address);
        let is_write =
            matches!(action, Action::Create { .. } | Action::Update { .. } | Action::Find { .. });
        let entry = Entry { kind: kind.name.to_owned(), protect: true, ..Entry::default() };
        self.0.push(Step {
            group: None,
            id,
            address,
            kind,
            action,
            object: None,
            parent,
            needs,
            follows: Vec::new(),
            entry: is_write.then_some(entry),
            resumes: std::collections::BTreeMap::new(),
            because: "a test wants it".into(),
            exclusive: None,
            timeout: 600,
        });
        self
    }

    /// Changes the last step.
    pub fn but(mut self, change: impl FnOnce(&mut Step)) -> Self {
        change(self.0.last_mut().unwrap());
        self
    }

    pub fn plan(&self) -> Plan {
        Plan { steps: self.0.clone(), ..Plan::default() }
    }
}

pub fn with_records(steps: &Steps, records: Vec<Record>) -> Plan {
    Plan { records, ..steps.plan() }
}

pub fn now() -> Clock {
    Box::new(|| "2026-01-02T03:04:05Z".parse().unwrap())
}

pub fn holder(doing: &str) -> Holder {
    Holder { user: "ada".into(), host: "desk".into(), pid: 7, doing: doing.into() }
}

pub fn fresh() -> Ledger {
    Ledger::new("a-lineage".to_owned(), [7; 32])
}

pub fn open(folder: &Path) -> Book {
    let store = LocalStore::new(folder.join(LocalStore::NAME));
    Book::open(Box::new(store), &holder("test"), now(), fresh).unwrap()
}

/// What a run told, a line each.
pub struct Told {
    pub report: Report,
    pub events: Vec<String>,
}

pub async fn run(plan: Plan, book: &mut Book, toy: &Arc<Toy>, options: &Options) -> Told {
    let (_keep, interrupted) = watch::channel(false);
    let mut events = Vec::new();
    let tell = |event: Event<'_>| events.push(say(event));
    let report = apply(plan, book, Arc::clone(toy), options, interrupted, tell).await;
    Told { report, events }
}

pub fn say(event: Event<'_>) -> String {
    match event {
        Event::Started { step, .. } => format!("started {}", step.id.0),
        Event::Waiting { step, since, state } => {
            format!("waiting {} {} s {}", step.id.0, since.as_secs(), state.unwrap_or("-"))
        }
        Event::Sent { step, bytes, of, .. } => format!("sent {} {bytes} of {of}", step.id.0),
        Event::Finished { step, ending } => format!("{} {}", ending.word(), step.id.0),
        Event::LedgerFailed { error } => format!("ledger failed: {error}"),
    }
}

impl Told {
    /// The endings, in the plan's order.
    pub fn words(&self) -> Vec<&'static str> {
        self.report.steps.iter().map(|(_, ending)| ending.word()).collect()
    }

    /// Why a step failed.
    pub fn why(&self, step: usize) -> String {
        let Ending::Failed(failure) = &self.report.steps[step].1 else {
            panic!("step {step} did not fail: {:?}", self.report.steps[step].1)
        };
        failure.setback.to_string()
    }
}

/// A store that fails, as if the program were killed, at the n-th thing it is to write.
pub struct Mortal {
    pub inner: LocalStore,
    pub lives: Arc<AtomicUsize>,
}

impl Mortal {
    fn live(&self) -> Result<(), StoreError> {
        let left = self.lives.load(Ordering::SeqCst);
        self.lives.store(left.saturating_sub(1), Ordering::SeqCst);
        if left > 0 { Ok(()) } else { Err(StoreError::Fenced) }
    }
}

impl Store for Mortal {
    fn load(&self) -> Result<Loaded, StoreError> {
        self.inner.load()
    }
    fn lock(&mut self, holder: &Holder, now: jiff::Timestamp) -> Result<Lease, StoreError> {
        self.inner.lock(holder, now)
    }
    fn renew(&mut self, lease: &Lease, now: jiff::Timestamp) -> Result<(), StoreError> {
        self.inner.renew(lease, now)
    }
    fn append(&mut self, lease: &Lease, serial: u64, lines: &[Line]) -> Result<(), StoreError> {
        self.live()?;
        self.inner.append(lease, serial, lines)
    }
    fn fold(&mut self, lease: &Lease, from: u64, ledger: &Ledger) -> Result<(), StoreError> {
        self.live()?;
        self.inner.fold(lease, from, ledger)
    }
    fn unlock(&mut self, lease: Lease) -> Result<(), StoreError> {
        self.inner.unlock(lease)
    }
    fn break_lock(&mut self) -> Result<(), StoreError> {
        self.inner.break_lock()
    }
}
