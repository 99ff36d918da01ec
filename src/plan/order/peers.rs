//! What comes before what among things of one sort in one place.

use std::collections::{BTreeMap, HashMap};

use crate::resources::{Action, Address, Reference, Surroundings, Type, Value};

use super::super::draft::{Draft, What};
use super::super::turns::hand_overs;
use super::{Sketch, Span, place_of};

impl Sketch<'_, '_> {
    /// Some things go one after another: storage domains of one data center.
    pub(super) fn serial_edges(&mut self, drafts: &[Draft]) {
        let mut last: HashMap<(&str, Reference, bool), usize> = HashMap::new();
        let mut indices: Vec<usize> = (0..drafts.len()).collect();
        // What is on its way already was begun before all others.
        let is_new = |draft: &Draft| {
            draft.course.actions().any(|action| !matches!(action, Action::Await { .. }))
        };
        indices.sort_by_key(|&index| {
            let draft = &drafts[index];
            (is_new(draft), rank(draft), draft.turn.depth)
        });
        for index in indices {
            let draft = &drafts[index];
            let Some(by) = draft.kind.serial else { continue };
            // What it is a copy of may be of its own kind.
            let origin = draft.fields.named(by).and_then(Value::as_reference).cloned();
            let Some(place) = origin.or_else(|| place_of(draft, by)) else { continue };
            // Kinds whose calls exclude each other go in one line.
            let line = draft.kind.exclusive.unwrap_or(draft.kind.name);
            let key = (line, place, draft.what == What::Remove);
            if let Some(before) = last.insert(key, index) {
                self.follow(before, index);
            }
        }
    }

    /// Some things of one place come before others: a network takes a role before the one that had
    /// it lets go, since a role that nobody takes falls back.
    pub(super) fn rank_edges(&mut self, drafts: &[Draft]) {
        let mut groups: BTreeMap<(&str, Reference, bool), BTreeMap<i16, Vec<usize>>> =
            BTreeMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            let Some((by, _)) = draft.kind.ranks.filter(|_| draft.kind.serial.is_none()) else {
                continue;
            };
            let Some(place) = place_of(draft, by) else { continue };
            let group = groups.entry((draft.kind.name, place, draft.what == What::Remove));
            group.or_default().entry(rank(draft)).or_default().push(index);
        }
        for ranks in groups.values() {
            for (before, after) in ranks.values().zip(ranks.values().skip(1)) {
                for (&before, &after) in
                    before.iter().flat_map(|before| after.iter().map(move |after| (before, after)))
                {
                    self.outrank(before, after);
                }
            }
        }
    }

    /// What is done last of `after` waits for the end of `before`, well or not.
    fn outrank(&mut self, before: usize, after: usize) {
        let Span { closing, end, .. } = self.spans[after];
        let late = if closing < end { Some(closing) } else { self.first(after) };
        if let Some((last, late)) = self.last(before).zip(late) {
            self.follows[late].insert(last);
        }
    }

    /// Siblings that are numbered as they come.
    pub(super) fn sibling_edges(&mut self, drafts: &[Draft]) {
        let mut last: HashMap<(&str, &Reference), usize> = HashMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            let Some(parent) = &draft.parent else { continue };
            let key = (draft.kind.name, parent);
            if draft.kind.in_order
                && draft.what == What::Make
                && draft.brought_by.is_none()
                && let Some(before) = last.insert(key, index)
            {
                self.follow(before, index);
            }
        }
    }

    /// Who gives up what only one can have comes before who takes it. What steps aside for others
    /// is done with that before it goes on.
    pub(super) fn turn_edges(&mut self, drafts: &[Draft]) {
        for (giver, taker) in hand_overs(drafts) {
            self.precede(giver, taker);
        }
        let mut aside: HashMap<&Address, usize> = HashMap::new();
        for (index, draft) in drafts.iter().enumerate().filter(|(_, it)| it.what == What::Change) {
            if let Some(before) = aside.insert(&draft.address, index) {
                self.precede(before, index);
            }
        }
    }

    /// The first of some things is made alone: the CPU type of a cluster comes with its first host.
    pub(super) fn leader_edges(&mut self, drafts: &[Draft]) {
        let mut leaders: HashMap<(&str, Reference), usize> = HashMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            let Some((by, is_so)) = draft.kind.first_alone else { continue };
            let Some(Type::Reference(kind)) = draft.kind.attribute(by).map(|a| a.takes) else {
                continue;
            };
            let Some(place) = place_of(draft, by).filter(|_| draft.what == What::Make) else {
                continue;
            };
            if !self.world.look(kind, &place).is_some_and(|fields| is_so(&fields)) {
                continue;
            }
            match leaders.get(&(draft.kind.name, place.clone())) {
                None => drop(leaders.insert((draft.kind.name, place), index)),
                Some(&leader) => {
                    if let (Some(ready), Some(first)) = (self.ready(leader), self.first(index)) {
                        self.follows[first].insert(ready);
                    }
                }
            }
        }
    }
}

/// The rank of a draft among those of its place, see [`Kind::ranks`].
fn rank(draft: &Draft) -> i16 {
    let rank = draft.kind.ranks.map_or(0, |(_, rank)| rank(&draft.fields, &draft.course));
    if draft.what == What::Remove { -i16::from(rank) } else { i16::from(rank) }
}
