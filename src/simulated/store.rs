//! The objects of the simulated engine, found by id, parent, name and reference.

use std::collections::{BTreeSet, HashMap};

use crate::xml::Element;

/// Names an object for as long as it exists; never used twice.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct Handle(u32);

/// An object: the collection that holds it, its owner, its id and what it says.
#[derive(Clone, Debug)]
pub struct Object {
    /// The service of the collection it lives in, such as `vms` or `vm_nics`.
    pub kind: &'static str,
    /// The object that owns it, for sub-collections.
    pub parent: Option<Handle>,
    /// Its id.
    pub id: String,
    /// What the API shows of it, without id and address.
    pub body: Element,
    /// What the engine knows of it and does not show.
    pub hidden: Option<Box<Element>>,
}

/// All objects, with the indices that keep every look-up short.
#[derive(Default)]
pub struct Store {
    objects: Vec<Option<Object>>,
    ids: HashMap<(&'static str, Option<Handle>), HashMap<String, Handle>>,
    kinds: HashMap<&'static str, BTreeSet<Handle>>,
    children: HashMap<(Handle, &'static str), BTreeSet<Handle>>,
    names: HashMap<(&'static str, String), BTreeSet<Handle>>,
    references: HashMap<(&'static str, String), HashMap<String, BTreeSet<Handle>>>,
}

impl Store {
    /// Takes an object in.
    pub fn insert(&mut self, object: Object) -> Handle {
        let handle = Handle(u32::try_from(self.objects.len()).expect("fewer than 2^32 objects"));
        let place = (object.kind, object.parent);
        self.ids.entry(place).or_default().insert(object.id.clone(), handle);
        self.kinds.entry(object.kind).or_default().insert(handle);
        if let Some(parent) = object.parent {
            self.children.entry((parent, object.kind)).or_default().insert(handle);
        }
        self.index(handle, object.kind, &object.body);
        self.objects.push(Some(object));
        handle
    }

    /// Takes an object out, with all that it owns.
    pub fn remove(&mut self, handle: Handle) {
        let Some(object) = self.objects[handle.0 as usize].take() else { return };
        self.unindex(handle, object.kind, &object.body);
        if let Some(ids) = self.ids.get_mut(&(object.kind, object.parent)) {
            ids.remove(&object.id);
        }
        if let Some(all) = self.kinds.get_mut(object.kind) {
            all.remove(&handle);
        }
        if let Some(parent) = object.parent
            && let Some(siblings) = self.children.get_mut(&(parent, object.kind))
        {
            siblings.remove(&handle);
        }
        for child in self.owned(handle, object.kind) {
            self.remove(child);
        }
    }

    fn owned(&mut self, handle: Handle, kind: &str) -> Vec<Handle> {
        let mut owned = Vec::new();
        for child in super::places::owned_by(kind) {
            owned.extend(self.children.remove(&(handle, *child)).into_iter().flatten());
        }
        owned
    }

    /// The object, if it still exists.
    pub fn get(&self, handle: Handle) -> Option<&Object> {
        self.objects.get(handle.0 as usize)?.as_ref()
    }

    /// All objects, oldest first.
    pub fn iter(&self) -> impl Iterator<Item = (Handle, &Object)> {
        let objects = (0..).map(Handle).zip(&self.objects);
        objects.filter_map(|(handle, object)| Some((handle, object.as_ref()?)))
    }

    /// Changes what an object says.
    pub fn edit<T>(&mut self, handle: Handle, change: impl FnOnce(&mut Element) -> T) -> Option<T> {
        let mut object = self.objects.get_mut(handle.0 as usize)?.take()?;
        self.unindex(handle, object.kind, &object.body);
        let result = change(&mut object.body);
        self.index(handle, object.kind, &object.body);
        self.objects[handle.0 as usize] = Some(object);
        Some(result)
    }

    /// What the engine knows of an object beside what it shows.
    pub fn hidden_mut(&mut self, handle: Handle) -> Option<&mut Element> {
        let object = self.objects.get_mut(handle.0 as usize)?.as_mut()?;
        Some(object.hidden.get_or_insert_with(|| Box::new(Element::new("hidden"))))
    }

    /// The object with an id in a collection.
    pub fn find(&self, kind: &'static str, parent: Option<Handle>, id: &str) -> Option<Handle> {
        self.ids.get(&(kind, parent))?.get(id).copied()
    }

    /// All objects of a kind, oldest first.
    pub fn all(&self, kind: &str) -> impl Iterator<Item = Handle> + '_ {
        self.kinds.get(kind).into_iter().flatten().copied()
    }

    /// How many objects there are of a kind.
    pub fn count(&self, kind: &str) -> usize {
        self.kinds.get(kind).map_or(0, BTreeSet::len)
    }

    /// What an object owns of a kind, oldest first.
    pub fn children(
        &self,
        parent: Handle,
        kind: &'static str,
    ) -> impl Iterator<Item = Handle> + '_ {
        self.children.get(&(parent, kind)).into_iter().flatten().copied()
    }

    /// Objects of a kind with that name, in any case.
    pub fn named(&self, kind: &'static str, name: &str) -> impl Iterator<Item = Handle> + '_ {
        self.names.get(&(kind, name.to_lowercase())).into_iter().flatten().copied()
    }

    /// Objects of a kind that refer to an id in an element of that name.
    pub fn referring(
        &self,
        kind: &'static str,
        element: &str,
        id: &str,
    ) -> impl Iterator<Item = Handle> + '_ {
        self.references
            .get(&(kind, element.to_owned()))
            .and_then(|by_id| by_id.get(id))
            .into_iter()
            .flatten()
            .copied()
    }

    fn index(&mut self, handle: Handle, kind: &'static str, body: &Element) {
        if let Some(name) = body.text_at("name") {
            self.names.entry((kind, name.to_lowercase())).or_default().insert(handle);
        }
        for (element, id) in references(body) {
            let by_id = self.references.entry((kind, element.to_owned())).or_default();
            by_id.entry(id.to_owned()).or_default().insert(handle);
        }
    }

    fn unindex(&mut self, handle: Handle, kind: &'static str, body: &Element) {
        if let Some(name) = body.text_at("name") {
            let key = (kind, name.to_lowercase());
            if let Some(all) = self.names.get_mut(&key) {
                all.remove(&handle);
                if all.is_empty() {
                    self.names.remove(&key);
                }
            }
        }
        for (element, id) in references(body) {
            if let Some(by_id) = self.references.get_mut(&(kind, element.to_owned()))
                && let Some(all) = by_id.get_mut(id)
            {
                all.remove(&handle);
                if all.is_empty() {
                    by_id.remove(id);
                }
            }
        }
    }
}

/// The references in an object, one wrapper deep, and its MAC address, which must be found too.
fn references(body: &Element) -> impl Iterator<Item = (&str, &str)> {
    body.children().iter().flat_map(|child| {
        let own = child.id().map(|id| (child.name(), id));
        let mac = (child.name() == "mac").then(|| child.text_at("address")).flatten();
        let listed = child.children().iter().filter_map(|it| Some((it.name(), it.id()?)));
        own.into_iter().chain(mac.map(|address| ("mac", address))).chain(listed)
    })
}
