//! Steps that are done in one call.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::resources::{Action, Reference};
use crate::state::Problems;

use super::super::draft::{Draft, What};
use super::Sketch;

/// When a call removes, of what it does.
#[derive(Clone, Copy, PartialEq, Eq)]
enum Removals {
    /// Along with all else.
    Along,
    /// In a call of their own before it.
    First,
    /// In a call of their own after it.
    Last,
}

/// The steps of each call: of which joint action, of which object, and whether it only removes.
type Calls<'d> = BTreeMap<(&'static str, &'d Reference, bool), Vec<usize>>;

impl Sketch<'_, '_> {
    /// An order of all steps, those of one call side by side.
    ///
    /// Where something has to happen between them, removals get a call of their own: a network that
    /// is replaced leaves the hosts before the new one can come to them, and a running VM moves
    /// from one network to another in between.
    pub(super) fn joined_sequence(&mut self, drafts: &[Draft]) -> Result<Vec<usize>, Problems> {
        let before = (self.needs.clone(), self.follows.clone());
        if !self.join(drafts, Removals::Along) {
            return self.sequence(drafts);
        }
        for removals in [Removals::First, Removals::Last] {
            if let Ok(sequence) = self.sequence(drafts) {
                return Ok(sequence);
            }
            (self.needs, self.follows) = before.clone();
            self.joined.clear();
            self.join(drafts, removals);
        }
        self.sequence(drafts)
    }

    /// Lets all that one call does wait for what any of it waits for. Says whether there is any.
    fn join(&mut self, drafts: &[Draft], removals: Removals) -> bool {
        let mut calls: Calls = BTreeMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            let (Some(share), Some(parent)) = (draft.kind.joint, &draft.parent) else { continue };
            for (offset, action) in draft.course.actions().enumerate() {
                if is_joint(action) {
                    let is_removal = matches!(action, Action::Delete { .. });
                    let is_apart = removals != Removals::Along && is_removal;
                    let call = calls.entry((share.joint.name, parent, is_apart));
                    call.or_default().push(self.spans[index].start + offset);
                }
            }
        }
        self.put_apart(&calls, removals);
        for steps in calls.values() {
            self.contract(steps);
        }
        !calls.is_empty()
    }

    fn put_apart(&mut self, calls: &Calls, removals: Removals) {
        let apart = calls.iter().filter(|((_, _, is_apart), _)| *is_apart);
        for ((joint, parent, _), removed) in apart {
            let Some(others) = calls.get(&(*joint, *parent, false)) else { continue };
            let (before, after) = match removals {
                Removals::Last => (others, removed),
                _ => (removed, others),
            };
            after.iter().for_each(|&step| self.needs[step].extend(before));
        }
    }

    fn contract(&mut self, steps: &[usize]) {
        let union = |edges: &[BTreeSet<usize>]| -> BTreeSet<usize> {
            let all = steps.iter().flat_map(|&step| &edges[step]);
            all.filter(|before| !steps.contains(before)).copied().collect()
        };
        let (needs, follows) = (union(&self.needs), union(&self.follows));
        let all: Rc<[usize]> = steps.into();
        for &step in steps {
            self.needs[step] = needs.clone();
            self.follows[step] = follows.clone();
            self.joined.insert(step, Rc::clone(&all));
        }
    }
}

/// The call that all of a draft is part of: of which object, and whether it removes.
pub(super) fn call_of(draft: &Draft) -> Option<(Reference, bool)> {
    let is_all = draft.kind.joint.is_some() && draft.course.actions().all(is_joint);
    let parent = draft.parent.clone().filter(|_| is_all)?;
    Some((parent, draft.what == What::Remove))
}

/// Whether an action on a joint kind is part of the call.
fn is_joint(action: &Action) -> bool {
    matches!(action, Action::Create { .. } | Action::Update { .. } | Action::Delete { .. })
}
