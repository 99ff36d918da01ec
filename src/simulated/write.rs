//! Writes elements as the engine does: indented, attributes in alphabetical order.

use quick_xml::escape::escape;

use crate::xml::Element;

const HEAD: &str = "<?xml version=\"1.0\" encoding=\"UTF-8\" standalone=\"yes\"?>\n";

/// A whole document.
pub fn document(root: &Element) -> String {
    let mut text = String::from(HEAD);
    write(root, 0, &mut text);
    text
}

/// A list, written object by object: it may be long, and its parts need not all be there at once.
pub struct List {
    name: &'static str,
    text: String,
    empty: bool,
}

impl List {
    /// A list without objects.
    pub fn new(name: &'static str) -> Self {
        Self { name, text: format!("{HEAD}<{name}>\n"), empty: true }
    }

    /// Appends an object.
    pub fn push(&mut self, object: &Element) {
        self.empty = false;
        write(object, 1, &mut self.text);
    }

    /// The document.
    pub fn finish(mut self) -> String {
        if self.empty {
            return format!("{HEAD}<{}/>\n", self.name);
        }
        self.text.push_str("</");
        self.text.push_str(self.name);
        self.text.push_str(">\n");
        self.text
    }
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
