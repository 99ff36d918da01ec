//! What a kind has of its own; everything else is generic.

use super::generic;
use crate::simulated::call::Call;
use crate::simulated::fault::Fault;
use crate::simulated::show::View;
use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::xml::Element;

/// Adds a member to the collection of a call.
pub type Add = fn(&mut Site, &Call) -> Result<Handle, Fault>;
/// Changes a member.
pub type Update = fn(&mut Site, &Call, Handle) -> Result<(), Fault>;
/// Removes a member.
pub type Remove = fn(&mut Site, &Call, Handle) -> Result<(), Fault>;
/// Does one action on a member; returns what the answer shows beside the member itself.
pub type Act = fn(&mut Site, &Call, Handle) -> Result<Vec<Element>, Fault>;
/// Does an action of a collection on the members that its document names.
pub type ActOnMany = fn(&mut Site, &Call, &str) -> Result<Vec<Element>, Fault>;
/// Adds to a shown member what is computed, and hides what was not asked for.
pub type Shown = fn(&Site, Handle, &View, &mut Element);

/// The rules of a kind.
pub struct Rules {
    /// The collection that the store keeps its objects in, such as `vms` or `vm_nics`.
    pub kind: &'static str,
    /// How a member is added.
    pub add: Add,
    /// How a member is changed.
    pub update: Update,
    /// Whether a change is only begun by its call, which answers with the member as it was.
    pub updates_later: fn(&Call) -> bool,
    /// How a member is removed.
    pub remove: Remove,
    /// Its actions, by the names of their methods.
    pub actions: &'static [(&'static str, Act)],
    /// Methods (`add`, or actions by name) after whose call the engine still has tasks of its own.
    pub pending: &'static [&'static str],
    /// What can be done to several members at once, by the names of the methods.
    pub act_on_many: ActOnMany,
    /// What is shown beside what is kept.
    pub shown: Shown,
    /// References that may be given by name: element, kind, and what a refusal calls it.
    pub by_name: &'static [(&'static str, &'static str, &'static str)],
}

impl Rules {
    /// The rules of a kind that has none of its own.
    pub const fn of(kind: &'static str) -> Self {
        Self {
            kind,
            add: generic::add,
            update: generic::update,
            updates_later: |_| false,
            remove: generic::remove,
            actions: &[],
            pending: &[],
            act_on_many: |_, _, _| Ok(Vec::new()),
            shown: |_, _, _, _| {},
            by_name: &[],
        }
    }

    /// Adds members like this.
    pub const fn add(mut self, add: Add) -> Self {
        self.add = add;
        self
    }

    /// Changes members like this.
    pub const fn update(mut self, update: Update) -> Self {
        self.update = update;
        self
    }

    /// Changes members in the background where `later` says so: the call answers with the member
    /// as it was.
    pub const fn updates_later(mut self, later: fn(&Call) -> bool) -> Self {
        self.updates_later = later;
        self
    }

    /// Removes members like this.
    pub const fn remove(mut self, remove: Remove) -> Self {
        self.remove = remove;
        self
    }

    /// Has these actions, by the names of their methods.
    pub const fn actions(mut self, actions: &'static [(&'static str, Act)]) -> Self {
        self.actions = actions;
        self
    }

    /// Answers these methods (`add`, or actions by name) with 202: tasks go on after their call.
    pub const fn pending(mut self, methods: &'static [&'static str]) -> Self {
        self.pending = methods;
        self
    }

    /// Acts on several members like this.
    pub const fn act_on_many(mut self, act: ActOnMany) -> Self {
        self.act_on_many = act;
        self
    }

    /// Shows members like this.
    pub const fn shown(mut self, shown: Shown) -> Self {
        self.shown = shown;
        self
    }

    /// Looks these references up by name: element, kind, and what a refusal calls it.
    pub const fn by_name(
        mut self,
        by_name: &'static [(&'static str, &'static str, &'static str)],
    ) -> Self {
        self.by_name = by_name;
        self
    }
}
