//! The engine's search language: conditions, order and page.
//!
//! What cannot be understood finds nothing, with status 200: a habit of the engine that clients
//! have to know.

mod crossing;
mod field;
mod language;
mod value;

use std::collections::HashSet;

use field::Field;
use language::Condition;
use value::{Test, Type};

use super::fault::Fault;
use super::kinds;
use super::query::Query;
use super::schema::Service;
use super::site::Site;
use super::store::Handle;

/// A search that the engine does not understand.
#[derive(Debug, PartialEq, Eq)]
pub struct Unclear;

/// Keeps of a collection what a client asked for, in the order and on the page that it asked for.
pub fn select(
    site: &Site,
    collection: &Service,
    (kind, nested): (&'static str, bool),
    query: &Query,
    objects: &mut Vec<Handle>,
) -> Result<(), Fault> {
    let max = query.get("max").and_then(|max| max.parse::<i64>().ok());
    if max.is_some_and(|max| max < 0) {
        return Err(Fault::query("Query execution failed due to invalid parameters."));
    }
    if let Some(from) = query.get("from").and_then(|from| from.parse::<u64>().ok()) {
        objects.retain(|it| site.id(*it).parse::<u64>().is_ok_and(|id| id > from));
    }
    kinds::filter(site, collection.name, query, objects);
    let text = query.get("search").filter(|_| listens(kind, nested));
    // The one list that users may leaf through is all that they see, whatever else they search.
    let leafs = text.filter(|it| site.caller.filtered && max.is_some() && leafs(kind, it));
    let text =
        leafs.and_then(|it| it.to_ascii_lowercase().find("sortby").map(|at| &it[at..])).or(text);
    let exact = query.flag("case_sensitive") == Some(true);
    let found = text.map_or(Ok(None), |text| find(site, kind, text, exact, objects));
    let page = found.unwrap_or_else(|Unclear| {
        objects.clear();
        None
    });
    if text.is_none() {
        order(site, kind, objects);
    }
    let cut = kind == "disks" || (site.caller.filtered && leafs.is_none());
    turn(cut, page, max.and_then(|max| usize::try_from(max).ok()), objects);
    Ok(())
}

/// Whether a list is asked for as users' portals do: by name, and page by page.
fn leafs(kind: &str, text: &str) -> bool {
    ["vms", "vm_pools"].contains(&kind) && text.to_ascii_lowercase().contains("sortby name asc")
}

/// Whether a collection searches: others do not look at what is asked, vNIC profiles find nothing.
fn listens(kind: &str, nested: bool) -> bool {
    match kind {
        "gluster_volumes" => true,
        "vnic_profiles" => !nested,
        _ => !nested && field::searchable(kind),
    }
}

/// Keeps what a search finds, in its order; returns the page.
fn find(
    site: &Site,
    kind: &'static str,
    text: &str,
    exact: bool,
    objects: &mut Vec<Handle>,
) -> Result<Option<usize>, Unclear> {
    let search = language::read(text)?;
    let any: Vec<Vec<Question>> = search
        .any
        .iter()
        .map(|group| group.iter().map(|it| Question::of(site, kind, it, exact)).collect())
        .collect::<Result<_, _>>()?;
    let sort = match &search.sort {
        Some((field, down)) => Some((Field::of(kind, field)?, *down)),
        None => None,
    };
    narrow(site, kind, &search.any, objects);
    if !any.is_empty() {
        objects.retain(|it| any.iter().any(|group| group.iter().all(|ask| ask.holds(site, *it))));
    }
    order(site, kind, objects);
    if let Some((field, down)) = sort {
        objects.sort_by_cached_key(|it| Key(field.values(site, *it).into_iter().next()));
        if down {
            objects.reverse();
        }
    }
    Ok(search.page)
}

/// Takes the short way to what has one name.
fn narrow(site: &Site, kind: &'static str, any: &[Vec<Condition>], objects: &mut Vec<Handle>) {
    let [group] = any else { return };
    let named = group.iter().find(|it| {
        it.field.as_deref() == Some("name") && it.operator == "=" && !it.value.contains('*')
    });
    if let Some(condition) = named.filter(|_| kind != "disks") {
        let known: HashSet<Handle> = site.store.named(kind, &condition.value).collect();
        objects.retain(|it| known.contains(it));
    }
}

/// What a list is sorted by: numbers as numbers, texts in any case, nothing first.
#[derive(PartialEq, Eq)]
struct Key(Option<String>);

impl Ord for Key {
    fn cmp(&self, other: &Self) -> std::cmp::Ordering {
        match (&self.0, &other.0) {
            (Some(one), Some(other)) => value::compare(one, other),
            (one, other) => one.is_some().cmp(&other.is_some()),
        }
    }
}

impl PartialOrd for Key {
    fn partial_cmp(&self, other: &Self) -> Option<std::cmp::Ordering> {
        Some(self.cmp(other))
    }
}

/// A condition that was understood.
enum Question {
    /// A field of the object itself.
    Own(Field, Test),
    /// A field of something that the object has to do with.
    Of(&'static crossing::Crossing, Box<Question>),
    /// Any text of the object.
    Free(Vec<Field>, Test),
}

impl Question {
    fn of(
        site: &Site,
        kind: &'static str,
        condition: &Condition,
        exact: bool,
    ) -> Result<Self, Unclear> {
        let Condition { field, operator, value } = condition;
        let Some(name) = field else {
            let test = Test::Like(format!("*{value}*"), true, exact);
            return Ok(Self::Free(Field::texts(kind), test));
        };
        match name.split_once('.') {
            None => match (Field::of(kind, name), crossing::find(kind, name)) {
                (Ok(field), _) => {
                    let test = Test::of(site, field.kind, operator, value, exact)?;
                    Ok(Self::Own(field, test))
                }
                // Without a field, it is free text of what the object has to do with.
                (Err(Unclear), Some(crossing)) if operator == "=" => {
                    let test = Test::Like(format!("*{value}*"), true, exact);
                    let inner = Self::Free(Field::texts(crossing.kind), test);
                    Ok(Self::Of(crossing, Box::new(inner)))
                }
                (Err(Unclear), _) => Err(Unclear),
            },
            Some((own, rest)) if crossing::names(kind, own) => {
                let field = Some(rest.to_owned());
                let (operator, value) = (operator.clone(), value.clone());
                Self::of(site, kind, &Condition { field, operator, value }, exact)
            }
            Some((over, rest)) => {
                let crossing = crossing::find(kind, over).ok_or(Unclear)?;
                let field = Some(rest.to_owned());
                let (operator, value) = (operator.clone(), value.clone());
                let inner = Condition { field, operator, value };
                let inner = Self::of(site, crossing.kind, &inner, exact)?;
                Ok(Self::Of(crossing, Box::new(inner)))
            }
        }
    }

    fn holds(&self, site: &Site, object: Handle) -> bool {
        match self {
            Self::Own(field, test) => test.fits(&field.values(site, object)),
            Self::Of(crossing, inner) => {
                crossing.objects(site, object).into_iter().any(|it| inner.holds(site, it))
            }
            Self::Free(fields, test) => {
                fields.iter().any(|field| test.fits(&field.values(site, object)))
            }
        }
    }
}

/// Puts a list in the order in which the engine gives it without being asked for one.
fn order(site: &Site, kind: &str, objects: &mut [Handle]) {
    match kind {
        "events" => objects.reverse(),
        "disks" => objects.sort_by_cached_key(|it| {
            (site.text(*it, "alias").to_lowercase(), site.id(*it).to_owned())
        }),
        "vms" | "hosts" | "templates" | "clusters" | "networks" | "storage_domains"
        | "data_centers" | "tags" | "users" | "groups" | "roles" | "mac_pools" | "vm_pools"
        | "instance_types" => {
            objects.sort_by_cached_key(|it| site.name(*it).to_lowercase());
        }
        _ => {}
    }
}

/// Turns to a page.
///
/// The engine cuts some lists after a page was taken of them, that of disks and all that users ask
/// for, so later pages are empty; and without a size of pages all is on the first.
fn turn(cut: bool, page: Option<usize>, max: Option<usize>, objects: &mut Vec<Handle>) {
    match (page, max) {
        (Some(page), _) if page > 1 && cut => objects.clear(),
        (Some(page), Some(max)) => {
            let start = page.saturating_sub(1).saturating_mul(max).min(objects.len());
            objects.drain(..start);
            objects.truncate(max);
        }
        (Some(page), None) if page > 1 => objects.clear(),
        (_, Some(max)) => objects.truncate(max),
        _ => {}
    }
}

/// Whether fields hold text that free text is looked for in.
fn is_text(kind: Type) -> bool {
    kind == Type::Text
}
