//! Transitions for the tests of lifecycles, and their courses as short texts.

use crate::resources::{
    Action, Change, Complaint, Course, Effect, Fields, Kind, Place, Reference, Standing,
    Surroundings, Transition, Update, Value, Watched,
};

/// One transition to try.
pub(super) struct Trial {
    kind: &'static Kind,
    from: Option<Fields>,
    to: Option<Fields>,
    parent: Option<Fields>,
    within: Option<Reference>,
    itself: Option<Reference>,
    pending: bool,
    may_restart: bool,
    around: Around,
}

/// The objects around, by kind.
#[derive(Default)]
pub(super) struct Around(pub Vec<(&'static Kind, Reference, Fields)>);

impl Surroundings for Around {
    fn find(&self, kind: &Kind, test: &dyn Fn(&Fields) -> bool) -> Option<Reference> {
        let found = self.0.iter().find(|(is, _, fields)| *is == kind && test(fields));
        found.map(|(_, reference, _)| reference.clone())
    }

    fn all(&self, kind: &Kind) -> Vec<(Reference, Fields)> {
        let all = self.0.iter().filter(|(is, _, _)| *is == kind);
        all.map(|(_, reference, fields)| (reference.clone(), fields.clone())).collect()
    }

    /// In a trial all that is around is wanted.
    fn wanted(&self, kind: &Kind, at: &Reference) -> Option<Fields> {
        self.look(kind, at)
    }

    fn look(&self, kind: &Kind, at: &Reference) -> Option<Fields> {
        let found = self.0.iter().find(|(is, reference, _)| *is == kind && reference == at);
        found.map(|(_, _, fields)| fields.clone())
    }

    /// In a trial what was found stands behind what is wanted of it.
    fn found(&self, kind: &Kind, at: &Reference) -> Option<Fields> {
        let found = self.0.iter().rfind(|(is, reference, _)| *is == kind && reference == at);
        found.map(|(_, _, fields)| fields.clone())
    }

    /// In a trial all objects of a child kind are children of the one that is asked about.
    fn children(&self, _: &Reference, kind: &Kind) -> Vec<Fields> {
        self.0.iter().filter(|(is, _, _)| *is == kind).map(|(_, _, f)| f.clone()).collect()
    }
}

/// Values of a kind's attributes, by name.
pub(super) fn fields(kind: &'static Kind, values: &[(&str, Value)]) -> Fields {
    let shown = |name: &str| kind.shows.iter().find(|attribute| attribute.name == name);
    let attribute = |name: &str| {
        kind.attribute(name).or_else(|| shown(name)).expect("an attribute of the kind")
    };
    values.iter().map(|(name, value)| (attribute(name), value.clone())).collect()
}

pub(super) fn text(text: &str) -> Value {
    Value::Text(text.to_owned())
}

pub(super) fn id(id: &str) -> Value {
    Value::Reference(Reference::Id(id.to_owned()))
}

impl Trial {
    pub fn making(kind: &'static Kind, to: &[(&str, Value)]) -> Self {
        Self { to: Some(fields(kind, to)), ..Self::nothing(kind) }
    }

    pub fn removing(kind: &'static Kind, from: &[(&str, Value)]) -> Self {
        Self { from: Some(fields(kind, from)), ..Self::nothing(kind) }
    }

    pub fn changing(kind: &'static Kind, from: &[(&str, Value)], to: &[(&str, Value)]) -> Self {
        Self { from: Some(fields(kind, from)), ..Self::making(kind, to) }
    }

    fn nothing(kind: &'static Kind) -> Self {
        let around = Around::default();
        let (pending, may_restart) = (false, false);
        Self {
            kind,
            from: None,
            to: None,
            parent: None,
            within: None,
            itself: None,
            pending,
            may_restart,
            around,
        }
    }

    pub fn below(self, kind: &'static Kind, parent: &[(&str, Value)]) -> Self {
        Self { parent: Some(fields(kind, parent)), ..self }
    }

    pub fn within(self, parent: &str) -> Self {
        Self { within: Some(Reference::Id(parent.to_owned())), ..self }
    }

    pub fn known_as(self, id: &str) -> Self {
        Self { itself: Some(Reference::Id(id.to_owned())), ..self }
    }

    pub fn pending(self) -> Self {
        Self { pending: true, ..self }
    }

    pub fn restarting(self) -> Self {
        Self { may_restart: true, ..self }
    }

    pub fn beside(mut self, kind: &'static Kind, at: &str, values: &[(&str, Value)]) -> Self {
        self.around.0.push((kind, Reference::Id(at.to_owned()), fields(kind, values)));
        self
    }

    pub fn course(&self) -> Course {
        (self.kind.lifecycle)(&self.transition(&self.changes()))
    }

    pub fn complaints(&self) -> Vec<Complaint> {
        (self.kind.check)(&self.transition(&self.changes()))
    }

    fn transition<'a>(&'a self, changes: &'a [Change]) -> Transition<'a> {
        Transition {
            within: self.within.as_ref(),
            itself: self.itself.as_ref(),
            kind: self.kind,
            from: self.from.as_ref(),
            to: self.to.as_ref(),
            parent: self.parent.as_ref(),
            changes,
            pending: self.pending,
            around: &self.around,
        }
    }

    fn changes(&self) -> Vec<Change> {
        let (Some(from), Some(to)) = (&self.from, &self.to) else { return Vec::new() };
        let differing = to.iter().filter(|(attribute, to)| from.get(attribute) != Some(to));
        let changes = differing.map(|(attribute, to)| {
            let from_value = from.get(attribute).cloned();
            let to_value = to.clone();
            Change { attribute, from: from_value, to: to_value, effect: Effect::Now }
        });
        let standing = Standing { from, to, parent: self.parent.as_ref() };
        let effect = |change: &Change| match (change.attribute.place, change.attribute.update) {
            (Place::Lifecycle, Update::Now) => Effect::Now,
            _ => match (self.kind.effect)(change, &standing) {
                Effect::NextStart if self.may_restart => Effect::Restart,
                effect => effect,
            },
        };
        let changes = changes.map(|change| Change { effect: effect(&change), ..change });
        let waits =
            |it: &Change| it.effect == Effect::NextStart && it.attribute.pending_for.is_some();
        changes.filter(|change| !waits(change)).collect()
    }

    /// The course as text, a bar before the closing actions.
    pub fn told(&self) -> String {
        let course = self.course();
        let tell = |actions: &[Action]| actions.iter().map(tell).collect::<Vec<_>>().join("; ");
        match (course.opening.is_empty(), course.closing.is_empty()) {
            (_, true) => tell(&course.opening),
            (true, false) => format!("| {}", tell(&course.closing)),
            (false, false) => format!("{} | {}", tell(&course.opening), tell(&course.closing)),
        }
    }
}

fn tell(action: &Action) -> String {
    match action {
        Action::Create { fields, .. } => format!("create {}", list(fields)),
        Action::Find { identity } => format!("find {}", list(identity)),
        Action::Update { changes, along, next_start } => {
            let changes = changes.iter().map(|c| (c.attribute, c.to.clone())).collect();
            let along = match along.is_empty() {
                true => String::new(),
                false => format!(" along {}", list(along)),
            };
            let when = if *next_start { "put for the next start" } else { "put" };
            format!("{when} {}{along}", list(&changes))
        }
        Action::Delete { with } if with.is_empty() => "delete".to_owned(),
        Action::Delete { with } => format!("delete with {}", list(with)),
        Action::Link { attribute, member, adds } => {
            let what = if *adds { "link" } else { "unlink" };
            format!("{what} {}={}", attribute.name, attribute.show(member))
        }
        Action::Invoke { verb, .. } => verb.name.to_owned(),
        Action::Await { of: Watched::Jobs, .. } => "until carried on".to_owned(),
        Action::Await { of: Watched::Parts(parts), becomes, .. } => {
            let what = if becomes.is_empty() { "left" } else { "reached" };
            let below = parts.below.iter().map(ToString::to_string).collect::<Vec<_>>();
            format!("until {} {what} {}", parts.of, below.join("+"))
        }
        Action::Upload { file, .. } => format!("upload {}", file.name),
        Action::Await { becomes: [], .. } => "until gone".to_owned(),
        Action::Await { becomes, confirms, .. } if confirms.is_empty() => {
            format!("until {}", becomes.join("/"))
        }
        Action::Await { becomes, confirms, .. } => {
            format!("until {} with {}", becomes.join("/"), list(confirms))
        }
    }
}

fn list(fields: &Fields) -> String {
    let entries = fields.iter().map(|(a, value)| format!("{}={}", a.name, a.show(value)));
    entries.collect::<Vec<_>>().join(",")
}
