//! What somebody asks about: a kind, an attribute, or some that have the beginning of their names in
//! common.

use crate::manifest::instead_of;
use crate::resources::{Attribute, Kind, kinds::KINDS};

use super::{members, place};

/// What is asked about.
#[derive(Debug, PartialEq)]
pub enum Subject {
    /// A kind.
    Kind(&'static Kind),
    /// An attribute, or a part of the records that one holds, with its full name.
    Attribute(&'static Kind, String, &'static Attribute),
    /// The attributes below a name: `vm.cpu`.
    Group(&'static Kind, String, Vec<&'static Attribute>),
}

/// Nothing that is known: what is wrong, and advice.
pub type Unknown = (String, Option<String>);

/// Finds what `vm`, `vms`, `vms/nics`, `vm.nics`, `vm.cpu` and `vm.cpu.topology.sockets` speak of.
///
/// # Errors
/// What is wrong with the words, and advice.
pub fn find(words: &str) -> Result<Subject, Unknown> {
    let (first, path) = words.split_once('.').map_or((words, None), |(a, b)| (a, Some(b)));
    let kind = kind(first)?;
    match path {
        Some(path) if !path.is_empty() => below(kind, path),
        _ => Ok(Subject::Kind(kind)),
    }
}

fn kind(word: &str) -> Result<&'static Kind, Unknown> {
    let is_named = |kind: &&&Kind| kind.name == word || place(kind) == word;
    if let Some(kind) = KINDS.iter().find(is_named) {
        return Ok(kind);
    }
    let of_section: Vec<_> =
        KINDS.iter().filter(|kind| kind.managed && kind.section == word).collect();
    if let [kind] = of_section[..] {
        return Ok(kind);
    }
    let message = format!("there is no kind `{word}`");
    if !of_section.is_empty() {
        let places: Vec<_> = of_section.iter().map(|kind| place(kind)).collect();
        return Err((message, Some(format!("say which: `{}`", places.join("`, `")))));
    }
    let mut names: Vec<&str> = KINDS.iter().flat_map(|kind| [kind.name, kind.section]).collect();
    names.dedup();
    let advice = instead_of(word, &names);
    Err((message, advice.or_else(|| Some("`virtuform explain` shows all kinds".to_owned()))))
}

fn below(kind: &'static Kind, path: &str) -> Result<Subject, Unknown> {
    let (first, rest) = path.split_once('.').map_or((path, None), |(a, b)| (a, Some(b)));
    if let Some(child) = kind.children().find(|child| child.section == first) {
        return rest.map_or(Ok(Subject::Kind(child)), |rest| below(child, rest));
    }
    let name = || path.to_owned();
    if let Some(attribute) = kind.attribute(path) {
        return Ok(Subject::Attribute(kind, name(), attribute));
    }
    if let Some(member) = member(kind, path) {
        return Ok(Subject::Attribute(kind, name(), member));
    }
    let is_below = |attribute: &&Attribute| {
        attribute.name.strip_prefix(path).is_some_and(|rest| rest.starts_with('.'))
    };
    let group: Vec<_> = kind.attributes.iter().filter(is_below).collect();
    if !group.is_empty() {
        return Ok(Subject::Group(kind, name(), group));
    }
    Err(unknown(kind, path))
}

/// The part of an attribute's records: `ranges.from` of MAC pools.
fn member(kind: &'static Kind, path: &str) -> Option<&'static Attribute> {
    kind.attributes.iter().find_map(|attribute| {
        let rest = path.strip_prefix(attribute.name)?.strip_prefix('.')?;
        members(attribute).iter().find(|member| member.name == rest)
    })
}

fn unknown(kind: &'static Kind, path: &str) -> Unknown {
    let mut names: Vec<&str> = kind.attributes.iter().map(|attribute| attribute.name).collect();
    names.extend(kind.children().map(|child| child.section));
    let message = format!("{} has no attribute `{path}`", kind.name);
    let advice = instead_of(path, &names)
        .or_else(|| Some(format!("`virtuform explain {}` shows all that it has", kind.name)));
    (message, advice)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::resources::kinds::{MAC_POOL, NIC, TEMPLATE_TAG, VM};

    #[test]
    fn kinds_have_several_names() {
        for words in ["nic", "vms/nics", "vm.nics", "vms.nics"] {
            assert_eq!(find(words), Ok(Subject::Kind(&NIC)), "{words}");
        }
        let (_, advice) = find("nics").expect_err("hosts have some, too");
        assert!(advice.is_some_and(|advice| advice.contains("`vms/nics`")));
        assert_eq!(find("template.tags"), Ok(Subject::Kind(&TEMPLATE_TAG)));
        assert_eq!(find("vms"), Ok(Subject::Kind(&VM)));
    }

    #[test]
    fn attributes_are_found_alone_in_groups_and_in_records() {
        let sockets = VM.attribute("cpu.topology.sockets").expect("VMs have it");
        let name = "cpu.topology.sockets".to_owned();
        assert_eq!(find("vm.cpu.topology.sockets"), Ok(Subject::Attribute(&VM, name, sockets)));
        let Ok(Subject::Group(_, _, group)) = find("vm.cpu.topology") else { panic!("no group") };
        assert_eq!(group.len(), 3);
        let Ok(Subject::Attribute(kind, _, member)) = find("mac_pool.ranges.from") else {
            panic!("no part of a record")
        };
        assert_eq!((kind, member.name), (&MAC_POOL, "from"));
    }

    #[test]
    fn what_is_not_known_brings_advice() {
        let advice = |words| find(words).expect_err("nothing is called so").1;
        assert_eq!(advice("netwrok").as_deref(), Some("did you mean `network`?"));
        assert_eq!(advice("vm.memroy").as_deref(), Some("did you mean `memory`?"));
        let expected = "`virtuform explain` shows all kinds";
        assert_eq!(advice("spaceship").as_deref(), Some(expected));
    }
}
