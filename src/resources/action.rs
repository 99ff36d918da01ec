//! What a lifecycle is made of.

use std::sync::Arc;

use super::{
    Attribute, Fields, ImageFile, Kind, Parts, Place, Reference, Surroundings, Update, Value, Verb,
    Way,
};

/// One call to the engine, or one wait for it.
#[derive(Clone, Debug, PartialEq)]
pub enum Action {
    /// Make the object, unless the engine already has what an interrupted run made.
    Create {
        /// What it is made with.
        fields: Fields,
        /// Whether it may have come along with another object: it is looked for first.
        unless_there: bool,
    },
    /// Take hold of an object that the engine makes along with another one.
    Find {
        /// What it is recognised by.
        identity: Fields,
    },
    /// Change attributes in one PUT.
    Update {
        /// What changes.
        changes: Vec<Change>,
        /// What is sent unchanged beside it, see [`Attribute::along`].
        along: Fields,
        /// Whether the change goes to the configuration of the next start.
        next_start: bool,
    },
    /// Remove the object.
    Delete {
        /// Parameters of the removal, see [`Place::Removal`].
        with: Fields,
    },
    /// Add or remove one member of a set that is [linked](Attribute::linked).
    Link {
        /// The set.
        attribute: &'static Attribute,
        /// Its member.
        member: Value,
        /// Whether it is added; it is removed otherwise.
        adds: bool,
    },
    /// Call an action.
    Invoke {
        /// Which.
        verb: &'static Verb,
        /// What fills the placeholders of its path.
        with: Fields,
        /// What it changes of the object.
        changes: Vec<Change>,
    },
    /// Fill the object with what is in a local file.
    Upload {
        /// The attribute that names it.
        attribute: &'static Attribute,
        /// The file.
        file: Arc<ImageFile>,
    },
    /// Wait for the engine.
    Await {
        /// What is watched.
        of: Watched,
        /// The attribute to watch, as on the wire.
        attribute: &'static str,
        /// The values that end the wait; none: until the object is gone.
        becomes: &'static [&'static str],
        /// The values that mean it failed.
        fails: &'static [&'static str],
        /// What must be so afterwards; for the attribute itself, a value that ends the wait too.
        /// It is read back, since the engine drops some changes silently.
        confirms: Fields,
    },
}

/// What a wait watches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Watched {
    /// The object.
    Object,
    /// The jobs of the last write to it: what the engine does with that in the background.
    Jobs,
    /// What others have of an object.
    Parts(Parts),
}

/// One attribute's way from what is to what shall be.
#[derive(Clone, Debug, PartialEq)]
pub struct Change {
    /// Which attribute.
    pub attribute: &'static Attribute,
    /// What the engine has; nothing when it cannot be read.
    pub from: Option<Value>,
    /// What the manifest wants.
    pub to: Value,
    /// When it takes effect.
    pub effect: Effect,
}

/// When a change takes effect, for this object in its present state.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// At once.
    Now,
    /// At once, while the VM runs.
    Hot,
    /// When the VM is started the next time.
    NextStart,
    /// After a stop that has to come first.
    Restart,
    /// By making a new object in the old one's place.
    Replace,
}

impl Effect {
    /// How a plan says it.
    pub const fn words(self) -> &'static str {
        match self {
            Self::Now => "now",
            Self::Hot => "hot",
            Self::NextStart => "at the next start",
            Self::Restart => "restart",
            Self::Replace => "replace",
        }
    }
}

/// One resource's way from observed to desired.
#[derive(Clone, Copy)]
pub struct Transition<'a> {
    /// The resource's kind.
    pub kind: &'static Kind,
    /// What is, if the object exists.
    pub from: Option<&'a Fields>,
    /// The object itself, if others refer to it already.
    pub itself: Option<&'a Reference>,
    /// What shall be, if it shall exist: what the manifest says and nothing else.
    pub to: Option<&'a Fields>,
    /// How the two differ, if the object exists and stays.
    pub changes: &'a [Change],
    /// What was found of the object that holds this one, if it is a child and that exists.
    pub parent: Option<&'a Fields>,
    /// The object that holds this one, if it is a child.
    pub within: Option<&'a Reference>,
    /// Whether changes already wait for the next start.
    pub pending: bool,
    /// The other objects, wanted or found.
    pub around: &'a dyn Surroundings,
}

/// The actions of a transition, in order.
#[derive(Clone, Debug, Default, PartialEq)]
pub struct Course {
    /// What comes before the children of the resource are touched. When it is through, resources
    /// that refer to this one may go on.
    pub opening: Vec<Action>,
    /// What comes after the children: a VM starts when it has its disks.
    pub closing: Vec<Action>,
}

impl Course {
    /// All actions, openings first.
    pub fn actions(&self) -> impl Iterator<Item = &Action> {
        self.opening.iter().chain(&self.closing)
    }

    /// Whether the engine carries something of it on to other objects.
    pub fn is_carried_on(&self) -> bool {
        let is_wait = |of: &Watched| matches!(of, Watched::Jobs | Watched::Parts(_));
        self.actions().any(|it| matches!(it, Action::Await { of, .. } if is_wait(of)))
    }

    /// Whether there is nothing to do.
    pub fn is_empty(&self) -> bool {
        self.opening.is_empty() && self.closing.is_empty()
    }
}

/// Stands in for no changes.
const NO_CHANGES: &[Change] = &[];

impl<'a> Transition<'a> {
    /// From nothing to nothing: what a transition is made of by saying what is otherwise.
    pub fn of(kind: &'static Kind, around: &'a dyn Surroundings) -> Self {
        Self {
            kind,
            from: None,
            itself: None,
            to: None,
            parent: None,
            within: None,
            changes: NO_CHANGES,
            pending: false,
            around,
        }
    }
}

impl Transition<'_> {
    /// The value an attribute has once the transition is over.
    pub fn after(&self, attribute: &Attribute) -> Option<&Value> {
        let wanted = self.to.and_then(|to| to.get(attribute));
        wanted.or_else(|| self.from.and_then(|from| from.get(attribute)))
    }

    /// The id or address that an attribute refers to once the transition is over.
    pub fn refers_to(&self, attribute: &Attribute) -> Option<&Reference> {
        match self.after(attribute) {
            Some(Value::Reference(reference)) => Some(reference),
            _ => None,
        }
    }

    /// Everything known of the object: what is wanted, over what was found.
    pub fn known(&self) -> Fields {
        let nothing = Fields::new();
        self.to.unwrap_or(&nothing).over(self.from.unwrap_or(&nothing))
    }

    /// What a PUT can change.
    pub fn body_changes(&self) -> Vec<Change> {
        let by_put = |a: &Attribute| a.place == Place::Body && a.linked.is_none();
        self.changes.iter().filter(|change| by_put(change.attribute)).cloned().collect()
    }

    /// What a new object is changed to that the call which makes it does not take.
    pub fn later(&self) -> Vec<Change> {
        let to = self.to.filter(|_| self.from.is_none());
        let Some((to, way)) = to.and_then(|to| Some((to, self.kind.way(to)?))) else {
            return Vec::new();
        };
        let source = way.source(to).and_then(|(kind, source)| self.around.look(kind, source));
        let shows = |(attribute, value): &(&'static Attribute, &Value)| {
            source.as_ref().and_then(|source| source.get(attribute)) == Some(*value)
        };
        let is_later = |it: &(&'static Attribute, &Value)| is_later(way, it.0) && !shows(it);
        to.iter().filter(is_later).map(|(attribute, to)| first_change(attribute, to)).collect()
    }

    /// Makes a PUT of these changes, with what has to go along.
    pub fn put(&self, changes: Vec<Change>, next_start: bool) -> Action {
        // Unchanged is what the engine has, even where that is not compared with what is wanted.
        let nothing = Fields::new();
        let known = self.from.unwrap_or(&nothing).over(self.to.unwrap_or(&nothing));
        let goes_along = |attribute: &'static Attribute| {
            let Some(prefix) = attribute.along else { return false };
            let is_touched = changes.iter().any(|c| c.attribute.name.starts_with(prefix));
            is_touched && changes.iter().all(|c| c.attribute.name != attribute.name)
        };
        let along = known.filter(goes_along);
        Action::Update { changes, along, next_start }
    }

    /// Makes a PUT of these changes that is through when they are carried on.
    fn put_through(&self, changes: Vec<Change>) -> impl Iterator<Item = Action> + use<> {
        let carry = self.carry(&changes);
        std::iter::once(self.put(changes, false)).chain(carry)
    }
}

/// Whether a PUT has to bring what the call that makes the object does not take.
fn is_later(way: &Way, attribute: &Attribute) -> bool {
    let can_change = !matches!(attribute.update, Update::Replace | Update::Never);
    can_change
        && attribute.place == Place::Body
        && attribute.linked.is_none()
        && !way.takes(attribute)
}

fn first_change(attribute: &'static Attribute, to: &Value) -> Change {
    Change { attribute, from: None, to: to.clone(), effect: Effect::Now }
}

/// Makes an object with these values, as far as the call that makes it takes them.
pub fn make(kind: &Kind, to: &Fields) -> Action {
    let fields = match kind.way(to) {
        Some(way) => to.filter(|attribute| !is_later(way, attribute)),
        None => to.clone(),
    };
    Action::Create { fields, unless_there: false }
}

/// Calls a verb.
pub fn invoke(verb: &'static Verb, with: Fields) -> Action {
    Action::Invoke { verb, with, changes: Vec::new() }
}

/// Calls a verb with the new values of attributes, for changes that no PUT makes.
pub fn change_by(verb: &'static Verb, changes: Vec<Change>) -> Action {
    let with = changes.iter().map(|change| (change.attribute, change.to.clone())).collect();
    Action::Invoke { verb, with, changes }
}

/// Waits until `attribute` has one of the values.
pub fn until(
    attribute: &'static str,
    becomes: &'static [&'static str],
    fails: &'static [&'static str],
) -> Action {
    Action::Await { of: Watched::Object, attribute, becomes, fails, confirms: Fields::new() }
}

/// The lifecycle of a kind without peculiarities: POST, PUT, DELETE, and the actions of the
/// attributes that are [set by](Attribute::set_by) some.
pub fn plain(transition: &Transition) -> Course {
    let mut course = Course::default();
    match (transition.from, transition.to) {
        (None, Some(to)) => {
            course.opening.push(make(transition.kind, to));
            course.opening.extend(links_of(to));
        }
        (Some(from), None) => {
            let with = from.filter(|attribute| attribute.place == Place::Removal);
            course.closing.push(Action::Delete { with });
        }
        _ => {
            let changes = transition.body_changes();
            if !changes.is_empty() {
                course.opening.extend(transition.put_through(changes));
            }
            course.opening.extend(relinks(transition.changes));
        }
    }
    if let Some(to) = transition.to {
        course.closing.extend(set_by(transition, to));
    }
    course
}

/// The members of a new object that are added one by one.
fn links_of(to: &Fields) -> impl Iterator<Item = Action> {
    let one_by_one = |a: &Attribute| a.linked.is_some() && a.place == Place::Lifecycle;
    let linked = to.iter().filter(move |(attribute, _)| one_by_one(attribute));
    linked.flat_map(|(attribute, value)| links(attribute, value.members(), &[], true))
}

/// What adds and removes the members of sets. New ones come first, since some sets must not be
/// empty, unless there is no room for them.
fn relinks(changes: &[Change]) -> impl Iterator<Item = Action> {
    let linked = changes.iter().filter(|change| change.attribute.linked.is_some());
    linked.flat_map(|Change { attribute, from, to, .. }| {
        let from = from.as_ref().map_or(&[][..], Value::members);
        let mut actions: Vec<_> = links(attribute, to.members(), from, true).collect();
        let added = actions.len();
        actions.extend(links(attribute, from, to.members(), false));
        if attribute.lone {
            actions.rotate_left(added);
        }
        actions
    })
}

/// Takes all members away that are linked.
pub fn unlink_all(from: &Fields) -> impl Iterator<Item = Action> {
    let linked = from.iter().filter(|(attribute, _)| attribute.linked.is_some());
    linked.flat_map(|(attribute, value)| links(attribute, value.members(), &[], false))
}

/// One link for each member of a set that the other lacks.
fn links(
    attribute: &'static Attribute,
    of: &[Value],
    other: &[Value],
    adds: bool,
) -> impl Iterator<Item = Action> {
    let lacking = of.iter().filter(|member| !other.contains(member));
    lacking.cloned().map(move |member| Action::Link { attribute, member, adds })
}

/// The calls and waits that bring attributes to their values which no PUT can set.
fn set_by(transition: &Transition, to: &Fields) -> Vec<Action> {
    let mut actions = Vec::new();
    for (attribute, value) in to.iter() {
        let Some(wanted) = value.as_text() else { continue };
        let has = match transition.from {
            Some(from) => from.get(attribute).and_then(Value::as_text),
            None => attribute.default,
        };
        let Some((word, verb)) = attribute.set_by.iter().find(|(word, _)| *word == wanted) else {
            continue;
        };
        if has != Some(wanted) {
            actions.push(invoke(verb, transition.known()));
            actions.push(Action::Await {
                of: Watched::Object,
                attribute: attribute.name,
                becomes: std::slice::from_ref(word),
                fails: &[],
                confirms: Fields::new(),
            });
        }
    }
    actions
}
