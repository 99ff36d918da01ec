//! `lifecycle:`: what the owners of a resource allow.

use crate::resources::{Attribute, Kind, Value, flag, one_of, text};
use crate::state::{OnRemoval, Replace, Restart, Rules};

use super::body::{Given, Names};
use super::reader::{Reader, Scope};
use super::table::Table;
use super::tree::{Content, Entry, Node, Place};
use super::wording::{instead_of, shown};

/// The rules but `ignore`, which takes names of attributes.
pub static LIFECYCLE: &[Attribute] = &[
    flag("protect", "Never remove or replace it."),
    one_of("on_removal", "What happens when it leaves the manifests.", &["delete", "keep"]),
    one_of("restart", "Whether it may be stopped for a change.", &["never", "when_needed"]),
    one_of("replace", "Whether it may be replaced for a change.", &["refuse", "allow"]),
    text("timeout", "How long one wait may take, such as `30m` or `1h30m`."),
];

const IGNORE: &str = "ignore";

impl Reader<'_> {
    /// Reads a `lifecycle:` block.
    pub(super) fn rules(
        &mut self,
        scope: &Scope,
        table: &Table,
        kind: &'static Kind,
        node: &Node,
    ) -> Option<Rules> {
        let entries = self.block(scope, "lifecycle", node)?;
        let (ignore, rest): (Vec<Entry>, Vec<Entry>) =
            entries.into_iter().partition(|entry| &*entry.key.text == IGNORE);
        let mut given = Given::default();
        let names = Names { table, path: "", others: &[IGNORE] };
        self.entries(scope, names, &rest, &mut given);
        let mut has = |name, word: &str| match given.take(name) {
            Some((Value::Text(text), _)) => text == word,
            Some((value, _)) => value.is_true(),
            None => false,
        };
        let mut rules = Rules { protect: has("protect", ""), ..Rules::default() };
        if has("on_removal", "keep") {
            rules.on_removal = OnRemoval::Keep;
        }
        if has("restart", "when_needed") {
            rules.restart = Restart::WhenNeeded;
        }
        if has("replace", "allow") {
            rules.replace = Replace::Allow;
        }
        rules.timeout = self.timeout(scope, given.take("timeout"));
        for entry in &ignore {
            rules.ignore = self.ignored(scope, kind, &entry.value);
        }
        Some(rules)
    }

    /// The entries of a block that may be empty.
    pub(super) fn block(&mut self, scope: &Scope, name: &str, node: &Node) -> Option<Vec<Entry>> {
        let node = self.resolve(scope, node)?;
        match &node.content {
            Content::Mapping(entries) => Some(entries.to_vec()),
            _ if node.is_null() => Some(Vec::new()),
            _ => {
                self.problem(scope, node.at, &format!("`{name}` is not a mapping"));
                None
            }
        }
    }

    /// Reads a duration as seconds; `null` is none.
    pub(super) fn timeout(&mut self, scope: &Scope, given: Option<(Value, Place)>) -> Option<u64> {
        let (Value::Text(text), at) = given? else { return None };
        let seconds = parse_duration(&text);
        if seconds.is_none() && !text.is_empty() {
            let message = format!("`timeout` is `{}`, not a duration", shown(&text));
            let hint = "durations are written `90s`, `30m` or `1h30m`".to_owned();
            self.problem_with(scope, at, &message, hint);
        }
        seconds
    }

    fn ignored(
        &mut self,
        scope: &Scope,
        kind: &'static Kind,
        node: &Node,
    ) -> Vec<&'static Attribute> {
        let Some(node) = self.resolve(scope, node) else { return Vec::new() };
        let Content::List(items) = &node.content else {
            if !node.is_null() {
                let hint = "write `ignore: [memory]`".to_owned();
                let message = "`ignore` is not a list of attributes";
                self.problem_with(scope, node.at, message, hint);
            }
            return Vec::new();
        };
        let mut ignored: Vec<&'static Attribute> = Vec::new();
        for item in items.iter() {
            for attribute in self.named(scope, kind, item) {
                if !ignored.contains(&attribute) {
                    ignored.push(attribute);
                }
            }
        }
        ignored
    }

    /// The attribute of a name, or all attributes of a group of that name.
    fn named(
        &mut self,
        scope: &Scope,
        kind: &'static Kind,
        node: &Node,
    ) -> Vec<&'static Attribute> {
        let Some(node) = self.resolve(scope, node) else { return Vec::new() };
        let Content::Scalar(name) = &node.content else {
            self.problem(scope, node.at, "a member of `ignore` is not the name of an attribute");
            return Vec::new();
        };
        let name = &*name.text;
        let is_below = |full: &str| full.strip_prefix(name).is_some_and(|r| r.starts_with('.'));
        let found: Vec<_> =
            kind.attributes.iter().filter(|a| a.name == name || is_below(a.name)).collect();
        if found.is_empty() {
            let names: Vec<_> = kind.attributes.iter().map(|attribute| attribute.name).collect();
            let message = format!("there is no attribute `{}` to ignore", shown(name));
            self.problem_with(scope, node.at, &message, instead_of(name, &names));
        }
        found
    }
}

/// Reads `1h30m` as seconds. Units go from large to small, each once.
fn parse_duration(text: &str) -> Option<u64> {
    const UNITS: [(char, u64); 4] = [('d', 86_400), ('h', 3_600), ('m', 60), ('s', 1)];
    let mut units = UNITS.iter();
    let mut rest = text;
    let mut total = 0_u64;
    while !rest.is_empty() {
        let at = rest.find(|c: char| !c.is_ascii_digit())?;
        let (number, unit) = rest.split_at(at);
        let letter = unit.chars().next()?;
        let (_, seconds) = units.find(|(known, _)| *known == letter)?;
        total = total.checked_add(number.parse::<u64>().ok()?.checked_mul(*seconds)?)?;
        rest = &unit[1..];
    }
    (total > 0).then_some(total)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn durations_read() {
        assert_eq!(parse_duration("30m"), Some(1_800));
        assert_eq!(parse_duration("90s"), Some(90));
        assert_eq!(parse_duration("1h30m"), Some(5_400));
        for wrong in ["", "30", "m", "30m1h", "1h1h", "-1s", "1.5h", "0s", "99999999999999999d"] {
            assert_eq!(parse_duration(wrong), None, "{wrong}");
        }
    }
}
