//! Reads what stands at an address, long lists in pages.

use std::collections::{BTreeMap, BTreeSet};

use crate::api::SCHEMA;
use crate::cli::Failure;
use crate::engine::{Engine, Fault, Reply, Request, pages, segment};
use crate::xml::{Element, Outline};

use super::columns::Column;
use super::mask::mask;
use super::{Place, names};

/// Objects in one page.
const PAGE: usize = 500;

/// Pages that are read at the same time.
const WIDTH: usize = 4;

/// Up to so many links are followed one by one, more by a look at all that they can lead to.
const FEW: usize = 4;

/// The names of objects by id.
pub type Names = BTreeMap<String, String>;

/// Which objects of a collection are wanted, and how much of each.
#[derive(Clone, Copy, Debug, Default)]
pub struct Wish<'a> {
    /// A search in the engine's language.
    pub search: Option<&'a str>,
    /// At most so many.
    pub max: Option<usize>,
    /// All that the engine has of each.
    pub whole: bool,
}

/// Reads the object, or the members of the collection, that stand there. Secrets are covered.
///
/// # Errors
/// What the engine says.
pub async fn read<E: Engine>(
    engine: &E,
    place: &Place,
    wish: Wish<'_>,
) -> Result<Vec<Element>, Failure> {
    let mut found = Vec::new();
    let mut visit = |reply: Reply| {
        let before = found.len();
        reply.each(&Outline::everything(), |element| found.push(element))?;
        Ok(found.len() - before)
    };
    let request = request(place, wish);
    if !place.service.collection {
        let reply = engine.send(request).await?;
        found.push(reply.element()?);
    } else if is_long(place) && wish.max.is_none() {
        pages(engine, request, PAGE, WIDTH, visit).await?;
        // Pages come in the order of ids, which tells nobody anything.
        found.sort_by(|one, other| one.text_at("name").cmp(&other.text_at("name")));
    } else {
        visit(engine.send(request).await?)?;
    }
    // Pages may show an object twice if others come or go meanwhile.
    let mut seen = BTreeSet::new();
    found.retain(|element| element.id().is_none_or(|id| seen.insert(id.to_owned())));
    found.retain(|element| !matches!(element.name(), "link" | "actions"));
    found.truncate(wish.max.unwrap_or(usize::MAX));
    found.iter_mut().for_each(mask);
    Ok(found)
}

/// Machines are all that there may be ten thousand of and that can be sorted by id, as pages need.
fn is_long(place: &Place) -> bool {
    place.path == "vms"
}

fn request(place: &Place, wish: Wish) -> Request {
    let mut request = place.request();
    let method = if place.service.collection { "list" } else { "get" };
    let takes = |name: &str| {
        let method = place.service.methods.get(method);
        method.is_some_and(|it| it.parameters.iter().any(|parameter| parameter.name == name))
    };
    if let Some(search) = wish.search {
        request = request.query("search", search);
    }
    if let Some(max) = wish.max.filter(|_| takes("max")) {
        request = request.query("max", max.to_string());
    }
    if wish.whole && takes("all_content") {
        request = request.query("all_content", "true");
    }
    request
}

/// The names of what columns of some objects link to.
///
/// # Errors
/// What the engine says.
pub async fn linked<E: Engine>(
    engine: &E,
    type_name: &str,
    columns: &[Column],
    objects: &[Element],
) -> Result<Names, Failure> {
    let of = SCHEMA.type_of(type_name);
    let mut known = Names::new();
    for column in columns {
        let Some(target) = column.leads_to(of) else { continue };
        let Some((_, collection)) = SCHEMA.top_collection(target) else { continue };
        let ids: BTreeSet<&str> = objects.iter().filter_map(|it| column.id(it)).collect();
        for element in targets(engine, collection, &ids).await? {
            if let Some(id) = element.id() {
                known.insert(id.to_owned(), names::name(&element).to_owned());
            }
        }
    }
    Ok(known)
}

async fn targets<E: Engine>(
    engine: &E,
    collection: &str,
    ids: &BTreeSet<&str>,
) -> Result<Vec<Element>, Fault> {
    let outline = names::outline();
    let mut found = Vec::new();
    if ids.len() > FEW {
        let reply = engine.send(Request::get(collection)).await?;
        reply.each(&outline, |element| found.push(element))?;
        return Ok(found);
    }
    for id in ids {
        match engine.send(Request::get(format!("{collection}/{}", segment(id)))).await {
            Ok(reply) => found.push(reply.element()?),
            // What is gone by now, or may not be seen, stays an id.
            Err(Fault::Refused { .. }) => {}
            Err(fault) => return Err(fault),
        }
    }
    Ok(found)
}
