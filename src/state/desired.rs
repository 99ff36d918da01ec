//! What is wanted.

use indexmap::IndexMap;

use crate::resources::{Address, Attribute, Fields, Kind};

use super::{Location, OnRemoval};

/// Everything the manifests say about resources, in their order; parents before children.
#[derive(Clone, Debug, Default)]
pub struct Desired {
    /// The resources by address.
    pub resources: IndexMap<Address, Resource>,
    /// Keys that moved.
    pub moved: Vec<Moved>,
    /// Resources that are given up or removed on purpose.
    pub removed: Vec<Removed>,
}

/// One resource as its owners want it.
#[derive(Clone, Debug)]
pub struct Resource {
    /// Its kind.
    pub kind: &'static Kind,
    /// Where it stands.
    pub address: Address,
    /// The resource that holds it, for a child.
    pub parent: Option<Address>,
    /// What is wanted; an attribute that is absent is left alone. References are names still.
    pub fields: Fields,
    /// What its owners allow.
    pub rules: Rules,
    /// Where its key is written.
    pub at: Location,
    /// Where its attributes are written, for those that differ from the key's place.
    pub places: Vec<(&'static Attribute, Location)>,
}

/// What the owners of a resource allow (`lifecycle:` in a manifest).
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Rules {
    /// Never remove or replace it.
    pub protect: bool,
    /// Attributes that are read from the manifest when it is made, and left alone afterwards.
    pub ignore: Vec<&'static Attribute>,
    /// What happens when it disappears from the manifests.
    pub on_removal: OnRemoval,
    /// Whether it may be stopped for a change that needs it.
    pub restart: Restart,
    /// Whether it may be replaced for a change that needs it.
    pub replace: Replace,
    /// How long one wait may take, in seconds.
    pub timeout: Option<u64>,
}

/// Whether a resource may be restarted for a change that needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Restart {
    /// Its changes wait for the next start.
    #[default]
    Never,
    /// Yes.
    WhenNeeded,
}

/// Whether a resource may be replaced for a change that needs it.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub enum Replace {
    /// No: the plan is refused.
    #[default]
    Refuse,
    /// Yes.
    Allow,
}

/// A key that moved.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Moved {
    /// Where the resource was.
    pub from: Address,
    /// Where it is.
    pub to: Address,
    /// Where that is written.
    pub at: Location,
}

/// A resource that is no longer wanted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Removed {
    /// Where it was.
    pub from: Address,
    /// Whether it is removed from the engine too.
    pub destroy: bool,
    /// Where that is written.
    pub at: Location,
}

impl Resource {
    /// Where an attribute is written, or the resource itself.
    pub fn place(&self, attribute: &Attribute) -> &Location {
        self.places.iter().find(|(a, _)| a.name == attribute.name).map_or(&self.at, |(_, at)| at)
    }
}
