//! The shortest manifest with a resource of a kind.

use crate::resources::{Attribute, Kind, Type, format_size};

use super::spoken;

/// A manifest with one resource of a kind, and of what holds it, that says no more than it has to.
pub fn example(kind: &'static Kind) -> String {
    let mut above: Vec<&'static Kind> =
        std::iter::successors(Some(kind), |kind| kind.parent).collect();
    above.reverse();
    let mut lines = Vec::new();
    for (depth, kind) in above.into_iter().enumerate() {
        let indent = "  ".repeat(2 * depth);
        lines.push(format!("{indent}{}:", kind.section));
        lines.push(format!("{indent}  {}:", key(kind)));
        let required = kind.attributes.iter().filter(|it| it.required && !it.from_key);
        write_body(&mut lines, 2 * depth + 2, required);
    }
    if let Some(last) = lines.last_mut().filter(|last| last.ends_with(':')) {
        last.push_str(" {}");
    }
    lines.join("\n") + "\n"
}

/// Attributes as they nest: those of a group stand below its name.
fn write_body<'a>(
    lines: &mut Vec<String>,
    depth: usize,
    attributes: impl Iterator<Item = &'a Attribute>,
) {
    let mut open: Vec<&str> = Vec::new();
    for attribute in attributes {
        let mut parts: Vec<&str> = attribute.name.split('.').collect();
        let last = parts.pop().unwrap_or_default();
        let shared = open.iter().zip(&parts).take_while(|(a, b)| a == b).count();
        for (deeper, part) in parts.iter().enumerate().skip(shared) {
            lines.push(format!("{}{part}:", "  ".repeat(depth + deeper)));
        }
        lines.push(format!("{}{last}: {}", "  ".repeat(depth + parts.len()), sample(attribute)));
        open = parts;
    }
}

/// The key of a resource: that of what it refers to, if the key says that.
fn key(kind: &Kind) -> String {
    let named = kind.attributes.iter().find(|attribute| attribute.from_key);
    match named.map(|attribute| attribute.takes) {
        Some(Type::Reference(kind)) => key(kind),
        Some(Type::Text) | None => format!("{}-1", spoken(kind).replace(' ', "-")),
        Some(takes) => of_type(takes, "1"),
    }
}

/// A value that an attribute takes; the one that its summary mentions, if there is one.
fn sample(attribute: &Attribute) -> String {
    let mentioned =
        attribute.summary.split_once("such as `").and_then(|(_, it)| it.split_once('`'));
    let last = attribute.name.rsplit('.').next().unwrap_or_default().to_uppercase();
    of_type(attribute.takes, mentioned.map_or(&last, |(value, _)| value))
}

fn of_type(takes: Type, word: &str) -> String {
    match takes {
        Type::Text => word.to_owned(),
        Type::Integer(least, _) => least.max(1).to_string(),
        Type::Decimal => "1.0".to_owned(),
        Type::Flag => "false".to_owned(),
        Type::Size | Type::SizeIn(_) => format_size(1 << 30),
        Type::OneOf(words) => words[0].to_owned(),
        Type::Version => "\"4.7\"".to_owned(),
        Type::Mac => "00:1a:4a:16:01:51".to_owned(),
        Type::Reference(kind) => {
            kind.built_in.first().map_or_else(|| key(kind), ToString::to_string)
        }
        Type::Set(of) | Type::List(of) => format!("[{}]", of_type(*of, word)),
        Type::Record(members) => {
            let required = members.iter().filter(|member| member.required);
            let parts: Vec<_> =
                required.map(|member| format!("{}: {}", member.name, sample(member))).collect();
            format!("{{ {} }}", parts.join(", "))
        }
        Type::Map | Type::Secrets => "{}".to_owned(),
        Type::File => "images/one.qcow2".to_owned(),
        Type::Secret => "{ env: PASSWORD }".to_owned(),
    }
}

#[cfg(test)]
mod tests {
    use std::path::PathBuf;

    use super::*;
    use crate::manifest::{Options, Source, load};
    use crate::resources::kinds::{KINDS, NIC};

    #[test]
    fn a_child_stands_below_what_holds_it() {
        let expected = "vms:\n  vm-1:\n    cluster: Default\n    nics:\n      nic-1: {}\n";
        assert_eq!(example(&NIC), expected);
    }

    #[test]
    fn every_kind_s_example_is_a_manifest() {
        for kind in KINDS.iter().filter(|kind| kind.managed) {
            let text = example(kind);
            let sources = [Source { name: PathBuf::from(kind.name), text: text.clone() }];
            let options = Options {
                kinds: KINDS,
                variables: &[],
                variable_files: &[],
                environment: &|_| Some("secret".to_owned()),
                read_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
                open_file: &|_| Err(std::io::ErrorKind::NotFound.into()),
            };
            let manifest = load(&sources, &options).unwrap_or_else(|e| panic!("{e}\n{text}"));
            let last = manifest.desired.resources.values().last().map(|it| it.kind);
            assert_eq!(last, Some(*kind), "{text}");
        }
    }
}
