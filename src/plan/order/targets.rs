//! What a resource refers to comes before it.

use crate::resources::kinds::KINDS;
use crate::resources::{Attribute, Kind, Reference, Sight, Type, Value};

use super::super::draft::{Draft, What};
use super::super::way::awaited;
use super::Sketch;

impl Sketch<'_, '_> {
    /// After what it refers to, and after the parts of what it is a copy of.
    pub(super) fn reference_edges(&mut self, index: usize, first: usize, draft: &Draft) {
        let made = self.made_targets(draft).into_iter().filter(|target| *target != index);
        let parts = self.parts_of_sources(draft);
        let ready: Vec<_> = made.chain(parts).filter_map(|target| self.ready(target)).collect();
        self.needs[first].extend(ready);
        self.carried_edges(index, first, draft);
        if draft.what == What::Make {
            self.switched_edges(first, draft);
        }
    }

    /// What the engine still carries on to an object, it refuses to change there.
    fn carried_edges(&mut self, index: usize, first: usize, draft: &Draft) {
        let reaches = |kind: &Kind| {
            kind.attributes.iter().filter_map(|it| it.carried).any(|it| it.to == draft.kind)
        };
        let targets = draft.fields.objects().into_iter().filter(|(kind, _)| reaches(kind));
        let carrying = targets.filter_map(|(kind, id)| self.carrying.get(&(kind.name, id)));
        let ready: Vec<_> =
            carrying.filter(|it| **it != index).filter_map(|it| self.ready(*it)).collect();
        self.follows[first].extend(ready);
    }

    /// The drafts that make what a draft refers to.
    fn made_targets(&self, draft: &Draft) -> Vec<usize> {
        let mut targets = Vec::new();
        for (_, value) in draft.fields.iter() {
            value.each_reference(&mut |reference| {
                if let Reference::Address(address) = reference
                    && let Some(&target) = self.making.get(address)
                {
                    targets.push(target);
                }
            });
        }
        let awaited = awaited(self.world, draft).into_iter();
        targets.extend(
            awaited.filter_map(|node| self.making.get(&self.world.nodes[node].address).copied()),
        );
        targets
    }

    /// The drafts of what belongs to those that a draft is made from: a template is a copy of its
    /// VM with the disks that the VM has by then.
    fn parts_of_sources(&self, draft: &Draft) -> Vec<usize> {
        let sources = draft.fields.iter().filter(|(attribute, _)| {
            let is_new = draft.what == What::Make;
            attribute.sight == Sight::OnceOnly || (is_new && is_copied(draft.kind, attribute))
        });
        let parts = sources.filter_map(|(attribute, value)| match value {
            Value::Reference(Reference::Address(address)) => self.children.get(address),
            // It exists, and some of its parts may not yet.
            Value::Reference(Reference::Id(id)) => {
                let Type::Reference(kind) = attribute.takes else { return None };
                let owner = self.world.owner(self.world.object(kind, id)?)?;
                self.children.get(&self.world.nodes[owner].address)
            }
            _ => None,
        });
        parts.flatten().copied().collect()
    }
}

/// Whether a new object gets copies of what the object holds that the attribute refers to.
fn is_copied(kind: &'static Kind, attribute: &Attribute) -> bool {
    let Some(source) = attribute.takes.refers_to() else { return false };
    let parts = KINDS.iter().filter(|part| part.parent == Some(kind));
    parts.flat_map(|part| part.copied_from).any(|original| original.parent == Some(source))
}
