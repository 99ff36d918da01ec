//! Whether there is room for what a plan makes.

use std::collections::BTreeMap;

use crate::resources::{Address, Fields, Kind, Reference, Room, format_size};

use super::draft::{Draft, What};
use super::step::Refusal;
use super::world::World;

/// What the drafts take of one object.
struct Demand<'a> {
    kind: &'static Kind,
    /// The bytes that new objects take and others grow by, less what goes.
    total: i64,
    /// The most that one of them takes.
    largest: i64,
    /// Whether something new comes in.
    is_entered: bool,
    /// Who takes some.
    takers: Vec<&'a Address>,
}

/// Objects that have less room than the drafts take.
pub(super) fn shortages(world: &World, drafts: &[Draft]) -> Vec<Refusal> {
    let mut demands: BTreeMap<Reference, Demand> = BTreeMap::new();
    for draft in drafts.iter().filter(|draft| draft.brought_by.is_none()) {
        let Some((kind, takes)) = draft.kind.takes_room else { continue };
        for (of, bytes) in takes(found(world, draft), &draft.fields, world) {
            demands.entry(of).or_insert_with(|| Demand::of(kind)).add(draft, bytes);
        }
    }
    demands.iter().filter_map(|(of, demand)| demand.refusal(world, of)).collect()
}

/// What a draft changes has room already.
fn found<'a>(world: &World<'a>, draft: &Draft) -> Option<&'a Fields> {
    let object = draft.object.as_deref().filter(|_| draft.what == What::Change)?;
    world.object(draft.kind, object).map(|object| &object.fields)
}

impl<'a> Demand<'a> {
    fn of(kind: &'static Kind) -> Self {
        Self { kind, total: 0, largest: 0, is_entered: false, takers: Vec::new() }
    }

    fn add(&mut self, draft: &'a Draft, bytes: i64) {
        if draft.what == What::Remove {
            self.total = self.total.saturating_sub(bytes);
            return;
        }
        self.total = self.total.saturating_add(bytes);
        self.largest = self.largest.max(bytes);
        self.is_entered |= draft.what == What::Make;
        if bytes > 0 {
            self.takers.push(&draft.address);
        }
    }

    fn refusal(&self, world: &World, of: &Reference) -> Option<Refusal> {
        let fields = world.fields_of(world.target(self.kind, of)?);
        let room = (self.kind.has_room)(&fields)?;
        let first = (*self.takers.first()?).clone();
        let others = match self.takers.len() - 1 {
            0 => String::new(),
            others => format!(", with {others} more,"),
        };
        let (name, total) = (self.kind.name_of(&fields)?, format_size(self.total));
        let kind = self.kind.name.replace('_', " ");
        let (left, kept) = (format_size(room.left), format_size(room.kept));
        self.is_too_much(room).then(|| Refusal {
            message: format!(
                "{first}: takes{others} {total} of the {kind} `{name}`, which has {left} left and \
                 keeps {kept} free"
            ),
            address: Some(first),
            hint: "make room there before, take less, or take it of another one".to_owned(),
            consent: None,
        })
    }

    /// Whether the engine has to refuse one of them, in whichever order they come: at best the
    /// largest is the last.
    fn is_too_much(&self, room: Room) -> bool {
        let left = room.left.saturating_sub(self.total - self.largest);
        left < self.largest || (self.is_entered && left < room.kept)
    }
}
