//! What making and changing a resource has to wait for.

use std::collections::BTreeSet;

use crate::resources::kinds::KINDS;
use crate::resources::{Address, Kind, Reference};

use super::super::draft::{Draft, What};
use super::{Sketch, Span, joint, place_around};

impl Sketch<'_, '_> {
    pub(super) fn making_edges(&mut self, index: usize, draft: &Draft, drafts: &[Draft]) {
        let Some(first) = self.first(index) else { return };
        // In the place of the old object, once that is gone.
        if let Some(old) = self.removal_at(&draft.address, drafts)
            && let Some(last) = self.last(old)
        {
            self.needs[first].insert(last);
        }
        if let Some(parent) = draft.address.parent().and_then(|p| self.making.get(&p).copied()) {
            let above = &drafts[parent];
            // What may have come along with the parent is there when the parent is.
            let early = draft.kind.early && !(above.kind.brings_more)(&above.fields);
            self.child_edges(index, parent, early);
        }
        let brought_by =
            draft.brought_by.as_ref().filter(|by| draft.address.parent().as_ref() != Some(by));
        if let Some(by) = brought_by.and_then(|by| self.making.get(by).copied())
            && let Some(ready) = self.ready(by)
        {
            self.needs[first].insert(ready);
        }
        self.reference_edges(index, first, draft);
        self.opening_edges(first, draft);
        self.following_edges(first, draft, drafts);
        self.closing_edges(index, draft);
    }

    /// What is made needs what it refers to in the state that this will have: a storage domain the
    /// host that is activated, a template the VM that is shut down.
    pub(super) fn switched_edges(&mut self, first: usize, draft: &Draft) {
        for (_, value) in draft.fields.iter() {
            value.each_reference(&mut |reference| {
                if let Reference::Id(id) = reference
                    && let Some(&target) = self.switching.get(id.as_str())
                {
                    let last = self.last(target);
                    self.needs[first].extend(last);
                }
            });
        }
    }

    /// What goes into a VM comes after the network assignments of the VM's cluster, and so do the
    /// hosts of that.
    fn opening_edges(&mut self, first: usize, draft: &Draft) {
        for (peer, by) in draft.kind.opens_after {
            for peer in self.peers(draft, peer, by) {
                if let Some(ready) = self.ready(peer) {
                    self.needs[first].insert(ready);
                }
            }
        }
    }

    /// What is put into something that is in use follows what that depends on.
    fn following_edges(&mut self, first: usize, draft: &Draft, drafts: &[Draft]) {
        let parent = draft.address.parent().and_then(|parent| self.making.get(&parent));
        if parent.is_some_and(|&parent| drafts[parent].what == What::Make) {
            return;
        }
        for (peer, by) in draft.kind.follows {
            for peer in self.peers(draft, peer, by) {
                let ready = self.ready(peer);
                self.follows[first].extend(ready);
            }
        }
    }

    /// The drafts of a kind that agree with one in an attribute of it or of its parent.
    pub(super) fn peers(&self, draft: &Draft, peer: &Kind, by: &'static str) -> Vec<usize> {
        let place = place_around(self.world, draft, by);
        let peers = place.and_then(|place| self.around.get(&(peer.name, by, place)));
        peers.cloned().unwrap_or_default()
    }

    fn removal_at(&self, address: &Address, drafts: &[Draft]) -> Option<usize> {
        let object = self.world.at(address)?.replaces?;
        let key = (object.kind.name, object.parent.clone(), object.id.clone());
        let index = self.removing.get(&key).copied()?;
        (drafts[index].address == *address).then_some(index)
    }

    /// A child comes after the parent's opening, or its creation; and before its closing.
    pub(super) fn child_edges(&mut self, child: usize, parent: usize, early: bool) {
        let Span { start, closing, end } = self.spans[parent];
        let before = if early && start < closing { Some(start) } else { self.ready(parent) };
        if let (Some(before), Some(first)) = (before, self.first(child)) {
            self.needs[first].insert(before);
        }
        if closing < end
            && let Some(last) = self.last(child)
        {
            self.needs[closing].insert(last);
        }
    }

    /// Where the hosts and network assignments of a cluster are wanted, for what starts there.
    pub(super) fn gather(&mut self, drafts: &[Draft]) {
        let interesting: BTreeSet<(&str, &str)> = KINDS
            .iter()
            .flat_map(|kind| {
                kind.closes_after
                    .iter()
                    .chain(kind.opens_after)
                    .chain(kind.closes_with)
                    .chain(kind.follows)
            })
            .map(|(peer, by)| (peer.name, *by))
            .collect();
        let mut calls = BTreeSet::new();
        for (index, draft) in drafts.iter().enumerate() {
            let of_kind = interesting.iter().filter(|(kind, _)| *kind == draft.kind.name);
            for (_, by) in of_kind {
                if let Some(place) = place_around(self.world, draft, by) {
                    let key = (draft.kind.name, *by, place);
                    // Of all that one call does, one stands for the rest.
                    if joint::call_of(draft).is_none_or(|call| calls.insert((key.clone(), call))) {
                        self.around.entry(key).or_default().push(index);
                    }
                }
            }
        }
    }

    /// A VM starts when the hosts and the network assignments of its cluster are there, or as many
    /// of them as there will be.
    fn closing_edges(&mut self, index: usize, draft: &Draft) {
        let Span { closing, end, .. } = self.spans[index];
        if closing == end {
            return;
        }
        for (peer, by) in draft.kind.closes_after {
            for peer in self.peers(draft, peer, by) {
                if let Some(last) = self.last(peer) {
                    self.follows[closing].insert(last);
                }
            }
        }
        for (peer, by) in draft.kind.closes_with {
            for peer in self.peers(draft, peer, by) {
                if let Some(ready) = self.ready(peer) {
                    self.needs[closing].insert(ready);
                }
            }
        }
    }
}
