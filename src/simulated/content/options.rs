//! The options of the engine, each with a value for all versions or one for each.

use super::{Owner, named};
use crate::simulated::site::Site;
use crate::simulated::tree;
use crate::xml::Element;

/// All options; there is no list of them, but each can be read.
pub fn all(_site: &Site, _owner: &Owner<'_>) -> Vec<Element> {
    let mut options: Vec<Element> = Vec::new();
    for line in include_str!("options.tsv").lines() {
        let mut fields = line.split('\t');
        let (Some(name), Some(version)) = (fields.next(), fields.next()) else { continue };
        if options.last().and_then(Element::id) != Some(name) {
            let option = named("system_option", name).with(Element::new("values"));
            options.push(option.with_attribute("id", name));
        }
        let value = Element::new("system_option_value")
            .with(Element::leaf("value", fields.next().unwrap_or_default()))
            .with(Element::leaf("version", version));
        if let Some(option) = options.last_mut() {
            option.child_or_new("values").push(value);
        }
    }
    options
}

/// Keeps the value for a version, if one is asked for; says whether there is one.
pub fn of_version(option: &mut Element, version: Option<&str>) -> bool {
    let Some(version) = version.filter(|it| !it.is_empty()) else { return true };
    let values = option.child_or_new("values");
    values
        .children_mut()
        .retain(|it| it.text_at("version").is_some_and(|it| it == version || it == "general"));
    for value in values.children_mut() {
        tree::set(value, "version", version);
    }
    !values.children().is_empty()
}
