//! Writes XML as the engine does: indented, attributes in alphabetical order.

use quick_xml::escape::escape;

use super::Format;
use crate::simulated::schema::SCHEMA;
use crate::xml::Element;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// Writes a whole document.
pub fn document(root: &Element, format: Format, text: &mut String) {
    text.push_str(HEAD);
    write(root, 0, format, text);
}

/// Writes an object of a list; before the first, the beginning of the list under its name.
pub fn item(begin: Option<&str>, object: &Element, format: Format, text: &mut String) {
    if let Some(name) = begin {
        text.push_str(HEAD);
        text.push('<');
        text.push_str(name);
        text.push_str(">\n");
    }
    write(object, 1, format, text);
}

/// Writes what follows the last object of a list, or all of a list without objects.
pub fn end_list(name: &str, written: bool, text: &mut String) {
    if written {
        close(name, text);
        return;
    }
    text.push_str(HEAD);
    text.push('<');
    text.push_str(name);
    text.push_str("/>\n");
}

fn write(element: &Element, depth: usize, format: Format, text: &mut String) {
    indent(depth, text);
    text.push('<');
    text.push_str(element.name());
    if let Some(href) = format.href(element) {
        attribute("href", &href, text);
    }
    // An element has three attributes at most, so asking for each beats sorting them.
    for name in ["id", "rel"] {
        if let Some(value) = element.attribute(name) {
            attribute(name, value, text);
        }
    }
    if element.children().is_empty() && element.text().is_empty() {
        // Clients tell an empty text from nothing by its two tags.
        if SCHEMA.is_text(element.name()) {
            text.push('>');
            close(element.name(), text);
        } else {
            text.push_str("/>\n");
        }
        return;
    }
    text.push('>');
    if element.children().is_empty() {
        text.push_str(&escape(element.text()));
    } else {
        text.push('\n');
        for child in element.children() {
            write(child, depth + 1, format, text);
        }
        indent(depth, text);
    }
    close(element.name(), text);
}

fn attribute(name: &str, value: &str, text: &mut String) {
    text.push(' ');
    text.push_str(name);
    text.push_str("=\"");
    text.push_str(&escape(value));
    text.push('"');
}

fn close(name: &str, text: &mut String) {
    text.push_str("</");
    text.push_str(name);
    text.push_str(">\n");
}

fn indent(depth: usize, text: &mut String) {
    for _ in 0..depth {
        text.push_str("    ");
    }
}
