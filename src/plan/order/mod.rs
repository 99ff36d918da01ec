//! From drafts to steps: what has to come before what.

mod joint;
mod making;
mod number;
mod peers;
mod removing;
mod sequence;
mod targets;

use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use crate::resources::{Action, Address, Reference, Surroundings, Value};
use crate::state::Problems;

use super::draft::{Draft, What};
use super::step::Step;
use super::world::World;

use number::number;

/// The steps of all drafts, in an order that respects what each needs.
pub(super) fn order(world: &World, drafts: Vec<Draft>) -> Result<Vec<Step>, Problems> {
    let mut sketch = Sketch::new(world, &drafts);
    sketch.chain(&drafts);
    sketch.edges(&drafts);
    let sequence = sketch.joined_sequence(&drafts)?;
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
    around: HashMap<(&'static str, &'static str, Reference), Vec<usize>>,
    /// For each step that is done in one call with others: all of them.
    joined: HashMap<usize, Rc<[usize]>>,
    /// The drafts that bring an existing object to another state at their end, by its id.
    switching: HashMap<String, usize>,
    /// The drafts of which the engine carries something on to the objects that refer to theirs, by
    /// kind and id.
    carrying: HashMap<(&'static str, String), usize>,
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
            joined: HashMap::new(),
            switching: HashMap::new(),
            carrying: HashMap::new(),
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
                && matches!(draft.course.actions().last(), Some(Action::Await { .. }))
            {
                sketch.switching.insert(id.clone(), index);
            }
            if let Some(id) = draft.object.clone().filter(|_| draft.course.is_carried_on()) {
                sketch.carrying.insert((draft.kind.name, id), index);
            }
            match (draft.what, &draft.object) {
                (What::Remove, Some(id)) => {
                    let key = (draft.kind.name, parent_id(draft), id.clone());
                    sketch.removing.insert(key, index);
                }
                _ => {
                    sketch.making.insert(draft.address.clone(), index);
                    // What is only looked for in it is no part of it.
                    if let Some(parent) = draft.address.parent().filter(|_| draft.kind.managed) {
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
        self.release_edges(drafts);
        self.leaving_edges(drafts);
        self.vacating_edges(drafts);
        self.serial_edges(drafts);
        self.rank_edges(drafts);
        self.sibling_edges(drafts);
        self.turn_edges(drafts);
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

/// The same, or the object that the parent belongs to.
fn place_around(world: &World, draft: &Draft, by: &str) -> Option<Reference> {
    let of_parent = || {
        let known = world.look(draft.kind.parent?, draft.parent.as_ref()?)?;
        known.named(by)?.as_reference().cloned()
    };
    place_of(draft, by).or_else(of_parent)
}

fn parent_id(draft: &Draft) -> Option<String> {
    match &draft.parent {
        Some(Reference::Id(id)) => Some(id.clone()),
        _ => None,
    }
}
