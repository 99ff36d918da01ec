//! What becomes of each object: a resource of its own, a line of another one, or nothing.

use std::collections::HashMap;

use crate::resources::kinds::KINDS;
use crate::resources::{Address, Attribute, Fields, Kind, Reference, Surroundings, Value, same};
use crate::state::{Object, Observed};

use super::{key, says};

/// Everything that was found, as manifests see it.
pub(super) struct Scene<'a> {
    pub observed: &'a Observed,
    /// The objects of kinds that manifests can hold, in an order that every read gives.
    pub items: Vec<Item<'a>>,
    indexes: HashMap<(&'static str, Option<&'a str>, &'a str), usize>,
    by_name: HashMap<(&'static str, String), Vec<&'a Object>>,
    /// How many of a kind there are in each object that holds such.
    crowds: HashMap<(&'static str, &'a str), usize>,
}

/// One object.
pub(super) struct Item<'a> {
    pub object: &'a Object,
    /// Where it stands in the manifests, if it does.
    pub address: Address,
    pub parent: Option<usize>,
    pub children: Vec<usize>,
    /// What it has by itself, if the engine made it along with another one.
    pub brought: Option<Fields>,
    pub fate: Fate,
}

impl Item<'_> {
    /// Whether it has a place of its own.
    pub fn is_written(&self) -> bool {
        matches!(self.fate, Fate::Written | Fate::Holder)
    }
}

/// What becomes of an object.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Fate {
    /// It is a resource.
    Written,
    /// There is nothing to say of it, but of what it holds.
    Holder,
    /// There is nothing to say of it: every engine has it, or it comes along with another one.
    Plain,
    /// It is shown by the one object that has it, as a disk by its VM.
    Elsewhere,
    /// Manifests cannot hold it.
    LeftOut(String),
}

impl<'a> Scene<'a> {
    /// Looks at all that was found.
    pub fn new(observed: &'a Observed) -> Self {
        let mut scene = Self {
            observed,
            items: Vec::new(),
            indexes: HashMap::new(),
            by_name: HashMap::new(),
            crowds: HashMap::new(),
        };
        for object in observed.iter() {
            scene.by_name.entry((object.kind.name, object.name())).or_default().push(object);
        }
        for object in observed.iter() {
            if let Some(above) = scene.above(object) {
                *scene.crowds.entry((object.kind.name, &above.id)).or_default() += 1;
            }
        }
        for kind in KINDS.iter().filter(|kind| kind.managed) {
            let mut objects: Vec<&Object> = observed.of(kind).collect();
            objects.sort_by_cached_key(|object| (scene.path(object), object.id.clone()));
            objects.into_iter().for_each(|object| scene.add(object));
        }
        scene.bring();
        scene.decide();
        key::assign(&mut scene);
        scene
    }

    fn add(&mut self, object: &'a Object) {
        let index = self.items.len();
        let parent = object.kind.parent.zip(object.parent.as_deref());
        let parent = parent.and_then(|(kind, id)| self.index(kind, None, id));
        if let Some(parent) = parent {
            self.items[parent].children.push(index);
        }
        let key = (object.kind.name, object.parent.as_deref(), object.id.as_str());
        self.indexes.insert(key, index);
        self.items.push(Item {
            object,
            address: Address::new(object.kind.section, &object.id),
            parent,
            children: Vec::new(),
            brought: None,
            fate: Fate::Written,
        });
    }

    /// The item of an object.
    pub fn index(&self, kind: &Kind, parent: Option<&'a str>, id: &'a str) -> Option<usize> {
        self.indexes.get(&(kind.name, parent, id)).copied()
    }

    /// The item of an object, wherever it stands.
    pub fn item_of(&self, object: &'a Object) -> Option<usize> {
        self.index(object.kind, object.parent.as_deref(), &object.id)
    }

    /// The items of a kind.
    pub fn of(&self, kind: &'static Kind) -> impl Iterator<Item = usize> + use<'_, 'a> {
        let is_of = move |(_, item): &(usize, &Item)| item.object.kind == kind;
        self.items.iter().enumerate().filter(is_of).map(|(index, _)| index)
    }

    /// The objects of a kind and name.
    pub fn named(&self, kind: &Kind, name: &str) -> &[&'a Object] {
        self.by_name.get(&(kind.name, name.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The objects of a kind and name: of all, or of those in one parent.
    pub fn named_in(&self, kind: &Kind, parent: Option<&str>, name: &str) -> Vec<&'a Object> {
        match parent {
            None => self.named(kind, name).to_vec(),
            Some(parent) => {
                let siblings = self.observed.children(kind, parent);
                siblings.filter(|sibling| sibling.name() == name).collect()
            }
        }
    }

    /// The object of a kind with that id, wherever it stands.
    pub fn object(&self, kind: &Kind, id: &str) -> Option<&'a Object> {
        match kind.parent {
            None => self.observed.get(kind, None, id),
            Some(_) => self.observed.anywhere(kind, id),
        }
    }

    /// What people call an object: an assigned tag like the tag.
    pub fn label(&self, object: &Object) -> String {
        let named = object.kind.name_attribute();
        let value = named.and_then(|named| Some((named, object.fields.get(named)?)));
        match value {
            Some((named, Value::Reference(Reference::Id(id)))) => {
                let target = named.takes.refers_to().and_then(|kind| self.object(kind, id));
                target.map_or_else(|| id.clone(), |target| self.label(target))
            }
            _ => object.name(),
        }
    }

    /// Whether an object is the only one of its kind where it stands.
    pub fn is_alone(&self, object: &Object) -> bool {
        let above = self.above(object);
        above.is_some_and(|above| self.crowds[&(object.kind.name, above.id.as_str())] == 1)
    }

    /// The objects in which an object's name is unique, nearest first.
    pub fn scopes(&self, object: &Object) -> Vec<&'a Object> {
        const DEEPEST: usize = 5;
        std::iter::successors(self.above(object), |above| self.above(above)).take(DEEPEST).collect()
    }

    fn above(&self, object: &Object) -> Option<&'a Object> {
        if let Some(parent) = object.kind.parent {
            return self.object(parent, object.parent.as_deref()?);
        }
        let (_, scopes) = object.kind.identity.split_last()?;
        self.follow(object, scopes.first()?)
    }

    /// The object that an attribute refers to.
    pub fn follow(&self, object: &Object, attribute: &str) -> Option<&'a Object> {
        let attribute = object.kind.attribute(attribute)?;
        let Some(Value::Reference(Reference::Id(id))) = object.fields.get(attribute) else {
            return None;
        };
        self.object(attribute.takes.refers_to()?, id)
    }

    /// The data center that an object belongs to.
    pub fn site(&self, object: &'a Object) -> Option<&'a Object> {
        let mut at = object;
        for _ in 0..6 {
            if at.kind.name == "data_center" {
                return Some(at);
            }
            let next = SITES.iter().find_map(|attribute| self.follow(at, attribute));
            at = next.or_else(|| at.kind.parent.and_then(|_| self.above(at)))?;
        }
        None
    }

    /// The names above an object and its own: the order of manifests.
    fn path(&self, object: &Object) -> Vec<String> {
        let mut path: Vec<String> =
            self.scopes(object).iter().map(|above| self.label(above)).collect();
        path.reverse();
        path.push(self.label(object));
        path
    }

    /// Notes what the engine made along with other objects.
    fn bring(&mut self) {
        let around = Around(self.observed);
        let mut brought = Vec::new();
        for item in &self.items {
            let Object { kind, id, fields, .. } = item.object;
            for object in (kind.brings)(&Reference::Id(id.clone()), fields, &around) {
                let name = object.kind.name_attribute().and_then(|name| object.fields.get(name));
                let name = name.map(ToString::to_string).unwrap_or_default();
                let parent = object.kind.parent.filter(|parent| *parent == *kind);
                let twins = self.named_in(object.kind, parent.map(|_| id.as_str()), &name);
                let is_it = |other: &&Object| is_same(object.kind, &object.fields, &other.fields);
                let found = twins.into_iter().find(is_it);
                brought.extend(found.and_then(|it| Some((self.item_of(it)?, object.fields))));
            }
        }
        for (index, fields) in brought {
            self.items[index].brought = Some(fields);
        }
    }

    fn decide(&mut self) {
        let holders = self.holders();
        // Parents come before their children in the catalogue.
        for index in 0..self.items.len() {
            let fate = self.fate(index, &holders);
            self.items[index].fate = fate;
        }
        for index in (0..self.items.len()).rev() {
            let is_written = |child: &usize| self.items[*child].is_written();
            if self.items[index].children.iter().any(is_written)
                && self.items[index].fate == Fate::Plain
            {
                self.items[index].fate = Fate::Holder;
            }
        }
    }

    fn fate(&self, index: usize, holders: &HashMap<(&str, &str), usize>) -> Fate {
        let Item { object, parent, .. } = &self.items[index];
        if object.kind.parent.is_some() {
            match parent.map(|parent| &self.items[parent].fate) {
                Some(Fate::Written | Fate::Plain) => {}
                _ => return Fate::Elsewhere,
            }
        }
        if holders.get(&(object.kind.name, object.id.as_str())) == Some(&1) {
            return Fate::Elsewhere;
        }
        if let Some(why) = (object.kind.kept_elsewhere)(&object.fields) {
            return Fate::LeftOut(why.to_owned());
        }
        let is_plain = self.comes_by_itself(index) && !says::is_worth_it(self, index);
        if is_plain && self.items[index].children.is_empty() {
            return Fate::Plain;
        }
        if let Some(why) = self.twins(object).or_else(|| says::missing(self, object)) {
            return Fate::LeftOut(why);
        }
        if is_plain { Fate::Plain } else { Fate::Written }
    }

    /// Whether an object is there without anybody's writing it down.
    pub fn comes_by_itself(&self, index: usize) -> bool {
        let object = self.items[index].object;
        let test = object.kind.unasked.or(object.kind.comes_along);
        let is_part = object.kind.inseparable || self.is_locked(object);
        is_part || test.is_some_and(|is_so| is_so(&object.fields)) || self.is_given(object)
    }

    /// Whether the engine made an object of its own accord.
    pub fn is_given(&self, object: &'a Object) -> bool {
        let item = self.item_of(object);
        self.is_built_in(object) || item.is_some_and(|item| self.items[item].brought.is_some())
    }

    /// Whether an object is as it is on every engine, itself or with the one that holds it.
    pub fn is_locked(&self, object: &Object) -> bool {
        let parent = object.kind.parent.zip(object.parent.as_deref());
        let parent = parent.and_then(|(kind, id)| self.object(kind, id));
        let is_so = |it: &Object| it.kind.locked && self.is_built_in(it);
        is_so(object) || parent.is_some_and(is_so)
    }

    /// Whether the setup of an engine made an object.
    pub fn is_set_up(&self, object: &Object) -> bool {
        let is_unasked = object.kind.unasked.is_some_and(|is_so| is_so(&object.fields));
        is_unasked || self.is_built_in(object)
    }

    /// Whether every engine has an object.
    pub fn is_built_in(&self, object: &Object) -> bool {
        object.kind.built_in.contains(&self.label(object).as_str())
    }

    /// Whether an object shows in another one only.
    pub fn is_elsewhere(&self, index: usize) -> bool {
        self.items[index].fate == Fate::Elsewhere
    }

    /// How many objects have each of those that show in others: disks in attachments.
    fn holders(&self) -> HashMap<(&'static str, &'a str), usize> {
        let mut holders = HashMap::new();
        for object in self.observed.iter() {
            if let Some((_, joined)) = object.kind.joined {
                *holders.entry((joined.name, object.id.as_str())).or_default() += 1;
            }
        }
        holders
    }

    /// Why nobody could tell which object is meant.
    fn twins(&self, object: &'a Object) -> Option<String> {
        let has_own_id = object.kind.attributes.iter().any(|attribute| attribute.own_id);
        let is_child = object.kind.parent.is_some();
        if is_child && has_own_id {
            return None;
        }
        let site = self.site(object);
        let is_twin = |other: &&Object| {
            let is_near = || match (site, self.site(other)) {
                (Some(site), Some(other)) => site.id == other.id,
                _ => true,
            };
            is_same(object.kind, &object.fields, &other.fields)
                && (object.kind.name == "data_center" || is_near())
        };
        let named = self.named_in(object.kind, object.parent.as_deref(), &object.name());
        let count = named.iter().filter(|other| is_twin(other)).count();
        (count > 1).then(|| {
            "several have this name, and nothing tells them apart: rename all but one".to_owned()
        })
    }
}

/// What says which data center an object belongs to.
pub(super) const SITES: [&str; 3] = ["data_center", "cluster", "network"];

/// Whether two objects have the same identity, as far as the first has one.
fn is_same(kind: &Kind, one: &Fields, other: &Fields) -> bool {
    let mut identity = kind.identity.iter().filter_map(|name| one.named(name).map(|v| (name, v)));
    identity.all(|(name, value)| other.named(name).is_some_and(|other| same(value, other)))
}

/// What was found, for the kinds that look around.
pub(super) struct Around<'a>(pub &'a Observed);

impl Surroundings for Around<'_> {
    fn find(&self, kind: &Kind, test: &dyn Fn(&Fields) -> bool) -> Option<Reference> {
        let found = self.0.of(kind).find(|object| test(&object.fields))?;
        Some(Reference::Id(found.id.clone()))
    }

    fn all(&self, kind: &Kind) -> Vec<(Reference, Fields)> {
        let found = self.0.of(kind);
        found.map(|object| (Reference::Id(object.id.clone()), object.fields.clone())).collect()
    }

    /// Nothing is wanted but what is there.
    fn wanted(&self, kind: &Kind, at: &Reference) -> Option<Fields> {
        self.look(kind, at)
    }

    fn look(&self, kind: &Kind, at: &Reference) -> Option<Fields> {
        let Reference::Id(id) = at else { return None };
        Some(self.0.get(kind, None, id)?.fields.clone())
    }

    fn children(&self, of: &Reference, kind: &Kind) -> Vec<Fields> {
        let Reference::Id(id) = of else { return Vec::new() };
        self.0.children(kind, id).map(|child| child.fields.clone()).collect()
    }
}

/// Whether an attribute is shown by the objects that have this one's.
pub(super) fn is_of_joined(kind: &Kind, attribute: &Attribute) -> bool {
    kind.joined.is_some_and(|(nested, _)| {
        attribute.name.strip_prefix(nested).is_some_and(|rest| rest.starts_with('.'))
    })
}
