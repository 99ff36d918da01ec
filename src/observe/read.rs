//! One collection, from requests to objects.

use std::sync::Arc;

use crate::engine::{Engine, Fault, Reply, Request, pages};
use crate::resources::{self, Fields, Kind, Value, decode, underway};
use crate::state::{Object, Part};
use crate::xml::{Element, Outline};

use super::scope::{Branch, Reading};

/// Objects in one page: twenty pages hold ten thousand.
const PAGE: usize = 500;

/// Pages that are read at the same time.
const WIDTH: usize = 4;

/// Says in a VM that changes wait for its next start.
const PENDING: &str = "next_run_configuration_exists";

/// Says that a VM runs with what is not stored: other things to boot from.
const RUN_ONCE: &str = "run_once";

/// Says which version of a template it is.
const VERSION: &str = "version/version_number";

/// What one element of a collection brought.
#[derive(Default)]
pub(super) struct Found {
    pub objects: Vec<Object>,
    /// What it shows of objects that are read elsewhere.
    pub parts: Vec<Part>,
}

/// Reads one collection, with what comes along.
pub(super) async fn read<E: Engine>(engine: &E, reading: &Reading) -> Result<Vec<Found>, Fault> {
    let outline = outline(reading);
    let mut found = Vec::new();
    let mut visit = |reply: Reply| {
        let mut count = 0;
        reply.each(&outline, |element| {
            if element.name() == reading.kind.element {
                count += 1;
                found.push(take(reading, &element));
            }
        })?;
        Ok(count)
    };
    let request = request(reading);
    match reading.kind.reading {
        resources::Reading::List => {
            let reply = engine.send(request).await?;
            visit(reply)?;
        }
        resources::Reading::ByParent | resources::Reading::FromAfar => {}
        resources::Reading::Pages => pages(engine, request, PAGE, WIDTH, visit).await?,
    }
    Ok(found)
}

fn request(reading: &Reading) -> Request {
    let mut request = Request::get(reading.kind.segment);
    let mut followed = Vec::new();
    follow(reading.kind, &reading.children, "", &mut followed);
    followed.extend(reading.shown.iter().map(|other| other.section.to_owned()));
    if !followed.is_empty() {
        request = request.query("follow", followed.join(","));
    }
    if reading.all_content {
        request = request.query("all_content", "true");
    }
    request
}

/// The links below objects of a kind that have to be followed: to its children, theirs, and to
/// attributes that stand in collections of their own.
fn follow(kind: &Kind, children: &[Branch], above: &str, followed: &mut Vec<String>) {
    let attributes = kind.attributes.iter().filter(|attribute| attribute.is_followed());
    followed.extend(attributes.map(|attribute| format!("{above}{}", attribute.name)));
    for child in children {
        let path = format!("{above}{}", child.kind.section);
        if !child.kind.inline {
            followed.push(path.clone());
        }
        follow(child.kind, &child.children, &format!("{path}."), followed);
    }
}

/// What of the collection's elements is worth keeping.
fn outline(reading: &Reading) -> Outline {
    let mut outline = Outline::new();
    resources::outline(reading.kind.attributes, &mut outline);
    resources::outline(reading.kind.shows, &mut outline);
    outline.keep([PENDING]);
    outline.keep([RUN_ONCE]);
    outline.keep(VERSION.split('/'));
    keep_children(&reading.children, &mut outline);
    for other in &reading.shown {
        let kept = outline.keep([other.section, other.element]);
        resources::outline(other.attributes, kept);
    }
    // Completed objects are read through the attributes of those that link to them.
    for other in &reading.completes {
        let Some((nested, _)) = other.joined else { continue };
        let mut whole = Outline::new();
        resources::outline(other.attributes, &mut whole);
        resources::outline(other.shows, &mut whole);
        outline.merge(whole.keep([nested]));
    }
    outline
}

fn keep_children(children: &[Branch], outline: &mut Outline) {
    for Branch { kind, children } in children {
        let kept = outline.keep([kind.section, kind.element]);
        resources::outline(kind.attributes, kept);
        resources::outline(kind.shows, kept);
        keep_children(children, kept);
    }
}

/// Turns one element of the collection into objects.
fn take(reading: &Reading, element: &Element) -> Found {
    let mut found = Found::default();
    let Some(id) = element.id() else { return found };
    let kind = reading.kind;
    let is_pending = [PENDING, RUN_ONCE].iter().any(|it| element.text_at(it) == Some("true"));
    found.objects.push(Object {
        kind,
        id: id.to_owned(),
        parent: None,
        fields: versioned(kind, element),
        pending: is_pending.then(Fields::new),
        underway: underway(kind, element),
    });
    take_children(&reading.children, id, element, &mut found.objects);
    for other in &reading.shown {
        found
            .parts
            .extend(nested(other, element).filter_map(|nested| shown(kind, id, other, nested)));
    }
    for other in &reading.completes {
        found.parts.extend(completed(other, id, element));
    }
    found
}

fn take_children(children: &[Branch], parent: &str, element: &Element, objects: &mut Vec<Object>) {
    for Branch { kind, children } in children {
        for nested in nested(kind, element) {
            let Some(object) = child(kind, parent, nested) else { continue };
            let id = object.id.clone();
            objects.push(object);
            take_children(children, &id, nested, objects);
        }
    }
}

fn child(kind: &'static Kind, parent: &str, element: &Element) -> Option<Object> {
    Some(Object {
        kind,
        id: element.id()?.to_owned(),
        parent: Some(parent.to_owned()),
        fields: seen(kind, element),
        pending: None,
        underway: underway(kind, element),
    })
}

/// What an element says of an object, beyond what manifests can hold too.
fn seen(kind: &'static Kind, element: &Element) -> Fields {
    decode(kind.attributes, element).over(&decode(kind.shows, element))
}

/// All versions of a template have the same name: beyond the first, which is meant by the name
/// alone, the number stands behind it.
fn versioned(kind: &'static Kind, element: &Element) -> Fields {
    let mut fields = seen(kind, element);
    let number = element.at(VERSION).map(Element::text).filter(|number| *number != "1");
    let name = kind.name_attribute().and_then(|name| Some((name, fields.get(name)?.as_text()?)));
    if let (Some(number), Some((attribute, name))) = (number, name) {
        let name = format!("{name}:{number}");
        fields.set(attribute, Value::Text(name));
    }
    fields
}

fn nested<'e>(kind: &'static Kind, element: &'e Element) -> impl Iterator<Item = &'e Element> {
    element.child(kind.section).into_iter().flat_map(|wrapper| wrapper.all(kind.element))
}

/// What a data center shows of its storage domain: its status there, and that it is there.
fn shown(by: &Kind, by_id: &str, kind: &'static Kind, element: &Element) -> Option<Part> {
    let mut fields = decode(kind.attributes, element);
    if let Some(attribute) = kind.attribute(by.name) {
        fields = super::reference(attribute, by_id).over(&fields);
    }
    let underway = underway(kind, element);
    Some(Part { kind, id: element.id()?.to_owned(), fields, underway })
}

/// What a disk says to the attachments that link to it.
fn completed(kind: &'static Kind, id: &str, element: &Element) -> Option<Part> {
    let (nested, _) = kind.joined?;
    let mut inner = Element::new(nested).with_attribute("id", id);
    inner.children_mut().extend_from_slice(element.children());
    let wrapper = Element::new(kind.element).with(inner);
    Some(Part { kind, id: id.to_owned(), fields: seen(kind, &wrapper), underway: None })
}

/// Reads what waits for an object's next start. In lists, the engine also says of machines that
/// something waits when one of their NICs is out of sync, which no start is needed for. And of one
/// that was started with something else for once, what is stored is read.
pub(super) async fn next_start<E: Engine>(
    engine: Arc<E>,
    mut object: Object,
) -> Result<Object, Fault> {
    let path = format!("{}/{}", object.kind.segment, object.id);
    let request = Request::get(path).query("next_run", "true").query("all_content", "true");
    let element = engine.send(request).await?.element()?;
    let stored = decode(object.kind.attributes, &element);
    if element.text_at(PENDING) == Some("true") {
        object.pending = Some(stored);
    } else {
        object.fields = stored.over(&object.fields);
        object.pending = None;
    }
    Ok(object)
}

/// Reads what of an object stands in collections to which no link leads, see
/// [`Attribute::apart`](resources::Attribute::apart).
pub(super) async fn apart<E: Engine>(
    engine: Arc<E>,
    (mut object, path): (Object, String),
) -> Result<Object, Fault> {
    for attribute in object.kind.attributes {
        let Some(segment) = attribute.apart else { continue };
        let collection = match engine.send(Request::get(format!("{path}/{segment}"))).await {
            // Somebody removed the object in the meantime.
            Err(fault) if fault.is_missing() => continue,
            reply => reply?.element()?,
        };
        let element = Element::new(object.kind.element).with(collection);
        let shown = decode(std::slice::from_ref(attribute), &element);
        object.fields = shown.over(&object.fields);
    }
    Ok(object)
}

/// Reads the children of one object, see [`Kind::by_parent`].
pub(super) async fn below<E: Engine>(
    engine: &E,
    kind: &'static Kind,
    parent: &str,
    collection: String,
) -> Result<Vec<Object>, Fault> {
    let mut outline = Outline::new();
    resources::outline(kind.attributes, &mut outline);
    let mut found = Vec::new();
    let mut request = Request::get(collection);
    if let Some((name, value)) = kind.asked_with {
        request = request.query(name, value);
    }
    let reply = match engine.send(request).await {
        // Somebody removed the parent in the meantime.
        Err(fault) if fault.is_missing() => return Ok(found),
        reply => reply?,
    };
    reply.each(&outline, |element| {
        if element.name() == kind.element {
            found.extend(child(kind, parent, &element));
        }
    })?;
    Ok(found)
}
