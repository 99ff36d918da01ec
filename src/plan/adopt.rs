//! Taking hold of objects that exist, without changing any.

use crate::resources::{Address, Kind};
use crate::state::{Desired, Entry, Ledger, Observed, Problem, Problems};

use super::draft::{Drafts, record};
use super::pair::{self, located};
use super::step::Record;
use super::world::World;
use super::{Plan, move_keys, resolve};

/// What the ledger would learn if the resources of the manifests took hold of the objects that
/// they are, as a plan would have it, and nothing else was done.
///
/// # Errors
/// What keeps a resource from being one object.
pub fn adopt(desired: &Desired, observed: &Observed, ledger: &Ledger) -> Result<Plan, Problems> {
    let mut problems = Problems::default();
    let ledger = &move_keys(desired, ledger, &mut Drafts::default(), &mut problems);
    let mut world = World::new(desired, observed, ledger);
    pair::pair(&mut world, &mut problems);
    resolve::resolve(&mut world, &mut problems);
    problems.or(())?;
    let key = ledger.key();
    let is_new = |record: &Record| matches!(record, Record::Keep { adopted: true, .. });
    let records = world.nodes.iter().filter_map(|node| record::keep(node, &key)).filter(is_new);
    Ok(Plan { records: records.collect(), ..Plan::default() })
}

/// What the ledger would learn if one resource took hold of the object with that id, whatever its
/// name.
///
/// # Errors
/// What keeps the resource from being that object.
pub fn bind(
    desired: &Desired,
    observed: &Observed,
    ledger: &Ledger,
    address: &Address,
    id: &str,
) -> Result<Plan, Problems> {
    let Some(resource) = desired.resources.get(address) else {
        let message = format!("{address}: is not in the manifests");
        let hint = "write it down first, with what it has to say; then import it";
        return Err(Problem::new(message).hint(hint).into());
    };
    let kind = resource.kind;
    let owner = ledger.entries.iter().find(|(_, entry)| entry.kind == kind.name && entry.id == id);
    let mut bound = ledger.clone();
    let entry = Entry { kind: kind.name.to_owned(), id: id.to_owned(), ..Entry::default() };
    bound.entries.insert(address.clone(), entry);
    let mut problems = Problems::default();
    let mut world = World::new(desired, observed, &bound);
    pair::pair(&mut world, &mut problems);
    let parent = resource.parent.as_ref().map(|parent| world.at(parent)?.object);
    if let Some(None) = parent {
        let message = format!("{address}: what holds it does not exist");
        return Err(located(&world, address, message).hint("import or make that first").into());
    }
    let within = parent.flatten().map(|parent| parent.id.as_str());
    if let Some((other, _)) = owner.filter(|(other, _)| *other != address && !shares_ids(kind)) {
        let message = format!("{address}: `{id}` is {other} already");
        let hint = "say `moved:` if its key changed, or `removed:` to give the other one up";
        return Err(located(&world, address, message).hint(hint).into());
    }
    if observed.get(kind, within, id).is_none() {
        return Err(unknown(&world, address, kind, id).into());
    }
    resolve::resolve(&mut world, &mut problems);
    problems.or(())?;
    let node = world.at(address).expect("the manifests have it");
    let entry = record::entry_of(node, id, &ledger.key());
    let adopted = ledger.entries.get(address).is_none_or(|old| old.id != id);
    let record = Record::Keep { address: address.clone(), entry, adopted };
    Ok(Plan { records: vec![record], ..Plan::default() })
}

/// Ids of some children, such as an assigned tag's, are those of something else.
fn shares_ids(kind: &Kind) -> bool {
    kind.parent.is_some() && kind.attributes.iter().any(|attribute| attribute.own_id)
}

/// Nothing of that kind has the id: something else may.
fn unknown(world: &World, address: &Address, kind: &Kind, id: &str) -> Problem {
    let other = world.observed.iter().find(|object| object.id == id);
    let (message, hint) = match other {
        Some(other) if other.kind == kind => (
            format!("{address}: the {} `{id}` is not of what holds the resource", kind.name),
            "import it below the resource that it is in".to_owned(),
        ),
        Some(other) => (
            format!(
                "{address}: `{id}` is the {} `{}`, not a {}",
                other.kind.name,
                other.name(),
                kind.name
            ),
            format!("the ids of {} are those below `/{}` of the API", kind.section, kind.segment),
        ),
        None => (
            format!("{address}: the engine has no {} with the id `{id}`", kind.name),
            "ids look like `a16f2c7e-1c9c-4f9e-8d56-3b1e6e3f2f10`; the API shows them".to_owned(),
        ),
    };
    located(world, address, message).hint(hint)
}
