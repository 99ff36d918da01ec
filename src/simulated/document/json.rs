//! Writes JSON as the engine does: numbers and booleans as strings, dates as milliseconds since
//! 1970, lists as `{"nic" : [ … ]}`, and what has no value left out.

use super::Format;
use crate::simulated::schema::{SCHEMA, Shape, Type};
use crate::xml::Element;

/// Writes a whole document; unlike in XML, its own name does not appear.
pub fn document(root: &Element, format: Format, text: &mut String) {
    let mut writer = Writer { format, depth: 0, text };
    match SCHEMA.type_with_element(root.name()) {
        Some(schema) => writer.object(root, schema),
        None => writer.unknown(root),
    }
    text.push('\n');
}

/// Writes an object of a list; before the first, the beginning of the list.
pub fn item(first: bool, object: &Element, format: Format, text: &mut String) {
    if first {
        text.push_str("{\n  ");
        string(object.name(), text);
        text.push_str(" : [ ");
    } else {
        text.push_str(", ");
    }
    let mut writer = Writer { format, depth: 1, text };
    match SCHEMA.type_with_element(object.name()) {
        Some(schema) => writer.object(object, schema),
        None => writer.unknown(object),
    }
}

/// Writes what follows the last object of a list, or all of a list without objects.
pub fn end_list(written: bool, text: &mut String) {
    text.push_str(if written { " ]\n}\n" } else { "{ }\n" });
}

struct Writer<'a> {
    format: Format,
    depth: usize,
    text: &'a mut String,
}

impl Writer<'_> {
    fn object(&mut self, element: &Element, schema: &Type) {
        self.members(element, |writer, child| {
            writer.value(child, schema.attribute(child.name()).map(|it| it.shape));
        });
    }

    /// Writes what the schema does not have: a struct if there is something in it, else a text.
    fn unknown(&mut self, element: &Element) {
        if element.children().is_empty() && element.attributes().next().is_none() {
            string(element.text(), self.text);
        } else {
            self.members(element, |writer, child| writer.unknown(child));
        }
    }

    /// Writes an object: its children as members, links and attributes last.
    fn members(&mut self, element: &Element, mut value: impl FnMut(&mut Self, &Element)) {
        self.text.push('{');
        self.depth += 1;
        let mut first = true;
        for child in element.children().iter().filter(|child| child.name() != "link") {
            self.name(child.name(), &mut first);
            value(self, child);
        }
        let links = || element.children().iter().filter(|child| child.name() == "link");
        if links().next().is_some() {
            self.name("link", &mut first);
            self.array(links(), Self::unknown);
        }
        if let Some(href) = self.format.href(element) {
            self.name("href", &mut first);
            string(&href, self.text);
        }
        for name in ["id", "rel"] {
            if let Some(value) = element.attribute(name) {
                self.name(name, &mut first);
                string(value, self.text);
            }
        }
        self.depth -= 1;
        if first {
            self.text.push(' ');
        } else {
            self.new_line();
        }
        self.text.push('}');
    }

    fn value(&mut self, element: &Element, shape: Option<Shape>) {
        match shape {
            Some(Shape::Struct(of) | Shape::Link(of)) => self.object(element, SCHEMA.type_of(of)),
            Some(Shape::Structs(item, of) | Shape::Links(item, of)) => {
                let schema = SCHEMA.type_of(of);
                self.list(element, item, |writer, child| writer.object(child, schema));
            }
            Some(Shape::Words(item, _)) => {
                self.list(element, item, |writer, child| string(child.text(), writer.text));
            }
            Some(Shape::Date) => match milliseconds(element.text()) {
                Some(time) => self.text.push_str(&time.to_string()),
                None => string(element.text(), self.text),
            },
            Some(Shape::Decimal) if element.text().parse::<serde_json::Number>().is_ok() => {
                self.text.push_str(element.text());
            }
            Some(_) => string(element.text(), self.text),
            None => self.unknown(element),
        }
    }

    fn list(&mut self, list: &Element, item: &str, value: impl Fn(&mut Self, &Element)) {
        // A list that is only referred to has an address in place of its members.
        if list.children().is_empty() || list.attributes().next().is_some() {
            return self.unknown_list(list);
        }
        self.text.push('{');
        self.depth += 1;
        self.name(item, &mut true);
        self.array(list.children().iter(), value);
        self.depth -= 1;
        self.new_line();
        self.text.push('}');
    }

    fn unknown_list(&mut self, list: &Element) {
        self.members(list, |writer, child| writer.unknown(child));
    }

    fn array<'e>(
        &mut self,
        items: impl Iterator<Item = &'e Element>,
        value: impl Fn(&mut Self, &Element),
    ) {
        self.text.push_str("[ ");
        for (at, item) in items.enumerate() {
            if at > 0 {
                self.text.push_str(", ");
            }
            value(self, item);
        }
        self.text.push_str(" ]");
    }

    fn name(&mut self, name: &str, first: &mut bool) {
        if !std::mem::replace(first, false) {
            self.text.push(',');
        }
        self.new_line();
        string(name, self.text);
        self.text.push_str(" : ");
    }

    fn new_line(&mut self) {
        self.text.push('\n');
        for _ in 0..self.depth {
            self.text.push_str("  ");
        }
    }
}

fn string(value: &str, text: &mut String) {
    text.push('"');
    let mut rest = value;
    while let Some(at) = rest.find(|it: char| matches!(it, '"' | '\\') || it.is_ascii_control()) {
        text.push_str(&rest[..at]);
        let special = rest[at..].chars().next().unwrap_or_default();
        match special {
            '"' => text.push_str("\\\""),
            '\\' => text.push_str("\\\\"),
            '\n' => text.push_str("\\n"),
            '\r' => text.push_str("\\r"),
            '\t' => text.push_str("\\t"),
            other => text.push_str(&format!("\\u{:04x}", u32::from(other))),
        }
        rest = &rest[at + special.len_utf8()..];
    }
    text.push_str(rest);
    text.push('"');
}

fn milliseconds(date: &str) -> Option<i64> {
    date.parse::<jiff::Timestamp>().ok().map(jiff::Timestamp::as_millisecond)
}
