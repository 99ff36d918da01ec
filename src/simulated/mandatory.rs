//! What a document has to hold: first the model's own checks, then those of the engine's resources.

use super::fault::Fault;
use super::schema::{Method, Needs, camel_case};
use crate::xml::Element;

/// Refuses a document in which something is missing that its method insists on.
pub fn check(name: &str, method: &Method, type_name: &str, body: &Element) -> Result<(), Fault> {
    check_model(method, body)?;
    let is_missing = |path: &&&str| !holds(body, path);
    let missing: Vec<String> =
        method.required.iter().filter(is_missing).map(|it| member_style(it)).collect();
    if missing.is_empty() {
        return Ok(());
    }
    Err(Fault::incomplete(&camel_case(type_name), &missing.join(", "), name))
}

fn check_model(method: &Method, body: &Element) -> Result<(), Fault> {
    // The paths of additions and updates begin with the name of the document, those of actions do
    // not.
    let prefix = method.path.is_none();
    let holds = |path: &str| match path.split_once('.').filter(|_| prefix) {
        Some((_, path)) => holds(body, path),
        None => holds(body, path),
    };
    let fits = |needs: &Needs| {
        needs.all.iter().all(|path| holds(path))
            && needs.either.iter().all(|paths| paths.iter().any(|path| holds(path)))
    };
    if !method.signatures.is_empty() && !method.signatures.iter().any(fits) {
        return Err(Fault::no_signature());
    }
    if let Some(path) = method.needs.all.iter().find(|path| !holds(path)) {
        return Err(Fault::mandatory(path));
    }
    let unmet = method.needs.either.iter().find(|paths| !paths.iter().any(|path| holds(path)));
    match unmet.map(Vec::as_slice) {
        Some([one, other]) => Err(Fault::either(one, other)),
        _ => Ok(()),
    }
}

/// Whether there is something at a path such as `cluster.id|name`; of a list, its first member
/// counts.
fn holds(element: &Element, path: &str) -> bool {
    let (step, rest) = path.split_once('.').map_or((path, None), |(step, rest)| (step, Some(rest)));
    step.split('|').any(|name| {
        if name == "id" && rest.is_none() && element.id().is_some() {
            return true;
        }
        let of_first = || element.children().first().and_then(|first| first.child(name));
        match (element.child(name).or_else(of_first), rest) {
            (Some(inner), Some(rest)) => {
                holds(inner, rest)
                    || inner.children().first().is_some_and(|first| holds(first, rest))
            }
            (found, None) => found.is_some(),
            (None, _) => false,
        }
    })
}

/// A path as the engine's code has it: `dataCenter.name|id`.
fn member_style(path: &str) -> String {
    let mut text = String::with_capacity(path.len());
    let mut raise = false;
    for letter in path.chars() {
        match letter {
            '_' => raise = true,
            _ if raise => {
                text.extend(letter.to_uppercase());
                raise = false;
            }
            _ => text.push(letter),
        }
    }
    text
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn alternatives_may_stand_anywhere_in_a_path() {
        let body = crate::xml::parse(
            b"<permission><group id='1'/><ranges><range><to>1</to></range></ranges></permission>",
        )
        .unwrap();
        assert!(holds(&body, "user|group.id"));
        assert!(holds(&body, "ranges.to"));
        assert!(!holds(&body, "ranges.from"));
        assert!(!holds(&body, "role.id|name"));
        assert_eq!(member_style("data_center.name|id"), "dataCenter.name|id");
    }
}
