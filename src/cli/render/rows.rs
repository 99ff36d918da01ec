//! The attributes of a resource in a plan, in columns.

use std::fmt::Write;
use std::sync::Arc;

use similar::{ChangeTag, TextDiff};

use crate::cli::outline::{Deed, Group};
use crate::resources::{Action, Attribute, Call, Change, Effect, Fields, Reference, Value};

use super::value::{Names, is_long, parts, show};
use super::{Ink, Screen};

/// One attribute: its name, its value or change, and when that takes effect.
pub struct Row {
    name: &'static str,
    line: String,
    /// What is shown below the name in place of the line, if that does not fit or there is none.
    block: Vec<Line>,
    /// Whether the block has to be.
    is_block: bool,
    /// Whether the block's lines are those of a text, which are not broken.
    keeps_lines: bool,
    effect: &'static str,
}

/// A line of a block, with its sign.
type Line = (char, String);

/// The rows of a resource, in the order of its steps. What several calls say is said once, with
/// what the last of them does.
pub fn rows(group: &Group, names: &Names) -> Vec<Row> {
    let mut rows: Vec<Row> = Vec::new();
    for row in all_rows(group, names) {
        match rows.iter_mut().find(|it| it.name == row.name && it.line == row.line) {
            Some(same) => same.effect = row.effect,
            None => rows.push(row),
        }
    }
    let later = group.kind.map(|kind| kind.later);
    for row in rows.iter_mut().filter(|row| row.effect == Effect::NextStart.words()) {
        row.effect = later.unwrap_or(row.effect);
    }
    rows
}

fn all_rows(group: &Group, names: &Names) -> Vec<Row> {
    let mut rows = Vec::new();
    let is_unsure = |action: &Action| matches!(action, Action::Create { unless_there: true, .. });
    let is_unsure = group.steps.iter().any(|step| is_unsure(&step.action));
    for step in &group.steps {
        match &step.action {
            Action::Create { fields, .. } => {
                let fields = fields.iter().filter(|(attribute, value)| {
                    !attribute.from_key || show(attribute, value, names) != step.address.key()
                });
                rows.extend(fields.map(|(attribute, value)| of_value(attribute, value, names)));
            }
            Action::Update { changes, .. } => {
                // What may have come along is changed to what it would be made with.
                let is_news = |change: &&Change| {
                    !is_unsure || rows.iter().all(|row: &Row| row.name != change.attribute.name)
                };
                let news: Vec<_> = changes.iter().filter(is_news).collect();
                rows.extend(news.into_iter().map(|change| of_change(change, names)));
            }
            Action::Link { attribute, member, adds } if group.deed == Deed::Change => {
                rows.push(of_member(attribute, member, *adds, names));
            }
            Action::Invoke { changes, .. } if !changes.is_empty() => {
                rows.extend(changes.iter().map(|change| of_change(change, names)));
            }
            Action::Invoke { verb, with, .. } if verb.sets(with) => {
                let news = with.iter().filter(|(attribute, to)| !is_put(group, attribute, to));
                rows.extend(news.map(|(a, value)| of_value(a, value, names)));
            }
            Action::Delete { with } => rows.extend(parameters(with, names)),
            // What changes of another object shows nowhere else.
            Action::Invoke { verb, with, .. }
                if matches!(verb.call, Call::Put(_) | Call::Post(_)) =>
            {
                let sent = with.filter(|attribute| verb.sends.contains(&attribute.name));
                rows.extend(parameters(&news(&rows, &sent), names));
            }
            Action::Upload { attribute, file } => {
                let file = Fields::from_iter([(*attribute, Value::File(Arc::clone(file)))]);
                rows.extend(parameters(&news(&rows, &file), names));
            }
            Action::Find { .. }
            | Action::Link { .. }
            | Action::Invoke { .. }
            | Action::Await { .. } => {}
        }
    }
    rows
}

/// Whether a PUT brings the attribute to that value, too: a disc changes in the drive and in what is
/// kept.
fn is_put(group: &Group, attribute: &Attribute, to: &Value) -> bool {
    let puts = group.steps.iter().filter_map(|step| match &step.action {
        Action::Update { changes, .. } => Some(changes),
        _ => None,
    });
    puts.flatten().any(|change| change.attribute == attribute && change.to == *to)
}

/// What no row tells yet.
fn news(rows: &[Row], fields: &Fields) -> Fields {
    fields.filter(|attribute| rows.iter().all(|row| row.name != attribute.name))
}

fn parameters(with: &Fields, names: &Names) -> impl Iterator<Item = Row> {
    // An id that has no name here tells nobody anything.
    let has_name = |value: &Value| match value {
        Value::Reference(Reference::Id(id)) => names.contains_key(id),
        _ => true,
    };
    let with = with.iter().filter(move |(_, value)| has_name(value));
    with.map(|(attribute, value)| of_value(attribute, value, names))
}

fn of_value(attribute: &Attribute, value: &Value, names: &Names) -> Row {
    let block = parts(attribute, value, names).into_iter().map(|part| ('|', part)).collect();
    Row {
        name: attribute.name,
        line: show(attribute, value, names),
        block,
        is_block: is_long(attribute, value),
        keeps_lines: is_long(attribute, value),
        effect: "",
    }
}

fn of_member(attribute: &Attribute, member: &Value, adds: bool, names: &Names) -> Row {
    let sign = if adds { '+' } else { '-' };
    let line = format!("{sign} {}", show(attribute, member, names));
    Row {
        name: attribute.name,
        line,
        block: Vec::new(),
        is_block: false,
        keeps_lines: false,
        effect: Effect::Now.words(),
    }
}

fn of_change(change: &Change, names: &Names) -> Row {
    let Change { attribute, from, to, effect } = change;
    let from = match from {
        Some(from) => from.clone(),
        None if attribute.is_comparable() => attribute.default_value(),
        None => {
            let row = of_value(attribute, to, names);
            return Row { line: format!("-> {}", row.line), effect: effect.words(), ..row };
        }
    };
    let keeps_lines = is_long(attribute, &from) || is_long(attribute, to);
    Row {
        name: attribute.name,
        line: format!("{} -> {}", show(attribute, &from, names), show(attribute, to, names)),
        block: difference(&parts(attribute, &from, names), &parts(attribute, to, names)),
        is_block: keeps_lines,
        keeps_lines,
        effect: effect.words(),
    }
}

/// The lines that differ, each with its sign, amid two that do not.
fn difference(from: &[String], to: &[String]) -> Vec<Line> {
    let from: Vec<&str> = from.iter().map(String::as_str).collect();
    let to: Vec<&str> = to.iter().map(String::as_str).collect();
    let diff = TextDiff::from_slices(&from, &to);
    let mut lines = Vec::new();
    for (index, operations) in diff.grouped_ops(2).iter().enumerate() {
        if index > 0 {
            lines.push((' ', "...".to_owned()));
        }
        for change in operations.iter().flat_map(|operation| diff.iter_changes(operation)) {
            let sign = match change.tag() {
                ChangeTag::Insert => '+',
                ChangeTag::Delete => '-',
                ChangeTag::Equal => ' ',
            };
            lines.push((sign, change.value().to_string()));
        }
    }
    lines
}

/// Writes rows in columns. What would be wider than the screen gets a block, and its long name
/// moves no other row then.
pub fn write_rows(out: &mut String, mut rows: Vec<Row>, screen: Screen) {
    let alone = |row: &&Row| row.is_block || row.fits(row.name.len(), screen);
    let column = rows.iter().filter(alone).map(|row| row.name.len()).max().unwrap_or(0);
    for row in &mut rows {
        row.is_block |= !row.fits(column, screen);
    }
    let lines = rows.iter().filter(|row| !row.is_block && !row.effect.is_empty());
    let room = screen.width.saturating_sub(4 + column + 2 + 2 + "at the next start".len());
    let widths = lines.map(|row| row.line.chars().count()).filter(|width| *width <= room);
    let effects = widths.max().unwrap_or(0);
    for row in rows {
        write_row(out, &row, column, effects, screen);
    }
}

impl Row {
    /// Whether its line has room beside a column of names, or there is nothing else to show.
    fn fits(&self, column: usize, screen: Screen) -> bool {
        let length = 4 + column.max(self.name.len()) + 2 + self.line.chars().count();
        let with_effect = if self.effect.is_empty() { 0 } else { 2 + self.effect.len() };
        length + with_effect <= screen.width || self.block.is_empty()
    }
}

fn write_row(out: &mut String, row: &Row, column: usize, effects: usize, screen: Screen) {
    let Row { name, line, block, is_block, keeps_lines, effect } = row;
    let effect = screen.ink(if *effect == "now" { Ink::Dim } else { Ink::Yellow }, effect);
    let written = if *is_block {
        writeln!(out, "{}", format!("    {name:column$}  {effect}").trim_end())
    } else if effect.is_empty() {
        writeln!(out, "    {name:column$}  {line}")
    } else {
        writeln!(out, "    {name:column$}  {line:effects$}  {effect}")
    };
    written.expect("a string takes all");
    for (sign, text) in block.iter().filter(|_| *is_block) {
        let mut line = String::new();
        let text = format!("{sign} {text}");
        if *keeps_lines {
            line.push_str(&text)
        } else {
            screen.fill(&mut line, 6, 10, &text)
        }
        let line = line.trim_end();
        let line = match sign {
            '+' => screen.ink(Ink::Green, line),
            '-' => screen.ink(Ink::Red, line),
            _ => line.to_owned(),
        };
        writeln!(out, "{}", format!("      {line}").trim_end()).expect("a string takes all");
    }
}
