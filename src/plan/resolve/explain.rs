//! What is said of a name that stands for nothing, or for too much.

use crate::resources::{Reference, Surroundings};
use crate::state::{Problem, Problems};

use super::super::world::{Node, Target, World};
use super::{Open, Scope, choose, each_name, is_sibling, name_in, path_of};

/// Says what is unclear of objects that turned out to have to be made once more.
pub(in crate::plan) fn explain_replaced(world: &World, problems: &mut Problems) {
    for (index, node) in world.nodes.iter().enumerate().filter(|(_, it)| it.object.is_none()) {
        for (attribute, value) in node.fields.iter() {
            each_name(attribute, value, &mut |by, kind, name| {
                let holder = by.inside.map(|of| node.fields.named(of)?.as_reference().cloned());
                let (is_closed, inside) = (holder.is_some(), holder.flatten());
                let scope = Scope { place: inside.as_ref(), is_closed };
                if let Err(unclear) = choose(world, by, name, scope) {
                    let name = name.to_owned();
                    let open = Open { index, attribute, kind, inside, name, unclear };
                    problems.push(explain(world, &open));
                }
                Reference::Name(name.to_owned())
            });
        }
    }
}

pub(super) fn explain(world: &World, open: &Open) -> Problem {
    let node = &world.nodes[open.index];
    let what = format!("{}: `{}` refers to `{}`, ", node.address, open.attribute.name, open.name);
    let at = node.resource.map(|resource| resource.place(open.attribute).clone());
    let (message, hint) = if open.unclear.found.is_empty() {
        let why = match &open.inside {
            Some(holder) => {
                format!("{what}which does not lie on `{}`", called(world, open, holder))
            }
            None => format!("{what}which is neither in the manifests nor on the engine"),
        };
        (why, suggest(world, open))
    } else {
        let found = open.unclear.found.join("`, `");
        (
            format!("{what}which may be any of `{found}`"),
            Some(
                "write the path that only the right one has, such as `network/profile`".to_owned(),
            ),
        )
    };
    Problem { at, message, hint, discreet: false }
}

/// What the holder of what is referred to is called.
fn called(world: &World, open: &Open, holder: &Reference) -> String {
    let target = open.kind.parent.and_then(|parent| world.target(parent, holder));
    target.map(|target| world.name_of(target)).unwrap_or_default()
}

/// The names of that kind below the same parent, or below what is said to hold it.
fn siblings(world: &World, open: &Open) -> Vec<String> {
    let holder = open.inside.clone().or_else(|| world.holder(Target::Node(open.index)));
    let below = holder.map(|holder| world.children(&holder, open.kind)).unwrap_or_default();
    below.iter().map(|fields| name_in(open.kind, fields)).collect()
}

/// The names of that kind which look most like what was written.
fn suggest(world: &World, open: &Open) -> Option<String> {
    let is_near = open.inside.is_some() || is_sibling(world.nodes[open.index].kind, open.kind);
    let mut known: Vec<String> = match is_near {
        true => siblings(world, open),
        false => {
            let keys = |node: &&Node| node.kind == open.kind && node.resource.is_some();
            let keys = world.nodes.iter().filter(keys).map(|node| node.address.key().to_owned());
            let found = world.observed.of(open.kind).map(|o| path_of(world, Target::Object(o)));
            keys.chain(found).collect()
        }
    };
    known.sort();
    known.dedup();
    let likeness = |name: &String| {
        let whole = strsim::jaro_winkler(name, &open.name);
        let last = name.rsplit('/').next().unwrap_or_default();
        whole.max(strsim::jaro_winkler(last, &open.name))
    };
    known.sort_by(|a, b| likeness(b).total_cmp(&likeness(a)));
    match known.first() {
        None if open.inside.as_ref().is_some_and(|it| matches!(it, Reference::Address(_))) => {
            Some("that is still to be made, and nothing will lie on it".to_owned())
        }
        None if !open.kind.managed => Some(format!("no {} lies there", open.kind.name)),
        None => Some(format!("add it under `{}:`", open.kind.section)),
        Some(best) if likeness(best) > 0.8 => Some(format!("did you mean `{best}`?")),
        Some(_) => {
            let shown: Vec<_> = known.iter().take(5).map(|name| format!("`{name}`")).collect();
            let verb = if shown.len() == 1 { "is" } else { "are" };
            Some(format!("there {verb} {}", shown.join(", ")))
        }
    }
}
