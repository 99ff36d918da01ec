//! How references name what they refer to, as planning reads them: a key of the manifests, else
//! the shortest path of names that only the right object has, else its id.

use crate::resources::{Address, Attribute, Kind, Reference, Value};
use crate::state::Object;

use super::scene::{SITES, Scene};

/// A scene, and which of its items are written.
pub(super) struct Names<'a> {
    pub scene: &'a Scene<'a>,
    pub chosen: &'a [bool],
    keys: std::collections::HashSet<&'a str>,
}

impl<'a> Names<'a> {
    pub fn new(scene: &'a Scene<'a>, chosen: &'a [bool]) -> Self {
        let written = scene.items.iter().zip(chosen).filter(|(_, chosen)| **chosen);
        let keys = written.map(|(item, _)| item.address.as_str()).collect();
        Self { scene, chosen, keys }
    }

    /// What an item calls an object.
    pub fn name(&self, from: usize, attribute: &Attribute, target: &'a Object) -> String {
        if let Some(address) = self.written(target) {
            return address.key().to_owned();
        }
        let site = self.site(self.scene.items[from].object);
        let mut path = target.name();
        let scopes = self.scene.scopes(target);
        let mut above = scopes.iter();
        loop {
            if !self.keys.contains(Address::new(target.kind.section, &path).as_str())
                && self.is_clear(&path, attribute, target, site)
            {
                return path;
            }
            match above.next() {
                Some(scope) => path = format!("{}/{path}", scope.name()),
                None => return target.id.clone(),
            }
        }
    }

    /// Where an object stands, if its key alone is a reference to it.
    fn written(&self, object: &'a Object) -> Option<&'a Address> {
        let index = self.scene.item_of(object).filter(|index| self.chosen[*index])?;
        object.kind.parent.is_none().then_some(&self.scene.items[index].address)
    }

    /// Whether a path stands for one object only, seen from a data center.
    fn is_clear(
        &self,
        path: &str,
        attribute: &Attribute,
        target: &Object,
        site: Option<&Object>,
    ) -> bool {
        let mut parts: Vec<&str> = path.split('/').collect();
        let name = parts.pop().unwrap_or_default();
        let is_meant = |object: &&&Object| {
            let above = self.scene.scopes(object);
            parts.len() <= above.len()
                && parts.iter().rev().zip(&above).all(|(part, scope)| **part == scope.name())
        };
        let candidates = self.scene.named(target.kind, name);
        // Several of one id are one thing, as for a plan: a permit that all levels know.
        let mut ids = std::collections::HashSet::new();
        let meant = candidates.iter().filter(is_meant);
        let mut meant: Vec<&&Object> = meant.filter(|object| ids.insert(&object.id)).collect();
        let is_such = |object: &&&Object| attribute.among.is_none_or(|it| it(&object.fields));
        if meant.iter().any(is_such) {
            meant.retain(is_such);
        }
        let is_here = |object: &&&&Object| match (site, self.scene.site(object)) {
            (Some(site), Some(other)) => site.id == other.id,
            _ => true,
        };
        let is_target = |object: &&Object| object.id == target.id;
        let here: Vec<_> = meant.iter().filter(is_here).collect();
        match (here.as_slice(), meant.as_slice()) {
            ([one], _) => is_target(one),
            ([], [one]) => is_target(one),
            _ => false,
        }
    }

    /// The data center of an item as planning sees it, which only follows names that are clear by
    /// themselves.
    fn site(&self, object: &'a Object) -> Option<&'a Object> {
        if object.kind.name == "data_center" {
            return Some(object);
        }
        let next = SITES.iter().find_map(|attribute| {
            let target = self.scene.follow(object, attribute)?;
            let is_clear = self.written(target).is_some()
                || self.scene.named(target.kind, &target.name()).len() == 1;
            is_clear.then_some(target)
        });
        let above = || self.scene.object(object.kind.parent?, object.parent.as_deref()?);
        let next = next.or_else(above)?;
        match self.written(next) {
            Some(_) => self.site(next),
            None => self.scene.site(next),
        }
    }

    /// The object that a reference means.
    pub fn target(&self, kind: &Kind, value: &Value) -> Option<&'a Object> {
        match value {
            Value::Reference(Reference::Id(id)) => self.scene.object(kind, id),
            _ => None,
        }
    }
}
