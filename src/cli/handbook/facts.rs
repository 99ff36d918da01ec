//! What there is to know of an attribute.

use crate::resources::{Attribute, Effect, Kind, Loss, Place, Sight, Type, Update, format_size};

use super::{since, spoken};

/// Something to know: what it is about, and what it is.
pub type Fact = (&'static str, String);

/// All there is to know of an attribute of a kind, in the order in which people ask.
pub fn facts(kind: &'static Kind, attribute: &Attribute) -> Vec<Fact> {
    let mut facts = vec![("takes", takes(attribute.takes))];
    let mut tell = |about, text: Option<String>| facts.extend(text.map(|text| (about, text)));
    tell("required", required(attribute));
    tell("default", default(attribute));
    tell("changes", Some(changes(kind, attribute)));
    tell("secret", secrecy(attribute));
    tell("unique", attribute.unique.then(|| "no two objects have the same".to_owned()));
    let version = since::since(kind, attribute);
    tell("since", version.map(|version| format!("oVirt {version}")));
    facts
}

/// What values a type takes.
pub fn takes(of: Type) -> String {
    match of {
        Type::Text => "text".to_owned(),
        Type::Integer(min, i64::MAX) => format!("a whole number, {min} or more"),
        Type::Integer(min, max) => format!("a whole number from {min} to {max}"),
        Type::Decimal => "a number, such as `0.5`".to_owned(),
        Type::Flag => "`true` or `false`".to_owned(),
        Type::Size => "a size, such as `4 GiB`".to_owned(),
        Type::SizeIn(unit) => format!("a size in whole multiples of {}", format_size(unit)),
        Type::OneOf([word]) => format!("`{word}`"),
        Type::OneOf(words) => format!("one of `{}`", words.join("`, `")),
        Type::Version => "a version in quotes, such as `\"4.8\"`".to_owned(),
        Type::Mac => "a MAC address, such as `00:1a:4a:16:01:51`".to_owned(),
        Type::Reference(kind) => format!("the name or address of {}", one(&spoken(kind))),
        Type::Set(of) => format!("a list without order; each member is {}", takes(*of)),
        Type::List(of) => format!("a list; each member is {}", takes(*of)),
        Type::Record(members) => {
            let names: Vec<_> = members.iter().map(|member| member.name).collect();
            format!("a mapping with `{}`", names.join("`, `"))
        }
        Type::Map => "a mapping of names to texts".to_owned(),
        Type::File => "the path of a raw, qcow2 or ISO image, relative to the manifest".to_owned(),
        Type::Secret => "a secret: `{ env: NAME }` or `{ file: path }`".to_owned(),
        Type::Secrets => {
            "a mapping of names to secrets: `{ env: NAME }` or `{ file: path }`".to_owned()
        }
    }
}

/// The same in a word or two.
pub fn short(of: Type) -> String {
    match of {
        Type::Text => "text".to_owned(),
        Type::Integer(..) | Type::Decimal => "number".to_owned(),
        Type::Flag => "flag".to_owned(),
        Type::Size | Type::SizeIn(_) => "size".to_owned(),
        Type::OneOf(_) => "word".to_owned(),
        Type::Version => "version".to_owned(),
        Type::Mac => "MAC address".to_owned(),
        Type::Reference(kind) => spoken(kind),
        Type::Set(of) => format!("set of {}", short(*of)),
        Type::List(of) => format!("list of {}", short(*of)),
        Type::Record(_) => "mapping".to_owned(),
        Type::Map | Type::Secrets => "mapping".to_owned(),
        Type::Secret => "secret".to_owned(),
        Type::File => "file".to_owned(),
    }
}

fn one(noun: &str) -> String {
    let article = if noun.starts_with(['a', 'e', 'i', 'o']) { "an" } else { "a" };
    format!("{article} {noun}")
}

fn required(attribute: &Attribute) -> Option<String> {
    match (attribute.from_key, attribute.after_parent) {
        (true, true) => Some("no; else the parent's key and its own give it".to_owned()),
        (true, false) => Some("no; else the key gives it".to_owned()),
        _ => attribute.required.then(|| "yes".to_owned()),
    }
}

fn default(attribute: &Attribute) -> Option<String> {
    match attribute.default {
        _ if attribute.required => None,
        Some("" | "[]" | "{}") => Some("none".to_owned()),
        Some(value) => Some(format!("`{value}`")),
        None if attribute.clears => Some("none".to_owned()),
        None if attribute.place == Place::Removal || attribute.is_secret() => None,
        None if attribute.sight == Sight::OnceOnly => None,
        None => Some("the engine chooses".to_owned()),
    }
}

fn changes(kind: &'static Kind, attribute: &Attribute) -> String {
    if !attribute.set_by.is_empty() {
        let call = |(word, verb): &(&str, &'static crate::resources::Verb)| {
            format!("`{word}` by {}", verb.name)
        };
        let calls: Vec<_> = attribute.set_by.iter().map(call).collect();
        return format!("by calls: {}", calls.join(", "));
    }
    let words = match (attribute.place, attribute.update) {
        (Place::Removal, _) => "at once; it only matters when the object is removed",
        (_, Update::Now) => "at once",
        (_, Update::Hot) => "at once, also while the VM runs",
        (_, Update::NextStart) if kind.later != Effect::NextStart.words() => kind.later,
        (_, Update::NextStart) => "at the next start of a VM that runs",
        (_, Update::WhenDown) => "not while the object is in use, which takes a restart",
        (_, Update::Replace) if kind.is_as_good_anew() => "at once, by another object in its place",
        (_, Update::Replace) if kind.loss == Loss::Nothing => {
            "never; with `lifecycle: { replace: allow }` another object takes its place"
        }
        (_, Update::Replace) => {
            "never; with `--allow-destroy` another object takes its place, without its data"
        }
        (_, Update::Never) => "never; it only matters when the object is made",
    };
    words.to_owned()
}

fn secrecy(attribute: &Attribute) -> Option<String> {
    match (attribute.is_masked(), attribute.sight) {
        _ if matches!(attribute.takes, Type::File) => None,
        (true, Sight::Hidden) => {
            Some("yes; the engine never shows it, nor does virtuform".to_owned())
        }
        (true, _) => Some("yes; the engine shows it, and plans do not".to_owned()),
        (false, Sight::Hidden) => Some("no, but the engine never shows it".to_owned()),
        _ => None,
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::kinds::{CLUSTER, VM};

    fn told(kind: &'static Kind, name: &str) -> String {
        let attribute = kind.attribute(name).expect("the kind has it");
        let line = |(about, text): Fact| format!("{about}: {text}\n");
        facts(kind, attribute).into_iter().map(line).collect()
    }

    #[test]
    fn a_word_tells_its_values_its_default_and_its_calls() {
        let told = told(&VM, "status");
        assert!(told.starts_with("takes: one of `") && told.contains("`up`"), "{told}");
        assert!(
            told.contains("\nchanges: by calls: `") && told.contains("`up` by start"),
            "{told}"
        );
    }

    #[test]
    fn a_reference_that_is_needed_has_no_default() {
        let told = told(&CLUSTER, "data_center");
        assert!(told.starts_with("takes: the name or address of a data center\n"), "{told}");
        assert!(told.contains("required: yes\n") && !told.contains("default"), "{told}");
    }
}
