//! What objects are called.

use crate::api::Type;
use crate::xml::{Element, Outline};

/// The elements that can be an object's name, the best first. Snapshots, jobs and events have
/// nothing but a description.
const NAMES: [&str; 4] = ["name", "alias", "user_name", "description"];

/// Keeps the names of objects, and nothing else.
pub fn outline() -> Outline {
    let mut outline = Outline::new();
    for name in NAMES {
        outline.keep([name]);
    }
    outline
}

/// What an object is called; its id, if it has no name.
pub fn name(element: &Element) -> &str {
    let named = NAMES.iter().filter_map(|name| element.text_at(name)).find(|name| !name.is_empty());
    named.or_else(|| element.id()).unwrap_or_default()
}

/// The field of searches that holds the name of objects of a type.
pub fn field(of: &Type) -> Option<&'static str> {
    // A disk's name can be read but not searched for.
    let fields = ["alias", "name"];
    fields.into_iter().find(|field| of.attribute(field).is_some())
}
