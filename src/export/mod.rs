//! Manifests of what was found: whoever plans with them has nothing to do.
//!
//! Pure, and written once for all kinds: what is irregular is a word in a kind's table. A *scene*
//! knows what becomes of each object, *says* what of an object is worth a line, *names* how
//! others call it, *body* puts the lines together, and *yaml* writes them.

mod body;
mod choose;
mod key;
mod names;
mod quote;
mod says;
mod scene;
pub mod yaml;

use std::collections::BTreeMap;

use crate::resources::kinds::KINDS;
use crate::state::{Object, Observed};

use says::{Said, lines};
use scene::{Fate, Scene};
use yaml::{Entry, Node, document};

/// Manifests, and what they do not hold.
#[derive(Clone, Debug)]
pub struct Export {
    /// Sections with their texts, in the catalogue's order.
    pub sections: Vec<(&'static str, String)>,
    /// How many resources there are in them, children included.
    pub count: usize,
    /// What is left out.
    pub left_out: Vec<LeftOut>,
    /// The patterns that nothing matches.
    pub unmatched: Vec<String>,
    /// What is written in full though people keep secrets in it: by attribute, the addresses.
    pub private: BTreeMap<&'static str, Vec<String>>,
}

/// Objects that are left out for the same reason.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct LeftOut {
    /// Their section.
    pub section: &'static str,
    /// What they are called.
    pub names: Vec<String>,
    /// The reason.
    pub why: String,
}

impl Export {
    /// All manifests as one.
    pub fn text(&self) -> String {
        let texts: Vec<&str> = self.sections.iter().map(|(_, text)| text.as_str()).collect();
        texts.join("\n")
    }
}

/// Writes manifests of what was found: of everything, or of what matches one of some patterns of
/// addresses and what that needs.
pub fn export(observed: &Observed, patterns: &[String]) -> Export {
    let scene = Scene::new(observed);
    let chosen = scene.choose(patterns);
    let names = names::Names::new(&scene, &chosen);
    let mut sections = Vec::new();
    for kind in KINDS.iter().filter(|kind| kind.managed && kind.parent.is_none()) {
        let resources: Vec<Entry> = scene
            .of(kind)
            .filter(|index| chosen[*index])
            .map(|index| body::resource(&names, index))
            .collect();
        if !resources.is_empty() {
            let section = Entry::Pair(kind.section.to_owned(), Node::Mapping(resources));
            sections.push((kind.section, document(&[section])));
        }
    }
    let is_matched =
        |pattern: &&String| scene.items.iter().any(|item| item.address.matches(pattern));
    Export {
        sections,
        count: chosen.iter().filter(|chosen| **chosen).count(),
        left_out: left_out(&scene, patterns),
        private: private(&scene, &chosen),
        unmatched: patterns.iter().filter(|pattern| !is_matched(pattern)).cloned().collect(),
    }
}

/// The objects of which all has to be known before what matches one of some patterns is written,
/// as far as a read in bulk tells.
pub fn concerned<'a>(observed: &'a Observed, patterns: &[String]) -> Vec<&'a Object> {
    let scene = Scene::new(observed);
    let chosen = scene.may_choose(patterns);
    let items = scene.items.iter().zip(chosen).filter(|(_, chosen)| *chosen);
    items.map(|(item, _)| item.object).collect()
}

/// A plan with these manifests compares it, so that it cannot be left out.
fn private(scene: &Scene, chosen: &[bool]) -> BTreeMap<&'static str, Vec<String>> {
    let mut found: BTreeMap<&'static str, Vec<String>> = BTreeMap::new();
    for (index, item) in scene.items.iter().enumerate().filter(|(index, _)| chosen[*index]) {
        if !item.object.kind.attributes.iter().any(|attribute| attribute.private) {
            continue;
        }
        for line in lines(scene, index) {
            if let (true, Said::Value(_)) = (line.attribute.private, &line.said) {
                found.entry(line.attribute.name).or_default().push(item.address.to_string());
            }
        }
    }
    found
}

fn left_out(scene: &Scene, patterns: &[String]) -> Vec<LeftOut> {
    let mut by_reason: BTreeMap<(&'static str, &str), Vec<String>> = BTreeMap::new();
    for item in &scene.items {
        let is_asked_for =
            patterns.is_empty() || patterns.iter().any(|pattern| item.address.matches(pattern));
        if let (Fate::LeftOut(why), true) = (&item.fate, is_asked_for) {
            let names = by_reason.entry((item.object.kind.section, why)).or_default();
            names.push(scene.label(item.object));
        }
    }
    let reasons = by_reason.into_iter();
    let told = |((section, why), names): ((&'static str, &str), Vec<String>)| LeftOut {
        section,
        names,
        why: why.to_owned(),
    };
    reasons.map(told).collect()
}
