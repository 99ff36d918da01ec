//! Braces in keys: `web-{01..20}` and `{db,web}-{a,b}`.

use std::rc::Rc;

use super::limits;
use super::wording::shown;

/// One key that braces stand for.
#[derive(Debug, PartialEq)]
pub(super) struct Expanded {
    pub(super) key: String,
    /// What each pair of braces produced.
    pub(super) each: Vec<Rc<str>>,
}

/// What is wrong with a key's braces, and what to do about it.
#[derive(Debug, PartialEq)]
pub(super) struct Unclear {
    pub(super) message: String,
    pub(super) hint: &'static str,
}

const HINT: &str = "ranges are written `{01..20}`, lists `{a,b}`";

/// A key cut at its braces: text, then choices and the text after them.
struct Cut<'k> {
    start: &'k str,
    choices: Vec<(Vec<Rc<str>>, &'k str)>,
}

/// All keys that a key stands for; the last braces change fastest. A key without braces stands for
/// itself.
pub(super) fn expand(key: &str) -> Result<Vec<Expanded>, Unclear> {
    let Cut { start, choices } = cut(key)?;
    let count = choices.iter().try_fold(1_usize, |count, (c, _)| count.checked_mul(c.len()));
    if count.is_none_or(|count| count > limits::RESOURCES_PER_KEY) {
        return Err(too_many(key));
    }
    let mut keys = vec![Expanded { key: start.to_owned(), each: Vec::new() }];
    for (choices, rest) in &choices {
        keys = keys.iter().flat_map(|key| choices.iter().map(|c| key.with(c, rest))).collect();
    }
    Ok(keys)
}

impl Expanded {
    fn with(&self, choice: &Rc<str>, rest: &str) -> Self {
        let mut each = self.each.clone();
        each.push(Rc::clone(choice));
        Self { key: format!("{}{choice}{rest}", self.key), each }
    }
}

fn cut(key: &str) -> Result<Cut<'_>, Unclear> {
    let mut parts = key.split('{');
    let start = parts.next().unwrap_or_default();
    let mut choices = Vec::new();
    for part in parts {
        let (inside, rest) =
            part.split_once('}').ok_or_else(|| unclear(key, "has a `{` without `}`"))?;
        choices.push((choices_of(key, inside)?, rest));
    }
    if start.contains('}') || choices.iter().any(|(_, rest)| rest.contains('}')) {
        return Err(unclear(key, "has a `}` without `{`"));
    }
    Ok(Cut { start, choices })
}

fn choices_of(key: &str, inside: &str) -> Result<Vec<Rc<str>>, Unclear> {
    if let Some((first, last)) = inside.split_once("..") {
        return numbers(key, first.trim(), last.trim());
    }
    let choices: Vec<Rc<str>> = inside.split(',').map(|choice| choice.trim().into()).collect();
    if choices.iter().any(|choice| choice.is_empty()) {
        return Err(unclear(key, "has braces with nothing between two commas"));
    }
    Ok(choices)
}

/// The numbers of a range, padded with zeros if one of its ends is.
fn numbers(key: &str, first: &str, last: &str) -> Result<Vec<Rc<str>>, Unclear> {
    let number = |text: &str| {
        let is_number = !text.is_empty() && text.bytes().all(|byte| byte.is_ascii_digit());
        is_number.then(|| text.parse::<u64>().ok()).flatten()
    };
    let (Some(from), Some(to)) = (number(first), number(last)) else {
        return Err(unclear(key, "has a range whose ends are not numbers"));
    };
    if from > to {
        return Err(unclear(key, "has a range that counts down"));
    }
    if to - from >= limits::RESOURCES_PER_KEY as u64 {
        return Err(too_many(key));
    }
    let is_padded = |text: &str| text.len() > 1 && text.starts_with('0');
    let width = if is_padded(first) || is_padded(last) { first.len().max(last.len()) } else { 0 };
    Ok((from..=to).map(|number| format!("{number:0width$}").into()).collect())
}

fn unclear(key: &str, what: &str) -> Unclear {
    Unclear { message: format!("the key `{}` {what}", shown(key)), hint: HINT }
}

fn too_many(key: &str) -> Unclear {
    let most = limits::RESOURCES_PER_KEY;
    let message = format!("the key `{}` stands for more than {most} resources", shown(key));
    Unclear { message, hint: "split it into several keys" }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn keys(key: &str) -> Vec<String> {
        expand(key).unwrap().into_iter().map(|expanded| expanded.key).collect()
    }

    #[test]
    fn ranges_keep_their_zeros() {
        assert_eq!(keys("web-{08..10}"), ["web-08", "web-09", "web-10"]);
        assert_eq!(keys("web-{8..10}"), ["web-8", "web-9", "web-10"]);
        assert_eq!(keys("{0..1}"), ["0", "1"]);
        assert_eq!(keys("plain"), ["plain"]);
    }

    #[test]
    fn several_braces_multiply() {
        assert_eq!(keys("{db, web}-{1..2}x"), ["db-1x", "db-2x", "web-1x", "web-2x"]);
        let all = expand("{db,web}-{1..2}").unwrap();
        assert_eq!(all[2].each, ["web".into(), "1".into()]);
    }

    #[test]
    fn unclear_braces_are_refused() {
        for (key, what) in [
            ("a{1..2", "the key `a{1..2` has a `{` without `}`"),
            ("a}", "the key `a}` has a `}` without `{`"),
            ("a{{1..2}}", "the key `a{{1..2}}` has a `{` without `}`"),
            ("{a..c}", "the key `{a..c}` has a range whose ends are not numbers"),
            ("{-1..3}", "the key `{-1..3}` has a range whose ends are not numbers"),
            ("{3..1}", "the key `{3..1}` has a range that counts down"),
            ("{a,,b}", "the key `{a,,b}` has braces with nothing between two commas"),
            ("{1..10001}", "the key `{1..10001}` stands for more than 10000 resources"),
            (
                "{1..999}{1..999}{1..999}{1..999}{1..999}{1..999}{1..999}",
                "the key `{1..999}{1..999}{1..999}{1..999}{1..999}{1..999}{1..999}` stands for more than 10000 resources",
            ),
        ] {
            assert_eq!(expand(key).unwrap_err().message, what);
        }
    }
}
