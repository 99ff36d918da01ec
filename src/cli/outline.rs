//! A plan as people look at it: by resource, and counted.

use std::collections::{BTreeMap, BTreeSet, HashMap};

use crate::plan::{Plan, Record, Step};
use crate::resources::{Action, Address, Kind};

/// The steps of a plan by resource, children below what holds them.
#[derive(Debug)]
pub struct Outline<'p> {
    /// The resources, in the order of their first steps.
    pub groups: Vec<Group<'p>>,
    /// How many resources only leave the ledger.
    pub forgotten: usize,
    /// How many resources go along with what holds them.
    pub along: usize,
    /// How many resources are recorded anew without being adopted: their rules changed.
    pub recorded: usize,
    /// How many resources only have another address.
    pub moved: usize,
    /// How many steps there are.
    pub steps: usize,
}

/// One resource of a plan.
#[derive(Debug)]
pub struct Group<'p> {
    /// The resource.
    pub address: &'p Address,
    /// Its kind, if anything is done to it.
    pub kind: Option<&'static Kind>,
    /// What becomes of it.
    pub deed: Deed,
    /// The object that the ledger learns of, if it exists and was not known.
    pub adopted: Option<&'p str>,
    /// What is done, in order.
    pub steps: Vec<&'p Step>,
}

/// What becomes of a resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Deed {
    /// It is made.
    Create,
    /// Another resource brings it along; it is taken hold of.
    Find,
    /// Attributes change.
    Change,
    /// Something is called on it: start, attach ...
    Act,
    /// It is removed and made anew.
    Replace,
    /// It is removed.
    Remove,
    /// It exists, and is recorded.
    Adopt,
}

impl Deed {
    /// The sign that stands before the address.
    pub const fn sign(self) -> &'static str {
        match self {
            Self::Create => "+",
            Self::Find | Self::Adopt => "=",
            Self::Change => "~",
            Self::Act => ">",
            Self::Replace => "-/+",
            Self::Remove => "-",
        }
    }
}

impl<'p> Outline<'p> {
    /// Sorts the steps and records of a plan by resource.
    pub fn of(plan: &'p Plan) -> Self {
        let mut by_address: BTreeMap<&'p Address, Vec<&'p Step>> = BTreeMap::new();
        let mut first: HashMap<Address, usize> = HashMap::new();
        for (position, step) in plan.steps.iter().enumerate() {
            by_address.entry(&step.address).or_default().push(step);
            first.entry(root(&step.address)).or_insert(position);
        }
        let adopted = adoptions(plan);
        adopted.keys().for_each(|address| {
            by_address.entry(address).or_default();
        });
        let mut groups: Vec<_> = by_address
            .into_iter()
            .map(|(address, steps)| Group::new(address, steps, adopted.get(address).copied()))
            .collect();
        // What is only recorded comes first: the rest may build on it.
        let position = |group: &Group| first.get(&root(group.address)).map_or(0, |first| first + 1);
        groups.sort_by_cached_key(|group| (position(group), group.address));
        let removed: BTreeSet<&Address> =
            groups.iter().filter(|group| group.deed == Deed::Remove).map(|g| g.address).collect();
        let goes_along = |address: &Address| {
            std::iter::successors(address.parent(), Address::parent).any(|it| removed.contains(&it))
        };
        let (mut forgotten, mut along, mut recorded, mut moved) = (0, 0, 0, 0_usize);
        for record in &plan.records {
            match record {
                Record::Forget { moved: Some(_), .. } => moved += 1,
                Record::Forget { address, .. } if goes_along(address) => along += 1,
                Record::Forget { .. } => forgotten += 1,
                Record::Keep { adopted, .. } => recorded += usize::from(!adopted),
            }
        }
        // What moves is recorded at its new place.
        let recorded = recorded.saturating_sub(moved);
        Self { groups, forgotten, along, recorded, moved, steps: plan.steps.len() }
    }

    /// How many resources there are of a deed.
    pub fn count(&self, deed: Deed) -> usize {
        self.groups.iter().filter(|group| group.deed == deed).count()
    }

    /// How many resources other ones bring along.
    pub fn made_along(&self) -> usize {
        self.count(Deed::Find) - self.looked_for()
    }

    /// How many things that no manifest can hold are looked for in others.
    pub fn looked_for(&self) -> usize {
        let is_it = |group: &&Group| {
            group.deed == Deed::Find && group.kind.is_some_and(|kind| !kind.managed)
        };
        self.groups.iter().filter(is_it).count()
    }

    /// How many resources exist already and are recorded for the first time.
    pub fn adopted(&self) -> usize {
        self.groups.iter().filter(|group| group.adopted.is_some()).count()
    }

    /// How many resources change, or have something called on them.
    pub fn changed(&self) -> usize {
        self.count(Deed::Change) + self.count(Deed::Act)
    }
}

fn adoptions<'p>(plan: &'p Plan) -> BTreeMap<&'p Address, &'p str> {
    let adoption = |record: &'p Record| match record {
        Record::Keep { address, entry, adopted: true } => Some((address, entry.id.as_str())),
        _ => None,
    };
    plan.records.iter().filter_map(adoption).collect()
}

fn root(address: &Address) -> Address {
    std::iter::successors(Some(address.clone()), Address::parent)
        .last()
        .expect("there is at least the address itself")
}

impl<'p> Group<'p> {
    fn new(address: &'p Address, steps: Vec<&'p Step>, adopted: Option<&'p str>) -> Self {
        let kind = steps.first().map(|step| step.kind);
        Self { address, kind, deed: deed(&steps), adopted, steps }
    }

    /// Why it is done.
    pub fn because(&self) -> &'p str {
        self.steps.first().map_or("", |step| &*step.because)
    }
}

fn deed(steps: &[&Step]) -> Deed {
    let any = |test: fn(&Action) -> bool| steps.iter().any(|step| test(&step.action));
    let is_made = any(|action| matches!(action, Action::Create { .. }));
    let is_found = any(|action| matches!(action, Action::Find { .. }));
    let is_removed = any(|action| matches!(action, Action::Delete { .. }));
    let ends_removed = matches!(steps.last().map(|step| &step.action), Some(Action::Delete { .. }));
    let is_changed = any(|action| match action {
        Action::Update { .. } | Action::Link { .. } | Action::Upload { .. } => true,
        Action::Invoke { changes, .. } => !changes.is_empty(),
        _ => false,
    });
    match (is_removed, is_made || is_found) {
        // Some are made once more to be removed for good.
        (true, _) if ends_removed => Deed::Remove,
        (true, true) => Deed::Replace,
        (true, false) => Deed::Remove,
        (false, true) if is_made => Deed::Create,
        (false, true) => Deed::Find,
        (false, false) if is_changed => Deed::Change,
        (false, false) if steps.is_empty() => Deed::Adopt,
        (false, false) => Deed::Act,
    }
}
