//! What there is of the objects of a joint call.

use std::collections::BTreeMap;

use crate::apply::Setback;
use crate::apply::calls::lookup::is_same;
use crate::apply::calls::verify::{Absent, verify};
use crate::apply::task::{Found, Task};
use crate::engine::{Engine, Fault, Request};
use crate::resources::{
    Action, Attribute, Effect, Fields, Kind, Reference, Value, decode, outline,
};
use crate::state::Outcome;
use crate::xml::{Element, Outline};

/// The objects of the collections that the call is about, by the kind's name.
#[derive(Default)]
pub(super) struct Shown {
    objects: BTreeMap<&'static str, Vec<Element>>,
}

impl Shown {
    /// Lists each collection once.
    pub async fn look<E: Engine>(engine: &E, tasks: &[Task]) -> Result<Self, Fault> {
        let mut shown = Self::default();
        for task in tasks {
            let kind = task.step.kind;
            if !shown.objects.contains_key(kind.name) {
                let objects = list(engine, kind, &task.target.collection).await?;
                shown.objects.insert(kind.name, objects);
            }
        }
        Ok(shown)
    }

    /// The object of a step, if it is there.
    pub fn of(&self, task: &Task) -> Option<&Element> {
        let kind = task.step.kind;
        let mut objects = self.objects.get(kind.name)?.iter();
        match &task.step.action {
            Action::Create { .. } => {
                let identity = task.identity();
                objects.find(|it| is_same(kind, &identity, &decode(kind.attributes, it)))
            }
            _ => objects.find(|it| it.id().is_some() && it.id() == task.target.id.as_deref()),
        }
    }

    /// Whether all of the call has its effect.
    pub fn is_done(&self, tasks: &[Task]) -> bool {
        tasks.iter().all(|task| self.found_of(task).result.is_ok())
    }

    /// What came of each step.
    pub fn found(&self, tasks: &[Task]) -> Vec<Found> {
        tasks.iter().map(|task| self.found_of(task)).collect()
    }

    fn found_of(&self, task: &Task) -> Found {
        match (&task.step.action, self.of(task)) {
            (Action::Create { fields, .. }, Some(object)) => {
                let id = object.id().unwrap_or_default();
                Found::new(Some(task.kept(id)), self.check(task, object, fields))
            }
            (Action::Update { changes, .. }, Some(object)) => {
                let at_once = changes.iter().filter(|c| matches!(c.effect, Effect::Now));
                let wanted = at_once.map(|change| (change.attribute, change.to.clone())).collect();
                let outcome = task.entry.clone().map_or(Outcome::Done, Outcome::Kept);
                Found::new(Some(outcome), self.check(task, object, &wanted))
            }
            (Action::Delete { .. }, None) => Found::new(Some(Outcome::Gone), Ok(())),
            (Action::Delete { .. }, Some(_)) => Found::doubtful(Setback::Stayed),
            (_, None) => Found::doubtful(Setback::Vanished),
            (_, Some(_)) => Found::new(None, Ok(())),
        }
    }

    /// Compares an object with what was sent, as far as no later step sees to it.
    fn check(&self, task: &Task, object: &Element, wanted: &Fields) -> Result<(), Setback> {
        let kind = task.step.kind;
        let later = &task.later.attributes;
        let wanted = wanted.filter(|it| !later.contains(&it.name));
        let wanted: Fields = wanted.iter().map(|(a, v)| (a, self.with_ids(a, v))).collect();
        verify(kind, object, wanted.iter(), Absent::IsDefault)
    }

    /// What was sent by name is shown by its id.
    fn with_ids(&self, attribute: &'static Attribute, value: &Value) -> Value {
        let id_of = |kind: &Kind, name: &str| {
            let mut objects = self.objects.get(kind.name)?.iter();
            let object = objects.find(|it| it.text_at("name") == Some(name))?;
            object.id().map(|id| Reference::Id(id.to_owned()))
        };
        let resolved = value.map_references(attribute, &mut |attribute, reference| {
            let found = match reference {
                Reference::Name(name) => {
                    attribute.takes.refers_to().and_then(|kind| id_of(kind, name))
                }
                _ => None,
            };
            Ok::<_, std::convert::Infallible>(found.unwrap_or_else(|| reference.clone()))
        });
        let Ok(value) = resolved;
        value
    }
}

async fn list<E: Engine>(
    engine: &E,
    kind: &'static Kind,
    collection: &str,
) -> Result<Vec<Element>, Fault> {
    let followed = kind.attributes.iter().filter(|attribute| attribute.is_followed());
    let followed: Vec<_> = followed.map(|attribute| attribute.name).collect();
    let mut request = Request::get(collection);
    if !followed.is_empty() {
        request = request.query("follow", followed.join(","));
    }
    let mut kept = Outline::new();
    outline(kind.attributes, &mut kept);
    let mut objects = Vec::new();
    engine.send(request).await?.each(&kept, |element| objects.push(element))?;
    Ok(objects)
}
