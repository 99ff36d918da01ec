//! Secrets of the live engine. It shows hardly any; what it shows is covered before anybody sees it.

use crate::resources::Secret;
use crate::xml::Element;

/// Whether elements of that name hold what nobody may see.
pub fn is_secret(name: &str) -> bool {
    let words = ["password", "secret", "token", "ticket", "sensitive", "license_key"];
    words.iter().any(|word| name.contains(word))
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
}
