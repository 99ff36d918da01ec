//! From drafts to steps: what has to come before what.

mod number;
mod peers;
mod targets;

use std::collections::{BTreeMap, BTreeSet, HashMap};

use petgraph::algo::tarjan_scc;
use petgraph::graph::{DiGraph, NodeIndex};

use crate::resources::{Address, Fields, Kind, Reference, Type, Value};
use crate::state::{Problem, Problems};

use super::draft::{Draft, What};
use super::pair::located;
use super::step::Step;
use super::world::World;

use number::number;

/// The steps of all drafts, in an order that respects what each needs.
pub(super) fn order(world: &World, drafts: Vec<Draft>) -> Result<Vec<Step>, Problems> {
    let mut sketch = Sketch::new(world, &drafts);
    sketch.chain(&drafts);
    sketch.edges(&drafts);
    let sequence = sketch.sequence(&drafts)?;
    Ok(number(&sketch, drafts, &sequence))
}

/// The steps before they have numbers: `(draft, place in its course)`, and what each needs.
struct Sketch<'w, 'a> {
    world: &'w World<'a>,
    /// For each draft: its first step, its first step after the children, the step after its last.
    spans: Vec<Span>,
    needs: Vec<BTreeSet<usize>>,
    /// What each has to wait for without needing that it goes well.
    follows: Vec<BTreeSet<usize>>,
    /// The draft that makes or changes the resource at an address.
    making: HashMap<Address, usize>,
    /// The drafts that make or change what belongs to the resource at an address.
    children: HashMap<Address, Vec<usize>>,
    /// The draft that removes an object.
    removing: HashMap<(&'static str, Option<String>, String), usize>,
    /// What belongs to an object in a way that matters, see [`Kind::closes_after`].
    around: HashMap<(&'static str, Reference), Vec<usize>>,
    /// The drafts that bring an existing object to another state at their end, by its id.
    switching: HashMap<String, usize>,
}

#[derive(Clone, Copy)]
struct Span {
    start: usize,
    closing: usize,
    end: usize,
}

impl<'w, 'a> Sketch<'w, 'a> {
    fn new(world: &'w World<'a>, drafts: &[Draft]) -> Self {
        let mut sketch = Self {
            world,
            spans: Vec::with_capacity(drafts.len()),
            needs: Vec::new(),
            follows: Vec::new(),
            making: HashMap::new(),
            children: HashMap::new(),
            removing: HashMap::new(),
            around: HashMap::new(),
            switching: HashMap::new(),
        };
        for (index, draft) in drafts.iter().enumerate() {
            let start = sketch.needs.len();
            let closing = start + draft.course.opening.len();
            let end = closing + draft.course.closing.len();
            sketch.spans.push(Span { start, closing, end });
            sketch.needs.resize_with(end, BTreeSet::new);
            sketch.follows.resize_with(end, BTreeSet::new);
            if let (What::Change, Some(id)) = (draft.what, &draft.object)
                && draft.kind.attributes.iter().any(|attribute| !attribute.set_by.is_empty())
                && closing < end
            {
                sketch.switching.insert(id.clone(), index);
            }
            match (draft.what, &draft.object) {
                (What::Remove, Some(id)) => {
                    let key = (draft.kind.name, parent_id(draft), id.clone());
                    sketch.removing.insert(key, index);
                }
                _ => {
                    sketch.making.insert(draft.address.clone(), index);
                    if let Some(parent) = draft.address.parent() {
                        sketch.children.entry(parent).or_default().push(index);
                    }
                }
            }
        }
        sketch
    }

    /// The steps of one draft follow each other.
    fn chain(&mut self, drafts: &[Draft]) {
        for index in 0..drafts.len() {
            let Span { start, end, .. } = self.spans[index];
            for step in start + 1..end {
                self.needs[step].insert(step - 1);
            }
        }
    }

    fn edges(&mut self, drafts: &[Draft]) {
        self.gather(drafts);
        for (index, draft) in drafts.iter().enumerate() {
            match draft.what {
                What::Remove => self.removal_edges(index, draft, drafts),
                What::Make | What::Change => self.making_edges(index, draft, drafts),
            }
        }
        self.serial_edges(drafts);
        self.rank_edges(drafts);
        self.sibling_edges(drafts);
        self.leader_edges(drafts);
        self.teardown_edges(drafts);
    }

    /// All of `after` waits for the end of `before`, well or not.
    fn follow(&mut self, before: usize, after: usize) {
        if let (Some(last), Some(first)) = (self.last(before), self.first(after)) {
            self.follows[first].insert(last);
        }
    }

    /// All of `before` comes before all of `after`.
    fn precede(&mut self, before: usize, after: usize) {
        if let (Some(last), Some(first)) = (self.last(before), self.first(after)) {
            self.needs[first].insert(last);
        }
    }

    fn first(&self, draft: usize) -> Option<usize> {
        let Span { start, end, .. } = self.spans[draft];
        (start < end).then_some(start)
    }

    fn last(&self, draft: usize) -> Option<usize> {
        let Span { start, end, .. } = self.spans[draft];
        (start < end).then(|| end - 1)
    }

    /// The step after which others may refer to what a draft makes.
    fn ready(&self, draft: usize) -> Option<usize> {
        let Span { start, closing, .. } = self.spans[draft];
        (start < closing).then(|| closing - 1)
    }

    fn making_edges(&mut self, index: usize, draft: &Draft, drafts: &[Draft]) {
        let Some(first) = self.first(index) else { return };
        // In the place of the old object, once that is gone.
        if let Some(old) = self.removal_at(&draft.address, drafts)
            && let Some(last) = self.last(old)
        {
            self.needs[first].insert(last);
        }
        if let Some(parent) = draft.address.parent().and_then(|p| self.making.get(&p).copied()) {
            self.child_edges(index, parent, draft.kind.early);
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
        self.closing_edges(index, draft);
    }

    /// What is made needs what it refers to in the state that this will have: a storage domain the
    /// host that is activated, a template the VM that is shut down.
    fn switched_edges(&mut self, first: usize, draft: &Draft) {
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
            let parent = draft.address.parent().and_then(|parent| self.world.at(&parent));
            let of_parent = || match parent.map(super::world::Node::known)?.named(by) {
                Some(Value::Reference(place)) => Some(place.clone()),
                _ => None,
            };
            let Some(place) = place_of(draft, by).or_else(of_parent) else { continue };
            for peer in self.around.get(&(peer.name, place)).cloned().unwrap_or_default() {
                if let Some(last) = self.last(peer) {
                    self.needs[first].insert(last);
                }
            }
        }
    }

    fn removal_at(&self, address: &Address, drafts: &[Draft]) -> Option<usize> {
        let object = self.world.at(address)?.object?;
        let key = (object.kind.name, object.parent.clone(), object.id.clone());
        let index = self.removing.get(&key).copied()?;
        (drafts[index].address == *address).then_some(index)
    }

    /// A child comes after the parent's opening, or its creation; and before its closing.
    fn child_edges(&mut self, child: usize, parent: usize, early: bool) {
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
    fn gather(&mut self, drafts: &[Draft]) {
        let interesting: BTreeMap<&str, &str> = crate::resources::kinds::KINDS
            .iter()
            .flat_map(|kind| kind.closes_after.iter().chain(kind.opens_after))
            .map(|(peer, by)| (peer.name, *by))
            .collect();
        for (index, draft) in drafts.iter().enumerate() {
            let Some(by) = interesting.get(draft.kind.name) else { continue };
            if let Some(place) = place_of(draft, by) {
                self.around.entry((draft.kind.name, place)).or_default().push(index);
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
            let Some(place) = place_of(draft, by) else { continue };
            for peer in self.around.get(&(peer.name, place)).cloned().unwrap_or_default() {
                if let Some(last) = self.last(peer) {
                    self.follows[closing].insert(last);
                }
            }
        }
    }

    /// What refers to an object goes before it does, through objects that stay or vanish with
    /// others too.
    fn removal_edges(&mut self, index: usize, draft: &Draft, drafts: &[Draft]) {
        let Some(id) = &draft.object else { return };
        let mut seen = BTreeSet::new();
        let mut open = references(draft.kind, &draft.fields);
        for kind in crate::resources::kinds::KINDS.iter().filter(|k| k.parent == Some(draft.kind)) {
            for child in self.world.observed.children(kind, id) {
                open.extend(references(kind, &child.fields));
            }
        }
        if let Some((kind, parent)) = draft.kind.parent.zip(parent_id(draft)) {
            open.push((kind, parent));
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
                open.extend(references(kind, &object.fields));
            }
        }
        let of_others = |(_, by): &&(&Kind, &str)| *by != draft.kind.name;
        for (peer, by) in draft.kind.closes_after.iter().filter(of_others) {
            let Some(place) = place_of(draft, by) else { continue };
            for peer in self.around.get(&(peer.name, place)).cloned().unwrap_or_default() {
                if drafts[peer].what == What::Remove {
                    self.precede(index, peer);
                }
            }
        }
    }

    /// A kind that is made through another one, without showing through which, is removed first:
    /// a storage domain before the hosts.
    fn teardown_edges(&mut self, drafts: &[Draft]) {
        let removals: Vec<usize> =
            (0..drafts.len()).filter(|&index| drafts[index].what == What::Remove).collect();
        for &index in &removals {
            let through = drafts[index].kind.attributes.iter().filter_map(|attribute| {
                match attribute.takes {
                    Type::Reference(kind) if !attribute.is_comparable() => Some(kind),
                    _ => None,
                }
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

    /// What has to have ended before a step.
    fn before(&self, step: usize) -> impl Iterator<Item = usize> {
        self.needs[step].union(&self.follows[step]).copied()
    }

    /// An order of all steps, the earliest draft first wherever there is a choice.
    fn sequence(&self, drafts: &[Draft]) -> Result<Vec<usize>, Problems> {
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
            sequence.push(step);
            for &dependent in &dependents[step] {
                left[dependent] -= 1;
                if left[dependent] == 0 {
                    ready.insert(dependent);
                }
            }
        }
        if sequence.len() < left.len() {
            return Err(self.explain_cycle(drafts).into());
        }
        Ok(sequence)
    }

    fn explain_cycle(&self, drafts: &[Draft]) -> Problem {
        let mut graph = DiGraph::<usize, ()>::new();
        let nodes: Vec<NodeIndex> = (0..drafts.len()).map(|i| graph.add_node(i)).collect();
        let draft_of = |step: usize| self.spans.partition_point(|span| span.end <= step);
        for step in 0..self.needs.len() {
            for before in self.before(step) {
                graph.add_edge(nodes[draft_of(before)], nodes[draft_of(step)], ());
            }
        }
        let cycle = tarjan_scc(&graph).into_iter().find(|group| group.len() > 1);
        let cycle = cycle.expect("what cannot be put in order has a cycle");
        let address = |node: &NodeIndex| &drafts[graph[*node]].address;
        let mut names: Vec<_> = cycle.iter().map(|node| address(node).to_string()).collect();
        names.push(names[0].clone());
        let message = format!("these resources need each other: {}", names.join(" -> "));
        let hint = "take one of the references out, apply, and put it back";
        located(self.world, address(&cycle[0]), message).hint(hint)
    }
}

/// The references of an object that point at live objects, with their kinds.
fn references(kind: &'static Kind, fields: &Fields) -> Vec<(&'static Kind, String)> {
    let mut found = Vec::new();
    for attribute in kind.attributes {
        let target = match attribute.takes {
            Type::Reference(target) => target,
            Type::Set(Type::Reference(target)) => target,
            _ => continue,
        };
        if let Some(value) = fields.get(attribute) {
            value.each_reference(&mut |reference| {
                if let Reference::Id(id) = reference {
                    found.push((target, id.clone()));
                }
            });
        }
    }
    found
}

/// The object that a draft belongs to by the attribute of that name, as its child, or by itself.
fn place_of(draft: &Draft, by: &str) -> Option<Reference> {
    if draft.kind.name == by {
        return draft.object.clone().map(Reference::Id);
    }
    match draft.fields.named(by) {
        Some(Value::Reference(reference)) => Some(reference.clone()),
        _ => draft.kind.parent.filter(|parent| parent.name == by).and(draft.parent.clone()),
    }
}

fn parent_id(draft: &Draft) -> Option<String> {
    match &draft.parent {
        Some(Reference::Id(id)) => Some(id.clone()),
        _ => None,
    }
}
