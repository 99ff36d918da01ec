//! Small changes to elements that the rules make again and again.

use super::schema::SCHEMA;
use crate::xml::Element;

/// Puts a child in place of those of the same name.
pub fn put(parent: &mut Element, child: Element) {
    let name = child.name().to_owned();
    match parent.children().iter().position(|it| it.name() == name) {
        Some(at) => parent.children_mut()[at] = child,
        None => parent.push(child),
    }
}

/// Sets the text at the end of a path of names, making what is missing.
pub fn set(parent: &mut Element, path: &str, text: impl AsRef<str>) {
    let mut at = parent;
    for name in path.split('/') {
        at = child(at, name);
    }
    at.set_text(text);
}

/// The child of that name, made if there is none; its name is the schema's, so it needs no copy.
fn child<'a>(parent: &'a mut Element, name: &str) -> &'a mut Element {
    let at = parent.children().iter().position(|it| it.name() == name).unwrap_or_else(|| {
        parent.push(Element::new(SCHEMA.known_name(name)));
        parent.children().len() - 1
    });
    &mut parent.children_mut()[at]
}

/// Sets the text at the end of a path of names unless something stands there.
pub fn default(parent: &mut Element, path: &str, text: impl AsRef<str>) {
    if parent.at(path).is_none() {
        set(parent, path, text);
    }
}

/// Removes the children of that name; returns whether there was one.
pub fn drop_child(parent: &mut Element, name: &str) -> bool {
    let before = parent.children().len();
    parent.children_mut().retain(|child| child.name() != name);
    parent.children().len() != before
}

/// Removes what stands at the end of a path of names.
pub fn drop_at(parent: &mut Element, path: &str) {
    match path.rsplit_once('/') {
        None => {
            drop_child(parent, path);
        }
        Some((outer, name)) => {
            let mut at = parent;
            for step in outer.split('/') {
                let Some(next) = at.children_mut().iter_mut().find(|it| it.name() == step) else {
                    return;
                };
                at = next;
            }
            drop_child(at, name);
        }
    }
}

/// Takes the children of that name out, the last of them returned.
pub fn take(parent: &mut Element, name: &str) -> Option<Element> {
    let at = parent.children().iter().position(|child| child.name() == name)?;
    Some(parent.children_mut().remove(at))
}

/// The number at the end of a path of names.
pub fn number(parent: &Element, path: &str) -> Option<i64> {
    parent.text_at(path)?.trim().parse().ok()
}

/// Whether the text at the end of a path of names is `true`.
pub fn flag(parent: &Element, path: &str) -> Option<bool> {
    parent.text_at(path).map(|text| text == "true")
}

/// The id of a reference at the end of a path of names.
pub fn id_at<'a>(parent: &'a Element, path: &str) -> Option<&'a str> {
    parent.at(path)?.id().filter(|id| !id.is_empty())
}

/// Replaces a reference: `<name id="id"/>`.
pub fn refer(parent: &mut Element, name: &'static str, id: impl Into<String>) {
    put(parent, Element::link(name, id));
}
