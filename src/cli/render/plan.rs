//! A plan as text.

use std::collections::BTreeMap;
use std::fmt::Write;

use crate::cli::outline::{Deed, Group, Outline};
use crate::engine::printable;
use crate::plan::{DIFFERS, Note, Plan};
use crate::resources::{Action, Address};

use super::course::course;
use super::refused::refusals;
use super::rows::{rows, write_rows};
use super::{Ink, Screen, summary};

/// Where reasons begin, if the address leaves room.
const REASONS: usize = 34;

/// All of a plan: what is done, what is left alone, what it costs, and why it is refused if it is.
pub fn plan(plan: &Plan, screen: Screen) -> String {
    let outline = Outline::of(plan);
    let mut out = String::new();
    for resource in &outline.groups {
        group(&mut out, resource, plan, screen);
    }
    if !outline.groups.is_empty() {
        out.push('\n');
    }
    rest(&mut out, plan, &outline, screen);
    out
}

/// What follows the resources: notes, impacts, refusals and the summary.
pub fn rest(out: &mut String, plan: &Plan, outline: &Outline, screen: Screen) {
    notes(out, &plan.notes, screen);
    impacts(out, plan, screen);
    // In one line whatever its length, for those who look for it.
    writeln!(out, "{}", screen.ink(Ink::Bold, &summary(outline))).expect("a string takes all");
    refusals(out, &plan.refusals, screen);
}

/// One resource: a line that says what becomes of it and why, and the attributes below.
pub fn group(out: &mut String, group: &Group, plan: &Plan, screen: Screen) {
    heading(out, group, screen);
    let rows = rows(group, &plan.names);
    write_rows(out, rows, screen);
    if group.deed != Deed::Act
        && let Some(course) = course(group)
    {
        out.push_str("    ");
        screen.fill(out, 4, 8, &course);
    }
}

fn heading(out: &mut String, group: &Group, screen: Screen) {
    let ink = match group.deed {
        Deed::Create => Ink::Green,
        Deed::Change | Deed::Replace => Ink::Yellow,
        Deed::Remove => Ink::Red,
        Deed::Act | Deed::Find | Deed::Adopt => Ink::Cyan,
    };
    let sign = group.deed.sign();
    let address = printable(group.address.as_str());
    write!(out, "{} {}", screen.ink(ink, sign), screen.ink(Ink::Bold, &address))
        .expect("a string takes all");
    let reason = reason(group);
    if reason.is_empty() {
        out.push('\n');
        return;
    }
    let begun = sign.chars().count() + 1 + address.chars().count();
    let column = REASONS.max(begun + 2);
    let has_room = column + reason.chars().count() <= screen.width;
    if has_room || column == REASONS {
        write!(out, "{:width$}", "", width = column - begun).expect("a string takes all");
        screen.fill(out, column, column, &reason);
    } else {
        out.push_str("\n    ");
        screen.fill(out, 4, 4, &reason);
    }
}

fn reason(group: &Group) -> String {
    let because = group.because();
    match (group.deed, group.adopted) {
        (Deed::Adopt, Some(id)) => format!("exists already, as {}", printable(id)),
        (Deed::Act, Some(_)) if !sets_values(group) => match course(group) {
            Some(calls) => format!("exists already; {calls}"),
            None => "exists already, and differs".to_owned(),
        },
        (Deed::Change | Deed::Act, Some(_)) => "exists already, and differs".to_owned(),
        (Deed::Change, None) if because == DIFFERS => String::new(),
        (Deed::Act, None) => course(group).unwrap_or_default(),
        _ => printable(because).into_owned(),
    }
}

/// Whether rows show what the calls bring about.
fn sets_values(group: &Group) -> bool {
    group.steps.iter().any(|step| match &step.action {
        Action::Invoke { verb, with, .. } => verb.sets(with),
        _ => false,
    })
}

fn notes(out: &mut String, notes: &[Note], screen: Screen) {
    if notes.is_empty() {
        return;
    }
    let heading = screen.ink(Ink::Bold, "notes:");
    writeln!(out, "{heading}").expect("a string takes all");
    for Note { address, text } in notes {
        let text = match address {
            Some(address) => format!("{address}: {text}"),
            None => text.clone(),
        };
        out.push_str("  ");
        screen.fill(out, 2, 4, &printable(&text));
    }
    out.push('\n');
}

/// Who notices what, by what it is.
fn impacts(out: &mut String, plan: &Plan, screen: Screen) {
    if plan.impacts.is_empty() {
        return;
    }
    let mut by_what: BTreeMap<&str, Vec<&Address>> = BTreeMap::new();
    for impact in &plan.impacts {
        by_what.entry(&*impact.what).or_default().push(&impact.address);
    }
    let heading = screen.ink(Ink::Bold, "impact:");
    writeln!(out, "{heading}").expect("a string takes all");
    for (what, addresses) in by_what {
        let names: Vec<_> = addresses.iter().map(ToString::to_string).collect();
        let text = format!("{what} ({}): {}", names.len(), names.join(", "));
        out.push_str("  ");
        screen.fill(out, 2, 4, &printable(&text));
    }
    out.push('\n');
}
