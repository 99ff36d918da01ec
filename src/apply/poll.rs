//! One look at a collection, for all who wait for something in it.

use std::collections::{BTreeMap, BTreeSet};

use crate::engine::{Engine, Fault, Request, segment};
use crate::resources::Kind;
use crate::xml::{Element, Outline};

use super::calls::{Work, work};

/// What to look at.
#[derive(Clone, Debug)]
pub(super) struct Look {
    pub collection: String,
    /// The steps that wait, by their place in the plan.
    pub places: BTreeSet<usize>,
    pub ids: BTreeSet<String>,
    pub attributes: BTreeSet<&'static str>,
    pub asks: Asks,
}

/// How a collection is asked for objects.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Asks {
    /// For all, or for each by the path that it has below the collection.
    Each,
    /// For all: they have no paths there.
    All,
    /// For the jobs of each write: their ids are correlation ids.
    Jobs,
    /// For the parts of its objects: their ids are made of those of the object and of what the part
    /// refers to, see [`part`].
    Parts(&'static Kind),
}

/// The attributes of each object that is there, as text.
pub(super) type Seen = BTreeMap<String, BTreeMap<&'static str, String>>;

/// Up to so many objects are asked for one by one; beyond, the whole list is cheaper.
const FEW: usize = 2;

/// Looks once.
pub(super) async fn poll<E: Engine>(engine: &E, look: &Look) -> Result<Seen, Fault> {
    match look.asks {
        Asks::Jobs => jobs(engine, look).await,
        Asks::Each if look.ids.len() <= FEW => each(engine, look).await,
        Asks::Each | Asks::All => list(engine, look).await,
        Asks::Parts(kind) => parts(engine, look, kind).await,
    }
}

/// How a look calls what an object has of another one.
pub(super) fn part(holder: &str, of: &str) -> String {
    format!("{holder}/{of}")
}

/// All parts in one answer, unless few objects are looked at.
async fn parts<E: Engine>(engine: &E, look: &Look, kind: &'static Kind) -> Result<Seen, Fault> {
    let holders = look.ids.iter().filter_map(|id| id.split_once('/'));
    let holders: BTreeSet<&str> = holders.map(|(holder, _)| holder).collect();
    let mut seen = Seen::new();
    if holders.len() > FEW {
        let mut kept = Outline::new();
        kept.keep([kind.section]).keep_whole();
        let request = Request::get(&look.collection).query("follow", kind.section);
        engine.send(request).await?.each(&kept, |holder| {
            if let Some((id, parts)) = holder.id().zip(holder.child(kind.section)) {
                note_parts(&mut seen, id, parts, look, kind);
            }
        })?;
        return Ok(seen);
    }
    for holder in holders {
        let path = format!("{}/{}/{}", look.collection, segment(holder), kind.segment);
        match engine.send(Request::get(path)).await {
            Ok(reply) => note_parts(&mut seen, holder, &reply.element()?, look, kind),
            Err(fault) if fault.is_missing() => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(seen)
}

fn note_parts(seen: &mut Seen, holder: &str, parts: &Element, look: &Look, kind: &Kind) {
    let Some(by) = kind.identity.first() else { return };
    for element in parts.all(kind.element) {
        let of = element.child(by).and_then(Element::id);
        seen.extend(of.map(|of| (part(holder, of), texts(element, look))));
    }
}

/// All jobs of a write have one state. The engine opens none for work that it does at once.
async fn jobs<E: Engine>(engine: &E, look: &Look) -> Result<Seen, Fault> {
    let mut seen = Seen::new();
    for id in &look.ids {
        let state = match work(engine, id).await? {
            Work::Running => "started",
            Work::Failed => "failed",
            Work::Done => "finished",
        };
        let texts = look.attributes.iter().map(|attribute| (*attribute, state.to_owned()));
        seen.insert(id.clone(), texts.collect());
    }
    Ok(seen)
}

async fn each<E: Engine>(engine: &E, look: &Look) -> Result<Seen, Fault> {
    let mut seen = Seen::new();
    for id in &look.ids {
        let path = format!("{}/{}", look.collection, segment(id));
        match engine.send(Request::get(path)).await {
            Ok(reply) => {
                seen.insert(id.clone(), texts(&reply.element()?, look));
            }
            Err(fault) if fault.is_missing() => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(seen)
}

async fn list<E: Engine>(engine: &E, look: &Look) -> Result<Seen, Fault> {
    let mut kept = Outline::new();
    for attribute in &look.attributes {
        kept.keep(path(attribute));
    }
    let reply = engine.send(Request::get(&look.collection)).await?;
    let mut seen = Seen::new();
    reply.each(&kept, |element| {
        if let Some(id) = element.id()
            && look.ids.contains(id)
        {
            seen.insert(id.to_owned(), texts(&element, look));
        }
    })?;
    Ok(seen)
}

fn texts(element: &Element, look: &Look) -> BTreeMap<&'static str, String> {
    let text = |attribute: &'static str| {
        let found = path(attribute).try_fold(element, |element, name| element.child(name))?;
        Some((attribute, found.text().to_owned()))
    };
    look.attributes.iter().filter_map(|attribute| text(attribute)).collect()
}

fn path(attribute: &'static str) -> impl Iterator<Item = &'static str> {
    attribute.split(['.', '/'])
}
