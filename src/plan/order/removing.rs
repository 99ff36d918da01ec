//! What removing a resource has to wait for.

use std::collections::BTreeSet;

use crate::resources::kinds::KINDS;
use crate::resources::{Action, Change, Fields, Kind, Type, Value};

use super::super::draft::{Draft, What};
use super::{Sketch, Span, parent_id};

impl Sketch<'_, '_> {
    /// What refers to an object goes before it does, through objects that stay or vanish with
    /// others too.
    pub(super) fn removal_edges(&mut self, index: usize, draft: &Draft, drafts: &[Draft]) {
        let Some(id) = &draft.object else { return };
        let mut seen = BTreeSet::new();
        let mut open = draft.fields.objects();
        // What leaves first is removed by itself.
        let goes_along = |kind: &&&Kind| kind.parent == Some(draft.kind) && !kind.leaves_first;
        for kind in KINDS.iter().filter(goes_along) {
            // A group of VMs below a cluster does not keep them: only what holds comes first.
            for child in self.world.observed.children(kind, id) {
                open.extend(child.fields.filter(|attribute| attribute.holds).objects());
            }
        }
        if let Some((kind, parent)) = draft.kind.parent.zip(parent_id(draft)) {
            match self.removing.get(&(kind.name, None, parent.clone())).copied() {
                Some(target) if self.spans[target].closing < self.spans[target].end => {
                    self.child_edges(index, target, false);
                    seen.insert((kind.name, parent));
                }
                _ => open.push((kind, parent)),
            }
        }
        while let Some((kind, id)) = open.pop() {
            if !seen.insert((kind.name, id.clone())) {
                continue;
            }
            if let Some(&target) = self.removing.get(&(kind.name, None, id.clone())) {
                if target != index {
                    self.precede(index, target);
                }
            } else if let Some(object) = self.world.object(kind, &id) {
                open.extend(object.fields.objects());
            }
        }
        let of_others = |(_, by): &&(&Kind, &str)| *by != draft.kind.name;
        let after = draft.kind.closes_after.iter().chain(draft.kind.follows);
        for (peer, by) in after.filter(of_others) {
            for peer in self.peers(draft, peer, by) {
                if drafts[peer].what == What::Remove {
                    self.precede(index, peer);
                }
            }
        }
    }

    /// What refers to something else now has left what goes before: a NIC its network on the hosts.
    pub(super) fn leaving_edges(&mut self, drafts: &[Draft]) {
        for (index, draft) in drafts.iter().enumerate().filter(|(_, it)| is_redirected(it)) {
            for (peer, by) in draft.kind.follows {
                for peer in self.peers(draft, peer, by) {
                    if drafts[peer].what == What::Remove {
                        self.precede(index, peer);
                    }
                }
            }
        }
    }

    /// What something refers to no longer goes after that has let go of it: a MAC pool when its
    /// cluster has another one.
    pub(super) fn vacating_edges(&mut self, drafts: &[Draft]) {
        for (index, draft) in drafts.iter().enumerate().filter(|(_, it)| it.what == What::Change) {
            for (step, action) in (self.spans[index].start..).zip(draft.course.actions()) {
                for (kind, id) in left_behind(action) {
                    let parent = self.world.object(kind, &id).and_then(|it| it.parent.clone());
                    let gone = self.removing.get(&(kind.name, parent, id)).copied();
                    if let Some(first) = gone.and_then(|gone| self.first(gone)) {
                        self.needs[first].insert(step);
                    }
                }
            }
        }
    }

    /// What closes with others lets go before they do: a network is no longer required when the
    /// hosts lose it, and leaves its cluster afterwards.
    pub(super) fn release_edges(&mut self, drafts: &[Draft]) {
        for (index, draft) in drafts.iter().enumerate() {
            for (peer, by) in draft.kind.closes_with {
                for peer in self.peers(draft, peer, by) {
                    if drafts[peer].what == What::Remove {
                        self.release(index, draft, peer);
                    }
                }
            }
        }
    }

    fn release(&mut self, index: usize, draft: &Draft, peer: usize) {
        if let (Some(ready), Some(first)) = (self.ready(index), self.first(peer)) {
            self.needs[first].insert(ready);
        }
        let Span { closing, end, .. } = self.spans[index];
        if draft.what == What::Remove
            && closing < end
            && let Some(last) = self.last(peer)
        {
            self.needs[closing].insert(last);
        }
    }

    /// A kind that is made through another one, without showing through which, is removed first:
    /// a storage domain before the hosts. A copy does not need what it is a copy of.
    pub(super) fn teardown_edges(&mut self, drafts: &[Draft]) {
        let removals: Vec<usize> =
            (0..drafts.len()).filter(|&index| drafts[index].what == What::Remove).collect();
        for &index in &removals {
            let root = drafts[index].kind.root();
            let through = drafts[index].kind.attributes.iter().filter_map(|attribute| {
                match attribute.takes {
                    Type::Reference(kind) if !attribute.is_comparable() => Some(kind),
                    _ => None,
                }
                .filter(|kind| kind.root() != root)
            });
            for kind in through {
                for &other in removals.iter().filter(|&&other| drafts[other].kind == kind) {
                    if !self.reaches(index, other) {
                        self.precede(index, other);
                    }
                }
            }
        }
    }

    /// Whether `later` has to be done before `earlier` already.
    fn reaches(&self, earlier: usize, later: usize) -> bool {
        let (Some(from), Some(to)) = (self.first(earlier), self.last(later)) else { return true };
        let mut open = vec![from];
        let mut seen = BTreeSet::new();
        while let Some(step) = open.pop() {
            if step == to {
                return true;
            }
            if seen.insert(step) {
                open.extend(self.before(step));
            }
        }
        false
    }
}

/// The objects that an action takes out of what refers to them.
fn left_behind(action: &Action) -> Vec<(&'static Kind, String)> {
    let former: Fields = match action {
        Action::Update { changes, .. } | Action::Invoke { changes, .. } => {
            changes.iter().filter_map(|it| Some((it.attribute, it.from.clone()?))).collect()
        }
        Action::Link { attribute, member, adds: false } => {
            [(*attribute, Value::Set(vec![member.clone()]))].into_iter().collect()
        }
        _ => return Vec::new(),
    };
    former.objects()
}

/// Whether something that stays refers to something else than it did.
fn is_redirected(draft: &Draft) -> bool {
    let refers = |change: &Change| change.attribute.takes.refers_to().is_some();
    draft.what == What::Change
        && draft.course.actions().any(|action| match action {
            Action::Update { changes, .. } => changes.iter().any(refers),
            _ => false,
        })
}
