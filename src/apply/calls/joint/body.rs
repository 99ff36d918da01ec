//! What a joint call says.

use crate::apply::Setback;
use crate::apply::task::Task;
use crate::resources::{Action, Fields, Joint, Place, Spread, Value, encode};
use crate::xml::Element;

use super::look::Shown;

/// The action with all that its steps want.
pub(super) fn body(joint: &Joint, tasks: &[Task], shown: &Shown) -> Result<Element, Setback> {
    let mut body = Element::new("action");
    for task in tasks {
        add(task, shown, &mut body)?;
    }
    drop_moved(tasks, &mut body);
    for (name, value) in joint.parameters {
        body.push(Element::leaf(*name, *value));
    }
    Ok(body)
}

fn add(task: &Task, shown: &Shown, body: &mut Element) -> Result<(), Setback> {
    let kind = task.step.kind;
    let share = kind.joint.expect("only steps of joint kinds are done together");
    let (to, from) = match &task.step.action {
        Action::Create { fields, .. } => (fields.clone(), Fields::new()),
        Action::Update { changes, along, .. } => {
            let to: Fields = changes.iter().map(|c| (c.attribute, c.to.clone())).collect();
            let from = changes.iter().filter_map(|c| Some((c.attribute, c.from.clone()?)));
            (to.over(along), from.collect())
        }
        Action::Delete { with } => {
            let id = task.target.id(&task.step)?;
            body.child_or_new(share.removed).push(Element::link(kind.element, id));
            (Fields::new(), with.clone())
        }
        _ => return Ok(()),
    };
    if is_modified(task) {
        let mut item = Element::new(kind.element);
        if let Some(id) = id_of(task, shown) {
            item.set_attribute("id", id);
        }
        encode(to.iter(), &mut item);
        body.child_or_new(share.modified).push(item);
    }
    if let Some((flag, list)) = share.restored
        && from.named(flag).is_some()
    {
        let id = task.target.id(&task.step)?;
        body.child_or_new(list).push(Element::link(kind.element, id));
    }
    if let Some(spread) = &share.spread {
        spread_out(spread, task, shown, &from, &to, body);
    }
    Ok(())
}

/// Whether the object itself is made or changed.
fn is_modified(task: &Task) -> bool {
    match &task.step.action {
        Action::Create { .. } => true,
        Action::Update { changes, .. } => changes.iter().any(|c| c.attribute.place == Place::Body),
        _ => false,
    }
}

/// What was made by a call whose answer was lost is changed by the next.
fn id_of<'t>(task: &'t Task, shown: &'t Shown) -> Option<&'t str> {
    match task.step.action {
        Action::Create { .. } => shown.of(task)?.id(),
        _ => task.target.id.as_deref(),
    }
}

/// New members, each with its object, and those that go.
fn spread_out(
    spread: &Spread,
    task: &Task,
    shown: &Shown,
    from: &Fields,
    to: &Fields,
    body: &mut Element,
) {
    let Some(attribute) = task.step.kind.attribute(spread.attribute) else { return };
    let members = |fields: &Fields| -> Vec<String> {
        let members = fields.get(attribute).map_or(&[][..], Value::members);
        members.iter().map(ToString::to_string).collect()
    };
    let (had, has) = (members(from), members(to));
    for member in has.iter().filter(|member| !had.contains(member)) {
        let mut item = Element::link(attribute.item, member);
        item.push(named(task, shown));
        body.child_or_new(spread.modified).push(item);
    }
    for member in had.iter().filter(|member| !has.contains(member)) {
        body.child_or_new(spread.removed).push(Element::link(attribute.item, member));
    }
}

/// A member that goes from one object to another is new there, and does not go.
fn drop_moved(tasks: &[Task], body: &mut Element) {
    let spreads = tasks.iter().filter_map(|task| task.step.kind.joint?.spread.as_ref());
    for Spread { modified, removed, .. } in spreads {
        let items = body.child(modified).map(Element::children).unwrap_or_default();
        let new: Vec<String> = items.iter().filter_map(|it| it.id().map(str::to_owned)).collect();
        if let Some(gone) = body.children_mut().iter_mut().find(|it| it.name() == *removed) {
            let goes = |it: &Element| it.id().is_none_or(|id| !new.iter().any(|new| new == id));
            gone.children_mut().retain(goes);
        }
        body.children_mut().retain(|it| it.name() != *removed || !it.children().is_empty());
    }
}

/// The object to which a member belongs, by its id, or by its name if the same call makes it.
fn named(task: &Task, shown: &Shown) -> Element {
    let kind = task.step.kind;
    let item = Element::new(kind.element);
    match (id_of(task, shown), &task.step.action) {
        (Some(id), _) => item.with_attribute("id", id),
        (None, Action::Create { fields, .. }) => {
            let name = kind.name_attribute().and_then(|name| fields.get(name));
            item.with(Element::leaf("name", name.map(ToString::to_string).unwrap_or_default()))
        }
        (None, _) => item,
    }
}
