//! One order of all steps, or the cycle that forbids any.

use std::collections::BTreeSet;

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::state::{Problem, Problems};

use super::super::draft::Draft;
use super::super::pair::located;
use super::Sketch;

impl Sketch<'_, '_> {
    /// What has to have ended before a step.
    pub(super) fn before(&self, step: usize) -> impl Iterator<Item = usize> {
        self.needs[step].union(&self.follows[step]).copied()
    }

    /// An order of all steps, the earliest draft first wherever there is a choice.
    pub(super) fn sequence(&self, drafts: &[Draft]) -> Result<Vec<usize>, Problems> {
        let mut left = vec![0; self.needs.len()];
        let mut dependents: Vec<Vec<usize>> = vec![Vec::new(); self.needs.len()];
        for (step, left) in left.iter_mut().enumerate() {
            for before in self.before(step) {
                dependents[before].push(step);
                *left += 1;
            }
        }
        let mut ready: BTreeSet<usize> = (0..left.len()).filter(|&step| left[step] == 0).collect();
        let mut sequence = Vec::with_capacity(left.len());
        while let Some(step) = ready.pop_first() {
            // What is done in one call waits for the same, and so is ready together.
            let all = self.joined.get(&step).map_or_else(|| vec![step], |all| all.to_vec());
            for step in all {
                ready.remove(&step);
                sequence.push(step);
                for &dependent in &dependents[step] {
                    left[dependent] -= 1;
                    if left[dependent] == 0 {
                        ready.insert(dependent);
                    }
                }
            }
        }
        if sequence.len() < left.len() {
            return Err(self.explain_cycle(drafts).into());
        }
        Ok(sequence)
    }

    /// What is in the cycle is asked of the steps: a resource and its parts, which come between its
    /// first step and its last, are none.
    fn explain_cycle(&self, drafts: &[Draft]) -> Problem {
        let mut graph = DiGraph::<usize, ()>::new();
        let nodes: Vec<NodeIndex> = (0..self.needs.len()).map(|i| graph.add_node(i)).collect();
        for step in 0..self.needs.len() {
            for before in self.before(step) {
                graph.add_edge(nodes[before], nodes[step], ());
            }
        }
        let cycle = tarjan_scc(&graph).into_iter().find(|group| group.len() > 1);
        let cycle = cycle.expect("what cannot be put in order has a cycle");
        let draft_of = |step: usize| self.spans.partition_point(|span| span.end <= step);
        let mut cycle: Vec<usize> = cycle.into_iter().map(|node| draft_of(graph[node])).collect();
        cycle.dedup();
        let address = |draft: &usize| &drafts[*draft].address;
        let mut names: Vec<_> = cycle.iter().map(|it| address(it).to_string()).collect();
        names.dedup();
        names.push(names[0].clone());
        let message = format!("these resources need each other: {}", names.join(" -> "));
        let hint = "take one of the references out, apply, and put it back";
        located(self.world, address(&cycle[0]), message).hint(hint)
    }
}
