//! Whether the engine has what it was sent: it drops some values and answers 200 all the same.

use crate::apply::Setback;
use crate::resources::{Attribute, Fields, Kind, Value, decode};
use crate::xml::Element;

/// What it means that an answer does not show an attribute.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Absent {
    /// Nothing: not every answer shows everything.
    IsNoMatter,
    /// That the attribute has its default.
    IsDefault,
}

/// Makes sure that each value is what the object's element shows.
pub(super) fn verify<'a>(
    kind: &Kind,
    element: &Element,
    wanted: impl Iterator<Item = (&'static Attribute, &'a Value)>,
    absent: Absent,
) -> Result<(), Setback> {
    let shown = decode(kind.attributes, element);
    for (attribute, wanted) in wanted {
        if !attribute.is_comparable() {
            continue;
        }
        let Some(shown) = value_of(kind, attribute, &shown, absent) else { continue };
        let shown = attribute.spoken_of(wanted, shown);
        if !agrees(wanted, &shown) {
            return Err(Setback::Ignored {
                attribute: attribute.name,
                wanted: attribute.show(wanted),
                shown: attribute.show(&shown),
            });
        }
    }
    Ok(())
}

fn value_of(
    kind: &Kind,
    attribute: &'static Attribute,
    shown: &Fields,
    absent: Absent,
) -> Option<Value> {
    if let Some(value) = shown.get(attribute) {
        return Some(value.clone());
    }
    // What is joined from another kind is a bare link in answers.
    let is_joined = kind.joined.is_some_and(|(element, _)| {
        attribute.name.strip_prefix(element).is_some_and(|rest| rest.starts_with('.'))
    });
    // So is what stands in a collection of its own.
    let has_default = attribute.default.is_some() && !is_joined && !attribute.is_elsewhere();
    (absent == Absent::IsDefault && has_default).then(|| attribute.default_value())
}

/// Whether what is shown is what is wanted. Members of lists may show more than was asked for.
fn agrees(wanted: &Value, shown: &Value) -> bool {
    match (wanted, shown) {
        // What stands for nothing is the engine's choice, and no secret is ever shown.
        (Value::Nothing | Value::Secret(_) | Value::Secrets(_), _) => true,
        (Value::Record(wanted), Value::Record(shown)) => {
            wanted.iter().all(|(a, w)| shown.get(a).is_none_or(|shown| agrees(w, shown)))
        }
        (Value::List(wanted), Value::List(shown)) => {
            wanted.len() == shown.len() && wanted.iter().zip(shown).all(|(w, s)| agrees(w, s))
        }
        (Value::Set(wanted), Value::Set(shown)) => {
            wanted.len() == shown.len() && wanted.iter().all(|w| shown.iter().any(|s| agrees(w, s)))
        }
        (wanted, shown) => wanted == shown,
    }
}
