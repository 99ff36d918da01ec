//! How problems say what they say.

use crate::resources::{Attribute, Type, format_size, parse_size};

/// How many alternatives a hint lists.
const LISTED: usize = 12;

/// Text from a file as a message may hold it: control characters escaped, long text cut.
pub(super) fn shown(text: &str) -> String {
    const LONGEST: usize = 60;
    let mut shown = String::new();
    for (index, character) in text.chars().enumerate() {
        if index == LONGEST {
            shown.push('…');
            break;
        }
        match character {
            c if c.is_control() => shown.extend(c.escape_default()),
            c => shown.push(c),
        }
    }
    shown
}

/// The candidate that was probably meant.
pub(super) fn nearest<'c>(
    word: &str,
    candidates: impl IntoIterator<Item = &'c str>,
) -> Option<&'c str> {
    let length = word.chars().count();
    if length > 64 {
        return None;
    }
    let most = (length / 3).clamp(1, 3);
    let distance = |candidate: &str| strsim::damerau_levenshtein(word, candidate);
    let near =
        candidates.into_iter().map(|c| (distance(c), c)).filter(|(d, _)| *d <= most && *d < length);
    near.min_by_key(|(distance, _)| *distance).map(|(_, candidate)| candidate)
}

/// Advice for a word that is none of the candidates: the nearest, or all if they are few.
pub fn instead_of(word: &str, candidates: &[&str]) -> Option<String> {
    if let Some(near) = nearest(word, candidates.iter().copied()) {
        return Some(format!("did you mean `{near}`?"));
    }
    let few = (1..=LISTED).contains(&candidates.len());
    few.then(|| format!("possible: {}", listed(candidates)))
}

/// `a`, `b`, `c`
pub(super) fn listed(words: &[&str]) -> String {
    format!("`{}`", words.join("`, `"))
}

/// What a type wants: "a whole number".
pub(super) fn wanted(takes: Type) -> &'static str {
    match takes {
        Type::Text => "text",
        Type::Integer(..) => "a whole number",
        Type::Decimal => "a number such as `1.5`",
        Type::Flag => "`true` or `false`",
        Type::Size | Type::SizeIn(_) => "a size",
        Type::OneOf(_) => "a word",
        Type::Version => "a version",
        Type::Mac => "a MAC address",
        Type::Reference(_) => "a name",
        Type::Set(_) | Type::List(_) => "a list",
        Type::Record(_) | Type::Map | Type::Secrets => "a mapping",
        Type::Secret => "a secret",
        Type::File => "the path of a file",
    }
}

/// What an attribute is for, as a hint: "`mtu`: largest frame".
pub(super) fn meaning(attribute: &Attribute) -> String {
    let summary = attribute.summary.trim_end_matches('.');
    let mut characters = summary.chars();
    let first = characters.next().unwrap_or_default();
    let is_abbreviation = characters.clone().next().is_some_and(char::is_uppercase);
    if is_abbreviation {
        return format!("`{}`: {summary}", attribute.name);
    }
    format!("`{}`: {}{}", attribute.name, first.to_lowercase(), characters.as_str())
}

/// Advice for `4 GB` and `4G`, which leave open whether thousands or 1024s are meant.
fn binary_size(text: &str) -> Option<String> {
    let digits = text.find(|c: char| !c.is_ascii_digit())?;
    let (number, unit) = text.split_at(digits);
    let letter = unit.trim().to_ascii_uppercase().chars().next()?;
    let is_unit = matches!(unit.trim().len(), 1 | 2) && unit.trim().ends_with([letter, 'B', 'b']);
    let is_size = is_unit && "KMGTP".contains(letter) && !number.is_empty();
    is_size.then(|| format!("write `{number} {letter}iB`, which counts in 1024s"))
}

/// What is wrong with a word that is no value of that type, and what to do about it.
pub(super) fn refusal(takes: Type, text: &str) -> (String, Option<String>) {
    let word = shown(text);
    match takes {
        Type::Integer(min, max) => match text.parse::<i64>() {
            Ok(number) if number < min => (format!("is {number}, less than {min}"), None),
            Ok(number) => (format!("is {number}, more than {max}"), None),
            Err(_) => (format!("is `{word}`, not a whole number from {min} to {max}"), None),
        },
        Type::Flag => {
            let meant = match &*text.to_lowercase() {
                "yes" | "y" | "on" => Some("write `true`".to_owned()),
                "no" | "n" | "off" => Some("write `false`".to_owned()),
                _ => None,
            };
            (format!("is `{word}`, neither `true` nor `false`"), meant)
        }
        Type::SizeIn(unit) if parse_size(text).is_ok() => {
            let unit = format_size(unit);
            (format!("is `{word}`, not a multiple of {unit}"), None)
        }
        Type::Size | Type::SizeIn(_) => {
            let usual =
                || "sizes are written `4 GiB`, `512 MiB` or as a number of bytes".to_owned();
            (format!("is `{word}`, not a size"), Some(binary_size(text).unwrap_or_else(usual)))
        }
        Type::OneOf(words) if words.len() <= LISTED => {
            let near = nearest(text, words.iter().copied());
            let hint = near.map(|near| format!("did you mean `{near}`?"));
            (format!("is `{word}`, not one of {}", listed(words)), hint)
        }
        Type::OneOf(words) => {
            (format!("is `{word}`, which is not possible"), instead_of(text, words))
        }
        Type::Version => (format!("is `{word}`, not a version such as `4.8`"), None),
        Type::Mac => {
            let hint = "such an address is `00:1a:4a:16:01:51`".to_owned();
            (format!("is `{word}`, not a MAC address"), Some(hint))
        }
        _ => (format!("is `{word}`, not {}", wanted(takes)), None),
    }
}
