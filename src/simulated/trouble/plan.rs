//! Plans of trouble in files: YAML, or JSON, which is YAML.

use std::fmt;
use std::time::Duration;

use saphyr_parser::{Event, Parser, ScalarStyle};
use serde::Deserialize;
use serde_json::{Map, Value};

use super::{Effect, Trouble, time};

/// Reads a plan: `rules:` with a list of rules.
///
/// # Errors
/// Where it is not understood, and why.
pub fn parse(text: &str) -> Result<Vec<Trouble>, PlanError> {
    let (plan, rules_at) = tree(text)?;
    let error = |line, message| PlanError { line, message };
    let Value::Object(mut plan) = plan else {
        return Err(error(1, "a plan of trouble is a mapping with `rules`".to_owned()));
    };
    let Some(Value::Array(rules)) = plan.remove("rules") else {
        return Err(error(1, "there is no list of `rules`".to_owned()));
    };
    if let Some(key) = plan.keys().next() {
        return Err(error(1, format!("`{key}` means nothing here; a plan has `rules`")));
    }
    rules
        .into_iter()
        .zip(rules_at)
        .map(|(rule, line)| rule_of(rule).map_err(|message| error(line, message)))
        .collect()
}

/// Why a plan cannot be used.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct PlanError {
    /// The line of the rule that is wrong, from 1.
    pub line: usize,
    /// What is wrong with it.
    pub message: String,
}

impl fmt::Display for PlanError {
    fn fmt(&self, formatter: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(formatter, "line {}: {}", self.line, self.message)
    }
}

impl std::error::Error for PlanError {}

#[derive(Deserialize)]
#[serde(deny_unknown_fields)]
struct Rule {
    on: String,
    effect: Effect,
    nth: Option<u64>,
    times: Option<u64>,
    percent: Option<f64>,
    #[serde(default, deserialize_with = "time::read_some")]
    after: Option<Duration>,
}

fn rule_of(rule: Value) -> Result<Trouble, String> {
    let rule: Rule = serde_json::from_value(rule).map_err(|error| error.to_string())?;
    let unclear = || format!("`on` is a verb and a path such as `GET /vms/*`, not `{}`", rule.on);
    let (method, path) = rule.on.split_once(' ').ok_or_else(unclear)?;
    let known = ["*", "GET", "HEAD", "OPTIONS", "POST", "PUT", "DELETE"].contains(&method);
    if !known || path.is_empty() {
        return Err(unclear());
    }
    if rule.nth == Some(0) {
        return Err("`nth` counts from 1".to_owned());
    }
    if rule.percent.is_some_and(|it| !(0.0..=100.0).contains(&it)) {
        return Err("`percent` is a number from 0 to 100".to_owned());
    }
    if let Effect::Status(status @ (..=199 | 600..)) = rule.effect {
        return Err(format!("{status} is no status from 200 to 599"));
    }
    let trouble = Trouble::on(method, path.trim(), rule.effect)
        .nth(rule.nth.unwrap_or(1))
        .percent(rule.percent.unwrap_or(100.0))
        .times(rule.times.unwrap_or(u64::MAX));
    Ok(trouble.after(rule.after.unwrap_or_default()))
}

/// Nothing in a plan is nested deeper.
const DEPTH: usize = 16;

/// The document as a value, and the lines on which the members of its first list begin.
fn tree(text: &str) -> Result<(Value, Vec<usize>), PlanError> {
    let mut open: Vec<(Value, Option<String>)> = Vec::new();
    let mut lines = Vec::new();
    let mut whole = Value::Null;
    for event in Parser::new_from_str(text) {
        let (event, span) = event.map_err(|error| PlanError {
            line: error.marker().line(),
            message: format!("this is not YAML: {}", error.info()),
        })?;
        let line = span.start.line();
        if open.len() == 2 && matches!(open[1].0, Value::Array(_)) && event_begins(&event) {
            lines.push(line);
        }
        let error = |message: &str| Err(PlanError { line, message: message.to_owned() });
        let done = match event {
            Event::Alias(_) => return error("a plan of trouble has no aliases"),
            Event::SequenceStart(..) | Event::MappingStart(..) if open.len() >= DEPTH => {
                return error("this is nested too deep");
            }
            Event::SequenceStart(..) => {
                open.push((Value::Array(Vec::new()), None));
                continue;
            }
            Event::MappingStart(..) => {
                open.push((Value::Object(Map::new()), None));
                continue;
            }
            Event::SequenceEnd | Event::MappingEnd => match open.pop() {
                Some((value, _)) => value,
                None => continue,
            },
            Event::Scalar(text, style, ..) => {
                // A key is text, whatever it looks like.
                if let Some((Value::Object(_), key @ None)) = open.last_mut() {
                    *key = Some(text.into_owned());
                    continue;
                }
                scalar(&text, style)
            }
            _ => continue,
        };
        match open.last_mut() {
            Some((Value::Array(list), _)) => list.push(done),
            Some((Value::Object(map), key)) => match key.take() {
                Some(key) if map.contains_key(&key) => {
                    return error(&format!("`{key}` is said twice"));
                }
                Some(key) => drop(map.insert(key, done)),
                None => return error("a key has to be a word"),
            },
            _ => whole = done,
        }
    }
    Ok((whole, lines))
}

fn event_begins(event: &Event<'_>) -> bool {
    matches!(event, Event::Scalar(..) | Event::SequenceStart(..) | Event::MappingStart(..))
}

fn scalar(text: &str, style: ScalarStyle) -> Value {
    if style != ScalarStyle::Plain {
        return Value::from(text);
    }
    match text {
        "" | "~" | "null" => Value::Null,
        "true" => Value::Bool(true),
        "false" => Value::Bool(false),
        _ => serde_json::from_str::<serde_json::Number>(text)
            .map_or_else(|_| Value::from(text), Value::Number),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::simulated::{Edit, Latency, Restart};

    #[test]
    fn all_effects_can_be_written() {
        let text = "
rules:
- { on: GET *, effect: { delay: { median: 80 ms, p99: 2 s } } }
- { on: POST /vms, nth: 3, times: 1, effect: { status: 503 } }
- on: PUT /vms/*
  percent: 0.5
  effect:
    edit: { method: DELETE, path: /vms/* }
- { on: '* *', after: 10 min, times: 1, effect: { restart: { down: 20 s, refuses: true } } }
- { on: GET /vms, effect: { drip: 4096 } }
- { on: POST /disks, effect: { slow_work: 10 } }
- { on: GET /vms, effect: drop_midway }
";
        let plan = parse(text).unwrap();
        let effects: Vec<&Effect> = plan.iter().map(|it| &it.effect).collect();
        let (median, p99) = (Duration::from_millis(80), Duration::from_secs(2));
        let edit = Edit { method: "DELETE".into(), path: "/vms/*".into(), document: String::new() };
        assert_eq!(
            effects,
            [
                &Effect::Delay(Latency::LogNormal { median, p99 }),
                &Effect::Status(503),
                &Effect::Edit(edit),
                &Effect::Restart(Restart { down: Duration::from_secs(20), refuses: true }),
                &Effect::Drip(4096),
                &Effect::SlowWork(10),
                &Effect::DropMidway,
            ]
        );
        let json = r#"{"rules": [{"on": "GET /vms", "effect": "truncate"}]}"#;
        assert_eq!(parse(json).unwrap()[0].effect, Effect::Truncate);
    }

    #[test]
    fn what_is_wrong_has_a_line_and_a_reason() {
        let rule =
            |rule: &str| parse(&format!("rules:\n- {{ on: GET /a, effect: locked }}\n- {rule}\n"));
        for (wrong, says) in [
            ("{ on: GET, effect: locked }", "`on` is a verb and a path"),
            ("{ on: FETCH /vms, effect: locked }", "`on` is a verb and a path"),
            ("{ on: GET /vms, efect: locked }", "unknown field `efect`"),
            ("{ on: GET /vms, effect: explode }", "unknown variant `explode`"),
            ("{ on: GET /vms, effect: { delay: { median: 2 s, p99: 1 s } } }", "a time such as"),
            ("{ on: GET /vms, effect: { delay: soon } }", "`soon` is no time"),
            ("{ on: GET /vms, effect: { status: 42 } }", "42 is no status"),
            ("{ on: GET /vms, percent: 101, effect: locked }", "from 0 to 100"),
            ("{ on: GET /vms, nth: 0, effect: locked }", "counts from 1"),
        ] {
            let error = rule(wrong).unwrap_err();
            assert_eq!(error.line, 3, "{wrong}: {error}");
            assert!(error.message.contains(says), "{wrong}: {error}");
        }
        assert!(parse("rules: {").unwrap_err().message.starts_with("this is not YAML"));
        assert!(parse("- a").unwrap_err().message.contains("a mapping with `rules`"));
        assert!(parse("{ rules: [], colour: red }").unwrap_err().message.contains("colour"));
    }
}
