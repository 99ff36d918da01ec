//! The pages of the reference: one for each kind at the top of manifests, with those below it.

use std::fmt::Write;

use crate::resources::{Attribute, Kind};

use super::{example, facts, members, place, referred, short, top};

/// The pages by file name. `not_managed` says what of the API is left alone, as
/// `kinds: paths  reason` in each line.
pub fn pages(not_managed: &str) -> Vec<(String, String)> {
    let mut pages: Vec<_> = top()
        .map(|kind| {
            let mut page = String::new();
            section(&mut page, kind, 1, not_managed);
            (format!("{}.md", kind.section), page)
        })
        .collect();
    pages.push(("README.md".to_owned(), index(not_managed)));
    pages
}

fn index(not_managed: &str) -> String {
    let mut page = "# Reference\n\nWhat manifests can hold, section by section. These pages are \
                    written from the catalogue, as is\n[manifest.schema.json]\
                    (manifest.schema.json), the schema for editors.\n\n"
        .to_owned();
    for kind in top() {
        let section = kind.section;
        page += &format!("- [`{section}`]({section}.md): {}\n", kind.summary);
        kind.children()
            .for_each(|child| page += &format!("  - `{}`: {}\n", child.section, child.summary));
    }
    page += "\nOnly to be referred to:\n\n";
    referred().for_each(|kind| page += &format!("- {}: {}\n", kind.name, kind.summary));
    page += "\nCollections of the API that are not managed:\n\n";
    left_alone("collection", not_managed).iter().for_each(|line| page += &format!("- {line}\n"));
    page
}

fn section(page: &mut String, kind: &'static Kind, level: usize, not_managed: &str) {
    let marks = "#".repeat(level);
    *page += &format!("{marks} {}\n\n{}\n\n", place(kind), kind.summary);
    *page += &format!("At least:\n\n```yaml\n{}```\n", example(kind));
    if !kind.built_in.is_empty() {
        *page += &format!(
            "\nEvery engine has `{}`, which is never removed.\n",
            kind.built_in.join("`, `")
        );
    }
    *page += &format!("\n{marks}# Attributes of {}\n", place(kind));
    kind.attributes.iter().for_each(|attribute| entry(page, kind, attribute));
    let left = left_alone(kind.name, not_managed);
    if !left.is_empty() {
        *page += &format!("\n{marks}# Not managed of {}\n\n", place(kind));
        left.iter().for_each(|line| *page += &format!("- {line}\n"));
    }
    for child in kind.children() {
        page.push('\n');
        section(page, child, level + 1, not_managed);
    }
}

fn entry(page: &mut String, kind: &'static Kind, attribute: &Attribute) {
    let Attribute { name, summary, .. } = attribute;
    writeln!(page, "\n**`{name}`** ({})  \n{summary}\n", short(attribute.takes))
        .expect("a string takes all");
    for (about, text) in facts(kind, attribute) {
        *page += &format!("- {about}: {text}\n");
    }
    for member in members(attribute) {
        *page += &format!("- `{}`: {}\n", member.name, member.summary);
    }
}

/// What the API could set of a kind, or without a kind, and why it is left alone.
fn left_alone(kind: &str, not_managed: &str) -> Vec<String> {
    let lines = not_managed.lines().filter(|line| !line.starts_with('#'));
    let of_kind = |line: &str| {
        let (kinds, rest) = line.split_once(": ")?;
        let (paths, reason) = rest.split_once("  ")?;
        let is_meant = kinds.split(", ").any(|name| name == kind);
        is_meant.then(|| format!("`{}`: {}", paths.replace(", ", "`, `"), reason.trim()))
    };
    lines.filter_map(of_kind).collect()
}
