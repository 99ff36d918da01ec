//! Checks over the finished plan that can refuse it.

use std::borrow::Cow;
use std::collections::HashSet;

use crate::resources::{Action, Address, Change, Effect, Loss, Value, format_size, round_size};

use super::check::in_the_way;
use super::draft::{Draft, Unwilling, What, is_allowed};
use super::room::shortages;
use super::step::{Impact, Limits, Refusal};
use super::world::World;

/// Everything that forbids the drafts.
pub(super) fn guard(
    world: &World,
    drafts: &[Draft],
    unwilling: &[Unwilling],
    limits: &Limits,
) -> Vec<Refusal> {
    let mut refusals: Vec<Refusal> =
        unwilling.iter().map(|it| without_consent(it, drafts)).collect();
    let replaced = |draft: &Draft| {
        let is_it = |it: &&Unwilling| it.address == draft.address && it.effect == Effect::Replace;
        unwilling.iter().any(|it| is_it(&it))
    };
    refusals.extend(in_the_way(world, drafts));
    refusals.extend(shortages(world, drafts));
    refusals.extend(protected(world, drafts));
    refusals.extend(forbidden(drafts));
    refusals.extend(loses_data(drafts, limits, replaced));
    refusals.extend(too_many_deletions(world, drafts, limits));
    refusals
}

/// A change that needs a stop or a new object, and may not have it.
fn without_consent(unwilling: &Unwilling, drafts: &[Draft]) -> Refusal {
    let Unwilling { address, attribute, effect } = unwilling;
    let (message, hint, consent) = match effect {
        Effect::Replace => (
            format!("{address}: `{attribute}` cannot be changed; it would have to be replaced"),
            match removals(drafts).find(|it| it.address == *address && takes_data_along(it)) {
                Some(draft) if leaves_data(draft) => {
                    format!("`--allow-destroy '{address}'` allows it; the engine loses its data")
                }
                Some(_) => format!("`--allow-destroy '{address}'` allows it, and deletes its data"),
                None => {
                    let option = format!("`--allow-destroy '{address}'`");
                    format!("say `lifecycle: {{ replace: allow }}`, or {option}")
                }
            },
            "--allow-destroy",
        ),
        _ => (
            format!("{address}: `{attribute}` can only be changed while it is out of service"),
            format!("say `lifecycle: {{ restart: when_needed }}`, or `--allow-restart {address}`"),
            "--allow-restart",
        ),
    };
    Refusal { address: Some(address.clone()), message, hint, consent: Some(consent) }
}

fn removals(drafts: &[Draft]) -> impl Iterator<Item = &Draft> {
    drafts.iter().filter(|draft| draft.what == What::Remove)
}

/// A resource that its owners protect.
fn protected<'a>(world: &'a World, drafts: &'a [Draft]) -> impl Iterator<Item = Refusal> + 'a {
    let is_protected = |address: &Address| {
        let by_manifest = world.at(address).and_then(|node| node.resource);
        let by_ledger = world.ledger.entries.get(address);
        by_manifest.map_or(by_ledger.is_some_and(|entry| entry.protect), |r| r.rules.protect)
    };
    removals(drafts).filter(move |draft| is_protected(&draft.address)).map(|draft| Refusal {
        address: Some(draft.address.clone()),
        message: format!("{}: is protected, and would be removed", draft.address),
        hint: "take `protect: true` out and apply, before its removal".to_owned(),
        consent: None,
    })
}

/// An object that the engine itself protects: nobody but its owners takes that off.
fn forbidden(drafts: &[Draft]) -> impl Iterator<Item = Refusal> + '_ {
    removals(drafts).filter_map(|draft| {
        let is_set = |name: &str| draft.fields.named(name).is_some_and(Value::is_true);
        let mut flags = draft.kind.attributes.iter().filter(|attribute| attribute.forbids_removal);
        let flag = flags.find(|attribute| is_set(attribute.name))?.name;
        Some(Refusal {
            address: Some(draft.address.clone()),
            message: format!("{}: cannot be removed while it has `{flag}`", draft.address),
            hint: format!("say `{flag}: false` and apply, before its removal"),
            consent: None,
        })
    })
}

/// Data that would be lost without consent by name.
fn loses_data(drafts: &[Draft], limits: &Limits, is_told: impl Fn(&Draft) -> bool) -> Vec<Refusal> {
    let losing = removals(drafts).filter(|draft| takes_data_along(draft) && !is_told(draft));
    let forbidden = losing.filter(|draft| !is_allowed(&draft.address, &limits.allow_destroy));
    let made: HashSet<&Address> =
        drafts.iter().filter(|draft| draft.what == What::Make).map(|it| &it.address).collect();
    forbidden.map(|draft| loss(draft, made.contains(&draft.address))).collect()
}

fn loss(draft: &Draft, is_replaced: bool) -> Refusal {
    let address = &draft.address;
    let what = match (is_replaced, leaves_data(draft)) {
        (true, true) => "would be replaced, and the engine lose its data",
        (true, false) => "would be replaced, and its data deleted",
        (false, true) => "would leave the engine with its data",
        (false, false) => "would be deleted with its data",
    };
    let allow = format!("allow it with `--allow-destroy '{address}'`");
    let hint = match is_replaced {
        true => allow,
        false => {
            let give_up = format!("`removed: [{{ from: {address}, destroy: false }}]`");
            format!("{allow}, or give it up with {give_up}")
        }
    };
    Refusal {
        address: Some(address.clone()),
        message: format!("{address}: {what}"),
        hint,
        consent: Some("--allow-destroy"),
    }
}

/// Whether data goes with a removal.
fn takes_data_along(draft: &Draft) -> bool {
    match draft.kind.loss {
        Loss::Nothing => false,
        Loss::Data => true,
        Loss::DataUnless(flag) => {
            let said = draft.fields.named(flag).cloned();
            let usual = || draft.kind.attribute(flag).map(|flag| flag.default_value());
            !said.or_else(usual).is_some_and(|value| value.is_true())
        }
    }
}

/// Whether those stay where they lie, and only the engine loses them.
fn leaves_data(draft: &Draft) -> bool {
    (draft.kind.leaves_data)(&draft.fields)
}

/// More deletions than anybody means.
fn too_many_deletions(world: &World, drafts: &[Draft], limits: &Limits) -> Option<Refusal> {
    let count = removals(drafts).count();
    let kept = world.ledger.entries.len().max(1);
    let share = count * 100 / kept;
    let is_too_many = count > limits.max_deletions && share > limits.max_deletions_percent;
    is_too_many.then(|| Refusal {
        address: None,
        message: format!("{count} of {kept} resources would be removed ({share} %)"),
        hint: format!("if that is meant, say `--max-deletions {count}`"),
        consent: None,
    })
}

/// What people and machines will notice.
pub(super) fn impacts(drafts: &[Draft]) -> Vec<Impact> {
    let of = |draft: &Draft| {
        let all = impact(draft).map(Cow::Borrowed).into_iter();
        let all = all.chain(copies(draft)).chain(uploads(draft));
        all.map(|what| Impact { address: draft.address.clone(), what }).collect::<Vec<_>>()
    };
    drafts.iter().flat_map(of).collect()
}

/// How much data its calls copy together, at most.
fn copies(draft: &Draft) -> Option<Cow<'static, str>> {
    let copied = draft.course.actions().filter_map(|action| {
        let Action::Invoke { verb, .. } = action else { return None };
        draft.fields.named(verb.copies?)?.as_integer()
    });
    let bytes: i64 = copied.sum();
    (bytes > 0).then(|| format!("up to {} are copied", format_size(bytes)).into())
}

/// How much data it sends, at most.
fn uploads(draft: &Draft) -> Option<Cow<'static, str>> {
    let file = draft.course.actions().find_map(|action| match action {
        Action::Upload { file, .. } => Some(file),
        _ => None,
    });
    Some(format!("up to {} are uploaded", round_size(file?.length)).into())
}

fn impact(draft: &Draft) -> Option<&'static str> {
    let calls = |names: &[&str]| {
        draft.course.actions().any(|action| match action {
            Action::Invoke { verb, .. } => names.contains(&verb.name),
            _ => false,
        })
    };
    let comes_up = |action: &Action| match action {
        Action::Await { becomes, .. } => becomes.contains(&"up"),
        _ => false,
    };
    let stops = calls(&["stop", "shutdown", "deactivate", "upgrade"]);
    let starts = calls(&["start", "activate"]) || draft.course.actions().any(comes_up);
    match draft.what {
        What::Remove if takes_data_along(draft) && leaves_data(draft) => {
            Some("leaves the engine with its data, which stay on the storage")
        }
        What::Remove if takes_data_along(draft) => Some("is deleted with its data"),
        What::Change if stops && starts => Some("is restarted"),
        What::Change if is_replugged(draft) => Some("is unplugged for a moment"),
        What::Remove if !unplugged(draft).is_empty() => Some("is unplugged from a running VM"),
        What::Change | What::Remove if stops => Some("goes out of service"),
        _ => None,
    }
}

/// The flags that are taken back before something else is done.
fn unplugged(draft: &Draft) -> Vec<&'static str> {
    switched(draft, false)
}

/// Whether a flag is taken back and set again: a running guest does not see the object meanwhile.
fn is_replugged(draft: &Draft) -> bool {
    let set = switched(draft, true);
    unplugged(draft).iter().any(|flag| set.contains(flag))
}

/// The flags that changes set to a value.
fn switched(draft: &Draft, to: bool) -> Vec<&'static str> {
    let changes = draft.course.actions().filter_map(|action| match action {
        Action::Update { changes, .. } => Some(changes),
        _ => None,
    });
    let plugs = |change: &&Change| matches!(change.attribute.name, "plugged" | "active");
    let is_it = |change: &&Change| plugs(change) && change.to == Value::Flag(to);
    changes.flatten().filter(is_it).map(|change| change.attribute.name).collect()
}
