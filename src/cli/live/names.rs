//! What objects are called.

use crate::api::Type;
use crate::xml::{Element, Outline};

/// The elements that can be an object's name, the best first. Snapshots, jobs and events have
/// nothing but a description, a console its protocol.
const NAMES: [&str; 5] = ["user_name", "name", "alias", "description", "protocol"];

/// Objects that are called as what they link to: the attachment of a disk.
const BEHIND: [&str; 1] = ["disk_attachment"];

/// The link of objects of a type behind which their name stands.
pub fn behind(type_name: &str) -> Option<&'static str> {
    BEHIND.contains(&type_name).then_some("disk")
}

/// Keeps the names of objects, and nothing else.
pub fn outline() -> Outline {
    let mut outline = Outline::new();
    for name in NAMES {
        outline.keep([name]);
        outline.keep(["disk", name]);
    }
    outline
}

/// What an object is called; its id, if it has no name.
pub fn name(element: &Element) -> &str {
    let behind = behind(element.name()).and_then(|link| own(element.child(link)?));
    behind.or_else(|| own(element)).or_else(|| element.id()).unwrap_or_default()
}

fn own(element: &Element) -> Option<&str> {
    NAMES.iter().filter_map(|name| element.text_at(name)).find(|name| !name.is_empty())
}

/// The field of searches that holds the name of objects of a type.
pub fn field(of: &Type) -> Option<&'static str> {
    // A disk's name can be read but not searched for.
    let fields = ["alias", "name"];
    fields.into_iter().find(|field| of.attribute(field).is_some())
}
