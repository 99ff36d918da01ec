//! A plan in the layout of Terraform's, so that policy tools made for that can read it.

use std::sync::Arc;

use serde_json::{Map, Value as Json, json};

use crate::cli::outline::{Deed, Group, Outline};
use crate::cli::render::value::Names;
use crate::plan::Plan;
use crate::resources::{Action, Attribute, Change, Effect, Fields, Kind, Reference, Value};
use crate::state::{Object, Observed};

use super::value::{fields, put};

/// The version of Terraform's layout that this is.
const FORMAT_VERSION: &str = "1.2";

/// The plan. `observed` is what it was made from: it has the attributes that stay.
pub fn plan(plan: &Plan, observed: &Observed) -> Json {
    let outline = Outline::of(plan);
    let resources: Vec<Json> =
        outline.groups.iter().map(|group| resource(group, plan, observed)).collect();
    json!({
        "format_version": FORMAT_VERSION,
        "virtuform_version": env!("CARGO_PKG_VERSION"),
        "applyable": plan.refusals.is_empty() && !plan.steps.is_empty(),
        "complete": true,
        "errored": false,
        "resource_changes": resources,
        "notes": plan.notes.iter().map(|note| json!({
            "address": note.address, "text": note.text,
        })).collect::<Vec<_>>(),
        "impacts": plan.impacts.iter().map(|impact| json!({
            "address": impact.address, "what": impact.what,
        })).collect::<Vec<_>>(),
        "refusals": plan.refusals.iter().map(|refusal| json!({
            "address": refusal.address, "message": refusal.message, "hint": refusal.hint,
        })).collect::<Vec<_>>(),
    })
}

fn resource(group: &Group, plan: &Plan, observed: &Observed) -> Json {
    let kind = group.kind.map_or("", |kind| kind.name);
    let mut resource = json!({
        "address": group.address,
        "mode": "managed",
        "type": kind,
        "name": group.address.key(),
        "provider_name": "virtuform",
        "change": change(group, plan, observed),
        "action_reason": group.because(),
    });
    if group.adopted.is_some() {
        resource["importing"] = json!({ "id": group.adopted });
    }
    resource
}

/// What becomes of a resource, in Terraform's words.
fn actions(deed: Deed) -> Json {
    match deed {
        Deed::Create => json!(["create"]),
        Deed::Change | Deed::Act => json!(["update"]),
        Deed::Replace => json!(["delete", "create"]),
        Deed::Remove => json!(["delete"]),
        Deed::Find | Deed::Adopt => json!(["no-op"]),
    }
}

fn change(group: &Group, plan: &Plan, observed: &Observed) -> Json {
    let names = &plan.names;
    let before = found(group, observed);
    let is_made = matches!(group.deed, Deed::Create | Deed::Replace);
    let stays = before.filter(|_| !is_made).map(|object| object.fields.clone());
    let after = (group.deed != Deed::Remove).then(|| after(group, stays.unwrap_or_default()));
    let mut unknown = Map::new();
    if is_made || group.deed == Deed::Find {
        unknown.insert("id".to_owned(), json!(true));
    }
    json!({
        "actions": actions(group.deed),
        "before": before.map(|object| with_id(&object.fields, Some(&object.id), names)),
        "after": after.as_ref().map(|after| {
            let id = before.filter(|_| !is_made).map(|object| object.id.as_str());
            with_id(after, id, names)
        }),
        "after_unknown": unknown,
        "before_sensitive": before.map_or(json!(false), |object| sensitive(&object.fields)),
        "after_sensitive": after.as_ref().map_or(json!(false), sensitive),
        "replace_paths": replaced_by(group),
    })
}

/// The object as it was found, if it exists.
fn found<'o>(group: &Group, observed: &'o Observed) -> Option<&'o Object> {
    let kind: &'static Kind = group.kind?;
    let step = group.steps.iter().find(|step| step.object.is_some())?;
    let parent = match &step.parent {
        Some(Reference::Id(id)) => Some(id.as_str()),
        _ => None,
    };
    let id = step.object.as_deref()?;
    observed.get(kind, parent, id).or_else(|| observed.anywhere(kind, id))
}

/// What it will be, as far as the plan says.
fn after(group: &Group, mut fields: Fields) -> Fields {
    for step in &group.steps {
        match &step.action {
            Action::Create { fields: made, .. } => fields = made.over(&fields),
            Action::Find { identity } => fields = identity.over(&fields),
            Action::Update { changes, .. } => set(&mut fields, changes),
            Action::Link { attribute, member, adds } => {
                relink(&mut fields, attribute, member, *adds)
            }
            Action::Delete { .. } => fields = Fields::new(),
            Action::Invoke { verb, with, .. } if verb.sets(with) => fields = with.over(&fields),
            Action::Invoke { verb, changes, .. } => {
                set(&mut fields, changes);
                set_by(group.kind, verb.name, &mut fields);
            }
            Action::Upload { attribute, file } => {
                fields.set(attribute, Value::File(Arc::clone(file)));
            }
            Action::Await { .. } => {}
        }
    }
    fields
}

fn set(fields: &mut Fields, changes: &[Change]) {
    for Change { attribute, to, .. } in changes {
        fields.set(attribute, to.clone());
    }
}

/// Adds a member to a set, or removes it.
fn relink(fields: &mut Fields, attribute: &'static Attribute, member: &Value, adds: bool) {
    let members = fields.get(attribute).map_or(&[][..], Value::members);
    let others = members.iter().filter(|other| *other != member);
    let set = Value::set(others.chain(adds.then_some(member)).cloned());
    fields.set(attribute, set);
}

/// The attribute that a call brings to a value, such as `status`.
fn set_by(kind: Option<&'static Kind>, verb: &str, fields: &mut Fields) {
    for attribute in kind.into_iter().flat_map(|kind| kind.attributes) {
        if let Some((word, _)) = attribute.set_by.iter().find(|(_, by)| by.name == verb) {
            fields.set(attribute, Value::Text((*word).to_owned()));
        }
    }
}

fn with_id(of: &Fields, id: Option<&str>, names: &Names) -> Json {
    let mut object = fields(of, names);
    if let (Some(id), Json::Object(object)) = (id, &mut object) {
        object.insert("id".to_owned(), json!(id));
    }
    object
}

/// The attributes whose values are masked.
fn sensitive(fields: &Fields) -> Json {
    let mut object = Map::new();
    for (attribute, value) in fields.iter() {
        if attribute.is_masked() || matches!(value, Value::Secret(_) | Value::Secrets(_)) {
            put(&mut object, attribute, json!(true));
        }
    }
    Json::Object(object)
}

/// The attributes that force the replacement.
fn replaced_by(group: &Group) -> Json {
    let changes = group.steps.iter().flat_map(|step| match &step.action {
        Action::Update { changes, .. } => changes.as_slice(),
        _ => &[],
    });
    let mut paths: Vec<Vec<&str>> = changes
        .filter(|change| change.effect == Effect::Replace)
        .map(|change| change.attribute.name.split('.').collect())
        .collect();
    // The plan says it in words only: "`template` cannot be changed on the same object".
    if group.deed == Deed::Replace
        && let Some(name) = group.because().split('`').nth(1)
    {
        paths.push(name.split('.').collect());
    }
    json!(paths)
}
