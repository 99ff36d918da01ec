//! What was found.

use std::collections::{BTreeSet, HashMap};

use crate::resources::{Fields, Kind, Underway};

/// The objects of the engine, as far as they were read.
#[derive(Clone, Debug, Default)]
pub struct Observed {
    objects: Vec<Object>,
    by_id: HashMap<(&'static str, String), usize>,
    by_parent: HashMap<(&'static str, String), Vec<usize>>,
    by_plain_id: HashMap<(&'static str, String), Vec<usize>>,
    kinds: BTreeSet<&'static str>,
}

/// One object of the engine.
#[derive(Clone, Debug)]
pub struct Object {
    /// Its kind.
    pub kind: &'static Kind,
    /// The engine's id of it; unique within its parent for children.
    pub id: String,
    /// The id of the object that holds it, for a child.
    pub parent: Option<String>,
    /// What it has.
    pub fields: Fields,
    /// What it will have after its next start, if that differs.
    pub pending: Option<Fields>,
    /// What of it is on its way to what `fields` have already.
    pub underway: Option<Underway>,
}

/// What a read shows of an object that another read found: its id and some of its values.
#[derive(Clone, Debug)]
pub struct Part {
    /// The object's kind.
    pub kind: &'static Kind,
    /// Its id.
    pub id: String,
    /// What is shown.
    pub fields: Fields,
    /// What of it is on its way.
    pub underway: Option<Underway>,
}

impl Object {
    /// Its name among its siblings, as text; the id where it has none, nothing where it has no
    /// siblings.
    pub fn name(&self) -> String {
        if self.kind.single {
            return String::new();
        }
        self.kind.name_of(&self.fields).unwrap_or_else(|| self.id.clone())
    }
}

impl Observed {
    /// Notes that a kind was read, so that what is not here does not exist.
    pub fn read(&mut self, kind: &'static Kind) {
        self.kinds.insert(kind.name);
    }

    /// Whether a kind was read.
    pub fn has_read(&self, kind: &Kind) -> bool {
        self.kinds.contains(kind.name)
    }

    /// Adds an object; one of the same kind, parent and id is replaced.
    pub fn add(&mut self, object: Object) {
        let key = (object.kind.name, id_below(object.parent.as_deref(), &object.id));
        if let Some(&index) = self.by_id.get(&key) {
            self.objects[index] = object;
            return;
        }
        let index = self.objects.len();
        if let Some(parent) = &object.parent {
            self.by_parent.entry((object.kind.name, parent.clone())).or_default().push(index);
        }
        self.by_plain_id.entry((object.kind.name, object.id.clone())).or_default().push(index);
        self.by_id.insert(key, index);
        self.objects.push(object);
    }

    /// Adds what a part shows to the objects it is a part of; what it shows goes before what was
    /// known.
    pub fn complete(&mut self, part: &Part) {
        for &index in self.by_plain_id.get(&(part.kind.name, part.id.clone())).into_iter().flatten()
        {
            let object = &mut self.objects[index];
            object.fields = part.fields.over(&object.fields);
            object.underway = part.underway.or(object.underway);
        }
    }

    /// All objects, in the order in which they were read.
    pub fn iter(&self) -> impl Iterator<Item = &Object> {
        self.objects.iter()
    }

    /// All objects of a kind.
    pub fn of<'a>(&'a self, kind: &Kind) -> impl Iterator<Item = &'a Object> + use<'a> {
        let name = kind.name;
        self.objects.iter().filter(move |object| object.kind.name == name)
    }

    /// The object with that id, below that parent for a child.
    pub fn get(&self, kind: &Kind, parent: Option<&str>, id: &str) -> Option<&Object> {
        self.by_id.get(&(kind.name, id_below(parent, id))).map(|&index| &self.objects[index])
    }

    /// The first object with that id, whatever holds it.
    pub fn anywhere(&self, kind: &Kind, id: &str) -> Option<&Object> {
        let indexes = self.by_plain_id.get(&(kind.name, id.to_owned()))?;
        indexes.first().map(|&index| &self.objects[index])
    }

    /// The children of a kind that an object has.
    pub fn children(&self, kind: &Kind, parent: &str) -> impl Iterator<Item = &Object> {
        let indexes = self.by_parent.get(&(kind.name, parent.to_owned()));
        indexes.into_iter().flatten().map(|&index| &self.objects[index])
    }

    /// How many objects there are.
    pub fn len(&self) -> usize {
        self.objects.len()
    }

    /// Whether nothing was found.
    pub fn is_empty(&self) -> bool {
        self.objects.is_empty()
    }
}

/// Ids of children, such as an assigned tag's, need not be unique beyond their parent.
fn id_below(parent: Option<&str>, id: &str) -> String {
    parent.map_or_else(|| id.to_owned(), |parent| format!("{parent}/{id}"))
}
