//! The versions of templates.

use crate::simulated::site::Site;
use crate::simulated::store::Handle;
use crate::simulated::tree;
use crate::xml::Element;

/// All versions of a base template.
pub fn versions(site: &Site, base: &str) -> Vec<Handle> {
    let of = |it: &Handle| tree::id_at(site.body(*it), "version/base_template") == Some(base);
    site.store.all("templates").filter(of).collect()
}

/// The number of a version.
pub fn number(site: &Site, template: Handle) -> i64 {
    tree::number(site.body(template), "version/version_number").unwrap_or(1)
}

/// Writes a version.
pub fn write_version(body: &mut Element, number: i64, name: &str, base: &str) {
    let mut version = Element::new("version");
    if !name.is_empty() {
        version.push(Element::leaf("version_name", name));
    }
    version.push(Element::leaf("version_number", number.to_string()));
    version.push(Element::link("base_template", base));
    tree::put(body, version);
}

/// The template that a template is a version of.
pub fn base_of(site: &Site, template: Handle) -> &str {
    tree::id_at(site.body(template), "version/base_template").unwrap_or_default()
}

/// The newest version of what a template is a version of, among those that can be used.
pub fn latest(site: &Site, template: Handle) -> Handle {
    let all = versions(site, base_of(site, template)).into_iter();
    let usable = all.filter(|it| site.status(*it) == "ok");
    usable.max_by_key(|it| number(site, *it)).unwrap_or(template)
}

/// The next version takes the place of a base that goes.
pub fn promote(site: &mut Site, target: Handle) {
    let id = site.id(target).to_owned();
    let mut others: Vec<Handle> =
        versions(site, &id).into_iter().filter(|it| *it != target).collect();
    others.sort_by_key(|it| number(site, *it));
    let Some(heir) = others.first().copied() else { return };
    let heir_id = site.id(heir).to_owned();
    for version in others {
        site.edit(version, |body| {
            let number = tree::number(body, "version/version_number").unwrap_or(1);
            let name = body.text_at("version/version_name").unwrap_or_default().to_owned();
            write_version(body, number, &name, &heir_id);
        });
    }
}

/// Whether two templates are versions of the same one.
pub fn are_versions(site: &Site, one: Handle, other: Handle) -> bool {
    base_of(site, one) == base_of(site, other)
}
