//! Plans made by hand, of a kind made for them.

use std::borrow::Cow;
use std::collections::BTreeMap;

use virtuform::plan::{Record, Step, StepId};
use virtuform::resources::{
    Action, Address, Attribute, Change, Effect, Fields, Kind, Type, Value, Verb, invoke, one_of,
    refer, secret, set, size, text, until,
};
use virtuform::state::Entry;

static CLUSTER: Kind = Kind::new("cluster", "clusters", "A cluster.");
static PROFILE: Kind = Kind::new("vnic_profile", "vnic_profiles", "A profile.");
static START: Verb = Verb::action("start", "vms/{id}/start");

/// A machine, as far as these tests need one.
pub static VM: Kind = Kind::new("vm", "vms", "A machine.").attributes(&[
    Attribute { from_key: true, ..text("name", "Name.") },
    refer("cluster", "Cluster.", &CLUSTER),
    refer("vnic_profile", "Profile.", &PROFILE),
    size("memory", "Memory."),
    size("memory_policy.max", "Most memory."),
    text("script", "Script."),
    set("hosts", "Hosts.", "host", &Type::Text),
    one_of("status", "Status.", &["up", "down"]).set_by(&[("up", &START)]),
    secret("initialization.root_password", "Password."),
]);

/// Actions in few words.
pub enum Make {
    Create(Fields),
    Update(Vec<Change>),
    Delete,
    Start,
    Wait(&'static [&'static str]),
}

fn attribute(name: &str) -> &'static Attribute {
    VM.attribute(name).unwrap()
}

impl Make {
    pub fn create(fields: &[(&str, Value)]) -> Self {
        let fields = fields.iter().map(|(name, value)| (attribute(name), value.clone()));
        Self::Create(fields.collect())
    }

    pub fn update(changes: &[(&str, Value, Value, Effect)]) -> Self {
        let change = |(name, from, to, effect): &(&str, Value, Value, Effect)| Change {
            attribute: attribute(name),
            from: Some(from.clone()),
            to: to.clone(),
            effect: *effect,
        };
        Self::Update(changes.iter().map(change).collect())
    }

    pub fn wait(state: &str) -> Self {
        Self::Wait(if state == "up" { &["up"] } else { &["down"] })
    }
}

pub fn step(id: u32, address: &Address, because: &'static str, make: Make) -> Step {
    let action = match make {
        Make::Create(fields) => Action::Create { fields, unless_there: false },
        Make::Update(changes) => {
            Action::Update { changes, along: Fields::new(), next_start: false }
        }
        Make::Delete => Action::Delete { with: Fields::new() },
        Make::Start => invoke(&START, Fields::new()),
        Make::Wait(becomes) => until("status", becomes, &[]),
    };
    Step {
        group: None,
        id: StepId(id),
        address: address.clone(),
        kind: &VM,
        action,
        object: None,
        parent: None,
        needs: Vec::new(),
        follows: Vec::new(),
        entry: None,
        resumes: BTreeMap::new(),
        because: Cow::Borrowed(because),
        exclusive: None,
        timeout: 60,
    }
}

pub fn keep(address: &Address, id: &str, adopted: bool) -> Record {
    let entry = Entry { kind: "vm".to_owned(), id: id.to_owned(), ..Entry::default() };
    Record::Keep { address: address.clone(), entry, adopted }
}
