//! The keys of resources: their names where that is possible, and no two the same.

use std::collections::HashMap;

use crate::resources::Address;
use crate::state::Object;

use super::scene::Scene;

/// Gives every item its address.
pub(super) fn assign(scene: &mut Scene) {
    let mut groups: HashMap<(Option<usize>, &'static str), Vec<usize>> = HashMap::new();
    let mut order = Vec::new();
    for (index, item) in scene.items.iter().enumerate() {
        let group = (item.parent, item.object.kind.section);
        let members = groups.entry(group).or_default();
        if members.is_empty() {
            order.push(group);
        }
        members.push(index);
    }
    for group in order {
        let (parent, section) = group;
        let above = parent.map(|parent| scene.items[parent].address.clone());
        let members = &groups[&group];
        for (index, key) in members.iter().zip(keys(scene, members, above.as_ref())) {
            scene.items[*index].address = match &above {
                Some(above) => above.child(section, &key),
                None => Address::new(section, &key),
            };
        }
    }
}

/// The keys of siblings. Those whose names are the same are told apart by what they stand in, or
/// else by numbers; who is not written takes no name from who is.
fn keys(scene: &Scene, members: &[usize], above: Option<&Address>) -> Vec<String> {
    let mut keys: Vec<String> = members.iter().map(|index| own_key(scene, *index, above)).collect();
    let is_written = |at: usize| scene.items[members[at]].is_written();
    let mut count: HashMap<String, usize> = HashMap::new();
    for at in (0..keys.len()).filter(|at| is_written(*at)) {
        *count.entry(keys[at].clone()).or_default() += 1;
    }
    for (at, index) in members.iter().enumerate() {
        let is_alone = count.get(&keys[at]).copied().unwrap_or_default() < 2;
        if is_alone && (is_written(at) || !count.contains_key(&keys[at])) {
            continue;
        }
        let scopes = scene.scopes(scene.items[*index].object);
        let nearest = scopes.into_iter().map(|scope| scene.label(scope));
        if let Some(scope) = nearest.map(|scope| plain(&scope)).find(|scope| *scope != keys[at]) {
            keys[at] = format!("{scope}-{}", keys[at]);
        }
    }
    numbered(keys)
}

fn numbered(keys: Vec<String>) -> Vec<String> {
    let mut seen: HashMap<String, usize> = HashMap::new();
    let number = |key: String| {
        let count = seen.entry(key.clone()).or_default();
        *count += 1;
        if *count == 1 { key } else { format!("{key}-{count}") }
    };
    keys.into_iter().map(number).collect()
}

/// The name of an item as a key; without the parent's key before it where keys give such names.
fn own_key(scene: &Scene, index: usize, above: Option<&Address>) -> String {
    let object = scene.items[index].object;
    let label = match object.kind.name_attribute() {
        Some(_) => scene.label(object),
        None if object.kind.single => by_key(scene, object),
        None if object.kind.called.is_some() => scene.label(object),
        None => whose(scene, object).unwrap_or_else(|| object.id.clone()),
    };
    let is_after_parent = object.kind.name_attribute().is_some_and(|name| name.after_parent);
    let short = above.filter(|_| is_after_parent).and_then(|above| {
        let rest = label.strip_prefix(above.key())?.strip_prefix('_')?;
        (!rest.is_empty()).then_some(rest)
    });
    plain(short.unwrap_or(&label))
}

/// What the key of an object says that its parent has once; its element if it says nothing.
fn by_key(scene: &Scene, object: &Object) -> String {
    let said = object.kind.attributes.iter().find(|attribute| attribute.from_key);
    let target = said.and_then(|attribute| scene.follow(object, attribute.name));
    let text = said.and_then(|attribute| object.fields.get(attribute)?.as_text());
    match (target, text) {
        (Some(target), _) => scene.label(target),
        (None, Some(text)) => text.to_owned(),
        (None, None) => object.kind.element.to_owned(),
    }
}

/// What an object without a name is about: the role and the user of a permission.
fn whose(scene: &Scene, object: &Object) -> Option<String> {
    let about = object.kind.scope().filter_map(|it| scene.follow(object, it.name));
    let labels: Vec<String> = about.map(|it| scene.label(it)).collect();
    (!labels.is_empty()).then(|| labels.join("-"))
}

/// A name without what means something in keys and addresses.
fn plain(name: &str) -> String {
    let is_taken = |c: char| c.is_control() || "/{}$".contains(c);
    let key: String = name.chars().map(|c| if is_taken(c) { '-' } else { c }).collect();
    if key.is_empty() { "unnamed".to_owned() } else { key }
}
