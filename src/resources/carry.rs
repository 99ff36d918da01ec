//! How a change reaches other objects.

use super::{
    Action, Attribute, Change, Fields, Kind, Reference, Surroundings, Transition, Verb, Watched,
    invoke,
};

/// To which objects a change of an attribute is carried on, and how.
#[derive(Clone, Copy, Debug)]
pub struct Carried {
    /// Their kind.
    pub to: &'static Kind,
    /// What brings it there, and tells when it is there.
    pub by: Carrier,
}

/// What brings a change to other objects.
#[derive(Clone, Copy, Debug)]
pub enum Carrier {
    /// The engine, in a job of the change.
    Job,
    /// An action that has to be called, in a job of its own.
    Verb(&'static Verb),
    /// The engine, and all that tells is this flag of those objects.
    Shown(&'static Attribute),
}

/// What some objects have of another one: the networks of hosts, of one network.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Parts {
    /// The kind of the parts.
    pub kind: &'static Kind,
    /// What each of them refers to, by the identity of the kind.
    pub of: Reference,
    /// The objects that have one each.
    pub below: Vec<Reference>,
}

impl Parts {
    /// The parts that there are, in objects that the engine reaches.
    pub fn there(kind: &'static Kind, of: &Reference, around: &dyn Surroundings) -> Self {
        Self::in_those(kind, of, around, |holder, _| {
            around.children(holder, kind).iter().any(|part| part.refer_to(of))
        })
    }

    /// The parts of those objects that pass a test, and that the engine reaches.
    pub fn in_those(
        kind: &'static Kind,
        of: &Reference,
        around: &dyn Surroundings,
        test: impl Fn(&Reference, &Fields) -> bool,
    ) -> Self {
        let holders = kind.parent.map(|holder| (holder, around.all(holder)));
        let holders = holders
            .into_iter()
            .flat_map(|(kind, all)| all.into_iter().filter(|(_, fields)| (kind.reached)(fields)));
        let below = holders.filter(|(holder, fields)| test(holder, fields));
        Self { kind, of: of.clone(), below: below.map(|(holder, _)| holder).collect() }
    }

    /// Waits until all of them are there and show the flag; no wait if there are none.
    pub fn until(self, flag: &'static Attribute) -> Option<Action> {
        self.watch(flag, &["true"])
    }

    /// Waits until none of them is there any more.
    pub fn until_gone(self, flag: &'static Attribute) -> Option<Action> {
        self.watch(flag, &[])
    }

    fn watch(self, flag: &'static Attribute, becomes: &'static [&'static str]) -> Option<Action> {
        let is_any = !self.below.is_empty();
        is_any.then(|| Action::Await {
            of: Watched::Parts(self),
            attribute: flag.name,
            becomes,
            fails: &[],
            confirms: Fields::new(),
        })
    }
}

impl Transition<'_> {
    /// What carries these changes on to other objects, and waits until they have them.
    pub(super) fn carry(&self, changes: &[Change]) -> Vec<Action> {
        let mut carried: Vec<Carried> = Vec::new();
        for next in changes.iter().filter_map(|change| change.attribute.carried) {
            if !carried.iter().any(|it| it.to == next.to) {
                carried.push(next);
            }
        }
        let itself = self.itself.into_iter();
        itself.flat_map(|itself| carried.iter().flat_map(|it| self.bring(*it, itself))).collect()
    }

    fn bring(&self, Carried { to, by }: Carried, itself: &Reference) -> Vec<Action> {
        // What is still to be made has it from the start.
        let is_user = |(user, fields): &(Reference, Fields)| {
            matches!(user, Reference::Id(_)) && fields.refer_to(itself)
        };
        match by {
            Carrier::Shown(flag) => {
                let between = to.attributes.iter().filter_map(|it| it.takes.refers_to());
                let users = between.flat_map(|kind| self.around.all(kind)).filter(is_user);
                let parts = users.map(|(user, _)| Parts::there(to, &user, self.around));
                parts.filter_map(|parts| parts.until(flag)).collect()
            }
            _ if !self.around.all(to).iter().any(is_user) => Vec::new(),
            Carrier::Job => vec![until_carried_on()],
            Carrier::Verb(verb) => carry_by(verb, self.known()).into(),
        }
    }
}

/// Calls what carries something on, and waits until it is through.
pub fn carry_by(verb: &'static Verb, with: Fields) -> [Action; 2] {
    [invoke(verb, with), until_carried_on()]
}

/// Waits until the engine has carried a change on in the background.
fn until_carried_on() -> Action {
    Action::Await {
        of: Watched::Jobs,
        attribute: "job",
        becomes: &["finished"],
        fails: &["failed"],
        confirms: Fields::new(),
    }
}
