//! Values as JSON. Secrets are masked; references are the names that people know.

use serde_json::{Map, Value as Json, json};

use crate::cli::render::value::{Names, name};
use crate::resources::{Action, Attribute, Change, Fields, Secret, Value, Watched};

/// A value.
pub fn value(value: &Value, names: &Names) -> Json {
    match value {
        Value::Nothing => Json::Null,
        Value::Text(text) => json!(text),
        Value::Integer(number) => json!(number),
        Value::Flag(flag) => json!(flag),
        Value::Reference(reference) => json!(name(reference, names)),
        Value::Set(values) | Value::List(values) => {
            values.iter().map(|member| self::value(member, names)).collect()
        }
        Value::Map(entries) => json!(entries),
        Value::Record(members) => fields(members, names),
        Value::Secret(_) | Value::Secrets(_) => json!(Secret::MASK),
        Value::File(file) => json!(file.name),
    }
}

/// A value of an attribute.
fn of(attribute: &Attribute, value: &Value, names: &Names) -> Json {
    match attribute.is_masked() && *value != Value::Nothing {
        true => json!(Secret::MASK),
        false => self::value(value, names),
    }
}

/// Values by attribute, nested as the dots in their names say.
pub fn fields(fields: &Fields, names: &Names) -> Json {
    let mut object = Map::new();
    for (attribute, member) in fields.iter() {
        put(&mut object, attribute, of(attribute, member, names));
    }
    Json::Object(object)
}

/// Puts something where the attribute's name says.
pub fn put(object: &mut Map<String, Json>, attribute: &Attribute, what: Json) {
    let Some((path, last)) = attribute.name.rsplit_once('.') else {
        object.insert(attribute.name.to_owned(), what);
        return;
    };
    let mut inner = object;
    for part in path.split('.') {
        let next = inner.entry(part).or_insert_with(|| Json::Object(Map::new()));
        if !next.is_object() {
            *next = Json::Object(Map::new());
        }
        inner = next.as_object_mut().expect("it has just been made one");
    }
    inner.insert(last.to_owned(), what);
}

/// An action, whole: two that do the same are equal, but for the values of secrets.
pub fn action(action: &Action, names: &Names) -> Json {
    match action {
        Action::Create { fields: with, .. } => json!({ "create": fields(with, names) }),
        Action::Find { identity } => json!({ "find": fields(identity, names) }),
        Action::Update { changes, along, next_start } => json!({ "update": {
            "changes": changes.iter().map(|it| change(it, names)).collect::<Vec<_>>(),
            "along": fields(along, names),
            "next_start": next_start,
        }}),
        Action::Delete { with } => json!({ "delete": fields(with, names) }),
        Action::Link { attribute, member, adds } => {
            let what = if *adds { "link" } else { "unlink" };
            json!({ what: { "attribute": attribute.name, "member": of(attribute, member, names) } })
        }
        Action::Invoke { verb, changes, .. } => {
            let mut call = json!({ "verb": verb.name, "path": verb.path });
            if !changes.is_empty() {
                call["changes"] = changes.iter().map(|it| change(it, names)).collect();
            }
            json!({ "invoke": call })
        }
        Action::Upload { attribute, file } => json!({ "upload": {
            "attribute": attribute.name, "file": file.name, "digest": file.digest,
        }}),
        Action::Await { of, attribute, becomes, .. } => {
            let mut wait = json!({ "attribute": attribute, "becomes": becomes });
            if let Watched::Parts(parts) = of {
                wait["of"] = json!(name(&parts.of, names));
                wait["below"] = parts.below.iter().map(|it| name(it, names)).collect();
            }
            json!({ "await": wait })
        }
    }
}

fn change(change: &Change, names: &Names) -> Json {
    let Change { attribute, from, to, effect } = change;
    json!({
        "attribute": attribute.name,
        "from": from.as_ref().map(|from| of(attribute, from, names)),
        "to": of(attribute, to, names),
        "effect": effect.words(),
    })
}
