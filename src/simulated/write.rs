//! Writes elements as the engine does: indented, attributes in alphabetical order.

use quick_xml::escape::escape;

use crate::xml::Element;

/// A whole document.
pub fn document(root: &Element) -> String {
    let mut text = String::from("<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n");
    write(root, 0, &mut text);
    text
}

fn write(element: &Element, depth: usize, text: &mut String) {
    indent(depth, text);
    text.push('<');
    text.push_str(element.name());
    // An element has three attributes at most, so asking for each beats sorting them.
    for name in ["href", "id", "rel"] {
        if let Some(value) = element.attribute(name) {
            text.push(' ');
            text.push_str(name);
            text.push_str("=\"");
            text.push_str(&escape(value));
            text.push('"');
        }
    }
    if element.children().is_empty() && element.text().is_empty() {
        text.push_str("/>\n");
        return;
    }
    text.push('>');
    if element.children().is_empty() {
        text.push_str(&escape(element.text()));
    } else {
        text.push('\n');
        for child in element.children() {
            write(child, depth + 1, text);
        }
        indent(depth, text);
    }
    text.push_str("</");
    text.push_str(element.name());
    text.push_str(">\n");
}

fn indent(depth: usize, text: &mut String) {
    for _ in 0..depth {
        text.push_str("    ");
    }
}
