//! The manifests and the engine, joined: which resource is which object, and what names mean.

use std::cell::RefCell;
use std::collections::HashMap;

use crate::resources::kinds::KINDS;
use crate::resources::{Address, Attribute, Brought, Fields, Kind, Reference, Surroundings, Value};
use crate::state::{Desired, Entry, Ledger, Object, Observed, Resource};

/// A resource of the manifests, or one that the engine brings along and a manifest refers to.
#[derive(Debug)]
pub(super) struct Node<'a> {
    pub address: Address,
    pub kind: &'static Kind,
    pub parent: Option<Address>,
    /// What the manifest says; references are ids and addresses once [`super::resolve`] is through.
    pub fields: Fields,
    /// Nothing for a resource that no manifest mentions.
    pub resource: Option<&'a Resource>,
    /// The object it is, if it exists and stays.
    pub object: Option<&'a Object>,
    /// The object in whose place it is made.
    pub replaces: Option<&'a Object>,
    /// What the ledger has of it.
    pub entry: Option<&'a Entry>,
    /// What it will be as soon as another resource is made, with which the engine brings it.
    pub brought: Option<(Address, Fields)>,
}

/// Everything that planning looks at.
pub(super) struct World<'a> {
    pub observed: &'a Observed,
    pub ledger: &'a Ledger,
    pub nodes: Vec<Node<'a>>,
    pub by_address: HashMap<Address, usize>,
    /// Resources by the resource that holds them.
    below: HashMap<Address, Vec<usize>>,
    /// Resources by kind and name.
    pub wanted: HashMap<(&'static str, String), Vec<usize>>,
    /// Objects by kind and name.
    found: HashMap<(&'static str, String), Vec<&'a Object>>,
    /// Which resource an object is, by kind and id.
    owners: HashMap<(&'static str, Option<String>, String), usize>,
    sites: RefCell<HashMap<Address, Option<Reference>>>,
}

/// What a name stands for.
#[derive(Clone, Copy)]
pub(super) enum Target<'a> {
    Node(usize),
    Object(&'a Object),
}

impl<'a> World<'a> {
    pub fn new(desired: &'a Desired, observed: &'a Observed, ledger: &'a Ledger) -> Self {
        let mut world = Self {
            observed,
            ledger,
            nodes: Vec::with_capacity(desired.resources.len()),
            by_address: HashMap::with_capacity(desired.resources.len()),
            below: HashMap::new(),
            wanted: HashMap::new(),
            found: HashMap::new(),
            owners: HashMap::new(),
            sites: RefCell::default(),
        };
        for object in observed.iter() {
            world.found.entry((object.kind.name, object.name())).or_default().push(object);
        }
        for resource in desired.resources.values() {
            world.add(Node {
                address: resource.address.clone(),
                kind: resource.kind,
                parent: resource.parent.clone(),
                fields: resource.fields.clone(),
                resource: Some(resource),
                object: None,
                replaces: None,
                entry: None,
                brought: None,
            });
        }
        world
    }

    /// Adds a resource and returns its place.
    pub fn add(&mut self, node: Node<'a>) -> usize {
        let index = self.nodes.len();
        self.by_address.insert(node.address.clone(), index);
        self.wanted.entry((node.kind.name, node.name())).or_default().push(index);
        if let Some(parent) = &node.parent {
            self.below.entry(parent.clone()).or_default().push(index);
        }
        self.nodes.push(node);
        index
    }

    /// The kinds of what an object of a kind always has.
    pub fn parts_of(&self, kind: &'static Kind) -> impl Iterator<Item = &'static Kind> + use<> {
        let is_part = move |it: &Kind| it.inseparable && it.parent == Some(kind);
        KINDS.iter().copied().filter(move |kind| is_part(kind))
    }

    /// Whether changes wait for the next start of an object, or of the one that holds it.
    pub fn is_pending(&self, object: Option<&Object>, parent: Option<&Object>) -> bool {
        object.is_some_and(|it| it.pending.is_some())
            || parent.is_some_and(|it| it.pending.is_some())
    }

    /// Says that a resource is an object.
    pub fn pair(&mut self, index: usize, object: &'a Object) {
        let key = (object.kind.name, object.parent.clone(), object.id.clone());
        self.owners.insert(key, index);
        self.nodes[index].object = Some(object);
    }

    /// The resource that an object is.
    pub fn owner(&self, object: &Object) -> Option<usize> {
        let key = (object.kind.name, object.parent.clone(), object.id.clone());
        self.owners.get(&key).copied()
    }

    /// The objects of a kind and name.
    pub fn found(&self, kind: &Kind, name: &str) -> &[&'a Object] {
        self.found.get(&(kind.name, name.to_owned())).map_or(&[], Vec::as_slice)
    }

    /// The resources that a resource holds.
    pub fn below(&self, parent: &Address) -> &[usize] {
        self.below.get(parent).map_or(&[], Vec::as_slice)
    }

    /// The object that holds a target, for a child.
    pub fn holder(&self, target: Target) -> Option<Reference> {
        match target {
            Target::Object(object) => object.parent.clone().map(Reference::Id),
            Target::Node(index) => self.at(self.nodes[index].parent.as_ref()?).map(Node::reference),
        }
    }

    /// The resource at an address.
    pub fn at(&self, address: &Address) -> Option<&Node<'a>> {
        self.by_address.get(address).map(|&index| &self.nodes[index])
    }

    /// How others refer to a target: by id if it exists, by address if it is still to be made.
    pub fn reference(&self, target: Target) -> Reference {
        match target {
            Target::Object(object) => Reference::Id(object.id.clone()),
            Target::Node(index) => self.nodes[index].reference(),
        }
    }

    /// The values of a target, wanted over found.
    pub fn fields_of(&self, target: Target) -> Fields {
        match target {
            Target::Object(object) => match self.owner(object) {
                Some(index) => self.nodes[index].known(),
                None => object.fields.clone(),
            },
            Target::Node(index) => self.nodes[index].known(),
        }
    }

    /// What a resolved reference points at.
    pub fn target(&self, kind: &Kind, reference: &Reference) -> Option<Target<'a>> {
        match reference {
            Reference::Address(address) => self.by_address.get(address).map(|&i| Target::Node(i)),
            Reference::Id(id) => self.object(kind, id).map(Target::Object),
            Reference::Name(_) => None,
        }
    }

    /// The object of a kind with that id, wherever it stands.
    pub fn object(&self, kind: &Kind, id: &str) -> Option<&'a Object> {
        match kind.parent {
            None => self.observed.get(kind, None, id),
            Some(_) => self.observed.anywhere(kind, id),
        }
    }

    /// The names above a target, nearest first: a profile's network, its data center.
    pub fn scope_names(&self, target: Target) -> Vec<String> {
        let mut names = Vec::new();
        let mut at = self.above(target);
        while let Some(target) = at {
            names.push(self.name_of(target));
            at = self.above(target);
            if names.len() > 4 {
                break;
            }
        }
        names
    }

    pub fn name_of(&self, target: Target) -> String {
        match target {
            Target::Object(object) => object.name(),
            Target::Node(index) => self.nodes[index].name(),
        }
    }

    fn kind_of(&self, target: Target) -> &'static Kind {
        match target {
            Target::Object(object) => object.kind,
            Target::Node(index) => self.nodes[index].kind,
        }
    }

    /// The object in which a target's name is unique.
    fn above(&self, target: Target) -> Option<Target<'a>> {
        let kind = self.kind_of(target);
        if let Some(parent) = kind.parent {
            return match target {
                Target::Object(object) => {
                    self.object(parent, object.parent.as_deref()?).map(Target::Object)
                }
                Target::Node(index) => {
                    let address = self.nodes[index].parent.as_ref()?;
                    self.by_address.get(address).map(|&index| Target::Node(index))
                }
            };
        }
        let (scope, _) = kind.identity.split_last().and_then(|(_, scope)| scope.split_first())?;
        self.follow(target, kind.attribute(scope)?)
    }

    /// The target of one of a target's own references, resolved or not.
    fn follow(&self, target: Target, attribute: &Attribute) -> Option<Target<'a>> {
        let crate::resources::Type::Reference(kind) = attribute.takes else { return None };
        let fields = match target {
            Target::Object(object) => &object.fields,
            Target::Node(index) => &self.nodes[index].fields,
        };
        match fields.get(attribute)? {
            Value::Reference(Reference::Name(name)) => {
                let address = Address::new(kind.section, name);
                match self.by_address.get(&address) {
                    Some(&index) => Some(Target::Node(index)),
                    // Of several, nobody knows yet which is meant.
                    None => match self.found(kind, name) {
                        [object] => Some(Target::Object(object)),
                        _ => None,
                    },
                }
            }
            Value::Reference(reference) => self.target(kind, reference),
            _ => None,
        }
    }

    /// The data center that a target belongs to, directly or through its cluster, network, parent.
    pub fn site(&self, target: Target) -> Option<Reference> {
        let Target::Node(index) = target else { return self.find_site(target, 0) };
        let address = &self.nodes[index].address;
        if let Some(site) = self.sites.borrow().get(address) {
            return site.clone();
        }
        let site = self.find_site(target, 0);
        self.sites.borrow_mut().insert(address.clone(), site.clone());
        site
    }

    fn find_site(&self, target: Target, depth: usize) -> Option<Reference> {
        let kind = self.kind_of(target);
        if kind.name == "data_center" {
            return Some(self.reference(target));
        }
        if depth > 4 {
            return None;
        }
        let by_reference = ["data_center", "cluster", "network"]
            .iter()
            .filter_map(|name| kind.attribute(name))
            .find_map(|attribute| self.follow(target, attribute));
        let next = by_reference.or_else(|| kind.parent.and_then(|_| self.above(target)))?;
        self.find_site(next, depth + 1)
    }
}

impl World<'_> {
    /// The resources of a kind that manifests have below an object.
    fn nodes_below(&self, of: &Reference, kind: &Kind) -> impl Iterator<Item = &Node<'_>> {
        let parent = kind.parent.and_then(|parent| self.target(parent, of));
        let node = match parent {
            Some(Target::Object(object)) => self.owner(object),
            Some(Target::Node(index)) => Some(index),
            None => None,
        };
        let below = node.map_or(&[][..], |index| self.below(&self.nodes[index].address));
        below.iter().map(|&index| &self.nodes[index]).filter(move |child| child.kind == kind)
    }

    /// What the engine brings along with a resource, as the manifests want it then.
    fn changed(&self, by: &Node, brought: Brought) -> Fields {
        let name = brought.kind.name_attribute().and_then(|name| brought.fields.get(name));
        let mut below = self.below.get(&by.address).into_iter().flatten();
        let same = below.find(|&&index| {
            let node = &self.nodes[index];
            let own = node.kind.name_attribute().and_then(|name| node.fields.get(name));
            node.kind == brought.kind && node.brought.is_some() && own == name
        });
        same.map_or(brought.fields.clone(), |&index| self.nodes[index].fields.over(&brought.fields))
    }
}

impl Node<'_> {
    /// Its name among its siblings.
    pub fn name(&self) -> String {
        if self.kind.single {
            return String::new();
        }
        self.kind.name_of(&self.fields).unwrap_or_else(|| self.address.key().to_owned())
    }

    /// How others refer to it.
    pub fn reference(&self) -> Reference {
        match self.object {
            Some(object) => Reference::Id(object.id.clone()),
            None => Reference::Address(self.address.clone()),
        }
    }

    /// What is wanted, over what was found.
    pub fn known(&self) -> Fields {
        match self.object {
            Some(object) => self.fields.over(&object.fields),
            None => self.fields.clone(),
        }
    }
}

impl Surroundings for World<'_> {
    fn find(&self, kind: &Kind, test: &dyn Fn(&Fields) -> bool) -> Option<Reference> {
        let found = self.observed.of(kind).find(|object| test(&object.fields));
        if let Some(object) = found {
            return Some(Reference::Id(object.id.clone()));
        }
        let node = self.nodes.iter().find(|node| node.kind == kind && test(&node.fields))?;
        Some(node.reference())
    }

    fn all(&self, kind: &Kind) -> Vec<(Reference, Fields)> {
        let found = self.observed.of(kind).map(Target::Object);
        let is_new = |index: &usize| {
            let node = &self.nodes[*index];
            node.kind == kind && node.object.is_none()
        };
        let made = (0..self.nodes.len()).filter(is_new).map(Target::Node);
        found.chain(made).map(|it| (self.reference(it), self.fields_of(it))).collect()
    }

    fn wanted(&self, kind: &Kind, at: &Reference) -> Option<Fields> {
        let node = match self.target(kind, at)? {
            Target::Object(object) => self.owner(object)?,
            Target::Node(index) => index,
        };
        Some(self.nodes[node].fields.clone())
    }

    fn look(&self, kind: &Kind, at: &Reference) -> Option<Fields> {
        self.target(kind, at).map(|target| self.fields_of(target))
    }

    fn found(&self, kind: &Kind, at: &Reference) -> Option<Fields> {
        match at {
            Reference::Id(id) => self.object(kind, id).map(|object| object.fields.clone()),
            Reference::Address(_) | Reference::Name(_) => None,
        }
    }

    fn found_children(&self, of: &Reference, kind: &Kind) -> Vec<Fields> {
        match of {
            Reference::Id(id) => {
                self.observed.children(kind, id).map(|child| child.fields.clone()).collect()
            }
            Reference::Address(_) | Reference::Name(_) => Vec::new(),
        }
    }

    fn wanted_children(&self, of: &Reference, kind: &Kind) -> Vec<Fields> {
        self.nodes_below(of, kind).map(|child| child.fields.clone()).collect()
    }

    fn kept_children(&self, of: &Reference, kind: &Kind) -> Vec<Fields> {
        self.nodes_below(of, kind).map(Node::known).collect()
    }

    fn children(&self, of: &Reference, kind: &Kind) -> Vec<Fields> {
        let (object, node) = match of {
            Reference::Id(id) => {
                let object = kind.parent.and_then(|parent| self.object(parent, id));
                let owner = object.and_then(|object| self.owner(object));
                (object, owner.map(|index| &self.nodes[index]))
            }
            Reference::Address(address) => (None, self.at(address)),
            Reference::Name(_) => (None, None),
        };
        let found = object.map(|object| self.observed.children(kind, &object.id));
        let mut children: Vec<Fields> = found
            .into_iter()
            .flatten()
            .map(|child| self.fields_of(Target::Object(child)))
            .collect();
        let Some(node) = node else { return children };
        for &index in self.below(&node.address) {
            let child = &self.nodes[index];
            if child.kind == kind && child.object.is_none() && child.brought.is_none() {
                children.push(child.fields.clone());
            }
        }
        if node.object.is_none() {
            let brought = (node.kind.brings)(of, &node.fields, self);
            let of_kind = brought.into_iter().filter(|brought| brought.kind == kind);
            children.extend(of_kind.map(|brought| self.changed(node, brought)));
        }
        children
    }
}
