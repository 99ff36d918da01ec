//! Secrets of the live engine. It shows hardly any; what it shows is covered before anybody sees it.

use std::collections::HashSet;
use std::sync::LazyLock;

use crate::resources::kinds::KINDS;
use crate::resources::{Attribute, Secret, Type};
use crate::xml::Element;

/// Parts of the names of secrets that no manifest holds.
const WORDS: &[&str] = &[
    "password",
    "passphrase",
    "secret",
    "token",
    "ticket",
    "sensitive",
    "private_key",
    "authentication_key",
];

/// The names of what the catalogue masks.
static SECRETS: LazyLock<HashSet<&'static str>> = LazyLock::new(|| {
    let mut names = HashSet::new();
    KINDS.iter().for_each(|kind| collect(kind.attributes, &mut names));
    names
});

fn collect(attributes: &'static [Attribute], names: &mut HashSet<&'static str>) {
    for attribute in attributes {
        let mut takes = attribute.takes;
        while let Type::List(of) | Type::Set(of) = takes {
            takes = *of;
        }
        match takes {
            _ if attribute.is_masked() => names.extend(attribute.name.rsplit('.').next()),
            Type::Record(attributes) => collect(attributes, names),
            _ => {}
        }
    }
}

/// Whether elements of that name hold what nobody may see.
pub fn is_secret(name: &str) -> bool {
    SECRETS.contains(name) || WORDS.iter().any(|word| name.contains(word))
}

/// Covers all secrets in an element.
pub fn mask(element: &mut Element) {
    if is_secret(element.name()) {
        cover(element);
    } else {
        element.children_mut().iter_mut().for_each(mask);
    }
}

/// Covers the texts of an element and of all within; a ticket's value is as secret as the ticket.
fn cover(element: &mut Element) {
    if !element.text().is_empty() {
        element.set_text(Secret::MASK);
    }
    element.children_mut().iter_mut().for_each(cover);
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn what_is_within_a_secret_is_secret() {
        let ticket = Element::new("ticket").with(Element::leaf("value", "abc"));
        let mut action = Element::new("action").with(ticket).with(Element::leaf("status", "ok"));
        mask(&mut action);
        assert_eq!(action.text_at("ticket/value"), Some(Secret::MASK));
        assert_eq!(action.text_at("status"), Some("ok"));
    }
    #[test]
    fn what_the_catalogue_hides_and_scripts_are_secret() {
        assert!(SECRETS.contains("root_password") && SECRETS.contains("password"), "{SECRETS:?}");
        let script =
            Element::new("initialization").with(Element::leaf("custom_script", "chpasswd"));
        let mut vm = Element::new("vm").with(script).with(Element::leaf("name", "web"));
        mask(&mut vm);
        assert_eq!(vm.text_at("initialization/custom_script"), Some(Secret::MASK));
        assert_eq!(vm.text_at("name"), Some("web"));
    }
}
