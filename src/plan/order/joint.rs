//! Steps that are done in one call.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use crate::resources::{Action, Reference};
use crate::state::Problems;

use super::super::draft::Draft;
use super::Sketch;

impl Sketch<'_, '_> {
    /// An order of all steps, those of one call side by side.
    ///
    /// Where something has to happen between them, removals get a call of their own: a network that
    /// is replaced has to leave the hosts before the new one can come to them.
    pub(super) fn joined_sequence(&mut self, drafts: &[Draft]) -> Result<Vec<usize>, Problems> {
        let before = (self.needs.clone(), self.follows.clone());
        if !self.join(drafts, false) {
            return self.sequence(drafts);
        }
        self.sequence(drafts).or_else(|_| {
            (self.needs, self.follows) = before;
            self.joined.clear();
            self.join(drafts, true);
            self.sequence(drafts)
        })
    }

    /// Lets all that one call does wait for what any of it waits for. Says whether there is any.
    fn join(&mut self, drafts: &[Draft], apart: bool) -> bool {
        let mut calls: BTreeMap<(&str, &Reference, bool), Vec<usize>> = BTreeMap::new();
        for (index, draft) in drafts.iter().enumerate() {
            let (Some(share), Some(parent)) = (draft.kind.joint, &draft.parent) else { continue };
            for (offset, action) in draft.course.actions().enumerate() {
                if is_joint(action) {
                    let is_late = apart && !matches!(action, Action::Delete { .. });
                    let call = calls.entry((share.joint.name, parent, is_late));
                    call.or_default().push(self.spans[index].start + offset);
                }
            }
        }
        if apart {
            self.removals_first(&calls);
        }
        for steps in calls.values() {
            self.contract(steps);
        }
        !calls.is_empty()
    }

    fn removals_first(&mut self, calls: &BTreeMap<(&str, &Reference, bool), Vec<usize>>) {
        for ((joint, parent, is_late), steps) in calls {
            let Some(removals) = calls.get(&(*joint, *parent, false)).filter(|_| *is_late) else {
                continue;
            };
            steps.iter().for_each(|&step| self.needs[step].extend(removals));
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

/// Whether an action on a joint kind is part of the call.
fn is_joint(action: &Action) -> bool {
    matches!(action, Action::Create { .. } | Action::Update { .. } | Action::Delete { .. })
}
